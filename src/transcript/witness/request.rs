//! What a witness is asked (C2SP tlog-witness, `add-checkpoint`): the size it
//! cosigned last, a proof from there, and the log's signed checkpoint. The body
//! of the HTTP call as a file: any C2SP witness can answer it. Read in the one
//! spelling that is written here.

use std::fmt;

use data_encoding::BASE64;

use crate::base::{Digest, shown};
use crate::note::Note;

use super::super::checkpoint::Checkpoint;
use super::super::consistency::MAX_PROOF;

/// The longest request in bytes: a note of the most lines and a whole proof fit.
pub const MAX_REQUEST: usize = 64 * 1024;

/// A request to cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    old: u64,
    proof: Vec<Digest>,
    checkpoint: Checkpoint,
    note: Note,
}

/// Why bytes are no [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotARequest {
    /// Too many bytes.
    #[error("expected a request of at most {MAX_REQUEST} bytes, got {0}")]
    TooLong(usize),
    /// No old size in the first line, or in another spelling.
    #[error("expected a first line `old <size>`, got {0}")]
    Old(String),
    /// A line of the proof is not the base64 of 32 bytes.
    #[error("expected the base64 of 32 bytes in line {line}, got {got}")]
    Proof {
        /// Counted from 1.
        line: usize,
        /// What stands there, safe to show.
        got: String,
    },
    /// Too many digests.
    #[error("expected a proof of at most {MAX_PROOF} digests, got more")]
    TooMany,
    /// No blank line, or no UTF-8.
    #[error("expected `old`, a proof, a blank line and a checkpoint")]
    Parts,
    /// The old size is above the checkpoint's.
    #[error("expected an old size of at most {size}, got {old}")]
    OldAboveSize {
        /// The checkpoint's size.
        size: u64,
        /// The old size.
        old: u64,
    },
    /// What follows is no signed checkpoint.
    #[error("the checkpoint: {0}")]
    Checkpoint(String),
}

impl Request {
    /// A request for the checkpoint of a signed note.
    ///
    /// # Errors
    /// [`NotARequest::Checkpoint`], [`NotARequest::TooMany`] or [`NotARequest::OldAboveSize`].
    pub fn new(old: u64, proof: Vec<Digest>, note: Note) -> Result<Request, NotARequest> {
        let checkpoint =
            Checkpoint::parse(note.text()).map_err(|e| NotARequest::Checkpoint(e.to_string()))?;
        if proof.len() > MAX_PROOF {
            return Err(NotARequest::TooMany);
        }
        // tlog-witness: the old size is at most the checkpoint's (400 in HTTP).
        if old > checkpoint.size() {
            return Err(NotARequest::OldAboveSize {
                size: checkpoint.size(),
                old,
            });
        }
        Ok(Request {
            old,
            proof,
            checkpoint,
            note,
        })
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`NotARequest`].
    pub fn parse(bytes: &[u8]) -> Result<Request, NotARequest> {
        if bytes.len() > MAX_REQUEST {
            return Err(NotARequest::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotARequest::Parts)?;
        // The first blank line ends the proof; the note has another of its own.
        let (head, note) = text.split_once("\n\n").ok_or(NotARequest::Parts)?;
        let mut lines = head.split('\n');
        let first = lines.next().unwrap_or_default();
        let old = first
            .strip_prefix("old ")
            .and_then(|size| size.parse::<u64>().ok().filter(|n| n.to_string() == size))
            .ok_or_else(|| NotARequest::Old(shown(first, 60)))?;
        let mut proof = Vec::new();
        for (line, text) in (2..).zip(lines) {
            if proof.len() >= MAX_PROOF {
                return Err(NotARequest::TooMany);
            }
            let digest = BASE64.decode(text.as_bytes()).ok();
            let digest = digest.and_then(|b| <[u8; 32]>::try_from(b).ok());
            proof.push(Digest::from_bytes(digest.ok_or_else(|| NotARequest::Proof {
                line,
                got: shown(text, 60),
            })?));
        }
        let note = Note::parse(note.as_bytes()).map_err(|e| NotARequest::Checkpoint(e.to_string()))?;
        Request::new(old, proof, note)
    }

    /// From which size the proof begins.
    #[must_use]
    pub fn old(&self) -> u64 {
        self.old
    }

    /// The consistency proof.
    #[must_use]
    pub fn proof(&self) -> &[Digest] {
        &self.proof
    }

    /// What is to be cosigned.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint as the log signed it.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }
}

/// The body of the call.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for digest in &self.proof {
            writeln!(f, "{}", BASE64.encode(digest.as_bytes()))?;
        }
        write!(f, "\n{}", self.note)
    }
}
