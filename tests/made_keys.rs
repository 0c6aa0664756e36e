//! What a device says of a key that it just made (V31): the engine takes the
//! key only with every attribute that a key of root or targets must have, of the
//! algorithm that was ordered, and sound. What is not taken gets no second try
//! under the same operation id.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "support/rehearsal.rs"]
mod rehearsal;

use rehearsal::{Key, Room, script_small};
use tuf_ceremony::base::device::{KeyAttributes, KeyOrder};
use tuf_ceremony::base::{Algorithm, PublicKey};
use tuf_ceremony::engine::{InputKind, Outcome, Phase, Question, Trouble, What};

fn good() -> KeyAttributes {
    KeyAttributes {
        sensitive: Some(true),
        always_sensitive: Some(true),
        extractable: Some(false),
        never_extractable: Some(true),
        sign: Some(true),
        other_uses: Some(false),
        local: Some(true),
        ..KeyAttributes::default()
    }
}

/// What the engine says to this answer of a device that was told to make a key.
fn answered(answer: impl FnOnce(&KeyOrder) -> (PublicKey, KeyAttributes)) -> (Room, Option<String>) {
    let mut room = Room::new(&script_small());
    room.go_until(|s| matches!(&s.phase, Phase::Working(e) if matches!(e.what, What::Generate { .. })));
    let Phase::Working(effect) = room.state.phase.clone() else {
        panic!("no order");
    };
    let What::Generate { order, .. } = &effect.what else {
        panic!("another order");
    };
    let (public, attributes) = answer(order);
    let outcome = Outcome::Generated { public, attributes };
    let kind = InputKind::Outcome {
        effect: effect.id,
        outcome,
    };
    room.feed(kind).unwrap();
    let why = match &room.state.phase {
        Phase::Asking(Question::Trouble {
            trouble: Trouble::Device(fault),
        }) => Some(fault.meaning.clone()),
        _ => None,
    };
    let taken = room.state.keys.contains_key(&order.name);
    assert_eq!(taken, why.is_none(), "{why:?}");
    if !taken {
        assert_eq!(
            room.state.attempts[&order.name], 2,
            "the operation id is not used again"
        );
        let said = String::from_utf8_lossy(&room.record).into_owned();
        assert!(said.contains("\"accepted\":false"), "the record says so");
    }
    (room, why)
}

fn public(order: &KeyOrder) -> PublicKey {
    Key::new(order.name.as_str(), order.algorithm).public()
}

#[test]
fn a_key_without_a_demanded_attribute_is_not_taken() {
    type Sin = fn(&mut KeyAttributes);
    let sins: [(&str, Sin); 10] = [
        ("sensitive", |a| a.sensitive = Some(false)),
        ("sensitive", |a| a.sensitive = None),
        ("not extractable", |a| a.extractable = Some(true)),
        ("not extractable", |a| a.extractable = None),
        ("allowed to sign", |a| a.sign = Some(false)),
        ("allowed to sign", |a| a.sign = None),
        ("always sensitive", |a| a.always_sensitive = Some(false)),
        ("never extractable", |a| a.never_extractable = Some(false)),
        ("for signing only", |a| a.other_uses = Some(true)),
        ("made on the device itself", |a| a.local = Some(false)),
    ];
    for (says, sin) in sins {
        let (_, why) = answered(|order| {
            let mut attributes = good();
            sin(&mut attributes);
            (public(order), attributes)
        });
        assert!(
            why.as_deref().is_some_and(|w| w.ends_with(says)),
            "{says}: {why:?}"
        );
    }
}

#[test]
fn a_key_of_another_kind_or_a_weak_one_is_not_taken() {
    let (_, why) = answered(|order| {
        let other = match order.algorithm {
            Algorithm::EcdsaP256 => Algorithm::Ed25519,
            _ => Algorithm::EcdsaP256,
        };
        (Key::new("x", other).public(), good())
    });
    assert!(
        why.as_deref().is_some_and(|w| w.starts_with("ordered ")),
        "{why:?}"
    );
    // A point that is not on the curve.
    let (_, why) = answered(|order| {
        let mut raw = public(order).raw().to_vec();
        *raw.last_mut().unwrap() ^= 1;
        (PublicKey::from_raw(order.algorithm, &raw).unwrap(), good())
    });
    assert!(why.is_some());
}

#[test]
fn a_key_with_every_attribute_is_taken() {
    let (mut room, why) = answered(|order| (public(order), good()));
    assert_eq!(why, None);
    while room.go_on() {}
    assert_eq!(room.state.phase, Phase::Closed);
    // A device that does not tell its history is taken at its word of today.
    let (_, why) = answered(|order| {
        let mut attributes = good();
        attributes.always_sensitive = None;
        attributes.never_extractable = None;
        attributes.other_uses = None;
        attributes.local = None;
        (public(order), attributes)
    });
    assert_eq!(why, None);
}
