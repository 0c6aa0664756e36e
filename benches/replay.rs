//! How long a review of a long record takes to open, and to step backwards in:
//! `cargo bench --bench replay` makes a record of 20,000 lines in memory, then
//! prints what a person would wait for. A step is a key and its frame.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../tests/support/rehearsal.rs"]
mod rehearsal;

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rehearsal::{Room, script_complete};
use tuf_ceremony::bundle::Files;
use tuf_ceremony::cli::told;
use tuf_ceremony::engine::{Deviation, InputKind};
use tuf_ceremony::ui::Theme;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::replay::{Desk, draw};

const LINES: u64 = 20_000;
const SIZE: (u16, u16) = (120, 40);

fn main() {
    let files = make();
    let bytes = files.get("ceremony.jsonl").unwrap().len();
    let start = Instant::now();
    let past = told::past("FOLDER".to_owned(), &files).unwrap();
    let judged = start.elapsed();
    let mut desk = Desk::new(past, SIZE, Theme::Colour).unwrap();
    let opened = start.elapsed();
    println!(
        "open {LINES} lines ({:.1} MB), {} screens: {:.2} s, of which {:.2} s to judge; {} states kept",
        bytes as f64 / 1e6,
        desk.screens(),
        opened.as_secs_f64(),
        judged.as_secs_f64(),
        desk.states().0,
    );
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    let mut key = |desk: &mut Desk, intent| {
        let start = Instant::now();
        desk.on(intent);
        terminal.draw(|frame| draw(desk, frame)).unwrap();
        start.elapsed()
    };
    let first = key(&mut desk, Intent::Bottom);
    println!("to the last screen: {}", ms(first));
    let mut steps: Vec<Duration> = (0..2_000).map(|_| key(&mut desk, Intent::Left)).collect();
    steps.sort();
    println!(
        "a step back: median {}, slowest {} of {}",
        ms(steps[steps.len() / 2]),
        ms(*steps.last().unwrap()),
        steps.len()
    );
    let mut steps: Vec<Duration> = (0..2_000).map(|_| key(&mut desk, Intent::Right)).collect();
    steps.sort();
    println!(
        "a step on: median {}, slowest {}",
        ms(steps[1_000]),
        ms(*steps.last().unwrap())
    );
    key(&mut desk, Intent::Char('/'));
    for c in "no such text anywhere".chars() {
        key(&mut desk, Intent::Char(c));
    }
    println!(
        "a search that finds nothing: {}",
        ms(key(&mut desk, Intent::Enter))
    );
    key(&mut desk, Intent::Back);
    println!(
        "the list of every record: {}",
        ms(key(&mut desk, Intent::Char('l')))
    );
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// A ceremony with its files signed, and then notes up to the number of lines.
fn make() -> Files {
    let mut room = Room::new(&script_complete());
    room.go_until(|s| s.files.len() == 4 && s.files.values().all(|f| f.complete));
    while room.writer.seq() < LINES {
        let say = |text: &str| format!("{text}, number {}", room.writer.seq());
        let note = Deviation {
            expected: say("what the script expected to happen at this step of the ceremony"),
            happened: say("what happened in the room instead, in a person's own words"),
            decided: say("what was decided about it"),
            by: "Olga and Otto".to_owned(),
        };
        room.feed(InputKind::Note(note)).unwrap();
    }
    Files::from_map(room.folder())
}
