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
            for row in rows(&digest) {
                out::say(&row);
            }
            Exit::Good
        }
        Err(e) => {
            out::card(Code::ScriptUnreadable, &format!("{}: {e}", check::name(path)));
            Exit::Usage
        }
    }
}

/// The words of a digest with their numbers, four a row.
pub(super) fn rows(digest: &Digest) -> Vec<String> {
    let row = |(row, words): (usize, &[&str])| {
        let line: Vec<String> = words
            .iter()
            .enumerate()
            .map(|(i, word)| {
                let number = row.saturating_mul(4).saturating_add(i).saturating_add(1);
                format!("{number:>2} {word:<12}")
            })
            .collect();
        line.join(" ").trim_end().to_owned()
    };
    words::words(digest).chunks(4).enumerate().map(row).collect()
}
