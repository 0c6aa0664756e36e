//! Delegations (TUF 4.5): which other roles sign for which paths, by which
//! keys, in which order; and TAP 15's `succinct_roles`. What is read is what
//! every client can read: a form that some client refuses is refused here
//! (facts/tuf.md 2.8). What we write is narrower still, see [`DelegatedName`]
//! and [`super::pattern::Pattern`]. Key objects keep every field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::bins::SuccinctRoles;
use super::fields::{Fields, joined, path, shape};
use super::key::{Key, KeyId};
use super::pattern;
use super::refused::Refused;
use super::role::{Role, RoleName};
use super::root::read_keys;
use crate::base::{Digest, Json, shown};

/// The `delegations` object. Invariants: role names once each, none of the
/// four; every keyid is its key's and is there; no alias inside a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegations {
    /// The key objects by their recomputed ids.
    pub keys: BTreeMap<KeyId, Key>,
    /// Who is delegated to.
    pub roles: Delegated,
    /// Other members.
    pub unrecognized: BTreeMap<String, Json>,
}

/// Who is delegated to: one or the other (TAP 15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delegated {
    /// `roles`, in order: the order is the priority.
    Roles(Vec<DelegatedRole>),
    /// `succinct_roles`.
    Succinct(SuccinctRoles),
}

/// One delegated role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedRole {
    /// Its name, as it stands.
    pub name: String,
    /// Who may sign and how many must; its `unrecognized` are the object's.
    pub role: Role,
    /// Whether the search ends with it.
    pub terminating: bool,
    /// What it may sign for.
    pub scope: Scope,
}

/// What a delegated role may sign for: one or the other (TUF 4.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// `paths`: patterns, as they stand.
    Paths(Vec<String>),
    /// `path_hash_prefixes`: lowercase hexadecimal starts of SHA-256 of the path.
    HashPrefixes(Vec<String>),
}

/// A role that is asked for a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrusted {
    /// Its name.
    pub name: String,
    /// Whether the search ends with it.
    pub terminating: bool,
}

/// Clients disagree whether a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{role}: expected a pattern and a path that all clients match alike, got {pattern} and {path}")]
pub struct Unsure {
    /// The delegated role, safe to show.
    pub role: String,
    /// The pattern, safe to show.
    pub pattern: String,
    /// The path, safe to show.
    pub path: String,
}

impl Delegations {
    /// Without keys and roles.
    #[must_use]
    pub fn empty() -> Delegations {
        Delegations {
            keys: BTreeMap::new(),
            roles: Delegated::Roles(Vec::new()),
            unrecognized: BTreeMap::new(),
        }
    }

    /// Reads the object; `at` is its path, for errors.
    ///
    /// # Errors
    /// [`Refused`] with the rule that is broken.
    pub fn from_json(value: &Json, at: &str) -> Result<Delegations, Refused> {
        let mut fields = Fields::of(value, at)?;
        let keys = read_keys(fields.object("keys")?, &fields.path("keys"))?;
        let roles = match (fields.optional("roles"), fields.optional("succinct_roles")) {
            (Some(roles), None) => Delegated::Roles(read_roles(roles, &fields.path("roles"))?),
            (None, Some(succinct)) => {
                let at = fields.path("succinct_roles");
                Delegated::Succinct(SuccinctRoles::from_json(succinct, &at)?)
            }
            // TAP 15: exactly one of them.
            (both, _) => {
                return Err(Refused::DelegationsKind {
                    got: if both.is_some() { "both" } else { "neither" },
                });
            }
        };
        match &roles {
            Delegated::Roles(roles) => {
                let mut known = BTreeMap::new();
                for role in roles {
                    role.role.check_keys_known(&keys, &role.name, &mut known)?;
                }
            }
            Delegated::Succinct(succinct) => succinct.role.check_keys(&keys, "succinct_roles")?,
        }
        Ok(Delegations {
            keys,
            roles,
            unrecognized: fields.rest(),
        })
    }

    /// The object, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let keys = self.keys.iter().map(|(id, k)| (id.to_string(), k.to_json()));
        let (name, roles) = match &self.roles {
            Delegated::Roles(roles) => (
                "roles",
                Json::Array(roles.iter().map(DelegatedRole::to_json).collect()),
            ),
            Delegated::Succinct(succinct) => ("succinct_roles", succinct.to_json()),
        };
        let keys = Json::Object(keys.collect());
        joined(&self.unrecognized, [("keys", keys), (name, roles)])
    }

    /// The roles that a client asks for a path, in order. It ends with the
    /// first terminating one (TUF 5.6.7.2.1).
    ///
    /// # Errors
    /// [`Unsure`] where clients disagree.
    pub fn entrusted(&self, path: &str) -> Result<Vec<Entrusted>, Unsure> {
        let roles = match &self.roles {
            Delegated::Roles(roles) => roles,
            Delegated::Succinct(succinct) => {
                return Ok(vec![Entrusted {
                    name: succinct.bin_of(path),
                    terminating: true, // facts/tuf.md 2.11: all implementations do
                }]);
            }
        };
        let mut found = Vec::new();
        for role in roles {
            if role.covers(path)? {
                found.push(Entrusted {
                    name: role.name.clone(),
                    terminating: role.terminating,
                });
                if role.terminating {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Whose signatures count for a delegated role.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        match &self.roles {
            Delegated::Roles(roles) => roles.iter().find(|r| r.name == name).map(|r| &r.role),
            Delegated::Succinct(succinct) => succinct.index_of(name).map(|_| &succinct.role),
        }
    }

    /// Whether the delegated role of this name may list this path.
    ///
    /// # Errors
    /// [`Unsure`] where clients disagree.
    pub fn allows(&self, name: &str, path: &str) -> Result<bool, Unsure> {
        match &self.roles {
            Delegated::Roles(roles) => match roles.iter().find(|r| r.name == name) {
                Some(role) => role.covers(path),
                None => Ok(false),
            },
            Delegated::Succinct(succinct) => Ok(succinct.bin_of(path) == name),
        }
    }
}

impl DelegatedRole {
    /// Whether it is asked for a path.
    ///
    /// # Errors
    /// [`Unsure`] where clients disagree.
    pub fn covers(&self, target: &str) -> Result<bool, Unsure> {
        self.scope.covers(&self.name, target)
    }

    fn from_json(value: &Json, at: &str) -> Result<DelegatedRole, Refused> {
        let mut fields = Fields::of(value, at)?;
        let name = fields.text("name")?;
        let here = shown(&name, 80);
        if name.is_empty() || RoleName::parse(&name).is_some() {
            return Err(Refused::DelegatedName { got: here });
        }
        let at = fields.rename(&here);
        let mut role = Role::take(&mut fields, &here)?;
        fields.rename(&at);
        // facts/tuf.md 2.8: absent, three clients refuse and go-tuf adds it.
        let terminating = fields.boolean("terminating")?;
        let scope = match (fields.optional("paths"), fields.optional("path_hash_prefixes")) {
            (Some(paths), None) => Scope::Paths(texts(
                paths,
                &fields.path("paths"),
                "an array of patterns",
                |t| !t.is_empty(),
            )?),
            (None, Some(prefixes)) => Scope::HashPrefixes(texts(
                prefixes,
                &fields.path("path_hash_prefixes"),
                "an array of 1 to 64 lowercase hexadecimal digits each",
                is_prefix,
            )?),
            (both, _) => {
                return Err(Refused::DelegatedScope {
                    role: here,
                    got: if both.is_some() { "both" } else { "neither" },
                });
            }
        };
        role.unrecognized = fields.rest();
        Ok(DelegatedRole {
            name,
            role,
            terminating,
            scope,
        })
    }

    /// The object, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let (member, list) = match &self.scope {
            Scope::Paths(list) => ("paths", list),
            Scope::HashPrefixes(list) => ("path_hash_prefixes", list),
        };
        let list = Json::Array(list.iter().map(|t| t.as_str().into()).collect());
        let role = self.role.to_json();
        let Json::Object(rest) = role else { return role };
        joined(
            &rest,
            [
                ("name", self.name.as_str().into()),
                ("terminating", Json::Bool(self.terminating)),
                (member, list),
            ],
        )
    }
}

impl Scope {
    /// Whether a path is in it; `role` is the delegated role, for the error.
    ///
    /// # Errors
    /// [`Unsure`] where clients disagree.
    pub fn covers(&self, role: &str, target: &str) -> Result<bool, Unsure> {
        let patterns = match self {
            Scope::Paths(patterns) => patterns,
            Scope::HashPrefixes(prefixes) => {
                let digest = path_digest(target).hex();
                return Ok(prefixes.iter().any(|p| digest.starts_with(p.as_str())));
            }
        };
        let mut unsure = None;
        for pattern in patterns {
            match pattern::matches(pattern, target) {
                Some(true) => return Ok(true),
                Some(false) => {}
                None => unsure = Some(pattern),
            }
        }
        match unsure {
            None => Ok(false),
            Some(pattern) => Err(Unsure {
                role: shown(role, 80),
                pattern: shown(pattern, 120),
                path: shown(target, 120),
            }),
        }
    }
}

/// The name of a delegated role that we write (facts/tuf.md 2.8): it becomes
/// part of a file's name on every kind of disk and of a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DelegatedName(String);

/// Why a text names no delegated role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {got}")]
pub struct NotAName {
    /// What the rule asks for.
    pub expected: &'static str,
    /// What was found, safe to show.
    pub got: String,
}

impl DelegatedName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NotAName`] with the rule.
    pub fn parse(text: &str) -> Result<DelegatedName, NotAName> {
        let refuse = |expected| {
            Err(NotAName {
                expected,
                got: shown(text, 80),
            })
        };
        if text.is_empty() || text.len() > 64 {
            return refuse("a role name of 1 to 64 characters");
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !text.bytes().all(plain) || text.starts_with(['.', '-']) {
            return refuse("a role name of A-Z a-z 0-9 . _ -, starting with none of . -");
        }
        // R7: a JavaScript object moves such keys to the front.
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return refuse("a role name that is not a number");
        }
        if RoleName::parse(&text.to_ascii_lowercase()).is_some() {
            return refuse("a role name other than the four");
        }
        Ok(DelegatedName(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DelegatedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DelegatedName {
    type Error = NotAName;
    fn try_from(text: String) -> Result<Self, NotAName> {
        DelegatedName::parse(&text)
    }
}

impl From<DelegatedName> for String {
    fn from(name: DelegatedName) -> String {
        name.0
    }
}

/// SHA-256 of a target path: what hash bins go by (TUF 4.5; PEP 458's text
/// says SHA2-512, every client uses SHA-256).
#[must_use]
pub fn path_digest(target: &str) -> Digest {
    Digest::of(target.as_bytes())
}

fn is_prefix(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn read_roles(value: &Json, at: &str) -> Result<Vec<DelegatedRole>, Refused> {
    let items = value.as_array().ok_or_else(|| shape(at, "an array", value))?;
    let mut seen = BTreeSet::new();
    let mut roles = Vec::with_capacity(items.len());
    for (n, item) in items.iter().enumerate() {
        let role = DelegatedRole::from_json(item, &format!("{at}[{n}]"))?;
        // TUF 4.5: ROLENAME is unique; two of one name are two opinions of one file.
        if !seen.insert(item.get("name").and_then(Json::as_str)) {
            return Err(Refused::DelegatedTwice {
                name: shown(&role.name, 80),
            });
        }
        roles.push(role);
    }
    Ok(roles)
}

fn texts(
    value: &Json,
    at: &str,
    expected: &'static str,
    good: fn(&str) -> bool,
) -> Result<Vec<String>, Refused> {
    let items = value.as_array().ok_or_else(|| shape(at, expected, value))?;
    let mut out = Vec::with_capacity(items.len());
    for (n, item) in items.iter().enumerate() {
        match item.as_str().filter(|text| good(text)) {
            Some(text) => out.push(text.to_owned()),
            None => return Err(shape(&path(at, &n.to_string()), expected, item)),
        }
    }
    Ok(out)
}
