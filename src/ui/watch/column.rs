//! The side column of a large view: the plan's acts, the devices and the people.
//! Serials are masked as everywhere; of the record's words only the view's own
//! part shows any.

use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::rows::Row;
use crate::ui::widgets::text::{fit, len, pad};
use crate::ui::wording::{frame, safe, screens as words};

/// The column's rows; what does not fit at the end is left out.
#[must_use]
pub fn rows(model: &Model, width: usize, height: usize) -> Vec<Row> {
    let mut below = devices(model, width);
    below.extend(people(model, width));
    let mut out = acts(model, width);
    out.truncate(height.saturating_sub(below.len()).max(4));
    out.extend(below);
    out.truncate(height);
    out
}

fn acts(model: &Model, width: usize) -> Vec<Row> {
    let plan = &model.seen.plan;
    let state = &model.seen.state;
    let here = plan.step(state.cursor).map(|p| p.act).filter(|_| state.begun);
    let mut out = vec![Row::of(Tone::Strong, words::SIDE_PLAN)];
    for (number, act) in plan.script().acts.iter().enumerate() {
        let (mark, tone) = match here {
            Some(now) if now == number => (">", Tone::Strong),
            Some(now) if now < number => (" ", Tone::Plain),
            None if !state.begun => (" ", Tone::Plain),
            _ => ("x", Tone::Plain),
        };
        out.push(Row::of(tone, fit(&format!("{mark} {}", safe(&act.title)), width)));
    }
    out.push(Row::blank());
    out
}

fn devices(model: &Model, width: usize) -> Vec<Row> {
    let mut out = vec![Row::of(Tone::Strong, frame::BENCH)];
    for token in &model.seen.plan.script().tokens {
        let (tone, text) = card::bench_line(&token.id, model.seen.state.bench.get(&token.id));
        out.push(Row::of(tone, fit(&text, width)));
    }
    out.push(Row::blank());
    out
}

fn people(model: &Model, width: usize) -> Vec<Row> {
    let mut out = vec![Row::of(Tone::Strong, words::SIDE_PEOPLE)];
    if model.seen.state.people.is_empty() {
        out.push(Row::of(Tone::Plain, words::NOBODY_YET));
    }
    for person in &model.seen.state.people {
        let label = pad(&format!("{} {}", person.role, person.seat), 14);
        let (tone, text) = match &person.name {
            Some(name) => (Tone::Plain, safe(name)),
            None => (Tone::Warn, words::ABSENT.to_owned()),
        };
        let room = width.saturating_sub(len(&label));
        out.push(Row::of(Tone::Quiet, label).and(tone, fit(&text, room)));
    }
    out
}
