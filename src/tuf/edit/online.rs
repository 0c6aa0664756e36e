//! `set-meta` on snapshot and timestamp metadata, by the composition of a
//! ceremony: no entry is dropped and every version is exactly one later
//! (TUF 5.4, 5.5), judged against the last trusted file and not against the
//! draft, or two edits of one draft would leave a gap.

use std::collections::BTreeMap;

use super::{NotEdited, Operation, Request};
use crate::base::{Instant, shown};
use crate::tuf::compose::{SnapshotChange, snapshot_with, timestamp_with};
use crate::tuf::metadata::{Metadata, Signed};
use crate::tuf::snapshot::MetaFile;

/// What the operations ask for, in their order.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<SnapshotChange>);

impl Changes {
    /// Takes one operation; says what it does.
    pub(super) fn take(&mut self, operation: &Operation) -> Result<String, NotEdited> {
        let Operation::SetMeta { file, version } = operation else {
            let why = "no operation on snapshot or timestamp metadata";
            return Err(NotEdited::new("OTHER_ROLE", why));
        };
        let file_said = shown(file, 120);
        if self.0.iter().any(|c| c.file == *file) {
            let why = format!("expected one set-meta for each file, got two for {file_said}");
            return Err(NotEdited::new("CHANGE_TWICE", why));
        }
        self.0.push(SnapshotChange::of_version(file, *version));
        Ok(format!("set-meta {file_said} version {version}"))
    }

    /// Applies what was taken; everything else of `signed` stays.
    pub(super) fn finish(
        &self,
        signed: &mut Signed,
        from: Option<&Metadata>,
        request: &Request<'_>,
    ) -> Result<(), NotEdited> {
        let long_ago = Instant::from_unix(0).unwrap_or(request.at);
        match signed {
            Signed::Snapshot(now) => {
                let trusted = match from.map(|f| &f.signed) {
                    Some(Signed::Snapshot(old)) => old.clone(),
                    _ => now.clone(),
                };
                let mut changes = differing(&now.meta, &trusted.meta);
                changes.extend(self.0.iter().map(|c| (c.file.clone(), c.clone())));
                if changes.is_empty() {
                    return Ok(());
                }
                let changes: Vec<_> = changes.into_values().collect();
                // Version and expiry are the edit's own: those of this draft are dropped.
                let expires = trusted.common.expires.plus_days(1).unwrap_or(request.at);
                let draft = snapshot_with(Some(&trusted), &changes, expires, long_ago)?;
                if let Ok(Signed::Snapshot(next)) = Signed::from_json(&draft.signed) {
                    now.meta = next.meta;
                }
            }
            Signed::Timestamp(now) => {
                let trusted = match from.map(|f| &f.signed) {
                    Some(Signed::Timestamp(old)) => old.clone(),
                    _ => now.clone(),
                };
                let expires = trusted.common.expires.plus_days(1).unwrap_or(request.at);
                let file = "snapshot.json".to_owned();
                let (there, before) = (now.snapshot.clone(), trusted.snapshot.clone());
                let mut changes = differing(&[(file.clone(), there)].into(), &[(file, before)].into());
                changes.extend(self.0.iter().map(|c| (c.file.clone(), c.clone())));
                for change in changes.values() {
                    let draft = timestamp_with(Some(&trusted), change, expires, long_ago)?;
                    if let Ok(Signed::Timestamp(next)) = Signed::from_json(&draft.signed) {
                        now.snapshot = next.snapshot;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a draft changes already, by file.
fn differing(
    now: &BTreeMap<String, MetaFile>,
    trusted: &BTreeMap<String, MetaFile>,
) -> BTreeMap<String, SnapshotChange> {
    now.iter()
        .filter(|(file, entry)| trusted.get(*file) != Some(*entry))
        .map(|(file, entry)| {
            let change = SnapshotChange {
                file: file.clone(),
                version: entry.version,
                length: entry.length,
                hashes: entry.hashes.clone(),
            };
            (file.clone(), change)
        })
        .collect()
}
