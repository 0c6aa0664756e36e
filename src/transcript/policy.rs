//! The `policy` file (C2SP tlog-policy): which log keys may sign this record's
//! checkpoints. For now one `log` line for each run of the ceremony and
//! `quorum none`; witnesses and groups will be lines of the same syntax. Of
//! that syntax only the one spelling that we write is read.

use std::fmt;

use crate::base::shown;
use crate::note::{NotAVkey, Note, SignatureType, Vkey};

/// The most log lines: a ceremony with more runs than this is another problem.
pub const MAX_LOGS: usize = 256;
const QUORUM: &str = "quorum none\n";

/// The log keys, in the order of their runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Vkey>,
}

/// Why a text is not a policy that this version reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPolicy {
    /// No final `quorum none`.
    #[error("expected a last line `quorum none`, got {0}")]
    Quorum(String),
    /// A line of another kind.
    #[error("expected `log <vkey>` in line {line}, got {got}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        got: String,
    },
    /// A vkey that does not parse.
    #[error("line {line}: {because}")]
    Vkey {
        /// Counted from 1.
        line: usize,
        /// Why not.
        because: NotAVkey,
    },
    /// A log's key that is not of signature type 0x01.
    #[error("expected an Ed25519 key of a log, got {0}")]
    Kind(String),
    /// tlog-policy, Defining a log: no public key stands twice.
    #[error("expected each log key once, got {0} twice")]
    Twice(String),
    /// Too many lines.
    #[error("expected at most {MAX_LOGS} logs, got {0}")]
    TooMany(usize),
}

impl Policy {
    /// The policy that accepts these log keys.
    ///
    /// # Errors
    /// [`NotAPolicy::Kind`], [`NotAPolicy::Twice`] or [`NotAPolicy::TooMany`].
    pub fn new(logs: Vec<Vkey>) -> Result<Policy, NotAPolicy> {
        if logs.len() > MAX_LOGS {
            return Err(NotAPolicy::TooMany(logs.len()));
        }
        // A log's key dies with its run: it is born as Ed25519 and never as another.
        if let Some(other) = logs.iter().find(|log| log.signs() != SignatureType::Ed25519) {
            return Err(NotAPolicy::Kind(other.to_string()));
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = logs.iter().find(|log| !seen.insert(log.key())) {
            return Err(NotAPolicy::Twice(twice.to_string()));
        }
        Ok(Policy { logs })
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// [`NotAPolicy`]; also for comments, spare white space and URLs.
    pub fn parse(text: &str) -> Result<Policy, NotAPolicy> {
        let head = text
            .strip_suffix(QUORUM)
            .filter(|h| h.is_empty() || h.ends_with('\n'));
        let last = || NotAPolicy::Quorum(shown(text.lines().last().unwrap_or(""), 60));
        let head = head.ok_or_else(last)?;
        let mut logs = Vec::new();
        for (line, log) in (1..).zip(head.split_terminator('\n')) {
            let vkey = log.strip_prefix("log ").ok_or_else(|| NotAPolicy::Line {
                line,
                got: shown(log, 60),
            })?;
            logs.push(Vkey::parse(vkey).map_err(|because| NotAPolicy::Vkey { line, because })?);
            if logs.len() > MAX_LOGS {
                return Err(NotAPolicy::TooMany(logs.len()));
            }
        }
        Policy::new(logs)
    }

    /// The log keys.
    #[must_use]
    pub fn logs(&self) -> &[Vkey] {
        &self.logs
    }

    /// The first log key whose signature the note carries; `None` if there is none.
    #[must_use]
    pub fn signer_of(&self, note: &Note) -> Option<&Vkey> {
        self.logs.iter().find(|log| note.verified_by(log))
    }
}

/// The file's text.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for log in &self.logs {
            writeln!(f, "log {log}")?;
        }
        f.write_str(QUORUM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const B: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

    #[test]
    fn reads_what_it_writes_and_finds_the_signer() {
        for text in [
            "quorum none\n".to_owned(),
            format!("log {A}\nquorum none\n"),
            format!("log {B}\nlog {A}\nquorum none\n"),
        ] {
            assert_eq!(Policy::parse(&text).unwrap().to_string(), text);
        }
        let note = Note::parse(include_bytes!("../../tests/vectors/note/peter-neumann.note")).unwrap();
        let policy = Policy::parse(&format!("log {B}\nlog {A}\nquorum none\n")).unwrap();
        assert_eq!(policy.signer_of(&note).unwrap().name(), "PeterNeumann");
        let policy = Policy::parse(&format!("log {B}\nquorum none\n")).unwrap();
        assert_eq!(policy.signer_of(&note), None);
    }

    #[test]
    fn refuses_what_it_would_not_write() {
        for (sin, text) in [
            ("nothing", String::new()),
            ("no quorum", format!("log {A}\n")),
            ("two quorums", "quorum none\nquorum none\n".to_owned()),
            ("another quorum", format!("log {A}\nquorum any\n")),
            ("no final LF", "quorum none".to_owned()),
            ("the key twice", format!("log {A}\nlog {A}\nquorum none\n")),
            ("a witness", format!("witness w {A}\nquorum none\n")),
            ("a comment", "# x\nquorum none\n".to_owned()),
            (
                "a smartcard's key as a log's",
                format!(
                    "log {}\nquorum none\n",
                    include_str!("../../tests/vectors/note/card.vkey").trim_end()
                ),
            ),
            ("an empty line", "\nquorum none\n".to_owned()),
            ("a URL", format!("log {A} https://example.com/\nquorum none\n")),
            ("two spaces", format!("log  {A}\nquorum none\n")),
            ("glued", format!("log {A}quorum none\n")),
            ("CRLF", format!("log {A}\r\nquorum none\n")),
        ] {
            assert!(Policy::parse(&text).is_err(), "{sin}");
        }
    }
}
