//! What a replay is given: the plan, the record's lines, and the judgement as
//! plain data. This room knows no judge; the caller has asked one, and what it
//! said is only shown here, never decided again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{Digest, Json};
use crate::plan::Plan;
use crate::transcript::{Class, Kind, Line, read};

/// A past ceremony.
#[derive(Debug, Clone)]
pub struct Past {
    /// Its folder, safe to show.
    pub name: String,
    /// The plan that its script makes.
    pub plan: Arc<Plan>,
    /// The lines from the first one on, up to one that is none.
    pub lines: Vec<Line>,
    /// The same lines as they stand in the record, without LF: printable ASCII.
    pub texts: Vec<String>,
    /// Why the line after the last one cannot be read; `None`: there is none.
    pub unread: Option<String>,
    /// What the judge said.
    pub judged: Judged,
}

/// What the judge said.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// The verdict in words.
    pub verdict: String,
    /// One sentence about it.
    pub meaning: String,
    /// Whether it is a good one.
    pub good: bool,
    /// Why it is not more.
    pub because: Vec<String>,
    /// Whether the whole record re-executes. If not, every fact is a claim.
    pub replayed: bool,
    /// Whether a seal stands beside the record: this is a bundle.
    pub sealed: bool,
    /// The named checks, in the judge's order.
    pub checks: Vec<Check>,
    /// What the record says, by record.
    pub facts: Vec<Fact>,
    /// What happened, in a sentence, by record.
    pub told: BTreeMap<u64, String>,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// There was nothing to check, or it could not be checked.
    Neither,
}

/// A named check. Every text is safe to show.
#[derive(Debug, Clone)]
pub struct Check {
    /// A stable word.
    pub name: String,
    /// What it came to.
    pub holds: Holds,
    /// One sentence.
    pub what: String,
    /// What was found.
    pub found: Vec<String>,
    /// What it rests on, in words.
    pub rests_on: String,
    /// The records that it is about, by number.
    pub records: Vec<u64>,
    /// Whether it rests on every record alike.
    pub every: bool,
    /// What would falsify it.
    pub falsified_by: String,
}

/// Something that a record says, with what stands behind it.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The record.
    pub record: u64,
    /// A stable word.
    pub name: String,
    /// Safe to show.
    pub value: String,
    /// What stands behind it.
    pub class: Class,
    /// Whether something from outside says the same, in a word.
    pub anchor: String,
}

impl Past {
    /// A past ceremony, from the bytes of its record.
    #[must_use]
    pub fn new(name: String, plan: Arc<Plan>, record: &[u8], judged: Judged) -> Past {
        let chain = read(record);
        let mut lines = Vec::new();
        let mut texts = Vec::new();
        let mut next = 0usize;
        for (line, range) in chain.lines {
            // A line that does not parse is not in the list: what follows it is
            // not what followed.
            if range.start != next {
                break;
            }
            next = range.end.saturating_add(1);
            let bytes = record.get(range).unwrap_or_default();
            texts.push(String::from_utf8_lossy(bytes).into_owned());
            lines.push(line);
        }
        let number = lines.len().saturating_add(1);
        let problem = chain.problems.iter().find(|p| p.line == number);
        let unread = (next < record.len()).then(|| match problem {
            Some(problem) => problem.to_string(),
            None => format!("line {number} cannot be read"),
        });
        Past {
            name,
            plan,
            lines,
            texts,
            unread,
            judged,
        }
    }

    /// SHA-256 of a line's bytes.
    #[must_use]
    pub fn digest(&self, line: usize) -> Digest {
        self.texts
            .get(line)
            .map_or(Digest::ZERO, |text| Digest::of(text.as_bytes()))
    }

    /// What stands behind a record of this kind here.
    #[must_use]
    pub fn class(&self, kind: Kind) -> Class {
        if self.judged.replayed {
            Class::of(kind)
        } else {
            Class::Claimed
        }
    }

    /// The line with this number; `None`: it is not here.
    #[must_use]
    pub fn line_of(&self, seq: u64) -> Option<usize> {
        let guess = usize::try_from(seq).ok()?;
        match self.lines.get(guess) {
            Some(line) if line.seq == seq => Some(guess),
            _ => self.lines.iter().position(|l| l.seq == seq),
        }
    }
}

/// Whether any text in a value is this one.
#[must_use]
pub fn mentions(json: &Json, text: &str) -> bool {
    match json {
        Json::Str(found) => found == text,
        Json::Array(all) => all.iter().any(|one| mentions(one, text)),
        Json::Object(map) => map.values().any(|one| mentions(one, text)),
        _ => false,
    }
}

/// The values of an input's or a record's body, each with its path.
#[must_use]
pub fn leaves(body: &Json) -> Vec<(String, String)> {
    let mut out = Vec::new();
    leaf(body, "", &mut out);
    out
}

fn leaf(json: &Json, path: &str, out: &mut Vec<(String, String)>) {
    let under = |name: &str| match path {
        // What every input's body begins with says nothing.
        "" | "input" | "answer" | "outcome" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match json {
        Json::Object(map) => map.iter().for_each(|(name, one)| leaf(one, &under(name), out)),
        Json::Array(all) if all.iter().all(|one| matches!(one, Json::Str(_) | Json::Int(_))) => {
            let all: Vec<String> = all.iter().map(plain).collect();
            out.push((path.to_owned(), all.join(" ")));
        }
        Json::Array(all) => {
            for (number, one) in all.iter().enumerate() {
                leaf(one, &under(&number.to_string()), out);
            }
        }
        other => out.push((path.to_owned(), plain(other))),
    }
}

fn plain(json: &Json) -> String {
    match json {
        Json::Str(text) => text.clone(),
        Json::Int(number) => number.to_string(),
        Json::Bool(yes) => yes.to_string(),
        other => other.line(),
    }
}
