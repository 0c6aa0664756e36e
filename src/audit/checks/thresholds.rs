//! `thresholds`: the signatures are counted anew, from the metadata files
//! alone, by distinct public keys, with the keys that root names. Every root
//! needs its own threshold and that of the root before it (TUF 5.3.4).

use std::collections::BTreeMap;

use crate::bundle::Place;
use crate::tuf::{Metadata, RoleName, Root, Signed, meter};

use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    if !case.is_bundle {
        return Finding::not_applicable("a record's own folder has no metadata");
    }
    let mut failures = Vec::new();
    let mut found = Vec::new();
    let mut roots: BTreeMap<u64, (&str, Metadata)> = BTreeMap::new();
    let mut others: Vec<(&str, Metadata)> = Vec::new();
    for (path, bytes) in case.files.at(Place::Metadata) {
        match Metadata::parse(bytes) {
            Err(e) => failures.push(format!("{path}: {e}")),
            Ok(file) => match &file.signed {
                Signed::Root(_) => {
                    let twice = roots.insert(file.signed.version(), (path, file)).is_some();
                    if twice {
                        failures.push(format!("{path}: there are two roots of this version"));
                    }
                }
                _ => others.push((path, file)),
            },
        }
    }
    // A succession's chain lies among the blobs, by the digests of its script.
    let trusted = case.plan.as_ref().ok().and_then(|p| p.trusted());
    let mut before: Option<&Root> = trusted.map(|t| &t.root);
    for (path, file) in roots.values() {
        let Signed::Root(root) = &file.signed else {
            continue;
        };
        let expected = before.map_or(1, |b| b.common.version.saturating_add(1));
        if root.common.version != expected {
            // TUF 5.3.5
            failures.push(format!("{path}: expected root {expected}"));
        }
        if let Some(before) = before {
            count(path, file, before, RoleName::Root, &mut failures, &mut found);
        }
        count(path, file, root, RoleName::Root, &mut failures, &mut found);
        before = Some(root);
    }
    match before.filter(|_| !roots.is_empty()) {
        None => failures.push("there is no root".to_owned()),
        Some(root) => {
            for (path, file) in &others {
                count(path, file, root, file.signed.role(), &mut failures, &mut found);
            }
        }
    }
    Finding::of(
        "signatures by distinct public keys, counted from the files",
        failures,
    )
    .with(found)
}

fn count(
    path: &str,
    file: &Metadata,
    root: &Root,
    role: RoleName,
    failures: &mut Vec<String>,
    found: &mut Vec<String>,
) {
    let name = file.signed.role();
    let proper = format!("metadata/{}", crate::tuf::file_name(name, file.signed.version()));
    if path != proper {
        failures.push(format!("{path}: by its content it is {proper}"));
    }
    let Some(role) = root.roles.get(&role) else {
        failures.push(format!("{path}: root does not name its role"));
        return;
    };
    let meter = meter(
        &root.keys,
        &role.keyids,
        role.threshold,
        &file.canonical(),
        &file.signatures,
    );
    let line = format!(
        "{path}: {} of {} by root {}",
        meter.distinct, meter.threshold, root.common.version
    );
    if !meter.complete() {
        failures.push(format!("{line}: {} more needed", meter.needed()));
    } else if !meter.invalid.is_empty() {
        // Clients would accept it; this program never writes it.
        failures.push(format!("{line}: and signatures that do not verify"));
    } else {
        found.push(line);
    }
}
