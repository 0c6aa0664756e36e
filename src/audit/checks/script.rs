//! `script`: `script.toml` is the file that the first record pins, it parses,
//! and with its files it makes a plan that the walk accepts.

use crate::bundle::layout::SCRIPT;
use crate::engine::FileRef;

use super::super::Found;
use super::super::codes::{SCRIPT_REFUSED, SCRIPT_SWAPPED};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let mut failures: Vec<Found> = Vec::new();
    match (case.files.get(SCRIPT), &case.opening) {
        (Some(bytes), Some(opening)) => {
            let got = FileRef::of(SCRIPT, bytes);
            let expected = &opening.script;
            if (got.sha256, got.len) != (expected.sha256, expected.len) {
                let why = format!(
                    "{SCRIPT}: record 0 pins {} ({} bytes), got {} ({} bytes)",
                    expected.sha256, expected.len, got.sha256, got.len
                );
                failures.push((SCRIPT_SWAPPED, why).into());
            }
        }
        (_, None) => failures.push("the first record is no opening that can be read".into()),
        (None, _) => {}
    }
    let what = match &case.plan {
        Ok(plan) => format!("{} steps, SHA-256 {}", plan.steps().len(), plan.script().sha256),
        Err(why) => {
            failures.extend(why.iter().map(|w| (SCRIPT_REFUSED, w.clone()).into()));
            "the script gives a plan".to_owned()
        }
    };
    Finding::of(what, failures)
}
