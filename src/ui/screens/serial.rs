//! Which device is which: the serial is typed from the body. The screen shows
//! what answers, never a serial (T3, T13), or nothing would be compared.

use super::{Screen, ask, say, unchecked};
use crate::engine::{Answer, Question};
use crate::runner::Cmd;
use crate::script::SerialSpec;
use crate::ui::keymap::Intent;
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, para};
use crate::ui::wording::{help, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::SERIAL_FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Serial {
            typed: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: |_, intent| {
        // Looking changes nothing, so it needs no confirmation.
        (intent == Intent::Other).then(|| vec![Out::Say(Cmd::Submit(Answer::Again))])
    },
    hints: |_| vec![(Intent::Other, words::SERIAL_F5)],
    help: &help::SERIAL,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Serial { token, cards }) = model.question() else {
        return Page::default();
    };
    let mut body = Vec::new();
    if !cards.is_empty() {
        body.push(Row::of(Tone::Quiet, words::devices_answer(cards.len())));
    }
    for (i, one) in cards.iter().enumerate() {
        body.extend(card::brief(i.saturating_add(1), one, width));
    }
    if !cards.is_empty() {
        body.push(Row::blank());
    }
    let known = matches!(
        model.seen.plan.token(token).map(|t| &t.serial),
        Some(SerialSpec::Known(_))
    );
    let text = if known {
        words::SERIAL_KNOWN
    } else {
        words::SERIAL_NEW
    };
    body.extend(para(Tone::Plain, text, width));
    if model.has_second() {
        body.extend(para(Tone::Warn, words::SERIAL_SECOND, width));
    }
    Page {
        say: if cards.is_empty() {
            words::no_device_say(token.as_str())
        } else {
            words::serial_say(token.as_str())
        },
        body,
        ask: ask(model, words::SERIAL_NEXT, width),
    }
}
