//! What a frame costs: time with a very long review open, and bytes on a slow
//! serial line. The figures are for docs/performance.md; what is asserted is that
//! work and bytes do not grow with what is out of sight.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use tuf_ceremony::engine::Question;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::model::Extra;
use tuf_ceremony::ui::screens::reading::Reading;
use tuf_ceremony::ui::{Event, Model, draw, update};

use crate::show::{LARGE, SMALL, model, press, questions};
use crate::stage::Stage;

/// Counts what a terminal would be sent.
#[derive(Clone, Default)]
struct Line(Arc<Mutex<Vec<u8>>>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A model on a serial line.
struct Serial {
    line: Line,
    terminal: Terminal<CrosstermBackend<Line>>,
    model: Model,
}

impl Serial {
    fn open(model: Model) -> Serial {
        let line = Line::default();
        let area = Rect::new(0, 0, model.size.0, model.size.1);
        let options = TerminalOptions {
            viewport: Viewport::Fixed(area),
        };
        let terminal = Terminal::with_options(CrosstermBackend::new(line.clone()), options).unwrap();
        Serial {
            line,
            terminal,
            model,
        }
    }

    /// Bytes of the next frame.
    fn frame(&mut self) -> usize {
        let before = self.line.0.lock().unwrap().len();
        let model = &self.model;
        self.terminal.draw(|frame| draw(model, frame)).unwrap();
        self.line.0.lock().unwrap().len() - before
    }

    fn key(&mut self, intent: Intent) -> usize {
        press(&mut self.model, intent);
        self.frame()
    }
}

fn at(name: &str) -> Stage {
    questions().into_iter().find(|(n, _)| *n == name).unwrap().1
}

/// A review of so many lines.
fn review(size: (u16, u16), lines: usize) -> Model {
    let stage = at("review");
    assert!(matches!(stage.question(), Question::Review { .. }));
    let mut model = model(&stage, size);
    let text = |n: usize| format!("  path packages/{n}/file-{n}.tar.gz length {n} sha256 {n:064x}");
    let lines: Vec<String> = (0..lines).map(text).collect();
    model.local.extra = Extra::Review(Box::new(Reading::new(&lines, "{}")));
    update(&mut model, Event::Resize(size.0, size.1));
    model
}

#[test]
fn a_key_sends_only_the_cells_that_it_changed() {
    for size in [SMALL, LARGE] {
        let mut roll = Serial::open(model(&at("seat"), size));
        let first = roll.frame();
        let idle = roll.frame();
        let typed: Vec<usize> = "Olga Example"
            .chars()
            .map(|c| roll.key(Intent::Char(c)))
            .collect();
        let mut pin = Serial::open(model(&at("pin"), size));
        pin.frame();
        let begun = pin.key(Intent::Char('1'));
        let more: Vec<usize> = "23456".chars().map(|c| pin.key(Intent::Char(c))).collect();
        let mut long = Serial::open(review(size, 100_000));
        long.frame();
        let down: Vec<usize> = (0..20).map(|_| long.key(Intent::Down)).collect();
        let page: Vec<usize> = (0..20).map(|_| long.key(Intent::PageDown)).collect();
        let most = |list: &[usize]| *list.iter().max().unwrap();
        let milliseconds = |bytes: usize| bytes * 1000 / 11_520;
        println!(
            "{size:?}: first frame {first} bytes ({} ms at 115200 baud), idle {idle}; roll call key {}; PIN \
             first key {begun}, then {}; review line {} ({} ms), page {} ({} ms)",
            milliseconds(first),
            most(&typed),
            most(&more),
            most(&down),
            milliseconds(most(&down)),
            most(&page),
            milliseconds(most(&page)),
        );
        // The cells of a letter and of the cursor, and one sequence that ends a frame.
        assert!(most(&typed) <= 80, "{typed:?}");
        // A PIN's length must not be told by how much is sent, either.
        assert!(more.iter().all(|n| *n == idle), "{more:?} {idle}");
        assert!(idle <= 40, "{idle}");
        // No more than the body itself, whatever is out of sight.
        assert!(most(&page) < first * 3);
    }
}

#[test]
#[ignore = "wall clock: run it by hand in release, on an idle machine"]
fn times_of_a_long_review() {
    for lines in [1_000, 100_000] {
        let start = std::time::Instant::now();
        let mut long = Serial::open(review(LARGE, lines));
        let opened = start.elapsed();
        long.frame();
        let mut times = Vec::new();
        for i in 0..200 {
            let intent = match i % 3 {
                0 => Intent::PageDown,
                1 => Intent::Down,
                _ => Intent::Char('r'),
            };
            let start = std::time::Instant::now();
            long.key(intent);
            times.push(start.elapsed());
        }
        times.sort();
        println!(
            "{lines} lines at 120x40: opened in {opened:?}, key to frame median {:?}, slowest {:?}",
            times[100], times[199]
        );
    }
}
