//! The gate (DESIGN 6): what every real TUF client would say, asked twice. Before
//! the first PIN over the payload, signed by throwaway keys of the same kinds;
//! before the export over the files themselves. All verdicts are recorded; a client
//! that the script's profile names stops the ceremony, for one bad root blocks
//! every client below it for ever. What a model does not know is no acceptance.

use std::collections::BTreeMap;

use super::files::{metadata_files, meter};
use super::published::repository;
use super::state::{State, Trouble};
use super::steps::trouble;
use super::succession;
use super::turn::Turn;
use crate::base::{Digest, Instant, Json};
use crate::plan::Plan;
use crate::script::{Made, Verb};
use crate::transcript::Kind;
use crate::tuf::clients::{Client, Judged, Verdict, judge_from_every_root};
use crate::tuf::{Draft, Summary, check_repository_from, lint_sign};

/// What a client's word counts for, by the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The profile names it: it must accept.
    Named,
    /// The profile names it, and the script takes into account that it refuses.
    Acknowledged,
    /// It is only asked.
    Asked,
}

impl Standing {
    /// The word in records and on screens.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::Named => "named",
            Standing::Acknowledged => "acknowledged",
            Standing::Asked => "asked",
        }
    }
}

/// What `client` counts for under the script.
#[must_use]
pub fn standing(plan: &Plan, client: Client) -> Standing {
    if !plan.script().profile.clients.contains(&client) {
        Standing::Asked
    } else if acknowledged(plan).contains(&client.name()) {
        Standing::Acknowledged
    } else {
        Standing::Named
    }
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

/// Before the payload is frozen: false, and a question is open, where a client of
/// the profile would refuse what the tokens are about to sign.
pub(super) fn before_signing(turn: &mut Turn, draft: &Draft) -> bool {
    let verdict = rehearse(turn.plan, &turn.state, draft);
    let refused = match verdict {
        Err(why) => Err(why),
        Ok(judged) => {
            let about = Json::object([
                ("metadata", draft.role_name().into()),
                ("payload", draft.digest.hex().into()),
            ]);
            record(turn, "lint-sign", about, &judged);
            let refusals = refusals(turn.plan, &judged);
            turn.state.clients.insert(draft.metadata_name(), judged);
            refusals
        }
    };
    match refused {
        Ok(()) => true,
        Err(why) => {
            turn.derive(Kind::GateFailed, [("because", why.clone().into())]);
            trouble(turn, Trouble::Gate(why));
            false
        }
    }
}

fn rehearse(plan: &Plan, state: &State, draft: &Draft) -> Result<Vec<Judged>, String> {
    let at = state.clock.ok_or("the clock was not confirmed")?.machine;
    let beside: Vec<&Draft> = state.files.values().map(|f| &*f.draft).collect();
    lint_sign(draft, &beside, &published(plan, state, draft, at), at).map_err(|e| format!("LINT-SIGN: {e}"))
}

/// What clients have already: the chain, and published files that still apply
/// beside what is made here. A ceremony of a first root has none.
fn published(plan: &Plan, state: &State, draft: &Draft, at: Instant) -> BTreeMap<String, Vec<u8>> {
    let drafts = state.files.values().map(|f| &*f.draft).chain([draft]);
    let made = drafts.map(|d| (d.file_name(), d.assemble(&[]))).collect();
    let (mut files, _) = repository(plan, &made, at);
    files.retain(|name, _| !made.contains_key(name));
    files
}

/// Before the export: thresholds by the one counting function, then our own strict
/// workflow over the finished files, then every client.
pub(super) fn before_export(turn: &mut Turn) -> Result<String, String> {
    let at = turn.state.clock.ok_or("the clock was not confirmed")?.machine;
    // As clients will see it: with the chain, and what is published and still applies.
    let (files, left_out) = repository(turn.plan, &metadata_files(&turn.state), at);
    let summary = finished(turn.plan, &turn.state, &files, &left_out, at)?;
    let judged = judge_all(&files, at);
    let about = files
        .iter()
        .map(|(name, bytes)| {
            Json::object([
                ("file", name.as_str().into()),
                ("sha256", Digest::of(bytes).hex().into()),
            ])
        })
        .collect();
    record(turn, "signed", Json::Array(about), &judged);
    refusals(turn.plan, &judged)?;
    Ok(summary)
}

/// What every client says of files, from every root that it may have been shipped
/// with, in the order of [`Client::ALL`].
#[must_use]
pub fn judge_all(files: &BTreeMap<String, Vec<u8>>, at: Instant) -> Vec<Judged> {
    let judged = |client: &Client| Judged::new(*client, judge_from_every_root(*client, files, at));
    Client::ALL.iter().map(judged).collect()
}

fn finished(
    plan: &Plan,
    state: &State,
    repository: &BTreeMap<String, Vec<u8>>,
    left_out: &[String],
    at: Instant,
) -> Result<String, String> {
    for result in plan.script().results.iter().filter(|r| r.made != Made::Elsewhere) {
        let role = &result.metadata;
        let meter = meter(plan, state, role).ok_or_else(|| format!("{} was not composed", role.as_str()))?;
        if !meter.complete() {
            return Err(format!(
                "{} needs {} more signature(s)",
                role.as_str(),
                meter.needed()
            ));
        }
    }
    if let Some(old) = succession::old_meter(plan, state)
        && !old.complete()
    {
        return Err(format!(
            "root needs {} more signature(s) by keys of the trusted root",
            old.needed()
        ));
    }
    let first = plan.trusted().map_or(1, |t| t.first);
    let summary: Summary =
        check_repository_from(repository, first, at).map_err(|e| format!("{}: {e}", e.code()))?;
    let mut files = vec![&summary.root];
    files.extend(&summary.targets);
    files.extend(&summary.delegated);
    files.extend([&summary.snapshot, &summary.timestamp].into_iter().flatten());
    let names: Vec<&str> = files.iter().map(|c| c.file.as_str()).collect();
    let mut said = vec![names.join(" ")];
    said.extend_from_slice(left_out);
    Ok(said.join("; "))
}

/// One record with the verdict of every client, named by the profile or not.
fn record(turn: &mut Turn, phase: &str, about: Json, judged: &[Judged]) {
    let plan = turn.plan;
    let one = |judged: &Judged| {
        let mut json = Json::of(judged).unwrap_or(Json::Bool(false));
        if let Json::Object(members) = &mut json {
            let stands = standing(plan, judged.client).word();
            members.insert("stands".to_owned(), stands.into());
        }
        json
    };
    let clients = judged.iter().map(one).collect();
    turn.derive(
        Kind::ClientVerdicts,
        [
            ("phase", phase.into()),
            ("profile", plan.script().profile.name.into()),
            ("clients", Json::Array(clients)),
            ("about", about),
        ],
    );
}

/// The clients of the profile that do not accept: who, why, and what to change.
fn refusals(plan: &Plan, judged: &[Judged]) -> Result<(), String> {
    let lines: Vec<String> = judged
        .iter()
        .filter(|j| standing(plan, j.client) == Standing::Named && !j.verdict.accepts())
        .map(|j| {
            let remedy = match &j.verdict {
                Verdict::Refuses(refusal) => format!("; remedy: {}", refusal.remedy),
                _ => "; remedy: use what the model knows, or a profile without this client".to_owned(),
            };
            let from = match j.from {
                0 => String::new(),
                from => format!(" from root {from}"),
            };
            format!("CLIENT: {} {}{from} {}{remedy}", j.client, j.version, j.verdict)
        })
        .collect();
    if lines.is_empty() {
        Ok(())
    } else {
        Err(lines.join(" / "))
    }
}
