//! One piece of work for each call, as a process of its own, so that
//! `benches/compare.py` can time it and measure its memory beside python-tuf's
//! and tough's:
//!
//! ```text
//! work verify DIR    the client workflow over DIR/metadata, from 1.root.json
//! work bins          compose, check, sign, write and re-read 16,384 hashed bins
//! work bad           bad inputs: the code of each refusal, its time, its memory
//! ```

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
use std::path::Path;

use ed25519_dalek::Signer as _;
use tuf_ceremony::base::{Algorithm, Instant, Json, PublicKey};
use tuf_ceremony::tuf::{Document, Key, Limits, check_repository_within, compose};

#[path = "work/bad.rs"]
mod bad;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|w| w != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["verify", folder] => verify(Path::new(folder)),
        ["bins"] => bins(),
        ["bad"] => bad::all(),
        ["bad", name] => bad::one(name, false),
        ["bad-whole", name] => bad::one(name, true),
        // `cargo bench` calls every bench without a word.
        _ => println!("usage: work verify DIR | bins | bad [NAME]; see benches/compare.py"),
    }
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

fn verify(folder: &Path) {
    let files: BTreeMap<String, Vec<u8>> = std::fs::read_dir(folder.join("metadata"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            (
                entry.file_name().into_string().expect("a name"),
                std::fs::read(entry.path()).expect("a file"),
            )
        })
        .collect();
    let limits = Limits {
        targets: usize::MAX,
        rotations: 1_024,
        ..Limits::default()
    };
    let summary =
        check_repository_within(&files, 1, instant("2027-01-01T00:00:00Z"), &limits).expect("a repository");
    println!(
        "root {}, targets {:?}",
        summary.root.version,
        summary.targets.map(|t| t.version)
    );
    std::mem::forget(files);
}

fn bins() {
    let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let public = PublicKey::from_raw(Algorithm::Ed25519, signer.verifying_key().as_bytes()).expect("a key");
    let key = Key::of(&public);
    let keyid: Json = key.keyid().to_string().into();
    let role = |low: u32| {
        let prefixes = (low..low + 4).map(|p| format!("{p:04x}").into()).collect();
        Json::object([
            ("name", format!("{low:04x}-{:04x}", low + 3).into()),
            ("keyids", Json::Array(vec![keyid.clone()])),
            ("threshold", Json::Int(1)),
            ("terminating", Json::Bool(true)),
            ("path_hash_prefixes", Json::Array(prefixes)),
        ])
    };
    let roles = (0..65_536).step_by(4).map(role).collect();
    let keys = Json::Object(BTreeMap::from([(key.keyid().to_string(), key.to_json())]));
    let signed = Json::object([
        ("_type", "targets".into()),
        ("spec_version", "1.0.31".into()),
        ("version", Json::Int(1)),
        ("expires", "2030-01-01T00:00:00Z".into()),
        ("targets", Json::Object(BTreeMap::new())),
        (
            "delegations",
            Json::object([("keys", keys), ("roles", Json::Array(roles))]),
        ),
    ]);
    let draft = compose::Draft::of(signed).expect("a draft");
    let signature = signer.sign(&draft.canonical).to_bytes().to_vec();
    let file = draft.assemble(&[(key.keyid(), signature.clone())]);
    // R10: what is exported is read again, and its canonical bytes are those that were signed.
    // As the gate does: in place, with the model of all delegations.
    let again = Document::read(&file).expect("our own file");
    let view = again.targets().expect("targets");
    assert!(view.rest.delegations.is_some() && again.signatures.len() == 1);
    assert!(public.verifies(&again.canonical().expect("JSON"), &signature));
    println!("{} bytes", file.len());
}
