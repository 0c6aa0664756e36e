//! F3, in rehearsals alone: the second machine that a lone person does not
//! have. It replaces the whole screen, so that nothing is ever copied from one
//! half of a screen to the other: what is compared goes through a head or over
//! paper, as on the day.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};

use crate::engine::{Phase, Question, recorded};
use crate::script::{SerialSpec, SourceKind, Subject};
use crate::transcript::words as spoken;
use crate::ui::layout::Page;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::{Row, fact, paint, para};
use crate::ui::widgets::text::{len, pad};
use crate::ui::widgets::{bars, card};
use crate::ui::wording::{self, safe};

/// Where the page stands: everything below the banner and its own label.
pub fn place(area: Rect) -> Rect {
    let [_, body, _] = split(area);
    body.inner(Margin::new(1, 0))
}

/// Label and keys.
pub fn draw_edges(model: &Model, frame: &mut Frame, area: Rect) {
    let [label, _, keys] = split(area);
    let width = usize::from(area.width);
    let text = pad(&format!(" {}", wording::SECOND_LABEL), width);
    let rows = [Row::of(Tone::Rehearsal, text), bars::rule(area.width)];
    let [_, label] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(label);
    paint(frame, label, &rows, model.theme);
    let keys = keys.inner(Margin::new(1, 0));
    paint(frame, keys, &[bars::footer(model, keys.width)], model.theme);
}

fn split(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Length(3), Constraint::Min(3), Constraint::Length(1)]).areas(area)
}

/// The page.
pub fn page(model: &Model, width: usize) -> Page {
    let mut body = fact(
        wording::SECOND_TIME,
        12,
        Tone::Strong,
        &wording::utc_minutes(model.now.wall),
        width,
    );
    body.push(Row::blank());
    body.extend(bodies(model));
    body.extend(bags(model, width));
    body.push(Row::blank());
    body.extend(words(model, width));
    Page {
        say: String::new(),
        body,
        ask: Vec::new(),
    }
}

/// What is printed on the bodies of the devices.
fn bodies(model: &Model) -> Vec<Row> {
    let mut out = vec![Row::of(Tone::Quiet, wording::SECOND_BODIES)];
    for token in &model.seen.plan.script().tokens {
        let found = model
            .seen
            .state
            .bench
            .get(&token.id)
            .and_then(|t| t.serial.clone());
        let serial = match (&token.serial, found) {
            (SerialSpec::Known(serial), _) => safe(serial),
            (SerialSpec::AtInventory, Some(serial)) => safe(&serial),
            (SerialSpec::AtInventory, None) => wording::SECOND_ON_DEVICE.to_owned(),
        };
        let label = pad(&format!("  {}", token.id), 20);
        out.push(Row::of(Tone::Plain, label).and(Tone::Strong, serial));
    }
    out
}

/// What a lone person has on no bag: the numbers that this step asks for.
fn bags(model: &Model, width: usize) -> Vec<Row> {
    let mut out = Vec::new();
    let asked = model.seen.state.asked_number();
    if !asked.is_some_and(|(_, purpose, _)| purpose.compares()) {
        return out;
    }
    out.push(Row::blank());
    out.push(Row::of(Tone::Quiet, wording::custody::SECOND_BAGS));
    let (plan, state) = (&model.seen.plan, &model.seen.state);
    let lines = plan.numbered(state.cursor).len();
    let bags: Vec<(String, String)> = (0..lines)
        .filter_map(|index| recorded(plan, state, index))
        .map(|n| (format!("  {}", safe(&n.item)), safe(&n.number)))
        .collect();
    let widest = bags.iter().map(|(item, _)| len(item)).max().unwrap_or(0);
    // As the bodies above: what it is, then what is printed on it.
    let column = widest.saturating_add(2).clamp(20, 48);
    for (item, number) in &bags {
        if len(item) < column {
            out.extend(fact(item, column, Tone::Strong, number, width));
        } else {
            out.extend(para(Tone::Quiet, item, width));
            out.extend(fact("", column, Tone::Strong, number, width));
        }
    }
    out
}

/// The words under comparison, when this machine is the source that is asked for.
fn words(model: &Model, width: usize) -> Vec<Row> {
    let asked = match &model.seen.state.phase {
        Phase::Asking(Question::Words {
            subject,
            source,
            digest,
            positions,
            ..
        }) => Some((subject, source, digest, positions)),
        _ => None,
    };
    let Some((subject, source, digest, positions)) = asked else {
        return para(Tone::Plain, wording::SECOND_NO_WORDS, width);
    };
    let kind = model.seen.plan.script().source(source).map(|s| s.kind);
    if kind != Some(SourceKind::Simulated) {
        return para(Tone::Plain, &wording::second_other(source.as_str()), width);
    }
    let what = match subject {
        Subject::Metadata(role) => wording::screens::subject_file(role.as_str()),
        Subject::Break => wording::custody::SUBJECT_BREAK.to_owned(),
        Subject::Record => wording::screens::SUBJECT_RECORD.to_owned(),
    };
    let mut out = para(Tone::Quiet, &wording::second_words(&what), width);
    out.extend(card::word_grid(&spoken::words(digest), width));
    out.extend(fact(
        wording::SECOND_ASKED,
        12,
        Tone::Strong,
        &wording::numbers(positions),
        width,
    ));
    out.extend(fact(
        wording::SECOND_HEX,
        12,
        Tone::Plain,
        &digest.grouped(),
        width,
    ));
    out
}
