//! Something is under way: what, for how long, and that the program is alive.
//! Help, notes and the plan still work; a five-minute key generation is normal.

use super::{Screen, no_hints, no_key, out_of_place, unchecked};
use crate::base::device::touch_seconds;
use crate::engine::{Expect, What, expects};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::{Row, para};
use crate::ui::wording::{help, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::default(),
    page,
    check: unchecked,
    submit: |_| Err(out_of_place()),
    key: no_key,
    hints: no_hints,
    help: &help::WORKING,
};

fn page(model: &Model, width: usize) -> Page {
    let effect = match expects(&model.seen.state) {
        Expect::Outcome(effect) => Some(effect),
        _ => None,
    };
    let label = effect.map_or_else(|| words::OPENING.to_owned(), |e| e.what.label());
    let act = effect.is_some_and(|e| e.what.is_act());
    let seconds = model.elapsed_s();
    let alive = format!("{}  ", words::alive(seconds));
    let mut body = vec![
        Row::of(Tone::Entry, alive).and(Tone::Strong, words::elapsed(seconds)),
        Row::blank(),
    ];
    let long = match effect.map(|e| &e.what) {
        Some(What::Generate { .. }) => words::LONG_GENERATE,
        Some(What::Sign { .. }) => words::LONG_SIGN,
        Some(What::Initialise { .. }) => words::LONG_SET_UP,
        Some(What::Unlock { .. } | What::Retire { .. }) => words::LONG_UNLOCK,
        Some(What::Export { .. } | What::ReadBack { .. } | What::Seal) => words::LONG_EXPORT,
        _ => words::LONG_OTHER,
    };
    body.extend(para(Tone::Plain, long, width));
    if let Some(What::Sign { token, .. }) = effect.map(|e| &e.what)
        && let Some(card) = model.seen.state.bench.get(token).and_then(|t| t.card.as_ref())
        && let Some(seconds) = touch_seconds(&card.quirks)
    {
        body.extend(para(Tone::Strong, &words::touch(seconds), width));
    }
    let (tone, text) = if act {
        (Tone::Bad, words::WORKING_ACT)
    } else {
        (Tone::Plain, words::WORKING_ASK)
    };
    body.extend(para(tone, text, width));
    if model.stop.is_some() {
        body.push(Row::blank());
        body.extend(para(Tone::Warn, words::WORKING_STOP, width));
    }
    let next = if act {
        words::WORKING_NEXT_ACT
    } else {
        words::WORKING_NEXT
    };
    Page {
        say: words::working_say(&label),
        body,
        ask: para(Tone::Quiet, next, width),
    }
}
