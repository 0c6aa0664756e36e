//! F2: a deviation note, from any screen and while a device works. Four short
//! answers; the note goes into the record and cannot be taken back.

use crate::engine::Deviation;
use crate::runner::Cmd;
use crate::ui::layout::Page;
use crate::ui::model::{Model, Out, Waiting};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{Row, para};
use crate::ui::wording;

/// Four empty fields.
pub fn form() -> Form {
    Form::of(
        wording::NOTE_FIELDS
            .iter()
            .map(|label| Field::text(*label))
            .collect(),
    )
}

/// The page.
pub fn page(model: &Model, width: usize) -> Page {
    let mut body = Vec::new();
    for line in wording::NOTE_BODY {
        body.extend(para(Tone::Plain, line, width));
    }
    let mut ask = model.pane().form.rows(width);
    if model.waiting.is_some() {
        ask.push(Row::of(Tone::Warn, wording::SENT));
    } else {
        ask.extend(para(Tone::Quiet, wording::NOTE_NEXT, width));
    }
    Page {
        say: wording::NOTE_SAY.to_owned(),
        body,
        ask,
    }
}

/// Says the note.
pub fn submit(model: &mut Model) -> Vec<Out> {
    let form = &model.pane().form;
    let note = Deviation {
        expected: form.text(0).to_owned(),
        happened: form.text(1).to_owned(),
        decided: form.text(2).to_owned(),
        by: form.text(3).to_owned(),
    };
    model.waiting = Some(Waiting::Note);
    vec![Out::Say(Cmd::Note(note))]
}
