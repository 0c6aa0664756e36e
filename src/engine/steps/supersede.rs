//! `supersede`: an earlier ceremony meant to sign one payload of a role and
//! version, and this one signs another. Its signatures may be in the world, so a
//! quorum of the step's role says one by one that the new payload takes its
//! place. Without that no PIN is asked for (facts/security.md I6).

use crate::base::Json;
use crate::engine::state::{Question, Trouble};
use crate::engine::turn::Turn;
use crate::script::{Superseding, Verb};
use crate::transcript::Kind;
use crate::tuf::{Draft, MetadataName};

pub(super) fn enter(turn: &mut Turn, what: &Superseding) {
    let new = turn.state.files.get(&what.metadata).map(|f| f.draft.digest);
    if new == Some(what.payload) {
        // The same bytes: signing them again is safe, and nothing is superseded.
        turn.finish(false);
    } else {
        turn.ask(Question::Item { index: 0 });
    }
}

/// The quorum has spoken.
pub(super) fn done(turn: &mut Turn) {
    let (Some(planned), Some(Verb::Supersede(what))) = (turn.planned(), turn.verb()) else {
        return;
    };
    let Some(file) = turn.state.files.get(&what.metadata) else {
        return;
    };
    let by = &planned.step.by;
    let body = [
        ("metadata", what.metadata.as_str().into()),
        (
            "version",
            Json::Int(i64::try_from(what.version).unwrap_or(i64::MAX)),
        ),
        ("earlier", what.payload.hex().into()),
        ("payload", file.draft.digest.hex().into()),
        ("because", what.reason.as_str().into()),
        ("by", by.as_str().into()),
        ("quorum", Json::Int(i64::from(turn.plan.quorum(by)))),
    ];
    turn.derive(Kind::Superseded, body);
    turn.state.superseded.insert(what.payload);
}

/// Before a payload is frozen: an earlier one of its role and version that nothing
/// in this script supersedes.
pub(super) fn refuses_draft(turn: &Turn, draft: &Draft) -> Option<Trouble> {
    let named = |payload: &_| {
        let steps = turn.plan.steps().iter().map(|s| &s.step.verb);
        steps
            .into_iter()
            .any(|verb| matches!(verb, Verb::Supersede(what) if what.payload == *payload))
    };
    refuse(turn, draft, named)
}

/// Before a device is even looked for: nobody is asked for a PIN over a payload
/// that must not be signed.
pub(super) fn refuses_signature(turn: &Turn, role: &MetadataName) -> Option<Trouble> {
    let draft = &turn.state.files.get(role)?.draft;
    refuse(turn, draft, |payload| turn.state.superseded.contains(payload))
}

fn refuse(turn: &Turn, draft: &Draft, allowed: impl Fn(&crate::base::Digest) -> bool) -> Option<Trouble> {
    let (record, name) = (turn.plan.record()?, draft.metadata_name());
    let role = name.as_str();
    if let Some(highest) = record.highest(role).filter(|h| *h > draft.version) {
        return Some(Trouble::Gate(format!(
            "ROLLBACK: {role} {} is below {role} {highest}, which an earlier ceremony meant to sign; \
             remedy: make a later version",
            draft.version
        )));
    }
    let marks = record.payloads(role, draft.version);
    let open = marks.iter().find(|p| **p != draft.digest && !allowed(p))?;
    Some(Trouble::Gate(format!(
        "TWO PAYLOADS: an earlier ceremony meant to sign another payload of {role} {}: {}; this one is {}; \
         remedy: a `supersede` step that names the earlier one, or a later version",
        draft.version,
        open.hex(),
        draft.digest.hex()
    )))
}
