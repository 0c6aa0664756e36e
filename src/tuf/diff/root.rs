//! What a root change means: per role the threshold and each key, with what
//! happened to it (facts/tuf.md 5.3: key content changed under one keyid, and
//! one public key under a new keyid, are what other tools do not show).

use std::collections::BTreeMap;

use super::change;
use crate::base::{Json, shown};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::role::{Role, RoleName};
use crate::tuf::root::Root;

pub(super) fn lines(new: &Root, old: Option<&Root>, out: &mut Vec<String>) {
    out.push(change(
        "consistent_snapshot",
        new.consistent_snapshot,
        old.map(|o| o.consistent_snapshot),
    ));
    for name in RoleName::ALL {
        if let Some(role) = new.roles.get(&name) {
            role_lines(
                name,
                (new, role),
                old.and_then(|o| Some((o, o.roles.get(&name)?))),
                out,
            );
        }
    }
}

type Of<'a> = (&'a Root, &'a Role);

fn role_lines(name: RoleName, (new, role): Of, old: Option<Of>, out: &mut Vec<String>) {
    let size = |role: &Role| format!("{} of {} keys", role.threshold, role.keyids.len());
    out.push(change(
        &format!("role {name}:"),
        size(role),
        old.map(|(_, r)| size(r)),
    ));
    extras(&role.unrecognized, "  ", out);
    for keyid in &role.keyids {
        let Some(key) = new.keys.get(keyid) else { continue };
        key_lines(*keyid, key, fate(*keyid, key, old), out);
    }
    let Some((old_root, old_role)) = old else { return };
    for keyid in old_role.keyids.iter().filter(|id| !role.keyids.contains(id)) {
        if let Some(key) = old_root.keys.get(keyid) {
            key_lines(*keyid, key, "REMOVED from this role", out);
        }
    }
    let order: Vec<_> = role
        .keyids
        .iter()
        .filter(|id| old_role.keyids.contains(id))
        .collect();
    let before: Vec<_> = old_role
        .keyids
        .iter()
        .filter(|id| role.keyids.contains(id))
        .collect();
    if order != before {
        out.push("  the same keys in another order".to_owned());
    }
}

fn fate(keyid: KeyId, key: &Key, old: Option<Of>) -> &'static str {
    let Some((root, role)) = old else { return "" };
    if role.keyids.contains(&keyid) {
        return match root.keys.get(&keyid) {
            Some(before) if before == key => "stays",
            _ => "CONTENT CHANGED under the same keyid",
        };
    }
    let keys: &BTreeMap<KeyId, Key> = &root.keys;
    let same = |id: &KeyId| keys.get(id).is_some_and(|k| k.material() == key.material());
    if role.keyids.iter().any(same) {
        "RE-KEYED: the same public key under a new keyid"
    } else {
        "ADDED to this role"
    }
}

fn key_lines(keyid: KeyId, key: &Key, fate: &str, out: &mut Vec<String>) {
    let (algorithm, fingerprint) = match key.to_public() {
        Ok(public) => (
            public.algorithm().name().to_owned(),
            format!("fingerprint {}", public.fingerprint().grouped()),
        ),
        Err(why) => (
            format!("{}/{}", shown(&key.keytype, 40), shown(&key.scheme, 40)),
            format!("NOT USABLE: {why}"),
        ),
    };
    let gap = if fate.is_empty() { "" } else { ", " };
    out.push(format!("  key {algorithm}{gap}{fate}"));
    out.push(format!("    keyid {keyid}"));
    out.push(format!("    {fingerprint}"));
    extras(&key.unrecognized, "    ", out);
}

/// Owners, URIs, signing periods: fields beyond the specification.
fn extras(unrecognized: &BTreeMap<String, Json>, margin: &str, out: &mut Vec<String>) {
    for (name, value) in unrecognized {
        out.push(format!(
            "{margin}{}: {}",
            shown(name, 80),
            shown(&value.line(), 200)
        ));
    }
}
