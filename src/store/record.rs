//! The record on disk, in one copy or in two on different media. Lines are
//! appended and synced, first to the record, then to its mirror, and only then
//! does anything follow from them. A copy that fails once is never written
//! again: what the kernel says of a file after a failed sync cannot be trusted
//! (facts: PostgreSQL's fsync loss). Which bytes count is the caller's to judge.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, DiskFile, Kind};
use super::output::{below, new_folder, read_file, sync_folder, write_again};
use super::{StoreError, settle};
use crate::base::CopyName;
use crate::fault::Code;

/// The record's file in its folder.
pub const NAME: &str = "ceremony.jsonl";
/// The folder of files that the record names by digest.
pub const BLOBS: &str = "blobs";
/// Reserved for a record's lines, ahead of them.
const RESERVED: u64 = 8 * 1024 * 1024;
/// Must be there before anything is done that cannot be repeated.
pub const ROOM: u64 = 4 * 1024 * 1024;

/// An open record, locked for this process.
#[derive(Debug)]
pub struct Record {
    pub(super) disk: Arc<dyn Disk>,
    /// The record, then its mirror.
    pub(super) copies: Vec<OneCopy>,
}

#[derive(Debug)]
pub(super) struct OneCopy {
    pub(super) name: CopyName,
    pub(super) folder: PathBuf,
    /// None: a mirror that is still to be made.
    pub(super) file: Option<Box<dyn DiskFile>>,
    pub(super) len: u64,
    pub(super) reserved: u64,
    /// Failed: nothing is written to it any more.
    pub(super) dead: bool,
}

/// A copy that has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which.
    pub copy: CopyName,
    /// How.
    pub error: StoreError,
}

/// What a copy holds, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub copy: CopyName,
    /// Its bytes; `None`: there is no such file yet.
    pub bytes: Option<Vec<u8>>,
}

/// Whether there is space for what comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Space {
    /// On every copy that lives; these failed just now.
    Enough(Vec<Lost>),
    /// Not on this one; nothing was changed.
    Short(StoreError),
}

impl Record {
    /// A new record in a folder that does not exist or is empty, and the same
    /// in its mirror's.
    ///
    /// # Errors
    /// [`StoreError`]: a folder is not empty, or a disk refuses.
    pub fn create(disk: Arc<dyn Disk>, folder: &Path, mirror: Option<&Path>) -> Result<Record, StoreError> {
        let mut record = Record {
            disk,
            copies: Vec::new(),
        };
        let both = [(CopyName::Record, Some(folder)), (CopyName::Mirror, mirror)];
        for (name, folder) in both.into_iter().filter_map(|(n, f)| Some((n, f?))) {
            new_folder(&*record.disk, folder)?;
            let mut copy = OneCopy::new(name, folder);
            let made = copy.make(&*record.disk);
            if let Err(error) = made {
                // Nothing was written: leave no empty record behind.
                drop(copy);
                let _ = record.disk.remove_file(&folder.join(NAME));
                for other in std::mem::take(&mut record.copies) {
                    let _ = record.disk.remove_file(&other.path());
                }
                return Err(error);
            }
            record.copies.push(copy);
        }
        Ok(record)
    }

    /// The first copy's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.copies.first().map_or(Path::new(""), |c| &c.folder)
    }

    /// An existing record with what its copies hold. Changes nothing: call
    /// [`Record::settle`] before anything is appended.
    ///
    /// # Errors
    /// [`StoreError`]: no record, another writer, or a disk refuses.
    pub fn open(
        disk: Arc<dyn Disk>,
        folder: &Path,
        mirror: Option<&Path>,
    ) -> Result<(Record, Vec<Found>), StoreError> {
        let mut copies = Vec::new();
        let mut found = Vec::new();
        let both = [(CopyName::Record, Some(folder)), (CopyName::Mirror, mirror)];
        for (name, folder) in both.into_iter().filter_map(|(n, f)| Some((n, f?))) {
            let mut copy = OneCopy::new(name, folder);
            let missing = name == CopyName::Mirror && matches!(disk.kind(&copy.path()), Ok(None));
            let bytes = if missing { None } else { Some(copy.open(&*disk)?) };
            found.push(Found { copy: name, bytes });
            copies.push(copy);
        }
        Ok((Record { disk, copies }, found))
    }

    /// Makes every copy hold exactly `good`, and every file that stands beside
    /// one of them. What was torn off stands in `blobs/` then.
    ///
    /// # Errors
    /// [`StoreError`]: a disk refuses. Repeating it is safe.
    pub fn settle(&mut self, good: &[u8], found: &[Found]) -> Result<settle::Settled, StoreError> {
        settle::settle(self, good, found)
    }

    /// Appends whole lines (each with its LF) to each copy and syncs them.
    /// Gives the copies that failed.
    ///
    /// # Errors
    /// [`StoreError`]: no copy is left. What was synced before is intact.
    pub fn append(&mut self, lines: &str) -> Result<Vec<Lost>, StoreError> {
        self.each(|_, copy| copy.append(lines.as_bytes()))
    }

    /// Looks whether each copy has room for a record of something that cannot
    /// be repeated and for what comes of it.
    ///
    /// # Errors
    /// [`StoreError`]: no copy is left.
    pub fn space(&mut self) -> Result<Space, StoreError> {
        let mut short = None;
        let lost = self.each(|disk, copy| match copy.space(disk) {
            Err(e) if e.code == Code::StorageFull => {
                short.get_or_insert(e);
                Ok(())
            }
            other => other,
        })?;
        Ok(short.map_or(Space::Enough(lost), Space::Short))
    }

    /// Keeps a file beside the lines, under a name or in a folder.
    ///
    /// # Errors
    /// [`StoreError`]: no copy is left.
    pub fn keep(&mut self, path: &str, bytes: &[u8], mode: u32) -> Result<Vec<Lost>, StoreError> {
        self.each(|disk, copy| put(disk, &copy.folder, path, bytes, mode))
    }

    /// A file beside the lines, from the first copy that has it.
    ///
    /// # Errors
    /// [`StoreError`]: none has it.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, StoreError> {
        let mut last = None;
        for copy in self.copies.iter().filter(|c| !c.dead) {
            match read_file(&*self.disk, &copy.folder.join(path)) {
                Ok(bytes) => return Ok(bytes),
                Err(e) => last = Some(e),
            }
        }
        Err(last.unwrap_or_else(none_left))
    }

    /// Names in `blobs/`, of any copy.
    #[must_use]
    pub fn blobs(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for copy in self.copies.iter().filter(|c| !c.dead) {
            let beside = copy.beside(&*self.disk);
            let blobs = beside
                .iter()
                .filter_map(|p| p.strip_prefix(BLOBS)?.strip_prefix('/'));
            names.extend(blobs.map(str::to_owned));
        }
        names.sort();
        names.dedup();
        names
    }

    /// Whether there is a second copy, living or not.
    #[must_use]
    pub fn mirrored(&self) -> bool {
        self.copies.len() > 1
    }

    /// Does something on each copy that lives; one that fails is given up.
    fn each(
        &mut self,
        mut work: impl FnMut(&dyn Disk, &mut OneCopy) -> Result<(), StoreError>,
    ) -> Result<Vec<Lost>, StoreError> {
        let mut lost = Vec::new();
        for copy in self.copies.iter_mut().filter(|c| !c.dead) {
            if let Err(error) = work(&*self.disk, copy) {
                copy.dead = true;
                lost.push(Lost {
                    copy: copy.name,
                    error,
                });
            }
        }
        if self.copies.iter().all(|c| c.dead) {
            return Err(lost.pop().map_or_else(none_left, |l| l.error));
        }
        Ok(lost)
    }
}

fn none_left() -> StoreError {
    StoreError::new(
        Code::StorageFailed,
        "the record's disk failed before; nothing more is written to it",
    )
}

/// Writes a file below a copy's folder; at most one level down.
pub(super) fn put(
    disk: &dyn Disk,
    folder: &Path,
    path: &str,
    bytes: &[u8],
    mode: u32,
) -> Result<(), StoreError> {
    let (folder, name) = below(disk, folder, path, 0o700)?;
    write_again(disk, &folder, name, bytes, mode)
}

impl OneCopy {
    fn new(name: CopyName, folder: &Path) -> OneCopy {
        OneCopy {
            name,
            folder: folder.to_owned(),
            file: None,
            len: 0,
            reserved: 0,
            dead: false,
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// A new, empty, locked file with space for its lines.
    pub(super) fn make(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        let path = self.path();
        let file = disk
            .create(&path, 0o600)
            .map_err(|e| StoreError::io("creating", &path, &e))?;
        self.take(file)?;
        self.space(disk)?;
        sync_folder(disk, &self.folder)
    }

    fn open(&mut self, disk: &dyn Disk) -> Result<Vec<u8>, StoreError> {
        let path = self.path();
        let file = disk
            .open(&path)
            .map_err(|e| StoreError::io("opening", &path, &e))?;
        self.take(file)?;
        let read = self.file()?.read();
        let bytes = read.map_err(|e| StoreError::io("reading", &path, &e))?;
        self.len = size(&bytes);
        Ok(bytes)
    }

    /// One writer at a time, on each copy.
    fn take(&mut self, mut file: Box<dyn DiskFile>) -> Result<(), StoreError> {
        match file.lock() {
            Ok(true) => {
                self.file = Some(file);
                Ok(())
            }
            Ok(false) => Err(StoreError::new(
                Code::RecordBusy,
                format!("the {} is locked by another process", self.name),
            )),
            Err(e) => Err(StoreError::io("locking", &self.path(), &e)),
        }
    }

    pub(super) fn file(&mut self) -> Result<&mut Box<dyn DiskFile>, StoreError> {
        self.file.as_mut().ok_or_else(none_left)
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path();
        let file = self.file()?;
        file.append(bytes)
            .and_then(|()| file.sync_data())
            .map_err(|e| StoreError::io("writing", &path, &e))?;
        self.len = self.len.saturating_add(size(bytes));
        Ok(())
    }

    /// `StorageFull` is an answer; any other error is the copy's end.
    pub(super) fn space(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        if self.len.saturating_add(ROOM) <= self.reserved {
            return Ok(());
        }
        let path = self.path();
        let wanted = self.len.saturating_add(RESERVED);
        match self.file()?.reserve(wanted) {
            Ok(()) => {
                self.reserved = wanted;
                Ok(())
            }
            // vfat on old kernels and others cannot reserve: look at what is free.
            Err(e) if e.kind() == std::io::ErrorKind::Unsupported => {
                let free = disk.free(&self.folder);
                let free = free.map_err(|e| StoreError::io("asking for the free space of", &path, &e))?;
                if free >= ROOM {
                    return Ok(());
                }
                Err(StoreError::new(
                    Code::StorageFull,
                    format!("{free} bytes are free for the {}, 4 MiB are needed", self.name),
                ))
            }
            Err(e) => Err(StoreError::io("reserving space for", &path, &e)),
        }
    }

    /// Files that stand beside the lines, by path; none where nothing can be listed.
    pub(super) fn beside(&self, disk: &dyn Disk) -> Vec<String> {
        let listed = |folder: &Path| disk.list(folder).unwrap_or_default();
        let mut paths = listed(&self.folder);
        let blobs = self.folder.join(BLOBS);
        paths.extend(listed(&blobs).into_iter().map(|n| format!("{BLOBS}/{n}")));
        paths.retain(|p| {
            p != NAME
                && !p.ends_with(".part")
                && matches!(disk.kind(&self.folder.join(p)), Ok(Some(Kind::File)))
        });
        paths
    }
}

pub(super) fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
