//! Yubico one-time passwords under an AEAD key: no ceremony needs them, the
//! vendor's suite exercises them, and they are small.

use aes::Aes128;
use aes::cipher::{BlockDecrypt, KeyInit};

use super::Context;
use crate::codes::{Code, algorithm, capability as cap, command, object_type as kind, origin};
use crate::frame::Args;
use crate::keys::random;
use crate::objects::{Header, Object};
use crate::wrap::ccm;

/// Nonce 6, key 16, identity 6, tag 8.
const AEAD: usize = 36;

impl Context<'_> {
    pub(super) fn one_time_password(&mut self, code: u8, data: &[u8]) -> Result<Vec<u8>, Code> {
        let mut args = Args(data);
        if matches!(code, command::PUT_OTP_AEAD_KEY | command::GENERATE_OTP_AEAD_KEY) {
            let header = Header::read(&mut args)?;
            let size = match header.algorithm {
                algorithm::AES128_OTP => 16,
                algorithm::AES192_OTP => 24,
                algorithm::AES256_OTP => 32,
                _ => return Err(Code::InvalidData),
            };
            let nonce = args.take(4)?;
            let (key, from) = if code == command::PUT_OTP_AEAD_KEY {
                (args.take(size)?.to_vec(), origin::IMPORTED)
            } else {
                (random(size), origin::GENERATED)
            };
            args.end()?;
            let object = header.object(kind::OTP_AEAD_KEY, 0, from, [nonce, &key].concat());
            return Ok(self.create(object)?.to_be_bytes().to_vec());
        }
        let id = self.first_id(&mut args)?;
        let key = |bit| self.able(kind::OTP_AEAD_KEY, id, bit);
        match code {
            command::CREATE_OTP_AEAD => seal(key(cap::CREATE_OTP_AEAD)?, args.take(22)?),
            command::RANDOMIZE_OTP_AEAD => seal(key(cap::RANDOMIZE_OTP_AEAD)?, &random(22)),
            command::REWRAP_OTP_AEAD => {
                let from = key(cap::REWRAP_FROM_OTP_AEAD)?;
                let to = args.u16()?;
                let to = self.able(kind::OTP_AEAD_KEY, to, cap::REWRAP_TO_OTP_AEAD)?;
                seal(to, &open(from, args.take(AEAD)?)?)
            }
            _ => {
                let secret = open(key(cap::DECRYPT_OTP)?, args.take(AEAD)?)?;
                decrypt(&secret, args.array()?)
            }
        }
    }
}

fn nonce(key: &Object, nonce: &[u8]) -> Vec<u8> {
    [&key.body[..4], nonce, &[0; 3]].concat()
}

fn seal(key: &Object, secret: &[u8]) -> Result<Vec<u8>, Code> {
    let fresh = random(6);
    let sealed = ccm(&key.body[4..], true, &nonce(key, &fresh), true, secret)?;
    Ok([fresh, sealed].concat())
}

fn open(key: &Object, aead: &[u8]) -> Result<Vec<u8>, Code> {
    let (fresh, sealed) = aead.split_at(6);
    ccm(&key.body[4..], true, &nonce(key, fresh), false, sealed)
}

/// The counters of a password: use, session, timestamp high, timestamp low.
fn decrypt(secret: &[u8], otp: [u8; 16]) -> Result<Vec<u8>, Code> {
    let mut block = otp.into();
    Aes128::new_from_slice(&secret[..16])
        .map_err(|_| Code::InvalidData)?
        .decrypt_block(&mut block);
    // A CRC-16 over the whole, its complement included, leaves this residue.
    if block[..6] != secret[16..] || crc(&block) != 0xf0b8 {
        return Err(Code::InvalidOtp);
    }
    Ok(vec![block[6], block[7], block[11], block[10], block[8], block[9]])
}

fn crc(data: &[u8]) -> u16 {
    data.iter().fold(0xffff, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0x8408 } else { sum >> 1 }
        })
    })
}
