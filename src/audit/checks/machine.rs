//! `machine`: what the reports of the machine check said, in every run. All of it
//! is this machine's own word. A production record begins each run with a report,
//! and holds no answer that was given while something stood that refuses; the
//! re-execution says the same with the engine's rules, here it is counted plainly.

use crate::base::machine::Report;
use crate::base::shown::counted;
use crate::base::{Json, shown};
use crate::transcript::{Kind, Line};

use super::super::case::input;
use super::super::codes::MACHINE_IGNORED;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let what = "what the machine said of its surroundings";
    let Some(kind) = case.kind() else {
        return Finding::fail(what, "the first record is no opening that can be read");
    };
    let production = kind == "production";
    let mut failures = Vec::new();
    let mut records = Vec::new();
    let (mut reports, mut halts, mut accepted) = (0usize, 0usize, 0usize);
    let (mut warned, mut refused): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    // What refuses now, as the last report has it.
    let mut refusing = String::new();
    for line in &case.lines {
        let begins = match line.record.kind {
            Kind::Open => Some("open"),
            Kind::Resume => Some("resume"),
            _ => None,
        };
        let report = match begins {
            Some(word) => input(line, word).and_then(|i| i.get("machine")),
            None => input(line, "machine").filter(|_| line.record.kind == Kind::Machine),
        };
        let report = report.and_then(|r: &Json| r.read::<Report>().ok());
        if let Some(report) = &report {
            reports = reports.saturating_add(1);
            records.push(line.seq);
            refusing = words(report.refusing().map(|f| (f.code.word(), f.about.as_str())));
            let against = report
                .refusing()
                .map(|f| format!("{} {}", f.code.word(), shown(&f.about, 60)));
            refused.extend(against.filter(|w| !refused.contains(w)).collect::<Vec<_>>());
            let warnings = report.warnings().map(|f| f.code.word().to_owned());
            warned.extend(warnings.filter(|w| !warned.contains(w)).collect::<Vec<_>>());
        }
        let failure = match line.record.kind {
            Kind::Halted => {
                halts = halts.saturating_add(1);
                None
            }
            Kind::Accepted => {
                accepted = accepted.saturating_add(1);
                None
            }
            Kind::Open | Kind::Resume if report.is_none() => {
                Some("a run begins without a report of the machine".to_owned())
            }
            Kind::Open | Kind::Resume if !refusing.is_empty() => {
                Some(format!("a run begins beside {refusing}"))
            }
            Kind::Answer if !refusing.is_empty() => Some(format!("an answer counted beside {refusing}")),
            Kind::Machine if report.is_none() => Some("a report that cannot be read".to_owned()),
            _ => None,
        };
        if let Some(why) = failure.filter(|_| production) {
            failures.push((MACHINE_IGNORED, at(line, &why)));
            records.push(line.seq);
        }
    }
    let beside = match warned.as_slice() {
        [] => String::new(),
        words => format!("; shown and recorded: {}", words.join(", ")),
    };
    // What freezes production, and what a rehearsal goes on beside.
    let beside = match refused.as_slice() {
        [] => beside,
        words => format!("; refused: {}{beside}", words.join(", ")),
    };
    let summary = if production {
        format!(
            "claimed by this machine: {}, frozen {}, {} accepted{beside}",
            counted(reports, "report"),
            counted(halts, "time"),
            counted(accepted, "device")
        )
    } else {
        format!(
            "a rehearsal, which never freezes: claimed by this machine: {}{beside}",
            counted(reports, "report")
        )
    };
    Finding::of(summary, failures).at(records)
}

fn words<'w>(findings: impl Iterator<Item = (&'w str, &'w str)>) -> String {
    let texts: Vec<String> = findings
        .map(|(word, about)| match about {
            "" => word.to_owned(),
            about => format!("{word} ({})", crate::base::shown(about, 200)),
        })
        .collect();
    texts.join(", ")
}

fn at(line: &Line, why: &str) -> String {
    format!("record {}: {why}", line.seq)
}
