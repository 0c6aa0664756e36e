//! The machine's clock against one that people read. This screen hides the
//! machine's own clock: what is copied from the same screen compares nothing.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::{Answer, Question, TOLERANCE_S};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, para};
use crate::ui::wording::{help, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::CLOCK_FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Clock {
            typed: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::CLOCK,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Clock { difference }) = model.question() else {
        return Page::default();
    };
    let mut body = Vec::new();
    if let Some(seconds) = difference {
        body.extend(para(Tone::Bad, &words::clock_differs(*seconds), width));
        if let Some(hours) = whole_hours(*seconds) {
            body.extend(para(Tone::Warn, &words::clock_hours(hours), width));
        }
        for line in words::CLOCK_MEND {
            body.extend(para(Tone::Plain, line, width));
        }
        body.push(Row::blank());
    }
    for line in words::clock_why(TOLERANCE_S) {
        body.extend(para(Tone::Plain, &line, width));
    }
    if model.has_second() {
        body.extend(para(Tone::Warn, words::CLOCK_SECOND, width));
    }
    Page {
        say: words::CLOCK_SAY.to_owned(),
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
