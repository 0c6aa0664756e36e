//! `kind`: the first record, the script and the origin of every checkpoint say
//! the same, production or rehearsal; a rehearsal can never verify as production.

use crate::base::shown;
use crate::bundle::layout::CHECKPOINT;
use crate::note::Note;
use crate::transcript::Checkpoint;

use super::super::codes::KIND_MISMATCH;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let Some(kind) = case.kind() else {
        return Finding::fail(
            "production or rehearsal",
            "the first record is no opening that can be read",
        );
    };
    let mut failures = Vec::new();
    if !matches!(kind, "production" | "rehearsal") {
        failures.push(format!(
            "expected production or rehearsal, got {}",
            shown(kind, 40)
        ));
    }
    if let Ok(plan) = &case.plan {
        let script = plan.script().kind.name();
        if script != kind {
            failures.push(format!(
                "the script says {script}, the record {}",
                shown(kind, 40)
            ));
        }
    }
    let notes = case
        .gates
        .iter()
        .map(|g| (format!("checkpoint in record {}", g.seq), g.note.as_bytes()))
        .chain(
            case.files
                .get(CHECKPOINT)
                .map(|bytes| ("checkpoint".to_owned(), bytes)),
        );
    for (name, bytes) in notes {
        let checkpoint = Note::parse(bytes)
            .ok()
            .and_then(|n| Checkpoint::parse(n.text()).ok());
        // One that does not parse is `root`'s and `signatures`' finding.
        if checkpoint.is_some_and(|c| c.is_rehearsal() != (kind == "rehearsal")) {
            failures.push(format!("{name}: its origin is not that of a {}", shown(kind, 40)));
        }
    }
    let drill = case.opening.as_ref().and_then(|o| o.drill.as_deref());
    let what = match (kind, drill) {
        ("rehearsal", None) => "a rehearsal".to_owned(),
        // Whoever opened the record let something fail: it is no ordinary one.
        ("rehearsal", Some(drill)) => format!("a rehearsal with a drill: {}", shown(drill, 100)),
        _ => "production".to_owned(),
    };
    if drill.is_some() && kind != "rehearsal" {
        failures.push("a drill stands in a record that is no rehearsal's".to_owned());
    }
    Finding::of(what, failures.into_iter().map(|why: String| (KIND_MISMATCH, why)))
}
