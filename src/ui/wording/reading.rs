//! Sentences of a long text that is read: where in it people are, what they look
//! for, and what was folded away.

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
pub const FIND_NEXT: &str = "Enter finds it, Esc leaves the search. Then n: the next one.";
/// `n` before a search.
pub const FIND_FIRST: &str = "Type / and what to look for first.";
/// Nothing is marked.
pub const NO_CHANGES: &str = "No line here says that something changes.";
/// Nothing can be folded.
pub const NO_FOLD: &str = "Nothing here stayed the same: there is nothing to fold away.";
/// The folded view.
pub const FOLDED: &str =
    "Folded: what stayed the same is in one line each. z shows all of it; only that counts as read.";

/// A fold.
#[must_use]
pub fn folded(many: usize) -> String {
    format!("  .. {many} lines that stayed the same ..")
}

/// What a search came to.
#[must_use]
pub fn found(at: usize, of: usize, text: &str) -> String {
    format!("\"{text}\": line {at} of {of} that have it; n: the next one")
}

/// It is nowhere.
#[must_use]
pub fn nowhere(text: &str) -> String {
    format!("\"{text}\" is in no line of this view.")
}
