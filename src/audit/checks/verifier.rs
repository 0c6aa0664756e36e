//! `verifier`: the bundle's `verify.py` is the one that the first record pins.
//! That says nothing good about it: one runs the release's copy, and the report
//! says whether the two are equal.

use crate::base::Digest;
use crate::bundle::VERIFY_PY;
use crate::bundle::layout::VERIFIER;

use super::super::codes::{FILE_MISSING, VERIFIER_SWAPPED};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let what = "verify.py is the one that the first record pins";
    let Some(opening) = &case.opening else {
        return Finding::fail(what, "the first record is no opening that can be read");
    };
    let pinned = opening.verifier.sha256;
    let release = Digest::of(VERIFY_PY);
    let note = if pinned == release {
        format!("it is this release's copy, SHA-256 {release}")
    } else {
        format!("it is NOT this release's copy (SHA-256 {release}): run the release's, never this one")
    };
    let Some(bytes) = case.files.get(VERIFIER) else {
        return if case.is_bundle {
            Finding::fail(what, (FILE_MISSING, "verify.py: is missing".to_owned()))
        } else {
            Finding::not_applicable("a record's own folder has no verify.py").with([note])
        };
    };
    let got = Digest::of(bytes);
    let failures = if got == pinned {
        Vec::new()
    } else {
        vec![(
            VERIFIER_SWAPPED,
            format!("verify.py: record 0 pins {pinned}, got {got}"),
        )]
    };
    Finding::of(what, failures).with([note])
}
