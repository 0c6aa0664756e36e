//! What a ceremony waits for in software: canonical bytes of a root and of
//! targets with 10,000 files, signing and verifying.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ed25519_dalek::Signer as _;
use tuf_ceremony::base::{Algorithm, Digest, Instant, Json, PublicKey};
use tuf_ceremony::tuf::{Metadata, RoleName, RootInputs, canonical, compose, review};

fn root() -> compose::Draft {
    let keys = |seeds: std::ops::Range<u8>| -> Vec<PublicKey> {
        seeds
            .map(|s| ed25519_dalek::SigningKey::from_bytes(&[s; 32]).verifying_key())
            .filter_map(|k| PublicKey::from_raw(Algorithm::Ed25519, k.as_bytes()).ok())
            .collect()
    };
    let inputs = RootInputs {
        version: 1,
        expires: instant("2028-01-01T00:00:00Z"),
        roles: BTreeMap::from([
            (RoleName::Root, (3, keys(1..6))),
            (RoleName::Targets, (3, keys(6..11))),
            (RoleName::Snapshot, (1, keys(11..12))),
            (RoleName::Timestamp, (1, keys(11..12))),
        ]),
    };
    compose::root(&inputs, instant("2027-01-01T00:00:00Z")).expect("a root")
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

fn targets() -> Json {
    let expires = instant("2028-01-01T00:00:00Z");
    let draft = compose::targets(1, expires, instant("2027-01-01T00:00:00Z")).expect("targets");
    let file = |i: u32| {
        let hashes = Json::object([("sha256", Digest::of(&i.to_be_bytes()).hex().into())]);
        let file = Json::object([("length", Json::Int(i.into())), ("hashes", hashes)]);
        (format!("packages/project-{i}/file-{i}.tar.gz"), file)
    };
    let mut signed = draft.signed.as_object().cloned().unwrap_or_default();
    signed.insert(
        "targets".to_owned(),
        Json::Object((0..10_000).map(file).collect()),
    );
    Json::Object(signed)
}

fn bench(c: &mut Criterion) {
    let (root, targets) = (root(), targets());
    let file = root.assemble(&[]);
    c.bench_function("canonical/root", |b| {
        b.iter(|| canonical(black_box(&root.signed)))
    });
    c.bench_function("canonical/targets-10000", |b| {
        b.iter(|| canonical(black_box(&targets)))
    });
    c.bench_function("parse/root", |b| b.iter(|| Metadata::parse(black_box(&file))));
    c.bench_function("review/root", |b| {
        b.iter(|| review(black_box(&root.signed), None))
    });

    let message = &root.canonical[..];
    let ed = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let ed_sig = ed.sign(message).to_bytes();
    let ed_public =
        PublicKey::from_raw(Algorithm::Ed25519, ed.verifying_key().as_bytes()).expect("a public key");
    c.bench_function("sign/ed25519", |b| b.iter(|| ed.sign(black_box(message))));
    c.bench_function("verify/ed25519", |b| {
        b.iter(|| ed_public.verifies(black_box(message), &ed_sig))
    });

    let ec = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a scalar");
    let sign = |m: &[u8]| -> p256::ecdsa::Signature { ec.sign(m) };
    let ec_sig = sign(message).to_der();
    let point = ec.verifying_key().to_encoded_point(false);
    let ec_public = PublicKey::from_raw(Algorithm::EcdsaP256, point.as_bytes()).expect("a public key");
    assert!(ec_public.verifies(message, ec_sig.as_bytes()));
    c.bench_function("sign/p256", |b| b.iter(|| sign(black_box(message))));
    c.bench_function("verify/p256", |b| {
        b.iter(|| ec_public.verifies(black_box(message), ec_sig.as_bytes()))
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
