//! `bindings`: every file is bound to the record. What was exported, by the
//! digest and length in the `exported` record; the seal, by what it says; in a
//! record's own folder, script and blobs by the first record.

use std::collections::BTreeMap;

use crate::base::Digest;
use crate::bundle::Place;
use crate::bundle::layout::{APPROVALS, SCRIPT};
use crate::engine::FileRef;
use crate::transcript::Kind;

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
        return Finding::fail(what, "no record says what was exported");
    };
    let mut failures = Vec::new();
    let listed: BTreeMap<&str, &FileRef> = exported.iter().map(|f| (f.path.as_str(), f)).collect();
    for (path, expected) in &listed {
        if !Place::of(path).is_some_and(Place::is_exported) {
            failures.push(format!(
                "record {seq} exports {}, which has no place in a bundle",
                crate::base::shown(path, 120)
            ));
        }
        match case.files.get(path).map(|bytes| FileRef::of(path, bytes)) {
            None => failures.push(format!("{path}: was exported and is missing")),
            Some(got) if got != **expected => failures.push(format!(
                "{path}: expected {} ({} bytes), got {} ({} bytes)",
                expected.sha256, expected.len, got.sha256, got.len
            )),
            Some(_) => {}
        }
    }
    for path in case.files.known.keys() {
        let place = Place::of(path);
        if place.is_some_and(Place::is_exported) && !listed.contains_key(path.as_str()) {
            failures.push(format!("{path}: no record says that it was exported"));
        }
    }
    // What leaves must have been read back before the record was closed.
    let after = case.lines.iter().rfind(|l| l.record.kind == Kind::Close);
    if after.is_some_and(|l| l.seq < seq) {
        failures.push("the export stands after the close".to_owned());
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
    let mut failures = Vec::new();
    let pinned: Vec<Digest> = opening.inputs.iter().map(|f| f.sha256).collect();
    for (path, bytes) in case.files.at(Place::Blob) {
        let got = Digest::of(bytes);
        if path != format!("blobs/{got}") {
            failures.push(format!("{path}: has SHA-256 {got}"));
        } else if !pinned.contains(&got) {
            failures.push(format!("{path}: the first record does not name it"));
        }
    }
    for input in &opening.inputs {
        if case.files.get(&format!("blobs/{}", input.sha256)).is_none() {
            failures.push(format!("blobs/{}: is missing", input.sha256));
        }
    }
    let script = case.files.get(SCRIPT).map(Digest::of);
    if script != Some(opening.script.sha256) {
        failures.push(format!("{SCRIPT}: is not the one that the first record pins"));
    }
    let note = case
        .files
        .get(APPROVALS)
        .map(|bytes| FileRef::of(APPROVALS, bytes));
    if note != opening.approvals {
        failures.push(format!("{APPROVALS}: is not what the first record pins"));
    }
    Finding::of("script and blobs are those of the first record", failures)
}
