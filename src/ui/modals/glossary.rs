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

/// Entries with these letters in the term, then those with them in the meaning.
#[must_use]
pub fn found(typed: &str) -> Vec<&'static (&'static str, &'static str)> {
    let wanted = typed.trim().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let by_term = GLOSSARY.iter().filter(|entry| has(entry.0));
    let by_meaning = GLOSSARY.iter().filter(|entry| !has(entry.0) && has(entry.1));
    by_term.chain(by_meaning).collect()
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
