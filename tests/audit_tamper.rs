//! One changed byte in any file, lines dropped, swapped and doubled, files
//! missing and added: both verifiers refuse, and ours names the right check.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use audit::{judge, python_on, summed};
use rehearsal::{Key, Map, Room, script_small};
use tuf_ceremony::audit::Level;
use tuf_ceremony::base::{Algorithm, Digest};
use tuf_ceremony::bundle::layout::Place;
use tuf_ceremony::tuf::{self, MetadataName};

static ROOM: LazyLock<Room> = LazyLock::new(|| Room::closed(&script_small()));
static BUNDLE: LazyLock<Map> = LazyLock::new(|| ROOM.bundle());

/// Our checks of which one at least must fail when this file is changed, and
/// whether the Python verifier looks at it too (it does at all of them).
fn named(path: &str) -> &'static [&'static str] {
    match Place::of(path).unwrap() {
        Place::Record => &["root"],
        Place::Policy => &["signatures", "quorum", "sums"],
        Place::Checkpoint => &["root", "signatures"],
        Place::Sums => &["sums"],
        Place::Script => &["script", "bindings", "sums"],
        Place::Approvals => &["approvals", "bindings", "sums"],
        Place::Verifier => &["verifier", "bindings", "sums"],
        Place::Metadata => &["metadata", "bindings", "sums"],
        Place::Key | Place::Blob => &["bindings", "sums"],
        Place::Gate => &["signatures"],
    }
}

/// Both verdicts on a spoiled bundle, and the names that ours must give: all of
/// them, but for a checkpoint, where text and signature are two checks.
fn refused(sin: &str, files: &Map, names: &[&str]) {
    let judgement = judge(files);
    let failed = judgement.failed();
    assert_eq!(judgement.verdict, Level::Refused, "{sin}: {failed:?}");
    let fits = |name: &&str| failed.contains(name);
    let named = if names == ["root", "signatures"] {
        names.iter().any(fits)
    } else {
        names.iter().all(fits)
    };
    assert!(named, "{sin}: expected {names:?} among {failed:?}");
}

/// Bytes of several classes, spread over the file; in the many files that are
/// alike a single one, of another class from name to name.
fn positions(path: &str, bytes: &[u8]) -> BTreeSet<usize> {
    let classes: [fn(u8) -> bool; 6] = [
        |b| b.is_ascii_digit(),
        |b| b.is_ascii_lowercase(),
        |b| b.is_ascii_uppercase(),
        |b| b == b'\n',
        |b| b == b' ' || b == b'"',
        |b| !b.is_ascii_alphanumeric(),
    ];
    let take = match Place::of(path).unwrap() {
        Place::Record | Place::Checkpoint => 6,
        Place::Gate | Place::Key => 1,
        _ => 3,
    };
    let mut out: BTreeSet<usize> = (0..take)
        .map(|n| {
            let class = classes[(n + path.len()) % 6];
            let at = (bytes.len() * n / take + path.len()) % bytes.len();
            let near = (at..bytes.len()).chain(0..at).find(|i| class(bytes[*i]));
            near.unwrap_or(at)
        })
        .collect();
    if take > 1 {
        out.insert(bytes.len() - 1);
    }
    out
}

#[test]
fn one_changed_byte_in_any_file_is_named_by_ours() {
    let mut cases = Vec::new();
    for (path, bytes) in &*BUNDLE {
        for (n, at) in positions(path, bytes).into_iter().enumerate() {
            let mask = [0x01, 0x20, 0x80][n % 3];
            let mut spoiled = BUNDLE.clone();
            spoiled.get_mut(path).unwrap()[at] ^= mask;
            cases.push((format!("{path} at {at} ^ {mask:#x}"), path, spoiled));
        }
    }
    let (a, b) = cases.split_at(cases.len() / 2);
    std::thread::scope(|scope| {
        for half in [a, b] {
            scope.spawn(move || {
                for (sin, path, spoiled) in half {
                    refused(sin, spoiled, named(path));
                }
            });
        }
    });
}

#[test]
fn one_changed_byte_in_any_file_is_refused_by_python() {
    let mut cases: Vec<(String, Map)> = Vec::new();
    for (n, (path, bytes)) in BUNDLE.iter().enumerate() {
        let all: Vec<usize> = positions(path, bytes).into_iter().collect();
        let at = all[n % all.len()];
        let mut spoiled = BUNDLE.clone();
        spoiled.get_mut(path).unwrap()[at] ^= 0x01;
        cases.push((format!("{path} at {at}"), spoiled));
    }
    refused_by_python(&cases);
}

/// Two at a time: each runs `openssl` many times.
fn refused_by_python(cases: &[(String, Map)]) {
    let (a, b) = cases.split_at(cases.len() / 2);
    std::thread::scope(|scope| {
        for half in [a, b] {
            scope.spawn(move || {
                for (sin, files) in half {
                    let (good, text) = python_on(files);
                    assert!(!good && text.contains("FAIL"), "{sin}: {text}");
                }
            });
        }
    });
}

#[test]
fn lines_that_are_dropped_swapped_doubled_or_cut_off_are_seen() {
    let record = &BUNDLE["ceremony.jsonl"];
    let lines: Vec<&[u8]> = record.split_inclusive(|b| *b == b'\n').collect();
    let mut cases = Vec::new();
    for n in (0..lines.len()).step_by(lines.len() / 8) {
        let mut dropped = lines.clone();
        dropped.remove(n);
        let mut doubled = lines.clone();
        doubled.insert(n, lines[n]);
        cases.push((format!("dropped {n}"), dropped.concat()));
        cases.push((format!("doubled {n}"), doubled.concat()));
        if n + 1 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(n, n + 1);
            cases.push((format!("swapped {n}"), swapped.concat()));
        }
        cases.push((format!("cut before {n}"), lines[..n].concat()));
    }
    let end = record.len();
    for cut in [1, 2, 100] {
        cases.push((format!("cut {cut} bytes"), record[..end - cut].to_vec()));
    }
    let mut python_cases = Vec::new();
    for (n, (sin, record)) in cases.into_iter().enumerate() {
        let mut files = BUNDLE.clone();
        files.insert("ceremony.jsonl".to_owned(), record);
        // With the sums mended: they prove nothing against a forger.
        let files = summed(files);
        refused(&sin, &files, &["root"]);
        if n % 5 == 0 {
            python_cases.push((sin, files));
        }
    }
    refused_by_python(&python_cases);
}

#[test]
fn a_valid_prefix_is_never_taken_for_the_whole() {
    // Somebody without the log key can cut the record at a gate and take that
    // gate's note for the final checkpoint. It is not closed.
    let (size, note) = ROOM.gates.last().unwrap();
    let lines = BUNDLE["ceremony.jsonl"].split_inclusive(|b| *b == b'\n');
    let mut files = BUNDLE.clone();
    let cut: Vec<&[u8]> = lines.take(usize::try_from(*size).unwrap()).collect();
    files.insert("ceremony.jsonl".to_owned(), cut.concat());
    files.insert("checkpoint".to_owned(), note.clone().into_bytes());
    files.remove(&format!("checkpoints/{size}"));
    let files = summed(files);
    let judgement = judge(&files);
    assert!(!judgement.failed().contains(&"root"), "the prefix is valid");
    assert!(judgement.failed().contains(&"close"), "{:?}", judgement.failed());
    assert_eq!(judgement.verdict, Level::Refused);
    assert!(!python_on(&files).0);
}

#[test]
fn missing_and_extra_files_are_named() {
    let mut cases = Vec::new();
    // Of many alike, the first one.
    let mut seen = BTreeSet::new();
    for path in BUNDLE.keys().filter(|p| seen.insert(Place::of(p))) {
        let mut files = BUNDLE.clone();
        files.remove(path);
        let judgement = judge(&files);
        assert!(!judgement.good(), "{path}");
        let text = judgement.lines().join("\n");
        let name = if path == "SHA256SUMS" {
            "there is no SHA256SUMS"
        } else {
            path
        };
        assert!(text.contains(name), "{path}: {text}");
        cases.push((format!("without {path}"), files));
    }
    let strange: [(&str, &[&str]); 6] = [
        ("metadata/2.root.json", &["metadata", "bindings"]),
        ("keys/mallory.pub.pem", &["bindings"]),
        ("checkpoints/9999", &["signatures"]),
        ("notes.txt", &["layout"]),
        (".hidden", &["layout"]),
        ("keys/sub/x.pub.pem", &["layout"]),
    ];
    for (path, names) in strange {
        let mut files = BUNDLE.clone();
        files.insert(path.to_owned(), b"x".to_vec());
        let files = summed(files);
        refused(path, &files, names);
        cases.push((path.to_owned(), files));
    }
    refused_by_python(&cases);
}

#[test]
fn a_swapped_verifier_is_named_even_with_mended_sums() {
    let mut files = BUNDLE.clone();
    let lie = b"print('all good'); raise SystemExit(0)\n".to_vec();
    files.insert("verify.py".to_owned(), lie);
    let files = summed(files);
    refused("swapped verify.py", &files, &["verifier", "bindings"]);
    assert!(!python_on(&files).0);
}

#[test]
fn another_verifier_that_the_record_pins_is_told_from_the_release() {
    let mut room = Room::new(&script_small());
    room.verifier = b"print('mine')\n".to_vec();
    while room.go_on() {}
    let judgement = judge(&room.bundle());
    assert_eq!(judgement.verdict, Level::Rehearsal);
    let found = &judgement.check("verifier").unwrap().found;
    assert!(found[0].contains("NOT this release's copy"), "{found:?}");
}

/// Metadata signed anew by other keys of the role: a client takes it, the
/// record does not know it.
#[test]
fn metadata_that_is_signed_again_or_less_is_named() {
    let draft = &ROOM.state.files[&MetadataName::ROOT].draft;
    let sign = |names: &[&str]| {
        let signatures: Vec<_> = names
            .iter()
            .map(|name| {
                let key = Key::new(name, Algorithm::EcdsaP256);
                (tuf::Key::of(&key.public()).keyid(), key.sign(&draft.canonical))
            })
            .collect();
        let mut files = BUNDLE.clone();
        files.insert("metadata/1.root.json".to_owned(), draft.assemble(&signatures));
        summed(files)
    };
    let files = sign(&["root-a", "root-c"]);
    let judgement = judge(&files);
    refused("signed by others", &files, &["metadata", "bindings"]);
    for name in ["thresholds", "clients"] {
        assert!(
            !judgement.failed().contains(&name),
            "{name} counts valid signatures"
        );
    }
    assert!(!python_on(&files).0);
    for names in [&["root-a"][..], &[], &["root-a", "targets-x"]] {
        let files = sign(names);
        refused(
            &format!("{names:?}"),
            &files,
            &["metadata", "thresholds", "clients"],
        );
        let (good, text) = python_on(&files);
        assert!(!good && text.contains("FAIL  thresholds"), "{text}");
    }
}

/// Swapping one bound thing for another that is good elsewhere (G29).
#[test]
fn parts_of_another_ceremony_do_not_fit() {
    let mut other = Room::new(&script_small());
    other.log = Key::new("another log", Algorithm::Ed25519);
    while other.go_on() {}
    let other = other.bundle();
    let mut cases = Vec::new();
    for path in [
        "ceremony.jsonl",
        "policy",
        "checkpoint",
        "metadata/1.root.json",
        "metadata/1.targets.json",
    ] {
        assert_ne!(BUNDLE[path], other[path]);
        let mut files = BUNDLE.clone();
        files.insert(path.to_owned(), other[path].clone());
        let files = summed(files);
        refused(path, &files, &[]);
        cases.push((path.to_owned(), files));
    }
    refused_by_python(&cases);
}

#[test]
fn a_record_names_its_blobs() {
    let folder = Room::closed(&script_small()).folder();
    let blob = folder.keys().find(|p| p.starts_with("blobs/")).unwrap().clone();
    let mut changed = folder.clone();
    changed.get_mut(&blob).unwrap()[40] ^= 1;
    let mut missing = folder.clone();
    missing.remove(&blob);
    let mut extra = folder.clone();
    extra.insert(format!("blobs/{}", Digest::of(b"x")), b"x".to_vec());
    for files in [changed, missing, extra] {
        let judgement = judge(&files);
        assert!(
            judgement.failed().contains(&"bindings"),
            "{:?}",
            judgement.failed()
        );
        assert_eq!(judgement.verdict, Level::Refused);
    }
}
