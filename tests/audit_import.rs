//! Folders from strangers: links, pipes, second names, bombs and odd names.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tuf_ceremony::bundle::{ImportError, layout, read};

fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("policy"), "quorum none\n").unwrap();
    fs::create_dir(dir.path().join("metadata")).unwrap();
    fs::write(dir.path().join("metadata/1.root.json"), "{}").unwrap();
    dir
}

fn refusal(dir: &Path) -> ImportError {
    read(dir).err().unwrap_or_else(|| panic!("it was read"))
}

#[test]
fn plain_files_are_read_and_strangers_are_named() {
    let dir = folder();
    fs::write(dir.path().join("notes.txt"), "x").unwrap();
    fs::write(dir.path().join("metadata/2.mirrors.txt"), "x").unwrap();
    fs::create_dir(dir.path().join("attic")).unwrap();
    fs::write(dir.path().join("attic/policy"), "x").unwrap();
    fs::write(dir.path().join(OsStr::from_bytes(b"p\xffolicy")), "x").unwrap();
    fs::write(dir.path().join("a\u{1b}[2Jb"), "x").unwrap();
    let files = read(dir.path()).unwrap();
    assert_eq!(
        files.known.keys().collect::<Vec<_>>(),
        ["metadata/1.root.json", "policy"]
    );
    assert_eq!(files.strangers.len(), 5, "{:?}", files.strangers);
    assert!(files.strangers.contains(&"attic/".to_owned()), "not descended");
    assert!(
        files
            .strangers
            .iter()
            .all(|s| s.bytes().all(|b| (b' '..=b'~').contains(&b)))
    );
}

#[test]
fn links_pipes_and_second_names_are_refused() {
    let dir = folder();
    symlink("/etc/hostname", dir.path().join("checkpoint")).unwrap();
    assert!(matches!(
        refusal(dir.path()),
        ImportError::Kind {
            got: "a symbolic link",
            ..
        }
    ));

    let dir = folder();
    symlink("policy", dir.path().join("stranger")).unwrap();
    assert!(
        matches!(refusal(dir.path()), ImportError::Kind { .. }),
        "even where it has no place"
    );

    let dir = folder();
    symlink("metadata", dir.path().join("keys")).unwrap();
    assert!(
        matches!(refusal(dir.path()), ImportError::Kind { .. }),
        "a folder that is a link"
    );

    let dir = folder();
    let fifo = dir.path().join("checkpoint");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    assert!(matches!(refusal(dir.path()), ImportError::Kind { .. }));

    let dir = folder();
    fs::hard_link(dir.path().join("policy"), dir.path().join("checkpoint")).unwrap();
    assert!(matches!(refusal(dir.path()), ImportError::Linked { got: 2, .. }));

    let dir = folder();
    assert!(matches!(
        refusal(&dir.path().join("nowhere")),
        ImportError::Io { .. }
    ));
}

#[test]
fn bombs_are_refused_before_they_are_read() {
    let sparse = |dir: &Path, name: &str, len: u64| {
        File::create(dir.join(name)).unwrap().set_len(len).unwrap();
    };
    let dir = folder();
    sparse(dir.path(), "script.toml", layout::MAX_FILE + 1);
    assert!(matches!(refusal(dir.path()), ImportError::TooLarge { .. }));
    let dir = folder();
    sparse(dir.path(), "ceremony.jsonl", layout::MAX_RECORD + 1);
    assert!(matches!(refusal(dir.path()), ImportError::TooLarge { .. }));
    let dir = folder();
    fs::create_dir(dir.path().join("checkpoints")).unwrap();
    for n in 1..=17 {
        sparse(dir.path(), &format!("checkpoints/{n}"), layout::MAX_FILE);
    }
    assert!(matches!(refusal(dir.path()), ImportError::TooLarge { path, .. } if path == "all files"));
    let dir = folder();
    for n in 0..300 {
        fs::write(dir.path().join(format!("x{n}")), "").unwrap();
    }
    assert!(matches!(refusal(dir.path()), ImportError::TooMany));
}
