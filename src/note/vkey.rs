//! Verifier keys of signed notes (C2SP signed-note, Verifier keys): a name, a
//! short id and an Ed25519 key in one line, `name+hex8+base64(0x01 || key)`.
//! Whoever holds a vkey from an outside source can verify our checkpoints with
//! any C2SP tool. Weak keys are refused here, at the door.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};

use crate::base::{Algorithm, Digest, PublicKey, shown};

/// signed-note, Signature types: Ed25519 over the note's text.
const ED25519: u8 = 0x01;
/// The longest key name in bytes.
const MAX_NAME: usize = 255;

/// A named Ed25519 key that signs notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    key: PublicKey,
}

/// Why a text is not a [`Vkey`] we use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAVkey {
    /// Not three parts in the one spelling.
    #[error("expected name+hex8+base64 of an Ed25519 key, got {0}")]
    Form(String),
    /// The name breaks the rule of [`name_is_good`].
    #[error("expected a name of 1 to {MAX_NAME} printable ASCII characters without space and plus, got {0}")]
    Name(String),
    /// The id is not the key's.
    #[error("expected the key id {expected}, got {got}")]
    Id {
        /// Computed from name and key.
        expected: String,
        /// What the text says.
        got: String,
    },
    /// Not a sound Ed25519 key.
    #[error("expected a sound Ed25519 key: {0}")]
    Key(String),
}

/// Whether a text can name a key: printable ASCII without space and plus (the
/// specification allows more of Unicode; two names must never look alike here).
#[must_use]
pub fn name_is_good(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(|c| matches!(c, '!'..='~') && c != '+')
}

impl Vkey {
    /// Names a key.
    ///
    /// # Errors
    /// [`NotAVkey::Name`] or [`NotAVkey::Key`].
    pub fn new(name: &str, key: PublicKey) -> Result<Vkey, NotAVkey> {
        if !name_is_good(name) {
            return Err(NotAVkey::Name(shown(name, 60)));
        }
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(NotAVkey::Key(format!("got {}", key.algorithm().name())));
        }
        key.check_sound().map_err(|e| NotAVkey::Key(e.to_string()))?;
        Ok(Vkey {
            name: name.to_owned(),
            key,
        })
    }

    /// Reads `name+hex8+base64(0x01 || key)`, in exactly the spelling that
    /// [`Vkey`] writes.
    ///
    /// # Errors
    /// [`NotAVkey`].
    pub fn parse(text: &str) -> Result<Vkey, NotAVkey> {
        let form = || NotAVkey::Form(shown(text, 80));
        // The base64 may hold a plus of its own: only the first two part anything.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(base64)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(form());
        };
        let blob = BASE64.decode(base64.as_bytes()).map_err(|_| form())?;
        let Some((&ED25519, raw)) = blob.split_first() else {
            return Err(form());
        };
        let key = PublicKey::from_raw(Algorithm::Ed25519, raw).map_err(|e| NotAVkey::Key(e.to_string()))?;
        let vkey = Vkey::new(name, key)?;
        let expected = HEXLOWER.encode(&vkey.id());
        if id != expected {
            return Err(NotAVkey::Id {
                expected,
                got: shown(id, 20),
            });
        }
        Ok(vkey)
    }

    /// SHA-256(name || LF || 0x01 || key), the first four bytes. An identifier:
    /// whoever wants a collision can make one, and gains a failed verification.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let digest = Digest::of_parts(&[self.name.as_bytes(), b"\n", &[ED25519], self.key.raw()]);
        let [a, b, c, d, ..] = *digest.as_bytes();
        [a, b, c, d]
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [&[ED25519], self.key.raw()].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            HEXLOWER.encode(&self.id()),
            BASE64.encode(&blob)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_vkeys_of_other_implementations() {
        for text in [
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
            "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        ] {
            assert_eq!(Vkey::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_every_mangled_vkey() {
        let good = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        for i in 0..good.len() {
            let mut bytes = good.as_bytes().to_vec();
            bytes[i] ^= 1;
            assert!(
                Vkey::parse(&String::from_utf8(bytes).unwrap()).is_err(),
                "byte {i}"
            );
            assert!(Vkey::parse(&good[..i]).is_err(), "cut at {i}");
        }
        assert!(
            Vkey::parse(&good.replace("c74f20a3", "C74F20A3")).is_err(),
            "upper case"
        );
        let weak = PublicKey::from_raw(Algorithm::Ed25519, &[0; 32]).unwrap();
        assert!(matches!(Vkey::new("weak", weak), Err(NotAVkey::Key(_))));
        for name in ["", "a b", "a+b", "a\u{e9}", "a\n", &"a".repeat(256)] {
            assert!(!name_is_good(name), "{name:?}");
        }
    }
}
