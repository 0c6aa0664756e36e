//! Whose signatures, of the keys that the auditor brought, stand over this very
//! record. Only keys from outside are counted here, each public key once
//! (law 6); what the bundle itself says of them is for its checks.

use crate::bundle::layout::CHECKPOINT;
use crate::note::{Note, Vkey};
use crate::transcript::{Checkpoint, Kind};

use super::anchors::Anchors;
use super::case::Case;

/// Known approvers who signed the script's exact bytes.
pub(super) fn approvers(case: &Case<'_>) -> Vec<Vkey> {
    let note = case.approvals();
    let keys = case.options.anchors.as_ref().map(|a| a.approvers.as_slice());
    signed(note.iter(), keys.unwrap_or_default())
}

/// Known attesters who signed a last checkpoint.
pub(super) fn attesters(case: &Case<'_>) -> Vec<Vkey> {
    let keys = case.options.anchors.as_ref().map(|a| a.attesters.as_slice());
    signed(last_notes(case).iter(), keys.unwrap_or_default())
}

/// Known witnesses who cosigned the final checkpoint.
pub(super) fn witnesses(case: &Case<'_>) -> Vec<Vkey> {
    let size = case.chain.tree.size();
    let whole = |note: &&Note| Checkpoint::parse(note.text()).is_ok_and(|c| c.size() == size);
    let keys = case.options.anchors.as_ref().map(|a| a.witnesses.as_slice());
    signed(last_notes(case).iter().filter(whole), keys.unwrap_or_default())
}

/// Whether a checkpoint from outside is a last checkpoint of this record.
pub(super) fn head_is_known(case: &Case<'_>) -> bool {
    let known = case.options.anchors.as_ref().map(|a| a.checkpoints.as_slice());
    let last: Vec<Checkpoint> = last_notes(case)
        .iter()
        .filter_map(|note| Checkpoint::parse(note.text()).ok())
        .collect();
    known.unwrap_or_default().iter().any(|c| last.contains(c))
}

/// Every signature line in the name of a key from outside that does not verify.
pub(super) fn forged(case: &Case<'_>, anchors: &Anchors) -> Vec<String> {
    let mut out = Vec::new();
    for (path, note) in notes(case) {
        let keys = anchors.approvers.iter().chain(&anchors.attesters);
        for key in keys.chain(&anchors.witnesses) {
            if note.line_of(key).is_some() && !note.verified_by(key) {
                out.push(format!("{path}: the line of {} does not verify", key.name()));
            }
        }
    }
    out
}

/// The notes of [`Case::last_notes`], read once.
fn last_notes<'c>(case: &'c Case<'_>) -> &'c [Note] {
    case.last_notes.get_or_init(|| speak_for_all(case))
}

/// The checkpoints that speak for the whole record: the final one, and each that
/// the record holds after everything was made, reviewed and signed, if the run that
/// closed the record wrote it. After it only that run's log key, which it vouches
/// for, adds lines. A later run is vouched for by nobody until it has such a
/// checkpoint (DESIGN 5). One that does not fit the lines speaks for none of them,
/// whoever signed it.
fn speak_for_all(case: &Case<'_>) -> Vec<Note> {
    let mut out: Vec<Note> = final_note(case).into_iter().collect();
    let run = case.runs.last().map(|(seq, _)| *seq);
    let made = case.lines.iter().rfind(|l| is_made(l.record.kind)).map(|l| l.seq);
    let mut sizes = vec![case.chain.tree.size()];
    for gate in case.gates.iter().filter(|g| Some(g.seq) > run.max(made)) {
        sizes.push(gate.size);
        let file = case.files.get(&format!("checkpoints/{}", gate.size));
        let both = [Some(gate.note.as_bytes()), file];
        out.extend(both.into_iter().flatten().filter_map(|b| Note::parse(b).ok()));
    }
    let roots = case.roots(&sizes);
    out.retain(|note| {
        Checkpoint::parse(note.text()).is_ok_and(|c| {
            roots.get(&c.size()) == Some(&c.root()) && Some(c.origin()) == case.origin.as_deref()
        })
    });
    out
}

/// What a ceremony is for: nothing of it may follow a head that speaks for it.
fn is_made(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Key
            | Kind::Proven
            | Kind::Attested
            | Kind::Waived
            | Kind::Superseded
            | Kind::Composed
            | Kind::Frozen
            | Kind::Reviewed
            | Kind::Signed
    )
}

fn final_note(case: &Case<'_>) -> Option<Note> {
    Note::parse(case.files.get(CHECKPOINT)?).ok()
}

/// All notes of the bundle, with their paths.
fn notes<'a>(case: &'a Case<'_>) -> impl Iterator<Item = (&'a str, Note)> {
    let files = case.files.known.iter();
    files.filter_map(|(path, bytes)| {
        let is_note = path == CHECKPOINT || path == "approvals" || path.starts_with("checkpoints/");
        Some((path.as_str(), is_note.then(|| Note::parse(bytes).ok())??))
    })
}

fn signed<'n>(notes: impl Iterator<Item = &'n Note>, keys: &[Vkey]) -> Vec<Vkey> {
    let notes: Vec<&Note> = notes.collect();
    keys.iter()
        .filter(|key| notes.iter().any(|note| note.verified_by(key)))
        .cloned()
        .collect()
}
