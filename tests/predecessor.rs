//! The checkpoint of the site's last ceremony: named in the script, pinned in the
//! first record, refused where it is another site's, another kind's or no
//! checkpoint; and production never goes without saying which.
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

#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use program::{Ran, root, run};
use rehearsal::{Room, script_small, scripts};
use tuf_ceremony::audit;
use tuf_ceremony::base::Digest;
use tuf_ceremony::engine::InputKind;
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;

/// A rehearsal script that names the file `checkpoint`.
fn next(note: &str) -> String {
    let sha256 = Digest::of(note.as_bytes());
    let named = format!("\npredecessor = {{ file = \"checkpoint\", sha256 = \"{sha256}\" }}\n\n[trust]");
    script_small().replacen("\n[trust]", &named, 1)
}

/// The same beside the file, through the program.
fn check(folder: &Path, note: &str) -> Ran {
    let text = next(note);
    std::fs::write(folder.join("checkpoint"), note).unwrap();
    for file in Inputs::needed(&Script::parse(text.as_bytes()).unwrap()) {
        if file != "checkpoint" {
            std::fs::write(folder.join(&file), scripts::online_file(&file)).unwrap();
        }
    }
    let path = folder.join("next.toml");
    std::fs::write(&path, text).unwrap();
    run(&["check", path.to_str().unwrap()])
}

/// The closing checkpoint of a rehearsal, as its bundle has it.
fn last() -> String {
    let files = Room::closed(&script_small()).bundle();
    String::from_utf8(files["checkpoint"].clone()).unwrap()
}

#[test]
fn the_last_ceremonys_checkpoint_is_pinned_in_the_next_record() {
    let dir = tempfile::tempdir().unwrap();
    let note = last();
    let ran = check(dir.path(), &note);
    assert_eq!(ran.code, 0, "{ran:?}");
    let script = Script::parse(next(&note).as_bytes()).unwrap();
    let bytes = |file: &String| match file.as_str() {
        "checkpoint" => note.clone().into_bytes(),
        other => scripts::online_file(other),
    };
    let inputs: BTreeMap<String, Vec<u8>> = Inputs::needed(&script)
        .into_iter()
        .map(|file| (file.clone(), bytes(&file)))
        .collect();
    let arcs = inputs.iter().map(|(n, b)| (n.clone(), Arc::from(b.as_slice())));
    let plan = Plan::build(script, &Inputs(arcs.collect())).unwrap();
    let new = || Room::old(plan.clone(), inputs.clone(), BTreeMap::new());
    let mut room = new();
    while room.go_on() {}
    let judged = audit::judge(&room.files(), &audit::Options::default());
    assert!(judged.good(), "{:?}", judged.lines());
    let fact = judged.facts.iter().find(|f| f.name == "predecessor").unwrap();
    assert_eq!(fact.value, note.lines().take(3).collect::<Vec<_>>().join(" "));
    // An opening that leaves it out is not this plan's.
    let mut without = new();
    let mut opening = without.opening();
    opening.predecessor = "genesis".to_owned();
    let refused = without.feed(InputKind::Open(Box::new(opening)));
    assert_eq!(refused.unwrap_err().code, "open-differs");
}

#[test]
fn another_checkpoint_is_refused() {
    let good = last();
    let sins = [
        ("another site", good.replace("/vienna/", "/graz/")),
        (
            "a production's before a rehearsal",
            good.replacen("rehearsal/", "", 1),
        ),
        ("no id", good.replacen("/vienna/", "/vienna/x", 1)),
        (
            "no signature",
            good.split("\n\n").next().unwrap().to_owned() + "\n",
        ),
        ("an extension line", good.replacen("\n\n", "\nmore\n\n", 1)),
        ("nothing", String::new()),
    ];
    for (sin, note) in sins {
        let dir = tempfile::tempdir().unwrap();
        let ran = check(dir.path(), &note);
        assert_eq!(ran.code, 2, "{sin}: {ran:?}");
        assert!(
            ran.err.contains("error[predecessor]: checkpoint: "),
            "{sin}: {ran:?}"
        );
        assert!(ran.err.contains("help: name the file"), "{sin}: {ran:?}");
    }
}

#[test]
fn production_says_what_came_before() {
    let dir = tempfile::tempdir().unwrap();
    let from = root().join("ceremony-scripts/templates");
    for name in ["root-keygen.toml", "online.pub.pem", "online-2.pub.pem"] {
        std::fs::copy(from.join(name), dir.path().join(name)).unwrap();
    }
    let path = dir.path().join("root-keygen.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(run(&["check", path.to_str().unwrap()]).code, 0);
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with("predecessor")).collect();
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let ran = run(&["check", path.to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("script-missing-field"), "{ran:?}");
    assert!(ran.err.contains("`predecessor`"), "{ran:?}");
}
