//! The verbs of a script, one file each. This file only routes: a step is
//! entered, an answer goes to the question it answers, an outcome to the
//! effect it quotes.

pub(super) mod attest_key;
mod checklist;
pub(super) mod clock;
mod compose;
pub(super) mod confirm;
pub(super) mod countersign;
mod device;
pub(super) mod device_log;
mod enrol_key;
mod export;
mod formal_break;
mod generate_key;
mod inventory;
mod prove_possession;
pub(super) mod provision;
pub(super) mod read_back;
mod record;
pub(super) mod recover;
mod retire;
mod review;
mod roll_call;
mod seal;
mod sign;
mod supersede;
mod waive;

use super::input::{Answer, Outcome};
use super::state::{Phase, Question, Trouble};
use super::turn::Turn;
use super::{Refusal, What};
use crate::base::device::DeviceCode;
use crate::base::{Json, shown};
use crate::script::Verb;
use crate::transcript::Kind;

/// Begins the step at the cursor; after the last one there is nothing to begin.
pub(super) fn enter(turn: &mut Turn) {
    let Some(planned) = turn.planned() else {
        // A plan ends with `seal`, which closes; this is the belt.
        turn.state.phase = Phase::Closed;
        return;
    };
    for token in turn.state.bench.values_mut() {
        token.here = false;
    }
    let verb = &planned.step.verb;
    turn.state.entered = Some(turn.at.wall);
    turn.derive(
        Kind::Step,
        [("do", verb.name().into()), ("headline", verb.headline().into())],
    );
    start(turn);
}

/// The step is in the record: what it does first.
fn start(turn: &mut Turn) {
    let Some(verb) = turn.verb() else { return };
    if countersign::holds_up(turn, verb) {
        return;
    }
    if away_from_devices(verb) && device::lock_idle(turn) {
        return;
    }
    match verb {
        Verb::RollCall => roll_call::enter(turn),
        Verb::Clock { .. } => clock::enter(turn),
        Verb::Checklist { .. } | Verb::Waive { .. } => checklist::enter(turn),
        Verb::Record { .. } => record::enter(turn),
        Verb::Break { .. } => formal_break::enter(turn),
        Verb::Supersede(what) => supersede::enter(turn, what),
        Verb::Inventory { on } => inventory::enter(turn, on),
        Verb::Provision { on, .. } => provision::enter(turn, on),
        Verb::GenerateKey { .. }
        | Verb::EnrolKey { .. }
        | Verb::AttestKey { .. }
        | Verb::DeviceLog { .. }
        | Verb::Retire { .. }
        | Verb::ProvePossession { .. }
        | Verb::Sign { .. } => device::pursue(turn),
        Verb::Compose { metadata } => compose::enter(turn, metadata),
        Verb::Review { metadata } => review::enter(turn, metadata),
        Verb::ReadBack { .. } => read_back::enter(turn),
        Verb::Countersign => countersign::enter(turn),
        Verb::Export => export::enter(turn),
        Verb::Seal { .. } => seal::enter(turn),
    }
}

/// Steps that nobody does on a device. (A break logs out whatever is logged in.)
fn away_from_devices(verb: &Verb) -> bool {
    verb.token().is_none() && !matches!(verb, Verb::Countersign | Verb::Break { .. })
}

/// An answer belongs to the open question, or it is refused.
pub(super) fn answer(turn: &mut Turn, answer: &Answer) -> Result<(), Refusal> {
    let Phase::Asking(question) = turn.state.phase.clone() else {
        return Err(Refusal::new(
            "no-question",
            "nothing: no question is open",
            "an answer",
            "there is no open question",
        ));
    };
    match (&question, answer) {
        (Question::Begin, Answer::Begin { typed }) => {
            confirm::typed("begin", typed)?;
            turn.state.begun = true;
            turn.state.began = Some(turn.at.wall);
            enter(turn);
            Ok(())
        }
        (Question::Seat { role, seat, .. }, Answer::Present { .. } | Answer::Absent { .. }) => {
            roll_call::answer(turn, role, *seat, answer)
        }
        (Question::Clock { .. }, Answer::Clock { typed, rtc }) => clock::answer(turn, typed, *rtc),
        (Question::Item { index }, Answer::Done { typed }) => checklist::answer(turn, *index, typed),
        (Question::Item { index }, Answer::NotSo { why }) => checklist::not_so(turn, *index, why),
        (Question::Number { .. }, Answer::Number { .. }) => record::answer(turn, &question, answer),
        (Question::Differs { .. }, Answer::Differs { why }) => record::explain(turn, why),
        (Question::Serial { token, cards }, Answer::Serial { typed }) => {
            inventory::answer(turn, token, cards, typed)
        }
        (Question::SetUp { token, credentials }, Answer::NewSecrets { secrets, typed }) => {
            provision::answer(turn, token, credentials, secrets, typed)
        }
        (Question::Cover { token }, Answer::Covered { typed }) => provision::covered(turn, token, typed),
        (
            Question::Dice {
                token, credential, ..
            },
            Answer::Dice { rolls },
        ) => {
            provision::rolled(turn, token, *credential, *rolls);
            Ok(())
        }
        (Question::Copy { secret, .. }, Answer::Copied { typed }) => {
            provision::copied(turn, *secret, *typed);
            Ok(())
        }
        (
            Question::Pin {
                token,
                credential,
                pad,
                ..
            },
            Answer::Pin { secret },
        ) => device::unlock(turn, token, *credential, *pad, *secret),
        (Question::Confirm { .. }, Answer::Confirm { typed }) => confirm::answer(turn, typed),
        (Question::Review { metadata }, Answer::Reviewed { digest, typed }) => {
            review::answer(turn, metadata, digest, typed)
        }
        (Question::Words { .. }, Answer::Words { typed }) => read_back::answer(turn, &question, typed),
        (Question::Reopen { .. }, Answer::Reopen { second, why }) => read_back::reopen(turn, second, why),
        (Question::Recover { effect, .. }, Answer::Recover { typed }) => recover::answer(turn, effect, typed),
        (
            Question::Attester { attester, act },
            Answer::Attest { .. } | Answer::Decline { .. } | Answer::Absent { .. },
        ) => countersign::answer(turn, attester, *act, answer),
        // The step looks again: a failure was mended, a device was plugged in.
        (Question::Trouble { .. } | Question::Serial { .. }, Answer::Again) => {
            countersign::reconsider(turn);
            enter(turn);
            Ok(())
        }
        _ => Err(Refusal::new(
            "other-question",
            word_of(&question),
            word_of(answer),
            "the answer belongs to another question",
        )),
    }
}

/// An outcome quotes the effect that is under way, or it is stale.
pub(super) fn outcome(turn: &mut Turn, id: u64, outcome: &Outcome) -> Result<(), Refusal> {
    let Phase::Working(effect) = turn.state.phase.clone() else {
        return Err(Refusal::new(
            "stale-outcome",
            "no effect is under way",
            format!("the outcome of effect {id}"),
            "the outcome is stale",
        ));
    };
    if effect.id != id {
        return Err(Refusal::new(
            "stale-outcome",
            format!("the outcome of effect {}", effect.id),
            format!("that of effect {id}"),
            "the outcome is stale",
        ));
    }
    if let (Some(token), Outcome::Fault(fault)) = (effect.what.token(), outcome)
        && (matches!(
            fault.code,
            DeviceCode::NotUnlocked
                | DeviceCode::Removed
                | DeviceCode::ModuleCrashed
                | DeviceCode::ModuleHangs
        ) || matches!(
            effect.what,
            What::Generate { .. } | What::Keys { .. } | What::Sign { .. }
        ))
    {
        // Its session is gone, or may be: whoever tries again logs in again. What a
        // device shows without a login is not all that it holds.
        turn.token(token).unlocked = None;
    }
    match (&effect.what, outcome) {
        (What::Unlock { token, .. }, _) => return device::unlock_outcome(turn, token, outcome),
        (what @ What::Generate { .. }, Outcome::Fault(fault)) => {
            device_log::perhaps(turn, what);
            return generate_key::fault(turn, &effect, fault);
        }
        (What::Retire { .. }, Outcome::Fault(fault))
            if recover::retires(turn) && fault.code == DeviceCode::NotUnlocked =>
        {
            retire::not_yet(turn);
            return Ok(());
        }
        // A look that failed shows nothing; what was under way stays to be settled.
        (What::Survey { .. }, Outcome::Fault(_)) => {
            recover::surveyed(turn, &[], &[]);
            return Ok(());
        }
        (what, Outcome::Fault(fault)) => {
            device_log::perhaps(turn, what);
            trouble(turn, Trouble::Device(fault.clone()));
            return Ok(());
        }
        (What::Export { .. } | What::ReadBack { .. }, Outcome::MediaFault { meaning }) => {
            trouble(turn, Trouble::Media(shown(meaning, 400)));
            return Ok(());
        }
        _ => {}
    }
    match (&effect.what, outcome) {
        (What::List { token }, Outcome::Cards(cards)) => inventory::listed(turn, token, cards),
        (What::Identify { token, serial }, Outcome::Card(card)) => {
            device::identified(turn, token, serial, card)
        }
        (What::Lock { token, .. }, Outcome::Locked) => {
            turn.token(token).unlocked = None;
            match turn.verb() {
                Some(Verb::Provision { on, .. }) => provision::locked(turn, token, on),
                Some(Verb::Break { .. }) => formal_break::enter(turn),
                Some(verb) if away_from_devices(verb) => start(turn),
                _ => device::pursue(turn),
            }
        }
        (What::Survey { tokens }, Outcome::Surveyed(seen)) => recover::surveyed(turn, tokens, seen),
        (What::Nonce, Outcome::Nonce(nonce)) => read_back::positions(turn, nonce),
        (What::Checkpoint, Outcome::Checkpoint { size, root, note }) => {
            return seal::checkpointed(turn, *size, root, note);
        }
        (What::Initialise { token, .. }, Outcome::Initialised(card)) => {
            provision::done(turn, token, card);
        }
        (
            What::Mint {
                token, credential, ..
            },
            Outcome::Minted { secret },
        ) => {
            provision::minted(turn, token, *credential, *secret);
        }
        (
            What::Mint {
                token, credential, ..
            },
            Outcome::DiceRefused { .. },
        ) => {
            provision::dice_refused(turn, token, *credential);
        }
        (What::Compare { secret, typed }, Outcome::Compared { same }) => {
            provision::compared(turn, *secret, *typed, *same);
        }
        (What::Attest { key, .. }, Outcome::Attested { statement }) => {
            return attest_key::attested(turn, key, statement.as_ref());
        }
        (What::ReadLog { token, .. }, Outcome::Log(log)) => device_log::read(turn, token, log),
        (What::ClearLog { .. }, Outcome::LogCleared) => turn.finish(false),
        (What::Retire { token, .. }, Outcome::Retired) => retire::retired(turn, token),
        (What::Generate { order, .. }, Outcome::Generated { public, attributes }) => {
            return generate_key::made(turn, order, public, attributes, false);
        }
        (What::Keys { .. }, Outcome::Keys(found)) => {
            return match turn.verb() {
                Some(Verb::EnrolKey { .. }) => enrol_key::listed(turn, found),
                _ => generate_key::asked(turn, found),
            };
        }
        (What::Sign { .. }, Outcome::Signed { signature }) => {
            return sign::signed(turn, &effect.what, signature);
        }
        (
            What::Export { files },
            Outcome::Exported {
                files: read_back,
                released,
            },
        ) => export::exported(turn, files, read_back, released),
        (
            What::ReadBack { files },
            Outcome::ReadBack {
                files: read_back,
                reading,
            },
        ) => export::read_again(turn, files, read_back, *reading),
        _ => {
            return Err(Refusal::new(
                "other-outcome",
                effect.what.label(),
                "an outcome of another kind",
                "the outcome does not belong to the effect",
            ));
        }
    }
    Ok(())
}

/// Stops the step until a person decides to try it again.
pub(super) fn trouble(turn: &mut Turn, trouble: Trouble) {
    // Whatever people agreed to before, they did not know of this.
    turn.state.agreed.clear();
    turn.ask(Question::Trouble { trouble });
}

/// Free text of people: 1 to 280 characters, no control characters.
pub(super) fn check_text(what: &str, text: &str) -> Result<(), Refusal> {
    let length = text.trim().chars().count();
    if (1..=280).contains(&length) && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Refusal::new(
            "text-form",
            format!("{what}, in 1 to 280 characters"),
            format!("{length} characters"),
            "the text is empty, too long or has control characters",
        ))
    }
}

/// The word of a question or an answer, as the record writes it.
fn word_of<T: serde::Serialize>(value: &T) -> String {
    match Json::of(value) {
        Ok(Json::Str(word)) => word,
        Ok(Json::Object(map)) => map.into_keys().next().unwrap_or_default(),
        _ => String::new(),
    }
}
