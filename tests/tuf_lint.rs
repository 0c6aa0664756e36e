//! `tuf lint` through the shipped program: golden text and JSON for files and
//! repositories, exit codes, profiles, and the instant that was used.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails"
)]

#[path = "support/chains.rs"]
mod chains;
#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "support/program.rs"]
mod program;
#[path = "support/real_files.rs"]
mod real_files;

use std::process::Command;

use kit::{at, with};
use program::{BINARY, Ran, ran, root};
use ring::signature::EcdsaKeyPair;
use tuf_ceremony::base::{Algorithm, Json, PublicKey};
use tuf_ceremony::tuf::{Key, RoleName, compose};

const AT: &str = "2027-01-01T00:00:00Z";
const FIVE: usize = 5;

fn golden(name: &str, text: &str) {
    let path = root().join("tests/golden/tuf").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "{name} is out of date: UPDATE_GOLDEN=1 cargo test --test tuf_lint\n{text}"
    );
}

/// A folder in which the program is called.
struct Desk(tempfile::TempDir);

impl Desk {
    /// `repo` with a whole repository; `chain` with five roots.
    fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        desk.folder("repo", &kit::repository());
        desk.folder("chain", &chains::four_changes());
        desk
    }

    fn folder(&self, name: &str, files: &kit::Files) {
        std::fs::create_dir_all(self.0.path().join(name)).unwrap();
        for (file, bytes) in files {
            self.put(&format!("{name}/{file}"), bytes);
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn lint(&self, words: &[&str]) -> Ran {
        let mut command = Command::new(&*BINARY);
        ran(command
            .current_dir(self.0.path())
            .args(["tuf", "lint"])
            .args(words))
    }

    /// The verdicts of `--json`.
    fn verdicts(&self, words: &[&str]) -> (i32, Json) {
        let ran = self.lint(&[words, &["--json"]].concat());
        let json = Json::parse(ran.out.as_bytes()).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        assert_eq!(ran.out.lines().count(), 1);
        (ran.code, json)
    }
}

/// Client to verdict and code, of the rows about `of`.
fn said(json: &Json, of: &str) -> Vec<(String, String, String)> {
    let text = |row: &Json, name: &str| {
        row.get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let rows = json.get("verdicts").unwrap().as_array().unwrap();
    rows.iter()
        .filter(|row| text(row, "of").starts_with(of))
        .map(|row| (text(row, "client"), text(row, "verdict"), text(row, "code")))
        .collect()
}

/// The secret and the public key of a seed on P-256; by `ring`, which every build has.
fn hardware(seed: u8) -> (EcdsaKeyPair, PublicKey) {
    let secret = [seed; 32];
    let public = p256::SecretKey::from_slice(&secret).unwrap().public_key();
    let point = p256::elliptic_curve::sec1::ToEncodedPoint::to_encoded_point(&public, false);
    let random = ring::rand::SystemRandom::new();
    let form = &ring::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(form, &secret, point.as_bytes(), &random).unwrap();
    let public = PublicKey::from_raw(Algorithm::EcdsaP256, point.as_bytes()).unwrap();
    (pair, public)
}

/// A root whose keys are P-256: what hardware makes, and rust-tuf does not read.
fn hardware_root() -> Vec<u8> {
    let mut inputs = kit::root_inputs(1);
    let keys = (1..=3).map(|seed| hardware(seed).1).collect();
    inputs.roles.insert(RoleName::Root, (2, keys));
    let draft = compose::root(&inputs, kit::now()).unwrap();
    let signatures: Vec<_> = [1, 2]
        .map(|seed| {
            let (pair, public) = hardware(seed);
            let sig = pair
                .sign(&ring::rand::SystemRandom::new(), &draft.canonical)
                .unwrap();
            (Key::of(&public).keyid(), sig.as_ref().to_vec())
        })
        .into();
    draft.assemble(&signatures)
}

#[test]
fn the_golden_files_and_the_golden_repository() {
    let desk = Desk::new();
    desk.put("1.root.json", &hardware_root());
    let files = ["1.root.json", "repo/1.targets.json", "--at", AT];
    let text = desk.lint(&files);
    assert_eq!(text.code, 0, "{text:?}");
    golden("lint-files.txt", &text.out);
    golden(
        "lint-files.json",
        &desk.lint(&[&files[..], &["--json"]].concat()).out,
    );
    let words = ["--repository", "repo", "--at", AT, "--profile", "universal"];
    let text = desk.lint(&words);
    assert_eq!(text.code, 0, "{text:?}");
    golden("lint-repository.txt", &text.out);
    golden(
        "lint-repository.json",
        &desk.lint(&[&words[..], &["--json"]].concat()).out,
    );
    // A root under one keyid that no signature of the version before is under.
    let five = chains::rekeyed(
        &chains::signed(5, "2027-12-01T00:00:00Z", 3, &[11, 12, 13]),
        &[11, 12, 13],
        chains::OWNER,
    );
    let only_new: Vec<_> = [11, 12, 13]
        .map(|s| (chains::id(s, Some(chains::OWNER)), s))
        .into();
    desk.put("chain/5.root.json", &chains::file(&five, &only_new));
    let text = desk.lint(&["--repository", "chain", "--at", AT]);
    assert_eq!(text.code, 1, "{text:?}");
    golden("lint-refused.txt", &text.out);
    let json = desk.lint(&["--repository", "chain", "--at", AT, "--json"]);
    golden("lint-refused.json", &json.out);
}

#[test]
fn the_profile_says_whose_verdict_decides() {
    let desk = Desk::new();
    desk.put("1.root.json", &hardware_root());
    for (profile, exit) in [
        ("hardware-default", 0),
        ("sigstore", 0),
        ("rstuf", 0),
        ("universal", 1),
    ] {
        let (code, json) = desk.verdicts(&["1.root.json", "--profile", profile]);
        assert_eq!(code, exit, "{profile}");
        assert_eq!(json.get("profile").and_then(Json::as_str), Some(profile));
        let rows = json.get("verdicts").unwrap().as_array().unwrap();
        assert_eq!(rows.len(), FIVE, "all five are shown, whoever decides");
        let rust = rows
            .iter()
            .find(|r| r.get("client").unwrap().as_str() == Some("rust-tuf"))
            .unwrap();
        assert_eq!(
            rust.get("verdict").unwrap().as_str(),
            Some("refuses"),
            "{profile}"
        );
        assert_eq!(rust.get("decides"), Some(&Json::Bool(profile == "universal")));
    }
    let text = desk.lint(&["1.root.json"]).out;
    assert!(text.contains("(other) rust-tuf"), "{text}");
    let text = desk.lint(&["1.root.json", "--profile", "universal"]).out;
    assert!(
        text.contains("REFUSED rust-tuf") && text.contains("          do: "),
        "{text}"
    );
    // One P-384 key in a root that Ed25519 keys sign: tough refuses the whole file.
    let mut inputs = kit::root_inputs(1);
    let scalar = p384::SecretKey::from_slice(&[7; 48]).unwrap().public_key();
    let point = p384::elliptic_curve::sec1::ToEncodedPoint::to_encoded_point(&scalar, false);
    let p384 = PublicKey::from_raw(Algorithm::EcdsaP384, point.as_bytes()).unwrap();
    inputs.roles.get_mut(&RoleName::Root).unwrap().1.push(p384);
    let draft = compose::root(&inputs, kit::now()).unwrap();
    desk.put("2.root.json", &kit::sign(&draft, &[1, 2, 3]));
    let tough = |json: &Json| {
        said(json, "2.root.json")
            .into_iter()
            .find(|r| r.0 == "tough")
            .unwrap()
    };
    let (code, json) = desk.verdicts(&["2.root.json"]);
    assert_eq!((code, tough(&json).1.as_str()), (1, "refuses"));
    let (code, _) = desk.verdicts(&["2.root.json", "--profile", "rstuf"]);
    assert_eq!(code, 0, "rstuf does not ask tough");
}

#[test]
fn the_instant_is_stated_and_decides() {
    let desk = Desk::new();
    for (instant, day, exit) in [(AT, "Friday", 0), ("2028-01-01T00:00:01Z", "Saturday", 1)] {
        let words = ["--repository", "repo", "--at", instant];
        let text = desk.lint(&words);
        assert_eq!(text.code, exit, "{text:?}");
        let line = format!("judged at {instant}, a {day} (--at)\n");
        assert!(text.out.contains(&line), "{}", text.out);
        let (_, json) = desk.verdicts(&words);
        assert_eq!(json.get("at").and_then(Json::as_str), Some(instant));
        assert_eq!(json.get("at_from").and_then(Json::as_str), Some("--at"));
        let codes: Vec<_> = said(&json, "repo").into_iter().map(|r| r.2).collect();
        let expected = if exit == 0 { "" } else { "EXPIRED" };
        assert_eq!(codes, [expected; FIVE], "{instant}");
    }
    let text = desk.lint(&["--repository", "repo"]);
    assert!(text.out.contains("(this machine's clock)\n"), "{}", text.out);
    // A file by itself may be history: that it is expired is said, and no verdict hangs on it.
    for (instant, expired) in [(AT, false), ("2028-01-01T00:00:01Z", true)] {
        let words = ["repo/1.root.json", "--at", instant];
        let text = desk.lint(&words);
        assert_eq!(text.code, 0, "{text:?}");
        assert!(text.out.contains(&format!("judged at {instant}")), "{text:?}");
        let note = "note repo/1.root.json: [EXPIRED] since ";
        assert_eq!(text.out.contains(note), expired, "{}", text.out);
        let (_, json) = desk.verdicts(&words);
        assert_eq!(json.get("at").and_then(Json::as_str), Some(instant));
        let notes = json.get("notes").unwrap().as_array().unwrap();
        assert_eq!(notes.len(), usize::from(expired));
    }
    assert!(at(AT) == kit::now());
}

#[test]
fn refused_files_are_named_with_code_and_remedy() {
    let desk = Desk::new();
    let signed = chains::signed(1, "2027-06-01T00:00:00Z", 2, &[1, 2, 3]);
    let by = chains::by(&[1, 2]);
    let table: Vec<(&str, Json, Vec<chains::By>, &str)> = vec![
        (
            "too-few-signatures",
            signed.clone(),
            chains::by(&[1]),
            "SIGNATURES",
        ),
        (
            "no-consistent-snapshot",
            with(&signed, &["consistent_snapshot"], None),
            by.clone(),
            "",
        ),
        (
            "expires-with-an-offset",
            with(&signed, &["expires"], Some("2027-06-01T00:00:00+00:00".into())),
            by,
            "",
        ),
    ];
    for (sin, signed, by, code) in table {
        let name = format!("{sin}.root.json");
        desk.put(&name, &chains::file(&signed, &by));
        // The role is in the name: NAME.root.json is no version, so it is copied to one.
        std::fs::copy(desk.0.path().join(&name), desk.0.path().join("1.root.json")).unwrap();
        let (exit, json) = desk.verdicts(&["1.root.json"]);
        assert_eq!(exit, 1, "{sin}");
        let refused: Vec<_> = said(&json, "1.root.json")
            .into_iter()
            .filter(|r| r.1 == "refuses")
            .collect();
        assert!(!refused.is_empty(), "{sin}");
        assert!(refused.iter().all(|r| !r.2.is_empty()), "{sin}: {refused:?}");
        assert!(
            code.is_empty() || refused.iter().all(|r| r.2 == code),
            "{sin}: {refused:?}"
        );
        let rows = json.get("verdicts").unwrap().as_array().unwrap();
        for row in rows.iter().filter(|r| r.get("code").is_some()) {
            assert!(row.get("remedy").unwrap().as_str().unwrap().len() > 5, "{sin}");
        }
        let text = desk.lint(&["1.root.json"]).out;
        assert!(
            text.contains("REFUSED ") && text.contains("do: "),
            "{sin}: {text}"
        );
    }
}

/// A chain that an old root spoils is judged from the oldest one that clients still have.
#[test]
fn the_oldest_root_that_is_judged_can_be_named() {
    let desk = Desk::new();
    desk.put("chain/1.root.json", b"{}");
    assert_eq!(desk.lint(&["--repository", "chain", "--at", AT]).code, 1);
    let text = desk.lint(&["--repository", "chain", "--from", "2", "--at", AT]);
    assert!(
        text.code == 0 && text.out.contains("chain from root 2"),
        "{text:?}"
    );
    let Some(real) = real_files::folder("sigstore-root-chain") else {
        return;
    };
    let real = real.to_str().unwrap();
    let base = ["--repository", real, "--profile", "sigstore"];
    for (from, instant, exit) in [
        ("1", "2026-11-01T00:00:00Z", 1),
        ("12", "2026-11-01T00:00:00Z", 0),
        ("12", "2026-11-21T00:00:00Z", 1),
    ] {
        let ran = desk.lint(&[&base[..], &["--from", from, "--at", instant]].concat());
        assert_eq!(ran.code, exit, "from {from} at {instant}: {ran:?}");
    }
}

#[test]
fn bad_input_is_no_verdict() {
    let desk = Desk::new();
    std::fs::create_dir(desk.0.path().join("empty")).unwrap();
    for words in [
        &[][..],
        &["nowhere.json"],
        &["--repository", "nowhere"],
        &["--repository", "empty"],
        &["--repository", "repo", "--at", "tomorrow"],
        &["repo/1.root.json", "--profile", "nobody"],
        &["repo/1.root.json", "--at", "tomorrow"],
        &["repo/1.root.json", "--from", "1"],
        &["--repository", "repo", "--from", "0"],
        &["--repository", "repo", "--from", "7"],
    ] {
        let ran = desk.lint(words);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words:?}: {ran:?}");
        assert!(!ran.err.is_empty(), "{words:?}");
    }
    // What is no JSON is read, and refused by every client.
    desk.put("1.root.json", b"<html>");
    assert_eq!(desk.lint(&["1.root.json"]).code, 1);
    desk.put("1.targets.json", "9".repeat(5_000_001).as_bytes());
    let large = desk.lint(&["1.targets.json"]);
    assert!(large.code == 2 && large.err.contains("[TOO_LARGE]"), "{large:?}");
}
