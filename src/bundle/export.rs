//! Writing a bundle to removable media. While it is not whole its folder ends
//! in `.part`; each file is created once, synced and read back; the seal comes
//! last, and only then the folder gets its name (invariants I5, I7).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::shown;
use crate::fault::Code;
use crate::store::{
    Disk, StoreError, below, flush, give_name, is_folder, read_direct, read_file, replace_folder,
    sync_folder, write_new,
};

/// Bytes that stay free beside the exported files, for the seal.
const SPARE: u64 = 4 * 1024 * 1024;

/// Writes the exported files into `NAME.part` on the media and reads every one
/// back. An interrupted attempt's leftovers are cleared first.
///
/// # Errors
/// [`StoreError`]; what is on the media then is visibly partial.
pub fn write(
    disk: &dyn Disk,
    media: &Path,
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
    check_media(disk, media, name)?;
    check_space(disk, media, files)?;
    let part = part(media, name);
    replace_folder(disk, &part)?;
    for (path, bytes) in files {
        put(disk, &part, path, bytes)?;
    }
    sync_folder(disk, media)?;
    flush(disk, media)?;
    let mut read_back = BTreeMap::new();
    for path in files.keys() {
        read_back.insert(path.clone(), read_file(disk, &part.join(path))?);
    }
    Ok(read_back)
}

/// What is in `NAME.part` now, past the page cache where that can be done:
/// every file that can be read, and whether all were read that way.
#[must_use]
pub fn read_again<'p>(
    disk: &dyn Disk,
    media: &Path,
    name: &str,
    paths: impl Iterator<Item = &'p String>,
) -> (BTreeMap<String, Vec<u8>>, bool) {
    let part = part(media, name);
    let mut all_direct = true;
    let mut found = BTreeMap::new();
    for path in paths {
        if let Ok((bytes, direct)) = read_direct(disk, &part.join(path)) {
            all_direct &= direct;
            found.insert(path.clone(), bytes);
        }
    }
    (found, all_direct)
}

/// Adds the seal and gives the folder its name. `exported` must still be there
/// byte for byte; where the partial folder is gone (another stick, a resumed
/// run) it is written again. A bundle that stands whole already is left alone.
///
/// # Errors
/// [`StoreError`].
pub fn seal(
    disk: &dyn Disk,
    media: &Path,
    name: &str,
    exported: &BTreeMap<String, Vec<u8>>,
    seal: &BTreeMap<String, Vec<u8>>,
) -> Result<PathBuf, StoreError> {
    let place = media.join(name);
    if holds(disk, &place, exported.iter().chain(seal)) {
        // The last run stopped right after it gave the name: recovery changes nothing (I8).
        sync_folder(disk, media)?;
        return Ok(place);
    }
    check_media(disk, media, name)?;
    let part = part(media, name);
    let sealed_before = seal
        .keys()
        .any(|path| !matches!(disk.kind(&part.join(path)), Ok(None)));
    if !holds(disk, &part, exported.iter()) || sealed_before {
        write(disk, media, name, exported)?;
    }
    for (path, bytes) in seal {
        put(disk, &part, path, bytes)?;
    }
    for (path, bytes) in exported.iter().chain(seal) {
        if read_direct(disk, &part.join(path))?.0 != *bytes {
            return Err(StoreError::new(
                Code::StorageFailed,
                format!("{} reads back differently", shown(path, 80)),
            ));
        }
    }
    give_name(disk, &part, &place)?;
    Ok(place)
}

/// The card of a fault that came up on the media: a name that is gone there is a
/// stick that is gone, not a missing record.
#[must_use]
pub fn on_media(error: StoreError) -> StoreError {
    let code = match error.code {
        Code::RecordMissing => Code::MediaMissing,
        Code::RecordExists => Code::MediaOccupied,
        other => other,
    };
    StoreError { code, ..error }
}

/// Whether these files are in a folder, byte for byte.
fn holds<'f>(
    disk: &dyn Disk,
    folder: &Path,
    mut files: impl Iterator<Item = (&'f String, &'f Vec<u8>)>,
) -> bool {
    files.all(|(path, bytes)| read_file(disk, &folder.join(path)).is_ok_and(|b| b == *bytes))
}

fn check_media(disk: &dyn Disk, media: &Path, name: &str) -> Result<(), StoreError> {
    if !is_folder(disk, media) {
        return Err(StoreError::new(
            Code::MediaMissing,
            format!("{} is not a folder", shown(&media.display().to_string(), 200)),
        ));
    }
    if !matches!(disk.kind(&media.join(name)), Ok(None)) {
        return Err(StoreError::new(
            Code::MediaOccupied,
            format!("{} already stands on the media", shown(name, 80)),
        ));
    }
    Ok(())
}

/// Room for the files and a little more (facts/security.md 5.2): a full stick is
/// found before anything is written. What an interrupted try left is cleared
/// first and counts as free only then.
fn check_space(disk: &dyn Disk, media: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), StoreError> {
    let bytes = files.values().fold(SPARE, |sum, b| {
        sum.saturating_add(u64::try_from(b.len()).unwrap_or(u64::MAX))
    });
    match disk.free(media) {
        // A disk that does not say is found full by the first write.
        Ok(free) if free < bytes => Err(StoreError::new(
            Code::StorageFull,
            format!("{bytes} bytes are needed, {free} are free"),
        )),
        _ => Ok(()),
    }
}

fn part(media: &Path, name: &str) -> PathBuf {
    media.join(format!("{name}.part"))
}

/// One level of folders at most (DESIGN 5: a plain folder).
fn put(disk: &dyn Disk, part: &Path, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let (folder, name) = below(disk, part, path, 0o755)?;
    write_new(disk, &folder, name, bytes, 0o644)
}
