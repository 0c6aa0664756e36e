//! `tuf ...`: reads TUF metadata and judges it. One file per verb; nothing here
//! signs, writes or keeps anything. How files are read (with a limit), and
//! which time a judgement uses and says that it used, stands here once.

mod show;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Exit, check, out};
use crate::base::Instant;
use crate::fault::Code;

/// The most that is read of one metadata file: the largest that some client
/// reads (targets, facts/tuf.md 2.10), and one byte to see that it is too large.
pub(super) const MAX_FILE: usize = 5_000_000;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show one metadata file: keys, thresholds, delegations, signatures, digest.
    Show {
        /// The metadata file.
        file: PathBuf,
        /// Stable JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn tuf(verb: &Verb) -> Exit {
    match verb {
        Verb::Show { file, json } => show::show(file, *json),
    }
}

/// A file of at most `limit` bytes. What is wrong is printed.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Exit> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match read {
        Err(e) => Err(unreadable(path, &e.to_string())),
        Ok(_) if bytes.len() > limit => {
            Err(unreadable(path, &format!("more than {limit} bytes [TOO_LARGE]")))
        }
        Ok(_) => Ok(bytes),
    }
}

/// The card of input that is no metadata, and its exit code.
fn unreadable(path: &Path, why: &str) -> Exit {
    out::card(Code::MetadataUnreadable, &format!("{}: {why}", check::name(path)));
    Exit::of(Code::MetadataUnreadable)
}

/// The instant that a judgement uses, and where it comes from: `--at`, or the clock.
#[allow(dead_code, reason = "the judging verbs come in the next commits")]
fn instant(at: Option<&str>) -> Result<(Instant, &'static str), Exit> {
    if let Some(text) = at {
        return Instant::parse(text).map(|at| (at, "--at")).map_err(|e| {
            out::complain(&format!("--at: {e}"));
            Exit::Usage
        });
    }
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_secs()).ok())
        .and_then(|s| Instant::from_unix(s).ok());
    now.map(|now| (now, "this machine's clock")).ok_or_else(|| {
        out::complain("this machine's clock is outside the years 1970 to 9999: give --at");
        Exit::Usage
    })
}
