//! Never two payloads for one role and version (facts/security.md 5.1, I6). The
//! named earlier record says for which payloads a signature was intended there,
//! whether it came to one or not: who knows what left the room. Another payload
//! of that role and version is signed here only after a `supersede` step that
//! names the earlier one; a lower version not at all. What clients have already
//! needs no marks: `plan-version` makes every file follow it.

use std::collections::BTreeMap;

use super::record::{EarlierRecord, text};
use super::room::Room;
use crate::base::Digest;
use crate::script::{Expires, Made, Step, Superseding};
use crate::transcript::{Kind, Line};
use crate::tuf::MetadataName;

/// A payload that an earlier ceremony meant to sign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Whose metadata, as the record writes it.
    pub metadata: String,
    /// Its version.
    pub version: u64,
    /// SHA-256 of the payload.
    pub payload: Digest,
}

/// The marks of a record: each payload for which a signature was intended.
pub(super) fn marks(lines: &[&Line]) -> Result<Vec<Mark>, String> {
    let mut composed: BTreeMap<Digest, Mark> = BTreeMap::new();
    let mut marks = Vec::new();
    for line in lines {
        let body = &line.record.body;
        let broken = || format!("line {}: no payload that was composed before", line.seq);
        match line.record.kind {
            Kind::Composed => {
                let mark = composed_mark(line).ok_or_else(broken)?;
                composed.insert(mark.payload, mark);
            }
            Kind::Intended => {
                let what = ["effect", "what", "sign"];
                let of = |field| text(body, &[&what[..], &[field]].concat());
                if of("purpose") != Some("tuf-metadata") {
                    continue;
                }
                let payload = of("payload").and_then(|t| Digest::parse(t).ok());
                let mark = payload.and_then(|p| composed.get(&p)).ok_or_else(broken)?;
                if !marks.contains(mark) {
                    marks.push(mark.clone());
                }
            }
            _ => {}
        }
    }
    Ok(marks)
}

fn composed_mark(line: &Line) -> Option<Mark> {
    let body = &line.record.body;
    let version = body.as_object()?.get("version")?.as_int()?;
    Some(Mark {
        metadata: text(body, &["metadata"])?.to_owned(),
        version: u64::try_from(version).ok()?,
        payload: Digest::parse(text(body, &["payload"])?).ok()?,
    })
}

impl EarlierRecord {
    /// The highest version of a role that it meant to sign.
    #[must_use]
    pub fn highest(&self, metadata: &str) -> Option<u64> {
        let of = self.signed.iter().filter(|m| m.metadata == metadata);
        of.map(|m| m.version).max()
    }

    /// The payloads of one role and version that it meant to sign.
    #[must_use]
    pub fn payloads(&self, metadata: &str, version: u64) -> Vec<Digest> {
        let of = |m: &&Mark| m.metadata == metadata && m.version == version;
        self.signed.iter().filter(of).map(|m| m.payload).collect()
    }
}

impl Room<'_> {
    fn version(&self, role: &MetadataName) -> Option<u64> {
        match self.script.result(role)?.made {
            Made::Here { version, .. } => Some(version),
            Made::Elsewhere => None,
        }
    }

    /// A version below one that was signed is a rollback: for it there is no `supersede`.
    pub(super) fn need_no_rollback(&mut self, step: &Step, role: &MetadataName) {
        let highest = self.record.and_then(|r| r.highest(role.as_str()));
        if let (Some(highest), Some(version)) = (highest, self.version(role))
            && version < highest
        {
            self.fault(
                step.at,
                "plan-rollback",
                format!(
                    "step {}: {role} {version} is below {role} {highest}, which the named record meant to sign",
                    step.id
                ),
                "make a later version; what was signed once cannot be called back",
            );
        }
    }

    pub(super) fn supersede(&mut self, step: &Step, what: &Superseding) {
        let role = &what.metadata;
        self.need_two(step);
        let composed = self.composed.contains(role);
        self.need(
            step,
            composed,
            format!("{role} was not composed"),
            "let it stand after `compose`: people must know which payload is new",
        );
        let unsigned = !self.signers.contains_key(role);
        self.need(
            step,
            unsigned,
            format!("{role} was signed before"),
            "let it stand before the first `sign` step of the file",
        );
        let same = self.version(role) == Some(what.version);
        self.need(
            step,
            same,
            format!("{role} {} is not made here", what.version),
            "copy `version` from the [[result]]",
        );
        let record = self.record;
        let known = record.is_some_and(|r| r.payloads(role.as_str(), what.version).contains(&what.payload));
        self.need(
            step,
            known,
            format!(
                "the named record meant to sign no payload {} of {role} {}",
                what.payload, what.version
            ),
            "name the earlier ceremony's ceremony.jsonl in `[trust] record`, and copy the payload from it",
        );
        let new = self.superseded.insert(what.payload);
        self.need(
            step,
            new,
            format!("{} is superseded twice", what.payload),
            "delete one of the two steps",
        );
    }

    /// Where the plan knows that the payload is another one, or the script says so,
    /// nothing is signed before every earlier payload is superseded. Where it cannot
    /// know, the engine compares the bytes as soon as there are any.
    pub(super) fn need_superseded(&mut self, step: &Step, role: &MetadataName) {
        let (Some(record), Some(version)) = (self.record, self.version(role)) else {
            return;
        };
        let marks = record.payloads(role.as_str(), version);
        let open: Vec<&Digest> = marks.iter().filter(|p| !self.superseded.contains(*p)).collect();
        let known = open.len() < marks.len() || self.is_another(role);
        if let Some(payload) = open.first().filter(|_| known) {
            self.fault(
                step.at,
                "plan-two-payloads",
                format!(
                    "step {}: the named record meant to sign another payload of {role} {version}, {payload}",
                    step.id
                ),
                "add a `supersede` step that names it between `compose` and `sign`, or make a later version",
            );
        }
    }

    /// An expiry counted from today's clock, or a key that is made today, was not
    /// in an earlier payload.
    fn is_another(&self, role: &MetadataName) -> bool {
        let Some(result) = self.script.result(role) else {
            return false;
        };
        let counted = matches!(
            result.made,
            Made::Here {
                expires: Expires::InDays(_),
                ..
            }
        );
        let mut keys = self.script.results.iter().flat_map(|r| &r.keys);
        let fresh = *role == MetadataName::ROOT && keys.any(|k| self.made.contains(k));
        counted || fresh
    }
}
