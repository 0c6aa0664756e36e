//! `seal`: a last checkpoint, its words compared with another source, the
//! word `close`, the `close` record. The seal itself (transcript, final
//! checkpoint, SHA256SUMS) is written after it and is not recorded. Checkpoints
//! of gates come through here too.

use super::{countersign, export, formal_break, read_back};
use crate::base::{Digest, Json};
use crate::engine::state::Head;
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What};
use crate::note::{Note, SignatureType, Vkey};
use crate::script::Verb;
use crate::transcript::{Checkpoint, Kind};

pub(super) fn enter(turn: &mut Turn) {
    turn.work(What::Checkpoint);
}

/// A checkpoint counts when the run's log key signed it for this ceremony.
/// Whether its root is the record's is checked by everybody who has the lines.
pub(super) fn checkpointed(turn: &mut Turn, size: u64, root: &Digest, note: &str) -> Result<(), Refusal> {
    let refuse = |got: &str| {
        Refusal::new(
            "checkpoint-wrong",
            "a checkpoint of this record, signed by this run's log key",
            got,
            "the checkpoint is not this record's",
        )
    };
    let key = turn.state.log_key.clone().ok_or_else(|| refuse("no log key"))?;
    let parsed = Note::parse(note.as_bytes()).map_err(|e| refuse(&e.to_string()))?;
    let checkpoint = Checkpoint::parse(parsed.text()).map_err(|e| refuse(&e.to_string()))?;
    let vkey = Vkey::new(&turn.state.origin, key).map_err(|e| refuse(&e.to_string()))?;
    // A log's key signs as type 0x01 and as no other.
    if vkey.signs() != SignatureType::Ed25519 || !parsed.verified_by(&vkey) {
        return Err(refuse("a signature by another key"));
    }
    if checkpoint.origin() != turn.state.origin || checkpoint.size() != size || checkpoint.root() != *root {
        return Err(refuse("another origin, size or root"));
    }
    if turn.state.checkpoint.is_some_and(|head| head.size >= size) {
        return Err(refuse("a size that does not grow"));
    }
    turn.state.checkpoint = Some(Head { size, root: *root });
    match turn.verb() {
        _ if turn.state.gating => turn.next(),
        Some(Verb::Break { .. }) => formal_break::checkpointed(turn),
        Some(Verb::Countersign) => countersign::begin(turn, size, root),
        Some(Verb::Export) => export::ask(turn),
        Some(Verb::Seal { .. }) => compare(turn),
        _ => return Err(refuse("one that no step asked for")),
    }
    Ok(())
}

pub(super) fn compare(turn: &mut Turn) {
    read_back::enter(turn);
}

pub(super) fn close(turn: &mut Turn) {
    let head = turn.state.checkpoint;
    turn.derive(
        Kind::Close,
        [
            (
                "size",
                Json::Int(head.and_then(|h| i64::try_from(h.size).ok()).unwrap_or(0)),
            ),
            ("root", head.map_or(Digest::ZERO, |h| h.root).hex().into()),
            ("deviations", Json::Int(i64::from(turn.state.deviations))),
            (
                "keys",
                Json::Int(
                    i64::try_from(turn.state.keys.values().filter(|k| !k.enrolled).count()).unwrap_or(0),
                ),
            ),
            (
                "files",
                Json::Int(i64::try_from(turn.state.exported.len()).unwrap_or(0)),
            ),
        ],
    );
    turn.seal();
}
