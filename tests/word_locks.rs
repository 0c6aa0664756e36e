//! Words that do not match (DESIGN 5): three wrong tries lock a comparison, and it
//! opens again after a deviation and with a second person, at new positions.
//! Stopping the program opens nothing and forgets no try.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use audit::judge;
use rehearsal::{Room, script_small};
use tuf_ceremony::audit::Level;
use tuf_ceremony::engine::{Answer, InputKind, Phase, Question};
use tuf_ceremony::script::Subject;

fn asks_words(subject: fn(&Subject) -> bool) -> Room {
    let mut room = Room::new(&script_small());
    room.go_until(|s| matches!(&s.phase, Phase::Asking(Question::Words { subject: of, .. }) if subject(of)));
    room
}

/// Types wrong words once.
fn wrong(room: &mut Room) {
    let Phase::Asking(Question::Words { positions, .. }) = &room.state.phase else {
        panic!("no words are asked for: {:?}", room.state.phase);
    };
    let typed = vec!["wrong".to_owned(); positions.len()];
    room.feed(InputKind::Answer(Answer::Words { typed })).unwrap();
}

/// Stops the program, and goes on to the next question.
fn restart(room: &mut Room) {
    let why = "lunch".to_owned();
    room.feed(InputKind::Pause { why }).unwrap();
    let resumption = room.resumption();
    room.feed(resumption).unwrap();
    room.go_until(|s| matches!(s.phase, Phase::Asking(_)));
}

fn locked(room: &Room) -> bool {
    matches!(room.state.phase, Phase::Asking(Question::Reopen { .. }))
}

fn reopen(room: &mut Room, second: &str) -> Result<(), String> {
    let (second, why) = (second.to_owned(), "read from the wrong line".to_owned());
    room.feed(InputKind::Answer(Answer::Reopen { second, why }))
        .map(drop)
        .map_err(|refusal| refusal.code.to_owned())
}

const SUBJECTS: [fn(&Subject) -> bool; 2] = [
    |s| matches!(s, Subject::Metadata(_)),
    |s| matches!(s, Subject::Record),
];

#[test]
fn a_locked_comparison_stays_locked_over_a_restart() {
    for subject in SUBJECTS {
        let mut room = asks_words(subject);
        for _ in 0..3 {
            assert!(!locked(&room));
            wrong(&mut room);
        }
        assert!(locked(&room));
        for _ in 0..2 {
            restart(&mut room);
            assert!(locked(&room), "{:?}", room.state.phase);
        }
        assert_eq!(room.state.deviations, 0);
    }
}

#[test]
fn a_restart_forgets_no_wrong_try() {
    for subject in SUBJECTS {
        let mut room = asks_words(subject);
        for tries in 1..=3 {
            wrong(&mut room);
            assert_eq!(locked(&room), tries == 3, "{tries}");
            restart(&mut room);
        }
        assert!(locked(&room));
    }
}

#[test]
fn a_second_person_and_a_deviation_open_it_at_new_positions() {
    for subject in SUBJECTS {
        let mut room = asks_words(subject);
        let positions = |room: &Room| match &room.state.phase {
            Phase::Asking(Question::Words { positions, wrong, .. }) => (positions.clone(), *wrong),
            other => panic!("{other:?}"),
        };
        let (before, _) = positions(&room);
        for _ in 0..3 {
            wrong(&mut room);
        }
        assert_eq!(reopen(&mut room, "Nobody").unwrap_err(), "person-unknown");
        assert!(locked(&room));
        // Who compared does not open it again alone.
        let acting = room.plan.step(room.state.cursor).unwrap().step.by.clone();
        let of = |acts: bool| {
            let mut people = room.state.people.iter().filter(|p| (p.role == acting) == acts);
            people.find_map(|p| p.name.clone()).unwrap()
        };
        let (same, here) = (of(true), of(false));
        assert_eq!(reopen(&mut room, &same).unwrap_err(), "person-acts");
        assert!(locked(&room));
        reopen(&mut room, &here).unwrap();
        room.go_until(|s| matches!(s.phase, Phase::Asking(_)));
        let (after, tries) = positions(&room);
        assert_ne!(before, after);
        assert_eq!((tries, room.state.deviations), (0, 1));
        // All tries are there again, and the right words end it.
        wrong(&mut room);
        assert!(!locked(&room));
        while room.go_on() {}
        assert_eq!(room.state.phase, Phase::Closed);
        assert_eq!(room.state.wrong_words, 0);
        let record = String::from_utf8_lossy(&room.record).into_owned();
        assert!(record.contains("\"type\":\"locked\""));
        assert!(record.contains("\"deviations\":1"));
        assert_eq!(judge(&room.bundle()).verdict, Level::Rehearsal);
    }
}
