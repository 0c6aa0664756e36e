//! How long it takes to go on with a long record: `cargo bench --bench resume`
//! makes one of 20,000 lines in two copies on a real disk, resumes it eleven
//! times and prints the median (facts 7: under 3 s).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../tests/support/power.rs"]
mod power;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tuf_ceremony::base::Stamp;
use tuf_ceremony::engine::{self, Deviation, Input, InputKind};
use tuf_ceremony::runner::{self, Cmd, Ports, Resumed, SystemClock};
use tuf_ceremony::store::Real;
use tuf_ceremony::transcript::{Writer, read};

const LINES: u64 = 20_000;
const TURNS: usize = 11;

fn main() {
    let room = tempfile::tempdir().unwrap();
    let (record, mirror) = (room.path().join("record"), room.path().join("mirror"));
    make(&record);
    let mut took = Vec::new();
    for _ in 0..TURNS {
        let start = Instant::now();
        let resumed = runner::resume(&record, ports(&mirror), &power::drill()).unwrap();
        took.push(start.elapsed());
        let Resumed::Running(running) = resumed else {
            panic!("closed")
        };
        let (handle, msgs, first, threads) = running.split();
        assert!(first.records > LINES);
        handle.say(Cmd::Pause {
            why: "measured".to_owned(),
        });
        drop((handle, msgs));
        threads.finish();
    }
    took.sort();
    let bytes = std::fs::metadata(record.join("ceremony.jsonl")).unwrap().len();
    println!(
        "resume {LINES} lines ({:.1} MB) in two copies: median {:.2} s, slowest {:.2} s of {TURNS}",
        bytes as f64 / 1e6,
        took[TURNS / 2].as_secs_f64(),
        took[TURNS - 1].as_secs_f64(),
    );
}

fn ports(mirror: &Path) -> Ports {
    Ports {
        bench: Default::default(),
        disk: Arc::new(Real),
        mirror: Some(PathBuf::from(mirror)),
        media: None,
        clock: Box::new(SystemClock),
        machine: Box::new(tuf_ceremony::runner::System::new()),
    }
}

/// A ceremony with its keys made and its files signed, stopped before the close,
/// with notes up to the number of lines.
fn make(record: &Path) {
    let world = power::World::new(None);
    world.run().unwrap();
    let files = world.disk.files();
    let bytes = &files[&format!("{}/ceremony.jsonl", power::RECORD)];
    let text = String::from_utf8(bytes.clone()).unwrap();
    let end = text
        .lines()
        .position(|l| l.contains("\"type\":\"intended\"") && l.contains("\"export\""))
        .unwrap();
    // Up to the answer that ordered the export: an open ceremony.
    let mut text = text.lines().take(end - 1).collect::<Vec<_>>().join("\n") + "\n";
    let chain = read(text.as_bytes());
    let plan = power::plan();
    let lines: Vec<_> = chain.lines.iter().map(|(line, _)| line.clone()).collect();
    let mut state = engine::replay(&plan, &lines, |_, _, _| {}).unwrap();
    let mut writer = Writer::after(&chain).unwrap();
    let mut at: Stamp = state.last.unwrap();
    while writer.seq() < LINES {
        at.mono_ms += 1;
        let say = |text: &str| format!("{text}, number {}", writer.seq());
        let input = Input {
            at,
            kind: InputKind::Note(Deviation {
                expected: say("what the script expected to happen at this step of the ceremony"),
                happened: say("what happened in the room instead, in a person's own words"),
                decided: say("what was decided about it"),
                by: "Olga and Otto".to_owned(),
            }),
        };
        let transition = engine::step(&plan, &state, &input).unwrap();
        for made in &transition.records {
            text += &writer.next(made, &transition.state.boot, at).unwrap();
            text.push('\n');
        }
        state = transition.state;
    }
    std::fs::create_dir_all(record.join("blobs")).unwrap();
    std::fs::write(record.join("ceremony.jsonl"), text).unwrap();
    for (path, bytes) in files {
        let Some(path) = path.strip_prefix(&format!("{}/", power::RECORD)) else {
            continue;
        };
        if path == "script.toml" || path.starts_with("blobs/") {
            std::fs::write(record.join(path), bytes).unwrap();
        }
    }
}
