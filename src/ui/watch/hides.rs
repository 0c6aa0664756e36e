//! When the view shows no digest and no words. A person who is asked to type
//! words from another source could read them here instead, on the machine that
//! is to be checked; so they go before the question comes and stay away until
//! it is answered (DESIGN 5: a second view on the same machine is never a source).

use crate::engine::{Confirm, Phase, Question};
use crate::script::Verb;
use crate::ui::model::Model;
use crate::ui::wording::watch as words;

/// Why no digest is shown now; `None`: it may be.
#[must_use]
pub fn why(model: &Model) -> Option<&'static str> {
    let state = &model.seen.state;
    if matches!(state.phase, Phase::Closed | Phase::Aborted) {
        return None;
    }
    let verb = model.seen.plan.step(state.cursor).map(|p| &p.step.verb);
    match model.question() {
        Some(Question::Confirm { what: Confirm::Break }) => return Some(words::HIDDEN_BREAK),
        Some(Question::Words { .. } | Question::Reopen { .. }) => return Some(words::HIDDEN_COMPARED),
        _ => {}
    }
    match verb {
        _ if state.away.is_some() => Some(words::HIDDEN_BREAK),
        Some(Verb::Break { .. }) => Some(words::HIDDEN_BREAK),
        // The whole step: its question may come between two looks at the record.
        Some(Verb::ReadBack { .. }) => Some(words::HIDDEN_COMPARED),
        Some(Verb::Seal { .. }) => Some(words::HIDDEN_CLOSING),
        _ => None,
    }
}
