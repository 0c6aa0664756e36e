//! What differs between a trusted root and its successor, by content alone
//! (TUF 5.3, 6.1; facts/tuf.md 5.3). People declare what they want to change;
//! this file says what the bytes change, and the two must be the same set. A
//! difference that has no name here is never silent: it is [`Change::Other`].

use std::collections::BTreeSet;
use std::fmt;

use super::key::KeyId;
use super::role::{Role, RoleName};
use super::root::Root;

/// One difference between a root and its successor. Version and expiry are
/// none: every successor has its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A key that the role did not have, under any keyid.
    AddKey {
        /// The role.
        role: RoleName,
        /// Its keyid.
        keyid: KeyId,
    },
    /// A key that the role has no longer, under any keyid.
    RemoveKey {
        /// The role.
        role: RoleName,
        /// Its keyid in the trusted root.
        keyid: KeyId,
    },
    /// The same public key under a new keyid (facts/tuf.md 5, W12).
    ReKey {
        /// The role.
        role: RoleName,
        /// Its keyid in the trusted root.
        from: KeyId,
        /// Its keyid in the successor.
        to: KeyId,
    },
    /// Another threshold.
    SetThreshold {
        /// The role.
        role: RoleName,
        /// The new one.
        threshold: u64,
    },
    /// Anything else; no ceremony declares it.
    Other(String),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::AddKey { role, keyid } => write!(f, "add-key {keyid} to {role}"),
            Change::RemoveKey { role, keyid } => write!(f, "remove-key {keyid} from {role}"),
            Change::ReKey { role, from, to } => write!(f, "re-key {from} of {role} as {to}"),
            Change::SetThreshold { role, threshold } => {
                write!(f, "set-threshold of {role} to {threshold}")
            }
            Change::Other(what) => f.write_str(what),
        }
    }
}

/// Every difference but version and expiry.
#[must_use]
pub fn transition(old: &Root, new: &Root) -> BTreeSet<Change> {
    let mut found = BTreeSet::new();
    let mut other = |differs: bool, what: &str| {
        if differs {
            found.insert(Change::Other(format!("{what} changed")));
        }
    };
    other(old.common.spec_version != new.common.spec_version, "spec_version");
    other(
        old.consistent_snapshot != new.consistent_snapshot,
        "consistent_snapshot",
    );
    other(old.unrecognized != new.unrecognized, "an unknown field of root");
    for name in RoleName::ALL {
        if let (Some(before), Some(now)) = (old.roles.get(&name), new.roles.get(&name)) {
            let differs = before.unrecognized != now.unrecognized;
            other(differs, &format!("an unknown field of the role {name}"));
            other(
                order(before, now) != order(now, before),
                &format!("the order of keys of {name}"),
            );
        }
    }
    // A keyid is the digest of its key object, so the same id is the same object.
    for name in RoleName::ALL {
        if let (Some(before), Some(now)) = (old.roles.get(&name), new.roles.get(&name)) {
            keys(name, (old, before), (new, now), &mut found);
        }
    }
    found
}

/// The keyids of `one` that `other` has as well, in order.
fn order<'r>(one: &'r Role, other: &Role) -> Vec<&'r KeyId> {
    one.keyids.iter().filter(|id| other.keyids.contains(id)).collect()
}

fn keys(
    role: RoleName,
    (old, before): (&Root, &Role),
    (new, now): (&Root, &Role),
    found: &mut BTreeSet<Change>,
) {
    if before.threshold != now.threshold {
        found.insert(Change::SetThreshold {
            role,
            threshold: now.threshold,
        });
    }
    let material = |root: &Root, id: &KeyId| root.keys.get(id).map(super::key::Key::material);
    let mut gone: Vec<KeyId> = before
        .keyids
        .iter()
        .filter(|id| !now.keyids.contains(id))
        .copied()
        .collect();
    for keyid in now.keyids.iter().filter(|id| !before.keyids.contains(id)) {
        let same = gone
            .iter()
            .position(|id| material(old, id) == material(new, keyid));
        found.insert(match same {
            Some(at) => Change::ReKey {
                role,
                from: gone.remove(at),
                to: *keyid,
            },
            None => Change::AddKey { role, keyid: *keyid },
        });
    }
    found.extend(gone.into_iter().map(|keyid| Change::RemoveKey { role, keyid }));
}

/// Whether clients drop the online files that they trust: the keys of timestamp
/// or snapshot were replaced, so versions may begin low again (TUF 5.3.11, 6.1).
#[must_use]
pub fn recovers_fast_forward(changes: &BTreeSet<Change>) -> bool {
    changes.iter().any(|change| {
        matches!(
            change,
            Change::RemoveKey {
                role: RoleName::Snapshot | RoleName::Timestamp,
                ..
            }
        )
    })
}
