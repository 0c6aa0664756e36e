//! `compose`: the payload of one metadata file, made from the script's result,
//! the keys of this record and the confirmed clock, and frozen at once. The
//! same inputs give the same bytes on any machine.

use crate::base::Json;
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation, Retry};
use crate::engine::state::{FileState, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{files, gate, policy};
use crate::transcript::Kind;
use crate::tuf::RoleName;

pub(super) fn enter(turn: &mut Turn, metadata: RoleName) {
    let composed = files::compose(turn.plan, &turn.state, metadata);
    match composed.and_then(|d| policy::compose(turn.plan, &turn.state, metadata, &d).map(|c| (d, c))) {
        Ok((draft, claims)) => {
            if !gate::before_signing(turn, &draft) {
                return;
            }
            let review = files::review_digest(&draft);
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
                metadata,
                FileState {
                    draft,
                    review,
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
