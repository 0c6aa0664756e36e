//! JSON Web Keys (RFC 7517; RFC 7518 section 6; RFC 8037 section 2), public and
//! single. Every member must be one that is understood and agree with the key:
//! an unknown one may change what the key is for, and a private one is named
//! and ends the reading.

use data_encoding::BASE64URL_NOPAD;

use super::{Form, NotRead, other};
use crate::base::{Algorithm, Json, PublicKey, shown};
use crate::tuf::key::NotUsable;

/// Members of private and symmetric keys: RFC 7518 6.2.2, 6.3.2, 6.4.1; RFC 8037
/// 2; `priv` of the AKP keys that ML-DSA uses.
const PRIVATE: [(&str, &str); 9] = [
    ("d", "the member d"),
    ("p", "the member p"),
    ("q", "the member q"),
    ("dp", "the member dp"),
    ("dq", "the member dq"),
    ("qi", "the member qi"),
    ("oth", "the member oth"),
    ("k", "the member k: a symmetric key"),
    ("priv", "the member priv"),
];

/// 65537 in base64url.
const EXPONENT: &str = "AQAB";

pub(super) fn read(bytes: &[u8]) -> Result<PublicKey, NotRead> {
    // RFC 7517 4: member names are unique; `Json` refuses two of one name.
    let value = Json::parse(bytes).map_err(|e| refuse(e.to_string()))?;
    let members = value.as_object().ok_or_else(|| refuse("not an object"))?;
    if let Some((_, what)) = PRIVATE.iter().find(|(name, _)| members.contains_key(*name)) {
        return Err(NotRead::PrivateKey(what));
    }
    let jwk = Jwk(&value);
    let (key, own, algorithms): (PublicKey, &[&str], &[&str]) = match jwk.text("kty")? {
        "OKP" => match jwk.text("crv")? {
            // RFC 9864 gives Ed25519 a name of its own beside EdDSA.
            "Ed25519" => (
                raw(Algorithm::Ed25519, &jwk.bytes("x", 32)?)?,
                &["crv", "x"],
                &["EdDSA", "Ed25519"],
            ),
            crv => return Err(unknown("crv", crv)),
        },
        "EC" => match jwk.text("crv")? {
            "P-256" => (
                jwk.point(Algorithm::EcdsaP256, 32)?,
                &["crv", "x", "y"],
                &["ES256"],
            ),
            "P-384" => (
                jwk.point(Algorithm::EcdsaP384, 48)?,
                &["crv", "x", "y"],
                &["ES384"],
            ),
            crv => return Err(unknown("crv", crv)),
        },
        "RSA" => (jwk.rsa()?, &["n", "e"], &["PS256"]),
        "AKP" => {
            let name = match jwk.text("alg")? {
                "ML-DSA-44" => "ML-DSA-44",
                "ML-DSA-65" => "ML-DSA-65",
                "ML-DSA-87" => "ML-DSA-87",
                alg => return Err(unknown("alg", alg)),
            };
            return Err(NotRead::NeverProduced(NotUsable::PostQuantum(name)));
        }
        kty => return Err(unknown("kty", kty)),
    };
    for (name, value) in members {
        let fits = match name.as_str() {
            "kty" => true,
            // A name for people; it stands in no TUF file.
            "kid" => value.as_str().is_some(),
            "use" => value.as_str() == Some("sig"),
            "alg" => value.as_str().is_some_and(|alg| algorithms.contains(&alg)),
            "key_ops" => *value == Json::Array(vec!["verify".into()]),
            name => own.contains(&name),
        };
        if !fits {
            return Err(refuse(format!(
                "the member {} is unknown, or says that the key is for something else",
                shown(name, 40)
            )));
        }
    }
    Ok(key)
}

fn refuse(why: impl Into<String>) -> NotRead {
    other(Form::Jwk, why)
}

fn unknown(name: &str, got: &str) -> NotRead {
    refuse(format!(
        "{name}: expected OKP Ed25519, EC P-256, EC P-384 or RSA, got {}",
        shown(got, 40)
    ))
}

fn raw(algorithm: Algorithm, bytes: &[u8]) -> Result<PublicKey, NotRead> {
    PublicKey::from_raw(algorithm, bytes).map_err(|e| refuse(e.to_string()))
}

struct Jwk<'a>(&'a Json);

impl<'a> Jwk<'a> {
    fn text(&self, name: &str) -> Result<&'a str, NotRead> {
        self.0
            .get(name)
            .and_then(Json::as_str)
            .ok_or_else(|| refuse(format!("expected a text under {name}")))
    }

    /// Unpadded base64url of exactly `len` bytes: RFC 7518 6.2.1.2 wants leading
    /// zeros kept, so that one coordinate has one spelling.
    fn bytes(&self, name: &str, len: usize) -> Result<Vec<u8>, NotRead> {
        let bytes = self.decoded(name)?;
        if bytes.len() == len {
            return Ok(bytes);
        }
        let got = bytes.len();
        Err(refuse(format!("{name}: expected {len} bytes, got {got}")))
    }

    fn decoded(&self, name: &str) -> Result<Vec<u8>, NotRead> {
        BASE64URL_NOPAD
            .decode(self.text(name)?.as_bytes())
            .map_err(|_| refuse(format!("{name}: expected base64url without padding")))
    }

    fn point(&self, algorithm: Algorithm, len: usize) -> Result<PublicKey, NotRead> {
        let (x, y) = (self.bytes("x", len)?, self.bytes("y", len)?);
        raw(algorithm, &[&[4], x.as_slice(), &y].concat())
    }

    /// RFC 7518 6.3.1.1: n without a leading zero octet.
    fn rsa(&self) -> Result<PublicKey, NotRead> {
        if self.text("e")? != EXPONENT {
            return Err(refuse("e: expected AQAB, which is 65537"));
        }
        let n = self.decoded("n")?;
        PublicKey::from_rsa_modulus(&n).map_err(|e| refuse(e.to_string()))
    }
}
