//! Lies in key generation and signatures.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use cryptoki_sys::*;

use crate::call::Call;
use crate::objects::{attribute, hex, named, search, template};
use crate::tokens::give;
use crate::{ask, enter};

/// The first signature of each session, for `replay`.
static FIRST: LazyLock<Mutex<BTreeMap<CK_SESSION_HANDLE, Vec<u8>>>> = LazyLock::new(Mutex::default);

/// The order of P-256.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

pub(crate) unsafe extern "C" fn C_GenerateKeyPair(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    public: *mut CK_ATTRIBUTE,
    public_count: CK_ULONG,
    private: *mut CK_ATTRIBUTE,
    private_count: CK_ULONG,
    public_key: *mut CK_OBJECT_HANDLE,
    private_key: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    let call = enter!(C_GenerateKeyPair);
    // SAFETY: the caller's own templates.
    let (mut public, mut private) =
        unsafe { (template(public, public_count), template(private, private_count)) };
    let mut times = 1;
    // What the altered templates point to; it lives until the real call is over.
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for rule in call.lies() {
        match rule.verb.as_str() {
            "twice" => times = 2,
            "strip" => {
                public.retain(|a| Some(a.type_) != named(rule));
                private.retain(|a| Some(a.type_) != named(rule));
            }
            "label-cut" => {
                let cut = |a: &mut CK_ATTRIBUTE| a.ulValueLen = a.ulValueLen.min(rule.number());
                let all = public.iter_mut().chain(&mut private);
                all.filter(|a| a.type_ == CKA_LABEL).for_each(cut);
            }
            "weak" => {
                put(&mut private, CKA_SENSITIVE, vec![0], &mut kept);
                put(&mut private, CKA_EXTRACTABLE, vec![1], &mut kept);
            }
            "curve" => put(&mut public, CKA_EC_PARAMS, hex(&rule.words().concat()), &mut kept),
            "set" => {
                let words = rule.words();
                if let (Some(which), Some(value)) = (named(rule), words.get(1)) {
                    put(&mut private, which, hex(value), &mut kept);
                }
            }
            _ => {}
        }
    }
    let mut rv = CKR_OK;
    for _ in 0..times {
        rv = ask!(C_GenerateKeyPair(
            session,
            mechanism,
            public.as_mut_ptr(),
            public.len() as CK_ULONG,
            private.as_mut_ptr(),
            private.len() as CK_ULONG,
            public_key,
            private_key
        ));
    }
    call.leave(rv)
}

/// Sets an attribute in a template.
fn put(list: &mut Vec<CK_ATTRIBUTE>, which: CK_ATTRIBUTE_TYPE, value: Vec<u8>, kept: &mut Vec<Vec<u8>>) {
    kept.push(value);
    let Some(value) = kept.last_mut() else { return };
    // The buffer stays where it is when `kept` grows.
    let new = CK_ATTRIBUTE {
        type_: which,
        pValue: value.as_mut_ptr().cast(),
        ulValueLen: value.len() as CK_ULONG,
    };
    list.retain(|a| a.type_ != which);
    list.push(new);
}

pub(crate) unsafe extern "C" fn C_SignInit(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    let call = enter!(C_SignInit);
    let key = if call.lie("other-key").is_some() {
        another(session, key)
    } else {
        key
    };
    call.leave(ask!(C_SignInit(session, mechanism, key)))
}

/// Another private key of the same type; the same one where there is no other.
fn another(session: CK_SESSION_HANDLE, key: CK_OBJECT_HANDLE) -> CK_OBJECT_HANDLE {
    let mut class = CKO_PRIVATE_KEY.to_ne_bytes();
    let class = CK_ATTRIBUTE {
        type_: CKA_CLASS,
        pValue: class.as_mut_ptr().cast(),
        ulValueLen: size_of::<CK_ULONG>() as CK_ULONG,
    };
    let kind = |key| attribute(session, key, CKA_KEY_TYPE).ok();
    let all = search(session, &mut [class]).unwrap_or_default();
    all.into_iter()
        .find(|other| *other != key && kind(*other) == kind(key))
        .unwrap_or(key)
}

pub(crate) unsafe extern "C" fn C_Sign(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    len: CK_ULONG,
    out: *mut CK_BYTE,
    out_len: *mut CK_ULONG,
) -> CK_RV {
    let call = enter!(C_Sign);
    if call.lies().next().is_none() {
        let rv = ask!(C_Sign(session, data, len, out, out_len));
        if rv == CKR_OK && !out.is_null() {
            // SAFETY: the real module has just written that many bytes.
            let signature =
                unsafe { std::slice::from_raw_parts(out, usize::try_from(*out_len).unwrap_or_default()) };
            remember(session, signature);
        }
        return call.leave(rv);
    }
    if out.is_null() {
        // The real module is not asked for the size, so that its operation goes on.
        let size = call
            .lie("size")
            .or_else(|| call.lie("long"))
            .map_or(64, |rule| rule.number());
        // SAFETY: the caller gives a place for the number.
        unsafe { *out_len = size };
        return call.leave(CKR_OK);
    }
    // SAFETY: the caller's own message.
    let mut message =
        unsafe { std::slice::from_raw_parts(data, usize::try_from(len).unwrap_or_default()) }.to_vec();
    if call.lie("message").is_some() {
        message.iter_mut().for_each(|b| *b ^= 0x55);
    }
    let mut signature = vec![0; 1024];
    let mut size = signature.len() as CK_ULONG;
    let rv = ask!(C_Sign(
        session,
        message.as_mut_ptr(),
        len,
        signature.as_mut_ptr(),
        &raw mut size
    ));
    if rv != CKR_OK {
        return call.leave(rv);
    }
    signature.truncate(usize::try_from(size).unwrap_or_default());
    let signature = twisted(&call, session, signature);
    // SAFETY: the caller's own pointers.
    let rv = unsafe { give(&signature, out, out_len) };
    if let Some(rule) = call.lie("claims") {
        // SAFETY: the caller gives a place for the number.
        unsafe { *out_len = rule.number() };
    }
    call.leave(rv)
}

/// The first signature of a session; this one, if there was none.
fn remember(session: CK_SESSION_HANDLE, signature: &[u8]) -> Vec<u8> {
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    first.entry(session).or_insert_with(|| signature.to_vec()).clone()
}

fn twisted(call: &Call, session: CK_SESSION_HANDLE, mut signature: Vec<u8>) -> Vec<u8> {
    for rule in call.lies() {
        let half = signature.len() / 2;
        let length = usize::try_from(rule.number()).unwrap_or_default();
        match rule.verb.as_str() {
            "flip" => signature.iter_mut().skip(40).take(1).for_each(|b| *b ^= 1),
            "zero" => signature.fill(0),
            "short" => signature.truncate(length),
            "long" => signature.resize(length, 0),
            "r-zero" => signature.iter_mut().take(half).for_each(|b| *b = 0),
            "s-huge" => signature.iter_mut().skip(half).for_each(|b| *b = 0xff),
            "high-s" => high(&mut signature),
            "der" => {
                let integer = |part: &[u8]| [&[2, 33, 0], part].concat();
                let (r, s) = signature.split_at(half);
                signature = [vec![0x30, 70], integer(r), integer(s)].concat();
            }
            "replay" => signature = remember(session, &signature),
            _ => {}
        }
    }
    signature
}

/// The other of the two values of s for the same r, if it is the larger one.
fn high(signature: &mut [u8]) {
    let (_, s) = signature.split_at_mut(signature.len() / 2);
    let order = hex(ORDER);
    let mut other = s.to_vec();
    let mut borrow = 0i16;
    for (to, n) in other.iter_mut().zip(&order).rev() {
        let digit = i16::from(*n) - i16::from(*to) - borrow;
        borrow = i16::from(digit < 0);
        *to = u8::try_from(digit.rem_euclid(256)).unwrap_or_default();
    }
    if other.as_slice() > &*s {
        s.copy_from_slice(&other);
    }
}

pub(crate) unsafe extern "C" fn C_GenerateRandom(
    session: CK_SESSION_HANDLE,
    out: *mut CK_BYTE,
    len: CK_ULONG,
) -> CK_RV {
    let call = enter!(C_GenerateRandom);
    let rv = ask!(C_GenerateRandom(session, out, len));
    if call.lie("zero").is_some() {
        // SAFETY: the caller has room for `len` bytes.
        unsafe { std::ptr::write_bytes(out, 0, usize::try_from(len).unwrap_or_default()) };
    }
    call.leave(rv)
}
