//! A rotation's script, written from the bundle of the ceremony before it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use tuf_ceremony::base::{Algorithm, Digest, Instant, Json, PublicKey};
use tuf_ceremony::tuf::successor::{self, SuccessorInputs};
use tuf_ceremony::tuf::{Key, KeyId, Metadata, RoleName, Root, Signed};

/// Answers of people; devices follow.
pub const ANSWERS: &str = r#"schema = 1

[people]
officer = ["Olga", "Otto", "Oona"]

[confirm]
begin     = true
clock     = "machine"
review    = true
words     = "simulated"
device    = true
export    = true
close     = true
recover   = true
"#;

/// Everything that a rotation reads, and what a test may change in it.
pub struct Rotation {
    /// The record of the ceremony before.
    pub record: Vec<u8>,
    /// The trusted root.
    pub root: Vec<u8>,
    /// The published targets file.
    pub targets: Vec<u8>,
    /// Names of the trusted root's keys, with their keyids.
    pub keys: Vec<(String, KeyId)>,
    /// The script's text.
    pub text: String,
}

impl Rotation {
    /// Root 2 for a bundle with root 1: keys A and B are found on tokens A and
    /// B, D is made on a new token, C goes; A, B and D sign.
    pub fn of(bundle: &Path, backend: &str) -> Rotation {
        let on = |key: &str| match key {
            "root-a" => "token-a",
            _ => "token-b",
        };
        Rotation::with(bundle, backend, &["token-a", "token-b"], on)
    }

    pub fn with(
        bundle: &Path,
        backend: &str,
        tokens: &[&str],
        on: impl Fn(&str) -> &'static str,
    ) -> Rotation {
        let read = |name: &str| std::fs::read(bundle.join(name)).unwrap();
        let record = read("ceremony.jsonl");
        let (root, targets) = (read("metadata/1.root.json"), read("metadata/1.targets.json"));
        let Signed::Root(model) = Metadata::parse(&root).unwrap().signed else {
            panic!("a root")
        };
        let mut keys = Vec::new();
        for entry in std::fs::read_dir(bundle.join("keys")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let name = name.strip_suffix(".pub.pem").unwrap().to_owned();
            let public = PublicKey::from_pem(&std::fs::read_to_string(&path).unwrap()).unwrap();
            keys.push((name, keyid(&model, &public)));
        }
        keys.sort();
        let mut rotation = Rotation {
            record,
            root,
            targets,
            keys,
            text: String::new(),
        };
        rotation.text = rotation.script(&model, backend, tokens, on);
        rotation
    }

    /// A root 1 that lists the bundle's key B as another tool once spelled it, and
    /// a root 2 that spells it as we do. Two keys of nobody's have signed root 1, so
    /// that A and B, on their tokens, are what root 2 needs.
    pub fn re_key(bundle: &Path, backend: &str) -> Rotation {
        let mut rotation = Rotation::of(bundle, backend);
        let Signed::Root(model) = Metadata::parse(&rotation.root).unwrap().signed else {
            panic!("a root")
        };
        let mine: Vec<SigningKey> = [1, 2].map(|n| SigningKey::from_bytes(&[n; 32])).into();
        let mut listed: Vec<Key> = Vec::new();
        for name in ["root-a", "root-b"] {
            let (_, id) = rotation.keys.iter().find(|(n, _)| n == name).unwrap();
            let mut key = model.keys[id].clone();
            if name == "root-b" {
                key.unrecognized.insert("x-owner".to_owned(), "@olga".into());
            }
            listed.push(key);
        }
        for key in &mine {
            let raw = key.verifying_key().to_bytes();
            listed.push(Key::of(&PublicKey::from_raw(Algorithm::Ed25519, &raw).unwrap()));
        }
        let names = ["root-a", "root-b", "mine-1", "mine-2"];
        rotation.keys.retain(|(name, _)| !name.starts_with("root-"));
        for (name, key) in names.iter().zip(&listed) {
            rotation.keys.push(((*name).to_owned(), key.keyid()));
        }
        let roles: BTreeMap<RoleName, (u64, Vec<Key>)> = model
            .roles
            .iter()
            .map(|(role, of)| match role {
                RoleName::Root => (*role, (2, listed.clone())),
                _ => {
                    let keys = of.keyids.iter().map(|id| model.keys[id].clone()).collect();
                    (*role, (of.threshold, keys))
                }
            })
            .collect();
        let mut zero = model.clone();
        zero.common.version = 0;
        let inputs = SuccessorInputs {
            version: 1,
            expires: model.common.expires,
            roles,
        };
        let now = Instant::parse("2026-01-01T00:00:00Z").unwrap();
        let draft = successor::root(&zero, &inputs, now).unwrap();
        let signatures: Vec<(KeyId, Vec<u8>)> = mine
            .iter()
            .zip(&listed[2..])
            .map(|(private, key)| (key.keyid(), private.sign(&draft.canonical).to_vec()))
            .collect();
        rotation.root = draft.assemble(&signatures);
        let Signed::Root(root) = Metadata::parse(&rotation.root).unwrap().signed else {
            panic!("a root")
        };
        let on = |key: &str| match key {
            "root-a" => "token-a",
            _ => "token-b",
        };
        let text = rotation.script(&root, backend, &["token-a", "token-b"], on);
        let (head, steps) = text.split_once("\n[[act.step]]\n").unwrap();
        let changes = head.find("\n[[change]]").unwrap();
        let end = head.find("\n[[result]]").unwrap();
        let re_key = "\n[[change]]\ndo = \"re-key\"\nrole = \"root\"\nkey = \"root-b\"\n";
        let mut text = format!("{}{re_key}{}", &head[..changes], &head[end..]);
        let token = text.find("\n[[token]]\nid = \"token-d\"").unwrap();
        let after = token + text[token..].find("\n[[key]]").unwrap();
        text.replace_range(token..after, "");
        text = text.replace(
            "\"root-a\", \"root-b\", \"root-d\"",
            "\"root-a\", \"root-b\", \"mine-1\", \"mine-2\"",
        );
        for step in steps.split("\n[[act.step]]\n").filter(|s| !s.contains("token-d")) {
            text += &format!("\n[[act.step]]\n{step}");
        }
        rotation.text = text;
        rotation
    }

    fn script(
        &self,
        model: &Root,
        backend: &str,
        tokens: &[&str],
        on: impl Fn(&str) -> &'static str,
    ) -> String {
        let mut text = r#"schema = 1
kind = "rehearsal"
profile = "hardware-default"
organisation = "example"
site = "training-room"
ceremony = "root-2"
title = "Root 2: key D comes, key C goes"

[trust]
root = { file = "chain/1.root.json", sha256 = "@root" }
first = 1
targets = { file = "chain/1.targets.json", sha256 = "@targets" }
record = { file = "first/ceremony.jsonl", sha256 = "@record" }

[[source]]
id = "second"
kind = "simulated"

[[role]]
id = "officer"
seats = 3
quorum = 2
"#
        .to_owned();
        for token in tokens.iter().chain(&["token-d"]) {
            let backend = if *token == "token-d" && !backend.starts_with("pkcs11") {
                "embedded"
            } else {
                backend
            };
            let serial = match backend {
                "embedded" => "NEW-1".to_owned(),
                _ if *token == "token-d" => "at-inventory".to_owned(),
                _ => serial_of(&self.record, token),
            };
            text +=
                &format!("\n[[token]]\nid = \"{token}\"\nbackend = \"{backend}\"\nserial = \"{serial}\"\n");
        }
        for (name, keyid) in &self.keys {
            text += &format!("\n[[key]]\nid = \"{name}\"\ntrusted = \"{keyid}\"\n");
        }
        text += "\n[[change]]\ndo = \"revoke-key\"\nrole = \"root\"\nkey = \"root-c\"\nreason = \"lost\"\n";
        text += "\n[[change]]\ndo = \"add-key\"\nrole = \"root\"\nkey = \"root-d\"\n";
        text += "\n[[result]]\nmetadata = \"root\"\nmade = \"here\"\nversion = 2\nthreshold = 2\nkeys = [\"root-a\", \"root-b\", \"root-d\"]\nexpires_in_days = 365\n";
        for (role, of) in &model.roles {
            if role.as_str() == "root" {
                continue;
            }
            let names: Vec<String> = self
                .keys
                .iter()
                .filter(|(_, id)| of.keyids.contains(id))
                .map(|(name, _)| format!("\"{name}\""))
                .collect();
            text += &format!(
                "\n[[result]]\nmetadata = \"{}\"\nmade = \"elsewhere\"\nthreshold = {}\nkeys = [{}]\n",
                role.as_str(),
                of.threshold,
                names.join(", ")
            );
        }
        text += "\n[[act]]\nid = \"all\"\ntitle = \"All of it\"\n";
        let step = |verb: &str, token: &str| format!("do = \"{verb}\"\non = \"{token}\"");
        let mut steps = vec!["do = \"roll-call\"".to_owned(), "do = \"clock\"".to_owned()];
        for token in tokens {
            steps.push(step("inventory", token));
        }
        for key in ["root-a", "root-b"] {
            steps.push(format!("{}\nkey = \"{key}\"", step("enrol-key", on(key))));
        }
        steps.push(step("inventory", "token-d"));
        steps.push(step("provision", "token-d") + "\ncredentials = \"typed\"");
        steps.push(
            step("generate-key", "token-d")
                + "\nkey = { name = \"root-d\", algorithm = \"ecdsa-p256\", extractable = false }",
        );
        steps.push(step("prove-possession", "token-d") + "\nkey = \"root-d\"");
        steps.push("do = \"compose\"\nmetadata = \"root\"".to_owned());
        steps.push("do = \"review\"\nmetadata = \"root\"".to_owned());
        steps.push("do = \"read-back\"\nmetadata = \"root\"\nsource = \"second\"".to_owned());
        for key in ["root-a", "root-b", "root-d"] {
            let token = if key == "root-d" { "token-d" } else { on(key) };
            steps.push(format!(
                "{}\nmetadata = \"root\"\nkey = \"{key}\"",
                step("sign", token)
            ));
        }
        if backend == "yubihsm" {
            for token in tokens {
                steps.push(step("device-log", token));
            }
        }
        steps.push("do = \"export\"".to_owned());
        steps.push("do = \"seal\"\nsource = \"second\"".to_owned());
        for (n, step) in steps.iter().enumerate() {
            text += &format!("\n[[act.step]]\nid = \"all.{n}\"\nby = \"officer\"\nminutes = 1\n{step}\n");
        }
        text
    }

    /// Writes the script and its files into a folder; digests as the files have them.
    pub fn write(&self, dir: &Path) -> PathBuf {
        let place = dir.join("rotation");
        let mut text = self.text.clone();
        for (mark, name, bytes) in [
            ("@root", "chain/1.root.json", &self.root),
            ("@targets", "chain/1.targets.json", &self.targets),
            ("@record", "first/ceremony.jsonl", &self.record),
        ] {
            let path = place.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
            text = text.replace(mark, &Digest::of(bytes).hex());
        }
        let path = place.join("rotation.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A folder with what clients see: root 1, root 2, targets.
    pub fn published(&self, bundle: &Path, dir: &Path) -> PathBuf {
        let whole = dir.join("whole");
        let metadata = whole.join("metadata");
        std::fs::create_dir_all(&metadata).unwrap();
        std::fs::write(metadata.join("1.root.json"), &self.root).unwrap();
        std::fs::write(metadata.join("1.targets.json"), &self.targets).unwrap();
        std::fs::copy(bundle.join("metadata/2.root.json"), metadata.join("2.root.json")).unwrap();
        whole
    }
}

fn keyid(root: &Root, public: &PublicKey) -> KeyId {
    let found = root
        .keys
        .iter()
        .find(|(_, key)| key.to_public().ok().as_ref() == Some(public));
    *found.unwrap().0
}

/// The serial of the device that stood for a token in a record.
pub fn serial_of(record: &[u8], token: &str) -> String {
    let text = String::from_utf8_lossy(record);
    for line in text.lines() {
        let json = Json::parse(line.as_bytes()).unwrap();
        let at = ["body", "effect", "what", "generate"];
        let order = at
            .iter()
            .try_fold(&json, |json, name| json.as_object()?.get(*name))
            .and_then(Json::as_object);
        if let Some(order) = order
            && order["token"].as_str() == Some(token)
        {
            return order["serial"].as_str().unwrap().to_owned();
        }
    }
    panic!("{token}")
}

/// The operation id, in base32, under which a record made a key.
pub fn made(record: &[u8], key: &str) -> String {
    let text = String::from_utf8_lossy(record);
    let mark = format!("\"name\":\"{key}\",\"operation\":\"");
    let at = text.find(&mark).unwrap() + mark.len();
    text[at..at + 26].to_owned()
}

/// A folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &name);
        } else {
            std::fs::copy(&path, &name).unwrap();
        }
    }
}

/// `check` refuses the rotation, and says this.
pub fn refused(rotation: &Rotation, says: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = rotation.write(dir.path());
    let got = crate::program::run(&["check", path.to_str().unwrap()]);
    let all = format!("{}{}", got.out, got.err);
    assert_ne!(got.code, 0, "{says}: {all}");
    assert!(all.contains(says), "{says}: {all}");
}
