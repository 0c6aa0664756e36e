//! Metadata in the layouts of other tools: real files keep their bytes, what is
//! laid out is read back the same, and only signatures that verify are merged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails, and a skip must be visible"
)]

#[path = "support/chains.rs"]
mod chains;
#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "support/program.rs"]
mod program;
#[path = "support/real_files.rs"]
mod real_files;

use std::path::Path;

use chains::{by, file, four_changes, id, signed};
use kit::with;
use program::run;
use tuf_ceremony::base::{Digest, Json};
use tuf_ceremony::tuf::layout::merge::{Fate, merge};
use tuf_ceremony::tuf::layout::{Files, Layout, Tree, tuf_on_ci};
use tuf_ceremony::tuf::{Metadata, canonical};

fn sigstore() -> Option<Files> {
    let dir = real_files::folder("sigstore-root-chain")?;
    let names = (1..=15).map(|v| format!("{v}.root.json"));
    Some(
        names
            .map(|n| (n.clone(), real_files::read(dir.join(&n))))
            .collect(),
    )
}

fn json(bytes: &[u8]) -> Json {
    Json::parse(bytes).unwrap()
}

fn refused(files: &Files, layout: Layout, code: &str) {
    let got = Tree::read(files)
        .and_then(|tree| tree.lay(layout, None))
        .unwrap_err();
    assert_eq!(got.code, code, "{got}");
}

fn one(name: &str, bytes: Vec<u8>) -> Files {
    Files::from([(name.to_owned(), bytes)])
}

#[test]
fn tuf_on_cis_form_leaves_sigstores_roots_since_its_import_as_they_are() {
    let Some(files) = sigstore() else { return };
    for version in 1..=15_u64 {
        let bytes = &files[&format!("{version}.root.json")];
        let formed = tuf_on_ci::form(bytes).unwrap();
        // 1 to 8 are indented with tabs, by sigstore's first tool.
        assert_eq!(formed == *bytes, version >= 9, "root {version}");
        let signed = |bytes: &[u8]| canonical(json(bytes).get("signed").unwrap());
        assert_eq!(signed(&formed), signed(bytes), "root {version}: the signed bytes");
        assert_eq!(
            tuf_on_ci::form(&formed).unwrap(),
            formed,
            "root {version}: once is enough"
        );
    }
}

#[test]
fn sigstores_roots_keep_every_byte_in_every_tree() {
    let Some(files) = sigstore() else { return };
    let tree = Tree::read(&files).unwrap();
    let laid = tree.lay(Layout::TufOnCi, None).unwrap();
    assert_eq!(laid.files.len(), 16);
    for (name, bytes) in &files {
        assert_eq!(
            laid.files[&format!("metadata/root_history/{name}")],
            *bytes,
            "{name}"
        );
    }
    assert_eq!(laid.files["metadata/root.json"], files["15.root.json"]);
    // Back again: the same tree, though root 15 stands there twice.
    assert_eq!(Tree::read(&laid.files).unwrap(), tree);
    // Its own fields are as tuf-on-ci wants them.
    assert_eq!(laid.notes, Vec::<String>::new());
    let plain = tree.lay(Layout::Plain, None).unwrap();
    for (name, bytes) in &files {
        let out = &plain.files[&format!("metadata/{name}")];
        // 12 to 14 have placeholders, which a published file does without.
        let placeholder = ["12.", "13.", "14."].iter().any(|v| name.starts_with(v));
        assert_eq!(out != bytes, placeholder, "{name}");
        let signed = |bytes: &[u8]| canonical(json(bytes).get("signed").unwrap());
        assert_eq!(signed(out), signed(bytes));
        assert!(!String::from_utf8_lossy(out).contains("\"sig\": \"\""), "{name}");
    }
    assert_eq!(plain.notes.len(), 3, "{:?}", plain.notes);
    let tuftool = tree.lay(Layout::Tuftool, None).unwrap();
    assert_eq!(tuftool.files["root.json"], files["15.root.json"]);
    // Before its import, owners and periods were not there, and that is said.
    let old = Tree::read(&one("8.root.json", files["8.root.json"].clone())).unwrap();
    let notes = old.lay(Layout::TufOnCi, None).unwrap().notes;
    assert!(
        notes.iter().any(|n| n.contains("not in tuf-on-ci's form")),
        "{notes:?}"
    );
    assert!(
        notes.iter().any(|n| n.contains("x-tuf-on-ci-keyowner")),
        "{notes:?}"
    );
    assert!(
        notes.iter().any(|n| n.contains("x-tuf-on-ci-expiry-period")),
        "{notes:?}"
    );
}

#[test]
fn a_real_signature_is_merged_back_once_it_verifies() {
    let Some(files) = sigstore() else { return };
    let (full, before) = (&files["15.root.json"], &files["14.root.json"]);
    let all = json(full).get("signatures").unwrap().as_array().unwrap().to_vec();
    let mut fewer = json(full).as_object().unwrap().clone();
    let blank = |i: &Json| Json::object([("keyid", i.get("keyid").unwrap().clone()), ("sig", "".into())]);
    let placeholders = all.iter().map(blank).collect();
    fewer.insert("signatures".to_owned(), Json::Array(placeholders));
    let draft = Json::Object(fewer).indented().into_bytes();
    let merged = merge(&draft, full, Some(before)).unwrap();
    assert_eq!(merged.bytes, *full, "byte for byte what tuf-on-ci made of them");
    assert!(merged.fates.iter().all(|(_, fate)| *fate == Fate::Taken));
    assert!(merged.fates.len() >= 3);
    let again = merge(&merged.bytes, full, Some(before)).unwrap();
    assert_eq!(again.bytes, *full);
    assert!(again.fates.iter().all(|(_, fate)| *fate == Fate::AlreadyThere));
    let other = merge(&draft, before, Some(before)).unwrap();
    assert_eq!(other.bytes, draft, "signatures of root 14 are none of root 15");
    assert!(
        other
            .fates
            .iter()
            .all(|(_, fate)| matches!(fate, Fate::OtherPayload(_)))
    );
}

fn rstuf_settings() -> Json {
    json(
        br#"{"roles":{"root":{"expiration":365},"timestamp":{"expiration":1},"snapshot":{"expiration":1},"targets":{"expiration":365},"bins":{"expiration":1,"number_of_delegated_bins":256}}}"#,
    )
}

#[test]
fn rstuf_gets_the_objects_that_its_api_takes() {
    let files = four_changes();
    let first = Tree::read(&one("1.root.json", files["1.root.json"].clone())).unwrap();
    let laid = first.lay(Layout::Rstuf, Some(&rstuf_settings())).unwrap();
    let bootstrap = json(&laid.files["bootstrap.json"]);
    let root = json(&files["1.root.json"]);
    assert_eq!(
        bootstrap,
        Json::object([
            ("metadata", Json::object([("root", root.clone())])),
            ("settings", rstuf_settings()),
            ("timeout", Json::Int(300)),
        ])
    );
    let names: Vec<&String> = laid.files.keys().collect();
    let signs: Vec<_> = names
        .iter()
        .filter(|n| n.starts_with("sign-") && **n != "sign-input.json")
        .collect();
    assert_eq!((names.len(), signs.len()), (5, 3), "{names:?}");
    let sign = json(&laid.files[&format!("sign-{}.json", id(1, None))]);
    assert_eq!(sign.get("role").unwrap().as_str(), Some("root"));
    let signature = sign.get("signature").unwrap();
    assert!(
        root.get("signatures")
            .unwrap()
            .as_array()
            .unwrap()
            .contains(signature)
    );
    // An update holds the root alone; the signer's input the one before as well.
    let tree = Tree::read(&files).unwrap();
    let laid = tree.lay(Layout::Rstuf, None).unwrap();
    let five = json(&files["5.root.json"]);
    let update = Json::object([("metadata", Json::object([("root", five.clone())]))]);
    assert_eq!(json(&laid.files["update.json"]), update);
    let both = Json::object([("root", five), ("trusted_root", json(&files["4.root.json"]))]);
    let input = Json::object([("data", Json::object([("metadata", both)]))]);
    assert_eq!(json(&laid.files["sign-input.json"]), input);
    // What goes out comes in again.
    let back = Tree::read(&one("sign-input.json", laid.files["sign-input.json"].clone())).unwrap();
    assert_eq!(back.files[&("root".to_owned(), 5)], files["5.root.json"]);
    assert_eq!(back.files[&("root".to_owned(), 4)], files["4.root.json"]);
    // No defaults for what the online side must decide.
    let lay = |settings: Option<&Json>| first.lay(Layout::Rstuf, settings).map_err(|e| e.code);
    assert_eq!(lay(None).unwrap_err(), "LAYOUT_SETTINGS");
    for (path, new) in [
        (vec!["roles", "root", "expiration"], Some(Json::Int(0))),
        (vec!["roles", "timestamp"], None),
        (vec!["roles", "bins"], None),
        (
            vec!["roles", "bins", "number_of_delegated_bins"],
            Some(Json::Int(100)),
        ),
        (vec!["roles", "mirrors"], Some(Json::object([]))),
        (vec!["more"], Some(Json::Int(1))),
    ] {
        let bad = with(&rstuf_settings(), &path, new);
        assert_eq!(lay(Some(&bad)).unwrap_err(), "LAYOUT_SETTINGS", "{path:?}");
    }
    assert_eq!(
        tree.lay(Layout::Rstuf, Some(&rstuf_settings())).unwrap_err().code,
        "LAYOUT_SETTINGS"
    );
}

#[test]
fn signatures_that_do_not_verify_never_leave_for_rstuf() {
    let root = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let mut by = by(&[1, 9]);
    by.push((id(2, None), 9));
    let tree = Tree::read(&one("root.json", file(&root, &by))).unwrap();
    let laid = tree.lay(Layout::Rstuf, Some(&rstuf_settings())).unwrap();
    assert!(laid.files.contains_key(&format!("sign-{}.json", id(1, None))));
    assert!(!laid.files.contains_key(&format!("sign-{}.json", id(2, None))));
    assert!(
        laid.notes.iter().any(|n| n.contains("does not verify")),
        "{:?}",
        laid.notes
    );
    assert!(
        laid.notes.iter().any(|n| n.contains("no key of that id")),
        "{:?}",
        laid.notes
    );
    let payload = json(&laid.files["bootstrap.json"]);
    let root = payload.get("metadata").and_then(|m| m.get("root")).unwrap();
    let left: Vec<&str> = root
        .get("signatures")
        .and_then(Json::as_array)
        .unwrap()
        .iter()
        .filter_map(|s| s.get("keyid")?.as_str())
        .collect();
    assert_eq!(left, [id(1, None), id(9, None)]);
}

#[test]
fn each_sin_of_a_tree_has_its_code() {
    let root = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let good = file(&root, &by(&[1, 2]));
    refused(&one("2.root.json", good.clone()), Layout::Plain, "LAYOUT_NAME");
    refused(&one("targets.json", good.clone()), Layout::Plain, "LAYOUT_NAME");
    refused(&one("root.json", b"{}".to_vec()), Layout::Plain, "LAYOUT_FILE");
    refused(&one("root.json", b"{".to_vec()), Layout::Plain, "LAYOUT_FILE");
    refused(&Files::new(), Layout::Plain, "LAYOUT_NO_ROOT");
    let fork = file(
        &with(&root, &["expires"], Some("2029-01-01T00:00:00Z".into())),
        &by(&[1]),
    );
    let two = Files::from([
        ("metadata/root.json".to_owned(), good.clone()),
        ("metadata/root_history/1.root.json".to_owned(), fork),
    ]);
    refused(&two, Layout::TufOnCi, "LAYOUT_FORK");
    let unset = with(&root, &["roles", "targets", "threshold"], Some(Json::Int(1507)));
    let unset = one("root.json", file(&unset, &[]));
    assert!(Tree::read(&unset).is_ok(), "read, as tuftool left it");
    refused(&unset, Layout::Tuftool, "LAYOUT_UNSET_THRESHOLD");
    // A snapshot that pins other bytes of targets.
    let targets = br#"{"signatures":[],"signed":{"_type":"targets","version":3}}"#.to_vec();
    let pin = |sha256: &str| {
        let meta =
            format!(r#"{{"targets.json":{{"version":3,"length":58,"hashes":{{"sha256":"{sha256}"}}}}}}"#);
        format!(r#"{{"signatures":[],"signed":{{"_type":"snapshot","version":7,"meta":{meta}}}}}"#)
            .into_bytes()
    };
    assert_eq!(targets.len(), 58);
    let with_pin = |sha256: &str| {
        Files::from([
            ("root.json".to_owned(), good.clone()),
            ("targets.json".to_owned(), targets.clone()),
            ("snapshot.json".to_owned(), pin(sha256)),
            (".signing-event-state".to_owned(), b"{\"invites\": {}}".to_vec()),
            ("README".to_owned(), Vec::new()),
        ])
    };
    refused(
        &with_pin(&Digest::of(b"x").to_string()),
        Layout::Plain,
        "LAYOUT_PINNED",
    );
    let tree = Tree::read(&with_pin(&Digest::of(&targets).to_string())).unwrap();
    let plain = tree.lay(Layout::Plain, None).unwrap();
    let names: Vec<&str> = plain.files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "SHA256SUMS",
            "metadata/1.root.json",
            "metadata/3.targets.json",
            "metadata/7.snapshot.json"
        ]
    );
    assert!(
        plain.notes.iter().any(|n| n == "not copied: README"),
        "{:?}",
        plain.notes
    );
    let ci = tree.lay(Layout::TufOnCi, None).unwrap();
    assert_eq!(ci.files["metadata/.signing-event-state"], b"{\"invites\": {}}");
    assert_eq!(
        ci.files["metadata/snapshot.json"],
        pin(&Digest::of(&targets).to_string())
    );
}

#[test]
fn merging_takes_what_verifies_in_any_order_and_names_the_rest() {
    let root = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let draft = file(&root, &[]);
    let by_one = |seed: u8| file(&root, &by(&[seed]));
    let into = |draft: &[u8], brought: &[u8]| merge(draft, brought, None).unwrap();
    let forwards = into(&into(&draft, &by_one(1)).bytes, &by_one(2)).bytes;
    let backwards = into(&into(&draft, &by_one(2)).bytes, &by_one(1)).bytes;
    let read = Metadata::parse(&forwards).unwrap();
    assert_eq!(read.signatures.len(), 2);
    assert_eq!(Metadata::parse(&backwards).unwrap().signatures.len(), 2);
    assert_eq!(read.canonical(), canonical(&root));
    // An RSTUF payload brings one.
    let payload = Json::object([
        ("role", "root".into()),
        (
            "signature",
            json(&by_one(3)).get("signatures").unwrap().as_array().unwrap()[0].clone(),
        ),
    ]);
    let third = into(&forwards, payload.line().as_bytes());
    assert_eq!(third.fates[0].1, Fate::Taken);
    // By a stranger; under a key's name by another; over other bytes.
    let fate = |brought: &[u8]| {
        let merged = into(&draft, brought);
        assert_eq!(merged.bytes, draft);
        merged.fates[0].1.clone()
    };
    assert_eq!(fate(&file(&root, &by(&[9]))), Fate::NoSuchKey);
    assert_eq!(fate(&file(&root, &by(&[4]))), Fate::NoSuchKey, "a targets key");
    assert_eq!(fate(&file(&root, &[(id(1, None), 2)])), Fate::Invalid);
    let other = signed(1, "2028-02-01T00:00:00Z", 2, &[1, 2, 3]);
    let digest = Digest::of(&canonical(&other));
    assert_eq!(fate(&file(&other, &by(&[1]))), Fate::OtherPayload(digest));
    // An invalid one that is there gives way to a valid one.
    let spoilt = file(&root, &[(id(1, None), 2)]);
    assert_eq!(into(&spoilt, &by_one(1)).fates[0].1, Fate::Taken);
    assert!(merge(&draft, b"{}", None).is_err());
    assert!(merge(b"{}", &by_one(1), None).is_err());
}

#[test]
fn the_commands_write_new_files_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let files = four_changes();
    std::fs::create_dir(path("in")).unwrap();
    for (name, bytes) in &files {
        std::fs::write(Path::new(&path("in")).join(name), bytes).unwrap();
    }
    for layout in ["tuf-on-ci", "plain", "tuftool", "rstuf"] {
        let (input, out) = (path("in"), path(layout));
        let args = ["tuf", "convert", "--layout", layout, &input, "--out", &out];
        let ran = run(&args);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(std::fs::read_dir(&out).unwrap().count() > 0);
        assert_eq!(run(&args).code, 4, "{layout}: an existing folder");
    }
    // Back from tuf-on-ci to what clients ask for: the same bytes.
    let (input, out) = (path("tuf-on-ci"), path("again"));
    assert_eq!(
        run(&["tuf", "convert", "--layout", "plain", &input, "--out", &out]).code,
        0
    );
    for (name, bytes) in &files {
        let written = std::fs::read(Path::new(&out).join("metadata").join(name)).unwrap();
        assert_eq!(written, *bytes, "{name}");
    }
    let chain = run(&[
        "tuf",
        "verify-chain",
        &format!("{out}/metadata"),
        "--at",
        "2027-01-01T00:00:00Z",
    ]);
    assert_eq!(chain.code, 0, "{chain:?}");
    let unknown = run(&["tuf", "convert", "--layout", "git", &input, "--out", &path("x")]);
    assert_eq!(unknown.code, 2, "{unknown:?}");

    let root = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    for (name, seeds) in [("draft", &[][..]), ("one", &[1]), ("bad", &[9])] {
        std::fs::write(path(name), file(&root, &by(seeds))).unwrap();
    }
    let (draft, good, bad) = (path("draft"), path("one"), path("bad"));
    let merged = run(&["tuf", "merge", &draft, &good, "--out", &path("merged")]);
    assert_eq!(merged.code, 0, "{merged:?}");
    assert_eq!(
        std::fs::read(path("merged")).unwrap(),
        std::fs::read(&good).unwrap()
    );
    let dropped = run(&["tuf", "merge", &draft, &bad, &good, "--out", &path("both")]);
    assert_eq!(dropped.code, 1, "{dropped:?}");
    assert!(dropped.out.contains("DROPPED"), "{}", dropped.out);
    assert_eq!(
        std::fs::read(path("both")).unwrap(),
        std::fs::read(&good).unwrap()
    );
    assert_eq!(
        run(&["tuf", "merge", &draft, &good, "--out", &path("merged")]).code,
        4
    );
}

#[test]
fn what_tuf_on_cis_tool_would_stumble_over_is_said() {
    let root = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let (expiry, signing) = ("x-tuf-on-ci-expiry-period", "x-tuf-on-ci-signing-period");
    let notes = |root: &Json| {
        let tree = Tree::read(&one("root.json", file(root, &by(&[1])))).unwrap();
        tree.lay(Layout::TufOnCi, None).unwrap().notes
    };
    let says = |notes: &[String], what: &str| notes.iter().any(|n| n.starts_with(what));
    let bare = notes(&root);
    for what in [
        "root 1: has no",
        "root, roles.snapshot: has no",
        "root, roles.timestamp: has no",
    ] {
        assert!(says(&bare, what), "{what}: {bare:?}");
    }
    assert_eq!(
        bare.iter().filter(|n| n.contains("keyowner")).count(),
        4,
        "{bare:?}"
    );
    assert_eq!(
        bare.iter().filter(|n| n.contains("online-uri")).count(),
        1,
        "{bare:?}"
    );
    let days = |root: &Json, path: &[&str], field: &str, days: i64| {
        with(root, &[path, &[field]].concat(), Some(Json::Int(days)))
    };
    // An online role may leave the signing period out, an offline one may not.
    let half = days(&root, &["roles", "snapshot"], expiry, 10);
    assert!(!says(&notes(&half), "root, roles.snapshot"));
    let one_of_two = days(&root, &[], expiry, 100);
    assert!(says(&notes(&one_of_two), "root 1: has no"));
    let whole = days(&one_of_two, &[], signing, 30);
    assert!(!says(&notes(&whole), "root 1: "));
    let late = days(&one_of_two, &[], signing, 100);
    assert!(says(&notes(&late), "root 1: expected 1 <= signing period"));
}
