//! The side column of a large view: the plan's acts with the steps of the present
//! one, the devices and the people. Serials are masked as everywhere; of the
//! record's words only the view's own part shows any.

use crate::engine::Phase;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::Row;
use crate::ui::widgets::text::fit;
use crate::ui::widgets::{bench, side};
use crate::ui::wording::{frame, screens as words, watch};

/// The column's rows; what does not fit at the end is left out.
#[must_use]
pub fn rows(model: &Model, width: usize, height: usize) -> Vec<Row> {
    let mut below = devices(model, width);
    below.extend(side::people(model, width));
    let mut out = plan(model, width, height.saturating_sub(below.len()).max(4));
    out.extend(below);
    out.truncate(height);
    out
}

/// The acts in at most `height` rows, and as many steps of the present one as have
/// room beside them.
fn plan(model: &Model, width: usize, height: usize) -> Vec<Row> {
    let (plan, state) = (&model.seen.plan, &model.seen.state);
    let of = plan.steps().len();
    let closed = state.phase == Phase::Closed;
    let done = if closed { of } else { state.cursor.min(of) };
    let head = Row::of(Tone::Strong, words::SIDE_PLAN).and(Tone::Plain, watch::steps_done(done, of));
    let acts: Vec<(usize, Row)> = side::acts(model, width).collect();
    // The heading, and a blank row at the end.
    let room = height.saturating_sub(acts.len()).saturating_sub(2);
    let now = plan.step(state.cursor).map(|planned| planned.act);
    let now = now.filter(|_| state.begun && !closed);
    let mut out = vec![head];
    for (number, act) in acts {
        out.push(act);
        if now == Some(number) {
            out.extend(steps(model, number, width, room));
        }
    }
    out.truncate(height.saturating_sub(1));
    out.push(Row::blank());
    out
}

/// The steps of an act, the present one in sight; rows say how many are not.
fn steps(model: &Model, act: usize, width: usize, room: usize) -> Vec<Row> {
    // Fewer would show nothing but what is left out.
    if room < 3 {
        return Vec::new();
    }
    let cursor = model.seen.state.cursor;
    let all = model.seen.plan.steps().iter().enumerate();
    let all: Vec<(usize, String)> = all
        .filter(|(_, planned)| planned.act == act)
        .map(|(number, planned)| (number, planned.step.verb.headline()))
        .collect();
    let here = all.iter().position(|(number, _)| *number == cursor).unwrap_or(0);
    let first = here
        .saturating_sub(room.div_euclid(2))
        .min(all.len().saturating_sub(room));
    let last = first.saturating_add(room).min(all.len());
    // A row that says how many are left out stands for a step itself.
    let above = if first > 0 { first.saturating_add(1) } else { 0 };
    let below = match all.len().saturating_sub(last) {
        0 => 0,
        more => more.saturating_add(1),
    };
    let shown = all.len().saturating_sub(above).saturating_sub(below);
    let more =
        |count: usize| (count > 0).then(|| Row::of(Tone::Quiet, fit(&watch::more_steps(count), width)));
    let step = |(number, headline): &(usize, String)| {
        let (mark, tone) = match number.cmp(&cursor) {
            std::cmp::Ordering::Less => ("x", Tone::Plain),
            std::cmp::Ordering::Equal => (">", Tone::Strong),
            std::cmp::Ordering::Greater => (" ", Tone::Plain),
        };
        Row::of(tone, fit(&format!("   {mark} {headline}"), width))
    };
    let steps = all.iter().skip(above).take(shown).map(step);
    more(above).into_iter().chain(steps).chain(more(below)).collect()
}

fn devices(model: &Model, width: usize) -> Vec<Row> {
    let mut out = vec![Row::of(Tone::Strong, frame::BENCH)];
    for token in &model.seen.plan.script().tokens {
        let (tone, text) = bench::line(model, &token.id);
        out.push(Row::of(tone, fit(&text, width)));
    }
    out.push(Row::blank());
    out
}
