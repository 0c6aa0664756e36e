//! A production script never trusts a rehearsal's key: refused by name in every
//! role, through the shipped program; the rehearsal takes it, and production
//! without one passes.
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

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::path::Path;

use program::{Ran, root, run, script};
use tuf_ceremony::base::{Digest, veteran};
use tuf_ceremony::tuf::{Metadata, RoleName, Signed};

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &to);
        } else {
            std::fs::copy(&path, to).unwrap();
        }
    }
}

/// Checks a shipped script after edits, in a copy of its folder.
fn check(folder: &str, name: &str, edit: impl Fn(&Path, String) -> String) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    copied(&root().join("ceremony-scripts").join(folder), dir.path());
    let path = dir.path().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let edited = edit(dir.path(), text);
    std::fs::write(&path, edited).unwrap();
    run(&["check", path.to_str().unwrap()])
}

/// The lines about well-known keys.
fn named(ran: &Ran) -> Vec<&str> {
    let lines = ran.err.lines();
    lines.filter(|l| l.contains("error[trust-veteran]")).collect()
}

#[test]
fn every_key_of_the_rehearsals_chain_is_known() {
    let mut known = BTreeSet::new();
    for name in ["1.root.json", "2.root.json"] {
        let bytes = std::fs::read(script("chain").join(name)).unwrap();
        let Signed::Root(root) = Metadata::parse(&bytes).unwrap().signed else {
            panic!("a root");
        };
        for role in RoleName::ALL {
            for id in &root.roles[&role].keyids {
                let print = root.keys[id].to_public().unwrap().fingerprint();
                known.insert(veteran::known(&print).expect("a key of the rehearsals"));
            }
        }
    }
    assert_eq!(known.len(), 7, "{known:?}");
    assert_eq!(veteran::known(&Digest::of(b"another key")), None);
}

#[test]
fn a_rehearsal_takes_a_veteran_and_production_refuses_each_by_name() {
    let path = script("root-refresh.toml");
    let rehearsal = run(&["check", path.to_str().unwrap()]);
    assert_eq!(rehearsal.code, 0, "{rehearsal:?}");
    let production = check("rehearsal", "root-refresh.toml", |_, text| {
        let edited = text.replace("\"rehearsal\"", "\"production\"\npredecessor = \"genesis\"");
        assert!(edited != text);
        edited
    });
    assert_eq!(production.code, 2, "{production:?}");
    let lines = named(&production);
    assert_eq!(lines.len(), 7, "each key once: {production:?}");
    for (holder, key, role) in [
        ("VETERAN-4101", "root-a", "root"),
        ("VETERAN-4202", "root-b", "root"),
        ("VETERAN-4303", "root-c", "root"),
        ("the rehearsals", "online", "snapshot"),
        ("VETERAN-4101", "targets-a", "targets"),
        ("VETERAN-4202", "targets-b", "targets"),
        ("VETERAN-4303", "targets-c", "targets"),
    ] {
        let name = format!("the rehearsals' key {key} ({holder})");
        let line = lines.iter().find(|l| l.contains(&name)).expect(&name);
        for place in [
            format!("{role} in chain/1.root.json"),
            format!("{role} in chain/2.root.json"),
            format!("[[key]] {key}"),
        ] {
            assert!(line.contains(&place), "{place}: {line}");
        }
    }
    assert!(
        production.err.contains("replace it in what is published"),
        "{production:?}"
    );
}

#[test]
fn production_without_a_veteran_passes() {
    for name in ["root-rotation.toml", "root-keygen.toml", "targets-change.toml"] {
        let good = check("templates", name, |_, text| text);
        assert_eq!(good.code, 0, "{name}: {good:?}");
    }
}

#[test]
fn a_well_known_key_in_a_file_beside_the_script_is_refused() {
    let ran = check("templates", "root-keygen.toml", |dir, text| {
        let file = dir.join("online.pub.pem");
        let was = Digest::of(&std::fs::read(&file).unwrap()).hex();
        let chain = std::fs::read(script("chain/2.root.json")).unwrap();
        let Signed::Root(root) = Metadata::parse(&chain).unwrap().signed else {
            panic!("a root");
        };
        let pem = root.keys.values().find(|k| k.public.starts_with("-----"));
        let key = pem.unwrap().public.clone().into_bytes();
        std::fs::write(&file, &key).unwrap();
        let edited = text.replace(&was, &Digest::of(&key).hex());
        assert!(edited != text, "the script names the file by its digest");
        edited
    });
    assert_eq!(ran.code, 2, "{ran:?}");
    let lines = named(&ran);
    assert_eq!(lines.len(), 1, "{ran:?}");
    assert!(
        lines[0].contains("[[key]] online is the rehearsals' key "),
        "{ran:?}"
    );
}
