//! `break`: everybody leaves and comes back, perhaps to another machine. Before:
//! every device is logged out, each thing gets a bag or seal whose number is
//! noted with who takes it along, and a checkpoint's words go onto paper. Then
//! the ceremony rests; only a resumption goes on. After: who is back, every number
//! typed again from the seals, the words read back, the clock confirmed. A stop in
//! between begins its half anew (facts/ceremonies.md L7).

use super::{clock, device, read_back, record, roll_call};
use crate::base::{Json, shown};
use crate::engine::What;
use crate::engine::custody::{Away, NumberFor};
use crate::engine::state::{Confirm, Phase, Question};
use crate::engine::turn::Turn;
use crate::script::Verb;
use crate::transcript::Kind;

pub(super) fn enter(turn: &mut Turn) {
    if turn.state.away.is_some() {
        roll_call::enter(turn);
        return;
    }
    // Nothing stays logged in behind people's backs.
    if !device::lock_any(turn) {
        record::ask_all(turn, NumberFor::Leaves);
    }
}

/// Every number is noted: the record's head is what the words are about.
pub(super) fn all_leave(turn: &mut Turn) {
    turn.work(What::Checkpoint);
}

pub(super) fn checkpointed(turn: &mut Turn) {
    turn.ask(Question::Confirm { what: Confirm::Break });
}

/// The words are on paper: the ceremony rests.
pub(super) fn go(turn: &mut Turn) {
    let (Some(planned), Some(head)) = (turn.planned(), turn.state.checkpoint) else {
        return;
    };
    let Verb::Break { source } = &planned.step.verb else {
        return;
    };
    let numbers = turn.state.numbers.get(&planned.step.id);
    let items = numbers.into_iter().flatten().map(|n| {
        Json::object([
            ("item", shown(&n.item, 120).into()),
            ("number", shown(&n.number, 80).into()),
            (
                "person",
                shown(n.person.as_deref().unwrap_or_default(), 280).into(),
            ),
        ])
    });
    let items = items.collect();
    turn.derive(
        Kind::Break,
        [
            ("items", Json::Array(items)),
            ("source", source.as_str().into()),
            ("size", Json::Int(i64::try_from(head.size).unwrap_or(i64::MAX))),
            ("root", head.root.hex().into()),
        ],
    );
    turn.state.away = Some(Away { root: head.root });
    turn.state.phase = Phase::Paused;
}

/// The quorum of every role is here again.
pub(super) fn people_are_back(turn: &mut Turn) {
    record::ask_all(turn, NumberFor::Returns);
}

/// Every number was compared: is it the record that was left?
pub(super) fn all_are_back(turn: &mut Turn) {
    read_back::enter(turn);
}

/// The words on paper are those of this record. This machine may be another one.
pub(super) fn words_match(turn: &mut Turn) {
    clock::enter(turn);
}

/// The clock is confirmed: the break is over.
pub(super) fn over(turn: &mut Turn) {
    let here = turn.state.people.iter().filter(|p| p.name.is_some()).count();
    turn.state.away = None;
    turn.derive(
        Kind::Back,
        [
            ("people", Json::Int(i64::try_from(here).unwrap_or(i64::MAX))),
            ("deviations", Json::Int(i64::from(turn.state.deviations))),
        ],
    );
    // This run's log key has signed nothing yet.
    turn.finish(true);
}
