//! `clock`: the machine's clock against one that people read (traps T12, T15:
//! a laptop in local time, a dead RTC). TUF expiry rests on it, so a
//! disagreement stops the step until one of the two clocks is mended.

use super::formal_break;
use crate::base::{Instant, Json};
use crate::engine::Refusal;
use crate::engine::state::{ClockFact, Question};
use crate::engine::turn::Turn;
use crate::script::Verb;
use crate::transcript::Kind;

/// How far the two clocks may differ, in seconds.
pub const TOLERANCE_S: i64 = 180;

pub(super) fn enter(turn: &mut Turn) {
    turn.ask(Question::Clock { difference: None });
}

pub(super) fn answer(turn: &mut Turn, typed: &str) -> Result<(), Refusal> {
    let typed = Instant::parse_typed(typed).map_err(|_| {
        Refusal::new(
            "clock-form",
            "UTC as YYYY-MM-DD HH:MM",
            crate::base::shown(typed, 40),
            "the time could not be read",
        )
    })?;
    let machine = turn.at.wall;
    // The typed time has no seconds: compare with the start of the machine's minute.
    let minute = machine.unix().saturating_sub(machine.unix().rem_euclid(60));
    let difference = minute.saturating_sub(typed.unix());
    let agrees = difference.abs() <= TOLERANCE_S;
    turn.derive(
        Kind::Compared,
        [
            ("what", "clock".into()),
            ("machine", machine.to_string().into()),
            ("typed", typed.to_string().into()),
            ("difference_s", Json::Int(difference)),
            ("agrees", Json::Bool(agrees)),
        ],
    );
    if agrees {
        turn.state.clock = Some(ClockFact { typed, machine });
        match turn.verb() {
            Some(Verb::Break { .. }) => formal_break::over(turn),
            _ => turn.finish(true),
        }
    } else {
        turn.ask(Question::Clock {
            difference: Some(difference),
        });
    }
    Ok(())
}
