//! SHA-256 digests (FIPS 180-4), the only hash that the record, the bundle and
//! the keyids use. A digest is always whole: nothing here cuts one short, for a
//! shortened digest is how sq-git's check went void (RUSTSEC-2026-0109).

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, 32 bytes; written as 64 lowercase hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Text that is not 64 lowercase hexadecimal characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lowercase hexadecimal characters, got {got} characters")]
pub struct NotADigest {
    got: usize,
}

impl Digest {
    /// All zeroes: the `prev` of a record's first line.
    pub const ZERO: Digest = Digest([0; 32]);

    /// SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// SHA-256 of the parts one after another, without a separator: the caller
    /// gives parts whose ends cannot move (fixed lengths or a length prefix).
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Digest {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Digest(hasher.finalize().into())
    }

    /// A digest made elsewhere (a Merkle node, a device's answer).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lowercase hexadecimal characters.
    #[must_use]
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// Reads 64 lowercase hexadecimal characters; nothing else is a digest.
    ///
    /// # Errors
    /// [`NotADigest`] with the length found.
    pub fn parse(text: &str) -> Result<Digest, NotADigest> {
        HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(Digest)
            .ok_or(NotADigest { got: text.len() })
    }

    /// Hexadecimal in groups of four, for people who compare by eye.
    #[must_use]
    pub fn grouped(&self) -> String {
        let mut out = String::with_capacity(80);
        for (i, c) in self.hex().chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                out.push(' ');
            }
            out.push(c);
        }
        out
    }
}

/// A digest of bytes that come piece by piece: of a file that is larger than memory.
#[derive(Clone, Default)]
pub struct Running(Sha256);

impl Running {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Running {
        Running::default()
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// SHA-256 of all of them.
    #[must_use]
    pub fn end(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Digest::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abc_is_the_vector_of_fips_180_4() {
        let d = Digest::of(b"abc");
        assert_eq!(
            d.hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Digest::of_parts(&[b"a", b"bc"]), d);
        let mut running = Running::new();
        running.update(b"ab");
        running.update(b"c");
        assert_eq!(running.end(), d);
        assert!(d.grouped().starts_with("ba78 16bf 8f01"));
    }

    #[test]
    fn only_64_lowercase_characters_are_a_digest() {
        let good = Digest::of(b"").hex();
        assert!(Digest::parse(&good).is_ok());
        assert!(Digest::parse(&good.to_uppercase()).is_err());
        assert!(Digest::parse(good.get(..62).unwrap_or("")).is_err());
        assert!(Digest::parse("").is_err());
    }
}
