//! CKA_EC_PARAMS and CKA_EC_POINT as a public key. Modules give the point in
//! three forms: DER OCTET STRING (SoftHSM, NSS, OpenSC), raw (kryoptic's
//! Ed25519), BIT STRING. An uncompressed point begins with the same 04 as an
//! OCTET STRING, so the total length decides, never the first byte (facts/hsm.md
//! 1.2).

use crate::base::{Algorithm, PublicKey};

/// DER of the OID prime256v1 (RFC 5480).
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// DER of the OID secp384r1 (RFC 5480).
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
/// DER of the OID id-Ed25519 (RFC 8410).
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
/// PrintableString "edwards25519" (PKCS#11 v3.0 2.3.5).
const ED25519_NAME: &[u8] = &[
    0x13, 0x0c, b'e', b'd', b'w', b'a', b'r', b'd', b's', b'2', b'5', b'5', b'1', b'9',
];

/// The spellings of CKA_EC_PARAMS to try, in order.
pub(super) fn params(algorithm: Algorithm) -> &'static [&'static [u8]] {
    match algorithm {
        Algorithm::EcdsaP256 => &[P256],
        Algorithm::EcdsaP384 => &[P384],
        Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => &[],
        Algorithm::Ed25519 => &[ED25519, ED25519_NAME],
    }
}

/// The public key of the two attributes; `None` for anything else.
pub(super) fn public_key(ec_params: &[u8], ec_point: &[u8]) -> Option<PublicKey> {
    let algorithm = *Algorithm::ALL.iter().find(|a| params(**a).contains(&ec_params))?;
    let len = algorithm.raw_len();
    let at = ec_point.len().checked_sub(len)?;
    let (head, raw) = ec_point.split_at_checked(at)?;
    let short = u8::try_from(len).ok()?;
    let known = match head {
        [] => true,
        [0x04, n] | [0x04, 0x81, n] => *n == short,
        [0x03, n, 0x00] => *n == short.checked_add(1)?,
        _ => false,
    };
    known.then(|| PublicKey::from_raw(algorithm, raw).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_gives_the_same_key_and_every_other_none() {
        let cases: [(Algorithm, Vec<u8>); 3] = [
            (Algorithm::EcdsaP384, [&[4u8][..], &[7; 96]].concat()),
            (Algorithm::EcdsaP256, [&[4u8][..], &[7; 64]].concat()),
            (Algorithm::Ed25519, vec![4; 32]),
        ];
        for (algorithm, raw) in cases {
            let want = PublicKey::from_raw(algorithm, &raw).unwrap();
            let n = u8::try_from(raw.len()).unwrap();
            for params in params(algorithm) {
                for head in [&[][..], &[4, n], &[4, 0x81, n], &[3, n + 1, 0]] {
                    let point = [head, &raw].concat();
                    assert_eq!(public_key(params, &point).as_ref(), Some(&want));
                    assert!(public_key(params, &point[..point.len() - 1]).is_none());
                    assert!(public_key(params, &[&point[..], &[0]].concat()).is_none());
                }
                for head in [&[4, n + 1][..], &[4, 0x82, n], &[3, n, 0], &[0], &[4, 0, 0, n]] {
                    assert!(public_key(params, &[head, &raw].concat()).is_none(), "{head:?}");
                }
                assert!(public_key(params, &[]).is_none());
            }
        }
        assert!(
            public_key(&[6, 5, 0x2b, 0x81, 4, 0, 0x23], &[4; 133]).is_none(),
            "P-521"
        );
        let compressed = [&[4u8, 65][..], &[2; 65]].concat();
        assert!(public_key(P256, &compressed).is_none());
    }
}
