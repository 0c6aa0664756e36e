//! What the record says of the program itself. All of it is a claim of this
//! machine: a changed program could claim anything.

use std::path::PathBuf;

use crate::base::{Digest, Instant};
use crate::engine::Program;

/// The lock file that this program was built from.
const LOCK: &[u8] = include_bytes!("../../Cargo.lock");

/// Before the release of this version; each release moves it. A clock that says
/// something earlier is wrong (facts/security.md, threat T15).
const RELEASED: &str = "2026-11-01T00:00:00Z";

/// The executable's path; ask before hardening, which hides it from us too.
pub(super) fn executable() -> PathBuf {
    std::env::current_exe().unwrap_or_default()
}

pub(super) fn program(executable: &std::path::Path) -> Program {
    let mut features = Vec::new();
    for (name, on) in [
        ("ceremony", cfg!(feature = "ceremony")),
        ("pkcs11", cfg!(feature = "pkcs11")),
        ("tui", cfg!(feature = "tui")),
        ("yubihsm", cfg!(feature = "yubihsm")),
    ] {
        if on {
            features.push(name.to_owned());
        }
    }
    Program {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sha256: digest_of_file(executable),
        lock: Digest::of(LOCK),
        features,
        released: Instant::parse(RELEASED).ok(),
    }
}

/// Zero where the file cannot be read: no claim is made then. `ring` hashes
/// several times faster than the portable code, and this file is large.
pub(super) fn digest_of_file(path: &std::path::Path) -> Digest {
    std::fs::read(path)
        .ok()
        .and_then(|bytes| {
            <[u8; 32]>::try_from(ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref()).ok()
        })
        .map_or(Digest::ZERO, Digest::from_bytes)
}
