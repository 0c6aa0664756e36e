//! Media that are really mounted, in a mount namespace of their own: an export
//! counts only after the media was away and came back with the same bytes. A
//! bind mount stands in for a stick; no machine of a test has a removable one.
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

#[path = "support/program.rs"]
mod program;

use std::path::{Path, PathBuf};
use std::process::Command;

use program::{BINARY, Ran, Room, lines, ran, script, verifiers_accept};

/// A room whose media folder is mounted from a stick for each run alone.
struct Lab {
    room: Room,
    stick: PathBuf,
}

impl Lab {
    fn new() -> Option<Lab> {
        let allowed = Command::new("unshare")
            .args(["-m", "true"])
            .status()
            .is_ok_and(|s| s.success());
        if !allowed {
            println!("SKIPPED: this user may not make a mount namespace");
            return None;
        }
        let room = Room::new();
        let stick = room.dir.path().join("stick");
        std::fs::create_dir(&stick).unwrap();
        Some(Lab { room, stick })
    }

    /// One run of the program; the mount goes away with its namespace.
    fn go(&self, verb: &[&str]) -> Ran {
        let text = "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"";
        ran(Command::new("unshare")
            .args(["-m", "sh", "-c", text, "sh"])
            .arg(&self.stick)
            .arg(self.room.media())
            .arg(&*BINARY)
            .args(verb)
            .arg("--record")
            .arg(self.room.record())
            .arg("--media")
            .arg(self.room.media())
            .arg("--answers")
            .arg(script("root-keygen.answers.toml")))
    }

    fn resume(&self) -> Ran {
        self.go(&["resume"])
    }

    fn on_stick(&self) -> PathBuf {
        let mut found = std::fs::read_dir(&self.stick).unwrap();
        let one = found.next().unwrap().unwrap().path();
        assert!(found.next().is_none());
        one
    }

    fn exported(&self) -> Vec<String> {
        let all = lines(&self.room.record());
        all.into_iter()
            .filter(|l| l.contains("\"type\":\"exported\""))
            .collect()
    }
}

fn trouble(ran: &Ran, says: &str) {
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(says), "{}", ran.err);
}

#[test]
fn an_export_counts_only_after_the_media_was_away() {
    let Some(lab) = Lab::new() else { return };
    let asked = script("root-keygen.toml");
    let first = lab.go(&["run", asked.to_str().unwrap()]);
    trouble(&first, "it was not taken out");
    assert_eq!(lab.exported(), Vec::<String>::new());
    assert!(part(&lab.on_stick()));

    // Somebody changed a byte while the stick was away: the export begins anew.
    let root = lab.on_stick().join("metadata/1.root.json");
    let mut bytes = std::fs::read(&root).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&root, &bytes).unwrap();
    trouble(
        &lab.resume(),
        "does not hold what was written: metadata/1.root.json",
    );
    assert_eq!(lab.exported(), Vec::<String>::new());
    trouble(&lab.resume(), "it was not taken out");

    // Away and back, and a new run of the program, which cannot tell the mounts apart.
    let last = lab.resume();
    assert_eq!(last.code, 0, "{}{}", last.out, last.err);
    assert!(
        last.out.contains("NOT SAFE TO REMOVE yet: unmount"),
        "{}",
        last.out
    );
    let exported = lab.exported();
    assert_eq!(exported.len(), 1);
    assert!(
        exported[0].contains("\"mounted\":\"not-told\""),
        "{}",
        exported[0]
    );
    assert!(
        exported[0].contains("\"released\":\"by-hand\""),
        "{}",
        exported[0]
    );
    assert!(!part(&lab.on_stick()));
    verifiers_accept(&lab.on_stick());
}

fn part(folder: &Path) -> bool {
    folder.extension().is_some_and(|e| e == "part")
}

/// A folder of this machine is no media: said, recorded, and nobody is told to
/// take anything out.
#[test]
fn a_folder_is_recorded_as_one() {
    let room = Room::new();
    let ran = room.run(&script("root-keygen.toml"), &script("root-keygen.answers.toml"));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("in a folder of this machine"), "{}", ran.out);
    let exported: Vec<String> = lines(&room.record())
        .into_iter()
        .filter(|l| l.contains("\"type\":\"exported\""))
        .collect();
    assert!(exported[0].contains("\"mounted\":\"folder\""), "{}", exported[0]);
    verifiers_accept(&room.bundle());
}

/// A stick without room is found before anything is written to it.
#[test]
fn a_full_stick_is_left_as_it_was() {
    let Some(lab) = Lab::new() else { return };
    let text = "mount -t tmpfs -o size=1m tmpfs \"$1\" && shift && exec \"$@\"";
    let ran = ran(Command::new("unshare")
        .args(["-m", "sh", "-c", text, "sh"])
        .arg(lab.room.media())
        .arg(&*BINARY)
        .arg("run")
        .arg(script("root-keygen.toml"))
        .arg("--record")
        .arg(lab.room.record())
        .arg("--media")
        .arg(lab.room.media())
        .arg("--answers")
        .arg(script("root-keygen.answers.toml")));
    trouble(&ran, "are needed");
    assert_eq!(std::fs::read_dir(&lab.stick).unwrap().count(), 0);
}
