//! X.509 certificates (RFC 5280) as devices' makers write them: the exact bytes
//! that were signed, strict DER, one algorithm inside and outside, extensions
//! at most once. Not a path validator; `chain.rs` climbs, the kinds compare.

use data_encoding::BASE64;
use der::asn1::{BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, SliceReader};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_cert::TbsCertificate;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use crate::base::{Digest, shown, shown_bytes};

/// The largest certificate that is looked at, in bytes. Genuine ones have less
/// than 2 KiB; the cap stands before the parser (5 MB of DER cost nothing).
pub const MAX_CERTIFICATE: usize = 16 * 1024;

/// Why bytes are not a certificate that we read. Safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotACertificate(pub(super) String);

impl From<der::Error> for NotACertificate {
    fn from(e: der::Error) -> Self {
        NotACertificate(format!(
            "not strict DER of a certificate: {}",
            shown(&e.to_string(), 120)
        ))
    }
}

/// One certificate; borrows the caller's bytes.
pub(super) struct Certificate<'a> {
    raw: &'a [u8],
    signed: &'a [u8],
    algorithm: ObjectIdentifier,
    signature: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    spki: &'a [u8],
    tbs: TbsCertificate,
}

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ECDSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

impl<'a> Certificate<'a> {
    pub(super) fn parse(raw: &'a [u8]) -> Result<Certificate<'a>, NotACertificate> {
        if raw.len() > MAX_CERTIFICATE {
            return Err(NotACertificate(format!(
                "{} bytes: more than the {MAX_CERTIFICATE} that a certificate may have",
                raw.len()
            )));
        }
        // RFC 5280 4.1: the signature is over the bytes of tbsCertificate as they
        // came, never over a re-encoding (law 4).
        let mut outer = SliceReader::new(raw)?;
        let (signed, outer_algorithm, signature) = outer.sequence(|r| {
            let signed = r.tlv_bytes()?;
            let algorithm = r.tlv_bytes()?;
            Ok((signed, algorithm, BitStringRef::decode(r)?))
        })?;
        outer.finish(())?;
        let signature = signature
            .as_bytes()
            .ok_or_else(|| NotACertificate("the signature has a broken last byte".to_owned()))?;
        let mut inner = SliceReader::new(signed)?;
        let parts = inner.sequence(|r| {
            let _version = r.tlv_bytes()?;
            let _serial = r.tlv_bytes()?;
            let algorithm = r.tlv_bytes()?;
            let issuer = r.tlv_bytes()?;
            let _validity = r.tlv_bytes()?;
            let subject = r.tlv_bytes()?;
            let spki = r.tlv_bytes()?;
            let _extensions = r.read_slice(r.remaining_len())?;
            Ok((algorithm, issuer, subject, spki))
        })?;
        let (inner_algorithm, issuer, subject, spki) = parts;
        // RFC 5280 4.1.1.2: the unsigned copy of the algorithm must be the signed one.
        if inner_algorithm != outer_algorithm {
            return Err(NotACertificate(
                "the algorithm outside of the signed part is another than inside".to_owned(),
            ));
        }
        let tbs = TbsCertificate::from_der(signed)?;
        if tbs.version != x509_cert::Version::V3 {
            return Err(NotACertificate("not an X.509 version 3 certificate".to_owned()));
        }
        let certificate = Certificate {
            raw,
            signed,
            algorithm: tbs.signature.oid,
            signature,
            issuer,
            subject,
            spki,
            tbs,
        };
        certificate.no_extension_twice()?;
        Ok(certificate)
    }

    /// SHA-256 of the certificate's bytes.
    pub(super) fn fingerprint(&self) -> Digest {
        Digest::of(self.raw)
    }

    /// SubjectPublicKeyInfo, the bytes as they stand in the certificate.
    pub(super) fn spki(&self) -> &'a [u8] {
        self.spki
    }

    /// Whether `issuer` is the one that this certificate names.
    pub(super) fn names_as_issuer(&self, issuer: &Certificate<'_>) -> bool {
        self.issuer == issuer.subject
    }

    /// The subject's only common name; safe to show.
    pub(super) fn common_name(&self) -> Option<String> {
        let mut found = self
            .tbs
            .subject
            .0
            .iter()
            .flat_map(|set| set.0.iter())
            .filter(|attribute| attribute.oid == COMMON_NAME);
        let one = found.next()?;
        if found.next().is_some() {
            return None;
        }
        Some(shown_bytes(one.value.value(), 100))
    }

    /// The name that people see.
    pub(super) fn name(&self) -> String {
        self.common_name()
            .unwrap_or_else(|| "a certificate without one common name".to_owned())
    }

    /// The content of the extension with this object identifier.
    pub(super) fn extension(&self, oid: &ObjectIdentifier) -> Option<&[u8]> {
        self.extensions()
            .iter()
            .find(|e| e.extn_id == *oid)
            .map(|e| e.extn_value.as_bytes())
    }

    /// Critical extensions that neither the standard ones nor `known` cover
    /// (RFC 5280 4.2: what is critical and not understood refuses).
    pub(super) fn not_understood(&self, known: &[ObjectIdentifier]) -> Vec<String> {
        let standard = [BASIC_CONSTRAINTS, KEY_USAGE, SUBJECT_KEY_ID, AUTHORITY_KEY_ID];
        self.extensions()
            .iter()
            .filter(|e| e.critical && !standard.contains(&e.extn_id) && !known.contains(&e.extn_id))
            .map(|e| e.extn_id.to_string())
            .collect()
    }

    /// Whether it may issue certificates with `below` authorities between it and
    /// the leaf (RFC 5280 4.2.1.9, 4.2.1.3). `keyUsage` may be absent: genuine
    /// device certificates have none.
    pub(super) fn may_issue(&self, below: usize) -> Result<(), String> {
        let constraints = self
            .extension(&BASIC_CONSTRAINTS)
            .and_then(|bytes| BasicConstraints::from_der(bytes).ok());
        match constraints {
            Some(c) if c.ca => {
                if c.path_len_constraint.is_some_and(|max| below > usize::from(max)) {
                    return Err(format!("{} allows no path as long as this", self.name()));
                }
            }
            _ => return Err(format!("{} is not an authority (basicConstraints)", self.name())),
        }
        match self.extension(&KEY_USAGE).map(KeyUsage::from_der) {
            None => Ok(()),
            Some(Ok(usage)) if usage.key_cert_sign() => Ok(()),
            Some(_) => Err(format!("{} may not sign certificates (keyUsage)", self.name())),
        }
    }

    /// Whether this certificate's signature is `issuer`'s. Checked by `ring`.
    pub(super) fn signed_by(&self, issuer: &Certificate<'_>) -> Result<(), String> {
        let public = &issuer.tbs.subject_public_key_info;
        let curve = public
            .algorithm
            .parameters
            .as_ref()
            .and_then(|p| p.decode_as::<ObjectIdentifier>().ok());
        let algorithm: &dyn VerificationAlgorithm = match (public.algorithm.oid, curve, self.algorithm) {
            (RSA, _, RSA_SHA256) => &signature::RSA_PKCS1_2048_8192_SHA256,
            (RSA, _, RSA_SHA384) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (RSA, _, RSA_SHA512) => &signature::RSA_PKCS1_2048_8192_SHA512,
            (EC_KEY, Some(P256), ECDSA_SHA256) => &signature::ECDSA_P256_SHA256_ASN1,
            (EC_KEY, Some(P256), ECDSA_SHA384) => &signature::ECDSA_P256_SHA384_ASN1,
            (EC_KEY, Some(P384), ECDSA_SHA256) => &signature::ECDSA_P384_SHA256_ASN1,
            (EC_KEY, Some(P384), ECDSA_SHA384) => &signature::ECDSA_P384_SHA384_ASN1,
            (_, _, RSA_SHA1 | ECDSA_SHA1) => {
                return Err(format!(
                    "{} is signed over SHA-1, which is not taken",
                    self.name()
                ));
            }
            (key, _, how) => {
                return Err(format!(
                    "signature algorithm {how} with a key of {key} is not supported"
                ));
            }
        };
        let key = public
            .subject_public_key
            .as_bytes()
            .ok_or_else(|| format!("{} has a malformed key", issuer.name()))?;
        UnparsedPublicKey::new(algorithm, key)
            .verify(self.signed, self.signature)
            .map_err(|_| format!("the signature of {} is not by {}", self.name(), issuer.name()))
    }

    fn extensions(&self) -> &[x509_cert::ext::Extension] {
        self.tbs.extensions.as_deref().unwrap_or_default()
    }

    fn no_extension_twice(&self) -> Result<(), NotACertificate> {
        let mut seen = std::collections::BTreeSet::new();
        for extension in self.extensions() {
            // RFC 5280 4.2: at most one of each.
            if !seen.insert(extension.extn_id) {
                return Err(NotACertificate(format!(
                    "extension {} stands there twice",
                    extension.extn_id
                )));
            }
        }
        Ok(())
    }
}

/// The content of a DER value of `T`'s kind that fills `bytes` exactly.
pub(super) fn exactly<'a, T: Decode<'a>>(bytes: &'a [u8]) -> Option<T> {
    T::from_der(bytes).ok()
}

/// The bytes inside an OCTET STRING that fills `bytes` exactly.
pub(super) fn octets(bytes: &[u8]) -> Option<&[u8]> {
    exactly::<OctetStringRef<'_>>(bytes).map(|o| o.as_bytes())
}

/// The whole bytes of a BIT STRING that fills `bytes` exactly.
pub(super) fn bits(bytes: &[u8]) -> Option<&[u8]> {
    exactly::<BitStringRef<'_>>(bytes).and_then(|b| b.as_bytes())
}

/// The certificates of a file, DER: the file itself, or each `CERTIFICATE`
/// block of a PEM file, text between the blocks being left out (RFC 7468).
///
/// # Errors
/// [`NotACertificate`]: nothing there, a block that does not end or is not
/// base64, or more than [`MAX_CERTIFICATE`] bytes in one.
pub fn certificates(file: &[u8]) -> Result<Vec<Vec<u8>>, NotACertificate> {
    if file.first() == Some(&0x30) {
        return Ok(vec![file.to_vec()]);
    }
    let text = std::str::from_utf8(file).map_err(|_| NotACertificate("neither DER nor PEM".to_owned()))?;
    let found = blocks(text, "CERTIFICATE")?;
    if found.is_empty() {
        return Err(NotACertificate("no certificate in this file".to_owned()));
    }
    Ok(found)
}

/// The SubjectPublicKeyInfo DER of a public key file in DER or PEM.
///
/// # Errors
/// [`NotACertificate`] when there is not exactly one key.
pub fn public_key_der(file: &[u8]) -> Result<Vec<u8>, NotACertificate> {
    let bad = || NotACertificate("expected one PUBLIC KEY in PEM, or its DER".to_owned());
    if file.first() == Some(&0x30) && file.len() <= MAX_CERTIFICATE {
        return Ok(file.to_vec());
    }
    let text = std::str::from_utf8(file).map_err(|_| bad())?;
    match <[Vec<u8>; 1]>::try_from(blocks(text, "PUBLIC KEY")?) {
        Ok([one]) => Ok(one),
        Err(_) => Err(bad()),
    }
}

fn blocks(text: &str, label: &str) -> Result<Vec<Vec<u8>>, NotACertificate> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let mut out = Vec::new();
    for part in text.split(begin.as_str()).skip(1) {
        let (body, _) = part
            .split_once(end.as_str())
            .ok_or_else(|| NotACertificate(format!("a {label} block does not end")))?;
        if body.len() > MAX_CERTIFICATE.saturating_mul(2) {
            return Err(NotACertificate(format!(
                "a {label} block of {} characters",
                body.len()
            )));
        }
        let packed: String = body.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let der = BASE64
            .decode(packed.as_bytes())
            .map_err(|_| NotACertificate(format!("a {label} block is not base64")))?;
        out.push(der);
    }
    Ok(out)
}
