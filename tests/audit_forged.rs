//! Forgers who rebuild chain, checkpoints and seal around what they changed,
//! and ceremonies that did not end as a bundle: what each comes to.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::sync::LazyLock;

use audit::{forged, judge, python_on, set};
use rehearsal::{Key, Room, script_small};
use tuf_ceremony::audit::{Level, Verdict};
use tuf_ceremony::base::{Algorithm, Json};
use tuf_ceremony::engine::{Answer, Deviation, InputKind, Phase, Question};
use tuf_ceremony::transcript::{Kind, Line};

static ROOM: LazyLock<Room> = LazyLock::new(|| Room::closed(&script_small()));

fn last(lines: &mut [Line], kind: Kind) -> &mut Line {
    lines.iter_mut().rfind(|l| l.record.kind == kind).unwrap()
}

#[test]
fn rebuilding_without_a_change_gives_the_same_bundle() {
    assert_eq!(
        forged(&ROOM, &Key::new("log 1", Algorithm::Ed25519), |_| {}),
        ROOM.bundle()
    );
}

/// The machine itself lies, with its own log key: everything but the
/// re-execution holds, and `verify.py` says that it did not re-execute.
#[test]
fn a_forged_derived_record_is_caught_by_replay_alone() {
    let own = Key::new("log 1", Algorithm::Ed25519);
    let files = forged(&ROOM, &own, |lines| {
        let close = last(lines, Kind::Close);
        set(&mut close.record.body, &["deviations"], Json::Int(7));
    });
    let judgement = judge(&files);
    assert_eq!(judgement.failed(), ["replay"], "{}", judgement.lines().join("\n"));
    assert_eq!(judgement.verdict, Level::Refused);
    let (good, text) = python_on(&files);
    assert!(good && text.contains("not re-executed"), "{text}");
}

#[test]
fn a_forger_with_a_log_key_of_his_own_is_caught_by_replay() {
    let forger = Key::new("mallory", Algorithm::Ed25519);
    type Change = fn(&mut Vec<Line>);
    let changes: [(&str, Change); 8] = [
        ("nothing but the log key", |_| {}),
        ("a signature that was never made", |lines| {
            let body = &mut last(lines, Kind::Signed).record.body;
            set(body, &["have"], Json::Int(2));
        }),
        ("a review of another text", |lines| {
            let body = &mut last(lines, Kind::Reviewed).record.body;
            set(body, &["review"], "0".repeat(64).into());
        }),
        ("a step that is left out", |lines| {
            let at = lines
                .iter()
                .position(|l| l.record.kind == Kind::Reviewed)
                .unwrap();
            lines.remove(at);
        }),
        ("a gate that was passed twice", |lines| {
            let at = lines.iter().position(|l| l.record.kind == Kind::Gate).unwrap();
            let line = lines[at].clone();
            lines.insert(at, line);
        }),
        ("a client that is said to accept", |lines| {
            client(lines, "rust-tuf", |members| {
                members.retain(|name, _| ["client", "from", "stands", "version"].contains(&name.as_str()));
                members.insert("verdict".to_owned(), "accepts".into());
            });
        }),
        ("a client that is said to refuse", |lines| {
            client(lines, "tough", |members| {
                members.insert("verdict".to_owned(), "unsure".into());
                members.insert("why".to_owned(), "it is late".into());
            });
        }),
        ("another clock", |lines| {
            let line = lines
                .iter_mut()
                .find(|l| l.record.kind == Kind::Compared)
                .unwrap();
            set(&mut line.record.body, &["machine"], "2031-01-01T00:00:00Z".into());
        }),
    ];
    for (sin, change) in changes {
        let judgement = judge(&forged(&ROOM, &forger, change));
        let clients = judgement.failed().contains(&"clients");
        assert!(clients || !sin.starts_with("a client"), "{sin}");
        let failed = judgement.failed();
        assert!(failed.contains(&"replay"), "{sin}: {failed:?}");
        for name in ["canonical", "chain", "root", "signatures", "quorum", "sums"] {
            assert!(!failed.contains(&name), "{sin}: rebuilt well, and {name} fails");
        }
        assert_eq!(judgement.verdict, Level::Refused);
    }
}

/// Version 1 has no place for it: neither in an input, at any depth, nor in what the
/// engine derives. `verify.py` reads no bodies, and says that it did not re-execute.
#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    let lines = audit::lines(&ROOM.record);
    let replay = |lines: &[Line]| tuf_ceremony::engine::replay(&ROOM.plan, lines, |_, _, _| {}).is_ok();
    assert!(replay(&lines));
    let mut seen = std::collections::BTreeSet::new();
    let mut places = 0;
    for (at, line) in lines.iter().enumerate() {
        let mut paths = Vec::new();
        objects(&line.record.body, &mut Vec::new(), &mut paths);
        // Of objects of one kind of record and one shape of path, the first.
        for path in paths {
            let names: Vec<&String> = path.iter().filter(|p| p.parse::<usize>().is_err()).collect();
            if !seen.insert(format!("{} {names:?}", line.record.kind)) {
                continue;
            }
            let mut spoiled = lines.clone();
            member(&mut spoiled[at].record.body, &path).insert("of_tomorrow".to_owned(), Json::Int(1));
            assert!(!replay(&spoiled), "record {at}, {}: {path:?}", line.record.kind);
            places += 1;
        }
    }
    assert!(places > 60, "{places}");
    let own = Key::new("log 1", Algorithm::Ed25519);
    let files = forged(&ROOM, &own, |lines| {
        let body = &mut last(lines, Kind::Answer).record.body;
        member(body, &["input".to_owned()]).insert("of_tomorrow".to_owned(), Json::Int(1));
    });
    assert_eq!(judge(&files).failed(), ["replay"]);
    let (good, text) = python_on(&files);
    assert!(good && text.contains("not re-executed"), "{text}");
}

/// The paths of all objects in a value.
fn objects(value: &Json, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Json)> = match value {
        Json::Object(map) => {
            found.push(path.clone());
            map.iter().map(|(k, v)| (k.clone(), v)).collect()
        }
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, v)| (n.to_string(), v))
            .collect(),
        _ => return,
    };
    for (name, value) in inner {
        path.push(name);
        objects(value, path, found);
        path.pop();
    }
}

fn member<'j>(value: &'j mut Json, path: &[String]) -> &'j mut std::collections::BTreeMap<String, Json> {
    let mut at = value;
    for name in path {
        at = match at {
            Json::Object(map) => map.get_mut(name).unwrap(),
            Json::Array(items) => &mut items[name.parse::<usize>().unwrap()],
            _ => panic!("no {name}"),
        };
    }
    match at {
        Json::Object(map) => map,
        _ => panic!("no object at {path:?}"),
    }
}

/// What the last record of verdicts says of one client.
fn client(lines: &mut [Line], name: &str, change: impl Fn(&mut std::collections::BTreeMap<String, Json>)) {
    let Json::Object(body) = &mut last(lines, Kind::ClientVerdicts).record.body else {
        panic!("no object");
    };
    let Some(Json::Array(clients)) = body.get_mut("clients") else {
        panic!("no clients");
    };
    let mut found = 0;
    for one in clients {
        if one.get("client").and_then(Json::as_str) == Some(name)
            && let Json::Object(members) = one
        {
            change(members);
            found += 1;
        }
    }
    assert_eq!(found, 1);
}

/// Wrong words were typed; the record is forged to say that they agreed.
#[test]
fn words_that_did_not_match_cannot_be_made_to() {
    let mut room = Room::new(&script_small());
    room.go_until(|s| matches!(&s.phase, Phase::Asking(Question::Words { .. })));
    let Phase::Asking(Question::Words { positions, .. }) = &room.state.phase else {
        panic!("no words are asked for");
    };
    let typed = vec!["wrong".to_owned(); positions.len()];
    room.feed(InputKind::Answer(Answer::Words { typed })).unwrap();
    while room.go_on() {}
    assert_eq!(
        judge(&room.bundle()).verdict,
        Level::Rehearsal,
        "a wrong try is no sin"
    );
    let own = Key::new("log 1", Algorithm::Ed25519);
    let files = forged(&room, &own, |lines| {
        let wrong = |l: &&mut Line| l.record.body.get("agrees") == Some(&Json::Bool(false));
        let line = lines.iter_mut().find(wrong).unwrap();
        set(&mut line.record.body, &["agrees"], Json::Bool(true));
    });
    assert!(judge(&files).failed().contains(&"replay"));
}

#[test]
fn other_rules_are_never_a_pass() {
    let own = Key::new("log 1", Algorithm::Ed25519);
    for (field, words) in [("engine", "needs engine 2"), ("clients", "needs client models 2")] {
        let files = forged(&ROOM, &own, |lines| {
            set(&mut lines[0].record.body, &["input", "open", field], Json::Int(2));
        });
        let judgement = judge(&files);
        let replay = judgement.check("replay").unwrap();
        assert_eq!(replay.verdict, Verdict::NotApplicable);
        assert!(replay.what.contains(words), "{}", replay.what);
        // Verdicts by models that are not here were not re-executed; today's say nothing of them.
        let clients = judgement.check("clients").unwrap();
        let skipped = clients.verdict == Verdict::NotApplicable && clients.what.contains("not re-executed");
        assert_eq!(skipped, field == "clients", "{}", clients.what);
        assert_eq!(judgement.verdict, Level::Incomplete, "{:?}", judgement.failed());
        assert!(!judgement.good() && !judgement.meets(Level::Refused));
    }
}

#[test]
fn a_record_folder_is_incomplete_closed_or_not() {
    let mut room = Room::new(&script_small());
    room.go_until(|s| s.files.len() == 1);
    let open = judge(&room.folder());
    assert_eq!(open.verdict, Level::Incomplete, "{}", open.lines().join("\n"));
    assert_eq!(open.failed(), ["close"]);
    assert_eq!(open.check("replay").unwrap().verdict, Verdict::Pass);

    let closed = judge(&ROOM.folder());
    assert_eq!(closed.verdict, Level::Incomplete);
    assert!(closed.failed().is_empty() && !closed.good());

    // A bundle that lost its sums is no record folder.
    let mut files = ROOM.bundle();
    files.remove("SHA256SUMS");
    assert!(judge(&files).failed().contains(&"layout"));
    assert_eq!(judge(&rehearsal::Map::new()).verdict, Level::Refused);
}

#[test]
fn a_paused_resumed_and_noted_ceremony_passes_and_says_so() {
    let mut room = Room::new(&script_small());
    room.go_until(|s| s.keys.len() == 2);
    room.feed(InputKind::Note(Deviation {
        expected: "a quiet room".to_owned(),
        happened: "the alarm rang: \u{fc}ber 80 dB".to_owned(),
        decided: "wait".to_owned(),
        by: "administrator 1".to_owned(),
    }))
    .unwrap_or_else(|e| panic!("{e}"));
    room.go_until(|s| matches!(s.phase, Phase::Asking(_)));
    room.feed(InputKind::Pause {
        why: "lunch".to_owned(),
    })
    .unwrap();
    assert_eq!(judge(&room.folder()).verdict, Level::Incomplete);
    let resumption = room.resumption();
    room.feed(resumption).unwrap();
    while room.go_on() {}
    let files = room.bundle();
    let judgement = judge(&files);
    assert_eq!(
        judgement.verdict,
        Level::Rehearsal,
        "{}",
        judgement.lines().join("\n")
    );
    let sessions = judgement.check("sessions").unwrap();
    assert!(sessions.found[0].contains("unvouched"), "{:?}", sessions.found);
    let (good, text) = python_on(&files);
    assert!(good, "{text}");
}

#[test]
fn an_aborted_ceremony_is_incomplete() {
    let mut room = Room::new(&script_small());
    room.go_until(|s| s.keys.len() == 1 && matches!(s.phase, Phase::Asking(_)));
    room.feed(InputKind::Abort {
        why: "fire".to_owned(),
        typed: "abort".to_owned(),
    })
    .unwrap();
    let judgement = judge(&room.folder());
    assert_eq!(judgement.verdict, Level::Incomplete);
    assert!(judgement.check("close").unwrap().found[0].contains("aborted"));
}

/// A cosignature that is added later spoils nothing.
#[test]
fn a_cosignature_may_be_added_to_checkpoints() {
    let witness = Key::new("witness", Algorithm::Ed25519);
    let mut files = ROOM.bundle();
    let size = ROOM.gates[0].0;
    for path in ["checkpoint".to_owned(), format!("checkpoints/{size}")] {
        let mut note = tuf_ceremony::note::Note::parse(&files[&path]).unwrap();
        let vkey = tuf_ceremony::note::Vkey::new("example.org/witness", witness.public()).unwrap();
        let text = note.text().to_owned();
        let line = tuf_ceremony::note::Note::sign_line(&text, &vkey, &witness.sign(text.as_bytes())).unwrap();
        note.add(line).unwrap();
        files.insert(path, note.to_string().into_bytes());
    }
    let judgement = judge(&files);
    assert_eq!(judgement.verdict, Level::Rehearsal, "{:?}", judgement.failed());
    assert_eq!(judgement.check("signatures").unwrap().found.len(), 2);
    let (good, text) = python_on(&files);
    assert!(good, "{text}");
}
