//! Self-made chains of roots: rotation of all keys, threshold, refresh, re-key.
#![allow(dead_code)]

use std::collections::BTreeMap;

use ed25519_dalek::Signer as _;
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::{Key, RoleName, RootInputs, canonical, compose};

use crate::kit::{Files, at, now, public, secret, with};

/// A signature: under which id, by which seed's key.
pub type By = (String, u8);

/// The key object of a seed, with an owner if it has one.
pub fn key(seed: u8, owner: Option<&str>) -> Key {
    let mut key = Key::of(&public(seed));
    if let Some(owner) = owner {
        key.unrecognized
            .insert("x-tuf-on-ci-keyowner".to_owned(), owner.into());
    }
    key
}

pub fn id(seed: u8, owner: Option<&str>) -> String {
    key(seed, owner).keyid().to_string()
}

pub fn by(seeds: &[u8]) -> Vec<By> {
    seeds.iter().map(|s| (id(*s, None), *s)).collect()
}

/// A `signed` part: root by `seeds`, targets by 4, snapshot and timestamp by 5.
pub fn signed(version: u64, expires: &str, threshold: u64, seeds: &[u8]) -> Json {
    let keys = |seeds: &[u8]| seeds.iter().map(|s| public(*s)).collect::<Vec<_>>();
    let inputs = RootInputs {
        version,
        expires: at(expires),
        roles: [
            (RoleName::Root, (threshold, keys(seeds))),
            (RoleName::Targets, (1, keys(&[4]))),
            (RoleName::Snapshot, (1, keys(&[5]))),
            (RoleName::Timestamp, (1, keys(&[5]))),
        ]
        .into(),
    };
    compose::root(&inputs, now()).unwrap().signed
}

/// The same with every root key under a new id, because it got an owner.
pub fn rekeyed(signed: &Json, seeds: &[u8], owner: &str) -> Json {
    let mut keys = signed.get("keys").unwrap().as_object().unwrap().clone();
    let mut ids = Vec::new();
    for seed in seeds {
        keys.remove(&id(*seed, None)).unwrap();
        keys.insert(id(*seed, Some(owner)), key(*seed, Some(owner)).to_json());
        ids.push(Json::from(id(*seed, Some(owner))));
    }
    let signed = with(signed, &["keys"], Some(Json::Object(keys)));
    with(&signed, &["roles", "root", "keyids"], Some(Json::Array(ids)))
}

pub fn file(signed: &Json, by: &[By]) -> Vec<u8> {
    let bytes = canonical(signed);
    let signatures = by
        .iter()
        .map(|(id, seed)| {
            let sig = data_encoding::HEXLOWER.encode(&secret(*seed).sign(&bytes).to_bytes());
            Json::object([("keyid", id.as_str().into()), ("sig", sig.into())])
        })
        .collect();
    let envelope = [
        ("signatures", Json::Array(signatures)),
        ("signed", signed.clone()),
    ];
    Json::object(envelope).indented().into_bytes()
}

pub fn named(files: Vec<Vec<u8>>) -> Files {
    let mut out = BTreeMap::new();
    for (i, bytes) in files.into_iter().enumerate() {
        out.insert(format!("{}.root.json", i + 1), bytes);
    }
    out
}

pub const OWNER: &str = "@alice";

/// 1 first; 2 all root keys replaced at once; 3 threshold 2 -> 3; 4 refresh;
/// 5 the same public keys under new ids, each signature under both.
pub fn four_changes() -> Files {
    let one = signed(1, "2027-06-01T00:00:00Z", 2, &[1, 2, 3]);
    let two = signed(2, "2027-06-01T00:00:00Z", 2, &[11, 12, 13]);
    let three = signed(3, "2027-06-01T00:00:00Z", 3, &[11, 12, 13]);
    let four = signed(4, "2027-12-01T00:00:00Z", 3, &[11, 12, 13]);
    let five = rekeyed(
        &signed(5, "2027-12-01T00:00:00Z", 3, &[11, 12, 13]),
        &[11, 12, 13],
        OWNER,
    );
    let both: Vec<By> = [11, 12, 13]
        .into_iter()
        .flat_map(|s| [(id(s, None), s), (id(s, Some(OWNER)), s)])
        .collect();
    named(vec![
        file(&one, &by(&[1, 2, 3])),
        file(&two, &by(&[1, 2, 11, 12])),
        file(&three, &by(&[11, 12, 13])),
        file(&four, &by(&[11, 12, 13])),
        file(&five, &both),
    ])
}
