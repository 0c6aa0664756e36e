//! Targets and delegations: what is composed and what is refused, how a search
//! goes, and what the workflow says of delegated files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "vectors/tuf/kit.rs"]
mod kit;

#[path = "vectors/tuf/made.rs"]
mod made;

use std::collections::BTreeMap;

use kit::{Files, keyid, later, now, public, sign, with};
use made::{
    add, code, composed, delegated, file, first, inputs, name, paths, put, repository, role, targets,
};
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::compose::{
    DelegationChange as D, Form, SnapshotChange, TargetsInputs, snapshot_with, targets_with, timestamp_with,
};
use tuf_ceremony::tuf::lookup::{Known, Outcome, find};
use tuf_ceremony::tuf::manifest::{HEAD, Manifest, Others, TargetChange};
use tuf_ceremony::tuf::{
    DelegatedName, Draft, Key, NotComposed, Scope, Signed, Snapshot, Targets, Timestamp, check_repository,
    compose,
};

fn replaced(name: &str, bytes: Option<Vec<u8>>) -> Files {
    let mut files = repository();
    match bytes {
        Some(bytes) => files.insert(name.to_owned(), bytes),
        None => files.remove(name),
    };
    files
}

#[test]
fn the_workflow_follows_delegations_and_names_what_is_wrong() {
    let summary = check_repository(&repository(), now()).unwrap();
    let order: Vec<_> = summary.delegated.iter().map(|c| c.file.as_str()).collect();
    assert_eq!(order, ["1.a.json", "1.deep.json", "1.b.json", "1.c.json"]);
    assert!(summary.not_checked.is_empty(), "{:?}", summary.not_checked);

    let wrong =
        |name: &str, bytes: Option<Vec<u8>>| check_repository(&replaced(name, bytes), now()).unwrap_err();
    let a = |files: &[TargetChange]| delegated("a", None, files, &[]);
    assert_eq!(wrong("1.b.json", None).code(), "FILE_MISSING");
    let other = sign(&a(&[put("a/x", "x")]), &[12]);
    assert_eq!(wrong("1.a.json", Some(other)).code(), "THRESHOLD");
    let outside = sign(&a(&[put("b/x", "x")]), &[11]);
    assert_eq!(wrong("1.a.json", Some(outside)).code(), "OUTSIDE_DELEGATION");
    let two = delegated("a", Some(&targets(&a(&[]))), &[put("a/x", "x")], &[]);
    assert_eq!(wrong("1.a.json", Some(sign(&two, &[11]))).code(), "OTHER_VERSION");
    let old = with(&a(&[]).signed, &["expires"], Some("2026-12-01T00:00:00Z".into()));
    assert_eq!(
        wrong("1.deep.json", Some(kit::envelope(&old, &[14]))).code(),
        "EXPIRED"
    );

    // A role that delegates to itself: visited once.
    let circle = delegated("deep", None, &[], &[add(role("a", &[11], &["a/d-*"], true))]);
    let circle = wrong("1.deep.json", Some(sign(&circle, &[14])));
    assert_eq!(
        circle.code(),
        "OUTSIDE_DELEGATION",
        "a's own file is not within a/d-*"
    );
}

#[test]
fn without_snapshot_the_newest_file_counts_and_what_is_absent_is_said() {
    let mut files = repository();
    for name in ["timestamp.json", "1.snapshot.json", "1.c.json"] {
        files.remove(name);
    }
    let summary = check_repository(&files, now()).unwrap();
    assert_eq!(summary.delegated.len(), 3);
    assert!(
        summary
            .not_checked
            .iter()
            .any(|n| n.starts_with("c: delegated to"))
    );
}

#[test]
fn a_search_is_a_clients() {
    let files = repository();
    let read = |role: &str| {
        let metadata = tuf_ceremony::tuf::Metadata::parse(&files[&format!("1.{role}.json")]).unwrap();
        match metadata.signed {
            Signed::Targets(t) => t,
            _ => panic!(),
        }
    };
    let top = read("targets");
    let mut all: BTreeMap<_, _> = ["a", "b", "c", "deep"].map(|r| (r.to_owned(), read(r))).into();
    let search = |all: &BTreeMap<String, Targets>, path: &str| {
        let found = find(
            Known {
                targets: &top,
                delegated: all,
            },
            path,
        )
        .unwrap();
        let outcome = match found.outcome {
            Outcome::Found { role, .. } => role,
            Outcome::Absent { ended_by } => format!("absent {}", ended_by.unwrap_or_default()),
            Outcome::Missing { role } => format!("missing {role}"),
            Outcome::Limit => "limit".to_owned(),
        };
        (outcome, found.visited.join(" "))
    };
    for (path, outcome, visited) in [
        ("top.txt", "targets", "targets"),
        ("a/x.txt", "a", "targets a"),
        ("a/d-1", "deep", "targets a deep"),
        ("a/d-2", "absent deep", "targets a deep"),
        ("b/x.txt", "b", "targets b"),
        ("b/hidden.txt", "absent b", "targets b"), // terminating hides c
        ("c/x.txt", "c", "targets c"),
        ("a/b/c", "absent ", "targets"),
    ] {
        assert_eq!(
            search(&all, path),
            (outcome.to_owned(), visited.to_owned()),
            "{path}"
        );
    }
    all.remove("b");
    assert_eq!(search(&all, "b/x.txt").0, "missing b");
    // A circle ends, and a chain longer than clients follow is said.
    let circle = delegated("a", None, &[], &[add(role("a", &[11], &["a/*"], false))]);
    all.insert("a".into(), targets(&circle));
    assert_eq!(
        search(&all, "a/x.txt"),
        ("absent ".to_owned(), "targets a".to_owned())
    );
    for n in 0..40 {
        let this = if n == 0 { "a".to_owned() } else { format!("r{n}") };
        let next = role(&format!("r{}", n + 1), &[11], &["a/*"], false);
        all.insert(this.clone(), targets(&delegated(&this, None, &[], &[add(next)])));
    }
    assert_eq!(search(&all, "a/x.txt").0, "limit");
}

#[test]
fn each_change_of_files_does_what_it_says_or_is_refused() {
    let mut before = targets(&first());
    before.unrecognized.insert("x-note".into(), "kept".into());
    before.targets.get_mut("top.txt").unwrap().unrecognized =
        [("custom".to_owned(), Json::object([("k", Json::Int(1))]))].into();
    let change = |path: &str, content: &str| TargetChange::Change {
        path: path.into(),
        file: file(content),
    };
    let remove = |path: &str| TargetChange::Remove { path: path.into() };
    let after = composed(
        Some(&before),
        &[put("new", "n"), change("top.txt", "other"), remove("a/own.txt")],
        &[],
    )
    .unwrap();
    let after = targets(&after);
    assert_eq!(after.common.version, 2);
    assert_eq!(after.unrecognized, before.unrecognized);
    assert_eq!(after.delegations, before.delegations);
    assert_eq!(after.targets.keys().collect::<Vec<_>>(), ["new", "top.txt"]);
    assert_eq!(after.targets["top.txt"].hashes, file("other").hashes);
    assert!(after.targets["top.txt"].unrecognized.contains_key("custom"));

    let with_custom = |custom: Json| {
        let mut file = file("x");
        file.unrecognized.insert("custom".into(), custom);
        TargetChange::Add {
            path: "n".into(),
            file,
        }
    };
    let hashed = |hashes: &[(&str, usize)]| {
        let mut file = file("x");
        file.hashes = hashes
            .iter()
            .map(|(a, n)| ((*a).to_owned(), "ab".repeat(*n)))
            .collect();
        TargetChange::Add {
            path: "n".into(),
            file,
        }
    };
    for (expected, changes) in [
        ("CHANGE_PRESENT", vec![put("top.txt", "x")]),
        ("CHANGE_ABSENT", vec![remove("nowhere")]),
        ("CHANGE_ABSENT", vec![change("nowhere", "x")]),
        ("NOTHING_CHANGES", vec![change("top.txt", "top")]),
        ("CHANGE_TWICE", vec![put("n", "x"), remove("n")]),
        ("PATH_UNSAFE", vec![put("../n", "x")]),
        ("PATH_UNSAFE", vec![put("/n", "x")]),
        ("PATH_UNSAFE", vec![put("10", "x")]),
        ("CUSTOM_EMPTY", vec![with_custom(Json::Object(BTreeMap::new()))]),
        ("TARGET_HASHES", vec![hashed(&[("sha512", 64)])]),
        (
            "TARGET_HASHES",
            vec![hashed(&[("sha256", 32), ("blake2b-256", 32)])],
        ),
        ("TARGET_HASHES", vec![hashed(&[])]),
        ("R5", vec![put("foo", "x"), put("foo bar", "x")]),
        ("NOTHING_CHANGES", vec![]),
    ] {
        assert_eq!(
            code(composed(Some(&before), &changes, &[])),
            expected,
            "{changes:?}"
        );
    }
    let renewal = TargetsInputs {
        expires: kit::at("2028-06-01T00:00:00Z"),
        ..inputs(Some(&before), &[], &[])
    };
    assert_eq!(targets_with(&renewal, now()).unwrap().version, 2);
    let stray = [put("b/x", "x")];
    let outside = TargetsInputs {
        name: Some(name("a")),
        scope: Some(&paths(&["a/*"])),
        ..inputs(None, &stray, &[])
    };
    assert_eq!(code(targets_with(&outside, now())), "OUTSIDE_SCOPE");
}

#[test]
fn each_change_of_delegations_does_what_it_says_or_is_refused() {
    let before = targets(&first());
    let roles = |draft: &Draft| -> Vec<String> {
        let json = draft
            .signed
            .get("delegations")
            .and_then(|d| d.get("roles"))
            .unwrap()
            .clone();
        json.as_array()
            .unwrap()
            .iter()
            .map(|r| r.get("name").unwrap().as_str().unwrap().to_owned())
            .collect()
    };
    let text = |t: &str| t.to_owned();
    let key = |seed: u8| Key::of(&public(seed));
    let done = |changes: &[D]| composed(Some(&before), &[], changes);

    let front = D::Add {
        role: role("z", &[15], &["z/*"], true),
        before: Some(text("b")),
    };
    assert_eq!(roles(&done(&[front]).unwrap()), ["a", "z", "b", "c"]);
    let order = D::Order {
        names: ["c", "a", "b"].map(text).to_vec(),
    };
    assert_eq!(roles(&done(&[order]).unwrap()), ["c", "a", "b"]);
    let gone = done(&[D::Remove { name: text("a") }]).unwrap();
    assert_eq!(roles(&gone), ["b", "c"]);
    assert!(
        !targets(&gone).delegations.unwrap().keys.contains_key(&keyid(11)),
        "its key goes with it"
    );
    let all = ["a", "b", "c"].map(|n| D::Remove { name: text(n) });
    assert_eq!(targets(&done(&all).unwrap()).delegations, None);
    // A key and a threshold that needs it: in one ceremony, in either order.
    let (more, two) = (
        D::AddKey {
            name: text("a"),
            key: key(15),
        },
        D::Threshold {
            name: text("a"),
            threshold: 2,
        },
    );
    for changes in [[more.clone(), two.clone()], [two.clone(), more.clone()]] {
        let delegations = targets(&done(&changes).unwrap()).delegations.unwrap();
        assert_eq!(delegations.role("a").unwrap().threshold, 2);
        assert!(delegations.keys.contains_key(&keyid(15)));
    }
    let rekeyed = [
        D::RemoveKey {
            name: text("a"),
            keyid: keyid(11),
        },
        more.clone(),
    ];
    assert!(
        !targets(&done(&rekeyed).unwrap())
            .delegations
            .unwrap()
            .keys
            .contains_key(&keyid(11))
    );

    let scope = |list: &[&str]| D::Scope {
        name: text("a"),
        scope: paths(list),
    };
    let weak = {
        let mut key = key(15);
        key.public = "00".repeat(32);
        D::AddKey { name: text("a"), key }
    };
    for (expected, changes) in [
        ("CHANGE_PRESENT", vec![add(role("a", &[15], &["q"], true))]),
        ("ROLE_NAME_CASE", vec![add(role("A", &[15], &["q"], true))]),
        ("CHANGE_ABSENT", vec![D::Remove { name: text("q") }]),
        (
            "CHANGE_ABSENT",
            vec![D::RemoveKey {
                name: text("a"),
                keyid: keyid(12),
            }],
        ),
        (
            "CHANGE_PRESENT",
            vec![D::AddKey {
                name: text("a"),
                key: key(11),
            }],
        ),
        (
            "NOTHING_CHANGES",
            vec![D::Threshold {
                name: text("a"),
                threshold: 1,
            }],
        ),
        (
            "NOTHING_CHANGES",
            vec![D::Terminating {
                name: text("b"),
                terminating: true,
            }],
        ),
        ("NOTHING_CHANGES", vec![scope(&["a/*"])]),
        (
            "NOTHING_CHANGES",
            vec![D::Order {
                names: ["a", "b", "c"].map(text).to_vec(),
            }],
        ),
        (
            "NOTHING_CHANGES",
            vec![
                D::Threshold {
                    name: text("a"),
                    threshold: 2,
                },
                D::Threshold {
                    name: text("a"),
                    threshold: 1,
                },
            ],
        ),
        (
            "ORDER",
            vec![D::Order {
                names: ["a", "b"].map(text).to_vec(),
            }],
        ),
        (
            "ORDER",
            vec![D::Order {
                names: ["a", "b", "b"].map(text).to_vec(),
            }],
        ),
        ("THRESHOLD_UNREACHABLE", vec![two]),
        (
            "THRESHOLD_UNREACHABLE",
            vec![D::RemoveKey {
                name: text("a"),
                keyid: keyid(11),
            }],
        ),
        (
            "THRESHOLD_NOT_POSITIVE",
            vec![D::Threshold {
                name: text("a"),
                threshold: 0,
            }],
        ),
        ("SCOPE", vec![scope(&[])]),
        ("SCOPE", vec![scope(&["q", "q"])]),
        (
            "SCOPE",
            vec![D::Scope {
                name: text("a"),
                scope: Scope::HashPrefixes(vec![text("0A")]),
            }],
        ),
        ("PATTERN_UNSAFE", vec![scope(&["{a,b}/*"])]),
        ("PATTERN_UNSAFE", vec![scope(&["**"])]),
        ("PATTERN_UNSAFE", vec![scope(&["/a"])]),
        ("KEY_NOT_USABLE", vec![weak]),
    ] {
        assert_eq!(code(done(&changes)), expected, "{changes:?}");
    }
    for bad in [
        "",
        "targets",
        "Root",
        "12",
        ".a",
        "-a",
        "a b",
        "a/b",
        "../x",
        "?",
        "\u{f6}",
        &"x".repeat(65),
    ] {
        assert!(DelegatedName::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_some_client_refuses_does_not_parse() {
    let good = first().signed;
    let parsed = |signed: &Json| Signed::from_json(signed).map_err(|e| e.code());
    assert!(parsed(&good).is_ok());
    let roles = good
        .get("delegations")
        .unwrap()
        .get("roles")
        .unwrap()
        .as_array()
        .unwrap()
        .to_vec();
    let first_role = |member: &str, value: Option<Json>| {
        let mut roles = roles.clone();
        roles[0] = with(&roles[0], &[member], value);
        with(&good, &["delegations", "roles"], Some(Json::Array(roles)))
    };
    let prefixes = || Json::Array(vec!["00".into()]);
    for (expected, signed) in [
        ("MISSING_FIELD", first_role("terminating", None)),
        ("MISSING_FIELD", first_role("name", None)),
        ("MISSING_FIELD", first_role("keyids", None)),
        ("DELEGATED_SCOPE", first_role("paths", None)),
        (
            "DELEGATED_SCOPE",
            first_role("path_hash_prefixes", Some(prefixes())),
        ),
        ("DELEGATED_NAME", first_role("name", Some("snapshot".into()))),
        ("DELEGATED_NAME", first_role("name", Some("".into()))),
        ("DELEGATED_TWICE", first_role("name", Some("b".into()))),
        (
            "THRESHOLD_NOT_POSITIVE",
            first_role("threshold", Some(Json::Int(0))),
        ),
        (
            "KEY_ABSENT",
            first_role("keyids", Some(Json::Array(vec!["ab".repeat(32).into()]))),
        ),
        (
            "SHAPE",
            first_role("paths", Some(Json::Array(vec![Json::Int(1)]))),
        ),
        ("DELEGATIONS_KIND", with(&good, &["delegations", "roles"], None)),
        (
            "DELEGATIONS_KIND",
            with(&good, &["delegations", "succinct_roles"], Some(Json::Null)),
        ),
        ("MISSING_FIELD", with(&good, &["delegations", "keys"], None)),
        ("SHAPE", with(&good, &["delegations"], Some(Json::Null))),
    ] {
        assert_eq!(parsed(&signed).unwrap_err(), expected);
    }
    // Fields that we do not know stay, wherever they are.
    for signed in [
        first_role("x-n", Some(Json::Null)),
        with(&good, &["delegations", "x-n"], Some(Json::Int(1))),
    ] {
        assert_eq!(Signed::from_json(&signed).unwrap().to_json(), signed);
    }
}

#[test]
fn a_manifest_becomes_changes() {
    let before = targets(&first());
    let line = |path: &str, content: &str| {
        let file = file(content);
        format!("{}  {}  {path}\n", file.hashes["sha256"], file.length)
    };
    let text = [HEAD, "\n", &line("top.txt", "top"), &line("new", "n")].concat();
    let manifest = Manifest::parse(text.as_bytes()).unwrap();
    let add_only = manifest.changes(Some(&before), Others::Stay);
    assert_eq!(add_only, [put("new", "n")]);
    let whole = composed(Some(&before), &manifest.changes(Some(&before), Others::Go), &[]).unwrap();
    assert_eq!(targets(&whole).targets, manifest.files);
    assert_eq!(manifest.changes(Some(&targets(&whole)), Others::Go), []);
    assert_eq!(manifest.changes(None, Others::Stay).len(), 2);
}

#[test]
fn snapshot_and_timestamp_are_continuous() {
    let entry = SnapshotChange::of_version;
    let read = |d: &Draft| match Signed::from_json(&d.signed).unwrap() {
        Signed::Snapshot(s) => s,
        _ => panic!(),
    };
    let first: Snapshot = read(
        &snapshot_with(
            None,
            &[entry("targets.json", 1), entry("a.json", 7)],
            later(),
            now(),
        )
        .unwrap(),
    );
    let next = |changes: &[SnapshotChange]| snapshot_with(Some(&first), changes, later(), now());
    let second = read(&next(&[entry("targets.json", 2), entry("b.json", 1)]).unwrap());
    assert_eq!(second.common.version, 2);
    let versions: Vec<_> = second.meta.iter().map(|(n, m)| (n.as_str(), m.version)).collect();
    assert_eq!(versions, [("a.json", 7), ("b.json", 1), ("targets.json", 2)]);
    let mut fork = entry("a.json", 7);
    fork.length = Some(5);
    for (expected, changes) in [
        ("NOT_NEXT", vec![entry("targets.json", 3)]),
        ("NOT_NEXT", vec![entry("a.json", 6)]),
        ("NOTHING_CHANGES", vec![entry("a.json", 7)]),
        ("FORK", vec![fork]),
        ("CHANGE_TWICE", vec![entry("b.json", 1), entry("b.json", 2)]),
        ("FILE_NAME", vec![entry("1.b.JSON", 1)]),
        ("FILE_NAME", vec![entry("root.json", 1)]),
        ("NOTHING_CHANGES", vec![]),
    ] {
        assert_eq!(code(next(&changes)), expected, "{changes:?}");
    }
    assert_eq!(code(snapshot_with(None, &[], later(), now())), "NO_TARGETS");

    let read = |d: &Draft| match Signed::from_json(&d.signed).unwrap() {
        Signed::Timestamp(t) => t,
        _ => panic!(),
    };
    let first: Timestamp = read(&timestamp_with(None, &entry("snapshot.json", 4), later(), now()).unwrap());
    let next =
        |version, expires| timestamp_with(Some(&first), &entry("snapshot.json", version), expires, now());
    assert_eq!(next(5, later()).unwrap().version, 2);
    assert_eq!(next(4, kit::at("2028-02-01T00:00:00Z")).unwrap().version, 2);
    assert_eq!(code(next(4, later())), "NOTHING_CHANGES");
    assert_eq!(code(next(6, later())), "NOT_NEXT");
    assert_eq!(code(next(3, later())), "NOT_NEXT");
}

#[test]
fn a_draft_keeps_its_name_and_its_form() {
    let draft = delegated("deep", None, &[put("a/d-1", "d")], &[]).in_form(Form::Compact);
    assert_eq!(
        (draft.file_name().as_str(), draft.role_name()),
        ("1.deep.json", "deep")
    );
    for draft in [draft.clone(), first()] {
        let text = serde_json::to_string(&draft).unwrap();
        assert_eq!(serde_json::from_str::<Draft>(&text).unwrap(), draft);
    }
    let indented = draft.clone().in_form(Form::Indented);
    assert_eq!(indented.digest, draft.digest);
    assert!(sign(&draft, &[14]).len() < sign(&indented, &[14]).len());
    let snapshot = compose::snapshot(1, later(), 1, now()).unwrap();
    assert!(matches!(
        snapshot.delegated(name("a")),
        Err(NotComposed::NotDelegated { .. })
    ));
}
