//! The first page: what this was, what the judgement came to, what the page is
//! worth, how to verify, the digests to compare.

use crate::audit::story::{Sort, Story, Use};
use crate::transcript::Class;

use super::page::{Cover, HeadOf, Page, Row, count, mono, plain, strong};

pub(super) fn cover(story: &Story) -> Cover {
    let (kind, banner) = kind(story);
    let judged = &story.judgement;
    let mut because: Vec<String> = judged.because.clone();
    let failed = judged.failed();
    if !failed.is_empty() {
        because.push(format!("failed: {}", failed.join(", ")));
    }
    Cover {
        kind,
        banner,
        title: story
            .title
            .clone()
            .unwrap_or_else(|| "A ceremony without a usable script".to_owned()),
        verdict: (
            judged.verdict.as_str().replace('-', " ").to_uppercase(),
            judged.verdict.meaning().to_owned(),
        ),
        good: judged.good(),
        because,
        facts: facts(story),
        standing: standing(story),
        verify: vec![
            ("with this program", "tuf-ceremony verify BUNDLE".to_owned()),
            (
                "without it: Python 3.11, OpenSSL 3, the release's verify.py (never the bundle's)",
                "python3 verify.py BUNDLE".to_owned(),
            ),
            ("by hand", "cd BUNDLE && sha256sum -c SHA256SUMS".to_owned()),
        ],
        heads: heads(story),
        classes: vec![
            (
                Class::DeviceSigned,
                "a device's signature over it was verified again",
            ),
            (
                Class::PersonSigned,
                "a person's signature over it was verified again",
            ),
            (Class::Derived, "re-executed: the same rules give the same bytes"),
            (
                Class::Claimed,
                "the ceremony's machine says so; nothing else does",
            ),
        ],
    }
}

fn kind(story: &Story) -> (&'static str, (&'static str, String)) {
    match story.kind.as_deref() {
        // Whoever forges a record writes this word first: it stands alone only beside a good verdict.
        Some("production") if story.judgement.good() => {
            ("production", ("PRODUCTION", "the real ceremony".to_owned()))
        }
        Some("production") => (
            "unknown",
            (
                "PRODUCTION CLAIMED",
                "the record says that it is the real ceremony; the verdict does not".to_owned(),
            ),
        ),
        Some("rehearsal") => {
            let drill = story.drill.as_ref();
            let drill = drill
                .map(|d| format!("; a drill was played: {d}"))
                .unwrap_or_default();
            let text = format!("practice only: its keys must never be trusted{drill}");
            ("rehearsal", ("REHEARSAL", text))
        }
        _ => (
            "unknown",
            (
                "NEITHER PRODUCTION NOR REHEARSAL",
                "the record does not say what it is".to_owned(),
            ),
        ),
    }
}

fn facts(story: &Story) -> Vec<Row> {
    let mut rows = Vec::new();
    let here = match story.not_replayed {
        None => Class::Derived,
        Some(_) => Class::Claimed,
    };
    if let Some([organisation, site, name]) = &story.place {
        let text = format!("{name}, held by {organisation} at {site}");
        rows.push(Row::new("ceremony", strong(text)).of(Class::Claimed, Some(0)));
    }
    if let Some((from, to)) = story.span {
        let end = if story.closed {
            "closed"
        } else {
            "NOT CLOSED, last record"
        };
        let text = format!("began {from}, a {}; {end} {to}", from.weekday());
        rows.push(Row::new("when (UTC)", plain(text)).of(Class::Claimed, None));
    }
    if let Some(profile) = story.profile {
        rows.push(Row::new("clients", plain(format!("profile {profile}"))).of(here, None));
    }
    rows.push(Row::new("ceremony id", mono(story.ceremony.grouped())).of(Class::Derived, Some(0)));
    if let Some(script) = story.script {
        rows.push(Row::new("script", mono(script.grouped())).of(Class::Claimed, Some(0)));
    }
    if let Some(before) = &story.predecessor {
        rows.push(Row::new("before it", mono(before.clone())).of(Class::Claimed, Some(0)));
    }
    rows
}

fn standing(story: &Story) -> Vec<String> {
    let mut out = vec![format!(
        "This page was generated from the record by tuf-ceremony {}. It is not evidence: the record, its \
         checkpoints and the files are. Whoever relies on the ceremony verifies these.",
        story.teller
    )];
    if !story.judgement.good() {
        out.push(
            "The verdict is not a good one: what stands here is what the folder says, and may be false."
                .to_owned(),
        );
    }
    if let Some(why) = &story.not_replayed {
        out.push(format!(
            "The ceremony was NOT re-executed ({why}). Everything below is what the record claims."
        ));
    }
    out
}

fn heads(story: &Story) -> Vec<HeadOf> {
    let mut out = vec![HeadOf {
        name: "Root of the record",
        what: format!(
            "RFC 6962 root over {} lines, computed anew; the QR code holds the checkpoint's text",
            story.size
        ),
        digest: story.root,
        code: story.checkpoint.clone(),
    }];
    if let Some(bundle) = story.bundle {
        out.push(HeadOf {
            name: "Digest of the bundle",
            what: "SHA-256 of SHA256SUMS, which lists all files but the checkpoints; the QR code holds its \
                   line"
                .to_owned(),
            digest: bundle,
            code: Some(format!("{bundle}  SHA256SUMS\n")),
        });
    }
    out
}

/// The ceremony in a few lines.
pub(super) fn glance(story: &Story, page: &mut Page) {
    page.section("At a glance");
    let here: Vec<String> = story
        .seats
        .iter()
        .filter_map(|s| {
            let name = s.name.as_ref()?;
            Some(match &s.role {
                Some(role) => format!("{name} ({role} {})", s.seat),
                None => name.clone(),
            })
        })
        .collect();
    let empty = story.seats.len().saturating_sub(here.len());
    let mut people = here.join(", ");
    if empty > 0 {
        people.push_str(&format!("; {} empty", count(empty, "seat")));
    }
    let devices: Vec<String> = story
        .devices
        .iter()
        .map(|d| format!("{} ({})", d.id, d.serial))
        .collect();
    let keys = |how| -> Vec<&str> {
        let of = story.keys.iter().filter(|k| k.usage == how);
        of.map(|k| k.name.as_str()).collect()
    };
    let files: Vec<String> = story
        .papers
        .iter()
        .map(|p| match p.follows {
            Some(before) => format!("{} (from version {before})", p.file),
            None => p.file.clone(),
        })
        .collect();
    let of = |sort| story.of(sort).count();
    let otherwise = format!(
        "{}, {}, {}",
        count(of(Sort::Deviation), "exception"),
        count(of(Sort::Stop), "stop"),
        count(of(Sort::Failure), "failure")
    );
    let mut rows = vec![
        Row::new("people", plain(people)),
        Row::new("devices", plain(devices.join(", "))),
        Row::new("keys made", plain(keys(Use::Made).join(", "))),
        Row::new("keys enrolled", plain(keys(Use::Enrolled).join(", "))),
        Row::new("other keys", plain(keys(Use::Elsewhere).join(", "))),
        Row::new("metadata", plain(files.join(", "))),
        Row::new("not as planned", plain(otherwise)),
    ];
    rows.retain(|r| !r.cell.text.is_empty());
    page.facts(rows);
}
