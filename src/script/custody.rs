//! `record` and `supersede`, as a script writes them: what people note of bags
//! and seals, and which earlier payload another one may take the place of. Both
//! name what they are about in the approved bytes; neither can be asked for in
//! the room alone.

use super::reader::{Faults, Table};
use super::verb::{items, metadata};
use super::waiver;
use crate::base::{Digest, Id};
use crate::tuf::MetadataName;

/// A payload that an earlier ceremony began to sign, and that this one's takes
/// the place of (facts/security.md 5.1, I6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseding {
    /// Whose metadata.
    pub metadata: MetadataName,
    /// The version that both payloads have.
    pub version: u64,
    /// SHA-256 of the earlier payload.
    pub payload: Digest,
    /// Why: 8 to 120 printable ASCII characters.
    pub reason: String,
}

/// `items` and, where numbers are compared with earlier ones, `same_as`.
pub(super) fn record(table: &mut Table, faults: &mut Faults) -> Option<(Vec<String>, Option<Id>)> {
    let found = items(table, faults);
    let same_as = if table.has("same_as") {
        Some(table.id(faults, "same_as")?)
    } else {
        None
    };
    let found = found?;
    let twice = found.iter().enumerate().find(|(n, item)| {
        let before = found.iter().take(*n);
        before.into_iter().any(|other| other == *item)
    });
    if let Some((_, item)) = twice {
        faults.add(
            &table.span_of("items"),
            "script-duplicate-id",
            format!("two lines of `items` are `{}`", crate::base::shown(item, 120)),
            "a number is found again by its line: give each its own words",
        );
    }
    Some((found, same_as))
}

pub(super) fn supersede(table: &mut Table, faults: &mut Faults) -> Option<Superseding> {
    let metadata = metadata(table, faults);
    let version = table.number(faults, "version", 1..u32::MAX);
    let payload = table.digest(faults, "payload");
    let reason = waiver::reason(
        table,
        faults,
        "a `supersede` step",
        "say why another payload takes its place",
    );
    Some(Superseding {
        metadata: metadata?,
        version: u64::from(version?),
        payload: payload?,
        reason: reason?,
    })
}
