//! Keys that files may list and that nobody counts offline: sigstore identities
//! (TAP 18) and ML-DSA (TAP 21). They are kept byte for byte, named wherever a
//! root is read, and never reach a threshold.
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
#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "support/program.rs"]
mod program;

use chains::{by, file, id, signed};
use kit::with;
use program::run;
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::{Key, Metadata, NotUsable, Signed, canonical, check_producible};

const NOW: &str = "2027-01-01T00:00:00Z";
const IDENTITY: &str = r#"{"keytype":"sigstore-oidc","scheme":"Fulcio","keyval":{"identity":"olga@example.org","issuer":"https://accounts.example.org"}}"#;

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

fn ml_dsa(set: u8) -> Json {
    json(&format!(
        r#"{{"keytype":"ml-dsa","scheme":"ml-dsa-{set}/1","keyval":{{"public":"-----BEGIN PUBLIC KEY-----\nAA{set}=\n-----END PUBLIC KEY-----\n"}}}}"#
    ))
}

fn keyid(key: &Json) -> String {
    Key::from_json(key, "").unwrap().keyid().to_string()
}

/// Root 1 with the keys 1 and 2 and these, `threshold` of which must sign.
fn root(threshold: i64, more: &[Json]) -> Json {
    let mut root = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    root = with(&root, &["keys", &id(3, None)], None);
    let mut ids: Vec<Json> = vec![id(1, None).into(), id(2, None).into()];
    for key in more {
        root = with(&root, &["keys", &keyid(key)], Some(key.clone()));
        ids.push(keyid(key).into());
    }
    root = with(&root, &["roles", "root", "keyids"], Some(Json::Array(ids)));
    with(&root, &["roles", "root", "threshold"], Some(Json::Int(threshold)))
}

/// The folder of a root that 1, 2 and, with a made-up signature, all others signed.
fn folder(threshold: i64, more: &[Json]) -> tempfile::TempDir {
    let root = root(threshold, more);
    let mut by = by(&[1, 2]);
    by.extend(more.iter().map(|key| (keyid(key), 9)));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("1.root.json"), file(&root, &by)).unwrap();
    dir
}

fn every_kind() -> [(Json, &'static str, &'static str); 4] {
    [
        (
            json(IDENTITY),
            "KEY_IDENTITY",
            "a sigstore-oidc identity (TAP 18): no offline client can count it",
        ),
        (ml_dsa(44), "KEY_POST_QUANTUM", "an ML-DSA-44 key (TAP 21)"),
        (ml_dsa(65), "KEY_POST_QUANTUM", "an ML-DSA-65 key (TAP 21)"),
        (ml_dsa(87), "KEY_POST_QUANTUM", "an ML-DSA-87 key (TAP 21)"),
    ]
}

#[test]
fn such_keys_are_kept_byte_for_byte_and_give_no_public_key() {
    for (key, ..) in every_kind() {
        let owned = with(&key, &["x-owner"], Some("@olga".into()));
        let odd = with(&owned, &["keyval", "since"], Some(Json::Int(3)));
        for key in [key, owned, odd] {
            let read = Key::from_json(&key, "").unwrap();
            assert_eq!(read.to_json(), key);
            assert!(matches!(
                read.to_public(),
                Err(NotUsable::Identity | NotUsable::PostQuantum(_))
            ));
        }
    }
    let all: Vec<Json> = every_kind().into_iter().map(|(key, ..)| key).collect();
    let signed = root(2, &all);
    let bytes = file(&signed, &by(&[1, 2]));
    let read = Metadata::parse(&bytes).unwrap();
    assert_eq!(read.canonical(), canonical(&signed));
    let Signed::Root(model) = &read.signed else {
        panic!("a root")
    };
    assert_eq!(canonical(&model.to_json()), canonical(&signed));
    // An empty text under `public` is not the same as none.
    let odd = with(&json(IDENTITY), &["keyval", "public"], Some("".into()));
    assert_eq!(Key::from_json(&odd, "").unwrap().to_json(), odd);
    assert!(check_producible(&signed).is_ok(), "the bytes at least are safe");
}

#[test]
fn such_keys_are_named_wherever_a_root_is_read() {
    for (key, code, text) in every_kind() {
        let (before, after) = (folder(2, &[]), folder(2, &[key]));
        let path = |dir: &tempfile::TempDir| dir.path().join("1.root.json").to_str().unwrap().to_owned();
        let (old, new) = (path(&before), path(&after));
        let dir = after.path().to_str().unwrap();
        for args in [
            vec!["tuf", "show", &new],
            vec!["tuf", "show", &new, "--json"],
            vec!["tuf", "lint", &new],
            vec!["tuf", "lint", &new, "--json"],
            vec!["tuf", "lint", "--repository", dir, "--at", NOW],
            vec!["tuf", "verify-chain", dir, "--historic", "--at", NOW],
            vec!["tuf", "verify-chain", dir, "--historic", "--at", NOW, "--json"],
        ] {
            let ran = run(&args);
            assert!(
                ran.out.contains(text) && ran.out.contains(code),
                "{args:?}: {}",
                ran.out
            );
        }
        let diff = run(&["tuf", "diff", &old, &new]);
        assert!(
            diff.out.contains(text) && diff.out.contains("ADDED to this role"),
            "{}",
            diff.out
        );
        assert!(!run(&["tuf", "lint", &old]).out.contains(code));
        // Today's rules refuse the chain: some client refuses the whole file.
        let strict = run(&["tuf", "verify-chain", dir, "--at", NOW]);
        assert_eq!(
            (strict.code, strict.out.contains(code)),
            (1, true),
            "{}",
            strict.out
        );
    }
    let dir = folder(2, &[json(IDENTITY)]);
    let path = dir.path().join("1.root.json");
    let shown = run(&["tuf", "show", path.to_str().unwrap()]);
    assert!(
        shown.out.contains("identity: \"olga@example.org\""),
        "who it is stands there: {}",
        shown.out
    );
}

#[test]
fn such_keys_never_reach_a_threshold() {
    for (key, _, _) in every_kind() {
        let judge = |threshold: i64| {
            let dir = folder(threshold, std::slice::from_ref(&key));
            run(&[
                "tuf",
                "verify-chain",
                dir.path().to_str().unwrap(),
                "--historic",
                "--at",
                NOW,
            ])
        };
        let enough = judge(2);
        assert_eq!(enough.code, 0, "{}", enough.out);
        let short = judge(3);
        assert_eq!(short.code, 1, "{}", short.out);
        assert!(short.out.contains("[THRESHOLD]"), "{}", short.out);
    }
    // Two people are two identities, and one person is one.
    let other = json(&IDENTITY.replace("olga", "otto"));
    let two = folder(2, &[json(IDENTITY), other]);
    let said = run(&["tuf", "verify-chain", two.path().to_str().unwrap(), "--at", NOW]);
    assert!(!said.out.contains("KEY_ALIAS"), "{}", said.out);
    let again = with(&json(IDENTITY), &["x-note"], Some("again".into()));
    let one = folder(2, &[json(IDENTITY), again]);
    let said = run(&["tuf", "verify-chain", one.path().to_str().unwrap(), "--at", NOW]);
    assert!(said.out.contains("KEY_ALIAS"), "{}", said.out);
}
