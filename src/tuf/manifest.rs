//! Hash manifests: what somebody else measured of the target files, so that no
//! payload ever comes onto this machine. A strict text format (`docs/tuf.md`):
//! a first line, then `sha256  [sha512  ]length  path` for each file, two
//! spaces between fields, LF after each line. It says what was measured, not
//! that it is right: people compare its digest by another way.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::pattern::check_target_path;
use super::targets::{TargetFile, Targets};
use crate::base::json::MAX_INTEGER;
use crate::base::{Digest, shown};

/// The first line.
pub const HEAD: &str = "tuf-ceremony manifest v1";
/// The most files.
pub const MAX_FILES: usize = 1_000_000;

/// A manifest that was read: each path once, in the order of the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What was measured, by path.
    pub files: BTreeMap<String, TargetFile>,
    /// SHA-256 of the manifest's bytes.
    pub digest: Digest,
}

/// What becomes of the files that a manifest does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They stay: the manifest is an addition.
    Stay,
    /// They are removed: the manifest is the whole.
    Go,
}

/// A change of one target file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetChange {
    /// A new path.
    Add {
        /// The path.
        path: String,
        /// Length, hashes, `custom`.
        file: TargetFile,
    },
    /// Another length or other hashes under a path; members beside them stay
    /// unless `file` brings them too.
    Change {
        /// The path.
        path: String,
        /// Length, hashes, other members.
        file: TargetFile,
    },
    /// A path that goes away.
    Remove {
        /// The path.
        path: String,
    },
}

/// Why bytes are no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("manifest line {line}: expected {expected}, got {got}")]
pub struct NotAManifest {
    /// From 1.
    pub line: usize,
    /// What the format asks for.
    pub expected: &'static str,
    /// What was found, safe to show.
    pub got: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`NotAManifest`] with the line and what it must be.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, NotAManifest> {
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|b| **b == b'\n').count().saturating_add(1);
            refuse(line, "UTF-8", "other bytes")
        })?;
        let Some(text) = text.strip_suffix('\n') else {
            let line = text.lines().count().max(1);
            return Err(refuse(line, "LF at the end of the last line", "no LF"));
        };
        let mut lines = text.split('\n').zip(1usize..);
        match lines.next() {
            Some((HEAD, _)) => {}
            other => {
                let got = other.map_or("", |(line, _)| line);
                return Err(refuse(1, "the first line 'tuf-ceremony manifest v1'", got));
            }
        }
        let mut files = BTreeMap::new();
        for (text, line) in lines {
            if files.len() >= MAX_FILES {
                return Err(refuse(line, "at most 1000000 files", "one more"));
            }
            let (path, file) = entry(text).map_err(|(expected, got)| refuse(line, expected, &got))?;
            if files.insert(path.to_owned(), file).is_some() {
                return Err(refuse(line, "each path once", path));
            }
        }
        Ok(Manifest {
            files,
            digest: Digest::of(bytes),
        })
    }

    /// The changes that make `previous` say what the manifest says, in the
    /// order of the paths. Files that already are as measured give none.
    #[must_use]
    pub fn changes(&self, previous: Option<&Targets>, others: Others) -> Vec<TargetChange> {
        let none = BTreeMap::new();
        let before = previous.map_or(&none, |p| &p.targets);
        let mut changes: BTreeMap<&String, TargetChange> = BTreeMap::new();
        for (path, file) in &self.files {
            let (path_of, file_of) = (path.clone(), file.clone());
            let change = match before.get(path) {
                None => TargetChange::Add {
                    path: path_of,
                    file: file_of,
                },
                Some(was) if was.length == file.length && was.hashes == file.hashes => continue,
                Some(_) => TargetChange::Change {
                    path: path_of,
                    file: file_of,
                },
            };
            changes.insert(path, change);
        }
        if others == Others::Go {
            for path in before.keys().filter(|p| !self.files.contains_key(*p)) {
                changes.insert(path, TargetChange::Remove { path: path.clone() });
            }
        }
        changes.into_values().collect()
    }
}

impl TargetChange {
    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            TargetChange::Add { path, .. }
            | TargetChange::Change { path, .. }
            | TargetChange::Remove { path } => path,
        }
    }
}

/// `sha256  length  path` or `sha256  sha512  length  path`; a path has no two
/// spaces in a row, so a line can be read in one way only.
fn entry(line: &str) -> Result<(&str, TargetFile), (&'static str, String)> {
    let fields: Vec<&str> = line.split("  ").collect();
    let (sha256, sha512, length, path) = match fields.as_slice() {
        [sha256, length, path] => (*sha256, None, *length, *path),
        [sha256, sha512, length, path] => (*sha256, Some(*sha512), *length, *path),
        _ => {
            let expected = "sha256, sha512 if there is one, length and path, two spaces between";
            return Err((expected, line.to_owned()));
        }
    };
    let mut hashes = BTreeMap::new();
    if !is_hex(sha256, 32) {
        return Err(("sha256 in 64 lowercase hexadecimal characters", sha256.to_owned()));
    }
    hashes.insert("sha256".to_owned(), sha256.to_owned());
    if let Some(sha512) = sha512 {
        if !is_hex(sha512, 64) {
            return Err((
                "sha512 in 128 lowercase hexadecimal characters",
                sha512.to_owned(),
            ));
        }
        hashes.insert("sha512".to_owned(), sha512.to_owned());
    }
    let number = length.parse::<u64>().ok().filter(|n| {
        // One number has one spelling: no sign, no leading zero.
        n.to_string() == length && i64::try_from(*n).is_ok_and(|n| n <= MAX_INTEGER)
    });
    let length = number.ok_or(("a length from 0 to 2^53 - 1", length.to_owned()))?;
    check_target_path(path).map_err(|e| (e.expected, path.to_owned()))?;
    let file = TargetFile {
        length,
        hashes,
        unrecognized: BTreeMap::new(),
    };
    Ok((path, file))
}

fn is_hex(text: &str, bytes: usize) -> bool {
    HEXLOWER.decode(text.as_bytes()).is_ok_and(|b| b.len() == bytes)
}

fn refuse(line: usize, expected: &'static str, got: &str) -> NotAManifest {
    NotAManifest {
        line,
        expected,
        got: shown(got, 120),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(lines: &[String]) -> String {
        let mut text = format!("{HEAD}\n");
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn line(path: &str) -> String {
        format!("{}  7  {path}", "ab".repeat(32))
    }

    #[test]
    fn each_sin_has_its_line_and_its_rule() {
        let long = format!("{}  {}  7  b", "ab".repeat(32), "cd".repeat(64));
        let good = manifest(&[line("a/b c.txt"), long.clone()]);
        let read = Manifest::parse(good.as_bytes()).unwrap();
        assert_eq!(read.files["b"].hashes.len(), 2);
        assert_eq!(read.files["a/b c.txt"].length, 7);
        assert!(
            Manifest::parse(format!("{HEAD}\n").as_bytes())
                .unwrap()
                .files
                .is_empty()
        );
        for (text, at, rule) in [
            (good.trim_end().to_owned(), 3, "LF at the end"),
            (good.replace('\n', "\r\n"), 1, "first line"),
            (good.replace("v1", "v2"), 1, "first line"),
            (String::new(), 1, "LF"),
            (manifest(&[line("a"), line("b"), line("a")]), 4, "each path once"),
            (manifest(&[line("../a")]), 2, "starts with a dot"),
            (manifest(&[line("/a")]), 2, "no '/' at either end"),
            (manifest(&[line("a\u{202e}b")]), 2, "printable ASCII"),
            (manifest(&[line("e\u{301}")]), 2, "printable ASCII"),
            (manifest(&[line("a\u{200b}")]), 2, "printable ASCII"),
            (manifest(&[line("a\r")]), 2, "printable ASCII"),
            (manifest(&[line("12")]), 2, "not a number"),
            (manifest(&[line("a").replace("  7", "  07")]), 2, "a length"),
            (manifest(&[line("a").replace("  7", "  +7")]), 2, "a length"),
            (
                manifest(&[line("a").replace("  7", "  9007199254740992")]),
                2,
                "a length",
            ),
            (manifest(&[line("a").replace("ab", "AB")]), 2, "sha256"),
            (manifest(&[long.replace("cd", "c")]), 2, "sha512"),
            (manifest(&[line("a").replace("  ", " ")]), 2, "two spaces between"),
            (manifest(&[String::new()]), 2, "two spaces between"),
        ] {
            let got = Manifest::parse(text.as_bytes()).unwrap_err();
            assert!(got.line == at && got.expected.contains(rule), "{text:?}: {got}");
        }
        let bytes = [format!("{HEAD}\n").as_bytes(), b"\xff\n"].concat();
        assert_eq!(Manifest::parse(&bytes).unwrap_err().line, 2);
    }
}
