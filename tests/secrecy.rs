//! A canary PIN goes through a whole ceremony; then every sink is searched for
//! it, raw and in hexadecimal and base64: record, bundle, device folders,
//! output, and the program's own dumps of its state. Typed at a terminal, the
//! canaries are looked for in the screen's bytes, in the processes' arguments
//! and environment, and in their memory, too.
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
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, found);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for canary in CANARIES {
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
    let done = room.run(&script("root-keygen.toml"), answers.path());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    for canary in CANARIES {
        assert!(!done.out.contains(canary) && !done.err.contains(canary));
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

    use super::memory::{Canary, family, residue};
    use super::operator::Operator;
    use super::program::{BINARY, Room};
    use super::{search, spellings};

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

    fn sit_down(room: &Room) -> Operator {
        let mut command = CommandBuilder::new(&*BINARY);
        command.args(["rehearse", "--record"]);
        command.arg(room.record());
        command.arg("--media");
        command.arg(room.media());
        command.cwd(room.dir.path());
        command.env("TERM", "xterm");
        let mut ada = Operator::start(command, 120, 40);
        for (at, token) in ["token-a", "token-b", "token-c"].iter().enumerate() {
            let papers = (SO_PINS[at].1.to_owned(), PINS[at].1.to_owned());
            ada.pins.insert((*token).to_owned(), papers);
        }
        let phrase = PASSPHRASE.1.to_owned();
        ada.pins
            .insert("online-file".to_owned(), (phrase.clone(), phrase));
        ada
    }

    fn clean(ada: &Operator, at: &str, except: &[Canary]) {
        for pid in family(ada.pid()) {
            for what in ["cmdline", "environ"] {
                let bytes = std::fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
                for (name, text) in all() {
                    let there = bytes.windows(text.len()).any(|w| w == text.as_bytes());
                    assert!(!there, "{at}: {name} in {what}");
                }
            }
        }
        let wanted: Vec<Canary> = all().into_iter().filter(|c| !except.contains(c)).collect();
        match residue(ada.pid(), &wanted) {
            Some(found) => println!("{at}: {found:#?}"),
            None => println!("SKIPPED: {at}: /proc/PID/mem may not be read (not root)"),
        }
    }

    #[test]
    fn no_secret_stays_anywhere() {
        let room = Room::new();
        let mut ada = sit_down(&room);
        ada.wait_for(" > ");
        ada.wrong_pins = vec![WRONG.1.to_owned()];
        while !ada.text().contains("Type end") {
            let t = ada.text();
            for l in t.lines().filter(|l| l.contains("unlocked") || l.contains("(step") || l.starts_with(" > ")) { println!("   {l}"); }
            let start = std::time::Instant::now();
            clean(&ada, "loop", &[]);
            println!("{:?}", start.elapsed());
            let before = ada.question().unwrap();
            ada.answer();
            ada.settle(&before, "Type end");
            ada.wait("the next question", |t| t.lines().any(|l| l.starts_with(" > ")));
        }
        clean(&ada, "at the end", &[]);
        let _ = (search, spellings);
    }
}
