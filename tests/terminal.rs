//! The release binary in a pseudo-terminal, keystroke by keystroke: whole
//! ceremonies on embedded and on real SoftHSM2 tokens, with typos, a wrong
//! PIN, a resize, a terminal that is too small, Ctrl-C and SIGTERM on the way.
#![cfg(all(feature = "tui", feature = "pkcs11"))]
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
#[cfg(feature = "yubihsm")]
#[path = "support/scripts.rs"]
mod scripts;

use operator::{CTRL_C, ENTER, ESC, F1, F2, F4, Operator};
use portable_pty::CommandBuilder;
use program::{BINARY, Room, SOFTHSM, clients_accept, lines, ran, script, verifiers_accept};
use tuf_ceremony::signer::embedded::EmbeddedProvider;

fn command(room: &Room, args: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(&*BINARY);
    command.args(args);
    command.arg("--record");
    command.arg(room.record());
    command.arg("--media");
    command.arg(room.media());
    command.cwd(room.dir.path());
    command.env("TERM", "xterm");
    command
}

fn rehearsal(room: &Room, columns: u16, rows: u16) -> Operator {
    with_papers(Operator::start(
        command(room, &["rehearse", "--whole"]),
        columns,
        rows,
    ))
}

fn resumed(room: &Room) -> Operator {
    with_papers(Operator::start(command(room, &["resume"]), 80, 24))
}

fn with_papers(mut operator: Operator) -> Operator {
    for token in ["token-a", "token-b", "token-c"] {
        operator.pins.insert(
            token.to_owned(),
            (format!("so-of-{token}"), format!("pin-of-{token}")),
        );
    }
    let passphrase = "correct-horse-battery".to_owned();
    operator
        .pins
        .insert("online-file".to_owned(), (passphrase.clone(), passphrase));
    operator
}

/// No escape sequence but those that draw: no OSC (title, clipboard,
/// hyperlink), no device control string.
fn only_draws(operator: &Operator) {
    let raw = operator.raw.lock().unwrap();
    for pair in raw.windows(2) {
        assert!(
            !(pair[0] == 0x1b && matches!(pair[1], b']' | b'P' | b'X' | b'^' | b'_')),
            "a control string was sent to the terminal"
        );
    }
}

#[test]
fn a_whole_rehearsal_is_typed_through() {
    let room = Room::new();
    let mut ada = rehearsal(&room, 80, 24);
    ada.wait_for("Type begin");
    // Enter alone confirms nothing, and a typo is explained.
    ada.press(ENTER);
    ada.wait_for("Enter alone confirms nothing");
    ada.enter("begn");
    ada.wait_for("Type begin: begn");
    for _ in 0..4 {
        ada.press("\x7f");
    }
    ada.enter("begin");
    ada.wait_for("Name for the record");
    // A deviation note, the plan, and help, from any screen.
    ada.press(F2);
    ada.wait_for("What was expected");
    for text in ["a third officer", "nobody came", "go on with two", "Ada"] {
        ada.enter(text);
    }
    ada.wait_for("deviations: 1");
    ada.press(F4);
    ada.wait_for("Inventory online-file");
    ada.press(ESC);
    ada.wait_for("Name for the record");
    ada.press(F1);
    ada.wait_for("Help for this screen");
    ada.press(ESC);
    ada.wait_for("Name for the record");
    // A resize, smaller than the minimum, and back to a larger one.
    ada.resize(79, 24);
    ada.wait("the size notice", |t| {
        t.contains("80") && !t.contains("Name for the record")
    });
    ada.resize(120, 40);
    ada.wait("the large frame", |t| {
        t.contains("Name for the record") && t.contains("PEOPLE")
    });
    ada.resize(80, 24);
    ada.wait("the small frame again", |t| {
        t.contains("Name for the record") && !t.contains("PEOPLE")
    });
    ada.wrong_pins = vec!["not-the-pin".to_owned()];
    ada.play("Type end");
    assert!(ada.text().contains("REHEARSAL"), "{}", ada.text());
    ada.wait_for("Nothing to take out");
    ada.enter("end");
    assert_eq!(ada.end(), 0);
    for screen in &ada.seen {
        assert!(screen.contains("REHEARSAL"), "{screen}");
        for secret in ["pin-of-token", "so-of-token", "correct-horse", "not-the-pin"] {
            assert!(!screen.contains(secret), "{screen}");
        }
    }
    only_draws(&ada);
    verifiers_accept(&room.bundle());
    clients_accept(&room.bundle(), room.dir.path(), false);
    let record = lines(&room.record());
    assert!(record[0].contains("\"front_end\":\"tui\"") && record[0].contains("\"secrets\":\"keyboard\""));
    assert!(record.iter().any(|l| l.contains("\"code\":\"pin-wrong\"")));
    assert!(
        record
            .iter()
            .any(|l| l.contains("\"type\":\"note\"") && l.contains("nobody came"))
    );
}

/// One key is lost, another takes its place: both thresholds are on the screen.
#[test]
fn the_next_root_is_typed_through() {
    let room = Room::new();
    let text = script("root-revoke-key.toml");
    let mut ada = Operator::start(command(&room, &["rehearse", text.to_str().unwrap()]), 80, 24);
    for token in ["token-a", "token-c"] {
        ada.pins
            .insert(token.to_owned(), (String::new(), "veteran-pin".to_owned()));
    }
    ada.pins.insert(
        "token-d".to_owned(),
        ("so-pin-for-d".to_owned(), "pin-for-d".to_owned()),
    );
    ada.wrong_pins = vec!["not-the-pin".to_owned()];
    ada.play("Type end");
    ada.enter("end");
    assert_eq!(ada.end(), 0);
    if std::env::var_os("OPERATOR_SHOWS").is_some() {
        for screen in &ada.seen {
            println!("{screen}\n{}", "=".repeat(80));
        }
    }
    let seen = |what: &str| ada.seen.iter().any(|s| s.contains(what));
    assert!(seen("approved: revoke-key root-b of root, because:"));
    assert!(seen("trusted root 2: 1 of 2 signed"));
    only_draws(&ada);
    verifiers_accept(&room.bundle());
}

#[test]
fn the_same_on_three_softhsm2_tokens_at_120x40() {
    let room = Room::new();
    let Some(conf) = room.softhsm() else { return };
    let mut command = command(
        &room,
        &["run", script("root-keygen-softhsm.toml").to_str().unwrap()],
    );
    command.arg("--module");
    command.arg(format!("softhsm={SOFTHSM}"));
    command.env("SOFTHSM2_CONF", &conf);
    let mut ada = Operator::start(command, 120, 40);
    for (name, serial) in program::blank_serials(&conf) {
        ada.serials.insert(format!("token-{name}"), serial);
    }
    for token in ["token-a", "token-b", "token-c"] {
        ada.pins
            .insert(token.to_owned(), ("87654321".to_owned(), "12345678".to_owned()));
    }
    ada.wrong_pins = vec!["11111111".to_owned()];
    ada.play("Type these 8 words");
    ada.resize(80, 24);
    ada.wait("the small frame", |t| {
        t.contains("Type these 8 words") && !t.contains("PEOPLE")
    });
    ada.play("Type end");
    ada.enter("end");
    assert_eq!(ada.end(), 0);
    verifiers_accept(&room.bundle());
    clients_accept(&room.bundle(), room.dir.path(), true);
    let record = lines(&room.record());
    assert!(
        record.iter().any(|l| l.contains("\"code\":\"pin-wrong\"")),
        "the wrong PIN is recorded"
    );
}

/// Twelve keys on three YubiHSM 2 (simulated) and three SoftHSM2 tokens, with
/// secrets that the program makes and people copy: the devices of PyPI's ceremony.
#[cfg(feature = "yubihsm")]
#[test]
fn twelve_keys_on_six_devices_of_two_makes() {
    let room = Room::new();
    let Some(conf) = room.softhsm() else { return };
    let simulators = simulators();
    let mut command = command(&room, &["run", script("pypi-mix.toml").to_str().unwrap()]);
    command.args(["--module", &format!("softhsm={SOFTHSM}")]);
    for simulator in &simulators {
        command.args(["--yubihsm", &format!("http://127.0.0.1:{}", simulator.port())]);
    }
    command.env("SOFTHSM2_CONF", &conf);
    let mut ada = Operator::start(command, 80, 24);
    for (name, serial) in program::blank_serials(&conf) {
        let token = format!("nitro-{name}");
        ada.pins
            .insert(token.clone(), ("87654321".to_owned(), String::new()));
        ada.serials.insert(token, serial);
    }
    for make in ["yubi", "nitro"] {
        ada.tokens
            .extend(["a", "b", "c"].map(|name| format!("{make}-{name}")));
    }
    ada.slips = vec!["copy", "dice", "pin"];
    ada.play("Type end");
    ada.enter("end");
    assert_eq!(ada.end(), 0);
    assert!(ada.slips.is_empty(), "{:?}", ada.slips);
    for (token, (all, slips)) in &ada.prompts {
        let name = if token.is_empty() {
            "about no device"
        } else {
            token
        };
        println!("prompts {name}: {} (and {slips} after a slip)", all - slips);
    }
    let all: usize = ada.prompts.values().map(|(all, _)| all).sum();
    let slips: usize = ada.prompts.values().map(|(_, slips)| slips).sum();
    println!("prompts in all: {} (and {slips} after a slip)", all - slips);
    println!("secrets copied from the screen: {}", ada.paper.len());
    let minutes = ada.seconds / 60.0;
    println!("minutes of reading, writing, typing and fetching: {minutes:.0}");
    for (token, (all, slips)) in ada.prompts.iter().filter(|(token, _)| !token.is_empty()) {
        assert!(all - slips <= 12, "{token}: {} prompts", all - slips);
    }
    assert_eq!(ada.prompts.len(), 7, "six devices, and what is about none");
    assert!(minutes < 90.0, "{minutes:.0} minutes");
    // Each statement was shown when it was judged, in plain words.
    let told = |what: &str| ada.seen.iter().any(|s| s.contains(what));
    assert!(told("What the devices say about their keys") && told("generated in the device"));
    as_foretold(&ada, "pypi-mix.toml");
    // No question's own screen shows a secret: only the open shutter does.
    for screen in &ada.seen {
        for secret in ada.paper.values().chain(&ada.dice) {
            let squeezed = screen.replace(' ', "");
            assert!(!squeezed.contains(secret.as_str()), "{screen}");
        }
    }
    only_draws(&ada);
    verifiers_accept(&room.bundle());
    clients_accept(&room.bundle(), room.dir.path(), true);
    let record = lines(&room.record()).join("\n");
    for (what, count) in [("key", 12), ("attested", 6), ("retired", 3), ("device-log", 5)] {
        let found = record.matches(&format!("\"type\":\"{what}\"")).count();
        assert_eq!(found, count, "{what}");
    }
    for secret in ada.paper.values().chain(&ada.dice) {
        assert!(!record.contains(secret.as_str()));
    }
}

/// Each device's prompts, but for slips, are those that `plan` prints. The plan reckons
/// with new devices; the lab's SoftHSM2 tokens were set up before and keep their SO PIN,
/// so that one of two secrets is not made: half of those prompts fall away.
#[cfg(feature = "yubihsm")]
fn as_foretold(ada: &Operator, name: &str) {
    let path = script(name);
    let plan = scripts::build(&std::fs::read(&path).unwrap(), path.parent().unwrap()).unwrap();
    let prompts = tuf_ceremony::plan::pace::prompts(&plan);
    for (token, tally) in tuf_ceremony::plan::pace::by_token(&plan) {
        let of = |what: &[&str]| {
            let mine = prompts.iter().filter(|p| p.token == token);
            mine.filter(|p| what.contains(&p.what)).count()
        };
        let used = token.as_ref().is_some_and(|t| t.as_str().starts_with("nitro"));
        // An SO PIN that was there before is not rolled; it is typed instead of copied.
        let kept = if used { of(&["dice"]) / 2 } else { 0 };
        let name = token.as_ref().map(ToString::to_string).unwrap_or_default();
        let (all, slips) = ada.prompts.get(&name).copied().unwrap_or_default();
        let foretold = usize::try_from(tally.prompts).unwrap() - kept;
        assert_eq!(all - slips, foretold, "{name}: {}", tally.words());
    }
    println!(
        "as the plan foretold: {}",
        tuf_ceremony::plan::pace::total(&plan).words()
    );
}

/// The three of the script, as new as they leave the factory.
#[cfg(feature = "yubihsm")]
fn simulators() -> Vec<yubihsm_sim::Simulator> {
    (13_200_460..13_200_463)
        .map(|serial| {
            yubihsm_sim::Simulator::start(yubihsm_sim::Config {
                serial,
                ..yubihsm_sim::Config::default()
            })
            .unwrap()
        })
        .collect()
}

/// SIGTERM at one screen after the other: paused, exit code 3, terminal given
/// back, and each time resumed where it was; at the end one good bundle.
#[test]
fn sigterm_pauses_anywhere_and_the_ceremony_goes_on() {
    let room = Room::new();
    let mut ada = rehearsal(&room, 80, 24);
    let mut pauses = 0;
    for until in [
        "Type begin",
        "UTC, as",
        "Serial on the body",
        "SO PIN, new",
        "Unlock token-a",
        "Last 4 of the serial",
        "Type read",
        "word ",
        "Type export",
        "Type close",
    ] {
        ada.play(until);
        let pid = ada.pid().to_string();
        assert!(
            std::process::Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(ada.end(), 3, "{until}: {}", ada.text());
        assert!(ada.sent(b"\x1b[?1049l"), "{until}: the terminal is given back");
        let last = lines(&room.record()).last().unwrap().clone();
        assert!(
            last.contains("\"type\":\"pause\"") && last.contains("SIGTERM"),
            "{until}: {last}"
        );
        pauses += 1;
        let names = ada.names.clone();
        ada = resumed(&room);
        ada.names = names;
    }
    assert_eq!(pauses, 10);
    ada.play("Type end");
    ada.enter("end");
    assert_eq!(ada.end(), 0);
    verifiers_accept(&room.bundle());
    let keys = lines(&room.record())
        .iter()
        .filter(|l| l.contains("\"type\":\"key\""))
        .count();
    assert_eq!(keys, 7, "each key was made once");
}

#[test]
fn ctrl_c_opens_pause_or_abort_on_any_screen() {
    let room = Room::new();
    let mut ada = rehearsal(&room, 80, 24);
    ada.play("UTC, as");
    ada.press(CTRL_C);
    ada.wait_for("pause or abort");
    ada.press(ESC);
    ada.wait_for("UTC, as");
    ada.press(CTRL_C);
    ada.wait_for("pause or abort");
    ada.enter("abort");
    ada.enter("the clock is broken");
    ada.wait_for("Aborted.");
    ada.enter("end");
    assert_eq!(ada.end(), 1, "{}", ada.text());
    let last = lines(&room.record()).last().unwrap().clone();
    assert!(
        last.contains("\"type\":\"abort\"") && last.contains("the clock is broken"),
        "{last}"
    );
}

#[test]
fn a_terminal_that_is_too_small_shows_only_that() {
    let room = Room::new();
    let mut ada = rehearsal(&room, 60, 20);
    ada.wait("the size notice", |t| t.contains("80") && t.contains("24"));
    assert!(!ada.text().contains("begin:"), "{}", ada.text());
    ada.resize(80, 24);
    ada.wait_for("Type begin");
    ada.press(CTRL_C);
    ada.wait_for("pause or abort");
    ada.enter("pause");
    ada.enter("the window was too small");
    ada.wait_for("Paused.");
    ada.enter("end");
    assert_eq!(ada.end(), 3, "{}", ada.text());
}

/// The terminal itself goes away (a dropped line, a closed window): the program
/// neither spins nor hangs; it pauses on the record and ends.
#[test]
fn a_lost_terminal_pauses() {
    let room = Room::new();
    let holder = "import os,pty,sys,time\n\
        pid,fd=pty.fork()\n\
        if pid==0: os.execv(sys.argv[1],sys.argv[1:])\n\
        print(pid,flush=True)\n\
        os.set_blocking(fd,False)\n\
        end=time.time()+30\n\
        seen=b''\n\
        while b'Type begin' not in seen and time.time()<end:\n\
        \x20   time.sleep(0.05)\n\
        \x20   try: seen+=os.read(fd,65536)\n\
        \x20   except BlockingIOError: pass\n\
        os.close(fd)\n\
        print(os.waitstatus_to_exitcode(os.waitpid(pid,0)[1]),flush=True)\n";
    let ended = ran(std::process::Command::new("timeout")
        .args(["60", "python3", "-c", holder, &BINARY, "rehearse", "--record"])
        .arg(room.record())
        .arg("--media")
        .arg(room.media())
        .env("TERM", "xterm"));
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert_ne!(ended.out.lines().nth(1), Some("0"), "{}", ended.out);
    let last = lines(&room.record()).last().unwrap().clone();
    assert!(last.contains("\"type\":\"pause\""), "{last}");
}

#[test]
fn devices_are_looked_at_from_the_home_screen() {
    let room = Room::new();
    let devices = room.dir.path().join("devices");
    std::fs::create_dir(&devices).unwrap();
    let mut tokens = EmbeddedProvider::new(&devices.join("embedded"));
    tokens.manufacture("REH-1").unwrap();
    let mut command = CommandBuilder::new(&*BINARY);
    command.cwd(room.dir.path());
    command.env("TERM", "xterm");
    let mut ada = Operator::start(command, 80, 24);
    ada.wait_for("Press a digit");
    ada.press("5");
    ada.wait_for("Where to look");
    ada.enter("devices");
    ada.wait_for("REH-1");
    // Plugged in meanwhile: seen at the next look.
    tokens.manufacture("REH-2").unwrap();
    ada.press("\x1b[15~"); // F5
    ada.wait_for("there is more");
    ada.press("\x1b[F"); // End
    ada.wait_for("REH-2");
    ada.press(ESC);
    ada.wait_for("Press a digit");
    ada.press("8");
    assert_eq!(ada.end(), 0);
    only_draws(&ada);
}
