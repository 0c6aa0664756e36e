//! Who sat where, and what the clocks said. Nobody signs a roll call here: it
//! is what one person typed about others, so it is claimed.

use crate::audit::case::{Case, input};
use crate::base::{Instant, Json};
use crate::transcript::{Class, Kind, Line};

use super::{class, member, safe};

/// A seat of the roll call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The role; `None`: the record alone does not say it.
    pub role: Option<String>,
    /// The seat, from 1; 0 where the role is not known.
    pub seat: u32,
    /// Who sits there.
    pub name: Option<String>,
    /// Why nobody does.
    pub reason: String,
    /// The answer that says so, and when.
    pub said: Option<(u64, Instant)>,
    /// What stands behind it.
    pub class: Class,
}

/// One reading of another clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRead {
    /// The record that compares.
    pub record: u64,
    /// The role that read it.
    pub by: String,
    /// What this machine said.
    pub machine: String,
    /// What the person read.
    pub typed: String,
    /// Seconds between them.
    pub difference: Option<i64>,
    /// Whether that was near enough.
    pub agrees: bool,
    /// What stands behind the comparison; the readings are claims.
    pub class: Class,
}

pub(super) fn seats(case: &Case<'_>) -> Vec<Seat> {
    let answers: Vec<(&Line, bool, String)> = case.lines.iter().filter_map(answer).collect();
    let Ok(state) = case.state() else {
        let bare = |(line, here, text): &(&Line, bool, String)| Seat {
            role: None,
            seat: 0,
            name: here.then(|| text.clone()),
            reason: if *here { String::new() } else { text.clone() },
            said: Some((line.seq, line.at.wall)),
            class: Class::Claimed,
        };
        return answers.iter().map(bare).collect();
    };
    let mut open = answers;
    let seats = state.people.iter().map(|person| {
        let name = person.name.as_deref().map(safe);
        let reason = safe(&person.reason);
        let text = name.as_ref().unwrap_or(&reason);
        // The first answer with these words that no other seat took.
        let found = open
            .iter()
            .position(|(_, here, said)| *here == name.is_some() && said.trim() == text.trim());
        let said = found
            .map(|at| open.remove(at))
            .map(|(l, _, _)| (l.seq, l.at.wall));
        Seat {
            role: Some(person.role.to_string()),
            seat: person.seat,
            name,
            reason,
            said,
            class: Class::Claimed,
        }
    });
    seats.collect()
}

/// Whether somebody is here, and the name or the reason.
fn answer(line: &Line) -> Option<(&Line, bool, String)> {
    if line.record.kind != Kind::Answer {
        return None;
    }
    let answer = input(line, "answer")?;
    if let Some(present) = answer.get("present") {
        return Some((line, true, member(present, "name").trim().to_owned()));
    }
    let absent = answer.get("absent")?;
    Some((line, false, member(absent, "reason")))
}

pub(super) fn clocks(case: &Case<'_>) -> Vec<ClockRead> {
    let mut by = String::new();
    let mut out = Vec::new();
    for line in &case.lines {
        if line.record.kind == Kind::Answer {
            by = safe(&line.record.who);
        }
        let body = &line.record.body;
        let is_clock = body.get("what").and_then(Json::as_str) == Some("clock");
        if line.record.kind == Kind::Compared && is_clock {
            out.push(ClockRead {
                record: line.seq,
                by: by.clone(),
                machine: member(body, "machine"),
                typed: member(body, "typed"),
                difference: body.get("difference_s").and_then(Json::as_int),
                agrees: body.get("agrees") == Some(&Json::Bool(true)),
                class: class(case, Kind::Compared),
            });
        }
    }
    out
}
