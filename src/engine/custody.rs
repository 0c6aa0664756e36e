//! Numbers of bags and seals, as state: what was noted where, what is away at a
//! formal break, and a number that is not the recorded one while people decide.
//! They are claims of people at this machine; the seal itself is the evidence.

use serde::Serialize;

use super::state::{Phase, Question, State};
use crate::base::{Digest, shown};
use crate::plan::{Line, Plan};
use crate::script::{Superseding, Verb};

/// What a number is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberFor {
    /// To be noted, typed twice.
    Note,
    /// To be held against an earlier step's.
    Same,
    /// To be noted, with who takes the thing along.
    Leaves,
    /// To be held against what left.
    Returns,
}

impl NumberFor {
    /// Whether the number is held against a recorded one, which is not shown.
    #[must_use]
    pub fn compares(self) -> bool {
        matches!(self, NumberFor::Same | NumberFor::Returns)
    }
}

/// A number that was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// The line of the step.
    pub item: String,
    /// The number, as typed.
    pub number: String,
    /// Who took the thing along.
    pub person: Option<String>,
}

/// A formal break that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Away {
    /// RFC 6962 root of the record when it began.
    pub root: Digest,
}

/// A number that is not the recorded one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// The number of its line, from 0.
    pub index: usize,
    /// What a number is asked for.
    pub purpose: NumberFor,
    /// What was typed instead.
    pub found: String,
    /// Why people want to go on; none yet.
    pub why: Option<String>,
}

/// Whether two numbers are the same for people: spaces and case do not count.
#[must_use]
pub(super) fn same(one: &str, other: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    words(one).eq_ignore_ascii_case(&words(other))
}

/// The number that the present step recorded, or that it compares with, for a line.
#[must_use]
pub fn recorded<'s>(plan: &Plan, state: &'s State, index: usize) -> Option<&'s Numbered> {
    let step = &plan.step(state.cursor)?.step;
    let from = match &step.verb {
        Verb::Record {
            same_as: Some(earlier),
            ..
        } => earlier,
        _ => &step.id,
    };
    let item = plan.numbered(state.cursor).into_iter().nth(index)?;
    state.numbers.get(from)?.iter().find(|n| n.item == item)
}

/// The lines that people confirm one by one now, with the word for each: those of
/// a checklist or waiver, or what a quorum decides from what has happened.
#[must_use]
pub fn lines(plan: &Plan, state: &State) -> Vec<Line> {
    let Some(planned) = plan.step(state.cursor) else {
        return Vec::new();
    };
    if let Some(differs) = &state.differs {
        let by = &planned.step.by;
        return plan.quorum_lines(by, "accept", |who| differs_line(plan, state, differs, who));
    }
    match &planned.step.verb {
        Verb::Supersede(what) => plan.quorum_lines(&planned.step.by, "supersede", |who| {
            supersede_line(state, what, who)
        }),
        _ => plan.lines(state.cursor),
    }
}

fn differs_line(plan: &Plan, state: &State, differs: &Differs, who: &str) -> String {
    let recorded = recorded(plan, state, differs.index);
    format!(
        "{who} types accept to go on although {} has the number {}, and {} was recorded. Reason: {}",
        shown(recorded.map_or("", |n| n.item.as_str()), 120),
        shown(&differs.found, 80),
        shown(recorded.map_or("", |n| n.number.as_str()), 80),
        shown(differs.why.as_deref().unwrap_or_default(), 280),
    )
}

fn supersede_line(state: &State, what: &Superseding, who: &str) -> String {
    let new = state.files.get(&what.metadata).map(|f| f.draft.digest.grouped());
    format!(
        "{who} types supersede. An earlier ceremony meant to sign another payload of {} {}: {}. What was \
         signed there may come to light. This ceremony's payload takes its place: {}. Reason: {}",
        what.metadata.as_str(),
        what.version,
        what.payload.grouped(),
        new.unwrap_or_default(),
        what.reason
    )
}

impl State {
    /// Whether the ceremony rests in a formal break.
    #[must_use]
    pub fn on_break(&self) -> bool {
        self.phase == Phase::Paused && self.away.is_some()
    }

    /// The line that is asked for, and what for.
    #[must_use]
    pub fn asked_number(&self) -> Option<(usize, NumberFor, bool)> {
        match &self.phase {
            Phase::Asking(Question::Number {
                index,
                purpose,
                again,
            }) => Some((*index, *purpose, *again)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn spaces_and_case_do_not_make_another_seal() {
        assert!(same("A 100", " a  100 "));
        for other in ["A100", "A 101", "", "A 100 0"] {
            assert!(!same("A 100", other), "{other}");
        }
    }
}
