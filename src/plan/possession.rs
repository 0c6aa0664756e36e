//! Possession of a key that is not in this room: its holder signs, beforehand
//! and elsewhere, a text that names the ceremony, the key's name and the key
//! itself. The ceremony's digest does not exist yet, so the text binds what the
//! script calls it; its first line keeps it apart from the proofs that devices
//! make (`transcript::proof`) and, not being `{`, from TUF metadata. Nothing
//! here can sign it: this program only reads the answer.

use data_encoding::BASE64;

use crate::base::{Digest, Id, PublicKey};
use crate::script::Script;

/// What a key that lives elsewhere has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nothing; the approved script says so.
    Waived,
    /// A signature over [`challenge`], from the file with this SHA-256.
    Proven(Digest),
}

/// The exact bytes that the holder signs. Every value has its own line, and
/// none can hold an LF.
#[must_use]
pub fn challenge(script: &Script, name: &Id, key: &PublicKey) -> String {
    format!(
        "tuf-ceremony possession of a key elsewhere v1\norganisation {}\nsite {}\nceremony {}\nkey {name}\nfingerprint {}\n",
        script.organisation,
        script.site,
        script.ceremony,
        key.fingerprint(),
    )
}

/// Whether a proof file proves it: the signature raw (as `openssl` writes it)
/// or in base64 on one line (as `cosign` does). A DER SEQUENCE is never base64
/// text, and 64 random bytes are so once in 2^128.
#[must_use]
pub fn proves(script: &Script, name: &Id, key: &PublicKey, file: &[u8]) -> bool {
    let line = file.strip_suffix(b"\n").unwrap_or(file);
    let decoded = BASE64.decode(line).ok();
    let signature = decoded.as_deref().unwrap_or(file);
    key.verifies(challenge(script, name, key).as_bytes(), signature)
}
