//! Delegated targets (TUF 5.6.7): every file of a delegated role that is there
//! is verified by the keys of each parent that delegates to it, and every one
//! that snapshot lists must be there. A search asks for one path; the gate asks
//! for all, because somebody will ask for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Checked, MAX_DEPTH, Refused, Walk};
use crate::base::shown;
use crate::tuf::delegations::{Delegated, Delegations, Scope};
use crate::tuf::metadata::{Metadata, Signed};
use crate::tuf::pattern::matches;
use crate::tuf::role::{Role, RoleName};
use crate::tuf::root::Root;
use crate::tuf::snapshot::{MetaFile, Snapshot};
use crate::tuf::targets::Targets;
use crate::tuf::threshold::meter;

/// A role that a parent delegates to.
struct Edge {
    parent: String,
    from: Arc<Delegations>,
    name: String,
    role: Role,
    scope: Option<Scope>,
    depth: usize,
}

/// What was checked, in preorder, and what was not.
pub(super) fn check(
    walk: &Walk<'_>,
    root: &Root,
    snapshot: Option<&(Checked, Snapshot)>,
    targets: &Targets,
) -> Result<(Vec<Checked>, Vec<String>), Refused> {
    let known = Listed::of(walk, root, snapshot);
    let (mut checked, mut notes) = (Vec::new(), Vec::new());
    let mut expanded: BTreeSet<String> = BTreeSet::new();
    let mut named: BTreeSet<String> = BTreeSet::from(["targets".to_owned()]);
    let mut open = Vec::new();
    push(&mut open, "targets", targets, 1, &known, &mut notes);
    while let Some(edge) = open.pop() {
        if edge.depth > MAX_DEPTH {
            let role = shown(&edge.name, 80);
            return Err(Refused::TooDeep { role });
        }
        named.insert(edge.name.clone());
        let Some(entry) = known.entry(&edge.name) else {
            let name = shown(&edge.name, 80);
            notes.push(match snapshot {
                Some(_) => format!("{name}: delegated to, and snapshot does not list it"),
                None => format!("{name}: delegated to, and there is none"),
            });
            continue;
        };
        let (one, metadata) = verified(walk, root, &edge, &known, entry, &mut notes)?;
        checked.push(one);
        // TUF 5.6.7.1: a circle of delegations ends where a role was visited.
        if expanded.insert(edge.name.clone()) {
            push(
                &mut open,
                &edge.name,
                &metadata,
                edge.depth.saturating_add(1),
                &known,
                &mut notes,
            );
        }
    }
    for file in snapshot.iter().flat_map(|(_, s)| s.meta.keys()) {
        if !file
            .strip_suffix(".json")
            .is_some_and(|role| named.contains(role))
        {
            let file = shown(file, 120);
            notes.push(format!("{file}: snapshot lists it, and nobody delegates to it"));
        }
    }
    Ok((checked, notes))
}

/// The roles below one, last first: a stack gives them back in order.
fn push(
    open: &mut Vec<Edge>,
    parent: &str,
    targets: &Targets,
    depth: usize,
    known: &Listed,
    notes: &mut Vec<String>,
) {
    let Some(delegations) = &targets.delegations else {
        return;
    };
    let from = Arc::new(delegations.clone());
    let edge = |name: String, role: &Role, scope: Option<Scope>| Edge {
        parent: parent.to_owned(),
        from: Arc::clone(&from),
        name,
        role: role.clone(),
        scope,
        depth,
    };
    match &delegations.roles {
        Delegated::Roles(roles) => open.extend(
            roles
                .iter()
                .rev()
                .map(|r| edge(r.name.clone(), &r.role, Some(r.scope.clone()))),
        ),
        // There may be 2^32 of them: only those that somebody lists are looked at.
        Delegated::Succinct(succinct) => {
            let bins = known.roles().filter(|r| succinct.index_of(r).is_some());
            let mut bins: Vec<_> = bins.map(|r| edge(r.to_owned(), &succinct.role, None)).collect();
            let all = 1u64
                .checked_shl(u32::from(succinct.bit_length))
                .unwrap_or(u64::MAX);
            let absent = all.saturating_sub(u64::try_from(bins.len()).unwrap_or(all));
            if absent > 0 {
                let prefix = shown(&succinct.name_prefix, 80);
                notes.push(format!("{prefix}-...: {absent} of {all} bins are not there"));
            }
            bins.reverse();
            open.append(&mut bins);
        }
    }
}

fn verified(
    walk: &Walk<'_>,
    root: &Root,
    edge: &Edge,
    known: &Listed,
    entry: &MetaFile,
    notes: &mut Vec<String>,
) -> Result<(Checked, Targets), Refused> {
    // TUF 6.2
    let file = if root.consistent_snapshot {
        format!("{}.{}.json", entry.version, edge.name)
    } else {
        format!("{}.json", edge.name)
    };
    walk.stated(&file, &known.by, entry)?; // TUF 5.6.2
    let version = known.exact.then_some(entry.version);
    let metadata: Metadata = walk.read(&file, RoleName::Targets, version)?; // TUF 5.6.4
    let meter = meter(
        &edge.from.keys,
        &edge.role.keyids,
        edge.role.threshold,
        &metadata.canonical(),
        &metadata.signatures,
    );
    // TUF 5.6.3: by the keys of the role that delegates.
    if !meter.complete() {
        let meter = Box::new(meter);
        return Err(Refused::Threshold { file, meter });
    }
    let checked = Checked {
        file: file.clone(),
        version: metadata.signed.version(),
        expires: metadata.signed.expires(),
        meter,
    };
    walk.fresh(&checked)?; // TUF 5.6.5
    let Signed::Targets(targets) = metadata.signed else {
        return Err(super::other_role(
            &file,
            RoleName::Targets,
            metadata.signed.role(),
        ));
    };
    within(edge, &file, &targets, notes)?;
    Ok((checked, targets))
}

/// clients.md: tough refuses a file that lists a path outside its delegation;
/// the others never find such a path.
fn within(edge: &Edge, file: &str, targets: &Targets, notes: &mut Vec<String>) -> Result<(), Refused> {
    for path in targets.targets.keys() {
        let covered = match &edge.scope {
            Some(Scope::Paths(patterns)) => {
                let said: Vec<_> = patterns.iter().map(|p| matches(p, path)).collect();
                if !said.contains(&Some(true)) && said.contains(&None) {
                    let path = shown(path, 120);
                    notes.push(format!(
                        "{}: {path}: clients match it differently",
                        shown(file, 120)
                    ));
                    continue;
                }
                Ok(said.contains(&Some(true)))
            }
            Some(scope) => scope.covers(&edge.name, path),
            None => edge.from.allows(&edge.name, path),
        };
        if covered != Ok(true) {
            return Err(Refused::OutsideDelegation {
                file: shown(file, 120),
                parent: shown(&edge.parent, 80),
                path: shown(path, 120),
            });
        }
    }
    Ok(())
}

/// The delegated files and where their versions come from: snapshot, or, as
/// long as the online side has added none, the newest file there is.
struct Listed {
    entries: BTreeMap<String, MetaFile>,
    by: String,
    exact: bool,
}

impl Listed {
    fn of(walk: &Walk<'_>, root: &Root, snapshot: Option<&(Checked, Snapshot)>) -> Listed {
        if let Some((checked, snapshot)) = snapshot {
            let roles = snapshot.meta.iter();
            let roles = roles.filter_map(|(f, m)| Some((f.strip_suffix(".json")?.to_owned(), m.clone())));
            return Listed {
                entries: roles.collect(),
                by: checked.file.clone(),
                exact: true,
            };
        }
        let mut entries: BTreeMap<String, MetaFile> = BTreeMap::new();
        for name in walk.files.keys() {
            let Some(stem) = name.strip_suffix(".json") else {
                continue;
            };
            let found = match stem.split_once('.') {
                Some((digits, role)) if root.consistent_snapshot => {
                    // One number has one spelling: no sign, no leading zero.
                    let version = digits.parse().ok().filter(|n: &u64| n.to_string() == digits);
                    version.map(|v| (role, v))
                }
                None | Some(_) if !root.consistent_snapshot => Some((stem, 1)),
                _ => None,
            };
            let Some((role, version)) = found else { continue };
            let newer = entries.get(role).is_none_or(|e| e.version < version);
            if newer {
                entries.insert(role.to_owned(), MetaFile::of_version(version));
            }
        }
        Listed {
            entries,
            by: "the parent's delegations".to_owned(),
            exact: root.consistent_snapshot,
        }
    }

    fn entry(&self, role: &str) -> Option<&MetaFile> {
        self.entries.get(role)
    }

    fn roles(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}
