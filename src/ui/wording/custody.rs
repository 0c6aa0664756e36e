//! Sentences about bags, seals and formal breaks, and those with which a quorum
//! is asked. The recorded number stands in none that asks for it.

use super::screens::turn;
use crate::engine::NumberFor;

/// Field.
pub const NUMBER: &str = "Number";
/// Field.
pub const NUMBER_AGAIN: &str = "Number again";
/// Field.
pub const PERSON: &str = "Who takes it along";
/// Field.
pub const WHY: &str = "Why go on";
/// Field, where a quorum decides.
#[must_use]
pub fn word(word: &str) -> String {
    format!("Type {word}")
}
/// Field.
pub const WRITTEN: &str = "Type written";
/// What was recorded.
pub const RECORDED: &str = "Recorded";
/// What was typed.
pub const FOUND: &str = "Typed now";
/// Name of a fact.
pub const THING: &str = "Item";
/// Why the recorded number is not shown.
pub const HIDDEN: &str = "The recorded number is not shown: it must come from the seal.";
/// Before the second try.
pub const NOT_THE_SAME: &str = "That is not the recorded number. Read it once more, from the bag or seal. If it differs again, a quorum must decide whether to go on.";
/// What a difference means.
pub const DIFFERS: &[&str] = &[
    "The number on this bag or seal is not the recorded one. Somebody may have opened it, or it is another bag.",
    "Stop if you are not sure: Ctrl-C pauses or aborts. To go on, say why (it is published); then a quorum must agree, person by person, and the record counts a deviation.",
];
/// Below the form.
pub const DIFFERS_NEXT: &str = "Next: the quorum is asked, one person after the other.";
/// Rehearsal: what the second machine shows.
pub const SECOND: &str = "Rehearsal: F3 shows what is printed on the bags.";
/// Above what is printed on bags.
pub const SECOND_BAGS: &str = "Printed on the bags and seals:";
/// Instruction.
pub const BREAK_SAY: &str = "Write these 32 words on paper, with their numbers. Then type written.";
/// Above the words.
pub const BREAK_WORDS: &str = "Words of the checkpoint, which is the record as it is now:";
/// What comes then.
pub const BREAK_NEXT: &str = "Next: the ceremony rests, the program ends. Later: tuf-ceremony resume.";
/// What to do with the paper.
pub const BREAK_PAPER: &str = "Keep this paper apart from the media: after the break some words are asked.";
/// What they are compared with.
pub const SUBJECT_BREAK: &str = "the checkpoint that was written down before the break";
/// The end of a run.
pub const REST_SAY: &str = "A formal break. Everything is on disk.";
/// What is safe.
pub const REST_SAFE: &str = "Unplug everything. Each thing leaves with its keeper, in its bag:";
/// What comes then.
pub const REST_BACK: &str =
    "After the break you are asked: who is back, each bag's number, words from the paper, the time.";
/// Below a quorum's lines.
pub const QUORUM_NEXT: &str = "Not agreed? Type nothing. Ctrl-C pauses or aborts.";
/// Name of a fact: why the quorum is asked.
pub const REASON: &str = "Reason";
/// Name of a fact: a payload that an earlier ceremony meant to sign.
pub const EARLIER: &str = "Earlier";
/// Name of a fact: the payload of this ceremony.
pub const HERE: &str = "Here";
/// What agreeing to another number does.
pub const DIFFERS_MEANS: &str = "If all agree, the ceremony goes on and the record counts a deviation.";

/// What agreeing to another payload does.
#[must_use]
pub fn supersede_means(file: &str) -> String {
    format!(
        "An earlier ceremony meant to sign another {file}. Signatures of it may exist. If all agree, the payload of this ceremony takes its place."
    )
}

/// Title of the box.
#[must_use]
pub fn supersede_title(file: &str) -> String {
    format!("{file}: two payloads")
}

/// Whose payload.
#[must_use]
pub fn payload(digest: &str) -> String {
    format!("SHA-256 {digest}")
}

/// Instruction.
#[must_use]
pub fn number_say(purpose: NumberFor, item: &str, number: usize, of: usize) -> String {
    let what = match purpose {
        NumberFor::Note => "read the number that is printed on it or on its seal. Type it twice.",
        NumberFor::Same => "read the number that is printed on it or on its seal. Type it.",
        NumberFor::Leaves => "put it into its bag, or seal it. Type the number.",
        NumberFor::Returns => "take it in your hand, still closed. Type the number on its bag or seal.",
    };
    format!("{number} of {of}, {item}: {what}")
}

/// Below the form.
#[must_use]
pub fn number_next(purpose: NumberFor) -> &'static str {
    match purpose {
        NumberFor::Note | NumberFor::Leaves => "Next: the number is noted in the record.",
        NumberFor::Same | NumberFor::Returns => "Next: it is compared with the recorded number.",
    }
}

/// Instruction. Who of the role is counted, for a seat's number means a person.
#[must_use]
pub fn quorum_say(role: &str, number: u32, of: u32, word: &str) -> String {
    format!(
        "{}: read this. If you agree, type {word}.",
        turn(role, number, of)
    )
}

/// Instruction.
#[must_use]
pub fn differs_say(item: &str) -> String {
    format!("The bag or seal number of {item} differs. Find out why before you go on.")
}

/// Who can take something along.
#[must_use]
pub fn here(names: &str) -> String {
    format!("Here are: {names}.")
}

/// One thing that is away.
#[must_use]
pub fn away_line(number: &str, person: &str) -> String {
    format!("{number}, with {person}")
}
