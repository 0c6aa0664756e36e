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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::unhex;

    fn hex(text: &str) -> Vec<u8> {
        unhex(text).expect("hexadecimal")
    }

    /// Host challenge of zeroes; the card's challenge and cryptogram are those of the vendor's
    /// client's own unit test.
    fn channel() -> (Channel, Vec<u8>) {
        let (enc, mac) = password_keys(b"password");
        let (host, card) = ([0; 8], hex("054d5631c9186f80"));
        (
            Channel::new(&enc, &mac, &host, &card),
            [&host[..], &card].concat(),
        )
    }

    #[test]
    fn the_keys_of_the_default_password() {
        let (enc, mac) = password_keys(b"password");
        assert_eq!(enc[..], hex("090b47dbed595654901dee1cc655e420"));
        assert_eq!(mac[..], hex("592fd483f759e29909a04c4505d2ce0a"));
    }

    #[test]
    fn the_card_cryptogram_of_a_real_exchange() {
        let (channel, context) = channel();
        assert_eq!(channel.card_cryptogram(&context)[..], hex("3225ed8a3224f2cf"));
    }

    /// Authentication, an echo of `hello` and its answer, computed with the vendor's client.
    #[test]
    fn a_whole_exchange_byte_for_byte() {
        let (mut channel, context) = channel();
        let shown = hex("1ce7552e0f7976dbcc2198fd155c335a");
        assert_eq!(channel.authenticate(0, &shown, &context), Ok(()));
        let request = hex("050019008ce60ffefdd6394e4a4f91e53d2d391611d44f4bd54cb5ec");
        assert_eq!(
            channel.open(&request[3..]).as_deref(),
            Ok(&b"\x01\x00\x05hello"[..])
        );
        let response = hex("850019009d782bf2feb4e04f9ed9da6353c21c507072b3ff279ed02e");
        assert_eq!(channel.seal(0, b"\x81\x00\x05hello"), response);
    }

    #[test]
    fn a_wrong_cryptogram_and_an_altered_message_are_refused() {
        let (mut channel, context) = channel();
        let mut shown = hex("1ce7552e0f7976dbcc2198fd155c335a");
        shown[0] ^= 1;
        assert_eq!(
            channel.authenticate(0, &shown, &context),
            Err(Code::AuthenticationFailed)
        );
        shown[0] ^= 1;
        channel.authenticate(0, &shown, &context).expect("the right one");
        let mut request = hex("050019008ce60ffefdd6394e4a4f91e53d2d391611d44f4bd54cb5ec");
        request[10] ^= 1;
        assert_eq!(channel.open(&request[3..]), Err(Code::SessionFailed));
    }
}
