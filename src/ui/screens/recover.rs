//! The program stopped while something was under way: what it was, what that
//! means, and the one next step. Nothing is done before a person has read it.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::base::Purpose;
use crate::engine::{Answer, Question, Seen, What};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::fact;
use crate::ui::wording::{help, recover as words, safe, screens};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Recover {
            typed: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::RECOVER,
};

/// What a device is now, before anybody logs in. Its serial stays hidden: its
/// end is asked for later, from the device's body (law 9).
fn found(device: &Seen, was: &What) -> (Tone, String) {
    let concerned = was.token() == Some(&device.token);
    let Some(card) = &device.card else {
        let why = safe(device.fault.as_deref().unwrap_or(words::SILENT));
        return if concerned {
            (Tone::Bad, words::absent(&why))
        } else {
            (Tone::Plain, words::absent_elsewhere(&why))
        };
    };
    let label = safe(&card.label);
    let text = match (&device.keys, was) {
        (None, _) => words::there_closed(&label),
        (Some(keys), What::Generate { order, .. }) if concerned => {
            words::there_with(&label, keys.len(), keys.contains(&order.operation.hex()))
        }
        (Some(keys), _) => words::there(&label, keys.len()),
    };
    (Tone::Plain, text)
}

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Recover { effect, seen }) = model.question() else {
        return Page::default();
    };
    let (means, then, changed) = match &effect.what {
        What::Generate { .. } => (words::GENERATE, words::GENERATE_THEN, words::GENERATE_CHANGED),
        What::Sign {
            purpose: Purpose::Checkpoint,
            ..
        } => (words::SIGN, words::SIGN_HEAD_THEN, words::SIGN_CHANGED),
        What::Sign { .. } => (words::SIGN, words::SIGN_THEN, words::SIGN_CHANGED),
        What::Initialise { .. } => (words::SET_UP, words::SET_UP_THEN, words::SET_UP_CHANGED),
        What::Unlock { .. } => (words::UNLOCK, words::UNLOCK_THEN, words::UNLOCK_CHANGED),
        What::Retire { .. } => (words::RETIRE, words::RETIRE_THEN, words::RETIRE_CHANGED),
        _ => (words::EXPORT, words::EXPORT_THEN, words::EXPORT_CHANGED),
    };
    let mut body = fact(words::WAS, 15, Tone::Strong, &safe(&effect.what.label()), width);
    if let Some(at) = model.seen.state.resumed {
        body.extend(fact(words::STOPPED, 15, Tone::Plain, &words::stopped(at), width));
    }
    body.extend(fact(screens::MEANS, 15, Tone::Plain, means, width));
    let concerned = |device: &&Seen| effect.what.token() == Some(&device.token);
    let others = seen.iter().filter(|d| !concerned(d));
    for device in seen.iter().filter(concerned) {
        let (tone, text) = found(device, &effect.what);
        body.extend(fact(&safe(device.token.as_str()), 15, tone, &text, width));
    }
    body.extend(fact(words::THEN, 15, Tone::Strong, then, width));
    body.extend(fact(screens::WAS_CHANGED, 15, Tone::Plain, changed, width));
    for device in others {
        let (tone, text) = found(device, &effect.what);
        body.extend(fact(&safe(device.token.as_str()), 15, tone, &text, width));
    }
    let gone = seen.iter().filter(concerned).find(|d| d.card.is_none());
    Page {
        say: gone.map_or_else(
            || words::SAY.to_owned(),
            |d| words::say_absent(&safe(d.token.as_str())),
        ),
        body,
        ask: ask(model, words::NEXT, width),
    }
}
