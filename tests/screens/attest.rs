//! Screens of seats that sign the record: enrolment, the head that is signed, and
//! the two ways of not signing.

use tuf_ceremony::engine::{Answer, AttesterAct, Question};
use tuf_ceremony::runner::Cmd;
use tuf_ceremony::ui::Out;
use tuf_ceremony::ui::keymap::Intent;

use crate::show::{LARGE, SMALL, enter, model, plain, press, screen, shot, type_in};
use crate::stage::{self, Stage};

/// The stage's script with an audit key of the first officer, on a token of its own.
fn script() -> String {
    let step = |id: &str, rest: &str| {
        format!("\n[[act.step]]\nid = \"{id}\"\nby = \"officer\"\nminutes = 1\n{rest}\n")
    };
    let enrol = [
        step("audit.1", "do = \"inventory\"\non = \"card\""),
        step("audit.2", "do = \"provision\"\ncredentials = \"typed\"\non = \"card\""),
        step(
            "audit.3",
            "do = \"generate-key\"\non = \"card\"\nkey = { name = \"audit-olga\", algorithm = \"ed25519\", extractable = false }",
        ),
        step("audit.4", "do = \"prove-possession\"\non = \"card\"\nkey = \"audit-olga\""),
        step("audit.5", "do = \"countersign\""),
    ]
    .concat();
    stage::script("rehearsal", "embedded")
        .replace(
            "\n[[key]]\nid = \"online\"",
            "\n[[token]]\nid = \"card\"\nbackend = \"embedded\"\nserial = \"REHEARSAL-0004\"\n\
             \n[[attester]]\nid = \"audit-olga\"\nby = \"officer\"\nseat = 1\non = \"card\"\nkey = \"made-here\"\n\
             \n[[key]]\nid = \"online\"",
        )
        .replace(
            "\n[[act]]\nid = \"keys\"",
            &format!("\n[[act]]\nid = \"audit\"\ntitle = \"Audit key\"\n{enrol}\n[[act]]\nid = \"keys\""),
        )
}

fn asks(wanted: AttesterAct) -> Stage {
    let mut stage = Stage::with(&script());
    stage.until(|q| matches!(q, Question::Attester { act, .. } if *act == wanted));
    stage
}

#[test]
fn enrolment_and_countersigning_look_as_they_did() {
    let (enrol, sign) = (asks(AttesterAct::Enrol), asks(AttesterAct::Countersign));
    screen("attester-enrol", &enrol, plain);
    screen("attester-sign", &sign, plain);
    screen("attester-declines", &sign, |m| {
        press(m, Intent::Other);
        type_in(m, "no time to read it");
    });
    screen("attester-absent", &enrol, |m| {
        press(m, Intent::Other);
        press(m, Intent::Other);
        type_in(m, "went home");
    });
    screen("attester-help", &sign, |m| {
        press(m, Intent::Help);
    });
}

#[test]
fn f5_goes_through_the_three_answers_and_back() {
    let sign = asks(AttesterAct::Countersign);
    let mut model = model(&sign, LARGE);
    let mut said = Vec::new();
    for presses in [1, 1, 1] {
        for _ in 0..presses {
            press(&mut model, Intent::Other);
        }
        let out = enter(&mut model, "0004");
        assert!(matches!(out.as_slice(), [Out::Say(Cmd::Submit(_))]), "{out:?}");
        said.extend(out);
        model = crate::show::model(&sign, LARGE);
        for _ in 0..said.len() {
            press(&mut model, Intent::Other);
        }
    }
    let answers: Vec<Answer> = said
        .into_iter()
        .filter_map(|out| match out {
            Out::Say(Cmd::Submit(answer)) => Some(answer),
            _ => None,
        })
        .collect();
    assert!(matches!(answers[0], Answer::Decline { .. }), "{answers:?}");
    assert!(matches!(answers[1], Answer::Absent { .. }), "{answers:?}");
    assert!(matches!(answers[2], Answer::Attest { .. }), "{answers:?}");
}

/// What is signed is on the page: size, root, words, seat, key and token; the
/// serial's end is not, for it must come from the token's body.
#[test]
fn the_page_shows_what_is_signed_and_not_what_is_typed() {
    let sign = asks(AttesterAct::Countersign);
    let head = sign.state.countersigning.clone().unwrap().head;
    let text = shot(&model(&sign, LARGE));
    let words = tuf_ceremony::transcript::words::words(&head.root);
    for shown in [
        &format!("{} lines", head.size),
        words[0],
        words[31],
        "officer 1",
        "audit-olga",
        "card",
    ] {
        assert!(text.contains(shown), "{shown}\n{text}");
    }
    for size in [SMALL, LARGE] {
        assert!(!shot(&model(&sign, size)).contains("REHEARSAL-0004"));
        let mut empty = model(&sign, size);
        assert!(
            press(&mut empty, Intent::Enter).is_empty(),
            "Enter alone signs nothing"
        );
    }
}
