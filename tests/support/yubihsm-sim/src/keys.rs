//! Asymmetric keys whatever their algorithm: make one, check one, its public
//! part, its signatures.

use ed25519_dalek::{Signer, SigningKey};
use rand_core::{OsRng, RngCore};

use crate::codes::{Code, algorithm};
use crate::curve::curve;
use crate::objects::Object;
use crate::rsa_ops;

/// Random bytes.
#[must_use]
pub fn random(length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    OsRng.fill_bytes(&mut out);
    out
}

/// A new private key of this algorithm, as stored.
///
/// # Errors
/// `InvalidData` where the algorithm is none of asymmetric keys.
pub fn generate(algorithm: u8) -> Result<Vec<u8>, Code> {
    if algorithm == algorithm::ED25519 {
        return Ok(random(32));
    }
    match rsa_ops::bits(algorithm) {
        Some(bits) => rsa_ops::generate(bits),
        None => Ok(curve(algorithm).ok_or(Code::InvalidData)?.generate()),
    }
}

/// Whether `body` is a private key of this algorithm.
///
/// # Errors
/// `InvalidData` or `WrongLength` where it is not.
pub fn check(algorithm: u8, body: &[u8]) -> Result<(), Code> {
    let size = match (rsa_ops::bits(algorithm), curve(algorithm)) {
        (Some(bits), _) => bits / 8,
        (None, Some(curve)) => curve.size,
        (None, None) if algorithm == algorithm::ED25519 => 32,
        (None, None) => return Err(Code::InvalidData),
    };
    if body.len() == size {
        public(algorithm, body).map(drop)
    } else {
        Err(Code::WrongLength)
    }
}

/// The public part: modulus, `x‖y`, or the 32 bytes of Ed25519.
///
/// # Errors
/// `InvalidData` where there is none.
pub fn public(algorithm: u8, body: &[u8]) -> Result<Vec<u8>, Code> {
    if algorithm == algorithm::ED25519 {
        return Ok(signing_key(body)?.verifying_key().to_bytes().to_vec());
    }
    match rsa_ops::bits(algorithm) {
        Some(_) => Ok(rsa_ops::modulus(&rsa_ops::key(body)?)),
        None => curve(algorithm).ok_or(Code::InvalidData)?.public(body),
    }
}

fn signing_key(body: &[u8]) -> Result<SigningKey, Code> {
    Ok(SigningKey::from_bytes(
        body.try_into().map_err(|_| Code::WrongLength)?,
    ))
}

/// ECDSA over a digest, DER.
///
/// # Errors
/// `InvalidData` where the key is of no curve, `WrongLength` where the digest is of no hash.
pub fn sign_ecdsa(key: &Object, digest: &[u8]) -> Result<Vec<u8>, Code> {
    let curve = curve(key.algorithm).ok_or(Code::InvalidData)?;
    if ![20, 28, 32, 48, 64].contains(&digest.len()) {
        return Err(Code::WrongLength);
    }
    curve.sign(&key.body, digest)
}

/// Ed25519 over a message, 64 bytes.
///
/// # Errors
/// `InvalidData` where the key is of another algorithm.
pub fn sign_eddsa(key: &Object, message: &[u8]) -> Result<Vec<u8>, Code> {
    if key.algorithm != algorithm::ED25519 {
        return Err(Code::InvalidData);
    }
    Ok(signing_key(&key.body)?.sign(message).to_vec())
}
