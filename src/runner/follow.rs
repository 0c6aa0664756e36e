//! Follows the record of a ceremony that another process leads: reads what was
//! added to its file, folds it, and hands out the state. It opens for reading
//! alone, takes no lock and keeps no file open, so that the one who writes
//! cannot notice it. What is torn at the end waits until it is whole; a file
//! that goes away, or that another takes the place of, is read again from its
//! start. No judge: `verify` looks at every byte, this only at what follows.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;

use super::{Snapshot, stored_plan};
use crate::base::{Digest, shown};
use crate::engine::{FoldError, State, replay_one};
use crate::plan::Plan;
use crate::store::{NAME, Real};
use crate::transcript::{Line, parse_line};

/// More than this is no record that people made: 500 bytes a line, a million lines.
const MOST: u64 = 512 * 1024 * 1024;

/// What a look at the record found.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// There is no such file, or not any more.
    Absent,
    /// The file is there, and no input in it is whole yet.
    Empty,
    /// The state after everything that is whole.
    Follows {
        /// The state, as a front end sees it.
        seen: Arc<Snapshot>,
        /// Bytes after it that are not whole yet.
        torn: u64,
    },
    /// What stands there cannot be followed.
    Lost {
        /// The first line that does not follow, from 1; 0: no line at all.
        line: u64,
        /// Why, safe to show.
        why: String,
    },
}

/// A record that is followed.
#[derive(Debug)]
pub struct Follower {
    folder: PathBuf,
    kept: Kept,
    mark: Option<Mark>,
    last: Option<Sight>,
}

/// What has been folded.
#[derive(Debug)]
struct Kept {
    plan: Option<Arc<Plan>>,
    state: State,
    note: Option<Arc<str>>,
    lines: u64,
    bytes: u64,
    head: Digest,
    ceremony: Digest,
}

/// Where a line ends, and its digest.
type End = (usize, Digest);

/// How a file looks from outside: while nothing of it changes, nothing is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    file: (u64, u64),
    len: u64,
    changed: (i64, i64),
}

impl Follower {
    /// A follower of the record in this folder, which need not be there yet.
    #[must_use]
    pub fn new(folder: &Path) -> Follower {
        Follower {
            folder: folder.to_owned(),
            kept: Kept::new(),
            mark: None,
            last: None,
        }
    }

    /// Looks once; `None`: as before.
    pub fn look(&mut self) -> Option<Sight> {
        let sight = self.sight()?;
        if self.last.as_ref() == Some(&sight) {
            return None;
        }
        self.last = Some(sight.clone());
        Some(sight)
    }

    fn sight(&mut self) -> Option<Sight> {
        let path = self.folder.join(NAME);
        let found = std::fs::symlink_metadata(&path).map(|meta| Mark::of(&meta));
        let mark = match found {
            Ok(mark) => mark,
            Err(e) => {
                self.mark = None;
                return Some(absent(&e));
            }
        };
        if self.mark == Some(mark) {
            return None;
        }
        let before = self.mark.replace(mark);
        // Another file, a shorter one, or the same length with other bytes: from the start.
        let grown = before.is_some_and(|b| b.file == mark.file && b.len < mark.len);
        if !grown || mark.len < self.kept.bytes {
            self.kept = Kept::new();
        }
        let mut sight = self.read(&path);
        if grown && matches!(sight, Ok(Sight::Lost { .. })) {
            // Perhaps it was written anew between two looks.
            self.kept = Kept::new();
            sight = self.read(&path);
        }
        let sight = sight.unwrap_or_else(|e| absent(&e));
        match &sight {
            Sight::Follows { .. } | Sight::Empty => {}
            // Whatever is read after this is read from the start.
            Sight::Lost { line: 1.., .. } => self.kept = Kept::new(),
            // Nothing was read: the next look tries again, whatever the file looks like.
            Sight::Absent | Sight::Lost { .. } => {
                self.kept = Kept::new();
                self.mark = None;
            }
        }
        Some(sight)
    }

    fn read(&mut self, path: &Path) -> io::Result<Sight> {
        let mut file = open(path)?;
        if !file.metadata()?.is_file() {
            return Ok(lost(0, "the record is no regular file"));
        }
        file.seek(SeekFrom::Start(self.kept.bytes))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(self.kept.fold(&self.folder, &bytes))
    }
}

impl Kept {
    fn new() -> Kept {
        Kept {
            plan: None,
            state: State::new(),
            note: None,
            lines: 0,
            bytes: 0,
            head: Digest::ZERO,
            ceremony: Digest::ZERO,
        }
    }

    /// Folds what was added, as far as it is whole.
    fn fold(&mut self, folder: &Path, added: &[u8]) -> Sight {
        match self.try_fold(folder, added) {
            Err(sight) => sight,
            Ok(torn) => match &self.plan {
                Some(plan) if self.lines > 0 => Sight::Follows {
                    seen: Arc::new(Snapshot {
                        plan: plan.clone(),
                        state: self.state.clone(),
                        records: self.lines,
                        head: self.head,
                        note: self.note.clone(),
                    }),
                    torn,
                },
                _ => Sight::Empty,
            },
        }
    }

    fn try_fold(&mut self, folder: &Path, added: &[u8]) -> Result<u64, Sight> {
        let (lines, ends) = self.chained(added)?;
        let plan = match &self.plan {
            Some(plan) => plan.clone(),
            None if lines.is_empty() => return Ok(bytes(added.len())),
            None => {
                let plan = stored_plan(&Real, folder).map_err(|e| lost(0, &e.meaning))?;
                self.plan.insert(Arc::new(plan)).clone()
            }
        };
        let mut at = 0usize;
        let mut whole = 0usize;
        loop {
            let one = match replay_one(&plan, &self.state, lines.get(at..).unwrap_or_default()) {
                Ok(Some(one)) => one,
                Ok(None) => break,
                // Its other lines are on their way; all of it is read again with them.
                Err(FoldError::CutShort { .. }) => break,
                Err(e) => return Err(lost(self.lines.saturating_add(1), &e.to_string())),
            };
            if let Some((_, note)) = one.input.kind.checkpoint() {
                self.note = Some(Arc::from(note));
            }
            if self.lines == 0 {
                self.ceremony = ends.first().map_or(Digest::ZERO, |(_, first)| *first);
            }
            self.state = one.state;
            self.lines = self.lines.saturating_add(bytes(one.lines));
            at = at.saturating_add(one.lines);
            if let Some((end, head)) = at.checked_sub(1).and_then(|last| ends.get(last)) {
                whole = *end;
                self.head = *head;
            }
        }
        self.bytes = self.bytes.saturating_add(bytes(whole));
        Ok(bytes(added.len().saturating_sub(whole)))
    }

    /// The lines that end with LF and follow from each other; each with the place
    /// where it ends and its digest.
    fn chained(&self, added: &[u8]) -> Result<(Vec<Line>, Vec<End>), Sight> {
        let mut lines: Vec<Line> = Vec::new();
        let mut ends: Vec<End> = Vec::new();
        let mut end = 0usize;
        let mut head = self.head;
        let mut ceremony = self.ceremony;
        for piece in added.split_inclusive(|b| *b == b'\n') {
            let Some(raw) = piece.strip_suffix(b"\n") else {
                break;
            };
            end = end.saturating_add(piece.len());
            let seq = self.lines.saturating_add(bytes(lines.len()));
            let number = seq.saturating_add(1);
            let line = parse_line(raw).map_err(|e| lost(number, &e.to_string()))?;
            // DESIGN 5: `prev` is the SHA-256 of the line before, whatever it says.
            if line.seq != seq || line.prev != head || line.ceremony != ceremony {
                return Err(lost(number, "it does not follow from the line before"));
            }
            head = Digest::of(raw);
            if seq == 0 {
                ceremony = head;
            }
            lines.push(line);
            ends.push((end, head));
        }
        Ok((lines, ends))
    }
}

impl Mark {
    fn of(meta: &Metadata) -> Mark {
        Mark {
            file: (meta.dev(), meta.ino()),
            len: meta.len(),
            changed: (meta.mtime(), meta.mtime_nsec()),
        }
    }
}

/// Opened for reading, never through a link; without a note of when it was read
/// where the system allows that, so that even the medium's times stay.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let with = |flags: OFlags| {
        OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(path)
    };
    match with(flags | OFlags::NOATIME) {
        // Only a file's owner may ask for it.
        Err(e) if e.kind() == ErrorKind::PermissionDenied => with(flags),
        other => other,
    }
}

fn absent(error: &io::Error) -> Sight {
    match error.kind() {
        ErrorKind::NotFound => Sight::Absent,
        _ => lost(0, &error.to_string()),
    }
}

fn lost(line: u64, why: &str) -> Sight {
    Sight::Lost {
        line,
        why: shown(why, 300),
    }
}

fn bytes(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
