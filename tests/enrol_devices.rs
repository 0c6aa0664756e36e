//! Rotations whose keys stand in a simulated YubiHSM 2 or in key files since an
//! earlier ceremony: enrolled by that ceremony's record, as on PKCS#11 tokens
//! (tests/enrol.rs), and judged by both verifiers and the real clients.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(all(feature = "pkcs11", feature = "yubihsm"))]

#[path = "support/devices.rs"]
mod devices;
#[path = "support/program.rs"]
mod program;
#[path = "support/rotation.rs"]
mod rotation;

use std::path::PathBuf;

use program::{Room, clients_accept, closed, lines, ran, run, script, verifiers_accept};
use rotation::{Rotation, copy, refused};
use yubihsm_sim::codes::command;

const EMBEDDED: &str =
    "\n[[token]]\nid = \"token-d\"\nserial = \"NEW-1\"\npin = \"pin-for-d\"\nso_pin = \"so-pin-for-d\"\n";

/// Runs a rotation in a room of its own; both verifiers and the clients take it.
fn rotates(rotation: &Rotation, room: &Room, answers: &str, extra: &[String]) -> PathBuf {
    let path = room.dir.path().join("answers.toml");
    std::fs::write(&path, answers).unwrap();
    let done = ran(room
        .command("run")
        .arg(rotation.write(room.dir.path()))
        .arg("--answers")
        .arg(path)
        .args(extra));
    assert_eq!(
        done.code,
        0,
        "{}{}\n{}",
        done.out,
        done.err,
        lines(&room.record()).join("\n")
    );
    closed(&done);
    let bundle = room.bundle();
    verifiers_accept(&bundle);
    clients_accept(
        &rotation.published(&bundle, room.dir.path()),
        room.dir.path(),
        true,
    );
    bundle
}

/// The device was set up and its log read in the first ceremony; in the second
/// its log is judged from the first reading on.
#[test]
fn a_yubihsm_enrols_its_keys_and_its_log_goes_on() {
    let lab = devices::Lab::new((2, 4, 1));
    closed(&lab.go("run", Some(&devices::small()), &devices::answers()));
    let rotation = Rotation::with(&lab.room.bundle(), "yubihsm", &["yubi-a"], |_| "yubi-a");
    let seen = lab.device().seen().len();
    let room = Room::new();
    let answers = format!(
        "{}\n[[token]]\nid = \"yubi-a\"\nserial = \"00{}\"\nsigner = \"{}\"\nauditor = \"{}\"\n{EMBEDDED}",
        rotation::ANSWERS,
        devices::SERIAL,
        devices::PASSWORDS[1],
        devices::PASSWORDS[2]
    );
    let connector = format!("http://127.0.0.1:{}", lab.simulators[0].port());
    let bundle = rotates(&rotation, &room, &answers, &["--yubihsm".to_owned(), connector]);
    let signatures = lab.device().seen()[seen..]
        .iter()
        .filter(|s| s.command == command::SIGN_ECDSA)
        .count();
    assert_eq!(signatures, 2, "A and B, once each");
    let told = run(&["verify", bundle.to_str().unwrap()]).out;
    assert!(
        told.contains(
            "yubi-a: 2 commands, 2 entries, 0 unexplained, from the first reading on, not from a reset"
        ),
        "{told}"
    );
    let record = lines(&room.record());
    let log = record
        .iter()
        .find(|l| l.contains("\"type\":\"device-log\""))
        .unwrap();
    assert!(
        log.contains("\"from_reset\":false") && log.contains("\"earlier\":0"),
        "{log}"
    );

    // Without its last reading nothing leaves.
    let without = rotation
        .text
        .replace("do = \"device-log\"\non = \"yubi-a\"", "do = \"clock\"");
    let unread = Rotation {
        text: without,
        ..Rotation::with(&lab.room.bundle(), "yubihsm", &["yubi-a"], |_| "yubi-a")
    };
    refused(&unread, "used after their log was read: yubi-a");
}

#[test]
fn a_key_file_enrols_its_keys() {
    let first = Room::new();
    let mut text = std::fs::read_to_string(script("root-keygen-softhsm.toml")).unwrap();
    let mut answers = std::fs::read_to_string(script("root-keygen-softhsm.answers.toml")).unwrap();
    text = text
        .replace(
            "backend = \"pkcs11\"\nmodule  = \"softhsm\"",
            "backend = \"file\"",
        )
        .replace("extractable = false", "extractable = true");
    answers = answers
        .replace("so_pin = \"87654321\"\n", "")
        .replace("wrong  = [\"00000000\"]", "")
        .replace("\"12345678\"", "\"passphrase-of-a-test\"");
    for letter in ["a", "b", "c"] {
        text = text.replacen("\"at-inventory\"", &format!("\"FILES-{letter}\""), 1);
        answers = answers.replace(
            &format!("label  = \"blank-{letter}\""),
            &format!("serial = \"FILES-{letter}\""),
        );
    }
    let place = first.dir.path().join("first.toml");
    std::fs::write(&place, text).unwrap();
    std::fs::copy(script("online.pub.pem"), first.dir.path().join("online.pub.pem")).unwrap();
    let said = first.dir.path().join("first.answers.toml");
    std::fs::write(&said, answers).unwrap();
    closed(&first.run(&place, &said));

    let rotation = Rotation::of(&first.bundle(), "file");
    let room = Room::new();
    copy(
        &first.dir.path().join("record.devices"),
        &room.dir.path().join("record.devices"),
    );
    let mut said = rotation::ANSWERS.to_owned() + EMBEDDED;
    for letter in ["a", "b"] {
        said += &format!(
            "\n[[token]]\nid = \"token-{letter}\"\nserial = \"FILES-{letter}\"\npin = \"passphrase-of-a-test\"\n"
        );
    }
    rotates(&rotation, &room, &said, &[]);
}
