//! `provision`: a device is set up from nothing: SO PIN, label, user PIN.
//! Whatever was on it is destroyed, so a rehearsal touches only soft devices,
//! and people type the end of the serial from the body.

use super::{confirm, device};
use crate::base::Id;
use crate::base::device::{Changed, DeviceCard, DeviceCode, DeviceFault, Operation, Retry};
use crate::engine::input::Ticket;
use crate::engine::state::{Question, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What};

pub(super) fn enter(turn: &mut Turn, on: &Id) {
    if device::lock_others(turn, on) {
        return;
    }
    let serial = turn.serial(on);
    turn.work(What::Identify {
        token: on.clone(),
        serial,
    });
}

pub(super) fn ready(turn: &mut Turn, token: &Id, card: &DeviceCard) {
    if device::may_reset(turn, token, card) {
        turn.ask(Question::SetUp { token: token.clone() });
    } else {
        super::trouble(
            turn,
            Trouble::Device(DeviceFault {
                operation: Operation::Initialise,
                code: DeviceCode::Unsupported,
                meaning: "a rehearsal sets up no real device: this would destroy what is on it".to_owned(),
                changed: Changed::No,
                retry: Retry::Never,
            }),
        );
    }
}

pub(super) fn answer(
    turn: &mut Turn,
    token: &Id,
    so_pin: Ticket,
    pin: Ticket,
    typed: &str,
) -> Result<(), Refusal> {
    let serial = turn.serial(token);
    confirm::typed(&confirm::tail(&serial), typed)?;
    turn.work(What::Initialise {
        token: token.clone(),
        serial,
        so_pin,
        pin,
    });
    Ok(())
}

pub(super) fn done(turn: &mut Turn, token: &Id, card: &DeviceCard) -> Result<(), Refusal> {
    let serial = turn.serial(token);
    if card.serial != serial || !card.initialised {
        super::trouble(
            turn,
            Trouble::Device(DeviceFault {
                operation: Operation::Initialise,
                code: DeviceCode::AnswerRefused,
                meaning: "after its set-up the device shows another serial, or says that it is not set up"
                    .to_owned(),
                changed: Changed::Yes,
                retry: Retry::AskHuman,
            }),
        );
        return Ok(());
    }
    let state = turn.token(token);
    state.card = Some(card.clone());
    state.set_up = true;
    state.wrong_pins = 0;
    turn.finish(false);
    Ok(())
}
