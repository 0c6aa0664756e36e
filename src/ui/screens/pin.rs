//! The device's PIN. The device is shown before it is asked, with the tries
//! that it says are left; nothing is echoed, not even the length (T30, W2, W3).

use super::{Screen, ask, no_hints, no_key, out_of_place, unchecked};
use crate::base::credential::plain;
use crate::base::device::PinState;
use crate::base::{Id, Secret};
use crate::engine::{Phase, Question};
use crate::runner::Snapshot;
use crate::script::{Origin, Verb};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Notice, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::para;
use crate::ui::wording::{help, secrets as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |seen| {
        Local::with(match &seen.state.phase {
            Phase::Asking(Question::Pin { pad: true, .. }) => Form::line(words::PAD_FIELD),
            Phase::Asking(Question::Pin { credential, .. }) => {
                Form::of(vec![Field::secret(words::secret(*credential))])
            }
            _ => Form::default(),
        })
    },
    page,
    check: unchecked,
    submit: |model| {
        if matches!(model.question(), Some(Question::Pin { pad: true, .. })) {
            let typed = model.local.pane.form.text(0).trim();
            return if typed.eq_ignore_ascii_case("ready") {
                Ok(Out::Pin(None))
            } else {
                Err(Notice::warn(words::PAD_WORD))
            };
        }
        let secret = model.local.pane.form.secret(0).ok_or_else(out_of_place)?;
        // Paper shows a made secret in groups; a hyphen that is typed must not spend a try.
        let made =
            matches!(model.question(), Some(Question::Pin { token, .. }) if made_here(&model.seen, token));
        if made {
            return Ok(Out::Pin(Some(plain(secret))));
        }
        Secret::copy_of(secret.expose())
            .map(|secret| Out::Pin(Some(secret)))
            .map_err(|_| out_of_place())
    },
    key: no_key,
    hints: no_hints,
    help: &help::PIN,
};

/// Whether this ceremony's program made the device's secrets.
fn made_here(seen: &Snapshot, token: &Id) -> bool {
    seen.plan.steps().iter().any(|planned| {
        matches!(&planned.step.verb, Verb::Provision { on, credentials }
            if on == token && *credentials != Origin::Typed)
    })
}

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Pin {
        token,
        wrong,
        credential,
        pad,
    }) = model.question()
    else {
        return Page::default();
    };
    let mut body = card::full(&model.seen, token, width);
    if *wrong > 0 {
        body.extend(para(Tone::Bad, &words::pin_wrong(*wrong), width));
    }
    let state = model
        .seen
        .state
        .bench
        .get(token)
        .and_then(|t| t.card.as_ref())
        .map(|c| c.pin);
    if matches!(state, Some(PinState::Last | PinState::Left(1))) {
        body.extend(para(Tone::Bad, words::PIN_LAST, width));
    }
    let planned = model.seen.plan.step(model.seen.state.cursor);
    if let Some(Verb::EnrolKey { key, .. }) = planned.map(|p| &p.step.verb) {
        body.extend(para(Tone::Plain, &words::pin_enrol(key.as_str()), width));
    }
    let text = if *pad { words::PAD_BODY } else { words::PIN_BODY };
    body.extend(para(Tone::Plain, text, width));
    Page {
        say: words::pin_say(token.as_str(), *credential, *pad),
        body,
        ask: ask(model, words::PIN_NEXT, width),
    }
}
