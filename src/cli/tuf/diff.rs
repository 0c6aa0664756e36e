//! `tuf diff OLD NEW`: the review of a new file against the old one. It shows
//! and does not judge what differs; the exit code says whether today's parser
//! reads both, since a review of anything else is for looking only.

use std::path::Path;

use super::{Exit, MAX_FILE, out, read, refused};
use crate::tuf::compare;

pub(super) fn diff(old: &Path, new: &Path, json: bool) -> Exit {
    let both = read(old, MAX_FILE).and_then(|o| Ok((o, read(new, MAX_FILE)?)));
    let (before, after) = match both {
        Ok(both) => both,
        Err(exit) => return exit,
    };
    let comparison = match compare::compare(&before, &after) {
        Ok(comparison) => comparison,
        Err((which, why)) => return refused(if which == "old" { old } else { new }, &why),
    };
    if json {
        out::say(&comparison.json().line());
    } else {
        out::say(&comparison.lines().join("\n"));
    }
    if comparison.refused.iter().all(Option::is_none) {
        Exit::Good
    } else {
        Exit::Negative
    }
}
