//! A secret that was made here: behind a shutter, shown to its keeper, written
//! on paper, hidden, and typed back from the paper (T5). It stands in
//! `base::Secret` only and is wiped with the screen. A shutter that is shut and
//! warned of (`Shutter::Warned`) says that the secret was shown and hidden again.

use super::{Hint, Screen, ask, out_of_place};
use crate::base::Secret;
use crate::base::credential::{Grouped, grouped};
use crate::engine::Question;
use crate::ui::keymap::Intent;
use crate::ui::layout::Page;
use crate::ui::model::{Extra, Local, Model, Notice, Out, Shutter};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{Row, boxed, para};
use crate::ui::wording::{help, secrets as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::of(vec![Field::secret(words::COPY_FIELD)])),
    page,
    check: |model| match model.local.extra {
        Extra::Shutter(Shutter::Open(_)) => Err(Notice::warn(words::COPY_OPEN_NEXT)),
        Extra::Shutter(Shutter::Empty) => Err(Notice::warn(words::COPY_GONE_KEYS)),
        _ => Ok(()),
    },
    submit: |model| {
        let secret = model.local.pane.form.secret(0).ok_or_else(out_of_place)?;
        Secret::copy_of(secret.expose())
            .map(Out::Copied)
            .map_err(|_| out_of_place())
    },
    key,
    hints,
    help: &help::COPY,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Copy {
        token,
        credential,
        wrong,
        ..
    }) = model.question()
    else {
        return Page::default();
    };
    let mut body = Vec::new();
    let name = token.as_str();
    let (say, foot) = match &model.local.extra {
        Extra::Shutter(Shutter::Open(secret)) => {
            let mut text = Grouped::new();
            grouped(secret, &mut text);
            let rows = para(Tone::Strong, text.as_str(), width.saturating_sub(6).min(54));
            body.extend(boxed(words::COPY_TITLE, rows, width.min(60)));
            body.push(Row::blank());
            body.extend(para(Tone::Plain, words::COPY_RULES, width));
            (
                words::copy_write(name, *credential),
                para(Tone::Quiet, words::COPY_OPEN_NEXT, width),
            )
        }
        Extra::Shutter(Shutter::Empty) => {
            // No form: nothing that could be typed would help.
            body.extend(para(Tone::Bad, &words::copy_gone(name), width));
            (words::copy_gone_say(name, *credential), Vec::new())
        }
        extra => {
            if *wrong > 0 {
                body.extend(para(Tone::Bad, &words::copy_wrong(*wrong), width));
            }
            body.extend(para(Tone::Plain, words::copy_purpose(*credential), width));
            let foot = ask(model, words::COPY_NEXT, width);
            if matches!(extra, Extra::Shutter(Shutter::Warned)) {
                (words::copy_type(name, *credential), foot)
            } else {
                body.extend(para(Tone::Warn, words::COPY_HIDDEN, width));
                (words::copy_look(name, *credential), foot)
            }
        }
    };
    Page { say, body, ask: foot }
}

fn key(model: &mut Model, intent: Intent) -> Option<Vec<Out>> {
    let ticket = match model.question() {
        Some(Question::Copy { secret, .. }) => *secret,
        _ => return None,
    };
    let open = matches!(model.local.extra, Extra::Shutter(Shutter::Open(_)));
    let gone = matches!(model.local.extra, Extra::Shutter(Shutter::Empty));
    match intent {
        Intent::Other if !open && !gone => Some(vec![Out::Look(ticket)]),
        Intent::Other | Intent::Back if open => {
            model.local.extra = Extra::Shutter(Shutter::Warned);
            model.local.pane.notice = None;
            Some(Vec::new())
        }
        // While it is shown nothing is typed: it must come from the paper.
        Intent::Char(_) | Intent::Backspace | Intent::Clear if open => Some(Vec::new()),
        Intent::Char(_) | Intent::Backspace | Intent::Clear | Intent::Other if gone => Some(Vec::new()),
        _ => None,
    }
}

/// The secret came, or is gone.
pub fn seen(model: &mut Model, secret: Option<Secret>) {
    if matches!(model.question(), Some(Question::Copy { .. })) {
        model.local.extra = Extra::Shutter(secret.map_or(Shutter::Empty, Shutter::Open));
    }
}

fn hints(model: &Model) -> Vec<Hint> {
    match model.local.extra {
        Extra::Shutter(Shutter::Open(_)) => vec![(Intent::Back, words::SHUTTER_HIDE)],
        Extra::Shutter(Shutter::Empty) => Vec::new(),
        _ => vec![(Intent::Other, words::COPY_F5)],
    }
}
