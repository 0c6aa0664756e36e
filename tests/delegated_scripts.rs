//! Files of delegated roles in ceremonies: the first of a role and of one below it,
//! in the run that delegates to them, and the next one over published files. Both
//! through the shipped binary, judged by both verifiers and real clients; and what
//! a script may not say, by name.
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

#[path = "support/delegated.rs"]
mod delegated;
#[path = "support/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use program::{Room, clients_accept, closed, lines, ran, root, run, script, verifiers_accept};
use tuf_ceremony::base::{Digest, Json};
use tuf_ceremony::engine::{replay, review_text};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::parse_line;
use tuf_ceremony::tuf::{Metadata, MetadataName, Signed, Targets};

const FIRST: &str = "targets-delegated";

fn folder() -> PathBuf {
    root().join("ceremony-scripts/rehearsal")
}

/// The first ceremony, run once.
static ROOM: LazyLock<Room> = LazyLock::new(|| {
    let room = Room::new();
    let answers = script(&format!("{FIRST}.answers.toml"));
    closed(&room.run(&script(&format!("{FIRST}.toml")), &answers));
    room
});

/// The second one's folder and script.
fn second(dir: &Path) -> String {
    delegated::second(&ROOM.bundle(), &folder().join("chain"), dir)
}

fn targets(path: &Path) -> Targets {
    match Metadata::parse(&std::fs::read(path).unwrap()).unwrap().signed {
        Signed::Targets(targets) => targets,
        _ => panic!("targets"),
    }
}

fn listed(path: &Path) -> BTreeMap<String, u64> {
    match Metadata::parse(&std::fs::read(path).unwrap()).unwrap().signed {
        Signed::Snapshot(s) => s.meta.into_iter().map(|(n, e)| (n, e.version)).collect(),
        _ => panic!("a snapshot"),
    }
}

/// What clients see: the chain, what was published before, and the bundle. Both
/// real clients take it, and python-tuf finds a file behind each delegation.
fn clients_find(room: &Room, before: &[&Path], names: &[&str]) {
    let whole = room.dir.path().join("whole");
    std::fs::create_dir_all(whole.join("metadata")).unwrap();
    for from in before
        .iter()
        .copied()
        .chain([room.bundle().join("metadata").as_path()])
    {
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, whole.join("metadata").join(path.file_name().unwrap())).unwrap();
        }
    }
    clients_accept(&whole, room.dir.path(), false);
    let Some(python) = std::env::var_os("TUF_CLIENT_PYTHON") else {
        return; // said above
    };
    let mut command = Command::new(python);
    command
        .arg(root().join("tests/clients/python/accept.py"))
        .arg(&whole);
    for name in names {
        command.arg("--target").arg(name);
    }
    let said = ran(&mut command);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

/// What people read before they sign a role's file, made again from the record.
fn reviewed(room: &Room, folder: &Path, text: &str, role: &str) -> String {
    let script = Script::parse(text.as_bytes()).unwrap();
    let read = |name: String| (name.clone(), std::fs::read(folder.join(&name)).unwrap().into());
    let inputs = Inputs(Inputs::needed(&script).into_iter().map(read).collect());
    let plan = Plan::build(script, &inputs).unwrap();
    let lines = lines(&room.record());
    let lines: Vec<_> = lines.iter().map(|l| parse_line(l.as_bytes()).unwrap()).collect();
    let state = replay(&plan, &lines, |_, _, _| {}).unwrap();
    let file = &state.files[&MetadataName::parse(role).unwrap()];
    let said = review_text(&plan, &file.notes, &file.draft).join("\n");
    assert_eq!(Digest::of(said.as_bytes()), file.review, "as recorded");
    said
}

fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn a_run_delegates_and_signs_the_first_file_of_each_role() {
    let bundle = ROOM.bundle();
    verifiers_accept(&bundle);
    clients_find(
        &ROOM,
        &[&folder().join("chain")],
        &["projects/site.tar.gz", "projects/tools/lint-1.0.tar.gz"],
    );
    let at = |name: &str| bundle.join("metadata").join(name);
    let entries = [("projects.json", 1), ("targets.json", 2), ("tools.json", 1)];
    assert_eq!(
        listed(&at("2.snapshot.json")),
        entries.map(|(n, v)| (n.to_owned(), v)).into()
    );
    let (projects, tools) = (targets(&at("1.projects.json")), targets(&at("1.tools.json")));
    let custom = &projects.targets["projects/site.tar.gz"].unrecognized["custom"];
    assert_eq!(custom.get("build"), Some(&Json::Int(12)));
    assert_eq!(tools.targets.len(), 2, "from the manifest");
    assert!(projects.delegations.unwrap().role("tools").is_some());

    let text = std::fs::read_to_string(script(&format!("{FIRST}.toml"))).unwrap();
    let top = reviewed(&ROOM, &folder(), &text, "targets");
    says(
        &top,
        &["ADDED projects: 2 of 2 keys", "delegation key projects-a: "],
    );
    assert!(!top.contains("made by their holders, not here"), "{top}");
    says(
        &reviewed(&ROOM, &folder(), &text, "projects"),
        &[
            "delegated by targets: 2 of 2 keys must sign",
            "key projects-b: ",
            "tools: 1 of 1 keys, 1 paths",
            "projects/site.tar.gz: 77120 bytes",
            "stable",
        ],
    );
    says(
        &reviewed(&ROOM, &folder(), &text, "tools"),
        &["delegated by projects: 1 of 1", "manifest tools: 2 files"],
    );
}

#[test]
fn the_next_file_follows_the_published_one() {
    let room = Room::new();
    let text = second(room.dir.path());
    let path = room.dir.path().join("projects-2.toml");
    std::fs::write(&path, &text).unwrap();
    // The key files that the first run made.
    let made = ROOM.dir.path().join("record.devices");
    let copied = ran(Command::new("cp").arg("-r").arg(made).arg(room.dir.path()));
    assert_eq!(copied.code, 0, "{}", copied.err);
    closed(&room.run(&path, &script(&format!("{FIRST}.answers.toml"))));
    verifiers_accept(&room.bundle());
    let entries = [("projects.json", 2), ("targets.json", 2), ("tools.json", 1)];
    assert_eq!(
        listed(&room.bundle().join("metadata/3.snapshot.json")),
        entries.map(|(n, v)| (n.to_owned(), v)).into(),
        "what is not made here keeps its entry"
    );
    says(
        &reviewed(&room, room.dir.path(), &text, "projects"),
        &[
            "version 1 -> 2",
            "CHANGED projects/site.tar.gz: 81920 bytes",
            "beta",
        ],
    );
    let chain = room.dir.path().join("chain");
    clients_find(
        &room,
        &[&chain],
        &["projects/site.tar.gz", "projects/tools/lint-1.0.tar.gz"],
    );

    // One signature less: both verifiers count by the keys that targets delegates to.
    let file = room.bundle().join("metadata/2.projects.json");
    let whole = Json::parse(&std::fs::read(&file).unwrap()).unwrap();
    let Json::Object(mut members) = whole else {
        panic!("an object")
    };
    let Some(Json::Array(signatures)) = members.get_mut("signatures") else {
        panic!("signatures")
    };
    signatures.pop();
    std::fs::write(&file, Json::Object(members).indented()).unwrap();
    let ours = run(&["verify", room.bundle().to_str().unwrap()]);
    says(
        &ours.out,
        &["FAIL  thresholds", "1 of 2 by targets 2: 1 more needed"],
    );
    let other = ran(Command::new("python3")
        .arg(root().join("src/bundle/verify.py"))
        .arg(room.bundle()));
    says(
        &other.out,
        &["FAIL  thresholds: 'metadata/2.projects.json: 1 of 2'"],
    );
}

/// The second ceremony without its root: what is published under root 3 goes on under it.
fn second_under_root(dir: &Path) -> String {
    let text = second(dir);
    let kept = text.split("\n[[").filter(|block| {
        let of_root = [
            "metadata = \"root\"\n",
            "key = \"root-b\"\n",
            "key = \"root-c\"\n",
        ];
        !block.starts_with("change]]") && !of_root.iter().any(|line| block.contains(line))
    });
    kept.collect::<Vec<_>>().join("\n[[")
}

#[test]
fn the_next_file_is_made_under_the_root_that_stays() {
    let room = Room::new();
    let text = second_under_root(room.dir.path());
    let path = room.dir.path().join("projects-2.toml");
    std::fs::write(&path, &text).unwrap();
    let made = ROOM.dir.path().join("record.devices");
    let copied = ran(Command::new("cp").arg("-r").arg(made).arg(room.dir.path()));
    assert_eq!(copied.code, 0, "{}", copied.err);
    closed(&room.run(&path, &script(&format!("{FIRST}.answers.toml"))));
    verifiers_accept(&room.bundle());
    let metadata = room.bundle().join("metadata");
    let names = ["2.projects.json", "3.snapshot.json", "timestamp.json"];
    assert!(names.iter().all(|name| metadata.join(name).exists()));
    assert!(!metadata.join("4.root.json").exists());
    says(
        &reviewed(&room, room.dir.path(), &text, "projects"),
        &["root 3 stays", "delegated by targets: 2 of 2 keys must sign"],
    );
    let chain = room.dir.path().join("chain");
    clients_find(
        &room,
        &[&chain],
        &["projects/site.tar.gz", "projects/tools/lint-1.0.tar.gz"],
    );
}

/// The faults of a script over the files in a folder.
fn faults(folder: &Path, text: &str) -> String {
    let script = match Script::parse(text.as_bytes()) {
        Ok(script) => script,
        Err(faults) => return format!("{faults:?}"),
    };
    let mut inputs = Inputs::default();
    for name in Inputs::needed(&script) {
        if let Ok(bytes) = std::fs::read(folder.join(&name)) {
            inputs.0.insert(name, bytes.into());
        }
    }
    match Plan::build(script, &inputs) {
        Ok(_) => "accepted".to_owned(),
        Err(faults) => format!("{faults:?}"),
    }
}

/// Each case: a code, a word of the message, and one text in the place of another.
fn refused(folder: &Path, text: &str, cases: &[(&str, &str, &str, &str)]) {
    assert_eq!(faults(folder, text), "accepted");
    for (code, word, from, to) in cases {
        assert!(text.contains(from), "{from}");
        let got = faults(folder, &text.replacen(from, to, 1));
        assert!(got.contains(code) && got.contains(word), "{code} {word}: {got}");
    }
}

#[test]
fn each_sin_of_a_first_delegated_file_is_refused_by_name() {
    let text = std::fs::read_to_string(script(&format!("{FIRST}.toml"))).unwrap();
    let result = "threshold       = 2\nkeys            = [\"projects-a\", \"projects-b\"]";
    refused(
        &folder(),
        &text,
        &[
            // A role that nobody delegates to, in a result, a step, a change.
            (
                "plan-delegated",
                "nobody delegates to projects",
                "name        = \"projects\"",
                "name        = \"project\"",
            ),
            (
                "plan-precondition",
                "no [[result]] says that projekts is made here",
                "metadata = \"projects\"",
                "metadata = \"projekts\"",
            ),
            (
                "plan-targets-role",
                "no [[result]] says that projekts",
                "role   = \"projects\"\npath",
                "role   = \"projekts\"\npath",
            ),
            (
                "script-wrong-value",
                "metadata",
                "metadata        = \"projects\"",
                "metadata        = \"a/b\"",
            ),
            // Other signers than the delegation says.
            (
                "plan-delegated",
                "does not delegate to the key tools-key",
                result,
                "threshold       = 2\nkeys            = [\"projects-a\", \"tools-key\"]",
            ),
            (
                "plan-delegated",
                "threshold of 1, targets delegates with 2",
                result,
                "threshold       = 1\nkeys            = [\"projects-a\", \"projects-b\"]",
            ),
            (
                "plan-delegation-key",
                "root-b is a key of root",
                result,
                "threshold       = 2\nkeys            = [\"projects-a\", \"root-b\"]",
            ),
            (
                "plan-precondition",
                "tools has 0 signature(s), its threshold is 1",
                "do      = \"sign\"\nby      = \"administrator\"\nminutes = 1\nmetadata = \"tools\"\non      = \"team-file\"\nkey     = \"tools-key\"",
                "do      = \"review\"\nby      = \"officer\"\nminutes = 1\nmetadata = \"tools\"",
            ),
            // A file outside its delegation.
            (
                "plan-targets",
                "docs/site.tar.gz",
                "path   = \"projects/site.tar.gz\"",
                "path   = \"docs/site.tar.gz\"",
            ),
            // A version that nothing is before.
            (
                "plan-version",
                "projects has version 2, and there is none before it",
                "metadata        = \"projects\"\nmade            = \"here\"\nversion         = 1",
                "metadata        = \"projects\"\nmade            = \"here\"\nversion         = 2",
            ),
            (
                "script-wrong-value",
                "made elsewhere",
                "metadata        = \"tools\"\nmade            = \"here\"\nversion         = 1\nthreshold       = 1\nkeys            = [\"tools-key\"]\nexpires_in_days = 90",
                "metadata        = \"tools\"\nmade            = \"elsewhere\"\nthreshold       = 1\nkeys            = [\"tools-key\"]",
            ),
            // The order: who delegates is composed first, and snapshot after all.
            (
                "plan-precondition",
                "projects needs targets first",
                "do      = \"compose\"\nby      = \"administrator\"\nminutes = 1\nmetadata = \"targets\"",
                "do      = \"compose\"\nby      = \"administrator\"\nminutes = 1\nmetadata = \"projects\"",
            ),
            (
                "plan-precondition",
                "snapshot needs tools first",
                "do      = \"compose\"\nby      = \"administrator\"\nminutes = 1\nmetadata = \"tools\"",
                "do      = \"compose\"\nby      = \"administrator\"\nminutes = 1\nmetadata = \"snapshot\"",
            ),
            (
                "script-wrong-value",
                "custom",
                "custom = { channel = \"stable\", build = 12 }",
                "custom = { }",
            ),
            (
                "script-wrong-value",
                "custom",
                "custom = { channel = \"stable\", build = 12 }",
                "custom = { share = 0.5 }",
            ),
        ],
    );
    // Longer than the profile lets targets live.
    let long = text.replace("expires_in_days = 90", "expires_in_days = 900");
    let got = faults(&folder(), &long);
    says(&got, &["policy-expiry-window", "tools expires 900 days"]);
}

#[test]
fn each_sin_of_a_next_delegated_file_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let text = second(dir.path());
    let line = |of: &str| {
        let found = text.lines().find(|l| l.starts_with(of)).unwrap();
        found.to_owned()
    };
    let (delegated, snapshot, timestamp) = (line("delegated = "), line("snapshot  = "), line("timestamp = "));
    let (tools, _) = delegated.split_once("}, ").unwrap();
    let tools_alone = format!("{tools}}}]");
    let tools = tools_alone.as_str();
    let wrong_name = delegated.replace("1.tools.json", "tools.json");
    let twice = delegated.replace("1.tools.json", "1.projects.json");
    refused(
        dir.path(),
        &text,
        &[
            // Law 7: without the published file nobody can say what it must not lose.
            (
                "plan-no-predecessor",
                "lists version 1 of projects",
                &delegated,
                tools,
            ),
            (
                "plan-no-predecessor",
                "[trust] does not say",
                &format!("{snapshot}\n{timestamp}\n{delegated}\n"),
                "",
            ),
            (
                "trust-predecessor",
                "no trusted file delegates to it",
                &delegated,
                tools,
            ),
            (
                "plan-version",
                "projects has version 3, the trusted one has 1",
                "version = 2\n",
                "version = 3\n",
            ),
            (
                "plan-version",
                "projects has version 1, the trusted one has 1",
                "version = 2\n",
                "version = 1\n",
            ),
            (
                "script-wrong-value",
                "expected N.ROLE.json",
                &delegated,
                &wrong_name,
            ),
            ("script-duplicate-id", "two files of projects", &delegated, &twice),
            (
                "trust-key-unknown",
                "is a key of a delegated role",
                "keys = [\"online-2\"]",
                "keys = [\"projects-a\"]",
            ),
        ],
    );
    // A published file that somebody else signed, or an older one than is published.
    let path = dir.path().join("chain/1.projects.json");
    let good = std::fs::read_to_string(&path).unwrap();
    let forged = good.replace("77120", "77121");
    std::fs::write(&path, &forged).unwrap();
    let sha = |text: &str| Digest::of(text.as_bytes()).to_string();
    let got = faults(dir.path(), &text.replace(&sha(&good), &sha(&forged)));
    says(
        &got,
        &[
            "trust-predecessor",
            "0 of 2 signatures by the keys that targets lists",
        ],
    );
}
