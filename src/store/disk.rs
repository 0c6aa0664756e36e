//! The disk as a port: the few operations that record, outputs and exports are
//! made of, so that a test can put its own disk below a whole ceremony and cut
//! the power at any of them. Nothing is retried here and nothing is cached: an
//! `Ok` of a sync is the only promise that bytes or names outlive a crash.
//! `contract` is the suite that every implementation passes.

use std::fmt::Debug;
use std::io;
use std::path::Path;

use super::media::Mount;

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, a device, a pipe.
    Other,
}

/// A disk. Paths are the caller's; links are never followed at the last name.
///
/// # Errors
/// Every operation gives the system's error: [`io::ErrorKind::NotFound`],
/// `AlreadyExists`, `StorageFull`, `ReadOnlyFilesystem` and others.
pub trait Disk: Send + Sync + Debug {
    /// A new file, open to read and append, with this mode. `AlreadyExists` if
    /// anything stands under the name.
    fn create(&self, path: &Path, mode: u32) -> io::Result<Box<dyn DiskFile>>;

    /// A file that exists, open to read and append.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// A regular file whole; from the medium, past the system's cache, where
    /// the system lets go of clean pages.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names in a folder, sorted. One that is not UTF-8 is an error.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// What stands under a name; `None`: nothing.
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>>;

    /// A new folder with this mode; `AlreadyExists` if anything stands there.
    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()>;

    /// Takes a file's name away.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Takes away a folder whose name ends in `.part`, with all that is in it;
    /// `InvalidInput` for any other name.
    fn remove_part(&self, folder: &Path) -> io::Result<()>;

    /// Renames a file or folder within its folder. `AlreadyExists` if anything
    /// stands under the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable, not what stands under them.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Bytes that may still be written below a folder.
    fn free(&self, folder: &Path) -> io::Result<u64>;

    /// Everything that was written below a folder's file system reaches the
    /// medium (syncfs).
    fn flush(&self, folder: &Path) -> io::Result<()>;

    /// A regular file whole, past the system's cache, and whether the file
    /// system let every byte come that way.
    fn read_direct(&self, path: &Path) -> io::Result<(Vec<u8>, bool)>;

    /// The mount of a removable medium; `None`: the folder is of this machine.
    /// What lies in the file system of `home` is none.
    fn mount(&self, folder: &Path, home: &Path) -> Option<Mount>;

    /// Whether two folders, or the nearest above them that exist, lie in one file
    /// system: what takes one of them away takes both.
    fn one_medium(&self, one: &Path, other: &Path) -> io::Result<bool>;
}

/// An open file.
///
/// # Errors
/// As [`Disk`].
pub trait DiskFile: Send + Debug {
    /// Writes at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes the bytes durable (fdatasync), with as much of the file's length
    /// as is needed to read them.
    fn sync_data(&mut self) -> io::Result<()>;

    /// Makes bytes and attributes durable (fsync).
    fn sync_all(&mut self) -> io::Result<()>;

    /// Reserves space up to `len` bytes from the file's start; the file does not
    /// get longer. `Unsupported` where the file system cannot.
    fn reserve(&mut self, len: u64) -> io::Result<()>;

    /// Cuts the file to `len` bytes; the next append follows there.
    fn set_len(&mut self, len: u64) -> io::Result<()>;

    /// Locks the file for this handle alone; false: another handle has it. The
    /// lock goes with the handle.
    fn lock(&mut self) -> io::Result<bool>;

    /// All bytes, as [`Disk::read`].
    fn read(&mut self) -> io::Result<Vec<u8>>;
}

/// Whether a folder's name says that it is not whole.
#[must_use]
pub fn is_part(folder: &Path) -> bool {
    folder.extension().is_some_and(|e| e == "part")
}
