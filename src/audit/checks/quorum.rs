//! `quorum`: which witnesses the policy asks for. This version's policies ask
//! for none, and the report says so rather than being silent.

use crate::bundle::layout::POLICY;
use crate::transcript::Policy;

use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let Some(bytes) = case.files.get(POLICY) else {
        return if case.is_bundle {
            Finding::fail("the policy's quorum is met", "policy: is missing")
        } else {
            Finding::not_applicable("a record's own folder has no policy")
        };
    };
    let policy = std::str::from_utf8(bytes)
        .map_err(|_| "expected text".to_owned())
        .and_then(|text| Policy::parse(text).map_err(|e| e.to_string()));
    match policy {
        Ok(policy) if case.policy.as_ref() != Ok(&policy) => Finding::fail(
            "the policy's quorum is met",
            "policy: is not the one that follows from the record",
        ),
        Ok(_) => Finding::pass("quorum none: no witness").with(unvouched(case)),
        Err(why) => Finding::fail("the policy's quorum is met", format!("policy: {why}")),
    }
}

/// A run that was resumed signs with a new key that only itself vouches for.
fn unvouched(case: &Case<'_>) -> Option<String> {
    (case.runs.len() > 1).then(|| {
        format!(
            "unvouched epochs: {} of {} runs, which no attester or witness has signed for",
            case.runs.len().saturating_sub(1),
            case.runs.len()
        )
    })
}
