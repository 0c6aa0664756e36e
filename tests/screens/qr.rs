//! QR codes and the glossary: as they look, and that a camera reads from the
//! cells what the code is said to hold.

use std::io::Write;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use tuf_ceremony::engine::{Confirm, Question};
use tuf_ceremony::plan::glossary::{GLOSSARY as TERMS, ON_PAPER};
use tuf_ceremony::runner::{Msg, Snapshot};
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::modals::qr::subjects;
use tuf_ceremony::ui::{Event, Model, Theme, draw, update};

use crate::show::{
    LARGE, SMALL, cells, confirm, golden, in_every_theme, model, press, questions, screen, shot, type_in,
};
use crate::stage::Stage;

const HUGE: (u16, u16) = (160, 50);

const NOTE: &str = "example/vienna/0f6bb25e0ce0a0b3de0d9d9b6f4c3d1f3a0a6c5b9b7f2d1e8c4a5b6d7e8f9a0b\n152\n\
    q0p1yV3kXo6h0Vq2bQ5mV7t8u9w0xAyBzC1dE2fG3hI=\n\n\
    \u{2014} example/vienna/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

/// The newest checkpoint, as a run would have it.
fn with_note(stage: &Stage) -> Arc<Snapshot> {
    let seen = stage.snapshot();
    Arc::new(Snapshot {
        note: Some(Arc::from(NOTE)),
        ..(*seen).clone()
    })
}

fn open(stage: &Stage, size: (u16, u16), times: usize) -> Model {
    let mut model = model(stage, size);
    update(&mut model, Event::Engine(Msg::Snapshot(with_note(stage))));
    for _ in 0..times {
        press(&mut model, Intent::Qr);
    }
    model
}

fn signing() -> Stage {
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Sign));
    stage
}

/// Light and dark as a screen shows them: two points a cell, one above the other.
/// Cells that are no part of the code are dark.
fn points(buffer: &Buffer, size: (u16, u16)) -> Vec<Vec<bool>> {
    let mut out = Vec::new();
    for y in 0..size.1 {
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        for x in 0..size.0 {
            let cell = &buffer[(x, y)];
            // The banner is in reverse video, too.
            let code = y > 0
                && (cell.bg == Color::Gray && cell.fg == Color::Black
                    || cell.modifier.contains(Modifier::REVERSED));
            let (up, down) = match cell.symbol() {
                "█" => (false, false),
                "▀" => (false, true),
                "▄" => (true, false),
                _ => (true, true),
            };
            upper.push(code && up);
            lower.push(code && down);
        }
        out.push(upper);
        out.push(lower);
    }
    out
}

/// As a picture, each point four by four.
fn picture(points: &[Vec<bool>]) -> (usize, usize, Vec<u8>) {
    let (width, height) = (points[0].len() * 4, points.len() * 4);
    let mut bytes = Vec::new();
    for y in 0..height {
        for x in 0..width {
            bytes.push(if points[y / 4][x / 4] { 255 } else { 0 });
        }
    }
    (width, height, bytes)
}

fn pure(width: usize, height: usize, bytes: &[u8]) -> Vec<String> {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| bytes[y * width + x]);
    let grids = image.detect_grids();
    grids.iter().map(|g| g.decode().expect("a code").1).collect()
}

/// `None`, visibly, where zbarimg is not installed.
fn zbar(width: usize, height: usize, bytes: &[u8]) -> Option<String> {
    let mut file = tempfile::Builder::new().suffix(".pgm").tempfile().unwrap();
    write!(file, "P5\n{width} {height}\n255\n").unwrap();
    file.write_all(bytes).unwrap();
    file.flush().unwrap();
    let asked = std::process::Command::new("zbarimg")
        .args(["--raw", "-q"])
        .arg(file.path())
        .output();
    match asked {
        Ok(done) => Some(String::from_utf8(done.stdout).unwrap()),
        Err(_) => {
            println!("SKIPPED: zbarimg (zbar-tools) is not installed; rqrr alone has read the codes");
            None
        }
    }
}

#[test]
fn a_camera_reads_what_the_code_is_said_to_hold() {
    let mut read = 0;
    let mut by_zbar = 0;
    for stage in [signing(), Stage::open()] {
        for size in [SMALL, LARGE, HUGE] {
            let all = subjects(&open(&stage, size, 1));
            for (at, subject) in all.iter().enumerate() {
                let mut model = open(&stage, size, at + 1);
                let text = shot(&model);
                if text.contains("No room for this QR code") {
                    assert!(!text.contains('▀'), "not even a part of it\n{text}");
                    continue;
                }
                for theme in Theme::ALL {
                    model.theme = theme;
                    let buffer = cells(size, |frame| draw(&model, frame));
                    let (width, height, bytes) = picture(&points(&buffer, size));
                    let said = pure(width, height, &bytes).join("|");
                    assert_eq!(
                        said, subject.text,
                        "{theme:?}
{text}"
                    );
                    read += 1;
                    if let Some(said) = zbar(width, height, &bytes) {
                        assert_eq!(said.trim_end(), subject.text.trim_end(), "{theme:?}\n{text}");
                        by_zbar += 1;
                    }
                }
            }
        }
    }
    println!("codes read: {read}, by zbarimg: {by_zbar}");
    assert!(read >= 15, "{read}");
}

#[test]
fn codes_look_as_they_did() {
    let stage = signing();
    for (name, times) in [
        ("qr-payload", 1),
        ("qr-checkpoint", 2),
        ("qr-request", 3),
        ("qr-head", 4),
    ] {
        for size in [SMALL, LARGE, HUGE] {
            let mut model = open(&stage, size, times);
            let text = shot(&model);
            assert!(text.starts_with("== REHEARSAL"), "{text}");
            golden(name, size, &text);
            in_every_theme(name, size, &text, |theme, frame| {
                model.theme = theme;
                draw(&model, frame);
            });
        }
    }
    assert_eq!(
        shot(&open(&stage, SMALL, 1)),
        shot(&open(&stage, SMALL, 5)),
        "round and round"
    );
}

/// A camera that reads the words from this machine would make it the other source.
#[test]
fn nothing_is_coded_while_it_is_compared() {
    let mut seen = 0;
    for (name, stage) in questions() {
        if !matches!(stage.question(), Question::Words { .. } | Question::Reopen { .. }) {
            continue;
        }
        for size in [SMALL, LARGE, HUGE] {
            let model = open(&stage, size, 1);
            let text = shot(&model);
            assert!(subjects(&model).is_empty());
            assert!(!text.contains(['▀', '▄', '█']), "{name}\n{text}");
            if name == "words" {
                golden("qr-hidden", size, &text);
            }
            seen += 1;
        }
    }
    assert!(seen >= 9);
}

#[test]
fn the_glossary_is_found_from_the_help_and_searched() {
    let stage = Stage::open();
    let search = |m: &mut Model| {
        press(m, Intent::Help);
        assert!(shot(m).contains("F8 glossary"));
        press(m, Intent::Glossary);
    };
    screen("glossary", &stage, search);
    screen("glossary-search", &stage, |m| {
        search(m);
        press(m, Intent::PageDown);
        type_in(m, "PIN");
    });
    screen("glossary-nothing", &stage, |m| {
        search(m);
        type_in(m, "xyzzy");
        assert!(press(m, Intent::Enter).is_empty(), "it answers nothing");
    });
    let mut model = model(&stage, SMALL);
    search(&mut model);
    type_in(&mut model, "quorum");
    assert!(shot(&model).contains("How many of a role"), "{}", shot(&model));
    // Another page may be opened over it; Esc goes back to the question.
    press(&mut model, Intent::Overview);
    assert!(shot(&model).contains("Plan and state"));
    press(&mut model, Intent::Back);
    assert!(model.modal.is_none());
}

#[test]
fn the_glossary_is_sorted_and_plain() {
    for pair in TERMS.windows(2) {
        assert!(
            pair[0].0.to_lowercase() < pair[1].0.to_lowercase(),
            "{} {}",
            pair[0].0,
            pair[1].0
        );
    }
    for (term, meaning) in TERMS {
        assert!(
            meaning.ends_with('.') && meaning.is_ascii() && term.is_ascii(),
            "{term}"
        );
        assert!(meaning.len() < 200, "{term}: {}", meaning.len());
    }
    assert!(TERMS.len() >= 60);
    for word in ON_PAPER {
        assert!(TERMS.iter().any(|(term, _)| term == word), "{word}");
    }
}
