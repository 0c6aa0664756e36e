//! Key objects on a token: finding exactly one, and reading what it says of
//! itself. Modules allow two objects with one id and label, tie a public to a
//! private object by nothing but CKA_ID, and fail a whole request over one bad
//! attribute (facts/hsm.md 1.3), so every attribute is asked for by itself.

use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::quirks::Quirks;
use super::{point, rsa};
use crate::base::device::{KeyAttributes, KeyFound, KeyOrder, OperationId};
use crate::base::shown::shown_bytes;
use crate::base::{Algorithm, Id, PublicKey};

/// Bytes of a label or id that are shown.
const SHOWN: usize = 64;

/// The objects of a class with this id and this label.
pub(super) fn named(
    session: &Session,
    class: ObjectClass,
    operation: &OperationId,
    name: &Id,
) -> Result<Vec<ObjectHandle>, Error> {
    session.find_objects(&[
        Attribute::Class(class),
        Attribute::Id(operation.as_bytes().to_vec()),
        Attribute::Label(operation.label(name).into_bytes()),
    ])
}

/// Whether any key object has the order's id or its label.
pub(super) fn is_taken(session: &Session, order: &KeyOrder) -> Result<bool, Error> {
    let label = order.operation.label(&order.name).into_bytes();
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        let by_id = Attribute::Id(order.operation.as_bytes().to_vec());
        for attribute in [by_id, Attribute::Label(label.clone())] {
            let template = [Attribute::Class(class), attribute];
            if !session.find_objects(&template)?.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Every asymmetric key object, a private and a public one with the same id and
/// label as one entry.
pub(super) fn all(session: &Session, quirks: &Quirks) -> Result<Vec<KeyFound>, Error> {
    let mut found: Vec<(Raw, KeyFound)> = Vec::new();
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        for handle in session.find_objects(&[Attribute::Class(class), Attribute::Token(true)])? {
            let raw = Raw {
                id: bytes(session, handle, AttributeType::Id)?.unwrap_or_default(),
                label: bytes(session, handle, AttributeType::Label)?.unwrap_or_default(),
            };
            if class == ObjectClass::PUBLIC_KEY {
                let public = public(session, handle)?;
                // Two public halves for one private one: neither can be believed.
                let mut halves = found.iter_mut().filter(|(other, _)| *other == raw);
                if let Some((_, key)) = halves.next() {
                    key.public = if key.public.is_none() { public } else { None };
                    continue;
                }
                drop(halves);
                found.push((raw.clone(), raw.entry(public, KeyAttributes::default())));
            } else {
                let attributes = attributes(session, handle, quirks)?;
                found.push((raw.clone(), raw.entry(None, attributes)));
            }
        }
    }
    Ok(found.into_iter().map(|(_, key)| key).collect())
}

#[derive(Clone, PartialEq, Eq)]
struct Raw {
    id: Vec<u8>,
    label: Vec<u8>,
}

impl Raw {
    fn entry(&self, public: Option<PublicKey>, attributes: KeyAttributes) -> KeyFound {
        let cut = |bytes: &[u8]| bytes.get(..SHOWN).unwrap_or(bytes).to_vec();
        KeyFound {
            label: shown_bytes(&cut(&self.label), SHOWN),
            id: data_encoding::HEXLOWER.encode(&cut(&self.id)),
            public,
            attributes,
        }
    }
}

/// The public key that a key object tells, in whichever way it does: the point,
/// the modulus, or CKA_PUBLIC_KEY_INFO (v3.1 4.8), which SoftHSM leaves empty. Two
/// answers that differ are none. Some private objects tell it as well.
pub(super) fn public(session: &Session, handle: ObjectHandle) -> Result<Option<PublicKey>, Error> {
    let get = |which| bytes(session, handle, which);
    let parts = match key_type(session, handle)? {
        Some(KeyType::RSA) => get(AttributeType::Modulus)?
            .zip(get(AttributeType::PublicExponent)?)
            .and_then(|(n, e)| rsa::public_key(&n, &e)),
        _ => get(AttributeType::EcParams)?
            .zip(get(AttributeType::EcPoint)?)
            .and_then(|(params, point)| point::public_key(&params, &point)),
    };
    let info = get(AttributeType::PublicKeyInfo)?.and_then(|der| PublicKey::from_spki_der(&der).ok());
    Ok(agreed(parts, info))
}

/// What two sources of one public key come to.
fn agreed(one: Option<PublicKey>, other: Option<PublicKey>) -> Option<PublicKey> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other),
    }
}

/// Whether a private key object is of the type that the algorithm needs (V31).
/// A module that does not tell is not refused: the signature will.
pub(super) fn type_fits(
    session: &Session,
    handle: ObjectHandle,
    algorithm: Algorithm,
) -> Result<bool, Error> {
    let wanted = match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => KeyType::EC,
        Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => KeyType::RSA,
        Algorithm::Ed25519 => KeyType::EC_EDWARDS,
    };
    Ok(key_type(session, handle)?.is_none_or(|got| got == wanted))
}

fn key_type(session: &Session, handle: ObjectHandle) -> Result<Option<KeyType>, Error> {
    Ok(match one(session, handle, AttributeType::KeyType)? {
        Some(Attribute::KeyType(got)) => Some(got),
        _ => None,
    })
}

/// The security attributes of a private key object.
pub(super) fn attributes(
    session: &Session,
    handle: ObjectHandle,
    quirks: &Quirks,
) -> Result<KeyAttributes, Error> {
    let flag = |which| flag(session, handle, which);
    let mut uses = Vec::new();
    for which in [
        AttributeType::Decrypt,
        AttributeType::Unwrap,
        AttributeType::Derive,
        AttributeType::SignRecover,
    ] {
        uses.push(flag(which)?);
    }
    let other_uses = if uses.contains(&Some(true)) {
        Some(true)
    } else if uses.contains(&None) {
        None
    } else {
        Some(false)
    };
    Ok(KeyAttributes {
        sensitive: flag(AttributeType::Sensitive)?,
        always_sensitive: flag(AttributeType::AlwaysSensitive)?,
        extractable: flag(AttributeType::Extractable)?,
        never_extractable: flag(AttributeType::NeverExtractable)?,
        local: flag(AttributeType::Local)?.filter(|local| *local || !quirks.local_is_false),
        sign: flag(AttributeType::Sign)?,
        always_authenticate: flag(AttributeType::AlwaysAuthenticate)?,
        other_uses,
    })
}

fn flag(session: &Session, handle: ObjectHandle, which: AttributeType) -> Result<Option<bool>, Error> {
    Ok(match one(session, handle, which)? {
        Some(
            Attribute::Sensitive(b)
            | Attribute::AlwaysSensitive(b)
            | Attribute::Extractable(b)
            | Attribute::NeverExtractable(b)
            | Attribute::Local(b)
            | Attribute::Sign(b)
            | Attribute::AlwaysAuthenticate(b)
            | Attribute::Decrypt(b)
            | Attribute::Unwrap(b)
            | Attribute::Derive(b)
            | Attribute::SignRecover(b),
        ) => Some(b),
        _ => None,
    })
}

fn bytes(session: &Session, handle: ObjectHandle, which: AttributeType) -> Result<Option<Vec<u8>>, Error> {
    Ok(match one(session, handle, which)? {
        Some(
            Attribute::Id(v)
            | Attribute::Label(v)
            | Attribute::EcParams(v)
            | Attribute::EcPoint(v)
            | Attribute::Modulus(v)
            | Attribute::PublicExponent(v)
            | Attribute::PublicKeyInfo(v),
        ) => Some(v),
        _ => None,
    })
}

/// One attribute; `None` where the module does not give it, whatever its reason,
/// unless the device itself is gone.
fn one(session: &Session, handle: ObjectHandle, which: AttributeType) -> Result<Option<Attribute>, Error> {
    match session.get_attributes(handle, &[which]) {
        Ok(mut got) => Ok(got.pop().filter(|a| a.attribute_type() == which)),
        Err(error) if super::error::is_gone(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sources_that_differ_are_none() {
        let key = |b| PublicKey::from_raw(Algorithm::Ed25519, &[b; 32]).ok();
        assert_eq!(agreed(key(1), key(1)), key(1));
        assert_eq!(agreed(key(1), None), key(1));
        assert_eq!(agreed(None, key(2)), key(2));
        assert_eq!(agreed(key(1), key(2)), None);
    }
}
