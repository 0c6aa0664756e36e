//! The witness's private key at rest: an Ed25519 seed, sealed with
//! ChaCha20-Poly1305 (RFC 8439) under a key that PBKDF2-HMAC-SHA256 (RFC 8018)
//! makes of a passphrase. `ring` does both, which the auditor's build has anyway.
//! The public key and the cost are under the seal too.

use std::num::NonZeroU32;

use data_encoding::BASE64;
use ed25519_dalek::{Signer as _, SigningKey};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::base::{Algorithm, PublicKey, Secret};
use crate::note::{NotAVkey, Vkey};

/// The shortest passphrase, in bytes: nothing but its length slows a thief down.
pub(super) const PASSPHRASE_MIN: usize = 12;
/// The longest key file.
pub(super) const MAX_KEY: usize = 4096;
/// Rounds of PBKDF2: written, and the only number that is worked off.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
const FIRST: &str = "tuf-ceremony witness key v0";

/// A witness's key, open.
pub(super) struct Key(SigningKey);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoKey {
    /// The system gives no random bytes.
    #[error("no random bytes")]
    Random,
    /// Another form than ours.
    #[error("expected a witness's key file, got another form: it is torn or was altered")]
    Form,
    /// The seal does not open.
    #[error("the passphrase does not open the key, or the file was altered")]
    Passphrase,
    /// The name cannot be a key's.
    #[error(transparent)]
    Vkey(#[from] NotAVkey),
}

impl Key {
    /// A new key: the seed from the system's randomness.
    pub(super) fn new() -> Result<Key, NoKey> {
        let mut seed = Zeroizing::new([0u8; 32]);
        random(seed.as_mut_slice())?;
        Ok(Key(SigningKey::from_bytes(&seed)))
    }

    /// Its public half under a witness's name.
    pub(super) fn vkey(&self, name: &str) -> Result<Vkey, NotAVkey> {
        let raw = self.0.verifying_key();
        let key = PublicKey::from_raw(Algorithm::Ed25519, raw.as_bytes());
        Vkey::cosigner(name, key.map_err(|e| NotAVkey::Key(e.to_string()))?)
    }

    /// An Ed25519 signature.
    pub(super) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).to_vec()
    }

    /// The key file.
    pub(super) fn seal(&self, vkey: &Vkey, passphrase: &Secret) -> Result<String, NoKey> {
        let (mut salt, mut nonce) = ([0u8; 32], [0u8; 12]);
        random(&mut salt)?;
        random(&mut nonce)?;
        let head = head(vkey, &salt, &nonce);
        // Room for seed and seal: no copy of the seed is left where it grew.
        let mut sealed = Zeroizing::new(Vec::with_capacity(48));
        sealed.extend_from_slice(&Zeroizing::new(self.0.to_bytes())[..]);
        cipher(passphrase, &salt)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(head.as_bytes()),
                &mut *sealed,
            )
            .map_err(|_| NoKey::Form)?;
        Ok(format!("{head}sealed {}\n", BASE64.encode(&sealed)))
    }

    /// Opens the key file of `vkey`.
    pub(super) fn open(file: &[u8], vkey: &Vkey, passphrase: &Secret) -> Result<Key, NoKey> {
        let text = std::str::from_utf8(file).map_err(|_| NoKey::Form)?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            BASE64.decode(line?.as_bytes()).ok()
        };
        let salt = field("salt ").ok_or(NoKey::Form)?;
        let salt = <[u8; 32]>::try_from(salt).map_err(|_| NoKey::Form)?;
        let nonce = field("nonce ").ok_or(NoKey::Form)?;
        let nonce = <[u8; 12]>::try_from(nonce).map_err(|_| NoKey::Form)?;
        let mut sealed = Zeroizing::new(field("sealed ").ok_or(NoKey::Form)?);
        let head = head(vkey, &salt, &nonce);
        // One key file has one spelling, and is of this witness.
        if text != format!("{head}sealed {}\n", BASE64.encode(&sealed)) {
            return Err(NoKey::Form);
        }
        let opened = cipher(passphrase, &salt)?
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(head.as_bytes()),
                sealed.as_mut_slice(),
            )
            .map_err(|_| NoKey::Passphrase)?;
        let seed = <&[u8; 32]>::try_from(&*opened).map_err(|_| NoKey::Form)?;
        let key = Key(SigningKey::from_bytes(seed));
        if key.vkey(vkey.name())? != *vkey {
            return Err(NoKey::Form);
        }
        Ok(key)
    }
}

/// Everything before the seal, which seals it too.
fn head(vkey: &Vkey, salt: &[u8; 32], nonce: &[u8; 12]) -> String {
    format!(
        "{FIRST}\nwitness {vkey}\npbkdf2-hmac-sha256 {ROUNDS}\nsalt {}\nchacha20-poly1305\nnonce {}\n",
        BASE64.encode(salt),
        BASE64.encode(nonce)
    )
}

fn cipher(passphrase: &Secret, salt: &[u8; 32]) -> Result<LessSafeKey, NoKey> {
    let mut key = Zeroizing::new([0u8; 32]);
    derive(
        PBKDF2_HMAC_SHA256,
        ROUNDS,
        salt,
        passphrase.expose(),
        key.as_mut_slice(),
    );
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).map_err(|_| NoKey::Form)?;
    Ok(LessSafeKey::new(key))
}

/// Random bytes of the system.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), NoKey> {
    SystemRandom::new().fill(bytes).map_err(|_| NoKey::Random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_with_its_passphrase_and_whole_alone() {
        let secret = |text: &[u8]| Secret::copy_of(text).unwrap();
        let pass = secret(b"correct horse battery");
        let key = Key::new().unwrap();
        let vkey = key.vkey("w1.example").unwrap();
        let file = key.seal(&vkey, &pass).unwrap();
        assert_ne!(file, key.seal(&vkey, &pass).unwrap(), "its own salt and nonce");
        let open = |file: &str, pass: &Secret| Key::open(file.as_bytes(), &vkey, pass);
        assert_eq!(open(&file, &pass).unwrap().sign(b"x"), key.sign(b"x"));
        assert!(matches!(
            open(&file, &secret(b"correct horse batterz")),
            Err(NoKey::Passphrase)
        ));
        let other = Key::new().unwrap().vkey("w1.example").unwrap();
        for (sin, text) in [
            ("cut", file[..file.len() - 9].to_owned()),
            ("fewer rounds", file.replace(" 600000\n", " 1\n")),
            (
                "another public key",
                file.replace(&vkey.to_string(), &other.to_string()),
            ),
            ("a line more", format!("{file}x\n")),
        ] {
            assert!(matches!(open(&text, &pass), Err(NoKey::Form)), "{sin}");
            assert!(Key::open(text.as_bytes(), &other, &pass).is_err(), "{sin}");
        }
        // The seal covers the head: a key under another one does not open.
        let swapped = Key::new().unwrap().seal(&vkey, &pass).unwrap();
        assert!(open(&swapped, &pass).is_err());
    }
}
