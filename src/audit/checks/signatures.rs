//! `signatures`: checkpoints are signed by the log key of the run that wrote
//! them, under the record's origin; `policy` names exactly these keys; every
//! file in `checkpoints/` is what the record holds. Lines of other keys
//! (cosignatures) may be added and say nothing here.

use crate::base::shown::{counted, shown_bytes};
use crate::bundle::Place;
use crate::bundle::layout::{CHECKPOINT, POLICY};
use crate::note::Note;
use crate::transcript::Checkpoint;

use super::super::Found;
use super::super::case::Gate;
use super::super::codes::{
    CHECKPOINT_MISSING, CHECKPOINT_SWAPPED, CHECKPOINT_UNKNOWN, CUT, FORKED, KEY_REFUSED, NOTE_MALFORMED,
    POLICY_SWAPPED, REROOTED, RESIGNED, UNSIGNED,
};
use super::{Case, Finding};

/// Why a note does not count: its code and its reason.
type Wrong = (&'static str, String);

pub(super) fn check(case: &Case<'_>) -> Finding {
    let mut failures: Vec<Found> = Vec::new();
    let mut notes = Vec::new();
    let mut records = Vec::new();
    match (&case.policy, case.files.get(POLICY)) {
        (Err(why), _) => failures.push((KEY_REFUSED, why.clone()).into()),
        (Ok(policy), Some(bytes)) if policy.to_string().as_bytes() != bytes => {
            let why = format!(
                "policy: is not the one that follows from the record's log keys: {}",
                shown_bytes(bytes, 200)
            );
            failures.push((POLICY_SWAPPED, why).into());
        }
        _ => {}
    }
    for gate in &case.gates {
        if let Err((code, why)) = signed_in_run(case, gate.note.as_bytes(), gate.seq) {
            failures.push((code, format!("checkpoint in record {}: {why}", gate.seq)).into());
            records.push(gate.seq);
        }
    }
    if let Some(bytes) = case.files.get(CHECKPOINT) {
        match signed_in_run(case, bytes, u64::MAX) {
            Ok(others) => notes.extend(cosigners("checkpoint", others)),
            Err((code, why)) => failures.push((code, format!("checkpoint: {why}")).into()),
        }
    }
    gate_files(case, &mut failures, &mut notes);
    let what = format!(
        "{} signed by {} of this record",
        counted(
            case.gates
                .len()
                .saturating_add(usize::from(case.files.get(CHECKPOINT).is_some())),
            "checkpoint"
        ),
        counted(case.runs.len(), "log key")
    );
    Finding::of(what, failures).at(records).with(notes)
}

/// Whether the log key of the run that wrote the record `seq` signed the note;
/// how many other lines it has.
fn signed_in_run(case: &Case<'_>, bytes: &[u8], seq: u64) -> Result<usize, Wrong> {
    let note = Note::parse(bytes).map_err(malformed)?;
    let none = || (UNSIGNED, "the record names no log key".to_owned());
    let key = case.log_key_at(seq).ok_or_else(none)?;
    let policy = case.policy.as_ref().map_err(|why| (KEY_REFUSED, why.clone()))?;
    let vkey = policy.logs().iter().find(|log| log.key() == key);
    let vkey = vkey.ok_or_else(none)?;
    if note.verified_by(vkey) {
        return Ok(note.signatures().len().saturating_sub(1));
    }
    let origin = note.text().lines().next().unwrap_or_default();
    let code = match note.signatures() {
        // The right key's line, over another text.
        _ if note.line_of(vkey).is_some() => REROOTED,
        all if all.iter().any(|l| l.name() == origin) => RESIGNED,
        _ => UNSIGNED,
    };
    Err((
        code,
        format!("expected a signature of {vkey} that verifies, got none"),
    ))
}

/// In a bundle: exactly the gates of the record. Beside an open record a note
/// may be newer than the record: it counts when it fits the lines.
fn gate_files(case: &Case<'_>, failures: &mut Vec<Found>, notes: &mut Vec<String>) {
    for (path, bytes) in case.files.at(Place::Gate) {
        let gate = case
            .gates
            .iter()
            .find(|g| path == format!("checkpoints/{}", g.size));
        let judged = match gate {
            Some(gate) => same_note(case, gate, bytes),
            None if case.is_bundle => Err(unknown(case, bytes)),
            None => unrecorded(case, bytes),
        };
        match judged {
            Ok(others) => notes.extend(cosigners(path, others)),
            Err((code, why)) => failures.push((code, format!("{path}: {why}")).into()),
        }
    }
    for gate in case.gates.iter().filter(|_| case.is_bundle) {
        let path = format!("checkpoints/{}", gate.size);
        if case.files.get(&path).is_none() {
            failures.push((CHECKPOINT_MISSING, format!("{path}: is missing")).into());
        }
    }
}

/// The recorded text, and every recorded signature line.
fn same_note(case: &Case<'_>, gate: &Gate, bytes: &[u8]) -> Result<usize, Wrong> {
    let recorded = Note::parse(gate.note.as_bytes()).map_err(malformed)?;
    let note = Note::parse(bytes).map_err(malformed)?;
    let all_there = recorded
        .signatures()
        .iter()
        .all(|l| note.signatures().contains(l));
    if note.text() != recorded.text() || !all_there {
        // Two texts of one size by the same log: a proof that anybody can check.
        let both = note.text() != recorded.text() && signed_in_run(case, bytes, gate.seq).is_ok();
        let code = if both { FORKED } else { CHECKPOINT_SWAPPED };
        return Err((code, format!("is not the note of record {}", gate.seq)));
    }
    Ok(note
        .signatures()
        .len()
        .saturating_sub(recorded.signatures().len()))
}

fn unrecorded(case: &Case<'_>, bytes: &[u8]) -> Result<usize, Wrong> {
    let others = signed_in_run(case, bytes, u64::MAX)?;
    let checkpoint = stated(bytes)?;
    let size = checkpoint.size();
    if case.roots(&[size]).get(&size) != Some(&checkpoint.root()) {
        return Err((FORKED, "does not fit the lines of the record".to_owned()));
    }
    Ok(others)
}

/// A checkpoint in a bundle that no record holds. One that a log key of the record
/// signed tells what was done: there were other lines, or more of them.
fn unknown(case: &Case<'_>, bytes: &[u8]) -> Wrong {
    let why = "no record holds it".to_owned();
    let signed = Note::parse(bytes).is_ok_and(|note| {
        let logs = case.policy.as_ref().map(|p| p.logs()).unwrap_or_default();
        logs.iter().any(|log| note.verified_by(log))
    });
    let Ok(checkpoint) = stated(bytes) else {
        return (CHECKPOINT_UNKNOWN, why);
    };
    let size = checkpoint.size();
    if !signed {
        return (CHECKPOINT_UNKNOWN, why);
    }
    match case.roots(&[size]).get(&size) {
        Some(root) if *root == checkpoint.root() => (CHECKPOINT_UNKNOWN, why),
        Some(_) => (
            FORKED,
            format!("{why}, and its root is not that of the first {size} lines"),
        ),
        None => (
            CUT,
            format!("{why}, and it is over {size} lines, more than there are"),
        ),
    }
}

fn stated(bytes: &[u8]) -> Result<Checkpoint, Wrong> {
    let note = Note::parse(bytes).map_err(malformed)?;
    Checkpoint::parse(note.text()).map_err(malformed)
}

fn malformed(e: impl std::fmt::Display) -> Wrong {
    (NOTE_MALFORMED, e.to_string())
}

fn cosigners(path: &str, others: usize) -> Option<String> {
    (others > 0).then(|| {
        let lines = counted(others, "signature line");
        format!("{path}: {lines} of keys that the record does not name")
    })
}
