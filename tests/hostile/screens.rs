//! Every screen, drawn by the real backend into bytes, and those through a terminal
//! model: what a terminal shows is what was meant, cell by cell, and nothing but
//! cursor places, colours and printable characters was sent.

use std::io::Write;
use std::sync::{Arc, Mutex};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use tuf_ceremony::base::device::{
    Changed, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, Operation, PinState, Retry,
};
use tuf_ceremony::base::inventory::{Device, Inventory, Place, Powers};
use tuf_ceremony::base::medium::Release;
use tuf_ceremony::engine::{Numbered, Phase, Question, Refusal, Seen, Trouble};
use tuf_ceremony::fault::Code;
use tuf_ceremony::runner::{Failure, Msg, Sealed};
use tuf_ceremony::ui::home::Home;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::tokens::Tokens;
use tuf_ceremony::ui::{Event, Model, Places, Theme, draw, update};

use crate::corpus;
use crate::show::{LARGE, SMALL, file_stage, model, of_devices, press, questions, waiver_stage, working};
use crate::stage::Stage;

#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Draws through the wire and looks at both ends.
pub fn wired(place: &str, size: (u16, u16), view: impl FnOnce(&mut Frame)) {
    let wire = Wire::default();
    let options = TerminalOptions {
        viewport: Viewport::Fixed(Rect::new(0, 0, size.0, size.1)),
    };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(wire.clone()), options).unwrap();
    let meant: Vec<String> = {
        let buffer = terminal.draw(view).unwrap().buffer;
        let row = |y| (0..size.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..size.1).map(|y| row(y).trim_end().to_owned()).collect()
    };
    let bytes = wire.0.lock().unwrap().clone();
    only_places_and_colours(place, &bytes);
    let mut parser = vt100::Parser::new(size.1, size.0, 0);
    parser.process(&bytes);
    for (y, line) in meant.iter().enumerate() {
        let row = parser.screen().rows(0, size.0).nth(y).unwrap();
        assert_eq!(row.trim_end(), line, "{place}: row {y} is not what was meant");
        // One column a character, whatever the terminal thinks of widths.
        assert!(line.chars().count() <= usize::from(size.0), "{place}: row {y}");
    }
}

/// Printable ASCII, the corners, joints and two lines of a frame, the blocks of a QR code, and of control
/// sequences those that set a place or a colour.
fn only_places_and_colours(place: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|e| panic!("{place}: {e}"));
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' '..='~' | '─' | '│' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '█' | '▀' | '▄' =>
                {}
            '\u{1b}' => {
                assert_eq!(chars.next(), Some('['), "{place}: an escape that is no CSI");
                let last = chars.by_ref().find(|c| matches!(c, '@'..='~')).unwrap();
                assert!(matches!(last, 'H' | 'm' | 'l' | 'h'), "{place}: CSI {last}");
            }
            other => panic!("{place}: U+{:04X} was sent", u32::from(other)),
        }
    }
}

fn fault(meaning: &str) -> DeviceFault {
    DeviceFault {
        operation: Operation::Sign,
        code: DeviceCode::DeviceError,
        meaning: meaning.to_owned(),
        changed: Changed::Unknown,
        retry: Retry::AskHuman,
    }
}

/// Puts texts into every place of the state that is others' to fill.
pub fn poison(stage: &mut Stage, texts: &[&str]) {
    let mut next = texts.iter().cycle();
    let mut put = |to: &mut String| (*next.next().unwrap()).clone_into(to);
    let state = &mut stage.state;
    for person in &mut state.people {
        if let Some(name) = &mut person.name {
            put(name);
        }
        put(&mut person.reason);
    }
    for token in state.bench.values_mut() {
        if let Some(card) = &mut token.card {
            for field in [
                &mut card.label,
                &mut card.vendor,
                &mut card.model,
                &mut card.firmware,
                &mut card.quirks,
            ] {
                put(field);
            }
        }
    }
    for Numbered { item, number, person } in state.numbers.values_mut().flatten() {
        put(item);
        put(number);
        if let Some(person) = person {
            put(person);
        }
    }
    if let Some(differs) = &mut state.differs {
        put(&mut differs.found);
        if let Some(why) = &mut differs.why {
            put(why);
        }
    }
    for file in state.files.values_mut() {
        for note in &mut file.notes {
            put(note);
        }
    }
    if let Some(found) = &mut state.recovered {
        put(found);
    }
    if let Some(Release::ByHand { point, because }) = &mut state.released {
        put(point);
        put(because);
    }
    match &mut state.phase {
        Phase::Asking(Question::Trouble { trouble }) => match trouble {
            Trouble::Device(fault) => put(&mut fault.meaning),
            Trouble::Media(why) | Trouble::Gate(why) => put(why),
        },
        Phase::Asking(Question::Serial { cards, .. }) => {
            for card in cards {
                for field in [
                    &mut card.label,
                    &mut card.vendor,
                    &mut card.model,
                    &mut card.serial,
                    &mut card.firmware,
                ] {
                    put(field);
                }
            }
        }
        Phase::Asking(Question::Recover { seen, .. }) => {
            for Seen {
                card, keys, fault, ..
            } in seen
            {
                if let Some(card) = card {
                    put(&mut card.label);
                    put(&mut card.serial);
                }
                for key in keys.iter_mut().flatten() {
                    put(key);
                }
                if let Some(fault) = fault {
                    put(fault);
                }
            }
        }
        _ => {}
    }
}

pub fn stages() -> Vec<(&'static str, Stage)> {
    let mut all = questions();
    all.extend(of_devices());
    all.push(("set-up-file", file_stage()));
    all.push(("waive", waiver_stage()));
    all.push(("working", working()));
    for (name, trouble) in [
        ("trouble-media-text", Trouble::Media(String::new())),
        ("trouble-gate-text", Trouble::Gate(String::new())),
        ("trouble-device-text", Trouble::Device(fault(""))),
    ] {
        let mut stage = working();
        stage.state.phase = Phase::Asking(Question::Trouble { trouble });
        all.push((name, stage));
    }
    all
}

/// How many texts share a frame.
pub const TOGETHER: usize = 12;

#[test]
fn no_text_moves_the_cursor_on_any_screen() {
    let corpus = corpus::texts();
    let texts: Vec<&str> = corpus.iter().map(|(_, t)| t.as_str()).collect();
    let mut frames = 0;
    for (kind, (name, stage)) in stages().into_iter().enumerate() {
        for (n, some) in texts.chunks(TOGETHER).enumerate() {
            let mut stage = stage.clone();
            poison(&mut stage, some);
            // Each screen sees every text once; each text both sizes and every modal in turn.
            let turn = n + kind;
            let size = if turn.is_multiple_of(2) { SMALL } else { LARGE };
            let places = Places {
                record: Some(some[0].to_owned()),
                media: Some(some[some.len() - 1].to_owned()),
            };
            let mut model = Model::new(stage.snapshot(), stage.at, size, Theme::Colour, places);
            let place = format!(
                "{name} with {:?}",
                some.iter()
                    .map(|t| t.chars().take(40).collect::<String>())
                    .collect::<Vec<_>>()
            );
            wired(&place, size, |f| draw(&model, f));
            let modals = [
                Intent::Help,
                Intent::Note,
                Intent::Second,
                Intent::Overview,
                Intent::Leave,
            ];
            press(&mut model, modals[turn % modals.len()]);
            wired(&place, size, |f| draw(&model, f));
            frames += 2;
        }
    }
    println!("hostile frames: {frames} of {} texts", texts.len());
}

/// What people type or paste, into text fields and into the note.
#[test]
fn no_typed_text_moves_the_cursor() {
    let questions = questions();
    let by = |wanted: &str| questions.iter().find(|(n, _)| *n == wanted).unwrap().1.clone();
    let (seat, words) = (by("seat"), by("words"));
    let ways = [
        (&seat, None),
        (&words, None),
        (&seat, Some(Intent::Note)),
        (&seat, Some(Intent::Leave)),
    ];
    for (n, (_, text)) in corpus::texts().into_iter().enumerate() {
        // Each key is a frame's worth of work: a long text goes one way, a short one two.
        let text: String = text.chars().take(40).collect();
        let many = if text.chars().count() > 12 { 1 } else { 2 };
        for (stage, intent) in ways.into_iter().cycle().skip(n.rem_euclid(4)).take(many) {
            let mut model = model(stage, SMALL);
            if let Some(intent) = intent {
                press(&mut model, intent);
            }
            for c in text.chars() {
                press(&mut model, Intent::Char(c));
            }
            wired(&format!("typed {text:?}"), SMALL, |f| draw(&model, f));
        }
    }
}

/// What the runner says: refusals, failures, where the bundle is.
#[test]
fn no_word_of_the_runner_moves_the_cursor() {
    let mut closed = Stage::open();
    closed.until_closed();
    let open = Stage::open();
    for (_, text) in corpus::texts() {
        let said = |model: &mut Model, msg: Msg| {
            update(model, Event::Engine(msg));
        };
        let mut refused = model(&open, SMALL);
        let refusal = Refusal {
            code: "typed-differs",
            expected: text.clone(),
            got: text.clone(),
            because: text.clone(),
        };
        said(&mut refused, Msg::Refused(refusal));
        let mut failed = model(&closed, SMALL);
        let code = Code::StorageFull;
        said(
            &mut failed,
            Msg::Failed(Failure {
                code,
                meaning: text.clone(),
            }),
        );
        let mut sealed = model(&closed, SMALL);
        let released = Release::ByHand {
            point: text.clone(),
            because: text.clone(),
        };
        said(
            &mut sealed,
            Msg::Sealed(Sealed {
                place: text.clone(),
                released,
            }),
        );
        for model in [refused, failed, sealed] {
            wired(&format!("said {text:?}"), SMALL, |f| draw(&model, f));
        }
    }
}

fn device(texts: &[&str], at: usize) -> Device {
    let text = |n: usize| texts[(at + n) % texts.len()].to_owned();
    Device {
        card: DeviceCard {
            vendor: text(0),
            model: text(1),
            serial: text(2),
            label: text(3),
            firmware: text(4),
            initialised: true,
            pin: PinState::Ready,
            pin_limits: (0, 0),
            pin_pad: false,
            quirks: text(5),
        },
        powers: Powers::default(),
        keys: vec![KeyFound {
            label: text(6),
            id: text(7),
            public: None,
            attributes: KeyAttributes::default(),
        }],
        fault: Some(fault(&text(8))),
    }
}

#[test]
fn no_token_and_no_path_moves_the_cursor_outside_a_ceremony() {
    let corpus = corpus::texts();
    let texts: Vec<&str> = corpus.iter().map(|(_, t)| t.as_str()).collect();
    for some in texts.chunks(9) {
        let mut tokens = Tokens::new(SMALL, Theme::Mono);
        tokens.found = Some(Inventory {
            places: vec![Place {
                name: some[0].to_owned(),
                devices: vec![device(some, 0), device(some, 3)],
                fault: Some(fault(some[some.len() - 1])),
            }],
        });
        for _ in 0..8 {
            wired(&format!("tokens with {some:?}"), SMALL, |f| {
                tuf_ceremony::ui::tokens::draw(&tokens, f);
            });
            tokens.on(Intent::PageDown);
        }
    }
    for (_, text) in &corpus {
        let mut home = Home::new(SMALL, Theme::Mono);
        home.on(Intent::Char('2'));
        for c in text.chars().take(100) {
            home.on(Intent::Char(c));
        }
        wired(&format!("home with {text:?}"), SMALL, |f| {
            tuf_ceremony::ui::home::draw(&home, f)
        });
    }
}
