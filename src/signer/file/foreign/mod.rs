//! Private keys that other programs wrote, read once to be kept in our own form:
//! PKCS#8 as python-tuf's and tough's users have it, SEC1, and sigstore's JSON
//! box. Everything else is refused by its name, with a way to convert it. A key
//! in a foreign file is hostile input: sizes first, costs before any work (V50),
//! and a public half that does not belong to the private one is a refusal.

mod cosign;
mod cost;
mod der;
mod pem;

use super::softkey::SoftKey;
use crate::base::Secret;
use cost::TooCostly;

/// Longest file that is read, in bytes.
pub(crate) const FOREIGN_MAX: usize = 16 * 1024;

/// Why no key was read. Nothing of the file's content is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForeignError {
    /// Longer than a key can be.
    #[error("expected at most {FOREIGN_MAX} bytes, got {0}")]
    Long(usize),
    /// Not of the form that it says it is, or cut.
    #[error("{0}")]
    Form(&'static str),
    /// A key, or a wrapping, that is known and not taken.
    #[error("{what} is not taken; {remedy}")]
    Kind {
        /// Its name.
        what: &'static str,
        /// What to do instead.
        remedy: &'static str,
    },
    /// It asks for more work than is ever done for a key file.
    #[error(transparent)]
    TooCostly(#[from] TooCostly),
    /// It is encrypted and no passphrase was given.
    #[error("the key is encrypted: its old passphrase is needed")]
    NoPassphrase,
    /// Wrong passphrase, or an altered file.
    #[error("the old passphrase does not open the key")]
    Passphrase,
    /// The public half in the file is another key's.
    #[error("the public half in the file does not belong to the private one")]
    Halves,
}

/// Re-encoding by `openssl`, for wrappings that we do not open.
pub(super) const REWRAP: &str = "convert it first: openssl pkcs8 -topk8 -scrypt -in OLD -out NEW";
/// Keys that no file token holds.
pub(super) const OTHER_KEY: &str = "key files hold Ed25519 and ECDSA P-256 keys only";

/// Whether a passphrase is needed to read the file. Costs nothing.
pub(crate) fn is_encrypted(file: &[u8]) -> Result<bool, ForeignError> {
    let block = pem::read(bounded(file)?)?;
    Ok(matches!(
        block.kind,
        pem::Kind::EncryptedPkcs8 | pem::Kind::Sigstore
    ))
}

/// The one key of a file. `old` is asked only of an encrypted one, and a
/// passphrase for a file that has none is no error.
pub(crate) fn read(file: &[u8], old: Option<&Secret>) -> Result<SoftKey, ForeignError> {
    let block = pem::read(bounded(file)?)?;
    let bytes = block.bytes.as_slice();
    match block.kind {
        pem::Kind::Pkcs8 => der::pkcs8(bytes)?.key(),
        pem::Kind::Sec1 => der::sec1_alone(bytes),
        pem::Kind::EncryptedPkcs8 => cost::open(bytes, old),
        pem::Kind::Sigstore => cosign::open(bytes, old),
    }
}

fn bounded(file: &[u8]) -> Result<&[u8], ForeignError> {
    if file.len() > FOREIGN_MAX {
        return Err(ForeignError::Long(file.len()));
    }
    Ok(file)
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
mod tests;
