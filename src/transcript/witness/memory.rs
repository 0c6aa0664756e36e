//! A witness's memory as a text: which records it was told of, by which log
//! keys, and the last checkpoint of each with its cosignature. It is the one
//! thing that makes a witness more than a key, so a text that is torn, altered
//! or of another witness is refused, never taken for a new memory. Whether it is
//! the *newest* one, no file can say of itself.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::{Digest, shown};
use crate::note::{Line, NotAVkey, Note, SignatureType, Vkey};

use super::super::checkpoint::Checkpoint;
use super::time_of;

/// The most records of one witness.
pub const MAX_LOGS: usize = 4096;
/// The most runs of one record.
pub const MAX_KEYS: usize = 256;
/// The longest memory in bytes.
pub const MAX_STATE: usize = 16 << 20;
const FIRST: &str = "tuf-ceremony witness state v0";

/// What a witness remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    vkey: Vkey,
    logs: BTreeMap<String, Log>,
}

/// One record: its log keys, oldest first, and its last checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    older: Vec<Vkey>,
    newest: Vkey,
    last: Option<Cosigned>,
}

/// A checkpoint that was cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    checkpoint: Checkpoint,
    note: Note,
    line: Line,
}

/// Why a text is no memory of a witness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAMemory {
    /// Another form, or another spelling.
    #[error("line {line}: expected {expected}, got {got}")]
    Form {
        /// Counted from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
        /// What stands there, safe to show.
        got: String,
    },
    /// The digest in the last line is not of the lines before.
    #[error("expected a last line `sha256 <digest>` of all lines before: the file is torn or was altered")]
    Torn,
    /// A log key that may not be there.
    #[error(transparent)]
    Key(#[from] NotAdded),
    /// A cosignature that this witness never made.
    #[error("expected this witness's own cosignature under the checkpoint of {0}, got none that verifies")]
    Cosignature(String),
}

/// Why a log key is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAdded {
    /// Not a vkey.
    #[error(transparent)]
    Vkey(#[from] NotAVkey),
    /// A log signs with Ed25519 (0x01).
    #[error("expected an Ed25519 key of a log, got {0}")]
    Kind(String),
    /// The key is there already.
    #[error("expected a new log key, got one that this witness has already: {0}")]
    Twice(String),
    /// The witness's own key, or too many.
    #[error("expected {expected}, got {got}")]
    Beyond {
        /// The limit or rule.
        expected: &'static str,
        /// What came, safe to show.
        got: String,
    },
}

impl Memory {
    /// The memory of a new witness.
    ///
    /// # Errors
    /// [`NotAdded::Kind`] where the key makes no cosignatures.
    pub fn new(vkey: Vkey) -> Result<Memory, NotAdded> {
        if vkey.signs() != SignatureType::Cosignature {
            return Err(NotAdded::Beyond {
                expected: "a key of a witness (0x04)",
                got: vkey.to_string(),
            });
        }
        Ok(Memory {
            vkey,
            logs: BTreeMap::new(),
        })
    }

    /// The witness's key.
    #[must_use]
    pub fn vkey(&self) -> &Vkey {
        &self.vkey
    }

    /// The records, by origin.
    pub fn logs(&self) -> impl Iterator<Item = (&str, &Log)> {
        self.logs.iter().map(|(origin, log)| (origin.as_str(), log))
    }

    /// One record.
    #[must_use]
    pub fn log(&self, origin: &str) -> Option<&Log> {
        self.logs.get(origin)
    }

    /// The memory with one log key more, which a person has compared. From then on
    /// it alone signs for its origin (the vkey's name): an earlier run is over.
    ///
    /// # Errors
    /// [`NotAdded`].
    pub fn told(&self, vkey: Vkey) -> Result<Memory, NotAdded> {
        let mut memory = self.clone();
        memory.tell(vkey)?;
        Ok(memory)
    }

    /// [`Memory::told`] in place; the memory is to be thrown away where it fails.
    fn tell(&mut self, vkey: Vkey) -> Result<(), NotAdded> {
        if vkey.signs() != SignatureType::Ed25519 {
            return Err(NotAdded::Kind(vkey.to_string()));
        }
        let beyond = |expected, got: &str| NotAdded::Beyond {
            expected,
            got: shown(got, 80),
        };
        if *vkey.key() == *self.vkey.key() {
            return Err(beyond("a log's key", "this witness's own"));
        }
        // One key is one run of one record.
        let is_known = |log: &Log| log.keys().any(|k| k.key() == vkey.key());
        if self.logs.values().any(is_known) {
            return Err(NotAdded::Twice(vkey.to_string()));
        }
        let origin = vkey.name().to_owned();
        let log = match self.logs.remove(&origin) {
            None if self.logs.len() >= MAX_LOGS => return Err(beyond("at most 4096 records", "more")),
            None => Log {
                older: Vec::new(),
                newest: vkey,
                last: None,
            },
            Some(log) if log.older.len().saturating_add(1) >= MAX_KEYS => {
                return Err(beyond("at most 256 keys of one record", "more"));
            }
            Some(mut log) => {
                let over = std::mem::replace(&mut log.newest, vkey);
                log.older.push(over);
                log
            }
        };
        self.logs.insert(origin, log);
        Ok(())
    }

    /// The memory after a checkpoint was cosigned.
    pub(super) fn with(&self, origin: &str, cosigned: Cosigned) -> Memory {
        let mut memory = self.clone();
        memory.remember(origin, cosigned);
        memory
    }

    fn remember(&mut self, origin: &str, cosigned: Cosigned) {
        if let Some(log) = self.logs.get_mut(origin) {
            log.last = Some(cosigned);
        }
    }

    /// Reads a memory, in exactly the spelling of [`Memory`]'s own text.
    ///
    /// # Errors
    /// [`NotAMemory`].
    pub fn parse(bytes: &[u8]) -> Result<Memory, NotAMemory> {
        let text = std::str::from_utf8(bytes).map_err(|_| NotAMemory::Torn)?;
        let body = text.strip_suffix('\n').ok_or(NotAMemory::Torn)?;
        let (head, sum) = body.rsplit_once('\n').ok_or(NotAMemory::Torn)?;
        let stated = sum.strip_prefix("sha256 ").and_then(|d| Digest::parse(d).ok());
        if stated != Some(Digest::of_parts(&[head.as_bytes(), b"\n"])) {
            return Err(NotAMemory::Torn);
        }
        let mut lines = (1..).zip(head.split('\n')).peekable();
        let form = |(line, got): (usize, &str), expected| NotAMemory::Form {
            line,
            expected,
            got: shown(got, 80),
        };
        let end = (0, "the end");
        let first = lines.next().unwrap_or(end);
        if first.1 != FIRST {
            return Err(form(first, FIRST));
        }
        let second = lines.next().unwrap_or(end);
        let vkey = second
            .1
            .strip_prefix("witness ")
            .ok_or_else(|| form(second, "witness <vkey>"))?;
        let mut memory = Memory::new(Vkey::parse(vkey).map_err(NotAdded::Vkey)?)?;
        while let Some(at) = lines.next() {
            let key = at.1.strip_prefix("log ").ok_or_else(|| form(at, "log <vkey>"))?;
            let vkey = Vkey::parse(key).map_err(NotAdded::Vkey)?;
            let origin = vkey.name().to_owned();
            memory.tell(vkey)?;
            let Some(size) = lines.next_if(|(_, line)| line.starts_with("size ")) else {
                continue;
            };
            let mut rest = vec![origin.clone(), size.1.replacen("size ", "", 1)];
            for expected in ["root <base64>", "the log's signature line", "the cosignature"] {
                let at = lines.next().unwrap_or(end);
                rest.push(at.1.strip_prefix("root ").unwrap_or(at.1).to_owned());
                if at.0 == 0 {
                    return Err(form(at, expected));
                }
            }
            let cosigned = Cosigned::read(&rest, &memory.vkey, &origin)?;
            memory.remember(&origin, cosigned);
        }
        // One memory has one spelling: what would be written otherwise was altered.
        if memory.to_string() != text {
            return Err(NotAMemory::Torn);
        }
        Ok(memory)
    }
}

impl Log {
    /// Every key, oldest first.
    pub fn keys(&self) -> impl Iterator<Item = &Vkey> {
        self.older.iter().chain(std::iter::once(&self.newest))
    }

    /// The key of the newest run, the only one that still signs.
    #[must_use]
    pub fn newest(&self) -> &Vkey {
        &self.newest
    }

    /// What was cosigned last.
    #[must_use]
    pub fn last(&self) -> Option<&Cosigned> {
        self.last.as_ref()
    }
}

impl Cosigned {
    pub(super) fn new(checkpoint: Checkpoint, note: Note, line: Line) -> Cosigned {
        Cosigned {
            checkpoint,
            note,
            line,
        }
    }

    /// From origin, size, root, and the two signature lines.
    fn read(parts: &[String], witness: &Vkey, origin: &str) -> Result<Cosigned, NotAMemory> {
        let wrong = || NotAMemory::Cosignature(shown(origin, 80));
        let [origin, size, root, log, own] = parts else {
            return Err(wrong());
        };
        let text = format!("{origin}\n{size}\n{root}\n\n{log}\n{own}\n");
        let note = Note::parse(text.as_bytes()).map_err(|_| wrong())?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|_| wrong())?;
        // Size and root were written under this witness's own signature.
        if !note.verified_by(witness) {
            return Err(wrong());
        }
        let line = note.signatures().last().ok_or_else(wrong)?.clone();
        Ok(Cosigned::new(checkpoint, note, line))
    }

    /// What was cosigned.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint with the log's line and the cosignature: with another one of
    /// the same size, evidence of a fork.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The cosignature.
    #[must_use]
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// When, in Unix seconds.
    #[must_use]
    pub fn time(&self) -> u64 {
        time_of(&self.line).unwrap_or(0)
    }
}

/// The file's text.
impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{FIRST}\nwitness {}\n", self.vkey);
        for log in self.logs.values() {
            for key in log.keys() {
                text.push_str(&format!("log {key}\n"));
            }
            if let Some(last) = &log.last {
                let signed = last.note.to_string();
                // The origin is the key's name; size and root follow it in the note.
                for (line, name) in signed.lines().skip(1).zip(["size ", "root "]) {
                    text.push_str(&format!("{name}{line}\n"));
                }
                for line in last.note.signatures() {
                    text.push_str(&format!("{line}\n"));
                }
            }
        }
        write!(f, "{text}sha256 {}", Digest::of(text.as_bytes()))?;
        writeln!(f)
    }
}
