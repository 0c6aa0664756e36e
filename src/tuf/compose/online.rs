//! The next snapshot and the next timestamp. Continuity is the rule here: no
//! entry is ever dropped, because clients take a missing one for a rollback
//! (TUF 5.5.5; facts/tuf.md 2.9), no version goes back, and a file that
//! changes is exactly one version later.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, NotChanged, NotComposed, common};
use crate::base::json::MAX_INTEGER;
use crate::base::{Instant, shown};
use crate::tuf::delegations::DelegatedName;
use crate::tuf::snapshot::{MetaFile, Snapshot};
use crate::tuf::timestamp::Timestamp;

/// A metadata file that snapshot or timestamp is to name at a new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotChange {
    /// The name without version prefix: `targets.json`, `NAME.json`.
    pub file: String,
    /// Its version now.
    pub version: u64,
    /// Its length in bytes, if it is to be stated (facts/tuf.md 2.9: leave it out).
    pub length: Option<u64>,
    /// Its digests, if they are to be stated.
    pub hashes: Option<BTreeMap<String, String>>,
}

impl SnapshotChange {
    /// A version alone, without length and hashes.
    #[must_use]
    pub fn of_version(file: &str, version: u64) -> SnapshotChange {
        SnapshotChange {
            file: file.to_owned(),
            version,
            length: None,
            hashes: None,
        }
    }

    /// Members that we do not know stay with the entry.
    fn entry(&self, before: Option<&MetaFile>) -> MetaFile {
        MetaFile {
            version: self.version,
            length: self.length,
            hashes: self.hashes.clone(),
            unrecognized: before.map(|b| b.unrecognized.clone()).unwrap_or_default(),
        }
    }
}

/// Composes the next snapshot: every entry of the previous one, with the
/// changed files one version later and new files added. Without changes it
/// renews the expiry alone.
///
/// # Errors
/// [`NotComposed`]: a version that is not the next one, a change that changes
/// nothing, a file named twice or badly, no `targets.json` in the first one,
/// expired at birth, larger than the clients' limit.
pub fn snapshot_with(
    previous: Option<&Snapshot>,
    changes: &[SnapshotChange],
    expires: Instant,
    now: Instant,
) -> Result<Draft, NotComposed> {
    let mut meta = previous.map(|p| p.meta.clone()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    for change in changes {
        if !seen.insert(&change.file) {
            return Err(NotChanged::Twice {
                what: shown(&change.file, 80),
            }
            .into());
        }
        let before = meta.get(&change.file);
        let entry = change.entry(before);
        match before {
            Some(before) => check_next(&change.file, before, &entry)?,
            None => check_name(&change.file)?,
        }
        meta.insert(change.file.clone(), entry);
    }
    if !meta.contains_key("targets.json") {
        return Err(NotChanged::NoTargets.into());
    }
    let was = previous.map(|p| p.common.expires);
    if changes.is_empty() && was == Some(expires) {
        return Err(nothing("snapshot.json"));
    }
    let snapshot = Snapshot {
        common: common(
            next(previous.map(|p| p.common.version), "snapshot.json")?,
            expires,
            now,
        )?,
        meta,
        unrecognized: previous.map(|p| p.unrecognized.clone()).unwrap_or_default(),
    };
    let draft = Draft::of(snapshot.to_json())?;
    draft.check_size(super::targets::ROOM)?;
    Ok(draft)
}

/// Composes the next timestamp, over the same snapshot (a renewal) or the next.
///
/// # Errors
/// [`NotComposed`]: a snapshot version that is neither, other bytes for the
/// same version, nothing that changes, expired at birth.
pub fn timestamp_with(
    previous: Option<&Timestamp>,
    snapshot: &SnapshotChange,
    expires: Instant,
    now: Instant,
) -> Result<Draft, NotComposed> {
    if snapshot.file != "snapshot.json" {
        return Err(NotChanged::FileName {
            got: shown(&snapshot.file, 80),
        }
        .into());
    }
    let before = previous.map(|p| &p.snapshot);
    let entry = snapshot.entry(before);
    let same = before == Some(&entry);
    if same && previous.map(|p| p.common.expires) == Some(expires) {
        return Err(nothing("timestamp.json"));
    }
    if let Some(before) = before.filter(|_| !same) {
        check_next("snapshot.json", before, &entry)?;
    }
    let timestamp = Timestamp {
        common: common(
            next(previous.map(|p| p.common.version), "timestamp.json")?,
            expires,
            now,
        )?,
        snapshot: entry,
        unrecognized: previous.map(|p| p.unrecognized.clone()).unwrap_or_default(),
    };
    let draft = Draft::of(timestamp.to_json())?;
    draft.check_size(super::targets::ROOM)?;
    Ok(draft)
}

/// One version later than the previous one; the first is 1.
pub(super) fn next(previous: Option<u64>, file: &str) -> Result<u64, NotChanged> {
    let next = previous.unwrap_or(0).saturating_add(1);
    if i64::try_from(next).is_ok_and(|n| n <= MAX_INTEGER) {
        return Ok(next);
    }
    Err(NotChanged::LastVersion {
        file: file.to_owned(),
    })
}

fn check_next(file: &str, before: &MetaFile, now: &MetaFile) -> Result<(), NotChanged> {
    let file = shown(file, 120);
    if before == now {
        return Err(NotChanged::NothingChanges { what: file });
    }
    if before.version == now.version {
        // The same version, other bytes: what a client has seen is never replaced.
        let version = now.version;
        return Err(NotChanged::Fork { file, version });
    }
    let expected = next(Some(before.version), &file)?;
    if now.version != expected {
        let got = now.version;
        return Err(NotChanged::NotNext { file, expected, got });
    }
    Ok(())
}

fn check_name(file: &str) -> Result<(), NotChanged> {
    let role = file.strip_suffix(".json");
    match role {
        Some("targets") => Ok(()),
        Some(role) if DelegatedName::parse(role).is_ok() => Ok(()),
        _ => Err(NotChanged::FileName { got: shown(file, 80) }),
    }
}

fn nothing(what: &str) -> NotComposed {
    let what = what.to_owned();
    NotChanged::NothingChanges { what }.into()
}
