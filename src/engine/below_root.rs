//! Targets, delegated ones too, snapshot and timestamp of this ceremony: one way to
//! make them, in a genesis over nothing and in a succession over the published files. What is
//! published is never lost: entries of snapshot stay, versions go on by one
//! (`tuf::compose`).

use std::collections::BTreeSet;

use super::files::{keys_of, public_of};
use super::state::State;
use crate::base::{Id, Instant, PublicKey};
use crate::plan::{Plan, TargetsPlan, delegation_changes, form, published};
use crate::script::Delegate;
use crate::tuf::compose::{SnapshotChange, TargetsInputs, snapshot_with, targets_with, timestamp_with};
use crate::tuf::{Delegations, Draft, Key, Metadata, MetadataName, RoleName, Signed};

/// The next file of a role that is not root.
pub(super) fn compose(
    plan: &Plan,
    state: &State,
    role: &MetadataName,
    version: u64,
    expires: Instant,
    now: Instant,
) -> Result<Draft, String> {
    let before = predecessor(plan, role)?;
    let draft = match role.kind() {
        RoleName::Root => return Err("root has a successor of its own kind".to_owned()),
        RoleName::Targets => targets(plan, state, role, expires, now),
        RoleName::Snapshot => {
            let before = before.and_then(|m| match &m.signed {
                Signed::Snapshot(snapshot) => Some(snapshot),
                _ => None,
            });
            // Every file of targets metadata that is made here; others keep their entry.
            let delegated = plan.targets().keys().filter(|n| n.delegated().is_some());
            let mut changes = Vec::new();
            for name in [&MetadataName::TARGETS].into_iter().chain(delegated) {
                let (entry, version) = (name.entry(), version_of(plan, name)?);
                let named = before.and_then(|s| s.meta.get(&entry));
                if named.is_none_or(|e| e.version != version) {
                    changes.push(SnapshotChange::of_version(&entry, version));
                }
            }
            snapshot_with(before, &changes, expires, now).map_err(|e| e.to_string())
        }
        RoleName::Timestamp => {
            let before = before.and_then(|m| match &m.signed {
                Signed::Timestamp(timestamp) => Some(timestamp),
                _ => None,
            });
            let snapshot = version_of(plan, &MetadataName::SNAPSHOT)?;
            let mut change = SnapshotChange::of_version("snapshot.json", snapshot);
            if let Some(same) = before.map(|t| &t.snapshot).filter(|e| e.version == snapshot) {
                change.length = same.length;
                change.hashes.clone_from(&same.hashes);
            }
            timestamp_with(before, &change, expires, now).map_err(|e| e.to_string())
        }
    }?;
    if draft.version == version {
        Ok(draft)
    } else {
        let next = draft.version;
        Err(format!(
            "{role}: expected version {next}, the next one, got {version}"
        ))
    }
}

fn targets(
    plan: &Plan,
    state: &State,
    role: &MetadataName,
    expires: Instant,
    now: Instant,
) -> Result<Draft, String> {
    let spec = &plan.script().targets;
    let previous = published(plan.trusted(), role);
    let key = |id: &Id| object(plan, state, id);
    let changes = delegation_changes(spec, role, previous, key).map_err(|(_, why)| why)?;
    let inputs = TargetsInputs {
        name: role.delegated().cloned(),
        // What may stand in it was judged by the plan, and is by each client's model.
        scope: None,
        previous,
        expires,
        files: plan.targets().get(role).map_or(&[], |t| &t.files),
        delegations: &changes,
        form: form(spec, role, previous),
    };
    if role.delegated().is_some() {
        same_signers(plan, state, role)?;
    }
    targets_with(&inputs, now).map_err(|e| e.to_string())
}

/// The roles that delegate to a role, with what they delegate: composed here, or
/// published and not made here.
pub(super) fn delegators<'p>(
    plan: &'p Plan,
    state: &State,
    role: &MetadataName,
) -> Vec<(&'p MetadataName, Delegations)> {
    let names = plan.targets().get(role).into_iter().flat_map(|t| &t.delegators);
    let of = |name: &'p MetadataName| {
        let targets = match (plan.targets().contains_key(name), state.files.get(name)) {
            (true, None) => return None,
            (_, Some(file)) => match Signed::from_json(&file.draft.signed) {
                Ok(Signed::Targets(targets)) => targets,
                _ => return None,
            },
            (false, None) => published(plan.trusted(), name)?.clone(),
        };
        Some((name, targets.delegations?))
    };
    names.filter_map(of).collect()
}

/// The keys that exist are those that everybody who delegates lists: what the plan
/// has seen with stand-ins, seen again.
fn same_signers(plan: &Plan, state: &State, role: &MetadataName) -> Result<(), String> {
    let result = plan.result(role).ok_or("the script has no result for it")?;
    let keys: BTreeSet<PublicKey> = keys_of(plan, state, role).into_iter().collect();
    let delegators = delegators(plan, state, role);
    if delegators.is_empty() {
        return Err(format!("nobody delegates to {role}"));
    }
    for (by, delegations) in delegators {
        let of = delegations.role(role.as_str());
        let listed = of.map(|of| -> BTreeSet<Option<PublicKey>> {
            let objects = of.keyids.iter().map(|id| delegations.keys.get(id));
            objects.map(|key| key?.to_public().ok()).collect()
        });
        let said = keys.iter().cloned().map(Some).collect();
        let threshold = of.map(|of| of.threshold);
        if listed != Some(said) || threshold != Some(u64::from(result.threshold)) {
            return Err(format!(
                "{role}: {by} delegates with other keys or another threshold"
            ));
        }
    }
    Ok(())
}

/// The key object of a name: the trusted root's own, or in our spelling.
fn object(plan: &Plan, state: &State, id: &Id) -> Option<Key> {
    let trusted = plan.trusted().and_then(|t| t.keys.get(id));
    let trusted = trusted.map(|(_, key)| key.clone());
    trusted.or_else(|| public_of(plan, state, id).map(|public| Key::of(&public)))
}

/// The published file that the next one follows; none in a genesis.
fn predecessor<'p>(plan: &'p Plan, role: &MetadataName) -> Result<Option<&'p Metadata>, String> {
    let Some(trusted) = plan.trusted() else {
        return Ok(None);
    };
    // The plan has seen that snapshot lists none.
    if role.delegated().is_some() {
        return Ok(trusted.predecessors.get(role));
    }
    // Law 7: without the published file nobody can say what it must not lose.
    let before = trusted.predecessors.get(role);
    before
        .map(Some)
        .ok_or_else(|| format!("the published {role} is not known"))
}

/// The version of a file of this ceremony, or of the published one.
fn version_of(plan: &Plan, role: &MetadataName) -> Result<u64, String> {
    let before = plan.trusted().and_then(|t| t.predecessors.get(role));
    plan.made_here(role)
        .map(|(version, _)| version)
        .or_else(|| before.map(|m| m.signed.version()))
        .ok_or_else(|| format!("the script says that {role} is made elsewhere"))
}

/// What people approve beside the values of targets: where its files come from,
/// which keys the script's names mean, and who makes what it delegates to.
pub(super) fn notes(plan: &Plan, state: &State, role: &MetadataName) -> Vec<String> {
    let spec = &plan.script().targets;
    let mut lines = plan
        .targets()
        .get(role)
        .map(TargetsPlan::says)
        .unwrap_or_default();
    for (by, delegations) in delegators(plan, state, role) {
        let Some(of) = delegations.role(role.as_str()) else {
            continue;
        };
        let (need, all) = (of.threshold, of.keyids.len());
        lines.push(format!("delegated by {by}: {need} of {all} keys must sign"));
        lines.extend(of.keyids.iter().map(|id| {
            let name = super::succession::name_of(plan, state, id);
            format!("key {name}: {id}")
        }));
    }
    for change in spec.delegations_of(role) {
        for id in change.what.keys() {
            let keyid = object(plan, state, id).map(|key| key.keyid());
            let line = keyid.map(|keyid| format!("delegation key {id}: {keyid}"));
            lines.extend(line.filter(|l| !lines.contains(l)));
        }
    }
    let made = |name: &str| plan.targets().keys().any(|made| made.as_str() == name);
    let adds = |what: &Delegate| match what {
        Delegate::AddRole { name, .. } => !made(name.as_str()),
        Delegate::AddKey { name, .. } => !made(name),
        _ => false,
    };
    if spec.delegations_of(role).any(|d| adds(&d.what)) {
        lines.push(
            "note: delegated roles' own files are signed and made by their holders, not here".to_owned(),
        );
    }
    if spec
        .delegations_of(role)
        .any(|d| matches!(d.what, Delegate::Bins { .. }))
    {
        lines.push(
            "note: the bins' own files, and the snapshot that names them, are made by the online side, not here"
                .to_owned(),
        );
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}
