//! Tools of the screen tests: a model on a stage, keys, the frame as text, the
//! golden files, and a stage at every kind of question.

use std::path::PathBuf;
use std::sync::OnceLock;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;
use tuf_ceremony::base::device::{Changed, Credential, DeviceCode, DeviceFault, Operation, PinState, Retry};
use tuf_ceremony::base::medium::Release;
use tuf_ceremony::base::{Id, Instant, Stamp};
use tuf_ceremony::engine::{Answer, ClockDoubt, Confirm, Outcome, Phase, Question, Ticket, Trouble, What};
use tuf_ceremony::script::{Subject, Verb};
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::{Event, Model, Out, Places, Theme, draw, update};

use crate::stage::{self, Stage};

pub const SMALL: (u16, u16) = (80, 24);
pub const LARGE: (u16, u16) = (120, 40);

pub fn model(stage: &Stage, size: (u16, u16)) -> Model {
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

pub fn render(size: (u16, u16), view: impl FnOnce(&mut ratatui::Frame)) -> String {
    as_text(&cells(size, view), size)
}

/// The cells of a frame.
pub fn cells(size: (u16, u16), view: impl FnOnce(&mut ratatui::Frame)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(view).unwrap();
    terminal.backend().buffer().clone()
}

fn as_text(buffer: &Buffer, size: (u16, u16)) -> String {
    let mut out = String::new();
    for y in 0..size.1 {
        let line: String = (0..size.0).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

pub fn shot(model: &Model) -> String {
    render(model.size, |frame| draw(model, frame))
}

pub fn golden(name: &str, size: (u16, u16), text: &str) {
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
pub fn screen(name: &str, stage: &Stage, prepare: impl Fn(&mut Model)) {
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
        in_every_theme(name, size, &text, |theme, frame| {
            model.theme = theme;
            draw(&model, frame);
        });
    }
}

/// The same text whatever the theme; and without colour, no cell has one.
pub fn in_every_theme(
    name: &str,
    size: (u16, u16),
    text: &str,
    mut view: impl FnMut(Theme, &mut ratatui::Frame),
) {
    for theme in Theme::ALL {
        let buffer = cells(size, |frame| view(theme, frame));
        assert_eq!(as_text(&buffer, size), text, "{name}: {theme:?}");
        for cell in &buffer.content {
            let plain = cell.fg == Color::Reset && cell.bg == Color::Reset;
            assert!(plain || theme != Theme::Mono, "{name}: a colour in mono");
        }
    }
}

pub fn press(model: &mut Model, intent: Intent) -> Vec<Out> {
    update(model, Event::Key(intent))
}

pub fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        assert!(press(model, Intent::Char(c)).is_empty());
    }
}

pub fn enter(model: &mut Model, text: &str) -> Vec<Out> {
    type_in(model, text);
    press(model, Intent::Enter)
}

pub fn plain(_: &mut Model) {}

pub fn fault() -> DeviceFault {
    DeviceFault {
        operation: Operation::Generate,
        code: DeviceCode::Removed,
        meaning: "CKR_DEVICE_REMOVED".to_owned(),
        changed: Changed::Unknown,
        retry: Retry::AskHuman,
    }
}

pub fn confirm(what: Confirm) -> impl Fn(&Question) -> bool {
    move |q| matches!(q, Question::Confirm { what: w } if *w == what)
}

/// A stage at every kind of question, by name; stepped once for all tests.
pub fn questions() -> Vec<(&'static str, Stage)> {
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
    at("seat-pseudonyms", &|s| {
        let text = stage::script("rehearsal", "embedded");
        let officers = text.find("id = \"officer\"").unwrap();
        let at = officers + text[officers..].find("quorum").unwrap();
        let names = "pseudonyms = [\"heron\", \"otter\", \"wren\", \"crane\"]\n";
        *s = Stage::with(&[&text[..at], names, &text[at..]].concat());
        s.until(|q| matches!(q, Question::Seat { role, .. } if role.as_str() == "officer"));
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
            rtc: None,
            typed: "2031-05-04 11:29".to_owned(),
        });
    });
    at("clock-hardware", &|s| {
        s.until(|q| matches!(q, Question::Clock { .. }));
        let rtc = Instant::from_unix(s.at.wall.unix() - 2 * 3600).ok();
        s.answer(Answer::Clock {
            rtc,
            typed: s.at.wall.to_string()[..16].replace('T', " "),
        });
    });
    at("clock-second", &|s| {
        *s = Stage::with(
            &stage::script("rehearsal", "embedded").replace("do = \"clock\"", "do = \"clock\"\nsources = 2"),
        );
        s.until(|q| matches!(q, Question::Clock { reading: 1, .. }));
    });
    at("clock-jumped", &|s| {
        s.until(|q| matches!(q, Question::Clock { .. }));
        s.state.phase = Phase::Asking(clock_with(ClockDoubt::Jumped { seconds: 7260 }));
    });
    at("clock-before", &|s| {
        s.until(|q| matches!(q, Question::Clock { .. }));
        s.state.phase = Phase::Asking(clock_with(ClockDoubt::Before {
            bound: Instant::parse("2031-05-05T00:00:00Z").unwrap(),
            what: "the last line of the record that the script names".to_owned(),
        }));
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
    at("confirm-sign-two", &|s| {
        s.until(confirm(Confirm::Sign));
    });
    at("confirm-sign", &|s| {
        s.until(confirm(Confirm::Sign));
        let answer = s.good_answer();
        s.answer(answer);
        s.until(confirm(Confirm::Sign));
    });
    at("confirm-export", &|s| {
        s.until(confirm(Confirm::Export));
    });
    at("confirm-put-back-folder", &|s| {
        s.until(confirm(Confirm::PutBack));
    });
    at("confirm-put-back-unmounted", &|s| {
        s.until(confirm(Confirm::PutBack));
        s.state.released = Some(Release::Unmounted);
    });
    at("confirm-put-back-by-hand", &|s| {
        s.until(confirm(Confirm::PutBack));
        s.state.released = Some(Release::ByHand {
            point: "/media/stick".to_owned(),
            because: "this program has no right to unmount".to_owned(),
        });
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
    at("recover-generate", &|s| {
        s.until(confirm(Confirm::Generate));
        let answer = s.good_answer();
        s.answer(answer);
        s.resume().settle();
    });
    at("recover-sign-device-gone", &|s| {
        s.until(confirm(Confirm::Sign));
        let answer = s.good_answer();
        s.answer(answer);
        s.cards.clear();
        s.resume().settle();
    });
    at("resumed-with-nothing-under-way", &|s| {
        s.until(confirm(Confirm::Sign));
        s.resume().settle();
    });
    at("recovered", &|s| {
        s.until(confirm(Confirm::Sign));
        let answer = s.good_answer();
        s.answer(answer);
        s.resume().settle();
        let answer = s.good_answer();
        s.answer(answer);
        s.settle();
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

/// What only another clock or another script brings: shown as data.
fn clock_with(doubt: ClockDoubt) -> Question {
    Question::Clock {
        reading: 0,
        of: 1,
        doubt: Some(doubt),
    }
}

/// A stage at a question that only other devices bring: shown as data.
fn asking(pad: bool, yubihsm: bool, question: Question) -> Stage {
    let mut stage = Stage::open();
    stage.until(|q| matches!(q, Question::SetUp { .. }));
    let token = stage.state.bench.keys().next().unwrap().clone();
    let card = stage.state.bench.get_mut(&token).unwrap().card.as_mut().unwrap();
    card.pin_pad = pad;
    if yubihsm {
        card.vendor = "Yubico".to_owned();
        card.model = "YubiHSM 2".to_owned();
        card.firmware = "2.4.0".to_owned();
    }
    stage.state.phase = Phase::Asking(question);
    stage
}

/// Every question and state that secrets made here and other devices bring.
pub fn of_devices() -> Vec<(&'static str, Stage)> {
    let token = || Id::parse("token-a").unwrap();
    let mut out = vec![
        ("cover", asking(false, true, Question::Cover { token: token() })),
        (
            "set-up-made",
            asking(
                false,
                true,
                Question::SetUp {
                    token: token(),
                    credentials: Vec::new(),
                },
            ),
        ),
        (
            "set-up-yubihsm",
            asking(
                false,
                true,
                Question::SetUp {
                    token: token(),
                    credentials: Credential::YUBIHSM.to_vec(),
                },
            ),
        ),
        (
            "set-up-pad",
            asking(
                true,
                false,
                Question::SetUp {
                    token: token(),
                    credentials: Credential::PINS.to_vec(),
                },
            ),
        ),
    ];
    for (name, wrong) in [("copy", 0), ("copy-wrong", 1)] {
        let credential = Credential::Provisioner;
        let secret = Ticket(6);
        let token = token();
        out.push((
            name,
            asking(
                false,
                true,
                Question::Copy {
                    token,
                    credential,
                    secret,
                    wrong,
                },
            ),
        ));
    }
    for (name, wrong) in [("dice", 0), ("dice-wrong", 1)] {
        let credential = Credential::UserPin;
        let token = token();
        out.push((
            name,
            asking(
                false,
                false,
                Question::Dice {
                    token,
                    credential,
                    rolls: 12,
                    wrong,
                },
            ),
        ));
    }
    for (name, credential, pad) in [
        ("pin-provisioner", Credential::Provisioner, false),
        ("pin-signer", Credential::Signer, false),
        ("pin-auditor", Credential::Auditor, false),
        ("pin-pad", Credential::UserPin, true),
    ] {
        let token = token();
        out.push((
            name,
            asking(
                pad,
                !pad,
                Question::Pin {
                    token,
                    credential,
                    wrong: 0,
                    pad,
                },
            ),
        ));
    }
    for (name, code, meaning) in [
        (
            "attestation-refused",
            DeviceCode::AttestationRefused,
            "the device's statement was refused: public-key label",
        ),
        (
            "firmware-old",
            DeviceCode::FirmwareOld,
            "expected firmware 2.4.0 or newer, got 2.2.0",
        ),
        (
            "log-unexplained",
            DeviceCode::LogUnexplained,
            "the log and the record differ, first in: 12 sign-ecdsa by 3",
        ),
        ("log-full", DeviceCode::LogFull, "log full"),
    ] {
        let fault = DeviceFault {
            code,
            meaning: meaning.to_owned(),
            changed: Changed::No,
            ..fault()
        };
        let trouble = Trouble::Device(fault);
        out.push((name, asking(false, true, Question::Trouble { trouble })));
    }
    out
}

/// A waiver's step: 2 of 2 targets keys must sign, so none of them may be lost.
pub fn waiver_stage() -> Stage {
    let mut text = stage::script("rehearsal", "embedded");
    let mut put = |from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    };
    put(
        "threshold = 1\nkeys = [\"targets-a\", \"targets-b\"]",
        "threshold = 2\nkeys = [\"targets-a\", \"targets-b\"]",
    );
    put("seats = 2\nquorum = 1", "seats = 3\nquorum = 2");
    put(
        "\n[[act]]\nid = \"keys\"",
        r#"
[[act.step]]
id = "open.4"
by = "lead"
minutes = 2
do = "waive"
claim = "loss-tolerance"
role = "targets"

[[waiver]]
claim = "loss-tolerance"
role = "targets"
reason = "two holders only until March; ticket 12"
by = "officer"

[[act]]
id = "keys""#,
    );
    let sign = "do = \"sign\"\nmetadata = \"targets\"\non = \"token-a\"\nkey = \"targets-a\"\n";
    put(
        sign,
        &format!(
            "{sign}\n[[act.step]]\nid = \"sign.8b\"\nby = \"officer\"\nminutes = 2\n{}",
            sign.replace("-a\"", "-b\"")
        ),
    );
    let mut stage = Stage::with(&text);
    stage.until(|q| matches!(q, Question::Item { .. }));
    while !matches!(
        stage.plan.step(stage.state.cursor).unwrap().step.verb,
        Verb::Waive { .. }
    ) {
        let answer = stage.good_answer();
        stage.answer(answer).settle();
    }
    stage
}

pub fn file_stage() -> Stage {
    let mut stage = Stage::with(&stage::script("rehearsal", "file"));
    stage.until(|q| matches!(q, Question::SetUp { .. }));
    stage
}

pub fn working() -> Stage {
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Generate));
    let answer = stage.good_answer();
    stage.answer(answer);
    assert!(matches!(stage.effect().what, What::Generate { .. }));
    stage
}
