//! What lies on the table: each device with its label, its masked serial, its
//! state and the tries that its PIN has left, and the media. The same rows in the
//! side column and in F4, so that a small terminal hides nothing.

use super::card;
use super::rows::Row;
use super::text::{fit, pad};
use crate::base::Id;
use crate::base::device::DeviceCode;
use crate::base::medium::Release;
use crate::engine::{Pending, Phase, Question, State, Trouble, media_stays, pending};
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::wording::{frame as words, safe, screens};

/// The devices, in one line each or in two, then the media.
#[must_use]
pub fn rows(model: &Model, two_lines: bool, width: usize) -> Vec<Row> {
    let state = &model.seen.state;
    let mut out = Vec::new();
    for token in &model.seen.plan.script().tokens {
        let on_bench = state.bench.get(&token.id);
        let (tone, text) = line(model, &token.id);
        out.push(Row::of(tone, fit(&text, width)));
        if let (true, Some(known)) = (two_lines, on_bench)
            && let Some(card) = &known.card
        {
            let text = words::device(&safe(&card.label), &words::tries(card.pin), known.retired);
            out.push(Row::of(Tone::Quiet, fit(&text, width)));
        }
    }
    let (tone, text) = media(model);
    let room = width.saturating_sub(8);
    out.push(Row::of(Tone::Quiet, pad(words::MEDIA, 8)).and(tone, fit(text, room)));
    out
}

/// A device in one line.
pub(crate) fn line(model: &Model, token: &Id) -> (Tone, String) {
    let state = &model.seen.state;
    if absent(model, token) {
        let serial = card::masked(state, token);
        let text = screens::bench(token.as_str(), &serial, screens::BENCH_ABSENT);
        (Tone::Warn, text)
    } else if model.failed.is_some() {
        // Whoever writes the record ended, and the devices with it.
        card::bench_line_over(state, token)
    } else {
        card::bench_line_of(state, token)
    }
}

/// Whether the open question is about a device that does not answer: what a login
/// to it was before says nothing now.
fn absent(model: &Model, token: &Id) -> bool {
    match model.question() {
        Some(Question::Recover { seen, .. }) => seen.iter().any(|d| d.token == *token && d.card.is_none()),
        Some(Question::Trouble {
            trouble: Trouble::Device(fault),
        }) if matches!(fault.code, DeviceCode::NotFound | DeviceCode::Removed) => {
            let step = model.seen.plan.step(model.seen.state.cursor);
            step.is_some_and(|p| p.step.verb.token() == Some(token))
        }
        _ => false,
    }
}

/// What is on the media, and whether it can be taken out.
#[must_use]
pub fn media(model: &Model) -> (Tone, &'static str) {
    let state = &model.seen.state;
    let by_hand = matches!(state.released, Some(Release::ByHand { .. }));
    match pending(state) {
        _ if broken(state) => (Tone::Bad, screens::BENCH_MEDIA_BROKEN),
        Pending::Writing if state.phase == Phase::Closed && model.failed.is_some() => {
            (Tone::Bad, screens::BENCH_MEDIA_UNSEALED)
        }
        Pending::Writing if state.phase == Phase::Closed => match &model.sealed {
            Some(sealed) if matches!(sealed.released, Release::ByHand { .. }) => {
                (Tone::Bad, words::MEDIA_MOUNTED)
            }
            Some(sealed) if sealed.released == Release::Folder => (Tone::Good, screens::BENCH_MEDIA_FOLDER),
            Some(_) => (Tone::Good, words::MEDIA_SEALED),
            None => (Tone::Bad, words::MEDIA_SEALING),
        },
        Pending::Writing => (Tone::Bad, words::MEDIA_WRITING),
        Pending::Unread if by_hand => (Tone::Bad, words::MEDIA_MOUNTED),
        Pending::Unread => (Tone::Warn, words::MEDIA_UNREAD),
        _ if media_stays(state) => (Tone::Warn, words::MEDIA_STAYS),
        _ if !state.exported.is_empty() => (Tone::Plain, words::MEDIA_READ),
        _ => (Tone::Plain, words::MEDIA_EMPTY),
    }
}

/// The media were not written or not read back, and people look at them.
fn broken(state: &State) -> bool {
    matches!(
        state.phase,
        Phase::Asking(Question::Trouble {
            trouble: Trouble::Media(_)
        })
    )
}
