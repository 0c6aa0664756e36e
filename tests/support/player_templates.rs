//! The succession templates with keys that somebody has: their chain is signed anew by
//! keys that follow from the names in the script, and every digest and keyid in the
//! script that changes with it is replaced. Nothing else of the template changes.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::collections::BTreeMap;

use tuf_ceremony::base::device::KeyFound;
use tuf_ceremony::base::{Algorithm, Digest, Id, Json, veteran};
use tuf_ceremony::tuf::{Key, canonical};

use super::devices::{Pair, attributes};
use crate::scripts;

/// When the newest root and the targets end, for the frames' clock: weeks after it.
const ROOT_ENDS: &str = "2032-03-01T00:00:00Z";
const TARGETS_END: &str = "2031-06-02T00:00:00Z";

/// The key of this name: made up, and the same each time.
pub fn pair(name: &str) -> Pair {
    let algorithm = if name == "online" {
        Algorithm::Ed25519
    } else {
        Algorithm::EcdsaP256
    };
    Pair::new(algorithm, &Digest::of(format!("storyboard {name}").as_bytes()))
}

/// The key as its token lists it.
pub fn found(name: &str) -> (KeyFound, Pair) {
    let pair = pair(name);
    let id = Id::parse(name).unwrap();
    let operation = veteran::operation(&id);
    let found = KeyFound {
        label: operation.label(&id),
        id: operation.hex(),
        public: Some(pair.public()),
        attributes: attributes(),
    };
    (found, pair)
}

/// A copy of the templates' folder in which the chain is by such keys.
pub fn copy() -> tempfile::TempDir {
    let from = scripts::root().join("ceremony-scripts/templates");
    let to = tempfile::tempdir().unwrap();
    std::fs::create_dir(to.path().join("chain")).unwrap();
    for entry in std::fs::read_dir(&from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
        }
    }
    // The rotation names every key of the newest root.
    let names = names(&std::fs::read_to_string(from.join("root-rotation.toml")).unwrap());
    let mut changed: BTreeMap<String, String> = names
        .iter()
        .map(|(old, name)| (old.clone(), Key::of(&pair(name).public()).keyid().to_string()))
        .collect();
    for (file, signers) in [
        ("1.root.json", &["root-a", "root-b"][..]),
        ("2.root.json", &["root-a", "root-b", "root-c"]),
        ("1.targets.json", &["targets-a", "targets-b"]),
    ] {
        let old = std::fs::read(from.join("chain").join(file)).unwrap();
        let new = signed_anew(&old, &names, signers);
        changed.insert(Digest::of(&old).hex(), Digest::of(&new).hex());
        std::fs::write(to.path().join("chain").join(file), new).unwrap();
    }
    for name in [
        "root-rotation.toml",
        "root-online-key.toml",
        "targets-change.toml",
    ] {
        let path = to.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let text = changed
            .iter()
            .fold(text, |text, (old, new)| text.replace(old, new));
        std::fs::write(&path, text).unwrap();
    }
    to
}

/// Keyids of the trusted root, and the names that the script gives them.
fn names(script: &str) -> BTreeMap<String, String> {
    let quoted = |line: &str| line.split('"').nth(1).unwrap().to_owned();
    let lines: Vec<&str> = script.lines().collect();
    let pairs = lines.windows(2).filter(|two| two[1].starts_with("trusted = "));
    pairs.map(|two| (quoted(two[1]), quoted(two[0]))).collect()
}

fn signed_anew(bytes: &[u8], names: &BTreeMap<String, String>, signers: &[&str]) -> Vec<u8> {
    let signed = Json::parse(bytes).unwrap().get("signed").unwrap().clone();
    let signed = renamed(signed, names);
    let payload = canonical(&signed);
    let signatures = signers.iter().map(|name| {
        let pair = pair(name);
        let sig: String = pair.sign(&payload).iter().map(|b| format!("{b:02x}")).collect();
        let keyid = Key::of(&pair.public()).keyid().to_string();
        Json::object([("keyid", keyid.as_str().into()), ("sig", sig.as_str().into())])
    });
    let signatures = Json::Array(signatures.collect());
    Json::object([("signed", signed), ("signatures", signatures)])
        .indented()
        .into_bytes()
}

/// Keys under their new keyids, and dates at which the newest file is current.
fn renamed(json: Json, names: &BTreeMap<String, String>) -> Json {
    match json {
        Json::Object(map) => {
            let version = map.get("version").and_then(Json::as_int);
            let root = map.contains_key("roles");
            let ends = if root { ROOT_ENDS } else { TARGETS_END };
            let each = map.into_iter().map(|(name, value)| {
                if let Some(of) = names.get(&name) {
                    let key = Key::of(&pair(of).public());
                    (key.keyid().to_string(), key.to_json())
                } else if name == "expires" && !(root && version == Some(1)) {
                    (name, ends.into())
                } else {
                    (name, renamed(value, names))
                }
            });
            Json::Object(each.collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(|item| renamed(item, names)).collect()),
        Json::Str(text) => match names.get(&text) {
            Some(of) => Key::of(&pair(of).public()).keyid().to_string().as_str().into(),
            None => Json::Str(text),
        },
        other => other,
    }
}
