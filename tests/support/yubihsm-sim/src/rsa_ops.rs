//! RSA as the device does it: keys from `p‖q`, PKCS#1 v1.5 and PSS signatures
//! over a digest that the host computed, and both decryptions. The paddings are
//! written out (RFC 8017), since the device lets hash, MGF hash and salt differ.

use rand_core::{OsRng, RngCore};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::codes::{Code, algorithm};

/// Bits of an RSA algorithm.
#[must_use]
pub fn bits(algorithm: u8) -> Option<usize> {
    match algorithm {
        algorithm::RSA_2048 => Some(2048),
        algorithm::RSA_3072 => Some(3072),
        algorithm::RSA_4096 => Some(4096),
        _ => None,
    }
}

/// A new key, as `p‖q`.
///
/// # Errors
/// `StorageFailed` where none could be made.
pub fn generate(bits: usize) -> Result<Vec<u8>, Code> {
    let key = RsaPrivateKey::new(&mut OsRng, bits).map_err(|_| Code::StorageFailed)?;
    Ok(key
        .primes()
        .iter()
        .flat_map(|prime| padded(prime, bits / 16))
        .collect())
}

/// The key of `p‖q`, public exponent 65537.
///
/// # Errors
/// `InvalidData` where they make no key.
pub fn key(primes: &[u8]) -> Result<RsaPrivateKey, Code> {
    let (p, q) = primes.split_at(primes.len() / 2);
    RsaPrivateKey::from_p_q(
        BigUint::from_bytes_be(p),
        BigUint::from_bytes_be(q),
        BigUint::from(65_537u32),
    )
    .map_err(|_| Code::InvalidData)
}

/// The modulus, as wide as the key.
#[must_use]
pub fn modulus(key: &RsaPrivateKey) -> Vec<u8> {
    padded(key.n(), key.size())
}

fn padded(number: &BigUint, width: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let mut out = vec![0; width.saturating_sub(bytes.len())];
    out.extend_from_slice(&bytes);
    out
}

fn raw(key: &RsaPrivateKey, input: &[u8]) -> Result<Vec<u8>, Code> {
    let number = BigUint::from_bytes_be(input);
    if number >= *key.n() {
        return Err(Code::InvalidData);
    }
    let out = rsa::hazmat::rsa_decrypt_and_check(key, None::<&mut OsRng>, &number)
        .map_err(|_| Code::InvalidData)?;
    Ok(padded(&out, key.size()))
}

/// A hash function of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [Hash; 4] = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];

    /// The hash whose digests are this long.
    #[must_use]
    pub fn of_length(length: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.size() == length)
    }

    /// The hash of a mask generation function.
    #[must_use]
    pub fn of_mgf(algorithm: u8) -> Option<Self> {
        let index = algorithm.checked_sub(algorithm::MGF1_SHA1)?;
        Self::ALL.get(usize::from(index)).copied()
    }

    /// Bytes of a digest.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        }
    }

    /// The digest of the parts one after another.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        let data = parts.concat();
        match self {
            Hash::Sha1 => Sha1::digest(data).to_vec(),
            Hash::Sha256 => Sha256::digest(data).to_vec(),
            Hash::Sha384 => Sha384::digest(data).to_vec(),
            Hash::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// The DER prefix of a DigestInfo.
    fn prefix(self) -> Vec<u8> {
        let mut out = match self {
            Hash::Sha1 => return vec![0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 20],
            Hash::Sha256 => vec![0x30, 0x31, 1],
            Hash::Sha384 => vec![0x30, 0x41, 2],
            Hash::Sha512 => vec![0x30, 0x51, 3],
        };
        let arc = out.pop().expect("not empty");
        out.extend_from_slice(&[0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc, 5, 0, 4]);
        out.push(self.size().to_be_bytes()[7]);
        out
    }

    fn mask(self, seed: &[u8], length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut counter: u32 = 0;
        while out.len() < length {
            out.extend(self.digest(&[seed, &counter.to_be_bytes()]));
            counter += 1;
        }
        out.truncate(length);
        out
    }
}

fn xor(target: &mut [u8], mask: &[u8]) {
    target.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
}

/// RSASSA-PKCS1-v1_5 over a digest.
///
/// # Errors
/// `WrongLength` where no hash has digests of that length.
pub fn sign_pkcs1(key: &RsaPrivateKey, digest: &[u8]) -> Result<Vec<u8>, Code> {
    let info = [
        Hash::of_length(digest.len()).ok_or(Code::WrongLength)?.prefix(),
        digest.to_vec(),
    ]
    .concat();
    let mut block = vec![0, 1];
    block.resize(key.size() - info.len() - 1, 0xff);
    block.push(0);
    block.extend(info);
    raw(key, &block)
}

/// RSASSA-PSS over a digest.
///
/// # Errors
/// `WrongLength` where the digest's length fits no hash, `InvalidData` where the salt has no room.
pub fn sign_pss(key: &RsaPrivateKey, mgf: Hash, salt: usize, digest: &[u8]) -> Result<Vec<u8>, Code> {
    let hash = Hash::of_length(digest.len()).ok_or(Code::WrongLength)?;
    let size = key.size();
    if size < hash.size() + salt + 2 {
        return Err(Code::InvalidData);
    }
    let mut salted = vec![0; salt];
    OsRng.fill_bytes(&mut salted);
    let h = hash.digest(&[&[0; 8], digest, &salted]);
    let mut block = vec![0; size - salt - hash.size() - 2];
    block.push(1);
    block.extend(salted);
    let mask = mgf.mask(&h, block.len());
    xor(&mut block, &mask);
    block[0] &= 0x7f;
    block.extend(h);
    block.push(0xbc);
    raw(key, &block)
}

/// RSAES-PKCS1-v1_5.
///
/// # Errors
/// `WrongLength`, or `InvalidData` where the padding is wrong.
pub fn decrypt_pkcs1(key: &RsaPrivateKey, cipher: &[u8]) -> Result<Vec<u8>, Code> {
    if cipher.len() != key.size() {
        return Err(Code::WrongLength);
    }
    let block = raw(key, cipher)?;
    let end = block
        .iter()
        .skip(2)
        .position(|byte| *byte == 0)
        .ok_or(Code::InvalidData)?
        + 2;
    if block[..2] != [0, 2] || end < 10 {
        return Err(Code::InvalidData);
    }
    Ok(block[end + 1..].to_vec())
}

/// RSAES-OAEP; `label` is the digest of the label, and its length names the hash.
///
/// # Errors
/// `WrongLength`, or `InvalidData` where the padding is wrong.
pub fn decrypt_oaep(key: &RsaPrivateKey, mgf: Hash, cipher: &[u8], label: &[u8]) -> Result<Vec<u8>, Code> {
    let hash = Hash::of_length(label.len()).ok_or(Code::WrongLength)?;
    if cipher.len() != key.size() {
        return Err(Code::WrongLength);
    }
    let mut block = raw(key, cipher)?;
    let (head, data) = block.split_at_mut(1 + hash.size());
    let seed = &mut head[1..];
    let mask = mgf.mask(data, seed.len());
    xor(seed, &mask);
    let mask = mgf.mask(seed, data.len());
    xor(data, &mask);
    let rest = data.strip_prefix(label).ok_or(Code::InvalidData)?;
    let one = rest.iter().position(|byte| *byte != 0).ok_or(Code::InvalidData)?;
    if head[0] != 0 || rest[one] != 1 {
        return Err(Code::InvalidData);
    }
    Ok(rest[one + 1..].to_vec())
}

/// RSAES-OAEP under a modulus, public exponent 65537; `label` is the digest of the label.
///
/// # Errors
/// `WrongLength` where the label's digest is of no hash or the message has no room.
pub fn encrypt_oaep(modulus: &[u8], mgf: Hash, message: &[u8], label: &[u8]) -> Result<Vec<u8>, Code> {
    let hash = Hash::of_length(label.len()).ok_or(Code::WrongLength)?;
    let room = modulus
        .len()
        .checked_sub(2 * hash.size() + 2 + message.len())
        .ok_or(Code::WrongLength)?;
    let mut data = [label, &vec![0; room], &[1], message].concat();
    let mut seed = vec![0; hash.size()];
    OsRng.fill_bytes(&mut seed);
    let mask = mgf.mask(&seed, data.len());
    xor(&mut data, &mask);
    let mask = mgf.mask(&data, seed.len());
    xor(&mut seed, &mask);
    let block = BigUint::from_bytes_be(&[seed, data].concat());
    let cipher = block.modpow(&BigUint::from(65_537u32), &BigUint::from_bytes_be(modulus));
    Ok(padded(&cipher, modulus.len()))
}
