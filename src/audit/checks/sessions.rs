//! `sessions`: every line belongs to a run that the record saw begin, by `open`
//! or `resume`, and no run comes back after another. A run that was taken out,
//! or whose beginning was, shows here even where the lines around it fit.

use std::collections::BTreeSet;

use crate::base::Json;
use crate::transcript::Kind;

use super::super::case::input;
use super::super::codes::SESSION_DROPPED;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let mut failures = Vec::new();
    let mut records = Vec::new();
    let mut begun: BTreeSet<&str> = BTreeSet::new();
    let mut run: Option<&str> = None;
    let mut next = 0u64;
    for line in &case.lines {
        let word = match line.record.kind {
            Kind::Open => "open",
            Kind::Resume => "resume",
            _ => "",
        };
        let mut wrong = None;
        if word.is_empty() {
            if run != Some(line.boot.as_str()) {
                wrong = Some("its run was begun by no open or resume record before it");
                // Said once for all lines of the run.
                run = Some(&line.boot);
            }
        } else {
            let boot = input(line, word).and_then(|i| i.get("boot"));
            if boot.and_then(Json::as_str) != Some(line.boot.as_str()) {
                wrong = Some("it begins a run under another id than its own");
            } else if !begun.insert(&line.boot) {
                wrong = Some("it begins a run that was begun before");
            } else if line.seq > next {
                // A whole run fits in the gap; `chain` names the lines.
                wrong = Some("lines are missing before this run began: a run was dropped, or the end of one");
            }
            run = Some(&line.boot);
        }
        if let Some(why) = wrong {
            failures.push((SESSION_DROPPED, format!("record {}: {why}", line.seq)));
            records.push(line.seq);
        }
        next = line.seq.saturating_add(1);
    }
    if case.lines.is_empty() {
        return Finding::fail("the runs of the record", "there is no record");
    }
    let more = begun.len().saturating_sub(1);
    Finding::of(
        format!("{} run(s), {more} of them resumed", begun.len()),
        failures,
    )
    .at(records)
    .with(unvouched(case))
}

/// A resumed run signs with a new key: until an attester or witness has signed
/// a checkpoint of it, nobody but itself vouches for it.
fn unvouched(case: &Case<'_>) -> Option<String> {
    let later = case.runs.iter().skip(1);
    let silent: Vec<String> = later
        .filter(|(seq, _)| !case.gates.iter().any(|g| g.seq > *seq && g.others > 0))
        .map(|(seq, _)| seq.to_string())
        .collect();
    (!silent.is_empty()).then(|| {
        format!(
            "unvouched epochs: of the runs that records {} began, no checkpoint has a signature but their own",
            silent.join(", ")
        )
    })
}
