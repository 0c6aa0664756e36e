//! Changes of delegations, one after another, over the previous ones. Each is
//! checked for what it says; that thresholds can be reached and no key stands
//! twice is checked on the result, by the parser that every client model
//! shares. Roles that nobody touches stay as they are, however they look.

use std::collections::{BTreeMap, BTreeSet};

use super::NotChanged;
use crate::base::shown;
use crate::tuf::bins::Bins;
use crate::tuf::delegations::{Delegated, DelegatedName, DelegatedRole, Delegations, Scope};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::pattern::Pattern;
use crate::tuf::role::Role;

/// A role that is to be delegated to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRole {
    /// Its name.
    pub name: DelegatedName,
    /// Its keys, as key objects, so that an owner's note stays with its key.
    pub keys: Vec<Key>,
    /// How many of them must sign.
    pub threshold: u64,
    /// Whether the search ends with it.
    pub terminating: bool,
    /// What it may sign for.
    pub scope: Scope,
}

/// A change of delegations. Names of roles that are there are texts, because
/// they may have been given before our rules for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelegationChange {
    /// Delegates to one more role: the last in order, or before another.
    Add {
        /// The role.
        role: NewRole,
        /// The role it stands before: it is asked first.
        before: Option<String>,
    },
    /// Delegates no more. Its entry in snapshot stays (facts/tuf.md 2.9).
    Remove {
        /// The role.
        name: String,
    },
    /// One more key.
    AddKey {
        /// The role.
        name: String,
        /// The key object.
        key: Key,
    },
    /// One key less.
    RemoveKey {
        /// The role.
        name: String,
        /// The key.
        keyid: KeyId,
    },
    /// Another threshold.
    Threshold {
        /// The role.
        name: String,
        /// How many keys must sign.
        threshold: u64,
    },
    /// Whether the search ends with it.
    Terminating {
        /// The role.
        name: String,
        /// The new value.
        terminating: bool,
    },
    /// Other paths, or other prefixes.
    Scope {
        /// The role.
        name: String,
        /// The whole of what it may sign for.
        scope: Scope,
    },
    /// Another order, which is the priority.
    Order {
        /// Every role once.
        names: Vec<String>,
    },
    /// A set of hash bins instead of whatever stands there.
    Bins(Bins),
}

/// The delegations after the changes; `None` where nobody is delegated to.
pub(super) fn changed(
    previous: Option<&Delegations>,
    changes: &[DelegationChange],
) -> Result<Option<Delegations>, NotChanged> {
    if changes.is_empty() {
        return Ok(previous.cloned());
    }
    let mut now = previous.cloned().unwrap_or_else(Delegations::empty);
    let mut touched = listed(&now);
    for change in changes {
        apply(&mut now, change)?;
        touched.extend(listed(&now));
    }
    // Keys that a change left without a role go; others were somebody's decision.
    let used = listed(&now);
    now.keys
        .retain(|id, _| used.contains(id) || !touched.contains(id));
    let empty = matches!(&now.roles, Delegated::Roles(roles) if roles.is_empty())
        && now.keys.is_empty()
        && now.unrecognized.is_empty();
    let now = (!empty).then_some(now);
    if now.as_ref() == previous {
        return Err(NotChanged::NothingChanges {
            what: "delegations".to_owned(),
        });
    }
    Ok(now)
}

fn listed(delegations: &Delegations) -> BTreeSet<KeyId> {
    match &delegations.roles {
        Delegated::Roles(roles) => roles.iter().flat_map(|r| &r.role.keyids).copied().collect(),
        Delegated::Succinct(succinct) => succinct.role.keyids.iter().copied().collect(),
    }
}

fn apply(now: &mut Delegations, change: &DelegationChange) -> Result<(), NotChanged> {
    match change {
        DelegationChange::Bins(bins) => {
            let set = bins.delegations();
            now.keys.extend(set.keys);
            now.roles = set.roles;
        }
        DelegationChange::Add { role, before } => add(now, role, before.as_deref())?,
        DelegationChange::Remove { name } => {
            let at = position(roles(now)?, name)?;
            roles(now)?.remove(at);
        }
        DelegationChange::AddKey { name, key } => {
            let role = &mut named(now, name)?.role;
            check_key(name, key)?;
            if role.keyids.contains(&key.keyid()) {
                let what = format!("key {} of {}", key.keyid(), shown(name, 80));
                return Err(NotChanged::Present { what });
            }
            role.keyids.push(key.keyid());
            now.keys.insert(key.keyid(), key.clone());
        }
        DelegationChange::RemoveKey { name, keyid } => {
            let role = &mut named(now, name)?.role;
            if !role.keyids.contains(keyid) {
                let what = format!("key {keyid} of {}", shown(name, 80));
                return Err(NotChanged::Absent { what });
            }
            role.keyids.retain(|id| id != keyid);
        }
        DelegationChange::Threshold { name, threshold } => {
            let role = &mut named(now, name)?.role;
            set(&mut role.threshold, *threshold, name, "threshold")?;
        }
        DelegationChange::Terminating { name, terminating } => {
            let role = named(now, name)?;
            set(&mut role.terminating, *terminating, name, "terminating")?;
        }
        DelegationChange::Scope { name, scope } => {
            check_scope(name, scope)?;
            let role = named(now, name)?;
            set(&mut role.scope, scope.clone(), name, "paths")?;
        }
        DelegationChange::Order { names } => order(roles(now)?, names)?,
    }
    Ok(())
}

fn add(now: &mut Delegations, new: &NewRole, before: Option<&str>) -> Result<(), NotChanged> {
    let name = new.name.as_str();
    for role in roles(now)?.iter() {
        if role.name == name {
            let what = format!("delegated role {name}");
            return Err(NotChanged::Present { what });
        }
        // facts/tuf.md 2.8: on some disks both would be one file.
        if role.name.eq_ignore_ascii_case(name) {
            return Err(NotChanged::NameCase {
                one: shown(&role.name, 80),
                other: name.to_owned(),
            });
        }
    }
    check_scope(name, &new.scope)?;
    let mut keyids = Vec::with_capacity(new.keys.len());
    for key in &new.keys {
        check_key(name, key)?;
        keyids.push(key.keyid());
    }
    // Sorted, as in root: the order in which keys were brought leaves no trace.
    keyids.sort_unstable();
    let role = DelegatedRole {
        name: name.to_owned(),
        role: Role {
            keyids,
            threshold: new.threshold,
            unrecognized: BTreeMap::new(),
        },
        terminating: new.terminating,
        scope: new.scope.clone(),
    };
    let list = roles(now)?;
    let at = match before {
        Some(other) => position(list, other)?,
        None => list.len(),
    };
    list.insert(at, role);
    now.keys.extend(new.keys.iter().map(|k| (k.keyid(), k.clone())));
    Ok(())
}

fn order(roles: &mut [DelegatedRole], names: &[String]) -> Result<(), NotChanged> {
    let now: Vec<&String> = roles.iter().map(|r| &r.name).collect();
    if now.iter().copied().eq(names) {
        let what = "order of delegations".to_owned();
        return Err(NotChanged::NothingChanges { what });
    }
    let (mut a, mut b) = (now.clone(), names.iter().collect::<Vec<_>>());
    a.sort_unstable();
    b.sort_unstable();
    if a != b {
        return Err(NotChanged::Order {
            got: shown(&names.join(" "), 200),
        });
    }
    let places: BTreeMap<&String, usize> = names.iter().zip(0..).collect();
    roles.sort_by_key(|r| places.get(&r.name).copied());
    Ok(())
}

fn set<T: PartialEq>(field: &mut T, value: T, name: &str, what: &str) -> Result<(), NotChanged> {
    if *field == value {
        return Err(NotChanged::NothingChanges {
            what: format!("{what} of {}", shown(name, 80)),
        });
    }
    *field = value;
    Ok(())
}

fn roles(delegations: &mut Delegations) -> Result<&mut Vec<DelegatedRole>, NotChanged> {
    match &mut delegations.roles {
        Delegated::Roles(roles) => Ok(roles),
        Delegated::Succinct(_) => Err(NotChanged::Succinct),
    }
}

fn named<'a>(delegations: &'a mut Delegations, name: &str) -> Result<&'a mut DelegatedRole, NotChanged> {
    let found = roles(delegations)?.iter_mut().find(|r| r.name == name);
    found.ok_or_else(|| absent(name))
}

fn position(roles: &[DelegatedRole], name: &str) -> Result<usize, NotChanged> {
    roles
        .iter()
        .position(|r| r.name == name)
        .ok_or_else(|| absent(name))
}

fn absent(name: &str) -> NotChanged {
    NotChanged::Absent {
        what: format!("delegated role {}", shown(name, 80)),
    }
}

fn check_key(role: &str, key: &Key) -> Result<(), NotChanged> {
    key.to_public().map(|_| ()).map_err(|source| NotChanged::Key {
        role: shown(role, 80),
        keyid: key.keyid(),
        source,
    })
}

fn check_scope(role: &str, scope: &Scope) -> Result<(), NotChanged> {
    let refuse = |expected| {
        Err(NotChanged::Scope {
            role: shown(role, 80),
            expected,
        })
    };
    let list = match scope {
        Scope::Paths(list) | Scope::HashPrefixes(list) => list,
    };
    if list.is_empty() {
        // facts/tuf.md 2.8: rust-tuf refuses it, and nobody finds anything behind it.
        return refuse("at least one path or prefix, got none");
    }
    if list.iter().collect::<BTreeSet<_>>().len() != list.len() {
        return refuse("each path or prefix once, got one twice");
    }
    match scope {
        Scope::Paths(patterns) => {
            for pattern in patterns {
                Pattern::parse(pattern).map_err(|source| NotChanged::Pattern {
                    role: shown(role, 80),
                    source,
                })?;
            }
            Ok(())
        }
        Scope::HashPrefixes(prefixes) => {
            let hex = |p: &String| {
                (1..=64).contains(&p.len()) && p.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            };
            if prefixes.iter().all(hex) {
                Ok(())
            } else {
                refuse("prefixes of 1 to 64 lowercase hexadecimal digits")
            }
        }
    }
}
