//! A production ceremony in memory, its people's keys, and the anchors of an
//! auditor who knows them: what every level above a rehearsal's is tested with.
//! The script is the template that people copy.

#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use tuf_ceremony::audit::{Anchors, Judgement, Options};
use tuf_ceremony::base::{Algorithm, Digest};
use tuf_ceremony::bundle::Files;
use tuf_ceremony::engine::{FrontEnd, InputKind, SecretsPath};
use tuf_ceremony::note::{Note, Vkey, cosigned};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::Checkpoint;

use super::rehearsal::{Key, Map, Room, plan};

/// The time at which a witness signs.
const SIGNED_AT: u64 = 1_795_100_000;
/// The release's verifier, and the program of the rooms.
pub const PROGRAM: &[u8] = b"program";

/// The template, with an online key of these tests.
pub fn script() -> String {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/ceremony-scripts/templates/root-keygen.toml"
    ))
    .unwrap();
    let online = Key::new("online", Algorithm::EcdsaP256).public().to_pem();
    let old = text.split("online.pub.pem\", sha256 = \"").nth(1).unwrap();
    let old = &old[..64];
    let text = text.replace(old, &Digest::of(online.as_bytes()).hex());
    // The template's approvers are nobody's keys.
    let start = text.find("keys   = [").unwrap();
    let end = start + text[start..].find("\n]").unwrap() + 2;
    let keys: Vec<String> = APPROVERS
        .iter()
        .map(|name| format!("\"{}\"", vkey(name)))
        .collect();
    format!("{}keys = [{}]{}", &text[..start], keys.join(", "), &text[end..])
}

/// A closed ceremony that people drove at a terminal.
pub fn closed() -> Room {
    closed_with("log 1", FrontEnd::Tui, "genesis")
}

pub fn closed_with(log: &str, front_end: FrontEnd, predecessor: &str) -> Room {
    let mut room = begun(log, front_end, predecessor);
    while room.go_on() {}
    room
}

/// A ceremony that was opened, and no more.
pub fn begun(log: &str, front_end: FrontEnd, predecessor: &str) -> Room {
    let (plan, inputs) = after(predecessor);
    opened(plan, inputs, log, front_end)
}

/// A closed ceremony of this script.
pub fn closed_of(script: &str) -> Room {
    let (plan, inputs) = plan(script);
    let mut room = opened(plan, inputs, "log 1", FrontEnd::Tui);
    while room.go_on() {}
    room
}

fn opened(plan: Plan, inputs: Map, log: &str, front_end: FrontEnd) -> Room {
    let note = approvals(plan.script(), &APPROVERS[..2]);
    let mut room = Room::old(plan.with_approvals(note), inputs, BTreeMap::new());
    room.log = Key::new(log, Algorithm::Ed25519);
    let mut opening = room.opening();
    opening.front_end = front_end;
    opening.secrets = SecretsPath::Keyboard;
    room.feed(InputKind::Open(Box::new(opening))).unwrap();
    room
}

/// The plan that names `genesis`, or this checkpoint (origin, size, root) of the last
/// ceremony; its log key is gone, so any signature will do.
fn after(predecessor: &str) -> (Plan, Map) {
    if predecessor == "genesis" {
        return plan(&script());
    }
    let text = format!("{}\n", predecessor.replace(' ', "\n"));
    let gone = Key::new("gone", Algorithm::Ed25519);
    let mut note = Note::new(&text).unwrap();
    note.add(Note::sign_line(&text, &vkey("gone"), &gone.sign(text.as_bytes())).unwrap())
        .unwrap();
    let note = note.to_string().into_bytes();
    let named = format!(
        "predecessor = {{ file = \"checkpoint\", sha256 = \"{}\" }}",
        Digest::of(&note)
    );
    let text = script();
    let line = text.lines().find(|l| l.starts_with("predecessor")).unwrap();
    let script = Script::parse(text.replace(line, &named).as_bytes()).unwrap();
    let mut inputs = plan(&text).1;
    inputs.insert("checkpoint".to_owned(), note);
    let arcs = inputs.iter().map(|(n, b)| (n.clone(), Arc::from(b.as_slice())));
    let plan = Plan::build(script, &Inputs(arcs.collect())).unwrap();
    (plan, inputs)
}

pub fn vkey(name: &str) -> Vkey {
    Vkey::new(name, Key::new(name, Algorithm::Ed25519).public()).unwrap()
}

pub fn witness(name: &str) -> Vkey {
    Vkey::cosigner(name, Key::new(name, Algorithm::Ed25519).public()).unwrap()
}

pub const APPROVERS: [&str; 3] = ["ada.example", "olga.example", "otto.example"];
pub const ATTESTER: &str = "officer-1.example";
pub const WITNESSES: [&str; 3] = ["w1.example", "w2.example", "w3.example"];

/// The note of approvals by these people (docs/approval-format.md).
pub fn approvals(script: &Script, by: &[&str]) -> Vec<u8> {
    let text = script.approval_text();
    let mut note = Note::new(&text).unwrap();
    for name in by {
        let key = Key::new(name, Algorithm::Ed25519);
        note.add(Note::sign_line(&text, &vkey(name), &key.sign(text.as_bytes())).unwrap())
            .unwrap();
    }
    note.to_string().into_bytes()
}

/// A signature line of a person over the checkpoint at `path`.
pub fn attest(files: &mut Map, path: &str, name: &str) {
    let mut note = Note::parse(&files[path]).unwrap();
    let text = note.text().to_owned();
    let key = Key::new(name, Algorithm::Ed25519);
    note.add(Note::sign_line(&text, &vkey(name), &key.sign(text.as_bytes())).unwrap())
        .unwrap();
    files.insert(path.to_owned(), note.to_string().into_bytes());
}

/// A witness's cosignature of the checkpoint at `path` (C2SP tlog-cosignature).
pub fn cosign(files: &mut Map, path: &str, name: &str) {
    let mut note = Note::parse(&files[path]).unwrap();
    let text = note.text().to_owned();
    let message = cosigned(SIGNED_AT, &text);
    let mut signature = SIGNED_AT.to_be_bytes().to_vec();
    signature.extend(Key::new(name, Algorithm::Ed25519).sign(message.as_bytes()));
    note.add(Note::sign_line(&text, &witness(name), &signature).unwrap())
        .unwrap();
    files.insert(path.to_owned(), note.to_string().into_bytes());
}

/// The whole of it: approved, attested at the end, cosigned by two of three.
pub fn witnessed(room: &Room) -> Map {
    let mut files = room.bundle();
    attest(&mut files, "checkpoint", ATTESTER);
    for name in &WITNESSES[..2] {
        cosign(&mut files, "checkpoint", name);
    }
    files
}

/// The final checkpoint of a bundle, in one line.
pub fn head(files: &Map) -> String {
    let note = Note::parse(&files["checkpoint"]).unwrap();
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    checkpoint.to_string().trim_end().replace('\n', " ")
}

/// What an auditor knows who was never near the machine, but for a head.
pub fn known() -> String {
    let mut text = String::from("tuf-ceremony anchors v1\n");
    for name in APPROVERS {
        text += &format!("approver {}\n", vkey(name));
    }
    text += "approvals 2\n";
    text += &format!("attester {}\n", vkey(ATTESTER));
    for name in WITNESSES {
        text += &format!("witness {}\n", witness(name));
    }
    text += "witnesses 2\npredecessor genesis\n";
    text += &format!("verifier {}\n", Digest::of(tuf_ceremony::bundle::VERIFY_PY));
    text += &format!("program {}\n", Digest::of(PROGRAM));
    text
}

pub fn anchors(text: &str) -> Anchors {
    Anchors::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"))
}

pub fn judge_with(files: &Map, anchors_file: &str) -> Judgement {
    let options = Options {
        anchors: Some(anchors(anchors_file)),
        ..Options::default()
    };
    tuf_ceremony::audit::judge(&Files::from_map(files.clone()), &options)
}
