//! Production waits for the machine (law 10): what was found, what it means, was
//! anything changed, what to do. Nothing is asked; when the finding is gone the
//! ceremony goes on by itself. Only a device may be accepted, by somebody who
//! does not act.

use super::{Screen, no_hints, no_key, unchecked};
use crate::engine::{Acceptance, Against, Phase};
use crate::fault::machine::{UNLISTED, UNLISTED_WORD};
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

/// Columns of a fact's name.
const NAMES: usize = 15;

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

/// Who could accept a device: roles with a person who does not act now.
fn others(model: &Model) -> Vec<&str> {
    let state = &model.seen.state;
    let acting = model.seen.plan.step(state.cursor).map(|p| &p.step.by);
    let mut roles: Vec<&str> = Vec::new();
    for person in &state.people {
        let role = person.role.as_str();
        if person.name.is_some() && Some(&person.role) != acting && !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}

/// One thing: what it is, what it means, what to do.
fn card(one: &Against<'_>, number: usize, of: usize, width: usize) -> Vec<Row> {
    let (card, code) = match one {
        Against::Found(found) => (found.code.card(), one.line()),
        Against::Unlisted(_) => (UNLISTED, UNLISTED_WORD.to_owned()),
    };
    let line = words::frozen_line(number, of, card.fact, &safe(&code));
    let mut rows = para(Tone::Bad, &line, width);
    if let Against::Unlisted(device) = one {
        rows.extend(fact(
            words::FROZEN_DEVICE,
            NAMES,
            Tone::Strong,
            &words::device(device),
            width,
        ));
    }
    rows.extend(fact(screens::MEANS, NAMES, Tone::Plain, card.meaning, width));
    rows.extend(fact(screens::WHAT_TO_DO, NAMES, Tone::Strong, card.remedy, width));
    rows
}

fn page(model: &Model, width: usize) -> Page {
    let state = &model.seen.state;
    let mut body = Vec::new();
    if let Phase::Working(effect) = &state.phase {
        let text = words::frozen_working(&safe(&effect.what.label()));
        body.extend(para(Tone::Warn, &text, width));
    }
    let against = state.machine.against();
    for (i, one) in against.iter().enumerate() {
        body.extend(card(one, i.saturating_add(1), against.len(), width));
    }
    body.extend(fact(
        screens::WAS_CHANGED,
        NAMES,
        Tone::Plain,
        words::FROZEN_CHANGED,
        width,
    ));
    let form = &model.local.pane.form;
    let say = if form.fields.is_empty() {
        words::FROZEN_SAY
    } else {
        words::FROZEN_SAY_DEVICE
    };
    let mut ask = form.rows(width);
    if model.waiting.is_some() {
        ask.push(Row::of(Tone::Warn, wording::SENT));
    } else if form.fields.is_empty() {
        ask.extend(para(Tone::Quiet, words::FROZEN_NEXT, width));
    } else {
        let acting = model.seen.plan.step(state.cursor).map(|p| p.step.by.as_str());
        let next = match others(model).as_slice() {
            [] => words::FROZEN_NEXT_NOBODY.to_owned(),
            others => words::frozen_next(acting.unwrap_or_default(), others),
        };
        ask.extend(para(Tone::Quiet, &next, width));
    }
    Page {
        say: say.to_owned(),
        body,
        ask,
    }
}
