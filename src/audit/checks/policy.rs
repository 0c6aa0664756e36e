//! `policy`: every claim is judged again from the re-executed record: its
//! script, its keys, its confirmed clock, its payloads. What was waived, and
//! what a rehearsal's stand-ins would not pass in production, is named.

use crate::engine::{policy_facts, policy_refused};
use crate::tuf::policy::{Claim, Verdict, weigh};

use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let (Ok(plan), Ok(state)) = (&case.plan, case.state()) else {
        return Finding::not_applicable("the ceremony was not re-executed: see script and replay");
    };
    let weighed = weigh(&policy_facts(plan, state), &plan.waived_before(state.cursor));
    let what = format!("{} claims, judged from the record", Claim::ALL.len());
    if let Some(why) = policy_refused(&weighed) {
        return Finding::fail(what, why);
    }
    let notes = weighed.iter().map(|(finding, verdict)| {
        let why = match verdict {
            Verdict::Waived => plan
                .waiver(finding.claim, finding.role())
                .map(|w| format!("; because: {}; by a quorum of {}", w.reason, w.by))
                .unwrap_or_default(),
            _ => String::new(),
        };
        format!("{} {}: {}{why}", verdict.as_str(), finding.claim, finding.what)
    });
    Finding::pass(what).with(notes.collect::<Vec<_>>())
}
