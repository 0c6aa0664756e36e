//! Properties: the review text is total, every model keeps what it read, and
//! canonical bytes tell all values apart.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs
)]

#[path = "vectors/tuf/kit.rs"]
mod kit;

use std::sync::LazyLock;

use kit::{now, public, root, root_inputs, with};
use proptest::prelude::*;
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::{Key, RoleName, Signed, canonical, compose, review};

/// Any JSON value, with the texts that trick screens and parsers.
fn value() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        Just("a\" = \"b".to_owned()),
        Just("\u{1b}[2J\u{202e}".to_owned()),
        Just("a\nb".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        (-5i64..9_007_199_254_740_991).prop_map(Json::Int),
        text.clone().prop_map(Json::Str),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map(text.clone(), inner, 0..4).prop_map(Json::Object),
        ]
    })
}

static DOCUMENTS: LazyLock<Vec<Json>> = LazyLock::new(documents);

fn documents() -> Vec<Json> {
    let targets = r#"{"_type":"targets","spec_version":"1.0.0","version":3,"expires":"2028-01-01T00:00:00Z",
      "targets":{"a/b":{"length":0,"hashes":{"sha256":"HASH"},"custom":{"x":[1,{}]}}},
      "delegations":{"keys":{"KEYID":KEY},"roles":[{"name":"d","keyids":["KEYID"],"threshold":1,"terminating":true,"paths":["d/*"]}]}}"#
        .replace("HASH", &"ab".repeat(32))
        .replace("KEYID", &kit::keyid(4).to_string())
        .replace("KEY", &Key::of(&public(4)).to_json().line());
    vec![
        root(1).signed,
        Json::parse(targets.as_bytes()).unwrap(),
        compose::snapshot(1, kit::later(), 2, now()).unwrap().signed,
        compose::timestamp(1, kit::later(), 2, now()).unwrap().signed,
    ]
}

/// The part of the review that must be total by itself, without the digest.
fn every_value(lines: &[String]) -> Vec<String> {
    let start = lines.iter().position(|l| l.starts_with("every value")).unwrap();
    lines[start..].to_vec()
}

/// The value with its n-th leaf (or empty container) replaced.
fn mutate(value: &Json, n: &mut usize, new: &Json) -> Json {
    match value {
        Json::Object(map) if !map.is_empty() => {
            Json::Object(map.iter().map(|(k, v)| (k.clone(), mutate(v, n, new))).collect())
        }
        Json::Array(items) if !items.is_empty() => {
            Json::Array(items.iter().map(|v| mutate(v, n, new)).collect())
        }
        leaf => {
            let here = *n == 0;
            *n = n.wrapping_sub(1);
            if here { new.clone() } else { leaf.clone() }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_values_never_share_canonical_bytes_or_a_review(a in value(), b in value()) {
        let (x, y) = (review(&a, None), review(&b, None));
        prop_assert_eq!(a == b, canonical(&a) == canonical(&b));
        prop_assert_eq!(a == b, every_value(&x) == every_value(&y));
        prop_assert!(x.iter().all(|l| l.bytes().all(|c| (0x20..=0x7e).contains(&c))));
    }

    #[test]
    fn any_changed_leaf_changes_the_review(which in 0usize..4, n in 0usize..60, new in value()) {
        let before = &DOCUMENTS[which];
        let after = mutate(before, &mut n.clone(), &new);
        for trusted in [None, Some(before)] {
            let (x, y) = (review(before, trusted), review(&after, trusted));
            prop_assert_eq!(*before == after, every_value(&x) == every_value(&y));
        }
    }

    #[test]
    fn what_a_model_reads_it_writes_again(which in 0usize..4, extra in value(), key in "x-[a-z]{1,4}", depth in 0usize..5) {
        let document = &DOCUMENTS[which];
        let at: &[&str] = match (which, depth) {
            (0, 1) => &["roles", "root"],
            (1, 1) => &["targets", "a/b"],
            (1, 2) => &["delegations"],
            (2, 1) => &["meta", "targets.json"],
            (3, 1) => &["meta", "snapshot.json"],
            _ => &[],
        };
        let mut path = at.to_vec();
        path.push(&key);
        let document = with(document, &path, Some(extra));
        let model = Signed::from_json(&document).unwrap();
        prop_assert_eq!(canonical(&model.to_json()), canonical(&document));
    }
}

#[test]
fn no_leaf_is_left_out() {
    for document in DOCUMENTS.iter() {
        let before = every_value(&review(document, None));
        let mut n = 0;
        loop {
            let mut left = n;
            let after = mutate(document, &mut left, &Json::Int(424_242));
            if after == *document {
                break; // there is no n-th leaf
            }
            let lines = every_value(&review(&after, None));
            let other = before.iter().zip(&lines).filter(|(a, b)| a != b).count();
            assert_eq!((before.len(), other), (lines.len(), 1), "leaf {n}");
            n += 1;
        }
        assert_eq!(n + 1, before.len(), "as many lines as leaves");
    }
}

#[test]
fn a_root_review_says_what_happens_to_each_key() {
    let mut inputs = root_inputs(2);
    inputs
        .roles
        .insert(RoleName::Root, (3, vec![public(1), public(2), public(6)]));
    let new = compose::root(&inputs, now()).unwrap();
    let lines = review(&new.signed, Some(&root(1).signed));
    assert_eq!(lines[0], "root metadata, version 1 -> 2");
    assert_eq!(
        lines[1],
        "expires 2028-01-01T00:00:00Z, a Saturday (was 2028-01-01T00:00:00Z, a Saturday; +0 days)"
    );
    let text = lines.join("\n");
    for expected in [
        "role root: 3 of 3 keys (was 2 of 3 keys)",
        "  key ed25519, stays",
        "  key ed25519, ADDED to this role",
        "  key ed25519, REMOVED from this role",
        &format!("    keyid {}", kit::keyid(6)),
        &format!("    fingerprint {}", public(6).fingerprint().grouped()),
        &format!("SHA-256 of them: {}", new.digest.grouped()),
        "~ signed.version = 2 (was 1)",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(review(&root(1).signed, None)[0], "root metadata, version 1, new");
    let back = review(&root(1).signed, Some(&new.signed));
    assert!(back[0].ends_with("NOT A LATER VERSION"));
}

#[test]
fn other_reviews_name_the_change_that_matters() {
    let timestamp = |v, s| compose::timestamp(v, kit::later(), s, now()).unwrap().signed;
    let lines = review(&timestamp(2, 1), Some(&timestamp(1, 2)));
    assert!(lines.iter().any(|l| l.contains("GOES BACK")), "{lines:?}");
    let targets = &DOCUMENTS[1];
    let without = with(targets, &["delegations"], None);
    let text = review(&without, Some(targets)).join("\n");
    assert!(
        text.contains("REMOVED d: 1 of 1 keys, 1 paths, terminating true"),
        "{text}"
    );
    let bad = review(&Json::Array(vec![]), None);
    assert!(bad[0].starts_with("NOT ACCEPTABLE [SHAPE]"), "{bad:?}");
    assert!(review(targets, Some(&root(1).signed))[0].starts_with("NOT COMPARABLE"));
}
