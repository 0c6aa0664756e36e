//! What an authenticated command does. This file: which capability a session
//! needs for it, and the way to its handler. Handlers see a [`Context`]: the
//! kept state, the session's rights, and what the log and the faults must know.

mod crypto;
mod manage;
mod otp;
mod rsa_wrap;

use crate::codes::{Code, capability as cap, command, object_type as kind};
use crate::faults::Fault;
use crate::objects::Object;
use crate::session::Rights;
use crate::state::State;

/// One command on its way.
pub(crate) struct Context<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) rights: Rights,
    /// Faults that change what the device says.
    pub(crate) faults: &'a [Fault],
    /// Object ids for the log; 0xFFFF where none played a part.
    pub(crate) target: u16,
    pub(crate) second: u16,
    /// Longest data of a command or an answer.
    pub(crate) room: usize,
    /// Longest message for EdDSA.
    pub(crate) eddsa: usize,
    /// Set where the device resets: sessions end.
    pub(crate) reset: bool,
}

/// The capability a session needs for a command; None where it needs none.
fn needed(code: u8) -> Option<u64> {
    Some(match code {
        command::RESET_DEVICE => cap::RESET_DEVICE,
        command::PUT_OPAQUE => cap::PUT_OPAQUE,
        command::GET_OPAQUE => cap::GET_OPAQUE,
        command::PUT_AUTHENTICATION_KEY => cap::PUT_AUTHENTICATION_KEY,
        command::CHANGE_AUTHENTICATION_KEY => cap::CHANGE_AUTHENTICATION_KEY,
        command::PUT_ASYMMETRIC_KEY => cap::PUT_ASYMMETRIC_KEY,
        command::GENERATE_ASYMMETRIC_KEY => cap::GENERATE_ASYMMETRIC_KEY,
        command::SIGN_PKCS1 => cap::SIGN_PKCS,
        command::SIGN_PSS => cap::SIGN_PSS,
        command::SIGN_ECDSA => cap::SIGN_ECDSA,
        command::SIGN_EDDSA => cap::SIGN_EDDSA,
        command::DECRYPT_PKCS1 => cap::DECRYPT_PKCS,
        command::DECRYPT_OAEP => cap::DECRYPT_OAEP,
        command::DERIVE_ECDH => cap::DERIVE_ECDH,
        command::SIGN_ATTESTATION => cap::SIGN_ATTESTATION,
        command::PUT_WRAP_KEY => cap::PUT_WRAP_KEY,
        command::GENERATE_WRAP_KEY => cap::GENERATE_WRAP_KEY,
        command::PUT_PUBLIC_WRAP_KEY => cap::PUT_PUBLIC_WRAP_KEY,
        command::EXPORT_WRAPPED | command::WRAP_KEY_RSA | command::EXPORT_WRAPPED_RSA => cap::EXPORT_WRAPPED,
        command::IMPORT_WRAPPED | command::UNWRAP_KEY_RSA | command::IMPORT_WRAPPED_RSA => {
            cap::IMPORT_WRAPPED
        }
        command::WRAP_DATA => cap::WRAP_DATA,
        command::UNWRAP_DATA => cap::UNWRAP_DATA,
        command::PUT_HMAC_KEY => cap::PUT_HMAC_KEY,
        command::GENERATE_HMAC_KEY => cap::GENERATE_HMAC_KEY,
        command::SIGN_HMAC => cap::SIGN_HMAC,
        command::VERIFY_HMAC => cap::VERIFY_HMAC,
        command::SET_OPTION => cap::SET_OPTION,
        command::GET_OPTION => cap::GET_OPTION,
        command::GET_PSEUDO_RANDOM => cap::GET_PSEUDO_RANDOM,
        command::GET_LOG_ENTRIES | command::SET_LOG_INDEX => cap::GET_LOG_ENTRIES,
        command::PUT_SYMMETRIC_KEY => cap::PUT_SYMMETRIC_KEY,
        command::GENERATE_SYMMETRIC_KEY => cap::GENERATE_SYMMETRIC_KEY,
        command::DECRYPT_ECB => cap::DECRYPT_ECB,
        command::ENCRYPT_ECB => cap::ENCRYPT_ECB,
        command::DECRYPT_CBC => cap::DECRYPT_CBC,
        command::ENCRYPT_CBC => cap::ENCRYPT_CBC,
        command::PUT_OTP_AEAD_KEY => cap::PUT_OTP_AEAD_KEY,
        command::GENERATE_OTP_AEAD_KEY => cap::GENERATE_OTP_AEAD_KEY,
        command::CREATE_OTP_AEAD => cap::CREATE_OTP_AEAD,
        command::RANDOMIZE_OTP_AEAD => cap::RANDOMIZE_OTP_AEAD,
        command::DECRYPT_OTP => cap::DECRYPT_OTP,
        command::REWRAP_OTP_AEAD => cap::REWRAP_FROM_OTP_AEAD,
        _ => return None,
    })
}

impl Context<'_> {
    /// Runs one command; its answer's data.
    pub(crate) fn run(&mut self, code: u8, data: &[u8]) -> Result<Vec<u8>, Code> {
        if !self.state.has_command(code) {
            return Err(Code::InvalidCommand);
        }
        if data.len() > self.room {
            return Err(Code::WrongLength);
        }
        if needed(code).is_some_and(|bit| self.rights.capabilities & bit == 0) {
            return Err(Code::InsufficientPermissions);
        }
        match code {
            command::SIGN_PKCS1
            | command::SIGN_PSS
            | command::SIGN_ECDSA
            | command::SIGN_EDDSA
            | command::DECRYPT_PKCS1
            | command::DECRYPT_OAEP
            | command::DERIVE_ECDH
            | command::SIGN_ATTESTATION
            | command::WRAP_DATA
            | command::UNWRAP_DATA
            | command::SIGN_HMAC
            | command::VERIFY_HMAC
            | command::DECRYPT_ECB..=command::ENCRYPT_CBC => self.use_key(code, data),
            command::DECRYPT_OTP..=command::REWRAP_OTP_AEAD
            | command::PUT_OTP_AEAD_KEY
            | command::GENERATE_OTP_AEAD_KEY => self.one_time_password(code, data),
            command::PUT_PUBLIC_WRAP_KEY..=command::IMPORT_WRAPPED_RSA => self.rsa_wrap(code, data),
            _ => self.manage(code, data),
        }
    }

    /// The object of this type and id, if it has the capability itself.
    pub(crate) fn able(&self, kind: u8, id: u16, bit: u64) -> Result<&Object, Code> {
        let object = self.state.store.get(kind, id, self.rights.domains)?;
        if object.capabilities & bit == 0 {
            Err(Code::InsufficientPermissions)
        } else {
            Ok(object)
        }
    }

    /// Stores a new object of this session's making: domains within its own, capabilities
    /// within its delegated set; id 0 lets the device choose.
    pub(crate) fn create(&mut self, mut object: Object) -> Result<u16, Code> {
        let rights = self.rights;
        if object.domains == 0 || object.domains & !rights.domains != 0 {
            return Err(Code::InvalidData);
        }
        if (object.capabilities | object.delegated) & !rights.delegated != 0 {
            return Err(Code::InsufficientPermissions);
        }
        let rsa_wrap = object.kind == kind::WRAP_KEY && crate::rsa_ops::bits(object.algorithm).is_some();
        let known = self.state.algorithms().contains(&object.algorithm);
        if !known || rsa_wrap && self.state.firmware < (2, 4, 0) {
            return Err(Code::InvalidData);
        }
        if self.state.disabled.contains(&object.algorithm) {
            return Err(Code::AlgorithmDisabled);
        }
        while object.id == 0 {
            let id = u16::from_be_bytes([crate::keys::random(1)[0], crate::keys::random(1)[0]]);
            if id != u16::MAX && !self.state.store.taken(object.kind, id) {
                object.id = id;
            }
        }
        self.target = object.id;
        self.state.store.add(object)
    }

    pub(crate) fn asymmetric(&self, id: u16, bit: u64) -> Result<&Object, Code> {
        self.able(kind::ASYMMETRIC_KEY, id, bit)
    }
}
