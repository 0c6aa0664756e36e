//! A whole bundle as files, for whoever writes a third verifier: a production
//! ceremony that two witnesses cosigned, the anchors of its auditor, what `verify`
//! says of it, and one sin to a case with the codes that it comes to. Both verifiers
//! judge what is committed; a program that judges it otherwise reads another format.
//! `UPDATE_GOLDEN=1` makes it anew, while the format is a draft.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/production.rs"]
mod production;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use audit::{python_on, summed};
use rehearsal::{Map, Room, write};
use tuf_ceremony::audit::{Anchors, Judgement, Options, judge};
use tuf_ceremony::base::Json;
use tuf_ceremony::bundle::{Files, Sums};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/bundle")
}

fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// Ed25519 alone: the same bytes each time.
fn made() -> Room {
    production::closed_of(&production::script().replace("ecdsa-p256", "ed25519"))
}

/// The committed files, by their paths within the bundle.
fn bundle() -> Map {
    tuf_ceremony::bundle::read(&folder().join("good")).unwrap().known
}

fn anchors() -> Anchors {
    Anchors::parse(&std::fs::read(folder().join("anchors")).unwrap()).unwrap()
}

fn judged(files: &Map, with: bool) -> Judgement {
    let options = Options {
        anchors: with.then(anchors),
        ..Options::default()
    };
    judge(&Files::from_map(files.clone()), &options)
}

/// What does not depend on the program that judges: verdicts and codes, no sentence.
fn essence(judgement: &Judgement) -> Json {
    let json = judgement.json();
    let part = |name: &str| (name.to_owned(), json.get(name).unwrap().clone());
    let check = |check: &Json| {
        let text = |name: &str| check.get(name).unwrap().as_str().unwrap().to_owned();
        (text("name"), Json::from(text("verdict").as_str()))
    };
    let checks: BTreeMap<String, Json> = json
        .get("checks")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(check)
        .collect();
    let mut of: BTreeMap<String, Json> = ["verdict", "good", "witnesses", "last", "codes"].map(part).into();
    of.insert("checks".to_owned(), Json::Object(checks));
    Json::Object(of)
}

/// One sin: a file without, a file more, or another text in one place.
struct Sin {
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// Whether `SHA256SUMS` is written anew around it.
    mended: bool,
}

const SINS: [Sin; 13] = [
    sin(
        "metadata-edited",
        "metadata/1.root.json",
        "\"threshold\": 2",
        "\"threshold\": 1",
        true,
    ),
    sin(
        "metadata-edited-sums-kept",
        "metadata/1.root.json",
        "\"threshold\": 2",
        "\"threshold\": 1",
        false,
    ),
    sin("metadata-gone", "metadata/1.targets.json", "", "", true),
    sin("metadata-added", "metadata/2.root.json", "", "{}\n", true),
    sin("key-gone", "keys/online.pub.pem", "", "", true),
    sin(
        "script-edited",
        "script.toml",
        "2 of 3 for each role",
        "1 of 3 for each role",
        true,
    ),
    sin("approvals-gone", "approvals", "", "", true),
    sin(
        "verifier-edited",
        "verify.py",
        "#!/usr/bin/env python3",
        "#!/usr/bin/env python2",
        true,
    ),
    sin(
        "record-edited",
        "ceremony.jsonl",
        "\"typed\":\"close\"",
        "\"typed\":\"clost\"",
        true,
    ),
    sin("record-gone", "ceremony.jsonl", "", "", true),
    sin("checkpoint-gone", "checkpoint", "", "", true),
    sin("checkpoint-edited", "checkpoint", "\n223\n", "\n222\n", true),
    sin("sums-gone", "SHA256SUMS", "", "", false),
];

const fn sin(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    mended: bool,
) -> Sin {
    Sin {
        name,
        file,
        from,
        to,
        mended,
    }
}

/// The case as the file of cases has it.
fn case(sin: &Sin, judgement: &Judgement, second: bool) -> Json {
    Json::object([
        ("name", sin.name.into()),
        ("file", sin.file.into()),
        ("from", sin.from.into()),
        ("to", sin.to.into()),
        ("sums_mended", Json::Bool(sin.mended)),
        ("verdict", judgement.verdict.as_str().into()),
        (
            "codes",
            Json::Array(judgement.codes().into_iter().map(Json::from).collect()),
        ),
        ("verify_py_accepts", Json::Bool(second)),
    ])
}

fn sinned(good: &Map, file: &str, from: &str, to: &str, mended: bool) -> Map {
    let mut files = good.clone();
    match (from, to) {
        ("", "") => {
            files.remove(file).unwrap();
        }
        ("", more) => assert!(files.insert(file.to_owned(), more.as_bytes().to_vec()).is_none()),
        (from, to) => {
            let text = String::from_utf8(files[file].clone()).unwrap();
            assert!(text.contains(from), "{file}: {from}");
            files.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
        }
    }
    if mended { summed(files) } else { files }
}

#[test]
fn the_bundle_is_the_one_that_this_program_would_make() {
    let (files, known) = (production::witnessed(&made()), production::known());
    if updating() {
        let _ = std::fs::remove_dir_all(folder().join("good"));
        write(&folder().join("good"), &files);
        std::fs::write(folder().join("anchors"), known).unwrap();
        let said = essence(&judged(&files, true)).indented();
        std::fs::write(folder().join("good.json"), said).unwrap();
        let cases = SINS.iter().map(|s| {
            let spoiled = sinned(&files, s.file, s.from, s.to, s.mended);
            case(s, &judged(&spoiled, true), python_on(&spoiled).0)
        });
        let cases = Json::Array(cases.collect()).indented();
        std::fs::write(folder().join("cases.json"), cases).unwrap();
        return;
    }
    let committed = bundle();
    let names = |map: &Map| map.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&committed), names(&files));
    for (path, bytes) in &files {
        assert!(&committed[path] == bytes, "{path} would be another one");
    }
}

#[test]
fn both_verifiers_take_the_bundle() {
    let files = bundle();
    let (with, without) = (judged(&files, true), judged(&files, false));
    let expected = std::fs::read(folder().join("good.json")).unwrap();
    assert_eq!(essence(&with).indented().into_bytes(), expected);
    assert_eq!(with.verdict.as_str(), "witnessed");
    // Of itself it says no more than that it is of a piece.
    assert_eq!(without.verdict.as_str(), "internally-consistent");
    let (second, said) = python_on(&files);
    assert!(second, "{said}");
    let sums = Sums::parse(&files["SHA256SUMS"]).unwrap();
    assert_eq!(
        sums.0.len() + 1,
        files.keys().filter(|p| !p.starts_with("checkpoint")).count()
    );
}

#[test]
fn every_case_comes_to_its_codes() {
    let good = bundle();
    let cases = Json::parse(&std::fs::read(folder().join("cases.json")).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), SINS.len());
    for case in cases {
        let text = |name: &str| case.get(name).unwrap().as_str().unwrap();
        let mended = case.get("sums_mended") == Some(&Json::Bool(true));
        let files = sinned(&good, text("file"), text("from"), text("to"), mended);
        let said = judged(&files, true);
        let (second, _) = python_on(&files);
        let name = text("name");
        assert!(!said.good(), "{name} is accepted");
        assert_eq!(said.verdict.as_str(), text("verdict"), "{name}");
        let codes: Vec<&str> = case
            .get("codes")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c.as_str().unwrap())
            .collect();
        assert_eq!(said.codes(), codes, "{name}");
        assert_eq!(Some(&Json::Bool(second)), case.get("verify_py_accepts"), "{name}");
        assert!(!second, "{name} is accepted by verify.py");
    }
}
