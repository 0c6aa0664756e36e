//! `inventory`: which device is which. The serial is typed from the body and
//! must be the one that answers; the screen never shows it before (T3, T13).
//! A module that keeps keys in software is no production device (V32).

use crate::base::Id;
use crate::base::device::DeviceCard;
use crate::engine::state::Question;
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What};
use crate::script::{Backend, Kind, SerialSpec};

pub(super) fn enter(turn: &mut Turn, on: &Id) {
    turn.work(What::List { token: on.clone() });
}

pub(super) fn listed(turn: &mut Turn, token: &Id, cards: &[DeviceCard]) {
    turn.ask(Question::Serial {
        token: token.clone(),
        cards: cards.to_vec(),
    });
}

pub(super) fn answer(turn: &mut Turn, token: &Id, cards: &[DeviceCard], typed: &str) -> Result<(), Refusal> {
    let typed = typed.trim();
    let shown = crate::base::shown(typed, 40);
    let same: Vec<&DeviceCard> = cards
        .iter()
        .filter(|c| !typed.is_empty() && c.serial.eq_ignore_ascii_case(typed))
        .collect();
    let card = match same.as_slice() {
        [card] => (*card).clone(),
        [] => {
            return Err(Refusal::new(
                "serial-not-there",
                "the serial of a device that answers",
                shown,
                "no device that answers has this serial: look at what was typed, then whether it is plugged in",
            ));
        }
        _ => {
            return Err(Refusal::new(
                "serial-twice",
                "one device with this serial",
                format!("{} with {shown}", same.len()),
                "two devices have the same serial; remove one",
            ));
        }
    };
    if let Some(SerialSpec::Known(expected)) = turn.plan.token(token).map(|t| &t.serial)
        && *expected != card.serial
    {
        return Err(Refusal::new(
            "serial-differs",
            format!("the serial that the script names for {token}"),
            shown,
            "this is another device than the script's",
        ));
    }
    if let Some((other, _)) = turn
        .state
        .bench
        .iter()
        .find(|(id, t)| *id != token && t.serial.as_ref() == Some(&card.serial))
    {
        return Err(Refusal::new(
            "serial-taken",
            format!("a device that is not {other}"),
            shown,
            "this device already has another place in the script",
        ));
    }
    if turn.plan.script().kind == Kind::Production && card.is_software_module() {
        return Err(Refusal::new(
            "software-module",
            "a device that keeps its keys in hardware",
            format!("{} ({}), read as {}", card.vendor, card.model, card.quirks),
            "this module keeps its keys in software; it is for tests and rehearsals, not for production",
        ));
    }
    if matches!(turn.plan.token(token).map(|t| &t.backend), Some(Backend::Yubihsm))
        && !super::attest_key::firmware_floor(turn, token, &card.firmware)
    {
        return Ok(());
    }
    let state = turn.token(token);
    state.serial = Some(card.serial.clone());
    state.card = Some(card);
    turn.finish(false);
    Ok(())
}
