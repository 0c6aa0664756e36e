//! `clients`: the strict client workflow (TUF 5.3 to 5.6) accepts the files at
//! the record's confirmed clock, or at the instant that was asked for.

use std::collections::BTreeMap;

use crate::bundle::Place;
use crate::tuf::check_repository;

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
    match check_repository(&files, at) {
        Ok(summary) => Finding::pass(what).with(summary.not_checked),
        Err(e) => Finding::fail(what, format!("{}: {e}", e.code())),
    }
}
