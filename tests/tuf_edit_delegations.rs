//! `tuf edit` on delegations, hash bins, manifests, delegated files, snapshot and
//! timestamp, through the shipped program: what each operation does and refuses.
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
#[path = "support/desk.rs"]
mod desk;
#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "support/program.rs"]
mod program;

use desk::{Desk, short};
use kit::{public, with};
use program::Ran;
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::bins::Style;
use tuf_ceremony::tuf::compose::{self, DelegationChange, Form, NewRole, TargetsInputs};
use tuf_ceremony::tuf::{Bins, DelegatedName, Delegations, Key, Metadata, Scope, Signed, Targets};

/// Who is delegated to in `t.json`: a (7, paths a/* and shared/*), then b (6 and 7, b/*).
fn desk() -> Desk {
    let desk = Desk::new();
    let role = |name: &str, seeds: &[u8], paths: &[&str]| DelegationChange::Add {
        role: NewRole {
            name: DelegatedName::parse(name).unwrap(),
            keys: seeds.iter().map(|s| Key::of(&public(*s))).collect(),
            threshold: 1,
            terminating: false,
            scope: Scope::Paths(paths.iter().map(|p| (*p).to_owned()).collect()),
        },
        before: None,
    };
    let changes = [
        role("a", &[7], &["a/*", "shared/*"]),
        role("b", &[6, 7], &["b/*"]),
    ];
    let draft = compose::targets_with(
        &TargetsInputs {
            name: None,
            scope: None,
            previous: None,
            expires: kit::later(),
            files: &[],
            delegations: &changes,
            form: Form::Indented,
        },
        kit::now(),
    )
    .unwrap();
    let odd = with(&draft.signed, &["x-odd"], Some(Json::Int(7)));
    desk.put("t.json", &kit::envelope(&odd, &[4]));
    let plain = compose::targets(1, kit::later(), kit::now()).unwrap().signed;
    desk.put("1.a.json", &kit::envelope(&plain, &[7]));
    let snapshot = compose::snapshot(1, kit::later(), 3, kit::now()).unwrap().signed;
    let entry = Json::object([("version", Json::Int(4)), ("x-entry", Json::Bool(true))]);
    let snapshot = with(&snapshot, &["meta", "a.json"], Some(entry));
    desk.put("1.snapshot.json", &kit::envelope(&snapshot, &[5]));
    let timestamp = compose::timestamp(1, kit::later(), 3, kit::now()).unwrap().signed;
    desk.put("timestamp.json", &kit::envelope(&timestamp, &[5]));
    desk.put("manifest.txt", manifest(&[("a/1", 3), ("a/2", 4)]).as_bytes());
    desk
}

fn manifest(files: &[(&str, u64)]) -> String {
    let lines = files
        .iter()
        .map(|(path, length)| format!("{}  {length}  {path}\n", "cd".repeat(32)));
    format!("tuf-ceremony manifest v1\n{}", lines.collect::<String>())
}

fn targets(desk: &Desk, name: &str) -> Targets {
    let bytes = std::fs::read(desk.0.path().join(name)).unwrap();
    match Metadata::parse(&bytes).unwrap().signed {
        Signed::Targets(targets) => targets,
        other => panic!("{}", other.role()),
    }
}

fn delegations(desk: &Desk) -> Delegations {
    targets(desk, "draft.json").delegations.unwrap()
}

fn again(desk: &Desk, file: &str, words: &[&str]) -> Ran {
    let _ = std::fs::remove_file(desk.0.path().join("draft.json"));
    desk.edit(file, words)
}

#[test]
fn each_operation_on_delegations_does_what_it_says() {
    let desk = desk();
    let six = short(6);
    type Check = fn(&Delegations, &Delegations) -> bool;
    fn names(d: &Delegations) -> Vec<String> {
        match &d.roles {
            tuf_ceremony::tuf::Delegated::Roles(roles) => roles.iter().map(|r| r.name.clone()).collect(),
            tuf_ceremony::tuf::Delegated::Succinct(s) => vec![s.name(0)],
        }
    }
    fn role(d: &Delegations, name: &str) -> tuf_ceremony::tuf::DelegatedRole {
        match &d.roles {
            tuf_ceremony::tuf::Delegated::Roles(roles) => {
                roles.iter().find(|r| r.name == name).unwrap().clone()
            }
            tuf_ceremony::tuf::Delegated::Succinct(_) => panic!("succinct"),
        }
    }
    let table: Vec<(Vec<&str>, Check)> = vec![
        (
            vec!["add-role", "c", "2", "terminating", "c/*,d/*", "6.pem,7.pem"],
            |_, new| {
                let c = role(new, "c");
                names(new) == ["a", "b", "c"]
                    && (c.role.threshold, c.terminating) == (2, true)
                    && c.scope == Scope::Paths(vec!["c/*".into(), "d/*".into()])
            },
        ),
        (
            vec![
                "add-role",
                "c",
                "1",
                "not-terminating",
                "path_hash_prefixes=00,0a",
                &six,
                "--profile",
                "pypi-pep458",
            ],
            |_, new| role(new, "c").scope == Scope::HashPrefixes(vec!["00".into(), "0a".into()]),
        ),
        (vec!["remove-role", "b"], |_, new| {
            names(new) == ["a"] && new.keys.len() == 1
        }),
        (vec!["delegation-key", "a", "6.pem"], |_, new| {
            role(new, "a").role.keyids.len() == 2
        }),
        (
            vec!["delegation-key", "a", &six, "delegation-threshold", "a", "2"],
            |_, new| role(new, "a").role.threshold == 2,
        ),
        (vec!["drop-delegation-key", "b", &six], |_, new| {
            role(new, "b").role.keyids.len() == 1 && new.keys.len() == 1
        }),
        (vec!["delegation-threshold", "b", "2"], |_, new| {
            role(new, "b").role.threshold == 2
        }),
        (vec!["delegation-terminating", "a", "terminating"], |_, new| {
            role(new, "a").terminating
        }),
        (vec!["delegation-paths", "a", "z/*"], |_, new| {
            role(new, "a").scope == Scope::Paths(vec!["z/*".into()])
        }),
        (vec!["delegation-order", "b,a"], |_, new| names(new) == ["b", "a"]),
    ];
    let old = targets(&desk, "t.json").delegations.unwrap();
    for (words, check) in table {
        let ran = again(&desk, "t.json", &words);
        assert_eq!(ran.code, 0, "{words:?}: {ran:?}");
        let new = delegations(&desk);
        assert!(new != old && check(&old, &new), "{words:?}: {}", ran.out);
        assert!(ran.out.contains(&format!("\n  {} ", words[0])), "{}", ran.out);
        let kept = desk.signed("draft.json");
        assert_eq!(kept.get("x-odd"), Some(&Json::Int(7)), "{words:?}");
    }
}

#[test]
fn warnings_are_printed_and_refuse_nothing() {
    let desk = desk();
    let words = ["add-role", "c", "1", "terminating", "shared/*", "6.pem"];
    let ran = desk.edit("t.json", &words);
    assert!(ran.code == 0 && ran.out.contains("NOTE [OVERLAP]"), "{ran:?}");
    // The delegated role a delegates further than it may itself.
    let words = ["add-role", "d", "1", "terminating", "z/*", "6.pem"];
    let ran = again(
        &desk,
        "1.a.json",
        &[&words[..], &["--as", "a", "--parent", "t.json"]].concat(),
    );
    assert!(
        ran.code == 0 && ran.out.contains("note: [UNREACHABLE]"),
        "{ran:?}"
    );
}

#[test]
fn bins_are_written_compact_and_shown_by_their_parameters() {
    let desk = desk();
    for (form, prefix, style, profile) in [
        (
            "prefixes",
            "-",
            Style::Prefixes {
                name_prefix: String::new(),
            },
            "pypi-pep458",
        ),
        (
            "succinct",
            "bins",
            Style::Succinct {
                name_prefix: "bins".into(),
            },
            "rstuf",
        ),
    ] {
        let words = ["bins", "14", form, prefix, "1", "6.pem", "--profile", profile];
        let ran = again(&desk, "1.targets.json", &words);
        assert_eq!(ran.code, 0, "{form}: {} {}", ran.err, ran.out.len());
        let bins = Bins::new(14, style, vec![Key::of(&public(6))], 1).unwrap();
        assert_eq!(delegations(&desk), bins.delegations());
        assert!(ran.out.contains("  generated: 16384 bins"), "{form}");
        assert!(
            ran.out.lines().count() < 120,
            "{form}: {}",
            ran.out.lines().count()
        );
        assert!(ran.out.contains("file without blanks"));
        let bytes = std::fs::read(desk.0.path().join("draft.json")).unwrap();
        assert!(!bytes.contains(&b'\n') && bytes.len() < 5_000_000);
        // Once more: the file stays without blanks.
        std::fs::rename(desk.0.path().join("draft.json"), desk.0.path().join("bins.json")).unwrap();
        let words = [
            "expires-in",
            "100",
            "--from",
            "1.targets.json",
            "--profile",
            profile,
        ];
        let ran = again(&desk, "bins.json", &words);
        assert_eq!(ran.code, 0, "{form}: {}", ran.err);
        assert!(
            !std::fs::read(desk.0.path().join("draft.json"))
                .unwrap()
                .contains(&b'\n')
        );
        for words in [
            &["show", "bins.json"][..],
            &["diff", "1.targets.json", "bins.json"],
        ] {
            let ran = desk.call(words);
            assert!(
                ran.code == 0 && ran.out.lines().count() < 120,
                "{words:?} {}",
                ran.out.lines().count()
            );
            assert!(ran.out.contains("16384 bins"), "{words:?}");
        }
    }
}

#[test]
fn a_manifest_is_an_addition_or_the_whole() {
    let desk = desk();
    let ran = again(
        &desk,
        "1.targets.json",
        &["from-manifest", "manifest.txt", "stay"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("2 added, 0 changed, 0 removed, others stay"),
        "{}",
        ran.out
    );
    let files: Vec<_> = targets(&desk, "draft.json").targets.into_keys().collect();
    assert_eq!(files, ["a/1", "a/2", "old.txt"]);
    let ran = again(&desk, "1.targets.json", &["from-manifest", "manifest.txt", "go"]);
    assert!(
        ran.code == 0 && ran.out.contains("1 removed, others go"),
        "{ran:?}"
    );
    let files: Vec<_> = targets(&desk, "draft.json").targets.into_keys().collect();
    assert_eq!(files, ["a/1", "a/2"]);
}

#[test]
fn a_delegated_file_has_its_roles_name() {
    let desk = desk();
    let hash = "ab".repeat(32);
    let words = ["add-target", "a/x", "1", &hash, "--as", "a", "--parent", "t.json"];
    let ran = desk.edit("1.a.json", &words);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("its name in a repository: 2.a.json"),
        "{}",
        ran.out
    );
    let json = again(&desk, "1.a.json", &[&words[..], &["--json"]].concat());
    let json = Json::parse(json.out.as_bytes()).unwrap();
    assert_eq!(json.get("role").and_then(Json::as_str), Some("a"));
}

#[test]
fn snapshot_and_timestamp_go_one_version_on() {
    let desk = desk();
    let words = ["set-meta", "targets.json", "4", "set-meta", "new.json", "1"];
    let ran = desk.edit("1.snapshot.json", &words);
    assert_eq!(ran.code, 0, "{ran:?}");
    let meta = desk.signed("draft.json").get("meta").unwrap().clone();
    let version = |of: &str| meta.get(of).unwrap().get("version").unwrap().as_int();
    assert_eq!(
        ["targets.json", "a.json", "new.json"].map(version),
        [Some(4), Some(4), Some(1)]
    );
    // A draft is judged against the last trusted version: 5 would leave a gap.
    std::fs::rename(desk.0.path().join("draft.json"), desk.0.path().join("2.json")).unwrap();
    let gap = ["set-meta", "targets.json", "5", "--from", "1.snapshot.json"];
    let ran = desk.edit("2.json", &gap);
    assert!(ran.code == 1 && ran.err.contains("[NOT_NEXT]"), "{ran:?}");
    let more = ["set-meta", "a.json", "5", "--from", "1.snapshot.json"];
    let ran = desk.edit("2.json", &more);
    assert_eq!(ran.code, 0, "{ran:?}");
    let a = desk
        .signed("draft.json")
        .get("meta")
        .unwrap()
        .get("a.json")
        .unwrap()
        .clone();
    assert_eq!(a.get("x-entry"), Some(&Json::Bool(true)), "unknown members stay");
    // An entry that a draft has dropped is there again.
    let two = with(&desk.json("2.json"), &["signed", "meta", "a.json"], None);
    desk.put("3.json", two.indented().as_bytes());
    let ran = again(
        &desk,
        "3.json",
        &["expires-in", "90", "--from", "1.snapshot.json"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        desk.signed("draft.json")
            .get("meta")
            .unwrap()
            .get("a.json")
            .is_some()
    );
    let ran = again(&desk, "timestamp.json", &["set-meta", "snapshot.json", "4"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // A draft that goes back is not carried on, whatever the operation.
    let back = with(
        &desk.json("draft.json"),
        &["signed", "meta", "snapshot.json", "version"],
        Some(Json::Int(2)),
    );
    desk.put("back.json", back.indented().as_bytes());
    let words = ["expires-in", "90", "--from", "timestamp.json"];
    let ran = again(&desk, "back.json", &words);
    assert!(ran.code == 1 && ran.err.contains("[NOT_NEXT]"), "{ran:?}");
}

#[test]
fn each_refusal_has_its_code_a_remedy_and_writes_nothing() {
    let desk = desk();
    let hash = "ab".repeat(32);
    let (six, five) = (short(6), short(5));
    desk.put("same.txt", b"tuf-ceremony manifest v1\n");
    desk.put("bad.txt", b"a list of files\n");
    let mut stated = desk.json("1.snapshot.json");
    stated = with(
        &stated,
        &["signed", "meta", "targets.json", "length"],
        Some(Json::Int(9)),
    );
    desk.put("stated.json", stated.indented().as_bytes());
    let long: Vec<(String, u64)> = (0..40_000).map(|n| (format!("f/{n:06}"), 1)).collect();
    let long: Vec<(&str, u64)> = long.iter().map(|(p, n)| (p.as_str(), *n)).collect();
    desk.put("long.txt", manifest(&long).as_bytes());
    let (t, s, empty) = ("t.json", "1.snapshot.json", "1.targets.json");
    let add =
        |name: &'static str, n: &'static str, end: &'static str, paths: &'static str, keys: &'static str| {
            vec!["add-role", name, n, end, paths, keys]
        };
    let end = "terminating";
    let table: Vec<(&str, Vec<&str>, &str, i32)> = vec![
        (t, add("c", "1", "perhaps", "c/*", "6.pem"), "WORD", 2),
        (t, add("c", "1", end, "c/*,", "6.pem"), "LIST", 2),
        (t, add("c", "0", end, "c/*", "6.pem"), "THRESHOLD_FORM", 2),
        (t, add("root", "1", end, "c/*", "6.pem"), "ROLE_NAME", 2),
        (t, add("../c", "1", end, "c/*", "6.pem"), "ROLE_NAME", 2),
        (t, add("c", "1", end, "c/*", "no.pem"), "KEY_FILE", 2),
        (t, vec!["add-role", "c", "1", end], "MISSING_WORD", 2),
        (t, vec!["bins", "17", "prefixes", "-", "1", "6.pem"], "BINS", 1),
        (t, vec!["bins", "300", "prefixes", "-", "1", "6.pem"], "BITS", 2),
        (t, vec!["bins", "4", "other", "-", "1", "6.pem"], "WORD", 2),
        (t, vec!["bins", "4", "prefixes", "x", "2", "6.pem"], "BINS", 1),
        (t, vec!["from-manifest", "manifest.txt", "perhaps"], "WORD", 2),
        (t, vec!["from-manifest", "no.txt", "stay"], "MANIFEST", 2),
        (t, vec!["from-manifest", "bad.txt", "stay"], "MANIFEST", 2),
        (t, vec!["from-manifest", "same.txt", "stay"], "NOTHING_CHANGED", 1),
        (t, vec!["from-manifest", "long.txt", "go"], "TOO_LARGE", 1),
        (s, vec!["set-meta", "targets.json", "0"], "META_VERSION", 2),
        (t, add("a", "1", end, "c/*", "6.pem"), "CHANGE_PRESENT", 1),
        (t, add("A", "1", end, "c/*", "6.pem"), "ROLE_NAME_CASE", 1),
        (t, add("c", "1", end, "c/**", "6.pem"), "PATTERN_UNSAFE", 1),
        (t, add("c", "1", end, "c/*,c/*", "6.pem"), "SCOPE", 1),
        (t, add("c", "2", end, "c/*", "6.pem"), "THRESHOLD_UNREACHABLE", 1),
        (t, add("c", "1", end, "c/*", "ffffffff"), "KEY_NOT_THERE", 1),
        (t, vec!["remove-role", "z"], "CHANGE_ABSENT", 1),
        (t, vec!["delegation-key", "a", "7.pem"], "CHANGE_PRESENT", 1),
        (t, vec!["delegation-key", "z", "6.pem"], "CHANGE_ABSENT", 1),
        (t, vec!["drop-delegation-key", "a", &six], "CHANGE_ABSENT", 1),
        (t, vec!["drop-delegation-key", "a", &five], "KEY_NOT_THERE", 1),
        (t, vec!["drop-delegation-key", "a", "7.pem"], "KEYID_PREFIX", 2),
        (
            t,
            vec!["delegation-threshold", "a", "2"],
            "THRESHOLD_UNREACHABLE",
            1,
        ),
        (t, vec!["delegation-threshold", "a", "1"], "NOTHING_CHANGED", 1),
        (
            t,
            vec!["delegation-terminating", "a", "not-terminating"],
            "NOTHING_CHANGED",
            1,
        ),
        (
            t,
            vec!["delegation-paths", "a", "path_hash_prefixes=AB"],
            "SCOPE",
            1,
        ),
        (t, vec!["delegation-paths", "a", "../x"], "PATTERN_UNSAFE", 1),
        (t, vec!["delegation-order", "a,b"], "NOTHING_CHANGED", 1),
        (t, vec!["delegation-order", "a,a"], "ORDER", 1),
        (
            t,
            vec!["bins", "4", "succinct", "s", "1", "6.pem", "remove-role", "a"],
            "SUCCINCT",
            1,
        ),
        (
            t,
            vec!["bins", "4", "succinct", "s", "1", "6.pem"],
            "CLIENT_REFUSES",
            1,
        ),
        (
            empty,
            vec!["remove-target", "old.txt", "add-target", "old.txt", "1", &hash],
            "CHANGE_TWICE",
            1,
        ),
        (s, vec!["set-meta", "targets.json", "5"], "NOT_NEXT", 1),
        (s, vec!["set-meta", "targets.json", "2"], "NOT_NEXT", 1),
        (s, vec!["set-meta", "targets.json", "3"], "NOTHING_CHANGED", 1),
        ("stated.json", vec!["set-meta", "targets.json", "3"], "FORK", 1),
        (s, vec!["set-meta", "../x.json", "1"], "FILE_NAME", 1),
        (
            s,
            vec!["set-meta", "a.json", "5", "set-meta", "a.json", "6"],
            "CHANGE_TWICE",
            1,
        ),
        (
            "timestamp.json",
            vec!["set-meta", "targets.json", "4"],
            "FILE_NAME",
            1,
        ),
        (
            "timestamp.json",
            vec!["set-meta", "snapshot.json", "5"],
            "NOT_NEXT",
            1,
        ),
        (t, vec!["set-meta", "targets.json", "2"], "OTHER_ROLE", 1),
        (s, vec!["remove-role", "a"], "OTHER_ROLE", 1),
        (
            "1.root.json",
            vec!["bump-version", "--as", "a"],
            "NOT_DELEGATED",
            2,
        ),
        (t, vec!["bump-version", "--as", "targets"], "ROLE_NAME", 2),
        (t, vec!["bump-version", "--parent", "t.json"], "PARENT", 2),
        (
            "1.a.json",
            vec!["bump-version", "--as", "z", "--parent", "t.json"],
            "PARENT",
            2,
        ),
        (
            "1.a.json",
            vec!["bump-version", "--as", "a", "--parent", "1.targets.json"],
            "PARENT",
            2,
        ),
        (
            "1.a.json",
            vec!["add-target", "b/x", "1", &hash, "--as", "a", "--parent", "t.json"],
            "OUTSIDE_SCOPE",
            1,
        ),
    ];
    for (file, words, code, exit) in table {
        let ran = desk.edit(file, &words);
        assert_eq!((ran.code, ran.out.as_str()), (exit, ""), "{words:?}: {ran:?}");
        assert!(ran.err.contains(&format!("[{code}]")), "{words:?}: {}", ran.err);
        assert!(ran.err.contains("\n  do        "), "{words:?}: {}", ran.err);
        assert!(!desk.exists(), "{words:?}");
    }
}
