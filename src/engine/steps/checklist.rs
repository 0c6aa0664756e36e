//! `checklist`, and the lines of a quorum (`waive`, `supersede`, a number that
//! differs): what people look at and confirm one by one with a word, never with a
//! bare Enter.

use super::{confirm, record, supersede, waive};
use crate::engine::Refusal;
use crate::engine::custody;
use crate::engine::state::Question;
use crate::engine::turn::Turn;
use crate::script::Verb;

pub(super) fn enter(turn: &mut Turn) {
    turn.ask(Question::Item { index: 0 });
}

pub(super) fn answer(turn: &mut Turn, index: usize, typed: &str) -> Result<(), Refusal> {
    let lines = custody::lines(turn.plan, &turn.state);
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
    if turn.state.differs.is_some() {
        record::decided(turn);
        return Ok(());
    }
    match turn.verb() {
        Some(Verb::Waive { .. }) => waive::done(turn),
        Some(Verb::Supersede(_)) => supersede::done(turn),
        _ => {}
    }
    turn.finish(false);
    Ok(())
}
