//! The classes of bad bundles T01 to T18 and J01 to J07 (facts/security.md, appendix
//! B), each refused by its stable code. The ids are counted: a class without a case
//! fails, and so does a case that is refused for another reason. What is spoilt is
//! signed again with good keys, so that only the named rule stands in the way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test: to panic is how it fails"
)]

#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "support/scripts.rs"]
mod scripts;

use std::collections::BTreeSet;

use kit::{Files, envelope, keyid, later, now, public, repository, root, root_inputs, sign, with};
use tuf_ceremony::base::{Algorithm, Json, PublicKey};
use tuf_ceremony::tuf::chain::{self, Mode, Options};
use tuf_ceremony::tuf::clients::{Client, Verdict, lint_file};
use tuf_ceremony::tuf::{Key, Metadata, NotComposed, RoleName, check_repository, compose};

const IDS: [&str; 25] = [
    "T01", "T02", "T03", "T04", "T05", "T06", "T07", "T08", "T09", "T10", "T11", "T12", "T13", "T14", "T15",
    "T16", "T17", "T18", "J01", "J02", "J03", "J04", "J05", "J06", "J07",
];

type Case = (&'static str, &'static str, String, &'static str);

fn parsed(signed: &Json) -> String {
    bytes(&envelope(signed, &[1, 2, 3]))
}

fn bytes(bytes: &[u8]) -> String {
    Metadata::parse(bytes).map_or_else(|e| e.code().to_owned(), |_| "ACCEPTED".to_owned())
}

fn repo(change: impl Fn(&mut Files)) -> String {
    let mut files = repository();
    change(&mut files);
    check_repository(&files, now()).map_or_else(|e| e.code().to_owned(), |_| "ACCEPTED".to_owned())
}

/// A repository with a second root over the first.
fn second(version: u64, signers: &[u8], change: impl Fn(Json) -> Json) -> String {
    let signed = change(root(version).signed);
    let name = format!("{version}.root.json");
    repo(|files| _ = files.insert(name.clone(), envelope(&signed, signers)))
}

fn composed(change: impl Fn(&mut tuf_ceremony::tuf::RootInputs)) -> String {
    let mut inputs = root_inputs(1);
    change(&mut inputs);
    match compose::root(&inputs, now()) {
        Ok(_) => "ACCEPTED",
        Err(NotComposed::RootKeyOnline { .. }) => "RootKeyOnline",
        Err(NotComposed::Key { .. }) => "Key",
        Err(NotComposed::Expired { .. }) => "Expired",
        Err(_) => "another",
    }
    .to_owned()
}

/// What python-tuf's model says of a targets file alone.
fn delegated(delegations: Json) -> String {
    let signed = compose::targets(1, later(), now()).unwrap().signed;
    let file = envelope(&with(&signed, &["delegations"], Some(delegations)), &[4]);
    match lint_file(Client::PythonTuf, "targets", &file) {
        Verdict::Refuses(refusal) => refusal.code,
        other => other.to_string(),
    }
}

fn role(name: &str) -> Json {
    Json::object([
        ("keyids", Json::Array(vec![keyid(9).to_string().into()])),
        ("name", name.into()),
        ("paths", Json::Array(vec!["a/*".into()])),
        ("terminating", Json::Bool(false)),
        ("threshold", Json::Int(1)),
    ])
}

fn delegations(roles: &[&str]) -> Json {
    let key = Key::of(&public(9));
    Json::object([
        (
            "keys",
            Json::Object([(key.keyid().to_string(), key.to_json())].into()),
        ),
        ("roles", Json::Array(roles.iter().map(|r| role(r)).collect())),
    ])
}

/// The code of a rehearsal script that is changed.
fn script(from: &str, to: &str, times: usize) -> String {
    let folder = scripts::root().join("ceremony-scripts/rehearsal");
    match scripts::build(&scripts::with(from, to, times), &folder) {
        Ok(_) => "ACCEPTED".to_owned(),
        Err(found) => found.0[0].code.to_owned(),
    }
}

const PROOF: &str = r#"do      = "prove-possession"
by      = "officer"
minutes = 1
on      = "token-a"
key     = "root-a""#;
const CHECKLIST: &str = r#"do      = "checklist"
by      = "officer"
minutes = 1
items   = ["Nothing is proven."]"#;

fn tuf_cases() -> Vec<Case> {
    let good = root(1).signed;
    let set = |path: &[&str], new: Json| with(&good, path, Some(new));
    let id = keyid(1).to_string();
    let moved = |new: &str| {
        let key = Key::of(&public(1)).to_json();
        with(&with(&good, &["keys", &id], None), &["keys", new], Some(key))
    };
    let mut alias = Key::of(&public(1));
    alias.unrecognized.insert("x-owner".to_owned(), "@a".into());
    let listed = [alias.keyid(), keyid(1), keyid(2), keyid(3)].map(|k| Json::from(k.to_string()));
    let aliased = set(&["keys", &alias.keyid().to_string()], alias.to_json());
    let aliased = with(
        &aliased,
        &["roles", "root", "keyids"],
        Some(Json::Array(listed.into())),
    );
    let rotated = |version| {
        let mut inputs = root_inputs(version);
        let keys = [11, 12, 13].map(public).to_vec();
        inputs.roles.insert(RoleName::Root, (2, keys));
        compose::root(&inputs, now()).unwrap().signed
    };
    let two = |signers: &[u8]| repo(|f| _ = f.insert("2.root.json".into(), envelope(&rotated(2), signers)));
    let threshold = ["roles", "root", "threshold"];
    let unusual = |change: fn(&mut Key)| {
        let mut key = Key::of(&public(1));
        change(&mut key);
        let new = key.keyid().to_string();
        let signed = with(
            &with(&good, &["keys", &id], None),
            &["keys", &new],
            Some(key.to_json()),
        );
        let keyids = [new, keyid(2).to_string(), keyid(3).to_string()].map(Json::from);
        let signed = with(
            &signed,
            &["roles", "root", "keyids"],
            Some(Json::Array(keyids.into())),
        );
        repo(|f| _ = f.insert("1.root.json".into(), envelope(&signed, &[1, 2])))
    };
    let target = |path: &str, length: i64| {
        let signed = compose::targets(1, later(), now()).unwrap().signed;
        let hash = Json::object([("sha256", "00".repeat(32).into())]);
        let entry = Json::object([("hashes", hash), ("length", Json::Int(length))]);
        let targets = Json::Object([(path.to_owned(), entry)].into());
        bytes(&envelope(&with(&signed, &["targets"], Some(targets)), &[4]))
    };
    let weak = PublicKey::from_raw(Algorithm::Ed25519, &[0; 32]).unwrap();
    let flipped =
        String::from_utf8(sign(&root(1), &[1, 2]))
            .unwrap()
            .replacen("\"sig\": \"", "\"sig\": \"00", 1);
    let twice = root(1).assemble(&[(keyid(1), vec![1; 64]), (keyid(1), vec![2; 64])]);
    let one = root(1).assemble(&[(keyid(1), vec![1; 64])]);
    vec![
        (
            "T01",
            "a keyid of another key",
            parsed(&moved(&"ab".repeat(32))),
            "KEYID_MISMATCH",
        ),
        (
            "T01",
            "a keyid that is none",
            parsed(&moved("alice")),
            "KEYID_FORM",
        ),
        (
            "T02",
            "one public key, two records",
            parsed(&aliased),
            "KEY_ALIAS",
        ),
        ("T03", "a keyid that signs twice", bytes(&twice), "SIG_DUP_KEYID"),
        (
            "T04",
            "below the old threshold",
            two(&[1, 11, 12]),
            "OLD_THRESHOLD",
        ),
        ("T05", "below the new threshold", two(&[1, 2, 11]), "THRESHOLD"),
        (
            "T05",
            "below its own threshold",
            repo(|f| _ = f.insert("1.root.json".into(), one.clone())),
            "THRESHOLD",
        ),
        (
            "T06",
            "threshold 0",
            parsed(&set(&threshold, Json::Int(0))),
            "THRESHOLD_NOT_POSITIVE",
        ),
        (
            "T06",
            "threshold -1",
            parsed(&set(&threshold, Json::Int(-1))),
            "THRESHOLD_NOT_POSITIVE",
        ),
        (
            "T06",
            "threshold 4 of 3",
            parsed(&set(&threshold, Json::Int(4))),
            "THRESHOLD_UNREACHABLE",
        ),
        (
            "T07",
            "a version that is left out",
            second(3, &[1, 2], |s| s),
            "ROOT_GAP",
        ),
        (
            "T07",
            "the same version again",
            repo(|f| _ = f.insert("2.root.json".into(), sign(&root(1), &[1, 2]))),
            "OTHER_VERSION",
        ),
        (
            "T07",
            "version 0",
            parsed(&set(&["version"], Json::Int(0))),
            "VERSION",
        ),
        ("T08", "the same version, another payload", forked(), "FORK"),
        (
            "T09",
            "expired",
            second(2, &[1, 2], |s| {
                with(&s, &["expires"], Some("2026-12-31T00:00:00Z".into()))
            }),
            "EXPIRED",
        ),
        (
            "T09",
            "expired at birth",
            composed(|i| i.expires = now()),
            "Expired",
        ),
        (
            "T10",
            "spec version 2",
            parsed(&set(&["spec_version"], "2.0.0".into())),
            "SPEC_VERSION",
        ),
        (
            "T10",
            "consistent_snapshot left out",
            parsed(&with(&good, &["consistent_snapshot"], None)),
            "MISSING_FIELD",
        ),
        (
            "T11",
            "a root key that is online",
            composed(|i| _ = i.roles.insert(RoleName::Timestamp, (1, vec![public(1)]))),
            "RootKeyOnline",
        ),
        (
            "T12",
            "a key that proves nothing",
            script(PROOF, CHECKLIST, 1),
            "plan-precondition",
        ),
        (
            "T13",
            "an unknown keytype",
            unusual(|k| k.keytype = "frobnicate".into()),
            "THRESHOLD",
        ),
        (
            "T13",
            "a scheme of another keytype",
            unusual(|k| k.scheme = "ecdsa-sha2-nistp256".into()),
            "THRESHOLD",
        ),
        (
            "T14",
            "a key of small order",
            composed(|i| _ = i.roles.insert(RoleName::Targets, (1, vec![weak.clone()]))),
            "Key",
        ),
        (
            "T14",
            "a key cut short",
            unusual(|k| k.public.truncate(62)),
            "THRESHOLD",
        ),
        (
            "T15",
            "a signature of a known key that does not verify",
            {
                let bytes = flipped.clone().into_bytes();
                repo(|f| _ = f.insert("1.root.json".into(), bytes.clone()))
            },
            "THRESHOLD",
        ),
        (
            "T16",
            "a role delegated to twice",
            delegated(delegations(&["a", "a"])),
            "ROLE_TWICE",
        ),
        (
            "T16",
            "a delegated role with a top-level name",
            delegated(delegations(&["root"])),
            "ROLE_NAME",
        ),
        ("T17", "a path that climbs", target("a/../b", 1), "TARGET_PATH"),
        ("T17", "an absolute path", target("/a", 1), "TARGET_PATH"),
        ("T17", "a negative length", target("a", -1), "SHAPE"),
        (
            "T18",
            "targets under the name of a root",
            repo(|f| {
                let targets = f["1.targets.json"].clone();
                f.insert("2.root.json".into(), targets);
            }),
            "OTHER_ROLE",
        ),
        (
            "T18",
            "another _type",
            parsed(&set(&["_type"], "mirrors".into())),
            "TYPE",
        ),
    ]
}

/// What the chain says of a second content for a version that is published.
fn forked() -> String {
    let other = with(&root(1).signed, &["x-note"], Some("b".into()));
    let files = Files::from([
        ("1.root.json".to_owned(), sign(&root(1), &[1, 2])),
        ("root.json".to_owned(), envelope(&other, &[1, 2])),
    ]);
    let options = Options {
        mode: Mode::Strict,
        at: now(),
        from: 1,
    };
    let found = chain::verify(&files, &options).defects;
    let fork = found.iter().find(|d| d.code == "FORK");
    fork.map_or("ACCEPTED", |d| d.code).to_owned()
}

fn json_cases() -> Vec<Case> {
    let good = String::from_utf8(sign(&root(1), &[1, 2])).unwrap();
    let edit = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        bytes(good.replacen(from, to, 1).as_bytes())
    };
    let version = "\"version\": 1";
    let mut latin = good.clone().into_bytes();
    latin.insert(good.find("root").unwrap(), 0xff);
    let deep = format!("\"x\": {}{}, {version}", "[".repeat(33), "]".repeat(33));
    vec![
        (
            "J01",
            "a byte order mark",
            bytes(format!("\u{feff}{good}").as_bytes()),
            "NOT_JSON",
        ),
        ("J01", "not UTF-8", bytes(&latin), "NOT_JSON"),
        (
            "J02",
            "cut off",
            bytes(&good.as_bytes()[..good.len() - 1]),
            "NOT_JSON",
        ),
        (
            "J02",
            "trailing data",
            bytes(format!("{good}{{}}").as_bytes()),
            "NOT_JSON",
        ),
        (
            "J03",
            "a member twice",
            edit(version, "\"version\": 1, \"version\": 1"),
            "NOT_JSON",
        ),
        (
            "J03",
            "a member twice, escaped",
            edit(version, "\"version\": 1, \"\\u0076ersion\": 1"),
            "NOT_JSON",
        ),
        ("J04", "a float", edit(version, "\"version\": 1.0"), "NOT_JSON"),
        (
            "J04",
            "an exponent",
            edit(version, "\"version\": 1e0"),
            "NOT_JSON",
        ),
        (
            "J04",
            "2^53",
            edit(version, "\"version\": 9007199254740992"),
            "NOT_JSON",
        ),
        (
            "J04",
            "negative zero",
            edit(version, "\"version\": -0"),
            "NOT_JSON",
        ),
        ("J05", "too deep", edit(version, &deep), "NOT_JSON"),
        (
            "J06",
            "half a surrogate pair",
            edit(version, "\"x\": \"\\ud800\", \"version\": 1"),
            "NOT_JSON",
        ),
        (
            "J06",
            "a raw control character",
            edit(version, "\"x\": \"\u{1}\", \"version\": 1"),
            "NOT_JSON",
        ),
        (
            "J07",
            "a number as text",
            edit(version, "\"version\": \"1\""),
            "SHAPE",
        ),
        (
            "J07",
            "a field left out",
            edit("\"expires\"", "\"expirez\""),
            "MISSING_FIELD",
        ),
        ("J07", "null", edit(version, "\"version\": null"), "SHAPE"),
        (
            "J07",
            "one level too many",
            edit(version, "\"version\": [1]"),
            "SHAPE",
        ),
    ]
}

#[test]
fn every_class_of_bad_input_has_a_code_of_its_own() {
    assert_eq!(
        repo(|_| {}),
        "ACCEPTED",
        "nothing is wrong with the repository itself"
    );
    let cases = [tuf_cases(), json_cases()].concat();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(_, _, got, expected)| got != expected)
        .map(|(id, sin, got, expected)| format!("{id} {sin}: expected {expected}, got {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let covered: BTreeSet<&str> = cases.iter().map(|(id, ..)| *id).collect();
    assert_eq!(covered, BTreeSet::from(IDS), "a class without a case");
}
