//! `metadata`: every file in `metadata/` is, byte for byte, what the
//! re-executed ceremony assembles; none is missing and none is added.

use crate::bundle::Place;
use crate::engine::metadata_files;

use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    if !case.is_bundle {
        return Finding::not_applicable("a record's own folder has no metadata");
    }
    let Ok(state) = case.state() else {
        return Finding::not_applicable("needs the re-executed ceremony: see replay");
    };
    let expected = metadata_files(state);
    let mut failures = Vec::new();
    for (name, bytes) in &expected {
        match case.files.get(&format!("metadata/{name}")) {
            None => failures.push(format!("metadata/{name}: is missing")),
            Some(got) if got != bytes.as_slice() => {
                let at = got.iter().zip(bytes).take_while(|(a, b)| a == b).count();
                failures.push(format!("metadata/{name}: differs from byte {at} on"));
            }
            Some(_) => {}
        }
    }
    for (path, _) in case.files.at(Place::Metadata) {
        let known = path
            .strip_prefix("metadata/")
            .is_some_and(|name| expected.contains_key(name));
        if !known {
            failures.push(format!("{path}: this ceremony did not make it"));
        }
    }
    Finding::of(
        format!(
            "{} files, equal byte for byte to those re-executed",
            expected.len()
        ),
        failures,
    )
}
