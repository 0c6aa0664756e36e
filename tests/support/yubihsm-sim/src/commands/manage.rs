//! Commands that manage the device: objects in and out, listing, options, log,
//! wrapping of whole objects, reset.

use super::Context;
use crate::attestation;
use crate::codes::{Code, algorithm, capability as cap, command, object_type as kind, origin};
use crate::frame::Args;
use crate::keys::{self, random};
use crate::objects::{Header, MAX_OBJECTS, Object, PAGE, PAGES};
use crate::rsa_ops::{self, Hash};
use crate::state::State;
use crate::wrap;

const FORCE_AUDIT: u8 = 1;
const COMMAND_AUDIT: u8 = 3;
const ALGORITHM_TOGGLE: u8 = 4;

impl Context<'_> {
    pub(super) fn manage(&mut self, code: u8, data: &[u8]) -> Result<Vec<u8>, Code> {
        let mut args = Args(data);
        match code {
            command::ECHO => Ok(data.to_vec()),
            command::CLOSE_SESSION | command::BLINK_DEVICE => Ok(Vec::new()),
            command::RESET_DEVICE => {
                *self.state = State::fresh(self.state.serial, self.state.firmware);
                self.reset = true;
                Ok(Vec::new())
            }
            command::STORAGE_INFO => Ok(self.storage_info()),
            command::GET_PSEUDO_RANDOM => {
                let length = usize::from(args.u16()?);
                if length > self.room {
                    Err(Code::InvalidData)
                } else {
                    Ok(random(length))
                }
            }
            command::LIST_OBJECTS => self.state.store.list(args, self.rights.domains),
            command::GET_OBJECT_INFO => {
                let id = self.first_id(&mut args)?;
                let object = self.state.store.get(args.u8()?, id, self.rights.domains)?;
                Ok(object.info())
            }
            command::DELETE_OBJECT => self.delete(args),
            command::GET_PUBLIC_KEY => self.public_key(args),
            command::GET_OPAQUE => {
                let id = self.first_id(&mut args)?;
                if id == 0 {
                    return Ok(attestation::chain(self.state.serial).device);
                }
                Ok(self
                    .state
                    .store
                    .get(kind::OPAQUE, id, self.rights.domains)?
                    .body
                    .clone())
            }
            command::GET_OPTION => self.get_option(args.u8()?),
            command::SET_OPTION => self.set_option(args),
            command::GET_LOG_ENTRIES => Ok(self.state.log.answer()),
            command::SET_LOG_INDEX => {
                let cleared = self.state.log.clear_to(args.u16()?);
                if cleared {
                    Ok(Vec::new())
                } else {
                    Err(Code::InvalidData)
                }
            }
            command::EXPORT_WRAPPED => self.export(args),
            command::IMPORT_WRAPPED => self.import(args),
            command::CHANGE_AUTHENTICATION_KEY => self.change_authentication_key(args),
            _ => {
                let header = Header::read(&mut args)?;
                self.target = header.id;
                let object = match code {
                    command::PUT_AUTHENTICATION_KEY | command::PUT_WRAP_KEY | command::GENERATE_WRAP_KEY => {
                        let delegated = args.u64()?;
                        new_granting(code, header, delegated, args.rest())?
                    }
                    _ => new_object(code, header, args.rest())?,
                };
                Ok(self.create(object)?.to_be_bytes().to_vec())
            }
        }
    }

    pub(super) fn first_id(&mut self, args: &mut Args<'_>) -> Result<u16, Code> {
        self.target = args.u16()?;
        Ok(self.target)
    }

    fn storage_info(&self) -> Vec<u8> {
        let (objects, pages) = self.state.store.used();
        let numbers = [MAX_OBJECTS, MAX_OBJECTS - objects, PAGES, PAGES - pages, PAGE];
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    fn delete(&mut self, mut args: Args<'_>) -> Result<Vec<u8>, Code> {
        let id = self.first_id(&mut args)?;
        let kind = args.u8()?;
        args.end()?;
        let bit = match kind {
            kind::OPAQUE => cap::DELETE_OPAQUE,
            kind::AUTHENTICATION_KEY => cap::DELETE_AUTHENTICATION_KEY,
            kind::ASYMMETRIC_KEY => cap::DELETE_ASYMMETRIC_KEY,
            kind::WRAP_KEY => cap::DELETE_WRAP_KEY,
            kind::HMAC_KEY => cap::DELETE_HMAC_KEY,
            kind::TEMPLATE => cap::DELETE_TEMPLATE,
            kind::OTP_AEAD_KEY => cap::DELETE_OTP_AEAD_KEY,
            kind::SYMMETRIC_KEY => cap::DELETE_SYMMETRIC_KEY,
            kind::PUBLIC_WRAP_KEY => cap::DELETE_PUBLIC_WRAP_KEY,
            _ => return Err(Code::InvalidData),
        };
        if self.rights.capabilities & bit == 0 {
            return Err(Code::InsufficientPermissions);
        }
        self.state.store.get(kind, id, self.rights.domains)?;
        self.state.store.remove(kind, id);
        Ok(Vec::new())
    }

    fn public_key(&mut self, mut args: Args<'_>) -> Result<Vec<u8>, Code> {
        let id = self.first_id(&mut args)?;
        let kind = if args.0.is_empty() {
            kind::ASYMMETRIC_KEY
        } else {
            args.u8()?
        };
        let object = self.state.store.get(kind, id, self.rights.domains)?;
        let key = match kind {
            kind::ASYMMETRIC_KEY | kind::WRAP_KEY => keys::public(object.algorithm, &object.body)?,
            kind::PUBLIC_WRAP_KEY => object.body.clone(),
            _ => return Err(Code::InvalidData),
        };
        Ok([&[object.algorithm], &key[..]].concat())
    }

    fn change_authentication_key(&mut self, mut args: Args<'_>) -> Result<Vec<u8>, Code> {
        let id = self.first_id(&mut args)?;
        // A session may change its own key only.
        if id != self.rights.key {
            return Err(Code::InvalidId);
        }
        let algorithm = args.u8()?;
        check_authentication_key(algorithm, args.0)?;
        let body = args.rest().to_vec();
        let key = self
            .state
            .store
            .get_mut(kind::AUTHENTICATION_KEY, id, self.rights.domains)?;
        (key.algorithm, key.body) = (algorithm, body);
        Ok(id.to_be_bytes().to_vec())
    }

    fn get_option(&self, option: u8) -> Result<Vec<u8>, Code> {
        let state = &self.state;
        match option {
            FORCE_AUDIT => Ok(vec![state.force_audit]),
            COMMAND_AUDIT => Ok(state
                .auditable()
                .flat_map(|code| [code, state.audit_of(code)])
                .collect()),
            ALGORITHM_TOGGLE if state.firmware >= (2, 2, 0) => {
                let all = state.algorithms().into_iter();
                Ok(all
                    .flat_map(|id| [id, u8::from(!state.disabled.contains(&id))])
                    .collect())
            }
            _ => Err(Code::InvalidData),
        }
    }

    /// Fixed stays fixed: only a factory reset undoes it.
    fn set_option(&mut self, mut args: Args<'_>) -> Result<Vec<u8>, Code> {
        let option = args.u8()?;
        let length = usize::from(args.u16()?);
        let value = args.take(length)?;
        args.end()?;
        match option {
            FORCE_AUDIT => {
                let [setting @ 0..=2] = *value else {
                    return Err(Code::InvalidData);
                };
                if self.state.force_audit == 2 && setting != 2 {
                    return Err(Code::InvalidData);
                }
                self.state.force_audit = setting;
            }
            COMMAND_AUDIT => {
                let (pairs, []) = value.as_chunks::<2>() else {
                    return Err(Code::WrongLength);
                };
                for [code, setting] in pairs {
                    let known = self.state.auditable().any(|known| known == *code);
                    let fixed = self.state.audit_of(*code) == 2 && *setting != 2;
                    if !known || *setting > 2 || fixed {
                        return Err(Code::InvalidData);
                    }
                }
                self.state
                    .audit
                    .extend(pairs.iter().map(|[code, setting]| (*code, *setting)));
            }
            ALGORITHM_TOGGLE if self.state.firmware >= (2, 2, 0) => {
                // Only on a fresh device: nothing but the default key is stored.
                let (pairs, []) = value.as_chunks::<2>() else {
                    return Err(Code::WrongLength);
                };
                if self.state.store.all().len() > 1 {
                    return Err(Code::InvalidData);
                }
                for [id, enabled] in pairs {
                    self.state.disabled.retain(|known| known != id);
                    if *enabled == 0 {
                        self.state.disabled.push(*id);
                    }
                }
            }
            _ => return Err(Code::InvalidData),
        }
        Ok(Vec::new())
    }

    fn export(&mut self, mut args: Args<'_>) -> Result<Vec<u8>, Code> {
        let wrapping = self.first_id(&mut args)?;
        let kind = args.u8()?;
        let id = args.u16()?;
        self.second = id;
        // A fourth argument asks for an Ed25519 seed: it is what the simulator keeps anyway.
        if !args.0.is_empty() {
            args.u8()?;
        }
        args.end()?;
        // A private RSA wrap key only imports: said before its capabilities are looked at.
        let key = self
            .state
            .store
            .get(kind::WRAP_KEY, wrapping, self.rights.domains)?;
        if wrap::key_size(key.algorithm).is_none() {
            return Err(Code::InvalidData);
        }
        let key = self.able(kind::WRAP_KEY, wrapping, cap::EXPORT_WRAPPED)?;
        let object = self.able(kind, id, cap::EXPORTABLE_UNDER_WRAP)?;
        if object.capabilities & !key.delegated != 0 {
            return Err(Code::InsufficientPermissions);
        }
        wrap::seal(&key.body, &wrap::layout(key.algorithm, object))
    }

    fn import(&mut self, mut args: Args<'_>) -> Result<Vec<u8>, Code> {
        let wrapping = self.first_id(&mut args)?;
        let key = self.able(kind::WRAP_KEY, wrapping, cap::IMPORT_WRAPPED)?;
        let object = wrap::parse(key.algorithm, &wrap::open(&key.body, args.rest())?)?;
        let key = key.clone();
        self.restore(&key, object)
    }

    /// Stores an object that came wrapped under `key`.
    pub(super) fn restore(&mut self, key: &Object, object: Object) -> Result<Vec<u8>, Code> {
        if object.capabilities & !key.delegated != 0 {
            return Err(Code::InsufficientPermissions);
        }
        if object.domains & self.rights.domains == 0 {
            return Err(Code::InvalidData);
        }
        self.second = object.id;
        let kind = object.kind;
        let id = self.state.store.add(object)?.to_be_bytes();
        Ok(vec![kind, id[0], id[1]])
    }
}

fn check_authentication_key(algorithm: u8, body: &[u8]) -> Result<(), Code> {
    match (algorithm, body.len()) {
        (algorithm::AES128_AUTH, 32) | (algorithm::EC_P256_AUTH, 64) => Ok(()),
        (algorithm::AES128_AUTH | algorithm::EC_P256_AUTH, _) => Err(Code::WrongLength),
        _ => Err(Code::InvalidData),
    }
}

/// An object that may grant capabilities itself.
fn new_granting(code: u8, header: Header, delegated: u64, body: &[u8]) -> Result<Object, Code> {
    let algorithm = header.algorithm;
    if code == command::PUT_AUTHENTICATION_KEY {
        check_authentication_key(algorithm, body)?;
        return Ok(header.object(
            kind::AUTHENTICATION_KEY,
            delegated,
            origin::IMPORTED,
            body.to_vec(),
        ));
    }
    let size = wrap::key_size(algorithm).or(rsa_ops::bits(algorithm).map(|bits| bits / 8));
    let size = size.ok_or(Code::InvalidData)?;
    if code == command::PUT_WRAP_KEY {
        if body.len() != size {
            return Err(Code::WrongLength);
        }
        return Ok(header.object(kind::WRAP_KEY, delegated, origin::IMPORTED, body.to_vec()));
    }
    Args(body).end()?;
    let made = if rsa_ops::bits(algorithm).is_some() {
        keys::generate(algorithm)?
    } else {
        random(size)
    };
    Ok(header.object(kind::WRAP_KEY, delegated, origin::GENERATED, made))
}

fn new_object(code: u8, header: Header, body: &[u8]) -> Result<Object, Code> {
    let algorithm = header.algorithm;
    let hash = algorithm.checked_sub(algorithm::HMAC_SHA1).and_then(|index| {
        [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512]
            .get(usize::from(index))
            .copied()
    });
    let symmetric = match algorithm {
        algorithm::AES128 => Some(16),
        algorithm::AES192 => Some(24),
        algorithm::AES256 => Some(32),
        _ => None,
    };
    let put = !matches!(
        code,
        command::GENERATE_ASYMMETRIC_KEY | command::GENERATE_HMAC_KEY | command::GENERATE_SYMMETRIC_KEY
    );
    let (kind, body) = match code {
        command::PUT_OPAQUE => {
            if !matches!(algorithm, algorithm::OPAQUE_DATA | algorithm::OPAQUE_X509) {
                return Err(Code::InvalidData);
            }
            if body.is_empty() {
                return Err(Code::WrongLength);
            }
            (kind::OPAQUE, body.to_vec())
        }
        command::PUT_ASYMMETRIC_KEY => {
            keys::check(algorithm, body)?;
            (kind::ASYMMETRIC_KEY, body.to_vec())
        }
        command::GENERATE_ASYMMETRIC_KEY => {
            Args(body).end()?;
            (kind::ASYMMETRIC_KEY, keys::generate(algorithm)?)
        }
        command::PUT_HMAC_KEY => {
            let block = if hash.ok_or(Code::InvalidData)?.size() > 32 {
                128
            } else {
                64
            };
            if body.is_empty() || body.len() > block {
                return Err(Code::WrongLength);
            }
            (kind::HMAC_KEY, body.to_vec())
        }
        command::GENERATE_HMAC_KEY => {
            Args(body).end()?;
            (kind::HMAC_KEY, random(hash.ok_or(Code::InvalidData)?.size()))
        }
        command::PUT_SYMMETRIC_KEY => {
            if body.len() != symmetric.ok_or(Code::InvalidData)? {
                return Err(Code::WrongLength);
            }
            (kind::SYMMETRIC_KEY, body.to_vec())
        }
        command::GENERATE_SYMMETRIC_KEY => {
            Args(body).end()?;
            (kind::SYMMETRIC_KEY, random(symmetric.ok_or(Code::InvalidData)?))
        }
        // Templates and SSH certificates are left out.
        _ => return Err(Code::InvalidCommand),
    };
    Ok(header.object(
        kind,
        0,
        if put { origin::IMPORTED } else { origin::GENERATED },
        body,
    ))
}
