//! `export`: before anything leaves, the finished files go through the client
//! workflow once more; then they are written, synced and read back; then the
//! media is let go of, taken out, put back, and read once more past what the
//! system remembers of it (facts/security.md 5.5). Until the seal the bundle's
//! folder carries a name that says it is partial.

use super::trouble;
use crate::base::medium::{Mounted, Reading, Release};
use crate::base::{Json, shown};
use crate::engine::input::FileRef;
use crate::engine::state::{Confirm, Question, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{What, files, gate};
use crate::transcript::Kind;

pub(super) fn enter(turn: &mut Turn) {
    // The files are on the media: what is missing is the second look.
    if turn.state.released.is_some() {
        return put_back(turn);
    }
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
pub(super) fn exported(turn: &mut Turn, wanted: &[FileRef], got: &[FileRef], released: &Release) {
    if wanted != got {
        let why = differs(wanted, got);
        return trouble(turn, Trouble::Media(why));
    }
    turn.state.released = Some(released.clone());
    put_back(turn);
}

fn put_back(turn: &mut Turn) {
    turn.ask(Question::Confirm {
        what: Confirm::PutBack,
    });
}

pub(super) fn read_back(turn: &mut Turn) {
    let files = files::export_list(turn.plan, &turn.state);
    turn.work(What::ReadBack { files });
}

/// What the media holds instead of what was written, by its first difference.
fn differs(wanted: &[FileRef], got: &[FileRef]) -> String {
    let other = wanted
        .iter()
        .find_map(|file| match got.iter().find(|g| g.path == file.path) {
            None => Some(format!("{} is not on it", shown(&file.path, 120))),
            Some(found) if found != file => Some(format!(
                "{} has {} bytes, SHA-256 {}, and {} bytes, SHA-256 {}, were written",
                shown(&file.path, 120),
                found.len,
                found.sha256,
                file.len,
                file.sha256
            )),
            Some(_) => None,
        });
    let what = other.unwrap_or_else(|| "it holds files that were not written".to_owned());
    format!("the media does not hold what was written: {what}")
}

/// The media after it was put back holds the same files, or the export begins
/// anew; one that was never unmounted has shown nothing.
pub(super) fn read_again(turn: &mut Turn, wanted: &[FileRef], got: &[FileRef], reading: Reading) {
    if reading.mounted == Mounted::AsBefore {
        return trouble(
            turn,
            Trouble::Media("the media is still mounted as it was: it was not taken out".to_owned()),
        );
    }
    if wanted != got {
        // Somebody or something changed it, or it is another one: people note which.
        turn.state.deviations = turn.state.deviations.saturating_add(1);
        turn.state.released = None;
        let why = differs(wanted, got);
        return trouble(turn, Trouble::Media(why));
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
    let released = turn.state.released.as_ref().map_or("", Release::word);
    let read = if reading.direct { "direct" } else { "cache-dropped" };
    turn.derive(
        Kind::Exported,
        [
            ("files", Json::Array(list)),
            ("released", released.into()),
            ("mounted", reading.mounted.word().into()),
            ("read", read.into()),
        ],
    );
    turn.state.exported = wanted.to_vec();
    turn.finish(false);
}
