//! The states of a past ceremony, one after each input. All are not kept: every
//! so many inputs, and wherever a payload was composed or judged by clients, one
//! is, and those between are stepped again from there. So a step back costs what
//! a step forward does, and the memory does not grow with the states.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::past::{Past, leaves};
use crate::base::Digest;
use crate::engine::{FoldError, Input, InputKind, State, replay_one, step};
use crate::runner::Snapshot;
use crate::transcript::{Kind, Line, Record};
use crate::ui::wording::replay as words;

/// Inputs between two states that are kept.
const EVERY: usize = 64;
/// States around the present one.
const NEAR: usize = 192;

/// One input with the records that follow from it, and where the ceremony is then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Its first line.
    pub from: usize,
    /// One past its last line.
    pub to: usize,
    /// The act that is under way then.
    pub act: Option<usize>,
}

/// Where a record goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Why, in words.
    pub why: String,
    /// The line that does not follow; `None`: it is missing, or cannot be read.
    pub line: Option<usize>,
    /// What differs, where another record stands than the one that follows.
    pub parts: Vec<Part>,
}

/// A part of a record that is not what the engine derives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its path in the record.
    pub name: String,
    /// What stands there.
    pub stands: String,
    /// What the engine comes to.
    pub comes: String,
}

/// The way through a record.
#[derive(Debug, Clone)]
pub struct Walk {
    moments: Vec<Moment>,
    kept: BTreeMap<usize, State>,
    /// The gates' signed checkpoints, by their moments.
    notes: BTreeMap<usize, Arc<str>>,
    near: VecDeque<Arc<Snapshot>>,
    near_from: usize,
    /// Why it goes no further; `None`: it came to the end.
    stop: Option<Stop>,
    /// Who the roll call found, at the end: role and name.
    people: Vec<(String, String)>,
}

impl Walk {
    /// Re-executes a record once, from its first line as far as it goes.
    #[must_use]
    pub fn of(past: &Past) -> Walk {
        let mut walk = Walk {
            moments: Vec::new(),
            kept: BTreeMap::new(),
            notes: BTreeMap::new(),
            near: VecDeque::new(),
            near_from: 0,
            stop: None,
            people: Vec::new(),
        };
        let mut state = State::new();
        let mut at = 0usize;
        walk.stop = loop {
            let rest = past.lines.get(at..).unwrap_or_default();
            let one = match replay_one(&past.plan, &state, rest) {
                Ok(Some(one)) => one,
                Ok(None) => break past.unread.clone().map(Stop::unread),
                Err(why) => break Some(Stop::at(past, &state, at, &why)),
            };
            state = one.state;
            let to = at.saturating_add(one.lines);
            let here = past.plan.step(state.cursor).filter(|_| state.begun);
            walk.moments.push(Moment {
                from: at,
                to,
                act: here.map(|planned| planned.act),
            });
            let number = walk.moments.len().saturating_sub(1);
            let heavy = rest.iter().take(one.lines).any(|l| {
                matches!(
                    l.record.kind,
                    Kind::Composed | Kind::ClientVerdicts | Kind::Gate | Kind::GateFailed
                )
            });
            if let Some((_, note)) = one.input.kind.checkpoint() {
                walk.notes.insert(number, Arc::from(note));
            }
            if number.rem_euclid(EVERY) == 0 || heavy {
                walk.kept.insert(number, state.clone());
            }
            at = to;
        };
        let named = |p: &crate::engine::Person| Some((p.role.to_string(), p.name.clone()?));
        walk.people = state.people.iter().filter_map(named).collect();
        walk
    }

    /// The moments, in order.
    #[must_use]
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// Why it goes no further; `None`: it came to the end of the record.
    #[must_use]
    pub fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Role and name of who was there.
    #[must_use]
    pub fn people(&self) -> &[(String, String)] {
        &self.people
    }

    /// The moment that a line belongs to; `None`: it does not re-execute.
    #[must_use]
    pub fn moment_of(&self, line: usize) -> Option<usize> {
        let number = self.moments.partition_point(|m| m.to <= line);
        (number < self.moments.len()).then_some(number)
    }

    /// States that are kept for the whole walk, and those around the present one.
    #[must_use]
    pub fn states(&self) -> (usize, usize) {
        (self.kept.len(), self.near.len())
    }

    /// What everybody could see after a moment; `None`: there is no such moment.
    pub fn at(&mut self, past: &Past, number: usize) -> Option<Arc<Snapshot>> {
        if number >= self.moments.len() {
            return None;
        }
        if let Some(known) = self.known(number) {
            return Some(known);
        }
        // The next one after those that are here goes on from them.
        let end = self.near_from.saturating_add(self.near.len());
        let goes_on = !self.near.is_empty() && number >= end && number.saturating_sub(end) < EVERY;
        let better = self.kept.range(..=number).next_back();
        if !goes_on || better.is_some_and(|(from, _)| *from >= end) {
            let (from, state) = better?;
            let (from, state) = (*from, state.clone());
            self.near.clear();
            self.near_from = from;
            self.push(past, from, state)?;
        }
        loop {
            if let Some(known) = self.known(number) {
                return Some(known);
            }
            let end = self.near_from.saturating_add(self.near.len());
            let moment = *self.moments.get(end)?;
            let lines = past.lines.get(moment.from..moment.to)?;
            let before = self.near.back()?.clone();
            let one = replay_one(&past.plan, &before.state, lines).ok()??;
            self.push(past, end, one.state)?;
        }
    }

    fn known(&self, number: usize) -> Option<Arc<Snapshot>> {
        self.near.get(number.checked_sub(self.near_from)?).cloned()
    }

    fn push(&mut self, past: &Past, number: usize, state: State) -> Option<()> {
        let moment = self.moments.get(number)?;
        let last = moment.to.checked_sub(1);
        self.near.push_back(Arc::new(Snapshot {
            plan: past.plan.clone(),
            state,
            records: u64::try_from(moment.to).unwrap_or(u64::MAX),
            head: last.map_or(Digest::ZERO, |line| past.digest(line)),
            note: self
                .notes
                .range(..=number)
                .next_back()
                .map(|(_, note)| note.clone()),
        }));
        if self.near.len() > NEAR {
            self.near.pop_front();
            self.near_from = self.near_from.saturating_add(1);
        }
        Some(())
    }
}

impl Stop {
    /// The next line is none.
    fn unread(why: String) -> Stop {
        Stop {
            why,
            line: None,
            parts: Vec::new(),
        }
    }

    /// The input in the line `at` does not lead on from `state`.
    fn at(past: &Past, state: &State, at: usize, why: &FoldError) -> Stop {
        let seq = match why {
            FoldError::NotAnInput { seq, .. }
            | FoldError::Unreadable { seq, .. }
            | FoldError::Refused { seq, .. }
            | FoldError::Differs { seq, .. }
            | FoldError::OtherRun { seq, .. } => Some(*seq),
            FoldError::CutShort { .. } => None,
        };
        let rest = past.lines.get(at..).unwrap_or_default();
        let offset = rest.iter().position(|line| Some(line.seq) == seq);
        // The error spells both records out; people look for what differs.
        let parts = match (why, offset) {
            (FoldError::Differs { .. }, Some(offset)) => differs(past, state, rest, offset),
            _ => None,
        };
        let stands = offset.and_then(|offset| rest.get(offset));
        let why = match (stands, &parts) {
            (Some(line), Some(_)) => words::differs(line.seq, line.record.kind, &line.record.step),
            _ => why.to_string(),
        };
        Stop {
            why,
            line: offset.map(|offset| at.saturating_add(offset)),
            parts: parts.unwrap_or_default(),
        }
    }
}

/// Steps the input of the first line again and holds the record at `offset`
/// against the line that stands there.
fn differs(past: &Past, state: &State, rest: &[Line], offset: usize) -> Option<Vec<Part>> {
    let line = rest.first()?;
    let kind: InputKind = line.record.body.get("input")?.read().ok()?;
    let again = step(&past.plan, state, &Input { at: line.at, kind }).ok()?;
    let comes = parts(again.records.get(offset)?);
    let stands = parts(&rest.get(offset)?.record);
    let names: BTreeSet<&String> = stands.keys().chain(comes.keys()).collect();
    let value = |of: &BTreeMap<String, String>, name: &String| {
        of.get(name)
            .cloned()
            .unwrap_or_else(|| words::NO_VALUE.to_owned())
    };
    let all = names.into_iter().map(|name| Part {
        name: name.clone(),
        stands: value(&stands, name),
        comes: value(&comes, name),
    });
    Some(all.filter(|part| part.stands != part.comes).collect())
}

/// A record's parts, by their paths.
fn parts(record: &Record) -> BTreeMap<String, String> {
    let own = [
        (words::PART_TYPE, record.kind.as_str()),
        (words::PART_STEP, record.step.as_str()),
        (words::PART_WHO, record.who.as_str()),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    leaves(&record.body).into_iter().chain(own).collect()
}
