//! `people`: in a production ceremony only people answer what is asked of
//! people. A run that an answers file drove forges every name in it; the record
//! says which front end drove. (One that lies about it is still no more than
//! consistent in itself: people sign with keys of their own.)

use crate::base::Json;
use crate::engine::FrontEnd;
use crate::transcript::Kind;

use super::super::case::input;
use super::super::codes::PEOPLE_FORGED;
use super::{Case, Finding};

/// What a person says by hand, eye or name; a machine may give secrets and
/// begin, which the plan itself asks of nobody in particular.
const OF_PEOPLE: [&str; 12] = [
    "present", "absent", "clock", "done", "number", "differs", "serial", "covered", "confirm", "reviewed",
    "words", "reopen",
];

pub(super) fn check(case: &Case<'_>) -> Finding {
    let what = "people answered what is asked of people";
    let Some(kind) = case.kind() else {
        return Finding::fail(what, "the first record is no opening that can be read");
    };
    let mut driver = None;
    let (mut by_file, mut answers) = (Vec::new(), 0usize);
    for line in &case.lines {
        let word = match line.record.kind {
            Kind::Open => "open",
            Kind::Resume => "resume",
            _ => "",
        };
        if !word.is_empty() {
            let front_end = input(line, word).and_then(|i| i.get("front_end"));
            driver = front_end.and_then(|f| f.read::<FrontEnd>().ok());
            continue;
        }
        let answer = input(line, "answer").filter(|_| line.record.kind == Kind::Answer);
        let of_people = answer.is_some_and(|a| OF_PEOPLE.iter().any(|word| said(a, word)));
        if of_people {
            answers = answers.saturating_add(1);
            if driver != Some(FrontEnd::Tui) {
                by_file.push(line.seq);
            }
        }
    }
    if kind != "production" {
        let by = by_file.len();
        return Finding::pass(format!("a rehearsal: {answers} answers, {by} of them by a file"));
    }
    let failures = by_file.first().map(|seq| {
        let many = by_file.len();
        let why = format!("{many} answers of people were given by a file, the first in record {seq}");
        (PEOPLE_FORGED, why)
    });
    Finding::of(format!("{answers} answers of people, at a terminal"), failures).at(by_file)
}

/// Whether an answer is the one of this word.
fn said(answer: &Json, word: &str) -> bool {
    answer.as_str() == Some(word) || answer.get(word).is_some()
}
