//! What was checked, who vouches, which files left, which program ran. The checks
//! are the judgement's own words: this page judges nothing.

use crate::audit::story::{Standing, Story};
use crate::audit::{NOTE, Verdict};

use super::page::{Line, Page, alarm, grouped, mono, plain, seq, stands, strong};

/// The checks with what they found.
pub(super) fn verdict(story: &Story, page: &mut Page) {
    page.section("Checks");
    let judged = &story.judgement;
    if let Some((at, from)) = judged.at {
        page.para(format!(
            "The metadata is judged as clients see it at {at}, a {} ({from}).",
            at.weekday()
        ));
    }
    let row = |check: &crate::audit::Check| {
        let mark = match check.verdict {
            Verdict::Pass => plain("pass"),
            Verdict::Fail => alarm("FAIL"),
            Verdict::NotApplicable => plain("not applicable"),
        };
        let mut what = check.what.clone();
        for found in &check.found {
            what.push_str(&match found.code {
                NOTE => format!("\n{}", found.text),
                code => format!("\n[{code}] {}", found.text),
            });
        }
        Line::Cells(vec![strong(check.name), mark, plain(what)])
    };
    page.table(
        &[("check", 14), ("came to", 14), ("what was found", 72)],
        judged.checks.iter().map(row).collect(),
    );
}

/// Whose signatures stand under the checkpoints, and what the facts say of them.
pub(super) fn vouchers(story: &Story, page: &mut Page) {
    page.section("Who vouches for the record");
    let row = |v: &crate::audit::story::Voucher| {
        let whose = if v.own {
            "the record's own log key: it says that one run wrote it, not that people saw it"
        } else {
            "a key of its own; whether it counts is the checks' to say"
        };
        let notes = match v.last {
            true => format!("{}, the last one too", v.notes),
            false => format!("{}, not the last one", v.notes),
        };
        Line::Cells(vec![
            mono(v.name.clone()),
            mono(v.key_id.clone()),
            plain(notes),
            plain(whose),
        ])
    };
    if story.vouchers.is_empty() {
        page.para("No checkpoint with a readable signature is here.");
    } else {
        page.table(
            &[("name", 40), ("key id", 10), ("checkpoints", 16), ("whose", 34)],
            story.vouchers.iter().map(row).collect(),
        );
    }
    let about = ["approv", "attester", "witness", "cosign", "anchor", "predecessor"];
    let said = story
        .judgement
        .facts
        .iter()
        .filter(|f| about.iter().any(|a| f.name.contains(a)))
        .map(fact)
        .collect::<Vec<_>>();
    if !story.vouchers.iter().any(|v| !v.own) {
        page.para("Nobody but the machine signed these checkpoints: no attester, no witness.");
    }
    if !said.is_empty() {
        page.table(FACTS, said);
    }
}

/// The files that left.
pub(super) fn files(story: &Story, page: &mut Page) {
    page.section("Files that left");
    if story.files.is_empty() {
        page.para("The record tells of no export.");
        return;
    }
    let row = |f: &crate::audit::story::FileTold| {
        let here = match f.here {
            Standing::Same => plain("same bytes"),
            Standing::Differs => alarm("OTHER BYTES"),
            Standing::Missing => alarm("NOT HERE"),
        };
        // A blob's name is its digest, which stands in the next column.
        let path = match f.path.strip_prefix("blobs/") {
            Some(name) if name == f.sha256.hex() => "blobs/ (its SHA-256)".to_owned(),
            _ => f.path.clone(),
        };
        Line::Cells(vec![
            mono(path),
            plain(f.len.to_string()),
            mono(f.sha256.grouped()),
            here,
        ])
    };
    page.para("As the record binds them, and how they lie here. The seal (record, checkpoints, policy, SHA256SUMS) follows from the record.");
    page.table(
        &[("file", 25), ("bytes", 8), ("SHA-256", 55), ("here", 12)],
        story.files.iter().map(row).collect(),
    );
}

/// The program, as it says of itself.
pub(super) fn runs(story: &Story, page: &mut Page) {
    page.section("The program that ran");
    page.para("A program's word about itself. Each run has a log key of its own, which dies with it.");
    let row = |r: &crate::audit::story::Run| {
        let ways = format!("{}; secrets by {}", r.front_end, r.secrets.replace('_', " "));
        let mut digests = format!("program {}", grouped(&r.sha256));
        if let Some(key) = r.log_key {
            digests.push_str(&format!("\nlog key {}", key.grouped()));
        }
        Line::Cells(vec![
            seq(Some(r.record)),
            plain(format!("{}\n{}\n{ways}", r.at, r.program)),
            mono(digests),
        ])
    };
    page.table(
        &[("record", 8), ("run", 37), ("SHA-256", 55)],
        story.runs.iter().map(row).collect(),
    );
}

const FACTS: &[(&str, u8)] = &[
    ("fact", 15),
    ("value", 50),
    ("stands on", 14),
    ("anchor", 13),
    ("record", 8),
];

/// Every fact of the judgement, as `verify` prints it.
pub(super) fn facts(story: &Story, page: &mut Page) {
    page.section("Every fact, as verify prints it");
    page.table(FACTS, story.judgement.facts.iter().map(fact).collect());
}

fn fact(fact: &crate::audit::Fact) -> Line {
    Line::Cells(vec![
        plain(fact.name),
        plain(fact.value.clone()),
        stands(fact.class),
        plain(fact.anchor.as_str()),
        seq(fact.record),
    ])
}
