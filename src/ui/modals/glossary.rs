//! F8, also from the help: what the words of a ceremony mean. Letters that are
//! typed leave only the entries that have them; it answers no question.

use crate::plan::glossary::GLOSSARY;
use crate::ui::layout::Page;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, para};
use crate::ui::wording::{self, glossary as words};

/// One field to search with.
pub fn form() -> Form {
    Form::line(words::FIND)
}

/// Entries with these letters in the term; where there are none, in the meaning.
#[must_use]
pub fn found(typed: &str) -> Vec<&'static (&'static str, &'static str)> {
    let wanted = typed.trim().to_lowercase();
    let having = |part: fn(&(&'static str, &'static str)) -> &'static str| {
        GLOSSARY
            .iter()
            .filter(|entry| part(entry).to_lowercase().contains(&wanted))
            .collect::<Vec<_>>()
    };
    let by_term = having(|entry| entry.0);
    if by_term.is_empty() {
        having(|entry| entry.1)
    } else {
        by_term
    }
}

/// The page.
pub fn page(model: &Model, width: usize) -> Page {
    let typed = model.pane().form.text(0);
    let found = found(typed);
    let mut body = Vec::new();
    for (term, meaning) in &found {
        body.push(Row::of(Tone::Strong, *term));
        body.extend(para(Tone::Plain, &format!("  {meaning}"), width));
        body.push(Row::blank());
    }
    if found.is_empty() {
        body.extend(para(Tone::Warn, words::NONE, width));
    }
    let mut ask = model.pane().form.rows(width);
    ask.extend(para(Tone::Quiet, wording::ESC_BACK, width));
    Page {
        say: words::SAY.to_owned(),
        body,
        ask,
    }
}
