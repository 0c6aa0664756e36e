//! Root transitions N -> N+1: the shipped succession rehearsals through the
//! shipped binary, judged by both verifiers, the strict client and the real
//! ones; and what is refused, by name.
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
#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/veterans.rs"]
mod veterans;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use program::{Ran, Room, clients_accept, lines, ran, root, run, script};
use scripts::build;
use tuf_ceremony::base::{Digest, Instant};
use tuf_ceremony::tuf::{Change, Metadata, Root, Signed, check_repository, transition};

fn folder() -> PathBuf {
    root().join("ceremony-scripts/rehearsal")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(script(&format!("{name}.toml"))).unwrap()
}

#[test]
fn the_rehearsals_chain_is_what_the_veterans_sign() {
    let temp = tempfile::tempdir().unwrap();
    for (name, bytes) in veterans::chain(temp.path()) {
        let path = folder().join("chain").join(&name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(folder().join("chain")).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(committed == bytes, "{name}: UPDATE_GOLDEN=1 writes it anew");
    }
}

/// A rehearsal from the first to the last record, by its own answers.
fn rehearse(room: &Room, name: &str) -> PathBuf {
    let done = room.run(
        &script(&format!("{name}.toml")),
        &script(&format!("{name}.answers.toml")),
    );
    assert_eq!(done.code, 0, "{name}: {}{}", done.out, done.err);
    room.bundle()
}

fn verdicts(bundle: &Path) -> (Ran, Ran) {
    let ours = run(&["verify", bundle.to_str().unwrap()]);
    let second = ran(Command::new("python3")
        .arg(root().join("src/bundle/verify.py"))
        .arg(bundle));
    (ours, second)
}

/// What clients see: the bundle's files over those that were published.
fn published(bundle: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for from in [folder().join("chain"), bundle.join("metadata")] {
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
    files
}

fn root_of(bytes: &[u8]) -> Root {
    match Metadata::parse(bytes).unwrap().signed {
        Signed::Root(root) => root,
        _ => panic!("a root"),
    }
}

fn changes(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let (old, new) = (root_of(&files["2.root.json"]), root_of(&files["3.root.json"]));
    transition(&old, &new)
        .iter()
        .map(|change| match change {
            Change::AddKey { role, .. } => format!("add {role}"),
            Change::RemoveKey { role, .. } => format!("remove {role}"),
            Change::ReKey { role, .. } => format!("re-key {role}"),
            Change::SetThreshold { role, threshold } => format!("{role} {threshold}"),
            Change::Other(what) => what.clone(),
        })
        .collect()
}

/// Runs a rehearsal; every verifier and client must take what leaves.
fn good(name: &str, expected: &[&str]) -> (Room, PathBuf) {
    let room = Room::new();
    let bundle = rehearse(&room, name);
    let (ours, second) = verdicts(&bundle);
    assert_eq!(ours.code, 0, "{name}: {}{}", ours.out, ours.err);
    assert_eq!(second.code, 0, "{name}: {}{}", second.out, second.err);
    let files = published(&bundle);
    assert_eq!(changes(&files), expected, "{name}");
    let at = Instant::parse(&now()).unwrap();
    let summary = check_repository(&files, at).unwrap();
    assert_eq!(summary.root.version, 3);
    let whole = room.dir.path().join("whole");
    std::fs::create_dir_all(whole.join("metadata")).unwrap();
    for (name, bytes) in files {
        std::fs::write(whole.join("metadata").join(name), bytes).unwrap();
    }
    clients_accept(&whole, room.dir.path(), false);
    (room, bundle)
}

fn now() -> String {
    let out = ran(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]));
    out.out.trim().to_owned()
}

fn of_type(room: &Room, kind: &str) -> Vec<(usize, String)> {
    let word = format!("\"type\":\"{kind}\"");
    lines(&room.record())
        .into_iter()
        .enumerate()
        .filter(|(_, line)| line.contains(&word))
        .collect()
}

#[test]
fn a_key_is_added_and_what_stays_is_kept_to_the_byte() {
    let (room, bundle) = good("root-add-key", &["add root"]);
    let files = published(&bundle);
    let (old, new) = (root_of(&files["2.root.json"]), root_of(&files["3.root.json"]));
    for (keyid, key) in &old.keys {
        assert_eq!(new.keys.get(keyid), Some(key), "unknown fields and all");
    }
    assert_eq!(of_type(&room, "transition").len(), 1);
    let signed = of_type(&room, "signed");
    assert!(
        signed[0].1.contains("\"old_have\":1,\"old_need\":2"),
        "{signed:?}"
    );
    // Without the chain nobody can judge the old threshold.
    let chain = std::fs::read(folder().join("chain/2.root.json")).unwrap();
    let blob = bundle.join(format!("blobs/{}", Digest::of(&chain)));
    std::fs::remove_file(blob).unwrap();
    let (ours, second) = verdicts(&bundle);
    assert_ne!((ours.code, second.code), (0, 0));
    assert!(ours.out.contains("FAIL  script"), "{}", ours.out);
    assert!(second.out.contains("FAIL  thresholds"), "{}", second.out);
}

#[test]
fn a_key_is_revoked_with_its_reason_on_record() {
    let (room, _) = good("root-revoke-key", &["add root", "remove root"]);
    let transition = of_type(&room, "transition");
    assert!(transition[0].1.contains("left in a taxi"), "{transition:?}");
}

#[test]
fn all_keys_are_replaced_at_once_and_only_both_thresholds_complete() {
    let expected = [
        "add root",
        "add root",
        "add root",
        "remove root",
        "remove root",
        "remove root",
    ];
    let (room, bundle) = good("root-replace-all", &expected);
    let signed = of_type(&room, "signed");
    let meters = ["0,\"keyid\"", "0,\"keyid\"", "1,\"keyid\"", "2,\"keyid\""];
    assert_eq!(signed.len(), 4);
    for ((_, line), meter) in signed.iter().zip(meters) {
        assert!(line.contains(&format!("\"have\":{meter}")), "{line}");
    }
    assert!(
        signed[1].1.contains("\"old_have\":2,\"old_need\":2"),
        "{}",
        signed[1].1
    );
    let complete = of_type(&room, "complete");
    assert_eq!(complete.len(), 1);
    assert!(complete[0].0 > signed[3].0, "after the last of both");

    // The auditor counts the old threshold from the files alone.
    let path = bundle.join("metadata/3.root.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    let old = root_of(&published(&bundle)["2.root.json"]);
    let mut json: serde_json::Value = serde_json::from_str(&whole).unwrap();
    let signatures = json["signatures"].as_array_mut().unwrap();
    signatures.retain(|s| {
        let keyid = s["keyid"].as_str().unwrap();
        !old.keys.keys().any(|k| k.to_string() == keyid)
    });
    assert_eq!(signatures.len(), 2);
    std::fs::write(&path, serde_json::to_string(&json).unwrap()).unwrap();
    let (ours, second) = verdicts(&bundle);
    assert!(ours.out.contains("0 of 2 by root 2"), "{}", ours.out);
    assert!(second.out.contains("FAIL  thresholds"), "{}", second.out);
}

#[test]
fn a_re_keyed_key_signs_once_for_both_ids() {
    let (room, bundle) = good("root-rekey", &["re-key root"]);
    let bytes = std::fs::read(bundle.join("metadata/3.root.json")).unwrap();
    let signatures = Metadata::parse(&bytes).unwrap().signatures;
    assert_eq!(signatures.len(), 3, "root-b under two ids, root-c under one");
    let values: std::collections::BTreeSet<_> = signatures.iter().map(|s| s.sig.clone()).collect();
    assert_eq!(values.len(), 2);
    let intents = of_type(&room, "intended");
    let signs = intents
        .iter()
        .filter(|(_, l)| l.contains("\"tuf-metadata\""))
        .count();
    assert_eq!(signs, 2, "two device operations");
}

#[test]
fn online_keys_are_rotated_and_the_recovery_is_told() {
    let expected = [
        "add snapshot",
        "add timestamp",
        "remove snapshot",
        "remove timestamp",
    ];
    let (room, _) = good("root-rotate-online", &expected);
    let transition = of_type(&room, "transition");
    assert!(transition[0].1.contains("fast-forward"), "{transition:?}");
}

#[test]
fn a_refresh_changes_nothing_but_version_and_expiry() {
    good("root-refresh", &[]);
}

#[test]
fn a_threshold_is_raised_with_a_key_to_spare() {
    good("root-threshold", &["add root", "root 3"]);
}

#[test]
fn a_token_that_lacks_the_key_enrols_nothing() {
    let room = Room::new();
    // token-a and token-b change places: each is a veteran, with other keys.
    let swapped = text("root-rekey")
        .replace("VETERAN-4202", "VETERAN-0000")
        .replace("VETERAN-4303", "VETERAN-4202")
        .replace("VETERAN-0000", "VETERAN-4303");
    let answers = std::fs::read_to_string(script("root-rekey.answers.toml"))
        .unwrap()
        .replace("VETERAN-4202", "VETERAN-0000")
        .replace("VETERAN-4303", "VETERAN-4202")
        .replace("VETERAN-0000", "VETERAN-4303");
    let (script, answers) = beside_chain(room.dir.path(), &swapped, &answers);
    let refused = room.run(&script, &answers);
    assert_eq!(refused.code, 4, "{}{}", refused.out, refused.err);
    assert!(
        refused
            .err
            .contains("the device holds no key with the public key of root-b"),
        "{}",
        refused.err
    );
    assert!(of_type(&room, "signed").is_empty());
}

/// Script and answers in a folder of their own, with the chain beside them.
fn beside_chain(dir: &Path, script: &str, answers: &str) -> (PathBuf, PathBuf) {
    let chain = dir.join("chain");
    std::fs::create_dir_all(&chain).unwrap();
    for entry in std::fs::read_dir(folder().join("chain")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, chain.join(path.file_name().unwrap())).unwrap();
    }
    let (s, a) = (dir.join("s.toml"), dir.join("s.answers.toml"));
    std::fs::write(&s, script).unwrap();
    std::fs::write(&a, answers).unwrap();
    (s, a)
}

/// The script with one text in the place of another, which stands there once.
fn with(name: &str, from: &str, to: &str) -> String {
    let text = text(name);
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

/// Without the steps that sign with a key.
fn unsigned_by(name: &str, keys: &[&str]) -> String {
    let text = text(name);
    let steps: Vec<&str> = text.split("\n[[act.step]]\n").collect();
    let kept: Vec<&str> = steps
        .iter()
        .copied()
        .filter(|step| {
            let signs = step.contains("do      = \"sign\"");
            !(signs && keys.iter().any(|k| step.contains(&format!("key     = \"{k}\""))))
        })
        .collect();
    assert_eq!(steps.len() - kept.len(), keys.len());
    kept.join("\n[[act.step]]\n")
}

#[test]
fn every_sin_of_a_succession_is_refused_by_name() {
    let change = |what: &str| format!("[[change]]\n{what}\n\n[[result]]\nmetadata        = \"root\"");
    let result = "[[result]]\nmetadata        = \"root\"";
    let sha = |name: &str| Digest::of(&std::fs::read(folder().join("chain").join(name)).unwrap()).to_string();
    let add_d = "[[change]]\ndo        = \"add-key\"\nrole      = \"root\"\nkey       = \"root-d\"\n";
    let refresh = "[[change]]\ndo        = \"refresh\"\n";
    let root_b = "trusted = \"4282bce5d33c88e61fa990bbba8479d9dc2b29e295adfe01826c455e79a6ea23\"";
    let cases: Vec<(&str, String, &str)> = vec![
        (
            "plan-change-undeclared",
            with("root-add-key", add_d, refresh),
            "add-key root-d to root",
        ),
        (
            "plan-change-absent",
            with("root-add-key", add_d, refresh),
            "refresh is declared",
        ),
        (
            "plan-change-absent",
            with(
                "root-refresh",
                result,
                &change("do = \"set-threshold\"\nrole = \"root\"\nthreshold = 3"),
            ),
            "set-threshold of root to 3",
        ),
        (
            "plan-change-undeclared",
            with(
                "root-rekey",
                "do        = \"re-key\"\nrole      = \"root\"\nkey       = \"root-b\"",
                "do = \"refresh\"\nreason = \"x\"",
            )
            .replace("threshold       = 2", "threshold       = 3"),
            "set-threshold of root to 3",
        ),
        // A key in our own spelling cannot be spelled anew.
        (
            "plan-change-absent",
            with("root-rekey", "key       = \"root-b\"", "key       = \"root-c\""),
            "re-key root-c of root",
        ),
        (
            "plan-change-twice",
            with("root-refresh", refresh, &format!("{refresh}\n{refresh}")),
            "twice",
        ),
        (
            "input-digest",
            with("root-refresh", &sha("2.root.json"), &sha("1.root.json")),
            "chain/2.root.json",
        ),
        (
            "input-missing",
            with("root-refresh", "chain/2.root.json", "chain/3.root.json").replace(
                "earlier   = [\"",
                &format!("earlier   = [\"{}\", \"", sha("1.root.json")),
            ),
            "chain/3.root.json",
        ),
        (
            "script-wrong-value",
            with("root-refresh", "chain/2.root.json", "chain/3.root.json"),
            "1 digests, expected 2",
        ),
        (
            "script-wrong-value",
            with("root-refresh", "chain/2.root.json", "../2.root.json"),
            "file",
        ),
        (
            "plan-version",
            with("root-refresh", "version         = 3", "version         = 4"),
            "version 4, the trusted one has 2",
        ),
        (
            "plan-version",
            with("root-refresh", "version         = 3", "version         = 2"),
            "version 2",
        ),
        (
            "plan-no-predecessor",
            with(
                "root-rotate-online",
                &format!(
                    "snapshot  = {{ file = \"chain/1.snapshot.json\", sha256 = \"{}\" }}\n",
                    sha("1.snapshot.json")
                ),
                "",
            ),
            "snapshot is made here",
        ),
        (
            "plan-precondition",
            unsigned_by("root-replace-all", &["root-a", "root-b"]),
            "0 signature(s) by keys of the trusted root, whose threshold is 2",
        ),
        (
            "plan-precondition",
            unsigned_by("root-replace-all", &["root-d", "root-e"]),
            "root has 0 signature(s), its threshold is 2",
        ),
        (
            "plan-revoked-key",
            with(
                "root-revoke-key",
                "keys      = [\"targets-a\", \"targets-b\", \"targets-c\"]",
                "keys      = [\"targets-a\", \"targets-b\", \"targets-c\", \"root-b\"]",
            ),
            "still a key of targets",
        ),
        (
            "script-missing-field",
            with(
                "root-revoke-key",
                "reason    = \"the token was left in a taxi\"\n",
                "",
            ),
            "reason",
        ),
        (
            "trust-key-unknown",
            with("root-refresh", root_b, &root_b.replace("4282", "0000")),
            "root-b",
        ),
        (
            "trust-key-twice",
            with(
                "root-refresh",
                root_b,
                "trusted = \"fac1b75548016e70c2c772fcfa96357b8e6a3b83cccde75d855d85ec9ee31816\"",
            ),
            "root-a and root-b",
        ),
        (
            "trust-predecessor",
            with(
                "root-refresh",
                &format!("chain/1.targets.json\", sha256 = \"{}", sha("1.targets.json")),
                &format!("chain/1.snapshot.json\", sha256 = \"{}", sha("1.snapshot.json")),
            ),
            "expected targets metadata",
        ),
        (
            "plan-key-trusted",
            with(
                "root-add-key",
                "[[change]]",
                &format!(
                    "[[key]]\nid = \"again\"\npublic = {{ file = \"online.pub.pem\", sha256 = \"{}\" }}\nproof_of_possession = \"waived\"\n\n[[change]]",
                    Digest::of(&std::fs::read(folder().join("online.pub.pem")).unwrap())
                ),
            ),
            "again",
        ),
        (
            "plan-precondition",
            text("root-refresh").replace("backend = \"embedded\"", "backend = \"file\""),
            "real key",
        ),
        (
            "script-unknown-field",
            with("root-refresh", "first     = 1", "first     = 1\ngenesis = true"),
            "genesis",
        ),
        (
            "script-unknown-field",
            text("root-keygen") + "\n" + refresh,
            "change",
        ),
    ];
    for (code, text, says) in cases {
        let faults = build(text.as_bytes(), &folder()).expect_err(code).0;
        assert!(
            faults.iter().any(|d| d.code == code && d.message.contains(says)),
            "expected {code} ({says}), got {faults:#?}"
        );
    }
}

/// What the plan takes: a chain that begins later, for clients shipped later.
#[test]
fn a_chain_may_begin_where_clients_begin() {
    let text = text("root-refresh");
    let earlier = text.lines().find(|l| l.starts_with("earlier")).unwrap();
    let text = text
        .replace(&format!("{earlier}\n"), "")
        .replace("first     = 1 ", "first     = 2 ");
    let plan = build(text.as_bytes(), &folder()).unwrap();
    assert_eq!(plan.trusted().unwrap().roots.len(), 1);
}

/// The roots before the trusted one are judged too: it does not vouch for them.
#[test]
fn a_broken_chain_gives_no_trusted_root() {
    let dir = tempfile::tempdir().unwrap();
    let chain = |name: &str| std::fs::read(folder().join("chain").join(name)).unwrap();
    let (one, two) = (chain("1.root.json"), chain("2.root.json"));
    let unsigned = String::from_utf8(one.clone())
        .unwrap()
        .replacen("\"sig\": \"30", "\"sig\": \"31", 1)
        .into_bytes();
    for (sin, bytes, says) in [
        ("the second under the first's name", two.clone(), "OTHER_VERSION"),
        ("a signature that does not verify", unsigned, "THRESHOLD"),
    ] {
        let (script, _) = beside_chain(dir.path(), "", "");
        std::fs::write(dir.path().join("chain/1.root.json"), &bytes).unwrap();
        let text =
            text("root-refresh").replace(&Digest::of(&one).to_string(), &Digest::of(&bytes).to_string());
        let faults = build(text.as_bytes(), script.parent().unwrap()).expect_err(sin).0;
        assert!(
            faults
                .iter()
                .any(|d| d.code == "trust-chain" && d.message.contains(says)),
            "{sin}: {faults:#?}"
        );
    }
}
