//! Sentences of what is read and compared: a payload to its end, where in it people
//! are and what they look for, then words of its digest from another source. Those
//! of the questions are seen through `screens`, too.

use crate::engine::Standing;
use crate::script::SourceKind;

/// Footer.
pub const KEY_FIND: &str = "find";
/// In the list of all keys.
pub const FIND_MEANS: &str = "find a text, where something long is read";
/// In the list of all keys.
pub const NEXT_MEANS: &str = "the next line that has it";
/// In the list of all keys.
pub const CHANGE_MEANS: &str = "the next line that says what changes";
/// In the list of all keys.
pub const FOLD_MEANS: &str = "fold away what stayed the same, and back";
/// What is typed to be found.
pub const FIND_FIELD: &str = "Find";
/// Below it.
pub const FIND_NEXT: &str = "Enter finds it, Esc leaves. Then n (while nothing is typed): the next one.";
/// `n` before a search.
pub const FIND_FIRST: &str = "Type / and what to look for first.";
/// Nothing is marked.
pub const NO_CHANGES: &str = "No line here says that something changes.";
/// Nothing can be folded.
pub const NO_FOLD: &str = "Nothing here stayed the same: there is nothing to fold away.";
/// The folded view.
pub const FOLDED: &str =
    "Folded: what stayed the same is in one line each. z shows all of it; only that counts as read.";

/// The JSON view.
pub const JSON: &str = "JSON is only to look at: it does not count as read. F6: back to the text.";

/// Lines that were jumped over.
#[must_use]
pub fn gap(from: usize, to: usize) -> String {
    format!("Lines {from} to {to} were not shown yet. Home goes to the top, PgDn reads on.")
}

/// A fold.
#[must_use]
pub fn folded(many: usize) -> String {
    format!("  .. {many} lines that stayed the same ..")
}

/// What a search came to.
#[must_use]
pub fn found(at: usize, of: usize, text: &str) -> String {
    format!("\"{text}\" found: {at} of {of}. n: the next one.")
}

/// It is nowhere.
#[must_use]
pub fn nowhere(text: &str) -> String {
    format!("\"{text}\" was not found.")
}

// ------------------------------------------------------------ review

/// Field.
pub const REVIEW_FIELD: &str = "Type read";
/// Below the digest.
pub const AS_WORDS: &str = "The same as words:";
/// Above what the client models say.
pub const CLIENTS: &str = "TUF clients, tried with throwaway signatures:";

/// One client's word, and what it counts for where the script does not rest on it.
#[must_use]
pub fn client_says(name: &str, version: &str, stands: Standing, verdict: &str) -> String {
    let stands = match stands {
        Standing::Named => "",
        Standing::Acknowledged => " (the script allows for a refusal)",
        Standing::Asked => " (only asked, does not count)",
    };
    format!("  {name} {version}{stands}: {verdict}")
}

/// Clients that the script rests on, with their versions.
#[must_use]
pub fn clients_accept(named: &str) -> String {
    format!("  accept: {named}")
}

/// The last line of the text.
pub const REVIEW_END: &str = "This is the end of the payload.";
/// Below the form.
pub const REVIEW_NEXT: &str = "You have seen the end. Next: the digest is compared with another source.";
/// Below the form, where nothing is compared any more.
pub const REVIEW_NEXT_READ: &str = "You have seen the end.";
/// Below the form.
pub const REVIEW_UNREAD: &str =
    "PgDn reads on. Of long hexadecimal say the first 4 and the last 4 characters.";
/// Footer.
pub const MORE: &str = "more";
/// Footer.
pub const REVIEW_F6: &str = "JSON";
/// Footer.
pub const REVIEW_F6_BACK: &str = "text";

/// Instruction.
#[must_use]
pub fn review_say(file: &str) -> String {
    format!("Read all of {file} aloud, to its end. Then type read.")
}

/// Too soon.
#[must_use]
pub fn review_too_soon(read_to: usize) -> String {
    format!("Not every line was shown yet: read on from line {read_to} with PgDn. Home goes to the top.")
}

// ------------------------------------------------------------ words

/// Below the form.
pub const WORDS_NEXT: &str = "Enter: next word. Up: the one before. After the last they are compared.";
/// What is compared.
pub const SUBJECT_RECORD: &str = "the record's checkpoint";
/// Where the words are.
pub const SOURCE_SIMULATED: &str = "Rehearsal: F3 shows the simulated second machine. Esc comes back here.";

/// Where the words are, within a sentence.
#[must_use]
pub fn source(kind: Option<SourceKind>) -> &'static str {
    match kind {
        Some(SourceKind::Paper) => "the printed paper",
        Some(SourceKind::SecondMachine) => "the verifier on the second computer",
        Some(SourceKind::WitnessMachine) => "the witness's own machine",
        Some(SourceKind::Simulated) => "the second machine",
        None => "the other source",
    }
}

/// What the script calls that place.
#[must_use]
pub fn source_named(source: &str) -> String {
    format!("The script calls this source \"{source}\".")
}

/// A position.
#[must_use]
pub fn word_of(number: usize) -> String {
    format!("word {number:>2} of 32")
}

/// What is compared.
#[must_use]
pub fn subject_file(role: &str) -> String {
    format!("the {role} payload")
}

/// Instruction.
#[must_use]
pub fn words_say(count: usize, what: &str, source: &str) -> String {
    format!("Type these {count} words of {what}. Read them from {source}.")
}

/// Wrong tries.
#[must_use]
pub fn words_wrong(wrong: u32, of: u32) -> String {
    format!(
        "No match: wrong try {wrong} of {of}. Check the number of each word on the other source, then type all again. After {of} a second person is needed."
    )
}

/// Field.
pub const REOPEN_WHO: &str = "Name of a second person";
/// Field.
pub const REOPEN_WHY: &str = "What happened";
/// Explanation.
pub const REOPEN_BODY: &[&str] = &[
    "Either words were misread, or this machine and the other source do not hold the same bytes.",
    "Bytes differ? Do not go on: Ctrl-C, pause or abort.",
];

/// Who may open it again: nobody of the role that compared.
#[must_use]
pub fn reopen_by(role: &str) -> String {
    format!("Words misread? One of these, of another role than {role}, types the name:")
}
/// Below the form.
pub const REOPEN_NEXT: &str = "Next: other words are asked for. The record counts a deviation.";

/// Instruction.
#[must_use]
pub fn reopen_say(what: &str) -> String {
    format!("Three wrong tries for {what}. Do not go on before you know why.")
}
