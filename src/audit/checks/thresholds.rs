//! `thresholds`: the signatures are counted anew, from the metadata files
//! alone, by distinct public keys, with the keys that root names: the newest one,
//! or the trusted one where the ceremony makes none. Every root needs its own
//! threshold and that of the root before it (TUF 5.3.4); the file of a delegated
//! role that of each role that delegates to it (TUF 5.6.3).

use std::collections::BTreeMap;

use crate::bundle::Place;
use crate::tuf::{Delegations, Key, KeyId, Metadata, MetadataName, Role, RoleName, Root, Signed, meter};

use super::super::Found;
use super::super::codes::THRESHOLD_SHORT;
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    if !case.is_bundle {
        return Finding::not_applicable("a record's own folder has no metadata");
    }
    let mut failures: Vec<Found> = Vec::new();
    let mut found = Vec::new();
    let mut roots: BTreeMap<u64, (&str, Metadata)> = BTreeMap::new();
    let mut others: Vec<(&str, Metadata)> = Vec::new();
    for (path, bytes) in case.files.at(Place::Metadata) {
        match Metadata::parse(bytes) {
            Err(e) => failures.push(format!("{path}: {e}").into()),
            Ok(file) => match &file.signed {
                Signed::Root(_) => {
                    let twice = roots.insert(file.signed.version(), (path, file)).is_some();
                    if twice {
                        failures.push(format!("{path}: there are two roots of this version").into());
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
            failures.push(format!("{path}: expected root {expected}").into());
        }
        if let Some(before) = before {
            count(path, file, before, RoleName::Root, &mut failures, &mut found);
        }
        count(path, file, root, RoleName::Root, &mut failures, &mut found);
        before = Some(root);
    }
    // Where the approved script makes no root, the trusted one judges.
    let stays = case.plan.as_ref().is_ok_and(|p| p.staying().is_some());
    if stays && let Some((path, _)) = roots.values().next() {
        failures.push(format!("{path}: this ceremony makes no root").into());
    }
    match before.filter(|_| stays || !roots.is_empty()) {
        None => failures.push("there is no root".into()),
        Some(root) => {
            for (path, file) in &others {
                match delegated_file(path, file) {
                    None => count(path, file, root, file.signed.role(), &mut failures, &mut found),
                    Some(name) => {
                        let from = delegators(case, &others, &name);
                        if from.is_empty() {
                            failures.push(format!("{path}: nobody delegates to {name}").into());
                        }
                        for (by, delegations) in &from {
                            let of = delegations.role(name.as_str());
                            by_keys(path, file, (&delegations.keys, of), by, &mut failures, &mut found);
                        }
                    }
                }
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
    failures: &mut Vec<Found>,
    found: &mut Vec<String>,
) {
    let name = file.signed.role();
    let proper = format!("metadata/{}", crate::tuf::file_name(name, file.signed.version()));
    if path != proper {
        failures.push(format!("{path}: by its content it is {proper}").into());
    }
    let by = format!("root {}", root.common.version);
    by_keys(
        path,
        file,
        (&root.keys, root.roles.get(&role)),
        &by,
        failures,
        found,
    );
}

/// The delegated role whose file it is, by its name; what is in it must agree.
fn delegated_file(path: &str, file: &Metadata) -> Option<MetadataName> {
    let (name, version) = MetadataName::of_file(path.strip_prefix("metadata/")?)?;
    let is = name.delegated().is_some()
        && file.signed.role() == RoleName::Targets
        && version == Some(file.signed.version());
    is.then_some(name)
}

/// The roles that delegate to a role: of this bundle, or among the published files
/// that its script names.
fn delegators(case: &Case<'_>, here: &[(&str, Metadata)], name: &MetadataName) -> Vec<(String, Delegations)> {
    let named = |path: &str| Some(MetadataName::of_file(path.strip_prefix("metadata/")?)?.0);
    let mut all: BTreeMap<MetadataName, &Metadata> = here
        .iter()
        .filter_map(|(path, file)| Some((named(path)?, file)))
        .collect();
    let trusted = case.plan.as_ref().ok().and_then(|p| p.trusted());
    for (role, file) in trusted.iter().flat_map(|t| &t.predecessors) {
        all.entry(role.clone()).or_insert(file);
    }
    let delegates = |(role, file): (MetadataName, &Metadata)| match &file.signed {
        Signed::Targets(targets) if role != *name => {
            let delegations = targets.delegations.clone()?;
            delegations.role(name.as_str())?;
            Some((format!("{role} {}", targets.common.version), delegations))
        }
        _ => None,
    };
    all.into_iter().filter_map(delegates).collect()
}

fn by_keys(
    path: &str,
    file: &Metadata,
    (keys, role): (&BTreeMap<KeyId, Key>, Option<&Role>),
    by: &str,
    failures: &mut Vec<Found>,
    found: &mut Vec<String>,
) {
    let Some(role) = role else {
        failures.push(format!("{path}: root does not name its role").into());
        return;
    };
    let meter = meter(
        keys,
        &role.keyids,
        role.threshold,
        &file.canonical(),
        &file.signatures,
    );
    let line = format!("{path}: {} of {} by {by}", meter.distinct, meter.threshold);
    if !meter.complete() {
        let why = format!("{line}: {} more needed", meter.needed());
        failures.push((THRESHOLD_SHORT, why).into());
    } else if !meter.invalid.is_empty() {
        // Clients would accept it; this program never writes it.
        failures.push(format!("{line}: and signatures that do not verify").into());
    } else {
        found.push(line);
    }
}
