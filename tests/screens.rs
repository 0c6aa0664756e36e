//! Every screen as text, at the smallest and at a comfortable size, compared
//! with `tests/golden/screens/` (`UPDATE_GOLDEN=1` rewrites them; read the
//! diff). Then what no screen may do: show a secret, take a bare Enter, offer a
//! key that is not bound, or let a hostile label drive the terminal.

#![cfg(feature = "tui")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test: to panic is how it fails"
)]

use std::path::PathBuf;
use std::sync::OnceLock;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use stage::Stage;
use tuf_ceremony::base::device::{Changed, DeviceCode, DeviceFault, Operation, PinState, Retry};
use tuf_ceremony::base::{Secret, Stamp};
use tuf_ceremony::engine::{
    Answer, Confirm, Deviation, InputKind, Outcome, Phase, Question, Refusal, Trouble, What,
};
use tuf_ceremony::fault::Code;
use tuf_ceremony::runner::{Cmd, Failure, Msg};
use tuf_ceremony::script::Subject;
use tuf_ceremony::ui::home::Home;
use tuf_ceremony::ui::keymap::{self, Intent};
use tuf_ceremony::ui::widgets::bars;
use tuf_ceremony::ui::{Event, Model, Out, Places, Theme, draw, update};

#[path = "support/stage.rs"]
mod stage;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

// ---------------------------------------------------------------- tools

fn model(stage: &Stage, size: (u16, u16)) -> Model {
    let places = Places {
        record: Some("/ceremony/record".to_owned()),
        media: Some("/media/stick".to_owned()),
    };
    let now = Stamp {
        mono_ms: stage.at.mono_ms + 7000,
        ..stage.at
    };
    Model::new(stage.snapshot(), now, size, Theme::Colour, places)
}

fn render(size: (u16, u16), view: impl FnOnce(&mut ratatui::Frame)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(view).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let mut out = String::new();
    for y in 0..size.1 {
        let line: String = (0..size.0).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn shot(model: &Model) -> String {
    render(model.size, |frame| draw(model, frame))
}

fn golden(name: &str, size: (u16, u16), text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/screens")
        .join(format!("{name}--{}x{}.txt", size.0, size.1));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{} differs; UPDATE_GOLDEN=1 rewrites it\n--- kept\n{kept}\n--- drawn\n{text}",
        path.display()
    );
}

/// One screen at both sizes; `keys` are pressed first.
fn screen(name: &str, stage: &Stage, prepare: impl Fn(&mut Model)) {
    for size in [SMALL, LARGE] {
        let mut model = model(stage, size);
        prepare(&mut model);
        let text = shot(&model);
        for line in text.lines() {
            assert!(line.chars().count() <= usize::from(size.0));
        }
        assert!(
            text.starts_with("== REHEARSAL == REHEARSAL =="),
            "{name}: no banner"
        );
        golden(name, size, &text);
    }
}

fn press(model: &mut Model, intent: Intent) -> Vec<Out> {
    update(model, Event::Key(intent))
}

fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        assert!(press(model, Intent::Char(c)).is_empty());
    }
}

fn enter(model: &mut Model, text: &str) -> Vec<Out> {
    type_in(model, text);
    press(model, Intent::Enter)
}

fn plain(_: &mut Model) {}

fn fault() -> DeviceFault {
    DeviceFault {
        operation: Operation::Generate,
        code: DeviceCode::Removed,
        meaning: "CKR_DEVICE_REMOVED from C_GenerateKeyPair".to_owned(),
        changed: Changed::Unknown,
        retry: Retry::AskHuman,
    }
}

fn confirm(what: Confirm) -> impl Fn(&Question) -> bool {
    move |q| matches!(q, Question::Confirm { what: w } if *w == what)
}

/// A stage at every kind of question, by name; stepped once for all tests.
fn questions() -> Vec<(&'static str, Stage)> {
    static ONCE: OnceLock<Vec<(&'static str, Stage)>> = OnceLock::new();
    ONCE.get_or_init(step_through).clone()
}

fn step_through() -> Vec<(&'static str, Stage)> {
    let mut out = Vec::new();
    let mut at = |name: &'static str, f: &dyn Fn(&mut Stage)| {
        let mut stage = Stage::open();
        f(&mut stage);
        out.push((name, stage));
    };
    at("begin", &|_| {});
    at("seat", &|s| {
        s.until(|q| matches!(q, Question::Seat { role, seat: 2, .. } if role.as_str() == "officer"));
    });
    at("seat-again", &|s| {
        s.until(|q| matches!(q, Question::Seat { role, .. } if role.as_str() == "officer"));
        for reason in ["train is late", "ill today"] {
            s.answer(Answer::Absent {
                reason: reason.to_owned(),
            });
        }
    });
    at("clock", &|s| {
        s.until(|q| matches!(q, Question::Clock { .. }));
    });
    at("clock-differs", &|s| {
        s.until(|q| matches!(q, Question::Clock { .. }));
        s.answer(Answer::Clock {
            typed: "2031-05-04 11:29".to_owned(),
        });
    });
    at("item", &|s| {
        s.until(|q| matches!(q, Question::Item { index: 1 }));
    });
    at("serial", &|s| {
        s.until(|q| matches!(q, Question::Serial { .. }));
    });
    at("serial-none", &|s| {
        s.cards.clear();
        s.until(|q| matches!(q, Question::Serial { .. }));
    });
    at("set-up", &|s| {
        s.until(|q| matches!(q, Question::SetUp { .. }));
    });
    at("pin", &|s| {
        s.until(|q| matches!(q, Question::Pin { .. }));
    });
    at("pin-wrong", &|s| {
        s.until(|q| matches!(q, Question::Pin { .. }));
        let answer = s.good_answer();
        s.answer(answer);
        s.cards.get_mut("REHEARSAL-0001").unwrap().pin = PinState::Last;
        s.outcome(Outcome::Fault(DeviceFault {
            code: DeviceCode::PinWrong,
            ..fault()
        }));
        s.settle();
    });
    at("confirm-generate", &|s| {
        s.until(confirm(Confirm::Generate));
    });
    at("review", &|s| {
        s.until(|q| matches!(q, Question::Review { .. }));
    });
    at("words", &|s| {
        s.until(|q| matches!(q, Question::Words { .. }));
    });
    at("words-wrong", &|s| {
        s.until(|q| matches!(q, Question::Words { .. }));
        s.answer(Answer::Words {
            typed: vec!["wrong".to_owned(); 8],
        });
    });
    at("reopen", &|s| {
        s.until(|q| matches!(q, Question::Words { .. }));
        for _ in 0..3 {
            s.answer(Answer::Words {
                typed: vec!["wrong".to_owned(); 8],
            });
        }
    });
    at("confirm-sign", &|s| {
        s.until(confirm(Confirm::Sign));
    });
    at("confirm-export", &|s| {
        s.until(confirm(Confirm::Export));
    });
    at("words-record", &|s| {
        s.until(|q| {
            matches!(
                q,
                Question::Words {
                    subject: Subject::Record,
                    ..
                }
            )
        });
    });
    at("confirm-close", &|s| {
        s.until(confirm(Confirm::Close));
    });
    at("trouble-device", &|s| {
        s.until(confirm(Confirm::Sign));
        let answer = s.good_answer();
        s.answer(answer);
        s.outcome(Outcome::Fault(DeviceFault {
            operation: Operation::Sign,
            ..fault()
        }));
    });
    at("trouble-media", &|s| {
        s.until(confirm(Confirm::Export));
        let answer = s.good_answer();
        s.answer(answer);
        s.outcome(Outcome::MediaFault {
            meaning: "No space left on device (os error 28)".to_owned(),
        });
    });
    at("trouble-gate", &|s| {
        s.until(confirm(Confirm::Export));
        // The gate refuses only what the engine did not make: shown as data.
        s.state.phase = Phase::Asking(Question::Trouble {
            trouble: Trouble::Gate("root needs 1 more signature(s)".to_owned()),
        });
    });
    out
}

fn file_stage() -> Stage {
    let mut stage = Stage::with(&stage::script("rehearsal", "file"));
    stage.until(|q| matches!(q, Question::SetUp { .. }));
    stage
}

fn working() -> Stage {
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Generate));
    let answer = stage.good_answer();
    stage.answer(answer);
    assert!(matches!(stage.effect().what, What::Generate { .. }));
    stage
}

// ---------------------------------------------------------------- golden

#[test]
fn every_question_looks_as_it_did() {
    for (name, stage) in questions() {
        screen(name, &stage, plain);
    }
}

#[test]
fn answers_under_way_look_as_they_did() {
    let by_name = |wanted: &str| questions().into_iter().find(|(n, _)| *n == wanted).unwrap().1;
    screen("seat-absent", &by_name("seat"), |m| {
        press(m, Intent::Other);
        type_in(m, "train is late");
    });
    screen("begin-empty-enter", &by_name("begin"), |m| {
        press(m, Intent::Enter);
    });
    screen("begin-refused", &by_name("begin"), |m| {
        enter(m, "bgin");
        let refusal = Refusal {
            code: "typed-differs",
            expected: "the word begin".to_owned(),
            got: "bgin".to_owned(),
            because: "nothing was done".to_owned(),
        };
        update(m, Event::Engine(Msg::Refused(refusal)));
    });
    screen("set-up-typing", &by_name("set-up"), |m| {
        enter(m, "so-pin");
        enter(m, "so-pin");
        type_in(m, "user");
    });
    screen("set-up-differs", &by_name("set-up"), |m| {
        enter(m, "so-pin");
        enter(m, "so-pun");
    });
    screen("pin-typing", &by_name("pin"), |m| type_in(m, "1234"));
    screen("review-end", &by_name("review"), |m| {
        press(m, Intent::Bottom);
        type_in(m, "read");
    });
    screen("review-json", &by_name("review"), |m| {
        press(m, Intent::Toggle);
    });
    screen("review-too-soon", &by_name("review"), |m| {
        enter(m, "read");
    });
    screen("words-typing", &by_name("words"), |m| {
        enter(m, "aardvark");
        type_in(m, "adroit");
    });
    let file = file_stage();
    screen("set-up-file", &file, plain);
    screen("set-up-file-warning", &file, |m| {
        press(m, Intent::Other);
    });
    screen("set-up-file-shown", &file, |m| {
        press(m, Intent::Other);
        let out = press(m, Intent::Other);
        assert!(matches!(out.as_slice(), [Out::Suggest]));
        let words = b"adrift-guava-snapline-hydraulic-tonic-pyramid-fallout-combustion-beehive-torpedo";
        update(m, Event::Suggested(Some(Secret::copy_of(words).unwrap())));
    });
}

#[test]
fn working_and_the_ends_look_as_they_did() {
    let stage = working();
    screen("working", &stage, |m| {
        update(
            m,
            Event::Tick(Stamp {
                mono_ms: m.since + 83_000,
                ..m.now
            }),
        );
    });
    screen("working-pause-wanted", &stage, |m| {
        press(m, Intent::Leave);
        enter(m, "pause");
        enter(m, "the hotel closes");
    });
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Sign));
    stage
        .put(InputKind::Pause {
            why: "lunch".to_owned(),
        })
        .unwrap();
    screen("paused", &stage, plain);
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Sign));
    stage
        .put(InputKind::Abort {
            why: "doubt".to_owned(),
            typed: "abort".to_owned(),
        })
        .unwrap();
    screen("aborted", &stage, plain);
    let mut stage = Stage::open();
    stage.to_the_end();
    screen("sealing", &stage, plain);
    screen("closed", &stage, |m| {
        let place = "/media/stick/root-keygen".to_owned();
        update(m, Event::Engine(Msg::Sealed { place }));
    });
    screen("failed", &stage, |m| {
        let failure = Failure {
            code: Code::StorageFull,
            meaning: "No space left on device (os error 28)".to_owned(),
        };
        update(m, Event::Engine(Msg::Failed(failure)));
    });
}

#[test]
fn modals_look_as_they_did() {
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Sign));
    screen("help", &stage, |m| {
        press(m, Intent::Help);
    });
    screen("note", &stage, |m| {
        press(m, Intent::Note);
        enter(m, "the bag of token-b is sealed");
        type_in(m, "the seal is torn");
    });
    screen("overview", &stage, |m| {
        press(m, Intent::Overview);
    });
    screen("leave", &stage, |m| {
        press(m, Intent::Leave);
    });
    screen("leave-neither", &stage, |m| {
        press(m, Intent::Leave);
        enter(m, "stop");
        enter(m, "tired");
    });
    let stage = working();
    screen("leave-working", &stage, |m| {
        press(m, Intent::Leave);
    });
    let mut stage = Stage::open();
    screen("second", &stage, |m| {
        press(m, Intent::Second);
    });
    stage.until(|q| matches!(q, Question::Words { .. }));
    screen("second-words", &stage, |m| {
        press(m, Intent::Second);
    });
}

#[test]
fn below_80x24_there_is_only_the_notice() {
    let stage = Stage::open();
    for size in [(79, 24), (80, 23), (40, 10), (12, 3), (1, 1)] {
        let mut model = model(&stage, size);
        golden("size", size, &shot(&model));
        assert!(press(&mut model, Intent::Char('b')).is_empty());
        assert!(
            model.local.pane.form.text(0).is_empty(),
            "what cannot be read is not answered"
        );
    }
}

#[test]
fn the_home_screen_looks_as_it_did() {
    for size in [SMALL, LARGE] {
        let mut home = Home::new(size, Theme::Mono);
        golden(
            "home",
            size,
            &render(size, |f| tuf_ceremony::ui::home::draw(&home, f)),
        );
        assert_eq!(home.on(Intent::Enter), None, "Enter alone chooses nothing");
        home.on(Intent::Char('2'));
        home.on(Intent::Char('x'));
        home.on(Intent::Enter);
        home.on(Intent::Enter);
        golden(
            "home-run",
            size,
            &render(size, |f| tuf_ceremony::ui::home::draw(&home, f)),
        );
    }
}

// ---------------------------------------------------------------- laws

#[test]
fn production_says_so_without_colour_and_has_no_second_machine() {
    // A production script cannot be opened yet; its screen can be drawn.
    let text = stage::script("production", "embedded").replace(
        "backend = \"embedded\"",
        "backend = \"pkcs11\"\nmodule = \"softhsm\"",
    );
    let stage = Stage::with(&text);
    let mut model = model(&stage, SMALL);
    assert!(shot(&model).starts_with("## PRODUCTION ## PRODUCTION"));
    let before = shot(&model);
    press(&mut model, Intent::Second);
    assert!(model.modal.is_none());
    assert_eq!(shot(&model), before);
    assert!(!before.contains(keymap::name(Intent::Second)));
}

#[test]
fn enter_alone_never_says_anything() {
    for (name, stage) in questions() {
        let mut model = model(&stage, SMALL);
        for _ in 0..12 {
            assert!(press(&mut model, Intent::Enter).is_empty(), "{name}");
        }
        for opening in [Intent::Note, Intent::Leave] {
            press(&mut model, opening);
            for _ in 0..12 {
                assert!(press(&mut model, Intent::Enter).is_empty(), "{name}");
            }
            press(&mut model, Intent::Back);
        }
        for _ in 0..3 {
            type_in(&mut model, " ");
            assert!(
                matches!(stage.question(), Question::SetUp { .. } | Question::Pin { .. })
                    || press(&mut model, Intent::Enter).is_empty(),
                "{name}: white space is no answer"
            );
        }
    }
}

#[test]
fn every_offered_key_is_bound() {
    let mut seen = 0;
    let check = |model: &Model| {
        let text = shot(model);
        let footer = text.lines().last().unwrap();
        for (intent, word) in bars::hints(model) {
            let name = keymap::name(intent);
            assert!(
                !name.is_empty() && footer.contains(&format!("{name} {word}")),
                "{footer}"
            );
        }
    };
    for (_, stage) in questions() {
        let mut model = model(&stage, SMALL);
        check(&model);
        for intent in [
            Intent::Help,
            Intent::Note,
            Intent::Second,
            Intent::Overview,
            Intent::Leave,
        ] {
            press(&mut model, intent);
            assert!(model.modal.is_some(), "works on any screen");
            check(&model);
            press(&mut model, Intent::Back);
            assert!(model.modal.is_none());
            seen += 1;
        }
    }
    assert!(seen > 50);
}

#[test]
fn no_secret_reaches_a_cell() {
    const CANARY: &str = "Zq7Wj5Xv";
    let mut stages = questions();
    stages.push(("set-up-file", file_stage()));
    let mut typed = 0;
    for (name, stage) in stages {
        if !name.starts_with("pin") && !name.starts_with("set-up") {
            continue;
        }
        for size in [SMALL, LARGE] {
            let mut model = model(&stage, size);
            let clean = |model: &Model, what: &str| {
                let text = shot(model);
                for i in 0..CANARY.len() - 1 {
                    assert!(!text.contains(&CANARY[i..i + 2]), "{name}: {what}\n{text}");
                }
                assert!(!format!("{model:?}").contains(CANARY), "{name}: {what}");
            };
            for _ in 0..model.local.pane.form.fields.len() {
                if model
                    .local
                    .pane
                    .form
                    .secret(model.local.pane.form.focus)
                    .is_none()
                {
                    break;
                }
                let before = shot(&model);
                let mut lengths = Vec::new();
                for c in CANARY.chars() {
                    press(&mut model, Intent::Char(c));
                    clean(&model, "typing");
                    lengths.push(shot(&model));
                }
                assert!(lengths.windows(2).all(|w| w[0] == w[1]), "the length is hidden");
                assert!(before != lengths[0]);
                for intent in [
                    Intent::Help,
                    Intent::Note,
                    Intent::Second,
                    Intent::Overview,
                    Intent::Leave,
                ] {
                    press(&mut model, intent);
                    clean(&model, "modal");
                    press(&mut model, Intent::Back);
                }
                let out = press(&mut model, Intent::Enter);
                assert!(!format!("{out:?}").contains(CANARY));
                clean(&model, "entered");
                typed += 1;
            }
            let mut next = Stage::open();
            update(&mut model, Event::Engine(Msg::Snapshot(next.settle().snapshot())));
            assert!(
                (0..9).all(|i| model.local.pane.form.secret(i).is_none()),
                "wiped on leaving"
            );
        }
    }
    assert!(typed >= 12);
}

#[test]
fn words_and_serials_are_never_on_the_page_that_asks_for_them() {
    for (name, stage) in questions() {
        for size in [SMALL, LARGE] {
            let mut model = model(&stage, size);
            let mut texts = vec![shot(&model)];
            press(&mut model, Intent::Overview);
            press(&mut model, Intent::Bottom);
            texts.push(shot(&model));
            for text in texts {
                for end in ["0001", "0002", "0003"] {
                    assert!(!text.contains(end), "{name}: a serial's end\n{text}");
                }
                if let Question::Words { digest, .. } = stage.question() {
                    for word in tuf_ceremony::transcript::words::words(digest) {
                        assert!(!text.contains(&format!(" {word} ")), "{name}: {word}\n{text}");
                    }
                }
            }
        }
    }
}

#[test]
fn hostile_text_stays_text() {
    let hostile: Vec<String> = [
        "\u{1b}[2J",
        "\u{1b}]0;x\u{7}",
        "\u{9b}31m",
        "\u{9d}0;x\u{9c}",
        "\u{90}q\u{9c}",
        "\u{202e}abc",
        "\u{2066}x\u{2069}",
        "\u{200b}\u{200d}",
        "\r\n\t",
        "\u{0}",
        "\u{7f}",
        "\u{8}\u{8}\u{8}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "é",
        "日本語",
        "🔥🔥",
        "e\u{301}\u{301}\u{301}",
        "\u{fdd0}",
        "\u{e000}",
        "\u{10ffff}",
        "\u{e0041}",
        "\u{fe0f}",
        "\u{34f}",
        "\u{1160}",
        "\\u{001b}",
        "\\",
        "a\u{1b}c",
        "\u{1b}(0lqk\u{1b}(B",
        "\u{1b}[6n",
    ]
    .iter()
    .map(|s| format!("x{s}y"))
    .collect();
    assert!(hostile.len() >= 30);
    for text in &hostile {
        let mut stage = Stage::open();
        for card in stage.cards.values_mut() {
            for field in [
                &mut card.label,
                &mut card.vendor,
                &mut card.model,
                &mut card.firmware,
            ] {
                text.clone_into(field);
            }
        }
        stage.until(|q| matches!(q, Question::Serial { .. }));
        let mut shots = vec![shot(&model(&stage, SMALL)), shot(&model(&stage, LARGE))];
        stage.state.people[0].name = Some(text.clone());
        stage.until(|q| matches!(q, Question::SetUp { .. }));
        shots.push(shot(&model(&stage, LARGE)));
        let mut typing = model(&stage, LARGE);
        press(&mut typing, Intent::Note);
        for c in text.chars() {
            press(&mut typing, Intent::Char(c));
        }
        shots.push(shot(&typing));
        stage.state.phase = Phase::Asking(Question::Trouble {
            trouble: Trouble::Media(text.clone()),
        });
        shots.push(shot(&model(&stage, SMALL)));
        for shot in shots {
            let good = |c: char| matches!(c, ' '..='~' | '\n' | '─' | '│' | '┌' | '┐' | '└' | '┘');
            assert!(shot.chars().all(good), "{text:?}\n{shot}");
        }
    }
}

// ---------------------------------------------------------------- behaviour

#[test]
fn typed_text_survives_a_refusal_a_note_and_a_resize() {
    let mut stage = Stage::open();
    let mut model = model(&stage, SMALL);
    let out = enter(&mut model, "bgin");
    assert!(matches!(out.as_slice(), [Out::Say(Cmd::Submit(Answer::Begin { typed }))] if typed == "bgin"));
    assert!(
        press(&mut model, Intent::Enter).is_empty(),
        "one answer at a time"
    );
    let refusal = Refusal {
        code: "typed-differs",
        expected: "the word begin".to_owned(),
        got: "bgin".to_owned(),
        because: "nothing was done".to_owned(),
    };
    update(&mut model, Event::Engine(Msg::Refused(refusal)));
    assert_eq!(model.local.pane.form.text(0), "bgin");
    update(&mut model, Event::Resize(20, 5));
    update(&mut model, Event::Resize(80, 24));
    press(&mut model, Intent::Note);
    for text in ["a", "b", "c"] {
        assert!(enter(&mut model, text).is_empty());
    }
    let out = enter(&mut model, "d");
    let [Out::Say(Cmd::Note(note))] = out.as_slice() else {
        panic!("{out:?}")
    };
    assert_eq!(
        *note,
        Deviation {
            expected: "a".into(),
            happened: "b".into(),
            decided: "c".into(),
            by: "d".into()
        }
    );
    stage.put(InputKind::Note(note.clone())).unwrap();
    update(&mut model, Event::Engine(Msg::Snapshot(stage.snapshot())));
    assert!(model.modal.is_none());
    assert_eq!(
        model.local.pane.form.text(0),
        "bgin",
        "a note answers no question"
    );
}

#[test]
fn a_stop_waits_for_the_device_and_then_pauses() {
    let mut stage = working();
    let mut model = model(&stage, SMALL);
    assert!(
        update(&mut model, Event::Stop("told".to_owned())).is_empty(),
        "the device works"
    );
    stage.settle();
    let out = update(&mut model, Event::Engine(Msg::Snapshot(stage.snapshot())));
    assert!(matches!(out.as_slice(), [Out::Say(Cmd::Pause { why })] if why == "told"));
    stage
        .put(InputKind::Pause {
            why: "told".to_owned(),
        })
        .unwrap();
    let out = update(&mut model, Event::Engine(Msg::Snapshot(stage.snapshot())));
    assert!(matches!(out.as_slice(), [Out::Leave]));
}

#[test]
fn a_stop_while_an_answer_is_under_way_waits_for_its_reply() {
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Generate));
    let mut model = model(&stage, SMALL);
    enter(&mut model, "0001");
    assert!(update(&mut model, Event::Stop("told".to_owned())).is_empty());
    let answer = stage.good_answer();
    stage.answer(answer);
    assert!(update(&mut model, Event::Engine(Msg::Snapshot(stage.snapshot()))).is_empty());
    stage.settle();
    let out = update(&mut model, Event::Engine(Msg::Snapshot(stage.snapshot())));
    assert!(matches!(out.as_slice(), [Out::Say(Cmd::Pause { .. })]));
}

#[test]
fn pause_and_abort_need_their_word() {
    let stage = Stage::open();
    for (word, ok) in [
        ("pause", true),
        ("PAUSE", true),
        ("abort", true),
        ("p", false),
        ("yes", false),
    ] {
        let mut model = model(&stage, SMALL);
        press(&mut model, Intent::Leave);
        enter(&mut model, word);
        let out = enter(&mut model, "why not");
        let said = matches!(out.as_slice(), [Out::Say(Cmd::Pause { .. } | Cmd::Abort { .. })]);
        assert_eq!(said, ok, "{word}");
    }
}

#[test]
fn read_is_only_taken_after_the_end_was_shown() {
    let mut stage = Stage::open();
    stage.until(|q| matches!(q, Question::Review { .. }));
    let mut model = model(&stage, SMALL);
    press(&mut model, Intent::Toggle);
    press(&mut model, Intent::Bottom);
    press(&mut model, Intent::Toggle);
    assert!(
        enter(&mut model, "read").is_empty(),
        "JSON is another look, not the review"
    );
    let mut pages = 0;
    while press(&mut model, Intent::Enter).is_empty() {
        press(&mut model, Intent::PageDown);
        pages += 1;
        assert!(pages < 50);
    }
    assert!(pages >= 3, "every line was on the screen");
}

#[test]
fn a_file_token_takes_one_passphrase_twice() {
    let stage = file_stage();
    let mut model = model(&stage, SMALL);
    enter(&mut model, "ten words");
    enter(&mut model, "ten words");
    let out = enter(&mut model, "0001");
    let [Out::NewPins { so_pin, pin, typed }] = out.as_slice() else {
        panic!("{out:?}")
    };
    assert!(so_pin.same_as(pin) && pin.expose() == b"ten words" && typed == "0001");
}

#[test]
fn a_frame_is_drawn_well_within_a_keystroke() {
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Close));
    let mut model = model(&stage, LARGE);
    let begin = std::time::Instant::now();
    for _ in 0..20 {
        press(&mut model, Intent::Char('x'));
        shot(&model);
    }
    // 16 ms in release; an unoptimised build on a busy machine gets ten times that.
    assert!(begin.elapsed().as_millis() < 20 * 160);
}
