//! One line of a checklist: people look at it and type `yes`. One line at a
//! time, because a page of boxes is ticked without looking. A waiver is asked
//! for in the same way, person by person, by the name of its claim; so is what a
//! quorum decides in the room.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::{Answer, Question, lines};
use crate::runner::Snapshot;
use crate::script::Verb;
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, boxed, fact, para};
use crate::ui::wording::{custody, help, safe, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |seen| Local::with(Form::line(field(seen))),
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

/// The same for what a quorum decides from what happened.
pub static QUORUM: Screen = Screen {
    local: |_| Local::with(Form::line(custody::WORD)),
    page: quorum_page,
    check: unchecked,
    submit: |model| (SCREEN.submit)(model),
    key: no_key,
    hints: no_hints,
    help: &help::QUORUM,
};

/// Whether a quorum decides something that only the room knows.
#[must_use]
pub fn of_quorum(seen: &Snapshot) -> bool {
    let verb = seen.plan.step(seen.state.cursor).map(|p| &p.step.verb);
    seen.state.differs.is_some() || matches!(verb, Some(Verb::Supersede(_)))
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

/// A waiver's line wants the name of the claim, which stands in it.
fn field(seen: &Snapshot) -> &'static str {
    let word = lines(&seen.plan, &seen.state).into_iter().next();
    match word {
        Some(line) if line.word != "yes" => words::WAIVE_FIELD,
        _ => words::ITEM_FIELD,
    }
}

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Item { index }) = model.question() else {
        return Page::default();
    };
    // A waiver's lines name the word themselves.
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
        let mark = match i.cmp(index) {
            std::cmp::Ordering::Less => "[x]",
            std::cmp::Ordering::Equal => " >",
            std::cmp::Ordering::Greater => "[ ]",
        };
        body.extend(fact(mark, 4, Tone::Plain, &safe(item), width));
    }
    Page {
        say: words::item_say(number, items.len()),
        body,
        ask: ask(model, words::ITEM_NEXT, width),
    }
}
