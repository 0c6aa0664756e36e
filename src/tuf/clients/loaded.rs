//! How tough takes delegated roles: all that snapshot lists are loaded at the
//! start, and a role that lists a target outside its delegation ends the whole
//! load. Sources by name in tough 0.24.0, `tough/src`: `lib.rs: load_delegations`
//! and `load_targets`; `schema/mod.rs: Targets::validate`, `find_target_from_role`,
//! `PathSet`. The others look at delegations only when a target is searched for.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Digest, shown};

use super::read::{Body, Entry, File, Role, Trust};
use super::walk::Walk;
use super::{Check, Stop, refuse};

/// How deep delegations of delegations are followed.
pub(super) const MAX_DEPTH: u32 = 8;

/// A delegation, and the role behind it where it was loaded.
struct Loaded<'a> {
    name: &'a str,
    role: &'a Role,
    file: Option<(BTreeSet<String>, Vec<Loaded<'a>>)>,
}

/// What was read of one level, to be borrowed from.
struct Level {
    files: BTreeMap<String, (File, Option<Box<Level>>)>,
}

/// Loads every delegated role, then asks for each target from the top.
pub(super) fn check(
    walk: &Walk<'_>,
    top: &BTreeSet<String>,
    trust: &Trust,
    consistent: bool,
    meta: &BTreeMap<String, Entry>,
) -> Check {
    let mut names = BTreeSet::new();
    let level = load(walk, trust, consistent, meta, &mut names, 0)?;
    let tree = tree(trust, &level);
    listed_are_found(&tree, &tree, top)
}

/// `load_delegations`: a whole level, then what each role of it delegates to.
fn load(
    walk: &Walk<'_>,
    trust: &Trust,
    consistent: bool,
    meta: &BTreeMap<String, Entry>,
    loaded: &mut BTreeSet<String>,
    depth: u32,
) -> Result<Level, Stop> {
    if depth > MAX_DEPTH {
        return Err(Stop::Unsure(format!("delegations deeper than {MAX_DEPTH}")));
    }
    let mut found = BTreeMap::new();
    for (name, _) in &trust.roles {
        if loaded.contains(name) {
            continue;
        }
        let Some(entry) = meta.get(&format!("{name}.json")) else {
            // The level ends here, and nothing of it is kept.
            loaded.insert(name.clone());
            return Ok(Level {
                files: BTreeMap::new(),
            });
        };
        found.insert(name.clone(), walk.delegated_file(trust, name, consistent, entry)?);
    }
    let mut files = BTreeMap::new();
    for (name, _) in &trust.roles {
        if !loaded.insert(name.clone()) {
            continue;
        }
        let Some(file) = found.remove(name) else {
            continue;
        };
        let inner = match &file.body {
            Body::Targets(Some(inner)) => {
                let level = load(walk, inner, consistent, meta, loaded, depth.saturating_add(1))?;
                Some(Box::new(level))
            }
            _ => None,
        };
        files.insert(name.clone(), (file, inner));
    }
    Ok(Level { files })
}

fn tree<'a>(trust: &'a Trust, level: &'a Level) -> Vec<Loaded<'a>> {
    let mut taken = BTreeSet::new();
    let roles = trust.roles.iter();
    roles
        .map(|(name, role)| {
            // A name that stands twice is loaded for the first of the two.
            let file = level.files.get(name).filter(|_| taken.insert(name));
            Loaded {
                name,
                role,
                file: file.map(|(file, inner)| {
                    let below = match (&file.body, inner) {
                        (Body::Targets(Some(trust)), Some(level)) => tree(trust, level),
                        _ => Vec::new(),
                    };
                    (file.targets.clone(), below)
                }),
            }
        })
        .collect()
}

/// `Targets::validate`: each target of each role can be found from the top.
fn listed_are_found(top: &[Loaded<'_>], here: &[Loaded<'_>], listed: &BTreeSet<String>) -> Check {
    for role in here {
        let Some((targets, below)) = &role.file else {
            continue;
        };
        for path in targets.difference(listed) {
            let digest = Digest::of(path.as_bytes()).hex();
            if !found(top, path, &digest, &mut BTreeSet::new())? {
                let why = format!("lists {}, which is not delegated to it", shown(path, 80));
                return Err(refuse(
                    "NOT_DELEGATED",
                    &format!("{}.json", shown(role.name, 80)),
                    why,
                    "list only targets that every delegation above matches",
                ));
            }
        }
        listed_are_found(top, below, listed)?;
    }
    Ok(())
}

/// `find_target_from_role`, permissive: terminating roles do not end the search.
fn found<'a>(
    here: &[Loaded<'a>],
    path: &str,
    digest: &str,
    visited: &mut BTreeSet<&'a str>,
) -> Result<bool, Stop> {
    for role in here {
        if !matches(role.role, path, digest)? || !visited.insert(role.name) {
            continue;
        }
        if let Some((targets, below)) = &role.file
            && (targets.contains(path) || found(below, path, digest, visited)?)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `PathSet::matches_target_name`.
fn matches(role: &Role, path: &str, digest: &str) -> Result<bool, Stop> {
    if role.prefixes.iter().any(|p| digest.starts_with(p.as_str())) {
        return Ok(true);
    }
    // `target_name.rs: clean_name` writes such a name otherwise before it is compared.
    if !role.paths.is_empty() && path.split('/').any(|s| matches!(s, "" | "." | "..")) {
        return Err(Stop::Unsure("a delegated target with an unusual path".to_owned()));
    }
    for pattern in &role.paths {
        // A `globset::Glob` as it is by default: `*` and `?` take any character, `/` too.
        if pattern.contains(['[', ']', '{', '}', '\\']) || pattern.contains("**") {
            return Err(Stop::Unsure(format!("the pattern {}", shown(pattern, 80))));
        }
        if crate::tuf::pattern::glob_across(pattern, path) {
            return Ok(true);
        }
    }
    Ok(false)
}
