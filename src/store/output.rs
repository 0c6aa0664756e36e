//! Files that are written once: exclusive creation with the final mode, sync,
//! read back, rename without replacing, sync of the folder. A name without
//! `.part` is whole.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::StoreError;
use crate::fault::Code;

/// A folder that does not exist yet, or is empty; mode 0700.
///
/// # Errors
/// [`StoreError`] with `RecordExists` when something is in it.
pub fn new_folder(folder: &Path) -> Result<(), StoreError> {
    match std::fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(folder)
    {
        Ok(()) => {}
        Err(e) => return Err(StoreError::io("creating the folder", folder, &e)),
    }
    let mut entries =
        std::fs::read_dir(folder).map_err(|e| StoreError::io("reading the folder", folder, &e))?;
    if entries.next().is_some() {
        let name = crate::base::shown(&folder.display().to_string(), 200);
        return Err(StoreError::new(
            Code::RecordExists,
            format!("the folder {name} is not empty"),
        ));
    }
    Ok(())
}

/// Writes a new file and reads it back; the name appears only when it is whole.
///
/// # Errors
/// [`StoreError`]; on an error no file has the final name.
pub fn write_new(folder: &Path, name: &str, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let path = folder.join(name);
    let part = folder.join(format!("{name}.part"));
    // A leftover of an interrupted attempt has never been whole.
    let _ = std::fs::remove_file(&part);
    let result = write_part(&part, bytes, mode).and_then(|()| {
        renameat_with(CWD, &part, CWD, &path, RenameFlags::NOREPLACE)
            .or_else(|e| no_replace_by_hand(e, &part, &path))
            .map_err(|e| StoreError::io("naming", &path, &e.into()))
    });
    if result.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    result?;
    sync_folder(folder)
}

/// vfat and some others do not know RENAME_NOREPLACE.
fn no_replace_by_hand(error: rustix::io::Errno, part: &Path, path: &Path) -> Result<(), rustix::io::Errno> {
    if !matches!(
        error,
        rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP
    ) {
        return Err(error);
    }
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(rustix::io::Errno::EXIST);
    }
    rustix::fs::rename(part, path)
}

fn write_part(part: &Path, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(part)
        .map_err(|e| StoreError::io("creating", part, &e))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| StoreError::io("writing", part, &e))?;
    drop(file);
    if read_file(part)? != bytes {
        return Err(StoreError::new(
            Code::StorageFailed,
            format!(
                "{} reads back differently",
                crate::base::shown(&part.display().to_string(), 200)
            ),
        ));
    }
    Ok(())
}

/// Reads a regular file whole, never through a link.
///
/// # Errors
/// [`StoreError`].
pub fn read_file(path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(
            (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK)
                .bits()
                .cast_signed(),
        )
        .open(path)
        .map_err(|e| StoreError::io("opening", path, &e))?;
    // The page cache would answer for a stick that lost the bytes; where the
    // system lets go of clean pages, the read comes from the medium.
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|e| StoreError::io("reading", path, &e))?;
    Ok(bytes)
}

/// An empty folder with this name, after an interrupted attempt's leftovers are
/// gone. Only for names that say `.part`.
///
/// # Errors
/// [`StoreError`], also when the name is a link or a file.
pub fn replace_folder(folder: &Path) -> Result<(), StoreError> {
    match std::fs::symlink_metadata(folder) {
        Ok(meta) if meta.is_dir() && is_part(folder) => {
            std::fs::remove_dir_all(folder).map_err(|e| StoreError::io("clearing", folder, &e))?;
        }
        Ok(_) => {
            return Err(StoreError::new(
                Code::MediaOccupied,
                format!(
                    "{} is in the way",
                    crate::base::shown(&folder.display().to_string(), 200)
                ),
            ));
        }
        Err(_) => {}
    }
    std::fs::DirBuilder::new()
        .mode(0o755)
        .create(folder)
        .map_err(|e| StoreError::io("creating the folder", folder, &e))
}

fn is_part(folder: &Path) -> bool {
    folder.extension().is_some_and(|e| e == "part")
}

/// Makes the names in a folder durable.
///
/// # Errors
/// [`StoreError`].
pub fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let path: PathBuf = if folder.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        folder.to_owned()
    };
    File::open(&path)
        .and_then(|f| f.sync_all())
        .map_err(|e| StoreError::io("syncing the folder", &path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_whole_and_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        write_new(dir.path(), "a.json", b"one", 0o644).unwrap();
        let again = write_new(dir.path(), "a.json", b"two", 0o644).unwrap_err();
        assert_eq!(again.code, Code::RecordExists);
        assert_eq!(read_file(&dir.path().join("a.json")).unwrap(), b"one");
        assert!(!dir.path().join("a.json.part").exists());
    }

    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("real"), b"x").unwrap();
        std::os::unix::fs::symlink(dir.path().join("real"), dir.path().join("link")).unwrap();
        assert!(read_file(&dir.path().join("link")).is_err());
        std::os::unix::fs::symlink(dir.path().join("gone"), dir.path().join("b.json")).unwrap();
        assert!(write_new(dir.path(), "b.json", b"x", 0o644).is_err());
        assert!(!dir.path().join("gone").exists());
    }

    #[test]
    fn only_partial_folders_are_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let part = dir.path().join("x.part");
        replace_folder(&part).unwrap();
        std::fs::write(part.join("f"), b"x").unwrap();
        replace_folder(&part).unwrap();
        assert!(!part.join("f").exists());
        let whole = dir.path().join("whole");
        std::fs::create_dir(&whole).unwrap();
        assert_eq!(replace_folder(&whole).unwrap_err().code, Code::MediaOccupied);
    }
}
