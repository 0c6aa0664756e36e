//! Root metadata (TUF 4.3): the keys, and which role trusts which of them.
//! Keys and thresholds of the four top-level roles; unknown fields are kept.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Fields, joined, path};
use super::key::{Key, KeyId};
use super::metadata::Common;
use super::refused::Refused;
use super::role::{Role, RoleName};
use crate::base::{Json, shown};

/// The `signed` part of root metadata. Invariants: all four roles and no other;
/// every keyid is its key's; every key is some role's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// `spec_version`, `version`, `expires`.
    pub common: Common,
    /// Always written out: tuf-js and tough refuse its absence.
    pub consistent_snapshot: bool,
    /// The key objects by their recomputed ids.
    pub keys: BTreeMap<KeyId, Key>,
    /// The four roles.
    pub roles: BTreeMap<RoleName, Role>,
    /// Other members.
    pub unrecognized: BTreeMap<String, Json>,
}

impl Root {
    /// Reads the `signed` part.
    ///
    /// # Errors
    /// [`Refused`] with the rule that is broken.
    pub fn from_json(signed: &Json) -> Result<Root, Refused> {
        let mut fields = Fields::of(signed, "signed")?;
        let common = Common::take(&mut fields, RoleName::Root)?;
        let consistent_snapshot = fields.boolean("consistent_snapshot")?;
        let at = fields.path("keys");
        let keys = read_keys(fields.object("keys")?, &at)?;
        let roles = read_roles(fields.object("roles")?)?;
        let mut known = BTreeMap::new();
        for (name, role) in &roles {
            role.check_keys_known(&keys, name.as_str(), &mut known)?;
        }
        let used: BTreeSet<&KeyId> = roles.values().flat_map(|r| &r.keyids).collect();
        if let Some(keyid) = keys.keys().find(|id| !used.contains(id)) {
            return Err(Refused::KeyUnused { keyid: *keyid });
        }
        Ok(Root {
            common,
            consistent_snapshot,
            keys,
            roles,
            unrecognized: fields.rest(),
        })
    }

    /// The `signed` part, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let keys = self.keys.iter().map(|(id, k)| (id.to_string(), k.to_json()));
        let roles = self
            .roles
            .iter()
            .map(|(name, r)| (name.as_str().to_owned(), r.to_json()));
        let signed = joined(
            &self.unrecognized,
            [
                ("consistent_snapshot", Json::Bool(self.consistent_snapshot)),
                ("keys", Json::Object(keys.collect())),
                ("roles", Json::Object(roles.collect())),
            ],
        );
        self.common.write(signed, RoleName::Root)
    }

    /// A role; present for every name by the invariant.
    ///
    /// # Errors
    /// [`Refused::MissingRole`] if somebody built a root without it.
    pub fn role(&self, role: RoleName) -> Result<&Role, Refused> {
        self.roles.get(&role).ok_or(Refused::MissingRole { role })
    }
}

/// Key objects under their ids, recomputed (TUF 4.2: clients MUST).
pub(super) fn read_keys(map: &BTreeMap<String, Json>, at: &str) -> Result<BTreeMap<KeyId, Key>, Refused> {
    let mut keys = BTreeMap::new();
    for (id, value) in map {
        let got = KeyId::parse(id, at)?;
        let key = Key::from_json(value, &path(at, id))?;
        let expected = key.keyid();
        // facts/tuf.md 2.4: sigstore's root 11 broke every tough client with such an id.
        if expected != got {
            return Err(Refused::KeyIdMismatch {
                expected,
                got,
                rule: key.foreign_rule(got),
            });
        }
        keys.insert(got, key);
    }
    Ok(keys)
}

fn read_roles(map: &BTreeMap<String, Json>) -> Result<BTreeMap<RoleName, Role>, Refused> {
    let mut roles = BTreeMap::new();
    for (name, value) in map {
        // facts/tuf.md 2.6: python-tuf and tough refuse `mirrors` and any other role.
        let role = RoleName::parse(name).ok_or_else(|| Refused::ExtraRole { got: shown(name, 80) })?;
        roles.insert(role, Role::from_json(value, role.as_str())?);
    }
    match RoleName::ALL.into_iter().find(|r| !roles.contains_key(r)) {
        Some(role) => Err(Refused::MissingRole { role }),
        None => Ok(roles),
    }
}
