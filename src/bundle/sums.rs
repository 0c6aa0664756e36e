//! `SHA256SUMS`, so that `sha256sum -c` is the first check that anybody can
//! run: 64 hexadecimal characters, two spaces, a path, LF; sorted by path.
//! Only the one spelling that we write is read; coreutils' escapes, binary
//! marks and stray paths are not.

use std::collections::BTreeMap;

use crate::base::{Digest, shown};

use super::layout::Place;

/// The listed digests, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(pub BTreeMap<String, Digest>);

/// Why bytes are not a `SHA256SUMS` that we would write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSums {
    /// Bytes outside of ASCII.
    #[error("expected ASCII")]
    NotAscii,
    /// The last line has no LF.
    #[error("expected a final LF")]
    NoLf,
    /// A line of another form.
    #[error("line {line}: expected `<sha256>  <path>`, got {got}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        got: String,
    },
    /// A path that has no place in a bundle, or is not listed by rule.
    #[error("line {line}: expected the path of a file that is summed, got {got}")]
    Path {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        got: String,
    },
    /// Not sorted by path, or a path twice.
    #[error("line {line}: expected paths in ascending order, each once, got {got}")]
    Order {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        got: String,
    },
}

impl Sums {
    /// Reads the file.
    ///
    /// # Errors
    /// [`NotSums`] at the first line that we would not write.
    pub fn parse(bytes: &[u8]) -> Result<Sums, NotSums> {
        if !bytes.is_ascii() {
            return Err(NotSums::NotAscii);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotSums::NotAscii)?;
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(NotSums::NoLf);
        }
        let mut sums = BTreeMap::new();
        for (line, entry) in (1..).zip(text.split_terminator('\n')) {
            let got = || shown(entry, 120);
            let (digest, path) = entry
                .split_once("  ")
                .and_then(|(digest, path)| Some((Digest::parse(digest).ok()?, path)))
                .ok_or_else(|| NotSums::Line { line, got: got() })?;
            if !Place::of(path).is_some_and(Place::is_summed) {
                return Err(NotSums::Path { line, got: got() });
            }
            if sums
                .last_key_value()
                .is_some_and(|(last, _): (&String, &Digest)| last.as_str() >= path)
            {
                return Err(NotSums::Order { line, got: got() });
            }
            sums.insert(path.to_owned(), digest);
        }
        Ok(Sums(sums))
    }
}

/// The file's text.
impl std::fmt::Display for Sums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0
            .iter()
            .try_for_each(|(path, digest)| writeln!(f, "{digest}  {path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let d = Digest::of(b"x").hex();
        let good = format!("{d}  ceremony.jsonl\n{d}  metadata/1.root.json\n{d}  policy\n");
        assert_eq!(Sums::parse(good.as_bytes()).unwrap().to_string(), good);
        assert_eq!(Sums::parse(b"").unwrap(), Sums::default());
        for (sin, text) in [
            ("no final LF", good.trim_end().to_owned()),
            ("unsorted", format!("{d}  policy\n{d}  ceremony.jsonl\n")),
            ("twice", format!("{d}  policy\n{d}  policy\n")),
            ("itself", format!("{d}  SHA256SUMS\n")),
            ("a checkpoint", format!("{d}  checkpoints/7\n")),
            ("a path that climbs", format!("{d}  ../policy\n")),
            ("one space", format!("{d} policy\n")),
            ("a binary mark", format!("{d} *policy\n")),
            ("upper case", format!("{}  policy\n", d.to_uppercase())),
            ("a comment", format!("# x\n{d}  policy\n")),
            ("CRLF", format!("{d}  policy\r\n")),
            ("beyond ASCII", format!("{d}  policy\u{e9}\n")),
        ] {
            assert!(Sums::parse(text.as_bytes()).is_err(), "{sin}");
        }
    }
}
