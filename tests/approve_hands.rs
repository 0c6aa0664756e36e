//! Approving by hand: a person at a terminal with a key file, a card with its own
//! tool, and an approved script in the full screen, up to a device that is none.
#![cfg(all(feature = "tui", feature = "pkcs11"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/approvers.rs"]
mod approvers;
#[path = "support/operator.rs"]
mod operator;
#[path = "support/person.rs"]
mod person;
#[path = "support/program.rs"]
mod program;
#[path = "support/quiet.rs"]
mod quiet;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::path::Path;
use std::process::Command;

use approvers::{Desk, olga, otto, section};
use operator::Operator;
use person::Person;
use program::{BINARY, ran};
use tuf_ceremony::base::{Digest, PublicKey};
use tuf_ceremony::note::Vkey;

/// The full screen, in production: people answer, up to a device that is none.
#[test]
fn an_approved_script_runs_in_a_terminal_and_takes_no_software_for_a_device() {
    let room = program::Room::new();
    let Some(conf) = room.softhsm() else { return };
    let desk = Desk::new();
    let serials = program::blank_serials(&conf);
    for (name, number) in [("a", "1"), ("b", "2"), ("c", "3")] {
        let (_, serial) = serials.iter().find(|(n, _)| n == name).unwrap();
        desk.edit(&format!("DENK010000{number}"), serial);
    }
    std::fs::write(desk.note(), desk.signed(&[olga(), otto()])).unwrap();
    let Some(words) = quiet::words() else { return };
    let mut command = portable_pty::CommandBuilder::new(&words[0]);
    command.args(&words[1..]);
    command.args(["run", desk.script().to_str().unwrap(), "--record"]);
    command.arg(room.record());
    command.arg("--media");
    command.arg(room.media());
    command.args(["--module", &format!("opensc={}", program::SOFTHSM)]);
    command.env("SOFTHSM2_CONF", &conf);
    command.env("TERM", "xterm");
    let mut ada = Operator::start(command, 80, 24);
    ada.wait_for("Type begin");
    assert!(ada.text().starts_with("## PRODUCTION"), "{}", ada.text());
    assert!(
        ada.text().contains("2 of 3 have approved (2 must): olga.example"),
        "{}",
        ada.text()
    );
    let serial = &serials.iter().find(|(n, _)| n == "a").unwrap().1;
    loop {
        let Some(step) = ada.question() else {
            std::thread::sleep(std::time::Duration::from_millis(10));
            continue;
        };
        if step.contains("UTC, as") {
            let clock = ran(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M"]));
            ada.enter(clock.out.trim());
        } else if step.contains("Serial on the body") {
            ada.enter(serial);
            ada.wait_for("keeps its keys in software");
            break;
        } else {
            ada.answer();
        }
        ada.settle(&step, "Serial on the body");
    }
    let record = std::fs::read_to_string(room.record().join("ceremony.jsonl")).unwrap();
    assert!(record.contains("\"kind\":\"production\"") && record.contains("\"front_end\":\"tui\""));
    let judged = ran(Command::new(&*BINARY)
        .args(["verify", "--json"])
        .arg(room.record()));
    assert!(judged.out.contains("otto.example"), "{judged:?}");
}

/// A card signs by PKCS#11 with its own tool; its line joins like any other.
#[test]
fn a_card_approves_through_its_own_tool() {
    let module = Path::new(program::SOFTHSM);
    let tool = Command::new("pkcs11-tool").arg("--version").output().is_ok();
    if !module.exists() || !tool {
        println!("SKIPPED: softhsm2 or pkcs11-tool is not installed");
        return;
    }
    let room = program::Room::new();
    let conf = room.softhsm_tokens(&["card"]).unwrap();
    let pkcs11 = |args: &[&str]| {
        let done = ran(Command::new("pkcs11-tool")
            .env("SOFTHSM2_CONF", &conf)
            .args(["--module", program::SOFTHSM, "--login", "--pin", "99999999"])
            .args(args)
            .current_dir(room.dir.path()));
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
    };
    pkcs11(&[
        "--keypairgen",
        "--key-type",
        "EC:prime256v1",
        "--label",
        "approver",
        "--id",
        "01",
        "--usage-sign",
    ]);
    pkcs11(&[
        "--read-object",
        "--type",
        "pubkey",
        "--id",
        "01",
        "--output-file",
        "card.der",
    ]);
    let der = std::fs::read(room.dir.path().join("card.der")).unwrap();
    let shown = ran(Command::new(&*BINARY)
        .args(["key", "show", "--vkey", "card.example"])
        .arg(room.dir.path().join("card.der")));
    assert_eq!(shown.code, 0, "{shown:?}");
    let card = Vkey::new("card.example", PublicKey::from_spki_der(&der).unwrap()).unwrap();
    assert!(shown.out.contains(&card.to_string()), "{shown:?}");
    let desk = Desk::with(&section("1", &[&card.to_string()]));
    let text = desk.approve(&["--write-text", room.dir.path().join("text").to_str().unwrap()]);
    assert_eq!(text.code, 0, "{text:?}");
    // SoftHSM2 signs digests alone: the bytes that openssl would hash.
    let bytes = std::fs::read(room.dir.path().join("text")).unwrap();
    std::fs::write(room.dir.path().join("digest"), Digest::of(&bytes).as_bytes()).unwrap();
    for form in ["openssl", "rs"] {
        let args = [
            "--sign",
            "--mechanism",
            "ECDSA",
            "--id",
            "01",
            "--input-file",
            "digest",
        ];
        pkcs11(&[&args[..], &["--signature-format", form, "--output-file", form]].concat());
        let signature = room.dir.path().join(form);
        let added = desk.approve(&[
            "--add",
            "card.example",
            "--signature",
            signature.to_str().unwrap(),
        ]);
        assert_eq!(added.code, 0, "{form}: {added:?}");
        std::fs::remove_file(desk.note()).unwrap();
    }
}

/// A person at a terminal: reads the plan, types words from their own copy, then the
/// passphrase of a key file that openssl made.
#[test]
fn a_person_approves_with_a_key_file_and_their_own_copy_of_the_words() {
    const PASSPHRASE: &str = "correct-horse-battery";
    let made = Desk::new();
    let openssl = |args: &[&str]| {
        let done = ran(Command::new("openssl").args(args).current_dir(made.0.path()));
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
    };
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "plain.pem"]);
    let pass = format!("pass:{PASSPHRASE}");
    let out = [
        "pkcs8",
        "-topk8",
        "-scrypt",
        "-passout",
        &pass,
        "-in",
        "plain.pem",
        "-out",
        "key.pem",
    ];
    openssl(&out);
    openssl(&["pkey", "-in", "plain.pem", "-pubout", "-out", "key.pub.pem"]);
    let public = std::fs::read_to_string(made.path("key.pub.pem")).unwrap();
    let vkey = Vkey::new("olga.example", PublicKey::from_pem(&public).unwrap()).unwrap();
    let desk = Desk::with(&section("1", &[&vkey.to_string()]));
    let copy = |name: &str| std::fs::copy(made.path(name), desk.path(name)).unwrap();
    copy("key.pem");
    copy("plain.pem");
    let digest = Digest::of(&std::fs::read(desk.script()).unwrap());
    let words = tuf_ceremony::transcript::words::words(&digest);

    // Enter alone, words of another script: nothing is signed.
    for typed in ["", "aardvark"] {
        let mut person = at_terminal(&desk, "key.pem");
        for _ in 0..12 {
            let _ = person.asked();
            person.type_line(typed);
        }
        assert_eq!(person.end(), 3);
        assert!(!person.seen().contains("Passphrase"), "{}", person.seen());
    }
    // The wrong passphrase, then a file that is not encrypted, then the right one.
    for (file, passphrase, code) in [
        ("key.pem", "correct-horse-batterz", 3),
        ("plain.pem", PASSPHRASE, 2),
        ("key.pem", PASSPHRASE, 0),
    ] {
        assert!(!desk.note().exists());
        let mut person = at_terminal(&desk, file);
        // A digest may have one word at two places: then it stands there as it was typed.
        let mut typed = Vec::new();
        for _ in 0..4 {
            let at = person.asked();
            let shown = person.seen();
            assert!(
                typed.contains(&words[at - 1]) || !shown.contains(words[at - 1]),
                "the word that is asked for is not on the screen: {shown}"
            );
            person.type_line(words[at - 1]);
            typed.push(words[at - 1]);
        }
        person.wait("Passphrase of your key file");
        person.type_line(passphrase);
        assert_eq!(person.end(), code, "{}", person.seen());
        assert!(!person.seen().contains(passphrase), "never shown");
    }
    assert_eq!(desk.approve(&[]).code, 0);
    // A key that the script does not list signs nothing that is kept.
    let other = Desk::new();
    std::fs::copy(made.path("key.pem"), other.path("key.pem")).unwrap();
    let digest = Digest::of(&std::fs::read(other.script()).unwrap());
    let words = tuf_ceremony::transcript::words::words(&digest);
    let mut person = at_terminal(&other, "key.pem");
    for _ in 0..4 {
        let at = person.asked();
        person.type_line(words[at - 1]);
    }
    person.wait("Passphrase of your key file");
    person.type_line(PASSPHRASE);
    assert_eq!(person.end(), 2);
    assert!(
        person.seen().contains("approvals-not-listed") && !other.note().exists(),
        "{}",
        person.seen()
    );
    // Without a terminal nobody approves.
    let no = ran(Command::new("setsid")
        .args(["-w", &BINARY, "approve"])
        .arg(other.script())
        .args(["--key", other.path("key.pem").to_str().unwrap()]));
    assert_eq!(no.code, 2, "{no:?}");
    assert!(no.err.contains("error[not-a-terminal]"), "{no:?}");
}

fn at_terminal(desk: &Desk, key: &str) -> Person {
    let (script, key) = (desk.script(), desk.path(key));
    Person::at(
        &BINARY,
        &[
            "approve",
            script.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
        ],
    )
}
