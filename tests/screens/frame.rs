//! The frame around every screen: the bench, the times, the keys; and the page of
//! what devices say about their keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use tuf_ceremony::base::device::{KeyAttributes, OperationId, PinState, Statement, StatementKind};
use tuf_ceremony::base::{Algorithm, Digest, Id, Stamp};
use tuf_ceremony::engine::{Confirm, KeyState, Phase, Question, TokenState};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::runner::Msg;
use tuf_ceremony::script::{Script, Verb};
use tuf_ceremony::ui::keymap::{self, Intent};
use tuf_ceremony::ui::wording;
use tuf_ceremony::ui::{Event, Model, update};

use crate::maker;
use crate::show::{
    LARGE, SMALL, confirm, golden, model, of_devices, press, questions, screen, shot, type_in,
};
use crate::stage::Stage;

const WIDE: (u16, u16) = (160, 50);

/// A plan with three YubiHSM 2 whose maker is a practice one, and PKCS#11 tokens.
fn two_makes() -> (Stage, maker::Made) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ceremony-scripts/rehearsal");
    let name = Id::parse("root-a").unwrap();
    let operation = OperationId::new(&Digest::of(b"ceremony"), &name, 1);
    let mut chain = maker::yubihsm();
    let label = operation.label(&name);
    let arc = "1.3.6.1.4.1.41482.4.9";
    chain.statement.extensions.retain(|(oid, ..)| oid != arc);
    chain
        .statement
        .extensions
        .push(maker::extension(arc, maker::tlv(0x0c, &[label.as_bytes()])));
    let made = chain.sign();
    let pem = |der: &[u8]| {
        let body = data_encoding::BASE64.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n").into_bytes()
    };
    let mut text = std::fs::read_to_string(folder.join("pypi-mix.toml")).unwrap();
    let mut files: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
    let online = std::fs::read(folder.join("online.pub.pem")).unwrap();
    files.insert("online.pub.pem".to_owned(), online.into());
    for (file, der) in [
        ("simulated-yubihsm-authority.pem", &made.authorities[0]),
        ("simulated-yubihsm-root.pem", &made.authorities[1]),
    ] {
        let old = Digest::of(&std::fs::read(folder.join(file)).unwrap()).hex();
        let bytes = pem(der);
        assert!(text.contains(&old), "{file}");
        text = text.replace(&old, &Digest::of(&bytes).hex());
        files.insert(file.to_owned(), bytes.into());
    }
    let script = Script::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
    let plan = Plan::build(script, &Inputs(files)).unwrap_or_else(|e| panic!("{e:?}"));
    let mut stage = Stage::of(plan);
    let card = stage.cards.values().next().unwrap().clone();
    for (token, serial, firmware) in [
        ("yubi-a", "0012345678", "2.4.0"),
        ("nitro-a", "DENK0200473", "3.5"),
    ] {
        let mut card = card.clone();
        card.serial = serial.to_owned();
        card.firmware = firmware.to_owned();
        card.label = token.to_owned();
        card.initialised = true;
        card.pin = PinState::Left(2);
        let bench = TokenState {
            serial: Some(serial.to_owned()),
            card: Some(card),
            set_up: true,
            ..TokenState::default()
        };
        stage.state.bench.insert(Id::parse(token).unwrap(), bench);
    }
    stage.state.begun = true;
    stage.state.began = Some(stage.at.wall);
    stage.state.entered = Some(stage.at.wall);
    let retire = |s: &&tuf_ceremony::plan::PlannedStep| matches!(s.step.verb, Verb::Retire { .. });
    let steps = stage.plan.steps();
    stage.state.cursor = steps.iter().position(|s| retire(&s)).unwrap();
    stage.state.phase = Phase::Asking(Question::Confirm {
        what: Confirm::Retire,
    });
    let hex = |der: &[u8]| data_encoding::HEXLOWER.encode(der);
    let statement = Statement {
        kind: StatementKind::Yubihsm,
        certificates: vec![hex(&made.statement), hex(&made.device)],
        object: Some(3),
    };
    let key = |token: &str, seed: u8, statement: Option<Statement>| KeyState {
        token: Id::parse(token).unwrap(),
        operation,
        algorithm: Algorithm::EcdsaP256,
        public: maker::public(&maker::key(seed)),
        attributes: KeyAttributes::signs_only(),
        proven: false,
        attested: statement.as_ref().map(|_| "rehearsal".to_owned()),
        statement: statement.map(Arc::new),
        object: Some(3),
        called: None,
        enrolled: false,
    };
    stage.state.keys.insert(name, key("yubi-a", 4, Some(statement)));
    let other = Id::parse("root-d").unwrap();
    stage.state.keys.insert(other, key("nitro-a", 7, None));
    (stage, made)
}

#[test]
fn what_devices_say_about_their_keys_looks_as_it_did() {
    let (stage, _) = two_makes();
    screen("claims", &stage, |m| {
        press(m, Intent::Claims);
    });
    screen("claims-on", &stage, |m| {
        press(m, Intent::Claims);
        press(m, Intent::PageDown);
    });
    screen("claims-end", &stage, |m| {
        press(m, Intent::Claims);
        press(m, Intent::Bottom);
    });
    let mine = whole_of(&stage);
    assert!(
        mine.contains("Not shown here: 1 key of another device.") && !mine.contains("root-d"),
        "{mine}"
    );
    // At a step without a device every key is there.
    let mut stage = stage;
    stage.state.cursor = 1;
    screen("claims-all", &stage, |m| {
        press(m, Intent::Claims);
        press(m, Intent::PageDown);
    });
    let whole = whole_of(&stage);
    for said in [
        "REHEARSAL; whole, under a root made for practice",
        "generated in the device",
        "never: it may not be exported",
        "sign-ecdsa, and nothing else",
        "Practice Sub-CA, signed by Practice Root",
        "the same in the statement and in the device's certificate",
        "[device-signed]",
        "[derived]",
        "[claimed]",
        "NO ATTESTATION HERE: over PKCS#11",
        "the module does not say",
        "What a signed statement does NOT show",
        "software can give the same answers",
    ] {
        assert!(whole.contains(said), "{said}\n{whole}");
    }
    // The end of a serial is read from the body, also when a certificate has it.
    for digits in ["5678", "0473"] {
        assert!(!whole.contains(digits), "{digits}\n{whole}");
    }
}

/// The page from its first to its last row, in one line.
fn whole_of(stage: &Stage) -> String {
    let mut model = model(stage, LARGE);
    press(&mut model, Intent::Claims);
    let mut whole = String::new();
    for _ in 0..80 {
        for line in shot(&model).lines().skip(3) {
            let part = line.split('│').nth(1).unwrap_or_default();
            if !whole.contains(part.trim()) {
                whole.push_str(part.trim());
                whole.push(' ');
            }
        }
        press(&mut model, Intent::Down);
    }
    whole
}

/// It opens by itself when a statement was judged, over no half-written note.
#[test]
fn a_judged_statement_is_shown_when_it_was_made() {
    let (stage, _) = two_makes();
    let mut before = stage.clone();
    before.state.keys.clear();
    before.state.phase = Phase::New;
    let mut opened = model(&before, SMALL);
    update(&mut opened, Event::Engine(Msg::Snapshot(stage.snapshot())));
    assert!(shot(&opened).contains("What the devices say about their keys"));
    press(&mut opened, Intent::Back);
    assert!(opened.modal.is_none());
    update(&mut opened, Event::Engine(Msg::Snapshot(stage.snapshot())));
    assert!(opened.modal.is_none(), "once");
    let mut noting = model(&before, SMALL);
    press(&mut noting, Intent::Note);
    type_in(&mut noting, "half a note");
    update(&mut noting, Event::Engine(Msg::Snapshot(stage.snapshot())));
    assert!(shot(&noting).contains("half a note"));
    // Nothing to show, nothing opens.
    let mut none = model(&Stage::open(), SMALL);
    press(&mut none, Intent::Claims);
    assert!(none.modal.is_none());
}

/// A statement that says another thing than the record is told so.
#[test]
fn a_statement_about_another_serial_is_not_called_the_same() {
    let (mut stage, _) = two_makes();
    let yubi = Id::parse("yubi-a").unwrap();
    stage.state.bench.get_mut(&yubi).unwrap().serial = Some("0012345679".to_owned());
    let whole = whole_of(&stage);
    assert!(whole.contains("REFUSED") && whole.contains("DIFFERS"), "{whole}");
}

#[test]
fn a_wide_console_is_generous() {
    let (mix, _) = two_makes();
    let mut small = Stage::open();
    small.until(confirm(Confirm::Sign));
    for (name, stage) in [("bench-mix", &mix), ("bench", &small)] {
        for size in [LARGE, WIDE] {
            let mut model = model(stage, size);
            let later = Stamp {
                wall: tuf_ceremony::base::Instant::from_unix(stage.at.wall.unix() + 200).unwrap(),
                mono_ms: stage.at.mono_ms + 200_000,
            };
            update(&mut model, Event::Tick(later));
            golden(name, size, &shot(&model));
        }
        let mut model = model(stage, SMALL);
        press(&mut model, Intent::Overview);
        press(&mut model, Intent::Bottom);
        golden(&format!("{name}-plan"), SMALL, &shot(&model));
    }
    let mut mix = model(&mix, WIDE);
    let text = shot(&mix);
    for said in ["2 tries left", "\"yubi-a\"", "media", "not inventoried"] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    press(&mut mix, Intent::Overview);
    assert!(shot(&mix).contains("1 min"), "what the script allows for a step");
}

/// Every intent that the program knows; a new one breaks the match until it is here.
fn every_intent() -> Vec<Intent> {
    use Intent as I;
    let all = vec![
        I::Enter,
        I::Backspace,
        I::Clear,
        I::Next,
        I::Down,
        I::Up,
        I::PageDown,
        I::PageUp,
        I::Top,
        I::Bottom,
        I::Help,
        I::Note,
        I::Second,
        I::Overview,
        I::Qr,
        I::Glossary,
        I::Claims,
        I::Find,
        I::FindNext,
        I::NextChange,
        I::Fold,
        I::Other,
        I::Toggle,
        I::Back,
        I::Leave,
    ];
    for intent in &all {
        match intent {
            I::Char(_) => panic!("a character is no key of a table"),
            I::Enter | I::Backspace | I::Clear | I::Next | I::Down | I::Up | I::PageDown | I::PageUp => {}
            I::Top | I::Bottom | I::Help | I::Note | I::Second | I::Overview | I::Claims | I::Find => {}
            I::Qr | I::Glossary => {}
            I::Left | I::Right => panic!("a review's key: tests/replay/looks.rs"),
            I::FindNext | I::NextChange | I::Fold | I::Other | I::Toggle | I::Back | I::Leave => {}
        }
    }
    all
}

#[test]
fn every_key_is_in_the_table_says_what_it_does_and_does_something() {
    let listed: Vec<Intent> = keymap::all().map(|(_, intent)| intent).collect();
    let mut known = every_intent();
    for intent in &listed {
        let at = known.iter().position(|k| k == intent);
        known.remove(at.unwrap_or_else(|| panic!("{intent:?} stands twice, or nobody knows it")));
        assert!(!wording::key_means(*intent).is_empty(), "{intent:?} has no words");
        assert!(acts(*intent), "{intent:?} does nothing on any screen");
    }
    assert!(known.is_empty(), "without a key: {known:?}");
    assert_eq!(
        wording::ALL_KEYS.len(),
        listed.len(),
        "words for a key that is not there"
    );
    // The page of help is made from the same table.
    let mut model = model(&Stage::open(), (120, 60));
    press(&mut model, Intent::Help);
    press(&mut model, Intent::Bottom);
    let help = shot(&model);
    for (name, intent) in keymap::all() {
        let text = wording::key_means(intent);
        let start: String = text.chars().take(30).collect();
        assert!(help.contains(&format!("│ {name:<12}{start}")), "{name}\n{help}");
    }
}

/// Whether a key changes something on at least one screen.
fn acts(intent: Intent) -> bool {
    const ENOUGH: [&str; 5] = ["review", "seat", "set-up", "begin", "words"];
    let named = questions().into_iter().chain(of_devices());
    let few = named.filter(|(name, _)| ENOUGH.contains(name) || *name == "copy");
    let mut stages: Vec<Stage> = few.map(|(_, s)| s).collect();
    stages.push(two_makes().0);
    let prepared: [fn(&mut Model); 4] = [
        |_| {},
        |m| type_in_quiet(m, "abc"),
        |m| {
            press(m, Intent::PageDown);
        },
        |m| {
            press(m, Intent::Help);
            press(m, Intent::Down);
        },
    ];
    stages.iter().any(|stage| {
        prepared.iter().any(|prepare| {
            let mut model = model(stage, SMALL);
            prepare(&mut model);
            // Letters that are keys come in as letters.
            let letter = keymap::READING.iter().find(|(.., i)| *i == intent);
            let pressed = letter.map_or(intent, |(c, ..)| Intent::Char(*c));
            let before = format!("{:?} {:?}", model.local, model.modal);
            let out = press(&mut model, pressed);
            let same = before == format!("{:?} {:?}", model.local, model.modal);
            let typed = letter.is_some() && !model.local.pane.form.text(0).is_empty();
            !typed && (!out.is_empty() || !same)
        })
    })
}

fn type_in_quiet(model: &mut Model, text: &str) {
    for c in text.chars() {
        press(model, Intent::Char(c));
    }
}
