//! `plan SCRIPT`: the ordered plan, with what each step needs, makes and
//! leaves as evidence.

use std::path::Path;

use super::{Exit, check, out};
use crate::plan::outline;

pub(super) fn plan(path: &Path) -> Exit {
    match check::load(path) {
        Ok(plan) => {
            out::say(&outline(&plan).join("\n"));
            Exit::Good
        }
        Err(exit) => exit,
    }
}
