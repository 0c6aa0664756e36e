//! `checklist`, and the lines of `waive`: what people look at and confirm one
//! by one with a word, never with a bare Enter.

use super::{confirm, waive};
use crate::engine::Refusal;
use crate::engine::state::Question;
use crate::engine::turn::Turn;
use crate::script::Verb;

pub(super) fn enter(turn: &mut Turn) {
    turn.ask(Question::Item { index: 0 });
}

pub(super) fn answer(turn: &mut Turn, index: usize, typed: &str) -> Result<(), Refusal> {
    let lines = turn.plan.lines(turn.state.cursor);
    let word = lines.get(index).map_or("yes", |l| l.word.as_str());
    let waives = matches!(turn.verb(), Some(Verb::Waive { .. }));
    if waives {
        waive::typed(word, typed)?;
    } else {
        confirm::typed(word, typed)?;
    }
    let next = index.saturating_add(1);
    if next < lines.len() {
        turn.ask(Question::Item { index: next });
        return Ok(());
    }
    if waives {
        waive::done(turn);
    }
    turn.finish(false);
    Ok(())
}
