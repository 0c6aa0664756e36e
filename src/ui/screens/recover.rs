//! The program stopped while something was under way: what it was, what that
//! means, and the one next step. Nothing is done before a person has read it.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::{Answer, Question, What};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::fact;
use crate::ui::wording::{help, recover as words, safe, screens};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Recover {
            typed: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::RECOVER,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Recover { effect }) = model.question() else {
        return Page::default();
    };
    let (means, then) = match &effect.what {
        What::Generate { .. } => (words::GENERATE, words::GENERATE_THEN),
        What::Sign { .. } => (words::SIGN, words::SIGN_THEN),
        What::Initialise { .. } => (words::SET_UP, words::SET_UP_THEN),
        What::Unlock { .. } => (words::UNLOCK, words::UNLOCK_THEN),
        What::Retire { .. } => (words::RETIRE, words::RETIRE_THEN),
        _ => (words::EXPORT, words::EXPORT_THEN),
    };
    let mut body = fact(words::WAS, 15, Tone::Strong, &safe(&effect.what.label()), width);
    body.extend(fact(screens::MEANS, 15, Tone::Plain, means, width));
    body.extend(fact(screens::WAS_CHANGED, 15, Tone::Plain, words::CHANGED, width));
    body.extend(fact(words::THEN, 15, Tone::Strong, then, width));
    Page {
        say: words::SAY.to_owned(),
        body,
        ask: ask(model, words::NEXT, width),
    }
}
