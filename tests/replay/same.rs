//! A frame of the replay is the frame of that time, but for the two rules, the
//! keys, the cursor, and what is marked as past: compared with the UI itself, fed
//! snapshot by snapshot, and walked forwards, backwards and at random.

use std::sync::Arc;

use tuf_ceremony::base::Digest;
use tuf_ceremony::engine::{Answer, Expect, InputKind, expects};
use tuf_ceremony::runner::{Msg, Snapshot};
use tuf_ceremony::transcript::words::words;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::{Event, Model, Places, Theme, layout, update};

use super::desk::{LARGE, SMALL, press, render, shot, steady, steady_script, whole};
use super::rehearsal::Room;

/// What everybody could see after an input.
struct Shown {
    frame: String,
    /// A secret was typed into it.
    secret: bool,
    /// Nothing was asked: the rows that told people to wait, and their columns.
    wait: Option<(std::ops::Range<usize>, usize)>,
}

/// Every frame of a ceremony.
fn live(size: (u16, u16)) -> (Room, Vec<Shown>) {
    let mut room = Room::new(&steady_script());
    let plan = Arc::new(tuf_ceremony::audit::plan(&files_of(&room)).unwrap());
    let mut model: Option<Model> = None;
    let mut frames: Vec<Shown> = Vec::new();
    loop {
        let question = match expects(&room.state) {
            Expect::Answer(question) => Some(question.clone()),
            _ => None,
        };
        let mut secret = false;
        if let Some(question) = question {
            let answer = room.answer(&question);
            secret = matches!(
                answer,
                Answer::Pin { .. } | Answer::NewSecrets { .. } | Answer::Dice { .. } | Answer::Copied { .. }
            );
            room.feed(InputKind::Answer(answer)).unwrap();
        } else if !room.go_on() {
            return (room, frames);
        }
        if let Some(last) = frames.last_mut() {
            last.secret = secret;
        }
        let last = room
            .record
            .split(|b| *b == b'\n')
            .rfind(|l| !l.is_empty())
            .unwrap();
        let seen = Arc::new(Snapshot {
            plan: plan.clone(),
            state: room.state.clone(),
            records: room.writer.seq(),
            head: Digest::of(last),
            note: None,
        });
        let now = room.state.last.unwrap();
        let model = match &mut model {
            None => model.insert(Model::new(seen, now, size, Theme::Mono, Places::default())),
            Some(model) => {
                update(model, Event::Tick(now));
                update(model, Event::Engine(Msg::Snapshot(seen)));
                model
            }
        };
        let waits = model.question().is_none() && (!model.ended() || model.sealing());
        frames.push(Shown {
            frame: render(size, |frame| tuf_ceremony::ui::draw(model, frame)),
            secret: false,
            wait: waits.then(|| {
                let (laid, place) = layout::laid(model);
                let end = usize::from(place.bottom());
                (end - laid.foot.len()..end, usize::from(place.right()))
            }),
        });
    }
}

fn files_of(room: &Room) -> tuf_ceremony::bundle::Files {
    tuf_ceremony::bundle::Files::from_map(room.folder())
}

/// The rows that are the same then and now; no field has a cursor any more, one
/// that held a secret says so, and nobody is told to wait.
fn then(frame: &str, shown: &Shown) -> Vec<String> {
    let rows: Vec<&str> = frame.lines().collect();
    let gone = [2, rows.len() - 3, rows.len() - 2, rows.len() - 1];
    let told = |row: &str| {
        let row = if shown.secret {
            row.replace("[ typed, not shown ]", &" ".repeat(20))
        } else {
            row.to_owned()
        };
        let row = row.replace('_', " ");
        let row = row
            .strip_prefix(" > ")
            .map_or(row.clone(), |rest| format!("   {rest}"));
        row.trim_end().to_owned()
    };
    let kept = rows.iter().enumerate().filter(|(n, _)| !gone.contains(n));
    kept.map(|(n, row)| match &shown.wait {
        Some((rows, columns)) if rows.contains(&n) => row.chars().skip(*columns).collect::<String>(),
        _ => told(row),
    })
    .collect()
}

/// The status row says what it said then, as something past.
fn assert_past(now: &str, frame: &str) {
    let row = |text: &str| text.lines().rev().nth(1).unwrap().trim().to_owned();
    let (now, frame) = (row(now), row(frame));
    let past = now.strip_prefix("then: ").unwrap_or_else(|| panic!("{now}"));
    for said in past.split("  ").map(str::trim).filter(|said| !said.is_empty()) {
        assert!(frame.contains(said), "{said:?} of {now:?} is not in {frame:?}");
    }
}

#[test]
fn every_screen_is_the_one_that_people_saw() {
    for size in [SMALL, LARGE] {
        let (room, frames) = live(size);
        assert_eq!(room.record, steady().record);
        let mut desk = whole(size);
        assert_eq!(desk.screens(), frames.len() + 1, "and one after the seal");
        if size == LARGE {
            press(&mut desk, Intent::Next); // the column as it was
        }
        let mut secrets = 0;
        let mut waits = 0;
        for (n, then_shown) in frames.iter().enumerate() {
            let Shown { frame, secret, wait } = then_shown;
            assert_eq!(desk.at(), n);
            let now = shot(&desk);
            assert!(
                now.lines()
                    .nth(2)
                    .unwrap()
                    .starts_with("== REPLAY of a past ceremony - nothing can be changed ==")
            );
            assert!(
                now.lines()
                    .rev()
                    .nth(2)
                    .unwrap()
                    .starts_with(" verdict: rehearsal")
            );
            assert_eq!(
                then(&now, then_shown),
                then(frame, then_shown),
                "screen {n}\n{now}\n{frame}"
            );
            assert_past(&now, frame);
            assert_eq!(now.contains("[ typed, not shown ]"), *secret, "{now}");
            assert_eq!(now.contains("(then: wait)"), wait.is_some(), "{now}");
            assert!(!now.contains(": _"), "a cursor\n{now}");
            secrets += usize::from(*secret);
            waits += usize::from(wait.is_some());
            press(&mut desk, Intent::Right);
        }
        assert!(secrets > 5 && waits > 20, "{secrets} {waits}");
        assert!(
            shot(&desk).contains("closed and sealed") || shot(&desk).contains("SAFE TO"),
            "{}",
            shot(&desk)
        );
    }
}

#[test]
fn forwards_and_backwards_and_at_random_the_frames_are_the_same() {
    for size in [SMALL, LARGE] {
        let mut desk = whole(size);
        let mut forwards = vec![shot(&desk)];
        while desk.at() + 1 < desk.screens() {
            press(&mut desk, Intent::Right);
            forwards.push(shot(&desk));
        }
        assert!(forwards.len() > 100, "{}", forwards.len());
        for frame in forwards.iter().rev().skip(1) {
            press(&mut desk, Intent::Left);
            assert_eq!(&shot(&desk), frame);
        }
        // Backwards from the first, forwards from the last: said, not done.
        press(&mut desk, Intent::Left);
        assert!(shot(&desk).contains("This is the first screen."));
        let mut at = 7usize;
        for _ in 0..20 {
            at = (at * 131 + 17) % desk.screens();
            desk.go(at);
            assert_eq!(shot(&desk), forwards[at], "screen {at}");
        }
        let (kept, near) = desk.states();
        assert!(kept * 4 < forwards.len() && near <= 192, "{kept} {near}");
    }
}

#[test]
fn the_evidence_names_each_record_its_class_and_its_digest() {
    let room = steady();
    let mut desk = whole(SMALL);
    let lines: Vec<&[u8]> = room
        .record
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .collect();
    press(&mut desk, Intent::Char('e'));
    let mut seen = 0;
    loop {
        let mut text = String::new();
        press(&mut desk, Intent::Up);
        loop {
            let shot = shot(&desk);
            text.push_str(&shot);
            if !shot.contains("PgDn: there is more") {
                break;
            }
            press(&mut desk, Intent::PageDown);
        }
        let flat: String = text
            .replace('│', " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        while seen < lines.len() {
            let list = words(&Digest::of(lines[seen]));
            if !flat.contains(&format!("{} {} {}", list[0], list[1], list[2])) {
                break;
            }
            seen += 1;
        }
        if desk.at() + 2 >= desk.screens() {
            break;
        }
        press(&mut desk, Intent::Right);
    }
    assert_eq!(seen, lines.len(), "the words of every line were shown");
}
