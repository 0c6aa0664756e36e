//! The named checks, one file each. A check looks at the case and says what it
//! found; it never stops another one. Their names are stable and documented in
//! `docs/bundle-format.md`; what each rests on, which claims it supports and
//! what would falsify it stands in one table, in [`table`].

mod anchors;
mod approvals;
mod attesters;
mod bindings;
mod canonical;
mod chain;
mod clients;
mod close;
mod kind;
mod layout;
mod machine;
mod metadata;
mod people;
mod policy;
pub(super) mod quorum;
mod replay;
mod root;
mod script;
mod sessions;
mod signatures;
mod sums;
mod table;
mod thresholds;
mod verifier;

use super::case::Case;
use super::{Check, Found, NOTE, Verdict};

pub(super) use attesters::keys_of_tuf;
pub use table::NAMES;
use table::{Entry, TABLE};

/// Runs every check.
pub(super) fn all(case: &Case<'_>) -> Vec<Check> {
    let judged = |entry: &Entry| {
        let finding = (entry.run)(case);
        let coded = |mut found: Found| {
            if found.code.is_empty() {
                found.code = entry.name;
            }
            found
        };
        Check {
            name: entry.name,
            verdict: finding.verdict,
            what: finding.what,
            rests_on: entry.rests_on,
            records: finding.records,
            claims: entry.claims,
            falsified_by: entry.falsified_by,
            found: finding.found.into_iter().map(coded).collect(),
        }
    };
    TABLE.iter().map(judged).collect()
}

/// The claims of `docs/assurance-case.md` that a check supports.
#[must_use]
pub fn claims(name: &str) -> Option<&'static [&'static str]> {
    TABLE.iter().find(|e| e.name == name).map(|e| e.claims)
}

/// What would falsify a check.
#[must_use]
pub fn falsified_by(name: &str) -> Option<&'static str> {
    TABLE.iter().find(|e| e.name == name).map(|e| e.falsified_by)
}

/// Whether a whole bundle may be judged without this check.
pub(super) fn may_be_skipped(name: &str) -> bool {
    TABLE.iter().any(|e| e.name == name && e.optional)
}

/// What one check comes to.
pub(super) struct Finding {
    verdict: Verdict,
    what: String,
    records: Vec<u64>,
    found: Vec<Found>,
}

impl Finding {
    /// It holds if no failure was found. A failure is a text, or a code of
    /// `codes.rs` with a text; without one it carries the check's name.
    pub(super) fn of<F: Into<Found>>(
        what: impl Into<String>,
        failures: impl IntoIterator<Item = F>,
    ) -> Finding {
        let found: Vec<Found> = failures.into_iter().map(Into::into).collect();
        Finding {
            verdict: if found.is_empty() {
                Verdict::Pass
            } else {
                Verdict::Fail
            },
            what: what.into(),
            records: Vec::new(),
            found,
        }
    }

    /// It holds; `what` says it.
    pub(super) fn pass(what: impl Into<String>) -> Finding {
        Finding::of(what, Vec::<Found>::new())
    }

    /// It does not hold.
    pub(super) fn fail(what: impl Into<String>, found: impl Into<Found>) -> Finding {
        Finding::of(what, [found.into()])
    }

    /// It could not, or need not, be checked.
    pub(super) fn not_applicable(why: impl Into<String>) -> Finding {
        Finding {
            verdict: Verdict::NotApplicable,
            ..Finding::pass(why)
        }
    }

    /// About these records.
    pub(super) fn at(mut self, records: impl IntoIterator<Item = u64>) -> Finding {
        self.records = records.into_iter().collect();
        self
    }

    /// Something worth knowing, which changes no verdict.
    pub(super) fn with(mut self, note: impl IntoIterator<Item = String>) -> Finding {
        self.found
            .extend(note.into_iter().map(|text| Found::new(NOTE, text)));
        self
    }
}
