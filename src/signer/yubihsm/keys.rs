//! Keys on the device: listing, making, attesting, using. The crate stops
//! reading a list at the first element that it does not know and says nothing
//! (facts/hsm.md 3.3, point 4), so every list is held against the storage's own
//! count; and the object, its attributes and its public key are read anew
//! before each use.

use yubihsm::command::Code;
use yubihsm::object::{Entry, Filter, Info, Label, Origin, Type};
use yubihsm::{Algorithm as Any, Capability, asymmetric};

use super::ED25519_MAX;
use super::link::{Info as Before, Link};
use super::roles::DOMAIN;
use crate::base::device::{
    Changed, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation, OperationId, Statement,
    StatementKind,
};
use crate::base::shown::shown_bytes;
use crate::base::{Algorithm, PublicKey};
use crate::signer::fault::{check_order, fault};
use crate::signer::{Grant, KeyMade, KeyRef};

/// Every object that this session sees, if that is every object there is: one
/// in another domain would be hidden from it (V25).
pub(super) fn listed(link: &mut Link, operation: Operation) -> Result<Vec<Entry>, DeviceFault> {
    let entries = link.tell(operation, Code::ListObjects, |c| c.list_objects(&[]))?;
    let storage = link.tell(operation, Code::GetStorageInfo, |c| c.get_storage_info())?;
    let used = storage.total_records.checked_sub(storage.free_records);
    if used.map(usize::from) == Some(entries.len()) {
        return Ok(entries);
    }
    let text = format!(
        "the device says that it holds {} objects and shows {}: some are hidden or of an unknown kind",
        used.map_or_else(|| "an impossible number of".to_owned(), |n| n.to_string()),
        entries.len()
    );
    Err(fault(operation, DeviceCode::AnswerRefused, Changed::No, &text))
}

pub(super) fn all(link: &mut Link) -> Result<Vec<KeyFound>, DeviceFault> {
    let operation = Operation::Keys;
    let mut keys = Vec::new();
    for entry in listed(link, operation)? {
        if entry.object_type == Type::AsymmetricKey {
            let info = info(link, operation, entry.object_id)?;
            let (label, id) = names(&info.label);
            keys.push(KeyFound {
                label,
                id,
                public: public(link, operation, &info)?,
                attributes: attributes(&info),
            });
        }
    }
    Ok(keys)
}

/// Makes a key. The device chooses the object's id; the label says to which
/// order it belongs.
pub(super) fn generate(link: &mut Link, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
    let operation = Operation::Generate;
    check_order(order)?;
    let (curve, capability) = kind(operation, order.algorithm)?;
    let text = order.operation.label(&order.name);
    let label = label(operation, &text)?;
    let before = link.check_same(operation)?;
    if let Some(taken) = taken(link, order)? {
        let why = format!("the key {taken} is already there");
        return Err(fault(operation, DeviceCode::KeyExists, Changed::No, &why));
    }
    let named = label.clone();
    let id = link.tell(operation, Code::GenerateAsymmetricKey, |c| {
        c.generate_asymmetric_key(0, named, DOMAIN, capability, curve)
    })?;
    // From here on a key may be there.
    let read_back = made(link, order, id, &label, capability).and_then(|made| {
        logged(link, operation, &before)?;
        Ok(made)
    });
    read_back.map_err(|mut fault| {
        if fault.changed == Changed::No {
            fault.changed = Changed::Yes;
        }
        fault
    })
}

/// Reads back what was made. A YubiHSM 2 has no objects that belong to a
/// session, so the session that made it sees what every other one would.
fn made(
    link: &mut Link,
    order: &KeyOrder,
    id: u16,
    label: &Label,
    capability: Capability,
) -> Result<KeyMade, DeviceFault> {
    let operation = Operation::Generate;
    let info = info(link, operation, id)?;
    let differs = |what: &str| {
        let why = format!("the new key's {what} differs from the order");
        fault(operation, DeviceCode::AttributesRefused, Changed::Yes, &why)
    };
    if info.label != *label {
        return Err(differs("label"));
    }
    if info.capabilities != capability || info.delegated_capabilities != Capability::empty() {
        return Err(differs("set of capabilities"));
    }
    if info.domains != DOMAIN {
        return Err(differs("domain"));
    }
    if info.origin != Origin::Generated {
        return Err(differs("origin"));
    }
    let public = public(link, operation, &info)?
        .filter(|key| key.algorithm() == order.algorithm)
        .ok_or_else(|| differs("algorithm"))?;
    Ok(KeyMade {
        public,
        attributes: attributes(&info),
    })
}

/// The device's certificate for the key and its own (opaque object 0), made
/// with the attestation key from the factory: key 0, never one that somebody
/// could have brought (facts/hsm.md 5.5).
pub(super) fn attest(link: &mut Link, key: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
    if key.public.algorithm() == Algorithm::Ed25519 {
        return Ok(None); // the device attests no Ed25519 key
    }
    let operation = Operation::Attest;
    link.check_same(operation)?;
    let id = find(link, operation, key)?.object_id;
    let own = link.tell(operation, Code::SignAttestationCertificate, |c| {
        c.sign_attestation_certificate(id, None)
    })?;
    let device = link.tell(operation, Code::GetOpaqueObject, |c| c.get_opaque(0))?;
    let hex = |der: &[u8]| data_encoding::HEXLOWER.encode(der);
    Ok(Some(Statement {
        kind: StatementKind::Yubihsm,
        certificates: vec![hex(own.as_slice()), hex(&device)],
        object: Some(id),
    }))
}

/// One signature, verified under the recorded key before it leaves.
pub(super) fn sign(link: &mut Link, grant: &Grant) -> Result<Vec<u8>, DeviceFault> {
    let operation = Operation::Sign;
    let refuse = |code, text: &str| fault(operation, code, Changed::No, text);
    let message = grant.payload.bytes();
    let algorithm = grant.key.public.algorithm();
    kind(operation, algorithm)?;
    // Above its frame the crate panics, and the device has no hash-first Ed25519.
    if algorithm == Algorithm::Ed25519 && message.len() > ED25519_MAX {
        let text = format!(
            "a YubiHSM 2 signs at most {ED25519_MAX} bytes with Ed25519, these are {}; use an ECDSA key",
            message.len()
        );
        return Err(refuse(DeviceCode::Unsupported, &text));
    }
    let before = link.check_same(operation)?;
    let id = find(link, operation, &grant.key)?.object_id;
    let signature = if algorithm == Algorithm::Ed25519 {
        let made = link.tell(operation, Code::SignEddsa, |c| c.sign_ed25519(id, message));
        made?.to_bytes().to_vec()
    } else {
        // Raw: the crate's typed signer would take 32 bytes for P-384.
        let digest = algorithm.prehashed(message).into_owned();
        link.tell(operation, Code::SignEcdsa, |c| {
            c.sign_ecdsa_prehash_raw(id, digest)
        })?
    };
    if grant.key.public.verifies(message, &signature) {
        logged(link, operation, &before)?;
        return Ok(signature);
    }
    Err(refuse(
        DeviceCode::SignatureWrong,
        "the device's signature does not verify under the recorded key",
    ))
}

/// The device's log grew. The library cannot show all of its audit options, so
/// that it logs what matters is seen by what it does (V33).
fn logged(link: &mut Link, operation: Operation, before: &Before) -> Result<(), DeviceFault> {
    if link.check_same(operation)?.log_used > before.log_used {
        return Ok(());
    }
    Err(fault(
        operation,
        DeviceCode::NotClean,
        Changed::Yes,
        "the device did it and did not log it: it was not set up by this program, or was reset since",
    ))
}

/// The one object that has the key's label and its public key.
fn find(link: &mut Link, operation: Operation, key: &KeyRef) -> Result<Info, DeviceFault> {
    let text = key.operation.label(&key.name);
    let label = label(operation, &text)?;
    let found = labelled(link, operation, &label)?;
    let [id] = found.as_slice() else {
        let why = format!("{} keys have the label {text}, expected one", found.len());
        return Err(fault(operation, DeviceCode::KeyNotUnique, Changed::No, &why));
    };
    let info = info(link, operation, *id)?;
    if info.label != label || public(link, operation, &info)?.as_ref() != Some(&key.public) {
        let why = format!("the key {text} on the device is not the recorded one");
        return Err(fault(operation, DeviceCode::KeyDiffers, Changed::No, &why));
    }
    Ok(info)
}

/// The label of a key that was made for this operation, under whatever name.
fn taken(link: &mut Link, order: &KeyOrder) -> Result<Option<String>, DeviceFault> {
    let operation = Operation::Generate;
    let wanted = data_encoding::HEXLOWER.encode(order.operation.as_bytes());
    let filters = [Filter::Type(Type::AsymmetricKey)];
    for entry in link.tell(operation, Code::ListObjects, |c| c.list_objects(&filters))? {
        let (label, id) = names(&info(link, operation, entry.object_id)?.label);
        if id == wanted {
            return Ok(Some(label));
        }
    }
    Ok(None)
}

/// Ids of the asymmetric keys with this label.
fn labelled(link: &mut Link, operation: Operation, label: &Label) -> Result<Vec<u16>, DeviceFault> {
    let filters = [Filter::Type(Type::AsymmetricKey), Filter::Label(label.clone())];
    let entries = link.tell(operation, Code::ListObjects, |c| c.list_objects(&filters))?;
    Ok(entries.iter().map(|e| e.object_id).collect())
}

fn info(link: &mut Link, operation: Operation, id: u16) -> Result<Info, DeviceFault> {
    let info = link.tell(operation, Code::GetObjectInfo, |c| {
        c.get_object_info(id, Type::AsymmetricKey)
    })?;
    if info.object_id == id && info.object_type == Type::AsymmetricKey {
        return Ok(info);
    }
    Err(fault(
        operation,
        DeviceCode::AnswerRefused,
        Changed::No,
        "asked for one object, the device described another",
    ))
}

/// `None`: of a kind that we do not use.
fn public(link: &mut Link, operation: Operation, info: &Info) -> Result<Option<PublicKey>, DeviceFault> {
    let (algorithm, head): (Algorithm, &[u8]) = match info.algorithm {
        Any::Asymmetric(asymmetric::Algorithm::EcP256) => (Algorithm::EcdsaP256, &[4]),
        Any::Asymmetric(asymmetric::Algorithm::EcP384) => (Algorithm::EcdsaP384, &[4]),
        Any::Asymmetric(asymmetric::Algorithm::Ed25519) => (Algorithm::Ed25519, &[]),
        _ => return Ok(None),
    };
    let id = info.object_id;
    let told = link.tell(operation, Code::GetPublicKey, |c| c.get_public_key(id))?;
    let raw = [head, told.as_slice()].concat();
    let key = PublicKey::from_raw(algorithm, &raw).ok();
    match key.filter(|_| Any::Asymmetric(told.algorithm) == info.algorithm) {
        Some(key) => Ok(Some(key)),
        None => Err(fault(
            operation,
            DeviceCode::AnswerRefused,
            Changed::No,
            "the public key is not of the kind that the object's description says",
        )),
    }
}

/// The device's words in PKCS#11's. A key object's capabilities never change,
/// so what cannot be exported now never could be; and the only way out is
/// encrypted, under a wrap key.
fn attributes(info: &Info) -> KeyAttributes {
    let signs = Capability::SIGN_ECDSA | Capability::SIGN_EDDSA;
    let exportable = info.capabilities.contains(Capability::EXPORTABLE_UNDER_WRAP);
    let local = info.origin == Origin::Generated;
    let others = info
        .capabilities
        .difference(signs)
        .difference(Capability::EXPORTABLE_UNDER_WRAP);
    KeyAttributes {
        sensitive: Some(true),
        always_sensitive: Some(local),
        extractable: Some(exportable),
        never_extractable: Some(local && !exportable),
        local: Some(local),
        sign: Some(info.capabilities.intersects(signs)),
        always_authenticate: Some(false),
        other_uses: Some(!others.is_empty()),
    }
}

fn kind(
    operation: Operation,
    algorithm: Algorithm,
) -> Result<(asymmetric::Algorithm, Capability), DeviceFault> {
    match algorithm {
        Algorithm::EcdsaP256 => Ok((asymmetric::Algorithm::EcP256, Capability::SIGN_ECDSA)),
        Algorithm::EcdsaP384 => Ok((asymmetric::Algorithm::EcP384, Capability::SIGN_ECDSA)),
        Algorithm::Ed25519 => Ok((asymmetric::Algorithm::Ed25519, Capability::SIGN_EDDSA)),
        rsa => Err(fault(
            operation,
            DeviceCode::Unsupported,
            Changed::No,
            &format!(
                "{}: RSA-PSS is broken in the YubiHSM library that we use (yubihsm 0.42.1); use ECDSA",
                rsa.name()
            ),
        )),
    }
}

fn label(operation: Operation, text: &str) -> Result<Label, DeviceFault> {
    Label::from_bytes(text.as_bytes()).map_err(|_| {
        fault(
            operation,
            DeviceCode::Unsupported,
            Changed::No,
            "a label of more than 40 bytes",
        )
    })
}

/// A label as text, and the operation id in it in hexadecimal (empty: none).
fn names(label: &Label) -> (String, String) {
    let bytes = label.0.split(|b| *b == 0).next().unwrap_or_default();
    let text = shown_bytes(bytes, 64);
    let operation = text.split_once(':').and_then(|(_, id)| {
        let bytes = data_encoding::BASE32_NOPAD.decode(id.to_ascii_uppercase().as_bytes());
        let id16 = OperationId::from_bytes(<[u8; 16]>::try_from(bytes.ok()?).ok()?);
        (id16.base32() == id).then(|| data_encoding::HEXLOWER.encode(id16.as_bytes()))
    });
    (text, operation.unwrap_or_default())
}
