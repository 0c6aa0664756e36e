//! Chains of roots: a self-made one, every sin by name,
//! and that no changed byte of a signed root gets through.

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

use chains::{by, file, four_changes, id, named, signed};
use kit::{Files, at, with};
use proptest::prelude::*;
use tuf_ceremony::base::{Algorithm, Instant, Json, PublicKey};
use tuf_ceremony::tuf::chain::{self, CODES, Mode, Options, Report, Verdict, Weight};
use tuf_ceremony::tuf::compare::compare;
use tuf_ceremony::tuf::{Key, check_repository, compose};

const NOW: &str = "2027-01-01T00:00:00Z";

fn judge_at(files: &Files, mode: Mode, at: Instant) -> Report {
    chain::verify(files, &Options { mode, at, from: 1 })
}

fn judge(files: &Files, mode: Mode) -> Report {
    judge_at(files, mode, at(NOW))
}

/// The codes of one version, `0` for the chain as a whole.
fn codes(report: &Report, version: u64) -> Vec<&'static str> {
    let step = report.steps.iter().find(|s| s.version == version);
    let defects = step.map_or(&report.defects, |s| &s.defects);
    defects.iter().map(|d| d.code).collect()
}

#[test]
fn the_four_changes_hold_and_are_named() {
    let files = four_changes();
    let report = judge(&files, Mode::Strict);
    assert_eq!(report.verdict(), Verdict::Good, "{:#?}", report.lines("test"));
    assert_eq!(report.trusted_root().unwrap().common.version, 5);
    assert!(check_repository(&files, at(NOW)).is_ok());
    let changes =
        |version: usize| -> Vec<&str> { report.steps[version - 1].changes.iter().map(|c| c.what).collect() };
    assert!(changes(1).is_empty());
    assert_eq!(changes(2), [["key-added"; 3], ["key-removed"; 3]].concat());
    assert_eq!(changes(3), ["threshold"]);
    assert_eq!(changes(4), ["expires"]);
    assert_eq!(changes(5), ["re-keyed"; 3]);
    // One signature under two ids is one signer, and counts for both.
    let last = report.steps.last().unwrap();
    assert_eq!(last.signers.len(), 3);
    assert!(last.signers.iter().all(|s| s.keyids.len() == 2 && s.old && s.new));
    assert_eq!(
        codes(&report, 5).iter().filter(|c| **c == "SIG_TWO_IDS").count(),
        1
    );
}

#[test]
fn only_the_last_expiry_counts_and_an_expired_chain_can_still_be_succeeded() {
    let files = four_changes();
    let late = judge_at(&files, Mode::Strict, at("2027-07-01T00:00:00Z"));
    assert_eq!(late.verdict(), Verdict::Good);
    // At the very instant a root is expired (TUF 5.3.10: it must be later).
    let end = judge_at(&files, Mode::Strict, at("2027-12-01T00:00:00Z"));
    assert_eq!(end.verdict(), Verdict::Expired);
    assert!(end.trusted_root().is_some());
    assert_eq!(
        judge_at(&files, Mode::Strict, at("2027-11-30T23:59:59Z")).verdict(),
        Verdict::Good
    );
}

#[test]
fn historic_mode_never_gives_a_trusted_root() {
    let report = judge(&four_changes(), Mode::Historic);
    assert_eq!(report.verdict(), Verdict::Good);
    assert!(report.trusted_root().is_none());
    // And the room of chains can mint nothing that a key signs.
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tuf/chain");
    for entry in std::fs::read_dir(here).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for word in ["Payload", "Draft", "compose::"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}

/// One root of seeds 1, 2, 3, spoilt, signed by 1 and 2 and 3.
fn spoilt(path: &[&str], new: Option<Json>) -> Files {
    let one = with(&signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]), path, new);
    named(vec![file(&one, &by(&[1, 2, 3]))])
}

fn weight(code: &str) -> Weight {
    let known = CODES.iter().find(|(c, _, _)| *c == code);
    known.map_or(Weight::Fatal, |(_, weight, _)| *weight)
}

#[test]
fn each_sin_of_a_root_has_its_code_and_its_weight() {
    let key = |seed: u8| chains::key(seed, None).to_json();
    let k1 = id(1, None);
    let p256 = |public: &str| {
        Json::object([
            ("keytype", "ecdsa-sha2-nistp256".into()),
            ("scheme", "ecdsa-sha2-nistp256".into()),
            ("keyval", Json::object([("public", public.into())])),
        ])
    };
    let owner = with(&key(1), &["x-owner"], Some("@a".into()));
    let algorithms = with(
        &key(1),
        &["keyid_hash_algorithms"],
        Some(Json::Array(vec!["sha256".into()])),
    );
    let small = "0100000000000000000000000000000000000000000000000000000000000000";
    let weak = with(&key(1), &["keyval", "public"], Some(small.into()));
    let kind = with(&key(1), &["scheme"], Some("ml-dsa-44/1".into()));
    let at_key = ["keys", k1.as_str()];
    let ids = |seeds: &[u8]| Json::Array(seeds.iter().map(|s| id(*s, None).into()).collect());
    let table: Vec<(&str, Files)> = vec![
        (
            "EXPIRES_OFFSET",
            spoilt(&["expires"], Some("2028-01-01T00:00:00-06:00".into())),
        ),
        (
            "EXPIRES_FRACTION",
            spoilt(&["expires"], Some("2028-01-01T00:00:00.5Z".into())),
        ),
        ("EXPIRES_FORM", spoilt(&["expires"], Some("tomorrow".into()))),
        (
            "CONSISTENT_SNAPSHOT_MISSING",
            spoilt(&["consistent_snapshot"], None),
        ),
        (
            "CONSISTENT_SNAPSHOT_FALSE",
            spoilt(&["consistent_snapshot"], Some(Json::Bool(false))),
        ),
        ("SPEC_VERSION", spoilt(&["spec_version"], Some("1.1.0".into()))),
        ("OTHER_VERSION", spoilt(&["version"], Some(Json::Int(2)))),
        ("VERSION", spoilt(&["version"], Some(Json::Int(0)))),
        ("SHAPE", spoilt(&["version"], Some("1".into()))),
        ("OTHER_ROLE", spoilt(&["_type"], Some("targets".into()))),
        ("MISSING_FIELD", spoilt(&["roles"], None)),
        ("MISSING_ROLE", spoilt(&["roles", "timestamp"], None)),
        (
            "EXTRA_ROLE",
            spoilt(&["roles", "mirrors"], Some(Json::object([]))),
        ),
        ("EXTRA_FIELD", spoilt(&["x-note"], Some("hello".into()))),
        ("KEYID_MISMATCH", spoilt(&at_key, Some(owner))),
        ("KEYID_HASH_ALGORITHMS", spoilt(&at_key, Some(algorithms))),
        ("KEY_WEAK", spoilt(&at_key, Some(weak))),
        ("KEY_KIND", spoilt(&at_key, Some(kind))),
        ("KEY_FORM", spoilt(&at_key, Some(p256("04aa")))),
        ("KEYTYPE_LEGACY", spoilt(&at_key, Some(p256("04aa")))),
        ("KEY_ABSENT", spoilt(&at_key, None)),
        (
            "KEY_UNUSED",
            spoilt(&["roles", "root", "keyids"], Some(ids(&[2, 3]))),
        ),
        (
            "KEYID_TWICE",
            spoilt(&["roles", "root", "keyids"], Some(ids(&[1, 1, 2, 3]))),
        ),
        (
            "KEYID_FORM",
            spoilt(
                &["roles", "root", "keyids"],
                Some(Json::Array(vec!["one".into()])),
            ),
        ),
        (
            "THRESHOLD_NOT_POSITIVE",
            spoilt(&["roles", "root", "threshold"], Some(Json::Int(0))),
        ),
        (
            "THRESHOLD_UNREACHABLE",
            spoilt(&["roles", "root", "threshold"], Some(Json::Int(4))),
        ),
    ];
    for (code, files) in table {
        check_sin(code, &files, 1);
    }
}

/// The code is there; strict refuses what is historic or fatal, historic what
/// is fatal; and what strict mode lets through, the gate of our own does too.
fn check_sin(code: &str, files: &Files, version: u64) {
    for mode in [Mode::Strict, Mode::Historic] {
        let report = judge(files, mode);
        let found = codes(&report, version);
        assert!(found.contains(&code), "{code}: {found:?}");
        let mut defects = report
            .steps
            .iter()
            .flat_map(|s| &s.defects)
            .chain(&report.defects);
        let defect = defects.find(|d| d.code == code).unwrap();
        assert_eq!(defect.weight, weight(code), "{code}");
        if chain::refuses(defect, mode) {
            assert_eq!(report.verdict(), Verdict::Refused, "{code}");
            assert!(report.trusted_root().is_none(), "{code}");
        }
        if mode == Mode::Historic && weight(code) == Weight::Historic {
            assert_eq!(
                report.verdict(),
                Verdict::Good,
                "{code}: {:#?}",
                report.lines("test")
            );
        }
        if mode == Mode::Strict && report.verdict() == Verdict::Good {
            assert!(check_repository(files, at(NOW)).is_ok(), "{code}");
        }
    }
}

/// The base point of P-256: the public key of the private scalar 1.
const POINT: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

/// A root whose targets key is this object, under its own id.
fn with_targets_key(key: &Json) -> Files {
    let keyid = Key::from_json(key, "").unwrap().keyid().to_string();
    let one = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let one = with(&one, &["keys", &id(4, None)], None);
    let one = with(&one, &["keys", &keyid], Some(key.clone()));
    let ids = Json::Array(vec![keyid.into()]);
    let one = with(&one, &["roles", "targets", "keyids"], Some(ids));
    named(vec![file(&one, &by(&[1, 2, 3]))])
}

#[test]
fn each_spelling_of_the_past_has_its_code() {
    let raw = data_encoding::HEXLOWER.decode(POINT.as_bytes()).unwrap();
    let public = PublicKey::from_raw(Algorithm::EcdsaP256, &raw).unwrap();
    let pem = public.to_pem();
    let key = |keytype: &str, text: &str| {
        Json::object([
            ("keytype", keytype.into()),
            ("scheme", "ecdsa-sha2-nistp256".into()),
            ("keyval", Json::object([("public", text.into())])),
        ])
    };
    let legacy = "ecdsa-sha2-nistp256";
    for (code, key) in [
        ("KEYTYPE_LEGACY", key(legacy, &pem)),
        ("KEY_HEX_POINT", key(legacy, POINT)),
        ("KEY_HEX_POINT", key("ecdsa", POINT)),
        ("KEY_PEM_FORM", key("ecdsa", pem.trim_end())),
        ("KEY_PEM_FORM", key("ecdsa", &pem.replace('\n', "\r\n"))),
    ] {
        check_sin(code, &with_targets_key(&key), 1);
    }
    // Whatever the spelling, it is the same key: a re-key, not a new key.
    let [old, new] = [key(legacy, POINT), key("ecdsa", &pem)].map(|k| with_targets_key(&k));
    let mut changed = compare(&old["1.root.json"], &new["1.root.json"])
        .unwrap()
        .root
        .unwrap()
        .changes;
    assert_eq!(changed.len(), 1);
    let change = changed.pop().unwrap();
    assert_eq!((change.what, change.at.as_str()), ("re-keyed", "targets"));
    assert_eq!(change.fingerprint, Some(public.fingerprint()));
    // Anything else under a known id is not missed.
    let other = with(&key("ecdsa", &pem), &["x-owner"], Some("@b".into()));
    let keyid = Key::from_json(&key("ecdsa", &pem), "")
        .unwrap()
        .keyid()
        .to_string();
    let mut file = Json::parse(&new["1.root.json"]).unwrap();
    file = with(&file, &["signed", "keys", &keyid], Some(other));
    let changed = compare(&new["1.root.json"], file.indented().as_bytes()).unwrap();
    assert_eq!(changed.root.unwrap().changes[0].what, "content-changed");
}

#[test]
fn delegated_keys_are_reviewed_by_content() {
    let role = |ids: Vec<String>, threshold: i64| {
        Json::object([
            ("name", "npm".into()),
            ("keyids", Json::Array(ids.into_iter().map(Json::from).collect())),
            ("threshold", Json::Int(threshold)),
            ("terminating", Json::Bool(true)),
            ("paths", Json::Array(vec!["npm/*".into()])),
        ])
    };
    let targets = |keys: &[(u8, Option<&str>)], threshold| {
        let ids = keys.iter().map(|(s, o)| id(*s, *o)).collect();
        let keys = keys
            .iter()
            .map(|(s, o)| (id(*s, *o), chains::key(*s, *o).to_json()));
        let delegations = Json::object([
            ("keys", Json::Object(keys.collect())),
            ("roles", Json::Array(vec![role(ids, threshold)])),
        ]);
        let plain = compose::targets(1, kit::later(), kit::now()).unwrap().signed;
        with(&plain, &["delegations"], Some(delegations))
    };
    let old = targets(&[(7, None), (8, None)], 1);
    let new = targets(&[(7, Some("@a")), (9, None)], 2);
    let lines = tuf_ceremony::tuf::review(&new, Some(&old)).join("\n");
    for part in [
        "threshold was 1",
        "RE-KEYED: the same public key under a new keyid",
        "ADDED to this role",
        "REMOVED from this role",
    ] {
        assert!(lines.contains(part), "{part}\n{lines}");
    }
}

#[test]
fn each_sin_of_signatures_has_its_code() {
    let one = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let two = signed(2, "2028-01-01T00:00:00Z", 2, &[11, 12, 13]);
    let first = || file(&one, &by(&[1, 2, 3]));
    let edit = |bytes: Vec<u8>, from: &str, to: &str| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(from));
        text.replacen(from, to, 1).into_bytes()
    };
    let sig = |n: usize| -> String {
        let json = Json::parse(&first()).unwrap();
        let list = json.get("signatures").unwrap().as_array().unwrap();
        list[n].get("sig").unwrap().as_str().unwrap().to_owned()
    };
    let root = |bytes| named(vec![bytes]);
    for (code, files, version) in [
        ("SIG_EMPTY", root(edit(first(), &sig(0), "")), 1),
        ("NO_MARGIN", root(edit(first(), &sig(0), "")), 1),
        ("SIG_INVALID", root(edit(first(), &sig(0), "00")), 1),
        (
            "SIG_HEX_CASE",
            root(edit(first(), &sig(0), &sig(0).to_uppercase())),
            1,
        ),
        ("SHAPE", root(edit(first(), &sig(0), "zz")), 1),
        ("SIG_UNKNOWN_KEY", root(file(&one, &by(&[1, 2, 9]))), 1),
        ("SIG_DUP_KEYID", root(file(&one, &by(&[1, 1, 2]))), 1),
        ("THRESHOLD", root(file(&one, &by(&[1]))), 1),
        // CVE class: one signature under two ids is one key.
        (
            "THRESHOLD",
            root(file(&one, &[(id(1, None), 1), (id(2, None), 1)])),
            1,
        ),
        (
            "OLD_THRESHOLD",
            named(vec![first(), file(&two, &by(&[1, 11, 12]))]),
            2,
        ),
        ("THRESHOLD", named(vec![first(), file(&two, &by(&[1, 2, 11]))]), 2),
        (
            "PREVIOUS_UNREADABLE",
            named(vec![b"{}".to_vec(), file(&two, &by(&[11, 12]))]),
            2,
        ),
    ] {
        check_sin(code, &files, version);
    }
}

#[test]
fn one_public_key_under_two_ids_counts_once() {
    let one = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let alias = id(1, Some("@again"));
    let keys = with(
        &one,
        &["keys", &alias],
        Some(chains::key(1, Some("@again")).to_json()),
    );
    let ids = [id(1, None), alias.clone()].map(Json::from).to_vec();
    let ids = [ids, vec![id(2, None).into(), id(3, None).into()]].concat();
    let one = with(&keys, &["roles", "root", "keyids"], Some(Json::Array(ids)));
    let twice = named(vec![file(&one, &[(id(1, None), 1), (alias.clone(), 1)])]);
    for mode in [Mode::Strict, Mode::Historic] {
        let report = judge(&twice, mode);
        assert_eq!(report.verdict(), Verdict::Refused);
        assert!(codes(&report, 1).contains(&"KEY_ALIAS") && codes(&report, 1).contains(&"THRESHOLD"));
    }
    check_sin(
        "KEY_ALIAS",
        &named(vec![file(&one, &[(alias, 1), (id(2, None), 2)])]),
        1,
    );
}

#[test]
fn each_sin_of_a_folder_has_its_code() {
    let all = four_changes();
    let without = |name: &str| {
        let mut files = all.clone();
        files.remove(name).unwrap();
        files
    };
    let beside = |name: &str, bytes: &[u8]| {
        let mut files = all.clone();
        files.insert(name.to_owned(), bytes.to_vec());
        files
    };
    let fork = file(&signed(3, "2029-01-01T00:00:00Z", 2, &[1, 2, 3]), &by(&[1]));
    let mut large = all["5.root.json"].clone();
    large.resize(512_001, b' ');
    for (code, files, version) in [
        ("NO_TRUSTED_ROOT", without("1.root.json"), 0),
        ("NO_TRUSTED_ROOT", Files::new(), 0),
        ("ROOT_GAP", without("3.root.json"), 0),
        ("STRANGER", beside("03.root.json", &all["3.root.json"]), 0),
        ("STRANGER", beside("+3.root.json", b""), 0),
        ("STRANGER", beside("0.root.json", b""), 0),
        ("STRANGER", beside("root.json", &all["5.root.json"]), 0),
        ("FORK", beside("root.json", &fork), 0),
        ("FORK", beside("03.root.json", &fork), 0),
        ("OTHER_VERSION", beside("6.root.json", &all["5.root.json"]), 6),
        ("TOO_LARGE", beside("5.root.json", &large), 5),
    ] {
        check_sin(code, &files, version);
    }
    // A copy of the last root under its usual name is no fork.
    let copy = judge(&beside("root.json", &all["5.root.json"]), Mode::Strict);
    assert_eq!(copy.verdict(), Verdict::Good);
    // Trust may start later, where a client was shipped with a later root.
    let options = Options {
        mode: Mode::Strict,
        at: at(NOW),
        from: 3,
    };
    let late = chain::verify(&all, &options);
    assert_eq!((late.verdict(), late.steps.len()), (Verdict::Good, 3));
    assert_eq!(codes(&late, 0), ["BEFORE_FROM"]);
}

#[test]
fn more_rotations_than_a_client_follows() {
    let roots = (1..=258).map(|v| file(&signed(v, "2028-01-01T00:00:00Z", 1, &[1, 2]), &by(&[1, 2])));
    let mut files = named(roots.collect());
    assert!(codes(&judge(&files, Mode::Strict), 0).contains(&"TOO_MANY_ROOTS"));
    files.remove("258.root.json").unwrap();
    assert_eq!(judge(&files, Mode::Strict).verdict(), Verdict::Good);
}

#[test]
fn a_crowd_of_keys_or_signatures_is_refused_before_any_is_verified() {
    let one = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let crowd: Vec<_> = (0..600).map(|_| (id(1, None), 1)).collect();
    check_sin("TOO_MANY_KEYS", &named(vec![file(&one, &crowd)]), 1);
}

/// An accepted chain says what it said before, by the same signers.
fn same_or_refused(changed: &Files, name: &str) {
    // The more forgiving rules first: what they refuse, strict mode refuses (see `check_sin`).
    for (mode, was) in [(Mode::Historic, &TIGHT.1), (Mode::Strict, &TIGHT.2)] {
        let is = judge(changed, mode);
        if is.verdict() == Verdict::Refused {
            return;
        }
        for (was, is) in was.steps.iter().zip(&is.steps) {
            assert_eq!(was.says, is.says, "{name}");
            assert_eq!(was.signers, is.signers, "{name}");
        }
    }
    assert!(check_repository(changed, at(NOW)).is_ok());
    // Only the outer layout may differ: strict JSON reads the same.
    let json = |files: &Files| Json::parse(&files[name]).unwrap();
    assert_eq!(json(&TIGHT.0), json(changed), "{name}");
}

static TIGHT: std::sync::LazyLock<(Files, Report, Report)> = std::sync::LazyLock::new(|| {
    let files = tight();
    let (historic, strict) = (judge(&files, Mode::Historic), judge(&files, Mode::Strict));
    assert_eq!(strict.verdict(), Verdict::Good);
    (files, historic, strict)
});

/// Two roots with exactly the signatures that they need.
fn tight() -> Files {
    let one = signed(1, "2028-01-01T00:00:00Z", 2, &[1, 2, 3]);
    let two = signed(2, "2028-01-01T00:00:00Z", 2, &[2, 3, 6]);
    named(vec![file(&one, &by(&[1, 2])), file(&two, &by(&[2, 3]))])
}

#[test]
fn no_low_bit_of_a_signed_root_can_be_flipped() {
    // Every eighth byte: each is a judgement of two roots.
    for (name, bytes) in &TIGHT.0 {
        for i in (0..bytes.len()).step_by(8) {
            let mut changed = TIGHT.0.clone();
            changed.get_mut(name).unwrap()[i] ^= 1;
            same_or_refused(&changed, name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn no_byte_of_a_signed_root_can_be_changed(
        which in 1..=2_usize,
        at in any::<prop::sample::Index>(),
        xor in 1..=255_u8,
    ) {
        let name = format!("{which}.root.json");
        let mut changed = TIGHT.0.clone();
        let bytes = changed.get_mut(&name).unwrap();
        let i = at.index(bytes.len());
        bytes[i] ^= xor;
        same_or_refused(&changed, &name);
    }
}

#[test]
fn the_page_has_every_code() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tuf.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (code, weight, text) in CODES {
        let row = format!("| `{code}` | {} | {text} |", weight.as_str());
        assert!(page.contains(&row), "{row}");
    }
}
