//! Ceremony after ceremony: nothing may be left behind. In one process, the real
//! runner with its threads over a disk in memory: no thread, no open file and no
//! growing memory. With the shipped binary and SoftHSM2 behind worker processes:
//! no process that outlives its ceremony, nothing in the folder for temporary
//! files. A few run always, a hundred with `--ignored` (docs/contributing.md).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and figures must be visible"
)]
#![cfg(feature = "pkcs11")]

#[path = "support/power.rs"]
mod power;
#[path = "support/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use power::World;
use program::{Room, SOFTHSM, closed, ran, script, verifiers_accept};
use tuf_ceremony::headless::Ending;

/// Ceremonies of the whole soak.
const MANY: usize = 100;
/// After so many, whatever is made once has been made.
const WARM: usize = 3;
/// Growth from the warm state to the end that is no leak, in KiB: the allocator's own.
const SLACK_KIB: u64 = 4096;

/// What this process holds: threads, open files, resident memory in KiB.
fn held() -> (usize, usize, u64) {
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    let kib = resident.split_whitespace().next().unwrap().parse().unwrap();
    (count("/proc/self/task"), count("/proc/self/fd"), kib)
}

fn in_one_process(ceremonies: usize) {
    let once = || {
        let world = World::new(Some(power::MIRROR));
        assert!(matches!(world.run(), Ok(Ending::Closed { .. })));
    };
    for _ in 0..WARM {
        once();
    }
    let before = held();
    for _ in 0..ceremonies {
        once();
    }
    // A thread that has said its last word may still be on its way out.
    let settled = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        held().0 <= before.0
    });
    let after = held();
    println!(
        "soak: {ceremonies} ceremonies in one process; threads, files, KiB: {before:?} before, {after:?} after"
    );
    assert!(settled, "threads are left: {before:?} {after:?}");
    assert!(after.1 <= before.1, "files are left open: {before:?} {after:?}");
    assert!(
        after.2 <= before.2 + SLACK_KIB,
        "memory grows: {before:?} {after:?}"
    );
}

/// Processes whose environment has this mark.
fn marked(mark: &str) -> Vec<PathBuf> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let has = |folder: &Path| {
        std::fs::read(folder.join("environ")).is_ok_and(|environ| {
            environ
                .split(|b| *b == 0)
                .any(|variable| variable == mark.as_bytes())
        })
    };
    processes.map(|e| e.path()).filter(|p| has(p)).collect()
}

fn of_the_binary(ceremonies: usize) {
    let temporary = tempfile::tempdir().unwrap();
    for number in 0..ceremonies {
        let room = Room::new();
        let Some(conf) = room.softhsm() else { return };
        let mark = format!("{}-{number}", room.dir.path().display());
        let mut command = room.command("run");
        command
            .env("SOFTHSM2_CONF", &conf)
            .env("TMPDIR", temporary.path())
            .env("TUF_CEREMONY_TEST_MARK", &mark)
            .arg(script("root-keygen-softhsm.toml"))
            .arg("--answers")
            .arg(script("root-keygen-softhsm.answers.toml"))
            .arg("--module")
            .arg(format!("softhsm={SOFTHSM}"));
        closed(&ran(&mut command));
        let left = marked(&format!("TUF_CEREMONY_TEST_MARK={mark}"));
        assert!(left.is_empty(), "ceremony {number}: processes are left: {left:?}");
        let files: Vec<_> = std::fs::read_dir(temporary.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert!(files.is_empty(), "ceremony {number}: files are left: {files:?}");
        if number + 1 == ceremonies {
            verifiers_accept(&room.bundle());
        }
    }
    println!("soak: {ceremonies} ceremonies on three SoftHSM2 tokens each, nothing left behind");
}

#[test]
fn a_few_ceremonies_leave_nothing_behind() {
    in_one_process(5);
    of_the_binary(2);
}

/// `cargo test --release --test soak -- --ignored --nocapture`
#[test]
#[ignore = "minutes: a hundred ceremonies of each kind, see docs/contributing.md"]
fn a_hundred_ceremonies_leave_nothing_behind() {
    in_one_process(MANY);
    of_the_binary(MANY);
}
