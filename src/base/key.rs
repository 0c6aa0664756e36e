//! Public keys as people and files carry them: SubjectPublicKeyInfo (RFC 5280)
//! in DER and PEM, for Ed25519 (RFC 8410), P-256 and P-384 (RFC 5480) and RSA of
//! 2048, 3072 or 4096 bits with exponent 65537 (RFC 8017). Signatures are
//! verified by `ring`, which shares no code with what signs; a key is enrolled
//! only if dalek's strict rules hold as well, so that every TUF client agrees
//! (12 speccheck vectors, RUSTSEC-2022-0093 class).

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};

use super::Digest;

/// What a key is for: its curve and the signature that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// Pure Ed25519 over the whole message (RFC 8032); 64 raw bytes.
    #[serde(rename = "ed25519")]
    Ed25519,
    /// ECDSA on P-256 with SHA-256; ASN.1 DER `SEQUENCE { r, s }`.
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384; ASN.1 DER. Not every TUF client reads it.
    #[serde(rename = "ecdsa-p384")]
    EcdsaP384,
    /// RSASSA-PSS, 2048 bits, SHA-256, MGF1 with SHA-256, salt of 32 bytes (RFC 8017 8.1).
    #[serde(rename = "rsa-pss-2048")]
    RsaPss2048,
    /// The same with 3072 bits.
    #[serde(rename = "rsa-pss-3072")]
    RsaPss3072,
    /// The same with 4096 bits.
    #[serde(rename = "rsa-pss-4096")]
    RsaPss4096,
}

/// RFC 8017 A.1.1: `SEQUENCE { INTEGER n, INTEGER 65537 }`. With the top bit of n
/// set (the key has the length that it is called by) every length is fixed.
struct RsaForm {
    /// Up to n's leading zero byte, inclusive.
    head: &'static [u8],
    /// Bytes of n.
    modulus: usize,
}

/// `INTEGER 65537`.
const RSA_EXPONENT: &[u8] = &[0x02, 0x03, 0x01, 0x00, 0x01];

impl Algorithm {
    /// The word that scripts and records use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Ed25519 => "ed25519",
            Algorithm::EcdsaP256 => "ecdsa-p256",
            Algorithm::EcdsaP384 => "ecdsa-p384",
            Algorithm::RsaPss2048 => "rsa-pss-2048",
            Algorithm::RsaPss3072 => "rsa-pss-3072",
            Algorithm::RsaPss4096 => "rsa-pss-4096",
        }
    }

    /// Every algorithm.
    pub const ALL: &[Algorithm] = &[
        Algorithm::Ed25519,
        Algorithm::EcdsaP256,
        Algorithm::EcdsaP384,
        Algorithm::RsaPss2048,
        Algorithm::RsaPss3072,
        Algorithm::RsaPss4096,
    ];

    /// Reads the word that scripts and records use.
    #[must_use]
    pub fn parse(name: &str) -> Option<Algorithm> {
        Algorithm::ALL.iter().copied().find(|a| a.name() == name)
    }

    /// Length of the raw public key: 32 for Ed25519, 65 or 97 for an uncompressed
    /// point, 270, 398 or 526 for an RSAPublicKey in DER.
    #[must_use]
    pub fn raw_len(self) -> usize {
        match self {
            Algorithm::Ed25519 => 32,
            Algorithm::EcdsaP256 => 65,
            Algorithm::EcdsaP384 => 97,
            Algorithm::RsaPss2048 => 270,
            Algorithm::RsaPss3072 => 398,
            Algorithm::RsaPss4096 => 526,
        }
    }

    /// Bits of an RSA modulus; `None` for other algorithms.
    #[must_use]
    pub fn modulus_bits(self) -> Option<usize> {
        match self {
            Algorithm::RsaPss2048 => Some(2048),
            Algorithm::RsaPss3072 => Some(3072),
            Algorithm::RsaPss4096 => Some(4096),
            _ => None,
        }
    }

    /// What a device is given to sign for `message` where it does not hash by
    /// itself (raw ECDSA): the digest that belongs to the curve, never another
    /// one. For the other algorithms the message itself.
    #[must_use]
    pub fn prehashed<'m>(self, message: &'m [u8]) -> std::borrow::Cow<'m, [u8]> {
        use sha2::Digest as _;
        match self {
            Algorithm::EcdsaP256 => sha2::Sha256::digest(message).to_vec().into(),
            Algorithm::EcdsaP384 => sha2::Sha384::digest(message).to_vec().into(),
            _ => message.into(),
        }
    }

    fn rsa_form(self) -> Option<RsaForm> {
        let (head, modulus): (&[u8], usize) = match self {
            Algorithm::RsaPss2048 => (&[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00], 256),
            Algorithm::RsaPss3072 => (&[0x30, 0x82, 0x01, 0x8a, 0x02, 0x82, 0x01, 0x81, 0x00], 384),
            Algorithm::RsaPss4096 => (&[0x30, 0x82, 0x02, 0x0a, 0x02, 0x82, 0x02, 0x01, 0x00], 512),
            _ => return None,
        };
        Some(RsaForm { head, modulus })
    }

    /// Whether raw bytes have the form that the algorithm's keys have.
    fn fits(self, raw: &[u8]) -> bool {
        if raw.len() != self.raw_len() {
            return false;
        }
        match self {
            Algorithm::Ed25519 => true,
            Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => raw.first() == Some(&4),
            _ => self.rsa_form().is_some_and(|form| {
                raw.strip_prefix(form.head)
                    .and_then(|rest| rest.strip_suffix(RSA_EXPONENT))
                    .is_some_and(|n| n.len() == form.modulus && n.first().is_some_and(|b| *b >= 0x80))
            }),
        }
    }

    /// The DER that stands before the raw key in its SubjectPublicKeyInfo.
    fn spki_head(self) -> &'static [u8] {
        match self {
            // RFC 8410 section 4: SEQUENCE { SEQUENCE { 1.3.101.112 }, BIT STRING }
            Algorithm::Ed25519 => &[
                0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
            ],
            // RFC 5480 section 2: id-ecPublicKey with the named curve prime256v1
            Algorithm::EcdsaP256 => &[
                0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
                0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
            ],
            // The same with secp384r1
            Algorithm::EcdsaP384 => &[
                0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05,
                0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
            ],
            // RFC 3279 2.3.1: rsaEncryption with NULL parameters
            Algorithm::RsaPss2048 => &[
                0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
                0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
            ],
            Algorithm::RsaPss3072 => &[
                0x30, 0x82, 0x01, 0xa2, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
                0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x8f, 0x00,
            ],
            Algorithm::RsaPss4096 => &[
                0x30, 0x82, 0x02, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
                0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x02, 0x0f, 0x00,
            ],
        }
    }
}

/// A public key: its algorithm and its raw bytes (32 for Ed25519, the
/// uncompressed point for ECDSA, the DER RSAPublicKey for RSA). Equality is equality of the key
/// itself, whatever spelling it came in; thresholds count these (law 6).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    algorithm: Algorithm,
    raw: Vec<u8>,
}

/// Why bytes are not a public key we use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// The length or first byte does not belong to the algorithm.
    #[error("expected a raw {expected} public key, got {got} bytes of another form")]
    Form {
        /// The algorithm's name.
        expected: &'static str,
        /// Bytes found.
        got: usize,
    },
    /// Not the DER or PEM of a SubjectPublicKeyInfo that we use.
    #[error(
        "expected a SubjectPublicKeyInfo of an Ed25519, P-256, P-384 or RSA key (RFC 8410, RFC 5480, RFC 3279): {0}"
    )]
    Spki(&'static str),
    /// The point is not on the curve, of small order or not canonical; the modulus
    /// can be taken apart.
    #[error("the key is weak or malformed: {0}")]
    Weak(&'static str),
}

impl PublicKey {
    /// From the raw bytes of the algorithm.
    ///
    /// # Errors
    /// [`NotAKey::Form`]; whether the point is sound is [`PublicKey::check_sound`]'s.
    pub fn from_raw(algorithm: Algorithm, raw: &[u8]) -> Result<PublicKey, NotAKey> {
        if !algorithm.fits(raw) {
            return Err(NotAKey::Form {
                expected: algorithm.name(),
                got: raw.len(),
            });
        }
        Ok(PublicKey {
            algorithm,
            raw: raw.to_vec(),
        })
    }

    /// From an RSA modulus, big-endian without a leading zero; the exponent is 65537.
    ///
    /// # Errors
    /// [`NotAKey::Form`] for other lengths than 256, 384 and 512 bytes.
    pub fn from_rsa_modulus(n: &[u8]) -> Result<PublicKey, NotAKey> {
        Algorithm::ALL
            .iter()
            .filter_map(|a| Some((*a, a.rsa_form()?)))
            .find_map(|(a, form)| PublicKey::from_raw(a, &[form.head, n, RSA_EXPONENT].concat()).ok())
            .ok_or(NotAKey::Form {
                expected: "rsa-pss-2048, rsa-pss-3072 or rsa-pss-4096",
                got: n.len(),
            })
    }

    /// From SubjectPublicKeyInfo DER; only the exact encoding that we write.
    ///
    /// # Errors
    /// [`NotAKey::Spki`].
    pub fn from_spki_der(der: &[u8]) -> Result<PublicKey, NotAKey> {
        Algorithm::ALL
            .iter()
            .find_map(|a| PublicKey::from_raw(*a, der.strip_prefix(a.spki_head())?).ok())
            .ok_or(NotAKey::Spki(
                "another algorithm, a compressed point or another DER form",
            ))
    }

    /// From `-----BEGIN PUBLIC KEY-----` PEM; exactly the text that
    /// [`PublicKey::to_pem`] writes, so that one key has one spelling and one keyid.
    ///
    /// # Errors
    /// [`NotAKey::Spki`].
    pub fn from_pem(text: &str) -> Result<PublicKey, NotAKey> {
        let body = text
            .strip_prefix("-----BEGIN PUBLIC KEY-----\n")
            .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----\n"))
            .ok_or(NotAKey::Spki("no PUBLIC KEY lines, CRLF, or no final newline"))?;
        let der = BASE64
            .decode(body.replace('\n', "").as_bytes())
            .map_err(|_| NotAKey::Spki("the PEM body is not base64"))?;
        let key = PublicKey::from_spki_der(&der)?;
        if key.to_pem() != text {
            return Err(NotAKey::Spki("PEM lines are not 64 columns"));
        }
        Ok(key)
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The raw bytes (see the type).
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// SubjectPublicKeyInfo DER.
    #[must_use]
    pub fn to_spki_der(&self) -> Vec<u8> {
        [self.algorithm.spki_head(), &self.raw].concat()
    }

    /// SubjectPublicKeyInfo PEM: LF, 64 columns, a final newline, as OpenSSL writes it.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let text = BASE64.encode(&self.to_spki_der());
        let mut out = String::from("-----BEGIN PUBLIC KEY-----\n");
        for (i, c) in text.chars().enumerate() {
            if i > 0 && i % 64 == 0 {
                out.push('\n');
            }
            out.push(c);
        }
        out.push_str("\n-----END PUBLIC KEY-----\n");
        out
    }

    /// SHA-256 of the SubjectPublicKeyInfo: the fingerprint people compare.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.to_spki_der())
    }

    /// Whether the key may be enrolled: on the curve, canonical, not of small order;
    /// an RSA modulus without a weakness that shows (V35).
    ///
    /// # Errors
    /// [`NotAKey::Weak`] with the reason.
    pub fn check_sound(&self) -> Result<(), NotAKey> {
        match self.algorithm {
            Algorithm::Ed25519 => {
                let raw: [u8; 32] = self
                    .raw
                    .as_slice()
                    .try_into()
                    .map_err(|_| NotAKey::Weak("not 32 bytes"))?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(&raw)
                    .map_err(|_| NotAKey::Weak("not a point of the curve"))?;
                if key.is_weak() {
                    return Err(NotAKey::Weak("a point of small order"));
                }
                let point = key.to_edwards();
                if !point.is_torsion_free() {
                    return Err(NotAKey::Weak("a point of mixed order"));
                }
                if point.compress().to_bytes() != raw {
                    return Err(NotAKey::Weak("not the canonical encoding"));
                }
                Ok(())
            }
            // The group's order is prime: a point of the curve is a sound key.
            Algorithm::EcdsaP256 => p256::PublicKey::from_sec1_bytes(&self.raw)
                .map(|_| ())
                .map_err(|_| NotAKey::Weak("not a point of P-256")),
            Algorithm::EcdsaP384 => p384::PublicKey::from_sec1_bytes(&self.raw)
                .map(|_| ())
                .map_err(|_| NotAKey::Weak("not a point of P-384")),
            // The length and the exponent were fixed by the form.
            Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => {
                let modulus = self
                    .algorithm
                    .rsa_form()
                    .and_then(|form| self.raw.strip_prefix(form.head))
                    .and_then(|rest| rest.strip_suffix(RSA_EXPONENT))
                    .ok_or(NotAKey::Weak("not an RSA key"))?;
                super::rsa::weakness(modulus).map_or(Ok(()), |why| Err(NotAKey::Weak(why)))
            }
        }
    }

    /// Whether `signature` (raw for Ed25519 and RSA, DER for ECDSA) is this key's over `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verification: &dyn ring::signature::VerificationAlgorithm = match self.algorithm {
            Algorithm::Ed25519 => &ring::signature::ED25519,
            Algorithm::EcdsaP256 => &ring::signature::ECDSA_P256_SHA256_ASN1,
            Algorithm::EcdsaP384 => &ring::signature::ECDSA_P384_SHA384_ASN1,
            // ring asks for a salt as long as the digest: 32 bytes, as TUF's rsassa-pss-sha256.
            Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => {
                &ring::signature::RSA_PSS_2048_8192_SHA256
            }
        };
        ring::signature::UnparsedPublicKey::new(verification, &self.raw)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), HEXLOWER.encode(&self.raw))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&HEXLOWER.encode(&self.to_spki_der()))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let der = HEXLOWER
            .decode(text.as_bytes())
            .map_err(serde::de::Error::custom)?;
        PublicKey::from_spki_der(&der).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn ed25519_verifies_the_vector_of_rfc_8032() {
        let key = PublicKey::from_raw(
            Algorithm::Ed25519,
            &hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
        )
        .unwrap();
        let sig = hex(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
        assert!(key.verifies(b"", &sig));
        assert!(!key.verifies(b"x", &sig));
        assert!(key.check_sound().is_ok());
        assert_eq!(PublicKey::from_pem(&key.to_pem()).unwrap(), key);
        assert_eq!(PublicKey::from_spki_der(&key.to_spki_der()).unwrap(), key);
    }

    #[test]
    fn p256_generator_is_sound_and_its_neighbour_is_not() {
        let g = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
        let key = PublicKey::from_raw(Algorithm::EcdsaP256, &hex(g)).unwrap();
        assert!(key.check_sound().is_ok());
        let mut off = hex(g);
        *off.last_mut().unwrap() ^= 1;
        let off = PublicKey::from_raw(Algorithm::EcdsaP256, &off).unwrap();
        assert!(off.check_sound().is_err());
        assert!(key.to_pem().ends_with("-----END PUBLIC KEY-----\n"));
        assert_eq!(PublicKey::from_pem(&key.to_pem()).unwrap(), key);
    }

    #[test]
    fn openssl_keys_and_signatures_of_every_other_kind_are_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/keys");
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        for algorithm in Algorithm::ALL.iter().filter(|a| a.raw_len() > 65) {
            let pem = text(&format!("{}.pem", algorithm.name()));
            let key = PublicKey::from_pem(&pem).unwrap();
            assert_eq!(key.algorithm(), *algorithm);
            assert_eq!(key.to_pem(), pem);
            key.check_sound().unwrap();
            let signature = hex(&text(&format!("{}.sig.hex", algorithm.name())));
            assert!(key.verifies(b"tuf", &signature), "{}", algorithm.name());
            assert!(!key.verifies(b"tux", &signature));
            let mut off = key.raw().to_vec();
            let last = if algorithm.modulus_bits().is_some() {
                off.len() - 6
            } else {
                off.len() - 1
            };
            off[last] ^= 1; // an even modulus, a point off the curve
            let off = PublicKey::from_raw(*algorithm, &off).unwrap();
            assert!(off.check_sound().is_err());
            let exponent = [&key.raw()[..key.raw().len() - 1], &[3]].concat();
            if algorithm.modulus_bits().is_some() {
                assert!(
                    PublicKey::from_raw(*algorithm, &exponent).is_err(),
                    "another exponent"
                );
            }
        }
        // TUF's rsassa-pss-sha256 has a salt of 32 bytes; clients differ on others.
        let key = PublicKey::from_pem(&text("rsa-pss-4096.pem")).unwrap();
        assert!(!key.verifies(b"tuf", &hex(&text("rsa-pss-4096-salt-zero.sig.hex"))));
    }

    #[test]
    fn weak_ed25519_keys_are_refused() {
        // The identity, a point of order 8, and a non-canonical encoding of y = 1.
        for weak in [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            let key = PublicKey::from_raw(Algorithm::Ed25519, &hex(weak)).unwrap();
            assert!(key.check_sound().is_err(), "{weak}");
        }
    }

    #[test]
    fn one_key_has_one_spelling() {
        let key = PublicKey::from_raw(Algorithm::Ed25519, &[7; 32]).unwrap();
        let pem = key.to_pem();
        assert!(PublicKey::from_pem(pem.trim_end()).is_err(), "no final newline");
        assert!(PublicKey::from_pem(&pem.replace('\n', "\r\n")).is_err(), "CRLF");
        assert!(
            PublicKey::from_raw(Algorithm::EcdsaP256, &[2; 33]).is_err(),
            "compressed"
        );
    }
}
