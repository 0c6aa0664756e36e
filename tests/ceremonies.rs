//! Whole ceremonies through the shipped binary, without a terminal: on
//! embedded tokens, on real SoftHSM2 tokens, paused and resumed, and with
//! everything that goes wrong in a room. What leaves is judged by python-tuf,
//! tough, our verifier and the second verifier.
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

use std::path::{Path, PathBuf};
use std::process::Command;

use program::{
    BINARY, Room, SOFTHSM, clients_accept, closed, lines, ran, root, run, script, verifiers_accept,
};

fn answers() -> PathBuf {
    script("root-keygen.answers.toml")
}

/// The answers with one text in the place of another, in a file of the room.
fn answers_with(room: &Room, from: &str, to: &str) -> PathBuf {
    let text = std::fs::read_to_string(answers()).unwrap();
    assert!(text.contains(from), "{from}");
    let path = room.dir.path().join("answers.toml");
    std::fs::write(&path, text.replace(from, to)).unwrap();
    path
}

#[test]
fn the_first_rehearsal_is_short_and_clients_take_what_it_makes() {
    let room = Room::new();
    let answers = script("first-rehearsal.answers.toml");
    // Without a script: the one that is built in.
    closed(&ran(room.command("rehearse").arg("--answers").arg(answers)));
    let bundle = room.bundle();
    verifiers_accept(&bundle);
    clients_accept(&bundle, room.dir.path(), true);
    let plan = run(&["plan", script("first-rehearsal.toml").to_str().unwrap()]);
    assert!(
        plan.out.contains("in all                   22 prompts"),
        "{}",
        plan.out
    );
}

#[test]
fn the_rehearsal_gives_a_complete_repository() {
    let room = Room::new();
    closed(&room.run(&script("root-keygen.toml"), &answers()));
    let bundle = room.bundle();
    for name in [
        "1.root.json",
        "1.targets.json",
        "1.snapshot.json",
        "timestamp.json",
    ] {
        assert!(bundle.join("metadata").join(name).is_file(), "{name}");
    }
    verifiers_accept(&bundle);
    clients_accept(&bundle, room.dir.path(), false);
    let record = lines(&room.record());
    assert!(record[0].contains("\"front_end\":\"headless\""));
    // The wrong PIN that the answers order is in the record, with the tries left.
    assert!(record.iter().any(|l| l.contains("\"code\":\"pin-wrong\"")));
    assert!(record.iter().any(|l| l.contains("\"pin\":{\"left\":2}")));
    assert!(record.last().unwrap().contains("\"type\":\"close\""));
}

#[test]
fn the_same_ceremony_on_real_softhsm2_tokens() {
    let room = Room::new();
    let Some(conf) = room.softhsm() else { return };
    let done = ran(room
        .command("run")
        .env("SOFTHSM2_CONF", conf)
        .arg(script("root-keygen-softhsm.toml"))
        .arg("--answers")
        .arg(script("root-keygen-softhsm.answers.toml"))
        .arg("--module")
        .arg(format!("softhsm={SOFTHSM}")));
    closed(&done);
    verifiers_accept(&room.bundle());
    clients_accept(&room.bundle(), room.dir.path(), true);
    let record = lines(&room.record());
    assert!(
        record[0].contains("\"path\":\"softhsm\""),
        "the module's digest is in the first record"
    );
    assert!(record.iter().any(|l| l.contains("\"code\":\"pin-wrong\"")));
    assert!(record.iter().any(|l| l.contains("\"never_extractable\":true")));
}

/// Pauses where the answers end, goes on with more answers, at several steps.
#[test]
fn a_paused_ceremony_is_resumed_to_a_bundle_that_verifies() {
    let room = Room::new();
    for (missing, n) in [
        ("begin     = true", 0),
        ("review    = true", 1),
        ("close     = true", 2),
    ] {
        let path = answers_with(&room, missing, "");
        let paused = if n == 0 {
            room.run(&script("root-keygen.toml"), &path)
        } else {
            room.resume(&path)
        };
        assert_eq!(paused.code, 3, "{missing}: {}{}", paused.out, paused.err);
        assert!(paused.err.contains("needs a person"), "{}", paused.err);
        assert!(paused.err.contains("resume --record"), "{}", paused.err);
        assert!(
            lines(&room.record())
                .last()
                .unwrap()
                .contains("\"type\":\"pause\"")
        );
    }
    let unfinished = run(&["verify", room.record().to_str().unwrap()]);
    assert_ne!(unfinished.code, 0, "an open record is no good verdict");
    closed(&room.resume(&answers()));
    verifiers_accept(&room.bundle());
    clients_accept(&room.bundle(), room.dir.path(), false);
    // Once sealed, the bundle is left alone; another one under its name is never written over.
    closed(&room.resume(&answers()));
    let policy = room.bundle().join("policy");
    std::fs::write(&policy, "quorum none\n").unwrap();
    let over = room.resume(&answers());
    assert_eq!(over.code, 4);
    assert!(over.err.contains("media-occupied"), "{}", over.err);
    assert_eq!(std::fs::read(&policy).unwrap(), b"quorum none\n");
}

/// The media fails between the close and the seal: the closed record is sealed
/// later, on other media, by the same bytes.
#[test]
fn a_closed_record_is_sealed_again() {
    let room = Room::new();
    closed(&room.run(&script("root-keygen.toml"), &answers()));
    let first = room.bundle();
    let record = lines(&room.record());
    std::fs::rename(&first, room.dir.path().join("lost")).unwrap();
    let sealed = room.resume(&answers());
    closed(&sealed);
    verifiers_accept(&room.bundle());
    assert_eq!(
        lines(&room.record()),
        record,
        "nothing is added to a closed record"
    );
    for name in ["SHA256SUMS", "checkpoint", "policy"] {
        let (old, new) = (room.dir.path().join("lost").join(name), room.bundle().join(name));
        assert_eq!(std::fs::read(old).unwrap(), std::fs::read(new).unwrap(), "{name}");
    }
    // Cut before the close counted: its checkpoint is of lines that never were.
    let journal = room.record().join("ceremony.jsonl");
    let open = record[..record.len() - 2].join("\n") + "\n";
    std::fs::write(&journal, open).unwrap();
    std::fs::remove_dir_all(room.bundle()).unwrap();
    closed(&room.resume(&answers()));
    verifiers_accept(&room.bundle());
}

#[test]
fn a_torn_line_is_kept_aside_and_never_counts() {
    let room = Room::new();
    let paused = room.run(
        &script("root-keygen.toml"),
        &answers_with(&room, "review    = true", ""),
    );
    assert_eq!(paused.code, 3);
    let journal = room.record().join("ceremony.jsonl");
    let mut text = std::fs::read_to_string(&journal).unwrap();
    text.push_str("{\"body\":{\"input\":{\"ans");
    std::fs::write(&journal, &text).unwrap();
    closed(&room.resume(&answers()));
    verifiers_accept(&room.bundle());
    let resumed = lines(&room.record());
    let resume = resumed
        .iter()
        .find(|l| l.contains("\"type\":\"resume\""))
        .unwrap();
    assert!(resume.contains("\"path\":\"torn\""), "{resume}");
}

#[test]
fn a_changed_record_is_not_gone_on_with() {
    let room = Room::new();
    let paused = room.run(
        &script("root-keygen.toml"),
        &answers_with(&room, "review    = true", ""),
    );
    assert_eq!(paused.code, 3);
    let journal = room.record().join("ceremony.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replacen("Ada", "Eve", 1)).unwrap();
    let refused = room.resume(&answers());
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("error[record-damaged]"), "{}", refused.err);
}

#[test]
fn bad_input_has_a_card_and_the_documented_exit_code() {
    let room = Room::new();
    let good = script("root-keygen.toml");
    let record = room.record();
    let record = record.to_str().unwrap();
    let file = |name: &str, text: &str| {
        let path = room.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let softhsm = script("root-keygen-softhsm.toml");
    let soft_answers = script("root-keygen-softhsm.answers.toml");
    let (good, softhsm, soft_answers, answers) = (
        good.to_str().unwrap(),
        softhsm.to_str().unwrap(),
        soft_answers.to_str().unwrap(),
        answers(),
    );
    let answers = answers.to_str().unwrap();
    let production = root().join("ceremony-scripts/templates/root-keygen.toml");
    let syntax = file("syntax.toml", "schema = \n");
    let bad_answers = file(
        "bad.answers.toml",
        "schema = 1\n[confirm]\nforce = true\n[people]\n",
    );
    let occupied = room.dir.path().join("occupied");
    std::fs::create_dir(&occupied).unwrap();
    std::fs::write(occupied.join("x"), "x").unwrap();
    let not_a_folder = file("not-a-folder", "x");
    let inside_a_file = format!("{not_a_folder}/record");
    let libc = std::fs::read_dir("/lib/x86_64-linux-gnu")
        .ok()
        .and_then(|d| {
            d.filter_map(Result::ok)
                .map(|e| e.path())
                .find(|p| p.ends_with("libz.so.1"))
        })
        .unwrap_or_else(|| PathBuf::from("/bin/true"));
    let not_pkcs11 = format!("softhsm={}", libc.display());
    let cases: Vec<(Vec<&str>, i32, &str)> = vec![
        (vec!["check", &syntax], 2, "error[script-syntax]"),
        (vec!["check", "/nonexistent.toml"], 2, "error[script-unreadable]"),
        (
            vec!["run", &syntax, "--record", record, "--answers", answers],
            2,
            "error[script-refused]",
        ),
        (
            vec![
                "run",
                production.to_str().unwrap(),
                "--record",
                record,
                "--answers",
                answers,
            ],
            3,
            "error[no-approvals]",
        ),
        (
            vec![
                "run",
                good,
                "--record",
                occupied.to_str().unwrap(),
                "--answers",
                answers,
            ],
            2,
            "error[record-exists]",
        ),
        (
            vec!["run", good, "--record", &inside_a_file, "--answers", answers],
            4,
            "error[storage",
        ),
        (
            vec!["run", good, "--record", record, "--answers", &bad_answers],
            2,
            "error[answers-refused]",
        ),
        (
            vec![
                "run",
                good,
                "--record",
                record,
                "--media",
                "/nonexistent",
                "--answers",
                answers,
            ],
            2,
            "error[media-missing]",
        ),
        (vec!["run", good, "--record", record], 2, "error[not-a-terminal]"),
        (
            vec!["run", softhsm, "--record", record, "--answers", soft_answers],
            2,
            "error[module-not-named]",
        ),
        (
            vec![
                "run",
                softhsm,
                "--record",
                record,
                "--answers",
                soft_answers,
                "--module",
                "softhsm",
            ],
            2,
            "error[module-not-named]",
        ),
        (
            vec!["resume", "--record", "/nonexistent", "--answers", answers],
            2,
            "error[record-missing]",
        ),
        (vec!["verify", "/nonexistent"], 2, "error["),
        (
            vec!["run", good, "--record", record, "--pin", "1234"],
            2,
            "unexpected argument",
        ),
        (vec!["frobnicate"], 2, "unrecognized subcommand"),
    ];
    for (args, code, says) in cases {
        let got = run(&args);
        assert_eq!(got.code, code, "{args:?}: {}{}", got.out, got.err);
        assert!(got.err.contains(says), "{args:?}: {}", got.err);
        assert!(!Path::new(record).exists(), "{args:?} left a record behind");
    }
    // A module that is missing or is none: the record says so and stays intact.
    for module in ["softhsm=/nonexistent.so", &not_pkcs11] {
        let room = Room::new();
        let got = ran(room
            .command("run")
            .args([softhsm, "--answers", soft_answers, "--module", module]));
        assert_eq!(got.code, 4, "{module}: {}", got.err);
        let record = lines(&room.record());
        assert!(
            record.iter().any(|l| l.contains("module-unusable")),
            "{module}: {}",
            got.err
        );
        assert!(record.last().unwrap().contains("\"type\":\"pause\""));
    }
}

#[test]
fn a_wrong_pin_is_never_retried_and_its_tries_are_recorded() {
    let room = Room::new();
    let path = answers_with(
        &room,
        "pin    = \"pin-for-b\"",
        "pin    = \"pin-for-b\"\nwrong = [\"wrong-1\", \"wrong-2\", \"wrong-3\"]",
    );
    let locked = room.run(&script("root-keygen.toml"), &path);
    assert_eq!(locked.code, 4, "{}{}", locked.out, locked.err);
    let record = lines(&room.record());
    let unlocks = record
        .iter()
        .filter(|l| {
            l.contains("\"type\":\"intended\"") && l.contains("\"unlock\"") && l.contains("RHRSL-5822")
        })
        .count();
    assert_eq!(
        unlocks, 4,
        "one proved the new PIN; three tries were ordered, three were made"
    );
    assert!(
        record
            .iter()
            .any(|l| l.contains("pin-locked") || l.contains("\"pin\":\"locked\"")),
        "{}",
        locked.err
    );
    assert!(record.last().unwrap().contains("\"type\":\"pause\""));
}

#[test]
fn no_token_is_a_pause_and_not_a_crash() {
    let room = Room::new();
    let Some(conf) = room.softhsm() else { return };
    // The tokens vanish between their labels being known and the ceremony.
    std::fs::remove_dir_all(room.dir.path().join("softhsm")).unwrap();
    std::fs::create_dir(room.dir.path().join("softhsm")).unwrap();
    let got = ran(room
        .command("run")
        .env("SOFTHSM2_CONF", conf)
        .arg(script("root-keygen-softhsm.toml"))
        .arg("--answers")
        .arg(script("root-keygen-softhsm.answers.toml"))
        .arg("--module")
        .arg(format!("softhsm={SOFTHSM}")));
    assert_eq!(got.code, 3, "{}{}", got.out, got.err);
    assert!(
        lines(&room.record())
            .last()
            .unwrap()
            .contains("\"type\":\"pause\"")
    );
}

/// A full and a read-only disk, each a file system of its own; needs the right
/// to mount one.
#[test]
fn full_and_read_only_disks_are_named_and_the_record_stays_intact() {
    let may = Command::new("unshare")
        .args(["--mount", "--map-root-user", "true"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !may {
        println!("SKIPPED: this machine allows no mount namespace");
        return;
    }
    let room = Room::new();
    let dir = room.dir.path();
    let inside = |what: &str| {
        let shell = format!("set -e; mkdir -p {d}/disk; {what}", d = dir.display(),);
        ran(Command::new("unshare").args(["--mount", "--map-root-user", "sh", "-c", &shell]))
    };
    let (d, bin, s, a) = (dir.display(), &*BINARY, script("root-keygen.toml"), answers());
    let (s, a) = (s.display(), a.display());
    let full_record = inside(&format!(
        "mount -t tmpfs -o size=64k none {d}/disk; exec {bin} run {s} --record {d}/disk/r --media {d}/media --answers {a}"
    ));
    assert_eq!(full_record.code, 4, "{}{}", full_record.out, full_record.err);
    assert!(
        full_record.err.contains("error[storage-full]"),
        "{}",
        full_record.err
    );
    let read_only = inside(&format!(
        "mount -t tmpfs -o ro none {d}/disk; exec {bin} run {s} --record {d}/disk/r --media {d}/media --answers {a}"
    ));
    assert_eq!(read_only.code, 4, "{}{}", read_only.out, read_only.err);
    assert!(
        read_only.err.contains("error[storage-read-only]"),
        "{}",
        read_only.err
    );
    // Full media: found before anything is written, and the record is resumable.
    let full_media = inside(&format!(
        "mount -t tmpfs -o size=16k none {d}/disk; {bin} run {s} --record {d}/record --media {d}/disk --answers {a} || c=$?; ls {d}/disk; exit $c"
    ));
    assert_eq!(full_media.code, 4, "{}{}", full_media.out, full_media.err);
    assert!(full_media.err.contains("bytes are needed"), "{}", full_media.err);
    assert!(!full_media.out.contains(".part"), "{}", full_media.out);
    assert!(
        lines(&room.record())
            .last()
            .unwrap()
            .contains("\"type\":\"pause\"")
    );
    closed(&room.resume(&answers()));
    verifiers_accept(&room.bundle());
}
