//! Key objects on a token: finding exactly one, and reading what it says of
//! itself. Modules allow two objects with one id and label, tie a public to a
//! private object by nothing but CKA_ID, and fail a whole request over one bad
//! attribute (facts/hsm.md 1.3), so every attribute is asked for by itself. What
//! a search returns is held against what was searched for.

use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::quirks::Quirks;
use super::raw::Raw;
use super::{point, rsa};
use crate::base::device::{KeyAttributes, KeyFound, KeyOrder, OperationId};
use crate::base::shown::shown_bytes;
use crate::base::{Algorithm, Id, PublicKey};

/// Bytes of a label or id that are shown.
const SHOWN: usize = 64;

/// A session and the calls by hand that belong to it.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    pub(super) raw: &'s Raw,
    pub(super) session: &'s Session,
}

/// The objects of a class with this id and this label. A module that returns
/// others as well is not believed: each says its own id and label.
pub(super) fn named(
    place: Place<'_>,
    class: ObjectClass,
    operation: &OperationId,
    name: &Id,
) -> Result<Vec<ObjectHandle>, Error> {
    let wanted = Names {
        id: operation.as_bytes().to_vec(),
        label: operation.label(name).into_bytes(),
    };
    let mut found = Vec::new();
    for handle in place.session.find_objects(&[
        Attribute::Class(class),
        Attribute::Id(wanted.id.clone()),
        Attribute::Label(wanted.label.clone()),
    ])? {
        if Names::of(place, handle)? == wanted {
            found.push(handle);
        }
    }
    Ok(found)
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
pub(super) fn all(place: Place<'_>, quirks: &Quirks) -> Result<Vec<KeyFound>, Error> {
    let mut found: Vec<(Names, KeyFound)> = Vec::new();
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        let template = [Attribute::Class(class), Attribute::Token(true)];
        for handle in place.session.find_objects(&template)? {
            let names = Names::of(place, handle)?;
            if class == ObjectClass::PUBLIC_KEY {
                let public = public(place, handle)?;
                // Two public halves for one private one: neither can be believed.
                let mut halves = found.iter_mut().filter(|(other, _)| *other == names);
                if let Some((_, key)) = halves.next() {
                    key.public = if key.public.is_none() { public } else { None };
                    continue;
                }
                drop(halves);
                found.push((names.clone(), names.entry(public, KeyAttributes::default())));
            } else {
                let attributes = attributes(place, handle, quirks)?;
                found.push((names.clone(), names.entry(None, attributes)));
            }
        }
    }
    Ok(found.into_iter().map(|(_, key)| key).collect())
}

/// CKA_ID and CKA_LABEL; empty where an object has none.
#[derive(Clone, PartialEq, Eq)]
struct Names {
    id: Vec<u8>,
    label: Vec<u8>,
}

impl Names {
    /// By these an object is found and told apart: any failure to read them is one.
    fn of(place: Place<'_>, handle: ObjectHandle) -> Result<Names, Error> {
        let get = |which: AttributeType| place.raw.attribute(place.session, handle, which.into());
        Ok(Names {
            id: get(AttributeType::Id)?.unwrap_or_default(),
            label: get(AttributeType::Label)?.unwrap_or_default(),
        })
    }

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
pub(super) fn public(place: Place<'_>, handle: ObjectHandle) -> Result<Option<PublicKey>, Error> {
    let get = |which| one(place, handle, which);
    let parts = match key_type(place, handle)? {
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
pub(super) fn type_fits(place: Place<'_>, handle: ObjectHandle, algorithm: Algorithm) -> Result<bool, Error> {
    let wanted = match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => KeyType::EC,
        Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => KeyType::RSA,
        Algorithm::Ed25519 => KeyType::EC_EDWARDS,
    };
    Ok(key_type(place, handle)?.is_none_or(|got| got == wanted))
}

/// A CK_KEY_TYPE is a CK_ULONG in the machine's own order (v3.1 4.1).
fn key_type(place: Place<'_>, handle: ObjectHandle) -> Result<Option<KeyType>, Error> {
    let value = one(place, handle, AttributeType::KeyType)?;
    Ok(value
        .and_then(|bytes| bytes.try_into().ok())
        .and_then(|bytes| KeyType::try_from(u64::from_ne_bytes(bytes)).ok()))
}

/// The security attributes of a private key object.
pub(super) fn attributes(
    place: Place<'_>,
    handle: ObjectHandle,
    quirks: &Quirks,
) -> Result<KeyAttributes, Error> {
    let flag = |which| flag(place, handle, which);
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

/// A CK_BBOOL is one byte, 0 or 1 (v3.1 2.1); anything else says nothing.
fn flag(place: Place<'_>, handle: ObjectHandle, which: AttributeType) -> Result<Option<bool>, Error> {
    Ok(match one(place, handle, which)?.as_deref() {
        Some([0]) => Some(false),
        Some([1]) => Some(true),
        _ => None,
    })
}

/// One attribute; `None` where the module does not give it. OpenSC and others say
/// by a general code that they do not have one. Every other failure is one: above
/// all a handle that is no longer valid (the object or its token went since the
/// search). It is not looked for again here; who asked may ask again, in a new search.
fn one(place: Place<'_>, handle: ObjectHandle, which: AttributeType) -> Result<Option<Vec<u8>>, Error> {
    use RvError as R;
    match place.raw.attribute(place.session, handle, which.into()) {
        Err(Error::Pkcs11(R::FunctionNotSupported | R::FunctionFailed | R::GeneralError, _)) => Ok(None),
        told => told,
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
