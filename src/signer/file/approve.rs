//! Signing an approval with an encrypted key file: the one text beside payloads
//! that a key of this room signs, and known by its first line, so that no path
//! signs arbitrary bytes (DESIGN 3). The file is read like one to be imported,
//! and nothing of it is kept.

use super::foreign;
use super::import::refused;
use super::{FileProvider, fault};
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation};
use crate::base::{ADDENDUM_HEADING, APPROVAL_HEADING, PublicKey, Secret};

impl FileProvider {
    /// Opens the encrypted private key of `pem` and signs the `text` of an approval or
    /// an addendum with it: raw for Ed25519, DER for P-256. Whose key it is the caller
    /// judges.
    ///
    /// # Errors
    /// A [`DeviceFault`]: `Unsupported` for a text that is neither and for keys
    /// that are not taken, `PinWrong`, `PinForm` for a file that is not encrypted,
    /// `AnswerRefused` for a malformed or costly file.
    pub fn approve(pem: &[u8], passphrase: &Secret, text: &str) -> Result<(PublicKey, Vec<u8>), DeviceFault> {
        let no = |code, why: &str| fault(Operation::Sign, code, Changed::No, why);
        // Each heading has a whole first line of its own: no other bytes are signed by hand.
        let first = text.split('\n').next().unwrap_or_default();
        if text == first || ![APPROVAL_HEADING, ADDENDUM_HEADING].contains(&first) {
            let why = "the text is neither an approval nor an addendum";
            return Err(no(DeviceCode::Unsupported, why));
        }
        if !FileProvider::is_encrypted(pem)? {
            let why = "the key file is not encrypted: openssl pkcs8 -topk8 -scrypt -in OLD -out NEW";
            return Err(no(DeviceCode::PinForm, why));
        }
        let key = foreign::read(pem, Some(passphrase)).map_err(|error| refused(&error))?;
        let made = key.public().zip(key.sign(text.as_bytes()));
        made.ok_or_else(|| no(DeviceCode::DeviceError, "the key did not sign"))
    }
}
