//! Sentences of the page on which several acts of one device are agreed to at
//! once, so that nobody learns to type without reading.

/// Below the form.
pub const NEXT: &str = "Next: all of it, in this order. If anything goes wrong, you are asked again.";
/// Below the form, before the last act was in sight.
pub const UNREAD: &str = "There is more above this line: PgDn shows the rest of what you agree to.";
/// Too soon.
pub const TOO_SOON: &str = "Not all of it was on the screen yet. PgDn to the end, then type.";
/// About the keys.
pub const KEYS_BODY: &str = "Each key is made inside the device and can never leave it.";
/// About the keys of a key file.
pub const KEYS_FILE: &str =
    "The keys are made on this machine and written as encrypted files. A file can be copied.";

/// Instruction.
#[must_use]
pub fn generate_say(many: usize, token: &str) -> String {
    format!(
        "Make {many} keys on {token}? Take the device and type the last 4 characters of the serial on its body."
    )
}

/// Instruction.
#[must_use]
pub fn sign_say(many: usize, token: &str) -> String {
    format!(
        "Sign {many} files with {token}? Take the device and type the last 4 characters of the serial on its body."
    )
}

/// A key that will be made.
#[must_use]
pub fn key(name: &str, algorithm: &str, roles: &str) -> String {
    format!("{name}, {algorithm}, will sign: {roles}")
}

/// With which key a payload is signed, and how far its file is.
#[must_use]
pub fn with(key: &str, algorithm: &str, have: usize, need: u64) -> String {
    format!("with {key}, {algorithm}; so far {have} of {need} signatures")
}
