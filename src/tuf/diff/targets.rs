//! What a targets change means: files added, changed, removed; delegations in
//! their order, which is their priority (TUF 4.5; facts/tuf.md 5.3).

use std::collections::{BTreeMap, BTreeSet};

use super::change;
use super::root::{key_fate, key_lines};
use crate::base::{Json, shown};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::targets::{TargetFile, Targets};

pub(super) fn lines(new: &Targets, old: Option<&Targets>, out: &mut Vec<String>) {
    out.push(change(
        "target files:",
        new.targets.len(),
        old.map(|o| o.targets.len()),
    ));
    for (path, file) in &new.targets {
        let word = match old.map(|o| o.targets.get(path)) {
            None => "",
            Some(None) => "ADDED ",
            Some(Some(before)) if before == file => continue,
            Some(Some(_)) => "CHANGED ",
        };
        out.push(format!("  {word}{}", of_file(path, file)));
    }
    for (path, file) in old.iter().flat_map(|o| &o.targets) {
        if !new.targets.contains_key(path) {
            out.push(format!("  REMOVED {}", of_file(path, file)));
        }
    }
    delegations(
        new.delegations.as_ref(),
        old.and_then(|o| o.delegations.as_ref()),
        old.is_some(),
        out,
    );
}

fn of_file(path: &str, file: &TargetFile) -> String {
    let hashes: Vec<_> = file
        .hashes
        .iter()
        .map(|(algorithm, digest)| format!("{} {digest}", shown(algorithm, 20)))
        .collect();
    format!(
        "{}: {} bytes, {}",
        shown(path, 400),
        file.length,
        hashes.join(", ")
    )
}

fn delegations(new: Option<&Json>, old: Option<&Json>, compared: bool, out: &mut Vec<String>) {
    if new.is_none() && old.is_none() {
        return;
    }
    let (now, before) = (roles(new), roles(old));
    out.push(change(
        "delegations:",
        now.len(),
        compared.then_some(before.len()),
    ));
    for role in &now {
        let name = name_of(role);
        let word = match before.iter().find(|b| name_of(b) == name) {
            _ if !compared => "",
            None => "ADDED ",
            Some(b) if b == role => "",
            Some(_) => "CHANGED ",
        };
        out.push(format!("  {word}{}", of_role(role)));
        let was = before.iter().find(|b| name_of(b) == name).copied();
        role_keys((role, new), was.map(|was| (was, old)), compared, out);
    }
    let names: BTreeSet<_> = now.iter().map(|r| name_of(r)).collect();
    for role in before.iter().filter(|r| !names.contains(&name_of(r))) {
        // facts/tuf.md 2.9: its entry in snapshot must stay.
        out.push(format!("  REMOVED {}", of_role(role)));
    }
    let common = |list: &[&Json], other: &[&Json]| -> Vec<String> {
        list.iter()
            .map(|r| name_of(r))
            .filter(|n| other.iter().any(|o| name_of(o) == *n))
            .collect()
    };
    if common(&now, &before) != common(&before, &now) {
        out.push("  REORDERED: the order is the priority".to_owned());
    }
    let succinct = |d: Option<&Json>| d.and_then(|d| d.get("succinct_roles")).map(Json::line);
    if let Some(line) = succinct(new) {
        out.push(format!("  succinct roles: {}", shown(&line, 400)));
    }
    if compared && succinct(new) != succinct(old) {
        out.push("  succinct roles CHANGED".to_owned());
    }
}

type Delegated<'a> = (&'a Json, Option<&'a Json>);

/// The keys of a delegated role, by content as in root: same words, same rule.
fn role_keys(
    (role, delegations): Delegated<'_>,
    was: Option<Delegated<'_>>,
    compared: bool,
    out: &mut Vec<String>,
) {
    let (ids, keys) = (keyids(role), keys(delegations));
    let (old_ids, old_keys) = match was {
        Some((role, delegations)) => (keyids(role), self::keys(delegations)),
        None => Default::default(),
    };
    let threshold = |role: &Json| role.get("threshold").map(|t| shown(&t.line(), 60));
    if let Some((old, _)) = was.filter(|(old, _)| threshold(old) != threshold(role)) {
        let old = threshold(old).unwrap_or_else(|| "nothing".to_owned());
        out.push(format!("    threshold was {old}"));
    }
    let mut gone = Vec::new();
    for (id, key) in ids.iter().filter_map(|id| Some((id, keys.get(id)?))) {
        let fate = if compared {
            key_fate(*id, key, &old_ids, &old_keys)
        } else {
            ""
        };
        key_lines(*id, key, fate, &mut gone);
    }
    for id in old_ids.iter().filter(|id| !ids.contains(id)) {
        if let Some(key) = old_keys.get(id) {
            key_lines(*id, key, "REMOVED from this role", &mut gone);
        }
    }
    out.extend(gone.into_iter().map(|line| format!("  {line}")));
}

fn keyids(role: &Json) -> Vec<KeyId> {
    let ids = role.get("keyids").and_then(Json::as_array).unwrap_or_default();
    let ids = ids.iter().filter_map(Json::as_str);
    ids.filter_map(|id| KeyId::parse(id, "").ok()).collect()
}

fn keys(delegations: Option<&Json>) -> BTreeMap<KeyId, Key> {
    let keys = delegations.and_then(|d| d.get("keys")).and_then(Json::as_object);
    let keys = keys.into_iter().flatten();
    keys.filter_map(|(id, key)| Some((KeyId::parse(id, "").ok()?, Key::from_json(key, "").ok()?)))
        .collect()
}

fn roles(delegations: Option<&Json>) -> Vec<&Json> {
    delegations
        .and_then(|d| d.get("roles"))
        .and_then(Json::as_array)
        .map(|roles| roles.iter().collect())
        .unwrap_or_default()
}

fn name_of(role: &Json) -> String {
    match role.get("name") {
        Some(Json::Str(name)) => shown(name, 120),
        Some(other) => shown(&other.line(), 120),
        None => "(no name)".to_owned(),
    }
}

fn of_role(role: &Json) -> String {
    let line = |name: &str| role.get(name).map_or("?".to_owned(), |v| shown(&v.line(), 60));
    let count = |name: &str| role.get(name).and_then(Json::as_array).map(<[Json]>::len);
    let patterns = match (count("paths"), count("path_hash_prefixes")) {
        (Some(n), None) => format!("{n} paths"),
        (None, Some(n)) => format!("{n} path hash prefixes"),
        _ => "NEITHER PATHS NOR PREFIXES, OR BOTH".to_owned(),
    };
    format!(
        "{}: {} of {} keys, {patterns}, terminating {}",
        name_of(role),
        line("threshold"),
        count("keyids").map_or("?".to_owned(), |n| n.to_string()),
        line("terminating"),
    )
}
