//! `clients`: the strict client workflow (TUF 5.3 to 5.6) accepts the files at
//! the record's confirmed clock, or at the instant that was asked for; and what
//! the record says of each real client is what its model says here, over the
//! files that are here. Where the record was made with the model of another
//! release, today's verdict stands on a line of its own and decides nothing.

use std::collections::BTreeMap;

use crate::base::{Digest, Instant, Json, shown};
use crate::bundle::Place;
use crate::engine::{judge_all, repository};
use crate::transcript::{Kind, Line};
use crate::tuf::check_repository_from;
use crate::tuf::clients::{Client, Judged};

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
    let files: BTreeMap<String, Vec<u8>> = case
        .files
        .at(Place::Metadata)
        .filter_map(|(path, bytes)| {
            let name = path.strip_prefix("metadata/")?;
            Some((name.to_owned(), bytes.to_vec()))
        })
        .collect();
    // With the chain and the published files that a succession starts from.
    let (whole, first, left_out) = match &case.plan {
        Ok(plan) => {
            let (whole, left_out) = repository(plan, &files, at);
            (whole, plan.trusted().map_or(1, |t| t.first), left_out)
        }
        Err(_) => (files.clone(), 1, Vec::new()),
    };
    let mut failures = Vec::new();
    let mut notes = match check_repository_from(&whole, first, at) {
        Ok(summary) => summary.not_checked,
        Err(e) => {
            failures.push(format!("{}: {e}", e.code()));
            Vec::new()
        }
    };
    notes.extend(left_out);
    let line = case.lines.iter().rfind(|l| phase(l) == Some("signed"));
    match (line, case.recorded_clock()) {
        (Some(line), Some(clock)) => compare(case, line, &files, clock, &mut failures, &mut notes),
        _ => failures.push("the record does not say what each client says of the files".to_owned()),
    }
    let what =
        format!("the strict client accepts the metadata at {at}, and each client says what the record says");
    Finding::of(what, failures).at(line.map(|l| l.seq)).with(notes)
}

fn phase(line: &Line) -> Option<&str> {
    let body = (line.record.kind == Kind::ClientVerdicts).then_some(&line.record.body)?;
    body.get("phase")?.as_str()
}

/// The recorded verdicts against those of today's models over the same bytes.
fn compare(
    case: &Case<'_>,
    line: &Line,
    files: &BTreeMap<String, Vec<u8>>,
    clock: Instant,
    failures: &mut Vec<String>,
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
    let today = judge_all(&files, clock);
    let recorded = body.get("clients").and_then(Json::as_array).unwrap_or_default();
    let mut heard = Vec::new();
    for json in recorded {
        let Ok(was) = json.read::<Judged>() else {
            failures.push(format!("record {}: a verdict does not read", line.seq));
            continue;
        };
        let stands = json.get("stands").and_then(Json::as_str).unwrap_or_default();
        heard.push(was.client);
        let name = format!("{} {}", was.client, shown(&was.version, 40));
        notes.push(format!("{name} ({}): {}", shown(stands, 20), told(&was)));
        if stands == "named" && !was.verdict.accepts() {
            failures.push(format!("{name}: the profile names it, and it does not accept"));
        }
        let Some(now) = today.iter().find(|j| j.client == was.client) else {
            continue;
        };
        if was.version != now.version {
            notes.push(format!(
                "{} {}, today's model: {}",
                now.client,
                now.version,
                told(now)
            ));
        } else if was != *now {
            failures.push(format!(
                "{name}: expected what its model says, {}; the record says {}",
                told(now),
                told(&was)
            ));
        }
    }
    if heard != Client::ALL {
        failures.push(format!(
            "record {}: expected a verdict of each client once",
            line.seq
        ));
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
