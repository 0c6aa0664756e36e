//! How fast a record is judged: `cargo bench --bench record`, or one of
//!
//! ```text
//! record chain     chain, canonical form and Merkle root over 1,000,000 lines that are made as they are read
//! record replay    20,000 lines, re-executed by the engine, and judged whole
//! record python    the same bundle by verify.py, as a process of its own
//! ```
//!
//! with `cargo bench --no-default-features --bench record -- chain`. The peak of
//! memory is printed after `chain`, which keeps no line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../tests/support/rehearsal.rs"]
mod rehearsal;

use std::process::Command;
use std::time::{Duration, Instant};

use rehearsal::{Room, script_small, write};
use tuf_ceremony::audit;
use tuf_ceremony::engine::{self, Deviation, Expect, InputKind, expects};
use tuf_ceremony::transcript::{Kind, Record, Walk, Writer, read};

const LINES: u64 = 1_000_000;
/// Lines that are made before they are judged: only the judging is timed.
const AT_A_TIME: u64 = 1_000;
const REPLAYED: u64 = 20_000;
const TURNS: usize = 5;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|w| w != "--bench").collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|w| w == name);
    if wanted("chain") {
        chain();
    }
    if wanted("replay") || wanted("python") {
        let room = long();
        if wanted("replay") {
            replay(&room);
        }
        if wanted("python") {
            python(&room);
        }
    }
}

/// The lines of a rehearsal's own kinds and sizes, over and over.
fn chain() {
    let room = Room::closed(&script_small());
    let made = read(&room.record);
    let open = made.lines[0].0.record.clone();
    let rest: Vec<Record> = made.lines[1..]
        .iter()
        .map(|(line, _)| line.record.clone())
        .filter(|record| record.kind != Kind::Close)
        .collect();
    let mut writer = Writer::new();
    let mut walk = Walk::new();
    let mut problems = Vec::new();
    let mut at = made.lines[0].0.at;
    let boot = &made.lines[0].0.boot;
    let (mut took, mut bytes) = (Duration::ZERO, 0usize);
    let mut batch: Vec<String> = Vec::new();
    while writer.seq() < LINES {
        batch.clear();
        for _ in 0..AT_A_TIME {
            let seq = writer.seq();
            let which = usize::try_from(seq).unwrap() % rest.len();
            let record = if seq == 0 { &open } else { &rest[which] };
            at.mono_ms += 1;
            batch.push(writer.next(record, boot, at).unwrap());
        }
        let start = Instant::now();
        for line in &batch {
            let line = walk.line(line.as_bytes(), &mut problems);
            assert!(line.is_some());
        }
        took += start.elapsed();
        bytes += batch.iter().map(|l| l.len() + 1).sum::<usize>();
    }
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((walk.tree().size(), walk.head()), (LINES, writer.head()));
    println!(
        "chain: {LINES} lines, {:.0} MB ({} bytes a line): {:.2} s, {:.0} MB/s on one core; peak memory {}",
        bytes as f64 / 1e6,
        bytes / usize::try_from(LINES).unwrap(),
        took.as_secs_f64(),
        bytes as f64 / 1e6 / took.as_secs_f64(),
        peak()
    );
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    line.map_or("unknown".to_owned(), |l| l[6..].trim().to_owned())
}

/// A closed ceremony with notes up to the number of lines, before the last
/// question: each gate but the last few stands in the first hundred lines.
fn long() -> Room {
    let mut room = Room::new(&script_small());
    let half = Room::closed(&script_small()).tree.size() / 2;
    while room.go_on() {
        let asked = matches!(expects(&room.state), Expect::Answer(_));
        while asked && room.tree.size() > half && room.tree.size() < REPLAYED {
            let say = |text: &str| format!("{text}, number {}", room.tree.size());
            let note = Deviation {
                expected: say("what the script expected to happen at this step of the ceremony"),
                happened: say("what happened in the room instead, in a person's own words"),
                decided: say("what was decided about it"),
                by: "officer 1".to_owned(),
            };
            room.feed(InputKind::Note(note)).unwrap();
        }
    }
    assert!(room.tree.size() >= REPLAYED);
    room
}

fn replay(room: &Room) {
    let chain = read(&room.record);
    let lines: Vec<_> = chain.lines.iter().map(|(line, _)| line.clone()).collect();
    let signed = lines.iter().filter(|l| l.record.kind == Kind::Signed).count();
    let files = room.files();
    let (mut took, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let start = Instant::now();
        engine::replay(&room.plan, &lines, |_, _, _| {}).unwrap();
        took.push(start.elapsed());
        let start = Instant::now();
        assert!(audit::judge(&files, &audit::Options::default()).good());
        whole.push(start.elapsed());
    }
    println!(
        "replay: {} lines ({:.1} MB, {signed} signatures): {}; the whole judgement {}",
        lines.len(),
        room.record.len() as f64 / 1e6,
        figures(took),
        figures(whole)
    );
}

fn figures(mut took: Vec<Duration>) -> String {
    took.sort();
    let [median, slowest] = [took[took.len() / 2], took[took.len() - 1]].map(|d| d.as_secs_f64());
    format!("median {median:.2} s, slowest {slowest:.2} s of {}", took.len())
}

fn python(room: &Room) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &room.bundle());
    let mut took = Vec::new();
    for _ in 0..TURNS {
        let start = Instant::now();
        let out = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bundle/verify.py"))
            .arg(folder.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        took.push(start.elapsed());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    }
    println!("verify.py: {} lines: {}", room.tree.size(), figures(took));
}
