//! A private key in this process's memory, for file and rehearsal tokens: 32
//! bytes of seed or scalar, wiped on drop by the crates that hold them. Signing
//! is deterministic in both algorithms (RFC 8032, RFC 6979), so no nonce can be
//! repeated; the engine verifies with `ring`, which shares no code with this.

use ed25519_dalek::Signer as _;
use rand_core::{OsRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

use crate::base::{Algorithm, PublicKey};

/// PKCS#8 of an Ed25519 seed (RFC 8410 section 7), before the 32 bytes.
const ED25519_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// PKCS#8 of a P-256 scalar (RFC 5958 around RFC 5915), before the 32 bytes.
const P256_HEAD: [u8; 36] = [
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01,
    0x04, 0x20,
];
/// Between scalar and public point: `[1] BIT STRING`.
const P256_MIDDLE: [u8; 5] = [0xa1, 0x44, 0x03, 0x42, 0x00];

/// A private key.
pub(crate) enum SoftKey {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoRandom;

impl SoftKey {
    /// Whether keys of this kind can be made here: the two that every client reads.
    pub(super) fn makes(algorithm: Algorithm) -> bool {
        matches!(algorithm, Algorithm::Ed25519 | Algorithm::EcdsaP256)
    }

    /// A new key from the operating system's random bytes.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<SoftKey, NoRandom> {
        let mut raw = Zeroizing::new([0u8; 32]);
        // A P-256 scalar is out of range once in 2^32 draws; more than a few is a broken source.
        for _ in 0..8 {
            OsRng.try_fill_bytes(raw.as_mut_slice()).map_err(|_| NoRandom)?;
            if let Some(key) = SoftKey::from_raw(algorithm, &raw) {
                return Ok(key);
            }
        }
        Err(NoRandom)
    }

    /// A key from its 32 bytes; `None` for a number out of range.
    pub(super) fn from_raw(algorithm: Algorithm, raw: &[u8; 32]) -> Option<SoftKey> {
        match algorithm {
            Algorithm::Ed25519 => Some(SoftKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(raw))),
            Algorithm::EcdsaP256 => p256::ecdsa::SigningKey::from_slice(raw).ok().map(SoftKey::P256),
            _ => None,
        }
    }

    /// The public key.
    pub(crate) fn public(&self) -> Option<PublicKey> {
        match self {
            SoftKey::Ed25519(key) => {
                PublicKey::from_raw(Algorithm::Ed25519, key.verifying_key().as_bytes()).ok()
            }
            SoftKey::P256(key) => PublicKey::from_raw(
                Algorithm::EcdsaP256,
                key.verifying_key().to_encoded_point(false).as_bytes(),
            )
            .ok(),
        }
    }

    /// Whether these bytes are its public key: 32 bytes, or a point in either form.
    pub(super) fn has_public(&self, bytes: &[u8]) -> bool {
        match self {
            SoftKey::Ed25519(key) => key.verifying_key().as_bytes() == bytes,
            SoftKey::P256(key) => [false, true]
                .iter()
                .any(|compress| key.verifying_key().to_encoded_point(*compress).as_bytes() == bytes),
        }
    }

    /// Raw 64 bytes for Ed25519, DER for P-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            SoftKey::Ed25519(key) => key.try_sign(message).ok().map(|s| s.to_bytes().to_vec()),
            SoftKey::P256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(message).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
        }
    }

    /// Unencrypted PKCS#8 DER.
    pub(super) fn to_pkcs8(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut raw = Zeroizing::new([0u8; 32]);
        // Reserved once: a growing vector would leave a copy of the key behind.
        let mut der = Zeroizing::new(Vec::with_capacity(160));
        match self {
            SoftKey::Ed25519(key) => {
                raw.copy_from_slice(key.as_bytes());
                der.extend_from_slice(&ED25519_HEAD);
                der.extend_from_slice(raw.as_slice());
            }
            SoftKey::P256(key) => {
                let mut bytes = key.to_bytes();
                raw.copy_from_slice(bytes.as_slice());
                bytes.as_mut_slice().zeroize();
                der.extend_from_slice(&P256_HEAD);
                der.extend_from_slice(raw.as_slice());
                der.extend_from_slice(&P256_MIDDLE);
                der.extend_from_slice(self.public()?.raw());
            }
        }
        Some(der)
    }

    /// Reads what [`SoftKey::to_pkcs8`] writes, and nothing else.
    pub(super) fn from_pkcs8(der: &[u8]) -> Option<SoftKey> {
        if let Some(seed) = der.strip_prefix(&ED25519_HEAD) {
            return SoftKey::from_raw(Algorithm::Ed25519, seed.try_into().ok()?);
        }
        let (scalar, rest) = der.strip_prefix(&P256_HEAD)?.split_first_chunk::<32>()?;
        let key = SoftKey::from_raw(Algorithm::EcdsaP256, scalar)?;
        let point = rest.strip_prefix(&P256_MIDDLE)?;
        (key.public()?.raw() == point).then_some(key)
    }
}
