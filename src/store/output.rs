//! Files that are written once: exclusive creation with the final mode, sync,
//! read back, rename without replacing, sync of the folder. A name without
//! `.part` is whole.

use std::path::{Path, PathBuf};

use super::StoreError;
use super::disk::{Disk, Kind, is_part};
use crate::base::shown;
use crate::fault::Code;

/// A folder that does not exist yet, or is empty; mode 0700. Missing folders
/// above it are made, and every new name is synced.
///
/// # Errors
/// [`StoreError`] with `RecordExists` when something is in it.
pub fn new_folder(disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
    make_folders(disk, folder, 0o700)?;
    let names = disk
        .list(folder)
        .map_err(|e| StoreError::io("reading the folder", folder, &e))?;
    if names.is_empty() {
        return Ok(());
    }
    Err(StoreError::new(
        Code::RecordExists,
        format!("the folder {} is not empty", name(folder)),
    ))
}

/// A folder, with those above it, unless it is there.
///
/// # Errors
/// [`StoreError`], also when a file is in the way.
pub fn make_folders(disk: &dyn Disk, folder: &Path, mode: u32) -> Result<(), StoreError> {
    if folder.as_os_str().is_empty() || is_folder(disk, folder) {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new(""));
    make_folders(disk, parent, mode)?;
    make_folder(disk, folder, mode)
}

/// One folder, in one that is there.
///
/// # Errors
/// [`StoreError`].
pub fn make_folder(disk: &dyn Disk, folder: &Path, mode: u32) -> Result<(), StoreError> {
    disk.make_folder(folder, mode)
        .map_err(|e| StoreError::io("creating the folder", folder, &e))?;
    sync_folder(disk, folder.parent().unwrap_or(Path::new("")))
}

/// Where a path of at most two levels leads below a folder: its own folder, made
/// where it is missing, and its name there. The folder above must be there:
/// where a stick is gone, nothing is made in its place.
///
/// # Errors
/// [`StoreError`].
pub fn below<'p>(
    disk: &dyn Disk,
    folder: &Path,
    path: &'p str,
    mode: u32,
) -> Result<(PathBuf, &'p str), StoreError> {
    let Some((sub, name)) = path.split_once('/') else {
        return Ok((folder.to_owned(), path));
    };
    let folder = folder.join(sub);
    if !is_folder(disk, &folder) {
        make_folder(disk, &folder, mode)?;
    }
    Ok((folder, name))
}

/// Whether a folder stands there; a link to one counts, as people mount media.
#[must_use]
pub fn is_folder(disk: &dyn Disk, path: &Path) -> bool {
    match disk.kind(path) {
        Ok(Some(Kind::Folder)) => true,
        Ok(Some(Kind::Other)) => disk.list(path).is_ok(),
        _ => false,
    }
}

/// Writes a new file and reads it back; the name appears only when it is whole.
///
/// # Errors
/// [`StoreError`]; on an error no file has the final name, unless only the last
/// sync of the folder failed.
pub fn write_new(
    disk: &dyn Disk,
    folder: &Path,
    name: &str,
    bytes: &[u8],
    mode: u32,
) -> Result<(), StoreError> {
    let path = folder.join(name);
    let part = folder.join(format!("{name}.part"));
    // A leftover of an interrupted attempt has never been whole.
    let _ = disk.remove_file(&part);
    let named = write_part(disk, &part, bytes, mode).and_then(|()| rename(disk, &part, &path));
    if named.is_err() {
        let _ = disk.remove_file(&part);
    }
    named?;
    sync_folder(disk, folder)
}

/// As [`write_new`], where a crash may have come between the file and its
/// caller: the same bytes under the name are good, and others are replaced.
///
/// # Errors
/// [`StoreError`].
pub fn write_again(
    disk: &dyn Disk,
    folder: &Path,
    name: &str,
    bytes: &[u8],
    mode: u32,
) -> Result<(), StoreError> {
    let path = folder.join(name);
    match disk.kind(&path) {
        Ok(None) => {}
        Ok(Some(_)) if disk.read(&path).is_ok_and(|b| b == bytes) => return sync_folder(disk, folder),
        Ok(Some(_)) => disk
            .remove_file(&path)
            .map_err(|e| StoreError::io("replacing", &path, &e))?,
        Err(e) => return Err(StoreError::io("looking at", &path, &e)),
    }
    write_new(disk, folder, name, bytes, mode)
}

fn write_part(disk: &dyn Disk, part: &Path, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let mut file = disk
        .create(part, mode)
        .map_err(|e| StoreError::io("creating", part, &e))?;
    file.append(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| StoreError::io("writing", part, &e))?;
    drop(file);
    if read_file(disk, part)? != bytes {
        return Err(StoreError::new(
            Code::StorageFailed,
            format!("{} reads back differently", name(part)),
        ));
    }
    Ok(())
}

/// [`Disk::read_direct`].
///
/// # Errors
/// [`StoreError`].
pub fn read_direct(disk: &dyn Disk, path: &Path) -> Result<(Vec<u8>, bool), StoreError> {
    disk.read_direct(path)
        .map_err(|e| StoreError::io("reading", path, &e))
}

/// [`Disk::flush`].
///
/// # Errors
/// [`StoreError`].
pub fn flush(disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
    disk.flush(folder)
        .map_err(|e| StoreError::io("flushing", folder, &e))
}

/// Reads a regular file whole, never through a link.
///
/// # Errors
/// [`StoreError`].
pub fn read_file(disk: &dyn Disk, path: &Path) -> Result<Vec<u8>, StoreError> {
    disk.read(path).map_err(|e| StoreError::io("reading", path, &e))
}

/// An empty folder with this name, after an interrupted attempt's leftovers are
/// gone. Only for names that say `.part`.
///
/// # Errors
/// [`StoreError`], also when the name is a link or a file.
pub fn replace_folder(disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
    match disk.kind(folder) {
        Ok(Some(Kind::Folder)) if is_part(folder) => {
            disk.remove_part(folder)
                .map_err(|e| StoreError::io("clearing", folder, &e))?;
        }
        Ok(None) => {}
        Ok(Some(_)) => {
            return Err(StoreError::new(
                Code::MediaOccupied,
                format!("{} is in the way", name(folder)),
            ));
        }
        Err(e) => return Err(StoreError::io("looking at", folder, &e)),
    }
    disk.make_folder(folder, 0o755)
        .map_err(|e| StoreError::io("creating the folder", folder, &e))
}

/// Gives a file or folder its final name; nothing is written over.
///
/// # Errors
/// [`StoreError`].
pub fn give_name(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), StoreError> {
    rename(disk, from, to)?;
    sync_folder(disk, to.parent().unwrap_or(Path::new("")))
}

fn rename(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), StoreError> {
    disk.rename(from, to)
        .map_err(|e| StoreError::io("naming", to, &e))
}

/// Makes the names in a folder durable.
///
/// # Errors
/// [`StoreError`].
pub fn sync_folder(disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
    disk.sync_folder(folder)
        .map_err(|e| StoreError::io("syncing the folder", folder, &e))
}

fn name(path: &Path) -> String {
    shown(&path.display().to_string(), 200)
}

#[cfg(test)]
mod tests {
    use super::super::Real;
    use super::*;

    #[test]
    fn a_name_is_whole_and_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        write_new(&Real, dir.path(), "a.json", b"one", 0o644).unwrap();
        let again = write_new(&Real, dir.path(), "a.json", b"two", 0o644).unwrap_err();
        assert_eq!(again.code, Code::RecordExists);
        assert_eq!(read_file(&Real, &dir.path().join("a.json")).unwrap(), b"one");
        assert!(!dir.path().join("a.json.part").exists());
        write_again(&Real, dir.path(), "a.json", b"two", 0o644).unwrap();
        assert_eq!(read_file(&Real, &dir.path().join("a.json")).unwrap(), b"two");
    }

    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("real"), b"x").unwrap();
        std::os::unix::fs::symlink(dir.path().join("real"), dir.path().join("link")).unwrap();
        assert!(read_file(&Real, &dir.path().join("link")).is_err());
        std::os::unix::fs::symlink(dir.path().join("gone"), dir.path().join("b.json")).unwrap();
        assert!(write_new(&Real, dir.path(), "b.json", b"x", 0o644).is_err());
        assert!(!dir.path().join("gone").exists());
    }

    #[test]
    fn only_partial_folders_are_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let part = dir.path().join("x.part");
        replace_folder(&Real, &part).unwrap();
        std::fs::write(part.join("f"), b"x").unwrap();
        replace_folder(&Real, &part).unwrap();
        assert!(!part.join("f").exists());
        let whole = dir.path().join("whole");
        std::fs::create_dir(&whole).unwrap();
        assert_eq!(
            replace_folder(&Real, &whole).unwrap_err().code,
            Code::MediaOccupied
        );
    }
}
