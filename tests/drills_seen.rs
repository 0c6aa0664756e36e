//! Drills as people see them, in a pseudo-terminal: the banner says that it is a
//! drill, the card says what to do, and what the card says works.
#![cfg(feature = "tui")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/operator.rs"]
mod operator;
#[path = "support/program.rs"]
mod program;

use operator::Operator;
use portable_pty::CommandBuilder;
use program::{BINARY, Room, lines, verifiers_accept};
use tuf_ceremony::base::device::DeviceCode;

fn start(room: &Room, args: &[&str]) -> Operator {
    let mut command = CommandBuilder::new(&*BINARY);
    command.args(args);
    for (flag, place) in [("--record", room.record()), ("--media", room.media())] {
        command.arg(flag);
        command.arg(place);
    }
    command.cwd(room.dir.path());
    command.env("TERM", "xterm");
    let mut operator = Operator::start(command, 80, 24);
    for token in ["token-a", "token-b", "token-c"] {
        let pins = (format!("so-of-{token}"), format!("pin-of-{token}"));
        operator.pins.insert(token.to_owned(), pins);
    }
    let passphrase = "correct-horse-battery".to_owned();
    let pins = (passphrase.clone(), passphrase);
    operator.pins.insert("online-file".to_owned(), pins);
    operator
}

/// The screen without its line breaks.
fn flat(screen: &str) -> String {
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_token_is_pulled_and_put_back() {
    let room = Room::new();
    let mut ada = start(&room, &["rehearse", "--fault", "token-pulled"]);
    ada.wait_for("REHEARSAL, drill: token-pulled");
    ada.play("Something failed.");
    let card = DeviceCode::Removed.card();
    let screen = flat(&ada.text());
    for part in [
        card.fact,
        card.meaning,
        card.remedy,
        "Unknown: the device may have signed.",
    ] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    if std::env::var_os("OPERATOR_SHOWS").is_some() {
        println!("{}", ada.text());
    }
    ada.play("Type end");
    ada.enter("end");
    assert_eq!(ada.end(), 0);
    for screen in &ada.seen {
        assert!(screen.contains("REHEARSAL, drill: token-pulled"), "{screen}");
    }
    verifiers_accept(&room.bundle());
}

#[test]
fn the_last_pin_try_is_said_before_the_pin_is_typed() {
    let room = Room::new();
    let mut ada = start(&room, &["rehearse", "--fault", "pin-last-try"]);
    ada.play("LAST PIN TRY: one more wrong PIN blocks it");
    if std::env::var_os("OPERATOR_SHOWS").is_some() {
        println!("{}", ada.text());
    }
    // The right PIN gives all tries back.
    ada.play("Last 4 of the serial");
    let said = lines(&room.record()).join("\n");
    assert!(said.contains("\"pin\":{\"left\":1}"));
    assert!(said.rfind("\"pin\":{\"left\":3}") > said.rfind("\"pin\":{\"left\":1}"));
}

#[test]
fn the_program_is_killed_and_comes_back_with_the_question() {
    let room = Room::new();
    let mut ada = start(&room, &["rehearse", "--fault", "kill-at@root.4"]);
    ada.play("this will be signed");
    ada.answer();
    ada.end();
    let last = lines(&room.record()).last().unwrap().clone();
    assert!(last.contains("\"type\":\"intended\""), "{last}");
    let names = ada.names.clone();
    let mut ada = start(&room, &["resume"]);
    ada.names = names;
    let screen = flat(&ada.wait_for("Type recover"));
    for part in ["REHEARSAL, drill: kill-at", "The device may have signed, or not."] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    if std::env::var_os("OPERATOR_SHOWS").is_some() {
        println!("{}", ada.text());
    }
    ada.play("Type end");
    ada.enter("end");
    assert_eq!(ada.end(), 0);
    verifiers_accept(&room.bundle());
}
