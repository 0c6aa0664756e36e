//! What is wrong with a script, said like a compiler does: where, what was
//! expected, how to mend it.

use std::fmt;

/// One fault in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// A stable word for the kind of fault.
    pub code: &'static str,
    /// What is wrong, what was expected.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// All faults of a script; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} fault(s) in the script", .0.len())]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostic {
    /// A fault at a line and column.
    #[must_use]
    pub fn at(place: (usize, usize), code: &'static str, message: String, help: &str) -> Diagnostic {
        Diagnostic {
            line: place.0,
            column: place.1,
            code,
            message,
            help: help.to_owned(),
        }
    }

    /// `FILE:LINE:COLUMN: error[CODE]: MESSAGE` and the remedy on a second line.
    #[must_use]
    pub fn render(&self, file: &str) -> String {
        self.as_a("error", file)
    }

    /// The same of what is refused by nobody: `FILE:LINE:COLUMN: warning[CODE]: ..`.
    #[must_use]
    pub fn warning(&self, file: &str) -> String {
        self.as_a("warning", file)
    }

    fn as_a(&self, kind: &str, file: &str) -> String {
        format!(
            "{file}:{}:{}: {kind}[{}]: {}\n    help: {}",
            self.line, self.column, self.code, self.message, self.help
        )
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render("script"))
    }
}

/// Line and column (from 1, in characters) of a byte offset.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or("")
        .chars()
        .count()
        .saturating_add(1);
    (line, column)
}
