//! What a failure says of this machine does not leave with the record: folders,
//! which are often named after a user (facts/security.md 4.4). The screen and the
//! command's own output may name them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "pkcs11")]

#[path = "support/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use program::{Ran, Room, SOFTHSM, closed, lines, ran, script, verifiers_accept};
use tuf_ceremony::base::without_folders;

/// Part of every folder's name in these rooms.
const CANARY: &str = "carla-the-canary";

fn room() -> Room {
    let dir = tempfile::Builder::new().prefix(CANARY).tempdir().unwrap();
    std::fs::create_dir(dir.path().join("media")).unwrap();
    Room { dir }
}

fn is_nowhere(folder: &Path, what: &str) -> String {
    let record = lines(folder).join("\n");
    assert!(!record.contains(CANARY), "{what}: {record}");
    record
}

/// A drill, with a second copy of the record.
fn rehearse(room: &Room, fault: &str) -> (Ran, PathBuf) {
    let mirror = room.dir.path().join("mirror");
    let ran = ran(room
        .command("rehearse")
        .args(["--fault", fault, "--mirror"])
        .arg(&mirror)
        .arg("--answers")
        .arg(script("root-keygen.answers.toml")));
    (ran, mirror)
}

#[test]
fn a_media_fault_names_no_folder() {
    let room = room();
    let (stopped, mirror) = rehearse(&room, "media-error");
    assert_eq!(stopped.code, 4, "{}{}", stopped.out, stopped.err);
    let record = is_nowhere(&room.record(), "media");
    assert!(
        record.contains("\"media_fault\"") && record.contains(".../"),
        "{record}"
    );
    // Whoever puts it right goes on, and what leaves names no folder either.
    let answers = script("root-keygen.answers.toml");
    let resume = ran(room
        .command("resume")
        .arg("--mirror")
        .arg(&mirror)
        .arg("--answers")
        .arg(answers));
    closed(&resume);
    is_nowhere(&room.record(), "resumed");
    verifiers_accept(&room.bundle());
}

#[test]
fn a_lost_copy_names_no_folder() {
    let room = room();
    let (ran, mirror) = rehearse(&room, "record-copy-lost");
    assert!(matches!(ran.code, 0 | 4), "{}{}", ran.out, ran.err);
    // The copy that is left says it.
    let record = is_nowhere(&mirror, "mirror") + &is_nowhere(&room.record(), "record");
    assert!(
        record.contains("\"type\":\"storage\"") && record.contains(".../"),
        "{record}"
    );
}

#[test]
fn a_module_fault_names_no_folder() {
    let room = room();
    let Some(conf) = room.softhsm() else { return };
    // A module that is there when the ceremony starts, and cannot be loaded.
    let module = room.dir.path().join("libvendor.so");
    std::fs::write(&module, std::fs::read(SOFTHSM).unwrap().split_at(4096).0).unwrap();
    let ran = ran(room
        .command("run")
        .env("SOFTHSM2_CONF", &conf)
        .arg(script("root-keygen-softhsm.toml"))
        .arg("--answers")
        .arg(script("root-keygen-softhsm.answers.toml"))
        .arg("--module")
        .arg(format!("softhsm={}", module.display())));
    assert_ne!(ran.code, 0, "{}{}", ran.out, ran.err);
    if room.record().exists() {
        is_nowhere(&room.record(), "module");
    }
}

#[test]
fn of_a_path_only_the_name_is_left() {
    for (said, left) in [
        ("/home/carla/record: No space left", ".../record: No space left"),
        (
            "cannot open \"/media/carla/stick/\" (EIO)",
            "cannot open \".../stick\" (EIO)",
        ),
        (
            "http://127.0.0.1:12345/connector",
            "http://127.0.0.1:12345/connector",
        ),
        ("1/2 of keys/online.pem, and/or", "1/2 of keys/online.pem, and/or"),
        ("/", "/"),
        ("", ""),
    ] {
        assert_eq!(without_folders(said), left);
    }
}
