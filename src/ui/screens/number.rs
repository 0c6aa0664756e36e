//! The number of a bag or seal, read from the thing itself: typed twice where it
//! is noted, once where it must be a recorded one, which is never shown here.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::{Answer, NumberFor};
use crate::runner::Snapshot;
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{custody as words, help, safe};

/// The screen.
pub static SCREEN: Screen = Screen {
    local,
    page,
    check: unchecked,
    submit: |model| {
        let form = &model.local.pane.form;
        let field = |n: usize| (form.fields.len() > n).then(|| form.text(n).to_owned());
        say(Answer::Number {
            number: form.text(0).to_owned(),
            again: field(1),
            person: field(2),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::NUMBER,
};

fn local(seen: &Snapshot) -> Local {
    let purpose = seen.state.asked_number().map(|(_, purpose, _)| purpose);
    let labels: &[&str] = match purpose {
        Some(NumberFor::Note) => &[words::NUMBER, words::NUMBER_AGAIN],
        Some(NumberFor::Leaves) => &[words::NUMBER, words::NUMBER_AGAIN, words::PERSON],
        _ => &[words::NUMBER],
    };
    Local::with(Form::of(labels.iter().map(|l| Field::text(*l)).collect()))
}

fn page(model: &Model, width: usize) -> Page {
    let Some((index, purpose, again)) = model.seen.state.asked_number() else {
        return Page::default();
    };
    let items = model.seen.plan.numbered(model.seen.state.cursor);
    let mut body = Vec::new();
    if again {
        body.extend(para(Tone::Bad, words::NOT_THE_SAME, width));
    }
    if purpose.compares() {
        body.extend(para(Tone::Plain, words::HIDDEN, width));
        if model.has_second() {
            body.extend(para(Tone::Warn, words::SECOND, width));
        }
    }
    if purpose == NumberFor::Leaves {
        let people = model.seen.state.people.iter();
        let names: Vec<String> = people.filter_map(|p| p.name.as_deref()).map(safe).collect();
        body.extend(para(Tone::Plain, &words::here(&names.join(", ")), width));
    }
    body.push(Row::blank());
    for (n, item) in items.iter().enumerate() {
        let (mark, tone) = match n.cmp(&index) {
            std::cmp::Ordering::Less => ("[x]", Tone::Plain),
            std::cmp::Ordering::Equal => (" >", Tone::Strong),
            std::cmp::Ordering::Greater => ("[ ]", Tone::Plain),
        };
        body.extend(fact(mark, 4, tone, &safe(item), width));
    }
    let item = items.get(index).map(|item| safe(item)).unwrap_or_default();
    Page {
        say: words::number_say(purpose, &item, index.saturating_add(1), items.len()),
        body,
        ask: ask(model, words::number_next(purpose), width),
    }
}
