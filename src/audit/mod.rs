//! The auditor's half: judges a bundle, or a record's own folder, with public
//! inputs only. Bytes in, findings out; no clock, disk, device or terminal
//! (law 11). Every check that can run is run: the first failure hides nothing.
//! One file per named check in `checks/`; `docs/bundle-format.md` lists them.

mod case;
mod checks;
mod facts;
mod report;
pub mod story;

use std::collections::BTreeMap;

use crate::base::Instant;
use crate::bundle::Files;
use crate::transcript::Class;

use case::Case;
pub use checks::NAMES;

/// What the judge is told from outside of the bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The instant at which clients look at the metadata; `None`: the record's
    /// own confirmed clock.
    pub at: Option<Instant>,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// There is nothing to check, or it could not be checked; `what` says why.
    NotApplicable,
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::NotApplicable => "not-applicable",
        }
    }
}

/// One named check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A stable word, one of [`NAMES`].
    pub name: &'static str,
    /// What it came to.
    pub verdict: Verdict,
    /// One sentence.
    pub what: String,
    /// The records that it is about, by `seq`; empty: all, or none.
    pub records: Vec<u64>,
    /// What was found: each failure, each thing worth knowing. Safe to show.
    pub found: Vec<String>,
}

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
}

impl Level {
    /// Every level, from worst to best.
    pub const ALL: [Level; 4] = [
        Level::Refused,
        Level::Incomplete,
        Level::Rehearsal,
        Level::InternallyConsistent,
    ];

    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Refused => "refused",
            Level::Incomplete => "incomplete",
            Level::Rehearsal => "rehearsal",
            Level::InternallyConsistent => "internally-consistent",
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
        }
    }
}

/// Where a fact is anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The bundle says so itself.
    SelfAsserted,
    /// Something outside of the bundle says the same.
    External,
}

impl Anchor {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Anchor::SelfAsserted => "self-asserted",
            Anchor::External => "external",
        }
    }
}

/// Something that the record says, with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// A stable word.
    pub name: &'static str,
    /// Safe to show.
    pub value: String,
    /// What stands behind it.
    pub class: Class,
    /// Where it is anchored.
    pub anchor: Anchor,
    /// The record that says it.
    pub record: Option<u64>,
}

/// What a bundle or a record comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it is a bundle (it has `SHA256SUMS`), or a record's own folder.
    pub is_bundle: bool,
    /// When clients look at the metadata, and where that instant comes from;
    /// `None`: no metadata was judged, or no clock was confirmed.
    pub at: Option<(Instant, &'static str)>,
    /// The checks, in the order of [`NAMES`].
    pub checks: Vec<Check>,
    /// What the record says.
    pub facts: Vec<Fact>,
    /// The verdict.
    pub verdict: Level,
    /// Why it is not more, in words; empty for a failed check, which says it itself.
    pub because: Vec<String>,
}

impl Judgement {
    /// Whether the verdict is a good one (exit code 0).
    #[must_use]
    pub fn good(&self) -> bool {
        matches!(self.verdict, Level::Rehearsal | Level::InternallyConsistent)
    }

    /// Whether the verdict is good and at least `level`.
    #[must_use]
    pub fn meets(&self, level: Level) -> bool {
        self.good() && self.verdict >= level
    }

    /// The check of this name.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|c| c.name == name)
    }

    /// Names of the checks that failed.
    #[must_use]
    pub fn failed(&self) -> Vec<&'static str> {
        self.checks
            .iter()
            .filter(|c| c.verdict == Verdict::Fail)
            .map(|c| c.name)
            .collect()
    }
}

/// Judges the files of a folder.
#[must_use]
pub fn judge(files: &Files, options: &Options) -> Judgement {
    let case = Case::new(files, options);
    let checks = checks::all(&case);
    let (verdict, because) = level(&case, &checks);
    Judgement {
        is_bundle: case.is_bundle,
        at: case
            .at()
            .filter(|_| case.is_bundle)
            .map(|at| (at, case.at_from())),
        facts: facts::gather(&case),
        checks,
        verdict,
        because,
    }
}

fn level(case: &Case<'_>, checks: &[Check]) -> (Level, Vec<String>) {
    let of: BTreeMap<&str, &Check> = checks.iter().map(|c| (c.name, c)).collect();
    if checks.iter().any(|c| c.verdict == Verdict::Fail) && !only_open(case, checks) {
        return (Level::Refused, Vec::new());
    }
    let mut because = Vec::new();
    if !case.is_bundle {
        because.push("this is a record's own folder, not a bundle".to_owned());
    }
    if !case.chain.is_closed() {
        because.push("the record is not closed".to_owned());
    }
    // A check that a whole bundle must pass and that could not run.
    for name in NAMES {
        let skipped = of.get(name).filter(|c| c.verdict == Verdict::NotApplicable);
        if let (true, Some(check)) = (case.is_bundle, skipped) {
            because.push(format!("{name}: {}", check.what));
        }
    }
    if of.get("replay").is_none_or(|c| c.verdict != Verdict::Pass) && because.is_empty() {
        because.push("the ceremony was not re-executed".to_owned());
    }
    if !because.is_empty() {
        return (Level::Incomplete, because);
    }
    match case.kind() {
        Some("rehearsal") => {
            let drill = case.opening.as_ref().and_then(|o| o.drill.as_deref());
            let why = match drill {
                None => "it is a rehearsal".to_owned(),
                Some(drill) => format!(
                    "it is a rehearsal with a drill: {}",
                    crate::base::shown(drill, 100)
                ),
            };
            (Level::Rehearsal, vec![why])
        }
        _ => (
            Level::InternallyConsistent,
            vec!["no anchors from outside of the bundle were given".to_owned()],
        ),
    }
}

/// An open record is not wrong, it is not finished: its `close` check fails and
/// nothing else does.
fn only_open(case: &Case<'_>, checks: &[Check]) -> bool {
    !case.is_bundle
        && checks
            .iter()
            .all(|c| c.verdict != Verdict::Fail || c.name == "close")
}
