//! Writing a bundle to removable media. While it is not whole its folder ends
//! in `.part`; each file is created once, synced and read back; the seal comes
//! last, and only then the folder gets its name (invariants I5, I7).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::shown;
use crate::fault::Code;
use crate::store::{StoreError, read_file, replace_folder, sync_folder, write_new};

/// Writes the exported files into `NAME.part` on the media and reads every one
/// back. An interrupted attempt's leftovers are cleared first.
///
/// # Errors
/// [`StoreError`]; what is on the media then is visibly partial.
pub fn write(
    media: &Path,
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
    check_media(media, name)?;
    let part = part(media, name);
    replace_folder(&part)?;
    for (path, bytes) in files {
        put(&part, path, bytes)?;
    }
    sync_folder(media)?;
    let mut read_back = BTreeMap::new();
    for path in files.keys() {
        read_back.insert(path.clone(), read_file(&part.join(path))?);
    }
    Ok(read_back)
}

/// Adds the seal and gives the folder its name. `exported` must still be there
/// byte for byte; where the partial folder is gone (another stick, a resumed
/// run) it is written again. A bundle that stands whole already is left alone.
///
/// # Errors
/// [`StoreError`].
pub fn seal(
    media: &Path,
    name: &str,
    exported: &BTreeMap<String, Vec<u8>>,
    seal: &BTreeMap<String, Vec<u8>>,
) -> Result<PathBuf, StoreError> {
    let place = media.join(name);
    if stands(&place, exported, seal) {
        // The last run stopped right after it gave the name: recovery changes nothing (I8).
        sync_folder(media)?;
        return Ok(place);
    }
    check_media(media, name)?;
    let part = part(media, name);
    let intact = exported
        .iter()
        .all(|(path, bytes)| read_file(&part.join(path)).is_ok_and(|b| b == *bytes));
    let sealed_before = seal.keys().any(|path| part.join(path).exists());
    if !intact || sealed_before {
        write(media, name, exported)?;
    }
    for (path, bytes) in seal {
        put(&part, path, bytes)?;
    }
    rustix::fs::rename(&part, &place).map_err(|e| {
        StoreError::new(
            Code::StorageFailed,
            format!("naming {}: {e}", shown(&place.display().to_string(), 200)),
        )
    })?;
    sync_folder(media)?;
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

/// Whether the finished bundle is there, byte for byte.
fn stands(place: &Path, exported: &BTreeMap<String, Vec<u8>>, seal: &BTreeMap<String, Vec<u8>>) -> bool {
    exported
        .iter()
        .chain(seal)
        .all(|(path, bytes)| read_file(&place.join(path)).is_ok_and(|b| b == *bytes))
}

fn check_media(media: &Path, name: &str) -> Result<(), StoreError> {
    if !media.is_dir() {
        return Err(StoreError::new(
            Code::MediaMissing,
            format!("{} is not a folder", shown(&media.display().to_string(), 200)),
        ));
    }
    if std::fs::symlink_metadata(media.join(name)).is_ok() {
        return Err(StoreError::new(
            Code::MediaOccupied,
            format!("{} already stands on the media", shown(name, 80)),
        ));
    }
    Ok(())
}

fn part(media: &Path, name: &str) -> PathBuf {
    media.join(format!("{name}.part"))
}

/// One level of folders at most (DESIGN 5: a plain folder).
fn put(part: &Path, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
    match path.split_once('/') {
        Some((folder, file)) => {
            let folder = part.join(folder);
            if !folder.is_dir() {
                std::fs::create_dir(&folder).map_err(|e| {
                    StoreError::new(
                        Code::StorageFailed,
                        format!("creating {}: {e}", shown(&folder.display().to_string(), 200)),
                    )
                })?;
                sync_folder(part)?;
            }
            write_new(&folder, file, bytes, 0o644)
        }
        None => write_new(part, path, bytes, 0o644),
    }
}
