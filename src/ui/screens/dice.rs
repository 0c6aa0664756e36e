//! Dice for a new secret: people roll, type the digits, and see none of them:
//! what is on the screen is in the camera, too.

use super::{Screen, ask, no_hints, no_key, out_of_place, unchecked};
use crate::base::Secret;
use crate::engine::Question;
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::para;
use crate::ui::wording::{help, secrets as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::of(vec![Field::secret(words::DICE_FIELD)])),
    page,
    check: unchecked,
    submit: |model| {
        let secret = model.local.pane.form.secret(0).ok_or_else(out_of_place)?;
        Secret::copy_of(secret.expose())
            .map(Out::Dice)
            .map_err(|_| out_of_place())
    },
    key: no_key,
    hints: no_hints,
    help: &help::DICE,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Dice {
        token,
        credential,
        rolls,
        wrong,
    }) = model.question()
    else {
        return Page::default();
    };
    let mut body = Vec::new();
    if *wrong > 0 {
        body.extend(para(Tone::Bad, words::DICE_WRONG, width));
    }
    for line in words::DICE_BODY {
        body.extend(para(Tone::Plain, line, width));
    }
    Page {
        say: words::dice_say(token.as_str(), *credential, *rolls),
        body,
        ask: ask(model, words::DICE_NEXT, width),
    }
}
