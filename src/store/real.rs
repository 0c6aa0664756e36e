//! The machine's own disk behind the port. Links are not followed, names are
//! never written over, and reads go past the page cache where the system lets
//! go of clean pages.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{Advice, CWD, FallocateFlags, FlockOperation, OFlags, RenameFlags};
use rustix::io::Errno;

use super::disk::{Disk, DiskFile, Kind, is_part};
use super::media::{self, Mount};

/// The machine's disks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Real;

#[derive(Debug)]
struct RealFile(File);

impl Disk for Real {
    fn create(&self, path: &Path, mode: u32) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .mode(mode)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)?;
        regular(&file)?;
        Ok(Box::new(RealFile(file)))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)?;
        regular(&file)?;
        RealFile(file).read()
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name().into_string();
            names.push(name.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?);
        }
        names.sort();
        Ok(names)
    }

    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        match std::fs::symlink_metadata(path) {
            Ok(meta) if meta.is_file() => Ok(Some(Kind::File)),
            Ok(meta) if meta.is_dir() => Ok(Some(Kind::Folder)),
            Ok(_) => Ok(Some(Kind::Other)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        DirBuilder::new().mode(mode).create(path)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_part(&self, folder: &Path) -> io::Result<()> {
        if !is_part(folder) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        std::fs::remove_dir_all(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)
            .or_else(|e| no_replace_by_hand(e, from, to))?;
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let here = Path::new(".");
        let empty = folder.as_os_str().is_empty();
        File::open(if empty { here } else { folder })?.sync_all()
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        let empty = folder.as_os_str().is_empty();
        let stat = rustix::fs::statvfs(if empty { Path::new(".") } else { folder })?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn flush(&self, folder: &Path) -> io::Result<()> {
        Ok(rustix::fs::syncfs(File::open(folder)?)?)
    }

    fn read_direct(&self, path: &Path) -> io::Result<(Vec<u8>, bool)> {
        // EINVAL: this file system has no direct reads.
        match media::read_direct(path) {
            Ok(bytes) => Ok((bytes, true)),
            Err(_) => self.read(path).map(|bytes| (bytes, false)),
        }
    }

    fn mount(&self, folder: &Path, home: &Path) -> Option<Mount> {
        Mount::of(folder, home)
    }

    fn one_medium(&self, one: &Path, other: &Path) -> io::Result<bool> {
        Ok(device(one)? == device(other)?)
    }
}

/// The file system of the nearest folder above that exists.
fn device(path: &Path) -> io::Result<u64> {
    let path = std::path::absolute(path)?;
    for above in path.ancestors() {
        match std::fs::metadata(above) {
            Ok(meta) => return Ok(meta.dev()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

/// vfat and some others do not know RENAME_NOREPLACE.
fn no_replace_by_hand(error: Errno, from: &Path, to: &Path) -> Result<(), Errno> {
    if !matches!(error, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) {
        return Err(error);
    }
    if std::fs::symlink_metadata(to).is_ok() {
        return Err(Errno::EXIST);
    }
    rustix::fs::rename(from, to)
}

/// A pipe or a device under the name would hang or answer anything.
fn regular(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
}

impl DiskFile for RealFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn reserve(&mut self, len: u64) -> io::Result<()> {
        match rustix::fs::fallocate(&self.0, FallocateFlags::KEEP_SIZE, 0, len) {
            Ok(()) => Ok(()),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Err(io::ErrorKind::Unsupported.into()),
            Err(e) => Err(e.into()),
        }
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn lock(&mut self) -> io::Result<bool> {
        match rustix::fs::flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        // The page cache would answer for a stick that lost the bytes.
        let _ = rustix::fs::fadvise(&self.0, 0, None, Advice::DontNeed);
        let mut bytes = Vec::new();
        self.0.seek(SeekFrom::Start(0))?;
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
