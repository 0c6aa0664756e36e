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
    let before = old.map(|o| &o.unrecognized);
    changed_extras(&new.unrecognized, before, "", out);
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
    let before = old.map(|(_, r)| &r.unrecognized);
    changed_extras(&role.unrecognized, before, "  ", out);
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
    key_fate(keyid, key, &role.keyids, &root.keys)
}

/// What happened to a key of a role, by content; `before` are the role's keyids then.
pub(super) fn key_fate(
    keyid: KeyId,
    key: &Key,
    before: &[KeyId],
    keys: &BTreeMap<KeyId, Key>,
) -> &'static str {
    if before.contains(&keyid) {
        return match keys.get(&keyid) {
            Some(was) if was == key => "stays",
            _ => "CONTENT CHANGED under the same keyid",
        };
    }
    let same = |id: &KeyId| keys.get(id).is_some_and(|k| k.material() == key.material());
    if before.iter().any(same) {
        "RE-KEYED: the same public key under a new keyid"
    } else {
        "ADDED to this role"
    }
}

pub(super) fn key_lines(keyid: KeyId, key: &Key, fate: &str, out: &mut Vec<String>) {
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
    extras(key.identity(), "    ", out);
    extras(&key.unrecognized, "    ", out);
}

/// Owners, URIs, signing periods: fields beyond the specification.
fn extras<'a>(
    unrecognized: impl IntoIterator<Item = (&'a String, &'a Json)>,
    margin: &str,
    out: &mut Vec<String>,
) {
    for (name, value) in unrecognized {
        out.push(format!(
            "{margin}{}: {}",
            shown(name, 80),
            shown(&value.line(), 200)
        ));
    }
}

/// The same against what stood there before, with what went away.
pub(super) fn changed_extras(
    now: &BTreeMap<String, Json>,
    before: Option<&BTreeMap<String, Json>>,
    margin: &str,
    out: &mut Vec<String>,
) {
    let Some(before) = before else {
        return extras(now, margin, out);
    };
    for (name, value) in now {
        let (name_shown, line) = (shown(name, 80), shown(&value.line(), 200));
        out.push(match before.get(name) {
            Some(was) if was == value => format!("{margin}{name_shown}: {line}"),
            Some(was) => format!("{margin}{name_shown}: {line} (was {})", shown(&was.line(), 200)),
            None => format!("{margin}{name_shown}: {line} (ADDED)"),
        });
    }
    for (name, was) in before.iter().filter(|(name, _)| !now.contains_key(*name)) {
        let line = shown(&was.line(), 200);
        out.push(format!("{margin}{}: REMOVED (was {line})", shown(name, 80)));
    }
}
