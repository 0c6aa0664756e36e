//! Composes the root after one that exists. Everything that nobody asked to
//! change stays as it stands: unknown fields, key objects (whose digest is the
//! keyid), `spec_version`, `consistent_snapshot`. The other roles' next files
//! are made in `compose`.

use std::collections::BTreeMap;

use super::compose::{Draft, NotComposed, RootInputs, check_role, check_separation};
use super::key::Key;
use super::metadata::Common;
use super::role::{Role, RoleName};
use super::root::Root;
use crate::base::{Instant, PublicKey};

/// What a successor of a root is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuccessorInputs {
    /// The version: the trusted one's and one.
    pub version: u64,
    /// The expiry.
    pub expires: Instant,
    /// For each of the four roles: threshold and key objects, in any order. An
    /// object of the trusted root stays as it is only if it is given as it is.
    pub roles: BTreeMap<RoleName, (u64, Vec<Key>)>,
}

/// Composes the root after `trusted`.
///
/// # Errors
/// [`NotComposed`]: not the next version, and what [`super::compose::root`] refuses.
pub fn root(trusted: &Root, inputs: &SuccessorInputs, now: Instant) -> Result<Draft, NotComposed> {
    // TUF 5.3.5: exactly N + 1, for every client below N has to pass through it.
    let expected = trusted.common.version.saturating_add(1);
    if inputs.version != expected {
        let got = inputs.version;
        return Err(NotComposed::NotNext { expected, got });
    }
    let mut publics = BTreeMap::new();
    let mut keys = BTreeMap::new();
    let mut roles = BTreeMap::new();
    for role in RoleName::ALL {
        let (threshold, objects) = inputs.roles.get(&role).ok_or(NotComposed::MissingRole { role })?;
        let of_role: Vec<PublicKey> = objects
            .iter()
            .map(Key::to_public)
            .collect::<Result<_, _>>()
            .map_err(|source| NotComposed::NotUsable { role, source })?;
        check_role(role, *threshold, &of_role)?;
        publics.insert(role, (*threshold, of_role));
        let before = trusted.roles.get(&role);
        let mut keyids: Vec<_> = objects.iter().map(Key::keyid).collect();
        // What stays keeps its place; what is new follows, sorted, so that the order
        // in which people brought their tokens leaves no trace.
        keyids.sort_by_key(|id| {
            let place = before.and_then(|r| r.keyids.iter().position(|k| k == id));
            (place.unwrap_or(usize::MAX), *id)
        });
        keys.extend(objects.iter().map(|key| (key.keyid(), key.clone())));
        roles.insert(
            role,
            Role {
                keyids,
                threshold: *threshold,
                unrecognized: before.map(|r| r.unrecognized.clone()).unwrap_or_default(),
            },
        );
    }
    check_separation(&RootInputs {
        version: inputs.version,
        expires: inputs.expires,
        roles: publics,
    })?;
    let root = Root {
        common: next(&trusted.common, inputs.version, inputs.expires, now)?,
        keys,
        roles,
        ..trusted.clone()
    };
    Draft::of(root.to_json())
}

fn next(old: &Common, version: u64, expires: Instant, now: Instant) -> Result<Common, NotComposed> {
    let expected = old.version.saturating_add(1);
    if version != expected {
        return Err(NotComposed::NotNext {
            expected,
            got: version,
        });
    }
    // TUF 5.3.10: a client refuses what expires at or before its start time.
    if expires <= now {
        return Err(NotComposed::Expired { now, expires });
    }
    Ok(Common {
        spec_version: old.spec_version.clone(),
        version,
        expires,
    })
}
