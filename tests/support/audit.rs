//! The two verifiers as tests call them: ours on a map in memory, and the
//! Python one (the release's copy) on a folder.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use tuf_ceremony::audit::{Judgement, Options};
use tuf_ceremony::bundle::Files;

use super::rehearsal::Map;

pub fn judge(files: &Map) -> Judgement {
    tuf_ceremony::audit::judge(&Files::from_map(files.clone()), &Options::default())
}

/// Whether the Python verifier is content, and what it printed.
pub fn python(folder: &Path) -> (bool, String) {
    let out = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bundle/verify.py"))
        .arg(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    (out.status.code() == Some(0), text)
}
