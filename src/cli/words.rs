//! `words FILE`: the words of a file's SHA-256, for reading aloud on another
//! machine than the one that asks.

use std::path::Path;

use super::{Exit, check, out};
use crate::base::Digest;
use crate::fault::Code;
use crate::transcript::words;

pub(super) fn words(path: &Path) -> Exit {
    match std::fs::read(path) {
        Ok(bytes) => {
            let digest = Digest::of(&bytes);
            out::say(&digest.grouped());
            for line in words::numbered(&digest) {
                out::say(&line);
            }
            Exit::Good
        }
        Err(e) => {
            out::card(Code::ScriptUnreadable, &format!("{}: {e}", check::name(path)));
            Exit::Usage
        }
    }
}
