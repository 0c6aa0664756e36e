//! A PKCS#11 module for tests: forwards every call to a real module and misbehaves
//! where its script says so. See README.md; nothing of it is part of the product.
//!
//! Unsafe is unavoidable here: the interface is C. Every function trusts its
//! caller's pointers exactly as far as PKCS#11 makes the caller promise them, and
//! lies are prepared in memory of our own before they are copied out.

#![allow(
    non_snake_case,
    clippy::missing_safety_doc,
    reason = "the names and the promises are PKCS#11's"
)]
#![allow(clippy::too_many_arguments, reason = "so has C_GenerateKeyPair")]

mod call;
mod keys;
mod names;
mod objects;
mod script;
mod tokens;

use std::ffi::c_void;

use cryptoki_sys::*;

use call::{Call, real};
use keys::{C_GenerateKeyPair, C_GenerateRandom, C_Sign, C_SignInit};
use objects::{C_FindObjects, C_FindObjectsFinal, C_FindObjectsInit, C_GetAttributeValue};
use tokens::{
    C_GetMechanismList, C_GetSlotList, C_GetTokenInfo, C_InitPIN, C_InitToken, C_Login, C_OpenSession,
};

/// Calls a function of the real module.
macro_rules! ask {
    ($name:ident($($arg:expr),*)) => {
        match $crate::call::real().and_then(|list| list.$name) {
            // SAFETY: the caller's own arguments, or memory of ours of the promised shape.
            Some(f) => unsafe { f($($arg),*) },
            None => cryptoki_sys::CKR_FUNCTION_NOT_SUPPORTED,
        }
    };
}
pub(crate) use ask;

/// Counts and logs a call; the script may answer it here.
macro_rules! enter {
    ($name:ident) => {
        match $crate::call::Call::enter(stringify!($name)) {
            Ok(call) => call,
            Err(rv) => return rv,
        }
    };
}
pub(crate) use enter;

macro_rules! forward {
    ($($name:ident($($arg:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $name($($arg: $kind),*) -> CK_RV {
            let call = enter!($name);
            call.leave(ask!($name($($arg),*)))
        }
    )*};
}

macro_rules! list {
    ($($name:ident)*) => {
        /// Every function of the list, in its order.
        pub const FUNCTIONS: &[&str] = &[$(stringify!($name)),*];

        static LIST: CK_FUNCTION_LIST = CK_FUNCTION_LIST {
            version: CK_VERSION { major: 2, minor: 40 },
            $($name: Some($name),)*
        };

        fn without(list: &mut CK_FUNCTION_LIST, name: &str) {
            $(if name == stringify!($name) { list.$name = None; })*
        }

        fn copied(list: &CK_FUNCTION_LIST, to: &mut CK_FUNCTION_LIST_3_2) {
            $(to.$name = list.$name;)*
        }
    };
}

list! {
    C_Initialize C_Finalize C_GetInfo C_GetFunctionList
    C_GetSlotList C_GetSlotInfo C_GetTokenInfo C_GetMechanismList
    C_GetMechanismInfo C_InitToken C_InitPIN C_SetPIN
    C_OpenSession C_CloseSession C_CloseAllSessions C_GetSessionInfo
    C_GetOperationState C_SetOperationState C_Login C_Logout
    C_CreateObject C_CopyObject C_DestroyObject C_GetObjectSize
    C_GetAttributeValue C_SetAttributeValue C_FindObjectsInit C_FindObjects
    C_FindObjectsFinal C_EncryptInit C_Encrypt C_EncryptUpdate
    C_EncryptFinal C_DecryptInit C_Decrypt C_DecryptUpdate
    C_DecryptFinal C_DigestInit C_Digest C_DigestUpdate
    C_DigestKey C_DigestFinal C_SignInit C_Sign
    C_SignUpdate C_SignFinal C_SignRecoverInit C_SignRecover
    C_VerifyInit C_Verify C_VerifyUpdate C_VerifyFinal
    C_VerifyRecoverInit C_VerifyRecover C_DigestEncryptUpdate C_DecryptDigestUpdate
    C_SignEncryptUpdate C_DecryptVerifyUpdate C_GenerateKey C_GenerateKeyPair
    C_WrapKey C_UnwrapKey C_DeriveKey C_SeedRandom
    C_GenerateRandom C_GetFunctionStatus C_CancelFunction C_WaitForSlotEvent
}

forward! {
    C_Initialize(a: *mut c_void);
    C_Finalize(a: *mut c_void);
    C_GetInfo(a: *mut CK_INFO);
    C_GetSlotInfo(a: CK_SLOT_ID, b: *mut CK_SLOT_INFO);
    C_GetMechanismInfo(a: CK_SLOT_ID, b: CK_MECHANISM_TYPE, c: *mut CK_MECHANISM_INFO);
    C_SetPIN(a: CK_SESSION_HANDLE, b: *mut CK_UTF8CHAR, c: CK_ULONG, d: *mut CK_UTF8CHAR, e: CK_ULONG);
    C_CloseSession(a: CK_SESSION_HANDLE);
    C_CloseAllSessions(a: CK_SLOT_ID);
    C_GetSessionInfo(a: CK_SESSION_HANDLE, b: *mut CK_SESSION_INFO);
    C_GetOperationState(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: *mut CK_ULONG);
    C_SetOperationState(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: CK_OBJECT_HANDLE, e: CK_OBJECT_HANDLE);
    C_Logout(a: CK_SESSION_HANDLE);
    C_CreateObject(a: CK_SESSION_HANDLE, b: *mut CK_ATTRIBUTE, c: CK_ULONG, d: *mut CK_OBJECT_HANDLE);
    C_CopyObject(a: CK_SESSION_HANDLE, b: CK_OBJECT_HANDLE, c: *mut CK_ATTRIBUTE, d: CK_ULONG, e: *mut CK_OBJECT_HANDLE);
    C_DestroyObject(a: CK_SESSION_HANDLE, b: CK_OBJECT_HANDLE);
    C_GetObjectSize(a: CK_SESSION_HANDLE, b: CK_OBJECT_HANDLE, c: *mut CK_ULONG);
    C_SetAttributeValue(a: CK_SESSION_HANDLE, b: CK_OBJECT_HANDLE, c: *mut CK_ATTRIBUTE, d: CK_ULONG);
    C_EncryptInit(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: CK_OBJECT_HANDLE);
    C_Encrypt(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_EncryptUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_EncryptFinal(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: *mut CK_ULONG);
    C_DecryptInit(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: CK_OBJECT_HANDLE);
    C_Decrypt(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_DecryptUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_DecryptFinal(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: *mut CK_ULONG);
    C_DigestInit(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM);
    C_Digest(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_DigestUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG);
    C_DigestKey(a: CK_SESSION_HANDLE, b: CK_OBJECT_HANDLE);
    C_DigestFinal(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: *mut CK_ULONG);
    C_SignUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG);
    C_SignFinal(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: *mut CK_ULONG);
    C_SignRecoverInit(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: CK_OBJECT_HANDLE);
    C_SignRecover(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_VerifyInit(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: CK_OBJECT_HANDLE);
    C_Verify(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: CK_ULONG);
    C_VerifyUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG);
    C_VerifyFinal(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG);
    C_VerifyRecoverInit(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: CK_OBJECT_HANDLE);
    C_VerifyRecover(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_DigestEncryptUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_DecryptDigestUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_SignEncryptUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_DecryptVerifyUpdate(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG, d: *mut CK_BYTE, e: *mut CK_ULONG);
    C_GenerateKey(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: *mut CK_ATTRIBUTE, d: CK_ULONG, e: *mut CK_OBJECT_HANDLE);
    C_WrapKey(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: CK_OBJECT_HANDLE, d: CK_OBJECT_HANDLE, e: *mut CK_BYTE, f: *mut CK_ULONG);
    C_UnwrapKey(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: CK_OBJECT_HANDLE, d: *mut CK_BYTE, e: CK_ULONG, f: *mut CK_ATTRIBUTE, g: CK_ULONG, h: *mut CK_OBJECT_HANDLE);
    C_DeriveKey(a: CK_SESSION_HANDLE, b: *mut CK_MECHANISM, c: CK_OBJECT_HANDLE, d: *mut CK_ATTRIBUTE, e: CK_ULONG, f: *mut CK_OBJECT_HANDLE);
    C_SeedRandom(a: CK_SESSION_HANDLE, b: *mut CK_BYTE, c: CK_ULONG);
    C_GetFunctionStatus(a: CK_SESSION_HANDLE);
    C_CancelFunction(a: CK_SESSION_HANDLE);
    C_WaitForSlotEvent(a: CK_FLAGS, b: *mut CK_SLOT_ID, c: *mut c_void);
}

/// The list, as the script wants it: with functions missing, or none at all.
fn list(call: &Call) -> *mut CK_FUNCTION_LIST {
    let mut list = LIST;
    if let Some(rule) = call.lie("missing") {
        rule.words().iter().for_each(|name| without(&mut list, name));
    }
    // Never freed: its reader keeps it.
    Box::into_raw(Box::new(list))
}

/// PKCS#11 v2.40: the only symbol that every module has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list_out: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    let call = enter!(C_GetFunctionList);
    if real().is_none() || list_out.is_null() {
        return call.leave(CKR_GENERAL_ERROR);
    }
    let list = if call.lie("null").is_some() {
        std::ptr::null_mut()
    } else {
        list(&call)
    };
    // SAFETY: the caller gives a place for one pointer.
    unsafe { *list_out = list };
    call.leave(CKR_OK)
}

/// PKCS#11 v3.0. Without a lie it gives the same list of version 2.40, which is
/// what readers then ask C_GetFunctionList for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetInterface(
    _name: *mut CK_UTF8CHAR,
    _version: *mut CK_VERSION,
    interface_out: *mut *mut CK_INTERFACE,
    _flags: CK_FLAGS,
) -> CK_RV {
    let call = enter!(C_GetInterface);
    if real().is_none() || interface_out.is_null() {
        return call.leave(CKR_GENERAL_ERROR);
    }
    let list: *mut c_void = if let Some(rule) = call.lie("version-3.2") {
        // Every function that v3 added is missing, and those that are named.
        let mut old = LIST;
        rule.words().iter().for_each(|name| without(&mut old, name));
        let mut new = CK_FUNCTION_LIST_3_2 {
            version: CK_VERSION { major: 3, minor: 2 },
            ..Default::default()
        };
        copied(&old, &mut new);
        Box::into_raw(Box::new(new)).cast()
    } else if call.lie("null").is_some() {
        std::ptr::null_mut()
    } else {
        Box::into_raw(Box::new(LIST)).cast()
    };
    let interface = Box::new(CK_INTERFACE {
        pInterfaceName: c"PKCS 11".as_ptr().cast_mut().cast(),
        pFunctionList: list,
        flags: 0,
    });
    // SAFETY: the caller gives a place for one pointer.
    unsafe { *interface_out = Box::into_raw(interface) };
    call.leave(CKR_OK)
}
