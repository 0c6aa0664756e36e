//! The device's PIN. The device is shown before it is asked, with the tries
//! that it says are left; nothing is echoed, not even the length (T30, W2, W3).

use super::{Screen, ask, no_hints, no_key, out_of_place};
use crate::base::credential::plain;
use crate::base::device::{Credential, PinState};
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
    check,
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

/// A PIN that cannot be the one spends no try. Lengths of passwords and passphrases are
/// a rule for new ones alone: those of a device that was set up elsewhere may be shorter.
fn check(model: &mut Model) -> Result<(), Notice> {
    let Some(Question::Pin {
        token,
        pad: false,
        credential: Credential::UserPin,
        ..
    }) = model.question()
    else {
        return Ok(());
    };
    let card = model.seen.state.bench.get(token).and_then(|t| t.card.as_ref());
    let limits = card.map(|c| c.pin_limits).filter(|(_, max)| *max > 0);
    let (Some(limits), false) = (limits, made_here(&model.seen, token)) else {
        return Ok(());
    };
    let form = &mut model.local.pane.form;
    match form.secret(0).map(|secret| secret.expose().len()) {
        Some(len) => fits(form, limits, len),
        None => Ok(()),
    }
}

/// Wipes the field with the cursor where its secret is too short or too long.
pub(super) fn fits(form: &mut Form, (min, max): (u32, u32), len: usize) -> Result<(), Notice> {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    if len == 0 || (min..=max).contains(&len) {
        return Ok(());
    }
    form.clear_field();
    Err(Notice::warn(words::too_short_or_long(min, max)))
}

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
        body.extend(para(Tone::Bad, &words::pin_wrong(*wrong, *credential), width));
    }
    let state = model
        .seen
        .state
        .bench
        .get(token)
        .and_then(|t| t.card.as_ref())
        .map(|c| c.pin);
    let last = matches!(state, Some(PinState::Last | PinState::Left(1)));
    if last {
        body.extend(para(Tone::Bad, words::PIN_LAST, width));
    }
    let planned = model.seen.plan.step(model.seen.state.cursor);
    if let Some(Verb::EnrolKey { key, .. }) = planned.map(|p| &p.step.verb) {
        body.extend(para(Tone::Plain, &words::pin_enrol(key.as_str()), width));
    }
    if *pad {
        for line in words::PAD_BODY {
            body.extend(para(Tone::Plain, line, width));
        }
    } else {
        body.extend(para(Tone::Plain, words::PIN_BODY, width));
    }
    Page {
        say: words::pin_say(token.as_str(), *credential, *pad, last),
        body,
        ask: ask(model, words::pin_next(*credential, last), width),
    }
}
