//! What changed in the metadata, in the words that people approved, and what
//! the clients say to it.

use crate::audit::story::{Paper, Story};

use super::page::{Line, Page, Row, alarm, grouped, mono, plain, seq, stands, strong};

/// Lines of a review that are printed; a set of 16,384 bins has far more.
const MOST: usize = 400;

pub(super) fn papers(story: &Story, page: &mut Page) {
    page.section("Metadata");
    if story.papers.is_empty() {
        page.para("No metadata file was made.");
    }
    for paper in &story.papers {
        page.sub(paper.file.clone());
        page.facts(rows(paper));
        if !paper.changes.is_empty() {
            page.para("Changes that the script declared and people approved:");
            page.lines(paper.changes.clone());
        }
        signatures(story, paper, page);
        if !paper.meaning.is_empty() {
            page.para("What it means, in the words of the review:");
            cut(&paper.meaning, &paper.file, page);
        }
        if !paper.values.is_empty() {
            page.para("Every value:");
            cut(&paper.values, &paper.file, page);
        }
    }
}

fn cut(lines: &[String], file: &str, page: &mut Page) {
    let mut shown: Vec<String> = lines.iter().take(MOST).cloned().collect();
    let more = lines.len().saturating_sub(MOST);
    if more > 0 {
        shown.push(format!(
            "... {more} more lines: tuf-ceremony tuf show metadata/{file}"
        ));
    }
    page.lines(shown);
}

fn rows(paper: &Paper) -> Vec<Row> {
    let mut rows = Vec::new();
    let version = match paper.follows {
        Some(before) => format!("{before} -> {}", paper.version),
        None => format!("{}, the first that this ceremony knows of", paper.version),
    };
    rows.push(Row::new("version", strong(version)).of(paper.class, None));
    if let Some(expires) = paper.expires {
        let text = format!("{expires}, a {}", expires.weekday());
        rows.push(Row::new("expires", strong(text)).of(paper.class, None));
    }
    if let Some(payload) = paper.payload {
        rows.push(Row::new("signed bytes", mono(payload.grouped())).of(paper.class, None));
    }
    for (by, record) in &paper.read_by {
        let text = format!("{by} read it to its end");
        rows.push(Row::new("reviewed", plain(text)).of(crate::transcript::Class::Claimed, Some(*record)));
    }
    for (source, record) in &paper.compared {
        let text = format!("its words were read from {source} and agree");
        rows.push(Row::new("read back", plain(text)).of(crate::transcript::Class::Claimed, Some(*record)));
    }
    if paper.complete.is_none() {
        rows.push(Row::new("threshold", alarm("NOT REACHED in this record")));
    }
    // What holds is the rule; what does not is worth its own line.
    let (fine, other): (Vec<&String>, Vec<&String>) =
        paper.policy.iter().partition(|claim| claim.ends_with(" holds"));
    if !fine.is_empty() {
        let names: Vec<&str> = fine.iter().map(|c| c.trim_end_matches(" holds")).collect();
        rows.push(Row::new("policy holds", plain(names.join(", "))).of(paper.class, None));
    }
    for claim in other {
        rows.push(Row::new("policy", strong(claim.clone())).of(paper.class, None));
    }
    rows
}

fn signatures(story: &Story, paper: &Paper, page: &mut Page) {
    if paper.signatures.is_empty() {
        return;
    }
    let row = |s: &crate::audit::story::SignatureTold| {
        let names: Vec<String> = s
            .keyids
            .iter()
            .map(|id| match story.key_of(id) {
                Some(key) => format!("{}\n{}", key.name, grouped(id)),
                None => grouped(id),
            })
            .collect();
        let mut meter = format!("{} of {}", s.meter.0, s.meter.1);
        if let Some((have, need)) = s.old_meter {
            meter.push_str(&format!("\nold root {have} of {need}"));
        }
        Line::Cells(vec![
            mono(names.join("\n")),
            plain(meter),
            plain(s.at.to_string()),
            seq(Some(s.record)),
            stands(s.class),
        ])
    };
    page.table(
        &[
            ("signed by", 43),
            ("keys", 14),
            ("when (UTC)", 21),
            ("record", 8),
            ("stands on", 14),
        ],
        paper.signatures.iter().map(row).collect(),
    );
}

pub(super) fn clients(story: &Story, page: &mut Page) {
    if story.clients.is_empty() {
        return;
    }
    page.section("What clients say");
    page.para("The model of each client, as it judged the signed files before they left.");
    let row = |c: &crate::audit::story::ClientSaid| {
        let verdict = match c.verdict.as_str() {
            "accepts" => plain("accepts"),
            other => alarm(other.to_uppercase()),
        };
        let from = match c.from {
            0 => "the file alone".to_owned(),
            n => format!("root {n}"),
        };
        Line::Cells(vec![
            strong(c.client.clone()),
            plain(from),
            verdict,
            plain(c.stands.clone()),
            plain(c.why.clone()),
            seq(Some(c.record)),
            stands(c.class),
        ])
    };
    page.table(
        &[
            ("client", 20),
            ("from", 12),
            ("verdict", 12),
            ("stands", 12),
            ("why", 22),
            ("record", 8),
            ("stands on", 14),
        ],
        story.clients.iter().map(row).collect(),
    );
}
