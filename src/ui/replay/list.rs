//! A list of which one entry is chosen: checks, records, people, devices, types.
//! Only the rows in sight are laid out, so that a list of every record is as
//! quick as a short one.

use super::filters::Who;
use super::past::Past;
use crate::transcript::Kind;
use crate::ui::keymap::Intent;
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::{Row, para};
use crate::ui::widgets::text::fit;
use crate::ui::wording::{self, replay as words};

/// Where an entry leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Go {
    /// To a record, by its place.
    Line(usize),
    /// To a check, by its place.
    Check(usize),
    /// To a filter by who.
    Person(Option<Who>),
    /// To a filter by device.
    Token(Option<String>),
    /// To a filter by type.
    Kind(Option<Kind>),
}

/// What an entry shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Good, bad or neither.
    pub tone: Tone,
    /// What stands there; empty: the record's own line.
    pub text: String,
    /// Where Enter leads.
    pub go: Go,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// In the frame's edge.
    pub title: String,
    /// Above the entries.
    pub say: Vec<(Tone, String)>,
    /// What Enter does, for the footer.
    pub enter: &'static str,
    /// The entries.
    pub items: Vec<Item>,
    /// The one that Enter takes.
    pub cursor: usize,
}

/// What a key came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// Another entry, or nothing.
    Stay,
    /// Back.
    Back,
    /// This one.
    Go(Go),
}

impl List {
    /// One key; `page`: entries in sight.
    pub fn on(&mut self, intent: Intent, page: usize) -> Chosen {
        let last = self.items.len().saturating_sub(1);
        let to = match intent {
            Intent::Back | Intent::Char('q') => return Chosen::Back,
            Intent::Enter => {
                let chosen = self.items.get(self.cursor);
                return chosen.map_or(Chosen::Stay, |item| Chosen::Go(item.go.clone()));
            }
            Intent::Down => self.cursor.saturating_add(1),
            Intent::Up => self.cursor.saturating_sub(1),
            Intent::PageDown => self.cursor.saturating_add(page.max(1)),
            Intent::PageUp => self.cursor.saturating_sub(page.max(1)),
            Intent::Top => 0,
            Intent::Bottom => last,
            _ => self.cursor,
        };
        self.cursor = to.min(last);
        Chosen::Stay
    }

    /// Rows above the entries.
    fn head(&self, width: usize) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .say
            .iter()
            .flat_map(|(tone, text)| para(*tone, text, width))
            .collect();
        // Records have columns, which are named.
        if self.of_records() {
            rows.push(Row::of(Tone::Quiet, fit(&words::line_heads(), width)));
        } else if !rows.is_empty() {
            rows.push(Row::blank());
        }
        rows
    }

    /// Whether the entries are records.
    fn of_records(&self) -> bool {
        matches!(self.items.first().map(|item| &item.go), Some(Go::Line(_)))
    }

    /// Below entries that are more than have room: which are in sight. Records go
    /// by their own numbers.
    fn in_sight(&self, past: &Past, first: usize, last: usize) -> String {
        let seq = |number: usize| match self.items.get(number).map(|item| &item.go) {
            Some(Go::Line(at)) => past.lines.get(*at).map(|line| line.seq),
            _ => None,
        };
        let end = self.items.len();
        let ends = [first, last.saturating_sub(1), end.saturating_sub(1)].map(seq);
        match ends {
            [Some(from), Some(to), Some(end)] => words::records_in_sight(from, to, end),
            _ => wording::lines_of(first.saturating_add(1), last, end),
        }
    }

    /// Entries in sight.
    #[must_use]
    pub fn page(&self, width: usize, height: usize) -> usize {
        // A long head never drives the entries out of sight, nor the row that counts them.
        let least = self.items.len().min(5).saturating_add(1);
        let head = self.head(width).len().min(height.saturating_sub(least));
        height.saturating_sub(head).saturating_sub(1)
    }

    /// The rows of a place.
    #[must_use]
    pub fn rows(&self, past: &Past, width: usize, height: usize) -> Vec<Row> {
        let page = self.page(width, height);
        let mut rows = self.head(width);
        let room = height.saturating_sub(page).saturating_sub(1);
        if rows.len() > room {
            rows.truncate(room.saturating_sub(1));
            rows.push(Row::of(Tone::Warn, words::HEAD_CUT));
        }
        let first = self
            .cursor
            .saturating_sub(page.div_euclid(2))
            .min(self.items.len().saturating_sub(page));
        for (number, item) in self.items.iter().enumerate().skip(first).take(page) {
            let here = number == self.cursor;
            let mark = if here { "> " } else { "  " };
            let text = match (&item.go, item.text.is_empty()) {
                (Go::Line(at), true) => record(past, *at),
                _ => item.text.clone(),
            };
            let tone = if here && item.tone == Tone::Plain {
                Tone::Strong
            } else {
                item.tone
            };
            rows.push(Row::of(tone, fit(&format!("{mark}{text}"), width)));
        }
        if self.items.len() > page {
            let last = first.saturating_add(page).min(self.items.len());
            rows.push(Row::of(Tone::Warn, self.in_sight(past, first, last)));
        }
        rows
    }
}

/// A record in one line.
#[must_use]
pub fn record(past: &Past, at: usize) -> String {
    let Some(line) = past.lines.get(at) else {
        return String::new();
    };
    let time: String = line.at.wall.to_string().chars().skip(11).take(8).collect();
    let told = past.judged.told.get(&line.seq);
    let what = told.map_or(line.record.step.as_str(), String::as_str);
    words::line(line.seq, &time, line.record.kind, &line.record.who, what)
}
