//! A maker of devices for tests: its own root, authorities, devices and
//! statements, in X.509 and in card-verifiable certificates, so that a field can
//! be wrong while every signature holds. Deterministic; the keys are public.
#![allow(dead_code)]

use der::asn1::ObjectIdentifier;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use tuf_ceremony::base::{Algorithm, PublicKey};

/// A key from a seed; never 0.
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub fn point(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_encoded_point(false).as_bytes().to_vec()
}

pub fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_raw(Algorithm::EcdsaP256, &point(key)).unwrap()
}

pub fn spki(key: &SigningKey) -> Vec<u8> {
    public(key).to_spki_der()
}

// ------------------------------------------------------------------ DER, written

/// A tag of one or two bytes, a shortest length, the parts one after another.
pub fn tlv(tag: u16, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = if tag > 0xff {
        tag.to_be_bytes().to_vec()
    } else {
        vec![tag as u8]
    };
    match content.len() {
        n @ 0..=0x7f => out.push(n as u8),
        n @ 0x80..=0xff => out.extend([0x81, n as u8]),
        n => {
            out.push(0x82);
            out.extend((n as u16).to_be_bytes());
        }
    }
    out.extend(content);
    out
}

pub fn oid(dotted: &str) -> Vec<u8> {
    tlv(6, &[ObjectIdentifier::new(dotted).unwrap().as_bytes()])
}

/// An INTEGER that is not negative.
pub fn integer(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let mut short: &[u8] = &bytes;
    while short.len() > 1 && short[0] == 0 && short[1] < 0x80 {
        short = &short[1..];
    }
    if short[0] >= 0x80 {
        return tlv(2, &[&[0], short]);
    }
    tlv(2, &[short])
}

pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes])
}

fn name(common: &str) -> Vec<u8> {
    let attribute = tlv(0x30, &[&oid("2.5.4.3"), &tlv(0x0c, &[common.as_bytes()])]);
    tlv(0x30, &[&tlv(0x31, &[&attribute])])
}

/// An extension: its object identifier, whether it is critical, its content.
pub type Extension = (String, bool, Vec<u8>);

pub fn extension(dotted: &str, content: Vec<u8>) -> Extension {
    (dotted.to_owned(), false, content)
}

pub const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

/// What a certificate says, before it is signed.
#[derive(Clone)]
pub struct Draft {
    pub subject: String,
    pub issuer: String,
    pub key: SigningKey,
    pub extensions: Vec<Extension>,
    pub algorithm: String,
}

impl Draft {
    pub fn signed(&self, by: &SigningKey) -> Vec<u8> {
        let algorithm = tlv(0x30, &[&oid(&self.algorithm)]);
        let extensions: Vec<Vec<u8>> = self
            .extensions
            .iter()
            .map(|(dotted, critical, content)| {
                let flag: &[u8] = if *critical { &[1, 1, 0xff] } else { &[] };
                tlv(0x30, &[&oid(dotted), flag, &tlv(4, &[content])])
            })
            .collect();
        let dates = tlv(
            0x30,
            &[&tlv(0x17, &[b"170101000000Z"]), &tlv(0x18, &[b"20711005000000Z"])],
        );
        let tbs = tlv(
            0x30,
            &[
                &tlv(0xa0, &[&integer(2)]),
                &integer(7),
                &algorithm,
                &name(&self.issuer),
                &dates,
                &name(&self.subject),
                &spki(&self.key),
                &tlv(0xa3, &[&tlv(0x30, &[&extensions.concat()])]),
            ],
        );
        let signature: Signature = by.sign(&tbs);
        tlv(
            0x30,
            &[&tbs, &algorithm, &bit_string(signature.to_der().as_bytes())],
        )
    }
}

pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";

/// basicConstraints: an authority with this many authorities below it.
pub fn authority(path: u64) -> Extension {
    let content = tlv(0x30, &[&[1, 1, 0xff], &integer(path)]);
    (BASIC_CONSTRAINTS.to_owned(), true, content)
}

// ------------------------------------------------------------ a chain of four

/// Root, sub-authority, device and statement; each may be changed before signing.
#[derive(Clone)]
pub struct Chain {
    pub root: Draft,
    pub sub: Draft,
    pub device: Draft,
    pub statement: Draft,
}

/// The signed bytes: statement, device, and the authorities.
pub struct Made {
    pub statement: Vec<u8>,
    pub device: Vec<u8>,
    pub authorities: Vec<Vec<u8>>,
}

impl Chain {
    pub fn sign(&self) -> Made {
        Made {
            statement: self.statement.signed(&self.device.key),
            device: self.device.signed(&self.sub.key),
            authorities: vec![self.sub.signed(&self.root.key), self.root.signed(&self.root.key)],
        }
    }
}

pub const SERIAL: u32 = 12_345_678;

fn chain(device: &str, statement: &str) -> Chain {
    let draft = |subject: &str, issuer: &str, seed: u8, extensions: Vec<Extension>| Draft {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        key: key(seed),
        extensions,
        algorithm: ECDSA_SHA256.to_owned(),
    };
    Chain {
        root: draft("Practice Root", "Practice Root", 1, vec![authority(2)]),
        sub: draft("Practice Sub-CA", "Practice Root", 2, vec![authority(1)]),
        device: draft(device, "Practice Sub-CA", 3, vec![authority(0)]),
        statement: draft(statement, device, 4, Vec::new()),
    }
}

/// As a YubiHSM 2 would: object 3, label `root-a`, domain 1, sign-ecdsa only.
pub fn yubihsm() -> Chain {
    let mut made = chain(
        &format!("YubiHSM Attestation ({SERIAL})"),
        "YubiHSM Attestation id:0x0003",
    );
    let arc = |n: u8, content: Vec<u8>| extension(&format!("1.3.6.1.4.1.41482.4.{n}"), content);
    made.device.extensions.push(arc(2, integer(SERIAL.into())));
    made.statement.extensions = vec![
        arc(1, tlv(4, &[&[2, 4, 0]])),
        arc(2, integer(SERIAL.into())),
        arc(3, bit_string(&[1])),
        arc(4, bit_string(&[0, 1])),
        arc(5, bit_string(&0x80_u64.to_be_bytes())),
        arc(6, integer(3)),
        arc(9, tlv(0x0c, &[b"root-a"])),
    ];
    made
}

/// As a YubiKey would: slot 9c, PIN always, touch always, USB-A keychain, 5.7.1.
pub fn piv() -> Chain {
    let mut made = chain("Yubico PIV Attestation", "YubiKey PIV Attestation 9c");
    let arc = |n: u8, content: Vec<u8>| extension(&format!("1.3.6.1.4.1.41482.3.{n}"), content);
    made.device.extensions.push(arc(3, vec![5, 7, 1]));
    made.statement.extensions = vec![
        arc(3, vec![5, 7, 1]),
        arc(7, integer(SERIAL.into())),
        arc(8, vec![3, 2]),
        arc(9, vec![1]),
    ];
    made
}

// ----------------------------------------------------- card-verifiable certificates

/// id-TA-ECDSA-SHA-256.
pub const CVC_ECDSA: &str = "0.4.0.127.0.7.2.2.2.2.3";

/// The domain parameters of P-256, tag and content.
pub fn p256_parameters() -> Vec<(u16, Vec<u8>)> {
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    vec![
        (
            0x81,
            hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
        ),
        (
            0x82,
            hex("ffffffff00000001000000000000000000000000fffffffffffffffffffffffc"),
        ),
        (
            0x83,
            hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"),
        ),
        (
            0x84,
            hex(
                "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
            ),
        ),
        (
            0x85,
            hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        ),
    ]
}

/// A card-verifiable certificate or request, before it is signed.
#[derive(Clone)]
pub struct CvcDraft {
    pub authority: String,
    pub holder: String,
    pub key: SigningKey,
    /// Domain parameters; empty: the issuer's.
    pub parameters: Vec<(u16, Vec<u8>)>,
    /// Role bits; `None` in a request.
    pub role: Option<u8>,
    pub algorithm: String,
}

impl CvcDraft {
    pub fn signed(&self, by: &SigningKey) -> Vec<u8> {
        let mut public = oid(&self.algorithm);
        for (tag, content) in &self.parameters {
            public.extend(tlv(*tag, &[content]));
        }
        public.extend(tlv(0x86, &[&point(&self.key)]));
        if !self.parameters.is_empty() {
            public.extend(tlv(0x87, &[&[1]]));
        }
        let mut fields = vec![
            tlv(0x5f29, &[&[0]]),
            tlv(0x42, &[self.authority.as_bytes()]),
            tlv(0x7f49, &[&public]),
            tlv(0x5f20, &[self.holder.as_bytes()]),
        ];
        if let Some(bits) = self.role {
            fields.push(tlv(
                0x7f4c,
                &[&oid("1.3.6.1.4.1.24991.3.1.1"), &tlv(0x53, &[&[bits]])],
            ));
            fields.push(tlv(0x5f25, &[&[2, 6, 0, 1, 0, 1]]));
            fields.push(tlv(0x5f24, &[&[3, 4, 0, 1, 0, 1]]));
        }
        let body = tlv(0x7f4e, &[&fields.concat()]);
        let signature: Signature = by.sign(&body);
        tlv(0x7f21, &[&body, &tlv(0x5f37, &[&signature.to_bytes()])])
    }
}

/// Root, device issuer, device, and the request for a key.
#[derive(Clone)]
pub struct CvcChain {
    pub root: CvcDraft,
    pub issuer: CvcDraft,
    pub device: CvcDraft,
    pub request: CvcDraft,
    /// Who is named as having authenticated the request.
    pub outer: String,
}

pub fn cvc() -> CvcChain {
    let draft = |authority: &str, holder: &str, seed: u8, role: Option<u8>| CvcDraft {
        authority: authority.to_owned(),
        holder: holder.to_owned(),
        key: key(seed),
        parameters: Vec::new(),
        role,
        algorithm: CVC_ECDSA.to_owned(),
    };
    let mut made = CvcChain {
        root: draft("XXPRACTICE00001", "XXPRACTICE00001", 11, Some(0xc0)),
        issuer: draft("XXPRACTICE00001", "XXISSUER00001", 12, Some(0x80)),
        device: draft("XXISSUER00001", "XXKN000000100000", 13, Some(0)),
        request: draft("UTCA00001", "XXKN000000100001", 14, None),
        outer: "XXKN000000100000".to_owned(),
    };
    // As real ones: the root and the request state the curve, the others inherit it.
    made.root.parameters = p256_parameters();
    made.request.parameters = p256_parameters();
    made
}

impl CvcChain {
    /// Request, device, issuer and root.
    pub fn sign(&self) -> [Vec<u8>; 4] {
        let inner = self.request.signed(&self.request.key);
        [
            self.authenticate(&inner, &self.device.key),
            self.device.signed(&self.issuer.key),
            self.issuer.signed(&self.root.key),
            self.root.signed(&self.root.key),
        ]
    }

    pub fn authenticate(&self, inner: &[u8], by: &SigningKey) -> Vec<u8> {
        let signed = [inner, &tlv(0x42, &[self.outer.as_bytes()])].concat();
        let signature: Signature = by.sign(&signed);
        tlv(0x67, &[&signed, &tlv(0x5f37, &[&signature.to_bytes()])])
    }
}
