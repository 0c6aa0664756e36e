//! The four top-level roles (TUF 2.1) and the role object: keyids and threshold
//! (TUF 4.3). The checks that need the key objects stand in [`Role::check_keys`],
//! because delegations use the same object with their own keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::fields::{Fields, joined, number, shape};
use super::key::{Key, KeyId};
use super::refused::Refused;
use crate::base::{Json, PublicKey, shown};

/// A top-level role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    /// Delegates trust to the others (TUF 2.1.1).
    Root,
    /// Signs target files and delegations (TUF 2.1.2).
    Targets,
    /// Signs the versions of all targets metadata (TUF 2.1.3).
    Snapshot,
    /// Signs the version of snapshot (TUF 2.1.4).
    Timestamp,
}

impl RoleName {
    /// All four, in the specification's order.
    pub const ALL: [RoleName; 4] = [
        RoleName::Root,
        RoleName::Targets,
        RoleName::Snapshot,
        RoleName::Timestamp,
    ];

    /// The name, as in `_type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RoleName::Root => "root",
            RoleName::Targets => "targets",
            RoleName::Snapshot => "snapshot",
            RoleName::Timestamp => "timestamp",
        }
    }

    /// Reads a name, exactly.
    #[must_use]
    pub fn parse(name: &str) -> Option<RoleName> {
        RoleName::ALL.into_iter().find(|r| r.as_str() == name)
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A role object: who may sign, and how many must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// In the order of the file; each once.
    pub keyids: Vec<KeyId>,
    /// 1 to the number of keyids.
    pub threshold: u64,
    /// Other members (`x-tuf-on-ci-signing-period`, ...).
    pub unrecognized: BTreeMap<String, Json>,
}

impl Role {
    /// The keyids under which it lists a public key, of the key objects beside it.
    #[must_use]
    pub fn keyids_of(&self, keys: &BTreeMap<KeyId, Key>, public: &PublicKey) -> Vec<KeyId> {
        let of = |id: &&KeyId| keys.get(*id).and_then(|key| key.to_public().ok()).as_ref() == Some(public);
        self.keyids.iter().filter(of).copied().collect()
    }

    /// Reads a role object; `at` is its path, for errors.
    ///
    /// # Errors
    /// [`Refused`]: field missing or malformed, threshold out of reach, keyid twice.
    pub fn from_json(value: &Json, at: &str) -> Result<Role, Refused> {
        let mut fields = Fields::of(value, at)?;
        let role = Role::take(&mut fields, at)?;
        Ok(Role {
            unrecognized: fields.rest(),
            ..role
        })
    }

    /// The members that are a role's; what else the object has stays in `fields`.
    pub(super) fn take(fields: &mut Fields<'_>, at: &str) -> Result<Role, Refused> {
        let here = fields.path("keyids");
        let mut keyids = Vec::new();
        let mut seen = BTreeSet::new();
        for item in fields.array("keyids")? {
            let Json::Str(text) = &item else {
                return Err(shape(&here, "an array of strings", item));
            };
            let keyid = KeyId::parse(text, &here)?;
            if !seen.insert(keyid) {
                return Err(Refused::KeyIdTwice {
                    role: at.to_owned(),
                    keyid,
                });
            }
            keyids.push(keyid);
        }
        let threshold = read_threshold(fields.integer("threshold")?, keyids.len(), at)?;
        Ok(Role {
            keyids,
            threshold,
            unrecognized: BTreeMap::new(),
        })
    }

    /// The object, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let keyids = self.keyids.iter().map(|id| id.to_string().into()).collect();
        joined(
            &self.unrecognized,
            [
                ("keyids", Json::Array(keyids)),
                ("threshold", number(self.threshold)),
            ],
        )
    }

    /// Every keyid has a key, and no two of them are one public key.
    ///
    /// # Errors
    /// [`Refused::KeyAbsent`], [`Refused::KeyAlias`].
    pub fn check_keys(&self, keys: &BTreeMap<KeyId, Key>, at: &str) -> Result<(), Refused> {
        self.check_keys_known(keys, at, &mut BTreeMap::new())
    }

    /// The same; what a key is made of is worked out once for all roles that share `known`.
    pub(super) fn check_keys_known<'a>(
        &self,
        keys: &'a BTreeMap<KeyId, Key>,
        at: &str,
        known: &mut BTreeMap<&'a KeyId, Vec<u8>>,
    ) -> Result<(), Refused> {
        let alone = self.keyids.len() == 1;
        let mut seen: BTreeMap<Vec<u8>, KeyId> = BTreeMap::new();
        for keyid in &self.keyids {
            let (keyid, key) = keys.get_key_value(keyid).ok_or_else(|| Refused::KeyAbsent {
                role: shown(at, 80),
                keyid: *keyid,
            })?;
            if alone {
                break; // one key has no alias; hash bins are 16,384 such roles
            }
            let material = known.entry(keyid).or_insert_with(|| key.material());
            // facts/tuf.md 2.4: python-tuf, tuf-js and tough count both ids of one key,
            // so such a threshold is weaker than it looks. Refused at the door.
            if let Some(one) = seen.insert(material.clone(), *keyid) {
                return Err(Refused::KeyAlias {
                    role: shown(at, 80),
                    one,
                    other: *keyid,
                });
            }
        }
        Ok(())
    }
}

/// TUF 4.3: THRESHOLD is an integer above zero; out of reach of its keys it
/// would lock every client out (facts/tuf.md 2.6).
fn read_threshold(got: i64, keys: usize, at: &str) -> Result<u64, Refused> {
    let role = at.to_owned();
    match u64::try_from(got) {
        Err(_) | Ok(0) => Err(Refused::ThresholdNotPositive { role, got }),
        Ok(t) if usize::try_from(t).is_ok_and(|t| t <= keys) => Ok(t),
        Ok(got) => Err(Refused::ThresholdUnreachable { role, keys, got }),
    }
}
