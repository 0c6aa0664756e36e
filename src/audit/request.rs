//! What a record asks of a witness: one of its checkpoints, and the proof that
//! it has only grown since. Only a checkpoint that is the root of the record's
//! own lines, signed by the log key of one of its runs, is handed out.

use crate::bundle::layout::CHECKPOINT;
use crate::bundle::{Files, Place};
use crate::note::{Note, Vkey};
use crate::transcript::witness::Request;
use crate::transcript::{Checkpoint, consistency};

use super::{Case, Options};

/// A request for the checkpoint of `size` lines (the largest, where none is
/// named), with a proof from `old` lines, and the log key that signed it.
///
/// # Errors
/// A text, safe to show: what is missing or does not fit.
pub fn request(files: &Files, old: u64, size: Option<u64>) -> Result<(Request, Vkey), String> {
    let options = Options::default();
    let case = Case::new(files, &options);
    let policy = case.policy.as_ref().map_err(Clone::clone)?;
    let last = files.get(CHECKPOINT).map(|bytes| (CHECKPOINT, bytes));
    let found = files.at(Place::Gate).chain(last);
    let (path, note, checkpoint) = found
        .filter_map(|(path, bytes)| {
            let note = Note::parse(bytes).ok()?;
            let checkpoint = Checkpoint::parse(note.text()).ok()?;
            Some((path, note, checkpoint))
        })
        .filter(|(_, _, c)| size.is_none_or(|size| c.size() == size))
        .max_by_key(|(_, _, c)| c.size())
        .ok_or_else(|| match size {
            Some(size) => format!("expected a checkpoint of size {size}, got none"),
            None => "expected a checkpoint, got none: the ceremony has reached no gate".to_owned(),
        })?;
    let lines: Vec<&[u8]> = case
        .record
        .split_inclusive(|b| *b == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"))
        .collect();
    let cut = |size: u64| usize::try_from(size).ok().and_then(|n| lines.get(..n));
    let fits = cut(checkpoint.size()).filter(|lines| checkpoint.fits(&lines.iter().collect()));
    let lines = fits
        .filter(|_| Some(checkpoint.origin()) == case.origin.as_deref())
        .ok_or_else(|| format!("{path}: is not the root of the record's lines"))?;
    let vkey = policy
        .signer_of(&note)
        .ok_or_else(|| format!("{path}: is signed by no log key of the record"))?;
    let proof = usize::try_from(old)
        .ok()
        .and_then(|old| consistency::prove(lines, old));
    let proof = proof.ok_or_else(|| format!("expected an old size of at most {}, got {old}", lines.len()))?;
    let request = Request::new(old, proof, note).map_err(|e| e.to_string())?;
    Ok((request, vkey.clone()))
}
