//! New PINs for a device, each typed twice, and the end of its serial from its
//! body: what is on the device will be destroyed. For a folder of key files one
//! passphrase is asked, and F5 offers a generated one behind a warning about
//! cameras. Secrets stand in `base::Secret` only and are wiped with the screen.

use super::{Hint, Screen, ask, out_of_place};
use crate::base::{Id, Secret};
use crate::engine::Question;
use crate::runner::Snapshot;
use crate::script::Backend;
use crate::ui::keymap::Intent;
use crate::ui::layout::Page;
use crate::ui::model::{Extra, Local, Model, Notice, Out, Shutter};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{Row, boxed, para};
use crate::ui::wording::{help, screens as words};

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

fn token(seen: &Snapshot) -> Option<&Id> {
    match &seen.state.phase {
        crate::engine::Phase::Asking(Question::SetUp { token }) => Some(token),
        _ => None,
    }
}

fn is_file(seen: &Snapshot) -> bool {
    token(seen)
        .and_then(|t| seen.plan.token(t))
        .is_some_and(|t| t.backend == Backend::File)
}

fn local(seen: &Snapshot) -> Local {
    let mut fields = if is_file(seen) {
        vec![
            Field::secret(words::PASSPHRASE),
            Field::secret(words::PASSPHRASE_AGAIN),
        ]
    } else {
        vec![
            Field::secret(words::SO_PIN),
            Field::secret(words::SO_PIN_AGAIN),
            Field::secret(words::USER_PIN),
            Field::secret(words::USER_PIN_AGAIN),
        ]
    };
    fields.push(Field::text(words::LAST_FOUR));
    Local::with(Form::of(fields))
}

fn page(model: &Model, width: usize) -> Page {
    let Some(token) = token(&model.seen) else {
        return Page::default();
    };
    if let Extra::Shutter(shutter) = &model.local.extra {
        return shutter_page(shutter, width);
    }
    let mut body = Vec::new();
    body.extend(card::full(&model.seen, token, width));
    body.extend(para(Tone::Warn, words::SET_UP_DESTROYS, width));
    let text = if is_file(&model.seen) {
        words::SET_UP_FILE
    } else {
        words::SET_UP_PINS
    };
    body.extend(para(Tone::Plain, text, width));
    if model.has_second() {
        body.extend(para(Tone::Warn, words::SERIAL_SECOND, width));
    }
    Page {
        say: words::set_up_say(token.as_str()),
        body,
        ask: ask(model, words::SET_UP_NEXT, width),
    }
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

/// After the second entry of a pair the two must be equal.
fn check(model: &mut Model) -> Result<(), Notice> {
    if matches!(model.local.extra, Extra::Shutter(_)) {
        return Err(Notice::warn(words::SHUTTER_KEYS));
    }
    let form = &mut model.local.pane.form;
    if form.focus.rem_euclid(2) == 0 {
        return Ok(());
    }
    let first = form.focus.saturating_sub(1);
    equal(form, first)
}

fn equal(form: &mut Form, first: usize) -> Result<(), Notice> {
    let second = first.saturating_add(1);
    let (Some(a), Some(b)) = (form.secret(first), form.secret(second)) else {
        return Ok(());
    };
    if b.is_empty() || a.same_as(b) {
        return Ok(());
    }
    for i in [first, second] {
        if let Some(field) = form.fields.get_mut(i) {
            field.clear();
        }
    }
    form.focus = first;
    Err(Notice::bad(words::PAIR_DIFFERS))
}

fn submit(model: &Model) -> Result<Out, Notice> {
    let form = &model.local.pane.form;
    let copy = |number: usize| -> Result<Secret, Notice> {
        let secret = form.secret(number).ok_or_else(out_of_place)?;
        Secret::copy_of(secret.expose()).map_err(|_| out_of_place())
    };
    // Somebody may have gone back to an earlier field.
    let pairs = if is_file(&model.seen) { 1usize } else { 2 };
    for pair in 0..pairs {
        let first = pair.saturating_mul(2);
        let (a, b) = (copy(first)?, copy(first.saturating_add(1))?);
        if !a.same_as(&b) {
            return Err(Notice::bad(words::PAIR_DIFFERS_STILL));
        }
    }
    let last = form.fields.len().saturating_sub(1);
    Ok(Out::NewPins {
        so_pin: copy(0)?,
        pin: copy(if pairs == 1 { 0 } else { 2 })?,
        typed: form.text(last).to_owned(),
    })
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
        return Vec::new();
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
