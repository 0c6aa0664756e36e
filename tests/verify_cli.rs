//! `verify` as people call it: anchors from a file, a level that is required,
//! what may be published, and exit codes that stay what they are whatever the
//! attack is called.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/production.rs"]
mod production;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::path::Path;
use std::process::Command;

use production::{closed, known, witnessed};
use rehearsal::write;
use tuf_ceremony::base::Json;

fn verify(folder: &Path, more: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_tuf-ceremony"))
        .arg("verify")
        .arg(folder.join("bundle"))
        .args(more)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
}

#[test]
fn anchors_levels_and_publishing_by_the_shipped_program() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let files = witnessed(&closed());
    write(&at.join("bundle"), &files);
    std::fs::write(at.join("known"), known()).unwrap();
    std::fs::write(at.join("odd"), "tuf-ceremony anchors v1\nnotary x\nverifier y\n").unwrap();
    std::fs::create_dir(at.join("nothing-live")).unwrap();
    std::fs::create_dir(at.join("live")).unwrap();
    std::fs::write(at.join("live/1.root.json"), &files["metadata/1.root.json"]).unwrap();
    let anchors = ["--anchors", "known"];
    let publish = |live| ["--anchors", "known", "--for-publish", "--against", live];

    for (more, code, says) in [
        (&[][..], 0, "verdict: internally-consistent ("),
        (&["--require", "unwitnessed"], 1, "no anchors from outside"),
        (&anchors, 0, "verdict: witnessed 2 of 3 ("),
        (
            &["--anchors", "known", "--require", "witnessed"],
            0,
            "witness           external ",
        ),
        (
            &publish("nothing-live"),
            0,
            "for publishing: it may be published; root 1, the first",
        ),
        (
            &publish("live"),
            1,
            "because succession: expected root 2 next, got root 1",
        ),
    ] {
        let (got, out, err) = verify(at, more);
        assert_eq!(got, code, "{more:?}: {out}{err}");
        assert!(out.contains(says), "{more:?}: {out}");
        // Today, of this machine's clock, apart from the verdict.
        assert!(out.contains("\ntoday, 20"), "{out}");
    }
    for (more, says) in [
        (&["--anchors", "odd"][..], "line 2: expected approver"),
        (&["--anchors", "odd"], "line 3: expected one SHA-256"),
        (&["--anchors", "nowhere"], "--anchors"),
        (&["--require", "very-good"], "unwitnessed, witnessed"),
        (&["--for-publish"], "--against"),
        (&["--against", "live"], "--for-publish"),
    ] {
        let (got, out, err) = verify(at, more);
        assert_eq!((got, out.as_str()), (2, ""), "{more:?}: {err}");
        assert!(err.contains(says), "{more:?}: {err}");
    }

    // One screen for tired people: the verdict first, no check unnamed.
    let (got, out, err) = verify(at, &["--anchors", "known", "--short"]);
    assert_eq!(got, 0, "{err}");
    assert!(out.starts_with("verdict: witnessed 2 of 3 ("), "{out}");
    assert!(out.contains("\nheld, ") && !out.contains("\nfailed, "), "{out}");
    assert!(
        out.lines().count() <= 24 && out.lines().all(|l| l.len() <= 400),
        "{out}"
    );
    let (_, whole, _) = verify(at, &["--anchors", "known"]);
    let (_, json, _) = verify(at, &["--anchors", "known", "--json"]);
    let json = Json::parse(json.trim_end().as_bytes()).unwrap();
    for check in json.get("checks").and_then(Json::as_array).unwrap() {
        let name = check.get("name").and_then(Json::as_str).unwrap();
        assert!(
            out.split(|c: char| c.is_whitespace() || c == ',')
                .any(|w| w == name),
            "{name}: {out}"
        );
    }
    // The words that people wrote down are the same in both.
    let words = |text: &str| {
        text.lines()
            .filter(|l| l.starts_with("  29 "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!((words(&out), words(&out).len()), (words(&whole), 1));

    // Whatever it is called, the exit status is 1.
    let record = &files["ceremony.jsonl"];
    let cut = &record[..record.len() / 2];
    std::fs::write(at.join("bundle/ceremony.jsonl"), cut).unwrap();
    let (got, out, _) = verify(at, &["--anchors", "known", "--short"]);
    assert_eq!(got, 1);
    for code in ["[truncated]", "[not-closed]", "[torn-tail]", "[sum-mismatch]"] {
        assert!(out.contains(code), "{code}: {out}");
    }
    let (got, out, _) = verify(at, &["--anchors", "known", "--json"]);
    assert_eq!(got, 1);
    let json = Json::parse(out.trim_end().as_bytes()).unwrap();
    let codes = json.get("codes").and_then(Json::as_array).unwrap();
    for code in ["truncated", "not-closed", "torn-tail", "sum-mismatch"] {
        assert!(codes.contains(&Json::from(code)), "{code}: {out}");
    }
    let facts = json.get("facts").and_then(Json::as_array).unwrap();
    let root = facts
        .iter()
        .find(|f| f.get("name").and_then(Json::as_str) == Some("root"));
    let anchor = root.unwrap().get("anchor").and_then(Json::as_str);
    assert_eq!(
        anchor,
        Some("self-asserted"),
        "the known head is not that of these lines"
    );
}
