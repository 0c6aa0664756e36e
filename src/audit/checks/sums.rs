//! `sums`: `SHA256SUMS` lists every file but itself and the checkpoints, each
//! with its digest, and nothing else. It finds a broken copy; it proves
//! nothing against somebody who writes a new one.

use crate::base::Digest;
use crate::bundle::layout::SUMS;
use crate::bundle::{Place, Sums};

use super::super::codes::SUM_MISMATCH;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let what = "SHA256SUMS fits the files";
    let Some(bytes) = case.files.get(SUMS) else {
        return Finding::not_applicable("a record's own folder has no SHA256SUMS");
    };
    let sums = match Sums::parse(bytes) {
        Ok(sums) => sums.0,
        Err(e) => return Finding::fail(what, (SUM_MISMATCH, e.to_string())),
    };
    let mut failures = Vec::new();
    for (path, expected) in &sums {
        match case.files.get(path) {
            None => failures.push(format!("{path}: is listed and missing")),
            Some(bytes) => {
                let got = Digest::of(bytes);
                if got != *expected {
                    failures.push(format!("{path}: expected {expected}, got {got}"));
                }
            }
        }
    }
    for path in case.files.known.keys() {
        let summed = Place::of(path).is_some_and(Place::is_summed);
        if summed && !sums.contains_key(path) {
            failures.push(format!("{path}: is there and not listed"));
        }
    }
    Finding::of(what, failures.into_iter().map(|why: String| (SUM_MISMATCH, why)))
}
