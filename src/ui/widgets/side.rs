//! The side column of a large terminal: the plan with its times, the bench, the
//! people, the files and the record. It repeats nothing that a question asks for: serials
//! are masked, and no words stand here while words are compared.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::rows::{Row, paint};
use super::text::{fit, len, pad};
use super::{bench, card};
use crate::engine::{Person, Phase, Question};
use crate::transcript::words as spoken;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::wording::{frame, safe, screens as words};

/// Rows that the plan keeps in any case.
const PLAN_LEAST: usize = 10;

/// Rows that people, files and the plan need beside the bench.
const ROOM_FOR_OTHERS: usize = 28;

/// Draws the column; what does not fit at its end is in F4.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width).saturating_sub(3);
    let bar: Vec<Row> = (0..area.height).map(|_| Row::of(Tone::Quiet, "│")).collect();
    paint(frame, area, &bar, model.theme);
    let [_, inner] = ratatui::layout::Layout::horizontal([
        ratatui::layout::Constraint::Length(2),
        ratatui::layout::Constraint::Min(0),
    ])
    .areas(area);
    let height = usize::from(area.height);
    let mut rest = bench_rows(model, height, width);
    rest.extend(people(model, width));
    rest.push(Row::blank());
    rest.extend(files(model, width));
    let mut record = record(model, width);
    let plan = outline(model, width);
    // The record's words give way first (F4 has them), then the plan.
    let room = height.saturating_sub(rest.len());
    if record.len().saturating_add(PLAN_LEAST) > room {
        record.truncate(2);
    }
    let mut rows = progress(model, width);
    let left = room.saturating_sub(record.len()).saturating_sub(rows.len());
    rows.extend(window(plan, left));
    rows.extend(rest);
    rows.extend(record);
    paint(frame, inner, &rows, model.theme);
}

fn head(text: &str) -> Row {
    Row::of(Tone::Strong, text)
}

/// How far and how long; always in sight.
fn progress(model: &Model, width: usize) -> Vec<Row> {
    let (plan, state) = (&model.seen.plan, &model.seen.state);
    let of = plan.steps().len();
    // The last step is done with the close, after which no other one comes.
    let done = if sealed(model) { of } else { state.cursor.min(of) };
    let steps = frame::progress(done, of);
    let time = frame::all_time(model.seconds_since(state.began), plan.minutes());
    let line = head(words::SIDE_PLAN).and(Tone::Plain, format!("  {steps}"));
    if steps.len().saturating_add(time.len()).saturating_add(8) <= width {
        vec![line.and(Tone::Plain, format!(", {time}"))]
    } else {
        vec![line, Row::of(Tone::Plain, fit(&format!("  {time}"), width))]
    }
}

/// The last step is done when its seal is written.
fn sealed(model: &Model) -> bool {
    model.seen.state.phase == Phase::Closed && model.failed.is_none() && model.sealed.is_some()
}

/// The acts, each with its number: what is done, where one is, what comes.
pub(crate) fn acts(model: &Model, width: usize) -> impl Iterator<Item = (usize, Row)> {
    let state = &model.seen.state;
    let here = model.seen.plan.step(state.cursor).map(|p| p.act);
    let begun = state.begun;
    let closed = state.phase == Phase::Closed && model.failed.is_none();
    let acts = model.seen.plan.script().acts.iter().enumerate();
    acts.map(move |(number, act)| {
        let (mark, tone) = match here {
            _ if !begun => (" ", Tone::Plain),
            _ if closed => ("x", Tone::Plain),
            Some(now) if now == number => (">", Tone::Strong),
            Some(now) if now < number => (" ", Tone::Plain),
            _ => ("x", Tone::Plain),
        };
        let text = fit(&format!("{mark} {}", safe(&act.title)), width);
        (number, Row::of(tone, text))
    })
}

/// Acts, and the steps of the present one.
fn outline(model: &Model, width: usize) -> Vec<Row> {
    let plan = &model.seen.plan;
    let state = &model.seen.state;
    let now_act = plan.step(state.cursor).map(|p| p.act);
    let mut out = Vec::new();
    for (number, act) in acts(model, width) {
        out.push(act);
        if !state.begun || now_act != Some(number) {
            continue;
        }
        for (i, planned) in plan.steps().iter().enumerate() {
            if planned.act != number {
                continue;
            }
            let (mark, tone) = match i.cmp(&state.cursor) {
                std::cmp::Ordering::Less => ("x", Tone::Plain),
                std::cmp::Ordering::Equal if sealed(model) => ("x", Tone::Plain),
                std::cmp::Ordering::Equal => (">", Tone::Strong),
                std::cmp::Ordering::Greater => (" ", Tone::Plain),
            };
            let line = format!("   {mark} {}", planned.step.verb.headline());
            out.push(Row::of(tone, fit(&line, width)));
        }
    }
    out.push(Row::blank());
    out
}

/// A part of the outline that has the present step in it.
fn window(rows: Vec<Row>, height: usize) -> Vec<Row> {
    if rows.len() <= height {
        return rows;
    }
    let here = rows
        .iter()
        .rposition(|r| r.0.iter().any(|(_, t)| t.trim_start().starts_with('>')))
        .unwrap_or(0);
    let skip = here
        .saturating_sub(height.div_euclid(2).saturating_add(1))
        .min(rows.len().saturating_sub(height));
    // A blank row ends the outline; the last row in sight says what is below it.
    let below = rows.len().saturating_sub(skip).saturating_sub(height);
    let mut part: Vec<Row> = rows.into_iter().skip(skip).take(height).collect();
    if let Some(last) = part.last_mut() {
        *last = match below {
            0 => Row::blank(),
            _ => Row::of(Tone::Quiet, frame::more_rows(below)),
        };
    }
    part
}

/// Devices in two lines each where the column is high enough for all of them.
fn bench_rows(model: &Model, height: usize, width: usize) -> Vec<Row> {
    let tokens = model.seen.plan.script().tokens.len();
    let two_lines = tokens.saturating_mul(2).saturating_add(ROOM_FOR_OTHERS) <= height;
    let mut out = vec![head(frame::BENCH)];
    out.extend(bench::rows(model, two_lines, width));
    out.push(Row::blank());
    out
}

/// Who the roll call found.
pub(crate) fn people(model: &Model, width: usize) -> Vec<Row> {
    let mut out = vec![head(words::SIDE_PEOPLE)];
    if model.seen.state.people.is_empty() {
        out.push(Row::of(Tone::Plain, words::NOBODY_YET));
    }
    let label = |person: &Person| format!("{} {}", person.role, person.seat);
    let people = &model.seen.state.people;
    let widest = people.iter().map(|p| len(&label(p))).max().unwrap_or(0);
    for person in people {
        let label = pad(&label(person), widest.saturating_add(2));
        let (tone, text) = match &person.name {
            Some(name) => (Tone::Plain, safe(name)),
            None => (Tone::Warn, words::ABSENT.to_owned()),
        };
        let room = width.saturating_sub(len(&label));
        out.push(Row::of(Tone::Quiet, label).and(tone, fit(&text, room)));
    }
    out
}

fn files(model: &Model, width: usize) -> Vec<Row> {
    let mut out = vec![head(words::SIDE_FILES)];
    if model.meters.is_empty() {
        out.push(Row::of(Tone::Plain, words::NOTHING_YET));
    }
    let old = model.old_meter.iter().map(|m| (words::OLD_ROOT, m));
    let new = model.meters.iter().map(|(role, m)| (role.as_str(), m));
    for (role, meter) in old.chain(new) {
        let tone = if meter.complete() { Tone::Good } else { Tone::Plain };
        let text = words::meter_short(role, meter.distinct, meter.threshold);
        out.push(Row::of(tone, fit(&text, width)));
    }
    out.push(Row::blank());
    out
}

fn record(model: &Model, width: usize) -> Vec<Row> {
    let mut out = vec![
        head(words::SIDE_RECORD),
        Row::of(Tone::Plain, words::records(model.seen.records)),
    ];
    let copies = model.seen.state.copies;
    if let Some(text) = crate::ui::wording::copies(copies) {
        let tone = if copies.lost.is_some() {
            Tone::Bad
        } else {
            Tone::Plain
        };
        out.push(Row::of(tone, text));
    }
    // Other words beside the ones that are asked for would only mislead.
    if !matches!(model.question(), Some(Question::Words { .. })) && !model.ended() {
        out.push(Row::of(Tone::Quiet, words::SIDE_HEAD));
        out.extend(card::word_grid(&spoken::words(&model.seen.head), width));
    }
    out
}
