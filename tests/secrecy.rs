//! A canary PIN goes through a whole ceremony; then every sink is searched for
//! it, raw and in hexadecimal and base64: the record and its mirror, bundle, report,
//! verdict, device folders, output, and the program's own dumps of its state. Typed
//! at a terminal, the canaries are looked for in the screen's bytes, in the
//! processes' arguments and environment, and in their memory, too.
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

#[path = "support/memory.rs"]
mod memory;
#[cfg(feature = "tui")]
#[path = "support/operator.rs"]
mod operator;
#[path = "support/program.rs"]
mod program;

use std::path::Path;

use program::{Room, script};

const CANARIES: [&str; 4] = [
    "canary-pin-7261",
    "canary-so-pin-9927",
    "canary-passphrase-5512",
    "canary-wrong-pin-1183",
];

fn search(folder: &Path, found: &mut Vec<String>) {
    search_for(folder, &CANARIES, found);
}

fn search_for(folder: &Path, canaries: &[&str], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search_for(&path, canaries, found);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for canary in canaries {
            for needle in spellings(canary) {
                if bytes.windows(needle.len()).any(|w| w == needle) {
                    found.push(format!("{canary} in {}", path.display()));
                }
            }
        }
    }
}

fn spellings(canary: &str) -> Vec<Vec<u8>> {
    let raw = canary.as_bytes().to_vec();
    let hex = data_encoding::HEXLOWER.encode(&raw).into_bytes();
    // Base64 at each of the three alignments, without the ends that neighbours change.
    let mut all = vec![raw.clone(), hex];
    for skip in 0..3 {
        let aligned = &raw[skip..skip + (raw.len() - skip) / 3 * 3];
        all.push(data_encoding::BASE64.encode(aligned).into_bytes());
    }
    all
}

#[test]
fn no_pin_is_anywhere_afterwards() {
    let room = Room::new();
    let mut text = std::fs::read_to_string(script("root-keygen.answers.toml")).unwrap();
    for (from, to) in [
        ("pin    = \"pin-for-a\"", format!("pin    = \"{}\"", CANARIES[0])),
        (
            "so_pin = \"so-pin-for-a\"",
            format!("so_pin = \"{}\"", CANARIES[1]),
        ),
        (
            "pin    = \"correct-horse-battery-staple\"",
            format!("pin    = \"{}\"", CANARIES[2]),
        ),
        (
            "wrong  = [\"not-the-pin\"]",
            format!("wrong  = [\"{}\"]", CANARIES[3]),
        ),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, &to);
    }
    let answers = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(answers.path(), &text).unwrap();
    // The record is kept twice, and each copy is a sink of its own.
    let mirror = room.dir.path().join("mirror");
    let done = program::ran(
        room.command("run")
            .arg(script("root-keygen.toml"))
            .arg("--answers")
            .arg(answers.path())
            .arg("--mirror")
            .arg(&mirror),
    );
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    // What is made of a record afterwards lies where the search looks.
    let made = room.dir.path().join("made");
    std::fs::create_dir(&made).unwrap();
    std::fs::write(made.join("out"), format!("{}{}", done.out, done.err)).unwrap();
    for (name, path, more) in [
        ("report", room.bundle(), &["--out", "report.html"][..]),
        ("report", room.record(), &["--text", "--out", "report.txt"]),
        ("verify", room.bundle(), &[]),
        ("verify", room.record(), &["--json"]),
        ("verify", mirror.clone(), &[]),
    ] {
        let mut command = std::process::Command::new(&*program::BINARY);
        let said = program::ran(command.arg(name).arg(&path).args(more).current_dir(&made));
        assert!(said.code <= 1, "{name} {more:?}: {said:?}");
        let file = format!("{name}-{}", more.len() + path.as_os_str().len());
        std::fs::write(made.join(file), format!("{}{}", said.out, said.err)).unwrap();
    }
    for sink in ["made/report.html", "made/report.txt", "mirror/ceremony.jsonl"] {
        assert!(room.dir.path().join(sink).exists(), "{sink} was searched");
    }
    let mut found = Vec::new();
    search(room.dir.path(), &mut found);
    assert!(found.is_empty(), "{found:#?}");
    // The search can find: the answers file itself holds them all.
    std::fs::copy(answers.path(), room.dir.path().join("control")).unwrap();
    search(room.dir.path(), &mut found);
    assert_eq!(found.len(), CANARIES.len(), "{found:#?}");
}

/// A person types; nobody keeps what was typed.
#[cfg(feature = "tui")]
mod typed {
    use portable_pty::CommandBuilder;
    #[cfg(feature = "yubihsm")]
    use yubihsm_sim::{Fault, Rule, codes::command};

    use super::memory::{Canary, family, residue};
    use super::operator::Operator;
    use super::program::{BINARY, Room, SOFTHSM, blank_serials, script};
    use super::spellings;

    const SO_PINS: [Canary; 3] = [
        ("SO PIN of token-a", "wRx7Pq3Kz9VbN4mTe"),
        ("SO PIN of token-b", "hU8dFj6GcY5sLo2Ka"),
        ("SO PIN of token-c", "Bt9nXe4RvQ7iMw3Zy"),
    ];
    const PINS: [Canary; 3] = [
        ("PIN of token-a", "pJ6kWm8DfS3xHg5Uc"),
        ("PIN of token-b", "Ty4bNz7LqE9oRa2Vi"),
        ("PIN of token-c", "gC5hXk3PuM8wJd6Fs"),
    ];
    const PASSPHRASE: Canary = ("passphrase", "Qe7rTz4YuI9oPa3SdFg6");
    const WRONG: Canary = ("wrong PIN", "Lk5jHg8FdS2aMn7BvCx");

    fn all() -> Vec<Canary> {
        let mut all = [SO_PINS, PINS].concat();
        all.extend([PASSPHRASE, WRONG]);
        all
    }

    fn place(room: &Room, args: &[&str]) -> CommandBuilder {
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

    fn sit_down(command: CommandBuilder) -> Operator {
        let mut ada = Operator::start(command, 120, 40);
        for (at, token) in TOKENS.iter().enumerate() {
            let papers = (SO_PINS[at].1.to_owned(), PINS[at].1.to_owned());
            ada.pins.insert((*token).to_owned(), papers);
        }
        let phrase = PASSPHRASE.1.to_owned();
        ada.pins
            .insert("online-file".to_owned(), (phrase.clone(), phrase));
        ada.wrong_pins = vec![WRONG.1.to_owned()];
        ada
    }

    const TOKENS: [&str; 3] = ["token-a", "token-b", "token-c"];

    fn names(token: usize) -> [Canary; 2] {
        [SO_PINS[token], PINS[token]]
    }

    /// Nothing in memory but the secrets of devices that the screen shows as
    /// logged in; nothing at all in arguments, environment and on the screen.
    fn clean(ada: &Operator, at: &str) {
        let screen = ada.text();
        let mut wanted = all();
        for (i, token) in TOKENS.iter().enumerate() {
            if screen
                .lines()
                .any(|l| l.contains(token) && l.contains("LOGGED IN"))
            {
                wanted.retain(|c| *c != names(i)[1]);
            }
        }
        for (name, text) in all() {
            assert!(!screen.contains(text), "{at}: {name} on the screen");
        }
        unnamed(ada, &all(), at);
        forgotten(ada, &wanted, at);
    }

    /// Neither in arguments nor in the environment of any process.
    fn unnamed(ada: &Operator, wanted: &[Canary], at: &str) {
        for (name, text) in wanted {
            for pid in family(ada.pid()) {
                for what in ["cmdline", "environ"] {
                    let bytes = std::fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
                    let there = bytes.windows(text.len()).any(|w| w == text.as_bytes());
                    assert!(!there, "{at}: {name} in {what}");
                }
            }
        }
    }

    /// Not in the memory of any process.
    fn forgotten(ada: &Operator, wanted: &[Canary], at: &str) {
        match residue(ada.pid(), wanted) {
            Some(found) => assert!(found.is_empty(), "{at}: {found:#?}"),
            None => println!("SKIPPED: {at}: /proc/PID/mem may not be read (not root)"),
        }
    }

    /// One answer, and the next question.
    fn answer(ada: &mut Operator) {
        let before = loop {
            if let Some(question) = ada.question() {
                break question;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        ada.answer();
        ada.settle(&before, "Type end");
        ada.wait("the next question", |t| t.lines().any(|l| l.starts_with(" > ")));
    }

    /// From the first device that is set up to the second that is unlocked.
    fn walk(ada: &mut Operator, first: &str) {
        ada.play("SO PIN, new");
        clean(ada, "before any secret");
        let mut seen = (false, false, false);
        for _ in 0..40 {
            let text = ada.text();
            let wrong = text.contains("Wrong PINs");
            let open = text.contains("LOGGED IN");
            let next = text.contains("Unlock token-b:");
            let other = text
                .lines()
                .any(|l| l.contains("Inventory token-b") && l.contains("(step "));
            if wrong && !seen.0 || open && !seen.1 || other || next {
                clean(ada, &format!("{first}: wrong {wrong}, open {open}, next {next}"));
                if open && !seen.1 {
                    // The search can find: a device that is unlocked holds its PIN.
                    let held = residue(ada.pid(), &[PINS[0]]);
                    assert!(held.is_none_or(|found| !found.is_empty() || first != "embedded"));
                }
                seen = (seen.0 || wrong, seen.1 || open, next);
            }
            if next {
                break;
            }
            answer(ada);
        }
        assert_eq!(seen, (true, true, true));
    }

    fn nothing_was_sent(ada: &Operator) {
        let raw = ada.raw.lock().unwrap();
        for (name, text) in all() {
            for needle in spellings(text) {
                let there = raw.windows(needle.len()).any(|w| w == needle);
                assert!(!there, "{name} was sent to the terminal");
            }
        }
    }

    fn nothing_is_on_disk(room: &Room) {
        let mut found = Vec::new();
        for (name, text) in all() {
            super::search_for(room.dir.path(), &[text], &mut found);
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }

    #[test]
    fn typed_secrets_stay_nowhere() {
        let room = Room::new();
        let mut ada = sit_down(place(&room, &["rehearse", "--whole"]));
        walk(&mut ada, "embedded");
        no_core(&ada, &room);
        nothing_was_sent(&ada);
        nothing_is_on_disk(&room);
    }

    #[test]
    fn nor_in_the_worker_of_a_vendor_module() {
        let room = Room::new();
        let Some(conf) = room.softhsm() else { return };
        let text = script("root-keygen-softhsm.toml");
        let mut command = place(&room, &["run", text.to_str().unwrap()]);
        command.args(["--module", &format!("softhsm={SOFTHSM}")]);
        command.env("SOFTHSM2_CONF", &conf);
        let mut ada = sit_down(command);
        for (name, serial) in blank_serials(&conf) {
            ada.serials.insert(format!("token-{name}"), serial);
        }
        // The lab has set the SO PIN.
        for papers in ada.pins.values_mut() {
            "87654321".clone_into(&mut papers.0);
        }
        walk(&mut ada, "worker");
        assert!(family(ada.pid()).len() > 1, "a worker was looked at");
        // A worker that dies with an open device in it leaves nothing behind.
        answer(&mut ada);
        let worker = *family(ada.pid()).last().unwrap();
        let killed = std::process::Command::new("kill")
            .args(["-9", &worker.to_string()])
            .status();
        assert!(killed.is_ok_and(|s| s.success()));
        while std::fs::read(format!("/proc/{worker}/maps")).is_ok_and(|m| !m.is_empty()) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        forgotten(&ada, &all(), "after its worker died");
        nothing_was_sent(&ada);
        nothing_is_on_disk(&room);
    }

    /// Made here, shown once, typed back: after the set-up and the lock nowhere.
    #[cfg(feature = "yubihsm")]
    #[test]
    fn secrets_that_were_shown_stay_nowhere() {
        let room = Room::new();
        let Some(conf) = room.softhsm() else { return };
        let text = script("pypi-mix.toml");
        let mut command = place(&room, &["run", text.to_str().unwrap()]);
        command.args(["--module", &format!("softhsm={SOFTHSM}")]);
        let simulators = [13_200_460, 13_200_461, 13_200_462].map(|serial| {
            let config = yubihsm_sim::Config {
                serial,
                ..yubihsm_sim::Config::default()
            };
            yubihsm_sim::Simulator::start(config).unwrap()
        });
        for simulator in &simulators {
            command.args(["--yubihsm", &format!("http://127.0.0.1:{}", simulator.port())]);
        }
        command.env("SOFTHSM2_CONF", &conf);
        let mut ada = Operator::start(command, 120, 40);
        for (name, serial) in blank_serials(&conf) {
            let token = format!("nitro-{name}");
            ada.pins
                .insert(token.clone(), ("87654321".to_owned(), String::new()));
            ada.serials.insert(token, serial);
        }
        ada.play("From the paper");
        ada.press(super::operator::F5);
        let open = ada.wait_for("write this down");
        let line = open
            .lines()
            .find(|l| l.matches('-').count() >= 3 && l.contains('│'));
        let text = line.unwrap().split('│').nth(1).unwrap().trim().to_owned();
        // The search can find: what is on the screen is in memory.
        let held = residue(ada.pid(), &[("on the screen", Box::leak(text.into_boxed_str()))]);
        assert!(held.is_none_or(|found| !found.is_empty()));
        ada.press(super::operator::ESC);
        ada.wait_for("From the paper");
        ada.play("Unlock yubi-a:");
        assert_eq!(ada.paper.len(), 3);
        gone(&ada, &room, "made, shown, copied");
        // The library that talks to the device panics while a signer is logged in.
        let rule = Rule::at(1, command::SIGN_ECDSA, Fault::Unsealed);
        simulators[0].device().arm(rule);
        ada.play("gave up on an answer");
        assert_eq!(simulators[0].device().struck().len(), 1);
        gone(&ada, &room, "after a panic");
        // Then the other devices; the last one's secrets come from dice.
        ada.play("Generate key root-f on nitro-c   (step");
        assert!(!ada.dice.is_empty() && ada.paper.len() > 9);
        gone(&ada, &room, "made from dice");
        ada.play("Type export");
        gone(&ada, &room, "all signed");
    }

    /// Of all that was made and rolled, nothing is left but what opens a device
    /// that the screen shows as logged in.
    #[cfg(feature = "yubihsm")]
    fn gone(ada: &Operator, room: &Room, at: &str) {
        let screen = ada.text();
        let open = |token: &str| {
            screen
                .lines()
                .any(|l| l.contains(token) && l.contains("LOGGED IN"))
        };
        let mut wanted: Vec<Canary> = Vec::new();
        let mut plant = |name: &str, text: String| {
            if text.len() >= 12 {
                let (name, text) = (name.to_owned().leak(), text.leak());
                wanted.push((name, text));
            }
        };
        for ((token, name), secret) in ada.paper.iter().filter(|((token, _), _)| !open(token)) {
            // As it stood on the screen, and as the device got it.
            plant(&format!("{name} of {token}"), secret.clone());
            plant(&format!("{name} of {token}, plain"), secret.replace('-', ""));
        }
        for rolled in &ada.dice {
            plant("dice", rolled.clone());
        }
        assert!(wanted.len() >= 6, "{at}: {}", wanted.len());
        forgotten(ada, &wanted, at);
        unnamed(ada, &wanted, at);
        for (name, text) in &wanted {
            let mut found = Vec::new();
            super::search_for(room.dir.path(), &[text], &mut found);
            assert!(found.is_empty(), "{at}: {name}: {found:?}");
        }
    }

    /// An abort leaves no core file, even where somebody has raised the limit.
    fn no_core(ada: &Operator, room: &Room) {
        let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", ada.pid())).unwrap();
        let line = limits
            .lines()
            .find(|l| l.starts_with("Max core file size"))
            .unwrap();
        let numbers: Vec<&str> = line.split_whitespace().skip(4).take(2).collect();
        assert_eq!(numbers, ["0", "0"], "{line}");
        let cores = |folder: &std::path::Path| {
            let entries = std::fs::read_dir(folder).unwrap().flatten();
            let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
            names.filter(|n| n.starts_with("core")).count()
        };
        // Whether this system makes core files at all: of a program that allows them.
        let other = tempfile::tempdir().unwrap();
        let _ = std::process::Command::new("sh")
            .args(["-c", "ulimit -c unlimited && kill -ABRT $$"])
            .current_dir(other.path())
            .status();
        let raised = std::process::Command::new("prlimit")
            .args(["--core=unlimited:unlimited", "--pid", &ada.pid().to_string()])
            .stderr(std::process::Stdio::null())
            .status()
            .is_ok_and(|s| s.success());
        if !raised {
            println!("SKIPPED: the limit cannot be raised from outside here; the abort is tried with it");
        }
        if cores(other.path()) == 0 {
            println!(
                "SKIPPED: no core files can be made here (core_pattern {})",
                pattern.trim()
            );
        }
        let killed = std::process::Command::new("sh")
            .args(["-c", &format!("kill -ABRT {}", ada.pid())])
            .status()
            .unwrap();
        assert!(killed.success());
        let gone = || {
            !std::path::Path::new(&format!("/proc/{}/maps", ada.pid())).exists()
                || std::fs::read(format!("/proc/{}/maps", ada.pid()))
                    .unwrap_or_default()
                    .is_empty()
        };
        while !gone() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(cores(room.dir.path()), 0);
    }

    const OLD: Canary = ("old passphrase", "Vn8mKq2ZsX5wEd9RfTg4");

    #[test]
    fn passphrases_of_an_import_stay_nowhere() {
        use tuf_ceremony::base::device::Credential;
        use tuf_ceremony::base::{Id, Secret};
        use tuf_ceremony::signer::file::FileProvider;
        use tuf_ceremony::signer::{Provider, Secrets};
        let room = Room::new();
        let devices = room.dir.path().join("devices");
        let mut files = FileProvider::new(&devices);
        files.create("F-1").unwrap();
        let phrase = Secret::copy_of(PASSPHRASE.1.as_bytes()).unwrap();
        let secrets = Secrets::new().with(Credential::Passphrase, phrase);
        let mut token = files.open("F-1").unwrap();
        let label = Id::parse("keys").unwrap();
        token
            .provisioning()
            .unwrap()
            .initialise(&label, &secrets)
            .unwrap();
        let pem = room.dir.path().join("old.pem");
        let made = std::process::Command::new("openssl")
            .args(["genpkey", "-algorithm", "ed25519", "-aes256", "-pass"])
            .arg(format!("pass:{}", OLD.1))
            .arg("-out")
            .arg(&pem)
            .status()
            .unwrap();
        assert!(made.success());
        let start = || {
            let mut command = CommandBuilder::new(&*BINARY);
            command.args(["import-key", "--token", "F-1", "--name", "targets-a"]);
            command.arg("--devices");
            command.arg(&devices);
            command.arg("--pem");
            command.arg(&pem);
            Operator::start(command, 80, 24)
        };
        for (old, new, code) in [
            (WRONG, PASSPHRASE, 3),
            (OLD, WRONG, 3),
            (OLD, PASSPHRASE, 0),
            (OLD, PASSPHRASE, 2),
        ] {
            let mut ada = start();
            assert!(ada.sent(b"Old passphrase of the key (not shown): "));
            ada.enter(old.1);
            assert!(ada.sent(b"Passphrase of the token (not shown): "));
            ada.enter(new.1);
            assert_eq!(ada.end(), code, "{old:?} {new:?}");
            let raw = ada.raw.lock().unwrap();
            for (name, text) in all().into_iter().chain([OLD]) {
                let there = raw.windows(text.len()).any(|w| w == text.as_bytes());
                assert!(!there, "{name} was echoed");
            }
        }
        let mut ada = start();
        assert!(ada.sent(b"Old passphrase of the key (not shown): "));
        ada.press(super::operator::CTRL_C);
        assert_eq!(ada.end(), 3);
        assert_eq!(files.open("F-1").unwrap().keys().unwrap().len(), 1);
        nothing_is_on_disk(&room);
    }
}
