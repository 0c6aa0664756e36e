//! Commands that use a key: signatures, decryption, agreement, HMAC, wrapped
//! data, AES blocks, attestation.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::Context;
use crate::attestation::{self, Facts};
use crate::codes::{Code, algorithm, capability as cap, command, object_type as kind};
use crate::curve::curve;
use crate::faults::Fault;
use crate::frame::Args;
use crate::keys;
use crate::objects::Object;
use crate::rsa_ops::{self, Hash};
use crate::wrap;

impl Context<'_> {
    pub(super) fn use_key(&mut self, code: u8, data: &[u8]) -> Result<Vec<u8>, Code> {
        let mut args = Args(data);
        let id = self.first_id(&mut args)?;
        match code {
            command::SIGN_ECDSA => {
                let key = self.signing(id, cap::SIGN_ECDSA)?;
                keys::sign_ecdsa(&key, args.rest())
            }
            command::SIGN_EDDSA => {
                let key = self.signing(id, cap::SIGN_EDDSA)?;
                if args.0.len() > self.eddsa {
                    return Err(Code::WrongLength);
                }
                keys::sign_eddsa(&key, args.rest())
            }
            command::SIGN_PKCS1 => {
                let key = self.signing(id, cap::SIGN_PKCS)?;
                rsa_ops::sign_pkcs1(&rsa(&key)?, args.rest())
            }
            command::SIGN_PSS => {
                let key = self.signing(id, cap::SIGN_PSS)?;
                let mgf = Hash::of_mgf(args.u8()?).ok_or(Code::InvalidData)?;
                let salt = usize::from(args.u16()?);
                rsa_ops::sign_pss(&rsa(&key)?, mgf, salt, args.rest())
            }
            command::DECRYPT_PKCS1 => {
                rsa_ops::decrypt_pkcs1(&rsa(self.asymmetric(id, cap::DECRYPT_PKCS)?)?, args.rest())
            }
            command::DECRYPT_OAEP => {
                let key = self.asymmetric(id, cap::DECRYPT_OAEP)?;
                let mgf = Hash::of_mgf(args.u8()?).ok_or(Code::InvalidData)?;
                let cipher = args.take(rsa_ops::bits(key.algorithm).ok_or(Code::InvalidData)? / 8)?;
                rsa_ops::decrypt_oaep(&rsa(key)?, mgf, cipher, args.rest())
            }
            command::DERIVE_ECDH => {
                let key = self.asymmetric(id, cap::DERIVE_ECDH)?;
                let curve = curve(key.algorithm).ok_or(Code::InvalidData)?;
                if args.u8()? != 4 {
                    return Err(Code::InvalidData);
                }
                curve.exchange(&key.body, args.rest())
            }
            command::SIGN_ATTESTATION => self.attest(id, args),
            command::WRAP_DATA => wrap::seal(&self.wrapping(id, cap::WRAP_DATA)?.body, args.rest()),
            command::UNWRAP_DATA => wrap::open(&self.wrapping(id, cap::UNWRAP_DATA)?.body, args.rest()),
            command::SIGN_HMAC => hmac(self.able(kind::HMAC_KEY, id, cap::SIGN_HMAC)?, args.rest()),
            command::VERIFY_HMAC => {
                let key = self.able(kind::HMAC_KEY, id, cap::VERIFY_HMAC)?;
                let size = hmac(key, b"")?.len();
                let shown = args.take(size)?;
                Ok(vec![u8::from(shown == hmac(key, args.rest())?)])
            }
            _ => self.blocks(code, id, args),
        }
    }

    /// The key of a signature: the asked one, or a fresh one of its kind where a fault says so.
    fn signing(&self, id: u16, bit: u64) -> Result<Object, Code> {
        let mut key = self.asymmetric(id, bit)?.clone();
        if self.faults.contains(&Fault::ForeignSignature) {
            key.body = keys::generate(key.algorithm)?;
        }
        Ok(key)
    }

    /// Before firmware 2.5 a wrap key without the capability answers `invalid data`.
    fn wrapping(&self, id: u16, bit: u64) -> Result<&Object, Code> {
        match self.able(kind::WRAP_KEY, id, bit) {
            Err(Code::InsufficientPermissions) if self.state.firmware < (2, 5, 0) => Err(Code::InvalidData),
            other => other,
        }
    }

    fn attest(&mut self, id: u16, mut args: Args<'_>) -> Result<Vec<u8>, Code> {
        let attesting = args.u16()?;
        args.end()?;
        self.second = attesting;
        let state = &self.state;
        let attested = state.store.get(kind::ASYMMETRIC_KEY, id, self.rights.domains)?;
        let mut facts = Facts {
            firmware: state.firmware,
            serial: state.serial,
        };
        if attesting != 0 {
            let key = self.asymmetric(attesting, cap::SIGN_ATTESTATION)?;
            let template = state.store.get(kind::OPAQUE, attesting, self.rights.domains)?;
            return attestation::by_key(facts, key, &template.body, attested);
        }
        let mut signer = state.serial;
        for fault in self.faults {
            match fault {
                Fault::AttestWrongKey => signer = signer.wrapping_add(1),
                Fault::AttestForeign(serial) => (facts.serial, signer) = (*serial, *serial),
                _ => {}
            }
        }
        attestation::by_device(facts, signer, attested)
    }

    fn blocks(&self, code: u8, id: u16, mut args: Args<'_>) -> Result<Vec<u8>, Code> {
        let bit = match code {
            command::DECRYPT_ECB => cap::DECRYPT_ECB,
            command::ENCRYPT_ECB => cap::ENCRYPT_ECB,
            command::DECRYPT_CBC => cap::DECRYPT_CBC,
            _ => cap::ENCRYPT_CBC,
        };
        let key = &self.able(kind::SYMMETRIC_KEY, id, bit)?.body;
        let cbc = matches!(code, command::DECRYPT_CBC | command::ENCRYPT_CBC);
        let iv = if cbc { args.array()? } else { [0; 16] };
        let seal = matches!(code, command::ENCRYPT_ECB | command::ENCRYPT_CBC);
        let data = args.rest();
        if data.is_empty() || !data.len().is_multiple_of(16) {
            return Err(Code::WrongLength);
        }
        if cbc {
            return Ok(cbc_blocks(key, &iv, seal, data));
        }
        Ok(data
            .chunks(16)
            .flat_map(|block| cbc_blocks(key, &iv, seal, block))
            .collect())
    }
}

/// One block at a time under a zero IV this is ECB as well.
fn cbc_blocks(key: &[u8], iv: &[u8; 16], seal: bool, data: &[u8]) -> Vec<u8> {
    macro_rules! run {
        ($aes:ty) => {
            if seal {
                let cipher = cbc::Encryptor::<$aes>::new_from_slices(key, iv).expect("checked lengths");
                cipher.encrypt_padded_vec_mut::<NoPadding>(data)
            } else {
                let cipher = cbc::Decryptor::<$aes>::new_from_slices(key, iv).expect("checked lengths");
                cipher
                    .decrypt_padded_vec_mut::<NoPadding>(data)
                    .expect("whole blocks")
            }
        };
    }
    match key.len() {
        16 => run!(Aes128),
        24 => run!(Aes192),
        _ => run!(Aes256),
    }
}

fn rsa(key: &Object) -> Result<rsa::RsaPrivateKey, Code> {
    rsa_ops::bits(key.algorithm).ok_or(Code::InvalidData)?;
    rsa_ops::key(&key.body)
}

fn hmac(key: &Object, data: &[u8]) -> Result<Vec<u8>, Code> {
    macro_rules! tag {
        ($hash:ty) => {{
            let mut mac = <Hmac<$hash> as Mac>::new_from_slice(&key.body).map_err(|_| Code::InvalidData)?;
            mac.update(data);
            Ok(mac.finalize().into_bytes().to_vec())
        }};
    }
    match key.algorithm {
        algorithm::HMAC_SHA1 => tag!(Sha1),
        algorithm::HMAC_SHA256 => tag!(Sha256),
        algorithm::HMAC_SHA384 => tag!(Sha384),
        algorithm::HMAC_SHA512 => tag!(Sha512),
        _ => Err(Code::InvalidData),
    }
}
