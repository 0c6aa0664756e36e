//! Seats that sign the record, through the shipped binary: an embedded token and a
//! key file; then a smartcard, played by SoftHSM2 through its PKCS#11 module, which
//! signs type 0x02; a token that is stopped between intent and outcome.
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

use program::{Room, clients_accept, closed, lines, ran, run, script, verifiers_accept};
use tuf_ceremony::note::Note;
use tuf_ceremony::transcript::{Countersigned, Line, countersigned, read};

const SCRIPT: &str = "root-keygen-attested.toml";
const ANSWERS: &str = "root-keygen-attested.answers.toml";

/// A script or answers with texts in the place of others, in a file of the room.
fn edited(room: &Room, name: &str, edits: &[(&str, &str)]) -> PathBuf {
    let mut text = std::fs::read_to_string(script(name)).unwrap();
    for (from, to) in edits {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    let path = room.dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn signed(room: &Room) -> Vec<Countersigned> {
    let record = std::fs::read(room.record().join("ceremony.jsonl")).unwrap();
    let lines: Vec<Line> = read(&record).lines.into_iter().map(|(line, _)| line).collect();
    countersigned(&lines)
}

/// Every line verifies, and stands in the bundle's note as well.
fn all_stand(room: &Room, expected: &[(&str, u8)]) {
    let all = signed(room);
    let found: Vec<(&str, u8)> = all
        .iter()
        .map(|one| (one.attester.as_str(), one.by.as_ref().unwrap().signs().byte()))
        .collect();
    assert_eq!(found, expected);
    for one in &all {
        let note = std::fs::read(room.bundle().join(format!("checkpoints/{}", one.size))).unwrap();
        assert!(Note::parse(&note).unwrap().verified_by(one.by.as_ref().unwrap()));
    }
}

const FOUR: [(&str, u8); 4] = [
    ("audit-olga", 2),
    ("audit-otto", 1),
    ("audit-olga", 2),
    ("audit-otto", 1),
];

#[test]
fn a_card_a_key_file_an_empty_seat_and_one_that_declines() {
    let room = Room::new();
    closed(&room.run(&script(SCRIPT), &script(ANSWERS)));
    verifiers_accept(&room.bundle());
    clients_accept(&room.bundle(), room.dir.path(), false);
    all_stand(&room, &FOUR);
    let said = run(&["verify", room.bundle().to_str().unwrap()]).out;
    for line in [
        "3 audit keys enrolled, 4 signatures over 2 heads",
        "officer 3 (audit-three) enrols no key: absent, because: his train is late",
        "declines, because: he signs nothing that he could not read at leisure",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    // No PIN of anybody is in the record or the bundle.
    let record = std::fs::read_to_string(room.record().join("ceremony.jsonl")).unwrap();
    assert!(!record.contains("pin-for-card-olga") && !record.contains("seven-lazy-otters"));
}

/// Without its line a seat is nobody's to answer for: the ceremony waits.
#[test]
fn a_file_that_does_not_say_it_signs_for_nobody() {
    let room = Room::new();
    let answers = edited(
        &room,
        ANSWERS,
        &[(
            "countersign = true                 # every seat enrols and signs, but for those below\n",
            "",
        )],
    );
    let paused = room.run(&script(SCRIPT), &answers);
    assert_eq!(paused.code, 3, "{}{}", paused.out, paused.err);
    assert!(paused.err.contains("audit.1"), "{}", paused.err);
    closed(&room.resume(&script(ANSWERS)));
    verifiers_accept(&room.bundle());
    // The seats signed heads that the second run has lines in.
    let resumed = lines(&room.record())
        .iter()
        .position(|l| l.contains("\"type\":\"resume\""))
        .unwrap();
    assert!(
        signed(&room)
            .iter()
            .all(|c| c.size > u64::try_from(resumed).unwrap())
    );
}

/// The program is killed after the intent to countersign is on disk.
#[test]
fn a_seat_signs_again_after_the_program_was_killed() {
    let room = Room::new();
    let whole = Room::new();
    closed(&whole.run(&script(SCRIPT), &script(ANSWERS)));
    let intent = lines(&whole.record())
        .iter()
        .position(|l| l.contains("\"type\":\"intended\"") && l.contains("\"purpose\":\"checkpoint\""))
        .unwrap();
    let killed = ran(room
        .command("rehearse")
        .arg(script(SCRIPT))
        .arg("--answers")
        .arg(script(ANSWERS))
        .arg("--fault")
        .arg(format!("kill-at:{intent}")));
    assert_ne!(killed.code, 0, "{}{}", killed.out, killed.err);
    let record = lines(&room.record());
    assert!(
        record.last().unwrap().contains("\"purpose\":\"checkpoint\""),
        "{}",
        record.last().unwrap()
    );
    closed(&room.resume(&script(ANSWERS)));
    verifiers_accept(&room.bundle());
    all_stand(&room, &FOUR);
    assert!(
        lines(&room.record())
            .iter()
            .any(|l| l.contains("a new head is signed"))
    );
}

#[cfg(feature = "pkcs11")]
#[test]
fn a_smartcard_through_pkcs11_countersigns() {
    let room = Room::new();
    let Some(conf) = room.softhsm_tokens(&["olga"]) else {
        return;
    };
    let script = edited(
        &room,
        SCRIPT,
        &[(
            "backend = \"embedded\"\nserial  = \"AUDIT-1101\"",
            "backend = \"pkcs11\"\nmodule  = \"softhsm\"\nserial  = \"at-inventory\"",
        )],
    );
    let answers = edited(
        &room,
        ANSWERS,
        &[(
            "serial = \"AUDIT-1101\"\nso_pin = \"so-pin-for-card-olga\"\npin    = \"pin-for-card-olga\"",
            "label  = \"blank-olga\"\nso_pin = \"87654321\"\npin    = \"12345678\"\nwrong  = [\"00000000\"]",
        )],
    );
    let done = ran(room
        .command("run")
        .env("SOFTHSM2_CONF", conf)
        .arg(script)
        .arg("--answers")
        .arg(answers)
        .arg("--module")
        .arg(format!("softhsm={}", program::SOFTHSM)));
    closed(&done);
    verifiers_accept(&room.bundle());
    all_stand(&room, &FOUR);
    let record = lines(&room.record());
    let key = record.iter().find(|l| {
        l.contains("\"name\":\"audit-olga:")
            || l.contains("\"generated\"") && l.contains("never_extractable\":true")
    });
    assert!(key.is_some(), "the card says that its key cannot leave");
    assert!(record.iter().any(|l| l.contains("\"code\":\"pin-wrong\"")));
}
