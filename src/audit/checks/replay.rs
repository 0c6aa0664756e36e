//! `replay`: the ceremony is run again from its recorded inputs by the same
//! pure function, and every derived record must come out as it stands there.
//! What a chain, a root and signatures cannot see, a record that was forged
//! with all of them rebuilt around it, is seen here.

use super::super::case::NoState;
use super::super::codes::{NOT_REPLAYED, REPLAY_DIFFERS};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let what = "every derived record follows from the recorded inputs";
    match case.state() {
        Ok(state) => {
            let derived = case.lines.iter().filter(|l| l.record.kind.is_derived()).count();
            Finding::pass(format!(
                "{} inputs re-executed, {derived} derived records equal, {} effects",
                case.lines.len().saturating_sub(derived),
                state.next_effect.saturating_sub(1)
            ))
        }
        Err(NoState::Needs(rules)) => Finding::not_applicable(format!("{rules}; not re-executed")),
        Err(NoState::Without(why)) => Finding::fail(what, (NOT_REPLAYED, format!("not re-executed: {why}"))),
        Err(NoState::Differs(why)) => Finding::fail(what, (REPLAY_DIFFERS, why.clone())),
    }
}
