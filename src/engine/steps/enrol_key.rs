//! `enrol-key`: a key of the trusted root is found on a device that an earlier
//! ceremony set up. The trusted root vouches for the public key, so nothing is
//! proven anew; the device only has to hold exactly one key with it. Its id and
//! name there are adopted, for `sign` finds keys by them.

use data_encoding::HEXLOWER;

use crate::base::device::{Changed, DeviceCode, DeviceFault, KeyFound, Operation, OperationId, Retry};
use crate::base::{Id, Json, PublicKey, shown, veteran};
use crate::engine::state::{KeyState, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What};
use crate::plan::MadeKey;
use crate::script::{AuditKey, Backend, Kind as ScriptKind, Verb};
use crate::transcript::Kind;

pub(super) fn ready(turn: &mut Turn) {
    let Some(Verb::EnrolKey { on, .. }) = turn.verb() else {
        return;
    };
    let serial = turn.serial(on);
    let token = on.clone();
    turn.work(What::Keys { token, serial });
}

pub(super) fn listed(turn: &mut Turn, found: &[KeyFound]) -> Result<(), Refusal> {
    let Some(Verb::EnrolKey { on, key }) = turn.verb() else {
        return Err(Refusal::new(
            "other-outcome",
            "an enrolment",
            "another",
            "no key is being enrolled",
        ));
    };
    match judge(turn, on, key, found) {
        Ok((keyid, state)) => {
            let body = [
                ("name", key.as_str().into()),
                ("token", on.as_str().into()),
                ("operation", state.operation.base32().into()),
                ("algorithm", state.algorithm.name().into()),
                ("fingerprint", state.public.fingerprint().hex().into()),
                ("enrolled", Json::Bool(true)),
                ("accepted", Json::Bool(true)),
            ];
            match keyid {
                None => turn.derive(Kind::Key, body),
                Some(keyid) => {
                    let [a, b, c, d, e, f, g] = body;
                    turn.derive(Kind::Key, [a, b, c, d, e, ("keyid", keyid.into()), f, g]);
                }
            }
            turn.state.keys.insert(key.clone(), state);
            turn.finish(true);
        }
        Err((code, meaning)) => super::trouble(
            turn,
            Trouble::Device(DeviceFault {
                operation: Operation::Keys,
                code,
                meaning,
                changed: Changed::No,
                retry: Retry::AskHuman,
            }),
        ),
    }
    Ok(())
}

/// What the named record says of a key of the trusted root.
fn made<'t>(turn: &'t Turn, key: &Id) -> Option<&'t MadeKey> {
    turn.plan.record()?.made(&wanted(turn, key)?.1)
}

/// The key that must be on the device, with its keyid in the trusted root: the script
/// names an audit key by its verifier key instead, and no root lists it.
fn wanted(turn: &Turn, key: &Id) -> Option<(Option<String>, PublicKey)> {
    if let Some(attester) = turn.plan.attester(key) {
        return match &attester.key {
            AuditKey::Known(vkey) => Some((None, vkey.key().clone())),
            AuditKey::MadeHere => None,
        };
    }
    let (keyid, object) = turn.plan.trusted()?.keys.get(key)?;
    Some((Some(keyid.to_string()), object.to_public().ok()?))
}

fn embedded(turn: &Turn, on: &Id) -> bool {
    turn.plan
        .token(on)
        .is_some_and(|t| t.backend == Backend::Embedded)
}

/// Why no PIN may be asked for: the rehearsal's key is on another device. A real
/// device of somebody else is never unlocked (DESIGN 3, W2).
pub(super) fn refuses_before_unlock(turn: &Turn) -> Option<DeviceFault> {
    let Some(Verb::EnrolKey { on, key }) = turn.verb() else {
        return None;
    };
    if turn.plan.script().kind != ScriptKind::Rehearsal {
        return None;
    }
    let serial = turn.serial(on);
    let meaning = match made(turn, key) {
        Some(made) if made.serial == serial => return None,
        Some(made) => format!(
            "the named record made {key} on {}, and this device is {}",
            shown(&made.serial, 40),
            shown(&serial, 40)
        ),
        // Veterans are known by their operation ids, and hold no real key.
        None if embedded(turn, on) => return None,
        None => format!("no named record made {key}: a rehearsal opens no device for it"),
    };
    Some(DeviceFault {
        operation: Operation::Identity,
        code: DeviceCode::NotFound,
        meaning,
        changed: Changed::No,
        retry: Retry::AskHuman,
    })
}

type Judged = Result<(Option<String>, KeyState), (DeviceCode, String)>;

fn judge(turn: &Turn, on: &Id, key: &Id, found: &[KeyFound]) -> Judged {
    let none = |meaning: String| (DeviceCode::KeyNotUnique, meaning);
    let (keyid, public) =
        wanted(turn, key).ok_or_else(|| none(format!("{key} is no key of the trusted root")))?;
    let ours: Vec<&KeyFound> = found
        .iter()
        .filter(|k| k.public.as_ref() == Some(&public))
        .collect();
    let [one] = ours.as_slice() else {
        let what = match ours.len() {
            0 => "no key",
            _ => "more than one key",
        };
        return Err(none(format!(
            "the device holds {what} with the public key of {key} (keys on it: {}); is it another of the tokens?",
            found.len()
        )));
    };
    let foreign = || {
        let remedy = "only keys of this program's ceremonies can be enrolled; rotate it out with other keys";
        (
            DeviceCode::Unsupported,
            format!("{key} has an id or label on the device that this program did not give it; {remedy}"),
        )
    };
    let id = HEXLOWER.decode(one.id.as_bytes()).map_err(|_| foreign())?;
    let operation = OperationId::from_bytes(<[u8; 16]>::try_from(id).map_err(|_| foreign())?);
    let called = one
        .label
        .split_once(':')
        .and_then(|(name, _)| Id::parse(name).ok())
        .filter(|name| operation.label(name) == one.label)
        .ok_or_else(foreign)?;
    // DESIGN 3: a rehearsal signs only with keys of rehearsals, known by the operation id.
    let rehearses = turn.plan.script().kind == ScriptKind::Rehearsal;
    let recorded = made(turn, key).is_some_and(|made| made.operation == operation && made.name == called);
    if rehearses && !recorded && !(embedded(turn, on) && operation == veteran::operation(&called)) {
        return Err((
            DeviceCode::Unsupported,
            format!(
                "{key} is no rehearsal key by its operation id, neither a veteran's nor one of the named record: a rehearsal signs with nothing else"
            ),
        ));
    }
    if let Some((other, _)) = turn.state.keys.iter().find(|(_, k)| k.public == public) {
        return Err(none(format!("this key is {other} already")));
    }
    let state = KeyState {
        token: on.clone(),
        operation,
        algorithm: public.algorithm(),
        public,
        attributes: one.attributes.clone(),
        // Nobody vouches for an audit key: it proves itself, in a step of its own.
        proven: keyid.is_some(),
        statement: None,
        attested: None,
        object: None,
        called: (called != *key).then_some(called),
        enrolled: true,
    };
    Ok((keyid, state))
}
