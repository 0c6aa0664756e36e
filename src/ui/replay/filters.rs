//! Which moments count: by who acts or is named, by device, by type of record.
//! Filters stack: a moment counts when it fits each of them. And the words that
//! are searched for in the lines as they stand in the record.

use super::past::{Past, mentions};
use super::walk::Walk;
use crate::base::Json;
use crate::transcript::{Kind, Line};

/// Who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The name in a record's `who`: a role, or the machine.
    Acts(String),
    /// A person whom records name.
    Named(String),
}

/// What a moment must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Who acts or is named.
    pub person: Option<Who>,
    /// The device, by its name in the script.
    pub token: Option<String>,
    /// The type of one of its records.
    pub kind: Option<Kind>,
}

impl Filters {
    /// Whether every moment fits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Filters::default()
    }

    /// Whether a line fits one filter each, for a moment's lines.
    #[must_use]
    pub fn fits(&self, past: &Past, lines: &[Line]) -> bool {
        let any = |fits: &dyn Fn(&Line) -> bool| lines.iter().any(fits);
        self.person.as_ref().is_none_or(|who| any(&|l| acts(l, who)))
            && self.token.as_ref().is_none_or(|id| any(&|l| about(past, l, id)))
            && self.kind.is_none_or(|kind| any(&|l| l.record.kind == kind))
    }

    /// The moments that fit, in order.
    #[must_use]
    pub fn moments(&self, past: &Past, walk: &Walk) -> Vec<usize> {
        let fits = |number: &usize| {
            let moment = walk.moments().get(*number);
            let lines = moment.and_then(|m| past.lines.get(m.from..m.to));
            lines.is_some_and(|lines| self.fits(past, lines))
        };
        (0..walk.moments().len()).filter(fits).collect()
    }
}

fn acts(line: &Line, who: &Who) -> bool {
    match who {
        Who::Acts(name) => line.record.who == *name,
        Who::Named(name) => mentions(&line.record.body, name),
    }
}

/// Whether a line is about a device: the record names it, by its name or its
/// serial, or the script's step is one on it.
fn about(past: &Past, line: &Line, id: &str) -> bool {
    let on = past
        .plan
        .steps()
        .iter()
        .find(|planned| planned.step.id.as_str() == line.record.step)
        .and_then(|planned| planned.step.verb.token());
    on.is_some_and(|token| token.as_str() == id) || mentions(&line.record.body, id)
}

/// Whom the filter may name: who acts, by how often; then each person of the roll call.
#[must_use]
pub fn people(past: &Past) -> Vec<(Who, usize)> {
    let mut acting: Vec<(Who, usize)> = Vec::new();
    let mut named: Vec<(Who, usize)> = Vec::new();
    for line in &past.lines {
        // What follows from an answer belongs to it.
        if !line.record.kind.is_derived() {
            count(&mut acting, Who::Acts(line.record.who.clone()));
        }
        let present = line.record.body.get("input").and_then(|i| i.get("answer"));
        let present = present.and_then(|a| a.get("present")?.get("name"));
        if let Some(name) = present.and_then(Json::as_str) {
            count(&mut named, Who::Named(name.to_owned()));
        }
    }
    acting.extend(named);
    acting
}

/// The types of record that are there, by how often.
#[must_use]
pub fn kinds(past: &Past) -> Vec<(Kind, usize)> {
    let of = |kind: &Kind| past.lines.iter().filter(|l| l.record.kind == *kind).count();
    let all = Kind::ALL.iter().map(|kind| (*kind, of(kind)));
    all.filter(|(_, n)| *n > 0).collect()
}

fn count<T: PartialEq>(all: &mut Vec<(T, usize)>, one: T) {
    match all.iter_mut().find(|(known, _)| *known == one) {
        Some((_, n)) => *n = n.saturating_add(1),
        None => all.push((one, 1)),
    }
}

/// What is searched for, and the lines that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// As typed.
    pub text: String,
    /// The lines, in order.
    pub hits: Vec<usize>,
}

impl Search {
    /// Looks through every line, without regard to case. A line's number, its
    /// sentence and its own text are looked at.
    #[must_use]
    pub fn of(past: &Past, text: &str) -> Search {
        let wanted = text.to_ascii_lowercase();
        let has = |line: &usize| {
            let own = past.texts.get(*line).map_or("", String::as_str);
            let told = past.lines.get(*line).and_then(|l| past.judged.told.get(&l.seq));
            found(own, &wanted) || told.is_some_and(|told| found(told, &wanted))
        };
        Search {
            text: text.to_owned(),
            hits: (0..past.lines.len()).filter(has).collect(),
        }
    }
}

/// Whether a text has another one in it, that is lower case already.
fn found(text: &str, wanted: &str) -> bool {
    let wanted = wanted.as_bytes();
    !wanted.is_empty()
        && text
            .as_bytes()
            .windows(wanted.len())
            .any(|part| part.eq_ignore_ascii_case(wanted))
}
