//! CKA_MODULUS and CKA_PUBLIC_EXPONENT as a public key. Both are big integers,
//! most significant byte first; modules differ in whether they put zero bytes in
//! front. The exponent is 65537 or the key is none of ours (V35: e = 3).

use crate::base::{Algorithm, PublicKey};

/// 65537.
pub(super) const EXPONENT: [u8; 3] = [1, 0, 1];

/// The public key of the two attributes; `None` for anything else.
pub(super) fn public_key(modulus: &[u8], exponent: &[u8]) -> Option<PublicKey> {
    let (modulus, exponent) = (trimmed(modulus), trimmed(exponent));
    if exponent != EXPONENT {
        return None;
    }
    let bits = modulus.len().checked_mul(8)?;
    let algorithm = *Algorithm::ALL.iter().find(|a| a.modulus_bits() == Some(bits))?;
    // RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 A.1.1)
    let content = [integer(modulus)?, integer(exponent)?].concat();
    // Whether the top bit is set, so that the modulus has the length it seems to
    // have, is looked at by `from_raw`.
    PublicKey::from_raw(algorithm, &tagged(0x30, &content)?).ok()
}

fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|b| **b == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// A positive INTEGER: a zero byte in front where the top bit is set.
fn integer(number: &[u8]) -> Option<Vec<u8>> {
    let sign: &[u8] = if number.first()? & 0x80 == 0 { &[] } else { &[0] };
    tagged(0x02, &[sign, number].concat())
}

/// DER with a length in its shortest form.
fn tagged(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let len = u16::try_from(content.len()).ok()?.to_be_bytes();
    let head = match len {
        [0, n] if n < 0x80 => vec![tag, n],
        [0, n] => vec![tag, 0x81, n],
        [a, b] => vec![tag, 0x82, a, b],
    };
    Some([head, content.to_vec()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_in_front_are_the_same_key_and_another_exponent_is_none() {
        for (algorithm, bytes) in [
            (Algorithm::RsaPss2048, 256),
            (Algorithm::RsaPss3072, 384),
            (Algorithm::RsaPss4096, 512),
        ] {
            let modulus = [&[0xc1][..], &vec![7; bytes - 1]].concat();
            let key = public_key(&modulus, &[1, 0, 1]).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            let zeros = [&[0, 0][..], &modulus].concat();
            assert_eq!(public_key(&zeros, &[0, 1, 0, 1]), Some(key));
            for exponent in [&[3][..], &[], &[0], &[1, 0, 2], &[1, 0, 1, 0]] {
                assert!(public_key(&modulus, exponent).is_none(), "{exponent:?}");
            }
            assert!(public_key(&modulus[1..], &EXPONENT).is_none(), "a byte short");
            let low = [&[0x41][..], &modulus[1..]].concat();
            assert!(public_key(&low, &EXPONENT).is_none(), "a bit short");
        }
        assert!(public_key(&[], &EXPONENT).is_none());
        assert!(public_key(&[0xc1; 128], &EXPONENT).is_none(), "1024 bits");
    }
}
