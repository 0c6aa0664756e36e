//! Targets, snapshot and timestamp of this ceremony: one way to make them, in a
//! genesis over nothing and in a succession over the published files. What is
//! published is never lost: entries of snapshot stay, versions go on by one
//! (`tuf::compose`).

use super::files::public_of;
use super::state::State;
use crate::base::{Id, Instant};
use crate::plan::{Plan, delegation_changes, form, published};
use crate::script::Delegate;
use crate::tuf::compose::{SnapshotChange, TargetsInputs, snapshot_with, targets_with, timestamp_with};
use crate::tuf::{Draft, Key, Metadata, RoleName, Signed};

/// The next file of a role that is not root.
pub(super) fn compose(
    plan: &Plan,
    state: &State,
    role: RoleName,
    version: u64,
    expires: Instant,
    now: Instant,
) -> Result<Draft, String> {
    let before = predecessor(plan, role)?;
    let draft = match role {
        RoleName::Root => return Err("root has a successor of its own kind".to_owned()),
        RoleName::Targets => targets(plan, state, expires, now),
        RoleName::Snapshot => {
            let before = before.and_then(|m| match &m.signed {
                Signed::Snapshot(snapshot) => Some(snapshot),
                _ => None,
            });
            let targets = version_of(plan, RoleName::Targets)?;
            let named = before.and_then(|s| s.meta.get("targets.json"));
            let same = named.is_some_and(|e| e.version == targets);
            let change = SnapshotChange::of_version("targets.json", targets);
            let changes = if same { Vec::new() } else { vec![change] };
            snapshot_with(before, &changes, expires, now).map_err(|e| e.to_string())
        }
        RoleName::Timestamp => {
            let before = before.and_then(|m| match &m.signed {
                Signed::Timestamp(timestamp) => Some(timestamp),
                _ => None,
            });
            let snapshot = version_of(plan, RoleName::Snapshot)?;
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

fn targets(plan: &Plan, state: &State, expires: Instant, now: Instant) -> Result<Draft, String> {
    let spec = &plan.script().targets;
    let previous = published(plan.trusted());
    let key = |id: &Id| object(plan, state, id);
    let changes = delegation_changes(spec, previous, key).map_err(|(_, why)| why)?;
    let inputs = TargetsInputs {
        name: None,
        scope: None,
        previous,
        expires,
        files: &plan.targets().files,
        delegations: &changes,
        form: form(spec, previous),
    };
    targets_with(&inputs, now).map_err(|e| e.to_string())
}

/// The key object of a name: the trusted root's own, or in our spelling.
fn object(plan: &Plan, state: &State, id: &Id) -> Option<Key> {
    let trusted = plan.trusted().and_then(|t| t.keys.get(id));
    let trusted = trusted.map(|(_, key)| key.clone());
    trusted.or_else(|| public_of(plan, state, id).map(|public| Key::of(&public)))
}

/// The published file that the next one follows; none in a genesis.
fn predecessor(plan: &Plan, role: RoleName) -> Result<Option<&Metadata>, String> {
    let Some(trusted) = plan.trusted() else {
        return Ok(None);
    };
    // Law 7: without the published file nobody can say what it must not lose.
    let before = trusted.predecessors.get(&role);
    before
        .map(Some)
        .ok_or_else(|| format!("the published {role} is not known"))
}

/// The version of a file of this ceremony, or of the published one.
fn version_of(plan: &Plan, role: RoleName) -> Result<u64, String> {
    let before = plan.trusted().and_then(|t| t.predecessors.get(&role));
    plan.made_here(role)
        .map(|(version, _)| version)
        .or_else(|| before.map(|m| m.signed.version()))
        .ok_or_else(|| format!("the script says that {role} is made elsewhere"))
}

/// What people approve beside the values of targets: where its files come from,
/// which keys the script's names mean, and who makes what it delegates to.
pub(super) fn notes(plan: &Plan, state: &State) -> Vec<String> {
    let spec = &plan.script().targets;
    let mut lines = plan.targets().says();
    for change in &spec.delegations {
        for id in change.what.keys() {
            let keyid = object(plan, state, id).map(|key| key.keyid());
            let line = keyid.map(|keyid| format!("delegation key {id}: {keyid}"));
            lines.extend(line.filter(|l| !lines.contains(l)));
        }
    }
    let adds = |what: &Delegate| matches!(what, Delegate::AddRole { .. } | Delegate::AddKey { .. });
    if spec.delegations.iter().any(|d| adds(&d.what)) {
        lines.push(
            "note: delegated roles' own files are signed and made by their holders, not here".to_owned(),
        );
    }
    if spec
        .delegations
        .iter()
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
