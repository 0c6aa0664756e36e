//! A file that a command writes: created once and never over another, synced,
//! read back. The auditor's build has no room `store`, whose outputs are whole
//! or absent; here a torn write leaves a file that the next call will not touch.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::{Exit, check, out};
use crate::fault::Code;

/// Refuses a name that exists, also as a link that leads nowhere. What is wrong is printed.
pub(super) fn absent(path: &Path) -> Result<(), Exit> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Err(refuse(Code::OutputExists, path, "it exists")),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(refuse(Code::StorageFailed, path, &e.to_string())),
    }
}

/// Writes a new file. What is wrong is printed.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Exit> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|e| refuse(code(&e), path, &e.to_string()))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    let whole = written.and_then(|()| {
        if std::fs::read(path)? != bytes {
            return Err(std::io::Error::other("it reads back differently"));
        }
        sync_folder(path)
    });
    whole.map_err(|e| {
        // Created by this call, and not whole: what is left would pass for a draft.
        let _ = std::fs::remove_file(path);
        refuse(code(&e), path, &e.to_string())
    })
}

/// Writes a file whole, in the place of an older one where there is one: the new
/// name is taken at once or not at all. What is wrong is printed.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Exit> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = std::path::PathBuf::from(part);
    write(&part, bytes)?;
    std::fs::rename(&part, path)
        .and_then(|()| sync_folder(path))
        .map_err(|e| refuse(code(&e), path, &e.to_string()))
}

/// Makes the name durable.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn code(e: &std::io::Error) -> Code {
    match e.kind() {
        ErrorKind::AlreadyExists => Code::OutputExists,
        ErrorKind::StorageFull => Code::StorageFull,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Code::StorageReadOnly,
        _ => Code::StorageFailed,
    }
}

fn refuse(code: Code, path: &Path, why: &str) -> Exit {
    out::card(code, &format!("{}: {why}", check::name(path)));
    Exit::of(code)
}
