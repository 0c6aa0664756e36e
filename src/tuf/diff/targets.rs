//! What a targets change means: files added, changed, removed; delegations in
//! their order, which is their priority (TUF 4.5; facts/tuf.md 5.3), field by
//! field; and what their patterns do to each other. A generated set of bins is
//! its parameters, made again and compared (DESIGN 6).

use std::collections::{BTreeMap, BTreeSet};

use super::change;
use super::root::{changed_extras, key_fate, key_lines};
use crate::base::shown;
use crate::tuf::bins::{Bins, compare};
use crate::tuf::canonical::canonical;
use crate::tuf::delegations::{Delegated, DelegatedRole, Delegations, Scope};
use crate::tuf::key::KeyId;
use crate::tuf::role::Role;
use crate::tuf::targets::{TargetFile, Targets};
use crate::tuf::warning::warnings;

pub(super) fn lines(new: &Targets, old: Option<&Targets>, out: &mut Vec<String>) {
    changed_extras(&new.unrecognized, old.map(|o| &o.unrecognized), "", out);
    out.push(change(
        "target files:",
        new.targets.len(),
        old.map(|o| o.targets.len()),
    ));
    for (path, file) in &new.targets {
        let before = match old.map(|o| o.targets.get(path)) {
            None => ("", None),
            Some(None) => ("ADDED ", None),
            Some(Some(before)) if before == file => continue,
            Some(Some(before)) => ("CHANGED ", Some(before)),
        };
        of_file(before.0, path, file, before.1, out);
    }
    for (path, file) in old.iter().flat_map(|o| &o.targets) {
        if !new.targets.contains_key(path) {
            of_file("REMOVED ", path, file, None, out);
        }
    }
    let before = old.map(|o| o.delegations.as_ref());
    match (&new.delegations, before) {
        (Some(now), before) => delegations(now, before, out),
        (None, Some(Some(before))) => {
            out.push("delegations: REMOVED".to_owned());
            gone(before, out);
        }
        (None, _) => {}
    }
}

/// A file in one line, what it was below it, and its other members.
fn of_file(word: &str, path: &str, file: &TargetFile, before: Option<&TargetFile>, out: &mut Vec<String>) {
    let measured = |file: &TargetFile| {
        let hashes = file.hashes.iter();
        let hashes: Vec<_> = hashes.map(|(a, d)| format!("{} {d}", shown(a, 20))).collect();
        format!("{} bytes, {}", file.length, hashes.join(", "))
    };
    out.push(format!("  {word}{}: {}", shown(path, 400), measured(file)));
    if let Some(before) = before {
        let same = before.length == file.length && before.hashes == file.hashes;
        let was = if same {
            "the same bytes".to_owned()
        } else {
            format!("was {}", measured(before))
        };
        out.push(format!("    {was}"));
    }
    changed_extras(&file.unrecognized, before.map(|b| &b.unrecognized), "    ", out);
}

/// `old` is `None` for a first version, `Some(None)` where there was no such object.
fn delegations(new: &Delegations, old: Option<Option<&Delegations>>, out: &mut Vec<String>) {
    let before = old.flatten();
    let count = |d: &Delegations| match &d.roles {
        Delegated::Roles(roles) => roles.len().to_string(),
        Delegated::Succinct(s) => format!("succinct, {} bits", s.bit_length),
    };
    let was = old.map(|o| o.map_or("none".to_owned(), count));
    out.push(change("delegations:", count(new), was));
    let extras = old.map(|o| o.map(|o| o.unrecognized.clone()).unwrap_or_default());
    changed_extras(&new.unrecognized, extras.as_ref(), "  ", out);

    match (Bins::recognise(new), &new.roles) {
        (Some(bins), _) => generated(&bins, new, before, old.is_some(), out),
        (None, Delegated::Succinct(s)) => {
            let before = before.and_then(|d| match &d.roles {
                Delegated::Succinct(s) => Some((d, &s.role)),
                Delegated::Roles(_) => None,
            });
            let name = format!(
                "  succinct_roles: {} bits, prefix {}",
                s.bit_length,
                shown(&s.name_prefix, 80)
            );
            out.push(format!("{name}, {}", size(&s.role)));
            role_lines(new, &s.role, before, old.is_some(), out);
        }
        (None, Delegated::Roles(roles)) => listed(new, roles, before, old.is_some(), out),
    }
    unlisted_keys(new, before, out);
    for warning in warnings(new, None) {
        out.push(format!("  NOTE [{}] {warning}", warning.code()));
    }
}

/// A set of bins that its parameters give again.
fn generated(
    bins: &Bins,
    new: &Delegations,
    old: Option<&Delegations>,
    compared: bool,
    out: &mut Vec<String>,
) {
    out.push(format!("  generated: {}", bins.describe()));
    let bytes = canonical(&new.to_json());
    let again = Delegations {
        keys: new.keys.clone(),
        unrecognized: new.unrecognized.clone(),
        ..bins.delegations()
    };
    let again = canonical(&again.to_json());
    out.push(format!("  {}", compare(&again, &bytes)));
    let before = old.map(|d| (d, Bins::recognise(d)));
    match &before {
        Some((_, Some(was))) if was == bins => out.push("  the same set as before".to_owned()),
        Some((_, Some(was))) => out.push(format!("  was generated: {}", was.describe())),
        Some((d, None)) => gone(d, out),
        None => {}
    }
    let role = |d: &Delegations| match &d.roles {
        Delegated::Roles(roles) => roles.first().map(|r| r.role.clone()),
        Delegated::Succinct(s) => Some(s.role.clone()),
    };
    let was = before.as_ref().and_then(|(d, bins)| bins.as_ref().and(role(d)));
    if let Some(role) = role(new) {
        role_lines(new, &role, old.zip(was.as_ref()), compared, out);
    }
}

fn listed(
    new: &Delegations,
    roles: &[DelegatedRole],
    before: Option<&Delegations>,
    compared: bool,
    out: &mut Vec<String>,
) {
    let old: &[DelegatedRole] = match before.map(|d| &d.roles) {
        Some(Delegated::Roles(roles)) => roles,
        _ => &[],
    };
    let by_name: BTreeMap<&str, &DelegatedRole> = old.iter().map(|r| (r.name.as_str(), r)).collect();
    for role in roles {
        let was = by_name.get(role.name.as_str()).copied();
        let word = match was {
            _ if !compared => "",
            None => "ADDED ",
            Some(was) if was == role => "",
            Some(_) => "CHANGED ",
        };
        out.push(format!("  {word}{}", of_role(role)));
        scope_lines(&role.scope, was.map(|w| &w.scope), compared, out);
        if let Some(was) = was.filter(|w| w.terminating != role.terminating) {
            out.push(format!("    terminating was {}", was.terminating));
        }
        role_lines(new, &role.role, before.zip(was.map(|w| &w.role)), compared, out);
    }
    let names: BTreeSet<_> = roles.iter().map(|r| &r.name).collect();
    for role in old.iter().filter(|r| !names.contains(&r.name)) {
        // facts/tuf.md 2.9: its entry in snapshot must stay.
        out.push(format!("  REMOVED {}", of_role(role)));
    }
    if let Some(Delegated::Succinct(s)) = before.map(|d| &d.roles) {
        out.push(format!(
            "  REMOVED succinct_roles: {} bits, {}",
            s.bit_length,
            shown(&s.name_prefix, 80)
        ));
    }
    let common = |list: &[DelegatedRole], other: &[DelegatedRole]| -> Vec<String> {
        let names: BTreeSet<_> = other.iter().map(|r| &r.name).collect();
        let names = list.iter().filter(|r| names.contains(&r.name));
        names.map(|r| shown(&r.name, 120)).collect()
    };
    let (now, was) = (common(roles, old), common(old, roles));
    if now != was {
        out.push("  REORDERED: the order is the priority".to_owned());
        out.push(format!("    now {}", now.join(", ")));
        out.push(format!("    was {}", was.join(", ")));
    }
}

/// Threshold, members beside it, keys with what happened to each.
fn role_lines(
    delegations: &Delegations,
    role: &Role,
    was: Option<(&Delegations, &Role)>,
    compared: bool,
    out: &mut Vec<String>,
) {
    if let Some((_, old)) = was.filter(|(_, old)| old.threshold != role.threshold) {
        out.push(format!("    threshold was {}", old.threshold));
    }
    let before = compared.then(|| was.map(|(_, r)| r.unrecognized.clone()).unwrap_or_default());
    changed_extras(&role.unrecognized, before.as_ref(), "    ", out);
    let none = (&[][..], &BTreeMap::new());
    let (old_ids, old_keys) = was.map_or(none, |(d, r)| (&r.keyids[..], &d.keys));
    let mut lines = Vec::new();
    for (id, key) in role
        .keyids
        .iter()
        .filter_map(|id| Some((id, delegations.keys.get(id)?)))
    {
        let fate = if compared {
            key_fate(*id, key, old_ids, old_keys)
        } else {
            ""
        };
        key_lines(*id, key, fate, &mut lines);
    }
    for id in old_ids.iter().filter(|id| !role.keyids.contains(id)) {
        if let Some(key) = old_keys.get(id) {
            key_lines(*id, key, "REMOVED from this role", &mut lines);
        }
    }
    let stay = |ids: &[KeyId], other: &[KeyId]| -> Vec<KeyId> {
        ids.iter().filter(|id| other.contains(id)).copied().collect()
    };
    if stay(&role.keyids, old_ids) != stay(old_ids, &role.keyids) {
        lines.push("  the same keys in another order".to_owned());
    }
    out.extend(lines.into_iter().map(|line| format!("  {line}")));
}

fn scope_lines(new: &Scope, old: Option<&Scope>, compared: bool, out: &mut Vec<String>) {
    let parts = |scope: &Scope| match scope {
        Scope::Paths(list) => ("path", list.clone()),
        Scope::HashPrefixes(list) => ("path hash prefix", list.clone()),
    };
    let (kind, now) = parts(new);
    let (old_kind, was) = old.map_or((kind, Vec::new()), parts);
    let stays = |item: &String| kind == old_kind && was.contains(item);
    for item in &now {
        let word = if !compared || old.is_none() || stays(item) {
            ""
        } else {
            ", ADDED"
        };
        out.push(format!("    {kind} {}{word}", shown(item, 400)));
    }
    for item in was.iter().filter(|i| kind != old_kind || !now.contains(i)) {
        out.push(format!("    {old_kind} {}, REMOVED", shown(item, 400)));
    }
    let common =
        |a: &[String], b: &[String]| -> Vec<String> { a.iter().filter(|i| b.contains(i)).cloned().collect() };
    if kind == old_kind && common(&now, &was) != common(&was, &now) {
        out.push("    the same paths in another order".to_owned());
    }
}

/// Keys that no role lists sign for nobody; that they are there is shown.
fn unlisted_keys(new: &Delegations, old: Option<&Delegations>, out: &mut Vec<String>) {
    let idle = |d: &Delegations| -> Vec<_> {
        let used: BTreeSet<_> = match &d.roles {
            Delegated::Roles(roles) => roles.iter().flat_map(|r| &r.role.keyids).collect(),
            Delegated::Succinct(s) => s.role.keyids.iter().collect(),
        };
        d.keys.keys().filter(|id| !used.contains(id)).copied().collect()
    };
    let (now, was) = (idle(new), old.map(idle).unwrap_or_default());
    for id in &now {
        if let Some(key) = new.keys.get(id) {
            key_lines(*id, key, "of no role", out);
        }
    }
    for id in was.iter().filter(|id| !now.contains(id)) {
        out.push(format!("  key {id}: was there for no role"));
    }
}

fn gone(before: &Delegations, out: &mut Vec<String>) {
    match (Bins::recognise(before), &before.roles) {
        (Some(bins), _) => out.push(format!("  REMOVED generated: {}", bins.describe())),
        (None, Delegated::Roles(roles)) => {
            out.extend(roles.iter().map(|r| format!("  REMOVED {}", of_role(r))));
        }
        (None, Delegated::Succinct(s)) => out.push(format!(
            "  REMOVED succinct_roles: {} bits, {}",
            s.bit_length,
            shown(&s.name_prefix, 80)
        )),
    }
}

fn of_role(role: &DelegatedRole) -> String {
    let scope = match &role.scope {
        Scope::Paths(list) => format!("{} paths", list.len()),
        Scope::HashPrefixes(list) => format!("{} path hash prefixes", list.len()),
    };
    format!(
        "{}: {}, {scope}, terminating {}",
        shown(&role.name, 120),
        size(&role.role),
        role.terminating
    )
}

fn size(role: &Role) -> String {
    format!("{} of {} keys", role.threshold, role.keyids.len())
}
