//! Every shipped script parses and its plan walks; every sin of the language
//! is refused with its own code, at its place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/scripts.rs"]
mod scripts;

use std::path::PathBuf;

use scripts::{build, root, with};
use tuf_ceremony::base::Algorithm;
use tuf_ceremony::plan::Inputs;
use tuf_ceremony::script::{Profile, Script};

fn shipped() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["rehearsal", "templates"] {
        let folder = root().join("ceremony-scripts").join(folder);
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".toml") && !name.ends_with(".answers.toml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_shipped_script_has_a_plan() {
    let scripts = shipped();
    assert!(scripts.len() >= 2, "{scripts:?}");
    for path in scripts {
        let text = std::fs::read(&path).unwrap();
        if let Err(diagnostics) = build(&text, path.parent().unwrap()) {
            let all: Vec<String> = diagnostics.0.iter().map(|d| d.render("")).collect();
            panic!("{}:\n{}", path.display(), all.join("\n"));
        }
    }
}

fn check(path: &std::path::Path) -> (i32, String) {
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_tuf-ceremony"))
        .arg("check")
        .arg(path)
        .output()
        .unwrap();
    let text = [ran.stdout, ran.stderr].concat();
    (ran.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// ADR 0007: what a script would publish about people is said, and nothing is refused.
#[test]
fn what_would_be_published_about_people_is_a_warning() {
    let template = root().join("ceremony-scripts/templates/root-keygen.toml");
    let (code, text) = check(&template);
    assert_eq!(code, 0, "{text}");
    assert_eq!(text.matches("warning[names-published]").count(), 3, "{text}");
    assert!(!text.contains("warning[person-named]"), "{text}");
    // At the role's own line.
    let source = std::fs::read_to_string(&template).unwrap();
    let line = source.lines().position(|l| l == "id     = \"officer\"").unwrap() + 1;
    assert!(text.contains(&format!(":{line}:")), "{line}: {text}");

    let copy = tempfile::tempdir().unwrap();
    let folder = template.parent().unwrap();
    for file in Inputs::needed(&Script::parse(source.as_bytes()).unwrap()) {
        std::fs::copy(folder.join(&file), copy.path().join(&file)).unwrap();
    }
    let mut listed = source.clone();
    for (seats, names) in [
        (1, "\"heron\""),
        (3, "\"otter\", \"wren\", \"finch\""),
        (1, "\"swift\""),
    ] {
        let from = format!("seats  = {seats}\nquorum");
        assert!(listed.contains(&from));
        listed = listed.replacen(
            &from,
            &format!("pseudonyms = [{names}]\nseats = {seats}\nquorum"),
            1,
        );
    }
    let path = copy.path().join("copy.toml");
    std::fs::write(&path, &listed).unwrap();
    let (code, text) = check(&path);
    assert!(code == 0 && !text.contains("warning["), "{text}");
    let named = listed.replacen(
        "title        = \"First",
        "title        = \"For @ada-l, ask ada@example.org: first",
        1,
    );
    assert_ne!(named, listed);
    std::fs::write(&path, &named).unwrap();
    let (code, text) = check(&path);
    assert_eq!(
        (code, text.matches("warning[person-named]").count()),
        (0, 2),
        "{text}"
    );
    assert!(
        text.contains("`@ada-l` looks like a handle") && text.contains("an e-mail address"),
        "{text}"
    );

    // A rehearsal is nobody's business: only what stands in its text is.
    let (code, text) = check(&root().join("ceremony-scripts/rehearsal/first-rehearsal.toml"));
    assert!(code == 0 && !text.contains("warning["), "{text}");
}

/// People copy a template with the files beside it: as it stands it is good, and
/// a copy whose files are not those of its digests is refused by their names.
#[test]
fn every_template_is_a_production_script_bound_to_its_files() {
    let folder = root().join("ceremony-scripts/templates");
    let copy = tempfile::tempdir().unwrap();
    let chain = copy.path().join("chain");
    std::fs::create_dir(&chain).unwrap();
    let mut put = Vec::new();
    for (from, to) in [
        (folder.clone(), copy.path().to_owned()),
        (folder.join("chain"), chain),
    ] {
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                let to = to.join(entry.file_name());
                std::fs::copy(entry.path(), &to).unwrap();
                put.push(to);
            }
        }
    }
    let mut templates: Vec<PathBuf> = put
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .cloned()
        .collect();
    templates.sort();
    assert_eq!(templates.len(), 4, "{templates:?}");
    for path in &templates {
        let (code, text) = check(path);
        assert!(code == 0 && text.contains(", production"), "{text}");
        let script = Script::parse(&std::fs::read(path).unwrap()).unwrap();
        let mut files: Vec<String> = Inputs::needed(&script);
        files.sort();
        files.dedup();
        assert!(!files.is_empty());
        for file in files {
            let file = copy.path().join(file);
            let bytes = std::fs::read(&file).unwrap();
            std::fs::write(&file, [bytes.as_slice(), b"\n"].concat()).unwrap();
            let (code, text) = check(path);
            assert_eq!(code, 2, "{} with another {}", path.display(), file.display());
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(
                text.contains("error[input-digest]") || text.contains("error[trust-chain]"),
                "{text}"
            );
            assert!(text.contains(name), "{name}: {text}");
            std::fs::write(&file, &bytes).unwrap();
        }
        let yours = std::fs::read_to_string(path).unwrap().matches("<- yours").count();
        assert!(yours >= 3, "{}", path.display());
    }
}

/// The rehearsal script with one text put in the place of another, which must
/// stand there exactly `times` times.
#[test]
fn every_sin_is_refused_by_name() {
    let big = {
        let mut text = with("zzz", "", 0);
        text.resize(64 * 1024 + 1, b'\n');
        text
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("script-too-large", big, "65537 bytes"),
        (
            "script-not-utf8",
            [with("zzz", "", 0), vec![b'#', 0xff]].concat(),
            "UTF-8",
        ),
        (
            "script-hidden-character",
            with("title        = \"First", "title        = \"\u{202e}First", 1),
            "U+202E",
        ),
        (
            "script-hidden-character",
            with("schema       = 1\n", "schema       = 1\r\n", 1),
            "U+000D",
        ),
        (
            "script-syntax",
            with("schema       = 1", "schema       = ", 1),
            "",
        ),
        (
            "script-syntax",
            with("schema       = 1", "schema       = 1\nschema = 1", 1),
            "",
        ),
        (
            "script-wrong-value",
            with("schema       = 1", "schema       = 2", 1),
            "schema",
        ),
        (
            "script-wrong-value",
            with("kind         = \"rehearsal\"", "kind         = \"test\"", 1),
            "kind",
        ),
        (
            "script-missing-field",
            with("profile      = \"hardware-default\"\n", "", 1),
            "profile",
        ),
        (
            "script-unknown-field",
            with("schema       = 1", "schema       = 1\nskip_checks  = true", 1),
            "skip_checks",
        ),
        (
            "script-unknown-field",
            with("id      = \"open.1\"", "id      = \"open.1\"\nforce = true", 1),
            "force",
        ),
        (
            "script-duplicate-id",
            with("id      = \"open.2\"", "id      = \"open.1\"", 1),
            "open.1",
        ),
        (
            "script-duplicate-id",
            with("serial  = \"RHRSL-5822\"", "serial  = \"RHRSL-4711\"", 1),
            "RHRSL-4711",
        ),
        (
            "script-duplicate-id",
            with(
                "\"root-a\", \"root-b\", \"root-c\"",
                "\"root-a\", \"root-a\", \"root-c\"",
                1,
            ),
            "twice",
        ),
        (
            "script-threshold-above-keys",
            with(
                "threshold       = 2\nkeys            = [\"root-a\"",
                "threshold       = 4\nkeys            = [\"root-a\"",
                1,
            ),
            "4",
        ),
        (
            "script-quorum-above-seats",
            with("seats  = 3\nquorum = 2", "seats  = 3\nquorum = 4", 1),
            "quorum",
        ),
        (
            "script-wrong-value",
            with(
                "seats  = 3\nquorum = 2",
                "seats  = 3\nquorum = 2\npseudonyms = [\"heron\", \"otter\"]",
                1,
            ),
            "one for each seat",
        ),
        (
            "script-duplicate-id",
            with(
                "seats  = 3\nquorum = 2",
                "seats  = 3\nquorum = 2\npseudonyms = [\"heron\", \"otter\", \"heron\"]",
                1,
            ),
            "pseudonym `heron`",
        ),
        (
            "script-wrong-value",
            with(
                "seats  = 3\nquorum = 2",
                "seats  = 3\nquorum = 2\npseudonyms = [\"Ada Lovelace\", \"otter\", \"wren\"]",
                1,
            ),
            "lowercase words",
        ),
        (
            "script-key-name-too-long",
            with("name = \"root-a\"", "name = \"root-a-of-vienna\"", 1),
            "13",
        ),
        (
            "script-wrong-value",
            with("do      = \"clock\"", "do      = \"sudo\"", 1),
            "one of",
        ),
        (
            "plan-precondition",
            with(
                "id      = \"open.2\"\ndo      = \"clock\"",
                "id      = \"open.2\"\ndo      = \"export\"",
                1,
            ),
            "signature",
        ),
        (
            "plan-precondition",
            with("key      = \"root-b\"", "key      = \"targets-b\"", 1),
            "not a key of root",
        ),
        (
            "plan-precondition",
            with(
                "by      = \"witness\"\nminutes = 1\nmetadata = \"root\"",
                "by      = \"nobody\"\nminutes = 1\nmetadata = \"root\"",
                1,
            ),
            "nobody",
        ),
        (
            "policy-role-separation",
            with(
                "keys            = [\"online\"]\nexpires_in_days = 7",
                "keys            = [\"root-a\"]\nexpires_in_days = 7",
                1,
            ),
            "root key",
        ),
        (
            "plan-precondition",
            with("extractable = true", "extractable = false", 1),
            "key file",
        ),
        (
            "plan-simulated-source",
            with(
                "kind         = \"rehearsal\"",
                "kind         = \"production\"\npredecessor  = \"genesis\"",
                1,
            ),
            "simulated",
        ),
    ];
    for (code, text, says) in cases {
        let faults = build(&text, &root()).expect_err(code).0;
        assert!(
            faults.iter().any(|d| d.code == code && d.message.contains(says)),
            "expected {code} ({says}), got {faults:#?}"
        );
        for fault in &faults {
            assert!(fault.line >= 1 && fault.column >= 1 && !fault.help.is_empty());
        }
    }
}

#[test]
fn a_diagnostic_names_its_place() {
    let faults = build(
        &with(
            "threshold       = 2\nkeys            = [\"root-a\"",
            "threshold       = 4\nkeys            = [\"root-a\"",
            1,
        ),
        &root(),
    )
    .unwrap_err()
    .0;
    let text = String::from_utf8(with("zzz", "", 0)).unwrap();
    let line = text.lines().position(|l| l.contains("threshold")).unwrap() + 1;
    let fault = faults
        .iter()
        .find(|d| d.code == "script-threshold-above-keys")
        .unwrap();
    assert_eq!((fault.line, fault.column), (line, 19));
    assert!(
        fault
            .render("x.toml")
            .starts_with(&format!("x.toml:{line}:19: error[script-threshold-above-keys]: "))
    );
}

/// Each profile takes its kinds of keys and no other; the table is `tuf::clients`.
#[test]
fn a_script_may_name_every_profile_and_each_refuses_by_algorithm() {
    let folder = root().join("ceremony-scripts/rehearsal");
    let text = std::fs::read_to_string(folder.join("root-keygen.toml")).unwrap();
    let profile = "profile      = \"hardware-default\"";
    assert_eq!(text.matches(profile).count(), 1);
    let codes = |name: &str, algorithm: Algorithm| -> Vec<String> {
        let text = text.replace(profile, &format!("profile = \"{name}\""));
        let text = ["ecdsa-p256", "ed25519"].iter().fold(text, |text, made| {
            let made = format!("algorithm = \"{made}\"");
            text.replace(&made, &format!("algorithm = \"{}\"", algorithm.name()))
        });
        match build(text.as_bytes(), &folder) {
            Ok(plan) => {
                assert_eq!(plan.script().profile.name, name);
                Vec::new()
            }
            // How long files live is the profile's too, and the policy's tests'.
            Err(found) => (found.0.iter())
                .filter(|d| d.code != "policy-expiry-window")
                .map(|d| d.render(""))
                .collect(),
        }
    };
    assert_eq!(Profile::ALL.len(), 6);
    for profile in Profile::ALL {
        let (mut taken, mut refused) = (0, 0);
        for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256, Algorithm::EcdsaP384] {
            let codes = codes(profile.name, algorithm);
            let allowed = profile.allows(algorithm);
            let says = codes
                .iter()
                .any(|d| d.contains("does not allow") || d.contains("cannot be read by"));
            assert_eq!(!says, allowed, "{} {algorithm:?}: {codes:?}", profile.name);
            if allowed {
                assert!(codes.is_empty(), "{} {algorithm:?}: {codes:?}", profile.name);
                taken += 1;
            } else {
                refused += 1;
            }
        }
        assert!(taken > 0 && refused > 0, "{}", profile.name);
    }
    let unknown = with(profile, "profile = \"tuf\"", 1);
    let found = build(&unknown, &folder).unwrap_err();
    assert_eq!(found.0[0].code, "script-wrong-value");
    assert!(
        Profile::ALL
            .iter()
            .all(|p| found.0[0].render("").contains(p.name))
    );
}
