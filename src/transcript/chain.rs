//! The record as a whole: lines, each naming the SHA-256 of the one before.
//! The writer is three values and no file; the reader reports everything that
//! is wrong rather than the first thing, because an auditor wants to see the
//! extent of the damage. Hashes are over the raw bytes (DESIGN section 5,
//! law 4); each problem has a stable code (`docs/transcript-format.md`).

use std::fmt;
use std::ops::Range;

use crate::base::{Digest, Stamp, shown};

use super::line::{EncodeError, Line, LineError, encode, parse_line};
use super::merkle::Tree;
use super::record::{Kind, Record};

/// Where the next line goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    seq: u64,
    prev: Digest,
    ceremony: Digest,
    closed: bool,
}

impl Writer {
    /// The writer of a new record.
    #[must_use]
    pub fn new() -> Writer {
        Writer {
            seq: 0,
            prev: Digest::ZERO,
            ceremony: Digest::ZERO,
            closed: false,
        }
    }

    /// The writer that goes on after an intact record; `None` where there is a
    /// problem. (Cut a torn tail off first, at [`Chain::tail`], and read again.)
    #[must_use]
    pub fn after(chain: &Chain) -> Option<Writer> {
        chain.problems.is_empty().then(|| Writer {
            seq: chain.tree.size(),
            prev: chain.head,
            ceremony: chain.ceremony,
            closed: chain.is_closed(),
        })
    }

    /// The next line, without LF. The state moves on only if there is one.
    ///
    /// # Errors
    /// [`EncodeError`]; the writer is as it was then.
    pub fn next(&mut self, record: &Record, boot: &str, at: Stamp) -> Result<String, EncodeError> {
        let place = |expected| EncodeError::Place {
            seq: self.seq,
            expected,
            got: record.kind,
        };
        if self.closed {
            return Err(place("nothing after `close`"));
        }
        if (self.seq == 0) != (record.kind == Kind::Open) {
            return Err(place("`open` first and only first"));
        }
        let line = encode(record, self.seq, self.prev, self.ceremony, boot, at)?;
        self.prev = Digest::of(line.as_bytes());
        if self.seq == 0 {
            self.ceremony = self.prev;
        }
        self.seq = self.seq.saturating_add(1);
        self.closed = record.kind == Kind::Close;
        Ok(line)
    }

    /// How many lines there are: the `seq` of the next one.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// SHA-256 of the last line; zeroes before the first.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.prev
    }

    /// The ceremony's id: SHA-256 of the first line; zeroes before it.
    #[must_use]
    pub fn ceremony(&self) -> Digest {
        self.ceremony
    }
}

impl Default for Writer {
    fn default() -> Self {
        Writer::new()
    }
}

/// A record that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The lines that parse, each with its bytes' place in the file (without LF).
    pub lines: Vec<(Line, Range<usize>)>,
    /// Everything that is wrong, in the order of the lines.
    pub problems: Vec<Problem>,
    /// The tree over all lines that end with LF, also those that do not parse.
    pub tree: Tree,
    /// SHA-256 of the last line that ends with LF; zeroes if there is none.
    pub head: Digest,
    /// SHA-256 of the first line; zeroes if there is none.
    pub ceremony: Digest,
    /// The bytes after the last LF: empty unless a write was cut off.
    pub tail: Range<usize>,
}

impl Chain {
    /// Whether nothing is wrong with the lines. What they say, and whether they
    /// are all there, is for a checkpoint and `audit` to judge.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether the last line is `close`.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.lines
            .last()
            .is_some_and(|(l, _)| l.record.kind == Kind::Close)
    }
}

/// One thing that is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {code}: expected {expected}, got {got}")]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    /// The kind of problem.
    pub code: Code,
    /// What should stand there.
    pub expected: String,
    /// What stands there, safe to show.
    pub got: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The kind of a problem; its text is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The stable text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// There is no line.
    Empty = "record-empty",
    /// Bytes after the last LF that are no line: a write was cut off.
    TornTail = "torn-tail",
    /// A line after the last LF: only its LF is missing.
    MissingLf = "missing-lf",
    /// More than 65,535 bytes.
    TooLong = "line-too-long",
    /// A byte outside 0x20 to 0x7e.
    NotAscii = "line-not-ascii",
    /// Not strict JSON.
    NotJson = "line-not-json",
    /// Not exactly the envelope's keys.
    Keys = "line-keys",
    /// Another version of the format.
    Version = "line-version",
    /// An unknown record type.
    Kind = "line-type",
    /// A field of the envelope has another form.
    Field = "line-field",
    /// A value in the body that the format has no place for.
    Value = "line-value",
    /// Another spelling of the line than the canonical one.
    NotCanonical = "line-not-canonical",
    /// `seq` does not follow.
    Seq = "seq-gap",
    /// `prev` is not the digest of the line before.
    Prev = "prev-mismatch",
    /// `ceremony` is not the digest of the first line.
    Ceremony = "ceremony-mismatch",
    /// `open` is not first, or stands elsewhere.
    Open = "open-misplaced",
    /// A line after `close`.
    AfterClose = "line-after-close",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a whole record and reports all its problems.
#[must_use]
pub fn read(bytes: &[u8]) -> Chain {
    let mut walk = Walk::new();
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    let mut start = 0usize;
    for piece in bytes.split_inclusive(|b| *b == b'\n') {
        let end = start.saturating_add(piece.len());
        if let Some(raw) = piece.strip_suffix(b"\n") {
            if let Some(line) = walk.line(raw, &mut problems) {
                lines.push((line, start..end.saturating_sub(1)));
            }
            start = end;
        } else {
            walk.tail(piece, &mut problems);
        }
    }
    if walk.tree.size() == 0 {
        let got = "none".to_owned();
        report(&mut problems, 1, Code::Empty, "at least one line", got);
    }
    Chain {
        lines,
        problems,
        tree: walk.tree,
        head: walk.head,
        ceremony: walk.ceremony,
        tail: start..bytes.len(),
    }
}

/// A record as it is read line by line, without being kept: what the lines so far
/// come to, and what the next one must say. Memory is the same for every length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    tree: Tree,
    head: Digest,
    ceremony: Digest,
    number: usize,
    seq: u64,
    closed: bool,
}

impl Walk {
    /// Before the first line.
    #[must_use]
    pub fn new() -> Walk {
        Walk {
            tree: Tree::new(),
            head: Digest::ZERO,
            ceremony: Digest::ZERO,
            number: 0,
            seq: 0,
            closed: false,
        }
    }

    /// The tree over all lines so far, also those that do not parse.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// SHA-256 of the last line; zeroes before the first.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.head
    }

    /// SHA-256 of the first line; zeroes before it.
    #[must_use]
    pub fn ceremony(&self) -> Digest {
        self.ceremony
    }

    /// Takes the next line, without its LF; what is wrong with it joins `problems`.
    /// `None`: it does not parse.
    pub fn line(&mut self, raw: &[u8], problems: &mut Vec<Problem>) -> Option<Line> {
        self.number = self.number.saturating_add(1);
        let number = self.number;
        let mut wrong = |code, expected: &str, got: String| report(problems, number, code, expected, got);
        let first = number == 1;
        let (prev, ceremony) = (self.head, self.ceremony);
        self.head = Digest::of(raw);
        self.tree.append(raw);
        if first {
            self.ceremony = self.head;
        }
        if self.closed {
            let got = "another line".to_owned();
            wrong(Code::AfterClose, "nothing after `close`", got);
        }
        let line = match parse_line(raw) {
            Ok(line) => line,
            Err(e) => {
                // Its digest still binds the next line; only its own words are lost.
                self.seq = self.seq.saturating_add(1);
                let (code, wanted, got) = explain(e);
                wrong(code, &wanted, got);
                return None;
            }
        };
        if !line.is_spelled(raw) {
            let canonical = line.encode().map_or_else(|e| e.to_string(), |l| shown(&l, 200));
            let got = shown(&String::from_utf8_lossy(raw), 200);
            wrong(Code::NotCanonical, &canonical, got);
        }
        if line.seq != self.seq {
            wrong(Code::Seq, &self.seq.to_string(), line.seq.to_string());
        }
        if line.prev != prev {
            wrong(Code::Prev, &prev.hex(), line.prev.hex());
        }
        if line.ceremony != ceremony {
            wrong(Code::Ceremony, &ceremony.hex(), line.ceremony.hex());
        }
        if first != (line.record.kind == Kind::Open) {
            let got = line.record.kind.to_string();
            wrong(Code::Open, "`open` first and only first", got);
        }
        // Go on from what the line says, so that one gap is one problem.
        self.seq = line.seq.saturating_add(1);
        self.closed |= line.record.kind == Kind::Close;
        Some(line)
    }

    /// Bytes after the last LF: they were never durable, and count nowhere.
    fn tail(&self, piece: &[u8], problems: &mut Vec<Problem>) {
        let code = if parse_line(piece).is_ok() {
            Code::MissingLf
        } else {
            Code::TornTail
        };
        let got = format!("{} bytes without LF", piece.len());
        let number = self.number.saturating_add(1);
        report(problems, number, code, "a line that ends with LF", got);
    }
}

impl Default for Walk {
    fn default() -> Self {
        Walk::new()
    }
}

fn report(problems: &mut Vec<Problem>, line: usize, code: Code, expected: &str, got: String) {
    problems.push(Problem {
        line,
        code,
        expected: expected.to_owned(),
        got,
    });
}

fn explain(error: LineError) -> (Code, String, String) {
    let text = error.to_string();
    let parts = |code, expected: &str, got: String| (code, expected.to_owned(), got);
    match error {
        LineError::TooLong(n) => parts(Code::TooLong, "at most 65535 bytes", n.to_string()),
        LineError::NotAscii { byte, at } => parts(
            Code::NotAscii,
            "printable ASCII",
            format!("byte 0x{byte:02x} at {at}"),
        ),
        LineError::NotJson(_) => parts(Code::NotJson, "strict JSON", text),
        LineError::Keys(got) => parts(Code::Keys, "exactly the keys of the envelope", got),
        LineError::Version(got) => parts(Code::Version, "a version this program knows", got),
        LineError::Kind(got) => parts(Code::Kind, "a type this program knows", got),
        LineError::Field { field, expected, got } => (Code::Field, format!("{expected} in `{field}`"), got),
        LineError::Value(_) => parts(Code::Value, "values that the format has a place for", text),
    }
}
