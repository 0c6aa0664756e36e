//! Wrapping under AES-CCM: data, and whole objects in the vendor's layout
//! `nonce 13 ‖ CCM(tag 16)(wrap algorithm, capabilities, id, length, domains,
//! type, algorithm, sequence, origin, label 40, body)`. Authentication and wrap
//! keys carry their delegated set in front of the body.

use aes::{Aes128, Aes192, Aes256};
use ccm::Ccm;
use ccm::aead::generic_array::GenericArray;
use ccm::aead::{Aead, KeyInit};
use ccm::consts::{U8, U13, U16};

use crate::codes::{Code, algorithm, object_type as kind, origin};
use crate::frame::Args;
use crate::keys::random;
use crate::objects::Object;

/// Bytes of the nonce in front of a wrapped blob.
pub const NONCE: usize = 13;

/// AES-CCM with this key; the tag is 16 bytes, or 8 for one-time passwords.
///
/// # Errors
/// `InvalidData` where the key has no AES length or, on opening, the tag is wrong.
pub fn ccm(key: &[u8], short_tag: bool, nonce: &[u8], seal: bool, data: &[u8]) -> Result<Vec<u8>, Code> {
    macro_rules! run {
        ($aes:ty, $tag:ty) => {{
            let cipher = Ccm::<$aes, $tag, U13>::new(GenericArray::from_slice(key));
            let nonce = GenericArray::from_slice(nonce);
            let out = if seal {
                cipher.encrypt(nonce, data)
            } else {
                cipher.decrypt(nonce, data)
            };
            out.map_err(|_| Code::InvalidData)
        }};
    }
    match (key.len(), short_tag) {
        (16, false) => run!(Aes128, U16),
        (24, false) => run!(Aes192, U16),
        (32, false) => run!(Aes256, U16),
        (16, true) => run!(Aes128, U8),
        (24, true) => run!(Aes192, U8),
        (32, true) => run!(Aes256, U8),
        _ => Err(Code::InvalidData),
    }
}

/// `nonce ‖ ciphertext ‖ tag` of data.
///
/// # Errors
/// `InvalidData` where the key is no AES key.
pub fn seal(key: &[u8], data: &[u8]) -> Result<Vec<u8>, Code> {
    let nonce = random(NONCE);
    let sealed = ccm(key, false, &nonce, true, data)?;
    Ok([nonce, sealed].concat())
}

/// The data of `nonce ‖ ciphertext ‖ tag`.
///
/// # Errors
/// `WrongLength`, or `InvalidData` where the tag is wrong.
pub fn open(key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Code> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(Code::WrongLength)?;
    ccm(key, false, nonce, false, sealed)
}

fn carries_delegated(kind: u8) -> bool {
    matches!(
        kind,
        kind::AUTHENTICATION_KEY | kind::WRAP_KEY | kind::PUBLIC_WRAP_KEY
    )
}

/// The plain layout of an object under a wrap key of `wrap_algorithm`.
#[must_use]
pub fn layout(wrap_algorithm: u8, object: &Object) -> Vec<u8> {
    let mut out = vec![wrap_algorithm];
    out.extend_from_slice(&object.capabilities.to_be_bytes());
    out.extend_from_slice(&object.id.to_be_bytes());
    let delegated = if carries_delegated(object.kind) { 8 } else { 0 };
    let length = u16::try_from(object.body.len() + delegated).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&object.domains.to_be_bytes());
    out.extend_from_slice(&[object.kind, object.algorithm, object.sequence, object.origin]);
    out.extend_from_slice(&object.label);
    out.extend_from_slice(&object.delegated.to_be_bytes()[..delegated]);
    out.extend_from_slice(&object.body);
    out
}

/// The object of a plain layout, marked as imported wrapped.
///
/// # Errors
/// `InvalidData` where the wrap algorithm or the length disagree, `WrongLength` where it is cut.
pub fn parse(wrap_algorithm: u8, plain: &[u8]) -> Result<Object, Code> {
    let mut args = Args(plain);
    if args.u8()? != wrap_algorithm {
        return Err(Code::InvalidData);
    }
    let capabilities = args.u64()?;
    let id = args.u16()?;
    let length = args.u16()?;
    let domains = args.u16()?;
    let [kind, algorithm, sequence, from] = args.array()?;
    let label = args.take(40)?.to_vec();
    if args.0.len() != usize::from(length) {
        return Err(Code::InvalidData);
    }
    let delegated = if carries_delegated(kind) { args.u64()? } else { 0 };
    let body = args.rest().to_vec();
    let origin = from | origin::WRAPPED;
    Ok(Object {
        id,
        kind,
        capabilities,
        delegated,
        domains,
        algorithm,
        sequence,
        origin,
        label,
        body,
    })
}

/// Bytes of an AES wrap key.
#[must_use]
pub fn key_size(algorithm: u8) -> Option<usize> {
    match algorithm {
        algorithm::AES128_CCM_WRAP => Some(16),
        algorithm::AES192_CCM_WRAP => Some(24),
        algorithm::AES256_CCM_WRAP => Some(32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: u8) -> Object {
        Object {
            id: 7,
            kind,
            capabilities: 0x80,
            delegated: 0x1234,
            domains: 1,
            algorithm: algorithm::EC_P256,
            sequence: 3,
            origin: origin::GENERATED,
            label: vec![b'l'; 40],
            body: vec![9; 32],
        }
    }

    #[test]
    fn the_header_is_59_bytes_and_delegated_sets_travel_with_their_keys() {
        assert_eq!(layout(29, &object(kind::ASYMMETRIC_KEY)).len(), 59 + 32);
        assert_eq!(layout(29, &object(kind::WRAP_KEY)).len(), 59 + 8 + 32);
        let back = parse(29, &layout(29, &object(kind::WRAP_KEY))).expect("its own layout");
        assert_eq!((back.delegated, back.origin, back.body.len()), (0x1234, 0x11, 32));
        assert_eq!(
            parse(42, &layout(29, &object(kind::WRAP_KEY))),
            Err(Code::InvalidData)
        );
    }

    #[test]
    fn an_altered_blob_does_not_open() {
        let mut sealed = seal(&[1; 32], b"data").expect("a key");
        assert_eq!(sealed.len(), 13 + 4 + 16);
        assert_eq!(open(&[1; 32], &sealed).as_deref(), Ok(&b"data"[..]));
        sealed[15] ^= 1;
        assert_eq!(open(&[1; 32], &sealed), Err(Code::InvalidData));
    }
}
