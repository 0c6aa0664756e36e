//! `tuf ...`: reads TUF metadata and judges it. One file per verb; nothing here
//! signs; `edit`, `convert` and `merge` write, new files alone. How files are read
//! (with a limit), and which time a judgement uses and says that it used, stands here once.

mod convert;
mod diff;
mod edit;
mod lint;
mod show;
mod verify_chain;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;

pub(super) use convert::files;

use super::{Exit, check, out};
use crate::base::{Instant, shown};
use crate::fault::Code;
use crate::tuf::Refused;
use crate::tuf::clients::Profile;

/// The most that is read of one metadata file: the largest that some client
/// reads (targets, facts/tuf.md 2.10), and one byte to see that it is too large.
pub(super) const MAX_FILE: usize = 5_000_000;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Judge the chain 1.root.json to N.root.json: keys, thresholds, who signed, what changed.
    VerifyChain(verify_chain::VerifyChain),
    /// Ask the models of five TUF clients whether they would accept files or a repository.
    Lint(lint::Lint),
    /// Lay metadata out as another tool keeps it: tuf-on-ci, plain, tuftool, rstuf.
    Convert(convert::Convert),
    /// Take signatures from other tools' files into a draft, each verified before.
    Merge(convert::Merge),
    /// Review a new metadata file against the old one, value by value, keys by content.
    Diff {
        /// The old file.
        old: PathBuf,
        /// The new file.
        new: PathBuf,
        /// Stable JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Apply named operations to metadata and write an unsigned draft, with its review.
    Edit(edit::Edit),
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
        Verb::VerifyChain(args) => verify_chain::verify_chain(args),
        Verb::Lint(args) => lint::lint(args),
        Verb::Convert(args) => convert::convert(args),
        Verb::Merge(args) => convert::merged(args),
        Verb::Diff { old, new, json } => diff::diff(old, new, *json),
        Verb::Edit(args) => edit::edit(args),
        Verb::Show { file, json } => show::show(file, *json),
    }
}

/// A file of at most `limit` bytes. What is wrong is printed.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Exit> {
    match read_up_to(path, limit) {
        Err(e) => Err(unreadable(path, &e.to_string())),
        Ok(bytes) if bytes.len() > limit => {
            Err(unreadable(path, &format!("more than {limit} bytes [TOO_LARGE]")))
        }
        Ok(bytes) => Ok(bytes),
    }
}

/// At most one byte more than `limit`: enough to see that a file is too large.
fn read_up_to(path: &Path, limit: usize) -> std::io::Result<Vec<u8>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    // To open a pipe is to wait for whoever writes into it; a device may never end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("expected a file [NOT_A_FILE]"));
    }
    std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The card of input that is no metadata, and its exit code.
pub(super) fn unreadable(path: &Path, why: &str) -> Exit {
    out::card(Code::MetadataUnreadable, &format!("{}: {why}", check::name(path)));
    Exit::of(Code::MetadataUnreadable)
}

/// The same for what the parser refuses; the next action is that of its code.
fn refused(path: &Path, why: &Refused) -> Exit {
    let found = format!("{}: [{}] {why}", check::name(path), why.code());
    out::card_with(Code::MetadataUnreadable, &found, why.remedy());
    Exit::of(Code::MetadataUnreadable)
}

/// The profile of a name. What is wrong is printed.
pub(super) fn profile(name: &str) -> Result<Profile, Exit> {
    Profile::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Profile::ALL.iter().map(|p| p.name).collect();
        out::complain(&format!(
            "--profile {}: expected one of: {}",
            shown(name, 40),
            known.join(", ")
        ));
        Exit::Usage
    })
}

/// This machine's clock; `None` where it is outside of the years 1970 to 9999.
pub(super) fn today() -> Option<Instant> {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).ok()?;
    Instant::from_unix(i64::try_from(since.as_secs()).ok()?).ok()
}

/// The instant that a judgement uses, and where it comes from: `--at`, or the clock.
pub(super) fn instant(at: Option<&str>) -> Result<(Instant, &'static str), Exit> {
    if let Some(text) = at {
        return Instant::parse(text).map(|at| (at, "--at")).map_err(|e| {
            out::complain(&format!("--at: {e}"));
            Exit::Usage
        });
    }
    today().map(|now| (now, "this machine's clock")).ok_or_else(|| {
        out::complain("this machine's clock is outside the years 1970 to 9999: give --at");
        Exit::Usage
    })
}
