//! `clock`: the machine's clock against clocks that people read, against the
//! machine's hardware clock, and against what cannot be later than now (traps
//! T12, T15: a laptop in local time, a dead RTC). TUF expiry rests on it, so a
//! disagreement stops the step until one of the clocks is mended.

use super::formal_break;
use crate::base::{Instant, Json};
use crate::engine::Refusal;
use crate::engine::clock::{ClockDoubt, ClockFact};
use crate::engine::state::Question;
use crate::engine::turn::Turn;
use crate::script::Verb;
use crate::transcript::Kind;

/// How far two clocks may differ, in seconds.
pub const TOLERANCE_S: i64 = 180;

pub(super) fn enter(turn: &mut Turn) {
    turn.state.readings.clear();
    ask(turn, None);
}

fn ask(turn: &mut Turn, doubt: Option<ClockDoubt>) {
    let reading = u32::try_from(turn.state.readings.len()).unwrap_or(u32::MAX);
    turn.ask(Question::Clock {
        reading,
        of: turn.plan.clock_sources(),
        doubt,
    });
}

pub(super) fn answer(turn: &mut Turn, typed: &str, rtc: Option<Instant>) -> Result<(), Refusal> {
    let typed = Instant::parse_typed(typed).map_err(|_| {
        Refusal::new(
            "clock-form",
            "UTC as YYYY-MM-DD HH:MM",
            crate::base::shown(typed, 40),
            "the time could not be read",
        )
    })?;
    let machine = turn.at.wall;
    let reading = ClockFact {
        typed,
        machine,
        mono_ms: turn.at.mono_ms,
        rtc_s: rtc.map(|rtc| rtc.unix().saturating_sub(machine.unix())),
    };
    let doubt = doubt(turn, &reading);
    let of = turn.plan.clock_sources();
    let mut body = vec![
        ("what", "clock".into()),
        ("machine", machine.to_string().into()),
        ("typed", typed.to_string().into()),
        ("difference_s", Json::Int(difference(&reading))),
        ("agrees", Json::Bool(doubt.is_none())),
    ];
    if of > 1 {
        let number = turn.state.readings.len().saturating_add(1);
        body.push(("reading", Json::Int(i64::try_from(number).unwrap_or(i64::MAX))));
    }
    if let Some(seconds) = reading.rtc_s {
        body.push(("rtc_difference_s", Json::Int(seconds)));
    }
    if let Some(doubt) = &doubt {
        body.push(("doubt", doubt.word().into()));
    }
    turn.derive(Kind::Compared, body);
    if doubt.is_some() {
        ask(turn, doubt);
        return Ok(());
    }
    turn.state.readings.push(reading);
    if u32::try_from(turn.state.readings.len()).is_ok_and(|n| n < of) {
        ask(turn, None);
        return Ok(());
    }
    turn.state.clock = Some(reading);
    match turn.verb() {
        Some(Verb::Break { .. }) => formal_break::over(turn),
        _ => turn.finish(true),
    }
    Ok(())
}

/// The first thing that does not fit, the plainest first.
fn doubt(turn: &Turn, reading: &ClockFact) -> Option<ClockDoubt> {
    let apart = |seconds: i64| seconds.abs() > TOLERANCE_S;
    let seconds = difference(reading);
    if apart(seconds) {
        return Some(ClockDoubt::Typed { seconds });
    }
    if let Some(seconds) = reading.rtc_s.filter(|s| apart(*s)) {
        return Some(ClockDoubt::Hardware { seconds });
    }
    // Between two readings of one run the clock that cannot be set says how much
    // time went by.
    let before = turn.state.readings.last();
    let jump = before.map(|before| {
        let wall = reading.machine.unix().saturating_sub(before.machine.unix());
        let ran = reading.mono_ms.saturating_sub(before.mono_ms).div_euclid(1000);
        wall.saturating_sub(i64::try_from(ran).unwrap_or(i64::MAX))
    });
    if let Some(seconds) = jump.filter(|s| apart(*s)) {
        return Some(ClockDoubt::Jumped { seconds });
    }
    let (bound, what) = turn.state.not_before.as_ref()?;
    (reading.machine < *bound).then(|| ClockDoubt::Before {
        bound: *bound,
        what: what.clone(),
    })
}

/// The typed time has no seconds: compare with the start of the machine's minute.
fn difference(reading: &ClockFact) -> i64 {
    let machine = reading.machine.unix();
    let minute = machine.saturating_sub(machine.rem_euclid(60));
    minute.saturating_sub(reading.typed.unix())
}
