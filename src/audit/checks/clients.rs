//! `clients`: the strict client workflow (TUF 5.3 to 5.6) accepts the files at
//! the record's confirmed clock, or at the instant that was asked for.

use std::collections::BTreeMap;

use crate::bundle::Place;
use crate::engine::repository;
use crate::tuf::check_repository_from;

use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    if !case.is_bundle {
        return Finding::not_applicable("a record's own folder has no metadata");
    }
    let Some(at) = case.at() else {
        return Finding::fail(
            "a TUF client accepts the metadata",
            "the record has no confirmed clock, and no instant was given",
        );
    };
    let files: BTreeMap<String, Vec<u8>> = case
        .files
        .at(Place::Metadata)
        .filter_map(|(path, bytes)| {
            let name = path.strip_prefix("metadata/")?;
            Some((name.to_owned(), bytes.to_vec()))
        })
        .collect();
    let what = format!("the strict client accepts the metadata at {at}");
    // With the chain and the published files that a succession starts from.
    let (files, first, left_out) = match &case.plan {
        Ok(plan) => {
            let (files, left_out) = repository(plan, &files, at);
            (files, plan.trusted().map_or(1, |t| t.first), left_out)
        }
        Err(_) => (files, 1, Vec::new()),
    };
    match check_repository_from(&files, first, at) {
        Ok(summary) => Finding::pass(what).with(summary.not_checked).with(left_out),
        Err(e) => Finding::fail(what, format!("{}: {e}", e.code())),
    }
}
