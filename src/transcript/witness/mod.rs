//! What a witness does (C2SP tlog-witness, tlog-cosignature): it remembers the
//! last checkpoint of each record that it was shown, and cosigns another one
//! only where a proof shows that the record has only grown. Pure: the memory,
//! a request, the time and a key's signature in; a new memory with the answer,
//! or a refusal, out. The caller makes the memory durable before it answers.

mod memory;
mod request;

use crate::note::{Line, Note, NoteError, Vkey, cosigned};

use super::checkpoint::Checkpoint;
use super::consistency;
use super::merkle::Tree;

pub use memory::{Cosigned, Log, MAX_KEYS, MAX_LOGS, MAX_STATE, Memory, NotAMemory, NotAdded};
pub use request::{MAX_REQUEST, NotARequest, Request};

/// What a witness says to a request that it does not refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The record has only grown (or was never seen before): to be cosigned.
    Cosign(Checkpoint),
    /// Exactly this checkpoint was cosigned already: the same answer again, for
    /// an answer that was lost. Nothing new is signed.
    Again(Line),
}

/// Why a witness does not cosign. Nothing is remembered then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No person has told this witness of the record.
    #[error("expected a record that this witness was told of, got the origin {0}")]
    UnknownOrigin(String),
    /// The key of the record's newest run did not sign.
    #[error("expected a signature of the log key {expected}, got none that verifies")]
    UnknownKey {
        /// The newest key that a person has compared.
        expected: String,
    },
    /// A record has at least one line.
    #[error("expected a checkpoint over at least one line, got size 0")]
    Empty,
    /// Lines are missing that were there.
    #[error("expected at least {known} lines, got {got}: the record was rolled back")]
    Rollback {
        /// The size that was cosigned.
        known: u64,
        /// The size that is asked for.
        got: u64,
    },
    /// As many lines, and other ones.
    #[error("expected the root that was cosigned at size {size}, got another one: the record was forked")]
    Fork {
        /// The size of both.
        size: u64,
    },
    /// The proof begins at another size than the memory.
    #[error("expected a proof from size {known}, got one from {got}: ask again with --old {known}")]
    OldSize {
        /// The size that was cosigned; zero where there is none.
        known: u64,
        /// What the request says.
        got: u64,
    },
    /// The proof does not lead from the one to the other.
    #[error(
        "expected a proof that the {known} lines that were cosigned begin the {got}, got none: the record was forked, or the proof is damaged"
    )]
    NotConsistent {
        /// The size that was cosigned.
        known: u64,
        /// The size that is asked for.
        got: u64,
    },
    /// The clock stands before the last cosignature.
    #[error("expected a clock at or after {last} (Unix seconds), got {got}: set this machine's clock")]
    ClockBehind {
        /// The time of the last cosignature.
        last: u64,
        /// The time now.
        got: u64,
    },
    /// The key does not make this witness's signatures.
    #[error("expected a cosignature of this witness's key, got one that does not verify")]
    WrongKey,
    /// The checkpoint cannot carry the lines.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Refused {
    /// The stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refused::UnknownOrigin(_) => "unknown-origin",
            Refused::UnknownKey { .. } => "unknown-log-key",
            Refused::Empty => "empty",
            Refused::Rollback { .. } => "rollback",
            Refused::Fork { .. } => "fork",
            Refused::OldSize { .. } => "old-size",
            Refused::NotConsistent { .. } => "not-consistent",
            Refused::ClockBehind { .. } => "clock-behind",
            Refused::WrongKey => "wrong-key",
            Refused::Note(_) => "note",
        }
    }

    /// Whether the request, with what was cosigned, may show that somebody keeps
    /// two records under one name: to be kept.
    #[must_use]
    pub fn is_evidence(&self) -> bool {
        matches!(
            self,
            Refused::Rollback { .. } | Refused::Fork { .. } | Refused::NotConsistent { .. }
        )
    }
}

/// The rules, without a key: what a witness with this memory says.
///
/// # Errors
/// [`Refused`].
pub fn judge(memory: &Memory, request: &Request) -> Result<Verdict, Refused> {
    let checkpoint = request.checkpoint();
    let log = memory.log(checkpoint.origin());
    let log = log.ok_or_else(|| Refused::UnknownOrigin(checkpoint.origin().to_owned()))?;
    // A run's key dies with it: only the newest run can have written anything new.
    let key = log.newest();
    if !request.note().verified_by(key) {
        return Err(Refused::UnknownKey {
            expected: key.to_string(),
        });
    }
    let (size, old) = (checkpoint.size(), request.old());
    if size == 0 {
        return Err(Refused::Empty);
    }
    let Some(last) = log.last() else {
        // tlog-witness: zero where it never cosigned for that origin, and no proof.
        if old != 0 {
            return Err(Refused::OldSize { known: 0, got: old });
        }
        let empty = (0, Tree::new().root());
        return if consistency::verifies(empty, (size, checkpoint.root()), request.proof()) {
            Ok(Verdict::Cosign(checkpoint.clone()))
        } else {
            Err(Refused::NotConsistent { known: 0, got: size })
        };
    };
    let known = last.checkpoint();
    if size < known.size() {
        return Err(Refused::Rollback {
            known: known.size(),
            got: size,
        });
    }
    if size == known.size() {
        return if checkpoint.root() == known.root() {
            Ok(Verdict::Again(last.line().clone()))
        } else {
            Err(Refused::Fork { size })
        };
    }
    if old != known.size() {
        return Err(Refused::OldSize {
            known: known.size(),
            got: old,
        });
    }
    let (from, to) = ((known.size(), known.root()), (size, checkpoint.root()));
    if !consistency::verifies(from, to, request.proof()) {
        return Err(Refused::NotConsistent {
            known: known.size(),
            got: size,
        });
    }
    Ok(Verdict::Cosign(checkpoint.clone()))
}

/// An answer, and what the witness remembers once it has given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// To be durable before `line` leaves.
    pub memory: Memory,
    /// The cosignature.
    pub line: Line,
}

/// Judges a request and cosigns. `time`: Unix seconds; `sign`: an Ed25519
/// signature of the witness's key over the bytes. The signature is verified.
///
/// # Errors
/// [`Refused`]; `sign` is called only for what is cosigned.
pub fn answer(
    memory: &Memory,
    request: &Request,
    time: u64,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Result<Answer, Refused> {
    let checkpoint = match judge(memory, request)? {
        Verdict::Again(line) => {
            return Ok(Answer {
                memory: memory.clone(),
                line,
            });
        }
        Verdict::Cosign(checkpoint) => checkpoint,
    };
    let origin = checkpoint.origin().to_owned();
    let log = memory.log(&origin);
    let log = log.ok_or_else(|| Refused::UnknownOrigin(origin.clone()))?;
    // tlog-cosignature: as of that time this is the largest tree that was seen; a
    // clock that goes back would make an earlier statement false.
    if let Some(last) = log.last().map(Cosigned::time).filter(|last| time < *last) {
        return Err(Refused::ClockBehind { last, got: time });
    }
    let text = checkpoint.to_string();
    let line = line(memory.vkey(), time, &text, sign)?;
    let mut note = Note::new(&text)?;
    if let Some(by_log) = request.note().line_of(log.newest()) {
        note.add(by_log.clone())?;
    }
    note.add(line.clone())?;
    let memory = memory.with(&origin, Cosigned::new(checkpoint, note, line.clone()));
    Ok(Answer { memory, line })
}

/// A cosignature line (tlog-cosignature): eight bytes of time, then the signature.
fn line(vkey: &Vkey, time: u64, text: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<Line, Refused> {
    let signature = sign(cosigned(time, text).as_bytes());
    let bytes = [time.to_be_bytes().as_slice(), &signature].concat();
    Note::sign_line(text, vkey, &bytes).map_err(|_| Refused::WrongKey)
}

/// The time that a cosignature states, in Unix seconds.
#[must_use]
pub fn time_of(line: &Line) -> Option<u64> {
    let (time, _) = line.signature().split_first_chunk::<8>()?;
    Some(u64::from_be_bytes(*time))
}

/// Reads a witness's answer: signature lines, each with LF, at least one.
///
/// # Errors
/// [`NoteError`].
pub fn parse_answer(bytes: &[u8]) -> Result<Vec<Line>, NoteError> {
    if bytes.len() > crate::note::MAX_BYTES {
        return Err(NoteError::TooLong(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| NoteError::NotUtf8(e.valid_up_to()))?;
    let lines = text.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
    lines.split('\n').map(Line::parse).collect()
}

#[cfg(test)]
mod tests;
