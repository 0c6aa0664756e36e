//! Never two payloads for one role and version: a ceremony that follows one which
//! signed and stopped is refused, or a quorum supersedes what was signed there.
//! Through the shipped binary, on the shipped rehearsal and its stopped record.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "ceremony")]

#[path = "support/program.rs"]
mod program;

use std::path::PathBuf;

use program::{Ran, Room, closed, lines, root, run, script, verifiers_accept};
use tuf_ceremony::base::{Digest, Json};
use tuf_ceremony::transcript::{self, Kind, Record, Writer};

const NAME: &str = "root-supersede";

fn folder() -> PathBuf {
    root().join("ceremony-scripts/rehearsal")
}

fn text() -> String {
    std::fs::read_to_string(script(&format!("{NAME}.toml"))).unwrap()
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

/// The `supersede` step.
fn step() -> String {
    let text = text();
    let start = text.find("[[act.step]]\nid      = \"root.1a\"").unwrap();
    let end = text.find("[[act.step]]\nid      = \"root.2\"").unwrap();
    text[start..end].to_owned()
}

/// A script beside the shipped chain, and a record of its own where one is given.
struct Case {
    room: Room,
    path: PathBuf,
}

impl Case {
    fn new(text: &str, record: Option<&[u8]>) -> Case {
        let room = Room::new();
        let dir = room.dir.path().to_owned();
        for part in ["chain", "stopped"] {
            std::fs::create_dir(dir.join(part)).unwrap();
            for entry in std::fs::read_dir(folder().join(part)).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), dir.join(part).join(entry.file_name())).unwrap();
            }
        }
        let mut text = text.to_owned();
        if let Some(bytes) = record {
            std::fs::write(dir.join("stopped/ceremony.jsonl"), bytes).unwrap();
            text = changed(&text, &Digest::of(&stopped()).hex(), &Digest::of(bytes).hex());
        }
        let path = dir.join("case.toml");
        std::fs::write(&path, text).unwrap();
        Case { room, path }
    }

    fn check(&self) -> Ran {
        run(&["check", self.path.to_str().unwrap()])
    }

    fn run(&self) -> Ran {
        self.room
            .run(&self.path, &script(&format!("{NAME}.answers.toml")))
    }
}

fn stopped() -> Vec<u8> {
    std::fs::read(folder().join("stopped/ceremony.jsonl")).unwrap()
}

/// The stopped record with other records, chained anew.
fn rewritten(change: impl Fn(&mut Record)) -> Vec<u8> {
    let bytes = stopped();
    let chain = transcript::read(&bytes);
    assert!(chain.problems.is_empty());
    let mut writer = Writer::new();
    let mut out = String::new();
    for (line, _) in &chain.lines {
        let mut record = line.record.clone();
        change(&mut record);
        out += &writer.next(&record, &line.boot, line.at).unwrap();
        out.push('\n');
    }
    out.into_bytes()
}

fn with_text(record: &mut Record, from: &str, to: &str) {
    let line = record.body.line();
    record.body = Json::parse(line.replace(from, to).as_bytes()).unwrap();
}

fn refused(case: &Case, code: &str, what: &str) {
    let ran = case.check();
    assert_eq!(ran.code, 2, "{what}: {}{}", ran.out, ran.err);
    assert!(
        ran.err.contains(&format!("error[{code}]")) && ran.err.contains(what),
        "{what}: {}",
        ran.err
    );
}

#[test]
fn a_quorum_supersedes_what_a_stopped_ceremony_signed() {
    let room = Room::new();
    closed(&room.run(
        &script(&format!("{NAME}.toml")),
        &script(&format!("{NAME}.answers.toml")),
    ));
    verifiers_accept(&room.bundle());
    let told = run(&["verify", room.bundle().to_str().unwrap()]).out;
    assert!(
        told.contains("because: the machine was lost before the export"),
        "{told}"
    );
    let all = lines(&room.record());
    let at = |part: &str| all.iter().position(|l| l.contains(part)).unwrap();
    let superseded = &all[at("\"type\":\"superseded\"")];
    let body = Json::parse(superseded.as_bytes()).unwrap();
    let body = body.as_object().unwrap()["body"].as_object().unwrap();
    let composed = Json::parse(all[at("\"type\":\"composed\"")].as_bytes()).unwrap();
    let composed = composed.as_object().unwrap()["body"].as_object().unwrap();
    assert_eq!(body["payload"], composed["payload"], "the record names both");
    assert!(text().contains(body["earlier"].as_str().unwrap()));
    assert_ne!(body["payload"], body["earlier"]);
    assert_eq!(body["quorum"], Json::Int(2));
    let said = all
        .iter()
        .filter(|l| l.contains("\"done\":{\"typed\":\"supersede\"}"));
    assert_eq!(said.count(), 2, "each of the quorum");
    assert!(at("\"type\":\"superseded\"") < at("\"purpose\":\"tuf-metadata\""));
}

#[test]
fn without_the_quorum_nothing_is_signed() {
    let case = Case::new(&text(), None);
    let answers = case.room.dir.path().join("silent.toml");
    let good = std::fs::read_to_string(script(&format!("{NAME}.answers.toml"))).unwrap();
    std::fs::write(&answers, changed(&good, "supersede = true", "# supersede = true")).unwrap();
    let paused = case.room.run(&case.path, &answers);
    assert_eq!(paused.code, 3, "{}{}", paused.out, paused.err);
    assert!(paused.err.contains("root.1a"), "{}", paused.err);
    let all = lines(&case.room.record());
    assert!(!all.iter().any(|l| l.contains("\"purpose\":\"tuf-metadata\"")));
}

#[test]
fn two_payloads_are_refused_where_the_plan_can_know() {
    let whole = text();
    let step = step();
    // An expiry counted from today is another payload.
    refused(
        &Case::new(&changed(&whole, &step, ""), None),
        "plan-two-payloads",
        "another payload of root 3",
    );
    let sign = "[[act.step]]\nid      = \"root.4\"";
    let before = changed(&whole, &step, "");
    // After the first signature it is too late.
    let late = changed(
        &before,
        "[[act.step]]\nid      = \"root.5\"",
        &format!("{step}[[act.step]]\nid      = \"root.5\""),
    );
    refused(
        &Case::new(&late, None),
        "plan-precondition",
        "root was signed before",
    );
    refused(&Case::new(&late, None), "plan-two-payloads", "step root.4");
    let compose = "[[act.step]]\nid      = \"root.1\"";
    let early = changed(&before, compose, &format!("{step}{compose}"));
    refused(
        &Case::new(&early, None),
        "plan-precondition",
        "root was not composed",
    );
    let twice = changed(
        &whole,
        sign,
        &format!("{}{sign}", step.replace("root.1a", "root.1b")),
    );
    refused(&Case::new(&twice, None), "plan-precondition", "superseded twice");
    let line = step.lines().find(|l| l.starts_with("payload")).unwrap();
    let unknown = changed(&whole, line, &format!("payload = \"{}\"", "0".repeat(64)));
    refused(
        &Case::new(&unknown, None),
        "plan-precondition",
        "meant to sign no payload 0000",
    );
    let version = changed(&whole, "version  = 3\n", "version  = 4\n");
    refused(
        &Case::new(&version, None),
        "plan-precondition",
        "root 4 is not made here",
    );
    let reason = changed(&whole, "reason   = \"", "reason = \"\\u00e9");
    refused(
        &Case::new(&reason, None),
        "script-wrong-value",
        "`reason` of a `supersede` step",
    );
    let no_record = whole.replace("record    = {", "# record = {");
    refused(
        &Case::new(&no_record, None),
        "plan-precondition",
        "meant to sign no payload",
    );
    // Within one ceremony there is no second payload at all.
    let again = changed(
        &whole,
        sign,
        &format!(
            "[[act.step]]\nid = \"root.9\"\ndo = \"compose\"\nby = \"administrator\"\nminutes = 1\nmetadata = \"root\"\n\n{sign}"
        ),
    );
    refused(
        &Case::new(&again, None),
        "plan-precondition",
        "root is composed twice",
    );
}

/// With an absolute expiry and known keys only the bytes can tell: the engine
/// compares them before they are frozen, long before a PIN is asked to sign them.
#[test]
fn two_payloads_are_refused_by_the_engine_before_any_pin() {
    let absolute = changed(
        &changed(&text(), &step(), ""),
        "expires_in_days = 365",
        "expires = 2027-09-01T00:00:00Z",
    );
    let case = Case::new(&absolute, None);
    assert_eq!(case.check().code, 0, "{}", case.check().err);
    let stopped = case.run();
    assert_eq!(stopped.code, 4, "{}{}", stopped.out, stopped.err);
    assert!(stopped.err.contains("TWO PAYLOADS"), "{}", stopped.err);
    let all = lines(&case.room.record());
    assert!(!all.iter().any(|l| l.contains("\"type\":\"frozen\"")));
    assert!(!all.iter().any(|l| l.contains("\"purpose\":\"tuf-metadata\"")));
}

/// The same bytes may be signed again: nothing is superseded and nobody is asked.
#[test]
fn the_same_payload_is_signed_again_without_a_word() {
    let absolute = changed(
        &changed(&text(), &step(), ""),
        "expires_in_days = 365",
        "expires = 2027-09-01T00:00:00Z",
    );
    // The first ceremony, which stops before its export.
    let first = Case::new(&absolute.replace("record    = {", "# record = {"), None);
    let answers = first.room.dir.path().join("stops.toml");
    let good = std::fs::read_to_string(script(&format!("{NAME}.answers.toml"))).unwrap();
    std::fs::write(&answers, changed(&good, "export  = true", "")).unwrap();
    let stops = first.room.run(&first.path, &answers);
    assert_eq!(stops.code, 3, "{}{}", stops.out, stops.err);
    let record = std::fs::read(first.room.record().join("ceremony.jsonl")).unwrap();
    let second = Case::new(&absolute, Some(&record));
    closed(&second.run());
    verifiers_accept(&second.room.bundle());
    assert!(
        !lines(&second.room.record())
            .iter()
            .any(|l| l.contains("\"type\":\"superseded\""))
    );
}

#[test]
fn a_lower_version_is_a_rollback_and_has_no_supersede() {
    let record = rewritten(|r| {
        if r.kind == Kind::Composed {
            with_text(r, "\"version\":3", "\"version\":4");
        }
    });
    refused(
        &Case::new(&text(), Some(&record)),
        "plan-rollback",
        "root 3 is below root 4",
    );
}

/// Aborted, cut off in the middle of a line, or paused: the marks count. A record
/// that is no chain, or of a ceremony of another kind, is none.
#[test]
fn an_earlier_record_counts_as_it_was_left() {
    let abort = {
        let bytes = stopped();
        let chain = transcript::read(&bytes);
        let (last, _) = chain.lines.last().unwrap();
        let body = r#"{"input":{"abort":{"typed":"abort","why":"power"}}}"#;
        let record = Record {
            kind: Kind::Abort,
            body: Json::parse(body.as_bytes()).unwrap(),
            ..last.record.clone()
        };
        let mut writer = Writer::after(&chain).unwrap();
        let line = writer.next(&record, &last.boot, last.at).unwrap();
        [&bytes[..], line.as_bytes(), b"\n"].concat()
    };
    let torn = [&stopped()[..], b"{\"body\":{\"input\""].concat();
    for record in [abort, torn] {
        let good = Case::new(&text(), Some(&record));
        assert_eq!(good.check().code, 0, "{}", good.check().err);
        refused(
            &Case::new(&changed(&text(), &step(), ""), Some(&record)),
            "plan-two-payloads",
            "another payload of root 3",
        );
    }
    let bytes = stopped();
    let split: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    let gap = [&split[..20], &split[21..]].concat().concat();
    refused(
        &Case::new(&text(), Some(&gap)),
        "trust-record",
        "the record is not intact",
    );
    let production = rewritten(|r| {
        if r.kind == Kind::Open {
            with_text(r, "\"kind\":\"rehearsal\"", "\"kind\":\"production\"");
        }
    });
    refused(
        &Case::new(&text(), Some(&production)),
        "trust-record",
        "expected the record of a rehearsal, got production",
    );
    let unknown = rewritten(|r| {
        if r.kind == Kind::Intended {
            with_text(r, "\"payload\":\"7d04", "\"payload\":\"0000");
        }
    });
    refused(
        &Case::new(&text(), Some(&unknown)),
        "trust-record",
        "no payload that was composed before",
    );
}
