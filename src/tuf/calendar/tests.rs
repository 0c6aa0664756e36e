//! Dates and the iCalendar form, also of names that want to break it. Whole
//! repositories are tests/calendar.rs.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]

use super::*;
use crate::base::Digest;
use crate::tuf::layout::{Files, Tree};

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn entry(role: &str, parent: Option<&str>, expires: &str) -> Entry {
    Entry {
        role: role.to_owned(),
        also: Vec::new(),
        parent: parent.map(str::to_owned),
        version: 3,
        expires: at(expires),
        offline: true,
        threshold: Some(2),
        distinct: 2,
        signers: Vec::new(),
        by: Some(before(at(expires), LEAD_DAYS)),
        opens: None,
        window: None,
        notes: Vec::new(),
    }
}

fn of(entries: Vec<Entry>, now: &str) -> Calendar {
    Calendar {
        origin: Digest::of(b"origin"),
        at: at(now),
        profile: None,
        lead: LEAD_DAYS,
        lead_given: false,
        entries,
        clock: Vec::new(),
        notes: Vec::new(),
    }
}

/// Undoes the folding; the content lines.
fn unfolded(ics: &str) -> Vec<String> {
    let lines = ics.strip_suffix("\r\n").unwrap().replace("\r\n ", "");
    lines.split("\r\n").map(str::to_owned).collect()
}

#[test]
fn the_lead_passes_at_its_second_and_the_expiry_at_its_own() {
    let one = entry("root", None, "2027-06-01T00:00:00Z");
    assert_eq!(one.by.unwrap(), at("2027-05-02T00:00:00Z"));
    assert_eq!(one.standing(at("2027-05-02T00:00:00Z")), Standing::Good);
    assert_eq!(one.standing(at("2027-05-02T00:00:01Z")), Standing::Due);
    assert_eq!(one.standing(at("2027-05-31T23:59:59Z")), Standing::Due);
    // A client refuses what expires at the second of its start.
    assert_eq!(one.standing(at("2027-06-01T00:00:00Z")), Standing::Expired);
    let both = vec![one, entry("a", Some("targets"), "2029-01-01T00:00:00Z")];
    assert_eq!(
        of(both.clone(), "2027-06-01T00:00:00Z").standing(),
        Standing::Expired
    );
    assert_eq!(of(both, "2027-01-01T00:00:00Z").standing(), Standing::Good);
    assert_eq!(before(at("1970-01-02T00:00:00Z"), 30), Instant::EPOCH);
}

#[test]
fn every_line_is_short_and_every_hostile_name_is_text() {
    let names = [
        "a,b;c\\d",
        "x\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR",
        "x\nATTACH:http://example.invalid",
        "\u{202e}tadpu",
        "emoji \u{1f512} and n\u{303}",
        &"long ".repeat(60),
        "",
        "\u{0}",
        "\"quoted\":x",
    ];
    let entries = names
        .iter()
        .map(|n| entry(n, Some("x\r\nUID:1"), "2027-06-01T00:00:00Z"))
        .collect();
    let ics = of(entries, "2027-01-01T00:00:00Z").ics();
    assert!(ics.bytes().all(|b| matches!(b, b' '..=b'~' | b'\r' | b'\n')));
    assert_eq!(ics.matches('\n').count(), ics.matches("\r\n").count());
    assert_eq!(ics.matches('\r').count(), ics.matches("\r\n").count());
    for line in ics.split("\r\n") {
        assert!(line.len() <= 75, "{line}");
    }
    let lines = unfolded(&ics);
    let count = |text: &str| lines.iter().filter(|l| *l == text).count();
    assert_eq!((count("BEGIN:VCALENDAR"), count("END:VCALENDAR")), (1, 1));
    assert_eq!(
        (count("BEGIN:VEVENT"), count("END:VEVENT")),
        (2 * names.len(), 2 * names.len())
    );
    assert_eq!(count("BEGIN:VALARM"), 4 * names.len());
    assert!(lines.iter().all(|l| {
        [
            "BEGIN:",
            "END:",
            "VERSION:",
            "PRODID:",
            "CALSCALE:",
            "UID:",
            "DTSTAMP:",
            "DTSTART:",
            "SUMMARY:",
            "DESCRIPTION:",
            "TRANSP:",
            "ACTION:",
            "TRIGGER:",
        ]
        .iter()
        .any(|start| l.starts_with(start))
    }));
    // Escaped once by the gate for text that people see, once by the form.
    assert!(lines.iter().any(|l| l.contains("a\\,b\\;c\\\\")), "{lines:?}");
    let uids: std::collections::BTreeSet<&String> = lines.iter().filter(|l| l.starts_with("UID:")).collect();
    assert_eq!(uids.len(), 2 * names.len(), "no two events share an identity");
    // In the text for people they are text as well.
    let entries = names.iter().map(|n| entry(n, Some(n), "2027-06-01T00:00:00Z"));
    let calendar = of(entries.collect(), "2027-01-01T00:00:00Z");
    for line in calendar.lines("--at") {
        assert!(line.bytes().all(|b| matches!(b, b' '..=b'~')), "{line:?}");
    }
    assert!(calendar.json("--at").line().is_ascii());
}

#[test]
fn an_identity_depends_on_origin_role_version_and_on_nothing_else() {
    let uids = |calendar: &Calendar| -> Vec<String> {
        let lines = unfolded(&calendar.ics());
        lines.into_iter().filter(|l| l.starts_with("UID:")).collect()
    };
    let first = of(
        vec![entry("root", None, "2027-06-01T00:00:00Z")],
        "2027-01-01T00:00:00Z",
    );
    let mut later = first.clone();
    later.at = at("2027-02-02T00:00:00Z");
    later.entries[0].by = Some(at("2027-03-03T00:00:00Z"));
    assert_eq!(uids(&first), uids(&later));
    assert!(later.ics().contains("DTSTAMP:20270202T000000Z\r\n"));
    let mut other = first.clone();
    other.origin = Digest::of(b"another");
    let mut next = first.clone();
    next.entries[0].version = 4;
    let mut targets = first.clone();
    targets.entries[0].role = "targets".to_owned();
    for changed in [other, next, targets] {
        assert!(uids(&first).iter().all(|uid| !uids(&changed).contains(uid)));
    }
}

#[test]
fn without_a_root_or_a_date_there_is_no_calendar() {
    let options = Options {
        at: at("2027-01-01T00:00:00Z"),
        preset: None,
        lead_days: None,
    };
    let code = |files: &[(&str, &str)]| {
        let files: Files = files
            .iter()
            .map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec()))
            .collect();
        calendar(&Tree::read(&files).unwrap(), &options).unwrap_err().code
    };
    assert_eq!(code(&[]), "CALENDAR_NO_ROOT");
    let dateless = r#"{"signatures":[],"signed":{"_type":"root","version":1,"expires":"soon"}}"#;
    assert_eq!(code(&[("1.root.json", dateless)]), "CALENDAR_EXPIRY");
    // A date that today's rules refuse is still a date.
    let old =
        r#"{"signatures":[],"signed":{"_type":"root","version":1,"expires":"2021-06-01T00:00:00-04:00"}}"#;
    let files: Files = [("1.root.json".to_owned(), old.as_bytes().to_vec())].into();
    let made = calendar(&Tree::read(&files).unwrap(), &options).unwrap();
    assert_eq!(made.entries[0].expires, at("2021-06-01T04:00:00Z"));
    assert_eq!(made.standing(), Standing::Expired);
    assert!(made.entries[0].notes[0].contains("today's parser refuses it"));
}
