//! `tuf show FILE`: one metadata file as it stands.

use std::path::Path;

use super::{Exit, MAX_FILE, out, read};
use crate::base::Digest;

pub(super) fn show(path: &Path, _json: bool) -> Exit {
    let bytes = match read(path, MAX_FILE) {
        Ok(bytes) => bytes,
        Err(exit) => return exit,
    };
    out::say(&Digest::of(&bytes).grouped());
    Exit::Good
}
