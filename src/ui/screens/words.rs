//! The active comparison: words of a digest at random positions, typed from
//! another source. This screen never shows a word of that digest.

use super::{Screen, ask, no_hints, no_key, say};
use crate::engine::{Answer, Phase, Question, TRIES};
use crate::runner::Snapshot;
use crate::script::{SourceKind, Subject};
use crate::transcript::words::{self as spoken, Typed};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Notice};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::para;
use crate::ui::wording::{custody, help, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local,
    page,
    // A misspelt word, or another secret by mistake, is told here: what is sent is recorded.
    check: |model| {
        let form = &model.local.pane.form;
        let typed = form.text(form.focus).trim();
        let Some(Question::Words { positions, .. }) = model.question() else {
            return Ok(());
        };
        match positions.get(form.focus) {
            Some(place) if !typed.is_empty() => match spoken::typed_at(*place, typed) {
                Typed::Fits => Ok(()),
                Typed::Elsewhere => Err(Notice::warn(words::other_place(place.saturating_add(1)))),
                Typed::NoWord => Err(Notice::warn(words::NO_WORD)),
            },
            _ => Ok(()),
        }
    },
    submit: |model| {
        let form = &model.local.pane.form;
        let typed = (0..form.fields.len()).map(|i| form.text(i).to_owned()).collect();
        say(Answer::Words { typed })
    },
    key: no_key,
    hints: no_hints,
    help: &help::WORDS,
};

fn local(seen: &Snapshot) -> Local {
    let Phase::Asking(Question::Words { positions, .. }) = &seen.state.phase else {
        return Local::default();
    };
    let fields = positions
        .iter()
        .map(|p| Field::text(words::word_of(p.saturating_add(1))))
        .collect();
    Local::with(Form::of(fields))
}

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Words {
        subject,
        source,
        positions,
        wrong,
        ..
    }) = model.question()
    else {
        return Page::default();
    };
    let what = match subject {
        Subject::Metadata(role) => words::subject_file(role.as_str()),
        Subject::Break => custody::SUBJECT_BREAK.to_owned(),
        Subject::Record => words::SUBJECT_RECORD.to_owned(),
    };
    let mut body = Vec::new();
    if *wrong > 0 {
        body.extend(para(Tone::Bad, &words::words_wrong(*wrong, TRIES), width));
    }
    let kind = model.seen.plan.script().source(source).map(|s| s.kind);
    if kind == Some(SourceKind::Simulated) {
        body.extend(para(Tone::Plain, words::SOURCE_SIMULATED, width));
    } else {
        body.extend(para(Tone::Quiet, &words::source_named(source.as_str()), width));
    }
    Page {
        say: words::words_say(positions.len(), &what, words::source(kind)),
        body,
        ask: ask(model, words::WORDS_NEXT, width),
    }
}
