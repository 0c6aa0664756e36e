//! The secure channel, after GlobalPlatform SCP03 with AES-128 as the device
//! uses it: key derivation, cryptograms, the encrypted and chained messages.
//! The response MAC chains on the command MAC and does not advance the chain.

use aes::Aes128;
use aes::cipher::block_padding::Iso7816;
use aes::cipher::{BlockDecryptMut, BlockEncrypt, BlockEncryptMut, KeyInit, KeyIvInit};
use cmac::{Cmac, Mac};
use hmac::Hmac;
use sha2::Sha256;

use crate::codes::{Code, command};
use crate::frame;

/// A 16-byte AES key.
pub type Key = [u8; 16];

const CARD_CRYPTOGRAM: u8 = 0;
const HOST_CRYPTOGRAM: u8 = 1;
const S_ENC: u8 = 4;
const S_MAC: u8 = 6;
const S_RMAC: u8 = 7;

/// The two static keys of a password: PBKDF2-HMAC-SHA256, salt `Yubico`, 10 000 rounds.
#[must_use]
pub fn password_keys(password: &[u8]) -> (Key, Key) {
    let mut out = [0; 32];
    pbkdf2::pbkdf2::<Hmac<Sha256>>(password, b"Yubico", 10_000, &mut out).expect("any length will do");
    let (mut enc, mut mac) = ([0; 16], [0; 16]);
    enc.copy_from_slice(&out[..16]);
    mac.copy_from_slice(&out[16..]);
    (enc, mac)
}

/// AES-CMAC of the parts one after another.
#[must_use]
pub fn cmac(key: &Key, parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = <Cmac<Aes128> as Mac>::new(key.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The KDF in counter mode: 11 zero bytes, constant, 00, length in bits, counter 01, context.
fn derive(key: &Key, constant: u8, bits: u16, context: &[u8]) -> [u8; 16] {
    let [high, low] = bits.to_be_bytes();
    let label = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, constant, 0, high, low, 1];
    cmac(key, &[&label, context])
}

fn cryptogram(key: &Key, constant: u8, context: &[u8]) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(&derive(key, constant, 0x40, context)[..8]);
    out
}

/// The device's end of one session.
#[derive(Debug, Clone)]
pub struct Channel {
    enc: Key,
    mac: Key,
    rmac: Key,
    chain: [u8; 16],
    counter: u128,
}

impl Channel {
    /// The session keys of static keys and both challenges.
    #[must_use]
    pub fn new(static_enc: &Key, static_mac: &Key, host: &[u8], card: &[u8]) -> Self {
        let context = [host, card].concat();
        Self::from_session_keys(
            derive(static_enc, S_ENC, 0x80, &context),
            derive(static_mac, S_MAC, 0x80, &context),
            derive(static_mac, S_RMAC, 0x80, &context),
            [0; 16],
        )
    }

    /// A channel whose session keys were agreed otherwise (asymmetric authentication).
    #[must_use]
    pub fn from_session_keys(enc: Key, mac: Key, rmac: Key, chain: [u8; 16]) -> Self {
        Self {
            enc,
            mac,
            rmac,
            chain,
            counter: 1,
        }
    }

    /// What the device shows to prove its key.
    #[must_use]
    pub fn card_cryptogram(&self, context: &[u8]) -> [u8; 8] {
        cryptogram(&self.mac, CARD_CRYPTOGRAM, context)
    }

    /// Checks the host's cryptogram and the MAC of its frame, and starts the chain.
    ///
    /// # Errors
    /// `AuthenticationFailed` where either is wrong.
    pub fn authenticate(&mut self, sid: u8, data: &[u8], context: &[u8]) -> Result<(), Code> {
        let Some((shown, mac)) = data.split_at_checked(8) else {
            return Err(Code::WrongLength);
        };
        let mut signed = vec![command::AUTHENTICATE_SESSION, 0, 17, sid];
        signed.extend_from_slice(shown);
        let chain = cmac(&self.mac, &[&self.chain, &signed]);
        if shown != cryptogram(&self.mac, HOST_CRYPTOGRAM, context) || mac != &chain[..8] {
            return Err(Code::AuthenticationFailed);
        }
        self.chain = chain;
        Ok(())
    }

    fn iv(&self) -> [u8; 16] {
        let mut block = self.counter.to_be_bytes().into();
        Aes128::new(&self.enc.into()).encrypt_block(&mut block);
        block.into()
    }

    /// The plain inner frame of a session message; `message` is its data: sid, ciphertext, MAC.
    ///
    /// # Errors
    /// `WrongLength`, or `SessionFailed` where MAC or padding is wrong.
    pub fn open(&mut self, message: &[u8]) -> Result<Vec<u8>, Code> {
        let length = message.len().checked_sub(8).ok_or(Code::WrongLength)?;
        let (body, mac) = message.split_at(length);
        let Some((_, cipher)) = body.split_first() else {
            return Err(Code::WrongLength);
        };
        let header = u16::try_from(message.len())
            .map_err(|_| Code::WrongLength)?
            .to_be_bytes();
        let chain = cmac(
            &self.mac,
            &[
                &self.chain,
                &[command::SESSION_MESSAGE, header[0], header[1]],
                body,
            ],
        );
        if mac != &chain[..8] {
            return Err(Code::SessionFailed);
        }
        self.chain = chain;
        cbc::Decryptor::<Aes128>::new(&self.enc.into(), &self.iv().into())
            .decrypt_padded_vec_mut::<Iso7816>(cipher)
            .map_err(|_| Code::SessionFailed)
    }

    /// The response frame around a plain inner frame; advances the counter.
    pub fn seal(&mut self, sid: u8, inner: &[u8]) -> Vec<u8> {
        let cipher = cbc::Encryptor::<Aes128>::new(&self.enc.into(), &self.iv().into())
            .encrypt_padded_vec_mut::<Iso7816>(inner);
        self.counter += 1;
        let mut data = vec![sid];
        data.extend_from_slice(&cipher);
        data.extend_from_slice(&[0; 8]);
        let mut response = frame::join(command::SESSION_MESSAGE | 0x80, &data);
        let signed = response.len() - 8;
        let mac = cmac(&self.rmac, &[&self.chain, &response[..signed]]);
        response[signed..].copy_from_slice(&mac[..8]);
        response
    }
}
