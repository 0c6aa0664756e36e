//! `metadata`: every file in `metadata/` is, byte for byte, what the
//! re-executed ceremony assembles; none is missing and none is added.

use crate::bundle::Place;
use crate::engine::metadata_files;

use super::super::Found;
use super::super::codes::{FILE_ADDED, FILE_MISSING, METADATA_SWAPPED};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    if !case.is_bundle {
        return Finding::not_applicable("a record's own folder has no metadata");
    }
    let Ok(state) = case.state() else {
        return Finding::not_applicable("needs the re-executed ceremony: see replay");
    };
    let expected = metadata_files(state);
    let mut failures: Vec<Found> = Vec::new();
    for (name, bytes) in &expected {
        match case.files.get(&format!("metadata/{name}")) {
            None => failures.push((FILE_MISSING, format!("metadata/{name}: is missing")).into()),
            Some(got) if got != bytes.as_slice() => {
                let at = got.iter().zip(bytes).take_while(|(a, b)| a == b).count();
                let why = format!("metadata/{name}: differs from byte {at} on");
                failures.push((METADATA_SWAPPED, why).into());
            }
            Some(_) => {}
        }
    }
    for (path, _) in case.files.at(Place::Metadata) {
        let known = path
            .strip_prefix("metadata/")
            .is_some_and(|name| expected.contains_key(name));
        if !known {
            let why = format!("{path}: this ceremony did not make it");
            failures.push((FILE_ADDED, why).into());
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
