//! The journal is the transcript: lines are appended and synced, and only then
//! does anything follow from them. Space is reserved at the start, so that a
//! full disk hits an export and not the record. One writer at a time.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, FlockOperation};

use super::{StoreError, sync_folder};
use crate::fault::Code;

/// Reserved for a record's lines.
const RESERVED: u64 = 8 * 1024 * 1024;
/// The record's file in its folder.
pub const NAME: &str = "ceremony.jsonl";

/// An open record, locked for this process.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    path: PathBuf,
    file: File,
    /// A sync failed: nothing may be appended any more (what the kernel then
    /// says of the file cannot be trusted).
    dead: bool,
}

impl Journal {
    /// A new record in a folder that does not exist or is empty.
    ///
    /// # Errors
    /// [`StoreError`]: the folder is not empty, or the disk refuses.
    pub fn create(folder: &Path) -> Result<Journal, StoreError> {
        super::new_folder(folder)?;
        let path = folder.join(NAME);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(|e| StoreError::io("creating", &path, &e))?;
        lock(&file, &path)?;
        match rustix::fs::fallocate(&file, FallocateFlags::KEEP_SIZE, 0, RESERVED) {
            Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
            Err(e) => {
                // Nothing was written: leave no empty record behind.
                let _ = std::fs::remove_file(&path);
                return Err(StoreError::io("reserving space for", &path, &e.into()));
            }
        }
        sync_folder(folder)?;
        Ok(Journal {
            folder: folder.to_owned(),
            path,
            file,
            dead: false,
        })
    }

    /// An existing record and all its bytes.
    ///
    /// # Errors
    /// [`StoreError`]: no record, another writer, or the disk refuses.
    pub fn open(folder: &Path) -> Result<(Journal, Vec<u8>), StoreError> {
        let path = folder.join(NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(|e| StoreError::io("opening", &path, &e))?;
        lock(&file, &path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|e| StoreError::io("reading", &path, &e))?;
        let journal = Journal {
            folder: folder.to_owned(),
            path,
            file,
            dead: false,
        };
        Ok((journal, bytes))
    }

    /// The record's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends whole lines (each with its LF) and syncs them.
    ///
    /// # Errors
    /// [`StoreError`]; after a failed write or sync the journal stays refused.
    pub fn append(&mut self, lines: &str) -> Result<(), StoreError> {
        if self.dead {
            return Err(StoreError::new(
                Code::StorageFailed,
                "the record's disk failed before; nothing more is written to it",
            ));
        }
        let done = self
            .file
            .write_all(lines.as_bytes())
            .and_then(|()| self.file.sync_data());
        done.map_err(|e| {
            self.dead = true;
            StoreError::io("writing", &self.path, &e)
        })
    }

    /// Cuts a torn tail off: bytes after the last whole line, which never
    /// counted. The caller has kept a copy.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cut(&mut self, len: u64) -> Result<(), StoreError> {
        self.file
            .set_len(len)
            .and_then(|()| self.file.seek(SeekFrom::End(0)).map(|_| ()))
            .and_then(|()| self.file.sync_all())
            .map_err(|e| StoreError::io("cutting", &self.path, &e))
    }
}

fn lock(file: &File, path: &Path) -> Result<(), StoreError> {
    rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive).map_err(|e| {
        if e == rustix::io::Errno::WOULDBLOCK {
            StoreError::new(Code::RecordBusy, "the record is locked by another process")
        } else {
            StoreError::io("locking", path, &e.into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_created_once_and_has_one_writer() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("record");
        let mut journal = Journal::create(&folder).unwrap();
        journal.append("a\n").unwrap();
        assert_eq!(Journal::open(&folder).unwrap_err().code, Code::RecordBusy);
        assert_eq!(Journal::create(&folder).unwrap_err().code, Code::RecordExists);
        drop(journal);
        let (mut journal, bytes) = Journal::open(&folder).unwrap();
        assert_eq!(bytes, b"a\n");
        journal.append("b\ntor").unwrap();
        journal.cut(4).unwrap();
        journal.append("c\n").unwrap();
        drop(journal);
        assert_eq!(Journal::open(&folder).unwrap().1, b"a\nb\nc\n");
        assert_eq!(Journal::open(dir.path()).unwrap_err().code, Code::RecordMissing);
    }
}
