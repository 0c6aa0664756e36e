//! Sentences around the glossary; its words stand in `plan/glossary.rs`, for paper
//! has them, too.

/// The instruction.
pub const SAY: &str = "What the words mean. Type letters to search; PgDn reads on.";
/// The field.
pub const FIND: &str = "Find";
/// Nothing has these letters.
pub const NONE: &str = "No entry has these letters. Ctrl-U empties the field.";
/// Title.
pub const TITLE: &str = "Glossary";
