//! Throwaway keys: of the same kind as the ones they stand for, and following
//! from the payload's digest alone, so that the auditor's machine makes the
//! same. Their private halves are public knowledge; nothing may trust them.

use sha2::{Digest as _, Sha512};

use super::rsa::TestKey;
use crate::base::{Algorithm, Digest, PublicKey};

/// A key that is thrown away after the rehearsal.
pub(super) enum Throwaway {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa(TestKey),
}

impl Throwaway {
    /// The key that stands for `real` under the payload `digest`; `index` tells RSA
    /// keys of one length apart. `None`: there are not so many RSA test keys.
    pub(super) fn of(real: &PublicKey, digest: &Digest, index: usize) -> Option<Throwaway> {
        let algorithm = real.algorithm();
        // A scalar out of range has a chance of 2^-32 at most; the counter then moves on.
        (0..=u8::MAX).find_map(|counter| {
            let seed = Sha512::new()
                .chain_update(b"tuf-ceremony lint-sign v1\0")
                .chain_update(digest.hex())
                .chain_update(real.fingerprint().hex())
                .chain_update([counter])
                .finalize();
            let (short, long) = (seed.first_chunk::<32>()?, seed.first_chunk::<48>()?);
            match algorithm {
                Algorithm::Ed25519 => Some(Throwaway::Ed25519(ed25519_dalek::SigningKey::from_bytes(short))),
                Algorithm::EcdsaP256 => p256::ecdsa::SigningKey::from_slice(short)
                    .ok()
                    .map(Throwaway::P256),
                Algorithm::EcdsaP384 => p384::ecdsa::SigningKey::from_slice(long)
                    .ok()
                    .map(Throwaway::P384),
                _ => super::rsa::key(algorithm, index).map(Throwaway::Rsa),
            }
        })
    }

    pub(super) fn public(&self) -> Option<PublicKey> {
        let (algorithm, raw) = match self {
            Throwaway::Ed25519(key) => (Algorithm::Ed25519, key.verifying_key().to_bytes().to_vec()),
            Throwaway::P256(key) => (
                Algorithm::EcdsaP256,
                key.verifying_key().to_encoded_point(false).as_bytes().to_vec(),
            ),
            Throwaway::P384(key) => (
                Algorithm::EcdsaP384,
                key.verifying_key().to_encoded_point(false).as_bytes().to_vec(),
            ),
            Throwaway::Rsa(key) => return Some(key.public.clone()),
        };
        PublicKey::from_raw(algorithm, &raw).ok()
    }

    /// In the form that metadata carries: raw for Ed25519 and RSA, DER for ECDSA.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        use ed25519_dalek::Signer as _;
        match self {
            Throwaway::Ed25519(key) => Some(key.sign(message).to_bytes().to_vec()),
            Throwaway::P256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(message).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
            Throwaway::P384(key) => {
                let signature: p384::ecdsa::Signature = key.try_sign(message).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
            Throwaway::Rsa(key) => key.sign(message),
        }
    }
}
