//! Lies about objects: what is found, and what their attributes say.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use cryptoki_sys::*;

use crate::call::Call;
use crate::script::Rule;
use crate::{ask, enter, names};

/// Results that we made up, by session; `endless` ones start again at their end.
struct Found {
    handles: Vec<CK_OBJECT_HANDLE>,
    endless: bool,
}

static FOUND: LazyLock<Mutex<BTreeMap<CK_SESSION_HANDLE, Found>>> = LazyLock::new(Mutex::default);

/// A template of the caller, copied.
///
/// # Safety
/// `list` has `count` attributes.
pub(crate) unsafe fn template(list: *mut CK_ATTRIBUTE, count: CK_ULONG) -> Vec<CK_ATTRIBUTE> {
    if list.is_null() || count == 0 {
        return Vec::new();
    }
    // SAFETY: as promised by the caller.
    unsafe { std::slice::from_raw_parts(list, usize::try_from(count).unwrap_or_default()).to_vec() }
}

/// The attribute that a rule names in its first word.
pub(crate) fn named(rule: &Rule) -> Option<CK_ATTRIBUTE_TYPE> {
    rule.words().first().and_then(|w| names::attribute(w))
}

/// The real module's answer to a whole search.
pub(crate) fn search(
    session: CK_SESSION_HANDLE,
    template: &mut [CK_ATTRIBUTE],
) -> Result<Vec<CK_OBJECT_HANDLE>, CK_RV> {
    let rv = ask!(C_FindObjectsInit(
        session,
        template.as_mut_ptr(),
        template.len() as CK_ULONG
    ));
    if rv != CKR_OK {
        return Err(rv);
    }
    let mut all = Vec::new();
    loop {
        let (mut some, mut count) = ([0; 64], 0);
        if ask!(C_FindObjects(session, some.as_mut_ptr(), 64, &raw mut count)) != CKR_OK || count == 0 {
            break;
        }
        all.extend(some.into_iter().take(usize::try_from(count).unwrap_or_default()));
    }
    ask!(C_FindObjectsFinal(session));
    Ok(all)
}

/// As many objects as were found, of the same class and type, and others; by label,
/// so that a private and a public one belong together.
fn others(
    session: CK_SESSION_HANDLE,
    found: &[CK_OBJECT_HANDLE],
    wanted: &[CK_ATTRIBUTE],
) -> Vec<CK_OBJECT_HANDLE> {
    let kind = |handle| attribute(session, handle, CKA_KEY_TYPE).ok();
    let Some(first) = found.first().map(|handle| kind(*handle)) else {
        return Vec::new();
    };
    let mut class: Vec<_> = wanted.iter().copied().filter(|a| a.type_ == CKA_CLASS).collect();
    let mut all = search(session, &mut class).unwrap_or_default();
    all.retain(|handle| !found.contains(handle) && kind(*handle) == first);
    all.sort_by_key(|handle| attribute(session, *handle, CKA_LABEL).ok());
    all.truncate(found.len());
    all
}

pub(crate) unsafe extern "C" fn C_FindObjectsInit(
    session: CK_SESSION_HANDLE,
    list: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    let call = enter!(C_FindObjectsInit);
    // SAFETY: the caller's own template.
    let mut wanted = unsafe { template(list, count) };
    let mut made_up: Option<Found> = None;
    for rule in call.lies() {
        if rule.verb == "strip" {
            wanted.retain(|a| Some(a.type_) != named(rule));
            continue;
        }
        let mut handles = match search(session, &mut wanted) {
            Ok(handles) => handles,
            Err(rv) => return call.leave(rv),
        };
        match rule.verb.as_str() {
            "none" => handles.clear(),
            "double" => handles = handles.iter().flat_map(|h| [*h, *h]).collect(),
            "zero" => handles = vec![0; handles.len().max(1)],
            "many" => {
                let many = usize::try_from(rule.number()).unwrap_or_default();
                handles = handles.iter().copied().cycle().take(many).collect();
            }
            "others" => handles = others(session, &handles, &wanted),
            _ => {}
        }
        made_up = Some(Found {
            handles,
            endless: rule.verb == "endless",
        });
    }
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made_up) = made_up {
        found.insert(session, made_up);
        drop(found);
        return call.leave(CKR_OK);
    }
    found.remove(&session);
    drop(found);
    call.leave(ask!(C_FindObjectsInit(
        session,
        wanted.as_mut_ptr(),
        wanted.len() as CK_ULONG
    )))
}

pub(crate) unsafe extern "C" fn C_FindObjects(
    session: CK_SESSION_HANDLE,
    out: *mut CK_OBJECT_HANDLE,
    room: CK_ULONG,
    count: *mut CK_ULONG,
) -> CK_RV {
    let call = enter!(C_FindObjects);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let rv = if let Some(found) = found.get_mut(&session) {
        let room = usize::try_from(room).unwrap_or_default();
        let some: Vec<_> = if found.endless {
            let start = found.handles.first().copied().unwrap_or(1);
            vec![start; room]
        } else {
            found.handles.drain(..room.min(found.handles.len())).collect()
        };
        // SAFETY: the caller has room for `room` handles and for their number.
        unsafe {
            std::ptr::copy_nonoverlapping(some.as_ptr(), out, some.len());
            *count = some.len() as CK_ULONG;
        }
        CKR_OK
    } else {
        ask!(C_FindObjects(session, out, room, count))
    };
    drop(found);
    if let Some(rule) = call.lie("count") {
        // SAFETY: as above.
        unsafe { *count = rule.number() };
    }
    call.leave(rv)
}

pub(crate) unsafe extern "C" fn C_FindObjectsFinal(session: CK_SESSION_HANDLE) -> CK_RV {
    let call = enter!(C_FindObjectsFinal);
    if FOUND
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&session)
        .is_some()
    {
        return call.leave(CKR_OK); // the real search has ended long ago
    }
    call.leave(ask!(C_FindObjectsFinal(session)))
}

/// One attribute as the real module has it.
pub(crate) fn attribute(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    which: CK_ATTRIBUTE_TYPE,
) -> Result<Vec<u8>, CK_RV> {
    let mut one = CK_ATTRIBUTE {
        type_: which,
        pValue: std::ptr::null_mut(),
        ulValueLen: 0,
    };
    let rv = ask!(C_GetAttributeValue(session, object, &raw mut one, 1));
    if rv != CKR_OK {
        return Err(rv);
    }
    let mut value = vec![0u8; usize::try_from(one.ulValueLen).unwrap_or_default()];
    one.pValue = value.as_mut_ptr().cast();
    match ask!(C_GetAttributeValue(session, object, &raw mut one, 1)) {
        CKR_OK => Ok(value),
        rv => Err(rv),
    }
}

/// What is told of one attribute.
enum Told {
    Truth,
    Value(Vec<u8>),
    Unavailable,
    /// A length that is not that of the value.
    Length(CK_ULONG),
}

fn told(call: &Call, which: CK_ATTRIBUTE_TYPE, truth: &[u8]) -> Told {
    for rule in call.lies() {
        let words = rule.words();
        let second = words.get(1).map_or("", String::as_str);
        match rule.verb.as_str() {
            "set" if named(rule) == Some(which) => return Told::Value(hex(second)),
            "unavailable" if named(rule) == Some(which) => return Told::Unavailable,
            "length" if named(rule) == Some(which) => {
                return Told::Length(second.parse().unwrap_or(CK_ULONG::MAX - 1));
            }
            "point" if which == CKA_EC_POINT => return Told::Value(point(truth, &words)),
            _ => {}
        }
    }
    Told::Truth
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .filter_map(|p| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok())
        .collect()
}

/// The true point (DER OCTET STRING, as SoftHSM gives it) in another form.
fn point(truth: &[u8], words: &[String]) -> Vec<u8> {
    let raw = truth.get(2..).unwrap_or_default();
    let len = u8::try_from(raw.len()).unwrap_or(u8::MAX);
    let head = |head: &[u8], raw: &[u8]| [head, raw].concat();
    match words.first().map_or("", String::as_str) {
        "raw" => raw.to_vec(),
        "octet-string" => head(&[4, len], raw),
        "octet-string-81" => head(&[4, 0x81, len], raw),
        "octet-string-82" => head(&[4, 0x82, 0, len], raw),
        "bit-string" => head(&[3, len + 1, 0], raw),
        "compressed" => {
            let x = raw.get(1..33).unwrap_or_default();
            let odd = raw.last().is_some_and(|b| b % 2 == 1);
            head(&[4, 33, if odd { 3 } else { 2 }], x)
        }
        "off-curve" => {
            let mut raw = raw.to_vec();
            raw.iter_mut().last().into_iter().for_each(|b| *b ^= 1);
            head(&[4, len], &raw)
        }
        "infinity" => vec![4, 1, 0],
        "zeros" => head(&[4, len], &vec![0; raw.len()]),
        "cut" => truth
            .get(..truth.len().saturating_sub(1))
            .unwrap_or_default()
            .to_vec(),
        "long" => head(truth, &[0]),
        // The generator of P-256: a good point, and nobody's key here.
        "generator" => head(
            &[4, 65, 4],
            &hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                  4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
        ),
        _ => Vec::new(),
    }
}

pub(crate) unsafe extern "C" fn C_GetAttributeValue(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    list: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    let call = enter!(C_GetAttributeValue);
    // SAFETY: the caller's own template.
    let asked = unsafe { template(list, count) };
    if let Some(rule) = call.lie("fails-all")
        && asked.iter().any(|a| Some(a.type_) == named(rule))
    {
        // OpenSC: one attribute that it does not have, and the batch is lost.
        return call.leave(CKR_FUNCTION_NOT_SUPPORTED);
    }
    let rv = ask!(C_GetAttributeValue(session, object, list, count));
    if call.lies().next().is_none() {
        return call.leave(rv);
    }
    let mut worst = rv;
    for (at, asked) in asked.iter().enumerate() {
        let truth = attribute(session, object, asked.type_).unwrap_or_default();
        // SAFETY: `at` is below `count`; the room is what was announced before the
        // real module was asked.
        let one = unsafe { &mut *list.add(at) };
        match told(&call, asked.type_, &truth) {
            Told::Truth => {}
            Told::Length(len) => one.ulValueLen = len,
            Told::Unavailable => {
                one.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                worst = CKR_ATTRIBUTE_TYPE_INVALID;
            }
            Told::Value(value) => {
                let len = value.len() as CK_ULONG;
                if asked.pValue.is_null() {
                    (one.ulValueLen, worst) = (len, CKR_OK);
                } else if asked.ulValueLen < len {
                    (one.ulValueLen, worst) = (CK_UNAVAILABLE_INFORMATION, CKR_BUFFER_TOO_SMALL);
                } else {
                    // SAFETY: the room was just compared.
                    unsafe {
                        std::ptr::copy_nonoverlapping(value.as_ptr(), asked.pValue.cast(), value.len())
                    };
                    (one.ulValueLen, worst) = (len, CKR_OK);
                }
            }
        }
    }
    call.leave(worst)
}
