//! The policy in the room: the same claims as in `check`, held against the keys
//! that exist now, the confirmed clock and the bytes that were composed. What
//! it comes to is recorded with the draft, and the auditor comes to it again.

use super::state::State;
use crate::base::Json;
use crate::plan::Plan;
use crate::tuf::policy::{Facts, Finding, Verdict, recorded, weigh};
use crate::tuf::{Draft, MetadataName};

/// The facts as they stand, with the drafts that exist.
#[must_use]
pub fn policy_facts(plan: &Plan, state: &State) -> Facts {
    let mut facts = plan.policy_facts();
    facts.now = state.clock.map(|c| c.machine);
    for (id, key) in &state.keys {
        if let Some(known) = facts.keys.get_mut(id.as_str()) {
            known.algorithm = Some(key.public.algorithm());
            known.fingerprint = Some(key.public.fingerprint());
        }
    }
    facts.payloads = state
        .files
        .iter()
        .map(|(role, file)| (role.clone(), file.draft.canonical.len()))
        .collect();
    facts
}

/// Judges the ceremony with a new draft, under the waivers that people have
/// confirmed; the claims with their verdicts, for the record.
///
/// # Errors
/// What is refused, in words.
pub(super) fn compose(
    plan: &Plan,
    state: &State,
    role: &MetadataName,
    draft: &Draft,
) -> Result<Json, String> {
    let mut facts = policy_facts(plan, state);
    facts.payloads.insert(role.clone(), draft.canonical.len());
    let weighed = weigh(&facts, &plan.waived_before(state.cursor));
    match refused(&weighed) {
        None => Ok(recorded(&weighed)),
        Some(why) => Err(why),
    }
}

/// When a file expires, absolute with its weekday and relative to the
/// confirmed clock: what the review text, which knows no clock, cannot say.
pub(super) fn expires(plan: &Plan, state: &State, role: &MetadataName) -> String {
    let facts = policy_facts(plan, state);
    facts.life(role).map(|l| facts.shown(l)).unwrap_or_default()
}

/// The first finding that stops, in words.
#[must_use]
pub fn refused(weighed: &[(Finding, Verdict)]) -> Option<String> {
    let (finding, _) = weighed.iter().find(|(_, v)| *v == Verdict::Refused)?;
    Some(format!("policy {}: {}", finding.claim, finding.what))
}
