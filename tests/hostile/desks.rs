//! The two screens that follow what others wrote: the auditor's replay over records
//! of hostile answers and over forged ones, and the watching view. Both through the
//! terminal model, page by page.

use tuf_ceremony::base::Algorithm;
use tuf_ceremony::bundle::Files;
use tuf_ceremony::cli::told;
use tuf_ceremony::runner::Sight;
use tuf_ceremony::ui::Theme;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::replay::{self, Desk};
use tuf_ceremony::ui::watch::{self, Watch};

use crate::audit::forged;
use crate::corpus;
use crate::places::{noted, short, spoil};
use crate::rehearsal::{Key, Map, Room, script_small};
use crate::screens::{TOGETHER, poison, stages, wired};
use crate::show::{LARGE, SMALL};

/// Keys that open each of the desk's pages, and some that move on them.
const PAGES: [&[Intent]; 7] = [
    &[Intent::Char('e')],
    &[Intent::Char('c'), Intent::Down, Intent::PageDown, Intent::Enter],
    &[Intent::Char('l'), Intent::PageDown, Intent::Enter],
    &[Intent::Char('p'), Intent::Down, Intent::Enter],
    &[Intent::Char('t'), Intent::Down, Intent::Enter],
    &[Intent::Char('k'), Intent::Down, Intent::Enter],
    &[Intent::Overview, Intent::PageDown],
];

/// Every screen of a past ceremony, and every page over some of them; how many frames.
fn walked(place: &str, name: &str, files: &Map, size: (u16, u16)) -> usize {
    let Ok(past) = told::past(name.to_owned(), &Files::from_map(files.clone())) else {
        return 0;
    };
    let Ok(mut desk) = Desk::new(past, size, Theme::Colour) else {
        return 0;
    };
    let mut frames = 0;
    let mut look = |desk: &Desk, place: &str| {
        wired(place, size, |frame| replay::draw(desk, frame));
        frames += 1;
    };
    for at in 0..desk.screens() {
        desk.go(at);
        let place = format!("{place}, screen {at}");
        look(&desk, &place);
        // Each page in turn: a long record has every one of them many times.
        for intent in PAGES[at % PAGES.len()] {
            desk.on(*intent);
            look(&desk, &place);
        }
        for intent in [Intent::Back, Intent::Char('x')] {
            desk.on(intent);
        }
    }
    frames
}

#[test]
fn no_text_of_a_past_ceremony_moves_the_cursor() {
    let texts = corpus::texts();
    let (mut frames, mut taken) = (0, 0);
    // A few notes a record, so that all of them come near a screen.
    for (n, some) in texts.chunks(200).enumerate() {
        let mut room = Room::new(&script_small());
        room.go_until(|s| s.begun);
        taken += noted(&mut room, some.iter().map(|(_, text)| text));
        while room.go_on() {}
        let size = if n % 2 == 0 { SMALL } else { LARGE };
        frames += walked(&format!("notes {n}"), &some[0].1, &room.bundle(), size);
    }
    println!("hostile notes walked over: {taken}, frames {frames}");
    assert!(taken > 400 && frames > 1500, "{taken}, {frames}");
}

#[test]
fn no_text_of_a_forged_record_moves_the_cursor_of_its_replay() {
    let room = Room::closed(&script_small());
    let key = Key::new("forger", Algorithm::Ed25519);
    let texts = corpus::texts();
    let (mut frames, mut opened) = (0, 0);
    for round in 0..16 {
        let (mut next, mut leaf) = (round * 97, 0);
        let files = forged(&room, &key, |lines| {
            // The script that the first line names is the one beside it: it stays.
            for line in lines.iter_mut().skip(1) {
                spoil(&mut line.record.body, &mut |text| {
                    leaf += 1;
                    let dense = 5 + 11 * round;
                    if leaf % dense == round % dense {
                        next += 1;
                        *text = short(&texts[next % texts.len()].1);
                    }
                });
            }
        });
        let size = if round % 2 == 0 { SMALL } else { LARGE };
        let walked = walked(&format!("forged {round}"), "forged", &files, size);
        opened += usize::from(walked > 0);
        frames += walked;
    }
    println!("forged records replayed: {opened}, frames {frames}");
    assert!(opened == 16 && frames > 100, "{opened}, {frames}");
}

#[test]
fn no_text_of_a_watched_record_moves_the_cursor() {
    let corpus = corpus::texts();
    let texts: Vec<&str> = corpus.iter().map(|(_, text)| text.as_str()).collect();
    let mut frames = 0;
    let mut look = |place: &str, stage: &crate::stage::Stage, size, sight: Sight, name: &str| {
        let mut watch = Watch::new(stage.at, size, Theme::Colour, name.to_owned());
        watch.see(sight);
        wired(place, size, |frame| watch::draw(&watch, frame));
        frames += 1;
    };
    for (kind, (name, stage)) in stages().into_iter().enumerate() {
        for (n, some) in texts.chunks(TOGETHER).enumerate() {
            let mut stage = stage.clone();
            poison(&mut stage, some);
            let size = [SMALL, LARGE, (160, 50)][(n + kind) % 3];
            let sight = Sight::Follows {
                seen: stage.snapshot(),
                torn: 0,
            };
            look(&format!("{name}, chunk {n}"), &stage, size, sight, some[0]);
        }
    }
    let stage = crate::stage::Stage::open();
    for text in &texts {
        let lost = Sight::Lost {
            line: 7,
            why: (*text).to_owned(),
        };
        look(text, &stage, SMALL, lost, text);
    }
    println!("hostile frames of the watching view: {frames}");
    assert!(frames > 2000, "{frames}");
}
