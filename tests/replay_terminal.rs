//! `replay` in a pseudo-terminal: the shipped binary walks a ceremony that the
//! shipped binary held, from the command line and from the home screen; a folder
//! that has no screen is refused in words.
#![cfg(feature = "tui")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails"
)]

#[path = "support/operator.rs"]
mod operator;
#[path = "support/program.rs"]
mod program;

use std::path::PathBuf;

use operator::{CTRL_C, ENTER, ESC, F1, Operator};
use portable_pty::CommandBuilder;
use program::{BINARY, Room, root, run};

fn command(room: &Room, args: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(&*BINARY);
    command.args(args);
    command.cwd(room.dir.path());
    command.env("TERM", "xterm");
    command
}

/// A rehearsal that was held, and its bundle.
fn held() -> (Room, PathBuf) {
    let room = Room::new();
    let short = root().join("tests/support/storage");
    let ran = room.run(&short.join("short.toml"), &short.join("short.answers.toml"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let bundle = std::fs::read_dir(room.media())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    (room, bundle)
}

fn only_draws(operator: &Operator) {
    let raw = operator.raw.lock().unwrap();
    for pair in raw.windows(2) {
        assert!(
            !(pair[0] == 0x1b && matches!(pair[1], b']' | b'P' | b'X' | b'^' | b'_')),
            "a control string was sent to the terminal"
        );
    }
}

const RIGHT: &str = "\x1b[C";
const LEFT: &str = "\x1bOD";
const HOME: &str = "\x1b[H";
const END: &str = "\x1b[F";

#[test]
fn a_past_ceremony_is_walked_in_a_terminal() {
    let (room, bundle) = held();
    let before = std::fs::read(bundle.join("ceremony.jsonl")).unwrap();
    let mut ada = Operator::start(command(&room, &["replay", bundle.to_str().unwrap()]), 80, 24);
    ada.wait_for("REPLAY of a past ceremony - nothing can be changed");
    let first = ada.wait_for("screen 1 of ");
    assert!(
        first.starts_with("== REHEARSAL") && first.contains("verdict: rehearsal"),
        "{first}"
    );
    ada.press(RIGHT);
    ada.wait_for("screen 2 of ");
    ada.press(LEFT);
    ada.wait_for("screen 1 of ");
    ada.press(END);
    ada.wait("the last screen", |t| {
        !t.contains("screen 1 of ") && t.contains("then: SAFE TO")
    });
    ada.press(HOME);
    ada.wait_for("screen 1 of ");
    ada.press("/");
    ada.wait_for("Search for");
    ada.enter("\"type\":\"signed\"");
    ada.wait_for("! 1 of ");
    ada.press("e");
    ada.wait_for("Evidence of this screen");
    ada.press(ESC);
    ada.wait("the screen again", |t| !t.contains("Evidence of this screen"));
    ada.press("c");
    ada.wait_for("> ok");
    ada.press(ENTER);
    ada.wait_for("Rests on: ");
    ada.press(ESC);
    ada.wait("the screen again", |t| !t.contains("Rests on: "));
    ada.press(F1);
    ada.wait_for("Replay: keys");
    ada.press(ESC);
    ada.wait("the screen again", |t| !t.contains("Replay: keys"));
    ada.resize(120, 40);
    ada.wait("the evidence beside the screen", |t| {
        t.contains("RECORDS THAT LED HERE")
    });
    ada.resize(60, 20);
    ada.wait("the size notice", |t| !t.contains("REPLAY"));
    ada.resize(80, 24);
    ada.wait_for("REPLAY");
    ada.press("q");
    assert_eq!(ada.end(), 0, "the verdict is good");
    only_draws(&ada);
    assert_eq!(std::fs::read(bundle.join("ceremony.jsonl")).unwrap(), before);

    // From the home screen, and back to it.
    let mut ada = Operator::start(command(&room, &[]), 80, 24);
    ada.wait_for("Press a digit");
    ada.press("6");
    ada.wait_for("Record or bundle folder");
    ada.enter("record");
    ada.wait_for("verdict: ");
    ada.press(CTRL_C);
    ada.wait_for("Press a digit");
    ada.press("8");
    assert_eq!(ada.end(), 0);
}

#[test]
fn a_folder_without_a_screen_is_refused_in_words() {
    let room = Room::new();
    // No terminal: said before anything is read.
    let ran = run(&["replay", room.dir.path().to_str().unwrap()]);
    assert!(
        ran.code == 2 && ran.err.contains("error[not-a-terminal]"),
        "{ran:?}"
    );
    let mut ada = Operator::start(command(&room, &["replay", "nowhere"]), 80, 24);
    assert_eq!(ada.end(), 2);
    let mut ada = Operator::start(command(&room, &["replay", "media"]), 80, 24);
    assert_eq!(ada.end(), 1);
    assert!(ada.sent(b"there is no ceremony.jsonl"));
    // A record whose first line is a terminal's command.
    std::fs::write(room.media().join("ceremony.jsonl"), b"\x1b]0;owned\x07\x1b[2J\n").unwrap();
    std::fs::copy(
        root().join("tests/support/storage/short.toml"),
        room.media().join("script.toml"),
    )
    .unwrap();
    let mut ada = Operator::start(command(&room, &["replay", "media"]), 80, 24);
    assert_eq!(ada.end(), 1);
    assert!(ada.sent(b"no screen of media can be shown"));
    only_draws(&ada);
}

/// With what is known from outside the same bundle stands higher; a file of anchors
/// that cannot be read is refused before anything is drawn.
#[test]
fn what_is_known_from_outside_raises_the_verdict() {
    let vectors = root().join("tests/vectors/bundle");
    let (bundle, anchors) = (vectors.join("good"), vectors.join("anchors"));
    let (bundle, anchors) = (bundle.to_str().unwrap(), anchors.to_str().unwrap());
    let room = Room::new();
    for (more, verdict) in [
        (&[][..], "verdict: internally-consistent"),
        (&["--anchors", anchors], "verdict: witnessed 2 of 3"),
    ] {
        let args = [&["replay", bundle], more].concat();
        let mut ada = Operator::start(command(&room, &args), 80, 24);
        ada.wait_for(verdict);
        ada.press("q");
        assert_eq!(ada.end(), 0);
    }
    std::fs::write(room.dir.path().join("odd"), "no anchors\n").unwrap();
    let odd = room.dir.path().join("odd");
    let refused = run(&["replay", bundle, "--anchors", odd.to_str().unwrap()]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("line 1"), "{refused:?}");
}
