//! What lies on the table: each device with its label, its masked serial, its
//! state and the tries that its PIN has left, and the media. The same rows in the
//! side column and in F4, so that a small terminal hides nothing.

use super::card;
use super::rows::Row;
use super::text::{fit, pad};
use crate::base::medium::Release;
use crate::engine::{Pending, Phase, pending};
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::wording::{frame as words, safe};

/// The devices, in one line each or in two, then the media.
#[must_use]
pub fn rows(model: &Model, two_lines: bool, width: usize) -> Vec<Row> {
    let state = &model.seen.state;
    let mut out = Vec::new();
    for token in &model.seen.plan.script().tokens {
        let on_bench = state.bench.get(&token.id);
        let (tone, text) = card::bench_line(&token.id, on_bench);
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

/// What is on the media, and whether it can be taken out.
#[must_use]
pub fn media(model: &Model) -> (Tone, &'static str) {
    let state = &model.seen.state;
    let by_hand = matches!(state.released, Some(Release::ByHand { .. }));
    match pending(state) {
        Pending::Writing if state.phase == Phase::Closed => match &model.sealed {
            Some(sealed) if matches!(sealed.released, Release::ByHand { .. }) => {
                (Tone::Bad, words::MEDIA_MOUNTED)
            }
            Some(_) => (Tone::Good, words::MEDIA_SEALED),
            None => (Tone::Bad, words::MEDIA_SEALING),
        },
        Pending::Writing => (Tone::Bad, words::MEDIA_WRITING),
        Pending::Unread if by_hand => (Tone::Bad, words::MEDIA_MOUNTED),
        Pending::Unread => (Tone::Warn, words::MEDIA_UNREAD),
        _ if !state.exported.is_empty() => (Tone::Plain, words::MEDIA_READ),
        _ => (Tone::Plain, words::MEDIA_EMPTY),
    }
}
