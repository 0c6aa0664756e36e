//! `approvals`: the note that the first record pins is a signed note over
//! exactly this script, every line is a verified one of an approver whom the
//! script lists, and a quorum of distinct public keys stands in it. Whether
//! these are the people who should approve is an anchor's to say.

use crate::bundle::layout::APPROVALS;
use crate::engine::FileRef;

use super::super::Found;
use super::super::codes::APPROVALS_NOT_PINNED;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let what = "a quorum of the script's approvers signed exactly this script";
    let Some(opening) = &case.opening else {
        return Finding::fail(what, "the first record is no opening that can be read");
    };
    let note = case.files.get(APPROVALS);
    if note.is_none() && opening.approvals.is_none() && opening.kind == "rehearsal" {
        return Finding::not_applicable("a rehearsal runs without approvals");
    }
    let mut failures: Vec<Found> = Vec::new();
    let got = note.map(|bytes| FileRef::of(APPROVALS, bytes));
    if got != opening.approvals {
        let said = |file: &Option<FileRef>| match file {
            Some(file) => format!("{} ({} bytes)", file.sha256, file.len),
            None => "none".to_owned(),
        };
        let why = format!("record 0 pins {}, got {}", said(&opening.approvals), said(&got));
        failures.push((APPROVALS_NOT_PINNED, why).into());
    }
    let approved = match &case.plan {
        Ok(plan) => plan
            .script()
            .judge_approvals(note)
            .map_err(|why| Found::from((why.code(), why.to_string()))),
        Err(_) => Err("there is no plan: see script".into()),
    };
    match approved {
        Ok(approved) => Finding::of(approved.words(), failures),
        Err(why) => {
            failures.push(why);
            Finding::of(what, failures)
        }
    }
    .at([0])
}
