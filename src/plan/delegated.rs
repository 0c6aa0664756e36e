//! Each file of targets metadata that a ceremony makes, composed once before
//! anybody travels: the top-level one, then those it delegates to, in rounds,
//! for who delegates decides whose signatures count (TUF 5.6.3). A result of a
//! delegated role must say the keys and the threshold that every role which
//! delegates to it says; there is no other place from which they could come.

use std::collections::{BTreeMap, BTreeSet};

use super::Trusted;
use super::targets::{TargetsPlan, TargetsPlans, delegation_changes, form, published};
use crate::base::{Algorithm, Digest, Id, Instant, PublicKey};
use crate::script::{Diagnostic, Made, ResultSpec, Script};
use crate::tuf::compose::{DelegationChange, TargetsInputs, targets_with};
use crate::tuf::manifest::TargetChange;
use crate::tuf::{Delegated, Delegations, Key, MetadataName, RoleName, Scope, Signed, Targets};

/// Composes every file once: what the changes cannot do is refused with its place.
/// Finds, for each delegated file, the roles that delegate to it.
pub(super) fn compose(
    script: &Script,
    plans: &mut TargetsPlans,
    external: &BTreeMap<Id, PublicKey>,
    trusted: Option<&Trusted>,
    found: &mut Vec<Diagnostic>,
) {
    let maker = Maker {
        script,
        external,
        trusted,
    };
    let mut known: BTreeMap<MetadataName, Targets> = BTreeMap::new();
    for name in trusted.iter().flat_map(|t| t.predecessors.keys()) {
        if !plans.contains_key(name)
            && let Some(targets) = published(trusted, name)
        {
            known.insert(name.clone(), targets.clone());
        }
    }
    let made_here = |r: &&ResultSpec| r.made != Made::Elsewhere && r.metadata.kind() == RoleName::Targets;
    let mut open: Vec<&ResultSpec> = script.results.iter().filter(made_here).collect();
    while !open.is_empty() {
        let next = open.iter().position(|r| {
            r.metadata == RoleName::Targets || delegators(&known, &r.metadata).next().is_some()
        });
        let Some(next) = next else {
            for result in open {
                let message = format!("nobody delegates to {}", result.metadata);
                let help = "add a [[delegation]], or name the file that delegates to it in [trust]";
                found.push(Diagnostic::at(result.at, "plan-delegated", message, help));
            }
            return;
        };
        let name = &open.swap_remove(next).metadata;
        let scope = delegators(&known, name).find_map(|(_, d)| scope(d, name));
        let Some(plan) = plans.get(name) else { continue };
        match maker.tried(name, plan, scope.as_ref()) {
            Ok(Some(targets)) => _ = known.insert(name.clone(), targets),
            Ok(None) => {}
            Err(refused) => {
                found.push(refused);
                return;
            }
        }
    }
    for result in script.results.iter().filter(made_here) {
        let name = &result.metadata;
        for (by, delegations) in delegators(&known, name) {
            if let Err(message) = maker.same_signers(result, by, delegations) {
                let help = "write the keys and the threshold of the delegation, or change that";
                found.push(Diagnostic::at(result.at, "plan-delegated", message, help));
            }
            if let Some(plan) = plans.get_mut(name) {
                plan.delegators.push(by.clone());
            }
        }
    }
}

/// The roles that delegate to a role; to the top-level one nobody can.
fn delegators<'a>(
    known: &'a BTreeMap<MetadataName, Targets>,
    role: &'a MetadataName,
) -> impl Iterator<Item = (&'a MetadataName, &'a Delegations)> {
    let others = known.iter().filter(move |(name, _)| *name != role);
    let others = others.filter_map(|(name, t)| Some((name, t.delegations.as_ref()?)));
    others.filter(move |(_, d)| d.role(role.as_str()).is_some())
}

/// What a role may sign for; `None` for bins, where the engine's gate looks.
fn scope(delegations: &Delegations, role: &MetadataName) -> Option<Scope> {
    match &delegations.roles {
        Delegated::Roles(roles) => {
            let role = roles.iter().find(|r| r.name == role.as_str());
            role.map(|r| r.scope.clone())
        }
        Delegated::Succinct(_) => None,
    }
}

struct Maker<'a> {
    script: &'a Script,
    external: &'a BTreeMap<Id, PublicKey>,
    trusted: Option<&'a Trusted>,
}

impl Maker<'_> {
    /// The key object of a name: the trusted one, in our spelling, or a stand-in.
    fn key(&self, id: &Id) -> Option<Key> {
        let object = self.trusted.and_then(|t| t.keys.get(id));
        let object = object.map(|(_, key)| key.clone());
        let known = object.or_else(|| self.external.get(id).map(Key::of));
        known.or_else(|| stand_in(id))
    }

    /// Whether a result names the signers that `by` delegates to.
    fn same_signers(&self, result: &ResultSpec, by: &MetadataName, of: &Delegations) -> Result<(), String> {
        let name = &result.metadata;
        let Some(role) = of.role(name.as_str()) else {
            return Ok(());
        };
        let public = |key: &Key| key.to_public().ok();
        let said: BTreeSet<Option<PublicKey>> = result
            .keys
            .iter()
            .map(|id| self.key(id).as_ref().and_then(public))
            .collect();
        let listed: BTreeSet<Option<PublicKey>> = role
            .keyids
            .iter()
            .map(|id| of.keys.get(id).and_then(public))
            .collect();
        if u64::from(result.threshold) != role.threshold {
            let (got, expected) = (result.threshold, role.threshold);
            return Err(format!(
                "{name}: the result has a threshold of {got}, {by} delegates with {expected}"
            ));
        }
        if said == listed {
            return Ok(());
        }
        let other = result.keys.iter().find(|id| {
            let key = self.key(id).as_ref().and_then(public);
            !listed.contains(&key)
        });
        Err(match other {
            Some(id) => format!("{name}: {by} does not delegate to the key {id}"),
            None => {
                let (got, expected) = (said.len(), listed.len());
                format!("{name}: the result names {got} key(s), {by} delegates to {expected}")
            }
        })
    }

    /// One file; `None` where the file before it is not known, which is a fault of its own.
    fn tried(
        &self,
        name: &MetadataName,
        plan: &TargetsPlan,
        scope: Option<&Scope>,
    ) -> Result<Option<Targets>, Diagnostic> {
        let spec = &self.script.targets;
        let previous = published(self.trusted, name);
        if self.trusted.is_some() && previous.is_none() && name.top().is_some() {
            return Ok(None);
        }
        let at = self.script.result(name).map_or((1, 1), |r| r.at);
        let refuse = |at: (usize, usize), message: String| {
            let help = "mend the change: it must change something, and only what is there";
            Diagnostic::at(at, "plan-targets", message, help)
        };
        let changes = delegation_changes(spec, name, previous, |id| self.key(id))
            .map_err(|(at, why)| refuse(at, why))?;
        let instant = |n| Instant::from_unix(n).map_err(|_| refuse(at, "no such instant".to_owned()));
        let (now, expires) = (instant(0)?, instant(1)?);
        let tried = |files: &[TargetChange], delegations: &[DelegationChange]| {
            let inputs = TargetsInputs {
                name: name.delegated().cloned(),
                scope,
                previous,
                expires,
                files,
                delegations,
                form: form(spec, name, previous),
            };
            targets_with(&inputs, now).map_err(|e| e.to_string())
        };
        if let Err(why) = tried(&plan.files, &[]) {
            let mine = spec.targets.iter().filter(|t| t.role == name.as_str());
            let named = mine.clone().find(|t| why.contains(t.change.path()));
            let first = spec.manifests.iter().find(|m| m.role == name.as_str());
            let at = named.map(|t| t.at).or(first.map(|m| m.at)).unwrap_or(at);
            return Err(refuse(at, why));
        }
        let whole = tried(&plan.files, &changes);
        for (count, change) in (1..).zip(spec.delegations_of(name)) {
            // One by one, so that the fault has its place; the last is the whole.
            if count < changes.len() && changes.len() > MOST_TRIED {
                continue;
            }
            let so_far = changes.get(..count).unwrap_or_default();
            // What only the last makes whole (a threshold, then its keys) is judged at the end.
            if let Err(why) = tried(&plan.files, so_far)
                && (count == changes.len() || whole.is_err())
            {
                return Err(refuse(change.at, why));
            }
        }
        let draft = whole.map_err(|why| refuse(at, why))?;
        match Signed::from_json(&draft.signed) {
            Ok(Signed::Targets(targets)) => Ok(Some(targets)),
            _ => Ok(None),
        }
    }
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
