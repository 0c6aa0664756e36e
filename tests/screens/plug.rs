//! "What happens if I pull the plug now?": for every state of a whole ceremony, of
//! its recoveries and failures, the screen's answer is what the record says is
//! pending. The test reads the records alone, never the engine's state.

use tuf_ceremony::base::device::{Changed, DeviceFault};
use tuf_ceremony::engine::{Answer, Confirm, Outcome, Phase, Plug, Question, What};
use tuf_ceremony::fault::Code;
use tuf_ceremony::runner::{Failure, Msg, Sealed};
use tuf_ceremony::transcript::Kind;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::plug::answer;
use tuf_ceremony::ui::widgets::bars;
use tuf_ceremony::ui::wording;
use tuf_ceremony::ui::{Event, Model, update};

use crate::show::{LARGE, SMALL, confirm, fault, golden, model, press, questions, shot, working};
use crate::stage::Stage;

/// What the records alone say is open.
fn by_record(lines: &[(Kind, String)]) -> Plug {
    // Acts without an end, and whether they write to the media.
    let mut open = std::collections::BTreeMap::<i64, bool>::new();
    // A failure that cannot say what was done: until people answer it, or, where a
    // key was ordered, until the device was asked for its keys.
    let (mut unclear, mut by_keys) = (false, false);
    let (mut unread, mut closed) = (false, false);
    for (kind, body) in lines {
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        match kind {
            Kind::Intended => {
                let effect = &json["effect"];
                let export = effect["what"].get("export").is_some();
                open.insert(effect["id"].as_i64().unwrap(), export);
                by_keys |= effect["what"].get("generate").is_some();
            }
            Kind::Outcome => {
                let outcome = &json["input"]["outcome"];
                let ended = open.remove(&outcome["effect"].as_i64().unwrap()).is_some();
                let outcome = &outcome["outcome"];
                // A wrong PIN is an answer, whatever else the device says.
                let fault = &outcome["fault"];
                if fault["changed"] == "unknown" && fault["code"] != "pin-wrong" {
                    unclear = true;
                    by_keys &= ended;
                } else if outcome.get("keys").is_some() {
                    (unclear, by_keys) = (false, false);
                } else if !unclear {
                    by_keys &= !ended;
                }
                unread |= outcome.get("exported").is_some();
            }
            Kind::Recovered => _ = open.remove(&json["effect"].as_i64().unwrap()),
            Kind::Answer if unclear && !by_keys => unclear = false,
            Kind::Exported => unread = false,
            Kind::Close => closed = true,
            _ => {}
        }
    }
    if open.values().any(|export| !export) || (open.is_empty() && unclear) {
        Plug::DeviceMayHaveActed
    } else if !open.is_empty() || closed || unread {
        Plug::CopiesBeingWritten
    } else {
        Plug::NothingLost
    }
}

/// Both agree, the status line does not promise more, and the help says it.
fn agrees(stage: &Stage, what: &str) -> Plug {
    let expected = by_record(&stage.lines);
    let model = model(stage, SMALL);
    let (plug, sentences) = answer(&model);
    assert_eq!(
        plug,
        expected,
        "{what}: {:?}\n{:#?}",
        stage.state.phase,
        stage.lines.last()
    );
    assert!(sentences.len() > 1, "{what}: {sentences:?}");
    let (_, light) = bars::light(&model);
    if light == wording::STATUS_SAFE || light == wording::STATUS_ASKING {
        assert_eq!(plug, Plug::NothingLost, "{what}: {light}");
    }
    if plug == Plug::DeviceMayHaveActed {
        assert!(
            light != wording::STATUS_SAFE && !light.contains("SAFE"),
            "{what}: {light}"
        );
    }
    let help = tuf_ceremony::ui::modals::help::page(&model, 78);
    let mut rows = help.body.iter().flat_map(|row| &row.0);
    assert!(rows.any(|(_, text)| text == wording::plug::class(plug)), "{what}");
    plug
}

/// Scrolls the help until the answer is in sight.
fn help_says(model: &mut Model) -> String {
    let mut text = shot(model);
    for _ in 0..40 {
        let at = text.lines().position(|line| line.contains(wording::HELP_PLUG));
        // Its heading is at the top, so that all of it is in sight.
        if at.is_some_and(|row| row <= 6) {
            return text;
        }
        press(model, Intent::Down);
        let next = shot(model);
        if next == text {
            return text;
        }
        text = next;
    }
    panic!("no answer about the plug:\n{text}");
}

#[test]
fn every_state_of_a_ceremony_answers_as_its_record_does() {
    let mut stage = Stage::open();
    let mut seen = std::collections::BTreeMap::<Plug, usize>::new();
    let (mut acts, mut kinds) = (0, std::collections::BTreeSet::new());
    loop {
        *seen.entry(agrees(&stage, "on the way")).or_default() += 1;
        match stage.state.phase.clone() {
            Phase::Asking(_) => {
                let good = stage.good_answer();
                stage.answer(good);
            }
            Phase::Working(effect) => {
                // Each kind of act once: power goes, and what follows until it is settled.
                if effect.what.is_act() && kinds.insert(kind_of(&effect.what)) {
                    acts += 1;
                    recovers(stage.clone());
                    fails(stage.clone());
                }
                stage.settle_one();
            }
            Phase::Closed => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(acts, 5, "set-up, login, key, signature, export: {kinds:?}");
    assert_eq!(seen.len(), 3, "{seen:?}");
}

fn kind_of(what: &What) -> &'static str {
    match what {
        What::Initialise { .. } => "set-up",
        What::Unlock { .. } => "login",
        What::Generate { .. } => "key",
        What::Sign { .. } => "signature",
        What::Export { .. } => "export",
        _ => "other",
    }
}

/// A new run with the act open: until it is settled the answer stays.
fn recovers(mut stage: Stage) {
    agrees(&stage, "before the stop");
    stage.resume();
    for _ in 0..30 {
        agrees(&stage, "after the stop");
        match stage.state.phase.clone() {
            Phase::Asking(Question::Confirm { .. } | Question::SetUp { .. }) => return,
            Phase::Asking(_) => {
                let good = stage.good_answer();
                stage.answer(good);
            }
            Phase::Working(_) => {
                stage.settle_one();
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The device fails and cannot say what it did; or says that it did nothing.
fn fails(stage: Stage) {
    for changed in [Changed::Unknown, Changed::No] {
        let mut stage = stage.clone();
        if matches!(stage.effect().what, What::Export { .. }) {
            let meaning = "No space left on device (os error 28)".to_owned();
            stage.outcome(Outcome::MediaFault { meaning });
        } else {
            stage.outcome(Outcome::Fault(DeviceFault { changed, ..fault() }));
        }
        for _ in 0..12 {
            agrees(&stage, "after a failure");
            match stage.state.phase.clone() {
                Phase::Asking(Question::Trouble { .. }) => {
                    stage.answer(Answer::Again);
                }
                Phase::Asking(Question::Confirm { .. } | Question::SetUp { .. }) => break,
                Phase::Asking(_) => {
                    let good = stage.good_answer();
                    stage.answer(good);
                }
                _ => {
                    stage.settle_one();
                }
            }
        }
    }
}

#[test]
fn every_kind_of_question_answers_as_its_record_does() {
    for (name, stage) in questions() {
        agrees(&stage, name);
    }
}

/// The recovering screen once said SAFE TO UNPLUG while a device was half set up.
#[test]
fn what_is_not_settled_is_not_safe_to_unplug() {
    let mut stage = Stage::open();
    stage.until(|q| matches!(q, Question::SetUp { .. }));
    let good = stage.good_answer();
    stage.answer(good);
    stage.resume().settle();
    let text = shot(&model(&stage, SMALL));
    assert!(text.contains("may be half set up"), "{text}");
    assert!(
        text.contains(wording::STATUS_UNSETTLED) && !text.contains("SAFE"),
        "{text}"
    );
}

/// The answer as people read it, for every kind of phase.
#[test]
fn the_answers_look_as_they_did() {
    let begun = |f: &dyn Fn(&mut Stage)| {
        let mut stage = Stage::open();
        f(&mut stage);
        stage
    };
    let act = |s: &mut Stage| {
        let good = s.good_answer();
        s.answer(good);
    };
    let kinds: Vec<(&str, Stage)> = vec![
        ("plug-nothing", begun(&|s| _ = s.until(confirm(Confirm::Sign)))),
        (
            "plug-asked",
            begun(&|s| {
                s.until(|q| matches!(q, Question::SetUp { .. }));
                act(s);
                while s.effect().what.is_act() {
                    s.settle_one();
                }
            }),
        ),
        ("plug-acted", working()),
        (
            "plug-recovering",
            begun(&|s| {
                s.until(|q| matches!(q, Question::SetUp { .. }));
                act(s);
                s.resume().settle();
            }),
        ),
        (
            "plug-unclear",
            begun(&|s| {
                s.until(confirm(Confirm::Sign));
                act(s);
                s.outcome(Outcome::Fault(fault()));
            }),
        ),
        (
            "plug-writing",
            begun(&|s| {
                s.until(confirm(Confirm::Export));
                act(s);
            }),
        ),
        ("plug-unread", begun(&|s| _ = s.until(confirm(Confirm::PutBack)))),
        ("plug-sealing", begun(&|s| _ = s.until_closed())),
    ];
    for size in [SMALL, LARGE] {
        for (name, stage) in &kinds {
            let mut model = model(stage, size);
            press(&mut model, Intent::Help);
            golden(name, size, &help_says(&mut model));
        }
        let (_, closed) = kinds.last().unwrap();
        let mut sealed = model(closed, size);
        let place = "/media/stick/root-keygen".to_owned();
        let released = tuf_ceremony::base::medium::Release::Unmounted;
        update(
            &mut sealed,
            Event::Engine(Msg::Sealed(Sealed { place, released })),
        );
        assert_eq!(answer(&sealed).0, Plug::NothingLost);
        press(&mut sealed, Intent::Help);
        golden("plug-sealed", size, &help_says(&mut sealed));
        let mut failed = model(&kinds[0].1, size);
        let failure = Failure {
            code: Code::StorageFull,
            meaning: "No space left on device (os error 28)".to_owned(),
        };
        update(&mut failed, Event::Engine(Msg::Failed(failure)));
        press(&mut failed, Intent::Help);
        golden("plug-failed", size, &help_says(&mut failed));
    }
}
