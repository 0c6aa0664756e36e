//! `root`: the final checkpoint is the RFC 6962 root of all lines, and each
//! gate's checkpoint, where the record holds it, is the root of exactly the
//! lines before it. Nobody can cut the end off, or swap what came before.

use std::cmp::Ordering;

use crate::bundle::layout::CHECKPOINT;
use crate::note::Note;
use crate::transcript::Checkpoint;

use super::super::Found;
use super::super::codes::{
    CHECKPOINT_MISSING, EXTENDED, LINE_EDITED, NOTE_MALFORMED, ORIGIN_MISMATCH, ROOT_MISMATCH, TRUNCATED,
};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let mut failures: Vec<Found> = Vec::new();
    let mut records = Vec::new();
    let sizes: Vec<u64> = case.gates.iter().map(|g| g.size).collect();
    let roots = case.roots(&sizes);
    for gate in &case.gates {
        let mut wrong = Vec::new();
        if gate.size != gate.before {
            wrong.push(format!(
                "{} lines stand before it, it says {}",
                gate.before, gate.size
            ));
        }
        match roots.get(&gate.size) {
            Some(root) if gate.root == Some(*root) => {}
            Some(root) => wrong.push(format!("the lines have the root {root}")),
            None => wrong.push(format!("there are no {} lines", gate.size)),
        }
        let text = Note::parse(gate.note.as_bytes()).ok();
        let stated = text.and_then(|n| Checkpoint::parse(n.text()).ok());
        let agrees = stated.is_some_and(|c| {
            c.size() == gate.size && Some(c.root()) == gate.root && Some(c.origin()) == case.origin.as_deref()
        });
        if !agrees {
            wrong.push("its note says another origin, size or root".to_owned());
        }
        if !wrong.is_empty() {
            records.push(gate.seq);
            failures.extend(
                wrong
                    .into_iter()
                    .map(|w| (ROOT_MISMATCH, format!("checkpoint in record {}: {w}", gate.seq)).into()),
            );
        }
    }
    let tree = &case.chain.tree;
    match case.files.get(CHECKPOINT).map(final_checkpoint) {
        Some(Ok(checkpoint)) => {
            if !checkpoint.fits(tree) {
                let why = format!(
                    "checkpoint: expected size {} and root {}, got {} and {}",
                    tree.size(),
                    tree.root(),
                    checkpoint.size(),
                    checkpoint.root()
                );
                let code = match checkpoint.size().cmp(&tree.size()) {
                    Ordering::Greater => TRUNCATED,
                    Ordering::Less => EXTENDED,
                    // Nothing names the last line but the checkpoint.
                    Ordering::Equal if case.chain.is_intact() && records.is_empty() => LINE_EDITED,
                    Ordering::Equal => ROOT_MISMATCH,
                };
                failures.push((code, why).into());
            }
            if Some(checkpoint.origin()) != case.origin.as_deref() {
                let why = format!(
                    "checkpoint: expected the origin {}, got {}",
                    case.origin.as_deref().unwrap_or("of a readable first record"),
                    checkpoint.origin()
                );
                failures.push((ORIGIN_MISMATCH, why).into());
            }
        }
        Some(Err(why)) => failures.push((NOTE_MALFORMED, format!("checkpoint: {why}")).into()),
        None if case.is_bundle => {
            failures.push((CHECKPOINT_MISSING, "checkpoint: is missing".to_owned()).into());
        }
        None => {}
    }
    let what = format!("root {} over {} lines", tree.root(), tree.size());
    let gates = format!("{} gate checkpoints", case.gates.len());
    Finding::of(format!("{what}; {gates}"), failures).at(records)
}

fn final_checkpoint(bytes: &[u8]) -> Result<Checkpoint, String> {
    let note = Note::parse(bytes).map_err(|e| e.to_string())?;
    Checkpoint::parse(note.text()).map_err(|e| e.to_string())
}
