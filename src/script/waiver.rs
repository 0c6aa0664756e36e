//! `[[waiver]]`: a claim of the policy that people let go, with their reason,
//! in the bytes that they approve. Only a claim that says of itself that it
//! can be waived is a word here; there is no other way past the policy.

use super::reader::{Faults, Table};
use super::verb::METADATA;
use crate::attestation::Waiver;
use crate::base::Id;
use crate::tuf::RoleName;
use crate::tuf::policy::{Claim, Waives};

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverSpec {
    /// The claim and the role of root.
    pub what: Waives,
    /// Why: 8 to 120 printable ASCII characters.
    pub reason: String,
    /// The role of people whose quorum accepts it in the room.
    pub by: Id,
    /// Line and column, for diagnostics.
    pub at: (usize, usize),
}

pub(super) fn read(table: &mut Table, faults: &mut Faults) -> Option<WaiverSpec> {
    let at = faults.place(&table.span);
    let what = what(table, faults);
    let reason = reason(
        table,
        faults,
        "[[waiver]]",
        "say why the claim need not hold this time",
    );
    let by = table.id(faults, "by");
    let (claim, role) = what?;
    if !claim.waivable() {
        faults.add(
            &table.span_of("claim"),
            "script-not-waivable",
            format!("the claim {claim} cannot be waived"),
            claim.remedy(),
        );
    }
    Some(WaiverSpec {
        what: Waives { claim, role },
        reason: reason?,
        by: by?,
        at,
    })
}

/// Why people let something go, in words that stand in the record.
pub(super) fn reason(table: &mut Table, faults: &mut Faults, of: &str, help: &str) -> Option<String> {
    let reason = table.line(faults, "reason")?;
    if Waiver::new(&reason).is_none() {
        faults.add(
            &table.span_of("reason"),
            "script-wrong-value",
            format!("`reason` of {of} is 8 to 120 printable ASCII characters"),
            help,
        );
    }
    Some(reason)
}

/// `claim` and, for a claim about a role of root, `role`.
pub(super) fn what(table: &mut Table, faults: &mut Faults) -> Option<(Claim, Option<RoleName>)> {
    let words: Vec<(&str, Claim)> = Claim::ALL.iter().map(|c| (c.id(), *c)).collect();
    let claim = table.word(faults, "claim", &words);
    let role = if table.has("role") {
        Some(table.word(faults, "role", METADATA)?)
    } else {
        None
    };
    Some((claim?, role))
}
