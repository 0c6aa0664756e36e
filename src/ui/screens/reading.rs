//! A long text on a screen that is read: laid out only where it is in sight, so
//! that a payload of a hundred thousand lines scrolls and is searched at once.
//! Three views of the same payload: the review text, the text with what stayed
//! the same folded away, the bytes as JSON. Only the first is the review.

use std::cell::RefCell;

use super::Hint;
use crate::base::shown;
use crate::tuf::review_marks;
use crate::ui::keymap::Intent;
use crate::ui::layout;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::{Row, para};
use crate::ui::widgets::text::{len, wrap};
use crate::ui::wording::{reading as words, screens};

/// Longest text that is looked for.
const FIND_MAX: usize = 60;

/// Which view is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The whole review text.
    Text,
    /// The same, with unchanged parts in one line each.
    Folded,
    /// The payload as indented JSON.
    Json,
}

/// What is looked for.
#[derive(Debug, Default)]
pub struct Find {
    /// It is being typed.
    pub typing: bool,
    /// The text.
    pub text: String,
    /// Lines that have it.
    pub hits: Vec<usize>,
    /// Which of them was shown last.
    pub at: Option<usize>,
}

/// The text and where in it people are.
#[derive(Debug)]
pub struct Reading {
    text: Vec<String>,
    /// By line of the text: the same as in what it replaces.
    same: Vec<bool>,
    /// By line of the text: it says what changes.
    changes: Vec<usize>,
    json: Vec<String>,
    /// The view.
    pub view: View,
    /// Where the text was left for the JSON.
    pub back_to: usize,
    /// The search.
    pub find: Find,
    laid: RefCell<Laid>,
}

/// For one width and view: what stands on which row. Made once, then looked up.
#[derive(Debug, Default)]
struct Laid {
    of: Option<(usize, View)>,
    entries: Vec<Entry>,
    /// The first row of each entry, and behind the last one their number.
    firsts: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Line(usize),
    /// So many unchanged lines from here on.
    Fold(usize, usize),
}

impl Reading {
    /// A review text and its JSON; both are made safe to show here, once.
    #[must_use]
    pub fn new(text: &[String], json: &str) -> Reading {
        let marks = review_marks(text);
        let safe = |line: &str| shown(line, usize::MAX);
        Reading {
            text: text
                .iter()
                .map(|line| plain(line).unwrap_or_else(|| safe(line)))
                .collect(),
            same: marks.same,
            changes: marks.changes,
            json: json
                .lines()
                .map(|line| plain(line).unwrap_or_else(|| safe(line)))
                .collect(),
            view: View::Text,
            back_to: 0,
            find: Find::default(),
            laid: RefCell::default(),
        }
    }

    fn lines(&self) -> &[String] {
        match self.view {
            View::Json => &self.json,
            View::Text | View::Folded => &self.text,
        }
    }

    /// Whether anything can be folded away.
    #[must_use]
    pub fn folds(&self) -> bool {
        self.same.iter().any(|same| *same)
    }

    /// Rows that the view takes at this width.
    #[must_use]
    pub fn height(&self, width: usize) -> usize {
        self.lay(width);
        self.laid.borrow().firsts.last().copied().unwrap_or(0)
    }

    /// Some rows of the view; nothing else is laid out.
    #[must_use]
    pub fn rows(&self, width: usize, from: usize, count: usize) -> Vec<Row> {
        self.lay(width);
        let laid = self.laid.borrow();
        let entry = laid
            .firsts
            .partition_point(|first| *first <= from)
            .saturating_sub(1);
        let skip = from.saturating_sub(laid.firsts.get(entry).copied().unwrap_or(0));
        let hit = self.find.at.and_then(|at| self.find.hits.get(at));
        let mut out = Vec::new();
        for entry in laid.entries.iter().skip(entry) {
            if out.len() >= count.saturating_add(skip) {
                break;
            }
            match entry {
                Entry::Line(at) => {
                    let line = self.lines().get(*at).map_or("", String::as_str);
                    let found = hit == Some(at);
                    let tone = if found { Tone::Strong } else { Tone::Plain };
                    let mut rows = para(tone, line, width);
                    // Visible without bold, too, where an indent leaves a column for it.
                    let first = rows.first_mut().and_then(|row| row.0.first_mut());
                    if let Some((_, text)) = first.filter(|(_, text)| found && text.starts_with(' ')) {
                        text.replace_range(..1, ">");
                    }
                    out.extend(rows);
                }
                Entry::Fold(_, many) => out.push(Row::of(Tone::Quiet, words::folded(*many))),
            }
        }
        out.into_iter().skip(skip).take(count).collect()
    }

    /// The row on which a line of the view begins; that of its fold, if it is in one.
    #[must_use]
    pub fn row_of(&self, line: usize, width: usize) -> usize {
        self.lay(width);
        let laid = self.laid.borrow();
        let before = |entry: &Entry| match entry {
            Entry::Line(at) | Entry::Fold(at, _) => *at <= line,
        };
        let entry = laid.entries.partition_point(before).saturating_sub(1);
        laid.firsts.get(entry).copied().unwrap_or(0)
    }

    /// The line that a row belongs to.
    #[must_use]
    pub fn line_at(&self, row: usize, width: usize) -> usize {
        self.lay(width);
        let laid = self.laid.borrow();
        let entry = laid
            .firsts
            .partition_point(|first| *first <= row)
            .saturating_sub(1);
        match laid.entries.get(entry) {
            Some(Entry::Line(at) | Entry::Fold(at, _)) => *at,
            None => 0,
        }
    }

    /// The next line after this one that says what changes; from the top again
    /// behind the last. `None` where nothing is marked, or in the JSON.
    #[must_use]
    pub fn next_change(&self, after: usize) -> Option<usize> {
        if self.view == View::Json {
            return None;
        }
        let at = self.changes.partition_point(|line| *line <= after);
        self.changes.get(at).or(self.changes.first()).copied()
    }

    /// Takes a character of what is looked for; whether there was room.
    pub fn find_push(&mut self, c: char) -> bool {
        let fits = len(&self.find.text) < FIND_MAX && !c.is_control();
        if fits {
            self.find.text.push(c);
        }
        fits
    }

    /// Looks for the text in the view, from a line on, whatever its case.
    pub fn search(&mut self, from: usize) -> Option<usize> {
        self.find.typing = false;
        let wanted = shown(&self.find.text, usize::MAX).to_ascii_lowercase();
        let has = |line: &String| !wanted.is_empty() && line.to_ascii_lowercase().contains(&wanted);
        let lines = self.lines().iter().enumerate();
        self.find.hits = lines.filter(|(_, line)| has(line)).map(|(at, _)| at).collect();
        let at = self.find.hits.partition_point(|hit| *hit < from);
        let at = if at < self.find.hits.len() { at } else { 0 };
        self.find.at = (!self.find.hits.is_empty()).then_some(at);
        self.find.hits.get(at).copied()
    }

    /// The next line that has the text; from the top again behind the last.
    pub fn next_hit(&mut self) -> Option<usize> {
        let next = self.find.at?.saturating_add(1);
        let next = if next < self.find.hits.len() { next } else { 0 };
        self.find.at = Some(next);
        self.find.hits.get(next).copied()
    }

    /// Another view has other lines: what was found is forgotten, the text is kept.
    pub fn show(&mut self, view: View) {
        self.view = view;
        self.find.hits.clear();
        self.find.at = None;
    }

    fn lay(&self, width: usize) {
        let of = Some((width, self.view));
        if self.laid.borrow().of == of {
            return;
        }
        let entries = match self.view {
            View::Folded => folded(&self.same),
            View::Text | View::Json => (0..self.lines().len()).map(Entry::Line).collect(),
        };
        let mut firsts = Vec::with_capacity(entries.len().saturating_add(1));
        let mut row = 0usize;
        for entry in &entries {
            firsts.push(row);
            let high = match entry {
                Entry::Line(at) => self.lines().get(*at).map_or(1, |line| high(line, width)),
                Entry::Fold(..) => 1,
            };
            row = row.saturating_add(high);
        }
        firsts.push(row);
        *self.laid.borrow_mut() = Laid { of, entries, firsts };
    }
}

/// The key that reads on, on a page that has more below what is in sight.
#[must_use]
pub fn more(model: &Model) -> Vec<Hint> {
    let (laid, _) = layout::laid(model);
    let last = model.local.pane.scroll.saturating_add(laid.height);
    if laid.scrolls && last < laid.total() {
        vec![(Intent::PageDown, screens::MORE)]
    } else {
        Vec::new()
    }
}

/// A line that is safe as it is; copying it is all that a long review costs.
fn plain(line: &str) -> Option<String> {
    line.bytes()
        .all(|b| matches!(b, b' '..=b'~'))
        .then(|| line.to_owned())
}

fn high(line: &str, width: usize) -> usize {
    // Printable ASCII: a byte is a column.
    if line.len() <= width {
        1
    } else {
        wrap(line, width).len()
    }
}

/// Runs of unchanged lines in one entry each; a single one is not worth it.
fn folded(same: &[bool]) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    for (at, same) in same.iter().enumerate() {
        match out.last_mut() {
            Some(Entry::Fold(_, many)) if *same => *many = many.saturating_add(1),
            _ if *same => out.push(Entry::Fold(at, 1)),
            _ => out.push(Entry::Line(at)),
        }
    }
    for entry in &mut out {
        if let Entry::Fold(at, 1) = *entry {
            *entry = Entry::Line(at);
        }
    }
    out
}
