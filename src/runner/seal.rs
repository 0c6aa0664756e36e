//! What is written after the close: transcript, policy, checkpoints and
//! SHA256SUMS beside the exported files, after which the bundle's folder loses
//! its `.part`. Nothing here needs a key, so an interrupted seal is written
//! again from the closed record, on the same media or on others.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Failure, Sealed, internal};
use crate::base::{Digest, PublicKey};
use crate::bundle::{self, export};
use crate::engine::{self, InputKind, State};
use crate::fault::Code;
use crate::plan::Plan;
use crate::store::{Disk, Record};

/// What the log keys of a record are, and what they signed.
#[derive(Default)]
pub(super) struct Signed {
    /// Log keys of all runs, in order.
    log_keys: Vec<PublicKey>,
    /// Notes of the gates, by size.
    notes: BTreeMap<u64, String>,
}

impl Signed {
    /// Takes what an input adds.
    pub(super) fn take(&mut self, kind: &InputKind) {
        self.log_keys.extend(kind.log_key().cloned());
        if let Some((size, note)) = kind.checkpoint() {
            self.notes.insert(size, note.to_owned());
        }
    }

    /// The newest gate's note.
    pub(super) fn newest(&self) -> Option<&str> {
        self.notes.values().next_back().map(String::as_str)
    }
}

/// A closed record with what its seal needs.
pub(super) struct Closed<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) plan: &'a Plan,
    pub(super) state: &'a State,
    /// The record, which keeps the final checkpoint.
    pub(super) record: &'a Record,
    /// All lines, each with LF.
    pub(super) lines: &'a [u8],
    pub(super) signed: &'a Signed,
    pub(super) media: Option<&'a Path>,
}

/// Writes the seal.
pub(super) fn write(closed: &Closed<'_>) -> Result<Sealed, Failure> {
    let media = closed.media.ok_or_else(|| Failure {
        code: Code::MediaMissing,
        meaning: "the record is closed; its seal needs the media".to_owned(),
    })?;
    let note = closed.record.read(bundle::layout::CHECKPOINT)?;
    let note = String::from_utf8(note).map_err(|e| internal(&e.to_string()))?;
    let exported: Vec<(String, Digest)> = closed
        .state
        .exported
        .iter()
        .map(|f| (f.path.clone(), f.sha256))
        .collect();
    let gates: Vec<(u64, String)> = closed
        .signed
        .notes
        .iter()
        .map(|(size, note)| (*size, note.clone()))
        .collect();
    let seal = bundle::seal_files(&bundle::Seal {
        origin: &closed.state.origin,
        log_keys: &closed.signed.log_keys,
        witnesses: closed.plan.script().witnesses(),
        exported: &exported,
        record: closed.lines,
        checkpoint: &note,
        gates: &gates,
    })
    .map_err(|e| internal(&e.to_string()))?;
    let name = bundle_name(closed.plan, closed.state);
    let files = export_files(closed.plan, closed.state);
    let place = export::seal(closed.disk, media, &name, &files, &seal).map_err(export::on_media)?;
    let released =
        super::media::let_go(closed.disk, media, closed.record.folder()).map_err(export::on_media)?;
    Ok(Sealed {
        place: place.display().to_string(),
        released,
    })
}

/// `<ceremony>-<first 8 of its id>`: names tell copies apart, digests bind them.
pub(super) fn bundle_name(plan: &Plan, state: &State) -> String {
    let id: String = state.ceremony.hex().chars().take(8).collect();
    format!("{}-{id}", plan.script().ceremony)
}

/// The exported files with their bytes.
pub(super) fn export_files(plan: &Plan, state: &State) -> BTreeMap<String, Vec<u8>> {
    engine::export_contents(plan, state)
        .into_iter()
        .map(|(path, bytes)| (path, bytes.unwrap_or_else(|| bundle::VERIFY_PY.to_vec())))
        .collect()
}
