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
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails"
)]

use show::{
    LARGE, SMALL, confirm, enter, file_stage, golden, model, of_devices, plain, press, questions, render,
    screen, shot, type_in, waiver_stage, working,
};
use stage::Stage;
use tuf_ceremony::base::device::{
    Changed, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, Operation, PinState, Retry,
    StatementKind,
};
use tuf_ceremony::base::inventory::{Device, Inventory, Place, Powers};
use tuf_ceremony::base::medium::Release;
use tuf_ceremony::base::{Algorithm, PublicKey, Secret, Stamp};
use tuf_ceremony::engine::{Answer, Confirm, InputKind, Question, Refusal};
use tuf_ceremony::fault::Code;
use tuf_ceremony::runner::{Failure, Msg, Sealed};
use tuf_ceremony::ui::home::Home;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::tokens::{Tokens, Wish};
use tuf_ceremony::ui::{Choice, Event, Out, Theme, update};

#[path = "screens/attest.rs"]
mod attest;
#[path = "screens/custody.rs"]
mod custody;
#[path = "screens/fatigue.rs"]
mod fatigue;
#[path = "screens/frame.rs"]
mod frame;
#[path = "screens/laws.rs"]
mod laws;
#[path = "screens/machine.rs"]
mod machine;
#[path = "support/maker.rs"]
mod maker;
#[path = "screens/plug.rs"]
mod plug;
#[path = "screens/qr.rs"]
mod qr;
#[path = "screens/reading.rs"]
mod reading;
#[path = "screens/show.rs"]
mod show;
#[path = "screens/slips.rs"]
mod slips;
#[path = "support/stage.rs"]
mod stage;
#[path = "screens/watch.rs"]
mod watch;
#[path = "screens/wire.rs"]
mod wire;

#[test]
fn every_question_looks_as_it_did() {
    for (name, stage) in questions() {
        screen(name, &stage, plain);
    }
}

const SHOWN: &[u8] = b"abcd2345efgh6789jkmn";

fn open(model: &mut tuf_ceremony::ui::Model) {
    let out = press(model, Intent::Other);
    assert!(matches!(out.as_slice(), [Out::Look(_)]));
    update(model, Event::Seen(Some(Secret::copy_of(SHOWN).unwrap())));
}

#[test]
fn questions_about_made_secrets_look_as_they_did() {
    for (name, stage) in of_devices() {
        screen(name, &stage, plain);
    }
    let copy = of_devices().into_iter().find(|(n, _)| *n == "copy").unwrap().1;
    screen("copy-open", &copy, open);
    screen("copy-gone", &copy, |m| {
        press(m, Intent::Other);
        update(m, Event::Seen(None));
    });
}

#[test]
fn an_open_secret_is_on_its_own_page_alone() {
    let copy = of_devices().into_iter().find(|(n, _)| *n == "copy").unwrap().1;
    for size in [SMALL, LARGE] {
        for intent in [
            Intent::Help,
            Intent::Note,
            Intent::Second,
            Intent::Overview,
            Intent::Leave,
            Intent::Back,
            Intent::Other,
        ] {
            let mut model = model(&copy, size);
            open(&mut model);
            assert!(shot(&model).contains("abcd-2345"), "{}", shot(&model));
            press(&mut model, intent);
            assert!(!shot(&model).contains("abcd"), "{intent:?}\n{}", shot(&model));
            press(&mut model, Intent::Back);
            assert!(!shot(&model).contains("abcd"), "{intent:?}: hidden for good");
        }
        let mut model = model(&copy, size);
        open(&mut model);
        update(&mut model, Event::Resize(20, 5));
        assert!(!shot(&model).contains("abcd"));
        update(&mut model, Event::Engine(Msg::Snapshot(Stage::open().snapshot())));
        update(&mut model, Event::Engine(Msg::Snapshot(copy.snapshot())));
        update(&mut model, Event::Resize(size.0, size.1));
        assert!(!shot(&model).contains("abcd"), "another question wipes it");
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
fn a_waiver_is_asked_person_by_person() {
    let stage = waiver_stage();
    screen("waive", &stage, plain);
    screen("waive-help", &stage, |m| {
        press(m, Intent::Help);
    });
    screen("waive-yes", &stage, |m| {
        enter(m, "yes");
        let refused = stage.clone().put(InputKind::Answer(Answer::Done {
            typed: "yes".to_owned(),
        }));
        update(m, Event::Engine(Msg::Refused(refused.unwrap_err())));
    });
    let mut last = stage.clone();
    for _ in 0..2 {
        let answer = last.good_answer();
        last.answer(answer).settle();
    }
    screen("waive-last", &last, plain);
    for size in [SMALL, LARGE] {
        let mut model = model(&stage, size);
        press(&mut model, Intent::Help);
        let help = shot(&model);
        assert!(
            !help.contains("Type yes") && help.contains("name of the claim"),
            "{help}"
        );
    }
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
    stage.until_closed();
    screen("sealing", &stage, plain);
    screen("closed", &stage, |m| {
        let place = "/media/stick/root-keygen".to_owned();
        let released = Release::Unmounted;
        update(m, Event::Engine(Msg::Sealed(Sealed { place, released })));
    });
    screen("closed by hand", &stage, |m| {
        let place = "/media/stick/root-keygen".to_owned();
        let released = Release::ByHand {
            point: "/media/stick".to_owned(),
            because: "this program has no right to unmount".to_owned(),
        };
        update(m, Event::Engine(Msg::Sealed(Sealed { place, released })));
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

fn devices() -> Inventory {
    let card = |serial: &str, pin| DeviceCard {
        vendor: "Example".to_owned(),
        model: "Token 2".to_owned(),
        serial: serial.to_owned(),
        label: "root-a".to_owned(),
        firmware: "3.5".to_owned(),
        initialised: true,
        pin,
        pin_limits: (0, 0),
        pin_pad: false,
        quirks: "smartcard-hsm".to_owned(),
    };
    let public = PublicKey::from_raw(Algorithm::Ed25519, &[7; 32]).unwrap();
    let key = KeyFound {
        label: "root-a:abcdefghijklmnopqrstuvwxyz".to_owned(),
        id: "00112233445566778899aabbccddeeff".to_owned(),
        public: Some(public),
        attributes: KeyAttributes::default(),
    };
    let device = |card, keys, fault| Device {
        card,
        powers: Powers {
            attests: Some(StatementKind::Cvc),
            set_up: true,
            ..Powers::default()
        },
        keys,
        fault,
    };
    let fault = |code, meaning: &str| DeviceFault {
        operation: Operation::Find,
        code,
        meaning: meaning.to_owned(),
        changed: Changed::No,
        retry: Retry::AskHuman,
    };
    Inventory {
        places: vec![
            Place {
                name: "module none (/none.so)".to_owned(),
                devices: Vec::new(),
                fault: Some(fault(DeviceCode::ModuleUnusable, "/none.so: no such file")),
            },
            Place {
                name: "module opensc (/usr/lib/opensc-pkcs11.so)".to_owned(),
                devices: vec![
                    device(card("DENK0200473", PinState::Last), vec![key], None),
                    device(card("DENK0200474\u{1b}[2J", PinState::Left(2)), Vec::new(), None),
                ],
                fault: None,
            },
            Place {
                name: "key files (devices/files)".to_owned(),
                devices: vec![device(card("DENK0200473", PinState::Ready), Vec::new(), None)],
                fault: None,
            },
        ],
    }
}

#[test]
fn the_list_of_devices_looks_as_it_did() {
    for size in [SMALL, LARGE] {
        let shot = |tokens: &Tokens| render(size, |f| tuf_ceremony::ui::tokens::draw(tokens, f));
        let mut tokens = Tokens::new(size, Theme::Mono);
        golden("tokens-looking", size, &shot(&tokens));
        assert_eq!(tokens.on(Intent::Other), Wish::Stay, "one look at a time");
        tokens.found = Some(devices());
        let first = shot(&tokens);
        golden("tokens", size, &first);
        assert!(first.contains("Two devices have the same serial"), "{first}");
        assert!(!first.contains('\u{1b}'));

        // Every row can be reached, and none beyond the last.
        let mut seen = first;
        for _ in 0..6 {
            assert_eq!(tokens.on(Intent::PageDown), Wish::Stay);
            let now = shot(&tokens);
            seen.push_str(&now);
        }
        let end = shot(&tokens);
        golden("tokens-end", size, &end);
        tokens.on(Intent::Down);
        tokens.on(Intent::Bottom);
        assert_eq!(shot(&tokens), end);
        for text in [
            "ONE MORE WRONG PIN",
            "DENK0200474",
            "root-a:abcdefgh",
            "no such file",
            "key files",
        ] {
            assert!(seen.contains(text), "{text}");
        }
        tokens.on(Intent::Top);
        assert_eq!(tokens.scroll, 0);
        assert_eq!(tokens.on(Intent::Other), Wish::Again);
        assert!(tokens.found.is_none(), "an old look is not shown as a new one");
        assert_eq!(tokens.on(Intent::Back), Wish::Back);
    }
}

#[test]
fn the_home_screen_shows_all_its_entries_at_every_size() {
    for size in [SMALL, LARGE] {
        let home = Home::new(size, Theme::Mono);
        let shot = render(size, |f| tuf_ceremony::ui::home::draw(&home, f));
        for (number, name, text) in tuf_ceremony::ui::wording::home::LIST {
            assert!(shot.contains(&format!("{number}   {name}")), "{shot}");
            assert!(shot.contains(text), "{text}\n{shot}");
        }
        let mut home = Home::new(size, Theme::Mono);
        home.on(Intent::Char('5'));
        golden(
            "home-tokens",
            size,
            &render(size, |f| tuf_ceremony::ui::home::draw(&home, f)),
        );
        for c in "usb a=/b devices".chars() {
            home.on(Intent::Char(c));
        }
        let places = "usb a=/b devices".to_owned();
        assert_eq!(home.on(Intent::Enter), Some(Choice::Tokens { places }));
    }
}
