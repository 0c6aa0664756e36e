//! `tuf show`, `tuf diff` and `tuf lint` over delegated files, succinct roles and
//! hash bins, through the shipped program: golden text; 16,384 bins by their
//! parameters; for a whole repository a verdict per client, with reason and remedy.
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

#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "vectors/tuf/made.rs"]
mod made;
#[path = "support/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use kit::{later, now, public, root, sign};
use made::inputs;
use program::{BINARY, Ran, ran};
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::bins::Style;
use tuf_ceremony::tuf::compose::{
    DelegationChange as D, Form, SnapshotChange, TargetsInputs, bin_files, snapshot_with, targets_with,
    timestamp_with,
};
use tuf_ceremony::tuf::{Bins, Draft, Key};

const AT: &str = "2027-01-01T00:00:00Z";

fn golden(name: &str, text: &str) {
    let path = program::root().join("tests/golden/tuf").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "{name} is out of date: UPDATE_GOLDEN=1 cargo test --test tuf_bins_cli\n{text}"
    );
}

fn call(folder: &Path, words: &[&str]) -> Ran {
    ran(Command::new(&*BINARY).current_dir(folder).arg("tuf").args(words))
}

fn prefixes() -> Style {
    Style::Prefixes {
        name_prefix: "bin-".to_owned(),
    }
}

fn succinct() -> Style {
    Style::Succinct {
        name_prefix: "bins".to_owned(),
    }
}

/// The top-level targets of a set, and the set.
fn top(bits: u8, style: Style) -> (Draft, Bins) {
    let bins = Bins::new(bits, style, vec![Key::of(&public(6))], 1).unwrap();
    let changes = [D::Bins(bins.clone())];
    let draft = targets_with(
        &TargetsInputs {
            form: Form::Compact,
            ..inputs(None, &[], &changes)
        },
        now(),
    );
    (draft.unwrap(), bins)
}

/// A whole repository over a set of bins, with two files in them.
fn repository(folder: &Path, bits: u8, style: Style) {
    let (top, bins) = top(bits, style);
    let files = ["a.txt", "b/c.txt"].map(|p| (p.to_owned(), made::file(p)));
    let bin_drafts = bin_files(&bins, &BTreeMap::from(files), 1, later(), now()).unwrap();
    let mut entries = vec![SnapshotChange::of_version("targets.json", 1)];
    let put = |draft: &Draft, seeds: &[u8]| {
        std::fs::write(folder.join(draft.file_name()), sign(draft, seeds)).unwrap();
    };
    for draft in &bin_drafts {
        entries.push(SnapshotChange::of_version(
            &format!("{}.json", draft.role_name()),
            1,
        ));
        put(draft, &[6]);
    }
    put(&root(1), &[1, 2, 3]);
    put(&top, &[4]);
    put(&snapshot_with(None, &entries, later(), now()).unwrap(), &[5]);
    let snapshot = SnapshotChange::of_version("snapshot.json", 1);
    put(&timestamp_with(None, &snapshot, later(), now()).unwrap(), &[5]);
}

#[test]
fn a_repository_of_bins_gets_a_verdict_per_client_with_reason_and_remedy() {
    for (style, name, refusing) in [
        (prefixes(), "prefixes", &["go-tuf", "rust-tuf"][..]),
        (succinct(), "succinct", &["tough", "rust-tuf"]),
    ] {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("repository");
        std::fs::create_dir(&folder).unwrap();
        repository(&folder, 4, style);
        let words = [
            "lint",
            "--repository",
            "repository",
            "--at",
            AT,
            "--profile",
            "universal",
        ];
        let ran = call(place.path(), &words);
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        golden(&format!("lint-bins-{name}.txt"), &ran.out);
        let json = call(place.path(), &[&words[..], &["--json"]].concat());
        let json = Json::parse(json.out.as_bytes()).unwrap();
        for row in json.get("verdicts").unwrap().as_array().unwrap() {
            let text = |field: &str| row.get(field).and_then(Json::as_str).unwrap_or_default();
            let accepts = text("verdict") == "accepts";
            assert_eq!(
                accepts,
                !refusing.contains(&text("client")),
                "{name}: {}",
                row.line()
            );
            let reason = text("why").len() > 5;
            assert!(accepts || reason, "{name}: {}", row.line());
            assert!(
                text("verdict") != "refuses" || text("remedy").len() > 5,
                "{}",
                row.line()
            );
        }
    }
}

#[test]
fn sixteen_thousand_bins_are_shown_by_their_parameters() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    for (style, name) in [(prefixes(), "prefixes"), (succinct(), "succinct")] {
        let (draft, bins) = top(14, style);
        std::fs::write(folder.join("1.targets.json"), sign(&draft, &[4])).unwrap();
        let empty = tuf_ceremony::tuf::compose::targets(1, later(), now()).unwrap();
        std::fs::write(folder.join("0.targets.json"), sign(&empty, &[4])).unwrap();
        let show = call(folder, &["show", "1.targets.json"]);
        assert_eq!(show.code, 0, "{name}: {}", show.err);
        assert!(
            show.out.lines().count() < 20,
            "{name}: {}",
            show.out.lines().count()
        );
        assert!(show.out.contains(&bins.describe()), "{name}");
        golden(&format!("show-bins-{name}.txt"), &show.out);
        let json = call(folder, &["show", "1.targets.json", "--json"]);
        let json = Json::parse(json.out.as_bytes()).unwrap();
        assert_eq!(json.get("roles").unwrap().as_array().unwrap().len(), 1, "{name}");
        let diff = call(folder, &["diff", "0.targets.json", "1.targets.json"]);
        assert_eq!(diff.code, 0, "{name}: {}", diff.err);
        golden(&format!("diff-bins-{name}.txt"), &diff.out);
        assert!(
            diff.out.lines().count() < 60,
            "{name}: {}",
            diff.out.lines().count()
        );
        let lint = call(
            folder,
            &[
                "lint",
                "1.targets.json",
                "--profile",
                "universal",
                "--at",
                "2027-01-01T00:00:00Z",
            ],
        );
        assert_eq!(lint.code, 1, "{name}: {}", lint.err);
        golden(&format!("lint-bins-file-{name}.txt"), &lint.out);
    }
    // One entry that is not the parameters': nothing is left out any more.
    let (draft, _) = top(8, prefixes());
    let text = draft.signed.line();
    let odd = text.replacen(r#""terminating":true"#, r#""terminating":false"#, 1);
    let odd = kit::envelope(&Json::parse(odd.as_bytes()).unwrap(), &[4]);
    std::fs::write(folder.join("odd.json"), odd).unwrap();
    let show = call(folder, &["show", "odd.json"]);
    assert!(
        !show.out.contains("generated:") && show.out.lines().count() > 256,
        "{}",
        show.out
    );
}

#[test]
fn the_snapshot_of_bins_is_a_line_for_what_is_alike() {
    let place = tempfile::tempdir().unwrap();
    let entries: Vec<_> = std::iter::once("targets.json".to_owned())
        .chain((0..16_384).map(|n| format!("bin-{n:04x}.json")))
        .map(|file| SnapshotChange::of_version(&file, 1))
        .collect();
    let snapshot = snapshot_with(None, &entries, later(), now()).unwrap();
    std::fs::write(place.path().join("1.snapshot.json"), sign(&snapshot, &[5])).unwrap();
    let show = call(place.path(), &["show", "1.snapshot.json"]);
    assert!(
        show.code == 0 && show.out.lines().count() < 20,
        "{}",
        show.out.lines().count()
    );
    let line = r#"16385 entries from bin-0000.json to targets.json, each: {"version":1}"#;
    assert!(show.out.contains(line), "{}", show.out);
}

#[test]
fn a_delegated_file_is_shown_compared_and_linted() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let first = made::delegated(
        "a",
        None,
        &[made::put("a/x.txt", "x")],
        &[made::add(made::role("deep", &[14], &["a/d-*"], true))],
    );
    let before = made::targets(&first);
    let changes = [made::add(made::role("late", &[12], &["a/*"], false))];
    let second = made::delegated("a", Some(&before), &[made::put("a/y.txt", "y")], &changes);
    std::fs::write(folder.join("1.a.json"), sign(&first, &[11])).unwrap();
    std::fs::write(folder.join("2.a.json"), sign(&second, &[11])).unwrap();
    for (name, words, code) in [
        ("show-delegated.txt", vec!["show", "2.a.json"], 0),
        ("diff-delegated.txt", vec!["diff", "1.a.json", "2.a.json"], 0),
        (
            "lint-delegated.txt",
            vec![
                "lint",
                "2.a.json",
                "--profile",
                "universal",
                "--at",
                "2027-01-01T00:00:00Z",
            ],
            0,
        ),
    ] {
        let ran = call(folder, &words);
        golden(name, &ran.out);
        assert_eq!(ran.code, code, "{words:?}: {ran:?}");
    }
}
