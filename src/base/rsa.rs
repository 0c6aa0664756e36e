//! Whether an RSA modulus can be taken apart by what everybody knows of weak
//! generators (V35): a small factor; the fingerprint of CVE-2017-15361 (N is a
//! power of 65537 modulo every small prime; Nemec et al., "The Return of
//! Coppersmith's Attack", CCS 2017); primes so close together that Fermat's method
//! finds them (CA/Browser Forum BR 6.1.6: 100 rounds). A modulus that passes is
//! not thereby good: nobody can see that from outside.

use p256::elliptic_curve::bigint::{U2048, U3072, U4096, Uint};

/// Odd divisors up to here are tried.
const SMALL: u32 = 10_000;

/// Largest prime of the fingerprint: 3 to 167 take part in every key of 512 bits
/// and more; larger keys add larger ones, so these are always enough to ask.
const FINGERPRINT: u32 = 167;

/// Fermat's method is tried this often.
const ROUNDS: u32 = 100;

/// Why a modulus (big-endian, 256, 384 or 512 bytes) is weak; `None`: no reason found.
pub(super) fn weakness(modulus: &[u8]) -> Option<&'static str> {
    if modulus.last().is_none_or(|b| b & 1 == 0) {
        return Some("an even modulus");
    }
    if (3..=SMALL).step_by(2).any(|d| remainder(modulus, d) == Some(0)) {
        return Some("a modulus with a small factor");
    }
    if is_roca(modulus) {
        return Some("a modulus of the kind of CVE-2017-15361 (ROCA): it can be factored");
    }
    let close = match modulus.len() {
        256 => has_close_primes(&U2048::from_be_slice(modulus)),
        384 => has_close_primes(&U3072::from_be_slice(modulus)),
        512 => has_close_primes(&U4096::from_be_slice(modulus)),
        _ => return Some("a modulus of another length"),
    };
    close.then_some("a modulus of two primes that are close together: it can be factored")
}

/// The remainder by a number of at most 16 bits; `None` by zero. The length is a
/// multiple of 4 bytes.
fn remainder(modulus: &[u8], divisor: u32) -> Option<u32> {
    let divisor = u64::from(divisor);
    let mut rest = 0u64;
    for word in modulus.chunks(4) {
        let word = word
            .iter()
            .fold(0u64, |word, byte| (word << 8) | u64::from(*byte));
        rest = ((rest << 32) | word).checked_rem(divisor)?;
    }
    u32::try_from(rest).ok()
}

/// Modulo every prime up to [`FINGERPRINT`] a power of 65537. Another modulus looks
/// like that about once in some hundred million times.
fn is_roca(modulus: &[u8]) -> bool {
    (3..=FINGERPRINT)
        .step_by(2)
        .filter(|n| is_prime(*n))
        .all(|prime| remainder(modulus, prime).is_some_and(|rest| is_power_of_65537(rest, prime)))
}

fn is_power_of_65537(number: u32, prime: u32) -> bool {
    let times = |power: u32| power.checked_mul(65537)?.checked_rem(prime);
    // The powers come back to 1 after at most `prime` - 1 of them.
    std::iter::successors(Some(1), |power| times(*power).filter(|next| *next != 1))
        .any(|power| power == number)
}

/// For odd numbers.
fn is_prime(number: u32) -> bool {
    (3..number)
        .step_by(2)
        .take_while(|d| d.saturating_mul(*d) <= number)
        .all(|d| number.checked_rem(d) != Some(0))
}

/// Fermat: N = a^2 - b^2 for an `a` just above the root. Sums are modulo 2 to the
/// modulus' own length, in which the small ones that matter have room.
fn has_close_primes<const LIMBS: usize>(modulus: &Uint<LIMBS>) -> bool {
    let mut a = modulus.sqrt_vartime();
    if a.wrapping_mul(&a) != *modulus {
        a = a.wrapping_add(&Uint::ONE);
    }
    let mut b_squared = a.wrapping_mul(&a).wrapping_sub(modulus);
    for _ in 0..ROUNDS {
        if is_square(&b_squared) {
            return true;
        }
        b_squared = b_squared
            .wrapping_add(&a)
            .wrapping_add(&a)
            .wrapping_add(&Uint::ONE);
        a = a.wrapping_add(&Uint::ONE);
    }
    false
}

fn is_square<const LIMBS: usize>(number: &Uint<LIMBS>) -> bool {
    // A square ends in one of 12 of 64 ways: most numbers need no root.
    let end = number.as_words().first().copied().unwrap_or_default() & 63;
    if !(0..32).any(|m: u64| m.wrapping_mul(m) & 63 == end) {
        return false;
    }
    let root = number.sqrt_vartime();
    root.wrapping_mul(&root) == *number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus(name: &str) -> Vec<u8> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/keys");
        let text = std::fs::read_to_string(folder.join(format!("weak-{name}-2048.hex"))).unwrap();
        data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap()
    }

    #[test]
    fn each_weak_modulus_is_known_by_its_weakness() {
        for (name, word) in [
            ("small-factor", "small factor"),
            ("roca", "ROCA"),
            ("close-primes", "close together"),
            ("square", "close together"),
        ] {
            let modulus = modulus(name);
            let why = weakness(&modulus).unwrap();
            assert!(why.contains(word), "{name}: {why}");
            let mut even = modulus;
            *even.last_mut().unwrap() &= 0xfe;
            assert_eq!(weakness(&even), Some("an even modulus"));
        }
        assert!(!is_roca(&modulus("close-primes")));
        assert!(weakness(&[]).is_some());
    }

    #[test]
    fn remainders_and_powers_are_right() {
        let number = (u128::from(u64::MAX) - 58) * 3;
        for divisor in [3u32, 7, 257, 9973] {
            let want = u32::try_from(number % u128::from(divisor)).unwrap();
            assert_eq!(remainder(&number.to_be_bytes(), divisor), Some(want));
        }
        assert_eq!(remainder(&[1], 0), None);
        // 65537 is 2 modulo 3, whose powers are 1 and 2, and 10 modulo 11: 1 and 10.
        assert!(is_power_of_65537(2, 3) && !is_power_of_65537(0, 3));
        assert!(is_power_of_65537(10, 11) && !is_power_of_65537(2, 11));
        let primes: Vec<u32> = (3..=FINGERPRINT).step_by(2).filter(|n| is_prime(*n)).collect();
        assert_eq!((primes.len(), primes.last()), (38, Some(&167)));
    }
}
