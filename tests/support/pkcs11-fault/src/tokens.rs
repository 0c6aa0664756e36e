//! Lies about slots, tokens and logins.

use std::ffi::c_void;

use cryptoki_sys::*;

use crate::script::Rule;
use crate::{ask, enter, names};

/// The real module's slots with a token.
fn slots(present: CK_BBOOL) -> Vec<CK_SLOT_ID> {
    let mut count = 0;
    if ask!(C_GetSlotList(present, std::ptr::null_mut(), &raw mut count)) != CKR_OK {
        return Vec::new();
    }
    let mut slots = vec![0; usize::try_from(count).unwrap_or_default()];
    if ask!(C_GetSlotList(present, slots.as_mut_ptr(), &raw mut count)) != CKR_OK {
        return Vec::new();
    }
    slots.truncate(usize::try_from(count).unwrap_or_default());
    // By label, those without one last: SoftHSM's own order follows random numbers,
    // and "the first" must be the same token in every run.
    slots.sort_by_key(|slot| {
        let mut info = CK_TOKEN_INFO::default();
        let known = ask!(C_GetTokenInfo(*slot, &raw mut info)) == CKR_OK;
        (!known || info.label[0] <= b' ', info.label)
    });
    slots
}

/// The first two slots with a token stand for each other; any other for itself.
fn other(slot: CK_SLOT_ID) -> CK_SLOT_ID {
    match slots(CK_TRUE).as_slice() {
        [one, two, ..] if *one == slot => *two,
        [one, two, ..] if *two == slot => *one,
        _ => slot,
    }
}

/// Gives a list in the way that PKCS#11 gives lists (v3.1, 5.2).
///
/// # Safety
/// `count` may be written; `out` is null or has room for `*count` items.
pub(crate) unsafe fn give<T: Copy>(items: &[T], out: *mut T, count: *mut CK_ULONG) -> CK_RV {
    let len = items.len() as CK_ULONG;
    // SAFETY: as promised by the caller; no more than the announced room is written.
    unsafe {
        let room = *count;
        *count = len;
        if out.is_null() {
            return CKR_OK;
        }
        if room < len {
            return CKR_BUFFER_TOO_SMALL;
        }
        std::ptr::copy_nonoverlapping(items.as_ptr(), out, items.len());
    }
    CKR_OK
}

pub(crate) unsafe extern "C" fn C_GetSlotList(
    present: CK_BBOOL,
    out: *mut CK_SLOT_ID,
    count: *mut CK_ULONG,
) -> CK_RV {
    let call = enter!(C_GetSlotList);
    let mut list = slots(present);
    if let Some(rule) = call.lie("count").filter(|_| out.is_null()) {
        // SAFETY: the caller gives a place for the number.
        unsafe { *count = rule.number() };
        return call.leave(CKR_OK);
    }
    for rule in call.lies() {
        match rule.verb.as_str() {
            "none" => list.clear(),
            "twice" => list = list.iter().flat_map(|s| [*s, *s]).collect(),
            "reverse" => list.reverse(),
            _ => {}
        }
    }
    // The real module is asked each time, so that its own state moves on as usual
    // (SoftHSM looks for new tokens only in the call without a list).
    // SAFETY: the caller's own pointers.
    call.leave(unsafe { give(&list, out, count) })
}

/// Blank-padded text, as CK_TOKEN_INFO wants it; longer text is cut.
fn pad<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut out = [b' '; N];
    for (to, from) in out.iter_mut().zip(text) {
        *to = *from;
    }
    out
}

fn flags(rule: &Rule) -> CK_FLAGS {
    rule.words()
        .iter()
        .filter_map(|w| names::flag(w))
        .fold(0, |all, one| all | one)
}

pub(crate) unsafe extern "C" fn C_GetTokenInfo(slot: CK_SLOT_ID, out: *mut CK_TOKEN_INFO) -> CK_RV {
    let call = enter!(C_GetTokenInfo);
    let slot = if call.lie("other-slot").is_some() {
        other(slot)
    } else {
        slot
    };
    let mut info = CK_TOKEN_INFO::default();
    let rv = ask!(C_GetTokenInfo(slot, &raw mut info));
    for rule in call.lies() {
        let words = rule.words();
        let number = |at: usize| {
            words
                .get(at)
                .and_then(|w| w.parse().ok())
                .unwrap_or(CK_ULONG::MAX)
        };
        match rule.verb.as_str() {
            "serial" => info.serialNumber = pad(&rule.text),
            "label" => info.label = pad(&rule.text),
            "manufacturer" => info.manufacturerID = pad(&rule.text),
            "model" => info.model = pad(&rule.text),
            "set" => info.flags |= flags(rule),
            "clear" => info.flags &= !flags(rule),
            "pin-length" => (info.ulMinPinLen, info.ulMaxPinLen) = (number(0), number(1)),
            // SAFETY: CK_TOKEN_INFO is numbers and bytes only; any pattern is one.
            "garbage" => unsafe { std::ptr::write_bytes(&raw mut info, 0xff, 1) },
            _ => {}
        }
    }
    if rv == CKR_OK {
        // SAFETY: the caller gives a place for one CK_TOKEN_INFO.
        unsafe { *out = info };
    }
    call.leave(rv)
}

pub(crate) unsafe extern "C" fn C_GetMechanismList(
    slot: CK_SLOT_ID,
    out: *mut CK_MECHANISM_TYPE,
    count: *mut CK_ULONG,
) -> CK_RV {
    let call = enter!(C_GetMechanismList);
    if call.lie("none").is_some() {
        // SAFETY: the caller's own pointers.
        return call.leave(unsafe { give(&[], out, count) });
    }
    let rv = ask!(C_GetMechanismList(slot, out, count));
    if let Some(rule) = call.lie("count") {
        // SAFETY: the caller gives a place for the number.
        unsafe { *count = rule.number() };
    }
    call.leave(rv)
}

pub(crate) unsafe extern "C" fn C_OpenSession(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    application: *mut c_void,
    notify: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    let call = enter!(C_OpenSession);
    let slot = if call.lie("other-slot").is_some() {
        other(slot)
    } else {
        slot
    };
    call.leave(ask!(C_OpenSession(slot, flags, application, notify, session)))
}

pub(crate) unsafe extern "C" fn C_Login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    len: CK_ULONG,
) -> CK_RV {
    let call = enter!(C_Login);
    let pad = if user == CKU_SO { "pad-so" } else { "pad-user" };
    if let Some(typed) = call.lie(pad) {
        let mut typed = typed.text.clone();
        if !pin.is_null() {
            return call.leave(CKR_ARGUMENTS_BAD);
        }
        return call.leave(ask!(C_Login(
            session,
            user,
            typed.as_mut_ptr(),
            typed.len() as CK_ULONG
        )));
    }
    if let Some(rule) = call.lie("pin") {
        // Any PIN is taken: the module knows the right one.
        let mut right = rule.text.clone();
        return call.leave(ask!(C_Login(
            session,
            user,
            right.as_mut_ptr(),
            right.len() as CK_ULONG
        )));
    }
    if call.lie("twice").is_some() {
        // The first answer counts.
        let first = ask!(C_Login(session, user, pin, len));
        let _second = ask!(C_Login(session, user, pin, len));
        return call.leave(first);
    }
    call.leave(ask!(C_Login(session, user, pin, len)))
}

pub(crate) unsafe extern "C" fn C_InitToken(
    slot: CK_SLOT_ID,
    pin: *mut CK_UTF8CHAR,
    len: CK_ULONG,
    label: *mut CK_UTF8CHAR,
) -> CK_RV {
    let call = enter!(C_InitToken);
    if let Some(typed) = call.lie("pad") {
        let mut typed = typed.text.clone();
        if !pin.is_null() {
            return call.leave(CKR_ARGUMENTS_BAD);
        }
        let len = typed.len() as CK_ULONG;
        return call.leave(ask!(C_InitToken(slot, typed.as_mut_ptr(), len, label)));
    }
    call.leave(ask!(C_InitToken(slot, pin, len, label)))
}

pub(crate) unsafe extern "C" fn C_InitPIN(
    session: CK_SESSION_HANDLE,
    pin: *mut CK_UTF8CHAR,
    len: CK_ULONG,
) -> CK_RV {
    let call = enter!(C_InitPIN);
    if let Some(typed) = call.lie("pad") {
        let mut typed = typed.text.clone();
        if !pin.is_null() {
            return call.leave(CKR_ARGUMENTS_BAD);
        }
        let len = typed.len() as CK_ULONG;
        return call.leave(ask!(C_InitPIN(session, typed.as_mut_ptr(), len)));
    }
    call.leave(ask!(C_InitPIN(session, pin, len)))
}
