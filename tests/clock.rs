//! The clock that a ceremony believes: two people's clocks, the machine's
//! hardware clock, the one that cannot be set, and what is surely past. Each
//! disagreement stops the step, is recorded, and can be mended; production takes
//! no one person's word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails, and a skip must be visible"
)]

#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use program::{root, run};
use rehearsal::{Room, script_small};
use tuf_ceremony::audit;
use tuf_ceremony::base::Instant;
use tuf_ceremony::engine::{Answer, ClockDoubt, InputKind, Phase, Question};

fn two() -> String {
    let text = script_small();
    assert!(text.contains("do = \"clock\""));
    text.replace("do = \"clock\"", "do = \"clock\"\nsources = 2")
}

/// A ceremony that asks for the first clock.
fn asked(text: &str) -> Room {
    let mut room = Room::new(text);
    room.go_until(|s| matches!(s.phase, Phase::Asking(Question::Clock { .. })));
    room
}

fn minute(at: Instant) -> String {
    at.to_string()[..16].replace('T', " ")
}

/// A person reads the right time; the hardware clock is so far ahead of the machine's.
fn read(room: &mut Room, rtc_s: Option<i64>) {
    let right = room.now();
    let machine = right.unix() + room.ahead_s;
    let rtc = rtc_s.map(|s| Instant::from_unix(machine + s).unwrap());
    let typed = minute(right);
    room.feed(InputKind::Answer(Answer::Clock { typed, rtc }))
        .unwrap();
}

fn question(room: &Room) -> (u32, u32, Option<ClockDoubt>) {
    match &room.state.phase {
        Phase::Asking(Question::Clock { reading, of, doubt }) => (*reading, *of, doubt.clone()),
        other => panic!("{other:?}"),
    }
}

fn last_of<'r>(room: &'r Room, part: &str) -> &'r str {
    let record = std::str::from_utf8(&room.record).unwrap();
    record.lines().rfind(|l| l.contains(part)).unwrap()
}

#[test]
fn two_clocks_of_two_people_confirm_the_time() {
    let mut room = asked(&two());
    assert_eq!(question(&room), (0, 2, None));
    read(&mut room, Some(2));
    assert_eq!(question(&room), (1, 2, None));
    assert!(room.state.clock.is_none(), "one is not enough");
    read(&mut room, Some(-3));
    assert_eq!(room.state.clock.unwrap().rtc_s, Some(-3));
    let line = last_of(&room, "\"what\":\"clock\"");
    assert!(line.contains("\"reading\":2"), "{line}");
    assert!(line.contains("\"rtc_difference_s\":-3"), "{line}");
    while room.go_on() {}
    let judged = audit::judge(&room.files(), &audit::Options::default());
    assert!(judged.good(), "{:?}", judged.lines());
}

#[test]
fn a_second_clock_that_differs_stops_the_step() {
    let mut room = asked(&two());
    read(&mut room, None);
    let wrong = InputKind::Answer(Answer::Clock {
        typed: minute(Instant::from_unix(room.now().unix() + 3600).unwrap()),
        rtc: None,
    });
    room.feed(wrong).unwrap();
    let (reading, _, doubt) = question(&room);
    assert_eq!(reading, 1, "the first stays");
    let doubt = doubt.unwrap();
    assert!(
        matches!(doubt, ClockDoubt::Typed { seconds } if (seconds + 3600).abs() < 120),
        "{doubt:?}"
    );
    assert!(room.state.clock.is_none());
    let line = last_of(&room, "\"what\":\"clock\"");
    assert!(
        line.contains("\"agrees\":false") && line.contains("\"doubt\":\"typed\""),
        "{line}"
    );
    read(&mut room, None);
    assert!(room.state.clock.is_some());
}

#[test]
fn a_hardware_clock_that_differs_stops_the_step() {
    for (seconds, stops) in [(180, false), (-180, false), (181, true), (-7200, true)] {
        let mut room = asked(&script_small());
        read(&mut room, Some(seconds));
        assert_eq!(room.state.clock.is_none(), stops, "{seconds}");
        if stops {
            assert_eq!(question(&room).2, Some(ClockDoubt::Hardware { seconds }));
            read(&mut room, Some(0));
            assert!(room.state.clock.is_some());
        }
    }
}

#[test]
fn a_clock_that_is_set_between_two_readings_stops_the_step() {
    let mut room = asked(&two());
    room.ahead_s = -170;
    read(&mut room, None);
    room.ahead_s = 170;
    read(&mut room, None);
    // Each alone agrees with what was read; together they are 340 s apart.
    let doubt = question(&room).2.unwrap();
    assert!(
        matches!(doubt, ClockDoubt::Jumped { seconds } if (339..=341).contains(&seconds)),
        "{doubt:?}"
    );
    assert!(room.state.clock.is_none());
}

#[test]
fn the_time_is_not_before_the_programs_release() {
    let text = script_small();
    for (days, stops) in [(-1, false), (1, true)] {
        let mut room = Room::new(&text);
        let mut opening = room.opening();
        let released = Instant::from_unix(room.now().unix() + days * 86_400).unwrap();
        opening.program.released = Some(released);
        room.feed(InputKind::Open(Box::new(opening))).unwrap();
        room.go_until(|s| matches!(s.phase, Phase::Asking(Question::Clock { .. })));
        read(&mut room, None);
        assert_eq!(room.state.clock.is_none(), stops, "{days}");
        if stops {
            let doubt = question(&room).2.unwrap();
            assert!(
                matches!(&doubt, ClockDoubt::Before { bound, .. } if *bound == released),
                "{doubt:?}"
            );
        }
    }
}

#[test]
fn a_resumed_run_reads_both_clocks_again() {
    let mut room = asked(&two());
    read(&mut room, None);
    assert_eq!(question(&room).0, 1);
    let resumption = room.resumption();
    room.feed(resumption).unwrap();
    room.go_until(|s| matches!(s.phase, Phase::Asking(Question::Clock { .. })));
    assert_eq!(question(&room).0, 0);
    read(&mut room, None);
    assert!(room.state.clock.is_none());
    read(&mut room, None);
    assert!(room.state.clock.is_some());
}

#[test]
fn production_does_not_believe_one_clock() {
    let from = root().join("ceremony-scripts/templates");
    let dir = tempfile::tempdir().unwrap();
    for name in ["root-keygen.toml", "online.pub.pem"] {
        std::fs::copy(from.join(name), dir.path().join(name)).unwrap();
    }
    let path = dir.path().join("root-keygen.toml");
    assert_eq!(run(&["check", path.to_str().unwrap()]).code, 0);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with("sources")).collect();
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let ran = run(&["check", path.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("one clock is one person's word"), "{ran:?}");
}
