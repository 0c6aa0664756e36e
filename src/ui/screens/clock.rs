//! The machine's clock against one that people read. This screen hides the
//! machine's own clock: what is copied from the same screen compares nothing.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::{Answer, ClockDoubt, Question, TOLERANCE_S};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, para};
use crate::ui::wording::{clock as words, help};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::CLOCK_FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Clock {
            typed: model.local.pane.form.text(0).to_owned(),
            rtc: None,
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::CLOCK,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Clock { reading, of, doubt }) = model.question() else {
        return Page::default();
    };
    let mut body = Vec::new();
    if let Some(doubt) = doubt {
        let (what, remedies) = words::clock_doubt(doubt);
        body.extend(para(Tone::Bad, &what, width));
        let seconds = match doubt {
            ClockDoubt::Typed { seconds } | ClockDoubt::Hardware { seconds } => Some(*seconds),
            ClockDoubt::Jumped { .. } | ClockDoubt::Before { .. } => None,
        };
        if let Some(hours) = seconds.and_then(whole_hours) {
            body.extend(para(Tone::Warn, &words::clock_hours(hours), width));
        }
        for line in remedies {
            body.extend(para(Tone::Plain, line, width));
        }
        body.push(Row::blank());
    }
    let number = reading.saturating_add(1);
    // Without a doubt the first line says it.
    if *of > 1 && doubt.is_some() {
        body.extend(para(Tone::Strong, &words::clock_reading(number, *of), width));
        body.push(Row::blank());
    }
    for line in words::clock_why(TOLERANCE_S) {
        body.extend(para(Tone::Plain, &line, width));
    }
    if model.has_second() {
        body.extend(para(Tone::Warn, words::CLOCK_SECOND, width));
    }
    Page {
        say: words::clock_say(number, *of, doubt.as_ref()),
        body,
        ask: ask(model, words::CLOCK_NEXT, width),
    }
}

/// Whole hours, give or take the tolerance: somebody read local time.
fn whole_hours(seconds: i64) -> Option<u64> {
    let minutes = seconds.unsigned_abs().div_euclid(60);
    let hours = minutes.saturating_add(5).div_euclid(60);
    let off = minutes.abs_diff(hours.saturating_mul(60));
    (1..=14).contains(&hours).then_some(hours).filter(|_| off <= 5)
}
