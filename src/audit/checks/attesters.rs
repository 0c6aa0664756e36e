//! `attesters`: each signature of a seat over the record's head verifies under the
//! key that the seat enrolled, over a checkpoint that stands in the record; none is
//! by a key of TUF; and every seat that declined or was empty is named with its
//! reason. Nothing of this rests on the engine: lines and keys alone are read.

use std::collections::BTreeMap;

use super::{Case, Finding};
use crate::base::shown::counted;
use crate::base::{Json, PublicKey, shown};
use crate::bundle::Place;
use crate::transcript::{Kind, Line, countersigned};
use crate::tuf::{Key, Metadata, Signed};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let of = |kind: Kind| case.lines.iter().filter(move |l| l.record.kind == kind);
    let declared = case.plan.as_ref().is_ok_and(|p| !p.script().attesters.is_empty());
    let recorded = [Kind::Attester, Kind::Countersigned, Kind::Declined];
    if !declared && recorded.iter().all(|k| of(*k).next().is_none()) {
        // Said rather than silent, as a quorum of none is.
        return Finding::pass("no seat has an audit key");
    }
    let (mut failures, mut records) = (Vec::new(), Vec::new());
    let mut heads: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let keys = keys_of_tuf(case);
    for one in countersigned(&case.lines) {
        let why = match &one.by {
            Err(why) => Some(why.clone()),
            // DESIGN 5: root and targets keys never sign notes.
            Ok(vkey) if keys.contains(vkey.key()) => Some("its key is a key of TUF".to_owned()),
            Ok(vkey) => made(case, &one.attester, vkey.key()),
        };
        match why {
            Some(why) => {
                records.push(one.seq);
                failures.push(format!("record {}: {}: {why}", one.seq, one.attester));
            }
            None => heads.entry(one.size).or_default().push(one.attester),
        }
    }
    let lines = case.lines.len();
    let signed = heads
        .iter()
        .map(|(size, by)| format!("the first {size} of {lines} lines: {}", by.join(", ")));
    let declined = of(Kind::Declined).filter_map(declined);
    let enrolled = of(Kind::Attester).count();
    let what = format!(
        "{} enrolled, {} over {}",
        counted(enrolled, "audit key"),
        counted(
            heads.values().map(Vec::len).fold(0, usize::saturating_add),
            "signature"
        ),
        counted(heads.len(), "head")
    );
    Finding::of(what, failures)
        .at(records)
        .with(signed)
        .with(declined)
}

/// A seat that does not enrol, or does not sign one head; each later step that has
/// no point without its key says the same again, and is left out.
fn declined(line: &Line) -> Option<String> {
    let body = &line.record.body;
    let text = |member: &str| shown(body.get(member).and_then(Json::as_str).unwrap_or_default(), 280);
    let what = match text("what").as_str() {
        "enrolment" => "enrols no key".to_owned(),
        "checkpoint" => {
            let size = body.get("size").and_then(Json::as_int).unwrap_or_default();
            format!("does not sign the first {size} lines")
        }
        _ => return None,
    };
    let seat = body.get("seat").and_then(Json::as_int).unwrap_or_default();
    let how = match body.get("absent") {
        Some(Json::Bool(true)) => "absent",
        _ => "declines",
    };
    Some(format!(
        "{} {seat} ({}) {what}: {how}, because: {}",
        text("role"),
        text("attester"),
        text("because")
    ))
}

/// Whether the record has the key under another name as well.
fn made(case: &Case<'_>, attester: &str, key: &PublicKey) -> Option<String> {
    let print = key.fingerprint().hex();
    case.lines.iter().find_map(|line| {
        let of = |member: &str| line.record.body.get(member).and_then(Json::as_str);
        let same = line.record.kind == Kind::Key && of("fingerprint") == Some(print.as_str());
        let name = of("name").filter(|name| same && *name != attester)?;
        Some(format!("its key is recorded as {} too", shown(name, 40)))
    })
}

/// Every key that metadata here, or the chain that it follows, lists for any role.
pub(in super::super) fn keys_of_tuf(case: &Case<'_>) -> Vec<PublicKey> {
    let mut keys: Vec<PublicKey> = Vec::new();
    let mut add = |key: &Key| keys.extend(key.to_public());
    for (_, bytes) in case.files.at(Place::Metadata) {
        match Metadata::parse(bytes).map(|m| m.signed) {
            Ok(Signed::Root(root)) => root.keys.values().for_each(&mut add),
            Ok(Signed::Targets(targets)) => {
                let delegations = targets.delegations.iter();
                delegations.flat_map(|d| d.keys.values()).for_each(&mut add);
            }
            _ => {}
        }
    }
    if let Ok(plan) = &case.plan {
        let trusted = plan.trusted().into_iter();
        trusted
            .clone()
            .flat_map(|t| t.root.keys.values())
            .for_each(&mut add);
        keys.extend(trusted.flat_map(|t| t.gone.iter().cloned()));
        keys.extend(plan.external().values().cloned());
    }
    keys
}
