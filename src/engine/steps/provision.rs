//! `provision`: a device is set up from nothing: label and new secrets. Whatever
//! was on it is destroyed, so a rehearsal touches only soft devices, and people
//! type the end of the serial from the body. Secrets that the program makes are
//! shown once, to their keeper alone, and typed back from the paper (T5); what
//! was typed from the paper then logs in, so that the paper in the bag is proven.

use super::device_log::{self, OnYubihsm};
use super::{attest_key, confirm, device};
use crate::attestation::Firmware;
use crate::base::credential::{Form, Limits, Recipe};
use crate::base::device::{Changed, Credential, DeviceCard, DeviceCode, DeviceFault, Operation, Retry};
use crate::base::{Id, Json};
use crate::engine::input::{NewSecret, Ticket};
use crate::engine::state::{LogState, Minted, Question, Sure, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{Outcome, Refusal, What};
use crate::script::{Origin, Verb};
use crate::transcript::Kind;

pub(super) fn enter(turn: &mut Turn, on: &Id) {
    turn.state.minted.clear();
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
    if !device::may_reset(turn, token, card) {
        let meaning = "a rehearsal sets up no real device: this would destroy what is on it";
        return stop(turn, DeviceCode::Unsupported, Changed::No, meaning);
    }
    if origin(turn) == Origin::Typed || made(turn, token).is_empty() {
        let credentials = credentials(turn, token).to_vec();
        let token = token.clone();
        turn.ask(Question::SetUp { token, credentials });
    } else {
        turn.ask(Question::Cover { token: token.clone() });
    }
}

/// Nobody else sees the screen, and this is the device that is to be emptied.
pub(super) fn covered(turn: &mut Turn, token: &Id, typed: &str) -> Result<(), Refusal> {
    // One answer for the whole set-up: the page says that the device is emptied, and
    // the text comes from its body (law 9).
    confirm::typed(&confirm::tail(&turn.serial(token)), typed)?;
    next_secret(turn, token);
    Ok(())
}

/// Makes the next secret; when all are made the device gets them, or its present
/// SO PIN is asked for.
fn next_secret(turn: &mut Turn, token: &Id) {
    let have: Vec<Credential> = turn.state.minted.iter().map(|m| m.credential).collect();
    let Some(credential) = made(turn, token).into_iter().find(|c| !have.contains(c)) else {
        let typed: Vec<Credential> = credentials(turn, token)
            .iter()
            .copied()
            .filter(|c| !have.contains(c))
            .collect();
        if typed.is_empty() {
            initialise(turn, token);
            return;
        }
        let token = token.clone();
        turn.ask(Question::SetUp {
            token,
            credentials: typed,
        });
        return;
    };
    if origin(turn) == Origin::Dice {
        ask_dice(turn, token, credential, 0);
    } else {
        mint(turn, token, credential, None);
    }
}

fn ask_dice(turn: &mut Turn, token: &Id, credential: Credential, wrong: u32) {
    match recipe(turn, token, credential) {
        Ok(recipe) => turn.ask(Question::Dice {
            token: token.clone(),
            credential,
            rolls: u32::try_from(recipe.rolls_needed()).unwrap_or(u32::MAX),
            wrong,
        }),
        Err(why) => stop(turn, DeviceCode::PinForm, Changed::No, &why),
    }
}

pub(super) fn rolled(turn: &mut Turn, token: &Id, credential: Credential, rolls: Ticket) {
    mint(turn, token, credential, Some(rolls));
}

fn mint(turn: &mut Turn, token: &Id, credential: Credential, dice: Option<Ticket>) {
    let card = turn.token(token).card.clone();
    let (limits, quirks) = card.map(|c| (c.pin_limits, c.quirks)).unwrap_or_default();
    turn.work(What::Mint {
        token: token.clone(),
        credential,
        limits,
        quirks,
        dice,
    });
}

/// A secret was made: its keeper writes it down and types it from the paper.
pub(super) fn minted(turn: &mut Turn, token: &Id, credential: Credential, secret: Ticket) {
    turn.state.minted.push(Minted {
        credential,
        secret,
        again: None,
        wrong: 0,
    });
    ask_copy(turn, token, credential, secret, 0);
}

pub(super) fn dice_refused(turn: &mut Turn, token: &Id, credential: Credential) {
    ask_dice(turn, token, credential, 1);
}

fn ask_copy(turn: &mut Turn, token: &Id, credential: Credential, secret: Ticket, wrong: u32) {
    turn.ask(Question::Copy {
        token: token.clone(),
        credential,
        secret,
        wrong,
    });
}

pub(super) fn copied(turn: &mut Turn, secret: Ticket, typed: Ticket) {
    turn.work(What::Compare { secret, typed });
}

/// What was typed is the secret that was shown, or is typed again.
pub(super) fn compared(turn: &mut Turn, secret: Ticket, typed: Ticket, same: bool) {
    let Some(Verb::Provision { on, .. }) = turn.verb() else {
        return;
    };
    let Some(minted) = turn.state.minted.iter_mut().find(|m| m.secret == secret) else {
        return;
    };
    if same {
        minted.again = Some(typed);
        next_secret(turn, on);
    } else {
        minted.wrong = minted.wrong.saturating_add(1);
        let (credential, wrong) = (minted.credential, minted.wrong);
        ask_copy(turn, on, credential, secret, wrong);
    }
}

pub(super) fn answer(
    turn: &mut Turn,
    token: &Id,
    asked: &[Credential],
    secrets: &[NewSecret],
    typed: &str,
) -> Result<(), Refusal> {
    let got: Vec<Credential> = secrets.iter().map(|s| s.credential).collect();
    if got != asked {
        return Err(Refusal::new(
            "other-secrets",
            names(asked),
            names(&got),
            "the answer has other secrets than were asked for",
        ));
    }
    let serial = turn.serial(token);
    confirm::typed(&confirm::tail(&serial), typed)?;
    for secret in secrets {
        turn.state.minted.push(Minted {
            credential: secret.credential,
            secret: secret.secret,
            again: Some(secret.again),
            wrong: 0,
        });
    }
    initialise(turn, token);
    Ok(())
}

fn initialise(turn: &mut Turn, token: &Id) {
    let secrets = turn
        .state
        .minted
        .iter()
        .map(|m| (m.credential, m.secret))
        .collect();
    turn.work(What::Initialise {
        token: token.clone(),
        serial: turn.serial(token),
        secrets,
    });
}

pub(super) fn done(turn: &mut Turn, token: &Id, card: &DeviceCard) {
    let serial = turn.serial(token);
    if card.serial != serial || !card.initialised {
        let meaning = "after its set-up the device shows another serial, or says that it is not set up";
        return stop(turn, DeviceCode::AnswerRefused, Changed::Yes, meaning);
    }
    let state = turn.token(token);
    state.card = Some(card.clone());
    state.set_up = true;
    state.wrong_pins = 0;
    // A reset begins a new log.
    state.log = LogState::default();
    if attest_key::parse(&card.firmware).is_some_and(|f| f < Firmware(2, 3, 1)) {
        device_log::set_up_on_old_firmware(turn, token);
    }
    device_log::done(turn, token, OnYubihsm::SetUp, Sure::Done);
    prove_next(turn, token);
}

/// Logs in with each new secret as it was typed from the paper. The SO PIN was
/// used in the set-up itself; on a PIN pad nothing was typed here.
fn prove_next(turn: &mut Turn, token: &Id) {
    let pad = turn.token(token).card.as_ref().is_some_and(|c| c.pin_pad);
    turn.state
        .minted
        .retain(|m| m.credential != Credential::SoPin && m.again.is_some() && !pad);
    // Last the one that the next step needs: with it the device stays logged in.
    let stays = turn.plan.stays_unlocked(turn.state.cursor);
    turn.state.minted.sort_by_key(|m| Some(m.credential) == stays);
    let serial = turn.serial(token);
    match turn.state.minted.first().copied() {
        Some(next) => {
            let what = What::Unlock {
                token: token.clone(),
                serial,
                credential: next.credential,
                secret: next.again,
            };
            turn.work(what);
        }
        None => turn.work(What::Lock {
            token: token.clone(),
            serial,
        }),
    }
}

/// What came of a login that proves a new secret.
pub(super) fn proven(turn: &mut Turn, token: &Id, outcome: &Outcome) -> Result<(), Refusal> {
    match outcome {
        Outcome::Unlocked => {
            if !turn.state.minted.is_empty() {
                let proven = turn.state.minted.remove(0);
                turn.derive(
                    Kind::Credential,
                    [
                        ("token", token.as_str().into()),
                        ("credential", proven.credential.name().into()),
                        ("proven", Json::Bool(true)),
                    ],
                );
                let stays = turn.plan.stays_unlocked(turn.state.cursor);
                if turn.state.minted.is_empty() && stays == Some(proven.credential) {
                    // Its keeper has typed it a moment ago, and does not for the next step.
                    turn.token(token).unlocked = stays;
                    turn.finish(false);
                    return Ok(());
                }
            }
            prove_next(turn, token);
            Ok(())
        }
        Outcome::Fault(fault) => {
            turn.state.minted.clear();
            super::trouble(turn, Trouble::Device(fault.clone()));
            Ok(())
        }
        _ => Err(Refusal::new(
            "other-outcome",
            "a login's outcome",
            "another",
            "the outcome does not belong to the effect",
        )),
    }
}

/// This device is logged out: its secrets are proven. Or another one is.
pub(super) fn locked(turn: &mut Turn, token: &Id, on: &Id) {
    if token == on {
        turn.finish(false);
    } else {
        enter(turn, on);
    }
}

fn origin(turn: &Turn) -> Origin {
    match turn.verb() {
        Some(Verb::Provision { credentials, .. }) => *credentials,
        _ => Origin::Typed,
    }
}

fn credentials(turn: &Turn, token: &Id) -> &'static [Credential] {
    turn.plan
        .token(token)
        .map(|t| t.backend.credentials())
        .unwrap_or_default()
}

/// Those of the device's secrets that the program makes. A device that has been
/// set up before keeps its SO PIN, and that stands on somebody's paper; one with
/// a PIN pad takes its PINs on the pad.
fn made(turn: &mut Turn, token: &Id) -> Vec<Credential> {
    let card = turn.token(token).card.clone();
    let (used, pad) = card.map_or((false, false), |c| (c.initialised, c.pin_pad));
    credentials(turn, token)
        .iter()
        .copied()
        .filter(|c| !(pad || (used && *c == Credential::SoPin)))
        .collect()
}

fn recipe(turn: &mut Turn, token: &Id, credential: Credential) -> Result<Recipe, String> {
    let card = turn.token(token).card.clone();
    let (limits, quirks) = card.map(|c| (c.pin_limits, c.quirks)).unwrap_or_default();
    recipe_of(credential, limits, &quirks)
}

/// The recipe for one of a device's secrets, from what its card says.
///
/// # Errors
/// Why there is none, safe to show.
pub fn recipe_of(credential: Credential, (min, max): (u32, u32), quirks: &str) -> Result<Recipe, String> {
    let max = if max == 0 { 64 } else { max };
    let limits = Limits {
        min: usize::try_from(min).unwrap_or(usize::MAX),
        max: usize::try_from(max).unwrap_or(usize::MAX),
        form: Form::Text,
    };
    Recipe::for_device(credential, quirks, limits).map_err(|e| e.to_string())
}

fn names(credentials: &[Credential]) -> String {
    let names: Vec<&str> = credentials.iter().map(|c| c.name()).collect();
    names.join(", ")
}

fn stop(turn: &mut Turn, code: DeviceCode, changed: Changed, meaning: &str) {
    let fault = DeviceFault {
        operation: Operation::Initialise,
        code,
        meaning: meaning.to_owned(),
        changed,
        retry: if changed == Changed::No {
            Retry::Never
        } else {
            Retry::AskHuman
        },
    };
    super::trouble(turn, Trouble::Device(fault));
}
