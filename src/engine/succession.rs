//! What a succession adds to the making of files: the successor of a trusted
//! root, held against the declared changes by content; the threshold of the
//! trusted root; the whole repository as clients will see it. Everything follows
//! from plan and state, so the auditor's machine comes to the same.

use std::collections::{BTreeMap, BTreeSet};

use super::state::State;
use super::{below_root, files};
use crate::base::{Digest, Id, Instant, Json, PublicKey, shown};
use crate::plan::{Plan, Trusted};
use crate::script::Declared;
use crate::tuf::policy::shown_expiry;
use crate::tuf::successor::{SuccessorInputs, root as successor_of};
use crate::tuf::transition::recovers_fast_forward;
use crate::tuf::{
    Change, Draft, Key, KeyId, MetadataName, Meter, RoleName, Root, Signed, review_of, transition,
};

/// The root after the trusted one, if it changes what was declared and nothing else.
pub(super) fn root(
    plan: &Plan,
    state: &State,
    trusted: &Trusted,
    version: u64,
    expires: Instant,
    now: Instant,
) -> Result<Draft, String> {
    let mut roles = BTreeMap::new();
    for result in &plan.script().results {
        let Some(role) = result.metadata.top() else {
            continue; // root names the four alone (TUF 4.3)
        };
        let keys = result
            .keys
            .iter()
            .map(|id| object(plan, state, trusted, role, id))
            .collect::<Option<Vec<Key>>>()
            .ok_or_else(|| format!("a key of {role} does not exist"))?;
        roles.insert(role, (u64::from(result.threshold), keys));
    }
    let inputs = SuccessorInputs {
        version,
        expires,
        roles,
    };
    let draft = successor_of(&trusted.root, &inputs, now).map_err(|e| e.to_string())?;
    let new = model(&draft).ok_or("the successor cannot be read")?;
    let happens = transition(&trusted.root, &new);
    let declared = declared(plan, state, trusted);
    let list = |changes: BTreeSet<&Change>| {
        let words: Vec<String> = changes.iter().map(ToString::to_string).collect();
        words.join("; ")
    };
    let undeclared: BTreeSet<&Change> = happens.difference(&declared).collect();
    if !undeclared.is_empty() {
        return Err(format!(
            "root would change what nobody declared: {}",
            list(undeclared)
        ));
    }
    let absent: BTreeSet<&Change> = declared.difference(&happens).collect();
    if !absent.is_empty() {
        return Err(format!("declared changes do not happen: {}", list(absent)));
    }
    Ok(draft)
}

/// The key object that a role lists: as the trusted root has it, unless it is
/// new, or gets our spelling by a declared re-key.
fn object(plan: &Plan, state: &State, trusted: &Trusted, role: RoleName, id: &Id) -> Option<Key> {
    let re_keyed = plan
        .script()
        .changes
        .iter()
        .any(|c| c.what == Declared::ReKey(role, id.clone()));
    match trusted.keys.get(id) {
        Some((_, key)) if !re_keyed => Some(key.clone()),
        _ => files::public_of(plan, state, id).map(|public| Key::of(&public)),
    }
}

/// The declared changes, by content.
fn declared(plan: &Plan, state: &State, trusted: &Trusted) -> BTreeSet<Change> {
    let of = |id: &Id| trusted.keys.get(id).map(|(keyid, _)| *keyid);
    plan.script()
        .changes
        .iter()
        .filter_map(|change| match &change.what {
            Declared::Refresh => None,
            Declared::AddKey(role, id) => {
                let keyid = object(plan, state, trusted, *role, id)?.keyid();
                Some(Change::AddKey { role: *role, keyid })
            }
            Declared::RemoveKey(role, id) | Declared::RevokeKey(role, id) => Some(Change::RemoveKey {
                role: *role,
                keyid: of(id)?,
            }),
            Declared::SetThreshold(role, threshold) => Some(Change::SetThreshold {
                role: *role,
                threshold: u64::from(*threshold),
            }),
            Declared::ReKey(role, id) => Some(Change::ReKey {
                role: *role,
                from: of(id)?,
                to: object(plan, state, trusted, *role, id)?.keyid(),
            }),
        })
        .collect()
}

/// The model of a draft of root.
pub(super) fn model(draft: &Draft) -> Option<Root> {
    match Signed::from_json(&draft.signed) {
        Ok(Signed::Root(root)) => Some(root),
        _ => None,
    }
}

/// The root of this ceremony, once it is composed.
pub(super) fn composed(state: &State) -> Option<Root> {
    model(&state.files.get(&MetadataName::ROOT)?.draft)
}

/// The root by which files are judged: of this ceremony, once it is composed, or the
/// trusted one where it stays.
pub(super) fn judging(plan: &Plan, state: &State) -> Option<Root> {
    composed(state).or_else(|| plan.staying().map(|trusted| trusted.root.clone()))
}

/// A root that stays and has expired: clients take nothing below it (TUF 5.3.10), and
/// nobody signs in vain.
pub(super) fn good(plan: &Plan, now: Instant) -> Result<(), String> {
    match plan.staying().map(|trusted| &trusted.root.common) {
        Some(root) if root.expires <= now => Err(format!(
            "root {} expired on {}, and no client takes what it vouches for: make the next root first",
            root.version, root.expires
        )),
        _ => Ok(()),
    }
}

/// Under which keyids one signature of a key counts: as the new root lists it
/// and, for root, as the trusted one does (a re-keyed key signs once for both).
#[must_use]
pub fn keyids(plan: &Plan, state: &State, role: &MetadataName, public: &PublicKey) -> Vec<KeyId> {
    let mut ids = files::signers(plan, state, role)
        .map(|(keys, of)| of.keyids_of(&keys, public))
        .unwrap_or_default();
    // Another role that delegates may list the same key under another id.
    for (_, other) in below_root::delegators(plan, state, role).iter().skip(1) {
        let of = other.role(role.as_str());
        ids.extend(of.into_iter().flat_map(|of| of.keyids_of(&other.keys, public)));
    }
    if let (Some(RoleName::Root), Some(trusted)) = (role.top(), plan.trusted()) {
        ids.extend(trusted.keyids_of(RoleName::Root, public));
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// How far a succession's root is towards the threshold of the trusted root
/// (TUF 5.3.4); `None` for a genesis, or before root is composed.
#[must_use]
pub fn old_meter(plan: &Plan, state: &State) -> Option<Meter> {
    let trusted = plan.trusted()?;
    let file = state.files.get(&MetadataName::ROOT)?;
    let role = trusted.root.roles.get(&RoleName::Root)?;
    Some(crate::tuf::meter(
        &trusted.root.keys,
        &role.keyids,
        role.threshold,
        &file.draft.canonical,
        &files::signatures(state, &MetadataName::ROOT),
    ))
}

/// The script's name of a key that a root lists, or its keyid.
#[must_use]
pub fn name_of(plan: &Plan, state: &State, keyid: &KeyId) -> String {
    if let Some((name, _)) = plan
        .trusted()
        .and_then(|t| t.keys.iter().find(|(_, (id, _))| id == keyid))
    {
        return name.to_string();
    }
    let made = state.keys.iter().map(|(id, k)| (id, &k.public));
    let name = made
        .chain(plan.external())
        .find(|(_, public)| Key::of(public).keyid() == *keyid);
    name.map_or_else(|| keyid.to_string(), |(id, _)| id.to_string())
}

/// Both thresholds of a succession's root in words: who signed, who is missing,
/// how many more; nothing for a genesis.
#[must_use]
pub fn meter_lines(plan: &Plan, state: &State) -> Vec<String> {
    let (Some(trusted), Some(old)) = (plan.trusted(), old_meter(plan, state)) else {
        return Vec::new();
    };
    let version = trusted.root.common.version;
    let mut lines = vec![meter_line(plan, state, &format!("trusted root {version}"), &old)];
    if let Some(new) = files::meter(plan, state, &MetadataName::ROOT) {
        let name = format!("new root {}", version.saturating_add(1));
        lines.push(meter_line(plan, state, &name, &new));
    }
    lines
}

fn meter_line(plan: &Plan, state: &State, name: &str, meter: &Meter) -> String {
    let names = |ids: &[KeyId]| {
        let names: Vec<String> = ids.iter().map(|id| name_of(plan, state, id)).collect();
        names.join(", ")
    };
    let signed = match meter.signed.as_slice() {
        [] => "nobody".to_owned(),
        ids => names(ids),
    };
    let rest = match meter.needed() {
        0 => "complete".to_owned(),
        more => format!("needs {more} more of: {}", names(&meter.missing)),
    };
    format!(
        "{name}: {} of {} signed ({signed}); {rest}",
        meter.distinct, meter.threshold
    )
}

/// The `signed` part that a draft follows, if there is one.
pub(super) fn before<'p>(plan: &'p Plan, role: &MetadataName) -> Option<&'p Json> {
    let trusted = plan.trusted()?;
    match role.top() {
        Some(RoleName::Root) => Some(&trusted.signed),
        _ => trusted.predecessors.get(role).map(|m| &m.signed_json),
    }
}

/// What people approve beside the values: declared changes with their reasons,
/// and what the change means for clients.
fn says(plan: &Plan, notes: &[String], draft: &Draft) -> Vec<String> {
    let (Some(trusted), RoleName::Root) = (plan.trusted(), draft.role) else {
        return notes.to_vec();
    };
    let mut lines: Vec<String> = plan
        .script()
        .changes
        .iter()
        .map(|change| match &change.reason {
            Some(reason) => format!(
                "approved: {}, because: {}",
                change.what.words(),
                shown(reason, 200)
            ),
            None => format!("approved: {}", change.what.words()),
        })
        .collect();
    lines.extend(notes.iter().cloned());
    lines.push(format!(
        "trusted: root {}, SHA-256 of its signed bytes {}",
        trusted.root.common.version,
        Digest::of(&crate::tuf::canonical(&trusted.signed)).grouped()
    ));
    lines.push(String::new());
    lines
}

/// What a person must know who publishes the new root.
pub(super) fn notes(plan: &Plan, state: &State, draft: &Draft) -> Vec<String> {
    let name = draft.metadata_name();
    if draft.role != RoleName::Root {
        let mut lines = staying(plan, state, &name);
        if draft.role == RoleName::Targets {
            lines.extend(below_root::notes(plan, state, &name));
        }
        return lines;
    }
    let Some(new) = model(draft) else {
        return Vec::new();
    };
    let Some(trusted) = plan.trusted() else {
        return first_names(plan, state, &new);
    };
    let mut lines = names(plan, state, trusted);
    if let Some(clock) = state.clock
        && trusted.root.common.expires <= clock.machine
    {
        // TUF 5.3.10: the expiry counts for the last root alone.
        lines.push(format!(
            "note: the trusted root expired on {}; a new root may still replace it (TUF 5.3.10)",
            trusted.root.common.expires
        ));
    }
    let changes = transition(&trusted.root, &new);
    if recovers_fast_forward(&changes) {
        // TUF 5.3.11 and 6.1: how a fast-forward attack is recovered from.
        lines.push(
            "note: a key of snapshot or timestamp goes: clients drop the snapshot and timestamp that they \
             trust, so their versions may begin low again (recovery from a fast-forward attack, TUF 5.3.11)"
                .to_owned(),
        );
    }
    lines
}

/// What people must know of a root that stays: which one it is, how long it vouches,
/// and whose signatures it asks for.
fn staying(plan: &Plan, state: &State, name: &MetadataName) -> Vec<String> {
    let Some(trusted) = plan.staying() else {
        return Vec::new();
    };
    let (version, expires) = (trusted.root.common.version, trusted.root.common.expires);
    let mut lines = vec![format!(
        "root {version} stays: SHA-256 of its signed bytes {}",
        Digest::of(&crate::tuf::canonical(&trusted.signed)).grouped()
    )];
    lines.push(match state.clock {
        Some(clock) => format!("root {version} expires {}", shown_expiry(expires, clock.machine)),
        None => format!("root {version} expires {expires}"),
    });
    let of = name.top().and_then(|role| trusted.root.roles.get(&role));
    if let Some(of) = of {
        let names: Vec<String> = of.keyids.iter().map(|id| name_of(plan, state, id)).collect();
        lines.push(format!(
            "by root {version}: {} of {} keys must sign: {}",
            of.threshold,
            names.len(),
            names.join(", ")
        ));
    }
    lines.push(String::new());
    lines
}

/// Which key each keyid of a first root is: the values name none.
fn first_names(plan: &Plan, state: &State, new: &Root) -> Vec<String> {
    let mut lines = Vec::new();
    for id in new.roles.values().flat_map(|role| &role.keyids) {
        let id_hex = id.to_string();
        let start = id_hex.get(..4).unwrap_or_default();
        let end = id_hex.len().checked_sub(4).and_then(|at| id_hex.get(at..));
        let name = name_of(plan, state, id);
        let made = plan.script().keys.iter().any(|key| key.id.as_str() == name);
        let line = format!(
            "keyid {start} .. {} is {name}{}",
            end.unwrap_or_default(),
            if made { ", made elsewhere" } else { "" }
        );
        lines.extend((!lines.contains(&line)).then_some(line));
    }
    lines.push(String::new());
    lines
}

/// Which keyid each name of a change means, so that people can follow it into the values.
fn names(plan: &Plan, state: &State, trusted: &Trusted) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &plan.script().changes {
        let line = match &change.what {
            Declared::AddKey(role, id) => {
                object(plan, state, trusted, *role, id).map(|key| format!("key {id} is new: {}", key.keyid()))
            }
            Declared::RemoveKey(_, id) | Declared::RevokeKey(_, id) => trusted
                .keys
                .get(id)
                .map(|(keyid, _)| format!("key {id} goes: {keyid}")),
            Declared::ReKey(role, id) => trusted.keys.get(id).and_then(|(keyid, _)| {
                let new = object(plan, state, trusted, *role, id)?.keyid();
                Some(format!("key {id} was {keyid} and is now {new}"))
            }),
            Declared::SetThreshold(..) | Declared::Refresh => None,
        };
        lines.extend(line.filter(|l| !lines.contains(l)));
    }
    lines
}

/// The review text of a frozen payload with its notes: approved changes, then the semantic difference, then every value.
#[must_use]
pub fn review_text(plan: &Plan, notes: &[String], draft: &Draft) -> Vec<String> {
    let mut lines = says(plan, notes, draft);
    lines.extend(review_of(draft, before(plan, &draft.metadata_name()), None));
    lines
}
