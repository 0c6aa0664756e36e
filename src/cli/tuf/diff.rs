//! `tuf diff OLD NEW`: the review of a new file against the old one. It shows
//! and does not judge: the exit code is 0 whatever differs.

use std::path::Path;

use super::{Exit, MAX_FILE, out, read, unreadable};
use crate::tuf::compare;

pub(super) fn diff(old: &Path, new: &Path, json: bool) -> Exit {
    let both = read(old, MAX_FILE).and_then(|o| Ok((o, read(new, MAX_FILE)?)));
    let (before, after) = match both {
        Ok(both) => both,
        Err(exit) => return exit,
    };
    match compare::compare(&before, &after) {
        Ok(comparison) if json => out::say(&comparison.json().line()),
        Ok(comparison) => out::say(&comparison.lines().join("\n")),
        Err((which, refused)) => {
            let path = if which == "old" { old } else { new };
            return unreadable(path, &format!("[{}] {refused}", refused.code()));
        }
    }
    Exit::Good
}
