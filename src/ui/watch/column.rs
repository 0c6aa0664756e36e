//! The side column of a large view: the plan's acts, the devices and the people.
//! Serials are masked as everywhere; of the record's words only the view's own
//! part shows any.

use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::Row;
use crate::ui::widgets::text::fit;
use crate::ui::widgets::{card, side};
use crate::ui::wording::{frame, screens as words};

/// The column's rows; what does not fit at the end is left out.
#[must_use]
pub fn rows(model: &Model, width: usize, height: usize) -> Vec<Row> {
    let mut below = devices(model, width);
    below.extend(side::people(model, width));
    let mut out = acts(model, width);
    out.truncate(height.saturating_sub(below.len()).max(4));
    out.extend(below);
    out.truncate(height);
    out
}

fn acts(model: &Model, width: usize) -> Vec<Row> {
    let mut out = vec![Row::of(Tone::Strong, words::SIDE_PLAN)];
    out.extend(side::acts(model, width).map(|(_, act)| act));
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
