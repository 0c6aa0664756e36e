//! Attacks, each named by its sin, each with the one code that refuses it
//! (facts/security.md V01-V12, facts/tuf.md 6). What is spoilt is signed again
//! with good keys, so that only the named rule stands in the way.

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

use kit::{Files, at, envelope, keyid, later, now, public, repository, root, secret, sign, with};
use tuf_ceremony::base::{Digest, Json};
use tuf_ceremony::tuf::{Key, Metadata, NotComposed, RoleName, canonical, check_repository, compose, meter};

fn parse_code(bytes: &[u8]) -> &'static str {
    Metadata::parse(bytes).map_or_else(|refused| refused.code(), |_| "ACCEPTED")
}

fn code(files: &Files) -> &'static str {
    check_repository(files, now()).map_or_else(|refused| refused.code(), |_| "ACCEPTED")
}

/// The root with a second spelling of key 1 listed in the root role.
fn aliased(change: impl Fn(&mut Key)) -> Json {
    let mut alias = Key::of(&public(1));
    change(&mut alias);
    let signed = root(1).signed;
    let signed = with(
        &signed,
        &["keys", &alias.keyid().to_string()],
        Some(alias.to_json()),
    );
    let mut keyids = signed
        .get("roles")
        .unwrap()
        .get("root")
        .unwrap()
        .get("keyids")
        .unwrap()
        .as_array()
        .unwrap()
        .to_vec();
    keyids.push(alias.keyid().to_string().into());
    with(&signed, &["roles", "root", "keyids"], Some(Json::Array(keyids)))
}

#[test]
fn a_root_is_refused_by_the_rule_that_it_breaks() {
    let good = root(1).signed;
    let set = |path: &[&str], new: Json| with(&good, path, Some(new));
    let gone = |path: &[&str]| with(&good, path, None);
    let id = keyid(1).to_string();
    let role = |n: i64| {
        Json::object([
            ("keyids", Json::Array(vec![id.as_str().into()])),
            ("threshold", Json::Int(n)),
        ])
    };
    let threshold = ["roles", "root", "threshold"];
    let spare = Key::of(&public(9));
    let cases = [
        ("nothing", good.clone(), "ACCEPTED"),
        (
            "V05 threshold 0",
            set(&threshold, Json::Int(0)),
            "THRESHOLD_NOT_POSITIVE",
        ),
        (
            "V05 threshold -1",
            set(&threshold, Json::Int(-1)),
            "THRESHOLD_NOT_POSITIVE",
        ),
        ("V05 threshold \"2\"", set(&threshold, "2".into()), "SHAPE"),
        (
            "V05 threshold above its keys",
            set(&threshold, Json::Int(4)),
            "THRESHOLD_UNREACHABLE",
        ),
        ("V05 threshold missing", gone(&threshold), "MISSING_FIELD"),
        ("V05 threshold true", set(&threshold, Json::Bool(true)), "SHAPE"),
        ("V08 version 0", set(&["version"], Json::Int(0)), "VERSION"),
        ("version as text", set(&["version"], "1".into()), "SHAPE"),
        ("version negative", set(&["version"], Json::Int(-3)), "VERSION"),
        ("another type", set(&["_type"], "mirrors".into()), "TYPE"),
        ("no type", gone(&["_type"]), "MISSING_FIELD"),
        (
            "a spec version of the future",
            set(&["spec_version"], "2.0.0".into()),
            "SPEC_VERSION",
        ),
        (
            "spec version 1.01",
            set(&["spec_version"], "1.01".into()),
            "SPEC_VERSION",
        ),
        (
            "expiry with a fraction",
            set(&["expires"], "2028-01-01T00:00:00.5Z".into()),
            "EXPIRES_FORM",
        ),
        (
            "expiry with an offset",
            set(&["expires"], "2028-01-01T00:00:00+00:00".into()),
            "EXPIRES_FORM",
        ),
        (
            "implicit consistent_snapshot",
            gone(&["consistent_snapshot"]),
            "MISSING_FIELD",
        ),
        ("a fifth role", set(&["roles", "mirrors"], role(1)), "EXTRA_ROLE"),
        ("three roles", gone(&["roles", "snapshot"]), "MISSING_ROLE"),
        ("a role's key that is absent", gone(&["keys", &id]), "KEY_ABSENT"),
        (
            "an orphan key",
            set(&["keys", &spare.keyid().to_string()], spare.to_json()),
            "KEY_UNUSED",
        ),
        (
            "a key content changed under its keyid (sigstore root 11)",
            set(&["keys", &id, "x-tuf-on-ci-online-uri"], "kms:2".into()),
            "KEYID_MISMATCH",
        ),
        (
            "a keyid of TAP 12",
            set(&["keys", "alice"], spare.to_json()),
            "KEYID_FORM",
        ),
        (
            "one keyid twice in a role",
            set(
                &["roles", "root", "keyids"],
                Json::Array(vec![id.as_str().into(), id.as_str().into()]),
            ),
            "KEYID_TWICE",
        ),
        (
            "V02 one key, two ids",
            aliased(|k| {
                k.unrecognized.insert("x".into(), "y".into());
            }),
            "KEY_ALIAS",
        ),
        (
            "V03 altered scheme",
            aliased(|k| k.scheme = "ed25519ph".into()),
            "KEY_ALIAS",
        ),
        (
            "V03 altered keytype",
            aliased(|k| k.keytype = "eddsa".into()),
            "KEY_ALIAS",
        ),
        (
            "V03 uppercase",
            aliased(|k| k.public = k.public.to_uppercase()),
            "KEY_ALIAS",
        ),
        (
            "V03 as PEM",
            aliased(|k| k.public = public(1).to_pem()),
            "KEY_ALIAS",
        ),
        ("V03 final newline", aliased(|k| k.public.push('\n')), "KEY_ALIAS"),
    ];
    for (sin, signed, expected) in cases {
        assert_eq!(parse_code(&envelope(&signed, &[1, 2])), expected, "{sin}");
    }
}

#[test]
fn an_envelope_is_refused_by_the_rule_that_it_breaks() {
    let good = String::from_utf8(sign(&root(1), &[1, 2])).unwrap();
    let sig = data_encoding::HEXLOWER
        .encode(&ed25519_dalek::Signer::sign(&secret(1), &root(1).canonical).to_bytes());
    for (sin, text, expected) in [
        ("nothing", good.clone(), "ACCEPTED"),
        (
            "V05 threshold 2.0",
            good.replacen("\"threshold\": 2", "\"threshold\": 2.0", 1),
            "NOT_JSON",
        ),
        (
            "V05 threshold 2^63",
            good.replacen("\"threshold\": 2", "\"threshold\": 9223372036854775808", 1),
            "NOT_JSON",
        ),
        (
            "V08 version 2^53",
            good.replacen("\"version\": 1", "\"version\": 9007199254740992", 1),
            "NOT_JSON",
        ),
        (
            "two thresholds",
            good.replacen("\"threshold\": 2", "\"threshold\": 1,\"threshold\": 2", 1),
            "NOT_JSON",
        ),
        (
            "uppercase signature",
            good.replace(&sig, &sig.to_uppercase()),
            "SHAPE",
        ),
        ("odd signature", good.replace(&sig, &sig[1..]), "SHAPE"),
        (
            "no signatures",
            good.replacen("\"signatures\"", "\"signaturez\"", 1),
            "MISSING_FIELD",
        ),
        ("a list", "[]".to_owned(), "SHAPE"),
        ("empty", String::new(), "NOT_JSON"),
    ] {
        assert_eq!(parse_code(text.as_bytes()), expected, "{sin}");
    }
    let one = (keyid(1), vec![1; 64]);
    for n in [2, 9] {
        let twice = root(1).assemble(&vec![one.clone(); n]);
        assert_eq!(parse_code(&twice), "SIG_DUP_KEYID", "V01 one signature {n} times");
    }
    let placeholder = root(1).assemble(&[one, (keyid(2), vec![])]);
    assert_eq!(parse_code(&placeholder), "ACCEPTED", "an empty placeholder");
}

#[test]
fn the_meter_counts_public_keys_not_ids() {
    // The parser refuses aliases; the meter must not be fooled even if one got past it.
    let message = b"message";
    let sig = ed25519_dalek::Signer::sign(&secret(1), message)
        .to_bytes()
        .to_vec();
    let mut alias = Key::of(&public(1));
    alias.unrecognized.insert("x".into(), Json::Null);
    let keys = [Key::of(&public(1)), alias].map(|k| (k.keyid(), k)).into();
    let ids: Vec<_> = std::collections::BTreeMap::keys(&keys).copied().collect();
    let entry = |keyid| tuf_ceremony::tuf::Signature {
        keyid,
        sig: sig.clone(),
    };
    let signatures: Vec<_> = ids.iter().copied().map(entry).collect();
    let m = meter(&keys, &ids, 2, message, &signatures);
    assert_eq!((m.signed.len(), m.distinct, m.needed()), (2, 1, 1));
    assert!(!m.complete(), "V02: two ids, one key, threshold 2");

    let twice = [ids[0], ids[0]];
    let m = meter(&keys, &twice, 2, message, &[entry(ids[0]), entry(ids[0])]);
    assert!(!m.complete() && m.signed.len() == 1, "V01");
    assert!(
        !meter(&keys, &[], 0, message, &[]).complete(),
        "V05: nobody is not enough"
    );
    let m = meter(&keys, &ids, 1, b"other bytes", &signatures);
    assert_eq!((m.invalid.len(), m.missing.len()), (2, 0));
    // A point of small order: anybody can sign for it, so it never counts.
    let mut weak = Key::of(&public(1));
    weak.public = format!("01{}", "00".repeat(31));
    assert!(weak.to_public().is_err());
    let stranger = [entry(keyid(7))];
    assert_eq!(meter(&keys, &ids, 1, message, &stranger).missing, ids);
}

#[test]
fn a_repository_is_refused_at_the_step_that_fails() {
    let spoil = |name: &str, bytes: Option<Vec<u8>>| {
        let mut files = repository();
        match bytes {
            Some(bytes) => files.insert(name.to_owned(), bytes),
            None => files.remove(name),
        };
        files
    };
    let put = |name: &str, bytes| spoil(name, Some(bytes));
    let next = |version: u64, seeds: &[u8]| sign(&root(version), seeds);
    let mut rogue = kit::root_inputs(2);
    rogue.roles.insert(RoleName::Root, (1, vec![public(8)]));
    let rogue = compose::root(&rogue, now()).unwrap();
    let early = at("2026-06-01T00:00:00Z");
    let birth = at("2026-01-01T00:00:00Z");
    let mut old = kit::root_inputs(2);
    old.expires = early;
    let old = compose::root(&old, birth).unwrap();
    let timestamp = |v, meta: Json| {
        let signed = compose::timestamp(v, later(), 1, now()).unwrap().signed;
        envelope(&with(&signed, &["meta", "snapshot.json"], Some(meta)), &[5])
    };
    let snapshot = repository()["1.snapshot.json"].clone();
    let meta = |more: &[(&str, Json)]| {
        let mut map = std::collections::BTreeMap::from([("version".to_owned(), Json::Int(1))]);
        map.extend(more.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        Json::Object(map)
    };
    let hash = |name: &str, text: String| Json::object([(name, text.into())]);
    let mut flipped = repository()["1.targets.json"].clone();
    let spot = flipped.windows(4).position(|w| w == b"2028").unwrap();
    flipped[spot + 3] = b'9';

    let cases = [
        ("nothing", repository(), "ACCEPTED"),
        ("no first root", spoil("1.root.json", None), "NO_TRUSTED_ROOT"),
        (
            "one signature short",
            put("1.root.json", next(1, &[1])),
            "THRESHOLD",
        ),
        (
            "signed by strangers",
            put("1.root.json", next(1, &[7, 8])),
            "THRESHOLD",
        ),
        (
            "V08 N to N",
            put("2.root.json", next(1, &[1, 2])),
            "OTHER_VERSION",
        ),
        (
            "V08 N to N+2",
            put("2.root.json", next(3, &[1, 2])),
            "OTHER_VERSION",
        ),
        ("V08 a gap", put("3.root.json", next(3, &[1, 2])), "ROOT_GAP"),
        (
            "V07 a root by its own keys only",
            put("2.root.json", sign(&rogue, &[8])),
            "OLD_THRESHOLD",
        ),
        (
            "a root by the old keys only",
            put("2.root.json", sign(&rogue, &[1, 2])),
            "THRESHOLD",
        ),
        (
            "expired last root",
            put("2.root.json", sign(&old, &[1, 2])),
            "EXPIRED",
        ),
        (
            "expired targets",
            put(
                "1.targets.json",
                sign(&compose::targets(1, early, birth).unwrap(), &[4]),
            ),
            "EXPIRED",
        ),
        (
            "expired timestamp",
            put(
                "timestamp.json",
                sign(&compose::timestamp(1, early, 1, birth).unwrap(), &[5]),
            ),
            "EXPIRED",
        ),
        (
            "targets by the wrong key",
            put("1.targets.json", {
                sign(&compose::targets(1, later(), now()).unwrap(), &[5])
            }),
            "THRESHOLD",
        ),
        (
            "targets changed after signing",
            put("1.targets.json", flipped),
            "THRESHOLD",
        ),
        (
            "targets version",
            put("1.targets.json", {
                sign(&compose::targets(2, later(), now()).unwrap(), &[4])
            }),
            "OTHER_VERSION",
        ),
        (
            "snapshot in the place of targets",
            put("1.targets.json", snapshot.clone()),
            "OTHER_ROLE",
        ),
        ("targets missing", spoil("1.targets.json", None), "FILE_MISSING"),
        ("snapshot missing", spoil("1.snapshot.json", None), "FILE_MISSING"),
        (
            "timestamp with a second entry",
            put("timestamp.json", {
                let signed = compose::timestamp(1, later(), 1, now()).unwrap().signed;
                envelope(&with(&signed, &["meta", "x.json"], Some(meta(&[]))), &[5])
            }),
            "SHAPE",
        ),
        (
            "stated length",
            put("timestamp.json", timestamp(1, meta(&[("length", Json::Int(3))]))),
            "OTHER_LENGTH",
        ),
        (
            "stated hash",
            put(
                "timestamp.json",
                timestamp(1, meta(&[("hashes", hash("sha256", "00".repeat(32)))])),
            ),
            "OTHER_HASH",
        ),
        (
            "stated hash that is right",
            put("timestamp.json", {
                timestamp(
                    1,
                    meta(&[("hashes", hash("sha256", Digest::of(&snapshot).hex()))]),
                )
            }),
            "ACCEPTED",
        ),
        (
            "stated hash of another kind",
            put(
                "timestamp.json",
                timestamp(1, meta(&[("hashes", hash("md5", "00".repeat(16)))])),
            ),
            "HASH_UNKNOWN",
        ),
        (
            "a timestamp too large",
            put("timestamp.json", vec![b' '; 16_385]),
            "TOO_LARGE",
        ),
    ];
    for (sin, files, expected) in cases {
        assert_eq!(code(&files), expected, "{sin}");
    }
}

#[test]
fn a_snapshot_neither_drops_an_entry_nor_goes_back() {
    let snapshot = |version, meta: &[(&str, i64)]| {
        let signed = compose::snapshot(version, later(), 1, now()).unwrap().signed;
        let meta = meta
            .iter()
            .map(|(n, v)| ((*n).to_owned(), Json::object([("version", Json::Int(*v))])))
            .collect();
        envelope(&with(&signed, &["meta"], Some(Json::Object(meta))), &[5])
    };
    let mut files = repository();
    files.remove("timestamp.json");
    files.insert(
        "1.snapshot.json".into(),
        snapshot(1, &[("targets.json", 1), ("a.json", 4)]),
    );
    for (meta, expected) in [
        (&[("targets.json", 1), ("a.json", 4)][..], "ACCEPTED"),
        (&[("targets.json", 1), ("a.json", 3)], "SNAPSHOT_ROLLBACK"),
        (&[("targets.json", 1)], "SNAPSHOT_DROPPED"),
        (&[("a.json", 4)], "MISSING_FIELD"),
    ] {
        files.insert("2.snapshot.json".into(), snapshot(2, meta));
        assert_eq!(code(&files), expected, "{meta:?}");
    }
}

#[test]
fn what_must_not_be_composed_is_not() {
    let root = |change: &dyn Fn(&mut tuf_ceremony::tuf::RootInputs)| {
        let mut inputs = kit::root_inputs(1);
        change(&mut inputs);
        compose::root(&inputs, now()).unwrap_err()
    };
    let role = |r: RoleName, t: u64, seeds: &[u8]| {
        let keys: Vec<_> = seeds.iter().map(|s| public(*s)).collect();
        root(&|i| {
            i.roles.insert(r, (t, keys.clone()));
        })
    };
    use NotComposed as No;
    use RoleName::{Root, Targets, Timestamp};
    assert!(matches!(role(Root, 0, &[1]), No::ThresholdZero { role: Root }));
    assert!(matches!(role(Targets, 0, &[1]), No::ThresholdZero { .. }));
    assert!(matches!(
        role(Root, 3, &[1, 2]),
        No::ThresholdUnreachable { keys: 2, .. }
    ));
    assert!(matches!(
        role(Root, 1, &[]),
        No::ThresholdUnreachable { keys: 0, .. }
    ));
    assert!(matches!(role(Root, 2, &[1, 1]), No::KeyTwice { .. }));
    assert!(matches!(
        role(Timestamp, 1, &[1]),
        No::RootKeyOnline { role: Timestamp, .. }
    ));
    assert!(matches!(
        root(&|i| {
            i.roles.remove(&Targets);
        }),
        No::MissingRole { role: Targets }
    ));
    assert!(matches!(root(&|i| i.expires = now()), No::Expired { .. }));
    for version in [0, 9_007_199_254_740_992, u64::MAX] {
        let error = root(&|i| i.version = version);
        assert!(
            matches!(error, No::Refused(_) | No::NotProducible(_)),
            "{version}: {error}"
        );
    }
    assert!(matches!(
        compose::targets(1, now(), now()),
        Err(No::Expired { .. })
    ));
    let spaced = with(&kit::root(1).signed, &["x y"], Some("é".into()));
    let error = tuf_ceremony::tuf::Draft::of(spaced.clone()).unwrap_err();
    assert!(matches!(error, No::NotProducible(_)));
    assert_ne!(canonical(&spaced), kit::root(1).canonical.to_vec());
}
