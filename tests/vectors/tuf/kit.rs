//! Helpers for the tests of room `tuf`: keys from fixed seeds, a signed
//! repository of version 1, and files whose `signed` part a test may spoil.

#![allow(dead_code)]

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use tuf_ceremony::base::{Algorithm, Instant, Json, PublicKey};
use tuf_ceremony::tuf::{Draft, Key, KeyId, RoleName, RootInputs, canonical, compose};

pub type Files = BTreeMap<String, Vec<u8>>;

pub fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

pub fn now() -> Instant {
    at("2027-01-01T00:00:00Z")
}

pub fn later() -> Instant {
    at("2028-01-01T00:00:00Z")
}

pub fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn public(seed: u8) -> PublicKey {
    let raw = secret(seed).verifying_key().to_bytes();
    PublicKey::from_raw(Algorithm::Ed25519, &raw).unwrap()
}

pub fn keyid(seed: u8) -> KeyId {
    Key::of(&public(seed)).keyid()
}

pub fn sign(draft: &Draft, seeds: &[u8]) -> Vec<u8> {
    let signatures: Vec<_> = seeds
        .iter()
        .map(|s| (keyid(*s), secret(*s).sign(&draft.canonical).to_vec()))
        .collect();
    draft.assemble(&signatures)
}

/// An envelope of any `signed`, however wrong, signed by the seeds' keys.
pub fn envelope(signed: &Json, seeds: &[u8]) -> Vec<u8> {
    let bytes = canonical(signed);
    let signatures = seeds
        .iter()
        .map(|s| {
            let sig = data_encoding::HEXLOWER.encode(&secret(*s).sign(&bytes).to_bytes());
            Json::object([("keyid", keyid(*s).to_string().into()), ("sig", sig.into())])
        })
        .collect();
    Json::object([
        ("signatures", Json::Array(signatures)),
        ("signed", signed.clone()),
    ])
    .indented()
    .into_bytes()
}

/// Root 2 of 3 (seeds 1-3), targets 1 of 1 (4), snapshot and timestamp 1 of 1 (5).
pub fn root_inputs(version: u64) -> RootInputs {
    let keys = |seeds: &[u8]| seeds.iter().map(|s| public(*s)).collect::<Vec<_>>();
    RootInputs {
        version,
        expires: later(),
        roles: [
            (RoleName::Root, (2, keys(&[1, 2, 3]))),
            (RoleName::Targets, (1, keys(&[4]))),
            (RoleName::Snapshot, (1, keys(&[5]))),
            (RoleName::Timestamp, (1, keys(&[5]))),
        ]
        .into(),
    }
}

pub fn root(version: u64) -> Draft {
    compose::root(&root_inputs(version), now()).unwrap()
}

pub fn repository() -> Files {
    let drafts = [
        (root(1), &[1u8, 2][..]),
        (compose::targets(1, later(), now()).unwrap(), &[4]),
        (compose::snapshot(1, later(), 1, now()).unwrap(), &[5]),
        (compose::timestamp(1, later(), 1, now()).unwrap(), &[5]),
    ];
    drafts
        .iter()
        .map(|(draft, seeds)| (draft.file_name(), sign(draft, seeds)))
        .collect()
}

/// `value` with the member at `path` replaced, or removed by `None`.
pub fn with(value: &Json, path: &[&str], new: Option<Json>) -> Json {
    let Json::Object(map) = value else {
        panic!("no object at {path:?}")
    };
    let mut map = map.clone();
    match (path, new) {
        ([last], None) => {
            map.remove(*last);
        }
        ([last], Some(new)) => {
            map.insert((*last).to_owned(), new);
        }
        ([head, tail @ ..], new) => {
            let inner = with(&map[*head], tail, new);
            map.insert((*head).to_owned(), inner);
        }
        ([], _) => panic!("an empty path"),
    }
    Json::Object(map)
}
