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
    next_line(turn, index, lines.len());
    Ok(())
}

/// Nobody is made to say what is not so: it is written down as a deviation, with why
/// people go on. A waiver, or what a quorum decides, is agreed to or it is not.
pub(super) fn not_so(turn: &mut Turn, index: usize, why: &str) -> Result<(), Refusal> {
    let checklist = matches!(turn.verb(), Some(Verb::Checklist { .. })) && turn.state.differs.is_none();
    if !checklist {
        return Err(Refusal::new(
            "other-question",
            "the word that is asked for",
            "a reason",
            "only a line of a checklist may be left open",
        ));
    }
    super::check_text("why you go on", why)?;
    turn.state.deviations = turn.state.deviations.saturating_add(1);
    let lines = custody::lines(turn.plan, &turn.state).len();
    next_line(turn, index, lines);
    Ok(())
}

fn next_line(turn: &mut Turn, index: usize, lines: usize) {
    let next = index.saturating_add(1);
    if next < lines {
        turn.ask(Question::Item { index: next });
        return;
    }
    if turn.state.differs.is_some() {
        record::decided(turn);
        return;
    }
    match turn.verb() {
        Some(Verb::Waive { .. }) => waive::done(turn),
        Some(Verb::Supersede(_)) => supersede::done(turn),
        _ => {}
    }
    turn.finish(false);
}
