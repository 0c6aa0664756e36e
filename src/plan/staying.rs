//! A ceremony that makes no root: the trusted one stays, and names whose signatures
//! count. What a result says of keys and threshold is then no change but a reading of
//! that root, approved by people: it must be what the root says, no more and no less.
//! Only a succession has such a ceremony; a genesis has no root to stay (DESIGN 2, law 7).

use std::collections::BTreeSet;

use super::Trusted;
use crate::base::Id;
use crate::script::{Diagnostic, Made, ResultSpec, Script};
use crate::tuf::{KeyId, RoleName};

/// Which results there must be: of all four roles where root is made, for it names
/// the keys of all; else of what is made, which must be something.
pub(super) fn results(script: &Script, found: &mut Vec<Diagnostic>) {
    let mut fault = |at: (usize, usize), message: String, help: &str| {
        found.push(Diagnostic::at(at, "plan-result-missing", message, help));
    };
    for result in &script.results {
        if result.metadata == RoleName::Root && result.made == Made::Elsewhere {
            let help = if script.succession().is_some() {
                "write made = \"here\"; or delete the result: the trusted root then stays as it is"
            } else {
                "a genesis makes root: write made = \"here\""
            };
            fault(result.at, "root is made elsewhere".to_owned(), help);
        }
    }
    if script.makes_root() {
        for role in RoleName::ALL.into_iter().filter(|r| script.result(*r).is_none()) {
            fault(
                (1, 1),
                format!("no [[result]] names {role}"),
                "root must name keys for all four roles; write made = \"elsewhere\" for files of the online side",
            );
        }
    } else if !script.results.iter().any(|r| r.made != Made::Elsewhere) {
        fault(
            (1, 1),
            "no [[result]] is made here".to_owned(),
            "write a result for each file that is made here: root, or another one under the trusted root",
        );
    }
}

/// Holds each result against the root that stays; no [[change]] has a place here.
pub(super) fn check(script: &Script, trusted: &Trusted, found: &mut Vec<Diagnostic>) {
    for change in &script.changes {
        let message = format!(
            "{} is a change of root, and no root is made here",
            change.what.words()
        );
        let help = "delete it, or add the result of root";
        found.push(Diagnostic::at(change.at, "plan-change-absent", message, help));
    }
    for result in &script.results {
        // What a delegated role is, the file says that delegates to it.
        let Some(role) = result.metadata.top().filter(|r| *r != RoleName::Root) else {
            continue;
        };
        if let Err(message) = signers(result, role, trusted) {
            let help = "write the keys and the threshold of the trusted root; to change them, make a root";
            found.push(Diagnostic::at(result.at, "plan-root-stays", message, help));
        }
    }
}

/// Whether a result names the signers that the root does (TUF 5.5.2, 5.6.3: by the trusted root's keys).
fn signers(result: &ResultSpec, role: RoleName, trusted: &Trusted) -> Result<(), String> {
    let version = trusted.root.common.version;
    let of = trusted.root.role(role).map_err(|e| e.to_string())?;
    if of.threshold != u64::from(result.threshold) {
        let (got, expected) = (result.threshold, of.threshold);
        return Err(format!(
            "{role}: the result has a threshold of {got}, root {version} has {expected}"
        ));
    }
    let mut said: BTreeSet<KeyId> = BTreeSet::new();
    for id in &result.keys {
        match trusted.keys.get(id) {
            Some((keyid, _)) if of.keyids.contains(keyid) => _ = said.insert(*keyid),
            _ => {
                return Err(format!(
                    "{role}: root {version} does not list the key {id} for it"
                ));
            }
        }
    }
    // A key of a kind that this program does not use has no name here, and cannot sign.
    let usable = |id: &&KeyId| trusted.root.keys.get(*id).is_some_and(|k| k.to_public().is_ok());
    if let Some(keyid) = of.keyids.iter().filter(usable).find(|id| !said.contains(*id)) {
        return Err(format!(
            "{role}: root {version} lists the key {keyid} for it too, and the result does not name it"
        ));
    }
    Ok(())
}

/// Whether a key is one of root's: named in its result, or listed by the root that stays.
pub(super) fn is_roots(script: &Script, trusted: Option<&Trusted>, key: &Id) -> bool {
    match (script.result(RoleName::Root), trusted) {
        (Some(root), _) => root.keys.contains(key),
        (None, Some(trusted)) => trusted.lists(RoleName::Root, key),
        (None, None) => false,
    }
}
