//! The verdict: what the checks come to, and how much of it rests on something
//! outside of the bundle. Above `internally-consistent` a level needs what
//! nobody can make who has only the source and this machine: signatures of
//! people whose keys the auditor knows, over this very record.

use std::collections::BTreeMap;

use crate::base::shown;

use super::case::Case;
use super::checks::{self, NAMES};
use super::{Check, Verdict, signers};

/// What a judgement comes to, from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something does not hold.
    Refused,
    /// Nothing is wrong, but not everything is there: an open record, a record
    /// without a bundle, rules that this program does not have.
    Incomplete,
    /// A rehearsal, whole and consistent. Its keys must not be trusted.
    Rehearsal,
    /// A production ceremony, whole and consistent in itself; nothing from
    /// outside says that it is the one that people saw.
    InternallyConsistent,
    /// The people and the head of the record are known from outside; the quorum
    /// of witnesses is not.
    Unwitnessed,
    /// That, and a quorum of known witnesses cosigned the final checkpoint.
    Witnessed,
}

impl Level {
    /// Every level, from worst to best.
    pub const ALL: [Level; 6] = [
        Level::Refused,
        Level::Incomplete,
        Level::Rehearsal,
        Level::InternallyConsistent,
        Level::Unwitnessed,
        Level::Witnessed,
    ];

    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Refused => "refused",
            Level::Incomplete => "incomplete",
            Level::Rehearsal => "rehearsal",
            Level::InternallyConsistent => "internally-consistent",
            Level::Unwitnessed => "unwitnessed",
            Level::Witnessed => "witnessed",
        }
    }

    /// Reads the stable word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|l| l.as_str() == text)
    }

    /// One sentence for people.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Level::Refused => "something does not hold; do not use it",
            Level::Incomplete => "nothing is wrong with what is there, but it is not a whole ceremony",
            Level::Rehearsal => "a whole and consistent rehearsal; its keys must never be trusted",
            Level::InternallyConsistent => {
                "whole and consistent in itself; nothing from outside says that it is the ceremony people saw"
            }
            Level::Unwitnessed => {
                "approved by people you know, and its head is known from outside; no quorum of witnesses"
            }
            Level::Witnessed => {
                "approved and attested by people you know, and cosigned by a quorum of witnesses you know"
            }
        }
    }
}

/// How many witnesses from outside cosigned the final checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witnessed {
    /// Who did.
    pub signed: usize,
    /// Whose keys were brought.
    pub known: usize,
    /// How many must have.
    pub needed: usize,
}

/// The level, with its reasons.
pub(super) struct Decided {
    pub(super) level: Level,
    /// Why it is not more.
    pub(super) because: Vec<String>,
    pub(super) witnessed: Option<Witnessed>,
}

impl Decided {
    fn of(level: Level, because: Vec<String>) -> Decided {
        Decided {
            level,
            because,
            witnessed: None,
        }
    }
}

pub(super) fn decide(case: &Case<'_>, checks: &[Check]) -> Decided {
    let of: BTreeMap<&str, &Check> = checks.iter().map(|c| (c.name, c)).collect();
    if checks.iter().any(|c| c.verdict == Verdict::Fail) && !only_open(case, checks) {
        return Decided::of(Level::Refused, Vec::new());
    }
    let mut because = Vec::new();
    if !case.is_bundle {
        because.push("this is a record's own folder, not a bundle".to_owned());
    }
    if !case.chain.is_closed() {
        because.push("the record is not closed".to_owned());
    }
    // A check that a whole bundle must pass and that could not run.
    for name in NAMES.iter().filter(|name| !checks::may_be_skipped(name)) {
        let skipped = of.get(name).filter(|c| c.verdict == Verdict::NotApplicable);
        if let (true, Some(check)) = (case.is_bundle, skipped) {
            because.push(format!("{name}: {}", check.what));
        }
    }
    if of.get("replay").is_none_or(|c| c.verdict != Verdict::Pass) && because.is_empty() {
        because.push("the ceremony was not re-executed".to_owned());
    }
    if !because.is_empty() {
        return Decided::of(Level::Incomplete, because);
    }
    match case.kind() {
        Some("production") => anchored(case),
        // No anchor makes a rehearsal more than one.
        _ => {
            let drill = case.opening.as_ref().and_then(|o| o.drill.as_deref());
            let why = match drill {
                None => "it is a rehearsal".to_owned(),
                Some(drill) => format!("it is a rehearsal with a drill: {}", shown(drill, 100)),
            };
            Decided::of(Level::Rehearsal, vec![why])
        }
    }
}

/// How much of a whole production ceremony stands on something from outside.
fn anchored(case: &Case<'_>) -> Decided {
    let Some(anchors) = &case.options.anchors else {
        let why = "no anchors from outside of the bundle were given";
        return Decided::of(Level::InternallyConsistent, vec![why.to_owned()]);
    };
    let mut lacks = Vec::new();
    // Who approved the script: an approval says nothing of what was done with it,
    // so it never suffices alone; a forger may run the approved script himself.
    let approved = signers::approvers(case).len();
    match anchors.approvals {
        None => lacks.push("approvals: the anchors do not say how many approvers there must be".to_owned()),
        Some(needed) if approved < needed => {
            lacks.push(format!(
                "approvals: {approved} of the known approvers, {needed} needed"
            ));
        }
        Some(_) => {}
    }
    // A ceremony that was dropped between two shows nowhere else.
    if anchors.predecessor.is_none() {
        lacks.push("predecessor: the anchors do not say which ceremony came before".to_owned());
    }
    // That this is the record which people saw.
    let attested = signers::attesters(case).len();
    if attested == 0 && !signers::head_is_known(case) {
        lacks.push(
            "head: no known attester signed the last checkpoint, and none from outside is this record's last"
                .to_owned(),
        );
    }
    if !lacks.is_empty() {
        return Decided::of(Level::InternallyConsistent, lacks);
    }
    let mut lacks = Vec::new();
    if attested == 0 {
        // DESIGN 7: without people's own signatures it is no witnessed ceremony.
        lacks.push("attesters: no known attester signed the last checkpoint".to_owned());
    }
    let signed = signers::witnesses(case).len();
    let known = anchors.witnesses.len();
    match anchors.quorum {
        None => lacks.push("witnesses: the anchors do not say how many there must be".to_owned()),
        Some(needed) if signed < needed => lacks.push(format!(
            "witnesses: {signed} of {known} known ones cosigned the final checkpoint, {needed} needed"
        )),
        Some(needed) if lacks.is_empty() => {
            return Decided {
                level: Level::Witnessed,
                because: Vec::new(),
                witnessed: Some(Witnessed {
                    signed,
                    known,
                    needed,
                }),
            };
        }
        Some(_) => {}
    }
    Decided::of(Level::Unwitnessed, lacks)
}

/// An open record is not wrong, it is not finished: its `close` check fails and
/// nothing else does.
fn only_open(case: &Case<'_>, checks: &[Check]) -> bool {
    !case.is_bundle
        && checks
            .iter()
            .all(|c| c.verdict != Verdict::Fail || c.name == "close")
}
