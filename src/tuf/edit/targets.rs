//! Operations on target files and delegations (TUF 4.5), through the same
//! composition as a ceremony's: all changes of an edit are made at once, so that
//! a key may go and the threshold follow. Files are changed once each; a changed
//! file keeps its `custom` and every unknown field, its hashes are replaced as a set.

use std::collections::BTreeMap;

use super::root::{find, of_key};
use super::{KeyRef, NotEdited, Operation, Request, Target, read_key};
use crate::base::{Instant, shown};
use crate::tuf::bins::Bins;
use crate::tuf::compose::{
    DelegationChange, Draft, Form, NewRole, NotChanged, NotComposed, TargetsInputs, targets_with,
};
use crate::tuf::delegations::{Delegated, DelegatedName, Delegations, Scope};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::manifest::{Manifest, Others, TargetChange};
use crate::tuf::metadata::Signed;
use crate::tuf::targets::{TargetFile, Targets};
use crate::tuf::warning::{Warning, warnings};

/// What the operations ask for, in their order.
#[derive(Debug, Default)]
pub(super) struct Changes {
    files: Vec<TargetChange>,
    delegations: Vec<DelegationChange>,
    /// Keys that came from files, beside those that FILE has.
    keys: BTreeMap<KeyId, Key>,
}

impl Changes {
    /// Takes one operation; says what it does.
    pub(super) fn take(
        &mut self,
        targets: &Targets,
        operation: &Operation,
        request: &Request<'_>,
    ) -> Result<String, NotEdited> {
        let change = match operation {
            Operation::AddTarget(target) => {
                let (path, file) = of_file(target);
                self.files.push(TargetChange::Add { path, file });
                return Ok(format!("add-target {}", line(target)));
            }
            Operation::ChangeTarget(target) => {
                let (path, file) = of_file(target);
                self.files.push(TargetChange::Change { path, file });
                return Ok(format!("change-target {}", line(target)));
            }
            Operation::RemoveTarget { path } => {
                self.files.push(TargetChange::Remove { path: path.clone() });
                return Ok(format!("remove-target {}", shown(path, 400)));
            }
            Operation::FromManifest { file, others } => {
                return self.manifest(targets, file, *others, request);
            }
            Operation::AddRole {
                name,
                threshold,
                terminating,
                scope,
                keys,
            } => DelegationChange::Add {
                role: NewRole {
                    name: name.clone(),
                    keys: self.keys(targets, keys, request)?,
                    threshold: *threshold,
                    terminating: *terminating,
                    scope: scope.clone(),
                },
                before: None,
            },
            Operation::RemoveRole { name } => DelegationChange::Remove { name: name.clone() },
            Operation::DelegationKey { name, key } => DelegationChange::AddKey {
                name: name.clone(),
                key: self.key(targets, key, request)?,
            },
            Operation::DropDelegationKey { name, keyid } => {
                let known = known(targets).chain(self.keys.keys());
                DelegationChange::RemoveKey {
                    name: name.clone(),
                    keyid: find(known, keyid, "delegations.keys")?,
                }
            }
            Operation::DelegationThreshold { name, threshold } => DelegationChange::Threshold {
                name: name.clone(),
                threshold: *threshold,
            },
            Operation::DelegationTerminating { name, terminating } => DelegationChange::Terminating {
                name: name.clone(),
                terminating: *terminating,
            },
            Operation::DelegationPaths { name, scope } => DelegationChange::Scope {
                name: name.clone(),
                scope: scope.clone(),
            },
            Operation::DelegationOrder { names } => DelegationChange::Order { names: names.clone() },
            Operation::Bins {
                bits,
                style,
                threshold,
                keys,
            } => {
                let keys = self.keys(targets, keys, request)?;
                let bins = Bins::new(*bits, style.clone(), keys, *threshold).map_err(NotChanged::from);
                DelegationChange::Bins(bins.map_err(NotComposed::from)?)
            }
            _ => return Err(NotEdited::new("OTHER_ROLE", "no operation on targets metadata")),
        };
        let said = said(&change);
        self.delegations.push(change);
        Ok(said)
    }

    fn manifest(
        &mut self,
        targets: &Targets,
        name: &str,
        others: Others,
        request: &Request<'_>,
    ) -> Result<String, NotEdited> {
        let bytes = request.files.get(name).map_or(&[][..], Vec::as_slice);
        let manifest = Manifest::parse(bytes)
            .map_err(|e| NotEdited::new("MANIFEST", format!("{}: {e}", shown(name, 200))))?;
        let changes = manifest.changes(Some(targets), others);
        let (mut added, mut changed, mut removed) = (0_usize, 0_usize, 0_usize);
        for change in &changes {
            let count = match change {
                TargetChange::Add { .. } => &mut added,
                TargetChange::Change { .. } => &mut changed,
                TargetChange::Remove { .. } => &mut removed,
            };
            *count = count.saturating_add(1);
        }
        if changes.is_empty() {
            let why = format!("{}: every file is listed as measured", shown(name, 200));
            return Err(NotEdited::new("NOTHING_CHANGED", why));
        }
        self.files.extend(changes);
        let others = match others {
            Others::Stay => "others stay",
            Others::Go => "others go",
        };
        Ok(format!(
            "from-manifest {}, SHA-256 {}: {added} added, {changed} changed, {removed} removed, {others}",
            shown(name, 200),
            manifest.digest
        ))
    }

    fn keys(
        &mut self,
        targets: &Targets,
        keys: &[KeyRef],
        request: &Request<'_>,
    ) -> Result<Vec<Key>, NotEdited> {
        keys.iter().map(|key| self.key(targets, key, request)).collect()
    }

    fn key(&mut self, targets: &Targets, key: &KeyRef, request: &Request<'_>) -> Result<Key, NotEdited> {
        let key = match key {
            KeyRef::File(name) => {
                let bytes = request.files.get(name).map_or(&[][..], Vec::as_slice);
                Key::of(&read_key(bytes, name)?)
            }
            KeyRef::Known(prefix) => {
                let at = "delegations.keys";
                let keyid = find(known(targets).chain(self.keys.keys()), prefix, at)?;
                let there = targets.delegations.as_ref().and_then(|d| d.keys.get(&keyid));
                let there = there.or_else(|| self.keys.get(&keyid)).cloned();
                there.ok_or_else(|| NotEdited::new("KEY_NOT_THERE", at))?
            }
        };
        let algorithm = key.to_public().ok().map(|public| public.algorithm());
        if !algorithm.is_some_and(|a| request.profile.algorithms.contains(&a)) {
            let got = algorithm.map_or("a key of a kind that is not counted", |a| a.name());
            let (keyid, name) = (key.keyid(), request.profile.name);
            let why = format!("key {keyid}: expected a kind that the profile {name} has, got {got}");
            return Err(NotEdited::new("KEY_KIND", why));
        }
        // One key twice in the words of an edit is one key: the list says it once.
        self.keys.insert(key.keyid(), key.clone());
        Ok(key)
    }

    /// Applies what was taken; everything else of `targets` stays.
    pub(super) fn finish(
        &self,
        targets: &mut Targets,
        request: &Request<'_>,
        form: Form,
        notes: &mut Vec<String>,
    ) -> Result<(), NotEdited> {
        let parent = parent(request)?;
        let scope = match (&parent, request.name) {
            (Some(parent), Some(name)) => Some(scope_of(parent, name)?),
            _ => None,
        }
        .flatten();
        if !self.files.is_empty() || !self.delegations.is_empty() || scope.is_some() {
            let draft = targets_with(
                &TargetsInputs {
                    name: request.name.cloned(),
                    scope: scope.as_ref(),
                    previous: Some(targets),
                    // Version and expiry are the edit's own: those of this draft are dropped.
                    expires: targets.common.expires.plus_days(1).unwrap_or(request.at),
                    files: &self.files,
                    delegations: &self.delegations,
                    form,
                },
                Instant::from_unix(0).unwrap_or(request.at),
            )?;
            if let Ok(Signed::Targets(now)) = Signed::from_json(&draft.signed) {
                targets.targets = now.targets;
                targets.delegations = now.delegations;
            }
        }
        if let (Some(parent), Some(name)) = (&parent, request.name) {
            within_bins(parent, name, targets)?;
        }
        // The review has every other warning; what lies outside the parent's, only PARENT tells.
        if let (Some(scope), Some(delegations)) = (&scope, &targets.delegations) {
            let found = warnings(delegations, Some(scope)).into_iter();
            let found = found.filter(|w| matches!(w, Warning::Unreachable { .. }));
            notes.extend(found.map(|w| format!("[{}] {w}", w.code())));
        }
        Ok(())
    }

    /// A set of bins is written without blanks, and a file without blanks stays so.
    pub(super) fn form(&self, targets: &Targets, file: &[u8]) -> Form {
        let asked = self
            .delegations
            .iter()
            .any(|c| matches!(c, DelegationChange::Bins(_)));
        let there = || targets.delegations.as_ref().and_then(Bins::recognise).is_some();
        if asked || !file.contains(&b'\n') || there() {
            Form::Compact
        } else {
            Form::Indented
        }
    }
}

/// Puts the name of a delegated role on the draft.
pub(super) fn named(draft: Draft, name: Option<&DelegatedName>) -> Result<Draft, NotEdited> {
    match name {
        Some(name) => Ok(draft.delegated(name.clone())?),
        None => Ok(draft),
    }
}

fn known(targets: &Targets) -> impl Iterator<Item = &KeyId> {
    targets.delegations.iter().flat_map(|d| d.keys.keys())
}

/// The delegations of the file that delegates to FILE.
fn parent(request: &Request<'_>) -> Result<Option<Delegations>, NotEdited> {
    use crate::tuf::metadata::Metadata;
    let Some(bytes) = request.parent else {
        return Ok(None);
    };
    let refused = |why: &str| NotEdited::new("PARENT", why);
    if request.name.is_none() {
        return Err(refused("expected the name of the delegated role, --as NAME"));
    }
    match Metadata::parse(bytes)
        .map_err(|e| NotEdited::of_refused("PARENT", &e))?
        .signed
    {
        Signed::Targets(Targets {
            delegations: Some(delegations),
            ..
        }) => Ok(Some(delegations)),
        _ => Err(refused("expected targets metadata with delegations")),
    }
}

/// What the parent delegates; `None` for a bin, which has no list of its own.
fn scope_of(parent: &Delegations, name: &DelegatedName) -> Result<Option<Scope>, NotEdited> {
    let refused = || NotEdited::new("PARENT", format!("it delegates nothing to {name}"));
    match &parent.roles {
        Delegated::Roles(roles) => {
            let role = roles.iter().find(|r| r.name == name.as_str());
            role.map(|r| Some(r.scope.clone())).ok_or_else(refused)
        }
        Delegated::Succinct(bins) => bins.index_of(name.as_str()).map(|_| None).ok_or_else(refused),
    }
}

/// clients.md: a client looks for a path in its own bin alone.
fn within_bins(parent: &Delegations, name: &DelegatedName, targets: &Targets) -> Result<(), NotEdited> {
    let Delegated::Succinct(bins) = &parent.roles else {
        return Ok(());
    };
    for path in targets.targets.keys() {
        if bins.bin_of(path) != name.as_str() {
            let (role, path) = (name.to_string(), shown(path, 120));
            return Err(NotComposed::from(NotChanged::OutsideScope { role, path }).into());
        }
    }
    Ok(())
}

fn of_file(target: &Target) -> (String, TargetFile) {
    let file = TargetFile {
        length: target.length,
        hashes: target.hashes.clone(),
        unrecognized: BTreeMap::new(),
    };
    (target.path.clone(), file)
}

fn line(target: &Target) -> String {
    let hashes: Vec<_> = target.hashes.iter().map(|(a, d)| format!("{a} {d}")).collect();
    format!(
        "{}: {} bytes, {}",
        shown(&target.path, 400),
        target.length,
        hashes.join(", ")
    )
}

fn said(change: &DelegationChange) -> String {
    let of = |name: &String| shown(name, 80);
    match change {
        DelegationChange::Add { role, .. } => {
            let keys: Vec<_> = role.keys.iter().map(|k| of_key(k.keyid(), k)).collect();
            format!(
                "add-role {}: threshold {} of {}, {}, {}; {}",
                role.name,
                role.threshold,
                role.keys.len(),
                ends(role.terminating),
                of_scope(&role.scope),
                keys.join("; ")
            )
        }
        DelegationChange::Remove { name } => format!("remove-role {}", of(name)),
        DelegationChange::AddKey { name, key } => {
            format!("delegation-key {} {}", of(name), of_key(key.keyid(), key))
        }
        DelegationChange::RemoveKey { name, keyid } => {
            format!("drop-delegation-key {} keyid {keyid}", of(name))
        }
        DelegationChange::Threshold { name, threshold } => {
            format!("delegation-threshold {} {threshold}", of(name))
        }
        DelegationChange::Terminating { name, terminating } => {
            format!("delegation-terminating {} {}", of(name), ends(*terminating))
        }
        DelegationChange::Scope { name, scope } => {
            format!("delegation-paths {} {}", of(name), of_scope(scope))
        }
        DelegationChange::Order { names } => {
            let names: Vec<_> = names.iter().map(of).collect();
            format!("delegation-order {}", names.join(" "))
        }
        DelegationChange::Bins(bins) => format!("bins: {}", bins.describe()),
    }
}

fn ends(terminating: bool) -> &'static str {
    if terminating {
        "terminating"
    } else {
        "not-terminating"
    }
}

fn of_scope(scope: &Scope) -> String {
    let (what, list) = match scope {
        Scope::Paths(list) => ("paths", list),
        Scope::HashPrefixes(list) => ("path_hash_prefixes", list),
    };
    format!("{what} {}", shown(&list.join(" "), 400))
}
