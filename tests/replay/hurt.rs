//! Records that are made to hurt: escapes, bidi, long lines, bytes that are no
//! line. Nothing of them reaches a cell but printable ASCII, and nothing stops
//! the desk.

use tuf_ceremony::engine::{Deviation, InputKind};
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::replay::keys;

use super::desk::{LARGE, SMALL, desk, enter, press, shot, small_script};
use super::rehearsal::{Map, Room};

const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{202e}gnp\u{2066}x\u{2069}\u{200b}\r\n\t\u{0}\u{7f}\u{feff}日本語🔥e\u{301}";

fn hostile() -> Map {
    let mut room = Room::new(&small_script());
    room.go_until(|s| !s.people.is_empty());
    let long = "A".repeat(1_000);
    for text in [HOSTILE, &long] {
        let said = room.feed(InputKind::Note(Deviation {
            expected: text.to_owned(),
            happened: text.to_owned(),
            decided: text.to_owned(),
            by: "Olga".to_owned(),
        }));
        let _ = said; // the engine may refuse what is too long
    }
    while room.go_on() {}
    room.bundle()
}

#[test]
fn hostile_text_stays_text_on_every_page() {
    let files = hostile();
    let mut desk = desk(&files, SMALL);
    for size in [SMALL, LARGE] {
        desk.resize(size);
        for n in (0..desk.screens()).step_by(9) {
            desk.go(n);
            for key in ['e', 'l', 'c'] {
                press(&mut desk, Intent::Char(key));
                shot(&desk);
                press(&mut desk, Intent::PageDown);
                shot(&desk);
                press(&mut desk, Intent::Back);
            }
        }
    }
    desk.resize(SMALL);
    press(&mut desk, Intent::Char('/'));
    enter(&mut desk, "202e");
    press(&mut desk, Intent::Char('e'));
    let mut all = shot(&desk);
    while shot(&desk).contains("PgDn: there is more") {
        press(&mut desk, Intent::PageDown);
        all.push_str(&shot(&desk));
    }
    assert!(all.contains("202e"), "it is spelled\n{all}");
}

/// What a stranger may have done to the bytes.
#[test]
fn a_desk_opens_or_says_why_not_whatever_the_record_holds() {
    let files = Room::closed(&small_script()).bundle();
    let record = files["ceremony.jsonl"].clone();
    let mut tries: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\n".to_vec(),
        b"{}\n".to_vec(),
        vec![0x1b; 70_000],
        record[..record.len() / 2].to_vec(),
        [
            &record[..record.len() / 3],
            &b"\x1b[2J\xff\xfe\n"[..],
            &record[record.len() / 3..],
        ]
        .concat(),
        record.repeat(2),
    ];
    let lines: Vec<&[u8]> = record.split_inclusive(|b| *b == b'\n').collect();
    for n in [0, lines.len() / 2, lines.len() - 1] {
        let mut cut = lines.clone();
        cut.remove(n);
        tries.push(cut.concat());
        let mut twice = lines.clone();
        twice.insert(n, lines[n]);
        tries.push(twice.concat());
        let giant = [b"{\"body\":\"".as_slice(), &[b'x'; 66_000], b"\"}\n"].concat();
        let mut long = lines.clone();
        long.insert(n, &giant);
        tries.push(long.concat());
    }
    let (mut opened, mut refused) = (0, 0);
    for bytes in tries {
        let mut files = files.clone();
        files.insert("ceremony.jsonl".to_owned(), bytes);
        let past = super::desk::past(&files);
        let mut desk = match tuf_ceremony::ui::replay::Desk::new(past, SMALL, tuf_ceremony::ui::Theme::Mono) {
            Ok(desk) => desk,
            Err(why) => {
                assert!(why.chars().all(|c| matches!(c, ' '..='~')), "{why}");
                refused += 1;
                continue;
            }
        };
        opened += 1;
        assert!(
            shot(&desk).contains("verdict: REFUSED - failed: "),
            "{}",
            shot(&desk)
        );
        for key in keys::TABLE.iter().filter(|k| k.does != keys::Does::Leave) {
            press(&mut desk, key.intent);
            shot(&desk);
            press(&mut desk, Intent::Enter);
            shot(&desk);
            press(&mut desk, Intent::Back);
            press(&mut desk, Intent::Back);
        }
        press(&mut desk, Intent::Bottom);
        shot(&desk);
    }
    assert!(opened >= 8 && refused >= 4, "{opened} opened, {refused} refused");
}
