//! After a stop, every copy of a record is made to hold the same lines again:
//! what is torn is kept and cut off, the copy that ended earlier gets what it
//! lacks, a mirror that is missing is made. Each step may be interrupted and
//! repeated (invariant I8); nothing is thrown away (I10).

use std::path::Path;

use super::StoreError;
use super::disk::Disk;
use super::output::{make_folders, read_file, sync_folder};
use super::record::{BLOBS, Found, OneCopy, Record, put};
use crate::base::{CopyName, Digest, MirrorFound, shown};
use crate::fault::Code;

/// What had to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Bytes that never counted, and in which copy they stood.
    pub torn: Vec<(CopyName, Vec<u8>)>,
    /// What became of the second copy; `None`: there is none.
    pub mirror: Option<MirrorFound>,
}

pub(super) fn settle(record: &mut Record, good: &[u8], found: &[Found]) -> Result<Settled, StoreError> {
    let disk = record.disk.clone();
    let torn: Vec<(CopyName, Vec<u8>)> = found
        .iter()
        .filter_map(|f| {
            let bytes = f.bytes.as_deref()?;
            let rest = bytes.get(agreed(bytes, good)..)?;
            (!rest.is_empty()).then(|| (f.copy, rest.to_vec()))
        })
        .collect();
    let mut mirror = (record.copies.len() > 1).then_some(MirrorFound::Same);
    let sources = sources(&*disk, record, good, found);
    for (copy, found) in record.copies.iter_mut().zip(found) {
        match &found.bytes {
            None => {
                make(&*disk, copy, good, &sources)?;
                mirror = Some(MirrorFound::Made);
            }
            Some(bytes) => {
                keep_torn(&*disk, copy, &torn)?;
                let lacked = level(copy, bytes, good)?;
                if let (Some(now), true) = (&mut mirror, lacked > 0) {
                    *now = if copy.name == CopyName::Mirror && agreed(bytes, good) == 0 {
                        MirrorFound::Made
                    } else {
                        MirrorFound::Levelled {
                            copy: copy.name,
                            lines: lacked,
                        }
                    };
                }
            }
        }
        keep_torn(&*disk, copy, &torn)?;
        complete(&*disk, copy, &sources)?;
        sync_folder(&*disk, &copy.folder)?;
    }
    Ok(Settled { torn, mirror })
}

/// Every copy keeps what any of them had torn, under its digest.
fn keep_torn(disk: &dyn Disk, copy: &OneCopy, torn: &[(CopyName, Vec<u8>)]) -> Result<(), StoreError> {
    for (_, bytes) in torn {
        let path = format!("{BLOBS}/{}", Digest::of(bytes));
        put(disk, &copy.folder, &path, bytes, 0o600)?;
    }
    Ok(())
}

/// Up to where a copy agrees with the good lines: the end of a line.
fn agreed(bytes: &[u8], good: &[u8]) -> usize {
    let same = bytes.iter().zip(good).take_while(|(a, b)| a == b).count();
    bytes
        .get(..same)
        .and_then(|b| b.iter().rposition(|b| *b == b'\n'))
        .map_or(0, |at| at.saturating_add(1))
}

/// Cuts off what does not agree and adds what is missing; how many lines.
fn level(copy: &mut OneCopy, bytes: &[u8], good: &[u8]) -> Result<u64, StoreError> {
    let keep = agreed(bytes, good);
    let path = copy.path();
    let file = copy.file()?;
    if keep < bytes.len() {
        let len = u64::try_from(keep).unwrap_or(0);
        file.set_len(len)
            .map_err(|e| StoreError::io("cutting", &path, &e))?;
    }
    // What was read may not have reached the disk: the last run may have been
    // killed between a write and its sync.
    file.sync_all()
        .map_err(|e| StoreError::io("syncing", &path, &e))?;
    copy.len = u64::try_from(keep).unwrap_or(0);
    let missing = good.get(keep..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(0);
    }
    copy.append(missing)?;
    Ok(count(missing))
}

fn count(lines: &[u8]) -> u64 {
    lines
        .iter()
        .fold(0u64, |n, b| n.saturating_add(u64::from(*b == b'\n')))
}

/// A mirror anew. What an interrupted attempt left may be there, nothing else.
fn make(
    disk: &dyn Disk,
    copy: &mut OneCopy,
    good: &[u8],
    sources: &[(String, Vec<u8>)],
) -> Result<(), StoreError> {
    make_folders(disk, &copy.folder, 0o700)?;
    let there = disk
        .list(&copy.folder)
        .map_err(|e| StoreError::io("reading the folder", &copy.folder, &e))?;
    let ours = |name: &str| {
        let name = name.strip_suffix(".part").unwrap_or(name);
        name == BLOBS || sources.iter().any(|(path, _)| path == name)
    };
    if let Some(other) = there.iter().find(|n| !ours(n)) {
        let folder = shown(&copy.folder.display().to_string(), 200);
        return Err(StoreError::new(
            Code::RecordExists,
            format!("the mirror's folder {folder} holds {}", shown(other, 80)),
        ));
    }
    // The lines come last: where they are, all else is there too.
    complete(disk, copy, sources)?;
    copy.make(disk)?;
    copy.append(good)
}

/// The files beside the lines; where copies differ, as the one has them that
/// has all lines.
fn sources(disk: &dyn Disk, record: &Record, good: &[u8], found: &[Found]) -> Vec<(String, Vec<u8>)> {
    let mut copies: Vec<(usize, &OneCopy)> = record
        .copies
        .iter()
        .zip(found)
        .map(|(copy, found)| (found.bytes.as_deref().map_or(0, |b| agreed(b, good)), copy))
        .collect();
    copies.sort_by_key(|(agreed, _)| std::cmp::Reverse(*agreed));
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for (_, copy) in copies {
        for path in copy.beside(disk) {
            if !known(&path) || all.iter().any(|(p, _)| *p == path) {
                continue;
            }
            if let Ok(bytes) = read_file(disk, &copy.folder.join(&path)) {
                all.push((path, bytes));
            }
        }
    }
    all
}

/// The names that a record's folder has (`bundle::layout` has the whole list of a bundle's).
fn known(path: &str) -> bool {
    matches!(path, "script.toml" | "approvals" | "checkpoint") || path.starts_with(BLOBS)
}

fn complete(disk: &dyn Disk, copy: &OneCopy, sources: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
    for (path, bytes) in sources {
        let there = read_file(disk, &copy.folder.join(Path::new(path)));
        if !there.is_ok_and(|b| b == *bytes) {
            let mode = if path == "checkpoint" { 0o644 } else { 0o600 };
            put(disk, &copy.folder, path, bytes, mode)?;
        }
    }
    Ok(())
}
