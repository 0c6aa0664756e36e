//! What the script says about target files and delegations, checked before
//! anybody travels: manifests are read, keys are found, and the next targets
//! metadata is composed once over the published one, and then, role by role, the
//! files of those it delegates to. Keys that are still to be made are stood in for;
//! the engine composes again with the real ones.

use std::collections::BTreeMap;

use super::staying::is_roots;
use super::{InputFile, Trusted};
use crate::base::{Digest, Id, PublicKey, shown};
use crate::script::{Delegate, Diagnostic, Made, Script, TargetsSpec, Verb};
use crate::tuf::compose::{DelegationChange, Form, NewRole};
use crate::tuf::manifest::{Manifest, Others, TargetChange};
use crate::tuf::{Bins, Delegations, Key, MetadataName, RoleName, Signed, Targets};

/// What the script comes to for one file of targets metadata that is made here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetsPlan {
    /// The manifests' changes, then single ones.
    pub files: Vec<TargetChange>,
    /// Each manifest, its digest, how many files it names, what becomes of others.
    pub manifests: Vec<(Id, Digest, usize, Others)>,
    /// The roles that delegate to it: made here or published. Empty for the
    /// top-level role, to which root delegates.
    pub delegators: Vec<MetadataName>,
}

/// The files of targets metadata that are made here.
pub type TargetsPlans = BTreeMap<MetadataName, TargetsPlan>;

impl TargetsPlan {
    /// What is approved beside the values, in words.
    #[must_use]
    pub fn says(&self) -> Vec<String> {
        let line = |(id, digest, files, others): &(Id, Digest, usize, Others)| {
            let others = match others {
                Others::Stay => "stay",
                Others::Go => "GO",
            };
            format!(
                "manifest {id}: {files} files, others {others}; SHA-256 {}",
                digest.grouped()
            )
        };
        self.manifests.iter().map(line).collect()
    }
}

/// The published targets metadata of a role, in a succession that knows it.
#[must_use]
pub fn published<'t>(trusted: Option<&'t Trusted>, role: &MetadataName) -> Option<&'t Targets> {
    match &trusted?.predecessors.get(role)?.signed {
        Signed::Targets(targets) => Some(targets),
        _ => None,
    }
}

/// How the next file of a role is laid out: bins go without blanks, being near
/// the clients' limit.
#[must_use]
pub fn form(spec: &TargetsSpec, role: &MetadataName, previous: Option<&Targets>) -> Form {
    let was = previous.and_then(|p| p.delegations.as_ref());
    let bins = spec
        .delegations_of(role)
        .any(|d| matches!(d.what, Delegate::Bins { .. }));
    if bins || was.and_then(Bins::recognise).is_some() {
        Form::Compact
    } else {
        Form::Indented
    }
}

/// The script's changes of what a role delegates, with the key objects that `key` knows.
///
/// # Errors
/// A key that nobody knows; parameters that give no bins.
pub fn delegation_changes(
    spec: &TargetsSpec,
    role: &MetadataName,
    previous: Option<&Targets>,
    key: impl Fn(&Id) -> Option<Key>,
) -> Result<Vec<DelegationChange>, ((usize, usize), String)> {
    let was = previous.and_then(|p| p.delegations.as_ref());
    let of = |change: &Delegate| delegation_change(change, was, &key);
    let changes = spec.delegations_of(role);
    changes.map(|d| of(&d.what).map_err(|why| (d.at, why))).collect()
}

fn delegation_change(
    change: &Delegate,
    previous: Option<&Delegations>,
    key: &impl Fn(&Id) -> Option<Key>,
) -> Result<DelegationChange, String> {
    let one = |id: &Id| key(id).ok_or_else(|| format!("a key {id} does not exist"));
    let all = |ids: &[Id]| ids.iter().map(one).collect::<Result<Vec<_>, _>>();
    Ok(match change {
        Delegate::AddRole {
            name,
            keys,
            threshold,
            terminating,
            scope,
            before,
        } => DelegationChange::Add {
            role: NewRole {
                name: name.clone(),
                keys: all(keys)?,
                threshold: u64::from(*threshold),
                terminating: *terminating,
                scope: scope.clone(),
            },
            before: before.clone(),
        },
        Delegate::RemoveRole { name } => DelegationChange::Remove { name: name.clone() },
        Delegate::AddKey { name, key } => DelegationChange::AddKey {
            name: name.clone(),
            key: one(key)?,
        },
        Delegate::RemoveKey { name, key } => {
            // As it is listed there, however its object was spelled.
            let ours = one(key)?;
            let public = ours.to_public().ok();
            let role = previous.and_then(|d| d.role(name));
            let listed = role.and_then(|role| {
                role.keyids.iter().find(|id| {
                    let object = previous.and_then(|d| d.keys.get(*id));
                    public.is_some() && object.and_then(|k| k.to_public().ok()) == public
                })
            });
            DelegationChange::RemoveKey {
                name: name.clone(),
                keyid: listed.copied().unwrap_or_else(|| ours.keyid()),
            }
        }
        Delegate::SetThreshold { name, threshold } => DelegationChange::Threshold {
            name: name.clone(),
            threshold: u64::from(*threshold),
        },
        Delegate::SetPaths { name, scope } => DelegationChange::Scope {
            name: name.clone(),
            scope: scope.clone(),
        },
        Delegate::SetTerminating { name, terminating } => DelegationChange::Terminating {
            name: name.clone(),
            terminating: *terminating,
        },
        Delegate::Order { names } => DelegationChange::Order { names: names.clone() },
        Delegate::Bins {
            bits,
            style,
            keys,
            threshold,
        } => {
            let bins = Bins::new(*bits, style.clone(), all(keys)?, u64::from(*threshold));
            DelegationChange::Bins(bins.map_err(|e| e.to_string())?)
        }
    })
}

pub(super) fn read(
    script: &Script,
    files: &[InputFile],
    external: &BTreeMap<Id, PublicKey>,
    trusted: Option<&Trusted>,
    found: &mut Vec<Diagnostic>,
) -> TargetsPlans {
    let spec = &script.targets;
    let before = found.len();
    let made = script.results.iter().filter(|r| r.made != Made::Elsewhere);
    let made = made.filter(|r| r.metadata.kind() == RoleName::Targets);
    let mut out: TargetsPlans = made
        .map(|r| (r.metadata.clone(), TargetsPlan::default()))
        .collect();
    let mut fault = |at: (usize, usize), code: &'static str, message: String, help: &str| {
        found.push(Diagnostic::at(at, code, message, help));
    };
    for (role, at) in spec.roles() {
        if !out.keys().any(|name| name.as_str() == role) {
            fault(
                at,
                "plan-targets-role",
                format!("no [[result]] says that {} is made here", shown(role, 80)),
                "write made = \"here\" in its result, mend `role`, or delete this",
            );
        }
    }
    for (role, plan) in &mut out {
        read_files(script, role, plan, files, published(trusted, role), &mut fault);
    }
    keys(script, trusted, external, &mut fault);
    if found.len() == before {
        super::delegated::compose(script, &mut out, external, trusted, found);
    }
    out
}

/// The changes of target files: what the manifests of a role come to, then single ones.
fn read_files(
    script: &Script,
    role: &MetadataName,
    out: &mut TargetsPlan,
    files: &[InputFile],
    previous: Option<&Targets>,
    fault: &mut impl FnMut((usize, usize), &'static str, String, &str),
) {
    let spec = &script.targets;
    let manifests = || spec.manifests.iter().filter(|m| m.role == role.as_str());
    if manifests().count() > 1 && manifests().any(|m| m.others == Others::Go) {
        let at = manifests().next().map_or((1, 1), |m| m.at);
        let message = "two manifests, and one of them is the whole".to_owned();
        fault(
            at,
            "plan-targets",
            message,
            "write others = \"stay\", or one manifest",
        );
    }
    for manifest in manifests() {
        // Its absence, or its digest, is a fault already.
        let Some(file) = files.iter().find(|f| f.name == manifest.file.file) else {
            continue;
        };
        match Manifest::parse(&file.bytes) {
            Ok(read) => {
                let changes = read.changes(previous, manifest.others);
                if changes.is_empty() {
                    fault(
                        manifest.at,
                        "plan-targets",
                        format!("manifest {}: expected a change, got none", manifest.id),
                        "delete it: targets say what it says already",
                    );
                }
                out.files.extend(changes);
                let id = manifest.id.clone();
                out.manifests
                    .push((id, read.digest, read.files.len(), manifest.others));
            }
            Err(why) => fault(
                manifest.at,
                "input-not-a-manifest",
                format!("{}: {why}", manifest.file.file),
                "make it again as docs/tuf.md says, and compare its digest by another way",
            ),
        }
    }
    let single = spec.targets.iter().filter(|t| t.role == role.as_str());
    out.files.extend(single.map(|t| t.change.clone()));
}

/// Every key that the changes name is there or is made, and is none of root's.
fn keys(
    script: &Script,
    trusted: Option<&Trusted>,
    external: &BTreeMap<Id, PublicKey>,
    fault: &mut impl FnMut((usize, usize), &'static str, String, &str),
) {
    for result in script.results.iter().filter(|r| r.metadata.delegated().is_some()) {
        for key in result.keys.iter().filter(|k| is_roots(script, trusted, k)) {
            fault(
                result.at,
                "plan-delegation-key",
                format!("{key} is a key of root, and of {}", result.metadata),
                "delegate to other keys",
            );
        }
    }
    for change in &script.targets.delegations {
        for key in change.what.keys() {
            let known = external.contains_key(key) || trusted.is_some_and(|t| t.keys.contains_key(key));
            if !known && !made(script, key) {
                fault(
                    change.at,
                    "plan-delegation-key",
                    format!("no step makes a key {key}, and no [[key]] declares it"),
                    "declare the key, or mend its name",
                );
            }
            // TUF 6.1: root keys stay offline, and sign root alone.
            if is_roots(script, trusted, key) && !matches!(change.what, Delegate::RemoveKey { .. }) {
                fault(
                    change.at,
                    "plan-delegation-key",
                    format!("{key} is a key of root"),
                    "delegate to other keys",
                );
            }
        }
    }
}

fn made(script: &Script, name: &Id) -> bool {
    let steps = script.acts.iter().flat_map(|a| &a.steps);
    let mut verbs = steps.map(|s| &s.verb);
    verbs.any(|v| matches!(v, Verb::GenerateKey { key, .. } if key == name))
}
