//! The program is killed while a device works: before the device acted, or
//! after it and before the answer came. The ceremony is resumed, ends with one
//! bundle that verifies, and the tokens hold exactly the planned keys. The
//! killing is done by the module that misbehaves on demand
//! (tests/support/pkcs11-fault); the device behind it is SoftHSM2.
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

use std::path::PathBuf;
use std::process::Command;

use program::{Ran, Room, SOFTHSM, lines, ran, script, verifiers_accept};

/// The calls that change something, and how often a ceremony makes them (more
/// are looked for in vain).
const ACTS: [(&str, usize); 5] = [
    ("C_InitToken", 3),
    ("C_InitPIN", 3),
    ("C_GenerateKeyPair", 6),
    ("C_Login", 40),
    ("C_Sign", 10),
];
/// Key pairs that the script makes.
const KEYS: usize = 6;

fn bad_module() -> Option<PathBuf> {
    let me = std::env::current_exe().unwrap();
    let built = me.parent()?.parent()?.join("libpkcs11_fault.so");
    if built.is_file() {
        return Some(built);
    }
    assert!(
        std::env::var_os("TUF_CEREMONY_REQUIRE_SOFTHSM").is_none_or(|v| v != "1"),
        "cargo build -p pkcs11-fault first"
    );
    println!("SKIPPED: the misbehaving module is not built: cargo build -p pkcs11-fault");
    None
}

struct Lab {
    room: Room,
    conf: PathBuf,
    module: PathBuf,
}

impl Lab {
    fn new(rule: &str) -> Option<Lab> {
        let built = bad_module()?;
        let room = Room::new();
        let conf = room.softhsm()?;
        let place = room.dir.path().join("module");
        std::fs::create_dir(&place).unwrap();
        let module = place.join("pkcs11-fault.so");
        std::fs::copy(built, &module).unwrap();
        std::fs::write(
            place.join("pkcs11-fault.conf"),
            format!("module {SOFTHSM}\n{rule}\n"),
        )
        .unwrap();
        Some(Lab { room, conf, module })
    }

    fn go(&self, command: &mut Command) -> Ran {
        ran(command
            .env("SOFTHSM2_CONF", &self.conf)
            .arg("--answers")
            .arg(script("root-keygen-softhsm.answers.toml"))
            .arg("--module")
            .arg(format!("softhsm={}", self.module.display())))
    }

    fn run(&self) -> Ran {
        self.go(self.room.command("run").arg(script("root-keygen-softhsm.toml")))
    }

    fn resume(&self) -> Ran {
        self.go(&mut self.room.command("resume"))
    }

    /// Key pairs on all tokens: SoftHSM2 keeps each object in a file.
    fn pairs(&self) -> usize {
        let mut objects = 0;
        for token in std::fs::read_dir(self.room.dir.path().join("softhsm")).unwrap() {
            objects += std::fs::read_dir(token.unwrap().path())
                .unwrap()
                .filter(|e| {
                    let name = e.as_ref().unwrap().file_name();
                    let name = name.to_str().unwrap();
                    name.ends_with(".object") && name != "token.object"
                })
                .count();
        }
        assert_eq!(objects % 2, 0, "half a pair");
        objects / 2
    }
}

/// Kills at one call, resumes, and looks at what there is. `None`: the ceremony
/// made fewer calls, and ended.
fn survives(function: &str, nth: usize, point: &str) -> Option<bool> {
    let rule = format!("{function} {nth} {point} kill-both");
    let lab = Lab::new(&rule)?;
    let killed = lab.run();
    if killed.code == 0 {
        return Some(false);
    }
    assert_eq!(killed.code, -1, "{rule}: {}{}", killed.out, killed.err);
    let before = lines(&lab.room.record());
    assert!(
        before.last().unwrap().contains("\"type\":\"intended\"")
            || !before.last().unwrap().contains("\"generated\""),
        "{rule}"
    );
    let resumed = lab.resume();
    assert_eq!(resumed.code, 0, "{rule}: {}{}", resumed.out, resumed.err);
    verifiers_accept(&lab.room.bundle());
    assert_eq!(lab.pairs(), KEYS, "{rule}: no key is lost or doubled");
    let after = lines(&lab.room.record());
    assert_eq!(after[..before.len()], before[..], "{rule}: nothing is taken back");
    let dangling = before.last().unwrap().contains("\"type\":\"intended\"");
    let recovered = after.iter().any(|l| l.contains("\"type\":\"recovered\""));
    assert_eq!(recovered, dangling, "{rule}");
    if function == "C_GenerateKeyPair" && point == "after" {
        assert!(
            after.iter().any(|l| l.contains("\"adopted\":true")),
            "{rule}: the key was there"
        );
    }
    Some(true)
}

/// A cut of the matrix: the first and the last of each kind of act.
#[test]
fn a_ceremony_survives_being_killed_while_a_token_acts() {
    let mut survived = 0;
    for (function, nth) in [
        ("C_InitToken", 1),
        ("C_InitPIN", 3),
        ("C_GenerateKeyPair", 1),
        ("C_GenerateKeyPair", 6),
        ("C_Login", 7),
        ("C_Sign", 1),
        ("C_Sign", 10),
    ] {
        for point in ["before", "after"] {
            let Some(killed) = survives(function, nth, point) else {
                return;
            };
            assert!(killed, "{function} {nth} {point} was never called");
            survived += 1;
        }
    }
    println!("kill-points survived {survived}/14");
}

/// Every act, before and after: `cargo test --test crash -- --ignored --nocapture`.
#[test]
#[ignore = "minutes: the whole matrix, see docs/contributing.md"]
fn a_ceremony_survives_being_killed_at_every_act() {
    let mut survived = 0;
    for (function, most) in ACTS {
        for nth in 1..=most {
            for point in ["before", "after"] {
                match survives(function, nth, point) {
                    None => return,
                    Some(true) => survived += 1,
                    Some(false) => {}
                }
            }
        }
    }
    println!("kill-points survived {survived}/{survived}");
    assert!(
        survived >= 82,
        "{survived}: the ceremony makes more calls than that"
    );
}
