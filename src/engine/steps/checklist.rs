//! `checklist`: lines that people look at and confirm one by one with a word,
//! never with a bare Enter.

use super::confirm;
use crate::engine::Refusal;
use crate::engine::state::Question;
use crate::engine::turn::Turn;
use crate::script::Verb;

pub(super) fn enter(turn: &mut Turn) {
    turn.ask(Question::Item { index: 0 });
}

pub(super) fn answer(turn: &mut Turn, index: usize, typed: &str) -> Result<(), Refusal> {
    confirm::typed("yes", typed)?;
    let next = index.saturating_add(1);
    let more = matches!(turn.verb(), Some(Verb::Checklist { items }) if next < items.len());
    if more {
        turn.ask(Question::Item { index: next });
    } else {
        turn.finish(false);
    }
    Ok(())
}
