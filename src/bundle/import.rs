//! Reads a folder that came from a stranger: only regular files with one name,
//! only known paths, nothing beyond the limits, no link followed. What is read
//! is bytes in memory; every later check looks at these and never at the disk
//! again, so nothing can change between two looks.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::base::shown::{shown, shown_bytes};

use super::layout::{FOLDERS, MAX_FILES, MAX_TOTAL, Place};

/// A folder's files by path, and what else was there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Bytes by path; every path has a [`Place`].
    pub known: BTreeMap<String, Vec<u8>>,
    /// Names that have no place: not read, only named, safe to show.
    pub strangers: Vec<String>,
}

/// Why a folder is not read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The system says no.
    #[error("{path}: {source}")]
    Io {
        /// Where, safe to show.
        path: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// A link, a pipe, a device: nothing that a bundle holds.
    #[error("{path}: expected a regular file, got {got}")]
    Kind {
        /// Where, safe to show.
        path: String,
        /// What it is.
        got: &'static str,
    },
    /// A file with another name elsewhere: whoever holds that can change it.
    #[error("{path}: expected a file with one name, got one with {got} (hard links)")]
    Linked {
        /// Where, safe to show.
        path: String,
        /// How many names.
        got: u64,
    },
    /// Too large.
    #[error("{path}: expected at most {expected} bytes, got {got}")]
    TooLarge {
        /// Where, safe to show; `all files` for the sum.
        path: String,
        /// The limit.
        expected: u64,
        /// What is there.
        got: u64,
    },
    /// Too many files.
    #[error("expected at most {MAX_FILES} entries, got more")]
    TooMany,
    /// It changed while it was read.
    #[error("{path}: expected a file at rest, got one that changes while it is read")]
    Changed {
        /// Where, safe to show.
        path: String,
    },
}

impl Files {
    /// Files that are in memory already.
    #[must_use]
    pub fn from_map(map: BTreeMap<String, Vec<u8>>) -> Files {
        let (known, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
            map.into_iter().partition(|(path, _)| Place::of(path).is_some());
        Files {
            known,
            strangers: rest.keys().map(|path| shown(path, 120)).collect(),
        }
    }

    /// The bytes at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.known.get(path).map(Vec::as_slice)
    }

    /// Path and bytes of every file of one place.
    pub fn at(&self, place: Place) -> impl Iterator<Item = (&str, &[u8])> {
        self.known
            .iter()
            .filter(move |(path, _)| Place::of(path) == Some(place))
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }
}

/// Reads a bundle's or a record's folder. `folder` itself may be reached
/// through a link: its name is the caller's word, not the stranger's.
///
/// # Errors
/// [`ImportError`] at the first thing that must not be there. A name without a
/// place is no error: it is in [`Files::strangers`], for the report.
pub fn read(folder: &Path) -> Result<Files, ImportError> {
    let mut reader = Reader {
        files: Files::default(),
        entries: 0,
        total: 0,
    };
    reader.folder(folder, "")?;
    reader.files.strangers.sort();
    Ok(reader.files)
}

struct Reader {
    files: Files,
    entries: usize,
    total: u64,
}

impl Reader {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), ImportError> {
        let at = if prefix.is_empty() { "the folder" } else { prefix };
        for entry in fs::read_dir(folder).map_err(|e| io(at, e))? {
            let entry = entry.map_err(|e| io(at, e))?;
            // Folders do not count against the files of a bundle.
            self.entries = self.entries.saturating_add(1);
            if self.entries > MAX_FILES.saturating_add(FOLDERS.len()) {
                return Err(ImportError::TooMany);
            }
            let file_name = entry.file_name();
            let Some(name) = file_name.to_str() else {
                let name = shown_bytes(file_name.as_encoded_bytes(), 120);
                self.files.strangers.push(format!("{prefix}{name}"));
                continue;
            };
            let path = format!("{prefix}{name}");
            self.entry(&entry.path(), &path)?;
        }
        Ok(())
    }

    fn entry(&mut self, on_disk: &PathBuf, path: &str) -> Result<(), ImportError> {
        let found = fs::symlink_metadata(on_disk).map_err(|e| io(path, e))?;
        let kind = found.file_type();
        if kind.is_dir() {
            if FOLDERS.contains(&path) {
                return self.folder(on_disk, &format!("{path}/"));
            }
            self.files.strangers.push(format!("{}/", shown(path, 120)));
            return Ok(());
        }
        if !kind.is_file() {
            let got = if kind.is_symlink() {
                "a symbolic link"
            } else {
                "a pipe, socket or device"
            };
            return Err(ImportError::Kind {
                path: shown(path, 120),
                got,
            });
        }
        let Some(place) = Place::of(path) else {
            self.files.strangers.push(shown(path, 120));
            return Ok(());
        };
        let bytes = self.bytes(on_disk, path, place, &found)?;
        self.files.known.insert(path.to_owned(), bytes);
        Ok(())
    }

    fn bytes(
        &mut self,
        on_disk: &PathBuf,
        path: &str,
        place: Place,
        found: &Metadata,
    ) -> Result<Vec<u8>, ImportError> {
        if found.nlink() != 1 {
            return Err(ImportError::Linked {
                path: path.to_owned(),
                got: found.nlink(),
            });
        }
        let too_large = |path: &str, expected, got| ImportError::TooLarge {
            path: path.to_owned(),
            expected,
            got,
        };
        if found.len() > place.limit() {
            return Err(too_large(path, place.limit(), found.len()));
        }
        self.total = self.total.saturating_add(found.len());
        if self.total > MAX_TOTAL {
            return Err(too_large("all files", MAX_TOTAL, self.total));
        }
        let file = File::open(on_disk).map_err(|e| io(path, e))?;
        // Opening follows links: what was opened must be what was looked at.
        let opened = file.metadata().map_err(|e| io(path, e))?;
        let same = |m: &Metadata| (m.dev(), m.ino(), m.len()) == (found.dev(), found.ino(), found.len());
        let changed = || ImportError::Changed {
            path: path.to_owned(),
        };
        if !opened.is_file() || !same(&opened) {
            return Err(changed());
        }
        let mut bytes = Vec::new();
        let mut limited = file.take(found.len().saturating_add(1));
        limited.read_to_end(&mut bytes).map_err(|e| io(path, e))?;
        if u64::try_from(bytes.len()) != Ok(found.len()) {
            return Err(changed());
        }
        Ok(bytes)
    }
}

fn io(path: &str, source: std::io::Error) -> ImportError {
    ImportError::Io {
        path: shown(path, 120),
        source,
    }
}
