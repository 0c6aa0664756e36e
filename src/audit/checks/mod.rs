//! The named checks, one file each. A check looks at the case and says what it
//! found; it never stops another one. Their names are stable and documented in
//! `docs/bundle-format.md`.

mod attesters;
mod bindings;
mod canonical;
mod chain;
mod clients;
mod close;
mod kind;
mod layout;
mod metadata;
mod policy;
mod quorum;
mod replay;
mod root;
mod script;
mod signatures;
mod sums;
mod thresholds;
mod verifier;

use super::case::Case;
use super::{Check, Verdict};

/// The names of all checks, in the order of the report.
pub const NAMES: [&str; 18] = [
    "layout",
    "sums",
    "bindings",
    "canonical",
    "chain",
    "root",
    "signatures",
    "quorum",
    "attesters",
    "close",
    "kind",
    "script",
    "verifier",
    "replay",
    "policy",
    "metadata",
    "thresholds",
    "clients",
];

type Run = fn(&Case<'_>) -> Finding;

/// Each name with its check; `NAMES` is the same list for the public.
const TABLE: [(&str, Run); 18] = [
    ("layout", layout::check),
    ("sums", sums::check),
    ("bindings", bindings::check),
    ("canonical", canonical::check),
    ("chain", chain::check),
    ("root", root::check),
    ("signatures", signatures::check),
    ("quorum", quorum::check),
    ("attesters", attesters::check),
    ("close", close::check),
    ("kind", kind::check),
    ("script", script::check),
    ("verifier", verifier::check),
    ("replay", replay::check),
    ("policy", policy::check),
    ("metadata", metadata::check),
    ("thresholds", thresholds::check),
    ("clients", clients::check),
];

/// Runs every check.
pub(super) fn all(case: &Case<'_>) -> Vec<Check> {
    let judged = |(name, run): &(&'static str, Run)| {
        let finding = run(case);
        Check {
            name,
            verdict: finding.verdict,
            what: finding.what,
            records: finding.records,
            found: finding.found,
        }
    };
    TABLE.iter().map(judged).collect()
}

/// What one check comes to.
pub(super) struct Finding {
    verdict: Verdict,
    what: String,
    records: Vec<u64>,
    found: Vec<String>,
}

impl Finding {
    /// It holds if no failure was found.
    pub(super) fn of(what: impl Into<String>, failures: Vec<String>) -> Finding {
        Finding {
            verdict: if failures.is_empty() {
                Verdict::Pass
            } else {
                Verdict::Fail
            },
            what: what.into(),
            records: Vec::new(),
            found: failures,
        }
    }

    /// It holds; `what` says it.
    pub(super) fn pass(what: impl Into<String>) -> Finding {
        Finding::of(what, Vec::new())
    }

    /// It does not hold.
    pub(super) fn fail(what: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding::of(what, vec![found.into()])
    }

    /// It could not, or need not, be checked.
    pub(super) fn not_applicable(why: impl Into<String>) -> Finding {
        Finding {
            verdict: Verdict::NotApplicable,
            ..Finding::of(why, Vec::new())
        }
    }

    /// About these records.
    pub(super) fn at(mut self, records: impl IntoIterator<Item = u64>) -> Finding {
        self.records = records.into_iter().collect();
        self
    }

    /// Something worth knowing, which changes no verdict.
    pub(super) fn with(mut self, note: impl IntoIterator<Item = String>) -> Finding {
        self.found.extend(note);
        self
    }
}
