//! `tuf edit` through the shipped program: each operation, fields that nobody
//! knows, golden text, sigstore's roots. What is refused: `tuf_edit_refused.rs`.
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
#[path = "support/real_files.rs"]
mod real_files;

use desk::{AT, Desk, LATER, first, id, keyids, short, threshold};
use kit::{public, with};
use program::root;
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::{Key, canonical, edit};

fn golden(name: &str, text: &str) {
    let path = root().join("tests/golden/tuf").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "{name} is out of date: UPDATE_GOLDEN=1 cargo test --test tuf_edit\n{text}"
    );
}

#[test]
fn the_golden_edit() {
    let words = [
        "add-key",
        "root",
        "6.pem",
        "revoke-key",
        "root",
        &short(3),
        "set-threshold",
        "root",
        "3",
        "set-expires",
        "2028-01-01T00:00:00Z",
        "--reason",
        "the token was lost in a taxi",
    ];
    let desk = Desk::new();
    let text = desk.edit("1.root.json", &words);
    assert_eq!(text.code, 0, "{text:?}");
    golden("edit.txt", &text.out);
    let desk = Desk::new();
    let json = desk.edit("1.root.json", &[&words[..], &["--json"]].concat());
    golden("edit.json", &json.out);
    let json = Json::parse(json.out.as_bytes()).unwrap();
    assert_eq!(json.get("v"), Some(&Json::Int(1)));
    assert_eq!(json.get("refused"), Some(&Json::Null));
    let draft = desk.json("draft.json");
    assert_eq!(
        draft.get("signatures"),
        Some(&Json::Array(Vec::new())),
        "never signed"
    );
    let signed = draft.get("signed").unwrap();
    let mut expected = [id(1), id(2), id(6)];
    expected.sort();
    assert_eq!(keyids(signed, "root"), expected);
    assert_eq!(threshold(signed, "root"), 3);
    // Nothing else changed: put back what was asked for, and the bytes are those of version 1.
    let mut back = signed.clone();
    for path in [
        &["version"][..],
        &["expires"],
        &["keys"],
        &["roles", "root", "keyids"],
        &["roles", "root", "threshold"],
    ] {
        let was = path
            .iter()
            .fold(first(), |at, name| at.get(name).unwrap().clone());
        back = with(&back, path, Some(was));
    }
    assert_eq!(canonical(&back), canonical(&first()));
}

#[test]
fn a_signed_draft_is_a_root_that_every_client_follows() {
    let desk = Desk::new();
    let id3 = short(3);
    assert_eq!(
        desk.edit(
            "1.root.json",
            &["add-key", "root", "6.pem", "remove-key", "root", &id3]
        )
        .code,
        0
    );
    let signed = desk.signed("draft.json");
    desk.put("2.root.json", &chains::file(&signed, &chains::by(&[1, 2, 6])));
    let dir = desk.0.path().join("chain");
    std::fs::create_dir(&dir).unwrap();
    for name in ["1.root.json", "2.root.json"] {
        std::fs::copy(desk.0.path().join(name), dir.join(name)).unwrap();
    }
    let chain = desk.call(&["verify-chain", "chain", "--at", AT]);
    assert_eq!(chain.code, 0, "{chain:?}");
    let lint = desk.call(&["lint", "--repository", "chain", "--at", AT]);
    assert_eq!(lint.code, 0, "{lint:?}");
}

#[test]
fn each_operation_does_what_it_says() {
    let (one, four) = (short(1), short(4));
    let days = "expires-in";
    type Check = fn(&Json, &Json) -> bool;
    let table: Vec<(&str, Vec<&str>, Check)> = vec![
        ("add-key", vec!["add-key", "targets", "7.pem"], |_, new| {
            keyids(new, "targets").contains(&id(7))
                && new.get("keys").unwrap().get(&id(7)) == Some(&chains::key(7, None).to_json())
        }),
        ("add-key known", vec!["add-key", "snapshot", &four], |_, new| {
            keyids(new, "snapshot").contains(&id(4))
        }),
        ("remove-key", vec!["remove-key", "root", &one], |_, new| {
            !keyids(new, "root").contains(&id(1)) && new.get("keys").unwrap().get(&id(1)).is_none()
        }),
        ("set-threshold", vec!["set-threshold", "root", "3"], |_, new| {
            threshold(new, "root") == 3
        }),
        (days, vec!["expires-in", "100"], |_, new| {
            new.get("expires").unwrap().as_str() == Some("2027-04-11T00:00:00Z")
        }),
        (
            "set-expires",
            vec!["set-expires", "2029-01-01T00:00:00Z"],
            |_, new| new.get("expires").unwrap().as_str() == Some("2029-01-01T00:00:00Z"),
        ),
        ("bump-version", vec!["bump-version"], |old, new| {
            with(new, &["version"], Some(Json::Int(1))) == *old
        }),
    ];
    for (name, words, check) in table {
        let desk = Desk::new();
        let ran = desk.edit("1.root.json", &words);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        let new = desk.signed("draft.json");
        assert_eq!(new.get("version"), Some(&Json::Int(2)), "{name}");
        assert!(check(&first(), &new), "{name}: {}", ran.out);
        assert!(
            ran.out.starts_with(&format!("judged at {AT}, a Friday (--at)\n")),
            "{name}: {}",
            ran.out
        );
        assert_eq!(new.get("x-house"), first().get("x-house"), "{name}");
    }
}

#[test]
fn a_re_key_keeps_the_public_key_and_changes_its_id() {
    let desk = Desk::new();
    let owned = chains::rekeyed(
        &chains::signed(1, LATER, 2, &[1, 2, 3]),
        &[1, 2, 3],
        chains::OWNER,
    );
    let by = [1, 2].map(|s| (chains::id(s, Some(chains::OWNER)), s));
    desk.put("1.root.json", &chains::file(&owned, &by));
    let old = chains::id(1, Some(chains::OWNER));
    let ran = desk.edit("1.root.json", &["re-key", &old[..12]]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("RE-KEYED, the same public key"), "{}", ran.out);
    assert!(
        ran.out.contains("its signature is needed under both keyids"),
        "{}",
        ran.out
    );
    let new = desk.signed("draft.json");
    // In the place of the old one; its neighbours are untouched.
    assert_eq!(keyids(&new, "root")[0], id(1));
    assert_eq!(keyids(&new, "root")[1..], keyids(&owned, "root")[1..]);
    assert_eq!(
        new.get("keys").unwrap().get(&id(1)),
        Some(&Key::of(&public(1)).to_json())
    );
    assert!(new.get("keys").unwrap().get(&old).is_none());
}

#[test]
fn target_files_come_change_and_go() {
    let desk = Desk::new();
    let (sha256, sha512) = ("cd".repeat(32), "ef".repeat(64));
    let words = [
        "add-target",
        "new/a.bin",
        "0",
        &sha256,
        &sha512,
        "change-target",
        "old.txt",
        "4",
        &sha256,
    ];
    let ran = desk.edit("1.targets.json", &words);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("ADDED new/a.bin: 0 bytes") && ran.out.contains("CHANGED old.txt"),
        "{}",
        ran.out
    );
    let new = desk.signed("draft.json");
    let old = new.get("targets").unwrap().get("old.txt").unwrap();
    let expected =
        format!(r#"{{"custom":{{"y":[1]}},"hashes":{{"sha256":"{sha256}"}},"length":4,"x-note":"kept"}}"#);
    assert_eq!(
        canonical(old),
        expected.as_bytes(),
        "custom and unknown fields stay"
    );
    std::fs::remove_file(desk.0.path().join("draft.json")).unwrap();
    let ran = desk.edit("1.targets.json", &["remove-target", "old.txt"]);
    assert!(ran.code == 0 && ran.out.contains("REMOVED old.txt"), "{ran:?}");
}

#[test]
fn the_page_names_every_code_and_every_operation() {
    let page = std::fs::read_to_string(root().join("docs/tuf.md")).unwrap();
    for (code, _, remedy) in edit::CODES {
        assert!(page.contains(&format!("| `{code}` |")), "{code}");
        assert!(remedy.ends_with('.'), "{code}");
    }
    let help = Desk::new().call(&["edit", "--help"]).out;
    for name in [
        "add-key",
        "remove-key",
        "revoke-key",
        "set-threshold",
        "re-key",
        "set-expires",
        "expires-in",
        "bump-version",
        "add-target",
        "change-target",
        "remove-target",
        "from-manifest",
        "add-role",
        "remove-role",
        "delegation-key",
        "drop-delegation-key",
        "delegation-threshold",
        "delegation-terminating",
        "delegation-paths",
        "delegation-order",
        "bins",
        "set-meta",
    ] {
        assert!(
            page.contains(&format!("`{name} ")) || page.contains(&format!("`{name}`")),
            "{name}"
        );
        assert!(help.contains(&format!("\n  {name}")), "{name}");
    }
}

#[test]
fn sigstores_newest_root_gets_a_successor_with_every_field_it_had() {
    let Some(data) = real_files::folder("sigstore-root-chain") else {
        return;
    };
    let desk = Desk::new();
    let bytes = real_files::read(data.join("15.root.json"));
    desk.put("15.root.json", &bytes);
    let old = desk.signed("15.root.json");
    let draft = ["--out", "16.root.json", "--at", "2026-11-01T00:00:00Z"];
    let words = [
        "edit",
        "15.root.json",
        "set-expires",
        "2027-06-01T00:00:00Z",
        "--profile",
        "sigstore",
    ];
    let ran = desk.call(&[&words[..], &draft].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let new = desk.signed("16.root.json");
    let back = with(&new, &["version"], Some(Json::Int(15)));
    let back = with(&back, &["expires"], old.get("expires").cloned());
    assert_eq!(canonical(&back), canonical(&old));
    let diff = desk.call(&["diff", "15.root.json", "16.root.json"]);
    assert!(
        diff.code == 0 && ran.out.contains(diff.out.trim_end()),
        "the same review"
    );
    assert!(
        ran.out
            .contains("by keys of the old root: 0 of 3 needed, NOT REACHED")
    );
    // prod v4 had hexadecimal points: go-tuf cannot follow until every key is re-keyed.
    desk.put("4.root.json", &real_files::read(data.join("4.root.json")));
    let four = desk.signed("4.root.json");
    let keys: Vec<String> = four
        .get("keys")
        .unwrap()
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let mut words = vec![
        "edit",
        "4.root.json",
        "expires-in",
        "180",
        "--out",
        "5.root.json",
        "--at",
        "2026-11-01T00:00:00Z",
    ];
    let ran = desk.call(&words);
    assert!(ran.code == 1 && ran.err.contains("[CLIENT_REFUSES]"), "{ran:?}");
    for key in &keys {
        words.extend(["re-key", key]);
    }
    let ran = desk.call(&words);
    assert_eq!(ran.code, 0, "{ran:?}");
    let five = desk.signed("5.root.json");
    let after: Vec<_> = five
        .get("keys")
        .unwrap()
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(after.len(), keys.len());
    assert!(after.iter().all(|id| !keys.contains(id)), "zero keyids in common");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 64, ..Default::default() })]

    #[test]
    fn fields_that_nobody_knows_stay_byte_for_byte(
        names in proptest::collection::btree_set("x-[a-z]{1,8}", 1..4),
        text in "[ -~]{0,12}",
        number in 0_i64..9_007_199_254_740_991,
    ) {
        let value = Json::object([("n", Json::Int(number)), ("t", text.as_str().into()), ("z", Json::Null)]);
        // In the document, in a role, and inside a key, where it belongs to the keyid.
        let mut key = Key::of(&public(4));
        let mut signed = chains::signed(1, LATER, 2, &[1, 2, 3]);
        for name in &names {
            signed = with(&signed, &[name], Some(value.clone()));
            signed = with(&signed, &["roles", "timestamp", name], Some(value.clone()));
            key.unrecognized.insert(name.clone(), value.clone());
        }
        signed = with(&signed, &["keys", &id(4)], None);
        signed = with(&signed, &["keys", &key.keyid().to_string()], Some(key.to_json()));
        let ids = Json::Array(vec![key.keyid().to_string().into()]);
        signed = with(&signed, &["roles", "targets", "keyids"], Some(ids));
        let words = ["set-threshold".to_owned(), "root".to_owned(), "3".to_owned()];
        let edited = edit::edit(&edit::Request {
            file: &chains::file(&signed, &chains::by(&[1, 2])),
            from: None,
            operations: &edit::parse(&words, &[]).unwrap(),
            files: &Default::default(),
            name: None,
            parent: None,
            at: kit::now(),
            void: None,
            // python-tuf, tuf-js and go-tuf: what tough thinks of odd fields is not the question.
            profile: &tuf_ceremony::tuf::clients::Profile::parse("rstuf").unwrap(),
        })
        .unwrap();
        let back = with(&edited.draft.signed, &["version"], Some(Json::Int(1)));
        let back = with(&back, &["roles", "root", "threshold"], Some(Json::Int(2)));
        proptest::prop_assert_eq!(canonical(&back), canonical(&signed));
    }
}
