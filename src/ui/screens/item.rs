//! One line of a checklist: people look at it and type `yes`. One line at a
//! time, because a page of boxes is ticked without looking. A waiver is asked
//! for in the same way, person by person, by the name of its claim; what is let
//! go and why stands there once, whoever's turn it is. So is what a quorum
//! decides in the room.

use std::cmp::Ordering;

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::base::Id;
use crate::engine::{Answer, Question, lines};
use crate::script::{Verb, WaiverSpec};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, boxed, fact, para};
use crate::ui::wording::{custody, help, safe, screens as words};

/// The screen of a checklist.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::ITEM_FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Done {
            typed: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::ITEM,
};

/// The screen of a waiver, at which each person types the name of the claim.
pub static WAIVER: Screen = Screen {
    local: |_| Local::with(Form::line(words::WAIVE_FIELD)),
    page: waiver_page,
    help: &help::WAIVE,
    ..SCREEN
};

/// The same for what a quorum decides from what happened.
pub static QUORUM: Screen = Screen {
    local: |_| Local::with(Form::line(custody::WORD)),
    page: quorum_page,
    help: &help::QUORUM,
    ..SCREEN
};

/// Which of the three the open line belongs to.
#[must_use]
pub fn of(model: &Model) -> &'static Screen {
    let seen = &model.seen;
    let verb = seen.plan.step(seen.state.cursor).map(|p| &p.step.verb);
    match verb {
        _ if seen.state.differs.is_some() => &QUORUM,
        Some(Verb::Supersede(_)) => &QUORUM,
        Some(Verb::Waive { .. }) => &WAIVER,
        _ => &SCREEN,
    }
}

fn quorum_page(model: &Model, width: usize) -> Page {
    let Some(Question::Item { index }) = model.question() else {
        return Page::default();
    };
    let lines = lines(&model.seen.plan, &model.seen.state);
    let mut body = Vec::new();
    let mut word = "";
    if let Some(line) = lines.get(*index) {
        word = &line.word;
        let text = para(Tone::Strong, &safe(&line.text), width.saturating_sub(4));
        body.extend(boxed(
            &words::item_number(index.saturating_add(1), lines.len()),
            text,
            width,
        ));
    }
    Page {
        say: custody::quorum_say(index.saturating_add(1), lines.len(), word),
        body,
        ask: ask(model, custody::QUORUM_NEXT, width),
    }
}

fn mark(line: usize, open: usize) -> &'static str {
    match line.cmp(&open) {
        Ordering::Less => "[x]",
        Ordering::Equal => " >",
        Ordering::Greater => "[ ]",
    }
}

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Item { index }) = model.question() else {
        return Page::default();
    };
    let lines = lines(&model.seen.plan, &model.seen.state);
    let items: Vec<String> = lines.into_iter().map(|l| l.text).collect();
    let number = index.saturating_add(1);
    let mut body = Vec::new();
    if let Some(item) = items.get(*index) {
        let lines = para(Tone::Strong, &safe(item), width.saturating_sub(4));
        body.extend(boxed(&words::item_number(number, items.len()), lines, width));
        body.push(Row::blank());
    }
    for (i, item) in items.iter().enumerate() {
        body.extend(fact(mark(i, *index), 4, Tone::Plain, &safe(item), width));
    }
    Page {
        say: words::item_say(number, items.len()),
        body,
        ask: ask(model, words::ITEM_NEXT, width),
    }
}

/// Of which role the person is who speaks now; `None` where no waiver is asked for.
#[must_use]
pub fn speaker(model: &Model) -> Option<&Id> {
    let plan = &model.seen.plan;
    let planned = plan.step(model.seen.state.cursor)?;
    let (Some(Question::Item { index }), Verb::Waive { claim, role }) =
        (model.question(), &planned.step.verb)
    else {
        return None;
    };
    let spec = plan.waiver(*claim, *role)?;
    let quorum = plan.role(&spec.by).map_or(1, |r| r.quorum);
    let first = u32::try_from(*index).is_ok_and(|n| n < quorum);
    Some(if first { &spec.by } else { &planned.step.by })
}

/// Who speaks: each of the quorum of the waiver's role, then somebody of the step's.
fn speakers(model: &Model, spec: &WaiverSpec) -> Vec<String> {
    let plan = &model.seen.plan;
    let quorum = plan.role(&spec.by).map_or(1, |r| r.quorum);
    let mut who: Vec<String> = (1..=quorum)
        .map(|n| words::waive_who(spec.by.as_str(), n, quorum))
        .collect();
    let second = plan.step(model.seen.state.cursor).map(|p| &p.step.by);
    who.extend(second.map(ToString::to_string));
    who
}

fn waiver_page(model: &Model, width: usize) -> Page {
    let plan = &model.seen.plan;
    let verb = plan.step(model.seen.state.cursor).map(|p| &p.step.verb);
    let (Some(Question::Item { index }), Some(Verb::Waive { claim, role })) = (model.question(), verb) else {
        return Page::default();
    };
    let Some(spec) = plan.waiver(*claim, *role) else {
        return Page::default();
    };
    let inner = width.saturating_sub(4);
    let of = role.map_or("", |r| r.as_str());
    let mut card = para(Tone::Quiet, words::WAIVE_CLAIM, inner);
    card.extend(para(Tone::Strong, claim.text(), inner));
    card.extend(fact(
        words::WAIVE_REASON,
        8,
        Tone::Plain,
        &safe(&spec.reason),
        inner,
    ));
    let mut body = boxed(&words::waive_title(claim.id(), of), card, width);
    body.push(Row::blank());
    let who = speakers(model, spec);
    for (i, one) in who.iter().enumerate() {
        body.extend(fact(mark(i, *index), 4, Tone::Plain, &safe(one), width));
    }
    let turn = who.get(*index).map_or("", String::as_str);
    Page {
        say: words::waive_say(&safe(turn), claim.id()),
        body,
        ask: ask(model, words::WAIVE_NEXT, width),
    }
}
