//! `layout`: every name is one that a bundle (or a record's folder) may hold,
//! every file that must be there is there, nothing is beyond the limits.

use crate::bundle::Place;
use crate::bundle::layout::{CHECKPOINT, MAX_FILES, MAX_TOTAL, POLICY, RECORD, SCRIPT, SUMS, VERIFIER};

use super::super::Found;
use super::super::codes::{FILE_ADDED, FILE_MISSING};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let mut failures: Vec<Found> = case
        .files
        .strangers
        .iter()
        .map(|name| (FILE_ADDED, format!("{name}: has no place here")).into())
        .collect();
    let needed: &[&str] = if case.is_bundle {
        &[RECORD, SCRIPT, POLICY, CHECKPOINT, VERIFIER]
    } else {
        &[RECORD, SCRIPT]
    };
    for path in needed {
        if case.files.get(path).is_none() {
            failures.push((FILE_MISSING, format!("{path}: is missing")).into());
        }
    }
    let mut total = 0u64;
    for (path, bytes) in &case.files.known {
        let place = Place::of(path);
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        total = total.saturating_add(len);
        if place.is_none_or(|p| len > p.limit()) {
            failures.push(format!("{path}: is too large ({len} bytes)").into());
        }
        if !case.is_bundle && !place.is_some_and(Place::is_of_record) {
            let why = format!("{path}: belongs in a bundle, and there is no {SUMS}");
            failures.push((FILE_ADDED, why).into());
        }
    }
    if case.files.known.len() > MAX_FILES {
        failures.push(format!("expected at most {MAX_FILES} files").into());
    }
    if total > MAX_TOTAL {
        failures.push(format!("expected at most {MAX_TOTAL} bytes, got {total}").into());
    }
    let what = if case.is_bundle {
        "a bundle"
    } else {
        "a record's own folder"
    };
    Finding::of(
        format!("{what} of {} files, {total} bytes", case.files.known.len()),
        failures,
    )
}
