//! Fields that a person fills in one after another. Enter on an empty field
//! never does anything but say so (law 9). Text is only added or taken back at
//! its end: a tired person has one cursor to think of.

use super::rows::Row;
use super::text::{len, pad, tail};
use crate::base::{Secret, shown};
use crate::ui::theme::Tone;
use crate::ui::wording;

/// The longest text, in characters; the engine refuses longer ones anyway.
const LONGEST: usize = 280;

/// What is being typed.
#[derive(Debug)]
pub enum Entry {
    /// Shown as typed.
    Text(String),
    /// Never shown, not even its length.
    Secret(Secret),
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// What is asked, in a few words.
    pub label: String,
    /// What was typed.
    pub entry: Entry,
}

/// Fields in order; one of them has the cursor.
#[derive(Debug, Default)]
pub struct Form {
    /// The fields.
    pub fields: Vec<Field>,
    /// The number of the one that is typed into.
    pub focus: usize,
    /// A character begins the field anew: its text was refused, or people came back to it.
    anew: bool,
    /// The text was refused: it is no answer to a page that moves under it.
    refused: bool,
}

/// What Enter found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// There is no field.
    Nothing,
    /// The field is empty.
    Empty,
    /// The cursor went to a field that is still empty.
    Moved,
    /// Every field is filled.
    Full,
}

impl Field {
    /// An empty text field.
    #[must_use]
    pub fn text(label: impl Into<String>) -> Field {
        Field {
            label: label.into(),
            entry: Entry::Text(String::new()),
        }
    }

    /// An empty secret field.
    #[must_use]
    pub fn secret(label: impl Into<String>) -> Field {
        Field {
            label: label.into(),
            entry: Entry::Secret(Secret::new()),
        }
    }

    /// Whether nothing but spaces was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.entry {
            Entry::Text(text) => text.trim().is_empty(),
            Entry::Secret(secret) => secret.is_empty(),
        }
    }

    /// Wipes what was typed.
    pub fn clear(&mut self) {
        match &mut self.entry {
            Entry::Text(text) => text.clear(),
            Entry::Secret(secret) => secret.clear(),
        }
    }
}

impl Form {
    /// A form of these fields, at the first one.
    #[must_use]
    pub fn of(fields: Vec<Field>) -> Form {
        Form {
            fields,
            focus: 0,
            anew: false,
            refused: false,
        }
    }

    /// One text field.
    #[must_use]
    pub fn line(label: impl Into<String>) -> Form {
        Form::of(vec![Field::text(label)])
    }

    /// The text of a field; empty for a secret.
    #[must_use]
    pub fn text(&self, number: usize) -> &str {
        match self.fields.get(number).map(|f| &f.entry) {
            Some(Entry::Text(text)) => text,
            _ => "",
        }
    }

    /// The secret of a field.
    #[must_use]
    pub fn secret(&self, number: usize) -> Option<&Secret> {
        match self.fields.get(number).map(|f| &f.entry) {
            Some(Entry::Secret(secret)) => Some(secret),
            _ => None,
        }
    }

    /// Adds a character at the cursor; controls are no text. Says whether
    /// there was room.
    pub fn push(&mut self, c: char) -> bool {
        if c.is_control() {
            return true;
        }
        self.refused = false;
        if std::mem::take(&mut self.anew) {
            self.clear_field();
        }
        match self.fields.get_mut(self.focus).map(|f| &mut f.entry) {
            Some(Entry::Text(text)) if len(text) < LONGEST => text.push(c),
            Some(Entry::Secret(secret)) => return secret.push(c).is_ok(),
            Some(Entry::Text(_)) => return false,
            None => {}
        }
        true
    }

    /// The answer was refused. People who go on typing mean another one, not a longer one.
    pub fn refused(&mut self) {
        self.refused = true;
        self.anew = true;
    }

    /// The page moved: what was refused before is no answer to what is read now, and Enter
    /// alone never sends it again (law 9).
    pub fn moved_on(&mut self) {
        if std::mem::take(&mut self.refused) {
            self.anew = false;
            self.clear_field();
        }
    }

    /// Takes the last character back.
    pub fn backspace(&mut self) {
        (self.refused, self.anew) = (false, false);
        match self.fields.get_mut(self.focus).map(|f| &mut f.entry) {
            Some(Entry::Text(text)) => {
                text.pop();
            }
            Some(Entry::Secret(secret)) => secret.backspace(),
            None => {}
        }
    }

    /// Empties the field with the cursor.
    pub fn clear_field(&mut self) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.clear();
        }
    }

    /// To the next field, or the one before.
    pub fn move_by(&mut self, forward: bool) {
        let last = self.fields.len().saturating_sub(1);
        self.focus = if forward {
            self.focus.saturating_add(1).min(last)
        } else {
            self.focus.saturating_sub(1)
        };
        self.refused = false;
        // Whoever goes back to a word means another word.
        self.anew = true;
    }

    /// What Enter means now.
    pub fn enter(&mut self) -> Entered {
        let Some(here) = self.fields.get(self.focus) else {
            return Entered::Nothing;
        };
        if here.is_empty() {
            return Entered::Empty;
        }
        let after = self.focus.saturating_add(1);
        let empty = |(_, f): &(usize, &Field)| f.is_empty();
        let open = self
            .fields
            .iter()
            .enumerate()
            .skip(after)
            .find(empty)
            .or_else(|| self.fields.iter().enumerate().find(empty))
            .map(|(i, _)| i);
        match open {
            Some(i) => {
                (self.refused, self.anew) = (false, false);
                self.focus = i;
                Entered::Moved
            }
            None => Entered::Full,
        }
    }

    /// The form as rows: `>` stands before the field that is typed into.
    #[must_use]
    pub fn rows(&self, width: usize) -> Vec<Row> {
        let column = self
            .fields
            .iter()
            .map(|f| len(&f.label))
            .max()
            .unwrap_or(0)
            .saturating_add(4);
        let room = width.saturating_sub(column).saturating_sub(1);
        self.fields
            .iter()
            .enumerate()
            .map(|(i, field)| {
                let here = i == self.focus;
                let mark = if here { "> " } else { "  " };
                let tone = if here { Tone::Strong } else { Tone::Plain };
                let label = pad(&format!("{mark}{}:", field.label), column);
                let row = Row::of(tone, label);
                match &field.entry {
                    Entry::Text(typed) if here && self.anew && !typed.is_empty() => {
                        let room = room.saturating_sub(len(wording::REPLACES)).saturating_sub(1);
                        let kept = tail(&shown(typed, usize::MAX), room);
                        row.and(Tone::Entry, kept)
                            .and(Tone::Quiet, format!(" {}", wording::REPLACES))
                    }
                    _ => row.and(Tone::Entry, entry(field, here, room)),
                }
            })
            .collect()
    }
}

fn entry(field: &Field, here: bool, room: usize) -> String {
    let cursor = if here { "_" } else { "" };
    match &field.entry {
        Entry::Text(text) => tail(&format!("{}{cursor}", shown(text, usize::MAX)), room),
        Entry::Secret(secret) if secret.is_empty() => cursor.to_owned(),
        Entry::Secret(_) if here => wording::TYPING.to_owned(),
        Entry::Secret(_) => wording::TYPED.to_owned(),
    }
}
