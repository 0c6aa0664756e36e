//! Something failed and waits for a person: what happened, what it means, was
//! anything changed, what to do. Enter tries nothing again; the word `again` does.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::base::device::{Changed, DeviceFault, Retry};
use crate::engine::{Answer, Question, Trouble};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Notice};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, fact};
use crate::ui::wording::{help, safe, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::TROUBLE_FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        if model.local.pane.form.text(0).trim().eq_ignore_ascii_case("again") {
            say(Answer::Again)
        } else {
            Err(Notice::bad(words::TROUBLE_WORD))
        }
    },
    key: no_key,
    hints: no_hints,
    help: &help::TROUBLE,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Trouble { trouble }) = model.question() else {
        return Page::default();
    };
    let (body, next) = match trouble {
        Trouble::Device(fault) => (device(fault, width), next_of(fault.retry)),
        Trouble::Media(meaning) => (
            card(
                words::MEDIA_FACT,
                &safe(meaning),
                words::MEDIA_CHANGED,
                words::MEDIA_REMEDY,
                width,
            ),
            words::TROUBLE_NEXT,
        ),
        Trouble::Gate(why) => (
            card(
                words::GATE_FACT,
                &safe(why),
                words::GATE_CHANGED,
                words::GATE_REMEDY,
                width,
            ),
            words::TROUBLE_NEXT_NEVER,
        ),
    };
    Page {
        say: words::TROUBLE_SAY.to_owned(),
        body,
        ask: ask(model, next, width),
    }
}

fn next_of(retry: Retry) -> &'static str {
    match retry {
        Retry::Safe => words::TROUBLE_NEXT_SAFE,
        Retry::AskHuman => words::TROUBLE_NEXT,
        Retry::Never => words::TROUBLE_NEXT_NEVER,
    }
}

fn device(fault: &DeviceFault, width: usize) -> Vec<Row> {
    let known = fault.code.card();
    // The fault's own word on what was changed wins over the usual case.
    let changed = match fault.changed {
        Changed::No => words::CHANGED_NO,
        Changed::Yes => words::CHANGED_YES,
        Changed::Unknown => words::CHANGED_UNKNOWN,
    };
    let mut rows = card(known.fact, known.meaning, changed, known.remedy, width);
    rows.push(Row::blank());
    rows.extend(fact(
        words::DEVICE_SAYS,
        15,
        Tone::Plain,
        &safe(&fault.meaning),
        width,
    ));
    rows
}

fn card(happened: &str, means: &str, changed: &str, remedy: &str, width: usize) -> Vec<Row> {
    let mut rows = fact(words::HAPPENED, 15, Tone::Bad, happened, width);
    rows.extend(fact(words::MEANS, 15, Tone::Plain, means, width));
    rows.extend(fact(words::WAS_CHANGED, 15, Tone::Plain, changed, width));
    rows.extend(fact(words::WHAT_TO_DO, 15, Tone::Strong, remedy, width));
    rows
}
