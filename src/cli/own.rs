//! The program's own file: where it is and its digest, for whoever prints or records
//! which program it was. A claim, not a proof: a changed program could claim anything.

use std::path::{Path, PathBuf};

use crate::base::Digest;

/// The executable's path; ask before hardening, which hides it from us too.
pub(super) fn executable() -> PathBuf {
    std::env::current_exe().unwrap_or_default()
}

/// Zero where the file cannot be read: no claim is made then. `ring` hashes
/// several times faster than the portable code, and this file is large.
pub(super) fn digest_of_file(path: &Path) -> Digest {
    std::fs::read(path)
        .ok()
        .and_then(|bytes| {
            <[u8; 32]>::try_from(ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref()).ok()
        })
        .map_or(Digest::ZERO, Digest::from_bytes)
}
