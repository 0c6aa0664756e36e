//! What `tuf edit` refuses, and the life of a payload's signatures, through the
//! shipped program. What it does: `tuf_edit.rs`.
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

use desk::{AT, Desk, LATER, first, id, short};
use kit::{public, with};
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::edit;

#[test]
fn each_refusal_has_its_code_a_remedy_and_writes_nothing() {
    let (one, four, five) = (short(1), short(4), short(5));
    let hash = "ab".repeat(32);
    let (root, targets) = ("1.root.json", "1.targets.json");
    let table: Vec<(&str, Vec<&str>, &str, i32)> = vec![
        (root, vec!["frobnicate"], "UNKNOWN_OPERATION", 2),
        (root, vec!["add-key", "root"], "MISSING_WORD", 2),
        (root, vec!["add-key", "mirrors", "6.pem"], "UNKNOWN_ROLE", 2),
        (root, vec!["remove-key", "root", "abc"], "KEYID_PREFIX", 2),
        (root, vec!["remove-key", "root", "ABCDEF01"], "KEYID_PREFIX", 2),
        (root, vec!["set-threshold", "root", "0"], "THRESHOLD_FORM", 2),
        (root, vec!["set-threshold", "root", "+2"], "THRESHOLD_FORM", 2),
        (root, vec!["set-expires", "2029-01-01"], "EXPIRES_FORM", 2),
        (root, vec!["expires-in", "0"], "DAYS", 2),
        (root, vec!["expires-in", "4000000"], "DAYS", 2),
        (root, vec!["revoke-key", "root", &one], "REASON", 2),
        (
            root,
            vec!["remove-key", "root", &one, "--reason", "lost it"],
            "REASON",
            2,
        ),
        (root, vec!["add-key", "root", "nowhere.pem"], "KEY_FILE", 2),
        (root, vec!["add-key", "root", "1.root.json"], "KEY_FILE", 2),
        (targets, vec!["add-target", "a", "01", &hash], "LENGTH", 2),
        (targets, vec!["add-target", "a", "1"], "HASH", 2),
        (targets, vec!["add-target", "a", "1", &hash, &hash], "HASH", 2),
        ("6.pem", vec!["bump-version"], "FILE_REFUSED", 2),
        (root, vec!["remove-key", "root", &four], "KEY_NOT_THERE", 1),
        (root, vec!["add-key", "root", "ffffffffff"], "KEY_NOT_THERE", 1),
        (root, vec!["add-key", "root", &one], "KEY_THERE", 1),
        (root, vec!["re-key", &one], "NOTHING_CHANGED", 1),
        (root, vec!["set-threshold", "root", "2"], "NOTHING_CHANGED", 1),
        (root, vec!["set-expires", LATER], "NOTHING_CHANGED", 1),
        (
            root,
            vec!["set-threshold", "root", "4"],
            "THRESHOLD_UNREACHABLE",
            1,
        ),
        (
            root,
            vec!["remove-key", "targets", &four],
            "THRESHOLD_UNREACHABLE",
            1,
        ),
        (root, vec!["add-key", "timestamp", &one], "ROOT_KEY_ONLINE", 1),
        (root, vec!["add-key", "root", &five], "ROOT_KEY_ONLINE", 1),
        (root, vec!["set-expires", AT], "EXPIRED", 1),
        (root, vec!["add-key", "root", "p384.pem"], "KEY_KIND", 1),
        (root, vec!["add-target", "a", "1", &hash], "OTHER_ROLE", 1),
        (targets, vec!["add-key", "root", "6.pem"], "OTHER_ROLE", 1),
        (
            targets,
            vec!["add-target", "old.txt", "1", &hash],
            "CHANGE_PRESENT",
            1,
        ),
        (
            targets,
            vec!["change-target", "no.txt", "1", &hash],
            "CHANGE_ABSENT",
            1,
        ),
        (
            targets,
            vec!["change-target", "old.txt", "3", &hash],
            "NOTHING_CHANGED",
            1,
        ),
        (targets, vec!["remove-target", "no.txt"], "CHANGE_ABSENT", 1),
        (targets, vec!["add-target", "../a", "1", &hash], "PATH_UNSAFE", 1),
        (
            targets,
            vec!["add-target", "\u{e9}", "1", &hash],
            "PATH_UNSAFE",
            1,
        ),
        (targets, vec!["add-target", "77", "1", &hash], "PATH_UNSAFE", 1),
        (root, vec!["bump-version", "--void", "1"], "VOIDS_SIGNATURES", 3),
    ];
    let desk = Desk::new();
    // The base point: a key that nobody would use and every library reads.
    let mut point = vec![4];
    point.extend(data_encoding::HEXLOWER.decode(P384_G.as_bytes()).unwrap());
    let p384 =
        tuf_ceremony::base::PublicKey::from_raw(tuf_ceremony::base::Algorithm::EcdsaP384, &point).unwrap();
    desk.put("p384.pem", p384.to_pem().as_bytes());
    for (file, words, code, exit) in table {
        let ran = desk.edit(file, &words);
        assert_eq!((ran.code, ran.out.as_str()), (exit, ""), "{words:?}: {ran:?}");
        assert!(ran.err.contains(&format!("[{code}]")), "{words:?}: {}", ran.err);
        assert!(ran.err.contains("\n  do        "), "{words:?}: {}", ran.err);
        assert!(!desk.exists(), "{words:?}");
        let json = desk.edit(file, &[&words[..], &["--json"]].concat());
        assert_eq!(json.code, exit, "{words:?}");
        let line = Json::parse(json.out.as_bytes()).unwrap();
        let refused = line.get("refused").unwrap();
        assert_eq!(
            refused.get("code").and_then(Json::as_str),
            Some(code),
            "{words:?}"
        );
        assert!(refused.get("remedy").unwrap().as_str().unwrap().len() > 10);
    }
    assert_eq!(
        desk.edit("1.root.json", &["bump-version", "--profile", "nobody"])
            .code,
        2
    );
    assert_eq!(desk.edit("nowhere.json", &["bump-version"]).code, 2);
    assert_eq!(
        desk.call(&[
            "edit",
            "1.root.json",
            "bump-version",
            "--out",
            "d",
            "--at",
            "today"
        ])
        .code,
        2
    );
}

const P384_G: &str = "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f";

#[test]
fn a_keyid_has_to_name_one_key() {
    // Two keys whose ids share 8 characters cannot be found in a test's time; the rule is
    // tested where the prefix is empty of meaning: the pure function takes any.
    let words = ["remove-key".to_owned(), "root".to_owned(), "0123456".to_owned()];
    assert_eq!(edit::parse(&words, &[]).unwrap_err().code, "KEYID_PREFIX");
    let all = edit::Operation::RemoveKey {
        role: tuf_ceremony::tuf::RoleName::Root,
        keyid: String::new(),
        reason: None,
    };
    let refused = edit::edit(&edit::Request {
        file: &chains::file(&first(), &chains::by(&[1, 2])),
        from: None,
        operations: &[all],
        files: &Default::default(),
        name: None,
        parent: None,
        at: kit::now(),
        void: None,
        profile: &tuf_ceremony::tuf::clients::Profile::parse("universal").unwrap(),
    });
    assert_eq!(refused.unwrap_err().code, "KEYID_AMBIGUOUS");
}

#[test]
fn a_draft_that_people_have_signed_says_which_signatures_are_lost() {
    let desk = Desk::new();
    assert_eq!(desk.edit("1.root.json", &["set-threshold", "root", "3"]).code, 0);
    // Two of three have signed version 2 when somebody wants another expiry.
    let signed = desk.signed("draft.json");
    std::fs::remove_file(desk.0.path().join("draft.json")).unwrap();
    let mut draft = Json::parse(&chains::file(&signed, &chains::by(&[1, 3]))).unwrap();
    let placeholder = Json::object([("keyid", id(2).into()), ("sig", "".into())]);
    let mut signatures = draft.get("signatures").unwrap().as_array().unwrap().to_vec();
    signatures.push(placeholder);
    draft = with(&draft, &["signatures"], Some(Json::Array(signatures)));
    desk.put("2.json", draft.indented().as_bytes());
    let words = ["expires-in", "300"];
    let alone = desk.edit("2.json", &words);
    assert!(alone.code == 1 && alone.err.contains("[UNFINISHED]"), "{alone:?}");
    let from = ["expires-in", "300", "--from", "1.root.json"];
    let asked = desk.edit("2.json", &from);
    assert_eq!(asked.code, 3, "{asked:?}");
    assert!(
        asked.err.contains("this edit voids 2 signatures: keyid "),
        "{}",
        asked.err
    );
    for seed in [1, 3] {
        let line = format!("keyid {}, fingerprint {}", id(seed), public(seed).fingerprint());
        assert!(asked.err.contains(&line), "{}", asked.err);
    }
    for wrong in ["0", "1", "3"] {
        let ran = desk.edit("2.json", &[&from[..], &["--void", wrong]].concat());
        assert!(ran.code == 3 && !desk.exists(), "{wrong}: {ran:?}");
    }
    let ran = desk.edit("2.json", &[&from[..], &["--void", "2"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("this edit voids 2 signatures\n  keyid "),
        "{}",
        ran.out
    );
    let new = desk.json("draft.json");
    assert_eq!(new.get("signatures"), Some(&Json::Array(Vec::new())));
    assert_eq!(
        new.get("signed").unwrap().get("version"),
        Some(&Json::Int(2)),
        "still the next version"
    );
    // The diff is against the last trusted version, so both edits show.
    assert!(ran.out.contains("root: threshold 2 of 3 -> 3 of 3") && ran.out.contains("version 1 -> 2"));
}

#[test]
fn a_finished_version_keeps_its_signatures_and_is_never_changed_in_place() {
    let desk = Desk::new();
    let two = chains::signed(2, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    desk.put("2.root.json", &chains::file(&two, &chains::by(&[1, 2])));
    let ran = desk.edit("2.root.json", &["bump-version", "--from", "1.root.json"]);
    assert!(ran.code == 1 && ran.err.contains("[FINISHED]"), "{ran:?}");
    let ran = desk.edit("2.root.json", &["bump-version"]);
    assert!(
        ran.code == 0
            && ran
                .out
                .contains("this edit voids no signature: version 2 keeps the 2 that it has")
    );
    assert_eq!(desk.signed("draft.json").get("version"), Some(&Json::Int(3)));
    // A draft follows the version that is named, and is of its role.
    std::fs::remove_file(desk.0.path().join("draft.json")).unwrap();
    let three = chains::signed(3, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    desk.put("3.json", &chains::file(&three, &[]));
    for (old, code, exit) in [
        ("1.root.json", "FROM_VERSION", 1),
        ("1.targets.json", "FROM_ROLE", 2),
    ] {
        let ran = desk.edit("3.json", &["expires-in", "10", "--from", old]);
        assert!(
            ran.code == exit && ran.err.contains(&format!("[{code}]")),
            "{ran:?}"
        );
    }
    // A draft stays a draft: there is no version to bump.
    let ran = desk.edit("3.json", &["bump-version", "--from", "2.root.json"]);
    assert!(ran.code == 1 && ran.err.contains("[NOTHING_CHANGED]"), "{ran:?}");
}

#[test]
fn the_draft_of_a_first_version_has_no_predecessor() {
    let desk = Desk::new();
    desk.put("first.json", &chains::file(&first(), &[]));
    let ran = desk.edit("first.json", &["add-key", "root", "6.pem"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(desk.signed("draft.json").get("version"), Some(&Json::Int(1)));
    assert!(ran.out.contains("root metadata, version 1, new"), "{}", ran.out);
}

#[test]
fn a_draft_is_written_once() {
    let desk = Desk::new();
    desk.put("draft.json", b"somebody's work");
    let ran = desk.edit("1.root.json", &["bump-version"]);
    assert!(
        ran.code == 2 && ran.err.contains("error[output-exists]"),
        "{ran:?}"
    );
    assert_eq!(
        std::fs::read(desk.0.path().join("draft.json")).unwrap(),
        b"somebody's work"
    );
    let nowhere = desk.call(&[
        "edit",
        "1.root.json",
        "bump-version",
        "--out",
        "no/such/folder",
        "--at",
        AT,
    ]);
    assert_eq!(nowhere.code, 4, "{nowhere:?}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nothing", desk.0.path().join("link")).unwrap();
        let ran = desk.call(&["edit", "1.root.json", "bump-version", "--out", "link", "--at", AT]);
        assert!(
            ran.code == 2 && !desk.0.path().join("nothing").exists(),
            "{ran:?}"
        );
    }
    assert!(ran.out.is_empty());
}
