//! The keys in a device's folder: `<name>.<operation>.pem`, encrypted, and
//! `<name>.<operation>.pub.pem` beside it, so that keys can be listed before
//! anyone has typed a passphrase. The encrypted file is the commit point: a key
//! exists from the moment that file has its name (facts/security.md 5.3), and a
//! `.part` is never a key. Shared by file tokens and rehearsal tokens.

use super::folder::Folder;
use super::keyfile::{self, KeyFileError};
use super::softkey::SoftKey;
use crate::base::device::{
    Changed, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation, OperationId,
};
use crate::base::{Algorithm, Id, PublicKey, Secret};
use crate::signer::fault::{check_order, fault};
use crate::signer::{KeyMade, KeyRef};

/// A fault of the folder: reading or writing failed.
pub(crate) fn storage(
    operation: Operation,
    changed: Changed,
    folder: &Folder,
) -> impl Fn(std::io::Error) -> DeviceFault {
    let path = folder.path().display().to_string();
    move |error| {
        fault(
            operation,
            DeviceCode::Storage,
            changed,
            &format!("{path}: {error}"),
        )
    }
}

fn file_name(name: &Id, operation: &OperationId) -> String {
    format!("{name}.{}", operation.base32())
}

/// Which key a file holds; `None` for every other file.
fn key_of(file: &str) -> Option<(Id, OperationId)> {
    let (name, text) = file.strip_suffix(".pem")?.rsplit_once('.')?;
    let bytes = data_encoding::BASE32_NOPAD
        .decode(text.to_ascii_uppercase().as_bytes())
        .ok()?;
    let operation = OperationId::from_bytes(bytes.try_into().ok()?);
    (operation.base32() == text).then_some((Id::parse(name).ok()?, operation))
}

/// Every key, with its public half where that can be read.
pub(crate) fn list(folder: &Folder, attributes: &KeyAttributes) -> Result<Vec<KeyFound>, DeviceFault> {
    let failed = storage(Operation::Keys, Changed::No, folder);
    let mut found = Vec::new();
    for (name, operation) in folder.names().map_err(&failed)?.iter().filter_map(|f| key_of(f)) {
        let public = folder
            .read(&format!("{}.pub.pem", file_name(&name, &operation)))
            .ok()
            .and_then(|bytes| PublicKey::from_pem(std::str::from_utf8(&bytes).ok()?).ok());
        found.push(KeyFound {
            label: operation.label(&name),
            id: data_encoding::HEXLOWER.encode(operation.as_bytes()),
            public,
            attributes: attributes.clone(),
        });
    }
    Ok(found)
}

/// Makes a key. The caller holds the folder's lock and has checked the passphrase.
pub(crate) fn generate(
    folder: &Folder,
    order: &KeyOrder,
    passphrase: &Secret,
    attributes: &KeyAttributes,
) -> Result<KeyMade, DeviceFault> {
    check_order(order)?;
    let no_key = |code, text: &str| fault(Operation::Generate, code, Changed::No, text);
    if !SoftKey::makes(order.algorithm) {
        return Err(no_key(
            DeviceCode::Unsupported,
            &format!(
                "key files hold ed25519 or ecdsa-p256, not {}",
                order.algorithm.name()
            ),
        ));
    }
    not_taken(folder, &order.operation)?;
    let key =
        SoftKey::generate(order.algorithm).map_err(|_| no_key(DeviceCode::DeviceError, "no random bytes"))?;
    place(folder, &order.name, &order.operation, key, passphrase, attributes)
}

/// One key of one operation: the same one is never made or brought in twice.
fn not_taken(folder: &Folder, operation: &OperationId) -> Result<(), DeviceFault> {
    let taken = folder
        .names()
        .map_err(storage(Operation::Generate, Changed::No, folder))?
        .iter()
        .filter_map(|f| key_of(f))
        .any(|(_, other)| other == *operation);
    if taken {
        return Err(fault(
            Operation::Generate,
            DeviceCode::KeyExists,
            Changed::No,
            "a key of this operation is already there",
        ));
    }
    Ok(())
}

/// Writes a new or imported key. The public key is given out only after the
/// encrypted file was read back from the disk and opened with the passphrase.
/// The caller holds the folder's lock and has checked the passphrase.
pub(crate) fn place(
    folder: &Folder,
    name: &Id,
    operation: &OperationId,
    key: SoftKey,
    passphrase: &Secret,
    attributes: &KeyAttributes,
) -> Result<KeyMade, DeviceFault> {
    let no_key = |code, text: &str| fault(Operation::Generate, code, Changed::No, text);
    not_taken(folder, operation)?;
    let failed = storage(Operation::Generate, Changed::No, folder);
    let public = key
        .public()
        .ok_or_else(|| no_key(DeviceCode::DeviceError, "the new key has no public half"))?;
    let pem = keyfile::encrypt(&key, passphrase)
        .map_err(|error| no_key(DeviceCode::DeviceError, &error.to_string()))?;
    drop(key);

    let stem = file_name(name, operation);
    let (private_file, public_file) = (format!("{stem}.pem"), format!("{stem}.pub.pem"));
    let back = folder
        .write_part(&private_file, pem.as_bytes())
        .map_err(&failed)?;
    // From the disk, and decrypted: a key that cannot be opened again is no key.
    let reopened = keyfile::decrypt(&back, passphrase)
        .map_err(|error| no_key(DeviceCode::Storage, &format!("read back: {error}")))?;
    if reopened.public().as_ref() != Some(&public) {
        return Err(no_key(DeviceCode::Storage, "read back: another key"));
    }
    // A public half without a private one is left over from a crash, not a key.
    folder
        .write_part(&public_file, public.to_pem().as_bytes())
        .map_err(&failed)?;
    folder.commit_over(&public_file).map_err(&failed)?;
    folder
        .commit_new(&private_file)
        .map_err(storage(Operation::Generate, Changed::Unknown, folder))?;
    Ok(KeyMade {
        public,
        attributes: attributes.clone(),
    })
}

/// Keeps a key whose 32 bytes are public knowledge: a veteran's of a rehearsal.
pub(crate) fn place_known(
    folder: &Folder,
    name: &Id,
    operation: &OperationId,
    algorithm: Algorithm,
    raw: &[u8; 32],
    passphrase: &Secret,
    attributes: &KeyAttributes,
) -> Result<KeyMade, DeviceFault> {
    let broken = "the bytes are no key";
    let key = SoftKey::from_raw(algorithm, raw)
        .ok_or_else(|| fault(Operation::Generate, DeviceCode::DeviceError, Changed::No, broken))?;
    place(folder, name, operation, key, passphrase, attributes)
}

/// Opens the one key that `wanted` names, for a signature.
pub(crate) fn load(folder: &Folder, wanted: &KeyRef, passphrase: &Secret) -> Result<SoftKey, DeviceFault> {
    let refuse = |code, text: &str| fault(Operation::Sign, code, Changed::No, text);
    let name = format!("{}.pem", file_name(&wanted.name, &wanted.operation));
    let failed = storage(Operation::Sign, Changed::No, folder);
    if !folder.has(&name).map_err(&failed)? {
        return Err(refuse(DeviceCode::KeyNotUnique, "no such key is on this token"));
    }
    let file = folder.read(&name).map_err(&failed)?;
    let key = keyfile::decrypt(&file, passphrase).map_err(|error| match error {
        KeyFileError::Passphrase => refuse(
            DeviceCode::AnswerRefused,
            "the key file does not open with the token's passphrase: it was altered",
        ),
        other => refuse(DeviceCode::AnswerRefused, &other.to_string()),
    })?;
    if key.public().as_ref() != Some(&wanted.public) {
        return Err(refuse(
            DeviceCode::KeyDiffers,
            "the key file holds another key than the recorded one",
        ));
    }
    Ok(key)
}

/// Removes every key, public halves and leftovers too.
pub(crate) fn erase(folder: &Folder) -> std::io::Result<()> {
    for file in folder.names()? {
        let stem = file.strip_suffix(".part").unwrap_or(&file);
        let private = stem.strip_suffix(".pub.pem").map(|s| format!("{s}.pem"));
        if key_of(private.as_deref().unwrap_or(stem)).is_some() {
            folder.remove(&file)?;
        }
    }
    Ok(())
}

/// A small key whose file tells whether a passphrase is right. Written over an
/// older one; it counts once the device's state names its public half.
pub(crate) fn write_check(folder: &Folder, name: &str, secret: &Secret) -> Result<PublicKey, DeviceFault> {
    let failed = storage(Operation::Initialise, Changed::Unknown, folder);
    let broken = |text: &str| {
        fault(
            Operation::Initialise,
            DeviceCode::DeviceError,
            Changed::Unknown,
            text,
        )
    };
    let key = SoftKey::generate(Algorithm::Ed25519).map_err(|_| broken("no random bytes"))?;
    let public = key
        .public()
        .ok_or_else(|| broken("the check key has no public half"))?;
    let pem = keyfile::encrypt(&key, secret).map_err(|error| broken(&error.to_string()))?;
    let back = folder.write_part(name, pem.as_bytes()).map_err(&failed)?;
    let opened = keyfile::decrypt(&back, secret).map_err(|error| broken(&error.to_string()))?;
    if opened.public().as_ref() != Some(&public) {
        return Err(broken("the check file does not open again"));
    }
    folder.commit_over(name).map_err(&failed)?;
    Ok(public)
}

/// Whether `secret` opens the check file.
pub(crate) fn opens_check(
    operation: Operation,
    folder: &Folder,
    name: &str,
    public: &PublicKey,
    secret: &Secret,
) -> Result<bool, DeviceFault> {
    let file = folder
        .read(name)
        .map_err(storage(operation, Changed::No, folder))?;
    match keyfile::decrypt(&file, secret) {
        Ok(key) => Ok(key.public().as_ref() == Some(public)),
        Err(KeyFileError::Passphrase) => Ok(false),
        Err(other) => Err(fault(
            operation,
            DeviceCode::AnswerRefused,
            Changed::No,
            &format!("{name}: {other}"),
        )),
    }
}
