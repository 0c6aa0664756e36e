//! What came after the close: video, photos, scanned paper, bound by name, length
//! and SHA-256 to the closing checkpoint in a text that seats sign with their audit
//! keys (docs/addendum-format.md). The record itself is closed and stays as it is;
//! an addendum lies in a folder of its own, and there may be several. Here is the
//! text alone: who may sign it, and whether the files fit, is `audit`'s.

use std::fmt;

use crate::base::{ADDENDUM_HEADING, Digest, json, shown};
use crate::note::Note;

use super::Checkpoint;
use super::checkpoint::NotACheckpoint;

/// The note's name in its folder; no evidence may have it.
pub const FILE: &str = "addendum";
/// The most files of one addendum.
pub const MAX_FILES: usize = 256;
/// The longest name of a file, in bytes.
pub const MAX_NAME: usize = 100;
/// The largest note, in bytes: every file with the longest name, and every seat.
pub const MAX_BYTES: usize = 128 << 10;

/// One file, as it is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Its name in the folder, by the rule of [`name_is_good`].
    pub name: String,
    /// How many bytes; at least one.
    pub len: u64,
    /// SHA-256 of them.
    pub sha256: Digest,
}

/// Which files belong to which closed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addendum {
    checkpoint: Checkpoint,
    files: Vec<Bound>,
}

/// Why there is no addendum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAddendum {
    /// No files, or too many.
    #[error("expected 1 to {MAX_FILES} files, got {0}")]
    Count(usize),
    /// A name that could hide something, or that some medium cannot hold.
    #[error(
        "expected a name of 1 to {MAX_NAME} characters a-z, A-Z, 0-9, `.`, `_` and `-`, the first a letter or \
         digit, the last no dot, not `{FILE}`; got {0}"
    )]
    Name(String),
    /// Two names that are one on some media.
    #[error("expected each name once, upper and lower case alike; got {0} twice")]
    Twice(String),
    /// Nothing in it, or more bytes than a number here can say.
    #[error("{name}: expected 1 to 2^53 - 1 bytes, got {len}")]
    Length {
        /// The file.
        name: String,
        /// Its length.
        len: u64,
    },
    /// Too many bytes, or no note at all.
    #[error("expected an addendum of at most {MAX_BYTES} bytes, signed or not: {0}")]
    Form(String),
    /// A line that another place or another spelling should have.
    #[error("expected `{expected}`, got `{got}`")]
    Line {
        /// What should stand there.
        expected: String,
        /// What stands there, safe to show.
        got: String,
    },
    /// The checkpoint's line.
    #[error(transparent)]
    Checkpoint(#[from] NotACheckpoint),
}

/// Whether a file may be bound under this name: it says the same in every terminal,
/// on every medium and in a shell.
#[must_use]
pub fn name_is_good(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(good)
        && name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && !name.ends_with('.')
        && !name.eq_ignore_ascii_case(FILE)
}

impl Addendum {
    /// Binds files to a closing checkpoint. Their order does not matter: the text
    /// has them in the order of their names.
    ///
    /// # Errors
    /// [`NotAnAddendum`].
    pub fn new(checkpoint: Checkpoint, mut files: Vec<Bound>) -> Result<Addendum, NotAnAddendum> {
        if !(1..=MAX_FILES).contains(&files.len()) {
            return Err(NotAnAddendum::Count(files.len()));
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let mut seen = std::collections::BTreeSet::new();
        for file in &files {
            if !name_is_good(&file.name) {
                return Err(NotAnAddendum::Name(shown(&file.name, 120)));
            }
            if !seen.insert(file.name.to_ascii_lowercase()) {
                return Err(NotAnAddendum::Twice(file.name.clone()));
            }
            // An empty file is no evidence; a copy that failed often is one.
            if file.len == 0 || file.len > json::MAX_INTEGER.unsigned_abs() {
                return Err(NotAnAddendum::Length {
                    name: file.name.clone(),
                    len: file.len,
                });
            }
        }
        Ok(Addendum { checkpoint, files })
    }

    /// Reads the text, in exactly the spelling that this file writes.
    ///
    /// # Errors
    /// [`NotAnAddendum`].
    pub fn parse(text: &str) -> Result<Addendum, NotAnAddendum> {
        let wrong = |expected: &str, got: &str| NotAnAddendum::Line {
            expected: expected.to_owned(),
            got: shown(got, 160),
        };
        let mut lines = text.split('\n');
        let mut next = || lines.next().unwrap_or_default();
        let heading = next();
        if heading != ADDENDUM_HEADING {
            return Err(wrong(ADDENDUM_HEADING, heading));
        }
        let line = next();
        let head = line.strip_prefix("checkpoint ").unwrap_or_default();
        let checkpoint = Checkpoint::parse(&format!("{}\n", head.replace(' ', "\n")))?;
        let mut files = Vec::new();
        for line in lines.take_while(|line| !line.is_empty()).take(MAX_FILES) {
            files.push(bound(line).ok_or_else(|| wrong("file LENGTH SHA256 NAME", line))?);
        }
        let addendum = Addendum::new(checkpoint, files)?;
        // Law 4: one text for one meaning, so that no two readers see two addenda.
        let whole = addendum.to_string();
        if whole != text {
            let differs = whole.lines().zip(text.lines()).find(|(a, b)| a != b);
            let (expected, got) = differs.unwrap_or(("the end of the text", "more, or less"));
            return Err(wrong(expected, got));
        }
        Ok(addendum)
    }

    /// Reads the folder's file: the note, with no signature line yet or with some.
    ///
    /// # Errors
    /// [`NotAnAddendum`].
    pub fn read(bytes: &[u8]) -> Result<(Addendum, Note), NotAnAddendum> {
        let form = |why: &str| NotAnAddendum::Form(why.to_owned());
        if bytes.len() > MAX_BYTES {
            return Err(form(&format!("got {} bytes or more", bytes.len())));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| form("got something that is not UTF-8"))?;
        // Unsigned, it ends with the empty line that parts a text from its signatures.
        let unsigned = text.strip_suffix('\n').filter(|text| text.ends_with('\n'));
        let note = match unsigned {
            Some(text) => Note::new(text),
            None => Note::parse(bytes),
        };
        let note = note.map_err(|e| NotAnAddendum::Form(e.to_string()))?;
        Ok((Addendum::parse(note.text())?, note))
    }

    /// Which record, as it was closed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The files, in the order of their names.
    #[must_use]
    pub fn files(&self) -> &[Bound] {
        &self.files
    }
}

fn bound(line: &str) -> Option<Bound> {
    let mut parts = line.strip_prefix("file ")?.splitn(3, ' ');
    let (len, sha256, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Bound {
        name: name.to_owned(),
        len: len.parse().ok()?,
        sha256: Digest::parse(sha256).ok()?,
    })
}

/// The text: exactly what is signed.
impl fmt::Display for Addendum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{ADDENDUM_HEADING}")?;
        writeln!(f, "checkpoint {}", self.checkpoint.in_line())?;
        for file in &self.files {
            writeln!(f, "file {} {} {}", file.len, file.sha256, file.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    fn file(name: &str) -> Bound {
        Bound {
            name: name.to_owned(),
            len: 7,
            sha256: Digest::of(name.as_bytes()),
        }
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint::parse(&format!("example/vienna/x\n438\n{ROOT}\n")).unwrap()
    }

    fn made(names: &[&str]) -> Result<Addendum, NotAnAddendum> {
        Addendum::new(checkpoint(), names.iter().map(|n| file(n)).collect())
    }

    #[test]
    fn the_text_reads_back_and_has_one_order() {
        let addendum = made(&["video-2.mkv", "Scan.pdf", "7.jpg"]).unwrap();
        let names: Vec<&str> = addendum.files().iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["7.jpg", "Scan.pdf", "video-2.mkv"]);
        let text = addendum.to_string();
        assert!(
            text.starts_with(&format!(
                "tuf-ceremony addendum v1\ncheckpoint example/vienna/x 438 {ROOT}\nfile 7 "
            )),
            "{text}"
        );
        assert_eq!(Addendum::parse(&text).unwrap(), addendum);
        let unsigned = Note::new(&text).unwrap();
        let (again, note) = Addendum::read(unsigned.to_string().as_bytes()).unwrap();
        assert_eq!((again, note), (addendum, unsigned));
    }

    #[test]
    fn hostile_names_are_refused() {
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "-rf",
            "a/b",
            "../a",
            "/a",
            "a\\b",
            "a b",
            "a\nfile 7",
            "a\u{1b}[2J",
            "a\u{202e}gpj.exe",
            "\u{e9}",
            "a.",
            "a+b",
            "a:b",
            "$(x)",
            "addendum",
            "Addendum",
            &"a".repeat(101),
        ] {
            let refused = made(&["good.pdf", name]);
            assert!(matches!(refused, Err(NotAnAddendum::Name(_))), "{name:?}");
        }
        for names in [["a.pdf", "a.pdf"], ["a.pdf", "A.PDF"]] {
            assert!(matches!(made(&names), Err(NotAnAddendum::Twice(_))), "{names:?}");
        }
        assert_eq!(made(&[]), Err(NotAnAddendum::Count(0)));
        let many: Vec<String> = (0..257).map(|n| format!("{n}.jpg")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(made(&many), Err(NotAnAddendum::Count(257)));
        assert!(made(&many[1..]).is_ok());
        let mut empty = file("a.pdf");
        empty.len = 0;
        assert!(Addendum::new(checkpoint(), vec![empty]).is_err());
    }

    #[test]
    fn every_other_text_is_refused() {
        let text = made(&["a.pdf", "b.pdf"]).unwrap().to_string();
        let lines: Vec<&str> = text.lines().collect();
        for (sin, text) in [
            ("another version", text.replace(" v1\n", " v2\n")),
            ("an approval", text.replace("addendum", "approval")),
            ("no last LF", text.trim_end().to_owned()),
            ("a blank line", text.replace("\nfile", "\n\nfile")),
            ("a line more", format!("{text}note x\n")),
            ("CRLF", text.replace('\n', "\r\n")),
            (
                "another order",
                format!("{}\n{}\n{}\n{}\n", lines[0], lines[1], lines[3], lines[2]),
            ),
            ("no checkpoint", format!("{}\n{}\n", lines[0], lines[2])),
            ("no file", format!("{}\n{}\n", lines[0], lines[1])),
            ("a leading zero", text.replace("file 7 ", "file 07 ")),
            ("a plus", text.replace("file 7 ", "file +7 ")),
            ("two spaces", text.replace("file 7 ", "file  7 ")),
            ("an LF in the origin", text.replace(" 438 ", "\n438\n")),
            ("a space at the end", text.replace("a.pdf", "a.pdf ")),
            ("upper case", text.replace(lines[2], &lines[2].to_uppercase())),
        ] {
            assert!(Addendum::parse(&text).is_err(), "{sin}");
        }
        assert!(Addendum::parse(&text).is_ok());
        assert!(
            Addendum::read(text.as_bytes()).is_err(),
            "no empty line behind it"
        );
        assert!(Addendum::read(b"\xff\n\n").is_err());
        assert!(Addendum::read(&vec![b'\n'; MAX_BYTES + 1]).is_err());
    }
}
