//! `export`: before anything leaves, the finished files go through the client
//! workflow once more; then they are written, synced and read back. Until the
//! seal the bundle's folder carries a name that says it is partial.

use super::trouble;
use crate::base::Json;
use crate::engine::input::FileRef;
use crate::engine::state::{Confirm, Question, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{What, files, gate};
use crate::transcript::Kind;

pub(super) fn enter(turn: &mut Turn) {
    match gate::before_export(turn) {
        Ok(summary) => {
            turn.derive(
                Kind::Gate,
                [("verdict", "accepted".into()), ("summary", summary.into())],
            );
            turn.work(What::Checkpoint);
        }
        Err(why) => {
            turn.derive(Kind::GateFailed, [("because", why.clone().into())]);
            trouble(turn, Trouble::Gate(why));
        }
    }
}

pub(super) fn ask(turn: &mut Turn) {
    turn.ask(Question::Confirm {
        what: Confirm::Export,
    });
}

pub(super) fn go(turn: &mut Turn) {
    let files = files::export_list(turn.plan, &turn.state);
    turn.work(What::Export { files });
}

/// What was read back must be what was to be written.
pub(super) fn exported(turn: &mut Turn, wanted: &[FileRef], read_back: &[FileRef]) {
    if wanted != read_back {
        trouble(
            turn,
            Trouble::Media("what was read back from the media is not what was written".to_owned()),
        );
        return;
    }
    let list = wanted
        .iter()
        .map(|f| {
            Json::object([
                ("path", f.path.as_str().into()),
                ("sha256", f.sha256.hex().into()),
                ("length", Json::Int(i64::try_from(f.len).unwrap_or(i64::MAX))),
            ])
        })
        .collect();
    turn.derive(Kind::Exported, [("files", Json::Array(list))]);
    turn.state.exported = wanted.to_vec();
    turn.finish(false);
}
