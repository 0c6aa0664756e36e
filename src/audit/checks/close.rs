//! `close`: the last record is `close`. A record without it is a ceremony that
//! is not over, was given up, or lost its end.

use crate::transcript::Kind;

use super::super::codes::NOT_CLOSED;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let what = "the record ends with close";
    match case.lines.last() {
        Some(last) if case.chain.is_closed() => Finding::pass(what).at([last.seq]),
        Some(last) => {
            let why = match last.record.kind {
                Kind::Abort => "the ceremony was aborted",
                Kind::Pause => "the ceremony is paused",
                _ => "the ceremony is not over, or the record lost its end",
            };
            let why = format!("not closed: the last record is {}; {why}", last.record.kind);
            Finding::fail(what, (NOT_CLOSED, why)).at([last.seq])
        }
        None => Finding::fail(what, (NOT_CLOSED, "not closed: there is no record".to_owned())),
    }
}
