//! The gate: what every real TUF client would say, asked before anything leaves
//! (DESIGN 6). One bad root blocks every client below it for ever.

use super::files::{metadata_files, meter};
use super::state::State;
use crate::base::Instant;
use crate::plan::Plan;
use crate::script::{Made, Verb};
use crate::tuf::clients::{Verdict, judge_from_every_root};
use crate::tuf::{Summary, check_repository};

/// The gate before the export: thresholds by the one counting function, then
/// the whole client workflow over the finished files.
pub(super) fn gate(plan: &Plan, state: &State) -> Result<String, String> {
    for result in plan.script().results.iter().filter(|r| r.made != Made::Elsewhere) {
        let role = result.metadata;
        let meter = meter(plan, state, role).ok_or_else(|| format!("{} was not composed", role.as_str()))?;
        if !meter.complete() {
            return Err(format!(
                "{} needs {} more signature(s)",
                role.as_str(),
                meter.needed()
            ));
        }
    }
    let at = state.clock.ok_or("the clock was not confirmed")?.machine;
    let summary: Summary =
        check_repository(&metadata_files(state), at).map_err(|e| format!("{}: {e}", e.code()))?;
    let mut files = vec![&summary.root];
    files.extend(
        [&summary.targets, &summary.snapshot, &summary.timestamp]
            .into_iter()
            .flatten(),
    );
    named_clients(plan, state, at)?;
    let names: Vec<&str> = files.iter().map(|c| c.file.as_str()).collect();
    Ok(names.join(" "))
}

/// Every client that the script's profile names accepts the files, from every
/// root that it may have been shipped with (DESIGN 6). What a model does not
/// know is no acceptance.
fn named_clients(plan: &Plan, state: &State, at: Instant) -> Result<(), String> {
    let profile = plan.script().profile;
    let files = metadata_files(state);
    let waived = acknowledged(plan);
    let named = profile.clients.iter().filter(|c| !waived.contains(&c.name()));
    for client in named {
        let (from, verdict) = judge_from_every_root(*client, &files, at);
        if verdict != Verdict::Accepts {
            return Err(format!(
                "CLIENT: {client} {} from root {from} {verdict}",
                client.version()
            ));
        }
    }
    Ok(())
}

/// Clients that the approved script says will refuse a key of it (P-384), and
/// takes into account.
fn acknowledged(plan: &Plan) -> Vec<&str> {
    plan.steps()
        .iter()
        .filter_map(|s| match &s.step.verb {
            Verb::GenerateKey { refused_by, .. } => Some(refused_by),
            _ => None,
        })
        .flatten()
        .map(String::as_str)
        .collect()
}
