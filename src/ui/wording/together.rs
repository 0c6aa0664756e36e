//! Sentences of the page on which several acts of one device are agreed to at
//! once, so that nobody learns to type without reading.

use super::screens::LEAVE_IN;
use crate::base::Id;
use crate::script::Verb;

/// Below the form.
pub const KEYS_NEXT: &str =
    "Next: the keys are made, in this order. That cannot be undone. If one fails, you are asked.";
/// Below the form.
pub const SIGN_NEXT: &str = "Next: one signature each, checked by software. If one fails, you are asked.";
/// Below the form, before the last act was in sight.
pub const UNREAD: &str = "There is more: PgDn shows the rest of what you agree to.";
/// Too soon.
pub const TOO_SOON: &str = "Not all of it was on the screen yet. PgDn to the end, then type.";
/// About the keys.
pub const KEYS_BODY: &str = "Each key is made inside the device and can never leave it.";
/// About the keys of a key file.
pub const KEYS_FILE: &str =
    "The keys are made on this machine and written as encrypted files. A file can be copied.";

/// The heading.
#[must_use]
pub fn headline(verb: &Verb, many: usize) -> String {
    let on = verb.token().map_or("", Id::as_str);
    match verb {
        Verb::GenerateKey { .. } => format!("Generate {many} keys on {on}"),
        _ => format!("Sign {many} payloads on {on}"),
    }
}

/// Instruction.
#[must_use]
pub fn generate_say(many: usize, token: &str) -> String {
    format!("Make {many} keys on {token}? {LEAVE_IN}")
}

/// Instruction.
#[must_use]
pub fn sign_say(many: usize, token: &str) -> String {
    format!("Sign {many} payloads with {token}, one signature each? {LEAVE_IN}")
}

/// A key that will be made.
#[must_use]
pub fn key(name: &str, algorithm: &str, roles: &str) -> String {
    format!("{name}, {algorithm}, will sign: {roles}")
}

/// With which key a payload is signed, and how far its file is.
#[must_use]
pub fn with(key: &str, algorithm: &str, have: usize, need: u64) -> String {
    format!("with {key}, {algorithm}; so far {have} of {need} signed")
}
