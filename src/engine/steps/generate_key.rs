//! `generate-key`: intent, device, adopt (security facts 5.3). The order
//! carries an operation id; after a failure whose effect is unknown the device
//! is asked by that id, and a key that is there is adopted, never made twice.

use std::collections::BTreeMap;

use super::device_log::{self, OnYubihsm};
use super::{confirm, device, recover};
use crate::base::device::{
    Changed, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation, OperationId, Retry,
};
use crate::base::{Id, Json, PublicKey};
use crate::engine::state::{Confirm, KeyState, Question, Sure, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{Effect, Refusal, What};
use crate::script::{Backend, Verb};
use crate::transcript::Kind;
use crate::tuf::Key;

pub(super) fn ready(turn: &mut Turn) {
    // It may have been made before the program stopped: the device knows.
    let ordered = recover::order(turn).map(|o| o.operation);
    if let Some((token, order)) = order(turn)
        && ordered == Some(order.operation)
    {
        let serial = turn.serial(&token);
        turn.work(What::Keys { token, serial });
        return;
    }
    if confirm::agreed(turn) {
        go(turn);
    } else {
        turn.ask(Question::Confirm {
            what: Confirm::Generate,
        });
    }
}

pub(super) fn go(turn: &mut Turn) {
    let Some((token, order)) = order(turn) else {
        return;
    };
    let serial = turn.serial(&token);
    turn.work(What::Generate { token, serial, order });
}

/// What to make: the slot is the key's name, the attempt counts abandoned ones.
fn order(turn: &Turn) -> Option<(Id, KeyOrder)> {
    let Some(Verb::GenerateKey {
        on, key, algorithm, ..
    }) = turn.verb()
    else {
        return None;
    };
    let attempt = turn.state.attempts.get(key).copied().unwrap_or(1);
    let order = KeyOrder {
        name: key.clone(),
        operation: OperationId::new(&turn.state.ceremony, key, attempt),
        algorithm: *algorithm,
    };
    Some((on.clone(), order))
}

pub(super) fn made(
    turn: &mut Turn,
    order: &KeyOrder,
    public: &PublicKey,
    attributes: &KeyAttributes,
    adopted: bool,
) -> Result<(), Refusal> {
    let Some((token, _)) = self::order(turn) else {
        return Err(Refusal::new(
            "other-outcome",
            "a key's step",
            "another",
            "no key is being made",
        ));
    };
    device_log::done(turn, &token, OnYubihsm::Generate, Sure::Done);
    if let Err(why) = judge(turn, &token, order, public, attributes) {
        turn.derive(
            Kind::Key,
            [
                ("name", order.name.as_str().into()),
                ("accepted", Json::Bool(false)),
                ("because", why.as_str().into()),
            ],
        );
        // The object stays on the device under an id that is not used again.
        abandon(turn, &order.name);
        super::trouble(
            turn,
            Trouble::Device(DeviceFault {
                operation: Operation::Generate,
                code: DeviceCode::AttributesRefused,
                meaning: why,
                changed: Changed::Yes,
                retry: Retry::AskHuman,
            }),
        );
        return Ok(());
    }
    turn.derive(
        Kind::Key,
        [
            ("name", order.name.as_str().into()),
            ("token", token.as_str().into()),
            ("operation", order.operation.base32().into()),
            ("algorithm", order.algorithm.name().into()),
            ("fingerprint", public.fingerprint().hex().into()),
            ("adopted", Json::Bool(adopted)),
            ("accepted", Json::Bool(true)),
        ],
    );
    turn.state.keys.insert(
        order.name.clone(),
        KeyState {
            token,
            operation: order.operation,
            algorithm: order.algorithm,
            public: public.clone(),
            attributes: attributes.clone(),
            proven: false,
            statement: None,
            attested: None,
            object: None,
            called: None,
            enrolled: false,
        },
    );
    turn.finish(true);
    Ok(())
}

/// A failed generation that may have made a key: ask the device by id, in a new
/// login. Without one SoftHSM2 shows the public half alone, which is no key.
pub(super) fn fault(turn: &mut Turn, effect: &Effect, fault: &DeviceFault) -> Result<(), Refusal> {
    let Some((token, _)) = order(turn) else {
        return Err(Refusal::new(
            "other-outcome",
            "a key's step",
            "another",
            "no key is being made",
        ));
    };
    // A key of this order that is there was made by a try whose answer was lost.
    if fault.changed == Changed::No && fault.code != DeviceCode::KeyExists {
        super::trouble(turn, Trouble::Device(fault.clone()));
    } else {
        turn.state.unclear = Some(effect.clone());
        turn.state.agreed.clear();
        turn.token(&token).here = false;
        device::pursue(turn);
    }
    Ok(())
}

/// What the device holds under the operation id decides: one key is adopted,
/// none means that nothing was made, more than one stops.
pub(super) fn asked(turn: &mut Turn, found: &[KeyFound]) -> Result<(), Refusal> {
    let Some((_, order)) = order(turn) else {
        return Err(Refusal::new(
            "other-outcome",
            "a key's step",
            "another",
            "no key is being made",
        ));
    };
    let id = order.operation.hex();
    let ours: Vec<&KeyFound> = found.iter().filter(|k| k.id == id).collect();
    match ours.as_slice() {
        [key] => match &key.public {
            Some(public) => {
                let (public, attributes) = (public.clone(), key.attributes.clone());
                turn.state.unclear = None;
                recover::settled(turn, "the key was made, and is adopted");
                made(turn, &order, &public, &attributes, true)
            }
            None => {
                super::trouble(
                    turn,
                    Trouble::Device(unclear(
                        "the device holds the new key but does not give its public half",
                    )),
                );
                Ok(())
            }
        },
        [] if turn.state.unclear.take().is_none() && recover::order(turn).is_some() => {
            abandon(turn, &order.name);
            recover::settled(turn, "no key was made");
            ready(turn);
            Ok(())
        }
        [] => {
            abandon(turn, &order.name);
            super::trouble(
                turn,
                Trouble::Device(DeviceFault {
                    operation: Operation::Generate,
                    code: DeviceCode::DeviceError,
                    meaning: "the device failed and holds no key of this order: nothing was made".to_owned(),
                    changed: Changed::No,
                    retry: Retry::Safe,
                }),
            );
            Ok(())
        }
        _ => {
            super::trouble(
                turn,
                Trouble::Device(unclear("the device holds two keys under one operation id")),
            );
            Ok(())
        }
    }
}

fn abandon(turn: &mut Turn, slot: &Id) {
    let next = turn
        .state
        .attempts
        .get(slot)
        .copied()
        .unwrap_or(1)
        .saturating_add(1);
    turn.state.attempts.insert(slot.clone(), next);
}

fn unclear(meaning: &str) -> DeviceFault {
    DeviceFault {
        operation: Operation::Keys,
        code: DeviceCode::KeyNotUnique,
        meaning: meaning.to_owned(),
        changed: Changed::Unknown,
        retry: Retry::Never,
    }
}

/// KEY claims: the algorithm that was ordered, a sound key, a new key, and the
/// attributes of a key that cannot leave its device (V31).
fn judge(
    turn: &Turn,
    token: &Id,
    order: &KeyOrder,
    public: &PublicKey,
    attributes: &KeyAttributes,
) -> Result<(), String> {
    if public.algorithm() != order.algorithm {
        return Err(format!(
            "ordered {}, got {}",
            order.algorithm.name(),
            public.algorithm().name()
        ));
    }
    public.check_sound().map_err(|e| e.to_string())?;
    let known: BTreeMap<&Id, &PublicKey> = turn
        .state
        .keys
        .iter()
        .map(|(id, k)| (id, &k.public))
        .chain(turn.plan.external())
        .chain(turn.plan.known_audit_keys())
        .collect();
    if let Some((name, _)) = known.iter().find(|(_, k)| **k == public) {
        return Err(format!("the device gave the public key of {name} again"));
    }
    // A key that left the chain is trusted no more, whatever a device calls it; and
    // one that the trusted root lists is not new, named by the script or not.
    if let Some(trusted) = turn.plan.trusted() {
        if trusted.gone.contains(public) {
            return Err("the device gave a key of an earlier root, which left the chain".to_owned());
        }
        let listed = |key: &Key| key.to_public().as_ref() == Ok(public);
        if trusted.root.keys.values().any(listed) {
            return Err("the device gave a key of the trusted root again".to_owned());
        }
    }
    // A key file is wrapped for storage by its nature; a device must hold its key.
    if matches!(turn.plan.token(token).map(|t| &t.backend), Some(Backend::File)) {
        return Ok(());
    }
    let demands = [
        ("sensitive", attributes.sensitive == Some(true)),
        ("not extractable", attributes.extractable == Some(false)),
        ("allowed to sign", attributes.sign == Some(true)),
        ("always sensitive", attributes.always_sensitive != Some(false)),
        ("never extractable", attributes.never_extractable != Some(false)),
        ("for signing only", attributes.other_uses != Some(true)),
        ("made on the device itself", attributes.local != Some(false)),
    ];
    match demands.iter().find(|(_, holds)| !holds) {
        Some((demand, _)) => Err(format!("the device does not say that the key is {demand}")),
        None => Ok(()),
    }
}
