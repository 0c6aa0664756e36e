//! What a reviewer reads of targets, delegations and snapshots: two payloads
//! never share a text, in the half that says what a change means as little as in
//! the half that lists every value; and what patterns do to each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test: to panic is how it fails"
)]

#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "vectors/tuf/made.rs"]
mod made;

use kit::public;
use made::{add, composed, delegated, first, paths, role, targets};
use proptest::prelude::*;
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::bins::Style;
use tuf_ceremony::tuf::compose::{DelegationChange as D, NewRole};
use tuf_ceremony::tuf::warning::warnings;
use tuf_ceremony::tuf::{Bins, Key, Scope, Signed, canonical, review, review_of};

type Pairs = Vec<(&'static str, Json)>;

fn object(pairs: Pairs) -> Json {
    Json::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

/// Few values, so that two documents often differ in one field alone.
fn extra() -> impl Strategy<Value = Option<Json>> {
    prop_oneof![
        6 => Just(None),
        1 => Just(Some(Json::Null)),
        1 => Just(Some("null".into())),
        1 => Just(Some("\u{202e}x".into())),
    ]
}

fn one_role(name: &'static str) -> impl Strategy<Value = Json> {
    let scope = prop_oneof![
        prop::sample::subsequence(vec!["a/*", "b", "*", "{x}"], 0..3).prop_map(|l| ("paths", l)),
        prop::sample::subsequence(vec!["0", "1a", "1"], 0..3).prop_map(|l| ("path_hash_prefixes", l)),
    ];
    let keys = prop::sample::subsequence(vec![11u8, 12, 13], 1..3).prop_shuffle();
    (scope, keys, any::<bool>(), any::<bool>(), extra()).prop_map(move |(scope, keys, two, ends, extra)| {
        let threshold = if two && keys.len() > 1 { 2 } else { 1 };
        let ids = keys.iter().map(|s| kit::keyid(*s).to_string().into()).collect();
        let list = scope.1.into_iter().map(Json::from).collect();
        let mut pairs: Pairs = vec![
            ("name", name.into()),
            ("keyids", Json::Array(ids)),
            ("threshold", Json::Int(threshold)),
            ("terminating", Json::Bool(ends)),
            (scope.0, Json::Array(list)),
        ];
        pairs.extend(extra.map(|e| ("x-note", e)));
        object(pairs)
    })
}

fn delegations() -> impl Strategy<Value = Option<Json>> {
    let keys = || {
        let keys = [11u8, 12, 13].map(|s| (kit::keyid(s).to_string(), Key::of(&public(s)).to_json()));
        Json::Object(keys.into())
    };
    let listed = (one_role("r"), one_role("s"), 0usize..4, extra()).prop_map(move |(r, s, order, extra)| {
        let roles = [vec![], vec![r.clone()], vec![r.clone(), s.clone()], vec![s, r]][order].clone();
        let mut pairs: Pairs = vec![("keys", keys()), ("roles", Json::Array(roles))];
        pairs.extend(extra.map(|e| ("x-note", e)));
        object(pairs)
    });
    let generated = (2u8..5, any::<bool>(), 11u8..13, extra()).prop_map(|(bits, succinct, seed, extra)| {
        let name_prefix = "bin".to_owned();
        let style = if succinct {
            Style::Succinct { name_prefix }
        } else {
            Style::Prefixes { name_prefix }
        };
        let bins = Bins::new(bits, style, vec![Key::of(&public(seed))], 1).unwrap();
        let mut delegations = bins.delegations();
        delegations
            .unrecognized
            .extend(extra.map(|e| ("x-note".to_owned(), e)));
        delegations.to_json()
    });
    prop_oneof![1 => Just(None), 4 => listed.prop_map(Some), 2 => generated.prop_map(Some)]
}

fn document() -> impl Strategy<Value = Json> {
    let file = (
        0i64..3,
        prop::sample::subsequence(vec!["sha256", "sha512"], 1..3),
        extra(),
    );
    let files = prop::collection::btree_map("[ab]/[xy]", file, 0..3);
    (files, delegations(), 1i64..3, extra()).prop_map(|(files, delegations, version, extra)| {
        let files = files.into_iter().map(|(path, (length, algorithms, extra))| {
            let hashes = algorithms.into_iter().map(|a| {
                let bytes = if a == "sha256" { 32 } else { 64 };
                (a, "ab".repeat(bytes).into())
            });
            let mut pairs: Pairs = vec![
                ("length", Json::Int(length)),
                ("hashes", object(hashes.collect())),
            ];
            pairs.extend(extra.map(|e| ("custom", e)));
            (path, object(pairs))
        });
        let mut pairs: Pairs = vec![
            ("_type", "targets".into()),
            ("spec_version", "1.0.0".into()),
            ("version", Json::Int(version)),
            ("expires", "2028-01-01T00:00:00Z".into()),
            ("targets", Json::Object(files.collect())),
        ];
        pairs.extend(delegations.map(|d| ("delegations", d)));
        pairs.extend(extra.map(|e| ("x-note", e)));
        object(pairs)
    })
}

fn snapshot() -> impl Strategy<Value = Json> {
    let length = prop::option::of(0i64..2);
    let hashes = prop::option::of(prop_oneof![Just("aa"), Just("bb")]);
    let entry = (1i64..4, length, hashes, extra());
    let entries = prop::collection::vec(entry, 1..4);
    (entries, extra()).prop_map(|(entries, extra)| {
        let names = ["targets.json", "a.json", "b.json"];
        let meta = names
            .into_iter()
            .zip(entries)
            .map(|(name, (version, length, hash, extra))| {
                let mut pairs: Pairs = vec![("version", Json::Int(version))];
                pairs.extend(length.map(|n| ("length", Json::Int(n))));
                pairs.extend(hash.map(|h| ("hashes", object(vec![("sha256", h.repeat(32).into())]))));
                pairs.extend(extra.map(|e| ("x-note", e)));
                (name, object(pairs))
            });
        let mut pairs: Pairs = vec![
            ("_type", "snapshot".into()),
            ("spec_version", "1.0.0".into()),
            ("version", Json::Int(1)),
            ("expires", "2028-01-01T00:00:00Z".into()),
            ("meta", object(meta.collect())),
        ];
        pairs.extend(extra.map(|e| ("x-note", e)));
        object(pairs)
    })
}

/// What the change means, and every value: neither with the digest.
fn halves(signed: &Json, trusted: Option<&Json>) -> (Vec<String>, Vec<String>) {
    let lines = review(signed, trusted);
    let digest = lines.iter().position(|l| l.starts_with("bytes to sign")).unwrap();
    let values = lines.iter().position(|l| l.starts_with("every value")).unwrap();
    (lines[..digest].to_vec(), lines[values..].to_vec())
}

fn never_the_same(a: &Json, b: &Json, trusted: &Json) -> Result<(), TestCaseError> {
    let same = canonical(a) == canonical(b);
    for trusted in [None, Some(trusted)] {
        let ((x, x_values), (y, y_values)) = (halves(a, trusted), halves(b, trusted));
        prop_assert_eq!(same, x_values == y_values);
        prop_assert_eq!(same, x == y, "{:#?}", x);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_targets_never_share_either_half_of_a_review(a in document(), b in document(), trusted in document(), leaf in 0usize..40) {
        for document in [&a, &b, &trusted] {
            prop_assert_eq!(&Signed::from_json(document).unwrap().to_json(), document);
        }
        never_the_same(&a, &b, &trusted)?;
        never_the_same(&a, &trusted, &trusted)?;
        // One leaf apart, where clients still read it.
        if let Some(near) = spoiled(&a, &mut leaf.clone()).filter(|n| Signed::from_json(n).is_ok()) {
            never_the_same(&a, &near, &trusted)?;
            never_the_same(&a, &near, &a)?;
        }
    }

    #[test]
    fn two_snapshots_never_share_either_half_of_a_review(a in snapshot(), b in snapshot(), trusted in snapshot()) {
        never_the_same(&a, &b, &trusted)?;
        never_the_same(&a, &trusted, &trusted)?;
    }
}

#[test]
fn a_delegated_file_says_whose_it_is_and_what_its_parent_cannot_reach() {
    let deep = [add(role("deep", &[14], &["b/*"], true))];
    let draft = delegated("a", None, &[], &deep);
    let lines = review_of(&draft, None, Some(&paths(&["a/*"])));
    assert_eq!(lines[0], "delegated role a: file 1.a.json");
    assert!(
        lines[1].starts_with("NOTE [UNREACHABLE] deep: b/* is wholly outside"),
        "{lines:?}"
    );
    assert_eq!(lines[2..], review(&draft.signed, None));
    assert_eq!(review_of(&first(), None, None), review(&first().signed, None));
}

/// One field apart: the neighbours that random pairs seldom are.
#[test]
fn each_field_of_a_delegation_is_in_the_half_that_says_what_it_means() {
    let before = first().signed;
    let mut apart = 0;
    let mut n = 0;
    while let Some(after) = spoiled(&before, &mut n.clone()) {
        n += 1;
        if Signed::from_json(&after).is_err() {
            continue;
        }
        apart += 1;
        assert_ne!(
            halves(&before, Some(&before)).0,
            halves(&after, Some(&before)).0,
            "leaf {}",
            n - 1
        );
        assert_ne!(halves(&before, None).0, halves(&after, None).0, "leaf {}", n - 1);
    }
    assert!(apart > 10, "{apart}");
}

/// The n-th leaf changed to a neighbour of its own kind.
fn spoiled(value: &Json, n: &mut usize) -> Option<Json> {
    match value {
        Json::Object(map) => map.iter().find_map(|(key, inner)| {
            let mut map = map.clone();
            map.insert(key.clone(), spoiled(inner, n)?);
            Some(Json::Object(map))
        }),
        Json::Array(items) => (0..items.len()).find_map(|i| {
            let mut items = items.clone();
            items[i] = spoiled(&items[i], n)?;
            Some(Json::Array(items))
        }),
        leaf => {
            if *n > 0 {
                *n -= 1;
                return None;
            }
            Some(match leaf {
                Json::Bool(b) => Json::Bool(!b),
                Json::Int(i) => Json::Int(i + 1),
                Json::Str(text) => match text.strip_prefix(['a', 'b', 'c']) {
                    Some(rest) => Json::from(format!("d{rest}")),
                    None => Json::from(format!("a{text}")),
                },
                other => other.clone(),
            })
        }
    }
}

#[test]
fn warnings_name_what_patterns_do_to_each_other() {
    let codes = |changes: &[D], parent: Option<&Scope>| -> Vec<&'static str> {
        let draft = composed(None, &[], changes).unwrap();
        let found = warnings(&targets(&draft).delegations.unwrap(), parent);
        found
            .iter()
            .map(tuf_ceremony::tuf::warning::Warning::code)
            .collect()
    };
    let two = |a: &str, b: &str| {
        [
            add(role("x", &[11], &[a], false)),
            add(role("y", &[12], &[b], true)),
        ]
    };
    assert_eq!(codes(&two("a/b", "a/c"), None), [""; 0]);
    assert_eq!(codes(&two("a/b", "a/b"), None), ["OVERLAP"]);
    assert_eq!(codes(&two("*", "b"), None), ["MATCHES_ALL", "OVERLAP"]);
    assert_eq!(codes(&two("a-*", "b"), None), ["WIDER_IN_TOUGH"]);
    assert_eq!(codes(&two("a/b", "a/c"), Some(&paths(&["a/c"]))), ["UNREACHABLE"]);
    let prefixes = |name: &str, list: &[&str]| {
        let scope = Scope::HashPrefixes(list.iter().map(|p| (*p).to_owned()).collect());
        add(NewRole {
            scope,
            ..role(name, &[11], &["q"], true)
        })
    };
    assert_eq!(
        codes(&[prefixes("x", &["0", "1"]), prefixes("y", &["10"])], None),
        ["OVERLAP"]
    );
    assert_eq!(
        codes(&[prefixes("x", &["0", "1"]), prefixes("y", &["2"])], None),
        [""; 0]
    );
    let lines = review(&first().signed, None).join("\n");
    assert!(
        lines.contains("NOTE [OVERLAP] b (b/*) and c (b/*) overlap: the first ends the search"),
        "{lines}"
    );
}
