//! Production waits for the machine (law 10): what was found, what it means, was
//! anything changed, what to do. Nothing is asked; when the finding is gone the
//! ceremony goes on by itself. Only a device may be accepted, by somebody who
//! does not act.

use super::{Screen, no_hints, no_key, unchecked};
use crate::engine::{Acceptance, Against, Phase};
use crate::fault::machine::UNLISTED;
use crate::runner::{Cmd, Snapshot};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{self, help, machine as words, safe, screens};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |seen| Local::with(form(seen)),
    page,
    check: unchecked,
    submit: |model| {
        let text = |field: usize| model.local.pane.form.text(field).trim().to_owned();
        Ok(Out::Say(Cmd::Accept(Acceptance {
            device: text(0),
            by: text(1),
            why: text(2),
        })))
    },
    key: no_key,
    hints: no_hints,
    help: &help::FROZEN,
};

/// Only a device can be accepted, and only when nothing worse stands beside it.
fn form(seen: &Snapshot) -> Form {
    if !may_accept(seen) {
        return Form::default();
    }
    Form::of(words::FROZEN_FIELDS.iter().map(|l| Field::text(*l)).collect())
}

/// Whether what stands are devices alone.
pub fn may_accept(seen: &Snapshot) -> bool {
    let against = seen.state.machine.against();
    !against.is_empty() && against.iter().all(|a| matches!(a, Against::Unlisted(_)))
}

fn headline(one: &Against<'_>) -> String {
    match one {
        Against::Found(found) => words::finding(found),
        Against::Unlisted(device) => words::unlisted(device),
    }
}

fn page(model: &Model, width: usize) -> Page {
    let state = &model.seen.state;
    let mut body = Vec::new();
    if let Phase::Working(effect) = &state.phase {
        body.extend(para(Tone::Warn, words::FROZEN_WORKING, width));
        body.extend(para(Tone::Plain, &safe(&effect.what.label()), width));
        body.push(Row::blank());
    }
    let against = state.machine.against();
    // All of them in sight first, then each with its card.
    if against.len() > 1 {
        for one in &against {
            body.extend(para(Tone::Bad, &headline(one), width));
        }
        body.push(Row::blank());
    }
    for one in &against {
        let card = match one {
            Against::Found(found) => found.code.card(),
            Against::Unlisted(_) => UNLISTED,
        };
        body.extend(para(Tone::Bad, &headline(one), width));
        body.extend(fact(screens::HAPPENED, 15, Tone::Plain, card.fact, width));
        body.extend(fact(screens::MEANS, 15, Tone::Plain, card.meaning, width));
        body.extend(fact(screens::WAS_CHANGED, 15, Tone::Plain, card.changed, width));
        body.extend(fact(screens::WHAT_TO_DO, 15, Tone::Strong, card.remedy, width));
        body.push(Row::blank());
    }
    body.extend(para(Tone::Plain, words::FROZEN_OPEN, width));
    let form = &model.local.pane.form;
    let mut ask = form.rows(width);
    if model.waiting.is_some() {
        ask.push(Row::of(Tone::Warn, wording::SENT));
    } else if form.fields.is_empty() {
        ask.extend(para(Tone::Quiet, words::FROZEN_NEXT, width));
    } else {
        ask.extend(para(Tone::Quiet, words::FROZEN_NEXT_DEVICE, width));
    }
    Page {
        say: words::FROZEN_SAY.to_owned(),
        body,
        ask,
    }
}
