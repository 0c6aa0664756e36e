//! `tuf verify-chain DIR`: judges the roots of a folder. Reads the folder once,
//! with limits; which name is a root is `tuf::chain`'s to say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, instant, out, unreadable};
use crate::base::shown_bytes;
use crate::tuf::chain::{self, Mode, Options, Verdict};
use crate::tuf::workflow::{MAX_ROOT, MAX_ROTATIONS};

/// Names in the folder: more than this is no folder of roots.
const MAX_NAMES: usize = 4_096;

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyChain {
    /// The folder with 1.root.json, 2.root.json, ...
    dir: PathBuf,
    /// The rules of the time, for reading history; without it today's.
    #[arg(long)]
    historic: bool,
    /// The first version, trusted as it stands; without it 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// Judge expiry at this instant, YYYY-MM-DDTHH:MM:SSZ, not at this machine's clock.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Stable JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(super) fn verify_chain(args: &VerifyChain) -> Exit {
    let judged = instant(args.at.as_deref()).and_then(|clock| Ok((clock, folder(&args.dir)?)));
    let ((at, clock), files) = match judged {
        Ok(judged) => judged,
        Err(exit) => return exit,
    };
    let mode = if args.historic {
        Mode::Historic
    } else {
        Mode::Strict
    };
    let options = Options {
        mode,
        at,
        from: args.from,
    };
    let report = chain::verify(&files, &options);
    if args.json {
        out::say(&report.json(clock).line());
    } else {
        out::say(&report.lines(clock).join("\n"));
    }
    match report.verdict() {
        Verdict::Good => Exit::Good,
        Verdict::Expired | Verdict::Refused => Exit::Negative,
    }
}

/// Name to bytes. What does not end in `root.json`, or is no file, comes
/// without its bytes: it is named as a stranger and never opened.
fn folder(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, Exit> {
    let wrong = |e: &std::io::Error| unreadable(dir, &e.to_string());
    let mut files = BTreeMap::new();
    let mut roots = 0_u64;
    for entry in std::fs::read_dir(dir).map_err(|e| wrong(&e))? {
        let entry = entry.map_err(|e| wrong(&e))?;
        if files.len() >= MAX_NAMES {
            return Err(unreadable(
                dir,
                &format!("more than {MAX_NAMES} names [TOO_LARGE]"),
            ));
        }
        let path = entry.path();
        let name = entry.file_name();
        // A device or a pipe would never end; a link is followed to a file.
        let file = path.metadata().is_ok_and(|m| m.is_file());
        let bytes = match name.to_str() {
            Some(text) if file && text.ends_with("root.json") => {
                roots = roots.saturating_add(1);
                // The last client stops after 256 rotations; a few strangers may lie beside them.
                if roots > MAX_ROTATIONS.saturating_add(64) {
                    return Err(unreadable(
                        dir,
                        "more roots than a client follows [TOO_MANY_ROOTS]",
                    ));
                }
                super::read_up_to(&path, MAX_ROOT).map_err(|e| wrong(&e))?
            }
            _ => Vec::new(),
        };
        // A name that is no text is shown escaped; it can never look like a root's.
        let name = name
            .into_string()
            .unwrap_or_else(|raw| format!("{} (no text)", shown_bytes(raw.as_encoded_bytes(), 200)));
        files.insert(name, bytes);
    }
    Ok(files)
}
