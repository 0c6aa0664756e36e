//! A folder in which `tuf edit` is called: a root, targets metadata, two keys.
#![allow(dead_code)]

use std::process::Command;

use crate::chains;
use crate::kit::{self, public, with};
use crate::program::{BINARY, Ran, ran};
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::compose;

pub const AT: &str = "2027-01-01T00:00:00Z";
pub const LATER: &str = "2027-06-01T00:00:00Z";

/// A folder in which the program is called, with its files.
pub struct Desk(pub tempfile::TempDir);

impl Desk {
    /// 1.root.json (2 of 3: seeds 1 to 3), 1.targets.json, keys of the seeds 6 and 7.
    pub fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        desk.put("1.root.json", &chains::file(&first(), &chains::by(&[1, 2])));
        let mut targets = compose::targets(1, kit::later(), kit::now()).unwrap().signed;
        let there = r#"{"custom":{"y":[1]},"hashes":{"sha256":"HASH"},"length":3,"x-note":"kept"}"#;
        let there = Json::parse(there.replace("HASH", &"ab".repeat(32)).as_bytes()).unwrap();
        targets = with(&targets, &["targets"], Some(Json::object([("old.txt", there)])));
        desk.put("1.targets.json", &kit::envelope(&targets, &[4]));
        for seed in [6, 7] {
            desk.put(&format!("{seed}.pem"), public(seed).to_pem().as_bytes());
        }
        desk
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    pub fn json(&self, name: &str) -> Json {
        Json::parse(&std::fs::read(self.0.path().join(name)).unwrap()).unwrap()
    }

    pub fn signed(&self, name: &str) -> Json {
        self.json(name).get("signed").unwrap().clone()
    }

    pub fn call(&self, words: &[&str]) -> Ran {
        ran(Command::new(&*BINARY)
            .current_dir(self.0.path())
            .arg("tuf")
            .args(words))
    }

    /// `tuf edit FILE OPERATIONS --out draft.json --at AT`.
    pub fn edit(&self, file: &str, words: &[&str]) -> Ran {
        let rest = [&["edit", file], words, &["--out", "draft.json", "--at", AT]].concat();
        self.call(&rest)
    }

    pub fn exists(&self) -> bool {
        self.0.path().join("draft.json").exists()
    }
}

/// The first root, with fields that the specification does not know.
pub fn first() -> Json {
    let signed = chains::signed(1, LATER, 2, &[1, 2, 3]);
    let signed = with(
        &signed,
        &["x-house"],
        Some(Json::parse(br#"{"b":[1,null],"a":"z"}"#).unwrap()),
    );
    with(&signed, &["roles", "root", "x-period"], Some(Json::Int(46)))
}

pub fn id(seed: u8) -> String {
    chains::id(seed, None)
}

pub fn short(seed: u8) -> String {
    id(seed)[..8].to_owned()
}

pub fn keyids(signed: &Json, role: &str) -> Vec<String> {
    let role = signed.get("roles").unwrap().get(role).unwrap();
    let ids = role.get("keyids").unwrap().as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

pub fn threshold(signed: &Json, role: &str) -> i64 {
    let role = signed.get("roles").unwrap().get(role).unwrap();
    role.get("threshold").unwrap().as_int().unwrap()
}
