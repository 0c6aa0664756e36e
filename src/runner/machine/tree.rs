//! `/sys` and `/proc` as text below one folder. Every read says whether a thing
//! is not there or cannot be read: the first may be good news, the second never.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// More than any of these files holds.
const MOST: usize = 1 << 20;

/// Where they are.
#[derive(Debug, Clone)]
pub(super) struct Tree(PathBuf);

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is not there.
    Absent,
    /// It is there, or may be, and cannot be read.
    Unread,
}

impl Tree {
    pub(super) fn at(root: PathBuf) -> Tree {
        Tree(root)
    }

    /// The text of a file, without white space at its ends.
    pub(super) fn text(&self, path: &str) -> Result<String, Missing> {
        let bytes = std::fs::read(self.0.join(path)).map_err(|e| why(&e))?;
        if bytes.len() > MOST {
            return Err(Missing::Unread);
        }
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// The names in a folder, sorted; files that are no folders are left out.
    pub(super) fn folders(&self, path: &str) -> Result<Vec<String>, Missing> {
        let folder = self.0.join(path);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(|e| why(&e))? {
            let entry = entry.map_err(|e| why(&e))?;
            // Through the link: sysfs lists devices as links.
            if std::fs::metadata(entry.path()).is_ok_and(|m| m.is_dir()) {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Where a link leads in the end, below the tree.
    pub(super) fn real(&self, path: &str) -> Option<PathBuf> {
        let root = std::fs::canonicalize(&self.0).ok()?;
        let real = std::fs::canonicalize(self.0.join(path)).ok()?;
        real.strip_prefix(root).ok().map(Path::to_owned)
    }

    /// The last name of the place that a link leads to: a driver's, a parent's.
    pub(super) fn link(&self, path: &str) -> Option<String> {
        let to = std::fs::read_link(self.0.join(path)).ok()?;
        Some(to.file_name()?.to_string_lossy().into_owned())
    }
}

fn why(error: &std::io::Error) -> Missing {
    match error.kind() {
        // A device that went away while it was read is not there (ENODEV, too).
        ErrorKind::NotFound => Missing::Absent,
        _ => Missing::Unread,
    }
}
