//! Card-verifiable certificates (BSI TR-03110 part 3, annexes C and D) as bytes: the
//! TLV, the certificate `7F21`, the authenticated request `67`. Strict: shortest
//! lengths, nothing twice, nothing behind; the signed bytes are the ones that came.

use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::base::{Algorithm, Digest, PublicKey, shown_bytes};

/// The largest element that is looked at; genuine ones have less than 1 KiB.
pub(super) const MAX_ELEMENT: usize = 16 * 1024;
/// Elements of one file: a card's own file has two.
const MAX_ELEMENTS: usize = 16;

const CERTIFICATE: u16 = 0x7f21;
const AUTHENTICATED: u16 = 0x67;
const BODY: u16 = 0x7f4e;
const SIGNATURE: u16 = 0x5f37;
const AUTHORITY_REFERENCE: u16 = 0x42;
const HOLDER_REFERENCE: u16 = 0x5f20;
const PUBLIC_KEY: u16 = 0x7f49;
const AUTHORISATION: u16 = 0x7f4c;
const OBJECT_ID: u16 = 0x06;
const ROLE_BITS: u16 = 0x53;

/// One TLV: its tag, its content, all of its bytes, and what follows.
struct Tlv<'a> {
    tag: u16,
    content: &'a [u8],
    whole: &'a [u8],
    rest: &'a [u8],
}

fn next(bytes: &[u8]) -> Result<Tlv<'_>, String> {
    let short = || "the bytes end inside a tag or length".to_owned();
    let (tag, after) = match bytes {
        [first, second, rest @ ..] if first & 0x1f == 0x1f => {
            // ISO 7816-4: a second byte with its high bit set would go on.
            if second & 0x80 != 0 {
                return Err("a tag of more than two bytes".to_owned());
            }
            (u16::from_be_bytes([*first, *second]), rest)
        }
        [first, rest @ ..] if first & 0x1f != 0x1f => (u16::from(*first), rest),
        _ => return Err(short()),
    };
    let (length, content) = match after {
        [n @ 0..=0x7f, rest @ ..] => (usize::from(*n), rest),
        [0x81, n @ 0x80..=0xff, rest @ ..] => (usize::from(*n), rest),
        [0x82, high @ 1..=0xff, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [] | [0x81] | [0x82] | [0x82, _] => return Err(short()),
        _ => return Err("a length that is not the shortest, or over 65535".to_owned()),
    };
    let (content, rest) = content
        .split_at_checked(length)
        .ok_or_else(|| format!("tag {tag:x} promises {length} bytes, {} are left", content.len()))?;
    let used = bytes.len().saturating_sub(rest.len());
    Ok(Tlv {
        tag,
        content,
        whole: bytes.get(..used).unwrap_or_default(),
        rest,
    })
}

/// All TLVs of a constructed content; each tag at most once.
fn children(mut bytes: &[u8]) -> Result<Vec<Tlv<'_>>, String> {
    let mut out: Vec<Tlv<'_>> = Vec::new();
    while !bytes.is_empty() {
        let tlv = next(bytes)?;
        if out.iter().any(|seen| seen.tag == tlv.tag) {
            return Err(format!("tag {:x} stands there twice", tlv.tag));
        }
        bytes = tlv.rest;
        out.push(tlv);
    }
    Ok(out)
}

fn find<'c, 'a>(all: &'c [Tlv<'a>], tag: u16) -> Option<&'c Tlv<'a>> {
    all.iter().find(|tlv| tlv.tag == tag)
}

fn need<'a>(all: &[Tlv<'a>], tag: u16) -> Result<&'a [u8], String> {
    find(all, tag)
        .map(|tlv| tlv.content)
        .ok_or_else(|| format!("tag {tag:x} is missing"))
}

/// The elements of a file, one after another: a card keeps its own certificate
/// and its issuer's in one file.
pub(super) fn elements(mut bytes: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        if out.len() >= MAX_ELEMENTS {
            return Err(format!("more than {MAX_ELEMENTS} elements"));
        }
        let tlv = next(bytes)?;
        if ![CERTIFICATE, AUTHENTICATED].contains(&tlv.tag) {
            return Err(format!("tag {:x}: expected 7f21 or 67", tlv.tag));
        }
        out.push(tlv.whole);
        bytes = tlv.rest;
    }
    Ok(out)
}

/// A certificate, or the request inside of an authenticated request.
pub(super) struct Certificate<'a> {
    raw: &'a [u8],
    body: &'a [u8],
    /// Who issued it, by reference; a request may have none.
    pub authority: Option<&'a [u8]>,
    /// Whose it is, by reference.
    pub holder: &'a [u8],
    /// The key.
    pub key: Key<'a>,
    /// The type of authorisation and its role bits, in certificates only.
    pub role: Option<(&'a [u8], u8)>,
    signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    pub(super) fn parse(raw: &'a [u8]) -> Result<Certificate<'a>, String> {
        if raw.len() > MAX_ELEMENT {
            return Err(format!("{} bytes: more than {MAX_ELEMENT}", raw.len()));
        }
        let outer = next(raw)?;
        if outer.tag != CERTIFICATE || !outer.rest.is_empty() {
            return Err(format!("tag {:x}: expected one certificate (7f21)", outer.tag));
        }
        // TR-03110 C.1: a body and a signature, nothing else.
        let (body, signature) = match children(outer.content)?.as_slice() {
            [body, signature] if (body.tag, signature.tag) == (BODY, SIGNATURE) => {
                (Tlv { ..*body }, signature.content)
            }
            _ => return Err("expected a body (7f4e) and a signature (5f37)".to_owned()),
        };
        let fields = children(body.content)?;
        let role = match find(&fields, AUTHORISATION) {
            None => None,
            Some(tlv) => {
                let parts = children(tlv.content)?;
                let bits = need(&parts, ROLE_BITS)?;
                let first = bits.first().ok_or("an empty authorisation (53)")?;
                Some((need(&parts, OBJECT_ID)?, *first))
            }
        };
        Ok(Certificate {
            raw,
            body: body.whole,
            authority: find(&fields, AUTHORITY_REFERENCE).map(|tlv| tlv.content),
            holder: need(&fields, HOLDER_REFERENCE)?,
            key: Key::parse(need(&fields, PUBLIC_KEY)?)?,
            role,
            signature,
        })
    }

    /// SHA-256 of its bytes.
    pub(super) fn fingerprint(&self) -> Digest {
        Digest::of(self.raw)
    }

    /// Whose it is, safe to show.
    pub(super) fn name(&self) -> String {
        shown_bytes(self.holder, 32)
    }

    /// Whether the body's signature is by this key on this curve.
    pub(super) fn signed_by(&self, key: &Key<'_>, curve: Curve) -> Result<(), String> {
        key.verify(curve, self.body, self.signature)
            .map_err(|e| format!("{}: {e}", self.name()))
    }
}

/// An authenticated request: what the device signed when it made a key.
pub(super) struct Request<'a> {
    /// The request of the new key, signed by that key.
    pub inner: Certificate<'a>,
    /// Who authenticated it, by reference.
    pub authority: &'a [u8],
    signed: &'a [u8],
    signature: &'a [u8],
    raw: &'a [u8],
}

impl<'a> Request<'a> {
    pub(super) fn parse(raw: &'a [u8]) -> Result<Request<'a>, String> {
        if raw.len() > MAX_ELEMENT {
            return Err(format!("{} bytes: more than {MAX_ELEMENT}", raw.len()));
        }
        let outer = next(raw)?;
        if outer.tag != AUTHENTICATED || !outer.rest.is_empty() {
            return Err(format!(
                "tag {:x}: expected one authenticated request (67)",
                outer.tag
            ));
        }
        let parts = children(outer.content)?;
        match parts.as_slice() {
            [inner, authority, signature]
                if (inner.tag, authority.tag, signature.tag)
                    == (CERTIFICATE, AUTHORITY_REFERENCE, SIGNATURE) =>
            {
                // TR-03110 C.2: the outer signature is over the request and the reference.
                let signed = inner.whole.len().saturating_add(authority.whole.len());
                Ok(Request {
                    inner: Certificate::parse(inner.whole)?,
                    authority: authority.content,
                    signed: outer.content.get(..signed).unwrap_or_default(),
                    signature: signature.content,
                    raw,
                })
            }
            _ => Err("expected a request (7f21), a reference (42) and a signature (5f37)".to_owned()),
        }
    }

    pub(super) fn fingerprint(&self) -> Digest {
        Digest::of(self.raw)
    }

    /// Whether the outer signature is by this key on this curve.
    pub(super) fn authenticated_by(&self, key: &Key<'_>, curve: Curve) -> Result<(), String> {
        key.verify(curve, self.signed, self.signature)
    }
}

/// A curve, as far as this program knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    /// NIST P-256, each parameter compared.
    P256,
    /// A curve that is named and not supported.
    Other(&'static str),
}

impl Curve {
    pub(super) fn name(self) -> &'static str {
        match self {
            Curve::P256 => "P-256",
            Curve::Other(name) => name,
        }
    }
}

/// A public key with the object identifier of its signatures.
pub(super) struct Key<'a> {
    algorithm: &'a [u8],
    /// The curve that it states itself; `None`: its issuer's.
    pub curve: Option<Curve>,
    point: Option<&'a [u8]>,
    rsa: Option<(&'a [u8], &'a [u8])>,
}

/// id-TA-ECDSA-SHA-256, 0.4.0.127.0.7.2.2.2.2.3.
const ECDSA_SHA256: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03];
/// id-TA-ECDSA-SHA-1, the same with 1.
const ECDSA_SHA1: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x01];
/// id-TA-RSA-v1-5-SHA-256, 0.4.0.127.0.7.2.2.2.1.2.
const RSA_SHA256: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x01, 0x02];

impl<'a> Key<'a> {
    fn parse(content: &'a [u8]) -> Result<Key<'a>, String> {
        let parts = children(content)?;
        let algorithm = need(&parts, OBJECT_ID)?;
        let of = |tag| find(&parts, tag).map(|tlv| tlv.content);
        let mut key = Key {
            algorithm,
            curve: None,
            point: None,
            rsa: None,
        };
        if algorithm == RSA_SHA256 {
            key.rsa = Some((need(&parts, 0x81)?, need(&parts, 0x82)?));
            return Ok(key);
        }
        key.point = Some(need(&parts, 0x86)?);
        let stated = [of(0x81), of(0x82), of(0x83), of(0x84), of(0x85)];
        if stated.iter().any(Option::is_some) {
            key.curve = Some(curve_of(&stated, of(0x87)));
        }
        Ok(key)
    }

    /// SubjectPublicKeyInfo DER, for kinds of keys that TUF metadata can hold.
    pub(super) fn spki(&self, curve: Option<Curve>) -> Result<Vec<u8>, String> {
        match (self.point, curve) {
            (Some(point), Some(Curve::P256)) => PublicKey::from_raw(Algorithm::EcdsaP256, point)
                .and_then(|key| key.check_sound().map(|()| key.to_spki_der()))
                .map_err(|e| e.to_string()),
            (Some(_), curve) => Err(not_supported(curve)),
            (None, _) => Err("keys of this kind are not supported".to_owned()),
        }
    }

    /// Verifies a signature by this key: plain r and s (TR-03110 A.6.4), SHA-256.
    fn verify(&self, curve: Curve, message: &[u8], signature: &[u8]) -> Result<(), String> {
        let wrong = "the signature does not hold".to_owned();
        if let Some((n, e)) = self.rsa {
            return RsaPublicKeyComponents { n, e }
                .verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signature)
                .map_err(|_| wrong);
        }
        if self.algorithm == ECDSA_SHA1 {
            return Err("signed over SHA-1, which is not taken".to_owned());
        }
        match (self.algorithm == ECDSA_SHA256, curve, self.point) {
            (true, Curve::P256, Some(point)) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
                    .map_err(|_| wrong)
            }
            (true, curve, _) => Err(not_supported(Some(curve))),
            (false, _, _) => Err("signature algorithm not supported".to_owned()),
        }
    }
}

pub(super) fn not_supported(curve: Option<Curve>) -> String {
    format!("curve not supported: {}", curve.map_or("not stated", Curve::name))
}

/// A curve by all its parameters: one that differs only in its generator would
/// let anybody make signatures (CVE-2020-0601).
fn curve_of(stated: &[Option<&[u8]>; 5], cofactor: Option<&[u8]>) -> Curve {
    let p256: [Option<&[u8]>; 5] = [
        Some(&P256_PRIME),
        Some(&P256_A),
        Some(&P256_B),
        Some(&P256_G),
        Some(&P256_ORDER),
    ];
    if *stated == p256 && cofactor.is_none_or(|h| h == [1]) {
        return Curve::P256;
    }
    match stated.first().copied().flatten() {
        Some(p) if p == P256_PRIME => Curve::Other("the prime of P-256 with other parameters"),
        Some([0xa9, 0xfb, 0x57, 0xdb, ..]) => Curve::Other("brainpoolP256r1 (or another on its prime)"),
        Some([0x8c, 0xb9, 0x1e, 0x82, ..]) => Curve::Other("brainpoolP384r1 (or another on its prime)"),
        Some([0xaa, 0xdd, 0x9d, 0xb8, ..]) => Curve::Other("brainpoolP512r1 (or another on its prime)"),
        Some([.., 0xff, 0xff, 0xfe, 0xff, 0xff, 0xfc, 0x2f]) => Curve::Other("secp256k1"),
        _ => Curve::Other("unknown"),
    }
}

// SEC 2, 2.4.2 (secp256r1).
const P256_PRIME: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];
const P256_A: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
];
const P256_B: [u8; 32] = [
    0x5a, 0xc6, 0x35, 0xd8, 0xaa, 0x3a, 0x93, 0xe7, 0xb3, 0xeb, 0xbd, 0x55, 0x76, 0x98, 0x86, 0xbc, 0x65,
    0x1d, 0x06, 0xb0, 0xcc, 0x53, 0xb0, 0xf6, 0x3b, 0xce, 0x3c, 0x3e, 0x27, 0xd2, 0x60, 0x4b,
];
const P256_G: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
    0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
    0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
