//! RSASSA-PSS signatures (RFC 8017 8.1.1) by public test keys, for the rehearsal
//! of a payload before the first PIN. Not for keys of value: the primes are
//! published beside this file, the arithmetic is not hardened, the salt is no
//! chance. `ring` signs RSA only with a random source, which a pure room has not.

use p256::elliptic_curve::bigint::modular::runtime_mod::{DynResidue, DynResidueParams};
use p256::elliptic_curve::bigint::{Limb, U1024, U1536, U2048, Uint};
use sha2::{Digest as _, Sha256};

use crate::base::{Algorithm, PublicKey};

/// How many different keys of one length the primes give: each pair of eight.
pub(super) const KEYS: usize = 28;

/// A key of two published primes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TestKey {
    p: Half,
    q: Half,
    pub(super) public: PublicKey,
}

/// A line of a file of primes: the prime, and the private exponent modulo it less one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Half {
    prime: &'static str,
    exponent: &'static str,
}

/// The key number `index` of this length, below [`KEYS`].
pub(super) fn key(algorithm: Algorithm, index: usize) -> Option<TestKey> {
    let primes = match algorithm {
        Algorithm::RsaPss2048 => include_str!("test_keys/rsa-2048.txt"),
        Algorithm::RsaPss3072 => include_str!("test_keys/rsa-3072.txt"),
        Algorithm::RsaPss4096 => include_str!("test_keys/rsa-4096.txt"),
        _ => return None,
    };
    let halves: Vec<Half> = primes
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (prime, exponent) = line.split_once(' ')?;
            Some(Half { prime, exponent })
        })
        .collect();
    let mut pairs = halves
        .iter()
        .enumerate()
        .flat_map(|(i, p)| halves.iter().take(i).map(move |q| (p, q)));
    let (p, q) = pairs.nth(index)?;
    let public = public(algorithm, &modulus(algorithm, p, q)?)?;
    let (p, q) = (p.clone(), q.clone());
    Some(TestKey { p, q, public })
}

impl TestKey {
    /// A signature with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes that follows
    /// from the message.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let algorithm = self.public.algorithm();
        let encoded = emsa_pss(algorithm.modulus_bits()?, message)?;
        match algorithm {
            Algorithm::RsaPss2048 => power(&number::<{ U1024::LIMBS }>, &self.p, &self.q, &encoded),
            Algorithm::RsaPss3072 => power(&number::<{ U1536::LIMBS }>, &self.p, &self.q, &encoded),
            Algorithm::RsaPss4096 => power(&number::<{ U2048::LIMBS }>, &self.p, &self.q, &encoded),
            _ => None,
        }
    }
}

/// RFC 8017 9.1.1, with emBits one less than the modulus has.
fn emsa_pss(modulus_bits: usize, message: &[u8]) -> Option<Vec<u8>> {
    let length = modulus_bits.checked_div(8)?;
    let digest = Sha256::digest(message);
    let salt = Sha256::digest([b"salt of a throwaway signature".as_slice(), &digest].concat());
    let hash = Sha256::digest([&[0; 8], digest.as_slice(), &salt].concat());
    // PS, 0x01, salt; then H and the trailer of 33 bytes.
    let mut block = vec![0; length.checked_sub(66)?];
    block.push(1);
    block.extend_from_slice(&salt);
    let mut mask = Vec::new();
    let mut counter = 0u32;
    while mask.len() < block.len() {
        mask.extend_from_slice(&Sha256::digest(
            [hash.as_slice(), &counter.to_be_bytes()].concat(),
        ));
        counter = counter.checked_add(1)?;
    }
    for (byte, mask) in block.iter_mut().zip(&mask) {
        *byte ^= mask;
    }
    *block.first_mut()? &= 0x7f;
    block.extend_from_slice(&hash);
    block.push(0xbc);
    Some(block)
}

/// RFC 8017 5.1.2 (2.b): modulo each prime, then joined (Garner).
fn power<const L: usize>(
    number: &dyn Fn(&[u8]) -> Option<Uint<L>>,
    p: &Half,
    q: &Half,
    encoded: &[u8],
) -> Option<Vec<u8>> {
    let (upper, lower) = encoded.split_at_checked(encoded.len().checked_div(2)?)?;
    let message = (number(lower)?, number(upper)?);
    let read = |hex: &str| number(&data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?);
    let (prime_p, prime_q) = (read(p.prime)?, read(q.prime)?);
    let residue = |prime: &Uint<L>, exponent: &Uint<L>| {
        let params = DynResidueParams::new(prime);
        let reduced = Uint::const_rem_wide(message, prime).0;
        DynResidue::new(&reduced, params).pow(exponent)
    };
    let by_p = residue(&prime_p, &read(p.exponent)?);
    let by_q = residue(&prime_q, &read(q.exponent)?).retrieve();
    let modulo_p = |n: &Uint<L>| {
        let reduced = Uint::const_rem_wide((*n, Uint::ZERO), &prime_p).0;
        DynResidue::new(&reduced, *by_p.params())
    };
    let (inverse, _) = modulo_p(&prime_q).invert();
    let h = by_p.sub(&modulo_p(&by_q)).mul(&inverse).retrieve();
    let (lower, upper) = prime_q.mul_wide(&h);
    let (lower, carry) = lower.adc(&by_q, Limb::ZERO);
    let (upper, _) = upper.adc(&Uint::ZERO, carry);
    Some([bytes(&upper), bytes(&lower)].concat())
}

fn modulus(algorithm: Algorithm, p: &Half, q: &Half) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::RsaPss2048 => product(&number::<{ U1024::LIMBS }>, p, q),
        Algorithm::RsaPss3072 => product(&number::<{ U1536::LIMBS }>, p, q),
        Algorithm::RsaPss4096 => product(&number::<{ U2048::LIMBS }>, p, q),
        _ => None,
    }
}

fn product<const L: usize>(number: &dyn Fn(&[u8]) -> Option<Uint<L>>, p: &Half, q: &Half) -> Option<Vec<u8>> {
    let read = |hex: &str| number(&data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?);
    let (lower, upper) = read(p.prime)?.mul_wide(&read(q.prime)?);
    Some([bytes(&upper), bytes(&lower)].concat())
}

/// RFC 8017 A.1.1, exponent 65537.
fn public(algorithm: Algorithm, modulus: &[u8]) -> Option<PublicKey> {
    let mut integer = vec![0x02, 0x82];
    integer.extend_from_slice(&u16::try_from(modulus.len().checked_add(1)?).ok()?.to_be_bytes());
    integer.push(0);
    integer.extend_from_slice(modulus);
    integer.extend_from_slice(&[0x02, 0x03, 0x01, 0x00, 0x01]);
    let mut raw = vec![0x30, 0x82];
    raw.extend_from_slice(&u16::try_from(integer.len()).ok()?.to_be_bytes());
    raw.extend_from_slice(&integer);
    PublicKey::from_raw(algorithm, &raw).ok()
}

/// Big-endian bytes of just this length.
fn number<const L: usize>(bytes: &[u8]) -> Option<Uint<L>> {
    (bytes.len() == Uint::<L>::BYTES).then(|| Uint::from_be_slice(bytes))
}

fn bytes<const L: usize>(n: &Uint<L>) -> Vec<u8> {
    n.to_words().iter().rev().flat_map(|w| w.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ring_takes_a_signature_of_each_length_and_none_over_other_bytes() {
        for algorithm in [
            Algorithm::RsaPss2048,
            Algorithm::RsaPss3072,
            Algorithm::RsaPss4096,
        ] {
            for index in [0, KEYS - 1] {
                let key = key(algorithm, index).unwrap();
                key.public.check_sound().unwrap();
                let sig = key.sign(b"payload").unwrap();
                assert!(key.public.verifies(b"payload", &sig), "{algorithm:?} {index}");
                assert!(!key.public.verifies(b"paylode", &sig));
            }
            assert!(key(algorithm, KEYS).is_none());
        }
    }

    #[test]
    fn a_key_beyond_the_last_test_key_is_no_verdict() {
        let public = |i| key(Algorithm::RsaPss2048, i).unwrap().public;
        let mut keys: Vec<PublicKey> = (0..KEYS).map(public).collect();
        keys.push(PublicKey::from_pem(include_str!("../../../tests/vectors/keys/rsa-pss-2048.pem")).unwrap());
        let keyed = |keys: &[PublicKey]| {
            let table = keys.iter().map(crate::tuf::Key::of);
            let table = table.map(|k| (k.keyid().to_string(), k.to_json())).collect();
            crate::base::Json::object([("keys", crate::base::Json::Object(table))])
        };
        let digest = crate::base::Digest::of(b"payload");
        let mut cast = super::super::Cast::new(&digest);
        assert_eq!(cast.admit(&keyed(&keys[..KEYS])), Ok(()));
        let mut cast = super::super::Cast::new(&digest);
        let refused = cast.admit(&keyed(&keys)).unwrap_err();
        assert!(matches!(
            refused,
            super::super::NotRehearsed::TooManyKeys { most: KEYS, .. }
        ));
    }

    #[test]
    fn the_keys_differ() {
        let keys = (0..KEYS).map(|i| key(Algorithm::RsaPss2048, i).unwrap().public.fingerprint());
        assert_eq!(keys.collect::<std::collections::BTreeSet<_>>().len(), KEYS);
    }
}
