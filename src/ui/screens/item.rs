//! One line of a checklist: people look at it and type `yes`. One line at a
//! time, because a page of boxes is ticked without looking. A waiver is asked
//! for in the same way, person by person, by the name of its claim; what is let
//! go and why stands there once, whoever's turn it is. So is what a quorum
//! decides in the room.

use std::cmp::Ordering;

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::base::Id;
use crate::engine::{Answer, Question, lines, recorded};
use crate::runner::Snapshot;
use crate::script::{Verb, WaiverSpec};
use crate::ui::keymap::Intent;
use crate::ui::layout::Page;
use crate::ui::model::{Extra, Local, Model, Out};
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
        let typed = model.local.pane.form.text(0).to_owned();
        say(match model.local.extra {
            Extra::NotSo => Answer::NotSo { why: typed },
            _ => Answer::Done { typed },
        })
    },
    key,
    hints: |model| match model.local.extra {
        Extra::NotSo => vec![(Intent::Back, crate::ui::wording::KEY_BACK)],
        _ => vec![(Intent::Other, words::KEY_NOT_SO)],
    },
    help: &help::ITEM,
};

/// Nobody is made to say what is not so.
fn key(model: &mut Model, intent: Intent) -> Option<Vec<Out>> {
    let not_so = matches!(model.local.extra, Extra::NotSo);
    match intent {
        Intent::Other if !not_so => {
            model.local = Local::with(Form::line(words::NOT_SO_FIELD));
            model.local.extra = Extra::NotSo;
        }
        Intent::Other | Intent::Back if not_so => {
            model.local = Local::with(Form::line(words::ITEM_FIELD));
        }
        _ => return None,
    }
    Some(Vec::new())
}

/// The screen of a waiver, at which each person types the name of the claim.
pub static WAIVER: Screen = Screen {
    local: |_| Local::with(Form::line(words::WAIVE_FIELD)),
    page: waiver_page,
    key: no_key,
    hints: no_hints,
    help: &help::WAIVE,
    ..SCREEN
};

/// The same for what a quorum decides from what happened.
pub static QUORUM: Screen = Screen {
    local: |seen| Local::with(Form::line(custody::word(&quorum_word(seen)))),
    page: quorum_page,
    key: no_key,
    hints: no_hints,
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
    let (plan, state) = (&model.seen.plan, &model.seen.state);
    let Some(planned) = plan.step(state.cursor) else {
        return Page::default();
    };
    let inner = width.saturating_sub(4);
    let mut rows = Vec::new();
    let mut add = |name: &str, tone: Tone, text: &str| rows.extend(fact(name, 11, tone, text, inner));
    let (title, means) = if let Some(differs) = &state.differs {
        let was = recorded(plan, state, differs.index);
        let number = was.map(|n| safe(&n.number)).unwrap_or_default();
        add(custody::RECORDED, Tone::Strong, &number);
        add(custody::FOUND, Tone::Bad, &safe(&differs.found));
        let why = differs.why.as_deref().unwrap_or_default();
        add(custody::REASON, Tone::Plain, &safe(why));
        let item = was.map(|n| safe(&n.item)).unwrap_or_default();
        (item, custody::DIFFERS_MEANS.to_owned())
    } else if let Verb::Supersede(what) = &planned.step.verb {
        let file = format!("{} {}", what.metadata.as_str(), what.version);
        let here = state.files.get(&what.metadata);
        let here = here.map(|f| f.draft.digest.grouped()).unwrap_or_default();
        let earlier = custody::payload(&what.payload.grouped());
        add(custody::EARLIER, Tone::Bad, &earlier);
        add(custody::HERE, Tone::Strong, &custody::payload(&here));
        add(custody::REASON, Tone::Plain, &safe(&what.reason));
        (custody::supersede_title(&file), custody::supersede_means(&file))
    } else {
        return Page::default();
    };
    let mut body = boxed(&title, rows, width);
    body.extend(para(Tone::Plain, &means, width));
    let by = &planned.step.by;
    let number = u32::try_from(index.saturating_add(1)).unwrap_or(u32::MAX);
    let word = quorum_word(&model.seen);
    Page {
        say: custody::quorum_say(by.as_str(), number, plan.quorum(by), &word),
        body,
        ask: ask(model, custody::QUORUM_NEXT, width),
    }
}

/// What each of the quorum types.
fn quorum_word(seen: &Snapshot) -> String {
    let lines = lines(&seen.plan, &seen.state);
    lines.first().map(|line| line.word.clone()).unwrap_or_default()
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
    let (say, next) = match model.local.extra {
        Extra::NotSo => (words::not_so_say(number, items.len()), words::NOT_SO_NEXT),
        _ => (words::item_say(number, items.len()), words::ITEM_NEXT),
    };
    Page {
        say,
        body,
        ask: ask(model, next, width),
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
        say: words::waive_say(&words::capital(&safe(turn)), claim.id()),
        body,
        ask: ask(model, words::WAIVE_NEXT, width),
    }
}
