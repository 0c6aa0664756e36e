//! Verifier keys of signed notes (C2SP signed-note, Verifier keys): a name, a
//! short id and a key in one line, `name+hex8+base64(type || key)`. Three types:
//! Ed25519 for logs, approvers and attesters; ECDSA for smartcards that have
//! nothing else; witnesses' cosignatures. Whoever holds a vkey from an outside
//! source can verify with any C2SP tool. Weak keys are refused here, at the door.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};

use crate::base::{Algorithm, Digest, PublicKey, shown};

/// The longest key name in bytes.
const MAX_NAME: usize = 255;

/// How a key signs notes (signed-note, Signature types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureType {
    /// 0x01: Ed25519 over the note's text.
    Ed25519,
    /// 0x02: ECDSA in DER over the text, here on P-256 with SHA-256 only.
    EcdsaP256,
    /// 0x04: Ed25519 over the time and the text (C2SP tlog-cosignature,
    /// `cosignature/v1`): what witnesses make.
    Cosignature,
}

impl SignatureType {
    const ALL: [SignatureType; 3] = [
        SignatureType::Ed25519,
        SignatureType::EcdsaP256,
        SignatureType::Cosignature,
    ];

    /// The type byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            SignatureType::Ed25519 => 0x01,
            SignatureType::EcdsaP256 => 0x02,
            SignatureType::Cosignature => 0x04,
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            SignatureType::Ed25519 | SignatureType::Cosignature => Algorithm::Ed25519,
            SignatureType::EcdsaP256 => Algorithm::EcdsaP256,
        }
    }
}

/// A named key that signs notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    signs: SignatureType,
    key: PublicKey,
}

/// Why a text is not a [`Vkey`] we use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAVkey {
    /// Not three parts in the one spelling.
    #[error("expected name+hex8+base64 of an Ed25519 or P-256 key, got {0}")]
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
    /// Not a sound key of its type.
    #[error("expected a sound key that signs notes: {0}")]
    Key(String),
}

/// Whether a text can name a key: printable ASCII without space and plus (the
/// specification allows more of Unicode; two names must never look alike here).
#[must_use]
pub fn name_is_good(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(|c| matches!(c, '!'..='~') && c != '+')
}

impl Vkey {
    /// Names a key that signs a note's text: Ed25519, or P-256.
    ///
    /// # Errors
    /// [`NotAVkey::Name`] or [`NotAVkey::Key`].
    pub fn new(name: &str, key: PublicKey) -> Result<Vkey, NotAVkey> {
        let signs = match key.algorithm() {
            Algorithm::EcdsaP256 => SignatureType::EcdsaP256,
            _ => SignatureType::Ed25519,
        };
        Vkey::of(name, signs, key)
    }

    /// Names a witness's key, which signs cosignatures.
    ///
    /// # Errors
    /// As [`Vkey::new`].
    pub fn cosigner(name: &str, key: PublicKey) -> Result<Vkey, NotAVkey> {
        Vkey::of(name, SignatureType::Cosignature, key)
    }

    fn of(name: &str, signs: SignatureType, key: PublicKey) -> Result<Vkey, NotAVkey> {
        if !name_is_good(name) {
            return Err(NotAVkey::Name(shown(name, 60)));
        }
        if key.algorithm() != signs.algorithm() {
            return Err(NotAVkey::Key(format!("got {}", key.algorithm().name())));
        }
        key.check_sound().map_err(|e| NotAVkey::Key(e.to_string()))?;
        Ok(Vkey {
            name: name.to_owned(),
            signs,
            key,
        })
    }

    /// Reads `name+hex8+base64(type || key)`, in exactly the spelling that
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
        let (byte, encoded) = blob.split_first().ok_or_else(form)?;
        let signs = SignatureType::ALL.into_iter().find(|t| t.byte() == *byte);
        let signs = signs.ok_or_else(form)?;
        let key = match signs {
            SignatureType::EcdsaP256 => PublicKey::from_spki_der(encoded),
            _ => PublicKey::from_raw(Algorithm::Ed25519, encoded),
        };
        let vkey = Vkey::of(name, signs, key.map_err(|e| NotAVkey::Key(e.to_string()))?)?;
        let expected = HEXLOWER.encode(&vkey.id());
        if id != expected {
            return Err(NotAVkey::Id {
                expected,
                got: shown(id, 20),
            });
        }
        // One key, one spelling: an SPKI with other parameters would read back as the same key.
        if vkey.to_string() != text {
            return Err(form());
        }
        Ok(vkey)
    }

    /// SHA-256(name || LF || type || key), the first four bytes; for ECDSA
    /// SHA-256 of the SubjectPublicKeyInfo alone. An identifier: whoever wants a
    /// collision can make one, and gains a failed verification.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let digest = match self.signs {
            // signed-note, Signature types: the id of 0x02 has no name in it.
            SignatureType::EcdsaP256 => Digest::of(&self.key.to_spki_der()),
            signs => Digest::of_parts(&[self.name.as_bytes(), b"\n", &[signs.byte()], self.key.raw()]),
        };
        let [a, b, c, d, ..] = *digest.as_bytes();
        [a, b, c, d]
    }

    /// Whether these are the signature bytes of this key over a note's text.
    #[must_use]
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        match self.signs {
            SignatureType::Ed25519 | SignatureType::EcdsaP256 => {
                self.key.verifies(text.as_bytes(), signature)
            }
            // tlog-cosignature: eight bytes of time, then the signature.
            SignatureType::Cosignature => signature.split_first_chunk::<8>().is_some_and(|(time, rest)| {
                let time = u64::from_be_bytes(*time);
                self.key.verifies(cosigned(time, text).as_bytes(), rest)
            }),
        }
    }

    /// The key that a person names: by its name, or by the whole of it.
    #[must_use]
    pub fn named<'v>(keys: impl IntoIterator<Item = &'v Vkey>, name: &str) -> Option<&'v Vkey> {
        let mut keys = keys.into_iter();
        keys.find(|key| key.name == name || key.to_string() == name)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it signs.
    #[must_use]
    pub fn signs(&self) -> SignatureType {
        self.signs
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// What a witness signs (C2SP tlog-cosignature, `cosignature/v1`): the time in
/// POSIX seconds and a checkpoint's text.
#[must_use]
pub fn cosigned(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// As its one spelling.
impl serde::Serialize for Vkey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match self.signs {
            SignatureType::EcdsaP256 => self.key.to_spki_der(),
            _ => self.key.raw().to_vec(),
        };
        let blob = [&[self.signs.byte()], key.as_slice()].concat();
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
    use super::super::Note;
    use super::*;

    #[test]
    fn reads_and_writes_the_vkeys_of_other_implementations() {
        for text in [
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
            "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
            // The same key as a witness's, computed by Python's hashlib.
            "TEST+fdd2dbc7+BAcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        ] {
            assert_eq!(Vkey::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_card_and_a_witness_sign_as_python_does() {
        let note = Note::parse(include_bytes!("../../tests/vectors/note/card-and-witness.note")).unwrap();
        let vkeys = [
            include_str!("../../tests/vectors/note/card.vkey"),
            include_str!("../../tests/vectors/note/witness.vkey"),
        ]
        .map(|text| {
            let vkey = Vkey::parse(text.trim_end()).unwrap();
            assert_eq!(vkey.to_string(), text.trim_end());
            vkey
        });
        assert_eq!(
            vkeys.each_ref().map(Vkey::signs),
            [SignatureType::EcdsaP256, SignatureType::Cosignature]
        );
        for (vkey, line) in vkeys.iter().zip(note.signatures()) {
            assert!(note.verified_by(vkey));
            let other = note.text().replace("20852163", "20852164");
            assert!(!vkey.verifies(&other, line.signature()));
            for i in 0..line.signature().len() {
                let mut bytes = line.signature().to_vec();
                bytes[i] ^= 1;
                assert!(!vkey.verifies(note.text(), &bytes), "{} byte {i}", vkey.name());
            }
        }
        // A witness's signature is not a log's, though the key be the same.
        let as_log = Vkey::new(vkeys[1].name(), vkeys[1].key().clone()).unwrap();
        assert!(!as_log.verifies(note.text(), note.signatures()[1].signature()));
        assert!(Vkey::cosigner("card", vkeys[0].key().clone()).is_err());
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
