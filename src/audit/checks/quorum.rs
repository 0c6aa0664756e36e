//! `quorum`: which witnesses the policy asks for. This version's policies ask
//! for none, and the report says so rather than being silent.

use crate::bundle::layout::POLICY;
use crate::transcript::Policy;
use crate::transcript::policy::NotAPolicy;

use super::super::codes::{FILE_MISSING, KEY_REFUSED, POLICY_SWAPPED};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let Some(bytes) = case.files.get(POLICY) else {
        return if case.is_bundle {
            let why = "policy: is missing".to_owned();
            Finding::fail("the policy's quorum is met", (FILE_MISSING, why))
        } else {
            Finding::not_applicable("a record's own folder has no policy")
        };
    };
    let policy = std::str::from_utf8(bytes)
        .map_err(|_| (POLICY_SWAPPED, "expected text".to_owned()))
        .and_then(|text| {
            Policy::parse(text).map_err(|e| {
                let code = match e {
                    NotAPolicy::Vkey { .. } | NotAPolicy::Kind(_) => KEY_REFUSED,
                    _ => POLICY_SWAPPED,
                };
                (code, e.to_string())
            })
        });
    match policy {
        Ok(policy) if case.policy.as_ref() != Ok(&policy) => Finding::fail(
            "the policy's quorum is met",
            (
                POLICY_SWAPPED,
                "policy: is not the one that follows from the record".to_owned(),
            ),
        ),
        Ok(_) => Finding::pass("quorum none: no witness"),
        Err((code, why)) => Finding::fail("the policy's quorum is met", (code, format!("policy: {why}"))),
    }
}
