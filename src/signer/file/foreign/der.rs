//! DER of private keys: PKCS#8 v1 and v2 (RFC 5208, 5958), with the Ed25519
//! inside of RFC 8410 and the P-256 inside of RFC 5915, and SEC1 alone. Ring
//! before 0.17 wrote the public key of v2 as an explicit `[1]`, RFC 5958 has an
//! implicit one; both are read, and a public half that is there must belong.

use pkcs8::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use pkcs8::der::{Decode, Reader, Result as DerResult, SliceReader, Tag, TagNumber};

use super::{ForeignError, OTHER_KEY};
use crate::base::Algorithm;
use crate::signer::file::softkey::SoftKey;

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// `PrivateKeyInfo`, not yet judged: its bytes are the file's own.
pub(super) struct Pkcs8<'a> {
    algorithm: ObjectIdentifier,
    parameters: Option<AnyRef<'a>>,
    key: &'a [u8],
    public: Option<&'a [u8]>,
}

/// Reads the outer form.
pub(super) fn pkcs8(der: &[u8]) -> Result<Pkcs8<'_>, ForeignError> {
    let parsed = AnyRef::from_der(der).and_then(|any| any.sequence(pkcs8_fields));
    parsed.map_err(|_| ForeignError::Form("not the DER of a PKCS#8 key, or cut"))
}

fn pkcs8_fields<'a>(reader: &mut SliceReader<'a>) -> DerResult<Pkcs8<'a>> {
    let version = u8::decode(reader)?;
    if version > 1 {
        return Err(Tag::Integer.value_error());
    }
    let (algorithm, parameters) = AnyRef::decode(reader)?.sequence(|r| {
        let oid = ObjectIdentifier::decode(r)?;
        let rest = if r.is_finished() {
            None
        } else {
            Some(AnyRef::decode(r)?)
        };
        Ok((oid, rest))
    })?;
    let key = OctetStringRef::decode(reader)?.as_bytes();
    let mut next = optional(reader)?;
    if next.is_some_and(|any| is_context(any, TagNumber::N0)) {
        next = optional(reader)?; // attributes: nothing in them changes the key
    }
    let public = next.map(public_field).transpose()?;
    Ok(Pkcs8 {
        algorithm,
        parameters,
        key,
        public,
    })
}

impl Pkcs8<'_> {
    /// The key, if it is of a kind that is taken.
    pub(super) fn key(&self) -> Result<SoftKey, ForeignError> {
        match self.algorithm {
            ED25519 if self.parameters.is_none() => {
                let seed = OctetStringRef::from_der(self.key);
                let seed = seed.ok().and_then(|s| <&[u8; 32]>::try_from(s.as_bytes()).ok());
                let seed = seed.ok_or(ForeignError::Form(
                    "an Ed25519 key has 32 bytes, this one has not",
                ))?;
                belongs(SoftKey::from_raw(Algorithm::Ed25519, seed), self.public)
            }
            ED25519 => Err(ForeignError::Form(
                "an Ed25519 key has no parameters, this one has",
            )),
            EC => {
                let curve = self
                    .parameters
                    .and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
                let key = sec1(self.key, curve)?;
                belongs(Some(key), self.public)
            }
            other => Err(named(other)),
        }
    }
}

/// `ECPrivateKey` in a file of its own: it must name its curve.
pub(super) fn sec1_alone(der: &[u8]) -> Result<SoftKey, ForeignError> {
    sec1(der, None)
}

fn sec1(der: &[u8], outer: Option<ObjectIdentifier>) -> Result<SoftKey, ForeignError> {
    let parsed = AnyRef::from_der(der).and_then(|any| {
        any.sequence(|reader| {
            if u8::decode(reader)? != 1 {
                return Err(Tag::Integer.value_error());
            }
            let scalar = OctetStringRef::decode(reader)?.as_bytes();
            let mut next = optional(reader)?;
            let mut curve = None;
            if let Some(any) = next.filter(|any| is_context(*any, TagNumber::N0)) {
                curve = Some(ObjectIdentifier::from_der(any.value())?);
                next = optional(reader)?;
            }
            Ok((scalar, curve, next.map(public_field).transpose()?))
        })
    });
    let (scalar, inner, public) =
        parsed.map_err(|_| ForeignError::Form("not the DER of an EC private key, or cut"))?;
    if let (Some(a), Some(b)) = (outer, inner)
        && a != b
    {
        return Err(ForeignError::Form("the file names two curves for one key"));
    }
    match outer.or(inner) {
        Some(P256) => {}
        Some(other) => return Err(named(other)),
        None => return Err(ForeignError::Form("the EC key does not name its curve")),
    }
    // RFC 5915: as many bytes as the curve's order has, leading zeros kept.
    let scalar = <&[u8; 32]>::try_from(scalar)
        .map_err(|_| ForeignError::Form("a P-256 key has 32 bytes, this one has not"))?;
    belongs(SoftKey::from_raw(Algorithm::EcdsaP256, scalar), public)
}

fn belongs(key: Option<SoftKey>, public: Option<&[u8]>) -> Result<SoftKey, ForeignError> {
    let key = key.ok_or(ForeignError::Form("the private number is out of range"))?;
    match public {
        Some(bytes) if !key.has_public(bytes) => Err(ForeignError::Halves),
        _ => Ok(key),
    }
}

fn optional<'a>(reader: &mut SliceReader<'a>) -> DerResult<Option<AnyRef<'a>>> {
    if reader.is_finished() {
        return Ok(None);
    }
    AnyRef::decode(reader).map(Some)
}

fn is_context(any: AnyRef<'_>, wanted: TagNumber) -> bool {
    use pkcs8::der::Tagged;
    matches!(any.tag(), Tag::ContextSpecific { number, .. } if number == wanted)
}

/// `[1]`: the bits of a bit string, or a whole bit string.
fn public_field(any: AnyRef<'_>) -> DerResult<&[u8]> {
    use pkcs8::der::Tagged;
    match any.tag() {
        Tag::ContextSpecific {
            number: TagNumber::N1,
            constructed: false,
        } => any.value().strip_prefix(&[0]),
        Tag::ContextSpecific {
            number: TagNumber::N1,
            constructed: true,
        } => BitStringRef::from_der(any.value())?.as_bytes(),
        _ => None,
    }
    .ok_or_else(|| Tag::BitString.value_error())
}

/// A kind of key that is known and not taken.
fn named(oid: ObjectIdentifier) -> ForeignError {
    let what = match oid.to_string().as_str() {
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => "an RSA key",
        "1.2.840.10040.4.1" => "a DSA key",
        "1.3.132.0.34" => "an ECDSA P-384 key",
        "1.3.132.0.35" => "an ECDSA P-521 key",
        "1.3.132.0.10" => "an ECDSA secp256k1 key",
        "1.3.101.110" | "1.3.101.111" => "a key for key exchange",
        "1.3.101.113" => "an Ed448 key",
        _ => "a key of this kind",
    };
    ForeignError::Kind {
        what,
        remedy: OTHER_KEY,
    }
}
