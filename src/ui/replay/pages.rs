//! The frame of a review: the past screen, drawn by the view that drew it then,
//! and around it the line that says what this is, the verdict, where one is, the
//! evidence. Only the two rules and the keys of that time give way.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::Clear;

use super::desk::{Asks, Desk, Here, Over};
use super::evidence::{self, Much};
use super::filters::Who;
use super::keys;
use super::past::Holds;
use crate::ui::keymap::Intent;
use crate::ui::layout::{Places, places};
use crate::ui::theme::Tone;
use crate::ui::view;
use crate::ui::widgets::bars;
use crate::ui::widgets::rows::{Row, boxed, fact, paint, para};
use crate::ui::widgets::text::{fit, len};
use crate::ui::wording::{self, replay as words};

/// The whole terminal.
pub(super) fn area(size: (u16, u16)) -> Rect {
    Rect::new(0, 0, size.0, size.1)
}

/// Draws the desk.
pub fn draw(desk: &Desk, frame: &mut Frame) {
    view::draw(&desk.model, frame);
    if desk.model.too_small() {
        return;
    }
    let theme = desk.model.theme;
    let places = places(frame.area());
    let [above, _, below] = places.rules;
    let mut put = |area: Rect, rows: &[Row]| {
        frame.render_widget(Clear, area);
        paint(frame, area, rows, theme);
    };
    put(above, &[title(desk, usize::from(above.width))]);
    put(below, &[bar(desk, usize::from(below.width))]);
    put(places.footer, &[footer(desk, places.footer.width)]);
    // Where the walk stops, the evidence is the page.
    let beside = desk.column && desk.here() != Here::Stopped;
    if let Some(side) = places.side.filter(|_| beside) {
        put(side, &column(desk, side));
    }
    let Some((name, rows)) = over(desk, &places) else {
        return;
    };
    put(places.over, &boxed_in(&name, rows, places.over));
}

/// A page in a frame that fills a place.
fn boxed_in(name: &str, mut rows: Vec<Row>, area: Rect) -> Vec<Row> {
    let inner = usize::from(area.height.saturating_sub(2));
    rows.truncate(inner);
    rows.resize(inner, Row::blank());
    boxed(name, rows, usize::from(area.width))
}

/// What this is, and which screen.
fn title(desk: &Desk, width: usize) -> Row {
    let number = desk.at.saturating_add(1);
    let right = format!(" {} ==", words::screen_of(number, desk.screens()));
    let left = fit(
        &format!("== {} ", words::REVIEW),
        width.saturating_sub(len(&right)),
    );
    let fill = width.saturating_sub(len(&left)).saturating_sub(len(&right));
    Row::of(Tone::Strong, format!("{left}{}{right}", "=".repeat(fill)))
}

/// The verdict, the records, the filters: on every screen.
fn bar(desk: &Desk, width: usize) -> Row {
    let judged = &desk.past.judged;
    let failed: Vec<&str> = judged
        .checks
        .iter()
        .filter(|c| c.holds == Holds::No)
        .map(|c| c.name.as_str())
        .collect();
    let tone = if judged.good { Tone::Good } else { Tone::Bad };
    let verdict = words::verdict(&judged.verdict, &failed);
    let mut right = records(desk).map_or_else(String::new, |text| format!(" | {text}"));
    let filters = filters(desk);
    if let Some(fits) = desk.fits.as_ref().filter(|_| !filters.is_empty()) {
        right.push_str(&format!(" | {}", words::filter(&filters, fits.len())));
    }
    // The verdict keeps two fifths of the row, whatever is filtered.
    let least = width.saturating_mul(2).div_euclid(5);
    let room = width.saturating_sub(len(&right)).max(least);
    let verdict = fit(&verdict, room);
    let right = fit(&right, width.saturating_sub(len(&verdict)));
    let fill = width.saturating_sub(len(&verdict)).saturating_sub(len(&right));
    Row::of(tone, verdict).and(Tone::Plain, format!("{right}{}", " ".repeat(fill)))
}

/// The records of the present screen.
fn records(desk: &Desk) -> Option<String> {
    let moment = desk.walk.moments().get(desk.at)?;
    let seq = |line: usize| desk.past.lines.get(line).map(|l| l.seq);
    let (from, to) = (seq(moment.from)?, seq(moment.to.checked_sub(1)?)?);
    Some(words::records_of(from, to, desk.past.lines.len()))
}

fn filters(desk: &Desk) -> Vec<String> {
    let mut parts = Vec::new();
    match &desk.filters.person {
        Some(Who::Acts(role)) => parts.push(wording::safe(role)),
        Some(Who::Named(name)) => parts.push(words::named(name)),
        None => {}
    }
    parts.extend(desk.filters.token.as_deref().map(wording::safe));
    parts.extend(desk.filters.kind.map(|kind| kind.as_str().to_owned()));
    parts
}

fn footer(desk: &Desk, width: u16) -> Row {
    if let Some(notice) = &desk.notice {
        return Row::of(
            notice.tone,
            fit(&format!("! {}", notice.text), usize::from(width)),
        );
    }
    let more = (Intent::PageDown, words::OVER_MORE);
    let back = (Intent::Back, words::OVER_BACK);
    let hints: Vec<(Intent, &str)> = match &desk.over {
        Over::Nothing => keys::TABLE
            .iter()
            .filter(|k| !k.short.is_empty())
            .map(|k| (k.intent, k.short))
            .collect(),
        Over::Evidence => vec![
            more,
            (Intent::Right, words::KEY_NEXT.0),
            (Intent::Left, words::KEY_BEFORE.0),
            back,
        ],
        Over::Help | Over::Plan => vec![more, back],
        Over::List(_) => vec![
            (Intent::Down, words::LIST_MOVE),
            (Intent::Enter, words::LIST_GO),
            back,
        ],
        Over::Form(..) => vec![(Intent::Enter, words::FORM_GO), back],
    };
    bars::keys(hints.into_iter().map(|(i, text)| (keys::name(i), text)), width)
}

/// The evidence beside the screen.
fn column(desk: &Desk, side: Rect) -> Vec<Row> {
    let width = usize::from(side.width).saturating_sub(3);
    let height = usize::from(side.height);
    let mut rows = evidence_rows(desk, Much::Column, width);
    if rows.len() > height {
        rows.truncate(height.saturating_sub(1));
        rows.push(Row::of(Tone::Warn, words::COLUMN_MORE));
    }
    rows.resize(height, Row::blank());
    let bar = |row: Row| {
        let mut out = Row::of(Tone::Quiet, "│ ");
        out.0.extend(row.0);
        out
    };
    rows.into_iter().map(bar).collect()
}

fn evidence_rows(desk: &Desk, much: Much, width: usize) -> Vec<Row> {
    let past = &desk.past;
    let head = |text: &str| Row::of(Tone::Strong, text.to_owned());
    let shown = |line: usize| evidence::record(past, line, desk.line == Some(line), much, width);
    let mut rows = Vec::new();
    match desk.here() {
        Here::Moment(number) => {
            rows.push(head(words::LED_HERE));
            let moment = desk.walk.moments().get(number).copied();
            for line in moment.into_iter().flat_map(|m| m.from..m.to) {
                rows.extend(shown(line));
            }
            if let Some(next) = desk.next_line() {
                let asked = desk.asks();
                rows.push(head(match past.lines.get(next).map(|l| l.record.kind) {
                    Some(crate::transcript::Kind::Answer) if asked => words::NEXT_ANSWER,
                    Some(crate::transcript::Kind::Outcome) if !asked => words::NEXT_OUTCOME,
                    _ => words::NEXT_OTHER,
                }));
                rows.extend(shown(next));
            }
        }
        Here::Sealed => rows.extend(para(Tone::Plain, words::SEALED, width)),
        Here::Stopped => {
            let screens = desk.walk.moments().len();
            let why = desk.walk.stop().unwrap_or_default();
            rows.extend(para(Tone::Bad, &words::stopped(why, screens), width));
            rows.push(Row::blank());
            rows.extend(para(Tone::Plain, words::STOP_SCREEN, width));
            rows.push(Row::blank());
            let first = desk.walk.moments().last().map_or(0, |m| m.to);
            let line = desk.line.unwrap_or(first);
            if line < past.lines.len() {
                rows.push(head(words::STOP_LINE));
                rows.extend(shown(line));
                rows.extend(para(Tone::Plain, words::STOP_REST, width));
                rows.push(Row::blank());
            }
        }
    }
    rows.extend(evidence::of_every_record(past, width));
    rows
}

fn help_rows(desk: &Desk, width: usize) -> Vec<Row> {
    let judged = &desk.past.judged;
    let mut rows = para(Tone::Plain, words::HELP_SAY, width);
    rows.push(Row::blank());
    rows.push(Row::of(Tone::Strong, words::HELP_KEYS));
    for key in keys::TABLE {
        rows.extend(fact(&keys::name(key.intent), 8, Tone::Plain, key.long, width));
    }
    rows.push(Row::blank());
    rows.push(Row::of(Tone::Strong, words::HELP_CLASSES));
    for class in words::CLASSES {
        rows.extend(fact("", 2, Tone::Plain, words::class(class), width));
    }
    rows.push(Row::blank());
    rows.push(Row::of(Tone::Strong, words::HELP_VERDICT));
    let tone = if judged.good { Tone::Good } else { Tone::Bad };
    let verdict = format!("{}: {}", judged.verdict, judged.meaning);
    rows.extend(fact("", 2, tone, &wording::safe(&verdict), width));
    for because in &judged.because {
        let text = format!("because {}", wording::safe(because));
        rows.extend(fact("", 2, Tone::Plain, &text, width));
    }
    rows
}

// ---------------------------------------------------------------- what lies over

/// Room in the frame over a screen: columns and rows.
fn room(places: &Places) -> (usize, usize) {
    let inner = places.over.inner(Margin::new(2, 1));
    (usize::from(inner.width), usize::from(inner.height))
}

/// The rows of the page that scrolls over the screen; `None`: none does.
fn scrolling(desk: &Desk, width: usize) -> Option<(&'static str, Vec<Row>)> {
    match (&desk.over, desk.here()) {
        (Over::Help, _) => Some((words::TITLE_HELP, help_rows(desk, width))),
        (Over::Nothing | Over::Evidence, Here::Stopped) => {
            Some((words::TITLE_STOP, evidence_rows(desk, Much::Whole, width)))
        }
        (Over::Evidence, _) => Some((words::TITLE_EVIDENCE, evidence_rows(desk, Much::Whole, width))),
        _ => None,
    }
}

fn over(desk: &Desk, places: &Places) -> Option<(String, Vec<Row>)> {
    let (width, height) = room(places);
    if let Some((name, rows)) = scrolling(desk, width) {
        let total = rows.len();
        if total <= height {
            return Some((name.to_owned(), rows));
        }
        let page = height.saturating_sub(1);
        let mut part: Vec<Row> = rows.into_iter().skip(desk.scroll).take(page).collect();
        let last = desk.scroll.saturating_add(part.len());
        part.resize(page, Row::blank());
        let text = wording::lines_of(desk.scroll.saturating_add(1), last, total);
        part.push(Row::of(Tone::Warn, text));
        return Some((name.to_owned(), part));
    }
    match &desk.over {
        Over::List(list) => Some((list.title.clone(), list.rows(&desk.past, width, height))),
        Over::Form(asks, pane) => {
            let (name, say) = match asks {
                Asks::Search => (words::TITLE_SEARCH, words::SEARCH_SAY),
                Asks::Record => (words::TITLE_GO_TO, words::GO_TO_SAY),
            };
            let mut rows = para(Tone::Strong, say, width);
            rows.push(Row::blank());
            rows.extend(pane.form.rows(width));
            if let Some(notice) = &pane.notice {
                rows.push(Row::blank());
                rows.extend(para(notice.tone, &format!("! {}", notice.text), width));
            }
            Some((name.to_owned(), rows))
        }
        _ => None,
    }
}

/// Rows of one page of scrolling.
pub(super) fn page(desk: &Desk) -> usize {
    let (width, height) = room(&places(area(desk.model.size)));
    match (&desk.over, desk.here()) {
        (Over::List(list), _) => list.page(width, height).saturating_sub(1).max(1),
        (Over::Nothing, Here::Moment(_) | Here::Sealed) | (Over::Plan, _) => {
            crate::ui::layout::page_rows(&desk.model)
        }
        _ => height.saturating_sub(2).max(1),
    }
}

/// The furthest that the page over the screen scrolls.
pub(super) fn last_scroll(desk: &Desk) -> usize {
    let (width, height) = room(&places(area(desk.model.size)));
    let rows = scrolling(desk, width).map_or(0, |(_, rows)| rows.len());
    if rows <= height {
        return 0;
    }
    rows.saturating_sub(height.saturating_sub(1))
}
