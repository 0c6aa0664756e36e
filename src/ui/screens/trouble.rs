//! Something failed and waits for a person: what happened, what it means, was
//! anything changed, what to do. Enter tries nothing again; the word `again` does.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::base::device::{Changed, DeviceCode, DeviceFault, Retry};
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
        if model
            .local
            .pane
            .form
            .text(0)
            .trim()
            .trim_matches('"')
            .eq_ignore_ascii_case("again")
        {
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
    let (body, retry) = match trouble {
        Trouble::Device(fault) => (device(fault, width), retry_of(fault)),
        Trouble::Media(meaning) => (media(meaning, width), Retry::AskHuman),
        Trouble::Gate(why) => (gate(why, width), Retry::Never),
    };
    let (say, next) = match retry {
        Retry::Safe => (words::TROUBLE_SAY_SAFE, words::TROUBLE_NEXT),
        Retry::AskHuman => (words::TROUBLE_SAY, words::TROUBLE_NEXT),
        Retry::Never => (words::TROUBLE_SAY_NEVER, words::TROUBLE_NEXT_NEVER),
    };
    Page {
        say: say.to_owned(),
        body,
        ask: ask(model, next, width),
    }
}

/// What the first line says of another try. A program never tries these again, but
/// people may, with another device, another PIN or another key.
fn retry_of(fault: &DeviceFault) -> Retry {
    match fault.code {
        DeviceCode::KeyNotUnique
        | DeviceCode::AttributesRefused
        | DeviceCode::SignatureWrong
        | DeviceCode::PinLocked => Retry::AskHuman,
        _ => fault.retry,
    }
}

fn media(meaning: &str, width: usize) -> Vec<Row> {
    let mut rows = card(
        words::MEDIA_FACT,
        words::MEDIA_MEANS,
        words::MEDIA_CHANGED,
        words::MEDIA_REMEDY,
        width,
    );
    rows.extend(fact(words::DETAIL, 15, Tone::Plain, &safe(meaning), width));
    rows
}

/// A gate's words say what it means; those of a client also what would help.
fn gate(why: &str, width: usize) -> Vec<Row> {
    let happened = if why.starts_with("CLIENT:") {
        words::GATE_CLIENT_FACT
    } else {
        words::GATE_FACT
    };
    let remedy = if why.contains("; remedy: ") {
        words::GATE_REMEDY
    } else {
        words::GATE_NO_REMEDY
    };
    card(happened, &safe(why), words::GATE_CHANGED, remedy, width)
}

fn device(fault: &DeviceFault, width: usize) -> Vec<Row> {
    let known = fault.code.card();
    // The fault's own word on what was changed wins over the usual case.
    let changed = match fault.changed {
        Changed::No => words::CHANGED_NO,
        Changed::Yes => words::CHANGED_YES,
        Changed::Unknown => words::changed_unknown(fault.operation),
    };
    let mut rows = card(known.fact, known.meaning, changed, known.remedy, width);
    rows.push(Row::blank());
    rows.extend(fact(words::DETAIL, 15, Tone::Plain, &safe(&fault.meaning), width));
    rows
}

fn card(happened: &str, means: &str, changed: &str, remedy: &str, width: usize) -> Vec<Row> {
    let mut rows = fact(words::HAPPENED, 15, Tone::Bad, happened, width);
    rows.extend(fact(words::MEANS, 15, Tone::Plain, means, width));
    rows.extend(fact(words::WAS_CHANGED, 15, Tone::Plain, changed, width));
    rows.extend(fact(words::WHAT_TO_DO, 15, Tone::Strong, remedy, width));
    rows
}
