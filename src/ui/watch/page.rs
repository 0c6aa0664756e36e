//! A frame of the watching view: the label in any case, one large word, what is
//! done now in a plain sentence, then as much of words, meters and record as has
//! room, in this order of importance. Nothing on it takes an answer.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};

use super::{Watch, big, column, hides};
use crate::engine::{Expect, FileState, Phase, expects};
use crate::fault::Code;
use crate::runner::Sight;
use crate::script::Verb;
use crate::transcript::words as spoken;
use crate::tuf::Meter;
use crate::ui::model::{Model, SMALLEST};
use crate::ui::screens::item;
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::{Row, paint, para};
use crate::ui::widgets::text::{ends, fit, len, pad};
use crate::ui::widgets::{bars, card};
use crate::ui::wording::{self, safe, screens, watch as words};

/// From this size on there is a side column.
const WIDE: (u16, u16) = (110, 34);
/// Columns of the side column.
const SIDE: u16 = 38;
/// Rows from which on there are blank rows between the parts.
const AIRY: usize = 24;
/// Rows from which on the large word may be seven rows high.
const LARGE: usize = 30;
/// Rows from which on what is done is in large letters, too.
const TALL: usize = 40;

/// Draws the view; the size is the frame's.
pub fn draw(watch: &Watch, frame: &mut Frame) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(watch, frame, area);
        return;
    }
    let [banner, title, rule1, label, middle, rule2, status, footer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Min(3),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let inset = |r: Rect| r.inner(Margin::new(1, 0));
    let theme = watch.theme;
    for rule in [rule1, rule2] {
        paint(frame, rule, &[bars::rule(rule.width)], theme);
    }
    let label = inset(label);
    let pad_left = usize::from(label.width)
        .saturating_sub(len(words::LABEL))
        .div_euclid(2);
    let text = format!("{}{}", " ".repeat(pad_left), words::LABEL);
    paint(frame, label, &[Row::of(Tone::Warn, text)], theme);
    let (title, status, footer) = (inset(title), inset(status), inset(footer));
    paint(frame, footer, &[keys(footer.width)], theme);
    let Some(model) = &watch.model else {
        let name = fit(&words::title(&watch.place), usize::from(title.width));
        let name = Row::of(Tone::Strong, name);
        paint(frame, title, &[name], theme);
        let body = inset(middle);
        paint(frame, body, &without(watch, body), theme);
        return;
    };
    paint(frame, banner, &[bars::banner(model, area.width)], theme);
    paint(frame, title, &[bars::title(model, title.width)], theme);
    paint(frame, status, &[below(watch, model, status.width)], theme);
    let (main, side) = if area.width >= WIDE.0 && area.height >= WIDE.1 {
        let [main, _, side] = Layout::horizontal([
            Constraint::Min(80),
            Constraint::Length(1),
            Constraint::Length(SIDE),
        ])
        .areas(middle);
        (inset(main), Some(side))
    } else {
        (inset(middle), None)
    };
    let rows = body(model, usize::from(main.width), usize::from(main.height));
    paint(frame, main, &rows, theme);
    if let Some(side) = side {
        let bar: Vec<Row> = (0..side.height).map(|_| Row::of(Tone::Quiet, "│")).collect();
        paint(frame, side, &bar, theme);
        let inner = side.inner(Margin::new(2, 0));
        let rows = column::rows(model, usize::from(inner.width), usize::from(inner.height));
        paint(frame, inner, &rows, theme);
    }
}

fn too_small(watch: &Watch, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width);
    let mut rows = para(Tone::Warn, words::LABEL, width);
    rows.extend(para(Tone::Bad, Code::TerminalTooSmall.card().fact, width));
    paint(frame, area, &rows, watch.theme);
}

fn keys(width: u16) -> Row {
    let row = Row::of(Tone::Strong, "q").and(Tone::Plain, format!(" {}", words::KEY_END));
    let used = words::KEY_END.len().saturating_add(2);
    let room = usize::from(width).saturating_sub(used);
    match room.checked_sub(words::ONLY_READS.len()) {
        Some(gap) if gap > 1 => row.and(Tone::Quiet, format!("{}{}", " ".repeat(gap), words::ONLY_READS)),
        _ => row,
    }
}

/// Record, last line, deviations.
fn below(watch: &Watch, model: &Model, width: u16) -> Row {
    let left = wording::record_lines(model.seen.records);
    let right = wording::deviations(model.seen.state.deviations);
    let torn = matches!(&watch.sight, Sight::Follows { torn: 1.., .. });
    let middle = match (&watch.sight, model.seen.state.last) {
        (Sight::Follows { torn: bytes, .. }, _) if torn => words::torn(*bytes),
        (_, Some(last)) => {
            let text = last.wall.to_string();
            let time: String = text.chars().skip(11).take(8).collect();
            words::last_line(&time)
        }
        _ => String::new(),
    };
    // The time of the last line is a clock, too.
    let middle = match model.question() {
        Some(crate::engine::Question::Clock { .. }) if !torn => String::new(),
        _ => middle,
    };
    let room = usize::from(width)
        .saturating_sub(len(&left))
        .saturating_sub(len(&right));
    let before = room.saturating_sub(len(&middle)).div_euclid(2);
    let middle = pad(&format!("{}{middle}", " ".repeat(before)), room);
    let tone = if model.seen.state.deviations > 0 {
        Tone::Warn
    } else {
        Tone::Plain
    };
    Row::of(Tone::Plain, left)
        .and(Tone::Plain, middle)
        .and(tone, right)
}

/// There is no state to show.
fn without(watch: &Watch, area: Rect) -> Vec<Row> {
    let width = usize::from(area.width);
    let (word, tone, text) = match &watch.sight {
        Sight::Absent => (words::BIG_NO_RECORD, Tone::Warn, words::ABSENT.to_owned()),
        Sight::Empty | Sight::Follows { .. } => (words::BIG_STARTING, Tone::Plain, words::EMPTY.to_owned()),
        Sight::Lost { line, why } => (words::BIG_STOPPED, Tone::Bad, words::lost(*line, &safe(why))),
    };
    let mut rows = vec![Row::of(Tone::Plain, words::THIS_VIEW)];
    rows.extend(large(word, tone, width, 7));
    rows.push(Row::blank());
    rows.extend(para(tone, &text, width));
    rows
}

fn large(word: &str, tone: Tone, width: usize, rows: usize) -> Vec<Row> {
    big::fit(word, width, rows)
        .into_iter()
        .map(|line| Row::of(tone, line))
        .collect()
}

/// A part of the view: the same at several sizes, from the largest.
struct Part {
    sizes: Vec<Vec<Row>>,
    /// Room is kept for its smallest size.
    needed: bool,
}

impl Part {
    fn of(needed: bool, sizes: Vec<Vec<Row>>) -> Part {
        Part { sizes, needed }
    }

    /// Rows that must be left for it, with a blank one above.
    fn least(&self, gap: usize) -> usize {
        let rows = self.sizes.last().filter(|_| self.needed).map_or(0, Vec::len);
        if rows == 0 { 0 } else { rows.saturating_add(gap) }
    }
}

/// The view's own part: the large word gives way to what is needed, and what
/// matters less is left out where there is no room.
fn body(model: &Model, width: usize, height: usize) -> Vec<Row> {
    let gap = usize::from(height >= AIRY);
    let parts = match hides::why(model) {
        Some(why) => vec![
            Part::of(true, vec![para(Tone::Warn, why, width)]),
            Part::of(true, meters(model, width)),
        ],
        None => vec![
            Part::of(true, payload(model, width)),
            Part::of(true, meters(model, width)),
            Part::of(false, head(model, width)),
        ],
    };
    let least = |parts: &[Part]| {
        parts
            .iter()
            .fold(0usize, |sum, p| sum.saturating_add(p.least(gap)))
    };
    let needed = least(&parts);
    let largest = [7, 4, 1].into_iter().filter(|most| *most < 7 || height >= LARGE);
    let mut rows = Vec::new();
    for most in largest {
        rows = now(model, width, height, most);
        if rows.len().saturating_add(needed) <= height {
            break;
        }
    }
    let mut room = height.saturating_sub(rows.len());
    let mut rest = parts.as_slice();
    while let Some((part, later)) = rest.split_first() {
        rest = later;
        let kept = least(later);
        let takes = |size: &&Vec<Row>| !size.is_empty() && size.len().saturating_add(gap) <= room;
        let roomy = part
            .sizes
            .iter()
            .find(|size| takes(size) && size.len().saturating_add(gap).saturating_add(kept) <= room);
        let Some(size) = roomy.or_else(|| part.sizes.last().filter(takes)) else {
            continue;
        };
        room = room.saturating_sub(size.len().saturating_add(gap));
        rows.extend(std::iter::repeat_n(Row::blank(), gap));
        rows.extend(size.iter().cloned());
    }
    rows
}

/// Act, who acts, what is done, how far the plan is.
fn now(model: &Model, width: usize, height: usize, most: usize) -> Vec<Row> {
    let (above, word, tone, text) = who(model);
    let plan = &model.seen.plan;
    let state = &model.seen.state;
    let planned = plan.step(state.cursor).filter(|_| state.begun && !model.ended());
    let mut rows = Vec::new();
    match planned {
        Some(planned) => {
            let acts = plan.script().acts.len();
            let title = plan
                .act_of(state.cursor)
                .map(|a| safe(&a.title))
                .unwrap_or_default();
            let act = wording::act(planned.act.saturating_add(1), acts, &title);
            let act = fit(&act, width.saturating_sub(len(above)).saturating_sub(2));
            rows.push(Row::of(Tone::Plain, ends(above, &act, width)));
        }
        None => rows.push(Row::of(Tone::Plain, above)),
    }
    rows.extend(large(&word, tone, width, most));
    if height >= AIRY {
        rows.push(Row::blank());
    }
    if let Some(planned) = planned {
        let headline = safe(&planned.step.verb.headline());
        let tall = if height >= TALL { 4 } else { 1 };
        rows.extend(large(&headline, Tone::Strong, width, tall));
        if height >= AIRY {
            rows.push(Row::blank());
        }
    }
    rows.extend(para(Tone::Plain, &text, width));
    if planned.is_some() {
        rows.push(progress(model, width));
    }
    rows
}

/// A line of text above, the large word, its tone, the sentence.
fn who(model: &Model) -> (&'static str, String, Tone, String) {
    let state = &model.seen.state;
    let stands = |word: &str, tone, text: &str| (words::STANDS, word.to_owned(), tone, text.to_owned());
    match (&state.phase, expects(state)) {
        (Phase::Paused, _) => stands(words::BIG_PAUSED, Tone::Warn, words::PAUSED),
        (Phase::Aborted, _) => stands(words::BIG_ABORTED, Tone::Bad, words::ABORTED),
        (Phase::Closed, _) => stands(words::BIG_CLOSED, Tone::Good, words::CLOSED),
        _ if model.frozen() => stands(words::BIG_FROZEN, Tone::Bad, words::FROZEN),
        (_, Expect::Answer(question)) => {
            let planned = model.seen.plan.step(state.cursor).filter(|_| state.begun);
            let role = planned.map(|p| item::speaker(model).unwrap_or(&p.step.by).as_str());
            let word = role.unwrap_or(words::BIG_EVERYBODY).to_owned();
            let on = planned
                .and_then(|p| p.step.verb.token())
                .map(|token| token.as_str());
            (words::ACTS_NOW, word, Tone::Strong, words::asks(question, on))
        }
        (_, expected) => {
            let text = match expected {
                Expect::Outcome(effect) => words::works(effect),
                _ => words::WORKS.to_owned(),
            };
            let machine = words::BIG_MACHINE.to_owned();
            (words::ACTS_NOW, machine, Tone::Strong, text)
        }
    }
}

/// How far the plan is, as a bar and in numbers.
fn progress(model: &Model, width: usize) -> Row {
    let of = model.seen.plan.steps().len();
    let done = model.seen.state.cursor.min(of);
    let text = words::step(done.saturating_add(1).min(of), of);
    let room = width.saturating_sub(len(&text)).saturating_sub(2);
    // The present step is half done: the bar begins at the first one and is not
    // full before the last one is over.
    let filled = done
        .saturating_mul(2)
        .saturating_add(1)
        .saturating_mul(room)
        .checked_div(of.saturating_mul(2))
        .unwrap_or_default()
        .min(room);
    Row::of(Tone::Good, "█".repeat(filled))
        .and(Tone::Quiet, "─".repeat(room.saturating_sub(filled)))
        .and(Tone::Strong, format!("  {text}"))
}

/// The payload of the step that is under way: read, or to be signed.
fn of_step(model: &Model) -> Option<&FileState> {
    let state = &model.seen.state;
    if model.ended() || !state.begun {
        return None;
    }
    match &model.seen.plan.step(state.cursor)?.step.verb {
        Verb::Review { metadata } | Verb::Sign { metadata, .. } => state.files.get(metadata),
        _ => None,
    }
}

/// In a grid, and as plain lines: nobody is to count words here.
fn payload(model: &Model, width: usize) -> Vec<Vec<Row>> {
    let Some(file) = of_step(model) else {
        return Vec::new();
    };
    let title = Row::of(Tone::Plain, fit(&words::payload(&file.draft.file_name()), width));
    let list = spoken::words(&file.draft.digest);
    vec![
        [vec![title.clone()], card::word_grid(&list, width)].concat(),
        [vec![title], para(Tone::Strong, &list.join(" "), width)].concat(),
    ]
}

/// Both thresholds of a transition, then every file's; with a title and without.
fn meters(model: &Model, width: usize) -> Vec<Vec<Row>> {
    if model.meters.is_empty() {
        return Vec::new();
    }
    let old = model.old_meter.iter().map(|m| (screens::OLD_ROOT, m));
    let new = model.meters.iter().map(|(role, m)| (role.as_str(), m));
    let all: Vec<(&str, &Meter)> = old.chain(new).collect();
    let widest = all.iter().map(|(_, m)| len(&bar(m))).max().unwrap_or_default();
    let all: Vec<Row> = all
        .into_iter()
        .map(|(name, meter)| one_meter(name, meter, widest, width))
        .collect();
    let titled = [vec![Row::of(Tone::Plain, words::SIGNED)], all.clone()].concat();
    vec![titled, all]
}

/// Signatures up to which each has a block of its own.
const BLOCKS: usize = 6;

/// A block for each signature that counts, a line for each that is missing.
fn bar(meter: &Meter) -> String {
    let need = usize::try_from(meter.threshold).unwrap_or(usize::MAX).min(24);
    let part = |i: usize| match (i < meter.distinct, need > BLOCKS) {
        (true, false) => "███",
        (false, false) => "───",
        (true, true) => "█",
        (false, true) => "─",
    };
    let parts: Vec<&str> = (0..need).map(part).collect();
    parts.join(if need > BLOCKS { "" } else { " " })
}

fn one_meter(name: &str, meter: &Meter, widest: usize, width: usize) -> Row {
    let text = words::meter(meter.distinct, meter.threshold, meter.needed());
    let tone = if meter.complete() {
        Tone::Good
    } else {
        Tone::Strong
    };
    let left = width
        .saturating_sub(widest)
        .saturating_sub(len(&text))
        .saturating_sub(4)
        .clamp(8, 14);
    Row::of(Tone::Plain, pad(&fit(name, left), left))
        .and(tone, format!("  {}", pad(&bar(meter), widest)))
        .and(tone, format!("  {text}"))
}

/// The words of the record's last line: all, or the first ones.
fn head(model: &Model, width: usize) -> Vec<Vec<Row>> {
    let list = spoken::words(&model.seen.head);
    let title = Row::of(Tone::Quiet, words::HEAD);
    let mut line = String::new();
    for word in &list {
        let longer = len(&line)
            .saturating_add(len(word))
            .saturating_add(len(words::MORE_WORDS))
            .saturating_add(2);
        if longer > width {
            break;
        }
        line.push_str(word);
        line.push(' ');
    }
    let first = Row::of(Tone::Plain, line).and(Tone::Quiet, words::MORE_WORDS);
    vec![
        [vec![title.clone()], card::word_grid(&list, width)].concat(),
        vec![title, first],
    ]
}
