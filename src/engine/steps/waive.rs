//! `waive`: a claim of the policy does not hold, the approved script says why,
//! and people accept it one by one: each of the quorum of the waiver's role,
//! then one of another role, types the claim's name. Nothing is waived that the
//! approved bytes do not waive.

use crate::base::Json;
use crate::engine::Refusal;
use crate::engine::turn::Turn;
use crate::script::Verb;
use crate::transcript::Kind;

/// The word that the open line wants; only the claim's own name waives it.
pub(super) fn typed(wanted: &str, text: &str) -> Result<(), Refusal> {
    if !wanted.is_empty() && text.trim().eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Refusal::new(
        "typed-differs",
        format!("the name of the claim, {wanted}"),
        crate::base::shown(text.trim(), 40),
        "nothing was waived",
    ))
}

/// All have spoken.
pub(super) fn done(turn: &mut Turn) {
    let Some(Verb::Waive { claim, role }) = turn.verb() else {
        return;
    };
    let Some(waiver) = turn.plan.waiver(*claim, *role) else {
        return;
    };
    let quorum = turn.plan.quorum(&waiver.by);
    let second = turn.planned().map(|p| p.step.by.to_string()).unwrap_or_default();
    turn.derive(
        Kind::Waived,
        [
            ("claim", claim.id().into()),
            ("role", role.map_or("", |r| r.as_str()).into()),
            ("because", waiver.reason.as_str().into()),
            ("by", waiver.by.as_str().into()),
            ("quorum", Json::Int(i64::from(quorum))),
            ("second", second.into()),
        ],
    );
}
