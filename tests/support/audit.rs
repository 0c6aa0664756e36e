//! The two verifiers as tests call them: ours on a map in memory, and the
//! Python one (the release's copy) on a folder. And a forger, who rewrites
//! records and rebuilds chain, checkpoints and seal around them.

#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::path::Path;
use std::process::Command;

use tuf_ceremony::audit::{Judgement, Options};
use tuf_ceremony::base::{Digest, Json, PublicKey};
use tuf_ceremony::bundle::{Files, Seal, Sums, layout::Place, seal_files};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::{Checkpoint, Kind, Line, Tree, checkpoint, encode, read};

use super::rehearsal::{Key, Map, Room, sign_note, write};

pub fn judge(files: &Map) -> Judgement {
    tuf_ceremony::audit::judge(&Files::from_map(files.clone()), &Options::default())
}

/// Whether the Python verifier is content, and what it printed.
pub fn python(folder: &Path) -> (bool, String) {
    let out = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bundle/verify.py"))
        .arg(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    assert!(matches!(out.status.code(), Some(0 | 1)), "{text}");
    (out.status.code() == Some(0), text)
}

/// [`python`] on files that are in memory.
pub fn python_on(files: &Map) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    python(folder.path())
}

/// `SHA256SUMS` written anew over whatever is there.
pub fn summed(mut files: Map) -> Map {
    let sums = files
        .iter()
        .filter(|(path, _)| Place::of(path).is_some_and(Place::is_summed))
        .map(|(path, bytes)| (path.clone(), Digest::of(bytes)))
        .collect();
    files.insert("SHA256SUMS".to_owned(), Sums(sums).to_string().into_bytes());
    files
}

/// A body with the member at `path` replaced.
pub fn set(json: &mut Json, path: &[&str], value: Json) {
    let Json::Object(map) = json else {
        panic!("no object at {path:?}")
    };
    match path {
        [last] => {
            assert!(map.insert((*last).to_owned(), value).is_some(), "{last}");
        }
        [head, tail @ ..] => set(map.get_mut(*head).unwrap(), tail, value),
        [] => panic!("an empty path"),
    }
}

pub fn lines(record: &[u8]) -> Vec<Line> {
    read(record).lines.into_iter().map(|(line, _)| line).collect()
}

/// A bundle whose lines were changed, with chain, gates, checkpoint, policy
/// and sums rebuilt around them, all signed by `log`.
pub fn forged(room: &Room, log: &Key, change: impl FnMut(&mut Vec<Line>)) -> Map {
    forged_files(&room.bundle(), log, true, change)
}

/// The same on a bundle of any origin. `opens`: the forger's log key stands in
/// the first line, too; then it is another ceremony.
pub fn forged_files(bundle: &Map, log: &Key, opens: bool, mut change: impl FnMut(&mut Vec<Line>)) -> Map {
    let script = Script::parse(&bundle["script.toml"]).unwrap();
    let mut lines = lines(&bundle["ceremony.jsonl"]);
    change(&mut lines);
    let (mut tree, mut record, mut gates) = (Tree::new(), Vec::new(), Vec::new());
    let (mut prev, mut ceremony, mut origin) = (Digest::ZERO, Digest::ZERO, String::new());
    for (seq, line) in lines.iter_mut().enumerate() {
        let body = &mut line.record.body;
        if opens && line.record.kind == Kind::Open {
            set(
                body,
                &["input", "open", "log_key"],
                Json::of(&log.public()).unwrap(),
            );
        }
        let gate = body
            .get("input")
            .and_then(|i| i.get("outcome")?.get("outcome")?.get("checkpoint"));
        if gate.is_some() {
            let head = Checkpoint::of(&origin, &tree).unwrap();
            let note = sign_note(&head, log);
            let at = |field| ["input", "outcome", "outcome", "checkpoint", field];
            let size = i64::try_from(head.size()).unwrap();
            set(body, &at("size"), Json::Int(size));
            set(body, &at("root"), head.root().hex().into());
            set(body, &at("note"), note.clone().into());
            gates.push((head.size(), note));
        }
        let seq = u64::try_from(seq).unwrap();
        let text = encode(&line.record, seq, prev, ceremony, &line.boot, line.at).unwrap();
        prev = Digest::of(text.as_bytes());
        if seq == 0 {
            ceremony = prev;
            let rehearsal = script.kind == tuf_ceremony::script::Kind::Rehearsal;
            origin = checkpoint::origin(rehearsal, &script.organisation, &script.site, &ceremony);
        }
        tree.append(text.as_bytes());
        record.extend_from_slice(text.as_bytes());
        record.push(b'\n');
    }
    let mut files = bundle.clone();
    files.retain(|path, _| Place::of(path) != Some(Place::Gate));
    let seal = ["SHA256SUMS", "ceremony.jsonl", "checkpoint", "policy"];
    let exported: Vec<(String, Digest)> = files
        .iter()
        .filter(|(path, _)| !seal.contains(&path.as_str()))
        .map(|(path, bytes)| (path.clone(), Digest::of(bytes)))
        .collect();
    let keys: Vec<PublicKey> = vec![log.public()];
    files.extend(
        seal_files(&Seal {
            origin: &origin,
            log_keys: &keys,
            witnesses: script.witnesses(),
            exported: &exported,
            record: &record,
            checkpoint: &sign_note(&Checkpoint::of(&origin, &tree).unwrap(), log),
            gates: &gates,
        })
        .unwrap(),
    );
    files
}
