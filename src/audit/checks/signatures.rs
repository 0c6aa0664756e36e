//! `signatures`: checkpoints are signed by the log key of the run that wrote
//! them, under the record's origin; `policy` names exactly these keys; every
//! file in `checkpoints/` is what the record holds. Lines of other keys
//! (cosignatures) may be added and say nothing here.

use crate::base::shown::shown_bytes;
use crate::bundle::Place;
use crate::bundle::layout::{CHECKPOINT, POLICY};
use crate::note::Note;
use crate::transcript::Checkpoint;

use super::super::case::Gate;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let mut failures = Vec::new();
    let mut notes = Vec::new();
    let mut records = Vec::new();
    match (&case.policy, case.files.get(POLICY)) {
        (Err(why), _) => failures.push(why.clone()),
        (Ok(policy), Some(bytes)) if policy.to_string().as_bytes() != bytes => {
            failures.push(format!(
                "policy: is not the one that follows from the record's log keys: {}",
                shown_bytes(bytes, 200)
            ));
        }
        _ => {}
    }
    for gate in &case.gates {
        if let Err(why) = signed_in_run(case, gate.note.as_bytes(), gate.seq) {
            failures.push(format!("checkpoint in record {}: {why}", gate.seq));
            records.push(gate.seq);
        }
    }
    if let Some(bytes) = case.files.get(CHECKPOINT) {
        match signed_in_run(case, bytes, u64::MAX) {
            Ok(others) => notes.extend(cosigners("checkpoint", others)),
            Err(why) => failures.push(format!("checkpoint: {why}")),
        }
    }
    gate_files(case, &mut failures, &mut notes);
    let what = format!(
        "{} checkpoints signed by {} log key(s) of this record",
        case.gates
            .len()
            .saturating_add(usize::from(case.files.get(CHECKPOINT).is_some())),
        case.runs.len()
    );
    Finding::of(what, failures).at(records).with(notes)
}

/// Whether the log key of the run that wrote the record `seq` signed the note;
/// how many other lines it has.
fn signed_in_run(case: &Case<'_>, bytes: &[u8], seq: u64) -> Result<usize, String> {
    let note = Note::parse(bytes).map_err(|e| e.to_string())?;
    let key = case.log_key_at(seq).ok_or("the record names no log key")?;
    let policy = case.policy.as_ref().map_err(Clone::clone)?;
    let vkey = policy.logs().iter().find(|log| log.key() == key);
    let vkey = vkey.ok_or("the record names no log key")?;
    if note.verified_by(vkey) {
        return Ok(note.signatures().len().saturating_sub(1));
    }
    Err(format!("expected a signature of {vkey} that verifies, got none"))
}

/// In a bundle: exactly the gates of the record. Beside an open record a note
/// may be newer than the record: it counts when it fits the lines.
fn gate_files(case: &Case<'_>, failures: &mut Vec<String>, notes: &mut Vec<String>) {
    for (path, bytes) in case.files.at(Place::Gate) {
        let gate = case
            .gates
            .iter()
            .find(|g| path == format!("checkpoints/{}", g.size));
        let judged = match gate {
            Some(gate) => same_note(gate, bytes),
            None if case.is_bundle => Err("no record holds it".to_owned()),
            None => unrecorded(case, bytes),
        };
        match judged {
            Ok(others) => notes.extend(cosigners(path, others)),
            Err(why) => failures.push(format!("{path}: {why}")),
        }
    }
    for gate in case.gates.iter().filter(|_| case.is_bundle) {
        let path = format!("checkpoints/{}", gate.size);
        if case.files.get(&path).is_none() {
            failures.push(format!("{path}: is missing"));
        }
    }
}

/// The recorded text, and every recorded signature line.
fn same_note(gate: &Gate, bytes: &[u8]) -> Result<usize, String> {
    let recorded = Note::parse(gate.note.as_bytes()).map_err(|e| e.to_string())?;
    let note = Note::parse(bytes).map_err(|e| e.to_string())?;
    let all_there = recorded
        .signatures()
        .iter()
        .all(|l| note.signatures().contains(l));
    if note.text() != recorded.text() || !all_there {
        return Err(format!("is not the note of record {}", gate.seq));
    }
    Ok(note
        .signatures()
        .len()
        .saturating_sub(recorded.signatures().len()))
}

fn unrecorded(case: &Case<'_>, bytes: &[u8]) -> Result<usize, String> {
    let others = signed_in_run(case, bytes, u64::MAX)?;
    let note = Note::parse(bytes).map_err(|e| e.to_string())?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|e| e.to_string())?;
    let size = checkpoint.size();
    if case.roots(&[size]).get(&size) != Some(&checkpoint.root()) {
        return Err("does not fit the lines of the record".to_owned());
    }
    Ok(others)
}

fn cosigners(path: &str, others: usize) -> Option<String> {
    (others > 0).then(|| format!("{path}: {others} signature line(s) of keys that the record does not name"))
}
