//! The calls that `cryptoki` 0.12 cannot make, by the C interface itself; the only
//! file of the adapter with `unsafe`. Five reasons: its `sign` asks for the size
//! first, which ends a context login (CKA_ALWAYS_AUTHENTICATE, PKCS#11 v3.1 5.13.2)
//! and lets the module choose how much memory is reserved (V30); its attributes are
//! as long as the module says in its second answer, and are read past their end;
//! its PIN calls cannot leave the PIN out, which is what a PIN pad wants (v3.1
//! 5.5.7-5.5.9); NSS takes its configuration through C_Initialize's reserved
//! pointer; and descriptors that nobody owns can be closed only by their number.

#![allow(
    unsafe_code,
    reason = "C functions that cryptoki does not wrap as we need them"
)]

use std::ffi::CStr;
use std::path::Path;
use std::ptr::{NonNull, null_mut};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
use cryptoki::error::{Error, Rv};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::slot::Slot;
use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_FUNCTION_LIST, CK_RV, CK_ULONG, CK_UNAVAILABLE_INFORMATION,
    CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_BUFFER_TOO_SMALL,
};

use crate::base::Secret;

/// Longest signature that is taken, in bytes: twice that of RSA-4096.
const SIGNATURE_MAX: usize = 1024;

/// Longest attribute that is taken, in bytes: seven times an RSA-4096 key.
const ATTRIBUTE_MAX: usize = 4096;

/// The same module as `cryptoki` loads, called by hand.
pub(super) struct Raw {
    list: CK_FUNCTION_LIST,
    /// Keeps the functions of `list` mapped.
    _library: cryptoki_sys::Pkcs11,
}

impl Raw {
    /// Loads the module; one that is loaded already is the same one (dlopen(3)).
    pub(super) fn load(path: &Path) -> Result<Raw, Error> {
        // SAFETY: runs the module's own initialisers, as `Pkcs11::new` would for the
        // same file. That is why a module has a process of its own.
        let library = unsafe { cryptoki_sys::Pkcs11::new(path) }.map_err(Error::LibraryLoading)?;
        let get = library
            .C_GetFunctionList
            .as_ref()
            .map_err(|_| Error::MissingSymbol("C_GetFunctionList"))?;
        let mut list: *mut CK_FUNCTION_LIST = null_mut();
        // SAFETY: C_GetFunctionList (v3.1 5.4.4) may be called before C_Initialize and
        // writes one pointer, to which it gets a valid place.
        checked(unsafe { get(&mut list) }, Function::GetFunctionList)?;
        let list = NonNull::new(list).ok_or(Error::NullFunctionPointer)?;
        // SAFETY: not null, and the standard lets it point to a list that the module
        // keeps; it is copied at once, and `_library` keeps the code mapped.
        let list = unsafe { *list.as_ptr() };
        Ok(Raw {
            list,
            _library: library,
        })
    }

    /// C_Sign for the operation that `sign_init` has begun, into our own buffer.
    pub(super) fn sign(&self, session: &Session, message: &[u8]) -> Result<Vec<u8>, Error> {
        let call = self.list.C_Sign.ok_or(Error::NullFunctionPointer)?;
        let mut buffer = [0u8; SIGNATURE_MAX];
        let mut len = ulong(buffer.len())?;
        let (data, data_len) = (message.as_ptr().cast_mut(), ulong(message.len())?);
        // SAFETY: both places are ours, as long as said, and live through the call;
        // C_Sign reads from the first and writes at most `len` bytes to the second.
        let rv = unsafe { call(session.handle(), data, data_len, buffer.as_mut_ptr(), &mut len) };
        checked(rv, Function::Sign)?;
        let len = usize::try_from(len)?;
        buffer.get(..len).map(<[u8]>::to_vec).ok_or(Error::InvalidValue)
    }

    /// C_GetAttributeValue for one attribute, into our own buffer; `None` where the
    /// object does not have it or does not tell it (v3.1 5.7.5).
    pub(super) fn attribute(
        &self,
        session: &Session,
        object: ObjectHandle,
        which: CK_ATTRIBUTE_TYPE,
    ) -> Result<Option<Vec<u8>>, Error> {
        let call = self.list.C_GetAttributeValue.ok_or(Error::NullFunctionPointer)?;
        let mut buffer = [0u8; ATTRIBUTE_MAX];
        let mut one = CK_ATTRIBUTE {
            type_: which,
            pValue: buffer.as_mut_ptr().cast(),
            ulValueLen: ulong(buffer.len())?,
        };
        // SAFETY: one attribute as announced; its place is ours, as long as said, and
        // lives through the call. Whatever length comes back, only `buffer` is read.
        let rv = unsafe { call(session.handle(), object.handle(), &mut one, 1) };
        match rv {
            CKR_ATTRIBUTE_SENSITIVE | CKR_ATTRIBUTE_TYPE_INVALID => return Ok(None),
            CKR_BUFFER_TOO_SMALL => return Err(Error::InvalidValue), // longer than any of ours
            _ => checked(rv, Function::GetAttributeValue)?,
        }
        if one.ulValueLen == CK_UNAVAILABLE_INFORMATION {
            return Ok(None);
        }
        let value = buffer.get(..usize::try_from(one.ulValueLen)?);
        Ok(Some(value.ok_or(Error::InvalidValue)?.to_vec()))
    }

    /// C_InitToken; `None`: the SO PIN is typed on the device.
    pub(super) fn init_token(&self, slot: Slot, so_pin: Option<&Secret>, label: &str) -> Result<(), Error> {
        let call = self.list.C_InitToken.ok_or(Error::NullFunctionPointer)?;
        // 32 bytes padded with blanks (v3.1 5.5.7). A longer one is the caller's fault.
        let mut padded = [b' '; 32];
        padded
            .get_mut(..label.len())
            .ok_or(Error::InvalidValue)?
            .copy_from_slice(label.as_bytes());
        let (pin, pin_len) = pin(so_pin)?;
        let id = CK_ULONG::try_from(slot.id())?;
        // SAFETY: the PIN (null where there is none) and the 32 bytes are only read.
        let rv = unsafe { call(id, pin, pin_len, padded.as_mut_ptr()) };
        checked(rv, Function::InitToken)
    }

    /// C_InitPIN; `None`: the new PIN is typed on the device.
    pub(super) fn init_pin(&self, session: &Session, new: Option<&Secret>) -> Result<(), Error> {
        let call = self.list.C_InitPIN.ok_or(Error::NullFunctionPointer)?;
        let (pin, pin_len) = pin(new)?;
        // SAFETY: the PIN (null where there is none) is only read.
        let rv = unsafe { call(session.handle(), pin, pin_len) };
        checked(rv, Function::InitPIN)
    }

    /// C_SetPIN; `None`: both PINs are typed on the device.
    pub(super) fn set_pin(&self, session: &Session, pins: Option<(&Secret, &Secret)>) -> Result<(), Error> {
        let call = self.list.C_SetPIN.ok_or(Error::NullFunctionPointer)?;
        let (old, old_len) = pin(pins.map(|(old, _)| old))?;
        let (new, new_len) = pin(pins.map(|(_, new)| new))?;
        // SAFETY: the PINs (null where there are none) are only read.
        let rv = unsafe { call(session.handle(), old, old_len, new, new_len) };
        checked(rv, Function::SetPIN)
    }
}

/// C_Initialize, with a text for the reserved pointer where a module wants one.
pub(super) fn initialize(context: &Pkcs11, text: Option<&CStr>) -> Result<(), Error> {
    let flags = CInitializeFlags::OS_LOCKING_OK;
    let args = match text.and_then(|text| NonNull::new(text.as_ptr().cast_mut().cast())) {
        // SAFETY: a text that ends in zero, as NSS wants it; it outlives the call.
        Some(place) => unsafe { CInitializeArgs::new_with_reserved(flags, place) },
        None => CInitializeArgs::new(flags),
    };
    context.initialize(args)
}

/// Closes what our parent left open for us by mistake: every descriptor above 2.
/// Only for a process that has not opened anything yet.
pub(super) fn close_inherited() -> std::io::Result<()> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(|text| text.parse::<i32>().ok()));
    }
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // The folder that was just read is in its own list, and closed by now.
        if std::fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_ok() {
            // SAFETY: open, and nothing of this process owns it: `main` has just begun.
            unsafe { rustix::io::close(number) };
        }
    }
    Ok(())
}

/// Where a PIN is and how long; the module reads it in place, nothing is copied.
fn pin(secret: Option<&Secret>) -> Result<(*mut u8, CK_ULONG), Error> {
    match secret {
        None => Ok((null_mut(), 0)),
        Some(secret) => Ok((secret.expose().as_ptr().cast_mut(), ulong(secret.expose().len())?)),
    }
}

fn ulong(len: usize) -> Result<CK_ULONG, Error> {
    CK_ULONG::try_from(len).map_err(Error::from)
}

fn checked(rv: CK_RV, function: Function) -> Result<(), Error> {
    Rv::from(rv).into_result(function)
}
