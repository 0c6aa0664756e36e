//! The vectors of docs/transcript-format.md: a record with every type, and one sin
//! to a file, named by the code that a reader gives it. Both verifiers read each;
//! a type, a field or a version that version 1 does not have is refused by both.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use tuf_ceremony::transcript::{Code, Kind, read};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/record"))
}

/// Every record of the folder by its name, without the ending.
fn vectors() -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "jsonl") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

/// What verify.py's checks of lines say of each.
fn second(names: &[&String]) -> Vec<String> {
    let out = Command::new("python3")
        .arg(folder().join("second.py"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bundle/verify.py"))
        .args(names.iter().map(|name| format!("{name}.jsonl")))
        .current_dir(folder())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn every_vector_comes_to_the_code_that_it_is_named_by() {
    let vectors = vectors();
    let names: Vec<&String> = vectors.keys().collect();
    let said = second(&names);
    assert_eq!(said.len(), names.len());
    let mut seen = BTreeSet::new();
    for ((name, bytes), said) in vectors.iter().zip(said) {
        let (code, _) = name.split_once("--").unwrap();
        let chain = read(bytes);
        let first = chain.problems.first().map_or("good", |p| p.code.as_str());
        // Whatever else follows from the sin, it is named first.
        assert_eq!(first, code, "{name}: {:?}", chain.problems);
        assert_eq!(said == "good", code == "good", "{name}: verify.py says {said}");
        seen.insert(first);
    }
    // A field of another form has many vectors in tests/transcript_lines.rs; null and
    // forbidden keys are ours to find: verify.py reads no bodies.
    let not_here = [Code::Field, Code::Value].map(Code::as_str);
    for code in Code::ALL.iter().map(|c| c.as_str()) {
        assert!(
            seen.contains(code) || not_here.contains(&code),
            "no vector for {code}"
        );
    }
}

#[test]
fn the_whole_record_has_every_type_and_the_second_verifier_knows_the_same_ones() {
    let vectors = vectors();
    let chain = read(&vectors["good--every-type"]);
    assert!(chain.is_intact() && chain.is_closed(), "{:?}", chain.problems);
    let types: BTreeSet<&str> = chain.lines.iter().map(|(l, _)| l.record.kind.as_str()).collect();
    let all: BTreeSet<&str> = Kind::ALL.iter().map(|k| k.as_str()).collect();
    assert_eq!(types, all);
    let python = std::str::from_utf8(tuf_ceremony::bundle::VERIFY_PY).unwrap();
    let line = python.lines().find_map(|l| l.strip_prefix("TYPES = \"")).unwrap();
    let listed: Vec<&str> = line.split('"').next().unwrap().split(' ').collect();
    assert_eq!(listed.len(), all.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
    assert!(python.lines().count() <= 100, "{}", python.lines().count());
}

/// Types of version 1, in the order in which they came. Later ones are appended here;
/// none is taken out, moved or given another word.
#[test]
fn types_are_only_appended() {
    let first = "open resume answer outcome note storage pause abort step intended recovered key credential \
                 recorded differed break back superseded waived attested device-log retired composed transition \
                 frozen reviewed compared locked proven attester countersigned declined signed complete \
                 client-verdicts gate exported gate-failed close machine accepted halted thawed agreed";
    let python = std::str::from_utf8(tuf_ceremony::bundle::VERIFY_PY).unwrap();
    let listed = python.lines().find_map(|l| l.strip_prefix("TYPES = \"")).unwrap();
    assert!(
        listed.starts_with(first),
        "version 1 begins with these, later ones follow"
    );
}
