//! Devices, digests and words as rows. A serial is shown with its last four
//! characters masked: they are what a person must read from the body.

use super::rows::{Row, boxed, fact};
use super::text::{fit, len, pad};
use crate::base::Id;
use crate::base::device::{DeviceCard, PinState};
use crate::engine::{Phase, State, TokenState};
use crate::runner::Snapshot;
use crate::ui::theme::Tone;
use crate::ui::wording::{safe, screens as words};

/// A device that answers, without its serial.
#[must_use]
pub fn brief(number: usize, card: &DeviceCard, width: usize) -> Vec<Row> {
    let name = format!("{number}");
    let text = words::card_line(
        &safe(&card.vendor),
        &safe(&card.model),
        &safe(&card.label),
        &safe(&card.firmware),
    );
    let mut rows = fact(&name, 4, Tone::Plain, &text, width);
    rows.extend(fact("", 4, Tone::Plain, &state(card), width));
    rows
}

/// The device of a step in a box.
#[must_use]
pub fn full(seen: &Snapshot, token: &Id, width: usize) -> Vec<Row> {
    let room = width.saturating_sub(4);
    let mut rows = Vec::new();
    match seen.state.bench.get(token).and_then(|t| t.card.as_ref()) {
        Some(card) => {
            let text = words::card_line(
                &safe(&card.vendor),
                &safe(&card.model),
                &safe(&card.label),
                &safe(&card.firmware),
            );
            rows.extend(fact(words::DEVICE, 10, Tone::Plain, &text, room));
            rows.extend(fact(
                words::SERIAL,
                10,
                Tone::Plain,
                &words::masked(&masked(&seen.state, token)),
                room,
            ));
            rows.extend(fact(words::STATE, 10, tone(card.pin), &state(card), room));
        }
        None => rows.extend(fact(words::DEVICE, 10, Tone::Plain, words::NOT_SEEN, room)),
    }
    boxed(token.as_str(), rows, width)
}

/// The serial with its end masked; empty before inventory.
#[must_use]
pub fn masked(state: &State, token: &Id) -> String {
    state
        .bench
        .get(token)
        .and_then(|t| t.serial.as_deref())
        .map(mask)
        .unwrap_or_default()
}

/// A serial without its last four characters.
#[must_use]
pub fn mask(serial: &str) -> String {
    let keep = len(serial).saturating_sub(4);
    let start: String = serial.chars().take(keep).collect();
    format!("{}****", safe(&start))
}

/// What a device says of itself, in words.
#[must_use]
pub fn state(card: &DeviceCard) -> String {
    if card.initialised {
        words::set_up_with(&pin(card.pin))
    } else {
        words::NOT_SET_UP.to_owned()
    }
}

/// What is known of a PIN.
#[must_use]
pub fn pin(pin: PinState) -> String {
    match pin {
        PinState::Unset => words::PIN_UNSET.to_owned(),
        PinState::Ready => words::PIN_READY.to_owned(),
        PinState::Left(1) | PinState::Last => words::PIN_ONE.to_owned(),
        PinState::Left(tries) => words::pin_left(tries),
        PinState::Low => words::PIN_LOW.to_owned(),
        PinState::Locked => words::PIN_LOCKED.to_owned(),
    }
}

fn tone(pin: PinState) -> Tone {
    match pin {
        PinState::Unset | PinState::Ready => Tone::Plain,
        PinState::Left(tries) if tries > 1 => Tone::Warn,
        PinState::Low => Tone::Warn,
        PinState::Left(_) | PinState::Last | PinState::Locked => Tone::Bad,
    }
}

/// A token of the bench in one line.
#[must_use]
pub fn bench_line(token: &Id, state: Option<&TokenState>) -> (Tone, String) {
    let Some(state) = state.filter(|s| s.serial.is_some()) else {
        return (Tone::Plain, words::bench(token.as_str(), "", words::BENCH_UNSEEN));
    };
    let serial = mask(state.serial.as_deref().unwrap_or_default());
    let card = state.card.as_ref();
    let (tone, text) = if card.is_some_and(|c| c.pin == PinState::Locked) {
        (Tone::Bad, words::BENCH_LOCKED.to_owned())
    } else if state.unlocked.is_some() {
        (Tone::Warn, words::BENCH_UNLOCKED.to_owned())
    } else if state.wrong_pins > 0 {
        (Tone::Warn, words::bench_wrong(state.wrong_pins))
    } else if card.is_some_and(|c| !c.initialised) {
        (Tone::Plain, words::BENCH_NOT_SET_UP.to_owned())
    } else {
        (Tone::Plain, words::BENCH_READY.to_owned())
    };
    (tone, words::bench(token.as_str(), &serial, &text))
}

/// The same where the phase is known, too: the process that holds the devices ends
/// with a pause, an abort and the close, and nobody is logged in then.
#[must_use]
pub fn bench_line_of(state: &State, token: &Id) -> (Tone, String) {
    match state.phase {
        Phase::Paused | Phase::Aborted | Phase::Closed => bench_line_over(state, token),
        _ => bench_line(token, state.bench.get(token)),
    }
}

/// The same after the end of a run.
#[must_use]
pub fn bench_line_over(state: &State, token: &Id) -> (Tone, String) {
    let mut known = state.bench.get(token).cloned();
    if let Some(known) = &mut known {
        known.unlocked = None;
    }
    bench_line(token, known.as_ref())
}

/// Words in a numbered grid, read line by line.
#[must_use]
pub fn word_grid(list: &[&str], width: usize) -> Vec<Row> {
    // The longest word has eleven letters; number and space take four more.
    let across = width.div_euclid(16).clamp(1, 4);
    list.chunks(across)
        .enumerate()
        .map(|(line, chunk)| {
            let mut row = Row::default();
            for (i, word) in chunk.iter().enumerate() {
                let number = line.saturating_mul(across).saturating_add(i).saturating_add(1);
                row = row
                    .and(Tone::Quiet, format!("{number:>2} "))
                    .and(Tone::Plain, pad(&fit(word, 12), 13));
            }
            row
        })
        .collect()
}

/// Hexadecimal in groups of four.
#[must_use]
pub fn grouped(hex: &str) -> String {
    let mut out = String::new();
    for (i, c) in hex.chars().enumerate() {
        if i > 0 && i.rem_euclid(4) == 0 {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// Whether a device is logged in now: nobody is asked for its secret again.
#[must_use]
pub fn unlocked(state: &State, token: &Id) -> bool {
    state.bench.get(token).is_some_and(|t| t.unlocked.is_some())
}
