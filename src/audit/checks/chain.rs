//! `chain`: every line names the digest of the one before, from the first to
//! the last; nothing is missing, moved or torn between them.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Digest;
use crate::base::shown::counted;
use crate::transcript::chain::{Code, Problem};

use super::super::Found;
use super::super::codes::{LINE_DOUBLED, LINE_DROPPED, LINE_EDITED, LINES_REORDERED};
use super::canonical::is_of_chain;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let (mut failures, records) = problems(case, is_of_chain);
    if !failures.is_empty() {
        failures.extend(told(case));
    }
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
pub(super) fn problems(case: &Case<'_>, wanted: fn(Code) -> bool) -> (Vec<Found>, Vec<u64>) {
    let all: Vec<_> = case.chain.problems.iter().filter(|p| wanted(p.code)).collect();
    let coded = |p: &&Problem| Found::from((p.code.as_str(), p.to_string()));
    let mut failures: Vec<Found> = all.iter().take(LISTED).map(coded).collect();
    if let Some(more) = all.len().checked_sub(LISTED).filter(|n| *n > 0) {
        let code = all.last().map_or("", |p| p.code.as_str());
        failures.push((code, format!("and {more} more")).into());
    }
    let records = all
        .iter()
        .filter_map(|p| u64::try_from(p.line.saturating_sub(1)).ok())
        .collect();
    (failures, records)
}

/// What was done to the lines, as far as they tell: doubled, moved, taken out or
/// changed. The problems above say where; this says which attack it looks like.
fn told(case: &Case<'_>) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::new();
    let mut seen: BTreeMap<u64, &[u8]> = BTreeMap::new();
    let mut doubled: BTreeSet<u64> = BTreeSet::new();
    let mut moved = None;
    let mut newest: Option<u64> = None;
    for (line, range) in &case.chain.lines {
        let bytes = case.record.get(range.clone()).unwrap_or_default();
        let before = seen.insert(line.seq, bytes);
        if before == Some(bytes) {
            doubled.insert(line.seq);
        } else if newest.is_some_and(|n| line.seq < n) {
            moved = moved.or(Some(line.seq));
        }
        newest = newest.max(Some(line.seq));
    }
    for seq in doubled.iter().take(LISTED) {
        out.push((LINE_DOUBLED, format!("record {seq} stands twice")).into());
    }
    if let Some(seq) = moved {
        out.push((LINES_REORDERED, format!("record {seq} stands after a later one")).into());
    }
    let missing = missing(&seen);
    if let Some(first) = missing.first() {
        let why = format!(
            "{} missing, the first is {first}",
            counted(missing.len(), "record")
        );
        out.push((LINE_DROPPED, why).into());
    }
    // In its place and number, and the next line names other bytes.
    if let Some(seq) = changed(case, &seen).first() {
        let why = format!("record {seq} is not the one that the next line names");
        out.push((LINE_EDITED, why).into());
    }
    out
}

fn missing(seen: &BTreeMap<u64, &[u8]>) -> Vec<u64> {
    let mut missing = Vec::new();
    let mut next = 0u64;
    for seq in seen.keys() {
        // A line may claim any number: only so many are listed.
        while next < *seq && missing.len() < LISTED {
            missing.push(next);
            next = next.saturating_add(1);
        }
        next = seq.saturating_add(1);
    }
    missing
}

/// Records whose successor, by number, names another digest than theirs.
fn changed(case: &Case<'_>, seen: &BTreeMap<u64, &[u8]>) -> Vec<u64> {
    let named: BTreeMap<u64, Digest> = case.lines.iter().map(|l| (l.seq, l.prev)).collect();
    seen.iter()
        .filter(|(seq, bytes)| {
            let next = seq.checked_add(1).and_then(|next| named.get(&next));
            next.is_some_and(|prev| *prev != Digest::of(bytes))
        })
        .map(|(seq, _)| *seq)
        .collect()
}
