//! A comparison was stopped by three wrong tries. A second person who is in the
//! roll call opens it again, and says what happened; that is a deviation.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::{Answer, Question};
use crate::script::Subject;
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{fact, para};
use crate::ui::wording::{custody, help, safe, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| {
        Local::with(Form::of(vec![
            Field::text(words::REOPEN_WHO),
            Field::text(words::REOPEN_WHY),
        ]))
    },
    page,
    check: unchecked,
    submit: |model| {
        let form = &model.local.pane.form;
        say(Answer::Reopen {
            second: form.text(0).to_owned(),
            why: form.text(1).to_owned(),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::REOPEN,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Reopen { subject }) = model.question() else {
        return Page::default();
    };
    let what = match subject {
        Subject::Metadata(role) => words::subject_file(role.as_str()),
        Subject::Break => custody::SUBJECT_BREAK.to_owned(),
        Subject::Record => words::SUBJECT_RECORD.to_owned(),
    };
    let mut body = Vec::new();
    for line in words::REOPEN_BODY {
        body.extend(para(Tone::Plain, line, width));
    }
    let planned = model.seen.plan.step(model.seen.state.cursor);
    let acting = planned.map(|p| &p.step.by);
    let role = acting.map(crate::base::Id::as_str).unwrap_or_default();
    body.extend(para(Tone::Plain, &words::reopen_by(role), width));
    for person in &model.seen.state.people {
        if let Some(name) = person.name.as_ref().filter(|_| Some(&person.role) != acting) {
            let seat = format!("{} {}", person.role, person.seat);
            body.extend(fact(&seat, 20, Tone::Plain, &safe(name), width));
        }
    }
    Page {
        say: words::reopen_say(&what),
        body,
        ask: ask(model, words::REOPEN_NEXT, width),
    }
}
