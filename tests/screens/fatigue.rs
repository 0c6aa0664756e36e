//! What is asked once for several acts, and what ends it: a page names each act
//! with its whole digest, takes one text from the device's body, and stands for
//! nothing that was not on it.

use tuf_ceremony::base::Id;
use tuf_ceremony::base::device::{Changed, DeviceCode, DeviceFault};
use tuf_ceremony::engine::{Answer, Confirm, Deviation, InputKind, Outcome, Question, What};
use tuf_ceremony::script::{Origin, Verb};
use tuf_ceremony::transcript::Kind;
use tuf_ceremony::ui::keymap::Intent;

use crate::show::{LARGE, SMALL, confirm, enter, fault, model, of_devices, plain, press, screen, shot};
use crate::stage::{self, Stage};

/// The stage's script with both keys of token-a made in a row, typed or made secrets.
fn two_keys(origin: &str) -> Stage {
    let step = |verb: &str, rest: &str| format!("do = \"{verb}\"\non = \"token-a\"\nkey = {rest}\n");
    let prove = step("prove-possession", "\"root-a\"");
    let make = step(
        "generate-key",
        "{ name = \"targets-a\", algorithm = \"ed25519\", extractable = false }",
    );
    let text = stage::script("rehearsal", "embedded");
    assert!(text.contains(&prove) && text.contains(&make));
    let text = text
        .replace(&prove, "SWAP\n")
        .replace(&make, &prove)
        .replace("SWAP\n", &make)
        .replace("credentials = \"typed\"", &format!("credentials = \"{origin}\""));
    Stage::with(&text)
}

fn confirms(stage: &Stage) -> usize {
    let lines = stage.lines.iter();
    lines
        .filter(|(kind, body)| *kind == Kind::Answer && body.contains("{\"confirm\":"))
        .count()
}

#[test]
fn two_keys_of_one_device_stand_on_one_page() {
    let mut stage = two_keys("typed");
    stage.until(confirm(Confirm::Generate));
    screen("confirm-generate-two", &stage, plain);
    for size in [SMALL, LARGE] {
        let text = shot(&model(&stage, size));
        for what in ["root-a, ed25519", "targets-a, ed25519", "Last 4 of the serial"] {
            assert!(text.contains(what), "{what}\n{text}");
        }
    }
    let before = stage.state.keys.len();
    let answer = stage.good_answer();
    stage.answer(answer).settle();
    // One answer, two keys, and the record says what was agreed to.
    assert_eq!(stage.state.keys.len(), before + 2);
    assert_eq!(confirms(&stage), 1);
    let agreed: Vec<&String> = stage
        .lines
        .iter()
        .filter(|l| l.0 == Kind::Agreed)
        .map(|l| &l.1)
        .collect();
    assert_eq!(
        agreed,
        [r#"{"keys":"root-a targets-a","payloads":"","steps":"keys.7 keys.8"}"#]
    );
    stage.until_closed();
}

#[test]
fn two_payloads_of_one_device_stand_on_one_page_with_their_digests() {
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Sign));
    let digests: Vec<String> = stage
        .state
        .files
        .values()
        .map(|f| f.draft.digest.grouped())
        .collect();
    for size in [SMALL] {
        let mut model = model(&stage, size);
        let mut text = shot(&model);
        while !text.contains("this is the end") && text.contains("PgDn: there is more") {
            assert!(
                enter(&mut model, "0001").is_empty(),
                "nothing is agreed to unseen"
            );
            press(&mut model, Intent::Clear);
            press(&mut model, Intent::PageDown);
            text.push_str(&shot(&model));
        }
        let flat = text.replace(['\n', '│', ' '], "");
        for digest in &digests {
            assert!(flat.contains(&digest.replace(' ', "")), "{digest}\n{text}");
        }
        assert!(
            press(&mut model, Intent::Enter).is_empty(),
            "Enter alone confirms nothing"
        );
        assert_eq!(enter(&mut model, "0001").len(), 1);
    }
    let answer = stage.good_answer();
    stage.answer(answer).settle();
    let agreed = stage.lines.iter().find(|l| l.0 == Kind::Agreed).unwrap();
    for file in stage.state.files.values() {
        assert!(agreed.1.contains(&file.draft.digest.hex()), "{}", agreed.1);
    }
    assert!(matches!(stage.question(), Question::Pin { token, .. } if token.as_str() == "token-b"));
}

/// What nobody knew of when the page was read ends what it stood for.
#[test]
fn a_note_a_failure_and_a_new_run_are_asked_about_again() {
    let at_first = || {
        let mut stage = two_keys("typed");
        stage.until(confirm(Confirm::Generate));
        let answer = stage.good_answer();
        stage.answer(answer);
        assert!(matches!(stage.effect().what, What::Generate { .. }));
        stage
    };
    let asked_again = |stage: &mut Stage, why: &str| {
        stage.until(confirm(Confirm::Generate));
        let page = shot(&model(stage, SMALL));
        assert!(
            page.contains("targets-a") && !page.contains("Make 2 keys"),
            "{why}\n{page}"
        );
        assert!(
            !stage.state.keys.contains_key(&Id::parse("targets-a").unwrap()),
            "{why}"
        );
    };
    let mut noted = at_first();
    let note = |text: &str| text.to_owned();
    noted
        .put(InputKind::Note(Deviation {
            expected: note("two keys"),
            happened: note("the lamp is red"),
            decided: note("wait"),
            by: note("Olga"),
        }))
        .unwrap();
    noted.settle();
    asked_again(&mut noted, "note");

    let mut failed = at_first();
    failed.settle_one();
    while !matches!(failed.effect().what, What::Generate { .. }) {
        failed.settle_one();
    }
    failed.outcome(Outcome::Fault(DeviceFault {
        code: DeviceCode::DeviceError,
        changed: Changed::No,
        ..fault()
    }));
    failed.answer(Answer::Again);
    asked_again(&mut failed, "failure");

    let mut resumed = at_first();
    resumed.settle_one();
    assert!(!resumed.state.agreed.is_empty());
    resumed.resume();
    asked_again(&mut resumed, "new run");
}

#[test]
fn other_people_devices_and_acts_are_no_part_of_a_page() {
    let steps = |stage: &Stage| {
        let plan = stage.plan.clone();
        let at = (0..plan.steps().len())
            .find(|at| matches!(&plan.steps()[*at].step.verb, Verb::Sign { .. }))
            .unwrap();
        plan.together(at).len()
    };
    assert_eq!(steps(&Stage::open()), 2);
    let text = stage::script("rehearsal", "embedded");
    let second = "id = \"sign.8\"\nby = \"officer\"";
    assert_eq!(text.matches(second).count(), 1);
    let other = text.replace(second, "id = \"sign.8\"\nby = \"lead\"");
    assert_eq!(steps(&Stage::with(&other)), 1, "another person");
    let split = text.replace(
        &format!("[[act.step]]\n{second}"),
        &format!("[[act]]\nid = \"more\"\ntitle = \"More\"\n\n[[act.step]]\n{second}"),
    );
    assert_eq!(steps(&Stage::with(&split)), 1, "another act");
}

/// Provision proves the new PIN from the paper; the next step of the same person
/// goes on with it. Any other step asks.
#[test]
fn a_device_that_was_set_up_stays_unlocked_for_the_step_that_follows() {
    let move_up = |by: &str| {
        let provision =
            |token: &str| format!("do = \"provision\"\ncredentials = \"typed\"\non = \"{token}\"\n");
        let text = stage::script("rehearsal", "embedded");
        // token-a last, directly before its keys.
        let text = text
            .replace(&provision("token-a"), "SWAP\n")
            .replace(&provision("token-c"), &provision("token-a"))
            .replace("SWAP\n", &provision("token-c"));
        let first = "id = \"keys.7\"\nby = \"officer\"";
        assert_eq!(text.matches(first).count(), 1);
        let mut stage = Stage::with(&text.replace(first, &format!("id = \"keys.7\"\nby = \"{by}\"")));
        let is_step = |s: &Stage, id: &str| s.plan.step(s.state.cursor).unwrap().step.id.as_str() == id;
        while !is_step(&stage, "keys.7") {
            stage.settle();
            if !is_step(&stage, "keys.7") {
                let answer = stage.good_answer();
                stage.answer(answer);
            }
        }
        stage.settle();
        stage
    };
    let stage = move_up("officer");
    assert!(
        matches!(
            stage.question(),
            Question::Confirm {
                what: Confirm::Generate
            }
        ),
        "{:?}",
        stage.question()
    );
    let stage = move_up("lead");
    assert!(
        matches!(stage.question(), Question::Pin { .. }),
        "{:?}",
        stage.question()
    );
}

/// One text from the body stands for the set-up; the word that stood there before
/// is refused, and with it what is on the screen.
#[test]
fn made_secrets_are_asked_for_by_the_serial_s_end_and_the_set_up_follows_them() {
    let mut stage = two_keys("generated");
    stage.until(|q| matches!(q, Question::Cover { .. }));
    screen("cover-set-up", &stage, plain);
    for wrong in ["covered", "yes", "", "REHEARSAL"] {
        let typed = wrong.to_owned();
        assert!(
            stage.put(InputKind::Answer(Answer::Covered { typed })).is_err(),
            "{wrong}"
        );
    }
    let mut asked = 0;
    let answer = stage.good_answer();
    stage.answer(answer).settle();
    while matches!(stage.question(), Question::Copy { .. }) {
        asked += 1;
        let answer = stage.good_answer();
        stage.answer(answer);
        while !matches!(stage.state.phase, tuf_ceremony::engine::Phase::Asking(_)) {
            if matches!(stage.effect().what, What::Initialise { .. }) {
                assert_eq!(asked, 2, "after the last copy the device is set up");
            }
            stage.settle_one();
        }
    }
    assert!(
        !matches!(stage.question(), Question::SetUp { .. }),
        "{:?}",
        stage.question()
    );
    let provision = stage.plan.steps().iter().find_map(|s| match &s.step.verb {
        Verb::Provision { credentials, .. } => Some(*credentials),
        _ => None,
    });
    assert_eq!(provision, Some(Origin::Generated));
    let cover = of_devices()
        .into_iter()
        .find(|(name, _)| *name == "cover")
        .unwrap()
        .1;
    let text = shot(&model(&cover, SMALL));
    assert!(
        text.contains("will be destroyed") && text.contains("camera"),
        "{text}"
    );
}
