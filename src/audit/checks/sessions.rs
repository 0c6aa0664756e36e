//! `sessions`: every line belongs to a run that the record saw begin, by `open`
//! or `resume`, and no run comes back after another. A run that was taken out,
//! or whose beginning was, shows here even where the lines around it fit.

use std::collections::BTreeSet;

use crate::base::Json;
use crate::base::shown::counted;
use crate::note::Vkey;
use crate::transcript::{Kind, countersigned};

use super::super::case::input;
use super::super::codes::SESSION_DROPPED;
use super::{Case, Finding, quorum};

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
        format!("{}, {more} of them resumed", counted(begun.len(), "run")),
        failures,
    )
    .at(records)
    .with(unvouched(case))
}

/// A resumed run signs with a new key: until an attester, or a quorum of witnesses,
/// has signed a checkpoint over its first record, nobody but itself vouches for it
/// (DESIGN 5).
fn unvouched(case: &Case<'_>) -> Option<String> {
    let none: &[Vkey] = &[];
    let (witnesses, quorum) = case
        .policy
        .as_ref()
        .map_or((none, 0), |p| (p.witnesses(), p.quorum()));
    let uncovered = quorum::witnessing(case, witnesses, quorum).uncovered;
    let attested = countersigned(&case.lines).into_iter().filter(|c| c.by.is_ok());
    let attested = attested.map(|c| c.size).max().unwrap_or(0);
    let later = case.runs.iter().skip(1).map(|(seq, _)| *seq);
    let silent: Vec<String> = later
        .filter(|seq| uncovered.contains(seq) && attested <= *seq)
        .map(|seq| seq.to_string())
        .collect();
    (!silent.is_empty()).then(|| {
        format!(
            "unvouched epochs: for the runs that records {} began nobody has signed but their own log keys",
            silent.join(", ")
        )
    })
}
