//! New PINs for a device, each typed twice, and the end of its serial from its
//! body: what is on the device will be destroyed. For a folder of key files one
//! passphrase is asked, and F5 offers a generated one behind a warning about
//! cameras. Secrets stand in `base::Secret` only and are wiped with the screen.

use super::{Hint, Screen, ask, out_of_place, reading};
use crate::base::credential::{Form as Letters, Limits};
use crate::base::device::Credential;
use crate::base::{Id, Secret};
use crate::engine::Question;
use crate::runner::Snapshot;
use crate::ui::keymap::Intent;
use crate::ui::layout::Page;
use crate::ui::model::{Extra, Local, Model, Notice, Out, Shutter};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{Row, boxed, para};
use crate::ui::wording::{help, safe, screens, secrets as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local,
    page,
    check,
    submit,
    key,
    hints,
    help: &help::SET_UP,
};

/// From this height on a long form has room for the device's box above it.
const BOXED_FROM: u16 = 30;

fn asked(seen: &Snapshot) -> Option<(&Id, &[Credential])> {
    match &seen.state.phase {
        crate::engine::Phase::Asking(Question::SetUp { token, credentials }) => {
            Some((token, credentials.as_slice()))
        }
        _ => None,
    }
}

fn credentials(seen: &Snapshot) -> &[Credential] {
    asked(seen)
        .map(|(_, credentials)| credentials)
        .unwrap_or_default()
}

fn is_file(seen: &Snapshot) -> bool {
    credentials(seen) == Credential::FILES
}

/// The device has keys of its own for its PINs.
fn has_pad(seen: &Snapshot) -> bool {
    asked(seen)
        .and_then(|(token, _)| seen.state.bench.get(token)?.card.as_ref())
        .is_some_and(|card| card.pin_pad)
}

fn local(seen: &Snapshot) -> Local {
    let typed = if has_pad(seen) { &[] } else { credentials(seen) };
    let mut fields: Vec<Field> = typed
        .iter()
        .flat_map(|credential| match typed {
            // It was set before, and its paper is elsewhere.
            [Credential::SoPin] => words::present_so_pin(),
            _ => words::new_secret(*credential),
        })
        .map(Field::secret)
        .collect();
    fields.push(Field::text(words::LAST_FOUR));
    Local::with(Form::of(fields))
}

fn page(model: &Model, width: usize) -> Page {
    let Some((token, credentials)) = asked(&model.seen) else {
        return Page::default();
    };
    if let Extra::Shutter(shutter) = &model.local.extra {
        return shutter_page(shutter, width);
    }
    let mut body = Vec::new();
    // What matters first: on a small terminal a long form leaves few rows.
    body.extend(para(Tone::Warn, words::SET_UP_DESTROYS, width));
    if credentials.contains(&Credential::SoPin) && so_pin_is_hex(&model.seen, token) {
        body.extend(para(Tone::Warn, words::SO_PIN_HEX, width));
    }
    let text = match credentials {
        [] => words::SET_UP_MADE,
        [Credential::SoPin] => words::SET_UP_SO_PIN,
        _ if has_pad(&model.seen) => words::SET_UP_PAD,
        Credential::FILES => words::SET_UP_FILE,
        Credential::YUBIHSM => words::SET_UP_PASSWORDS,
        _ => words::SET_UP_PINS,
    };
    body.extend(para(Tone::Plain, text, width));
    let card = model.seen.state.bench.get(token).and_then(|t| t.card.as_ref());
    if credentials.contains(&Credential::UserPin)
        && let Some(limits) = card.and_then(|c| {
            let both = credentials.contains(&Credential::SoPin) && !so_pin_is_hex(&model.seen, token);
            words::pin_limits(c.pin_limits.0, c.pin_limits.1, both)
        })
    {
        body.extend(para(Tone::Plain, &limits, width));
    }
    // On a small terminal the device that is emptied must not be below the fold.
    let low = model.size.1 < BOXED_FROM && pairs(model) > 1;
    if model.has_second() && !low {
        body.extend(para(Tone::Warn, screens::SERIAL_SECOND, width));
    }
    match card.filter(|_| low) {
        Some(card) => {
            let device = screens::card_line(
                &safe(&card.vendor),
                &safe(&card.model),
                &safe(&card.label),
                &safe(&card.firmware),
            );
            let serial = card::masked(&model.seen.state, token);
            let text = words::set_up_device(token.as_str(), &device, &serial, &card::state(card));
            body.extend(para(Tone::Strong, &text, width));
        }
        None => body.extend(card::full(&model.seen, token, width)),
    }
    let next = match model.local.pane.form.fields.len() {
        1 => words::SET_UP_NEXT_ONE,
        _ => words::SET_UP_NEXT,
    };
    Page {
        say: words::set_up_say(token.as_str(), pairs(model)),
        body,
        ask: ask(model, next, width),
    }
}

/// What this kind of device takes as its SO PIN (`base::credential`).
fn so_pin_is_hex(seen: &Snapshot, token: &Id) -> bool {
    let any = Limits {
        min: 0,
        max: 0,
        form: Letters::Text,
    };
    let card = seen.state.bench.get(token).and_then(|t| t.card.as_ref());
    card.is_some_and(|c| any.narrowed(Credential::SoPin, &c.quirks).form == Letters::Hex)
}

fn shutter_page(shutter: &Shutter, width: usize) -> Page {
    let mut body = Vec::new();
    match shutter {
        Shutter::Warned => {
            for line in words::SHUTTER_WARNING {
                body.extend(para(Tone::Plain, line, width));
            }
        }
        Shutter::Open(secret) => {
            let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
            let rows = text
                .split('-')
                .enumerate()
                .map(|(i, word)| Row::of(Tone::Strong, format!("{:>2}  {word}", i.saturating_add(1))))
                .collect();
            body.extend(boxed(words::SHUTTER_TITLE, rows, width.min(48)));
        }
        Shutter::Empty => body.extend(para(Tone::Bad, words::SHUTTER_EMPTY, width)),
    }
    let (say, next) = match shutter {
        Shutter::Warned => (words::SHUTTER_SAY, words::SHUTTER_NEXT),
        Shutter::Open(_) => (words::SHUTTER_OPEN_SAY, words::SHUTTER_OPEN_NEXT),
        Shutter::Empty => (words::SHUTTER_EMPTY_SAY, words::SHUTTER_BACK),
    };
    Page {
        say: say.to_owned(),
        body,
        ask: para(Tone::Quiet, next, width),
    }
}

/// What the device would refuse after the last field is refused at its own; after the
/// second entry of a pair the two must be equal, and no other pair's.
fn check(model: &mut Model) -> Result<(), Notice> {
    if matches!(model.local.extra, Extra::Shutter(_)) {
        return Err(Notice::warn(words::SHUTTER_KEYS));
    }
    let pair = model.local.pane.form.focus.div_euclid(2);
    let credential = credentials(&model.seen).get(pair).copied();
    let limits = limits(&model.seen, pair);
    let form = &mut model.local.pane.form;
    let last = form.fields.len().saturating_sub(1);
    if form.focus == last {
        return Ok(());
    }
    if form.focus.rem_euclid(2) == 0 {
        return match (limits, form.secret(form.focus).map(|s| s.expose().len())) {
            (Some(limits), Some(len)) => super::pin::fits(form, limits, len),
            _ => Ok(()),
        };
    }
    let first = form.focus.saturating_sub(1);
    equal(form, first, credential)?;
    let others = (0..first).step_by(2);
    let same = |other: usize| match (form.secret(other), form.secret(first)) {
        (Some(a), Some(b)) => !b.is_empty() && a.same_as(b),
        _ => false,
    };
    if others.into_iter().any(same) {
        wipe(form, first);
        return Err(Notice::bad(words::SAME_AS_ANOTHER));
    }
    Ok(())
}

/// How long a secret may be, where its device says so.
fn limits(seen: &Snapshot, pair: usize) -> Option<(u32, u32)> {
    let (token, credentials) = asked(seen)?;
    let limited = match credentials.get(pair) {
        Some(Credential::UserPin) => true,
        // One that was set before is what it is.
        Some(Credential::SoPin) => credentials.len() > 1 && !so_pin_is_hex(seen, token),
        _ => credentials == Credential::FILES,
    };
    let card = seen.state.bench.get(token)?.card.as_ref()?;
    Some(card.pin_limits).filter(|(_, max)| limited && *max > 0)
}

fn wipe(form: &mut Form, first: usize) {
    for i in [first, first.saturating_add(1)] {
        if let Some(field) = form.fields.get_mut(i) {
            field.clear();
        }
    }
    form.focus = first;
}

fn equal(form: &mut Form, first: usize, credential: Option<Credential>) -> Result<(), Notice> {
    let second = first.saturating_add(1);
    let (Some(a), Some(b)) = (form.secret(first), form.secret(second)) else {
        return Ok(());
    };
    if b.is_empty() || a.same_as(b) {
        return Ok(());
    }
    wipe(form, first);
    let text = credential.map_or_else(|| words::PAIR_DIFFERS_STILL.to_owned(), words::pair_differs);
    Err(Notice::bad(text))
}

fn submit(model: &Model) -> Result<Out, Notice> {
    let form = &model.local.pane.form;
    let copy = |number: usize| -> Result<Secret, Notice> {
        let secret = form.secret(number).ok_or_else(out_of_place)?;
        Secret::copy_of(secret.expose()).map_err(|_| out_of_place())
    };
    let pad = has_pad(&model.seen);
    let mut secrets = Vec::new();
    for (pair, credential) in credentials(&model.seen).iter().enumerate() {
        if pad {
            secrets.push((*credential, Secret::new(), Secret::new()));
            continue;
        }
        let first = pair.saturating_mul(2);
        let (a, b) = (copy(first)?, copy(first.saturating_add(1))?);
        // Somebody may have gone back to an earlier field.
        if !a.same_as(&b) {
            return Err(Notice::bad(words::PAIR_DIFFERS_STILL));
        }
        secrets.push((*credential, a, b));
    }
    let last = form.fields.len().saturating_sub(1);
    Ok(Out::NewSecrets {
        secrets,
        typed: form.text(last).to_owned(),
    })
}

/// Pairs of secret fields on the form.
fn pairs(model: &Model) -> usize {
    model.local.pane.form.fields.len().div_euclid(2)
}

fn key(model: &mut Model, intent: Intent) -> Option<Vec<Out>> {
    if !is_file(&model.seen) {
        return None;
    }
    match (&model.local.extra, intent) {
        (Extra::Shutter(Shutter::Warned), Intent::Other) => return Some(vec![Out::Suggest]),
        (Extra::Shutter(_), Intent::Other | Intent::Back) => {
            // Hidden for good: it must be typed from paper now.
            model.local.extra = Extra::None;
            model.local.pane.notice = None;
        }
        (_, Intent::Other) => {
            model.local.extra = Extra::Shutter(Shutter::Warned);
            model.local.pane.notice = None;
        }
        (Extra::Shutter(_), _) => {}
        _ => return None,
    }
    Some(Vec::new())
}

/// A passphrase came from the system, or none did.
pub fn suggested(model: &mut Model, secret: Option<Secret>) {
    if matches!(model.local.extra, Extra::Shutter(Shutter::Warned)) {
        model.local.extra = Extra::Shutter(secret.map_or(Shutter::Empty, Shutter::Open));
    }
}

fn hints(model: &Model) -> Vec<Hint> {
    if !is_file(&model.seen) {
        return reading::more(model);
    }
    match model.local.extra {
        Extra::Shutter(Shutter::Warned) => vec![
            (Intent::Other, words::SHUTTER_F5_SHOW),
            (Intent::Back, words::SHUTTER_ESC),
        ],
        Extra::Shutter(_) => vec![(Intent::Back, words::SHUTTER_HIDE)],
        _ => vec![(Intent::Other, words::SHUTTER_F5)],
    }
}
