//! Cosignatures in a bundle: merged only where they verify, counted alike by both
//! verifiers, and vouching for the runs that were resumed.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;
#[path = "support/typist.rs"]
mod typist;
#[path = "support/witnesses.rs"]
mod witnesses;

use audit::python_on;
use program::run;
use rehearsal::Room;
use tuf_ceremony::audit::Level;
use tuf_ceremony::engine::{InputKind, Phase};
use tuf_ceremony::note::Note;
use tuf_ceremony::transcript::witness::parse_answer;
use witnesses::{Desk, files_of, good, quorum_of, witnessed};

#[test]
fn a_ceremony_is_cosigned_and_both_verifiers_count_it() {
    let desk = Desk::new();
    let (one, two) = (desk.witness("w1", "w1.example"), desk.witness("w2", "w2.example"));
    let room = Room::closed(&witnessed(2, &[&one, &two]));
    let gate = room.gates[0].0.to_string();
    desk.put("bundle", &room.bundle());

    // Nobody yet: not a failure, and said.
    let files = files_of(&desk.at("bundle"));
    let (level, said, failed) = quorum_of(&files);
    assert_eq!((level, failed.as_slice()), (Level::Rehearsal, &[][..]), "{said}");
    assert!(
        said.starts_with("0 of 2 witnesses cosigned the final checkpoint; the quorum of 2 is missing"),
        "{said}"
    );

    // The first gate, then the end, by the first witness.
    good(&desk.request("bundle", "ask-gate", &["--size", &gate]));
    good(&desk.told("w1", "ask-gate.key", 1));
    good(&desk.sign("w1", "ask-gate", "answer-gate"));
    good(&desk.merge("bundle", "answer-gate"));
    assert!(
        desk.note("bundle", &format!("checkpoints/{gate}"))
            .verified_by(&one)
    );
    good(&desk.request("bundle", "ask", &["--old", &gate]));
    good(&desk.sign("w1", "ask", "answer"));
    good(&desk.merge("bundle", "answer"));
    assert!(desk.note("bundle", "checkpoint").verified_by(&one));
    let files = files_of(&desk.at("bundle"));
    let (level, said, _) = quorum_of(&files);
    assert_eq!(level, Level::Rehearsal);
    assert!(
        said.starts_with("1 of 2 witnesses cosigned the final checkpoint; the quorum of 2 is missing"),
        "{said}"
    );
    assert!(
        said.contains(&format!("checkpoints/{gate}: size {gate} cosigned by w1.example")),
        "{said}"
    );
    let (fine, text) = python_on(&files);
    assert!(
        fine && text.contains("ok    quorum: 1 of 2 witnesses cosigned; quorum 2"),
        "{text}"
    );

    // The second one comes late and sees only the end.
    good(&desk.request("bundle", "ask-2", &[]));
    good(&desk.told("w2", "ask-2.key", 0));
    good(&desk.sign("w2", "ask-2", "answer-2"));
    good(&desk.merge("bundle", "answer-2"));
    let again = desk.merge("bundle", "answer-2");
    assert!(again.code == 0 && again.out.contains("already"), "{again:?}");
    let files = files_of(&desk.at("bundle"));
    let (_, said, _) = quorum_of(&files);
    assert!(
        said.starts_with("2 of 2 witnesses cosigned the final checkpoint; the quorum of 2 is met"),
        "{said}"
    );
    let (fine, text) = python_on(&files);
    assert!(
        fine && text.contains("ok    quorum: 2 of 2 witnesses cosigned; quorum 2"),
        "{text}"
    );
    let verified = run(&["verify", &desk.text("bundle")]);
    assert!(
        verified.code == 0 && verified.out.contains("2 of 2 witnesses"),
        "{verified:?}"
    );

    // Each byte of a witness's signature counts, for both.
    let line = parse_answer(&std::fs::read(desk.at("answer-2")).unwrap())
        .unwrap()
        .remove(0);
    let text = String::from_utf8(files["checkpoint"].clone()).unwrap();
    let base64 = line.to_string().rsplit_once(' ').unwrap().1.to_owned();
    for (sin, at) in [("the time", 8), ("the signature", 40)] {
        let mut other = base64.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).unwrap();
        let mut forged = files.clone();
        forged.insert(
            "checkpoint".to_owned(),
            text.replace(&base64, &other).into_bytes(),
        );
        let (level, said, failed) = quorum_of(&forged);
        assert_eq!(
            (level, failed.as_slice()),
            (Level::Refused, &["quorum"][..]),
            "{sin}: {said}"
        );
        assert!(
            said.contains("the line of the witness w2.example does not verify"),
            "{said}"
        );
        let (fine, text) = python_on(&forged);
        assert!(!fine && text.contains("FAIL  quorum"), "{sin}: {text}");
    }

    // A policy that asks for less than the script does is another one.
    for (sin, from, to) in [
        ("quorum", "group quorum 2", "group quorum 1"),
        ("a witness", "witness w2.example", "witness w3.example"),
    ] {
        let mut forged = files.clone();
        let policy = String::from_utf8(forged["policy"].clone())
            .unwrap()
            .replacen(from, to, 1);
        forged.insert("policy".to_owned(), policy.into_bytes());
        let forged = audit::summed(forged);
        let (level, _, failed) = quorum_of(&forged);
        assert!(
            level == Level::Refused && failed.contains(&"quorum"),
            "{sin}: {failed:?}"
        );
        assert!(!python_on(&forged).0, "{sin}");
    }
}

#[test]
fn only_cosignatures_of_named_witnesses_over_these_checkpoints_are_merged() {
    let desk = Desk::new();
    let one = desk.witness("w1", "w1.example");
    let stranger = desk.witness("w2", "w2.example");
    let room = Room::closed(&witnessed(1, &[&one]));
    desk.put("bundle", &room.bundle());
    good(&desk.request("bundle", "ask", &[]));
    for state in ["w1", "w2"] {
        good(&desk.told(state, "ask.key", 0));
        good(&desk.sign(state, "ask", &format!("answer-{state}")));
    }
    let before = files_of(&desk.at("bundle"));
    let refused = |answer: &str, code: &str| {
        let ran = desk.merge("bundle", answer);
        assert!(
            ran.code == 1 && ran.err.contains(&format!("refused[{code}]")),
            "{answer}: {ran:?}"
        );
        assert_eq!(files_of(&desk.at("bundle")), before, "{answer}");
    };
    refused("answer-w2", "unknown-witness");
    // One good line beside a bad one: nothing is merged.
    let both = [
        std::fs::read(desk.at("answer-w1")).unwrap(),
        std::fs::read(desk.at("answer-w2")).unwrap(),
    ]
    .concat();
    std::fs::write(desk.at("both"), both).unwrap();
    refused("both", "unknown-witness");
    // A witness's line over another record.
    let mut other = Room::new(&witnessed(1, &[&one]).replacen("site = \"", "site = \"x", 1));
    other.log = rehearsal::Key::new("another log", tuf_ceremony::base::Algorithm::Ed25519);
    while other.go_on() {}
    desk.put("other", &other.bundle());
    good(&desk.request("other", "ask-other", &[]));
    good(&desk.told("w1", "ask-other.key", 0));
    good(&desk.sign("w1", "ask-other", "answer-other"));
    refused("answer-other", "wrong-cosignature");
    // The log's own line, and no line at all.
    let log = std::fs::read_to_string(desk.at("bundle/checkpoint")).unwrap();
    std::fs::write(desk.at("log-line"), log.rsplit_once("\n\n").unwrap().1).unwrap();
    refused("log-line", "unknown-witness");
    std::fs::write(desk.at("empty"), "").unwrap();
    assert_eq!(desk.merge("bundle", "empty").code, 2);
    // What an interrupted merge left is cleared; a witness beyond the script is taken by its key.
    std::fs::write(desk.at("bundle/checkpoint.part"), "half").unwrap();
    good(&desk.merge("bundle", "answer-w1"));
    assert!(!desk.at("bundle/checkpoint.part").exists());
    let more = run(&[
        "witness",
        "merge",
        &desk.text("bundle"),
        &desk.text("answer-w2"),
        "--witness",
        &stranger.to_string(),
    ]);
    good(&more);
    let note = desk.note("bundle", "checkpoint");
    assert!(note.verified_by(&one) && note.verified_by(&stranger));
    let (level, said, failed) = quorum_of(&files_of(&desk.at("bundle")));
    assert!(
        level == Level::Rehearsal && said.starts_with("1 of 1"),
        "{said} {failed:?}"
    );
    assert!(python_on(&files_of(&desk.at("bundle"))).0);
}

#[test]
fn a_resumed_run_is_vouched_for_by_witnesses_that_were_told_of_its_key() {
    let desk = Desk::new();
    let one = desk.witness("w1", "w1.example");
    let mut room = Room::new(&witnessed(1, &[&one]));
    room.go_until(|s| s.cursor > 2);
    while room.gates.is_empty() {
        assert!(room.go_on());
    }
    // While the ceremony is under way: from the record's own folder.
    desk.put("record", &room.folder());
    good(&desk.request("record", "ask-1", &[]));
    good(&desk.told("w1", "ask-1.key", 0));
    good(&desk.sign("w1", "ask-1", "answer-1"));
    let size = room.gates.last().unwrap().0.to_string();
    room.go_until(|s| matches!(s.phase, Phase::Asking(_)));
    let why = "lunch".to_owned();
    room.feed(InputKind::Pause { why }).unwrap();
    let resumption = room.resumption();
    room.feed(resumption).unwrap();
    while room.go_on() {}
    desk.put("bundle", &room.bundle());
    let (_, said, _) = quorum_of(&files_of(&desk.at("bundle")));
    assert!(
        said.contains("unvouched epochs: for the runs that records"),
        "{said}"
    );
    good(&desk.request("bundle", "ask-2", &["--old", &size]));
    desk.refused("w1", "ask-2", "unknown-log-key");
    let told = desk.told("w1", "ask-2.key", 0);
    good(&told);
    assert!(
        told.out.contains(&format!("size {size}")),
        "the last checkpoint is shown: {}",
        told.out
    );
    good(&desk.sign("w1", "ask-2", "answer-2"));
    good(&desk.merge("bundle", "answer-1"));
    good(&desk.merge("bundle", "answer-2"));
    let (level, said, _) = quorum_of(&files_of(&desk.at("bundle")));
    assert!(level == Level::Rehearsal && !said.contains("unvouched"), "{said}");
    assert!(python_on(&files_of(&desk.at("bundle"))).0);
    let shown = run(&[
        "witness",
        "show",
        "--state",
        &desk.text("w1"),
        "--checkpoint",
        &room.state.origin,
    ]);
    let note = Note::parse(shown.out.as_bytes()).unwrap();
    assert!(note.verified_by(&one) && note.signatures().len() == 2);
}
