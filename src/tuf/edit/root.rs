//! Operations on the keys and thresholds of a root (TUF 4.3). Each is checked
//! against what stands there when its turn comes; what only the whole draft can
//! break (reach of a threshold, a root key online) is checked once at the end.

use std::collections::{BTreeMap, BTreeSet};

use super::{KeyRef, NotEdited, Operation, Request, read_key};
use crate::base::PublicKey;
use crate::tuf::chain::{Defects, public};
use crate::tuf::compose::{self, RootInputs};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::role::{Role, RoleName};
use crate::tuf::root::Root;

/// Applies one operation; says what it did.
pub(super) fn apply(
    root: &mut Root,
    operation: &Operation,
    request: &Request<'_>,
) -> Result<String, NotEdited> {
    match operation {
        Operation::AddKey { role, key } => add_key(root, *role, key, request.files),
        Operation::RemoveKey { role, keyid, reason } => remove_key(root, *role, keyid, reason.as_deref()),
        Operation::SetThreshold { role, threshold } => set_threshold(root, *role, *threshold),
        Operation::ReKey { keyid } => re_key(root, keyid),
        _ => Err(NotEdited::new("OTHER_ROLE", "no operation on a root")),
    }
}

fn add_key(
    root: &mut Root,
    name: RoleName,
    key: &KeyRef,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<String, NotEdited> {
    let key = match key {
        KeyRef::File(file) => {
            let bytes = files.get(file).map_or(&[][..], Vec::as_slice);
            Key::of(&read_key(bytes, file)?)
        }
        KeyRef::Known(prefix) => {
            let keyid = find(root.keys.keys(), prefix, "keys")?;
            root.keys
                .get(&keyid)
                .cloned()
                .ok_or_else(|| absent(prefix, "keys"))?
        }
    };
    let keyid = key.keyid();
    let Root { keys, roles, .. } = root;
    let role = roles.get_mut(&name).ok_or_else(|| no_role(name))?;
    // V03: a second spelling of a key that is there would count once and look like two.
    let alias = role
        .keyids
        .iter()
        .find(|id| keys.get(id).is_some_and(|k| k.material() == key.material()));
    if let Some(there) = alias {
        return Err(NotEdited::new(
            "KEY_THERE",
            format!("{name} has this key already, keyid {there}"),
        ));
    }
    let sorted = role.keyids.is_sorted();
    role.keyids.push(keyid);
    if sorted {
        // As composed roots have them: the order of adding leaves no trace.
        role.keyids.sort_unstable();
    }
    let line = format!("add-key {name} {}", of_key(keyid, &key));
    keys.insert(keyid, key);
    Ok(line)
}

fn remove_key(
    root: &mut Root,
    name: RoleName,
    prefix: &str,
    reason: Option<&str>,
) -> Result<String, NotEdited> {
    let role = role_mut(root, name)?;
    let keyid = find(role.keyids.iter(), prefix, name.as_str())?;
    role.keyids.retain(|id| *id != keyid);
    let what = root
        .keys
        .get(&keyid)
        .map_or_else(String::new, |key| of_key(keyid, key));
    let rest: Vec<_> = root
        .roles
        .iter()
        .filter(|(_, role)| role.keyids.contains(&keyid))
        .map(|(name, _)| name.as_str())
        .collect();
    let stays = if rest.is_empty() {
        String::new()
    } else {
        format!("; IT STAYS IN {}", rest.join(", "))
    };
    Ok(match reason {
        Some(reason) => format!("revoke-key {name} {what}; reason: {reason}{stays}"),
        None => format!("remove-key {name} {what}{stays}"),
    })
}

fn set_threshold(root: &mut Root, name: RoleName, threshold: u64) -> Result<String, NotEdited> {
    let role = role_mut(root, name)?;
    let was = std::mem::replace(&mut role.threshold, threshold);
    if was == threshold {
        let why = format!("the threshold of {name} is {was} already");
        return Err(NotEdited::new("NOTHING_CHANGED", why));
    }
    Ok(format!("set-threshold {name} {was} -> {threshold}"))
}

/// The key object that we write for the same public key, in every role that has
/// the old one, in its place.
fn re_key(root: &mut Root, prefix: &str) -> Result<String, NotEdited> {
    let old = find(root.keys.keys(), prefix, "keys")?;
    let key = root.keys.get(&old).ok_or_else(|| absent(prefix, "keys"))?;
    let public = public(key, "", &mut Defects::default()).ok_or_else(|| {
        NotEdited::new(
            "KEY_UNUSABLE",
            format!("no public key can be read from key {old}"),
        )
    })?;
    let new = Key::of(&public);
    let keyid = new.keyid();
    if keyid == old {
        return Err(NotEdited::new(
            "NOTHING_CHANGED",
            format!("key {old} is canonical already"),
        ));
    }
    let mut roles = Vec::new();
    for (name, role) in &mut root.roles {
        for id in role.keyids.iter_mut().filter(|id| **id == old) {
            *id = keyid;
            roles.push(name.as_str());
        }
    }
    let mut line = format!("re-key {old} -> {} in {}", of_key(keyid, &new), roles.join(", "));
    if roles.contains(&RoleName::Root.as_str()) {
        // facts/tuf.md 6, prod v4 -> v5: the old root counts the old id, the new one its own.
        line.push_str("; its signature is needed under both keyids");
    }
    root.keys.insert(keyid, new);
    Ok(line)
}

/// What only the whole draft can break, and what the reviewer should know.
pub(super) fn finish(
    root: &mut Root,
    request: &Request<'_>,
    notes: &mut Vec<String>,
) -> Result<(), NotEdited> {
    let used: BTreeSet<KeyId> = root
        .roles
        .values()
        .flat_map(|r| r.keyids.iter().copied())
        .collect();
    root.keys.retain(|id, _| used.contains(id));
    let publics = |role: &Role| -> Vec<PublicKey> {
        let keys = role.keyids.iter().filter_map(|id| root.keys.get(id));
        keys.filter_map(|key| public(key, "", &mut Defects::default()))
            .collect()
    };
    compose::check(
        &RootInputs {
            version: root.common.version,
            expires: root.common.expires,
            roles: root
                .roles
                .iter()
                .map(|(name, role)| (*name, (role.threshold, publics(role))))
                .collect(),
        },
        request.at,
    )?;
    check_algorithms(root, request)?;
    if let Ok(role) = root.role(RoleName::Root)
        && u64::try_from(role.keyids.len()) == Ok(role.threshold)
    {
        // facts/tuf.md 2.7: one lost key, and no root can follow.
        notes.push(format!(
            "no margin: root needs all of its {} keys; one lost key, and no root can follow",
            role.threshold
        ));
    }
    Ok(())
}

/// facts/tuf.md 2.3, 5.1: some clients refuse a whole root for one key that it merely lists.
fn check_algorithms(root: &Root, request: &Request<'_>) -> Result<(), NotEdited> {
    for (keyid, key) in &root.keys {
        let got = match public(key, "", &mut Defects::default()).map(|p| p.algorithm()) {
            Some(algorithm) if request.profile.algorithms.contains(&algorithm) => continue,
            Some(algorithm) => algorithm.name(),
            None => "a key of a kind that is not counted",
        };
        let name = request.profile.name;
        let why = format!("key {keyid}: expected a kind that the profile {name} has, got {got}");
        return Err(NotEdited::new("KEY_KIND", why));
    }
    Ok(())
}

pub(super) fn of_key(keyid: KeyId, key: &Key) -> String {
    match public(key, "", &mut Defects::default()) {
        Some(public) => format!(
            "{} keyid {keyid}, fingerprint {}",
            public.algorithm().name(),
            public.fingerprint()
        ),
        None => format!("keyid {keyid}, NOT USABLE"),
    }
}

/// The one keyid that starts so.
pub(super) fn find<'a>(
    ids: impl Iterator<Item = &'a KeyId>,
    prefix: &str,
    at: &str,
) -> Result<KeyId, NotEdited> {
    let found: BTreeSet<&KeyId> = ids.filter(|id| id.to_string().starts_with(prefix)).collect();
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(*one),
        (None, _) => Err(absent(prefix, at)),
        (Some(one), Some(other)) => {
            let why = format!("{at}: {prefix} is {one} and {other}");
            Err(NotEdited::new("KEYID_AMBIGUOUS", why))
        }
    }
}

fn absent(prefix: &str, at: &str) -> NotEdited {
    NotEdited::new(
        "KEY_NOT_THERE",
        format!("{at}: expected a keyid that starts with {prefix}, got none"),
    )
}

fn role_mut(root: &mut Root, name: RoleName) -> Result<&mut Role, NotEdited> {
    root.roles.get_mut(&name).ok_or_else(|| no_role(name))
}

/// A parsed root has all four.
fn no_role(name: RoleName) -> NotEdited {
    compose::NotComposed::MissingRole { role: name }.into()
}
