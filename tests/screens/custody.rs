//! Screens about bags, seals and formal breaks, and of a quorum that decides.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tuf_ceremony::base::{Digest, Id, Json};
use tuf_ceremony::engine::{Answer, Confirm, FileState, NumberFor, Phase, Question, Trouble, What};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::{Script, Subject};
use tuf_ceremony::tuf::{Draft, Metadata, MetadataName};
use tuf_ceremony::ui::keymap::Intent;

use crate::show::{LARGE, SMALL, confirm, enter, model, plain, press, screen, shot, type_in};
use crate::stage::{self, Stage};

/// The stage's script with numbers before the keys, and a break after them.
fn script(kind: &str) -> String {
    let backend = if kind == "rehearsal" {
        "embedded"
    } else {
        "pkcs11\"\nmodule = \"opensc"
    };
    let script = stage::script(kind, backend);
    // In production no quorum of one decides over a seal.
    let script = match kind {
        "production" => script.replace("seats = 2\nquorum = 1", "seats = 3\nquorum = 2"),
        _ => script,
    };
    script
        .replace(
            "\n[[act]]\nid = \"keys\"",
            "\n[[act.step]]\nid = \"open.note\"\nby = \"officer\"\nminutes = 1\ndo = \"record\"\n\
             items = [\"bag that token-a came in\", \"envelope with the paper script\"]\n\
             \n[[act]]\nid = \"keys\"",
        )
        .replace(
            "\n[[act]]\nid = \"sign\"",
                "\n[[act]]\nid = \"rest\"\ntitle = \"Break\"\n\
                 \n[[act.step]]\nid = \"rest.1\"\nby = \"officer\"\nminutes = 1\ndo = \"break\"\nsource = \"second\"\n\
                 \n[[act.step]]\nid = \"rest.2\"\nby = \"officer\"\nminutes = 1\ndo = \"record\"\nsame_as = \"open.note\"\n\
                 items = [\"envelope with the paper script\"]\n\
                 \n[[act]]\nid = \"sign\"",
        )
}

fn asks(wanted: NumberFor) -> impl Fn(&Question) -> bool {
    move |q| matches!(q, Question::Number { purpose, .. } if *purpose == wanted)
}

fn rests() -> Stage {
    let mut stage = Stage::with(&script("rehearsal"));
    stage.until(confirm(Confirm::Break));
    let written = stage.good_answer();
    stage.answer(written);
    assert!(stage.state.on_break());
    stage
}

fn number(text: &str) -> Answer {
    Answer::Number {
        number: text.to_owned(),
        again: None,
        person: None,
    }
}

fn differs() -> Stage {
    let mut stage = rests();
    stage.resume().until(asks(NumberFor::Returns));
    stage.answer(number("TEB 9999")).answer(number("TEB 9999"));
    assert!(matches!(stage.question(), Question::Differs { .. }));
    stage
}

#[test]
fn numbers_and_breaks_look_as_they_did() {
    let mut stage = Stage::with(&script("rehearsal"));
    stage.until(asks(NumberFor::Note));
    screen("number-note", &stage, |m| {
        enter(m, "TEB 4400");
        type_in(m, "TEB 44");
    });
    stage.until(asks(NumberFor::Leaves));
    screen("number-leaves", &stage, plain);
    stage.until(confirm(Confirm::Break));
    screen("break-words", &stage, plain);
    let mut stage = rests();
    screen("break-rests", &stage, plain);
    stage.resume().until(asks(NumberFor::Returns));
    screen("number-returns", &stage, plain);
    stage.answer(number("TEB 9999"));
    screen("number-again", &stage, plain);
    screen("number-second", &stage, |m| {
        press(m, Intent::Second);
    });
    screen("number-help", &stage, |m| {
        press(m, Intent::Help);
    });
    stage.until(|q| matches!(q, Question::Words { subject, .. } if *subject == Subject::Break));
    screen("words-break", &stage, plain);
    stage.until(asks(NumberFor::Same));
    screen("number-same", &stage, plain);
}

#[test]
fn a_difference_looks_as_it_did() {
    let mut stage = differs();
    screen("differs", &stage, |m| type_in(m, "the bag tore"));
    let why = stage.good_answer();
    stage.answer(why);
    screen("differs-quorum", &stage, plain);
    assert_eq!(stage.state.deviations, 0);
    stage.answer(Answer::Done {
        typed: "accept".to_owned(),
    });
    assert_eq!(stage.state.deviations, 1);
    assert!(matches!(stage.question(), Question::Number { index: 1, .. }));
}

/// What must come from the seal or from paper is not on the page that asks for it.
#[test]
fn a_recorded_number_is_never_on_the_page_that_asks_for_it() {
    let mut stage = rests();
    stage.resume().until(asks(NumberFor::Returns));
    for wrong in [false, true] {
        if wrong {
            stage.answer(number("nonsense"));
        }
        for size in [SMALL, LARGE] {
            assert!(!shot(&model(&stage, size)).contains("TEB 44"), "{wrong}");
        }
    }
    stage.until(|q| matches!(q, Question::Words { .. }));
    let Question::Words { digest, .. } = stage.question().clone() else {
        panic!("words");
    };
    let words = tuf_ceremony::transcript::words::words(&digest);
    let shown = shot(&model(&stage, LARGE));
    assert!(words.iter().filter(|w| shown.contains(*w)).count() < 3, "{shown}");
}

#[test]
fn a_break_logs_everybody_out_and_only_a_resumption_goes_on() {
    let mut stage = Stage::with(&script("rehearsal"));
    stage.until(confirm(Confirm::Generate));
    assert!(stage.state.unlocked().is_some());
    stage.until(asks(NumberFor::Leaves));
    assert!(stage.state.unlocked().is_none());
    // A number counts when it was typed twice, and leaves with somebody who is here.
    for (again, person) in [("TEB 1", "Person officer 1"), ("TEB 2", "Nobody")] {
        let answer = Answer::Number {
            number: "TEB 2".to_owned(),
            again: Some(again.to_owned()),
            person: Some(person.to_owned()),
        };
        assert!(
            stage
                .put(tuf_ceremony::engine::InputKind::Answer(answer))
                .is_err()
        );
    }
    let mut stage = rests();
    assert_eq!(stage.state.phase, Phase::Paused);
    for answer in [stage_answer("written"), Answer::Again] {
        assert!(
            stage
                .put(tuf_ceremony::engine::InputKind::Answer(answer))
                .is_err()
        );
    }
    stage.resume();
    assert!(matches!(stage.question(), Question::Seat { .. }), "who is back?");
    stage.until(asks(NumberFor::Returns));
    // Stopped in the middle of coming back: it begins with the roll call again.
    stage.resume();
    assert!(matches!(stage.question(), Question::Seat { .. }));
    stage.until(|q| matches!(q, Question::Clock { .. }));
    stage.until(asks(NumberFor::Same)).until_closed();
    assert!(stage.state.away.is_none());
    assert_eq!(stage.state.deviations, 0);
}

fn stage_answer(typed: &str) -> Answer {
    Answer::Confirm {
        typed: typed.to_owned(),
    }
}

/// A swapped seal cannot be typed away, not even by stopping the program.
#[test]
fn a_difference_stands_over_a_resumption() {
    let mut stage = differs();
    stage.resume();
    stage.until(|q| matches!(q, Question::Differs { .. } | Question::Words { .. }));
    assert!(matches!(stage.question(), Question::Differs { index: 0 }));
    let nothing = Answer::Differs { why: " ".to_owned() };
    assert!(
        stage
            .put(tuf_ceremony::engine::InputKind::Answer(nothing))
            .is_err()
    );
    let mut abort = stage.clone();
    abort
        .put(tuf_ceremony::engine::InputKind::Abort {
            why: "the seal is another one".to_owned(),
            typed: "abort".to_owned(),
        })
        .unwrap();
    assert_eq!(abort.state.phase, Phase::Aborted);
    stage.until(asks(NumberFor::Same));
    assert_eq!(stage.state.deviations, 1);
}

/// The plan of the shipped rehearsal, at its `supersede` step.
fn supersedes() -> Stage {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ceremony-scripts/rehearsal");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let script = Script::parse(&read("root-supersede.toml")).unwrap();
    let inputs: BTreeMap<String, Arc<[u8]>> = script
        .files()
        .map(|(name, _)| (name.to_owned(), Arc::from(read(name))))
        .collect();
    let plan = Plan::build(script.clone(), &Inputs(inputs)).unwrap();
    let cursor = plan
        .steps()
        .iter()
        .position(|s| s.step.verb.name() == "supersede");
    let mut stage = Stage::of(plan);
    let Json::Object(mut signed) = Metadata::parse(&read("chain/2.root.json")).unwrap().signed_json else {
        panic!("an object");
    };
    signed.insert("version".to_owned(), Json::Int(3));
    stage.state.files.insert(
        MetadataName::ROOT,
        FileState {
            draft: Draft::of(Json::Object(signed)).unwrap().into(),
            review: Digest::ZERO,
            notes: Vec::new(),
            reviewed: false,
            compared: false,
            signatures: Vec::new(),
            complete: false,
        },
    );
    stage.state.begun = true;
    stage.state.cursor = cursor.unwrap();
    stage.state.phase = Phase::Asking(Question::Item { index: 0 });
    stage
}

#[test]
fn superseding_looks_as_it_did() {
    screen("supersede", &supersedes(), plain);
    let mut stage = supersedes();
    let wrong = Answer::Done {
        typed: "yes".to_owned(),
    };
    assert!(stage.put(tuf_ceremony::engine::InputKind::Answer(wrong)).is_err());
    for n in 1..=2 {
        assert!(stage.state.superseded.is_empty(), "{n}: one of two is no quorum");
        let word = stage.good_answer();
        stage.answer(word);
    }
    assert_eq!(stage.state.superseded.len(), 1);
}

/// Asked to sign all the same, the engine refuses before it looks for a device.
#[test]
fn no_pin_is_asked_over_a_payload_that_is_not_superseded() {
    let mut stage = supersedes();
    let steps = stage.plan.steps();
    let sign = steps.iter().position(|s| s.step.verb.name() == "sign").unwrap();
    stage.state.cursor = sign;
    let mut bare = stage.clone();
    bare.resume();
    let Question::Trouble {
        trouble: Trouble::Gate(why),
    } = bare.question()
    else {
        panic!("{:?}", bare.question());
    };
    assert!(why.contains("TWO PAYLOADS"), "{why}");
    let payloads = stage.plan.record().unwrap().payloads("root", 3);
    stage.state.superseded.extend(payloads);
    stage.resume();
    assert!(matches!(stage.effect().what, What::Identify { .. }));
}

#[test]
fn production_has_no_second_machine_at_a_break() {
    let mut stage = Stage::with(&script("production"));
    stage.until(confirm(Confirm::Break));
    let written = stage.good_answer();
    stage.answer(written).resume().until(asks(NumberFor::Returns));
    let shown = shot(&model(&stage, SMALL));
    assert!(!shown.contains("F3"), "{shown}");
    assert!(stage.state.numbers.contains_key(&Id::parse("rest.1").unwrap()));
}
