//! A self-made attestation hierarchy shaped like the vendor's: root (RSA-4096)
//! -> sub-CA (RSA-2048) -> device -> attested key, all SHA-256 with RSA, all of
//! one validity. The keys are fixed public test keys, so a test can pin the
//! root; every serial has its own device key (91 of them, then they repeat).

use std::sync::OnceLock;

use rand_core::{OsRng, RngCore};
use rsa::RsaPrivateKey;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::codes::{Code, algorithm};
use crate::der;
use crate::keys;
use crate::objects::{Object, unhex};
use crate::rsa_ops;

const SHA256_WITH_RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 11];
const RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 1];
const ECDSA_WITH_SHA256: &[u64] = &[1, 2, 840, 10045, 4, 3, 2];
const EC_PUBLIC_KEY: &[u64] = &[1, 2, 840, 10045, 2, 1];
const COMMON_NAME: &[u64] = &[2, 5, 4, 3];
const SUBJECT_KEY_ID: &[u64] = &[2, 5, 29, 14];
const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
const AUTHORITY_KEY_ID: &[u64] = &[2, 5, 29, 35];
const ROOT_NAME: &str = "Simulated YubiHSM Root CA";
const SUB_NAME: &str = "Simulated YubiHSM 1 Sub-CA";

/// The certificates above an attestation, DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Self-signed.
    pub root: Vec<u8>,
    /// Signed by the root.
    pub sub: Vec<u8>,
    /// Signed by the sub-CA; what opaque object 0 holds.
    pub device: Vec<u8>,
}

impl Chain {
    /// SHA-256 over the root's DER: what a verifier pins.
    #[must_use]
    pub fn root_fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.root).into()
    }

    /// The root as PEM.
    #[must_use]
    pub fn root_pem(&self) -> String {
        pem(&self.root)
    }

    /// The sub-CA as PEM.
    #[must_use]
    pub fn sub_pem(&self) -> String {
        pem(&self.sub)
    }

    /// The device certificate as PEM.
    #[must_use]
    pub fn device_pem(&self) -> String {
        pem(&self.device)
    }
}

/// DER as a PEM certificate.
#[must_use]
pub fn pem(der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            let word = group.iter().fold(0, |sum: u32, byte| sum << 8 | u32::from(*byte));
            let word = word << (8 * (3 - group.len()));
            for at in 0..4 {
                let symbol = usize::try_from(word >> (18 - 6 * at) & 63).expect("six bits");
                text.push(if at <= group.len() {
                    char::from(ALPHABET[symbol])
                } else {
                    '='
                });
            }
        }
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

fn primes() -> Vec<Vec<u8>> {
    let text = include_str!("attestation_primes.txt");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| unhex(line).expect("hex"))
        .collect()
}

fn pair(first: usize, second: usize) -> RsaPrivateKey {
    let primes = primes();
    rsa_ops::key(&[&primes[first][..], &primes[second]].concat()).expect("two primes")
}

/// The attestation key of the device with this serial.
#[must_use]
pub fn device_key(serial: u32) -> RsaPrivateKey {
    // Of the pool, 2 and 3 are the sub-CA's; 14 primes are left, so 91 pairs.
    let mut index = serial % 91;
    for first in 4..17 {
        for second in first + 1..18 {
            if index == 0 {
                return pair(first, second);
            }
            index -= 1;
        }
    }
    unreachable!("91 pairs")
}

fn named(oid: &[u64], with_null: bool) -> Vec<u8> {
    if with_null {
        der::sequence(&[der::oid(oid), der::null()])
    } else {
        der::sequence(&[der::oid(oid)])
    }
}

fn name(common: &str) -> Vec<u8> {
    let attribute = der::sequence(&[der::oid(COMMON_NAME), der::element(0x0c, common.as_bytes())]);
    der::sequence(&[der::element(0x31, &attribute)])
}

fn validity() -> Vec<u8> {
    der::sequence(&[
        der::element(0x17, b"170101000000Z"),
        der::element(0x18, b"20711005000000Z"),
    ])
}

fn extension(oid: &[u64], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { vec![1, 1, 0xff] } else { Vec::new() };
    der::sequence(&[der::oid(oid), flag, der::octets(value)])
}

fn vendor(number: u64, value: &[u8]) -> Vec<u8> {
    extension(&[1, 3, 6, 1, 4, 1, 41482, 4, number], false, value)
}

fn rsa_spki(key: &RsaPrivateKey) -> (Vec<u8>, Vec<u8>) {
    let public = der::sequence(&[der::integer(&rsa_ops::modulus(key)), der::integer(&[1, 0, 1])]);
    let id = Sha1::digest(&public).to_vec();
    (der::sequence(&[named(RSA, true), der::bits(&public)]), id)
}

/// The SubjectPublicKeyInfo of an asymmetric key.
///
/// # Errors
/// `InvalidData` for Ed25519, which a device does not attest.
pub fn spki(object: &Object) -> Result<Vec<u8>, Code> {
    if rsa_ops::bits(object.algorithm).is_some() {
        return Ok(rsa_spki(&rsa_ops::key(&object.body)?).0);
    }
    let curve = crate::curve::curve(object.algorithm).ok_or(Code::InvalidData)?;
    let point = [&[4], &curve.public(&object.body)?[..]].concat();
    let algorithm = der::sequence(&[der::oid(EC_PUBLIC_KEY), der::oid(curve.oid)]);
    Ok(der::sequence(&[algorithm, der::bits(&point)]))
}

struct Draft<'a> {
    serial: &'a [u8],
    issuer: Vec<u8>,
    validity: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    extensions: Vec<Vec<u8>>,
}

impl Draft<'_> {
    fn signed(
        self,
        algorithm: Vec<u8>,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Code>,
    ) -> Result<Vec<u8>, Code> {
        let body = der::sequence(&[
            vec![0xa0, 3, 2, 1, 2],
            der::integer(self.serial),
            algorithm.clone(),
            self.issuer,
            self.validity,
            self.subject,
            self.spki,
            der::element(0xa3, &der::sequence(&self.extensions)),
        ]);
        let signature = sign(&Sha256::digest(&body))?;
        Ok(der::sequence(&[body, algorithm, der::bits(&signature)]))
    }

    fn signed_by(self, key: &RsaPrivateKey) -> Result<Vec<u8>, Code> {
        self.signed(named(SHA256_WITH_RSA, true), |digest| {
            rsa_ops::sign_pkcs1(key, digest)
        })
    }
}

fn authority(
    serial: u8,
    subject: &str,
    issuer: &str,
    key: &RsaPrivateKey,
    signer: &RsaPrivateKey,
    depth: u8,
) -> Vec<u8> {
    let (spki, id) = rsa_spki(key);
    let mut extensions = vec![extension(SUBJECT_KEY_ID, false, &der::octets(&id))];
    if subject != issuer {
        let value = der::sequence(&[der::element(0x80, &rsa_spki(signer).1)]);
        extensions.push(extension(AUTHORITY_KEY_ID, false, &value));
    }
    let constraints = der::sequence(&[vec![1, 1, 0xff], der::integer(&[depth])]);
    extensions.push(extension(BASIC_CONSTRAINTS, true, &constraints));
    extensions.push(extension(KEY_USAGE, true, &[3, 2, 1, 6]));
    let (issuer, subject) = (name(issuer), name(subject));
    let draft = Draft {
        serial: &[serial],
        issuer,
        validity: validity(),
        subject,
        spki,
        extensions,
    };
    draft.signed_by(signer).expect("fixed keys")
}

fn device_name(serial: u32) -> Vec<u8> {
    name(&format!("YubiHSM Attestation ({serial:08})"))
}

/// The chain of the device with this serial; root and sub-CA are the same for all.
#[must_use]
pub fn chain(serial: u32) -> Chain {
    static ABOVE: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    let (root, sub) = ABOVE
        .get_or_init(|| {
            let (root, sub) = (pair(0, 1), pair(2, 3));
            (
                authority(1, ROOT_NAME, ROOT_NAME, &root, &root, 2),
                authority(2, SUB_NAME, ROOT_NAME, &sub, &root, 1),
            )
        })
        .clone();
    let signer = pair(2, 3);
    let (spki, id) = rsa_spki(&device_key(serial));
    let authority_id = der::sequence(&[der::element(0x80, &rsa_spki(&signer).1)]);
    let constraints = der::sequence(&[vec![1, 1, 0xff], der::integer(&[0])]);
    let number = Sha256::digest(serial.to_be_bytes());
    let draft = Draft {
        serial: &[&[0x58], &number[..7]].concat(),
        issuer: name(SUB_NAME),
        validity: validity(),
        subject: device_name(serial),
        spki,
        extensions: vec![
            vendor(2, &der::integer(&serial.to_be_bytes())),
            extension(SUBJECT_KEY_ID, false, &der::octets(&id)),
            extension(AUTHORITY_KEY_ID, false, &authority_id),
            extension(BASIC_CONSTRAINTS, true, &constraints),
        ],
    };
    Chain {
        root,
        sub,
        device: draft.signed_by(&signer).expect("fixed keys"),
    }
}

/// What a device says about itself in an attestation.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Firmware version.
    pub firmware: (u8, u8, u8),
    /// Serial number.
    pub serial: u32,
}

fn draft<'a>(
    facts: Facts,
    attested: &Object,
    serial: &'a [u8],
    issuer: Vec<u8>,
    validity: Vec<u8>,
) -> Result<Draft<'a>, Code> {
    if attested.algorithm == algorithm::ED25519 {
        return Err(Code::InvalidData);
    }
    let (major, minor, patch) = facts.firmware;
    let extensions = vec![
        vendor(1, &der::octets(&[major, minor, patch])),
        vendor(2, &der::integer(&facts.serial.to_be_bytes())),
        vendor(3, &der::bits(&[attested.origin])),
        vendor(4, &der::bits(&attested.domains.to_be_bytes())),
        vendor(5, &der::bits(&attested.capabilities.to_be_bytes())),
        vendor(6, &der::integer(&attested.id.to_be_bytes())),
        vendor(9, &der::element(0x0c, attested.trimmed_label())),
    ];
    let subject = name(&format!("YubiHSM Attestation id:0x{:04x}", attested.id));
    Ok(Draft {
        serial,
        issuer,
        validity,
        subject,
        spki: spki(attested)?,
        extensions,
    })
}

fn certificate_number() -> [u8; 16] {
    let mut number = [0; 16];
    OsRng.fill_bytes(&mut number);
    number[0] = number[0] & 0x7f | 1;
    number
}

/// An attestation by the device's own key (attesting key 0). `signer` is the serial whose key
/// signs: the device's own, but for a fault.
///
/// # Errors
/// `InvalidData` for Ed25519.
pub fn by_device(facts: Facts, signer: u32, attested: &Object) -> Result<Vec<u8>, Code> {
    draft(
        facts,
        attested,
        &certificate_number(),
        device_name(facts.serial),
        validity(),
    )?
    .signed_by(&device_key(signer))
}

/// An attestation by a key in the device, with the certificate stored under its id as template:
/// issuer and validity come from there.
///
/// # Errors
/// `InvalidData` where the template is no certificate or either key is Ed25519.
pub fn by_key(facts: Facts, attesting: &Object, template: &[u8], attested: &Object) -> Result<Vec<u8>, Code> {
    let (validity, subject) = template_parts(template).ok_or(Code::InvalidData)?;
    let number = certificate_number();
    let draft = draft(facts, attested, &number, subject, validity)?;
    if rsa_ops::bits(attesting.algorithm).is_some() {
        return draft.signed_by(&rsa_ops::key(&attesting.body)?);
    }
    draft.signed(named(ECDSA_WITH_SHA256, false), |digest| {
        keys::sign_ecdsa(attesting, digest)
    })
}

/// Whether a certificate carries the signature of the device with this serial.
#[must_use]
pub fn signed_by_device(certificate: &[u8], serial: u32) -> bool {
    let Some((_, content, _)) = der::first(certificate) else {
        return false;
    };
    let Some((body, _, _)) = der::first(content) else {
        return false;
    };
    rsa_ops::sign_pkcs1(&device_key(serial), &Sha256::digest(body))
        // PKCS#1 v1.5 is deterministic: the right signature is the one it would make again.
        .is_ok_and(|signature| certificate.ends_with(&signature))
}

fn template_parts(template: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_, certificate, _) = der::first(template)?;
    let (_, mut rest, _) = der::first(certificate)?;
    if rest.first() == Some(&0xa0) {
        rest = der::first(rest)?.2;
    }
    // serial, signature algorithm, issuer
    for _ in 0..3 {
        rest = der::first(rest)?.2;
    }
    let (validity, _, rest) = der::first(rest)?;
    let (subject, _, _) = der::first(rest)?;
    Some((validity.to_vec(), subject.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_have_their_own_keys_and_one_root() {
        let (one, two) = (chain(13_200_460), chain(13_200_461));
        assert_eq!(one.root_fingerprint(), two.root_fingerprint());
        assert_eq!(one.sub, two.sub);
        assert_ne!(one.device, two.device);
        assert_ne!(
            rsa_ops::modulus(&device_key(13_200_460)),
            rsa_ops::modulus(&device_key(13_200_461))
        );
        assert_eq!(chain(13_200_460), one, "the same again");
    }

    #[test]
    fn pem_is_base64_in_lines_of_64() {
        assert_eq!(
            pem(b"ab"),
            "-----BEGIN CERTIFICATE-----\nYWI=\n-----END CERTIFICATE-----\n"
        );
        assert!(chain(1).root_pem().lines().all(|line| line.len() <= 64));
    }
}
