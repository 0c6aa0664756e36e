//! Before secrets are made: no camera and nobody but a secret's keeper sees the
//! screen (PyPI's ceremony showed a PIN on a live stream, T5). The end of the
//! serial stands for the whole set-up: the device is emptied with what is made now.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::{Answer, Question};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::para;
use crate::ui::wording::{help, secrets as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::LAST_FOUR)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Covered {
            typed: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::COVER,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Cover { token }) = model.question() else {
        return Page::default();
    };
    let mut body = card::full(&model.seen, token, width);
    for line in words::COVER_BODY {
        body.extend(para(Tone::Plain, line, width));
    }
    Page {
        say: words::cover_say(token.as_str()),
        body,
        ask: ask(model, words::COVER_NEXT, width),
    }
}
