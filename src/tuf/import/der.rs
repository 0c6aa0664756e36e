//! DER of public keys, and of what is mistaken for one. A SubjectPublicKeyInfo
//! is read by `base::key`, in its one encoding; here stands only how the rest
//! is called, so that a person learns what they brought: a private key, a
//! certificate, an ML-DSA key, a bare RSA key.

use data_encoding::BASE64;

use super::{Form, NotRead, other};
use crate::base::PublicKey;
use crate::base::key::NotAKey;
use crate::tuf::key::NotUsable;

/// FIPS 204 under 2.16.840.1.101.3.4.3 (RFC 9881 section 2): the arcs 17 to 19.
const ML_DSA: [(u8, &str); 3] = [(17, "ML-DSA-44"), (18, "ML-DSA-65"), (19, "ML-DSA-87")];

/// OBJECT IDENTIFIER 2.16.840.1.101.3.4.3 without its last arc, in DER.
const SIGNATURE_ALGORITHMS: &[u8] = &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03];

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

pub(super) fn read(bytes: &[u8]) -> Result<PublicKey, NotRead> {
    PublicKey::from_spki_der(bytes).map_err(|why| named(bytes, Form::Der, why))
}

/// What DER that is none of our keys is.
pub(super) fn named(der: &[u8], form: Form, why: NotAKey) -> NotRead {
    let Some((SEQUENCE, inside, rest)) = element(der) else {
        return other(form, "not one DER SEQUENCE");
    };
    let Some((tag, first, after)) = element(inside) else {
        return other(form, "not the DER of a key");
    };
    // PKCS#8 (RFC 5958 2), SEC1 (RFC 5915 3) and PKCS#1 (RFC 8017 A.1.2) private
    // keys begin with a version of 0 or 1; no modulus is that small.
    if tag == INTEGER && matches!(first, [0 | 1]) {
        return NotRead::PrivateKey("PKCS#8, SEC1 or PKCS#1 in DER");
    }
    // RFC 5958 3: EncryptedPrivateKeyInfo has an OCTET STRING where a public key
    // has a BIT STRING.
    if tag == SEQUENCE && after.first() == Some(&OCTET_STRING) {
        return NotRead::PrivateKey("an encrypted PKCS#8 in DER");
    }
    if !rest.is_empty() {
        return other(form, "bytes follow the key");
    }
    if tag == INTEGER {
        return other(
            form,
            "a bare RSA key of PKCS#1: openssl rsa -RSAPublicKey_in -pubout",
        );
    }
    let arc = first
        .strip_prefix(SIGNATURE_ALGORITHMS)
        .and_then(|rest| rest.first());
    if let Some((_, name)) = ML_DSA.iter().find(|(known, _)| Some(known) == arc) {
        return NotRead::NeverProduced(NotUsable::PostQuantum(name));
    }
    other(form, why.to_string())
}

/// The bytes inside a PUBLIC KEY armour, however its lines are broken; only to
/// say what they are.
pub(super) fn of_pem(text: &str) -> Option<Vec<u8>> {
    let body: String = text
        .trim()
        .strip_prefix("-----BEGIN PUBLIC KEY-----")?
        .strip_suffix("-----END PUBLIC KEY-----")?
        .split_ascii_whitespace()
        .collect();
    let der = BASE64.decode(body.as_bytes()).ok()?;
    // Where the key itself is fine, the fault is in the lines: `from_pem` said which.
    PublicKey::from_spki_der(&der).is_err().then_some(der)
}

/// Tag, content and what follows of the first DER element (X.690 8.1.3, 10.1).
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (len, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x81 => {
            let (len, rest) = rest.split_first()?;
            (usize::from(*len), rest)
        }
        0x82 => {
            let (len, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*len)), rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(len)?;
    Some((*tag, content, after))
}
