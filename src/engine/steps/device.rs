//! What every step on a device has in common: nobody else is logged in, the
//! right device is there (by serial, before a PIN is asked, W2), then the PIN.
//! `pursue` looks at the state and does the next missing thing.

use super::{
    attest_key, countersign, device_log, enrol_key, generate_key, prove_possession, provision, recover,
    retire, sign, supersede,
};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, Operation, PinState, Retry,
};
use crate::base::{Id, Payload};
use crate::engine::input::{Outcome, Ticket};
use crate::engine::state::{Question, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What};
use crate::script::{Kind, Verb};

pub(super) fn pursue(turn: &mut Turn) {
    let token = match turn.verb() {
        Some(Verb::Countersign) => countersign::token(turn),
        verb => verb.and_then(Verb::token).cloned(),
    };
    let Some(token) = token else {
        return;
    };
    if let Some(Verb::Sign { metadata, .. }) = turn.verb()
        && let Some(trouble) = supersede::refuses_signature(turn, metadata)
    {
        super::trouble(turn, trouble);
        return;
    }
    if lock_others(turn, &token) {
        return;
    }
    let state = turn.token(&token).clone();
    if !state.here {
        let serial = turn.serial(&token);
        turn.work(What::Identify { token, serial });
    } else if recover::retires(turn) {
        // Without its credential nobody can log in to look: the device is asked
        // whether the credential is still there.
        retire::go(turn);
    } else if state.unlocked != Some(needed(turn, &token)) {
        if let Some(fault) = enrol_key::refuses_before_unlock(turn) {
            super::trouble(turn, Trouble::Device(fault));
            return;
        }
        if state.unlocked.is_some() {
            // Another of its credentials is logged in: out first.
            let serial = turn.serial(&token);
            turn.work(What::Lock { token, serial });
            return;
        }
        turn.ask(Question::Pin {
            credential: needed(turn, &token),
            token,
            wrong: state.wrong_pins,
            pad: state.card.as_ref().is_some_and(|c| c.pin_pad),
        });
    } else {
        match turn.verb() {
            Some(Verb::EnrolKey { .. }) => enrol_key::ready(turn),
            Some(Verb::AttestKey { .. }) => attest_key::ready(turn),
            Some(Verb::DeviceLog { .. }) => device_log::ready(turn),
            Some(Verb::Retire { .. }) => retire::ready(turn),
            Some(Verb::GenerateKey { .. }) => generate_key::ready(turn),
            Some(Verb::ProvePossession { .. }) => prove_possession::ready(turn),
            Some(Verb::Sign { .. }) => sign::ready(turn),
            Some(Verb::Countersign) => countersign::ready(turn),
            _ => {}
        }
    }
}

/// Which of the device's secrets the present step needs.
fn needed(turn: &Turn, token: &Id) -> Credential {
    let wanted = turn.verb().and_then(|verb| turn.plan.secret_for(verb, token));
    wanted.unwrap_or_else(|| {
        let of = turn.plan.token(token).map(|t| t.backend.credentials());
        Credential::needed(of.unwrap_or_default(), Operation::Sign)
    })
}

/// One device is logged in at a time. Whether a logout had to be started.
pub(super) fn lock_others(turn: &mut Turn, token: &Id) -> bool {
    turn.state.unlocked().is_some_and(|id| id != token) && lock_any(turn)
}

/// No device stays logged in while people read, compare or handle media, unless the
/// next login would be the same one. Whether a logout had to be started.
pub(super) fn lock_idle(turn: &mut Turn) -> bool {
    let idle = turn.state.bench.iter().any(|(token, state)| {
        let with = state.unlocked;
        with.is_some_and(|with| !turn.plan.still_needs(turn.state.cursor, token, with))
    });
    idle && lock_any(turn)
}

/// Whether a device was logged in and a logout had to be started.
pub(super) fn lock_any(turn: &mut Turn) -> bool {
    let Some(token) = turn.state.unlocked().cloned() else {
        return false;
    };
    let serial = turn.serial(&token);
    turn.work(What::Lock { token, serial });
    true
}

pub(super) fn identified(turn: &mut Turn, token: &Id, serial: &str, card: &DeviceCard) {
    if card.serial != *serial {
        super::trouble(
            turn,
            Trouble::Device(DeviceFault {
                operation: Operation::Identity,
                code: DeviceCode::NotFound,
                meaning: format!("asked for serial {serial}, another device answered"),
                changed: Changed::No,
                retry: Retry::Safe,
            }),
        );
        return;
    }
    let state = turn.token(token);
    state.card = Some(card.clone());
    state.here = true;
    if matches!(turn.verb(), Some(Verb::Provision { .. })) {
        super::provision::ready(turn, token, card);
        return;
    }
    if card.pin == PinState::Locked {
        super::trouble(turn, Trouble::Device(locked()));
        return;
    }
    if !card.initialised {
        super::trouble(
            turn,
            Trouble::Device(DeviceFault {
                operation: Operation::Identity,
                code: DeviceCode::NotInitialised,
                meaning: "the device that was set up says that it is not set up".to_owned(),
                changed: Changed::Unknown,
                retry: Retry::AskHuman,
            }),
        );
        return;
    }
    pursue(turn);
}

pub(super) fn unlock(
    turn: &mut Turn,
    token: &Id,
    credential: Credential,
    pad: bool,
    secret: Option<Ticket>,
) -> Result<(), Refusal> {
    if pad != secret.is_none() {
        return Err(Refusal::new(
            "pin-pad",
            if pad {
                "no secret: it is typed on the device"
            } else {
                "a secret"
            },
            if pad { "a secret" } else { "none" },
            "the secret was given in another way than this device takes it",
        ));
    }
    let serial = turn.serial(token);
    turn.work(What::Unlock {
        token: token.clone(),
        serial,
        credential,
        secret,
    });
    Ok(())
}

/// A wrong PIN is an outcome, counted and asked again by a person's decision;
/// nothing tries twice by itself (T30, W3).
pub(super) fn unlock_outcome(turn: &mut Turn, token: &Id, outcome: &Outcome) -> Result<(), Refusal> {
    if matches!(turn.verb(), Some(Verb::Provision { .. })) {
        return provision::proven(turn, token, outcome);
    }
    match outcome {
        Outcome::Unlocked => {
            let credential = needed(turn, token);
            let state = turn.token(token);
            state.unlocked = Some(credential);
            // Its card is read anew: what it says of its tries has changed.
            state.here = false;
            pursue(turn);
        }
        // One of a form that it does not take costs no try, and is told as a fault.
        Outcome::Fault(fault) if fault.code == DeviceCode::PinWrong => {
            let state = turn.token(token);
            state.wrong_pins = state.wrong_pins.saturating_add(1);
            // The device is asked anew, so that the next question shows what
            // it says of its tries now.
            state.here = false;
            pursue(turn);
        }
        Outcome::Fault(fault) if fault.code == DeviceCode::NotInitialised && retire::unknown(turn, token) => {
        }
        Outcome::Fault(fault) => super::trouble(turn, Trouble::Device(fault.clone())),
        _ => {
            return Err(Refusal::new(
                "other-outcome",
                "a login's outcome",
                "another",
                "the outcome does not belong to the effect",
            ));
        }
    }
    Ok(())
}

/// Orders one signature over a payload from a key of this record.
pub(super) fn order_signature(turn: &mut Turn, on: &Id, key: &Id, payload: &Payload) {
    let Some(state) = turn.state.keys.get(key) else {
        return;
    };
    let what = What::Sign {
        token: on.clone(),
        serial: turn.serial(on),
        key: key.clone(),
        called: state.called.clone(),
        operation: state.operation,
        public: state.public.clone(),
        purpose: payload.purpose(),
        payload: payload.digest(),
    };
    turn.work(what);
}

/// A rehearsal resets no device but an embedded, file or software one.
pub(super) fn may_reset(turn: &Turn, token: &Id, card: &DeviceCard) -> bool {
    let soft = match turn.plan.token(token).map(|t| &t.backend) {
        Some(crate::script::Backend::Embedded | crate::script::Backend::File) => true,
        Some(crate::script::Backend::Pkcs11 { .. }) => card.is_software_module(),
        // A connector on loopback; USB reaches real devices only.
        Some(crate::script::Backend::Yubihsm) => card.quirks == YUBIHSM_HTTP,
        None => false,
    };
    soft || turn.plan.script().kind == Kind::Production
}

/// The quirk profile of a YubiHSM 2 behind a connector on loopback.
const YUBIHSM_HTTP: &str = "yubihsm2-http";

fn locked() -> DeviceFault {
    DeviceFault {
        operation: Operation::Identity,
        code: DeviceCode::PinLocked,
        meaning: "the device says that its user PIN is locked".to_owned(),
        changed: Changed::No,
        retry: Retry::AskHuman,
    }
}
