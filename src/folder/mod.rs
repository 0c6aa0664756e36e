//! TUF metadata files in a folder on disk: the [`Fetch`] and [`Storage`] of those
//! who use `tuf` as a library, also without devices. Not the ceremony's disk:
//! that is `store`. Links are never followed (threats V13, V14).

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::base::shown;
use crate::tuf::repository::{Fault, Fetch, Storage, file_name_is_safe};

/// A folder of metadata files.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder that is there already; nothing is made or read yet.
    #[must_use]
    pub fn at(path: &Path) -> Folder {
        Folder {
            path: path.to_owned(),
        }
    }

    /// Beside its place until it is whole. Starts with a dot: no metadata file can have the name.
    fn unfinished(&self, name: &str) -> PathBuf {
        self.path.join(format!(".{name}.unfinished"))
    }

    /// Writes the whole content beside its place and makes it durable.
    fn prepare(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Fault> {
        let path = self.unfinished(name);
        let write = || -> io::Result<()> {
            // Left over from a write that was broken off; unlinking follows no link.
            match fs::remove_file(&path) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|e| failed(name, &e))?;
        Ok(path)
    }

    fn sync(&self, name: &str) -> Result<(), Fault> {
        let synced = File::open(&self.path).and_then(|folder| folder.sync_all());
        synced.map_err(|e| failed(name, &e))
    }

    /// `None` if nothing has the name, not even a link without a target.
    fn stat(&self, name: &str) -> Result<Option<fs::Metadata>, Fault> {
        match fs::symlink_metadata(self.path.join(name)) {
            Ok(found) if found.is_file() => Ok(Some(found)),
            Ok(_) => Err(Fault::NotAFile {
                name: name.to_owned(),
            }),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed(name, &e)),
        }
    }
}

impl Fetch for Folder {
    fn fetch(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, Fault> {
        file_name_is_safe(name)?;
        let Some(before) = self.stat(name)? else {
            return Ok(None);
        };
        let file = File::open(self.path.join(name)).map_err(|e| failed(name, &e))?;
        let opened = file.metadata().map_err(|e| failed(name, &e))?;
        // A link could have come between the look and the opening.
        if !same_file(&before, &opened) {
            return Err(Fault::NotAFile {
                name: name.to_owned(),
            });
        }
        // One byte more than asked for shows that there is more; the size may lie or grow.
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        let expected = usize::try_from(opened.len()).unwrap_or(limit).min(limit);
        bytes
            .try_reserve_exact(expected.saturating_add(1))
            .map_err(|e| failed(name, &io::Error::other(e)))?;
        file.take(most)
            .read_to_end(&mut bytes)
            .map_err(|e| failed(name, &e))?;
        if bytes.len() > limit {
            return Err(Fault::TooLarge {
                name: name.to_owned(),
                limit,
            });
        }
        Ok(Some(bytes))
    }
}

impl Storage for Folder {
    fn create_new(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        file_name_is_safe(name)?;
        let path = self.prepare(name, bytes)?;
        // A second name for whole content: fails if anything has it, unlike a rename.
        let linked = fs::hard_link(&path, self.path.join(name));
        let removed = fs::remove_file(&path);
        linked.map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => Fault::Exists {
                name: name.to_owned(),
            },
            _ => failed(name, &e),
        })?;
        removed.map_err(|e| failed(name, &e))?;
        self.sync(name)
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        file_name_is_safe(name)?;
        self.stat(name)?;
        let path = self.prepare(name, bytes)?;
        fs::rename(&path, self.path.join(name)).map_err(|e| failed(name, &e))?;
        self.sync(name)
    }
}

#[cfg(unix)]
fn same_file(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.dev(), a.ino()) == (b.dev(), b.ino()) && b.is_file()
}

#[cfg(not(unix))]
fn same_file(_: &fs::Metadata, b: &fs::Metadata) -> bool {
    b.is_file()
}

fn failed(name: &str, e: &io::Error) -> Fault {
    Fault::Failed {
        name: name.to_owned(),
        reason: shown(&e.to_string(), 120),
    }
}
