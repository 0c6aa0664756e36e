//! Rotations whose keys stand on tokens of real modules: a first ceremony makes
//! keys on SoftHSM2 tokens (or in a key file, or a simulated YubiHSM 2), and a
//! second one, whose script is written from the first one's bundle, enrols them
//! there by the first one's record, admits a new key and signs root 2. Then
//! everything that must not be enrolled.
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
#[path = "support/rotation.rs"]
mod rotation;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use program::{Ran, Room, SOFTHSM, clients_accept, closed, lines, ran, run, script, verifiers_accept};
use rotation::{Rotation, serial_of};
use tuf_ceremony::base::Digest;

/// The first ceremony, run once; tests work on copies of its tokens.
struct First {
    room: Room,
}

static FIRST: LazyLock<Option<First>> = LazyLock::new(|| {
    let room = Room::new();
    let conf = room.softhsm()?;
    let done = ran(room
        .command("run")
        .env("SOFTHSM2_CONF", conf)
        .arg(script("root-keygen-softhsm.toml"))
        .arg("--answers")
        .arg(script("root-keygen-softhsm.answers.toml"))
        .arg("--module")
        .arg(format!("softhsm={SOFTHSM}")));
    closed(&done);
    Some(First { room })
});

/// The room of a rotation: the tokens of the first ceremony, and a blank one.
struct Lab {
    room: Room,
    conf: PathBuf,
    module: PathBuf,
    rotation: Rotation,
}

impl Lab {
    fn new() -> Option<Lab> {
        let first = FIRST.as_ref()?;
        let room = Room::new();
        let tokens = room.dir.path().join("softhsm");
        copy(&first.room.dir.path().join("softhsm"), &tokens);
        let conf = room.dir.path().join("softhsm2.conf");
        std::fs::write(
            &conf,
            format!(
                "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n",
                tokens.display()
            ),
        )
        .unwrap();
        softhsm(
            &conf,
            &["--init-token", "--free", "--label", "blank-d", "--so-pin", "87654321", "--pin", "99999999"],
        );
        let rotation = Rotation::of(&first.room.bundle(), "pkcs11\"\nmodule = \"softhsm");
        Some(Lab {
            room,
            conf,
            module: PathBuf::from(SOFTHSM),
            rotation,
        })
    }

    /// The same, behind the module that misbehaves as the rule says.
    fn faulty(rule: &str) -> Option<Lab> {
        let me = std::env::current_exe().unwrap();
        let built = me.parent()?.parent()?.join("libpkcs11_fault.so");
        if !built.is_file() {
            println!("SKIPPED: the misbehaving module is not built: cargo build -p pkcs11-fault");
            return None;
        }
        let mut lab = Lab::new()?;
        let place = lab.room.dir.path().join("module");
        std::fs::create_dir(&place).unwrap();
        lab.module = place.join("pkcs11-fault.so");
        std::fs::copy(built, &lab.module).unwrap();
        lab.rule(rule);
        Some(lab)
    }

    fn rule(&self, rule: &str) {
        let path = self.module.with_extension("conf");
        std::fs::write(path, format!("module {SOFTHSM}\n{rule}\n")).unwrap();
    }

    /// How often a function of the module was called, over every process.
    fn calls(&self, function: &str) -> usize {
        let log = std::fs::read_to_string(self.module.with_extension("log")).unwrap_or_default();
        let mark = format!(" {function} ");
        log.lines()
            .filter(|l| l.contains(&mark) && l.ends_with(" enter"))
            .count()
    }

    fn go(&self, verb: &str, answers: &str) -> Ran {
        let mut command = self.room.command(verb);
        if verb == "run" {
            command.arg(self.rotation.write(self.room.dir.path()));
        }
        let path = self.room.dir.path().join("answers.toml");
        std::fs::write(&path, answers).unwrap();
        ran(command
            .env("SOFTHSM2_CONF", &self.conf)
            .arg("--answers")
            .arg(path)
            .arg("--module")
            .arg(format!("softhsm={}", self.module.display())))
    }

    fn run(&self) -> Ran {
        self.go("run", &self.answers())
    }

    fn answers(&self) -> String {
        let mut text = rotation::ANSWERS.to_owned();
        for letter in ["a", "b"] {
            text += &format!(
                "\n[[token]]\nid = \"token-{letter}\"\nserial = \"{}\"\npin = \"12345678\"\n",
                serial_of(&self.rotation.record, &format!("token-{letter}"))
            );
        }
        text + "\n[[token]]\nid = \"token-d\"\nlabel = \"blank-d\"\nso_pin = \"87654321\"\npin = \"12345678\"\n"
    }

    fn of_kind(&self, kind: &str) -> Vec<String> {
        let kind = format!("\"type\":\"{kind}\"");
        let lines = lines(&self.room.record());
        lines.into_iter().filter(|l| l.contains(&kind)).collect()
    }

    /// It stopped, before any signature, and the record says why.
    fn stopped(&self, got: &Ran, says: &str) {
        assert!(got.code == 4 || got.code == 3, "{}{}", got.out, got.err);
        let record = lines(&self.room.record()).join("\n");
        assert!(record.contains(says) || got.err.contains(says), "{says}: {}\n{record}", got.err);
        assert!(self.of_kind("signed").is_empty(), "{says}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &name);
        } else {
            std::fs::copy(&path, &name).unwrap();
        }
    }
}

fn softhsm(conf: &Path, args: &[&str]) {
    let status = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", conf)
        .args(args)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_rotation_enrols_on_the_tokens_of_the_first_ceremony() {
    let Some(lab) = Lab::new() else { return };
    let done = lab.run();
    if done.code != 0 {
        println!("{}", lines(&lab.room.record()).join("\n"));
    }
    closed(&done);
    let bundle = lab.room.bundle();
    verifiers_accept(&bundle);
    let enrolled: Vec<String> = lab
        .of_kind("key")
        .into_iter()
        .filter(|l| l.contains("\"enrolled\":true"))
        .collect();
    assert_eq!(enrolled.len(), 2);
    let whole = lab.rotation.published(&bundle, lab.room.dir.path());
    clients_accept(&whole, lab.room.dir.path(), true);
    // The record that vouched leaves with the bundle, by its digest.
    let named = Digest::of(&lab.rotation.record);
    assert!(bundle.join(format!("blobs/{named}")).is_file());
}
