//! Which role answers for a target path (TUF 5.6.7): depth first, in the order
//! of the delegations, each role once, a terminating one ends the search, and
//! no more roles than the smallest limit of the clients. It reads metadata that
//! was verified elsewhere; it verifies nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::delegations::Unsure;
use super::targets::{TargetFile, Targets};

/// Roles that one search visits at most, the top-level one included:
/// python-tuf, go-tuf and tuf-js (facts/tuf.md 2.10).
pub const MAX_DELEGATIONS: usize = 32;

/// Top-level targets metadata and the delegated files beside it, by role name.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Top-level targets.
    pub targets: &'a Targets,
    /// Delegated roles.
    pub delegated: &'a BTreeMap<String, Targets>,
}

/// How a search ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// This role lists the path.
    Found {
        /// The role; `targets` for the top-level one.
        role: String,
        /// What it says of the file.
        file: &'a TargetFile,
    },
    /// No role that may be asked lists it.
    Absent {
        /// The terminating role that ended the search, if one did.
        ended_by: Option<String>,
    },
    /// The file of a role that must be asked is not there.
    Missing {
        /// The role.
        role: String,
    },
    /// The search visits more roles than clients do.
    Limit,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search<'a> {
    /// The roles asked, in order; `targets` first.
    pub visited: Vec<String>,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// Searches for a path as a client does.
///
/// # Errors
/// [`Unsure`] where a pattern decides that clients read differently.
pub fn find<'a>(known: Known<'a>, path: &str) -> Result<Search<'a>, Unsure> {
    let mut visited = Vec::new();
    let mut seen = BTreeSet::new();
    let mut ended_by = None;
    let mut open = vec!["targets".to_owned()];
    while let Some(role) = open.pop() {
        // TUF 5.6.7.1: a role is asked once, so a circle of delegations ends.
        if !seen.insert(role.clone()) {
            continue;
        }
        if visited.len() >= MAX_DELEGATIONS {
            let outcome = Outcome::Limit;
            return Ok(Search { visited, outcome });
        }
        let metadata = match role.as_str() {
            "targets" => Some(known.targets),
            name => known.delegated.get(name),
        };
        let Some(metadata) = metadata else {
            let outcome = Outcome::Missing { role };
            return Ok(Search { visited, outcome });
        };
        visited.push(role.clone());
        if let Some(file) = metadata.targets.get(path) {
            let outcome = Outcome::Found { role, file };
            return Ok(Search { visited, outcome });
        }
        let Some(delegations) = &metadata.delegations else {
            continue;
        };
        let children = delegations.entrusted(path)?;
        // TUF 5.6.7.2.1: after a terminating delegation nothing else is asked.
        if let Some(last) = children.last().filter(|c| c.terminating) {
            open.clear();
            ended_by = Some(last.name.clone());
        }
        open.extend(children.into_iter().rev().map(|c| c.name)); // TUF 5.6.7.2: preorder
    }
    let outcome = Outcome::Absent { ended_by };
    Ok(Search { visited, outcome })
}
