//! How it looks.

use tuf_ceremony::engine::{InputKind, Phase, Question};
use tuf_ceremony::ui::Theme;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::replay::walk::Walk;
use tuf_ceremony::ui::replay::{Desk, keys};

use super::audit::summed;
use super::desk::{LARGE, SMALL, enter, golden, keys as type_in, past, press, shot, small_script, whole};
use super::rehearsal::{Map, Room};

/// One desk at both sizes; `prepare` presses keys.
fn looks(name: &str, open: impl Fn((u16, u16)) -> Desk, prepare: impl Fn(&mut Desk)) {
    for size in [SMALL, LARGE] {
        let mut desk = open(size);
        prepare(&mut desk);
        let text = shot(&desk);
        for line in text.lines() {
            assert!(line.chars().count() <= usize::from(size.0));
        }
        assert!(
            text.starts_with("== REHEARSAL == REHEARSAL =="),
            "{name}: no banner"
        );
        assert!(text.contains("== REPLAY of a past ceremony - nothing can be changed =="));
        assert!(text.contains("verdict: "), "{name}");
        golden(&format!("replay-{name}"), size, &text);
    }
}

/// To the first screen whose state fits.
fn to(desk: &mut Desk, fits: impl Fn(&Phase) -> bool) {
    while !fits(&desk.model().seen.state.phase) {
        assert!(desk.at() + 1 < desk.screens(), "no such screen");
        press(desk, Intent::Right);
    }
}

fn asks(desk: &mut Desk, fits: impl Fn(&Question) -> bool) {
    to(desk, |p| matches!(p, Phase::Asking(q) if fits(q)));
}

#[test]
fn the_moments_of_a_ceremony_look_as_they_did() {
    looks("start", whole, |_| {});
    looks("roll-call", whole, |d| {
        asks(d, |q| matches!(q, Question::Seat { seat: 2, .. }))
    });
    looks("secret", whole, |d| {
        asks(d, |q| matches!(q, Question::SetUp { .. }))
    });
    looks("key-made", whole, |d| {
        let kind = "\"type\":\"key\"";
        press(d, Intent::Char('/'));
        enter(d, kind);
    });
    looks("review", whole, |d| {
        asks(d, |q| matches!(q, Question::Review { .. }))
    });
    looks("review-json", whole, |d| {
        asks(d, |q| matches!(q, Question::Review { .. }));
        press(d, Intent::Toggle);
    });
    looks("signing", whole, |d| {
        press(d, Intent::Char('/'));
        enter(d, "\"type\":\"signed\"");
    });
    looks("sealed", whole, |d| press(d, Intent::Bottom));
    looks("closing", whole, |d| {
        press(d, Intent::Bottom);
        press(d, Intent::Left);
    });
}

#[test]
fn what_lies_over_a_screen_looks_as_it_did() {
    let signing = |d: &mut Desk| {
        press(d, Intent::Char('/'));
        enter(d, "\"type\":\"signed\"");
    };
    looks("help", whole, |d| press(d, Intent::Help));
    looks("evidence", whole, |d| {
        signing(d);
        press(d, Intent::Char('e'));
    });
    looks("column-then", whole, |d| {
        signing(d);
        press(d, Intent::Next);
    });
    looks("plan", whole, |d| {
        signing(d);
        press(d, Intent::Overview);
    });
    looks("checks", whole, |d| press(d, Intent::Char('c')));
    looks("check", whole, |d| {
        press(d, Intent::Char('c'));
        press(d, Intent::Bottom);
        press(d, Intent::Enter);
    });
    looks("records", whole, |d| {
        signing(d);
        press(d, Intent::Char('l'));
    });
    looks("search", whole, |d| {
        press(d, Intent::Char('/'));
        type_in(d, "REH-0");
    });
    looks("search-nothing", whole, |d| {
        press(d, Intent::Char('/'));
        enter(d, "no such thing");
    });
    looks("go-to", whole, |d| {
        press(d, Intent::Char('g'));
        enter(d, "99999");
    });
    looks("filter-person", whole, |d| press(d, Intent::Char('p')));
    looks("filter-token", whole, |d| press(d, Intent::Char('t')));
    looks("filter-kind", whole, |d| press(d, Intent::Char('k')));
    looks("filters", whole, |d| {
        filter(d, 'p', "officer (");
        filter(d, 't', "hsm-b");
        filter(d, 'k', "intended");
        press(d, Intent::Right);
    });
}

/// Takes the entry of a filter's list that begins so.
fn filter(desk: &mut Desk, key: char, text: &str) {
    press(desk, Intent::Char(key));
    for _ in 0..60 {
        if shot(desk).contains(&format!("> {text}")) {
            press(desk, Intent::Enter);
            return;
        }
        press(desk, Intent::Down);
    }
    panic!("no {text} in\n{}", shot(desk));
}

#[test]
fn filters_stack_and_only_what_fits_is_walked() {
    let mut desk = whole(SMALL);
    filter(&mut desk, 't', "hsm-b");
    let count = |text: String| -> usize {
        let fit = text.split(" fit: ").next().unwrap();
        fit.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let token = count(shot(&desk));
    assert!(token > 5 && token < desk.screens());
    filter(&mut desk, 'k', "intended");
    let both = count(shot(&desk));
    assert!(both > 0 && both < token, "{both} of {token}");
    assert!(shot(&desk).contains(" fit: hsm-b + intended"), "{}", shot(&desk));
    let mut seen = 0;
    loop {
        let at = desk.at();
        press(&mut desk, Intent::Right);
        if desk.at() == at {
            assert!(shot(&desk).contains("No screen further on fits the filters."));
            break;
        }
        seen += 1;
        assert!(shot(&desk).contains(" fit: hsm-b + intended"));
    }
    assert_eq!(seen, both);
    // A name finds where it was said; clearing brings every screen back.
    press(&mut desk, Intent::Char('x'));
    assert!(!shot(&desk).contains(" fit: "));
    filter(&mut desk, 'p', "named officer 2");
    assert_eq!(count(shot(&desk)), 1);
    press(&mut desk, Intent::Left);
    assert!(desk.at() < 10, "{}", shot(&desk));
}

#[test]
fn a_check_leads_to_the_records_that_it_rests_on() {
    let mut desk = whole(SMALL);
    press(&mut desk, Intent::Char('c'));
    for _ in 0..60 {
        if shot(&desk).contains("> ok    sessions") {
            break;
        }
        press(&mut desk, Intent::Down);
    }
    press(&mut desk, Intent::Enter);
    assert!(
        shot(&desk).contains("Rests on: the boot of every record"),
        "{}",
        shot(&desk)
    );
    press(&mut desk, Intent::Bottom);
    press(&mut desk, Intent::Enter);
    let text = shot(&desk);
    assert!(text.contains("Check:") || desk.at() > 0, "{text}");
}

#[test]
fn search_goes_round_and_a_record_is_found_by_its_number() {
    let mut desk = whole(SMALL);
    press(&mut desk, Intent::Char('n'));
    assert!(shot(&desk).contains("Nothing is searched for yet"));
    press(&mut desk, Intent::Char('/'));
    enter(&mut desk, "\"TYPE\":\"KEY\"");
    let first = shot(&desk);
    let of: usize = first
        .split("! 1 of ")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(of > 3);
    let mut places = vec![desk.at()];
    for _ in 1..of {
        press(&mut desk, Intent::Char('n'));
        places.push(desk.at());
    }
    assert!(places.windows(2).all(|w| w[0] < w[1]), "{places:?}");
    press(&mut desk, Intent::Char('n'));
    assert_eq!(shot(&desk), first, "round");
    press(&mut desk, Intent::Char('N'));
    assert_eq!(desk.at(), *places.last().unwrap());
    for (number, there) in [("0", 0), ("1", 1), ("2", 2)] {
        press(&mut desk, Intent::Char('g'));
        enter(&mut desk, number);
        assert_eq!(desk.at(), there.min(desk.at()), "{number}");
    }
}

#[test]
fn acts_are_gone_through_both_ways() {
    let mut desk = whole(SMALL);
    let act = |d: &Desk| shot(d).lines().nth(3).unwrap().to_owned();
    let mut starts = vec![(desk.at(), act(&desk))];
    loop {
        let at = desk.at();
        press(&mut desk, Intent::Char('+'));
        if desk.at() == at {
            break;
        }
        starts.push((desk.at(), act(&desk)));
    }
    assert!(starts.len() >= 3, "{starts:?}");
    for (at, _) in starts.iter().rev().skip(1) {
        press(&mut desk, Intent::Char('-'));
        assert_eq!(desk.at(), *at);
    }
}

#[test]
fn every_key_of_the_footer_is_in_the_help_and_works() {
    for size in [SMALL, LARGE] {
        let mut desk = whole(size);
        let footer = shot(&desk).lines().last().unwrap().to_owned();
        press(&mut desk, Intent::Help);
        let mut help = shot(&desk);
        while shot(&desk).contains("PgDn: there is more") {
            press(&mut desk, Intent::PageDown);
            help.push_str(&shot(&desk));
        }
        for key in keys::TABLE {
            let name = keys::name(key.intent);
            let row = help
                .lines()
                .find(|l| l.trim_start_matches(['│', ' ']).starts_with(&format!("{name} ")));
            assert!(row.is_some(), "{name} is missing from the help\n{help}");
            if !key.short.is_empty() {
                assert!(footer.contains(&format!("{name} {}", key.short)), "{footer}");
            }
            assert_eq!(keys::does(key.intent), Some(key.does));
        }
    }
}

#[test]
fn a_terminal_that_is_too_small_says_so_and_can_be_left() {
    let mut desk = whole(SMALL);
    desk.resize((79, 24));
    assert!(!shot(&desk).contains("REPLAY"));
    press(&mut desk, Intent::Right);
    assert_eq!(desk.at(), 0, "what cannot be read is not walked");
    assert!(desk.on(Intent::Char('q')));
    assert!(desk.on(Intent::Leave));
}

#[test]
fn a_record_that_was_given_up_is_walked_to_its_end() {
    let mut room = Room::new(&small_script());
    room.go_until(|s| s.keys.len() == 2);
    room.go_until(|s| matches!(s.phase, Phase::Asking(_)));
    let abort = InputKind::Abort {
        why: "the fire alarm".to_owned(),
        typed: "abort".to_owned(),
    };
    room.feed(abort).unwrap();
    let past = past(&room.folder());
    let walk = Walk::of(&past);
    let open = |size| Desk::along(past.clone(), walk.clone(), size, Theme::Mono).unwrap();
    looks("given-up", open, |d| press(d, Intent::Bottom));
    assert_eq!(open(SMALL).screens(), walk.moments().len(), "no seal, no stop");
}

/// A bundle with one derived line changed, and the sums mended.
fn tampered() -> Map {
    let room = Room::closed(&small_script());
    let mut files = room.bundle();
    let text = String::from_utf8(room.record.clone()).unwrap();
    let (before, after) = text.split_once("\"accepted\":true").unwrap();
    files.insert(
        "ceremony.jsonl".to_owned(),
        format!("{before}\"accepted\":false{after}").into_bytes(),
    );
    summed(files)
}

#[test]
fn a_record_that_does_not_verify_stops_where_it_must_and_says_why() {
    let past = past(&tampered());
    let walk = Walk::of(&past);
    let open = |size| Desk::along(past.clone(), walk.clone(), size, Theme::Mono).unwrap();
    looks("stopped", open, |d| press(d, Intent::Bottom));
    looks("refused", open, |d| {
        for _ in 0..3 {
            press(d, Intent::Right);
        }
    });
    let mut desk = open(SMALL);
    let failed = shot(&desk);
    assert!(failed.contains("verdict: REFUSED - failed: "), "{failed}");
    press(&mut desk, Intent::Char('e'));
    assert!(!shot(&desk).contains("device-signed:"), "everything is a claim");
    press(&mut desk, Intent::Bottom);
    let stop = shot(&desk);
    assert!(stop.contains("The replay stops here"), "{stop}");
    // What differs is said, and nothing else.
    assert!(stop.contains("In the record   accepted: false"), "{stop}");
    assert!(stop.contains("Done again      accepted: true"), "{stop}");
    assert_eq!(stop.matches("In the record ").count(), 1, "{stop}");
    // What lies beyond can be found, and is shown as it stands.
    press(&mut desk, Intent::Char('/'));
    enter(&mut desk, "\"type\":\"close\"");
    assert!(shot(&desk).contains("1 of 1, record"), "{}", shot(&desk));
    assert_eq!(desk.at() + 1, desk.screens());
    press(&mut desk, Intent::Left);
    press(&mut desk, Intent::Back);
    assert!(!shot(&desk).contains("The replay stops here"), "{}", shot(&desk));
}
