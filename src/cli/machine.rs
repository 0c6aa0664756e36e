//! What the record says of the program itself. All of it is a claim of this
//! machine: a changed program could claim anything.

pub(super) use super::own::{digest_of_file, executable};
use crate::base::{Digest, Instant};
use crate::engine::Program;

/// The lock file that this program was built from.
const LOCK: &[u8] = include_bytes!("../../Cargo.lock");

/// Before the release of this version; each release moves it. A clock that says
/// something earlier is wrong (facts/security.md, threat T15).
const RELEASED: &str = "2026-11-01T00:00:00Z";

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
