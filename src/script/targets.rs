//! `[[manifest]]`, `[[target]]` and `[[delegation]]`: what targets metadata is
//! to say, in the bytes that people approve. Each maps to one change of
//! `tuf::compose`; whether it can be made is the plan's to say. No order, place
//! or scope is ever assumed.

use std::collections::BTreeMap;

use super::TrustFile;
use super::reader::{Faults, Table};
use crate::base::Id;
use crate::tuf::bins::Style;
use crate::tuf::manifest::{Others, TargetChange};
use crate::tuf::{DelegatedName, MetadataName, Scope, TargetFile};

/// What the script says about target files and delegations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetsSpec {
    /// Files measured elsewhere.
    pub manifests: Vec<ManifestSpec>,
    /// Single files.
    pub targets: Vec<TargetSpec>,
    /// Changes of delegations, in order.
    pub delegations: Vec<DelegationSpec>,
}

impl TargetsSpec {
    /// The role whose file each entry is about, with its place in the script.
    pub fn roles(&self) -> impl Iterator<Item = (&str, (usize, usize))> {
        let manifests = self.manifests.iter().map(|m| (m.role.as_str(), m.at));
        let targets = self.targets.iter().map(|t| (t.role.as_str(), t.at));
        let delegations = self.delegations.iter().map(|d| (d.role.as_str(), d.at));
        manifests.chain(targets).chain(delegations)
    }

    /// The changes of what a role delegates, in order.
    pub fn delegations_of<'a>(&'a self, role: &'a MetadataName) -> impl Iterator<Item = &'a DelegationSpec> {
        self.delegations.iter().filter(|d| d.role == role.as_str())
    }
}

/// A hash manifest (`docs/tuf.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestSpec {
    /// Its name in the script.
    pub id: Id,
    /// The file.
    pub file: TrustFile,
    /// What becomes of files that it does not name.
    pub others: Others,
    /// Whose targets metadata it is about.
    pub role: String,
    /// Line and column in the script.
    pub at: (usize, usize),
}

/// One target file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSpec {
    /// What happens to it.
    pub change: TargetChange,
    /// Whose targets metadata it is in.
    pub role: String,
    /// Line and column in the script.
    pub at: (usize, usize),
}

/// One change of delegations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationSpec {
    /// What.
    pub what: Delegate,
    /// Who delegates.
    pub role: String,
    /// Line and column in the script.
    pub at: (usize, usize),
}

/// What a change of delegations does; keys by the script's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delegate {
    /// One more role.
    AddRole {
        /// Its name.
        name: DelegatedName,
        /// Its keys.
        keys: Vec<Id>,
        /// How many of them must sign.
        threshold: u32,
        /// Whether the search ends with it.
        terminating: bool,
        /// What it may sign for.
        scope: Scope,
        /// The role it stands before; `None`: the script says `last`.
        before: Option<String>,
    },
    /// A role less.
    RemoveRole {
        /// Its name.
        name: String,
    },
    /// A key more.
    AddKey {
        /// The role.
        name: String,
        /// The key.
        key: Id,
    },
    /// A key less.
    RemoveKey {
        /// The role.
        name: String,
        /// The key.
        key: Id,
    },
    /// Another threshold.
    SetThreshold {
        /// The role.
        name: String,
        /// How many keys must sign.
        threshold: u32,
    },
    /// Other paths or prefixes.
    SetPaths {
        /// The role.
        name: String,
        /// All of them.
        scope: Scope,
    },
    /// Whether the search ends with it.
    SetTerminating {
        /// The role.
        name: String,
        /// The new value.
        terminating: bool,
    },
    /// Another order.
    Order {
        /// All names.
        names: Vec<String>,
    },
    /// A set of hash bins.
    Bins {
        /// 2^bits bins.
        bits: u8,
        /// Their form, with the prefix of their names.
        style: Style,
        /// Their keys.
        keys: Vec<Id>,
        /// How many must sign.
        threshold: u32,
    },
}

impl Delegate {
    /// The keys that the change brings or takes.
    #[must_use]
    pub fn keys(&self) -> &[Id] {
        match self {
            Delegate::AddRole { keys, .. } | Delegate::Bins { keys, .. } => keys,
            Delegate::AddKey { key, .. } | Delegate::RemoveKey { key, .. } => std::slice::from_ref(key),
            _ => &[],
        }
    }
}

pub(super) fn read_manifest(table: &mut Table, faults: &mut Faults, id: Id) -> Option<ManifestSpec> {
    let at = faults.place(&table.span);
    let file = table.path(faults, "file");
    let sha256 = table.digest(faults, "sha256");
    let others = table.word(faults, "others", &[("stay", Others::Stay), ("go", Others::Go)]);
    let role = role(table, faults);
    Some(ManifestSpec {
        id,
        file: TrustFile {
            file: file?,
            sha256: sha256?,
        },
        others: others?,
        role: role?,
        at,
    })
}

pub(super) fn read_target(table: &mut Table, faults: &mut Faults) -> Option<TargetSpec> {
    let at = faults.place(&table.span);
    let word = table.word(
        faults,
        "do",
        &[("add", Some(true)), ("change", Some(false)), ("remove", None)],
    );
    let role = role(table, faults);
    let path = table.text(faults, "path", "a target path of 1 to 1024 characters", |s| {
        (1..=1024).contains(&s.len()).then(|| s.to_owned())
    });
    let change = match word? {
        None => TargetChange::Remove { path: path? },
        Some(new) => {
            let length = table.length(faults, "length");
            let mut hashes = BTreeMap::new();
            let sha256 = table.digest(faults, "sha256");
            if table.has("sha512") {
                let what = "a SHA-512 digest (128 characters of 0-9, a-f)";
                let hex = |s: &str| {
                    let digits = s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                    (s.len() == 128 && digits).then(|| s.to_owned())
                };
                hashes.insert("sha512".to_owned(), table.text(faults, "sha512", what, hex)?);
            }
            hashes.insert("sha256".to_owned(), sha256?.to_string());
            // TUF 4.5: for the owner's own use; clients hand it on and judge nothing by it.
            let mut unrecognized = BTreeMap::new();
            if table.has("custom") {
                unrecognized.insert("custom".to_owned(), table.json(faults, "custom")?);
            }
            let (path, file) = (
                path?,
                TargetFile {
                    length: length?,
                    hashes,
                    unrecognized,
                },
            );
            if new {
                TargetChange::Add { path, file }
            } else {
                TargetChange::Change { path, file }
            }
        }
    };
    Some(TargetSpec {
        change,
        role: role?,
        at,
    })
}

pub(super) fn read_delegation(table: &mut Table, faults: &mut Faults) -> Option<DelegationSpec> {
    #[derive(Clone, Copy)]
    enum Word {
        AddRole,
        RemoveRole,
        AddKey,
        RemoveKey,
        Threshold,
        Paths,
        Terminating,
        Order,
        Bins,
    }
    let at = faults.place(&table.span);
    let word = table.word(
        faults,
        "do",
        &[
            ("add-role", Word::AddRole),
            ("remove-role", Word::RemoveRole),
            ("add-key", Word::AddKey),
            ("remove-key", Word::RemoveKey),
            ("set-threshold", Word::Threshold),
            ("set-paths", Word::Paths),
            ("set-terminating", Word::Terminating),
            ("order", Word::Order),
            ("bins", Word::Bins),
        ],
    );
    let role = role(table, faults);
    let name = |table: &mut Table, faults: &mut Faults| {
        table.text(faults, "name", "a delegated role's name", role_name)
    };
    let what = match word? {
        Word::AddRole => add_role(table, faults)?,
        Word::RemoveRole => Delegate::RemoveRole {
            name: name(table, faults)?,
        },
        Word::AddKey => {
            let (name, key) = (name(table, faults), table.id(faults, "key"));
            Delegate::AddKey {
                name: name?,
                key: key?,
            }
        }
        Word::RemoveKey => {
            let (name, key) = (name(table, faults), table.id(faults, "key"));
            Delegate::RemoveKey {
                name: name?,
                key: key?,
            }
        }
        Word::Threshold => {
            let (name, threshold) = (name(table, faults), table.number(faults, "threshold", 1..1025));
            Delegate::SetThreshold {
                name: name?,
                threshold: threshold?,
            }
        }
        Word::Paths => {
            let (name, scope) = (name(table, faults), scope(table, faults));
            Delegate::SetPaths {
                name: name?,
                scope: scope?,
            }
        }
        Word::Terminating => {
            let (name, terminating) = (name(table, faults), table.boolean(faults, "terminating"));
            Delegate::SetTerminating {
                name: name?,
                terminating: terminating?,
            }
        }
        Word::Order => Delegate::Order {
            names: table.list(
                faults,
                "names",
                "a list of every delegated role's name",
                role_name,
            )?,
        },
        Word::Bins => bins(table, faults)?,
    };
    Some(DelegationSpec {
        what,
        role: role?,
        at,
    })
}

fn add_role(table: &mut Table, faults: &mut Faults) -> Option<Delegate> {
    let what = "a role name: 1 to 64 of A-Z a-z 0-9 . _ -, not of digits alone, no top-level role's";
    let name = table.text(faults, "name", what, |s| DelegatedName::parse(s).ok());
    let keys = keys(table, faults);
    let threshold = table.number(faults, "threshold", 1..1025);
    let terminating = table.boolean(faults, "terminating");
    let scope = scope(table, faults);
    // The order is the priority (TUF 4.5): it is written down, also for the last.
    let before = if table.has("before") {
        table
            .text(faults, "before", "a delegated role's name", role_name)
            .map(Some)
    } else {
        table.word(faults, "place", &[("last", ())]).map(|()| None)
    };
    Some(Delegate::AddRole {
        name: name?,
        keys: keys?,
        threshold: threshold?,
        terminating: terminating?,
        scope: scope?,
        before: before?,
    })
}

fn bins(table: &mut Table, faults: &mut Faults) -> Option<Delegate> {
    let mut inner = table.table(faults, "bins", "`bins`")?;
    let bits = inner.number(faults, "bits", 1..17);
    let succinct = inner.word(faults, "style", &[("prefixes", false), ("succinct", true)]);
    let what = "what stands before each bin's name (may be empty with style \"prefixes\")";
    let name_prefix = inner.text(faults, "name_prefix", what, |s| {
        (s.len() <= 64).then(|| s.to_owned())
    });
    let keys = keys(&mut inner, faults);
    let threshold = inner.number(faults, "threshold", 1..1025);
    inner.finish(faults);
    let name_prefix = name_prefix?;
    Some(Delegate::Bins {
        bits: u8::try_from(bits?).ok()?,
        style: if succinct? {
            Style::Succinct { name_prefix }
        } else {
            Style::Prefixes { name_prefix }
        },
        keys: keys?,
        threshold: threshold?,
    })
}

fn keys(table: &mut Table, faults: &mut Faults) -> Option<Vec<Id>> {
    table.list(faults, "keys", "a list of key names", |s| Id::parse(s).ok())
}

fn role(table: &mut Table, faults: &mut Faults) -> Option<String> {
    table.text(
        faults,
        "role",
        "the role whose targets metadata it is about",
        role_name,
    )
}

/// Paths or prefixes: one or the other (TUF 4.5).
fn scope(table: &mut Table, faults: &mut Faults) -> Option<Scope> {
    let text = |s: &str| (1..=1024).contains(&s.len()).then(|| s.to_owned());
    if table.has("prefixes") {
        let what = "a list of path hash prefixes";
        return table
            .list(faults, "prefixes", what, text)
            .map(Scope::HashPrefixes);
    }
    table
        .list(faults, "paths", "a list of path patterns", text)
        .map(Scope::Paths)
}

/// Names that are there may be older than our rules for new ones.
fn role_name(text: &str) -> Option<String> {
    (1..=120).contains(&text.len()).then(|| text.to_owned())
}
