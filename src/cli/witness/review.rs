//! `witness review`: what a metadata file says, from its own bytes, with the
//! digest of the bytes to sign as hexadecimal groups and words: the same text
//! that the ceremony's screen shows, made on another machine.

use std::path::Path;

use super::{Exit, out, read, unusable};
use crate::base::{Digest, Json};
use crate::transcript::words;
use crate::tuf::{Signed, canonical, review as text};

/// The largest metadata that some client reads (facts/tuf.md 2.10).
const MAX: usize = 5_000_000;

pub(super) fn review(payload: &Path, trusted: Option<&Path>) -> Result<(), Exit> {
    let signed = signed(payload)?;
    let trusted = trusted.map(self::signed).transpose()?;
    out::say(&text(&signed, trusted.as_ref()).join("\n"));
    let bytes = canonical(&signed);
    out::say("");
    for line in words::numbered(&Digest::of(&bytes)) {
        out::say(&line);
    }
    match Signed::from_json(&signed) {
        Ok(_) => Ok(()),
        // The review says why; it is shown all the same.
        Err(_) => Err(Exit::Negative),
    }
}

/// The signed part of a file, or the file itself where it is the bytes to sign.
fn signed(path: &Path) -> Result<Json, Exit> {
    let bytes = read(path, MAX)?;
    if let Some(json) = to_sign(&bytes) {
        return Ok(json);
    }
    let json = Json::parse(&bytes).map_err(|e| unusable(path, &e.to_string()))?;
    let signed = json.get("signed").cloned();
    signed.ok_or_else(|| unusable(path, "expected TUF metadata, or exactly the bytes to sign of it"))
}

/// What exactly these bytes to sign say. TUF's canonical form leaves line breaks
/// (of a key in PEM) as they are, which JSON does not allow: they are escaped for
/// reading, and the result must be these bytes again.
fn to_sign(bytes: &[u8]) -> Option<Json> {
    let mut escaped = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\n' => escaped.extend_from_slice(b"\\n"),
            other => escaped.push(*other),
        }
    }
    let json = Json::parse(&escaped).ok()?;
    (json.get("_type").is_some() && canonical(&json) == bytes).then_some(json)
}
