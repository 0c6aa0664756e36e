//! The real attestation files, which are not part of this repository.
#![allow(dead_code)]

use std::path::PathBuf;

/// The folder of real data: `TUF_CEREMONY_DATA`, or beside the worktrees.
pub fn folder(name: &str) -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = std::env::var_os("TUF_CEREMONY_DATA")
        .map(PathBuf::from)
        .into_iter()
        .chain([here.join("../shared/data"), here.join("../../shared/data")])
        .map(|data| data.join(name))
        .find(|dir| dir.is_dir());
    if found.is_some() {
        return found;
    }
    println!("SKIPPED: no {name}; set TUF_CEREMONY_DATA");
    None
}

pub fn read(path: PathBuf) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
