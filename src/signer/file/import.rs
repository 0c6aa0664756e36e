//! Bringing an existing private key into a file token. The key is encrypted anew
//! under the token's passphrase, read back and opened before its public half is
//! given out, as a made one is. Whoever had the old file still has the key, so
//! an import is named as one wherever the key is.

use super::foreign::{self, ForeignError};
use super::{CHECK, FileProvider, FileToken, attributes, check_form, keystore, store};
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation, OperationId};
use crate::base::{Digest, Id, PublicKey, Secret};
use crate::signer::KeyMade;
use crate::signer::fault::{check_name, fault};

/// Longest file that an import reads, in bytes.
pub const IMPORT_MAX: usize = foreign::FOREIGN_MAX;

impl FileProvider {
    /// Whether a PEM file needs its old passphrase. Nothing is derived.
    ///
    /// # Errors
    /// A [`DeviceFault`] for a file that is none of ours to read.
    pub fn is_encrypted(pem: &[u8]) -> Result<bool, DeviceFault> {
        foreign::is_encrypted(pem).map_err(|error| refused(&error))
    }

    /// Keeps the private key of `pem` in the token `serial` as `name`, encrypted
    /// under `passphrase`, which must be the token's own; `old` opens an
    /// encrypted `pem`. The operation id follows from the public key, so the
    /// same key comes in once, under whatever name.
    ///
    /// # Errors
    /// A [`DeviceFault`]: `PinWrong` (which passphrase is said), `Unsupported`
    /// for kinds that are not taken, `AnswerRefused` for a malformed or costly
    /// file, `KeyExists`, `Storage`.
    pub fn import(
        &mut self,
        serial: &str,
        name: &Id,
        pem: &[u8],
        old: Option<&Secret>,
        passphrase: &Secret,
    ) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        check_name(name)?;
        let mut token = FileToken::open(&self.base, serial)?;
        let Some(check) = token.state(op)?.check else {
            return Err(fault(
                op,
                DeviceCode::NotInitialised,
                Changed::No,
                "the token was never initialised",
            ));
        };
        check_form(op, passphrase)?;
        // Before the key is read: a typo must not cost a look at it.
        if !store::opens_check(op, &token.folder, CHECK, &check, passphrase)? {
            return Err(fault(
                op,
                DeviceCode::PinWrong,
                Changed::No,
                "the token's passphrase is wrong",
            ));
        }
        let key = foreign::read(pem, old).map_err(|error| refused(&error))?;
        let public = key.public().ok_or_else(|| {
            fault(
                op,
                DeviceCode::DeviceError,
                Changed::No,
                "the key has no public half",
            )
        })?;
        // Law 8, as for any device: small-order and malformed keys stay out.
        public
            .check_sound()
            .map_err(|error| fault(op, DeviceCode::AnswerRefused, Changed::No, &error.to_string()))?;
        let held = token.folder.lock();
        let _held = held.map_err(keystore::storage(op, Changed::No, &token.folder))?;
        let operation = imported(&public);
        keystore::place(&token.folder, name, &operation, key, passphrase, &attributes())
    }
}

/// The operation id of an imported key: no ceremony ordered it, so it is a
/// digest of the public key in a domain of its own.
#[must_use]
pub fn imported(public: &PublicKey) -> OperationId {
    let digest = Digest::of_parts(&[b"tuf-ceremony imported key v1\0", public.fingerprint().as_bytes()]);
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    OperationId::from_bytes(id)
}

pub(super) fn refused(error: &ForeignError) -> DeviceFault {
    let code = match error {
        ForeignError::Kind { .. } => DeviceCode::Unsupported,
        ForeignError::Passphrase => DeviceCode::PinWrong,
        ForeignError::NoPassphrase => DeviceCode::PinForm,
        ForeignError::Long(_) | ForeignError::Form(_) | ForeignError::TooCostly(_) | ForeignError::Halves => {
            DeviceCode::AnswerRefused
        }
    };
    fault(Operation::Generate, code, Changed::No, &error.to_string())
}

#[cfg(test)]
#[allow(
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
mod tests;
