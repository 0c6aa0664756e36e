//! Hash bins, and what real clients say of them, of patterns and of searches.
//! `TUF_CLIENT_PYTHON` and `TUF_CLIENT_TOUGH`; a visible SKIPPED where one is
//! absent. The whole of PEP 458's 16,384 bins takes minutes: `--ignored`.

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
use std::path::{Path, PathBuf};
use std::process::Command;

use kit::{Files, later, now, public, root, sign, with};
use made::{bins, classic, code, file, inputs, repository, targets};
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::bins::{Compared, Style, compare};
use tuf_ceremony::tuf::compose::{
    DelegationChange as D, Form, SnapshotChange, TargetsInputs, bin_files, snapshot_with, targets_with,
    timestamp_with,
};
use tuf_ceremony::tuf::lookup::{Known, Outcome, find};
use tuf_ceremony::tuf::pattern::{Pattern, matches};
use tuf_ceremony::tuf::{Bins, Key, Metadata, Signed, Targets, check_repository, review, workflow};

#[test]
fn a_generated_set_is_reviewed_by_its_parameters() {
    let changes = [D::Bins(classic(14))];
    let parent = TargetsInputs {
        form: Form::Compact,
        ..inputs(None, &[], &changes)
    };
    let draft = targets_with(&parent, now()).unwrap();
    let size = sign(&draft, &[4]).len();
    println!(
        "16384 bins: {} bytes to sign, file {size} bytes compact",
        draft.canonical.len()
    );
    assert!(size < workflow::MAX_TARGETS);
    let lines = review(&draft.signed, None);
    assert!(lines.len() < 40, "{}", lines.len());
    let text = lines.join("\n");
    assert!(
        text.contains("generated: 16384 bins, prefix length 14 bits, names 0000-0003 to fffc-ffff"),
        "{text}"
    );
    assert!(text.contains("regenerated: equal, byte for byte"), "{text}");
    let before = targets(&draft);
    let again = TargetsInputs {
        previous: Some(&before),
        ..parent
    };
    assert_eq!(code(targets_with(&again, now())), "NOTHING_CHANGES");
}

#[test]
fn a_set_with_one_flag_changed_is_no_set() {
    let changes = [D::Bins(classic(8))];
    let draft = targets_with(&inputs(None, &[], &changes), now()).unwrap();
    let roles = draft.signed.get("delegations").unwrap().get("roles").unwrap();
    let mut roles = roles.as_array().unwrap().to_vec();
    roles[77] = with(&roles[77], &["terminating"], Some(Json::Bool(false)));
    let spoiled = with(&draft.signed, &["delegations", "roles"], Some(Json::Array(roles)));
    let lines = review(&spoiled, Some(&draft.signed));
    assert!(lines.len() > 256 && !lines.iter().any(|l| l.starts_with("  generated")));
    assert!(lines.iter().any(|l| l == "    terminating was true"));
    let back = review(&draft.signed, Some(&spoiled));
    assert!(back.iter().any(|l| l.starts_with("  generated: 256 bins")));
    assert!(matches!(
        compare(&draft.canonical, &draft.canonical),
        Compared::Equal { .. }
    ));
    // Other keys for all bins: one line says so, and each key's fate.
    let keys = vec![Key::of(&public(6))];
    let style = Style::Prefixes {
        name_prefix: "bin-".into(),
    };
    let other = [D::Bins(Bins::new(8, style, keys, 1).unwrap())];
    let before = targets(&draft);
    let next = targets_with(&inputs(Some(&before), &[], &other), now()).unwrap();
    let text = review(&next.signed, Some(&draft.signed)).join("\n");
    for part in [
        "generated: 256 bins",
        "was generated: 256 bins",
        "ADDED to this role",
        "REMOVED from this role",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_set_over_the_limit_is_refused_by_name() {
    let style = Style::Prefixes {
        name_prefix: String::new(),
    };
    let keys = (1..=4).map(|s| Key::of(&public(s))).collect();
    let changes = [D::Bins(Bins::new(14, style, keys, 2).unwrap())];
    let refused = targets_with(&inputs(None, &[], &changes), now())
        .unwrap_err()
        .to_string();
    assert!(
        refused.starts_with("1.targets.json: expected at most 5000000 bytes"),
        "{refused}"
    );
}

/// A repository whose targets role delegates everything to bins, keys of seed 5.
fn binned(set: &Bins) -> Files {
    let contents: BTreeMap<_, _> = ["file1.txt", "bar", "requests/requests-2.31.0-py3-none-any.whl"]
        .map(|path| (path.to_owned(), file(path)))
        .into();
    let changes = [D::Bins(set.clone())];
    let parent = TargetsInputs {
        form: Form::Compact,
        ..inputs(None, &[], &changes)
    };
    let parent = targets_with(&parent, now()).unwrap();
    let mut files = Files::new();
    files.insert("1.root.json".into(), sign(&root(1), &[1, 2]));
    files.insert(parent.file_name(), sign(&parent, &[4]));
    let mut listed = vec![SnapshotChange::of_version("targets.json", 1)];
    for bin in bin_files(set, &contents, 1, later(), now()).unwrap() {
        listed.push(SnapshotChange::of_version(
            &format!("{}.json", bin.role_name()),
            1,
        ));
        files.insert(bin.file_name(), sign(&bin, &[5]));
    }
    let snapshot = snapshot_with(None, &listed, later(), now()).unwrap();
    let entry = SnapshotChange::of_version("snapshot.json", 1);
    let timestamp = timestamp_with(None, &entry, later(), now()).unwrap();
    for (draft, seed) in [(snapshot.in_form(Form::Compact), 5), (timestamp, 5)] {
        files.insert(draft.file_name(), sign(&draft, &[seed]));
    }
    files
}

fn written(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("metadata")).unwrap();
    std::fs::create_dir(folder.path().join("targets")).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join("metadata").join(name), bytes).unwrap();
    }
    folder
}

fn present(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|p| p.is_file());
    if found.is_none() {
        println!("SKIPPED {variable} is not set: this client was not asked");
    }
    found
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients/python")
        .join(name)
}

fn runs(mut command: Command) -> String {
    let out = command.output().unwrap();
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{errors}");
    String::from_utf8(out.stdout).unwrap()
}

fn accepted_by_python(python: &Path, folder: &Path) {
    let mut command = Command::new(python);
    command
        .arg(script("accept.py"))
        .arg(folder)
        .args(["--at", "2027-01-01T00:00:00Z"]);
    for target in ["file1.txt", "bar", "requests/requests-2.31.0-py3-none-any.whl"] {
        command.args(["--target", target]);
    }
    assert!(runs(command).contains("python-tuf: accepted"));
}

fn accepted_by_tough(tough: &Path, folder: &Path) {
    let mut command = Command::new(tough);
    command.arg(folder).args(["--at", "2027-01-01T00:00:00Z"]);
    assert!(runs(command).contains("tough: accepted"));
}

#[test]
fn bins_are_accepted_by_the_clients_that_read_them() {
    let succinct = bins(
        5,
        Style::Succinct {
            name_prefix: "bins".into(),
        },
    );
    for (set, tough_reads) in [(classic(5), true), (succinct, false)] {
        let files = binned(&set);
        let summary = check_repository(&files, now()).unwrap();
        assert_eq!((summary.delegated.len(), summary.not_checked), (32, vec![]));
        let folder = written(&files);
        if let Some(python) = present("TUF_CLIENT_PYTHON") {
            accepted_by_python(&python, folder.path());
        }
        if let Some(tough) = present("TUF_CLIENT_TOUGH").filter(|_| tough_reads) {
            accepted_by_tough(&tough, folder.path());
        }
    }
}

#[test]
#[ignore = "16,386 files: minutes"]
fn pep_458s_16384_bins_are_accepted() {
    let files = binned(&classic(14));
    println!(
        "targets {} bytes, snapshot {} bytes, {} files",
        files["1.targets.json"].len(),
        files["1.snapshot.json"].len(),
        files.len()
    );
    let folder = written(&files);
    if let Some(python) = present("TUF_CLIENT_PYTHON") {
        accepted_by_python(&python, folder.path());
        println!("python-tuf accepts");
    }
    if let Some(tough) = present("TUF_CLIENT_TOUGH") {
        accepted_by_tough(&tough, folder.path());
        println!("tough accepts");
    }
    let summary = check_repository(&files, now()).unwrap();
    assert_eq!(summary.delegated.len(), 16_384);
}

#[test]
fn a_repository_with_nested_delegations_is_accepted() {
    let folder = written(&repository());
    if let Some(python) = present("TUF_CLIENT_PYTHON") {
        let mut command = Command::new(python);
        command.arg(script("accept.py")).arg(folder.path());
        command.args([
            "--at",
            "2027-01-01T00:00:00Z",
            "--target",
            "a/d-1",
            "--target",
            "c/x.txt",
        ]);
        assert!(runs(command).contains("python-tuf: accepted"));
    }
    if let Some(tough) = present("TUF_CLIENT_TOUGH") {
        accepted_by_tough(&tough, folder.path());
    }
}

const PATTERNS: &[&str] = &[
    "*", "a/*", "a?b", "*.txt", "r-?.txt", "*a*b*", "*a*b", "a/b", "*/*", "a/b/*", "?", "x-*-y", "a/*/c",
    "r-*",
];
const PATHS: &[&str] = &[
    "a", "a/b", "a/b/c", "axb", "a/x/c", "x.txt", "a.txt", "r-1.txt", "r-12.txt", "xaxbx", "xaxbxc", "A/b",
    "x--y", "x-1-y", "x-1-2-y", "a/b.txt", "r-", "b",
];

#[test]
fn python_tuf_says_the_same_of_patterns_bins_and_searches() {
    let Some(python) = present("TUF_CLIENT_PYTHON") else {
        return;
    };
    let text = |t: &str| Json::from(t);
    let pairs: Vec<_> = PATTERNS
        .iter()
        .flat_map(|p| PATHS.iter().map(move |t| (*p, *t)))
        .collect();
    let (set, succinct) = (
        classic(14),
        bins(
            14,
            Style::Succinct {
                name_prefix: "bins".into(),
            },
        ),
    );
    let files = repository();
    let folder = written(&files);
    let searches = [
        "top.txt",
        "a/own.txt",
        "a/x.txt",
        "a/d-1",
        "a/d-2",
        "b/x.txt",
        "b/hidden.txt",
        "c/x.txt",
        "c/none",
        "a/b/c",
    ];
    let array = |items: Vec<Json>| Json::Array(items);
    let prefixes = |path: &str| array(set.prefixes(set.index_of(path)).iter().map(|p| text(p)).collect());
    let ask = Json::object([
        (
            "patterns",
            array(pairs.iter().map(|(p, t)| array(vec![text(p), text(t)])).collect()),
        ),
        (
            "prefixes",
            array(PATHS.iter().map(|t| array(vec![prefixes(t), text(t)])).collect()),
        ),
        (
            "succinct",
            array(
                PATHS
                    .iter()
                    .map(|t| array(vec![Json::Int(14), text("bins"), text(t)]))
                    .collect(),
            ),
        ),
        (
            "find",
            Json::object([
                ("folder", text(folder.path().to_str().unwrap())),
                ("at", text("2027-01-01T00:00:00Z")),
                ("paths", array(searches.iter().map(|t| text(t)).collect())),
            ]),
        ),
    ]);
    let file = folder.path().join("ask.json");
    std::fs::write(&file, ask.line()).unwrap();
    let mut command = Command::new(python);
    command.arg(script("targets.py")).arg(&file);
    let answer = Json::parse(runs(command).trim_end().as_bytes()).unwrap();
    let list = |name: &str| answer.get(name).unwrap().as_array().unwrap().to_vec();

    for ((pattern, path), theirs) in pairs.iter().zip(list("patterns")) {
        let ours = Json::Bool(matches(pattern, path).unwrap());
        assert_eq!(ours, theirs, "{pattern} {path}");
        assert!(Pattern::parse(pattern).is_ok());
    }
    assert_eq!(list("patterns").len(), PATTERNS.len() * PATHS.len());
    assert!(list("prefixes").iter().all(|theirs| *theirs == Json::Bool(true)));
    for (path, theirs) in PATHS.iter().zip(list("succinct")) {
        assert_eq!(text(&succinct.bin_of(path)), theirs, "{path}");
    }

    let read = |role: &str| -> Targets {
        match Metadata::parse(&files[&format!("1.{role}.json")]).unwrap().signed {
            Signed::Targets(t) => t,
            other => panic!("{other:?}"),
        }
    };
    let top = read("targets");
    let delegated: BTreeMap<_, _> = ["a", "b", "c", "deep"].map(|r| (r.to_owned(), read(r))).into();
    for (path, theirs) in searches.iter().zip(list("find")) {
        let known = Known {
            targets: &top,
            delegated: &delegated,
        };
        let ours = find(known, path).unwrap();
        let found = matches!(ours.outcome, Outcome::Found { .. });
        let visited = array(ours.visited.iter().map(|r| text(r)).collect());
        assert_eq!(array(vec![visited, Json::Bool(found)]), theirs, "{path}");
    }
}

#[test]
fn a_file_of_bins_is_put_into_its_bin_alone() {
    let set = classic(14);
    let contents = BTreeMap::from([("bar".to_owned(), file("bar"))]);
    let drafts = bin_files(&classic(5), &contents, 3, later(), now()).unwrap();
    assert_eq!(drafts.len(), 32);
    let full: Vec<_> = drafts.iter().filter(|d| !targets(d).targets.is_empty()).collect();
    assert_eq!(full.len(), 1);
    assert_eq!(full[0].role_name(), classic(5).bin_of("bar"));
    assert_eq!(
        full[0].file_name(),
        format!("3.{}.json", classic(5).bin_of("bar"))
    );
    assert_eq!(set.bin_of("bar"), "fcdc-fcdf");
    let bad = BTreeMap::from([("../bar".to_owned(), file("bar"))]);
    assert!(bin_files(&classic(5), &bad, 1, later(), now()).is_err());
}
