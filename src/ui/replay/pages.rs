//! The frame of a replay: the past screen, drawn by the view that drew it then,
//! and around it the line that says what this is, the verdict, where one is, the
//! evidence. The two rules and the keys of that time give way, and what was said
//! to hands that are long gone is marked as past.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::Clear;

use super::desk::{Asks, Desk, Here, Over};
use super::evidence::{self, Much};
use super::filters::Who;
use super::keys::{self, Does};
use super::past::Holds;
use super::walk::Stop;
use crate::engine::Question;
use crate::ui::keymap::Intent;
use crate::ui::layout::{Places, laid, places};
use crate::ui::model::Notice;
use crate::ui::theme::Tone;
use crate::ui::view;
use crate::ui::widgets::bars;
use crate::ui::widgets::rows::{Row, boxed, fact, paint, para};
use crate::ui::widgets::text::{ends, fit, len, pad};
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
    put(below, &[]);
    let below = below.inner(Margin::new(1, 0));
    put(below, &[bar(desk, usize::from(below.width))]);
    put(places.status, &[status(desk, usize::from(places.status.width))]);
    put(places.footer, &[footer(desk, places.footer.width)]);
    if let Some((foot, row)) = foot(desk) {
        put(foot, &[row]);
    }
    // Where the replay stops, or the evidence lies over the screen, it is the page:
    // beside it stands what stood there then.
    let page = desk.here() == Here::Stopped || matches!(desk.over, Over::Evidence);
    let beside = desk.column && !page;
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
        &format!("== {} ", words::REPLAY),
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
    } else if let (false, Some(last)) = (right.is_empty(), desk.past.lines.last()) {
        right.push_str(&words::last_of(last.seq));
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
    Some(words::records_of(from, to))
}

/// What was safe then, in a quiet tone: hands have learned to obey this row. How
/// long the record was stands in the bar above, as the numbers of its records.
fn status(desk: &Desk, width: usize) -> Row {
    let model = &desk.model;
    let state = &model.seen.state;
    let then = words::then(bars::light(model).1);
    let copies = wording::copies(state.copies).map_or_else(String::new, |c| format!("{c}  "));
    let deviations = wording::deviations(state.deviations);
    let machine = format!("{}  {deviations}", bars::machine_light(model).1);
    let all = [format!("{copies}{machine}"), machine, deviations];
    let room = width.saturating_sub(len(&then)).saturating_sub(2);
    let right = all.into_iter().find(|text| len(text) <= room);
    Row::of(Tone::Quiet, ends(&then, &right.unwrap_or_default(), width))
}

/// Where an order to people stood below a screen that took no answer, and what
/// stands there now.
fn foot(desk: &Desk) -> Option<(Rect, Row)> {
    let model = &desk.model;
    let text = match &desk.over {
        Over::Plan => words::PLAN_BACK,
        _ if model.question().is_none() && (!model.ended() || model.sealing()) => words::THEN_WAIT,
        _ => return None,
    };
    let (laid, place) = laid(model);
    let rows = u16::try_from(laid.foot.len()).ok()?.min(place.height);
    let top = place.bottom().saturating_sub(rows);
    let foot = Rect::new(place.x, top, place.width, rows);
    Some((foot, Row::of(Tone::Quiet, text)))
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

/// From this width on the footer has room for one key more.
const MORE_KEYS: u16 = 100;

/// A remark with the keys that go on from it, or the keys.
fn footer(desk: &Desk, width: u16) -> Row {
    if let Some(notice) = &desk.notice {
        return remark(desk, notice, width);
    }
    let more = (Intent::PageDown, words::OVER_MORE);
    let back = (Intent::Back, words::OVER_BACK);
    let hints: Vec<(Intent, &str)> = match &desk.over {
        Over::Nothing => whole_footer(desk, width),
        Over::Evidence => vec![
            more,
            (Intent::Right, words::KEY_NEXT.0),
            (Intent::Left, words::KEY_BEFORE.0),
            back,
        ],
        Over::Help | Over::Plan => vec![more, back],
        Over::List(list) => vec![
            (Intent::Down, words::LIST_MOVE),
            (Intent::Enter, list.enter),
            back,
        ],
        Over::Form(..) => vec![(Intent::Enter, words::FORM_GO), back],
    };
    named(hints, width)
}

fn named(hints: Vec<(Intent, &'static str)>, width: u16) -> Row {
    bars::keys(hints.into_iter().map(|(i, text)| (keys::name(i), text)), width)
}

/// The keys of a screen; two kinds of screens have one of their own.
fn whole_footer(desk: &Desk, width: u16) -> Vec<(Intent, &'static str)> {
    let stopped = desk.here() == Here::Stopped;
    let read = !stopped && matches!(desk.model.question(), Some(Question::Review { .. }));
    let mut out = Vec::new();
    for key in keys::TABLE.iter().filter(|k| !k.short.is_empty()) {
        match key.does {
            // Nothing comes after the last screen, and its page is the evidence.
            Does::Next if stopped => out.push((Intent::PageDown, words::OVER_MORE)),
            Does::NextAct | Does::Evidence if stopped => {}
            Does::Checks if read => {
                out.push((Intent::Toggle, words::KEY_JSON_HERE));
                if width >= MORE_KEYS {
                    out.push((key.intent, key.short));
                }
            }
            _ => out.push((key.intent, key.short)),
        }
    }
    out
}

/// A remark never hides the way on, nor the way out.
fn remark(desk: &Desk, notice: &Notice, width: u16) -> Row {
    let leave = (Intent::Char('q'), words::KEY_LEAVE.0);
    let hints = if desk.found {
        vec![
            (Intent::Char('n'), words::FOUND_NEXT),
            (Intent::Char('N'), words::FOUND_BEFORE),
            (Intent::Char('x'), words::FOUND_CLEAR),
            leave,
        ]
    } else {
        vec![(Intent::Help, words::KEY_HELP.0), leave]
    };
    let keys = named(hints, width);
    let used = keys
        .0
        .iter()
        .fold(0usize, |sum, (_, text)| sum.saturating_add(len(text)));
    let room = usize::from(width).saturating_sub(used).saturating_sub(2);
    let text = fit(&format!("! {}", notice.text), room);
    let mut row = Row::of(notice.tone, pad(&text, room.saturating_add(2)));
    row.0.extend(keys.0);
    row
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
        Here::Sealed => {
            rows.extend(para(Tone::Plain, words::SEALED, width));
            rows.push(Row::blank());
        }
        Here::Stopped => {
            let screens = desk.walk.moments().len();
            let stop = desk.walk.stop();
            let why = stop.map_or("", |stop| stop.why.as_str());
            rows.extend(para(Tone::Bad, &words::stopped(why, screens), width));
            rows.extend(stop.into_iter().flat_map(|stop| differing(stop, much, width)));
            rows.push(Row::blank());
            rows.extend(para(Tone::Plain, words::STOP_SCREEN, width));
            rows.push(Row::blank());
            let first = desk.walk.moments().last().map_or(0, |m| m.to);
            let broken = stop.and_then(|stop| stop.line).unwrap_or(first);
            let line = desk.line.unwrap_or(broken);
            if line < past.lines.len() {
                rows.push(head(if line == broken {
                    words::STOP_LINE
                } else {
                    words::STOP_OTHER
                }));
                rows.extend(shown(line));
                rows.extend(para(Tone::Plain, words::STOP_REST, width));
                rows.push(Row::blank());
            }
        }
    }
    rows.extend(evidence::of_every_record(past, width));
    rows
}

/// The record as it stands against the one that follows, where they differ.
fn differing(stop: &Stop, much: Much, width: usize) -> Vec<Row> {
    let longest = match much {
        Much::Column => 90,
        Much::Whole => 400,
    };
    let mut rows = Vec::new();
    for part in &stop.parts {
        let mut say = |name: &str, value: &str| {
            let value = evidence::cut(&evidence::readable(value), longest);
            let text = format!("{}: {value}", wording::safe(&part.name));
            rows.extend(fact(name, 16, Tone::Strong, &text, width));
        };
        say(words::STANDS, &part.stands);
        say(words::COMES, &part.comes);
    }
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
