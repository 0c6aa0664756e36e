//! What a device said is judged again by the auditor: a record in which a
//! statement, a log entry or a certificate was changed, with everything rebuilt
//! around it, does not re-execute.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout
)]
#![cfg(feature = "yubihsm")]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/devices.rs"]
mod devices;
#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::path::Path;

use audit::{forged_files, judge};
use devices::{Lab, answers, small};
use rehearsal::{Key, Map};
use tuf_ceremony::attestation::yubihsm::ROOTS;
use tuf_ceremony::audit::{Anchors, Options};
use tuf_ceremony::base::{Algorithm, Digest, Json};
use tuf_ceremony::bundle::Files;
use tuf_ceremony::engine::replay;
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::{Kind, Line};

fn load(folder: &Path, under: &str, files: &mut Map) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{under}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            load(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// Replaces the first text that `of` picks out of a record of this kind.
fn flip(lines: &mut [Line], kind: Kind, of: &str) {
    fn first<'a>(json: &'a mut Json, key: &str, inside: bool) -> Option<&'a mut String> {
        match json {
            Json::Str(text) if inside => Some(text),
            Json::Array(items) => items.iter_mut().find_map(|i| first(i, key, inside)),
            Json::Object(map) => map
                .iter_mut()
                .find_map(|(k, v)| first(v, key, inside || k == key)),
            _ => None,
        }
    }
    let text = lines
        .iter_mut()
        .filter(|l| l.record.kind == kind)
        .find_map(|l| first(&mut l.record.body, of, false))
        .unwrap_or_else(|| panic!("no {of}"));
    let last = text.pop().unwrap();
    text.push(if last == '0' { '1' } else { '0' });
}

#[test]
fn what_devices_said_cannot_be_changed_afterwards() {
    let lab = Lab::new((2, 4, 0));
    let done = lab.go("run", Some(&small()), &answers());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let mut bundle = Map::new();
    load(&lab.room.bundle(), "", &mut bundle);
    let forger = Key::new("mallory", Algorithm::Ed25519);
    // The engine alone judges what devices said: chain and checkpoints are
    // others' business here. Without a change the ceremony re-executes.
    let script = Script::parse(&bundle["script.toml"]).unwrap();
    let inputs = Inputs::needed(&script)
        .into_iter()
        .map(|name| {
            let bytes = std::fs::read(lab.room.dir.path().join(&name)).unwrap();
            (name, bytes.into())
        })
        .collect();
    let plan = Plan::build(script, &Inputs(inputs)).unwrap();
    let record = audit::lines(&bundle["ceremony.jsonl"]);
    let replayed = |lines: &[Line]| {
        replay(&plan, lines, |_, _, _| {})
            .map(drop)
            .map_err(|e| e.to_string())
    };
    assert_eq!(replayed(&record), Ok(()));
    type Change = fn(&mut Vec<Line>);
    let changes: [(&str, Change); 6] = [
        ("a statement's signature", |l| {
            flip(l, Kind::Outcome, "certificates")
        }),
        ("an entry's digest", |l| flip(l, Kind::Outcome, "entries")),
        ("the verdict over a statement", |l| {
            flip(l, Kind::Attested, "verdict")
        }),
        ("the firmware in a verdict", |l| {
            flip(l, Kind::Attested, "firmware")
        }),
        ("an entry that is left out", |l| {
            for line in l.iter_mut().filter(|l| l.record.kind == Kind::Outcome) {
                if let Some(Json::Array(entries)) = entries(&mut line.record.body) {
                    entries.pop();
                    return;
                }
            }
            panic!("no log");
        }),
        ("a device log that is left out", |l| {
            let at = l.iter().position(|l| l.record.kind == Kind::DeviceLog).unwrap();
            l.remove(at);
        }),
    ];
    for (sin, change) in changes {
        let mut lines = record.clone();
        change(&mut lines);
        assert_ne!(lines, record);
        let why = replayed(&lines).expect_err(sin);
        println!("{sin}: {why}");
        // The whole bundle, rebuilt by somebody with a log key of his own.
        let judgement = judge(&forged_files(&bundle, &forger, true, change));
        let failed = judgement.failed();
        assert!(failed.contains(&"replay"), "{sin}: {failed:?}");
        for name in ["canonical", "chain", "root", "sums"] {
            assert!(!failed.contains(&name), "{sin}: rebuilt well, and {name} fails");
        }
    }
    // A certificate that the script pins, under its old name and under its own.
    let root = std::fs::read(program::script("simulated-yubihsm-root.pem")).unwrap();
    let (old, mut other) = (format!("blobs/{}", Digest::of(&root)), root.clone());
    let at = other.len() / 2;
    other[at] = if other[at] == b'A' { b'B' } else { b'A' };
    for (name, how) in [
        (old.clone(), false),
        (format!("blobs/{}", Digest::of(&other)), true),
    ] {
        let mut changed = bundle.clone();
        assert!(changed.remove(&old).is_some(), "{old}");
        changed.insert(name.clone(), other.clone());
        let judgement = judge(&forged_files(&changed, &forger, how, |_| {}));
        assert!(
            judgement.failed().contains(&"bindings"),
            "{name}: {:?}",
            judgement.failed()
        );
        assert!(!judgement.good());
    }
    // An auditor who trusts other vendors' roots than this program is told so.
    let known: Vec<String> = ROOTS.iter().map(|root| root.digest().hex()).collect();
    let with = |roots: &[String]| {
        let lines: Vec<String> = roots.iter().map(|r| format!("attestation-root {r}\n")).collect();
        let text = format!("tuf-ceremony anchors v1\n{}", lines.concat());
        let options = Options {
            anchors: Some(Anchors::parse(text.as_bytes()).unwrap()),
            ..Options::default()
        };
        let judgement = tuf_ceremony::audit::judge(&Files::from_map(bundle.clone()), &options);
        judgement.codes().contains(&"attestation-root-unknown")
    };
    assert!(!with(&known) && !with(&[]));
    assert!(with(&known[1..]) || known.len() == 1);
    assert!(with(&[Digest::of(b"another vendor").hex()]));
}

fn entries(json: &mut Json) -> Option<&mut Json> {
    let Json::Object(map) = json else { return None };
    if map.contains_key("entries") {
        return map.get_mut("entries");
    }
    map.values_mut().find_map(entries)
}
