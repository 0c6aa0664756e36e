//! F7: what is most useful now as a QR code, for another machine's camera: the
//! payload under review, the newest checkpoint as its signed note, what a witness
//! is asked. It takes the whole screen, since a code needs every row; where it has
//! no room, it says how much it needs and shows hexadecimal and words. While
//! something is compared it shows nothing: a camera that reads it from this
//! machine would make this machine the other source (DESIGN 5).

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};

use crate::base::Digest;
use crate::script::Verb;
use crate::transcript::words as spoken;
use crate::ui::layout::Page;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::watch::hides;
use crate::ui::widgets::qr::{Code, NoCode};
use crate::ui::widgets::rows::{Row, paint, para};
use crate::ui::widgets::{bars, card};
use crate::ui::wording::{qr as words, safe};

/// Columns that the text beside a code has at least.
const BESIDE: usize = 32;
/// From this width on the words stand in columns.
const GRID_FROM: usize = 64;
/// From this width on each word has its number.
const NUMBERS_FROM: usize = 44;

/// One thing that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What it is.
    pub title: String,
    /// What it is for.
    pub about: &'static str,
    /// What the code holds, byte for byte.
    pub text: String,
    /// The digest that is shown beside it.
    pub digest: Digest,
    /// Which digest that is.
    pub named: &'static str,
}

/// Where the page stands: everything between banner and keys.
#[must_use]
pub fn place(area: Rect) -> Rect {
    let [_, body, _] = split(area);
    body.inner(Margin::new(1, 0))
}

/// The keys.
pub fn draw_edges(model: &Model, frame: &mut Frame, area: Rect) {
    let [_, _, keys] = split(area);
    let keys = keys.inner(Margin::new(1, 0));
    paint(frame, keys, &[bars::footer(model, keys.width)], model.theme);
}

fn split(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Length(1), Constraint::Min(3), Constraint::Length(1)]).areas(area)
}

/// What can be shown now, the most useful first.
#[must_use]
pub fn subjects(model: &Model) -> Vec<Subject> {
    if hides::why(model).is_some() {
        return Vec::new();
    }
    let seen = &model.seen;
    let mut out = Vec::new();
    let verb = seen.plan.step(seen.state.cursor).map(|p| &p.step.verb);
    if let Some(Verb::Review { metadata } | Verb::Sign { metadata, .. }) = verb
        && let Some(file) = seen.state.files.get(metadata)
    {
        out.push(Subject {
            title: words::payload(&file.draft.file_name()),
            about: words::PAYLOAD,
            text: format!("sha256:{}", file.draft.digest.hex()),
            digest: file.draft.digest,
            named: words::OF_PAYLOAD,
        });
    }
    if let (Some(note), Some(head)) = (seen.note.as_deref(), seen.state.checkpoint) {
        let root = head.root;
        out.push(Subject {
            title: words::CHECKPOINT_TITLE.to_owned(),
            about: words::CHECKPOINT,
            text: note.to_owned(),
            digest: root,
            named: words::OF_ROOT,
        });
        // C2SP tlog-witness: the old size, no proof from nothing, a blank line, the note.
        out.push(Subject {
            title: words::REQUEST_TITLE.to_owned(),
            about: words::REQUEST,
            text: format!("old 0\n\n{note}"),
            digest: root,
            named: words::OF_ROOT,
        });
    }
    out.push(Subject {
        title: words::head(seen.records),
        about: words::HEAD,
        text: format!("sha256:{}", seen.head.hex()),
        digest: seen.head,
        named: words::OF_LINE,
    });
    out
}

/// The page of the subject with this number; after the last comes the first.
#[must_use]
pub fn page(model: &Model, number: usize, width: usize) -> Page {
    let subjects = subjects(model);
    let Some((at, subject)) = number
        .checked_rem(subjects.len())
        .and_then(|at| Some((at, subjects.get(at)?)))
    else {
        let why = hides::why(model).unwrap_or_default();
        return Page {
            say: words::NOTHING.to_owned(),
            body: para(Tone::Warn, why, width),
            ask: Vec::new(),
        };
    };
    let count = words::which(at.saturating_add(1), subjects.len());
    let area = place(Rect::new(0, 0, model.size.0, model.size.1));
    let room = width.saturating_sub(BESIDE.saturating_add(2));
    let body = match Code::fit(&subject.text, room, usize::from(area.height)) {
        Ok(code) => {
            let columns = code.columns();
            let beside = width.saturating_sub(columns).saturating_sub(2);
            let mut text = text(subject, &count, "", beside);
            if text.len() > usize::from(area.height) {
                text.retain(|row| *row != Row::blank());
            }
            side_by_side(code.draw(), columns, text)
        }
        Err(none) => {
            let (columns, rows) = match none {
                // The text beside it, the margins, the banner and the keys.
                NoCode::Needs(c, r) => (c.saturating_add(BESIDE).saturating_add(4), r.saturating_add(2)),
                NoCode::TooLong => (0, 0),
            };
            let why = words::no_room(columns, rows, model.size);
            let mut rows = text(subject, &count, &why, width);
            rows.push(Row::blank());
            rows.push(Row::of(Tone::Quiet, words::AS_TEXT));
            for line in subject.text.lines() {
                rows.extend(para(Tone::Plain, &safe(line), width));
            }
            rows
        }
    };
    Page {
        say: String::new(),
        body,
        ask: Vec::new(),
    }
}

/// Why there is no code, what it is, what it is for, the digest in two spellings.
fn text(subject: &Subject, count: &str, why: &str, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    if !why.is_empty() {
        rows.extend(para(Tone::Warn, why, width));
        rows.push(Row::blank());
    }
    rows.extend(para(
        Tone::Strong,
        &format!("{count} {}", safe(&subject.title)),
        width,
    ));
    rows.extend(para(Tone::Plain, subject.about, width));
    rows.push(Row::blank());
    rows.extend(para(Tone::Quiet, subject.named, width));
    rows.extend(para(Tone::Strong, &subject.digest.grouped(), width));
    rows.push(Row::blank());
    rows.extend(spelled(&subject.digest, width));
    rows
}

/// The digest's words, with their numbers where there is room for them: beside a
/// code nothing may become longer than the code is high.
fn spelled(digest: &Digest, width: usize) -> Vec<Row> {
    let list = spoken::words(digest);
    if width >= GRID_FROM {
        card::word_grid(&list, width)
    } else if width >= NUMBERS_FROM {
        para(Tone::Plain, &words::numbered(&list), width)
    } else {
        para(Tone::Plain, &list.join(" "), width)
    }
}

fn side_by_side(code: Vec<Row>, columns: usize, text: Vec<Row>) -> Vec<Row> {
    let rows = code.len().max(text.len());
    let mut code = code.into_iter();
    let mut text = text.into_iter();
    (0..rows)
        .map(|_| {
            let mut row = code
                .next()
                .unwrap_or_else(|| Row::of(Tone::Plain, " ".repeat(columns)));
            row = row.and(Tone::Plain, "  ");
            row.0.extend(text.next().unwrap_or_default().0);
            row
        })
        .collect()
}
