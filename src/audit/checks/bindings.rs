//! `bindings`: every file is bound to the record. What was exported, by the
//! digest and length in the `exported` record; the seal, by what it says; in a
//! record's own folder, script and blobs by the first record.

use std::collections::BTreeMap;

use crate::base::Digest;
use crate::bundle::Place;
use crate::bundle::layout::{APPROVALS, SCRIPT};
use crate::engine::FileRef;
use crate::transcript::Kind;

use super::super::Found;
use super::super::codes::{EXPORT_MISPLACED, FILE_ADDED, FILE_MISSING, FILE_SWAPPED};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    if case.is_bundle {
        bundle(case)
    } else {
        record(case)
    }
}

fn bundle(case: &Case<'_>) -> Finding {
    let what = "every exported file has the digest and length of the record";
    let Some((seq, exported)) = case.exported() else {
        let why = "no record says what was exported".to_owned();
        return Finding::fail(what, (EXPORT_MISPLACED, why));
    };
    let mut failures: Vec<Found> = Vec::new();
    let listed: BTreeMap<&str, &FileRef> = exported.iter().map(|f| (f.path.as_str(), f)).collect();
    for (path, expected) in &listed {
        // A name of the record is a stranger's text.
        let name = crate::base::shown(path, 120);
        if !Place::of(path).is_some_and(Place::is_exported) {
            let why = format!("record {seq} exports {name}, which has no place in a bundle");
            failures.push((FILE_ADDED, why).into());
        }
        match case.files.get(path).map(|bytes| FileRef::of(path, bytes)) {
            None => failures.push((FILE_MISSING, format!("{name}: was exported and is missing")).into()),
            Some(got) if got != **expected => {
                let why = format!(
                    "{name}: expected {} ({} bytes), got {} ({} bytes)",
                    expected.sha256, expected.len, got.sha256, got.len
                );
                failures.push((FILE_SWAPPED, why).into());
            }
            Some(_) => {}
        }
    }
    for path in case.files.known.keys() {
        let place = Place::of(path);
        if place.is_some_and(Place::is_exported) && !listed.contains_key(path.as_str()) {
            let why = format!("{path}: no record says that it was exported");
            failures.push((FILE_ADDED, why).into());
        }
    }
    // What leaves must have been read back before the record was closed.
    let after = case.lines.iter().rfind(|l| l.record.kind == Kind::Close);
    if after.is_some_and(|l| l.seq < seq) {
        let why = "the export stands after the close".to_owned();
        failures.push((EXPORT_MISPLACED, why).into());
    }
    Finding::of(format!("{} files, as record {seq} says", listed.len()), failures).at([seq])
}

fn record(case: &Case<'_>) -> Finding {
    let Some(opening) = &case.opening else {
        return Finding::fail(
            "script and blobs are those of the first record",
            "the first record is no opening that can be read",
        );
    };
    let mut failures: Vec<Found> = Vec::new();
    let pinned: Vec<Digest> = opening.inputs.iter().map(|f| f.sha256).collect();
    for (path, bytes) in case.files.at(Place::Blob) {
        let got = Digest::of(bytes);
        if path != format!("blobs/{got}") {
            failures.push((FILE_SWAPPED, format!("{path}: has SHA-256 {got}")).into());
        } else if !pinned.contains(&got) {
            let why = format!("{path}: the first record does not name it");
            failures.push((FILE_ADDED, why).into());
        }
    }
    for input in &opening.inputs {
        if case.files.get(&format!("blobs/{}", input.sha256)).is_none() {
            let why = format!("blobs/{}: is missing", input.sha256);
            failures.push((FILE_MISSING, why).into());
        }
    }
    let script = case.files.get(SCRIPT).map(Digest::of);
    if script != Some(opening.script.sha256) {
        let why = format!("{SCRIPT}: is not the one that the first record pins");
        failures.push((FILE_SWAPPED, why).into());
    }
    let note = case
        .files
        .get(APPROVALS)
        .map(|bytes| FileRef::of(APPROVALS, bytes));
    if note != opening.approvals {
        let why = format!("{APPROVALS}: is not what the first record pins");
        failures.push((FILE_SWAPPED, why).into());
    }
    Finding::of("script and blobs are those of the first record", failures)
}
