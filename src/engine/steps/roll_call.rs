//! `roll-call`: who is here, seat by seat. Names are claims that people type, and
//! are published with the record: a pseudonym is enough (ADR 0007). An empty seat
//! needs a reason, and every role needs its quorum.

use super::formal_break;
use crate::base::Id;
use crate::engine::Refusal;
use crate::engine::input::Answer;
use crate::engine::state::{Person, Question};
use crate::engine::turn::Turn;
use crate::script::Verb;

pub(super) fn enter(turn: &mut Turn) {
    turn.state.people.clear();
    ask_next(turn, false);
}

pub(super) fn answer(turn: &mut Turn, role: &Id, seat: u32, answer: &Answer) -> Result<(), Refusal> {
    let (name, reason) = match answer {
        Answer::Present { name } => {
            super::check_text("a name", name)?;
            let name = pseudonym(turn, role, name.trim())?;
            // As every later question does that asks for one of these names.
            let same = |p: &&Person| {
                p.name
                    .as_deref()
                    .is_some_and(|other| other.eq_ignore_ascii_case(&name))
            };
            if let Some(other) = turn.state.people.iter().find(same) {
                let listed = turn.plan.role(role).is_some_and(|r| !r.pseudonyms.is_empty());
                let alone = turn.plan.script().kind == crate::script::Kind::Rehearsal;
                if listed || !alone {
                    return Err(Refusal::new(
                        "person-twice",
                        "a person who has no other seat",
                        format!("{name}, who is {} {}", other.role, other.seat),
                        "one person cannot fill two seats",
                    ));
                }
            }
            (Some(name), String::new())
        }
        Answer::Absent { reason } => {
            super::check_text("a reason", reason)?;
            (None, reason.trim().to_owned())
        }
        _ => return Ok(()),
    };
    turn.state.people.retain(|p| p.role != *role || p.seat != seat);
    turn.state.people.push(Person {
        role: role.clone(),
        seat,
        name,
        reason,
    });
    ask_next(turn, false);
    Ok(())
}

/// The name as the script has it, where it lists the role's (ADR 0007): a slip is
/// refused instead of published.
fn pseudonym(turn: &Turn, role: &Id, typed: &str) -> Result<String, Refusal> {
    let listed = turn.plan.role(role).map_or(&[][..], |r| &r.pseudonyms);
    if listed.is_empty() {
        return Ok(typed.to_owned());
    }
    match listed.iter().find(|p| p.as_str().eq_ignore_ascii_case(typed)) {
        Some(name) => Ok(name.to_string()),
        None => {
            let known: Vec<&str> = listed.iter().map(Id::as_str).collect();
            Err(Refusal::new(
                "not-a-pseudonym",
                format!("one of {}", known.join(", ")),
                typed.to_owned(),
                "this role's people go by the names of the script",
            ))
        }
    }
}

/// The next seat without an answer; with all answered, a role below its quorum
/// is asked again from its first empty seat.
fn ask_next(turn: &mut Turn, again: bool) {
    let roles = turn.plan.script().roles.clone();
    for role in &roles {
        for seat in 1..=role.seats {
            let answered = turn
                .state
                .people
                .iter()
                .any(|p| p.role == role.id && p.seat == seat);
            if !answered {
                turn.ask(Question::Seat {
                    role: role.id.clone(),
                    seat,
                    again,
                });
                return;
            }
        }
    }
    for role in &roles {
        let here = turn.state.present(&role.id).len();
        if u32::try_from(here).is_ok_and(|n| n < role.quorum) {
            turn.state
                .people
                .retain(|p| p.role != role.id || p.name.is_some());
            ask_next(turn, true);
            return;
        }
    }
    match turn.verb() {
        Some(Verb::Break { .. }) => formal_break::people_are_back(turn),
        _ => turn.finish(false),
    }
}
