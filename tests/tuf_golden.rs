//! Golden vectors of `facts/tuf.md` 2.4, which four client implementations
//! accepted, and sigstore's production roots, where the data is at hand
//! (`TUF_CEREMONY_DATA`, or `../shared/data` beside the worktrees).

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

use std::collections::BTreeMap;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use kit::{at, now, public, repository, root};
use tuf_ceremony::base::{Algorithm, Digest, Json, PublicKey};
use tuf_ceremony::tuf::metadata::Signature;
use tuf_ceremony::tuf::{
    Draft, Key, KeyId, Metadata, RoleName, Signed, canonical, check_repository, compose, file_name, meter,
};

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn minimal_root() -> (PublicKey, Json) {
    let raw = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let public = PublicKey::from_raw(Algorithm::Ed25519, &raw).unwrap();
    let key = Key::of(&public);
    let role = || {
        let keyids = Json::Array(vec![key.keyid().to_string().into()]);
        Json::object([("keyids", keyids), ("threshold", Json::Int(1))])
    };
    let signed = Json::object([
        ("_type", "root".into()),
        ("spec_version", "1.0.0".into()),
        ("version", Json::Int(1)),
        ("expires", "2030-01-01T00:00:00Z".into()),
        ("consistent_snapshot", Json::Bool(true)),
        (
            "keys",
            Json::Object([(key.keyid().to_string(), key.to_json())].into()),
        ),
        (
            "roles",
            Json::object([
                ("root", role()),
                ("targets", role()),
                ("snapshot", role()),
                ("timestamp", role()),
            ]),
        ),
    ]);
    (public, signed)
}

#[test]
fn the_minimal_root_is_the_golden_one() {
    let (public, signed) = minimal_root();
    let bytes = canonical(&signed);
    assert_eq!(bytes.len(), 741);
    let digest = "c06df7ed96200eff070222702cd6963439f40faaf4e194c62f468c700a3d2354";
    assert_eq!(Digest::of(&bytes).hex(), digest);
    let sig = hex(
        "a4134ce3e99767838c9ee44971498e321598b1ecb96ca3ae11a73f7cf6e772f0a03a60d31502f0253a43a32d4aa018d016c8d1f104c51752eb9fe20f2c90600f",
    );
    assert!(public.verifies(&bytes, &sig));

    let draft = Draft::of(signed).unwrap();
    assert_eq!(draft.payload().bytes(), &bytes[..]);
    assert_eq!(draft.payload().digest(), draft.digest);
    let file = draft.assemble(&[(Key::of(&public).keyid(), sig)]);
    assert!(file.starts_with(b"{\n \"signatures\": [\n  {\n   \"keyid\": \"74c1"));
    let files = [("1.root.json".to_owned(), file)].into();
    let summary = check_repository(&files, now()).unwrap();
    assert!(summary.root.meter.complete());
    assert_eq!(summary.not_checked.len(), 3, "{summary:?}");
}

#[test]
fn composing_is_deterministic_and_reads_back() {
    let mut inputs = kit::root_inputs(1);
    inputs.roles.get_mut(&RoleName::Root).unwrap().1.reverse();
    let other = compose::root(&inputs, now()).unwrap();
    assert_eq!(root(1), other, "the order of the keys leaves no trace");
    assert_eq!(root(1).file_name(), "1.root.json");
    assert_eq!(file_name(RoleName::Timestamp, 7), "timestamp.json");
    for bytes in repository().values() {
        let metadata = Metadata::parse(bytes).unwrap();
        assert_eq!(metadata.signed.to_json(), metadata.signed_json);
        assert_eq!(&metadata.bytes[..], &bytes[..]);
    }
    // facts/tuf.md 2.13: one key each for root, targets and online, all 1 of 1.
    let of = |seed| (1, vec![public(seed)]);
    inputs.roles = [
        (RoleName::Root, of(1)),
        (RoleName::Targets, of(2)),
        (RoleName::Snapshot, of(3)),
        (RoleName::Timestamp, of(3)),
    ]
    .into();
    assert_eq!(compose::root(&inputs, now()).unwrap().canonical.len(), 1131);
}

#[test]
fn a_whole_repository_passes() {
    let summary = check_repository(&repository(), now()).unwrap();
    assert_eq!(summary.not_checked, Vec::<String>::new());
    assert_eq!(summary.timestamp.unwrap().version, 1);
    // Two of three sign the next root, and the one after comes from new keys.
    let mut files = repository();
    files.insert("2.root.json".into(), kit::sign(&root(2), &[2, 3]));
    let mut inputs = kit::root_inputs(3);
    inputs
        .roles
        .insert(RoleName::Root, (2, vec![public(6), public(7), public(3)]));
    let third = compose::root(&inputs, now()).unwrap();
    files.insert("3.root.json".into(), kit::sign(&third, &[2, 3, 6]));
    let summary = check_repository(&files, now()).unwrap();
    assert_eq!(summary.root.version, 3);
    assert_eq!(summary.root.meter.missing, vec![kit::keyid(7)]);
    // The online side adds timestamp and snapshot later.
    files.remove("timestamp.json");
    files.remove("1.snapshot.json");
    let summary = check_repository(&files, now()).unwrap();
    assert_eq!(
        summary.not_checked,
        ["snapshot: there is none", "timestamp: there is none"]
    );
}

#[cfg(feature = "ceremony")]
#[test]
fn a_root_of_p256_keys_passes() {
    use p256::ecdsa::signature::Signer as _;
    let secrets: Vec<_> = (1..=4u8)
        .map(|s| p256::ecdsa::SigningKey::from_slice(&[s; 32]).unwrap())
        .collect();
    let publics: Vec<_> = secrets
        .iter()
        .map(|s| s.verifying_key().to_encoded_point(false))
        .map(|p| PublicKey::from_raw(Algorithm::EcdsaP256, p.as_bytes()).unwrap())
        .collect();
    let mut inputs = kit::root_inputs(1);
    inputs.roles.insert(RoleName::Root, (2, publics[..3].to_vec()));
    inputs.roles.insert(RoleName::Targets, (1, publics[3..].to_vec()));
    let draft = compose::root(&inputs, now()).unwrap();
    let signatures: Vec<_> = [0, 2]
        .map(|i| {
            let sig: p256::ecdsa::Signature = secrets[i].sign(&draft.canonical);
            (Key::of(&publics[i]).keyid(), sig.to_der().as_bytes().to_vec())
        })
        .into();
    let files = [(draft.file_name(), draft.assemble(&signatures))].into();
    let summary = check_repository(&files, now()).unwrap();
    assert_eq!(summary.root.meter.missing, [Key::of(&publics[1]).keyid()]);
    let text = serde_json::to_string(&draft).unwrap();
    assert_eq!(serde_json::from_str::<Draft>(&text).unwrap(), draft);
}

fn sigstore() -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os("TUF_CEREMONY_DATA")
        .map(PathBuf::from)
        .into_iter()
        .chain([here.join("../shared/data"), here.join("../../shared/data")])
        .map(|data| data.join("sigstore-root-chain"))
        .find(|dir| dir.is_dir())
}

/// Keys and threshold of the root role, by the ids in the file.
fn lenient(signed: &Json) -> (BTreeMap<KeyId, Key>, Vec<KeyId>, u64) {
    let id = |text: &str| KeyId::parse(text, "").unwrap();
    let keys = signed.get("keys").unwrap().as_object().unwrap();
    let role = signed.get("roles").unwrap().get("root").unwrap();
    let keyids = role.get("keyids").unwrap().as_array().unwrap();
    (
        keys.iter()
            .map(|(k, v)| (id(k), Key::from_json(v, "").unwrap()))
            .collect(),
        keyids.iter().map(|k| id(k.as_str().unwrap())).collect(),
        u64::try_from(role.get("threshold").unwrap().as_int().unwrap()).unwrap(),
    )
}

#[test]
fn sigstores_roots_verify_one_after_the_other() {
    let Some(dir) = sigstore() else {
        println!("SKIPPED: no sigstore-root-chain; set TUF_CEREMONY_DATA");
        return;
    };
    let mut verdicts = Vec::new();
    let mut old: Option<Json> = None;
    for version in 5..=15 {
        let bytes = std::fs::read(dir.join(format!("{version}.root.json"))).unwrap();
        let file = Json::parse(&bytes).unwrap();
        let signed = file.get("signed").unwrap().clone();
        let message = canonical(&signed);
        let signatures: Vec<_> = file
            .get("signatures")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|s| Signature {
                keyid: KeyId::parse(s.get("keyid").unwrap().as_str().unwrap(), "").unwrap(),
                sig: hex(s.get("sig").unwrap().as_str().unwrap()),
            })
            .collect();
        for judge in [Some(&signed), old.as_ref()].into_iter().flatten() {
            let (keys, keyids, threshold) = lenient(judge);
            let meter = meter(&keys, &keyids, threshold, &message, &signatures);
            assert!(meter.complete(), "{version}: {meter:?}");
        }
        verdicts.push((version, Metadata::parse(&bytes).map(|m| m.signed)));
        old = Some(signed);
    }
    let refused: Vec<_> = verdicts
        .iter()
        .filter_map(|(v, r)| r.as_ref().err().map(|e| (*v, e.code())))
        .collect();
    // root-signing #1431: version 11 changed an online URI under the old keyid.
    assert_eq!(refused, [(11, "KEYID_MISMATCH")]);
    let Ok(Signed::Root(last)) = &verdicts.last().unwrap().1 else {
        panic!()
    };
    assert_eq!(last.common.expires, at("2026-11-20T13:58:18Z"));
}
