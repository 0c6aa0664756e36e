//! Targets and delegations in ceremonies: the shipped targets rehearsals through
//! the shipped binary, judged by both verifiers, the strict workflow and the
//! real clients; and what a script may not say, by name.
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

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use program::{Room, clients_accept, closed, lines, ran, root, run, script, verifiers_accept};
use tuf_ceremony::base::{Digest, Instant};
use tuf_ceremony::engine::{replay, review_text};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::parse_line;
use tuf_ceremony::tuf::{Bins, Delegated, Metadata, MetadataName, Signed, Targets, check_repository};

fn folder() -> PathBuf {
    root().join("ceremony-scripts/rehearsal")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(script(&format!("{name}.toml"))).unwrap()
}

type Map = BTreeMap<String, Vec<u8>>;

/// Runs a rehearsal; every verifier and client must take what leaves. Gives the
/// room and what clients see.
fn good(name: &str, chain: bool) -> (Room, Map) {
    let room = Room::new();
    let done = room.run(
        &script(&format!("{name}.toml")),
        &script(&format!("{name}.answers.toml")),
    );
    assert_eq!(done.code, 0, "{name}: {}{}", done.out, done.err);
    let bundle = room.bundle();
    let ours = run(&["verify", bundle.to_str().unwrap()]);
    let second = ran(Command::new("python3")
        .arg(root().join("src/bundle/verify.py"))
        .arg(&bundle));
    assert_eq!(ours.code, 0, "{name}: {}{}", ours.out, ours.err);
    assert_eq!(second.code, 0, "{name}: {}{}", second.out, second.err);

    let mut files = Map::new();
    let chain = chain.then(|| folder().join("chain"));
    for from in chain.into_iter().chain([bundle.join("metadata")]) {
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
    let now = ran(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]));
    let at = Instant::parse(now.out.trim()).unwrap();
    check_repository(&files, at).unwrap();
    let whole = room.dir.path().join("whole");
    std::fs::create_dir_all(whole.join("metadata")).unwrap();
    for (name, bytes) in &files {
        std::fs::write(whole.join("metadata").join(name), bytes).unwrap();
    }
    clients_accept(&whole, room.dir.path(), false);
    (room, files)
}

fn targets(bytes: &[u8]) -> Targets {
    match Metadata::parse(bytes).unwrap().signed {
        Signed::Targets(targets) => targets,
        _ => panic!("targets"),
    }
}

fn versions(bytes: &[u8]) -> BTreeMap<String, u64> {
    match Metadata::parse(bytes).unwrap().signed {
        Signed::Snapshot(s) => s.meta.into_iter().map(|(n, e)| (n, e.version)).collect(),
        _ => panic!("a snapshot"),
    }
}

#[test]
fn a_manifest_and_single_changes_are_the_next_targets() {
    let (room, files) = good("targets-manifest", true);
    let (old, new) = (
        targets(&files["1.targets.json"]),
        targets(&files["2.targets.json"]),
    );
    let names: Vec<&str> = new.targets.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "apps/tool-1.1.tar.gz",
            "apps/tool-1.2.tar.gz",
            "docs/errata.txt",
            "docs/manual.pdf"
        ]
    );
    assert!(old.targets.contains_key("apps/tool-1.0.tar.gz"));
    assert_eq!(new.targets["apps/tool-1.1.tar.gz"].length, 48_211);
    assert_eq!(new.targets["docs/errata.txt"].hashes.len(), 2);
    let entries = versions(&files["2.snapshot.json"]);
    assert_eq!(entries, BTreeMap::from([("targets.json".to_owned(), 2)]));

    says(
        &reviewed(&room, "targets-manifest"),
        &[
            "manifest tool: 2 files, others stay; SHA-256",
            "targets metadata, version 1 -> 2",
            "ADDED apps/tool-1.2.tar.gz: 50177 bytes, sha256",
            "CHANGED docs/manual.pdf: 2048 bytes",
            "REMOVED apps/tool-1.0.tar.gz",
            ", sha512 ",
        ],
    );
    // The manifest leaves with the bundle; without it nobody can re-execute.
    let manifest = std::fs::read(folder().join("tool-1.2.manifest")).unwrap();
    let blob = room.bundle().join(format!("blobs/{}", Digest::of(&manifest)));
    assert_eq!(std::fs::read(&blob).unwrap(), manifest);
    std::fs::remove_file(blob).unwrap();
    let judged = run(&["verify", room.bundle().to_str().unwrap()]);
    assert!(
        judged.code != 0 && judged.out.contains("FAIL  script"),
        "{}",
        judged.out
    );
}

#[test]
fn delegations_stand_in_the_order_that_was_approved() {
    let (room, files) = good("targets-delegate", true);
    let (old, new) = (
        targets(&files["1.targets.json"]),
        targets(&files["2.targets.json"]),
    );
    assert_eq!(old.targets, new.targets, "nobody asked to change a file");
    let Delegated::Roles(roles) = new.delegations.unwrap().roles else {
        panic!("roles")
    };
    let told: Vec<_> = roles.iter().map(|r| (r.name.as_str(), r.terminating)).collect();
    assert_eq!(told, [("apps", true), ("docs", false)]);
    says(
        &reviewed(&room, "targets-delegate"),
        &[
            "delegation key apps-key: ",
            "own files are signed and made by their holders",
            "ADDED apps: 1 of 1 keys, 2 paths, terminating true",
            "NOTE [WIDER_IN_TOUGH]",
        ],
    );
    // The keys are the ones that the ceremony made.
    for (role, key) in roles.iter().zip(["apps-key", "docs-key"]) {
        let pem = std::fs::read_to_string(room.bundle().join(format!("keys/{key}.pub.pem"))).unwrap();
        let public = tuf_ceremony::base::PublicKey::from_pem(&pem).unwrap();
        assert_eq!(role.role.keyids, [tuf_ceremony::tuf::Key::of(&public).keyid()]);
    }
}

#[test]
fn bins_are_what_their_parameters_give() {
    let (room, files) = good("targets-bins", true);
    says(
        &reviewed(&room, "targets-bins"),
        &["regenerated: equal, byte for byte", "made by the online side"],
    );
    let delegations = targets(&files["2.targets.json"]).delegations.unwrap();
    let bins = Bins::recognise(&delegations).expect("a set of bins");
    assert_eq!((bins.count(), bins.name(0).as_str()), (16, "bin-0"));
    assert!(!files["2.targets.json"].contains(&b'\n'), "without blanks");
}

#[test]
fn first_targets_come_from_a_manifest() {
    let (_, files) = good("targets-first", false);
    let new = targets(&files["1.targets.json"]);
    assert_eq!(new.targets.len(), 2);
    assert_eq!(versions(&files["1.snapshot.json"])["targets.json"], 1);
}

/// No root is made: clients take targets 2 by the root that they have, once the online
/// side has named it.
#[test]
fn targets_alone_stand_under_the_root_that_stays() {
    let name = "targets-alone";
    let room = Room::new();
    closed(&room.run(
        &script(&format!("{name}.toml")),
        &script(&format!("{name}.answers.toml")),
    ));
    let bundle = room.bundle();
    verifiers_accept(&bundle);
    let made: Vec<_> = std::fs::read_dir(bundle.join("metadata"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(made, ["2.targets.json"]);
    says(
        &reviewed(&room, name),
        &[
            "root 2 stays: SHA-256 of its signed bytes",
            "by root 2: 2 of 3 keys must sign: targets-",
            "CHANGED docs/manual.pdf: 2048 bytes",
        ],
    );
    // The chain and the new targets; snapshot and timestamp are made by the online side.
    let whole = room.dir.path().join("whole");
    std::fs::create_dir_all(whole.join("metadata")).unwrap();
    let chain = folder().join("chain");
    for path in [
        chain.join("1.root.json"),
        chain.join("2.root.json"),
        bundle.join("metadata/2.targets.json"),
    ] {
        std::fs::copy(&path, whole.join("metadata").join(path.file_name().unwrap())).unwrap();
    }
    clients_accept(&whole, room.dir.path(), true);
}

/// What people read before they sign targets, made again from the record alone.
fn reviewed(room: &Room, name: &str) -> String {
    let script = Script::parse(text(name).as_bytes()).unwrap();
    let read = |name: String| {
        let bytes = std::fs::read(folder().join(&name)).unwrap();
        (name, bytes.into())
    };
    let inputs = Inputs(Inputs::needed(&script).into_iter().map(read).collect());
    let plan = Plan::build(script, &inputs).unwrap();
    let lines = lines(&room.record());
    let lines: Vec<_> = lines.iter().map(|l| parse_line(l.as_bytes()).unwrap()).collect();
    let state = replay(&plan, &lines, |_, _, _| {}).unwrap();
    let file = &state.files[&MetadataName::TARGETS];
    let said = review_text(&plan, &file.notes, &file.draft).join("\n");
    assert_eq!(Digest::of(said.as_bytes()), file.review, "as recorded");
    said
}

fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

/// The faults of a script over the shipped inputs, of which one may be another.
fn faults(text: &str, other: Option<(&str, &[u8])>) -> String {
    let script = match Script::parse(text.as_bytes()) {
        Ok(script) => script,
        Err(faults) => return format!("{faults:?}"),
    };
    let mut inputs = Inputs::default();
    for name in Inputs::needed(&script) {
        let bytes = std::fs::read(folder().join(&name));
        inputs.0.insert(name, bytes.unwrap().into());
    }
    if let Some((name, bytes)) = other {
        inputs.0.insert(name.to_owned(), bytes.into());
    }
    match Plan::build(script, &inputs) {
        Ok(_) => "accepted".to_owned(),
        Err(faults) => format!("{faults:?}"),
    }
}

/// The script with one text in the place of another, which stands there once.
fn with(name: &str, from: &str, to: &str) -> String {
    let text = text(name);
    assert_eq!(text.matches(from).count(), 1, "{name}: {from}");
    text.replace(from, to)
}

#[test]
fn each_sin_of_a_targets_script_is_refused_by_name() {
    let (manifest, delegate, bins) = ("targets-manifest", "targets-delegate", "targets-bins");
    for name in [manifest, delegate, bins] {
        assert_eq!(faults(&text(name), None), "accepted", "{name}");
    }
    let line = format!("{}  7  ", "ab".repeat(32));
    let file = |lines: &[String]| format!("tuf-ceremony manifest v1\n{}\n", lines.join("\n"));
    let sha = Digest::of(&std::fs::read(folder().join("tool-1.2.manifest")).unwrap()).to_string();
    let twice = file(&[format!("{line}a/b"), format!("{line}a/b")]);
    let up = file(&[format!("{line}../b")]);
    for (bytes, rule) in [
        (&twice, "line 3: expected each path once"),
        (&up, "line 2: expected"),
    ] {
        let good = with(manifest, &sha, &Digest::of(bytes.as_bytes()).to_string());
        let got = faults(&good, Some(("tool-1.2.manifest", bytes.as_bytes())));
        assert!(
            got.contains("input-not-a-manifest") && got.contains(rule),
            "{rule}: {got}"
        );
    }
    let other = faults(&text(manifest), Some(("tool-1.2.manifest", twice.as_bytes())));
    assert!(other.contains("input-digest"), "{other}");
    let table = "[[target]]\ndo     = \"remove\"\nrole   = \"targets\"\npath   = \"apps/tool-1.0.tar.gz\"\n";
    let add_docs = "name        = \"docs\"";
    let cases: &[(&str, String, &str)] = &[
        (
            "plan-targets",
            with(manifest, "apps/tool-1.0", "apps/tool-0.9"),
            "expected target apps/tool-0.9",
        ),
        (
            "plan-targets",
            with(manifest, "docs/errata.txt", "docs/../errata.txt"),
            "target path",
        ),
        (
            "plan-targets",
            with(manifest, "docs/errata.txt", "docs/manual.pdf"),
            "two for docs/manual.pdf",
        ),
        (
            "plan-targets",
            with(manifest, "apps/tool-1.0.tar.gz", "apps/tool-1.1.tar.gz"),
            "two for",
        ),
        (
            "script-unknown-field",
            with(manifest, table, &format!("{table}length = 7\n")),
            "length",
        ),
        (
            "script-unknown-field",
            with(manifest, "others = \"stay\"", "others = \"stay\"\nsize = 1"),
            "size",
        ),
        (
            "script-missing-field",
            with(manifest, "others = \"stay\"\n", ""),
            "others",
        ),
        (
            "script-wrong-value",
            with(manifest, "length = 77", "length = -1"),
            "length",
        ),
        (
            "plan-targets-role",
            with(manifest, table, &table.replace("\"targets\"", "\"docs\"")),
            "docs",
        ),
        (
            "plan-targets",
            with(delegate, "\"docs/*\"", "\"docs/**\""),
            "docs: pattern",
        ),
        (
            "plan-targets",
            with(delegate, "\"docs/*\"", "\"docs/[ab]\""),
            "docs: pattern",
        ),
        (
            "plan-targets",
            with(delegate, "\"apps/beta/*\"", "\"apps/*\""),
            "once",
        ),
        (
            "plan-targets",
            with(delegate, "[\"apps\", \"docs\"]", "[\"docs\", \"apps\"]"),
            "order of delegations",
        ),
        (
            "plan-targets",
            with(delegate, add_docs, "name        = \"apps\""),
            "apps",
        ),
        (
            "script-wrong-value",
            with(delegate, add_docs, "name        = \"root\""),
            "name",
        ),
        (
            "script-missing-field",
            text(delegate).replacen("place       = \"last\"\n", "", 1),
            "place",
        ),
        (
            "plan-delegation-key",
            with(
                delegate,
                "keys        = [\"docs-key\"]",
                "keys        = [\"nobody\"]",
            ),
            "nobody",
        ),
        (
            "plan-delegation-key",
            with(
                delegate,
                "keys        = [\"docs-key\"]",
                "keys        = [\"root-a\"]",
            ),
            "root",
        ),
        (
            "plan-targets",
            with(bins, "threshold = 1 }", "threshold = 2 }"),
            "threshold",
        ),
        (
            "script-unknown-field",
            with(bins, "bits = 4", "bits = 4, terminating = true"),
            "terminating",
        ),
    ];
    for (code, text, word) in cases {
        let got = faults(text, None);
        assert!(got.contains(code) && got.contains(word), "{code} {word}: {got}");
    }
}

#[test]
fn each_change_of_delegations_is_taken_where_it_changes_something() {
    let of = |what: &str| {
        format!("[[delegation]]\nrole = \"targets\"\n{what}\n\n[[result]]\nmetadata        = \"root\"")
    };
    let result = "[[result]]\nmetadata        = \"root\"";
    let good = [
        "do = \"add-key\"\nname = \"docs\"\nkey = \"apps-key\"",
        "do = \"set-terminating\"\nname = \"docs\"\nterminating = true",
        "do = \"set-paths\"\nname = \"docs\"\npaths = [\"manual/*\"]",
        "do = \"set-paths\"\nname = \"docs\"\nprefixes = [\"0a\"]",
        "do = \"remove-role\"\nname = \"docs\"",
        "do = \"add-role\"\nname = \"first\"\nkeys = [\"docs-key\"]\nthreshold = 1\nterminating = false\npaths = [\"x\"]\nbefore = \"apps\"",
        "do = \"bins\"\nbins = { bits = 2, style = \"succinct\", name_prefix = \"bin\", keys = [\"apps-key\"], threshold = 1 }",
    ];
    let bad = [
        ("do = \"add-key\"\nname = \"docs\"\nkey = \"docs-key\"", "docs"),
        ("do = \"remove-key\"\nname = \"docs\"\nkey = \"apps-key\"", "docs"),
        (
            "do = \"remove-key\"\nname = \"docs\"\nkey = \"docs-key\"",
            "threshold",
        ),
        (
            "do = \"set-threshold\"\nname = \"docs\"\nthreshold = 1",
            "threshold of docs",
        ),
        (
            "do = \"set-threshold\"\nname = \"docs\"\nthreshold = 2",
            "threshold",
        ),
        (
            "do = \"set-terminating\"\nname = \"docs\"\nterminating = false",
            "terminating of docs",
        ),
        (
            "do = \"set-paths\"\nname = \"docs\"\npaths = [\"docs/*\"]",
            "paths of docs",
        ),
        ("do = \"remove-role\"\nname = \"blog\"", "blog"),
    ];
    for what in good {
        let got = faults(&with("targets-delegate", result, &of(what)), None);
        assert_eq!(got, "accepted", "{what}");
    }
    for (what, word) in bad {
        let got = faults(&with("targets-delegate", result, &of(what)), None);
        assert!(
            got.contains("plan-targets") && got.contains(word),
            "{what}: {got}"
        );
    }
}
