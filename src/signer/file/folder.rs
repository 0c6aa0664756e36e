//! A device's own folder: files are made once, with their final mode, flushed,
//! read back and renamed without replacing (DESIGN.md convention 8; threats V39:
//! a key file created readable and then chmod-ed; a symlink in the way). Not for
//! removable media: that is `store`'s.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

/// Longest file that is read back, in bytes.
pub(crate) const FILE_MAX: u64 = 16 * 1024;

/// An open folder; every file is reached through it, never by a path.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: OwnedFd,
    path: PathBuf,
}

/// Keeps other processes and other handles out until it is dropped.
#[derive(Debug)]
pub(crate) struct Locked(#[allow(dead_code, reason = "held for its drop")] OwnedFd);

impl Folder {
    /// Opens a folder that is there; a symlink is refused.
    pub(crate) fn open(path: &Path) -> io::Result<Folder> {
        let dir = rustix::fs::open(
            path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Folder {
            dir,
            path: path.to_owned(),
        })
    }

    /// Makes a folder, mode 0700, and opens it; one that is there stays as it is.
    pub(crate) fn make(path: &Path) -> io::Result<Folder> {
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) => {
                if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
                    rustix::fs::fsync(Folder::open(parent)?.dir)?;
                }
            }
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        Folder::open(path)
    }

    /// The folder's path, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for every other holder of the folder, in this process or another.
    pub(crate) fn lock(&self) -> io::Result<Locked> {
        // An open file of its own: a lock belongs to the open file, not the process.
        let file = rustix::fs::openat(
            &self.dir,
            ".",
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
        Ok(Locked(file))
    }

    /// The names of all files, sorted; names that are not UTF-8 are not ours.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.dir)? {
            if let Ok(name) = entry?.file_name().to_str()
                && name != "."
                && name != ".."
            {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Whether a file of that name is there.
    pub(crate) fn has(&self, name: &str) -> io::Result<bool> {
        match rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A whole regular file of at most [`FILE_MAX`] bytes.
    pub(crate) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        // NONBLOCK: a FIFO in the file's place must not hang the reader.
        let file = rustix::fs::openat(
            &self.dir,
            name,
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let about = rustix::fs::fstat(&file)?;
        if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::new();
        File::from(file)
            .take(FILE_MAX.saturating_add(1))
            .read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_MAX {
            return Err(io::Error::other("longer than a file of ours can be"));
        }
        Ok(bytes)
    }

    /// Writes `name.part`, flushed and read back; a stale one is removed, never
    /// adopted. The caller holds the lock, looks at what was read back and commits.
    pub(crate) fn write_part(&self, name: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let part = format!("{name}.part");
        self.remove(&part)?;
        let file = rustix::fs::openat(
            &self.dir,
            part.as_str(),
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::RUSR | Mode::WUSR,
        )?;
        let mut file = File::from(file);
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        let back = self.read(&part)?;
        if back != bytes {
            return Err(io::Error::other("what was read back is not what was written"));
        }
        Ok(back)
    }

    /// Gives `name.part` its name; refuses when the name is taken.
    pub(crate) fn commit_new(&self, name: &str) -> io::Result<()> {
        let part = format!("{name}.part");
        match rustix::fs::renameat_with(&self.dir, part.as_str(), &self.dir, name, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // A file system without RENAME_NOREPLACE: a hard link never replaces either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                rustix::fs::linkat(&self.dir, part.as_str(), &self.dir, name, AtFlags::empty())?;
                rustix::fs::unlinkat(&self.dir, part.as_str(), AtFlags::empty())?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(rustix::fs::fsync(&self.dir)?)
    }

    /// Puts `name.part` in the place of `name`: for a device's changing state only.
    pub(crate) fn commit_over(&self, name: &str) -> io::Result<()> {
        rustix::fs::renameat(&self.dir, format!("{name}.part").as_str(), &self.dir, name)?;
        Ok(rustix::fs::fsync(&self.dir)?)
    }

    /// Removes a file; one that is not there is no error.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.dir, name, AtFlags::empty()) {
            Ok(()) => Ok(rustix::fs::fsync(&self.dir)?),
            Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_made_once_and_only_for_its_owner() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::make(&temp.path().join("t")).unwrap();
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        std::fs::write(folder.path().join("a.part"), "stale").unwrap();
        folder.write_part("a", b"one").unwrap();
        assert_eq!(mode(&folder.path().join("a.part")), 0o600);
        folder.commit_new("a").unwrap();
        folder.write_part("a", b"two").unwrap();
        assert_eq!(
            folder.commit_new("a").unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(folder.read("a").unwrap(), b"one");
        folder.commit_over("a").unwrap();
        assert_eq!(folder.read("a").unwrap(), b"two");
    }

    #[test]
    fn links_fifos_and_long_files_are_not_read() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::open(temp.path()).unwrap();
        std::fs::write(temp.path().join("a"), "x").unwrap();
        std::os::unix::fs::symlink("a", temp.path().join("link")).unwrap();
        std::fs::create_dir(temp.path().join("d")).unwrap();
        std::fs::write(temp.path().join("long"), vec![b'x'; 16 * 1024 + 1]).unwrap();
        for name in ["link", "d", "long", "none"] {
            assert!(folder.read(name).is_err(), "{name}");
        }
        std::os::unix::fs::symlink("d", temp.path().join("ld")).unwrap();
        assert!(Folder::open(&temp.path().join("ld")).is_err());
    }
}
