//! Sentences about bags, seals and formal breaks, and those with which a quorum
//! is asked. The recorded number stands in none that asks for it.

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
pub const WORD: &str = "Type the word";
/// Field.
pub const WRITTEN: &str = "Type written";
/// Title of the box.
pub const ITEM: &str = "this one";
/// A line that was noted, without its number.
pub const NOTED: &str = "noted";
/// A line that was compared.
pub const COMPARED: &str = "done";
/// The line that is asked for.
pub const NOW: &str = "<- now";
/// A line that comes later.
pub const LATER: &str = "-";
/// What was recorded.
pub const RECORDED: &str = "Recorded";
/// What was typed.
pub const FOUND: &str = "Typed now";
/// Name of a fact.
pub const THING: &str = "Of";
/// Why the recorded number is not shown.
pub const HIDDEN: &str = "The recorded number is not shown: it must come from the seal.";
/// Before the second try.
pub const NOT_THE_SAME: &str = "That is not the recorded number. Read it once more, from the seal itself. If it differs again, it stands.";
/// What a difference means.
pub const DIFFERS: &[&str] = &[
    "The number on this seal is not the one that was recorded. Somebody may have opened it, or it is another bag. It cannot be typed away.",
    "Stop if you are not sure: Ctrl-C pauses or aborts. To go on all the same, say why; then each of the quorum must type a word, and the record counts a deviation.",
];
/// Below the form.
pub const DIFFERS_NEXT: &str = "Next: the quorum is asked, one person after the other.";
/// Rehearsal: what the second machine shows.
pub const SECOND: &str = "Rehearsal: F3 shows what is printed on the bags.";
/// Above what is printed on bags.
pub const SECOND_BAGS: &str = "Printed on the bags and seals:";
/// Instruction.
pub const BREAK_SAY: &str =
    "Write these words on paper, with their numbers. When it holds them all, type written.";
/// Above the words.
pub const BREAK_WORDS: &str = "The record as it is now, in words:";
/// What comes then.
pub const BREAK_NEXT: &str = "Next: the ceremony rests. Only tuf-ceremony resume goes on.";
/// What to do with the paper.
pub const BREAK_PAPER: &str = "Whoever keeps the paper keeps it apart from the media. After the break some of these words are asked for.";
/// What they are compared with.
pub const SUBJECT_BREAK: &str = "the record as it was at the break";
/// The end of a run.
pub const REST_SAY: &str = "A formal break. Everything is on disk.";
/// What is safe.
pub const REST_SAFE: &str = "Unplug everything. Each thing leaves with its keeper, in its bag:";
/// What comes then.
pub const REST_BACK: &str =
    "After the break: who is back, every number, the words from the paper, the clock.";
/// Below a quorum's lines.
pub const QUORUM_NEXT: &str = "Not so? Stop here: Ctrl-C pauses or aborts.";

/// Instruction.
#[must_use]
pub fn number_say(purpose: NumberFor, number: usize, of: usize) -> String {
    let what = match purpose {
        NumberFor::Note => "Read the number from the thing itself. Type it twice.",
        NumberFor::Same => "Read the number from the thing itself. Type it.",
        NumberFor::Leaves => {
            "Put it into its bag or seal it. Type the number twice, then who takes it along."
        }
        NumberFor::Returns => "Take it in your hand, still closed. Type the number of its bag or seal.",
    };
    format!("{what} ({number} of {of})")
}

/// Below the form.
#[must_use]
pub fn number_next(purpose: NumberFor) -> &'static str {
    match purpose {
        NumberFor::Note | NumberFor::Leaves => "Next: the number is noted in the record.",
        NumberFor::Same | NumberFor::Returns => "Next: it is compared with the recorded number.",
    }
}

/// Instruction.
#[must_use]
pub fn quorum_say(number: usize, of: usize, word: &str) -> String {
    format!(
        "The person named below reads this. If that person agrees, he or she types {word}. ({number} of {of})"
    )
}

/// Instruction.
#[must_use]
pub fn differs_say(item: &str) -> String {
    format!("The number of {item} differs. Find out why before you go on.")
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
