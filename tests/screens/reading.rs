//! A payload that is read: search, fold, jumps; nothing of it can stand for having
//! read every line; and a hundred thousand lines cost what is in sight.

use tuf_ceremony::engine::Question;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::model::Extra;
use tuf_ceremony::ui::screens::reading::{Reading, View};

use crate::show::{SMALL, enter, model, press, screen, shot, type_in};
use crate::stage::Stage;

fn review() -> Stage {
    let mut stage = Stage::open();
    stage.until(|q| matches!(q, Question::Review { .. }));
    stage
}

/// A review against a trusted one, as `tuf::diff` writes it, before a real payload.
fn long(lines: usize) -> Reading {
    let mut text = vec![
        "targets metadata, version 1 -> 2".to_owned(),
        "  CHANGED a/needle-1.bin: 5 bytes".to_owned(),
        format!("every value ({lines}; + added, ~ changed, - gone)"),
    ];
    text.extend((0..lines).map(|n| {
        let mark = if n % 1000 == 999 { "~" } else { "  " };
        format!(
            "{mark} signed.targets[\"file-{n}\"].length = {n}{}",
            "x".repeat(n % 120)
        )
    }));
    text.push("+ signed.b = \"\u{1b}[2J\u{202e}evil \u{9b}31m\"".to_owned());
    Reading::new(&text, "{\n  \"a\": 1\n}")
}

#[test]
fn search_and_jumps_look_as_they_did() {
    let stage = review();
    screen("review-find", &stage, |m| {
        press(m, Intent::Char('/'));
        type_in(m, "Threshold");
    });
    screen("review-found", &stage, |m| {
        press(m, Intent::Char('/'));
        enter(m, "Threshold");
        press(m, Intent::Char('n'));
    });
    screen("review-not-found", &stage, |m| {
        press(m, Intent::Char('/'));
        enter(m, "no such text");
    });
}

#[test]
fn letters_are_keys_only_while_nothing_is_typed() {
    let stage = review();
    let mut model = model(&stage, SMALL);
    // `read` begins with no key; what is looked for answers nothing.
    type_in(&mut model, "read");
    assert_eq!(model.local.pane.form.text(0), "read");
    type_in(&mut model, "nz/c");
    assert_eq!(model.local.pane.form.text(0), "readnz/c");
    press(&mut model, Intent::Clear);
    press(&mut model, Intent::Char('/'));
    type_in(&mut model, "read");
    assert!(press(&mut model, Intent::Enter).is_empty());
    assert_eq!(model.local.pane.form.text(0), "", "a search is no answer");
    press(&mut model, Intent::Char('n'));
    press(&mut model, Intent::Char('z'));
    assert!(
        shot(&model).contains("nothing to fold away"),
        "a first version is all new"
    );
    press(&mut model, Intent::Char('/'));
    press(&mut model, Intent::Back);
    type_in(&mut model, "read");
    assert_eq!(model.local.pane.form.text(0), "read", "Esc gives the keys back");
}

#[test]
fn what_was_jumped_over_or_folded_was_not_read() {
    let stage = review();
    let mut model = model(&stage, SMALL);
    press(&mut model, Intent::Char('/'));
    enter(&mut model, "bytes to sign");
    assert!(!model.local.pane.end_seen);
    press(&mut model, Intent::Bottom);
    assert!(!model.local.pane.end_seen, "a gap is a gap");
    // A folded text is another look, even scrolled to its end.
    model.local.extra = Extra::Review(Box::new(long(3000)));
    model.local.pane.scroll = 0;
    model.local.pane.read_to = 0;
    press(&mut model, Intent::Char('z'));
    let folded = shot(&model);
    assert!(folded.contains("lines that stayed the same"), "{folded}");
    for _ in 0..20 {
        press(&mut model, Intent::PageDown);
    }
    assert!(!model.local.pane.end_seen);
    assert!(enter(&mut model, "read").is_empty());
    press(&mut model, Intent::Clear);
    press(&mut model, Intent::Char('z'));
    assert!(!shot(&model).contains("lines that stayed the same"));
}

#[test]
fn jumps_go_from_change_to_change_and_round() {
    let mut reading = long(5000);
    let mut at = 0;
    let mut seen = Vec::new();
    for _ in 0..7 {
        at = reading.next_change(at).unwrap();
        seen.push(at);
    }
    // Title's change, the five marked values, the added one.
    assert_eq!(seen, [1, 1002, 2002, 3002, 4002, 5002, 5003]);
    assert_eq!(reading.next_change(at), Some(1), "and from the top again");
    reading.show(View::Json);
    assert_eq!(reading.next_change(0), None);
}

#[test]
fn the_same_row_is_the_same_line_from_wherever_it_is_asked() {
    let reading = long(400);
    for width in [40, 78] {
        let all = reading.rows(width, 0, usize::MAX);
        assert_eq!(all.len(), reading.height(width));
        for from in [0, 1, 7, 100, all.len() - 3] {
            assert_eq!(reading.rows(width, from, 9), all[from..all.len().min(from + 9)]);
        }
        for line in [0, 3, 57, 402] {
            assert_eq!(reading.line_at(reading.row_of(line, width), width), line);
        }
    }
}

#[test]
fn unknown_text_is_escaped_in_every_view() {
    let mut reading = long(10);
    for view in [View::Text, View::Folded, View::Json] {
        reading.show(view);
        for row in reading.rows(78, 0, usize::MAX) {
            let text: String = row.0.iter().map(|(_, t)| t.as_str()).collect();
            assert!(text.chars().all(|c| matches!(c, ' '..='~')), "{text:?}");
        }
    }
}

/// Only what is in sight is laid out; a search reads every line once.
#[test]
fn a_hundred_thousand_lines_are_laid_out_where_they_are_seen() {
    let mut reading = long(100_000);
    assert!(reading.height(78) > 100_000);
    for from in (0..100_000).step_by(1000) {
        assert_eq!(reading.rows(78, from, 20).len(), 20);
    }
    reading.find.text = "FILE-99998\"".to_owned();
    assert_eq!(reading.search(0), Some(100_001));
    assert_eq!(reading.find.hits.len(), 1);
    assert_eq!(reading.next_hit(), Some(100_001));
}

#[test]
#[ignore = "wall clock: run it by hand, on an idle machine"]
fn a_hundred_thousand_lines_scroll_at_once() {
    let reading = long(100_000);
    assert!(reading.height(78) > 100_000);
    let begin = std::time::Instant::now();
    for from in (0..100_000).step_by(1000) {
        assert_eq!(reading.rows(78, from, 20).len(), 20);
    }
    // 100 pages; 16 ms each in release, ten times that in an unoptimised build.
    assert!(begin.elapsed().as_millis() < 100 * 160);
}
