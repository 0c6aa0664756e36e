//! What a process does before it meets a secret: no core dump, not readable by
//! other processes of the user. A system that does not allow it stops the run
//! (law 7).

use super::{Exit, out};
use crate::fault::Code;

/// Call once, before any thread.
pub(super) fn harden() -> Result<(), Exit> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable))
        .map_err(|e| {
            out::card(Code::CannotHarden, &e.to_string());
            Exit::of(Code::CannotHarden)
        })
}
