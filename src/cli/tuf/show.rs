//! `tuf show FILE`: one metadata file as it stands. A file that today's rules
//! refuse is shown too, and the exit code says so.

use std::path::Path;

use super::{Exit, MAX_FILE, out, read, refused};
use crate::transcript::words;
use crate::tuf::show;

pub(super) fn show(path: &Path, json: bool) -> Exit {
    let bytes = match read(path, MAX_FILE) {
        Ok(bytes) => bytes,
        Err(exit) => return exit,
    };
    let shown = match show::show(&bytes) {
        Ok(shown) => shown,
        Err(why) => return refused(path, &why),
    };
    let words = words::words(&shown.signed_sha256);
    if json {
        out::say(&shown.json(&words).line());
    } else {
        out::say(&shown.lines().join("\n"));
        for row in words.chunks(8) {
            out::say(&row.join(" "));
        }
    }
    if shown.refused.is_none() {
        Exit::Good
    } else {
        Exit::Negative
    }
}
