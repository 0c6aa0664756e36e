//! Public keys of the online side, as files bring them (facts/tuf.md 5.1, 11):
//! SubjectPublicKeyInfo in PEM or DER, hexadecimal, JWK, TUF key objects. Each
//! form is read strictly and whole: what could be read as two keys, or as a key
//! and something more, is refused. A private key is refused by name wherever it
//! hides, and nothing of it is kept. Reading is not trusting: fingerprint and
//! proof of possession are `plan`'s.

mod der;
mod jwk;
#[cfg(test)]
mod tests;

use data_encoding::HEXLOWER;

use super::key::{Key, NotUsable};
use crate::base::key::NotAKey;
use crate::base::{Algorithm, Json, PublicKey, shown};

/// The most bytes of one key file: an RSA-4096 key is 800 bytes in its longest
/// form, ML-DSA-87 (which is read only to be named) about 3,700.
pub const MAX_KEY_FILE: usize = 16_384;

/// The form of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// SubjectPublicKeyInfo in PEM, exactly as `openssl pkey -pubout` writes it.
    Pem,
    /// SubjectPublicKeyInfo in DER.
    Der,
    /// 32 bytes of Ed25519 in lowercase hexadecimal, with or without an LF.
    HexEd25519,
    /// A point of P-256, uncompressed (65 bytes) or compressed (33), likewise.
    HexP256,
    /// JSON Web Key (RFC 7517, 7518, 8037): Ed25519, P-256, P-384, RSA.
    Jwk,
    /// A TUF key object (securesystemslib's form) that we would write the same.
    Tuf,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 6] = [
        Form::Pem,
        Form::Der,
        Form::HexEd25519,
        Form::HexP256,
        Form::Jwk,
        Form::Tuf,
    ];

    /// The word that scripts use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Form::Pem => "pem",
            Form::Der => "der",
            Form::HexEd25519 => "hex-ed25519",
            Form::HexP256 => "hex-p256",
            Form::Jwk => "jwk",
            Form::Tuf => "tuf",
        }
    }

    /// Reads the word that scripts use.
    #[must_use]
    pub fn parse(name: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|form| form.name() == name)
    }
}

/// Why a file gives no public key. No variant holds bytes of the file, but for
/// names that passed `base::shown`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// A private key, or something that cannot be told from one.
    #[error(
        "this file holds a private key ({0}); nothing of it was kept, and a copy of it is now on this machine"
    )]
    PrivateKey(&'static str),
    /// A key that TUF files may list and that is never produced here.
    #[error("{0}; it is read in existing files and never produced")]
    NeverProduced(NotUsable),
    /// More bytes than any key has.
    #[error("expected at most {MAX_KEY_FILE} bytes, got {0}")]
    TooLarge(usize),
    /// Hexadecimal that nothing names: 32 bytes may be anything.
    #[error("hexadecimal does not say what it is: expected the form hex-ed25519 or hex-p256 to be named")]
    HexUnnamed,
    /// None of the forms.
    #[error("expected PEM, DER, hexadecimal, a JWK or a TUF key object of one public key, got {0}")]
    NoForm(&'static str),
    /// Not the form that was asked for, or not strictly.
    #[error("expected a public key as {}: {why}", .form.name())]
    Other {
        /// The form.
        form: Form,
        /// What is wrong, safe to show.
        why: String,
    },
    /// The form holds, the key does not.
    #[error(transparent)]
    Weak(NotAKey),
}

impl NotRead {
    /// The stable code, as diagnostics of scripts show it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            NotRead::PrivateKey(_) => "input-private-key",
            NotRead::NeverProduced(_) => "input-key-never-produced",
            NotRead::TooLarge(_) => "input-key-too-large",
            NotRead::HexUnnamed => "input-hex-unnamed",
            NotRead::NoForm(_) | NotRead::Other { .. } => "input-not-a-key",
            NotRead::Weak(_) => "input-weak-key",
        }
    }
}

/// Reads the one public key of a file, in `form` or, without one, in the only
/// form that the bytes can have. The key is sound (`check_sound`).
///
/// # Errors
/// [`NotRead`]; a private key is named before anything else is looked at.
pub fn read_public(bytes: &[u8], form: Option<Form>) -> Result<(Form, PublicKey), NotRead> {
    if bytes.len() > MAX_KEY_FILE {
        return Err(NotRead::TooLarge(bytes.len()));
    }
    // Before any form: a private key must not pass as a fault of spelling.
    if let Some(what) = armoured_secret(bytes) {
        return Err(NotRead::PrivateKey(what));
    }
    let form = form.map_or_else(|| recognise(bytes), Ok)?;
    let key = match form {
        Form::Pem => pem(bytes),
        Form::Der => der::read(bytes),
        Form::HexEd25519 | Form::HexP256 => hexadecimal(bytes, form),
        Form::Jwk => jwk::read(bytes),
        Form::Tuf => object(bytes),
    }?;
    key.check_sound().map_err(NotRead::Weak)?;
    Ok((form, key))
}

/// Any armour of a private key anywhere in the file: PKCS#8, SEC1, PKCS#1,
/// OpenSSH, sigstore and cosign all end their label so (RFC 7468 section 10).
fn armoured_secret(bytes: &[u8]) -> Option<&'static str> {
    let has = |label: &[u8]| bytes.windows(label.len()).any(|w| w.eq_ignore_ascii_case(label));
    if has(b"PRIVATE KEY-----") {
        return Some("its PEM label says so");
    }
    has(b"PRIVATE KEY BLOCK-----").then_some("its OpenPGP armour says so")
}

fn recognise(bytes: &[u8]) -> Result<Form, NotRead> {
    if bytes.starts_with(b"-----BEGIN ") {
        return Ok(Form::Pem);
    }
    let digits = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    // Before DER: "30.." in hexadecimal begins with the tag of a SEQUENCE.
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(NotRead::HexUnnamed);
    }
    match bytes.trim_ascii_start().first() {
        Some(b'{') => {}
        _ if bytes.first() == Some(&0x30) => return Ok(Form::Der),
        _ => return Err(NotRead::NoForm("none of them")),
    }
    let value = Json::parse(bytes).map_err(|_| NotRead::NoForm("a text that is not strict JSON"))?;
    match (value.get("kty").is_some(), value.get("keytype").is_some()) {
        (true, false) => Ok(Form::Jwk),
        (false, true) => Ok(Form::Tuf),
        (true, true) => Err(NotRead::NoForm("an object that claims to be both JWK and TUF")),
        _ if value.get("keys").is_some() => Err(NotRead::NoForm("a set of keys")),
        _ => Err(NotRead::NoForm("an object with neither kty nor keytype")),
    }
}

fn other(form: Form, why: impl Into<String>) -> NotRead {
    NotRead::Other {
        form,
        why: why.into(),
    }
}

fn pem(bytes: &[u8]) -> Result<PublicKey, NotRead> {
    let text = std::str::from_utf8(bytes).map_err(|_| other(Form::Pem, "not text"))?;
    PublicKey::from_pem(text).map_err(|why| match der::of_pem(text) {
        Some(spki) => der::named(&spki, Form::Pem, why),
        None => other(Form::Pem, why.to_string()),
    })
}

fn hexadecimal(bytes: &[u8], form: Form) -> Result<PublicKey, NotRead> {
    let digits = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let raw = HEXLOWER
        .decode(digits)
        .map_err(|_| other(form, "not lowercase hexadecimal alone on its line"))?;
    match form {
        // RFC 8032 5.1.5 as NaCl and many tools store it: seed, then public key.
        Form::HexEd25519 if raw.len() == 64 => Err(NotRead::PrivateKey(
            "64 bytes: an Ed25519 seed with its public half",
        )),
        Form::HexEd25519 => {
            PublicKey::from_raw(Algorithm::Ed25519, &raw).map_err(|e| other(form, e.to_string()))
        }
        // SEC 1 2.3.3: 04 x y, or 02/03 x. A bare scalar has 32 bytes.
        _ if raw.len() == 32 => Err(NotRead::PrivateKey(
            "32 bytes are no point of P-256, but a scalar",
        )),
        _ if raw.len() == 33 => {
            use p256::elliptic_curve::sec1::ToEncodedPoint as _;
            let point = p256::PublicKey::from_sec1_bytes(&raw)
                .map_err(|_| NotRead::Weak(NotAKey::Weak("not a point of P-256")))?;
            PublicKey::from_raw(Algorithm::EcdsaP256, point.to_encoded_point(false).as_bytes())
                .map_err(|e| other(form, e.to_string()))
        }
        _ => PublicKey::from_raw(Algorithm::EcdsaP256, &raw).map_err(|e| other(form, e.to_string())),
    }
}

/// Only the object that we would write: any other spelling, and any further
/// member, belongs to its keyid, which would change in silence.
fn object(bytes: &[u8]) -> Result<PublicKey, NotRead> {
    let refuse = |why: String| other(Form::Tuf, why);
    let value = Json::parse(bytes).map_err(|e| refuse(e.to_string()))?;
    let keyval = value.get("keyval");
    let secret = keyval.and_then(|v| v.get("private")).or(value.get("private"));
    // Old securesystemslib wrote "private": "" into public keys.
    if secret.is_some_and(|v| v.as_str() != Some("")) {
        return Err(NotRead::PrivateKey("keyval.private"));
    }
    let key = Key::from_json(&value, "the key").map_err(|e| refuse(e.to_string()))?;
    let public = key.to_public().map_err(|why| match why {
        NotUsable::Identity | NotUsable::PostQuantum(_) => NotRead::NeverProduced(why),
        NotUsable::Form(weak @ NotAKey::Weak(_)) => NotRead::Weak(weak),
        why => refuse(why.to_string()),
    })?;
    let extra = key
        .unrecognized
        .keys()
        .chain(key.keyval_unrecognized.keys())
        .next();
    if let Some(name) = extra {
        return Err(refuse(format!(
            "the member {} belongs to its keyid and would be lost",
            shown(name, 60)
        )));
    }
    if Key::of(&public) != key {
        return Err(refuse(format!(
            "keytype {}: an older spelling, whose keyid would change",
            shown(&key.keytype, 40)
        )));
    }
    Ok(public)
}
