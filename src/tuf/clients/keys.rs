//! Public keys in all the spellings that some client takes, and whether a
//! signature verifies in the way that this client verifies. Verification is by
//! `ring`; of algorithms that it does not have, the model says that it is not sure.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use crate::base::{Algorithm, PublicKey};

/// What a client does with a key of a role that is being checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyUse {
    /// It verifies with this.
    Verify(Verifier),
    /// No signature of it ever verifies, and the role goes on.
    Never,
    /// The check of the role ends with an error.
    Fatal(String),
    /// This model cannot tell.
    Unsure(&'static str),
}

/// A key and how signatures are checked with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verifier {
    /// The key.
    pub(super) public: PublicKey,
    /// How.
    pub(super) how: How,
}

/// How signatures are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The one way of the key's algorithm; RSA with SHA-256, PSS, salt of 32 bytes.
    Plain,
    /// Like `Plain`, and a raw `r || s` for ECDSA.
    OrRaw,
    /// RSA-PSS with SHA-256 and a salt of any length.
    AnySalt,
    /// RSA-PSS with SHA-384.
    Pss384,
    /// RSA-PSS with SHA-512.
    Pss512,
    /// RSA PKCS#1 v1.5 with SHA-256.
    Pkcs1Sha256,
}

/// Whether a signature verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verified {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// This model cannot tell.
    Unsure(&'static str),
}

impl Verifier {
    /// A key with the one way of its algorithm.
    pub(super) fn plain(public: PublicKey) -> KeyUse {
        KeyUse::Verify(Verifier {
            public,
            how: How::Plain,
        })
    }

    /// Whether `sig` over `message` verifies.
    pub(super) fn check(&self, message: &[u8], sig: &[u8]) -> Verified {
        let rsa = |algorithm: &'static dyn VerificationAlgorithm| {
            let der = self.public.to_spki_der();
            // SEQUENCE, AlgorithmIdentifier and BIT STRING head of 2048 to 4096 bits: 24 bytes.
            let key = UnparsedPublicKey::new(algorithm, der.get(24..).unwrap_or_default().to_vec());
            yes(key.verify(message, sig).is_ok())
        };
        match self.how {
            How::Plain => yes(self.public.verifies(message, sig)),
            How::OrRaw if self.public.algorithm() == Algorithm::EcdsaP256 && sig.len() == 64 => {
                let fixed = &signature::ECDSA_P256_SHA256_FIXED;
                let key = UnparsedPublicKey::new(fixed, self.public.raw());
                yes(key.verify(message, sig).is_ok())
            }
            How::OrRaw => yes(self.public.verifies(message, sig)),
            How::AnySalt if self.public.verifies(message, sig) => Verified::Yes,
            How::AnySalt => {
                Verified::Unsure("an RSA-PSS signature whose salt is not 32 bytes, or a wrong one")
            }
            How::Pss384 => rsa(&signature::RSA_PSS_2048_8192_SHA384),
            How::Pss512 => rsa(&signature::RSA_PSS_2048_8192_SHA512),
            How::Pkcs1Sha256 => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        }
    }
}

fn yes(verified: bool) -> Verified {
    if verified { Verified::Yes } else { Verified::No }
}

/// A SubjectPublicKeyInfo from PEM, however its lines are broken.
pub(super) fn pem(text: &str) -> Option<PublicKey> {
    let body = text
        .trim_start()
        .strip_prefix("-----BEGIN PUBLIC KEY-----")?
        .split_once("-----END PUBLIC KEY-----")?
        .0;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = BASE64.decode(body.as_bytes()).ok()?;
    PublicKey::from_spki_der(&der).ok()
}

/// A key in hexadecimal, of either case.
pub(super) fn hex(text: &str, algorithm: Algorithm) -> Option<PublicKey> {
    let raw = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
    PublicKey::from_raw(algorithm, &raw).ok()
}

/// Whether it is RSA of a size that we know.
pub(super) fn is_rsa(key: &PublicKey) -> bool {
    key.algorithm().modulus_bits().is_some()
}
