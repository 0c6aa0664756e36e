//! Dice for a new secret: people roll, type the digits, and see none of them.
//! `docs/dice.md` has the tables by which they become characters.

use super::{Screen, ask, no_hints, no_key, out_of_place, unchecked};
use crate::base::Secret;
use crate::engine::{Phase, Question};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{Row, para};
use crate::ui::wording::{help, secrets as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |seen| {
        let rolls = match &seen.state.phase {
            Phase::Asking(Question::Dice { rolls, .. }) => *rolls,
            _ => 0,
        };
        Local::with(Form::of(vec![Field::secret(words::dice_field(rolls))]))
    },
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
        body.extend(para(Tone::Bad, &words::dice_wrong(*rolls), width));
    }
    for line in words::DICE_BODY {
        body.extend(para(Tone::Plain, line, width));
    }
    body.push(Row::blank());
    let count = words::dice_count(typed(model), *rolls);
    body.extend(para(Tone::Strong, &count, width));
    Page {
        say: words::dice_say(token.as_str(), *credential, *rolls),
        body,
        ask: ask(model, words::DICE_NEXT, width),
    }
}

/// Digits in the field; blanks and hyphens between them do not count.
fn typed(model: &Model) -> usize {
    let secret = model.local.pane.form.secret(0);
    let bytes = secret.map(Secret::expose).unwrap_or_default();
    bytes.iter().filter(|b| !matches!(b, b' ' | b'-')).count()
}
