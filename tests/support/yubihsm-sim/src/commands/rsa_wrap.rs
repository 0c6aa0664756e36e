//! RSA wrapping (firmware 2.4): a fresh AES key under RSA-OAEP, and under that
//! AES key, with padding (RFC 5649), either a whole object or the bare key
//! (PKCS#8, or the bytes of a symmetric key). The vendor's inner layout of a
//! whole object is not public; here it is that of the AES wrap.

use aes::{Aes128, Aes192, Aes256};
use aes_kw::Kek;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};

use super::Context;
use crate::codes::{Code, algorithm, capability as cap, command, object_type as kind, origin};
use crate::curve::curve;
use crate::der;
use crate::frame::Args;
use crate::keys::{self, random};
use crate::objects::{Header, Object};
use crate::rsa_ops::{self, Hash};
use crate::wrap;

const OAEP_SHA1: u8 = 25;

impl Context<'_> {
    pub(super) fn rsa_wrap(&mut self, code: u8, data: &[u8]) -> Result<Vec<u8>, Code> {
        let mut args = Args(data);
        let id = self.first_id(&mut args)?;
        match code {
            command::PUT_PUBLIC_WRAP_KEY => {
                let mut args = Args(data);
                let header = Header::read(&mut args)?;
                let delegated = args.u64()?;
                let size = rsa_ops::bits(header.algorithm).ok_or(Code::InvalidData)? / 8;
                let modulus = args.take(size)?.to_vec();
                args.end()?;
                let object = header.object(kind::PUBLIC_WRAP_KEY, delegated, origin::IMPORTED, modulus);
                Ok(self.create(object)?.to_be_bytes().to_vec())
            }
            command::WRAP_KEY_RSA | command::EXPORT_WRAPPED_RSA => self.wrap_rsa(id, args, code),
            command::IMPORT_WRAPPED_RSA => {
                let (key, plain) = self.unwrap_rsa(id, &mut args)?;
                self.restore(&key, wrap::parse(key.algorithm, &plain)?)
            }
            _ => {
                let kind = args.u8()?;
                let header = Header::read(&mut args)?;
                let (key, plain) = self.unwrap_rsa(id, &mut args)?;
                let body = match kind {
                    kind::ASYMMETRIC_KEY => bare(header.algorithm, &plain).ok_or(Code::InvalidData)?,
                    kind::SYMMETRIC_KEY => plain,
                    _ => return Err(Code::InvalidData),
                };
                if kind == kind::ASYMMETRIC_KEY {
                    keys::check(header.algorithm, &body)?;
                }
                let object = header.object(kind, 0, origin::IMPORTED | origin::WRAPPED, body);
                if object.capabilities & !key.delegated != 0 {
                    return Err(Code::InsufficientPermissions);
                }
                let id = self.create(object)?.to_be_bytes();
                Ok(vec![kind, id[0], id[1]])
            }
        }
    }

    fn wrap_rsa(&mut self, id: u16, mut args: Args<'_>, code: u8) -> Result<Vec<u8>, Code> {
        let kind = args.u8()?;
        let target = args.u16()?;
        self.second = target;
        let [aes, oaep, mgf] = args.array()?;
        let (hash, mgf) = hashes(oaep, mgf)?;
        if args.0.len() != hash.size() {
            return Err(Code::WrongLength);
        }
        let key = self.able(kind::PUBLIC_WRAP_KEY, id, cap::EXPORT_WRAPPED)?;
        let object = self.able(kind, target, cap::EXPORTABLE_UNDER_WRAP)?;
        if object.capabilities & !key.delegated != 0 {
            return Err(Code::InsufficientPermissions);
        }
        let plain = match (code, kind) {
            (command::EXPORT_WRAPPED_RSA, _) => wrap::layout(key.algorithm, object),
            (_, kind::ASYMMETRIC_KEY) => pkcs8(object)?,
            (_, kind::SYMMETRIC_KEY) => object.body.clone(),
            _ => return Err(Code::InvalidData),
        };
        let size = match aes {
            algorithm::AES128 => 16,
            algorithm::AES192 => 24,
            algorithm::AES256 => 32,
            _ => return Err(Code::InvalidData),
        };
        let fresh = random(size);
        let head = rsa_ops::encrypt_oaep(&key.body, mgf, &fresh, args.rest())?;
        Ok([head, padded_wrap(&fresh, true, &plain)?].concat())
    }

    /// The wrap key and the plain bytes of `hash, MGF, blob, label digest`.
    fn unwrap_rsa(&self, id: u16, args: &mut Args<'_>) -> Result<(Object, Vec<u8>), Code> {
        let [oaep, mgf] = args.array()?;
        let key = self.able(kind::WRAP_KEY, id, cap::IMPORT_WRAPPED)?.clone();
        let size = rsa_ops::bits(key.algorithm).ok_or(Code::InvalidData)? / 8;
        let (hash, mgf) = hashes(oaep, mgf)?;
        let blob = args.rest();
        let end = blob.len().checked_sub(hash.size()).ok_or(Code::WrongLength)?;
        let (blob, label) = blob.split_at(end);
        let (head, sealed) = blob.split_at_checked(size).ok_or(Code::WrongLength)?;
        let fresh = rsa_ops::decrypt_oaep(&rsa_ops::key(&key.body)?, mgf, head, label)?;
        let plain = padded_wrap(&fresh, false, sealed)?;
        Ok((key, plain))
    }
}

/// The hashes of OAEP and of its mask.
fn hashes(oaep: u8, mgf: u8) -> Result<(Hash, Hash), Code> {
    let hash = oaep
        .checked_sub(OAEP_SHA1)
        .and_then(|index| Hash::of_mgf(algorithm::MGF1_SHA1 + index));
    hash.zip(Hash::of_mgf(mgf)).ok_or(Code::InvalidData)
}

fn padded_wrap(key: &[u8], seal: bool, data: &[u8]) -> Result<Vec<u8>, Code> {
    macro_rules! run {
        ($aes:ty) => {{
            let kek = Kek::<$aes>::try_from(key).map_err(|_| Code::InvalidData)?;
            let out = if seal {
                kek.wrap_with_padding_vec(data)
            } else {
                kek.unwrap_with_padding_vec(data)
            };
            out.map_err(|_| Code::InvalidData)
        }};
    }
    match key.len() {
        16 => run!(Aes128),
        24 => run!(Aes192),
        _ => run!(Aes256),
    }
}

const RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 1];
const EC_PUBLIC_KEY: &[u64] = &[1, 2, 840, 10045, 2, 1];
const ED25519: &[u64] = &[1, 3, 101, 112];

/// The PKCS#8 structure of an asymmetric key.
fn pkcs8(object: &Object) -> Result<Vec<u8>, Code> {
    let (algorithm, private) = if rsa_ops::bits(object.algorithm).is_some() {
        let key = rsa_ops::key(&object.body)?;
        let [p, q] = key.primes() else {
            return Err(Code::InvalidData);
        };
        let crt = [key.dp(), key.dq()].map(|number| number.cloned().unwrap_or_default());
        let inverse = key
            .qinv()
            .and_then(|number| number.to_biguint())
            .unwrap_or_default();
        let [dp, dq] = crt;
        let numbers = [
            key.n().clone(),
            key.e().clone(),
            key.d().clone(),
            p.clone(),
            q.clone(),
            dp,
            dq,
            inverse,
        ];
        let mut parts = vec![der::integer(&[])];
        parts.extend(numbers.iter().map(|number| der::integer(&number.to_bytes_be())));
        (vec![der::oid(RSA), der::null()], der::sequence(&parts))
    } else if object.algorithm == algorithm::ED25519 {
        (vec![der::oid(ED25519)], der::octets(&object.body))
    } else {
        let curve = curve(object.algorithm).ok_or(Code::InvalidData)?;
        let private = der::sequence(&[der::integer(&[1]), der::octets(&object.body)]);
        (vec![der::oid(EC_PUBLIC_KEY), der::oid(curve.oid)], private)
    };
    Ok(der::sequence(&[
        der::integer(&[]),
        der::sequence(&algorithm),
        der::octets(&private),
    ]))
}

/// The key as stored, from PKCS#8.
fn bare(algorithm: u8, pkcs8: &[u8]) -> Option<Vec<u8>> {
    fn skip(mut input: &[u8], count: usize) -> Option<&[u8]> {
        for _ in 0..count {
            input = der::first(input)?.2;
        }
        Some(der::first(input)?.1)
    }
    let private = skip(der::first(pkcs8)?.1, 2)?;
    let (_, inner, _) = der::first(private)?;
    if algorithm == algorithm::ED25519 {
        return Some(inner.to_vec());
    }
    let Some(bits) = rsa_ops::bits(algorithm) else {
        return Some(skip(inner, 1)?.to_vec());
    };
    let mut out = Vec::new();
    for at in [4, 5] {
        let number = skip(inner, at)?;
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        out.extend(vec![0; (bits / 16).checked_sub(number.len())?]);
        out.extend_from_slice(number);
    }
    Some(out)
}
