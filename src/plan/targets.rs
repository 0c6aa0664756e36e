//! What the script says about target files and delegations, checked before
//! anybody travels: manifests are read, keys are found, and the next targets
//! metadata is composed once over the published one. Keys that are still to be
//! made are stood in for; the engine composes again with the real ones.

use std::collections::BTreeMap;

use super::{InputFile, Trusted};
use crate::base::{Algorithm, Digest, Id, Instant, PublicKey, shown};
use crate::script::{Delegate, Diagnostic, Made, Script, TargetsSpec, Verb};
use crate::tuf::compose::{DelegationChange, Form, NewRole, TargetsInputs, targets_with};
use crate::tuf::manifest::{Manifest, Others, TargetChange};
use crate::tuf::{Bins, Delegations, Key, RoleName, Signed, Targets};

/// The changes of target files that the script comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetsPlan {
    /// The manifests' changes, then single ones.
    pub files: Vec<TargetChange>,
    /// Each manifest, its digest, how many files it names, what becomes of others.
    pub manifests: Vec<(Id, Digest, usize, Others)>,
}

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

/// The published targets metadata, in a succession that knows it.
#[must_use]
pub fn published(trusted: Option<&Trusted>) -> Option<&Targets> {
    match &trusted?.predecessors.get(&RoleName::Targets)?.signed {
        Signed::Targets(targets) => Some(targets),
        _ => None,
    }
}

/// How the next targets file is laid out: bins go without blanks, being near
/// the clients' limit.
#[must_use]
pub fn form(spec: &TargetsSpec, previous: Option<&Targets>) -> Form {
    let was = previous.and_then(|p| p.delegations.as_ref());
    let bins = spec
        .delegations
        .iter()
        .any(|d| matches!(d.what, Delegate::Bins { .. }));
    if bins || was.and_then(Bins::recognise).is_some() {
        Form::Compact
    } else {
        Form::Indented
    }
}

/// The script's changes of delegations, with the key objects that `key` knows.
///
/// # Errors
/// A key that nobody knows; parameters that give no bins.
pub fn delegation_changes(
    spec: &TargetsSpec,
    previous: Option<&Targets>,
    key: impl Fn(&Id) -> Option<Key>,
) -> Result<Vec<DelegationChange>, ((usize, usize), String)> {
    let was = previous.and_then(|p| p.delegations.as_ref());
    let of = |change: &Delegate| delegation_change(change, was, &key);
    let changes = spec.delegations.iter();
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
) -> TargetsPlan {
    let mut out = TargetsPlan::default();
    let spec = &script.targets;
    let before = found.len();
    let mut fault = |at: (usize, usize), code: &'static str, message: String, help: &str| {
        found.push(Diagnostic {
            line: at.0,
            column: at.1,
            code,
            message,
            help: help.to_owned(),
        });
    };
    let result = script.result(RoleName::Targets);
    let here = result.filter(|r| r.made != Made::Elsewhere);
    for (role, at) in spec.roles() {
        if role != "targets" {
            fault(
                at,
                "plan-targets-role",
                format!("this ceremony does not make the file of {}", shown(role, 80)),
                "write role = \"targets\"; delegated roles sign their own files on the online side",
            );
        } else if here.is_none() {
            fault(
                at,
                "plan-targets-role",
                "no [[result]] says that targets is made here".to_owned(),
                "write made = \"here\" in its result, or delete this",
            );
        }
    }
    let previous = published(trusted);
    if spec.manifests.len() > 1 && spec.manifests.iter().any(|m| m.others == Others::Go) {
        let at = spec.manifests.first().map_or((1, 1), |m| m.at);
        let message = "two manifests, and one of them is the whole".to_owned();
        fault(
            at,
            "plan-targets",
            message,
            "write others = \"stay\", or one manifest",
        );
    }
    for manifest in &spec.manifests {
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
    out.files.extend(spec.targets.iter().map(|t| t.change.clone()));
    keys(script, trusted, external, &mut fault);
    if found.len() == before && here.is_some() {
        found.extend(compose(script, &out, external, trusted));
    }
    out
}

/// Every key that the changes name is there or is made, and is none of root's.
fn keys(
    script: &Script,
    trusted: Option<&Trusted>,
    external: &BTreeMap<Id, PublicKey>,
    fault: &mut impl FnMut((usize, usize), &'static str, String, &str),
) {
    let roots = script.result(RoleName::Root).map_or(&[][..], |r| &r.keys);
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
            if roots.contains(key) && !matches!(change.what, Delegate::RemoveKey { .. }) {
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

/// Composes once: what the changes cannot do is refused with its place.
fn compose(
    script: &Script,
    plan: &TargetsPlan,
    external: &BTreeMap<Id, PublicKey>,
    trusted: Option<&Trusted>,
) -> Option<Diagnostic> {
    let spec = &script.targets;
    let previous = published(trusted);
    if spec.roles().next().is_none() || trusted.is_some() && previous.is_none() {
        return None;
    }
    let refuse = |at: (usize, usize), message: String| {
        Some(Diagnostic {
            line: at.0,
            column: at.1,
            code: "plan-targets",
            message,
            help: "mend the change: it must change something, and only what is there".to_owned(),
        })
    };
    let key = |id: &Id| {
        let object = trusted.and_then(|t| t.keys.get(id)).map(|(_, key)| key.clone());
        let known = object.or_else(|| external.get(id).map(Key::of));
        known.or_else(|| stand_in(id))
    };
    let changes = match delegation_changes(spec, previous, key) {
        Ok(changes) => changes,
        Err((at, why)) => return refuse(at, why),
    };
    let (now, expires) = (Instant::from_unix(0).ok()?, Instant::from_unix(1).ok()?);
    let tried = |files: &[TargetChange], delegations: &[DelegationChange]| {
        let inputs = TargetsInputs {
            name: None,
            scope: None,
            previous,
            expires,
            files,
            delegations,
            form: form(spec, previous),
        };
        targets_with(&inputs, now).map_err(|e| e.to_string())
    };
    if let Err(why) = tried(&plan.files, &[]) {
        let named = spec.targets.iter().find(|t| why.contains(t.change.path()));
        let first = spec.manifests.first().map(|m| m.at);
        let at = named.map(|t| t.at).or(first).unwrap_or((1, 1));
        return refuse(at, why);
    }
    for (count, change) in (1..).zip(&spec.delegations) {
        // One by one, so that the fault has its place; the last is the whole.
        if count < changes.len() && changes.len() > MOST_TRIED {
            continue;
        }
        let so_far = changes.get(..count).unwrap_or_default();
        // What only the last makes whole (a threshold, then its keys) is judged at the end.
        if let Err(why) = tried(&plan.files, so_far)
            && (count == changes.len() || tried(&plan.files, &changes).is_err())
        {
            return refuse(change.at, why);
        }
    }
    None
}

/// Beyond so many changes only the whole is composed.
const MOST_TRIED: usize = 64;

/// A key that is still to be made: some point of the curve, the same for the
/// same name. Nobody has its private half; it never leaves the plan.
fn stand_in(name: &Id) -> Option<Key> {
    (0..=u8::MAX).find_map(|n| {
        let raw = Digest::of_parts(&[b"tuf-ceremony stand-in v1\0", name.as_str().as_bytes(), &[n]]);
        let public = PublicKey::from_raw(Algorithm::Ed25519, raw.as_bytes()).ok()?;
        let key = Key::of(&public);
        (public.check_sound().is_ok() && key.to_public().is_ok()).then_some(key)
    })
}
