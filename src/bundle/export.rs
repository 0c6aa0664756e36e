//! Writing a bundle to removable media. While it is not whole its folder ends
//! in `.part`; each file is created once, synced and read back; the seal comes
//! last, and only then the folder gets its name (invariants I5, I7).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::base::shown;
use crate::fault::Code;
use crate::store::{
    Disk, Kind, StoreError, below, flush, give_name, is_folder, read_direct, read_file, replace_folder,
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
    if is_exactly(disk, &place, exported.iter().chain(seal)) {
        // The last run stopped right after it gave the name: recovery changes nothing (I8).
        sync_folder(disk, media)?;
        return Ok(place);
    }
    check_media(disk, media, name)?;
    let part = part(media, name);
    // A name too many, of a seal that was cut off or of a rename that the power cut
    // halved, would stand in the finished bundle.
    if !is_exactly(disk, &part, exported.iter()) {
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

/// Whether a folder holds these files, byte for byte, and nothing else.
fn is_exactly<'f>(
    disk: &dyn Disk,
    folder: &Path,
    files: impl Iterator<Item = (&'f String, &'f Vec<u8>)>,
) -> bool {
    let Ok(mut names) = paths(disk, folder) else {
        return false;
    };
    let mut same = true;
    for (path, bytes) in files {
        same &= names.remove(path) && read_file(disk, &folder.join(path)).is_ok_and(|b| b == *bytes);
    }
    same && names.is_empty()
}

/// Every path in a folder that is no folder itself, one level down at most.
fn paths(disk: &dyn Disk, folder: &Path) -> std::io::Result<BTreeSet<String>> {
    let mut paths = BTreeSet::new();
    for name in disk.list(folder)? {
        let below = folder.join(&name);
        if matches!(disk.kind(&below)?, Some(Kind::Folder)) {
            paths.extend(disk.list(&below)?.iter().map(|file| format!("{name}/{file}")));
        } else {
            paths.insert(name);
        }
    }
    Ok(paths)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Real;

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
        list.iter().map(owned).collect()
    }

    #[test]
    fn nothing_else_stands_in_a_sealed_bundle() {
        let exported = files(&[("metadata/1.root.json", "{}"), ("verify.py", "pass")]);
        let seal_files = files(&[("checkpoint", "a"), ("checkpoints/3", "b")]);
        // What a power cut can leave of a rename, of an earlier seal, of another ceremony.
        for left in ["verify.py.part", "metadata/1.root.json.part", "checkpoint", "x/y"] {
            let dir = tempfile::tempdir().unwrap();
            write(&Real, dir.path(), "b", &exported).unwrap();
            let path = dir.path().join("b.part").join(left);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "left").unwrap();
            let place = seal(&Real, dir.path(), "b", &exported, &seal_files).unwrap();
            let found = paths(&Real, &place).unwrap();
            let all: BTreeSet<String> = exported.keys().chain(seal_files.keys()).cloned().collect();
            assert_eq!(found, all, "{left}");
            // Again over the whole one: nothing changes. With a name too many: refused.
            assert_eq!(
                seal(&Real, dir.path(), "b", &exported, &seal_files).unwrap(),
                place
            );
            std::fs::write(place.join("z"), "x").unwrap();
            let refused = seal(&Real, dir.path(), "b", &exported, &seal_files).unwrap_err();
            assert_eq!(refused.code, Code::MediaOccupied);
        }
    }
}
