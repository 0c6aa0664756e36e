//! Ports for whoever uses `tuf` as a library: where metadata files come from
//! ([`Fetch`]) and where they are kept ([`Storage`]), an implementation in memory,
//! and the client workflow over any of them. `crate::folder` has a folder on
//! disk; `contract` is the suite that every implementation passes.

pub mod contract;

use std::collections::BTreeMap;

use super::metadata::{Metadata, Signed};
use super::role::RoleName;
use super::workflow::{Limits, Refused, Summary, check_repository_within};
use crate::base::{Instant, shown};

/// Why a place did not do what was asked. Texts are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The name is no file name of a repository ([`file_name_is_safe`]).
    #[error("expected 1 to 200 of A-Z a-z 0-9 . _ - and no dot or dash first, got {got}")]
    Name {
        /// The name.
        got: String,
    },
    /// The file is larger than the caller reads.
    #[error("{name}: expected at most {limit} bytes, got more")]
    TooLarge {
        /// The file.
        name: String,
        /// The caller's limit.
        limit: usize,
    },
    /// Something stands there that is no plain file: a link, a folder, a device.
    #[error("{name}: expected a plain file, got something else")]
    NotAFile {
        /// The name.
        name: String,
    },
    /// The file is there already, and was to be new.
    #[error("{name}: expected no such file, got one")]
    Exists {
        /// The file.
        name: String,
    },
    /// The place itself failed.
    #[error("{name}: {reason}")]
    Failed {
        /// The file.
        name: String,
        /// The system's reason.
        reason: String,
    },
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Name { .. } => "FILE_NAME",
            Fault::TooLarge { .. } => "TOO_LARGE",
            Fault::NotAFile { .. } => "NOT_A_FILE",
            Fault::Exists { .. } => "FILE_EXISTS",
            Fault::Failed { .. } => "STORAGE",
        }
    }
}

/// Where metadata files come from. Nothing that it gives is trusted.
pub trait Fetch {
    /// The bytes of a file; `None` if there is none.
    ///
    /// # Errors
    /// [`Fault`]; a file beyond `limit` is never read whole.
    fn fetch(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, Fault>;
}

/// Where metadata files are kept. A write that is broken off leaves the old
/// content, or none, never a part.
pub trait Storage: Fetch {
    /// Writes a file that is not there yet.
    ///
    /// # Errors
    /// [`Fault::Exists`] if anything has the name, else as the place fails.
    fn create_new(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault>;

    /// Puts new content under a name, whether it was there or not.
    ///
    /// # Errors
    /// [`Fault::NotAFile`] rather than follow or replace a link; else as the place fails.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault>;
}

/// Whether a name can be a file's on every medium, in one folder (facts/tuf.md
/// 2.8, 2.9): a role's name comes from metadata and has left its folder before
/// (CVE-2021-41131, CVE-2026-24686).
///
/// # Errors
/// [`Fault::Name`].
pub fn file_name_is_safe(name: &str) -> Result<(), Fault> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let good = (1..=200).contains(&name.len()) && !name.starts_with(['.', '-']) && name.bytes().all(plain);
    if good {
        return Ok(());
    }
    Err(Fault::Name { got: shown(name, 80) })
}

/// A repository in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Name to bytes.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Fetch for Memory {
    fn fetch(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, Fault> {
        file_name_is_safe(name)?;
        match self.files.get(name) {
            Some(bytes) if bytes.len() > limit => Err(Fault::TooLarge {
                name: name.to_owned(),
                limit,
            }),
            found => Ok(found.cloned()),
        }
    }
}

impl Storage for Memory {
    fn create_new(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        file_name_is_safe(name)?;
        if self.files.contains_key(name) {
            return Err(Fault::Exists {
                name: name.to_owned(),
            });
        }
        self.replace(name, bytes)
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        file_name_is_safe(name)?;
        self.files.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}

/// Why a repository behind a port was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// It could not be fetched.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The workflow refuses it.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl NotAccepted {
    /// The stable code of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            NotAccepted::Fault(fault) => fault.code(),
            NotAccepted::Refused(refused) => refused.code(),
        }
    }
}

/// The client workflow (TUF 5.3-5.6) over a place: roots from `1.root.json` until
/// one is missing, timestamp, the snapshot it names, what that snapshot names.
/// What comes is bounded by `limits`; nothing is believed before the workflow
/// ([`super::check_repository`]) has judged all of it.
///
/// # Errors
/// [`NotAccepted`].
pub fn check_repository_over(
    place: &dyn Fetch,
    at: Instant,
    limits: &Limits,
) -> Result<Summary, NotAccepted> {
    let mut files = BTreeMap::new();
    let names = gather(place, limits, &mut files);
    let judged = check_repository_within(&files, 1, at, limits);
    // Refused by what came: that counts before what did not come.
    let summary = match (judged, names) {
        (Err(refused), Ok(_)) => return Err(refused.into()),
        (_, Err(fault)) => return Err(fault.into()),
        (Ok(summary), Ok(())) => summary,
    };
    for (checked, expected) in [
        (&summary.timestamp, "timestamp.json"),
        (&summary.snapshot, "the snapshot"),
        (&summary.targets, "targets.json"),
    ] {
        // A client cannot do without them (TUF 5.4-5.6), a ceremony before going online can.
        if checked.is_none() {
            let (expected, by) = (expected.to_owned(), "the workflow".to_owned());
            return Err(Refused::FileMissing { expected, by }.into());
        }
    }
    Ok(summary)
}

fn gather(place: &dyn Fetch, limits: &Limits, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Fault> {
    let mut last = None;
    // TUF 5.3.3: until one is missing; one beyond the limit shows that there are more.
    for version in 1..=limits.rotations.saturating_add(2) {
        let name = format!("{version}.root.json");
        match place.fetch(&name, limits.root)? {
            Some(bytes) => files.insert(name.clone(), bytes),
            None => break,
        };
        last = Some(name);
    }
    // What does not parse ends the walk here, and is refused by the workflow.
    let Some(Signed::Root(root)) = last.and_then(|name| parsed(files, &name, limits)) else {
        return Ok(());
    };
    let versioned = |name: &str, version: u64| match root.consistent_snapshot {
        true => format!("{version}.{name}"),
        false => name.to_owned(),
    };
    take(place, "timestamp.json", limits.timestamp, files)?;
    let Some(Signed::Timestamp(timestamp)) = parsed(files, "timestamp.json", limits) else {
        return Ok(());
    };
    let name = versioned("snapshot.json", timestamp.snapshot.version);
    take(place, &name, limits.snapshot, files)?;
    let Some(Signed::Snapshot(snapshot)) = parsed(files, &name, limits) else {
        return Ok(());
    };
    for (name, entry) in &snapshot.meta {
        take(place, &versioned(name, entry.version), limits.targets, files)?;
    }
    Ok(())
}

fn take(
    place: &dyn Fetch,
    name: &str,
    limit: usize,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), Fault> {
    if let Some(bytes) = place.fetch(name, limit)? {
        files.insert(name.to_owned(), bytes);
    }
    Ok(())
}

fn parsed(files: &BTreeMap<String, Vec<u8>>, name: &str, limits: &Limits) -> Option<Signed> {
    let metadata = Metadata::parse_within(files.get(name)?, limits).ok()?;
    match metadata.signed.role() {
        RoleName::Targets => None,
        _ => Some(metadata.signed),
    }
}
