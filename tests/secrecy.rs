//! A canary PIN goes through a whole ceremony; then every sink is searched for
//! it, raw and in hexadecimal and base64: record, bundle, device folders,
//! output, and the program's own dumps of its state.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "ceremony")]

#[path = "support/program.rs"]
mod program;

use std::path::Path;

use program::{Room, script};

const CANARIES: [&str; 4] = [
    "canary-pin-7261",
    "canary-so-pin-9927",
    "canary-passphrase-5512",
    "canary-wrong-pin-1183",
];

fn search(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, found);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for canary in CANARIES {
            for needle in spellings(canary) {
                if bytes.windows(needle.len()).any(|w| w == needle) {
                    found.push(format!("{canary} in {}", path.display()));
                }
            }
        }
    }
}

fn spellings(canary: &str) -> Vec<Vec<u8>> {
    let raw = canary.as_bytes().to_vec();
    let hex = data_encoding::HEXLOWER.encode(&raw).into_bytes();
    // Base64 at each of the three alignments, without the ends that neighbours change.
    let mut all = vec![raw.clone(), hex];
    for skip in 0..3 {
        let aligned = &raw[skip..skip + (raw.len() - skip) / 3 * 3];
        all.push(data_encoding::BASE64.encode(aligned).into_bytes());
    }
    all
}

#[test]
fn no_pin_is_anywhere_afterwards() {
    let room = Room::new();
    let mut text = std::fs::read_to_string(script("root-keygen.answers.toml")).unwrap();
    for (from, to) in [
        ("pin    = \"pin-for-a\"", format!("pin    = \"{}\"", CANARIES[0])),
        (
            "so_pin = \"so-pin-for-a\"",
            format!("so_pin = \"{}\"", CANARIES[1]),
        ),
        (
            "pin    = \"correct-horse-battery-staple\"",
            format!("pin    = \"{}\"", CANARIES[2]),
        ),
        (
            "wrong  = [\"not-the-pin\"]",
            format!("wrong  = [\"{}\"]", CANARIES[3]),
        ),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, &to);
    }
    let answers = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(answers.path(), &text).unwrap();
    let done = room.run(&script("root-keygen.toml"), answers.path());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    for canary in CANARIES {
        assert!(!done.out.contains(canary) && !done.err.contains(canary));
    }
    let mut found = Vec::new();
    search(room.dir.path(), &mut found);
    assert!(found.is_empty(), "{found:#?}");
    // The search can find: the answers file itself holds them all.
    std::fs::copy(answers.path(), room.dir.path().join("control")).unwrap();
    search(room.dir.path(), &mut found);
    assert_eq!(found.len(), CANARIES.len(), "{found:#?}");
}
