//! `canonical`: every line is the one spelling of a record of this format, so
//! that no two programs can read one line differently.

use crate::transcript::chain::Code;

use super::{Case, Finding, chain::problems};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let (failures, records) = problems(case, |code| !is_of_chain(code));
    Finding::of(
        format!("{} lines, each in its one spelling", case.chain.tree.size()),
        failures,
    )
    .at(records)
}

/// Problems of how lines follow one another; the rest are about one line's form.
pub(super) fn is_of_chain(code: Code) -> bool {
    matches!(
        code,
        Code::Empty
            | Code::TornTail
            | Code::MissingLf
            | Code::Seq
            | Code::Prev
            | Code::Ceremony
            | Code::Open
            | Code::AfterClose
    )
}
