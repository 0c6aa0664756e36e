//! A succession's declared changes against its results, by name, before
//! anything exists: what the results change must be what people approved, no
//! more and no less. The engine judges the same by content when root is
//! composed (`tuf::transition`); here a script is refused before anybody travels.

use std::collections::{BTreeMap, BTreeSet};

use super::trust::Trusted;
use crate::base::{Id, PublicKey};
use crate::script::{Declared, Diagnostic, Made, ResultSpec, Script, Trust};
use crate::tuf::{Key, KeyId, RoleName};

pub(super) fn check(
    script: &Script,
    trusted: Option<&Trusted>,
    external: &BTreeMap<Id, PublicKey>,
    found: &mut Vec<Diagnostic>,
) {
    let mut fault = |at: (usize, usize), code: &'static str, message: String, help: &str| {
        found.push(Diagnostic::at(at, code, message, help));
    };
    if script.trust == Trust::Genesis {
        return;
    }
    let Some(trusted) = trusted else { return };
    for result in &script.results {
        versions(result, trusted, &mut fault);
    }
    keys(script, trusted, external, &mut fault);
    if !script.makes_root() {
        return super::staying::check(script, trusted, found);
    }
    let mut wanted: BTreeSet<Step> = BTreeSet::new();
    let mut declared: BTreeMap<Step, ((usize, usize), String)> = BTreeMap::new();
    for change in &script.changes {
        let words = change.what.words();
        let step = match &change.what {
            Declared::Refresh => Step::Refresh,
            Declared::AddKey(role, key) => Step::Add(*role, key.clone()),
            Declared::SetThreshold(role, threshold) => Step::Threshold(*role, u64::from(*threshold)),
            Declared::ReKey(role, key) => Step::ReKey(*role, key.clone()),
            Declared::RemoveKey(role, key) | Declared::RevokeKey(role, key) => {
                let Some((keyid, _)) = trusted.keys.get(key) else {
                    fault(
                        change.at,
                        "plan-change-absent",
                        format!("{words}: no [[key]] names this key of the trusted root"),
                        "declare the key with `trusted = \"<keyid>\"`",
                    );
                    continue;
                };
                Step::Remove(*role, *keyid)
            }
        };
        if declared.insert(step, (change.at, words.clone())).is_some() {
            let message = format!("{words} is declared twice, or as two things");
            fault(
                change.at,
                "plan-change-twice",
                message,
                "declare each change once",
            );
        }
        if let Declared::RevokeKey(_, key) = &change.what
            && let Some(role) = script.results.iter().find(|r| r.keys.contains(key))
        {
            fault(
                change.at,
                "plan-revoked-key",
                format!("{words}: it is still a key of {}", role.metadata.as_str()),
                "a revoked key is trusted for nothing; write remove-key if it may go on elsewhere",
            );
        }
    }
    for result in &script.results {
        happens(result, trusted, &declared, &mut wanted);
    }
    if wanted.is_empty() {
        wanted.insert(Step::Refresh);
    }
    let name = |keyid: &KeyId| {
        let named = trusted.keys.iter().find(|(_, (id, _))| id == keyid);
        named.map_or_else(|| keyid.to_string(), |(name, _)| name.to_string())
    };
    let root_at = script.result(RoleName::Root).map_or((1, 1), |r| r.at);
    for step in wanted.iter().filter(|s| !declared.contains_key(*s)) {
        fault(
            root_at,
            "plan-change-undeclared",
            format!(
                "the results come to {}, and no [[change]] says so",
                step.words(&name)
            ),
            "declare it, or mend the results: nothing changes that was not approved",
        );
    }
    for (_, (at, words)) in declared.iter().filter(|(step, _)| !wanted.contains(*step)) {
        fault(
            *at,
            "plan-change-absent",
            format!("{words} is declared and does not happen"),
            "delete it, or mend the results",
        );
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Add(RoleName, Id),
    Remove(RoleName, KeyId),
    ReKey(RoleName, Id),
    Threshold(RoleName, u64),
    Refresh,
}

impl Step {
    fn words(&self, name: &impl Fn(&KeyId) -> String) -> String {
        match self {
            Step::Add(role, key) => format!("add-key {key} to {role}"),
            Step::Remove(role, keyid) => {
                format!("remove-key {} from {role}", name(keyid))
            }
            Step::ReKey(role, key) => format!("re-key {key} of {role}"),
            Step::Threshold(role, threshold) => format!("set-threshold of {role} to {threshold}"),
            Step::Refresh => "refresh".to_owned(),
        }
    }
}

type Declareds = BTreeMap<Step, ((usize, usize), String)>;

/// What one result changes.
fn happens(result: &ResultSpec, trusted: &Trusted, declared: &Declareds, out: &mut BTreeSet<Step>) {
    // What a delegated role is, a [[delegation]] says.
    let Some(role) = result.metadata.top() else {
        return;
    };
    let Some(before) = trusted.root.roles.get(&role) else {
        return;
    };
    if before.threshold != u64::from(result.threshold) {
        out.insert(Step::Threshold(role, u64::from(result.threshold)));
    }
    let mut stay = BTreeSet::new();
    for key in &result.keys {
        match trusted.keys.get(key) {
            Some((keyid, object)) if before.keyids.contains(keyid) => {
                stay.insert(*keyid);
                // A key gets our spelling only where that is declared, and it must differ.
                let step = Step::ReKey(role, key.clone());
                let other = object.to_public().is_ok_and(|p| Key::of(&p).keyid() != *keyid);
                if other && declared.contains_key(&step) {
                    out.insert(step);
                }
            }
            _ => {
                out.insert(Step::Add(role, key.clone()));
            }
        }
    }
    let gone = before.keyids.iter().filter(|id| !stay.contains(*id));
    out.extend(gone.map(|id| Step::Remove(role, *id)));
}

fn versions(
    result: &ResultSpec,
    trusted: &Trusted,
    fault: &mut impl FnMut((usize, usize), &'static str, String, &str),
) {
    let Made::Here { version, .. } = &result.made else {
        return;
    };
    let role = &result.metadata;
    let before = match role.top() {
        Some(RoleName::Root) => Some(trusted.root.common.version),
        _ => trusted.predecessors.get(role).map(|m| m.signed.version()),
    };
    match before {
        None if role.delegated().is_some() => first_of_its_name(result, *version, trusted, fault),
        Some(before) if before.checked_add(1) == Some(*version) => {}
        // TUF 5.3.5 and its like; for the others a jump would do, and would hide a loss.
        Some(before) => fault(
            result.at,
            "plan-version",
            format!("{role} has version {version}, the trusted one has {before}"),
            "write the version after the trusted one's",
        ),
        None => fault(
            result.at,
            "plan-no-predecessor",
            format!("{role} is made here, and [trust] does not name the published one"),
            "name it in [trust], or write made = \"elsewhere\"",
        ),
    }
}

/// A delegated role without a published file: that there is none, snapshot says
/// alone. Its entry outlives a delegation (facts/tuf.md 2.9), and no version of a
/// file ever goes back (TUF 5.5.5).
fn first_of_its_name(
    result: &ResultSpec,
    version: u64,
    trusted: &Trusted,
    fault: &mut impl FnMut((usize, usize), &'static str, String, &str),
) {
    let role = &result.metadata;
    let (code, message, help) = match trusted.listed(role) {
        None => (
            "plan-no-predecessor",
            format!("whether {role} is published already, [trust] does not say"),
            "name the published snapshot, and the role's file in `delegated` if snapshot lists it",
        ),
        Some(Some(listed)) => (
            "plan-no-predecessor",
            format!("the published snapshot lists version {listed} of {role}, which [trust] does not name"),
            "name its file in `delegated`; a role that nobody delegates to any more needs another name",
        ),
        Some(None) if version != 1 => (
            "plan-version",
            format!("{role} has version {version}, and there is none before it"),
            "write version = 1",
        ),
        Some(None) => return,
    };
    fault(result.at, code, message, help);
}

/// A key has one name, and one that left the chain does not come back.
fn keys(
    script: &Script,
    trusted: &Trusted,
    external: &BTreeMap<Id, PublicKey>,
    fault: &mut impl FnMut((usize, usize), &'static str, String, &str),
) {
    for key in &script.keys {
        let Some(public) = external.get(&key.id) else {
            continue;
        };
        let listed = |k: &Key| k.to_public().as_ref() == Ok(public);
        if trusted.root.keys.values().any(listed) {
            fault(
                (1, 1),
                "plan-key-trusted",
                format!("{} is a key of the trusted root already", key.id),
                "name it by its keyid: trusted = \"...\"",
            );
        }
        if trusted.gone.contains(public) {
            fault(
                (1, 1),
                "plan-key-returns",
                format!("{} was a key of an earlier root and left it", key.id),
                "a key that was removed or revoked is not trusted again; make a new one",
            );
        }
    }
    for named in &script.trusted_keys {
        let of_root = trusted.root.keys.contains_key(&named.keyid);
        let mut tops = script.results.iter().filter(|r| r.metadata.top().is_some());
        if !of_root && tops.any(|r| r.keys.contains(&named.id)) {
            fault(
                named.at,
                "trust-key-unknown",
                format!(
                    "{} is a key of a delegated role, which vouches for it to nobody else",
                    named.id
                ),
                "give root's roles a key whose holder has proven to have it",
            );
        }
        let unusable = trusted
            .keys
            .get(&named.id)
            .is_some_and(|(_, k)| k.to_public().is_err());
        if unusable && script.results.iter().any(|r| r.keys.contains(&named.id)) {
            fault(
                named.at,
                "trust-key-unusable",
                format!("{} is of a kind that this program does not use", named.id),
                "remove it from the results, and declare its removal",
            );
        }
    }
}
