//! `compose`: the payload of one metadata file, made from the script's result,
//! the keys of this record and the confirmed clock, and frozen at once. The
//! same inputs give the same bytes on any machine.

use super::supersede;
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation, Retry};
use crate::base::{Digest, Json, shown};
use crate::engine::state::{FileState, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{files, gate, policy, succession};
use crate::transcript::Kind;
use crate::tuf::{MetadataName, RoleName};

pub(super) fn enter(turn: &mut Turn, metadata: &MetadataName) {
    let composed = files::compose(turn.plan, &turn.state, metadata);
    match composed.and_then(|d| policy::compose(turn.plan, &turn.state, metadata, &d).map(|c| (d, c))) {
        Ok((draft, claims)) => {
            if let Some(trouble) = supersede::refuses_draft(turn, &draft) {
                super::trouble(turn, trouble);
                return;
            }
            if !gate::before_signing(turn, &draft) {
                return;
            }
            let notes = succession::notes(turn.plan, &turn.state, &draft);
            let text = succession::review_text(turn.plan, &notes, &draft);
            let review = Digest::of(text.join("\n").as_bytes());
            declare(turn, metadata, &notes);
            turn.derive(
                Kind::Composed,
                [
                    ("metadata", metadata.as_str().into()),
                    (
                        "version",
                        Json::Int(i64::try_from(draft.version).unwrap_or(i64::MAX)),
                    ),
                    ("payload", draft.digest.hex().into()),
                    (
                        "length",
                        Json::Int(i64::try_from(draft.canonical.len()).unwrap_or(i64::MAX)),
                    ),
                    ("review", review.hex().into()),
                    (
                        "expires",
                        policy::expires(turn.plan, &turn.state, metadata).into(),
                    ),
                    ("policy", claims),
                ],
            );
            turn.derive(
                Kind::Frozen,
                [
                    ("metadata", metadata.as_str().into()),
                    ("payload", draft.digest.hex().into()),
                ],
            );
            turn.state.files.insert(
                metadata.clone(),
                FileState {
                    draft: draft.into(),
                    review,
                    notes,
                    reviewed: false,
                    compared: false,
                    signatures: Vec::new(),
                    complete: false,
                },
            );
            turn.finish(false);
        }
        Err(why) => super::trouble(
            turn,
            Trouble::Device(DeviceFault {
                operation: Operation::Identity,
                code: DeviceCode::Unsupported,
                meaning: why,
                changed: Changed::No,
                retry: Retry::Never,
            }),
        ),
    }
}

/// What a succession changes, as people approved it, before its bytes are fixed.
fn declare(turn: &mut Turn, metadata: &MetadataName, notes: &[String]) {
    let (Some(RoleName::Root), Some(trusted)) = (metadata.top(), turn.plan.trusted()) else {
        return;
    };
    let version = i64::try_from(trusted.root.common.version).unwrap_or(i64::MAX);
    let changes = turn.plan.script().changes.iter().map(|c| {
        let reason = shown(c.reason.as_deref().unwrap_or_default(), 200);
        Json::object([("change", c.what.words().into()), ("reason", reason.into())])
    });
    let changes = changes.collect();
    let notes: Vec<Json> = notes.iter().map(|n| n.as_str().into()).collect();
    turn.derive(
        Kind::Transition,
        [
            ("trusted", Json::Int(version)),
            ("changes", Json::Array(changes)),
            ("notes", Json::Array(notes)),
        ],
    );
}
