//! TUF key objects and keyids (TUF 4.2; facts/tuf.md 2.3, 2.4). A key keeps
//! every field it came with, because the keyid is the SHA-256 of the canonical
//! form of the *whole* object. A key of a kind that we do not use is kept, and
//! refuses only when somebody asks it for a public key.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};

use super::canonical::canonical;
use super::fields::{Fields, joined};
use super::refused::Refused;
use crate::base::key::NotAKey;
use crate::base::{Algorithm, Digest, Json, PublicKey, shown};

/// A keyid: SHA-256 of a canonical key object; 64 lowercase hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(Digest);

impl KeyId {
    /// Reads 64 lowercase hexadecimal characters. `at` is the path, for the error.
    ///
    /// # Errors
    /// [`Refused::KeyIdForm`]: TAP 12 allows any text, tough and rust-tuf do not.
    pub fn parse(text: &str, at: &str) -> Result<KeyId, Refused> {
        Digest::parse(text).map(KeyId).map_err(|_| Refused::KeyIdForm {
            at: at.to_owned(),
            got: shown(text, 80),
        })
    }

    /// The digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A TUF key object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `keytype`, as it stands.
    pub keytype: String,
    /// `scheme`, as it stands.
    pub scheme: String,
    /// `keyval.public`, as it stands; empty for a sigstore identity, which has none.
    pub public: String,
    /// Other members of `keyval`; all of them for a sigstore identity.
    pub keyval_unrecognized: BTreeMap<String, Json>,
    /// Other members of the object (`x-tuf-on-ci-keyowner`, ...).
    pub unrecognized: BTreeMap<String, Json>,
}

/// TAP 18: its `keyval` has `identity` and `issuer`, and no `public`.
const IDENTITY: &str = "sigstore-oidc";

/// Why a key object gives no public key that we use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    /// Another kind of key.
    #[error(
        "expected keytype and scheme ed25519/ed25519, ecdsa/ecdsa-sha2-nistp256, ecdsa/ecdsa-sha2-nistp384 or rsa/rsassa-pss-sha256, got {keytype}/{scheme}"
    )]
    Kind {
        /// The keytype, safe to show.
        keytype: String,
        /// The scheme, safe to show.
        scheme: String,
    },
    /// A sigstore identity (TAP 18): who signed is asked of a service.
    #[error("a sigstore-oidc identity (TAP 18): no offline client can count it")]
    Identity,
    /// An ML-DSA key (FIPS 204), by its name.
    #[error("an {0} key (TAP 21): not counted here; tough, tuf-js and rust-tuf cannot verify it")]
    PostQuantum(&'static str),
    /// An Ed25519 key that is not 64 lowercase hexadecimal characters.
    #[error("expected 64 lowercase hexadecimal characters, got {got}")]
    Hex {
        /// The public text, safe to show.
        got: String,
    },
    /// The public text is not this kind of key.
    #[error(transparent)]
    Form(#[from] NotAKey),
    /// A PEM of another algorithm than the keytype says.
    #[error("expected a {expected} key, got {got}")]
    OtherAlgorithm {
        /// The kind that keytype and scheme name.
        expected: &'static str,
        /// The algorithm in the PEM.
        got: &'static str,
    },
}

impl Key {
    /// The key object that we write for a public key (facts/tuf.md 2.3).
    #[must_use]
    pub fn of(public: &PublicKey) -> Key {
        let (keytype, scheme, text) = match public.algorithm() {
            Algorithm::Ed25519 => ("ed25519", "ed25519", HEXLOWER.encode(public.raw())),
            // With a final LF: without one the keyid differs (facts/tuf.md 2.3).
            Algorithm::EcdsaP256 => ("ecdsa", "ecdsa-sha2-nistp256", public.to_pem()),
            Algorithm::EcdsaP384 => ("ecdsa", "ecdsa-sha2-nistp384", public.to_pem()),
            Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => {
                ("rsa", "rsassa-pss-sha256", public.to_pem())
            }
        };
        Key {
            keytype: keytype.to_owned(),
            scheme: scheme.to_owned(),
            public: text,
            keyval_unrecognized: BTreeMap::new(),
            unrecognized: BTreeMap::new(),
        }
    }

    /// Reads a key object; `at` is its path, for errors.
    ///
    /// # Errors
    /// [`Refused::Missing`], [`Refused::Shape`].
    pub fn from_json(value: &Json, at: &str) -> Result<Key, Refused> {
        let mut fields = Fields::of(value, at)?;
        let keytype = fields.text("keytype")?;
        let scheme = fields.text("scheme")?;
        let keyval = fields.take("keyval")?;
        let mut keyval = Fields::of(keyval, &fields.path("keyval"))?;
        let public = if keytype == IDENTITY {
            String::new()
        } else {
            keyval.text("public")?
        };
        Ok(Key {
            keytype,
            scheme,
            public,
            keyval_unrecognized: keyval.rest(),
            unrecognized: fields.rest(),
        })
    }

    /// The object, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let keyval = if self.is_identity() {
            Json::Object(self.keyval_unrecognized.clone())
        } else {
            joined(
                &self.keyval_unrecognized,
                [("public", self.public.as_str().into())],
            )
        };
        joined(
            &self.unrecognized,
            [
                ("keytype", self.keytype.as_str().into()),
                ("scheme", self.scheme.as_str().into()),
                ("keyval", keyval),
            ],
        )
    }

    /// TUF 4.2: the keyid is SHA-256 over the canonical form of the key object.
    #[must_use]
    pub fn keyid(&self) -> KeyId {
        KeyId(Digest::of(&canonical(&self.to_json())))
    }

    /// The public key.
    ///
    /// # Errors
    /// [`NotUsable`] for other kinds and other spellings: legacy hexadecimal
    /// points, PEM without a final LF, PEM for Ed25519, compressed points; and
    /// for weak keys, under which a stranger's signature could verify.
    pub fn to_public(&self) -> Result<PublicKey, NotUsable> {
        let public = self.read_public()?;
        public.check_sound()?;
        Ok(public)
    }

    fn read_public(&self) -> Result<PublicKey, NotUsable> {
        match (self.keytype.as_str(), self.scheme.as_str()) {
            ("ed25519", "ed25519") => {
                let raw = HEXLOWER
                    .decode(self.public.as_bytes())
                    .map_err(|_| NotUsable::Hex {
                        got: shown(&self.public, 80),
                    })?;
                Ok(PublicKey::from_raw(Algorithm::Ed25519, &raw)?)
            }
            // The second keytype is the one before securesystemslib 1.0: read, never written.
            ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => {
                self.pem("P-256", |a| a == Algorithm::EcdsaP256)
            }
            ("ecdsa" | "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384") => {
                self.pem("P-384", |a| a == Algorithm::EcdsaP384)
            }
            ("rsa", "rsassa-pss-sha256") => self.pem("RSA", |a| a.modulus_bits().is_some()),
            (IDENTITY, _) => Err(NotUsable::Identity),
            ("ml-dsa", "ml-dsa-44/1") => Err(NotUsable::PostQuantum("ML-DSA-44")),
            ("ml-dsa", "ml-dsa-65/1") => Err(NotUsable::PostQuantum("ML-DSA-65")),
            ("ml-dsa", "ml-dsa-87/1") => Err(NotUsable::PostQuantum("ML-DSA-87")),
            (keytype, scheme) => Err(NotUsable::Kind {
                keytype: shown(keytype, 40),
                scheme: shown(scheme, 40),
            }),
        }
    }

    fn pem(&self, expected: &'static str, fits: fn(Algorithm) -> bool) -> Result<PublicKey, NotUsable> {
        let key = PublicKey::from_pem(&self.public)?;
        let got = key.algorithm();
        if fits(got) {
            Ok(key)
        } else {
            Err(NotUsable::OtherAlgorithm {
                expected,
                got: got.name(),
            })
        }
    }

    /// Whether it is a sigstore identity, which has no public key at all.
    pub(super) fn is_identity(&self) -> bool {
        self.keytype == IDENTITY
    }

    /// Who a sigstore identity is: the members of its `keyval`. Nothing for other keys.
    pub(super) fn identity(&self) -> impl Iterator<Item = (&String, &Json)> {
        let known = self.is_identity().then_some(&self.keyval_unrecognized);
        known.into_iter().flatten()
    }

    /// What all spellings of one public key have in common, whatever keytype,
    /// scheme, PEM wrapping, case, point form or extra fields they chose (V03).
    /// Only for finding aliases; a signature never counts by it.
    pub(super) fn material(&self) -> Vec<u8> {
        if self.is_identity() {
            // Two identities are one only if every member agrees.
            return canonical(&Json::Object(self.keyval_unrecognized.clone()));
        }
        let text = self.public.trim();
        let bytes = if text.starts_with("-----BEGIN") {
            let body: String = text
                .lines()
                .filter(|line| !line.starts_with("-----"))
                .flat_map(|line| line.chars().filter(|c| !c.is_ascii_whitespace()))
                .collect();
            BASE64.decode(body.as_bytes()).ok()
        } else {
            HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
        };
        let Some(bytes) = bytes else {
            return text.as_bytes().to_vec();
        };
        // An uncompressed point ends in x and y, a compressed one and Ed25519 in 32 bytes.
        if let Some([4, xy @ ..]) = bytes.last_chunk::<97>() {
            return xy.iter().take(48).copied().collect();
        }
        if let Some([4, xy @ ..]) = bytes.last_chunk::<65>() {
            return xy.iter().take(32).copied().collect();
        }
        match bytes.last_chunk::<33>() {
            Some([0 | 2 | 3, x @ ..]) if bytes.len() < 64 => x.to_vec(),
            _ => match bytes.last_chunk::<49>() {
                Some([2 | 3, x @ ..]) if bytes.len() < 96 => x.to_vec(),
                _ => bytes,
            },
        }
    }

    /// Names the rule under which `foreign` is this key's id (facts/tuf.md 2.4).
    pub(super) fn foreign_rule(&self, foreign: KeyId) -> &'static str {
        let mut bare = self.clone();
        bare.unrecognized.clear();
        bare.keyval_unrecognized.clear();
        if bare.keyid() == foreign {
            return ": the id of keytype, scheme and keyval alone; tough refuses it";
        }
        for (public, rule) in [
            (
                format!("{}\n", self.public),
                ": the id of the key with a final newline",
            ),
            (
                self.public.trim_end().to_owned(),
                ": the id of the key without its final newline",
            ),
        ] {
            let other = Key {
                public,
                ..self.clone()
            };
            if other.keyid() == foreign {
                return rule;
            }
        }
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    fn ed() -> PublicKey {
        let raw = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        PublicKey::from_raw(Algorithm::Ed25519, &raw).unwrap()
    }

    fn p256() -> PublicKey {
        let g = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
        PublicKey::from_raw(Algorithm::EcdsaP256, &hex(g)).unwrap()
    }

    #[test]
    fn keyids_are_the_golden_ones() {
        // facts/tuf.md 2.4, accepted by python-tuf, tuf-js, tough and rust-tuf.
        let mut key = Key::of(&ed());
        assert_eq!(
            key.keyid().to_string(),
            "74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916"
        );
        key.unrecognized
            .insert("x-tuf-on-ci-keyowner".into(), "@alice".into());
        assert_eq!(
            key.keyid().to_string(),
            "8a9bbb8a8267bca4d24954277fe1375a90f78c18ca5ec9ef8353b1d17d23f86a"
        );
        let mut key = Key::of(&ed());
        key.unrecognized.insert(
            "keyid_hash_algorithms".into(),
            Json::Array(vec!["sha256".into(), "sha512".into()]),
        );
        assert_eq!(
            key.keyid().to_string(),
            "01e8764eedab63b3593451765fc337b2cc6d2c66923845da255f448c19e2afc5"
        );
        let mut key = Key::of(&p256());
        assert_eq!(
            key.keyid().to_string(),
            "cf4736fae1a3a019d3506e4345cfb6549c7aa731eb5c19f61b60f0175882edcf"
        );
        key.keytype = "ecdsa-sha2-nistp256".into();
        assert_eq!(
            key.keyid().to_string(),
            "bfac1da14b04b0cb9f5f2244e5608da24f834de621a1f00ad9c8e0f1736a9cdf"
        );
        assert_eq!(key.to_public().unwrap(), p256());
        key.public = key.public.trim_end().into();
        assert!(key.keyid().to_string().starts_with("9acbf215dd152f56"));
        key.keytype = "ecdsa".into();
        assert!(key.keyid().to_string().starts_with("bd03c18d56018c26"));
        assert!(key.to_public().is_err(), "one key has one spelling");
        assert!(!key.foreign_rule(Key::of(&p256()).keyid()).is_empty());
    }

    #[test]
    fn unknown_kinds_are_kept_and_give_no_public_key() {
        let text =
            r#"{"keytype":"rsa","scheme":"rsassa-pss-sha512","keyval":{"public":"x","z":[1]},"y":null}"#;
        let value = Json::parse(text.as_bytes()).unwrap();
        let key = Key::from_json(&value, "k").unwrap();
        assert_eq!(key.to_json(), value);
        assert!(matches!(key.to_public(), Err(NotUsable::Kind { .. })));
    }

    #[test]
    fn six_spellings_are_one_key() {
        // V03
        let key = Key::of(&p256());
        let der = p256().to_spki_der();
        let with = |public: String| Key {
            public,
            ..key.clone()
        };
        let compressed = [&[2u8][..], &p256().raw()[1..33]].concat();
        for alias in [
            with(key.public.trim_end().into()),
            with(key.public.replace('\n', "\r\n")),
            with(format!(
                "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
                BASE64.encode(&der)
            )),
            with(HEXLOWER.encode(p256().raw())),
            with(HEXLOWER.encode(&compressed).to_uppercase()),
        ] {
            assert_ne!(alias.keyid(), key.keyid());
            assert_eq!(alias.material(), key.material(), "{}", alias.public);
        }
        let pem = Key {
            public: ed().to_pem(),
            ..Key::of(&ed())
        };
        assert_eq!(pem.material(), Key::of(&ed()).material());
        assert!(pem.to_public().is_err());
    }
}
