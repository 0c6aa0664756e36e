//! `chain`: every line names the digest of the one before, from the first to
//! the last; nothing is missing, moved or torn between them.

use crate::transcript::chain::Code;

use super::canonical::is_of_chain;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let (failures, records) = problems(case, is_of_chain);
    let what = format!(
        "{} lines follow one another; the last has SHA-256 {}",
        case.chain.tree.size(),
        case.chain.head
    );
    Finding::of(what, failures).at(records)
}

/// The most problems that are listed; the rest are counted.
const LISTED: usize = 20;

/// The record's problems of some kind, and where they are.
pub(super) fn problems(case: &Case<'_>, wanted: fn(Code) -> bool) -> (Vec<String>, Vec<u64>) {
    let all: Vec<_> = case.chain.problems.iter().filter(|p| wanted(p.code)).collect();
    let mut failures: Vec<String> = all.iter().take(LISTED).map(|p| p.to_string()).collect();
    if let Some(more) = all.len().checked_sub(LISTED).filter(|n| *n > 0) {
        failures.push(format!("and {more} more"));
    }
    let records = all
        .iter()
        .filter_map(|p| u64::try_from(p.line.saturating_sub(1)).ok())
        .collect();
    (failures, records)
}
