//! The second version of a delegated role's file: a script over what the shipped
//! rehearsal `targets-delegated` published, with the keys that it made.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::path::Path;

use tuf_ceremony::base::{Digest, PublicKey};
use tuf_ceremony::tuf::Key;

/// Keys of the rehearsal chain, by name and keyid.
const VETERANS: [(&str, &str); 6] = [
    (
        "root-a",
        "fac1b75548016e70c2c772fcfa96357b8e6a3b83cccde75d855d85ec9ee31816",
    ),
    (
        "root-b",
        "4282bce5d33c88e61fa990bbba8479d9dc2b29e295adfe01826c455e79a6ea23",
    ),
    (
        "root-c",
        "b7d6b284edd40c30871b908084e7d2eb686e03c74a93919e6e1fa223017d8558",
    ),
    (
        "targets-a",
        "590712a57adb12ba3779380eaafd102866eef1c784a59c5b388c651fc51110f3",
    ),
    (
        "targets-b",
        "5451b5247899cbd9d646a8a0ea6a27657e38423c91222a8e14f0c99db796de26",
    ),
    (
        "targets-c",
        "ffe98ababf33cea91d1a75a96f107bf679227a7e060d536bad5d75f28b7c346c",
    ),
];

const TOKENS: [(&str, &str, &str, &[&str]); 4] = [
    ("token-b", "embedded", "VETERAN-4202", &["root-b"]),
    ("token-c", "embedded", "VETERAN-4303", &["root-c"]),
    ("online-file", "file", "ONLINE-2305", &["online-2"]),
    ("team-file", "file", "TEAM-2306", &["projects-a", "projects-b"]),
];

/// Lays the published files of the first ceremony into `dir` and gives the script.
pub fn second(first: &Path, chain: &Path, dir: &Path) -> String {
    std::fs::create_dir_all(dir.join("chain")).unwrap();
    for from in [chain, &first.join("metadata")] {
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, dir.join("chain").join(path.file_name().unwrap())).unwrap();
        }
    }
    std::fs::copy(first.join("ceremony.jsonl"), dir.join("first.jsonl")).unwrap();
    let sha = |file: &str| Digest::of(&std::fs::read(dir.join(file)).unwrap());
    let file = |file: &str| format!("{{ file = \"{file}\", sha256 = \"{}\" }}", sha(file));
    let mut out = format!(
        r#"schema       = 1
kind         = "rehearsal"
profile      = "hardware-default"
organisation = "example"
site         = "training-room"
ceremony     = "projects-2"
title        = "Projects 2, over published files"

[trust]
root      = {}
first     = 1
earlier   = ["{}", "{}"]
targets   = {}
snapshot  = {}
timestamp = {}
delegated = [{}, {}]
record    = {}

[[source]]
id   = "second-machine"
kind = "simulated"
"#,
        file("chain/3.root.json"),
        sha("chain/1.root.json"),
        sha("chain/2.root.json"),
        file("chain/2.targets.json"),
        file("chain/2.snapshot.json"),
        file("chain/timestamp.json"),
        file("chain/1.tools.json"),
        file("chain/1.projects.json"),
        file("first.jsonl"),
    );
    for (role, seats, quorum) in [("administrator", 1, 1), ("officer", 3, 2), ("witness", 1, 1)] {
        let _ = write!(
            out,
            "\n[[role]]\nid = \"{role}\"\nseats = {seats}\nquorum = {quorum}\n"
        );
    }
    for (id, backend, serial, _) in TOKENS {
        let _ = write!(
            out,
            "\n[[token]]\nid = \"{id}\"\nbackend = \"{backend}\"\nserial = \"{serial}\"\n"
        );
    }
    let made = ["online-2", "projects-a", "projects-b"].map(|name| {
        let pem = std::fs::read_to_string(first.join(format!("keys/{name}.pub.pem"))).unwrap();
        let keyid = Key::of(&PublicKey::from_pem(&pem).unwrap()).keyid();
        (name, keyid.to_string())
    });
    let veterans = VETERANS.map(|(name, id)| (name, id.to_owned()));
    for (id, keyid) in veterans.into_iter().chain(made) {
        let _ = write!(out, "\n[[key]]\nid = \"{id}\"\ntrusted = \"{keyid}\"\n");
    }
    out += "\n[[change]]\ndo = \"refresh\"\n";
    let _ = write!(
        out,
        "\n[[target]]\ndo = \"change\"\nrole = \"projects\"\npath = \"projects/site.tar.gz\"\nlength = 81920\n\
         sha256 = \"{}\"\ncustom = {{ channel = \"beta\", build = 13 }}\n",
        Digest::of(b"the second site")
    );
    for (name, made, threshold, keys) in [
        ("root", Some((4, 365)), 2, r#"["root-a", "root-b", "root-c"]"#),
        ("targets", None, 2, r#"["targets-a", "targets-b", "targets-c"]"#),
        ("projects", Some((2, 180)), 2, r#"["projects-a", "projects-b"]"#),
        ("snapshot", Some((3, 30)), 1, r#"["online-2"]"#),
        ("timestamp", Some((3, 7)), 1, r#"["online-2"]"#),
    ] {
        let _ = write!(
            out,
            "\n[[result]]\nmetadata = \"{name}\"\nthreshold = {threshold}\nkeys = {keys}\n"
        );
        out += &match made {
            None => "made = \"elsewhere\"\n".to_owned(),
            Some((v, days)) => format!("made = \"here\"\nversion = {v}\nexpires_in_days = {days}\n"),
        };
    }
    out += "\n[[act]]\nid = \"all\"\ntitle = \"All\"\n";
    let mut number = 0;
    let mut step = |what: &str, by: &str, rest: &str| {
        number += 1;
        format!("\n[[act.step]]\nid = \"s.{number}\"\ndo = \"{what}\"\nby = \"{by}\"\nminutes = 1\n{rest}")
    };
    out += &step("roll-call", "administrator", "");
    out += &step("clock", "witness", "");
    for (token, _, _, keys) in TOKENS {
        out += &step("inventory", "officer", &format!("on = \"{token}\"\n"));
        for key in keys {
            let rest = format!("on = \"{token}\"\nkey = \"{key}\"\n");
            out += &step("enrol-key", "officer", &rest);
        }
    }
    for (file, keys) in [
        ("root", &["root-b", "root-c"][..]),
        ("projects", &["projects-a", "projects-b"]),
        ("snapshot", &["online-2"]),
        ("timestamp", &["online-2"]),
    ] {
        let of = format!("metadata = \"{file}\"\n");
        out += &step("compose", "administrator", &of);
        out += &step("review", "officer", &of);
        out += &step(
            "read-back",
            "witness",
            &format!("{of}source = \"second-machine\"\n"),
        );
        for key in keys {
            let (on, ..) = TOKENS.iter().find(|(.., keys)| keys.contains(key)).unwrap();
            out += &step(
                "sign",
                "officer",
                &format!("{of}on = \"{on}\"\nkey = \"{key}\"\n"),
            );
        }
    }
    out += &step("export", "administrator", "");
    out + &step("seal", "witness", "source = \"second-machine\"\n")
}
