//! The watching view: as it looks, with its label everywhere, and what it never
//! shows.

use tuf_ceremony::base::Stamp;
use tuf_ceremony::engine::{Confirm, InputKind, Question};
use tuf_ceremony::runner::Sight;
use tuf_ceremony::transcript::words::words;
use tuf_ceremony::ui::Theme;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::watch::{Watch, draw};

use crate::show::{LARGE, SMALL, confirm, golden, in_every_theme, questions, render, working};
use crate::stage::{self, Stage};

const LABEL: &str = "FOLLOWS THE RECORD - not a source for comparisons";
const HUGE: (u16, u16) = (160, 50);

fn follows(stage: &Stage) -> Sight {
    Sight::Follows {
        seen: stage.snapshot(),
        torn: 0,
    }
}

fn watch(sight: Sight, stage: &Stage, size: (u16, u16)) -> Watch {
    let now = Stamp {
        mono_ms: stage.at.mono_ms + 7000,
        ..stage.at
    };
    let mut watch = Watch::new(now, size, Theme::Colour, "/ceremony/record".to_owned());
    watch.see(sight);
    watch
}

fn shot(watch: &Watch) -> String {
    render(watch.size, |frame| draw(watch, frame))
}

/// One view at three sizes and in every theme.
fn looks(name: &str, stage: &Stage, sight: &Sight) {
    for size in [SMALL, LARGE, HUGE] {
        let mut watch = watch(sight.clone(), stage, size);
        let text = shot(&watch);
        assert!(text.contains(LABEL), "{name}\n{text}");
        golden(&format!("watch-{name}"), size, &text);
        in_every_theme(name, size, &text, |theme, frame| {
            watch.theme = theme;
            draw(&watch, frame);
        });
    }
}

#[test]
fn the_view_looks_as_it_did() {
    let wanted = [
        "begin",
        "seat",
        "clock",
        "pin-wrong",
        "review",
        "words-wrong",
        "confirm-sign",
        "confirm-close",
        "trouble-device",
    ];
    let mut seen = 0;
    for (name, stage) in questions().into_iter().filter(|(n, _)| wanted.contains(n)) {
        looks(name, &stage, &follows(&stage));
        seen += 1;
    }
    assert_eq!(seen, wanted.len());
    let stage = working();
    looks("working", &stage, &follows(&stage));
    let mut stage = Stage::open();
    stage.until(confirm(Confirm::Sign));
    let mut signed = stage.clone();
    let answer = signed.good_answer();
    signed.answer(answer);
    signed.settle();
    looks("one-signature", &signed, &follows(&signed));
    let why = "lunch".to_owned();
    stage.put(InputKind::Pause { why }).unwrap();
    looks("paused", &stage, &follows(&stage));
    let mut stage = Stage::open();
    stage.until_closed();
    looks("closed", &stage, &follows(&stage));
}

#[test]
fn a_record_that_is_not_there_or_not_whole_is_said_to_be() {
    let stage = Stage::open();
    looks("absent", &stage, &Sight::Absent);
    looks("empty", &stage, &Sight::Empty);
    let lost = Sight::Lost {
        line: 12,
        why: "it does not follow from the line before".to_owned(),
    };
    looks("lost", &stage, &lost);
    let torn = Sight::Follows {
        seen: stage.snapshot(),
        torn: 311,
    };
    looks("torn", &stage, &torn);
    // Nothing that was seen before is left where it may be old.
    let mut signing = Stage::open();
    signing.until(confirm(Confirm::Sign));
    let mut view = watch(follows(&signing), &signing, LARGE);
    assert!(shot(&view).contains("Compose, review and sign"));
    view.see(Sight::Absent);
    assert!(
        !shot(&view).contains("Compose, review and sign"),
        "{}",
        shot(&view)
    );
}

#[test]
fn the_label_is_on_every_view_of_any_size() {
    for (name, stage) in questions() {
        for size in [(20, 6), (79, 24), SMALL, (100, 30), (240, 67)] {
            let text = shot(&watch(follows(&stage), &stage, size));
            let flat: Vec<&str> = text.split_whitespace().collect();
            assert!(flat.join(" ").contains(LABEL), "{name} {size:?}\n{text}");
            for line in text.lines() {
                assert!(line.chars().count() <= usize::from(size.0));
            }
        }
    }
}

#[test]
fn production_says_so_without_colour() {
    let text = stage::script("production", "embedded").replace(
        "backend = \"embedded\"",
        "backend = \"pkcs11\"\nmodule = \"softhsm\"",
    );
    let stage = Stage::with(&text);
    for size in [SMALL, LARGE, HUGE] {
        let text = shot(&watch(follows(&stage), &stage, size));
        assert!(text.starts_with("## PRODUCTION ## PRODUCTION"), "{text}");
    }
}

/// DESIGN 5: a second view on the same machine is never a source.
#[test]
fn no_word_of_a_comparison_is_shown_while_it_is_open() {
    let mut compared = 0;
    let mut shown = 0;
    for (name, stage) in questions() {
        for size in [SMALL, LARGE, HUGE, (240, 67)] {
            let text = shot(&watch(follows(&stage), &stage, size));
            for end in ["0001", "0002", "0003"] {
                assert!(!text.contains(end), "{name}: a serial's end\n{text}");
            }
            let all = |digest| words(digest).iter().filter(|w| text.contains(*w)).count();
            match stage.question() {
                Question::Words { digest, .. } => {
                    let head = stage.snapshot().head;
                    assert!(all(digest) < 3 && all(&head) < 3, "{name}\n{text}");
                    let flat: Vec<&str> = text.split_whitespace().collect();
                    assert!(flat.join(" ").contains("they are being compared"), "{text}");
                    compared += 1;
                }
                Question::Review { metadata } => {
                    let digest = stage.state.files[metadata].draft.digest;
                    assert!(all(&digest) >= 30, "{name}\n{text}");
                    shown += 1;
                }
                _ => {}
            }
        }
    }
    assert!(compared >= 8 && shown >= 4);
}

#[test]
fn only_q_and_ctrl_c_end_it() {
    for intent in [Intent::Leave, Intent::Char('q'), Intent::Char('Q')] {
        assert!(Watch::ends(intent));
    }
    for intent in [
        Intent::Enter,
        Intent::Back,
        Intent::Char('x'),
        Intent::Help,
        Intent::Note,
    ] {
        assert!(!Watch::ends(intent));
    }
}
