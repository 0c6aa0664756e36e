//! The auditor's half: judges a bundle, or a record's own folder, with public
//! inputs only. Bytes in, findings out; no clock, disk, device or terminal
//! (law 11). Every check that can run is run: the first failure hides nothing.
//! One file per named check in `checks/`; `docs/bundle-format.md` lists them.

pub mod addendum;
pub mod anchors;
mod case;
mod checks;
pub mod codes;
mod facts;
mod level;
mod publish;
mod report;
mod request;
mod signers;
pub mod story;
mod today;

use crate::base::{Digest, Instant};
use crate::bundle::Files;
use crate::plan::Plan;
use crate::transcript::Class;

pub use anchors::Anchors;
use case::Case;
pub use checks::{NAMES, claims, falsified_by};
pub use level::{Level, Witnessed};
pub use publish::{LiveRoot, Publish};
pub use request::request;
pub use today::Today;

/// What the judge is told from outside of the bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The instant at which clients look at the metadata; `None`: the record's
    /// own confirmed clock.
    pub at: Option<Instant>,
    /// Today, for a status apart that changes no verdict; `None`: none is given.
    pub today: Option<Instant>,
    /// What is known from outside of the bundle; `None`: nothing is.
    pub anchors: Option<Anchors>,
    /// The live repository's root, where the bundle is to be published.
    pub live: Option<LiveRoot>,
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

/// The code of something that is worth knowing and changes no verdict.
pub const NOTE: &str = "note";

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// One of [`codes::CODES`], a code of a record's line, the check's name, or
    /// [`NOTE`].
    pub code: &'static str,
    /// One sentence, safe to show.
    pub text: String,
}

impl Found {
    fn new(code: &'static str, text: impl Into<String>) -> Found {
        Found {
            code,
            text: text.into(),
        }
    }

    /// Whether the text has this part.
    #[must_use]
    pub fn contains(&self, part: &str) -> bool {
        self.text.contains(part)
    }
}

/// A failure without a code of its own: it gets its check's name.
impl From<String> for Found {
    fn from(text: String) -> Found {
        Found::new("", text)
    }
}

impl From<&str> for Found {
    fn from(text: &str) -> Found {
        Found::new("", text)
    }
}

impl From<(&'static str, String)> for Found {
    fn from((code, text): (&'static str, String)) -> Found {
        Found::new(code, text)
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
    /// What it rests on, in words: which records or files it reads.
    pub rests_on: &'static str,
    /// The records that it is about, by `seq`; empty: those that `rests_on` names.
    pub records: Vec<u64>,
    /// The claims of `docs/assurance-case.md` that it supports.
    pub claims: &'static [&'static str],
    /// What would falsify it, in one sentence.
    pub falsified_by: &'static str,
    /// What was found: each failure, each thing worth knowing.
    pub found: Vec<Found>,
}

impl Check {
    /// Codes of what was found wrong.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.found.iter().map(|f| f.code).filter(|code| *code != NOTE)
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

/// What a verdict rests on beside the bundle, or would have to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchored {
    /// The word of the anchors file.
    pub name: &'static str,
    /// Whether it was brought from outside, or the bundle says so itself.
    pub anchor: Anchor,
    /// What it is, and what the bundle has for it; safe to show.
    pub what: String,
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
    /// Every kind of anchor: brought from outside, or only asserted.
    pub anchored: Vec<Anchored>,
    /// Witnesses from outside, where their quorum is met.
    pub witnessed: Option<Witnessed>,
    /// SHA-256 of the record's last line: the words that people took along.
    pub last: Option<Digest>,
    /// How the files stand today; changes no verdict.
    pub today: Option<Today>,
    /// Whether it may be published over the live root, if one was given.
    pub publish: Option<Publish>,
    /// The verdict.
    pub verdict: Level,
    /// Why it is not more, in words; empty for a failed check, which says it itself.
    pub because: Vec<String>,
}

impl Judgement {
    /// Whether the verdict is a good one (exit code 0).
    #[must_use]
    pub fn good(&self) -> bool {
        self.verdict >= Level::Rehearsal
    }

    /// Whether the verdict is good and at least `level`.
    #[must_use]
    pub fn meets(&self, level: Level) -> bool {
        self.good() && self.verdict >= level
    }

    /// The verdict in words: its level, and how many witnesses of how many.
    #[must_use]
    pub fn verdict_words(&self) -> String {
        match self.witnessed {
            Some(w) => format!("{} {} of {}", self.verdict.as_str(), w.signed, w.known),
            None => self.verdict.as_str().to_owned(),
        }
    }

    /// Codes of everything that is wrong, each once, sorted.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        let mut codes: Vec<_> = self.checks.iter().flat_map(Check::codes).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
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
    judge_case(&Case::new(files, options))
}

/// The plan that the script and the blobs of a folder make, as every check sees it.
///
/// # Errors
/// What is wrong with the script or the plan, each a sentence that is safe to show.
pub fn plan(files: &Files) -> Result<Plan, Vec<String>> {
    case::plan(files)
}

/// The judgement of what was read already.
fn judge_case(case: &Case<'_>) -> Judgement {
    let checks = checks::all(case);
    let decided = level::decide(case, &checks);
    Judgement {
        is_bundle: case.is_bundle,
        at: case
            .at()
            .filter(|_| case.is_bundle)
            .map(|at| (at, case.at_from())),
        facts: facts::gather(case),
        anchored: facts::anchored(case),
        last: (!case.lines.is_empty()).then_some(case.chain.head),
        today: today::status(case),
        publish: case
            .options
            .live
            .as_ref()
            .map(|live| publish::judge(case, live, &decided)),
        checks,
        verdict: decided.level,
        because: decided.because,
        witnessed: decided.witnessed,
    }
}
