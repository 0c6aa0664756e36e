//! `clients`: the strict client workflow (TUF 5.3 to 5.6) accepts the files at
//! the record's confirmed clock, or at the instant that was asked for; and what
//! the record says of each real client is what the model that it pins says here,
//! over the files that are here. Other models decide nothing: how the files stand
//! with today's is `today.rs`'s, apart from the verdict.

use std::collections::BTreeMap;

use crate::base::{Digest, Instant, Json, shown};
use crate::engine::judge_all;
use crate::transcript::{Kind, Line};
use crate::tuf::check_repository_from;
use crate::tuf::clients::{Client, Judged};

use super::super::Found;
use super::super::case::Whole;
use super::super::codes::{CLIENT_REFUSES, VERDICT_FORGED};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    if !case.is_bundle {
        return Finding::not_applicable("a record's own folder has no metadata");
    }
    let Some(at) = case.at() else {
        return Finding::fail(
            "a TUF client accepts the metadata",
            "the record has no confirmed clock, and no instant was given",
        );
    };
    let files = case.metadata();
    // With the chain and the published files that a succession starts from.
    let whole = Whole::of(case, &files, at);
    let mut failures: Vec<Found> = Vec::new();
    let mut notes = match check_repository_from(&whole.files, whole.first, at) {
        Ok(summary) => summary.not_checked,
        Err(e) => {
            failures.push((CLIENT_REFUSES, format!("{}: {e}", e.code())).into());
            Vec::new()
        }
    };
    notes.extend(whole.left_out);
    let line = case.lines.iter().rfind(|l| phase(l) == Some("signed"));
    let what =
        format!("the strict client accepts the metadata at {at}, and each client says what the record says");
    // The record's verdicts are those of the models that it pins, and no others'.
    if let Some(needs) = case.other_models() {
        let why = format!("{needs}; the record's client verdicts were not re-executed");
        if failures.is_empty() {
            return Finding::not_applicable(why).at(line.map(|l| l.seq)).with(notes);
        }
        notes.push(why);
        return Finding::of(what, failures).at(line.map(|l| l.seq)).with(notes);
    }
    match (line, case.recorded_clock()) {
        (Some(line), Some(clock)) => compare(case, line, &files, clock, &mut failures, &mut notes),
        _ => {
            let why = "the record does not say what each client says of the files".to_owned();
            failures.push((VERDICT_FORGED, why).into());
        }
    }
    Finding::of(what, failures).at(line.map(|l| l.seq)).with(notes)
}

fn phase(line: &Line) -> Option<&str> {
    let body = (line.record.kind == Kind::ClientVerdicts).then_some(&line.record.body)?;
    body.get("phase")?.as_str()
}

/// The recorded verdicts against those of the pinned models over the same bytes.
fn compare(
    case: &Case<'_>,
    line: &Line,
    files: &BTreeMap<String, Vec<u8>>,
    clock: Instant,
    failures: &mut Vec<Found>,
    notes: &mut Vec<String>,
) {
    let body = &line.record.body;
    let Some(files) = same_files(case, body, files) else {
        // That they are others is for `bindings` and `metadata` to say.
        notes.push(format!(
            "record {}: what the clients said is about other files",
            line.seq
        ));
        return;
    };
    // The only models that this program has, and the record pins them.
    let models = judge_all(&files, clock);
    let recorded = body.get("clients").and_then(Json::as_array).unwrap_or_default();
    let mut heard = Vec::new();
    for json in recorded {
        let Ok(was) = json.read::<Judged>() else {
            let why = format!("record {}: a verdict does not read", line.seq);
            failures.push((VERDICT_FORGED, why).into());
            continue;
        };
        let stands = json.get("stands").and_then(Json::as_str).unwrap_or_default();
        heard.push(was.client);
        let name = format!("{} {}", was.client, shown(&was.version, 40));
        notes.push(format!("{name} ({}): {}", shown(stands, 20), told(&was)));
        if stands == "named" && !was.verdict.accepts() {
            let why = format!("{name}: the profile names it, and it does not accept");
            failures.push((CLIENT_REFUSES, why).into());
        }
        let Some(model) = models.iter().find(|j| j.client == was.client) else {
            continue;
        };
        if was != *model {
            let why = format!(
                "{name}: expected what its model says, {} ({}); the record says {}",
                told(model),
                model.version,
                told(&was)
            );
            failures.push((VERDICT_FORGED, why).into());
        }
    }
    if heard != Client::ALL {
        let why = format!("record {}: expected a verdict of each client once", line.seq);
        failures.push((VERDICT_FORGED, why).into());
    }
}

fn told(judged: &Judged) -> String {
    shown(&judged.verdict.to_string(), 300)
}

/// The files that the record names, by digest: among the metadata, or brought
/// with the script. `None`: one is missing, or metadata is there that it does not name.
fn same_files(
    case: &Case<'_>,
    body: &Json,
    metadata: &BTreeMap<String, Vec<u8>>,
) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut named = BTreeMap::new();
    for file in body.get("about")?.as_array()? {
        let name = file.get("file")?.as_str()?;
        let sha256 = Digest::parse(file.get("sha256")?.as_str()?).ok()?;
        let bytes = match metadata.get(name) {
            Some(bytes) => bytes.clone(),
            None => case.files.get(&format!("blobs/{sha256}"))?.to_vec(),
        };
        if Digest::of(&bytes) != sha256 {
            return None;
        }
        named.insert(name.to_owned(), bytes);
    }
    metadata
        .keys()
        .all(|name| named.contains_key(name))
        .then_some(named)
}
