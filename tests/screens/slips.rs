//! What tired people type by mistake: a PIN into the wrong field, a word that is
//! none, an answer after the refused one, a yes that is not so. Each is told at
//! once, where it is typed, and costs no try; nothing of it reaches the record.

use tuf_ceremony::base::device::Credential;
use tuf_ceremony::engine::{Answer, Expect, InputKind, Phase, Question, Refusal, expects};
use tuf_ceremony::runner::{Cmd, Msg};
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::{Event, Model, Out, update};

use crate::show::{LARGE, SMALL, confirm, enter, golden, model, press, questions, shot, type_in};
use crate::stage::Stage;

fn at(name: &str) -> Stage {
    let all = questions();
    all.into_iter().find(|(n, _)| *n == name).unwrap().1
}

fn field(model: &Model) -> String {
    let form = &model.local.pane.form;
    form.text(form.focus).to_owned()
}

#[test]
fn a_misspelt_word_or_a_passphrase_among_words_is_not_sent() {
    let stage = at("words");
    let Question::Words { positions, .. } = stage.question().clone() else {
        panic!()
    };
    let mut model = model(&stage, SMALL);
    for text in ["getway", "correct-horse-battery-staple", "x"] {
        assert!(enter(&mut model, text).is_empty());
        let page = shot(&model);
        assert!(page.contains("none of the words"), "{page}");
        assert_eq!(model.local.pane.form.focus, 0, "it stays where it was typed");
    }
    let wrong = |place: usize| ["gazelle", "hazardous"][place % 2];
    // A word of the other list belongs to another number, whatever the digest is.
    assert!(enter(&mut model, wrong(positions[0] + 1)).is_empty());
    let page = shot(&model);
    assert!(
        page.contains(&format!("cannot be number {}", positions[0] + 1)),
        "{page}"
    );
    // What comes next is another word, not a longer one; a wrong word is sent like a right one.
    for place in &positions {
        type_in(&mut model, wrong(*place));
        assert_eq!(field(&model), wrong(*place));
        let out = press(&mut model, Intent::Enter);
        if let [Out::Say(Cmd::Submit(Answer::Words { typed }))] = out.as_slice() {
            assert_eq!(typed.len(), positions.len());
            return;
        }
        assert!(out.is_empty());
    }
    panic!("the words were never sent");
}

#[test]
fn whoever_goes_back_to_a_word_types_another_one() {
    let mut model = model(&at("words"), SMALL);
    let Some(Question::Words { positions, .. }) = model.question().cloned() else {
        panic!()
    };
    let word = |place: usize| ["gazelle", "hazardous"][place % 2];
    assert!(enter(&mut model, word(positions[0])).is_empty());
    press(&mut model, Intent::Up);
    assert_eq!(field(&model), word(positions[0]), "going back changes nothing");
    type_in(&mut model, "g");
    assert_eq!(field(&model), "g");
    // And taking characters back mends what stands there.
    press(&mut model, Intent::Backspace);
    type_in(&mut model, word(positions[0]));
    press(&mut model, Intent::Enter);
    press(&mut model, Intent::Up);
    press(&mut model, Intent::Backspace);
    type_in(&mut model, "x");
    assert_eq!(field(&model).len(), word(positions[0]).len());
}

#[test]
fn a_refused_pin_is_told_above_the_field() {
    let (before, after) = (at("pin"), at("pin-wrong"));
    let mut model = model(&before, SMALL);
    update(&mut model, Event::Engine(Msg::Snapshot(after.snapshot())));
    let page = shot(&model);
    assert!(page.contains("! The device refused this user PIN."), "{page}");
    // Typing takes the remark away; how often it was wrong stays.
    type_in(&mut model, "1");
    let page = shot(&model);
    assert!(
        !page.contains("! The device") && page.contains("Wrong PINs in this ceremony so far: 1"),
        "{page}"
    );
}

#[test]
fn a_new_pin_that_the_device_would_refuse_is_refused_at_its_field() {
    let stage = at("set-up");
    let mut model = model(&stage, SMALL);
    let on = |model: &mut Model, text: &str| {
        assert!(enter(model, text).is_empty());
        model.local.pane.form.focus
    };
    assert_eq!(on(&mut model, "so-of-token-a"), 1);
    assert_eq!(on(&mut model, "so-of-token-a"), 2);
    assert_eq!(on(&mut model, "1234"), 2, "five characters too few are told here");
    assert!(shot(&model).contains("It has 6 to 64 characters"));
    assert!(model.local.pane.form.secret(2).unwrap().is_empty(), "wiped");
    // The SO PIN is no user PIN.
    assert_eq!(on(&mut model, "so-of-token-a"), 3);
    assert_eq!(on(&mut model, "so-of-token-a"), 2);
    assert!(shot(&model).contains("the same as another secret"));
    for i in [2, 3] {
        assert!(model.local.pane.form.secret(i).unwrap().is_empty(), "wiped");
    }
    assert_eq!(on(&mut model, "pin-of-token-a"), 3);
    assert_eq!(on(&mut model, "pin-of-token-a"), 4);
}

#[test]
fn a_pin_that_cannot_be_the_one_spends_no_try() {
    let mut model = model(&at("pin"), SMALL);
    assert!(enter(&mut model, "123").is_empty());
    assert!(shot(&model).contains("Nothing was sent"));
    let out = enter(&mut model, "123456");
    assert!(matches!(out.as_slice(), [Out::Pin(Some(_))]));
}

#[test]
fn a_password_that_was_made_elsewhere_is_sent_whatever_its_length() {
    let mut stage = at("pin");
    let Phase::Asking(Question::Pin { credential, .. }) = &mut stage.state.phase else {
        panic!()
    };
    *credential = Credential::Signer;
    let mut model = model(&stage, SMALL);
    assert!(matches!(
        enter(&mut model, "1234").as_slice(),
        [Out::Pin(Some(_))]
    ));
}

#[test]
fn a_pin_in_the_field_of_a_serial_is_not_said_again() {
    let mut stage = Stage::open();
    stage.until(confirm(tuf_ceremony::engine::Confirm::Generate));
    let refused = stage.clone().put(InputKind::Answer(Answer::Confirm {
        typed: "pin-of-token-a".to_owned(),
    }));
    let refusal = refused.unwrap_err();
    assert_eq!(refusal.code, "typed-differs");
    assert!(!format!("{refusal:?}").contains("pin-of"), "{refusal:?}");
}

#[test]
fn after_a_refusal_typing_begins_anew_and_other_keys_keep_the_text() {
    let refusal = || {
        Event::Engine(Msg::Refused(Refusal {
            code: "typed-differs",
            expected: "the word begin".to_owned(),
            got: "bgin".to_owned(),
            because: "nothing was done".to_owned(),
        }))
    };
    let sent = |model: &mut Model| {
        assert_eq!(enter(model, "bgin").len(), 1);
        update(model, refusal());
        assert_eq!(field(model), "bgin", "what was typed survives");
    };
    let mut anew = model(&at("begin"), SMALL);
    sent(&mut anew);
    type_in(&mut anew, "begin");
    assert_eq!(field(&anew), "begin");

    let mut mended = model(&at("begin"), SMALL);
    sent(&mut mended);
    for _ in 0..3 {
        press(&mut mended, Intent::Backspace);
    }
    type_in(&mut mended, "egin");
    assert_eq!(field(&mended), "begin");
}

#[test]
fn a_refused_answer_is_not_sent_by_enter_alone_after_reading_on() {
    let mut model = model(&at("review"), SMALL);
    assert!(enter(&mut model, "read").is_empty(), "too soon");
    assert_eq!(field(&model), "read");
    for _ in 0..40 {
        press(&mut model, Intent::PageDown);
        shot(&model);
    }
    assert!(model.local.pane.end_seen);
    assert_eq!(field(&model), "");
    assert!(press(&mut model, Intent::Enter).is_empty());
    assert_eq!(enter(&mut model, "read").len(), 1);
}

#[test]
fn nobody_is_made_to_say_that_a_line_holds() {
    let stage = at("item");
    for size in [SMALL, LARGE] {
        let mut model = model(&stage, size);
        assert!(shot(&model).contains("F5 not so"));
        press(&mut model, Intent::Other);
        golden("item-not-so", size, &shot(&model));
        assert!(press(&mut model, Intent::Enter).is_empty(), "a reason is needed");
        press(&mut model, Intent::Back);
        assert!(shot(&model).contains("Type yes"));
        press(&mut model, Intent::Other);
        let out = enter(&mut model, "the lamp of the socket is on");
        let [Out::Say(Cmd::Submit(answer @ Answer::NotSo { .. }))] = out.as_slice() else {
            panic!("{out:?}")
        };
        let mut stage = stage.clone();
        let before = (stage.state.deviations, stage.state.cursor);
        stage.put(InputKind::Answer(answer.clone())).unwrap();
        assert_eq!(stage.state.deviations, before.0 + 1);
        assert!(stage.state.cursor > before.1 || matches!(expects(&stage.state), Expect::Answer(_)));
    }
    // What a quorum agrees to, it agrees to or it does not.
    let waiver = crate::show::waiver_stage();
    assert!(matches!(waiver.state.phase, Phase::Asking(Question::Item { .. })));
    let why = "we do not like it".to_owned();
    let refused = waiver.clone().put(InputKind::Answer(Answer::NotSo { why }));
    assert_eq!(refused.unwrap_err().code, "other-question");
}
