//! Drills: a rehearsal in which one thing fails on purpose (facts/ceremonies.md
//! 5: what really happened in rooms), so that people have seen it before it is
//! real, and so that it is proven that a ceremony survives it. The ports that
//! fail are wrappers whose makers want a [`Permit`], and only a rehearsal whose
//! every token is embedded gives one. Nothing here decides anything about a
//! ceremony; the engine is the same.

mod clock;
mod disk;
mod list;
mod permit;
mod place;
mod stage;
mod token;

pub use list::{About, Fault, Shows, help};
pub use permit::Permit;
pub use place::{Drill, Place};

pub(super) use stage::Stage;

use std::path::Path;

use super::{Failure, Ports};
use crate::fault::Code;
use crate::plan::Plan;
use crate::script::Backend;

/// Puts the failing ports around the good ones. The plan that will run gives
/// the permit, here and nowhere earlier, so no other plan can be run with them.
pub(super) fn rig(
    drill: &Drill,
    plan: &Plan,
    record: &Path,
    mut ports: Ports,
) -> Result<(Ports, Stage), Failure> {
    let refused = |meaning: String| Failure {
        code: Code::DrillRefused,
        meaning,
    };
    let permit = Permit::of(plan).map_err(refused)?;
    let place = drill.place(plan).map_err(refused)?;
    if drill.fault() == Fault::RecordCopyLost && ports.mirror.is_none() {
        return Err(refused(
            "the record has no second copy: give --mirror DIR".to_owned(),
        ));
    }
    let stage = Stage::new(&permit, drill, place);
    // A key file is no device: nothing pretends that it fails like one.
    for token in plan
        .script()
        .tokens
        .iter()
        .filter(|t| t.backend == Backend::Embedded)
    {
        if let Some(good) = ports.bench.remove(&token.id) {
            let bad = token::provider(&permit, good, &stage, token);
            ports.bench.insert(token.id.clone(), bad);
        }
    }
    ports.clock = clock::clock(&permit, ports.clock, &stage);
    ports.disk = disk::disk(&permit, ports.disk, &stage, record, ports.media.as_deref());
    Ok((ports, stage))
}
