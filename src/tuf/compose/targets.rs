//! The next targets metadata, top-level or delegated: the previous version with
//! changes of files and delegations, every unknown field kept; and the first
//! files of a set of hash bins. Pure: the same inputs give the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::delegations::{self, DelegationChange};
use super::online::next;
use super::{Draft, Form, NotChanged, NotComposed, common};
use crate::base::{Instant, Json, shown};
use crate::tuf::bins::Bins;
use crate::tuf::delegations::{DelegatedName, Scope};
use crate::tuf::manifest::TargetChange;
use crate::tuf::pattern::check_target_path;
use crate::tuf::targets::{TargetFile, Targets};

/// For how many signatures a file must have room below the clients' limit.
pub(super) const ROOM: usize = 8;

/// What the next targets metadata is made of.
#[derive(Debug, Clone)]
pub struct TargetsInputs<'a> {
    /// The delegated role, or `None` for the top-level one.
    pub name: Option<DelegatedName>,
    /// What its parent delegates to it, if that is at hand: no file may lie
    /// outside. `None` for the top-level one.
    pub scope: Option<&'a Scope>,
    /// The version before, verified; `None` for version 1.
    pub previous: Option<&'a Targets>,
    /// The expiry.
    pub expires: Instant,
    /// Changes of files; each path once.
    pub files: &'a [TargetChange],
    /// Changes of delegations, one after another.
    pub delegations: &'a [DelegationChange],
    /// How its file is laid out.
    pub form: Form,
}

/// Composes the next targets metadata. Without changes it renews the expiry
/// alone, and that must then be another.
///
/// # Errors
/// [`NotComposed`]: a change that changes nothing, adds what is there or
/// removes what is not; an unsafe path, pattern or name; hashes that not all
/// clients know; a file outside the role's scope; a threshold out of reach;
/// expired at birth; larger than the clients' limit.
pub fn targets_with(inputs: &TargetsInputs<'_>, now: Instant) -> Result<Draft, NotComposed> {
    let role = inputs.name.as_ref().map_or("targets", DelegatedName::as_str);
    let before = inputs.previous;
    let mut files = before.map(|p| p.targets.clone()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    for change in inputs.files {
        if !seen.insert(change.path()) {
            let what = shown(change.path(), 120);
            return Err(NotChanged::Twice { what }.into());
        }
        apply(&mut files, change)?;
    }
    if let Some(scope) = inputs.scope {
        for path in files.keys() {
            check_scope(role, scope, path)?;
        }
    }
    let delegations = delegations::changed(before.and_then(|p| p.delegations.as_ref()), inputs.delegations)?;
    let idle = inputs.files.is_empty() && inputs.delegations.is_empty();
    if idle && before.is_some_and(|p| p.common.expires == inputs.expires) {
        let what = format!("{role}.json");
        return Err(NotChanged::NothingChanges { what }.into());
    }
    let version = next(before.map(|p| p.common.version), &format!("{role}.json"))?;
    let targets = Targets {
        common: common(version, inputs.expires, now)?,
        targets: files,
        delegations,
        unrecognized: before.map(|p| p.unrecognized.clone()).unwrap_or_default(),
    };
    let mut draft = Draft::of(targets.to_json())?.in_form(inputs.form);
    if let Some(name) = inputs.name.clone() {
        draft = draft.delegated(name)?;
    }
    draft.check_size(ROOM)?;
    Ok(draft)
}

/// Composes the file of every bin at one version, empty or with the files that
/// belong to it, in the order of the bins; compact.
///
/// # Errors
/// [`NotComposed`]: an unsafe path, hashes that not all clients know, expired
/// at birth, one bin larger than the clients' limit.
pub fn bin_files(
    bins: &Bins,
    files: &BTreeMap<String, TargetFile>,
    version: u64,
    expires: Instant,
    now: Instant,
) -> Result<Vec<Draft>, NotComposed> {
    let mut sorted: BTreeMap<u32, BTreeMap<String, TargetFile>> = BTreeMap::new();
    for (path, file) in files {
        check_file(path, file)?;
        let bin = sorted.entry(bins.index_of(path)).or_default();
        bin.insert(path.clone(), file.clone());
    }
    let mut drafts = Vec::new();
    for index in 0..bins.count() {
        let targets = Targets {
            common: common(version, expires, now)?,
            targets: sorted.remove(&index).unwrap_or_default(),
            delegations: None,
            unrecognized: BTreeMap::new(),
        };
        let name = DelegatedName::parse(&bins.name(index)).map_err(NotChanged::Name)?;
        let draft = Draft::of(targets.to_json())?
            .in_form(Form::Compact)
            .delegated(name)?;
        draft.check_size(ROOM)?;
        drafts.push(draft);
    }
    Ok(drafts)
}

fn apply(files: &mut BTreeMap<String, TargetFile>, change: &TargetChange) -> Result<(), NotChanged> {
    let what = || format!("target {}", shown(change.path(), 120));
    match change {
        TargetChange::Add { path, file } => {
            check_file(path, file)?;
            if files.insert(path.clone(), file.clone()).is_some() {
                return Err(NotChanged::Present { what: what() });
            }
        }
        TargetChange::Change { path, file } => {
            check_file(path, file)?;
            let was = files
                .get_mut(path)
                .ok_or_else(|| NotChanged::Absent { what: what() })?;
            let mut now = file.clone();
            for (name, value) in &was.unrecognized {
                now.unrecognized
                    .entry(name.clone())
                    .or_insert_with(|| value.clone());
            }
            if *was == now {
                return Err(NotChanged::NothingChanges { what: what() });
            }
            *was = now;
        }
        TargetChange::Remove { path } => {
            files
                .remove(path)
                .ok_or_else(|| NotChanged::Absent { what: what() })?;
        }
    }
    Ok(())
}

fn check_file(path: &str, file: &TargetFile) -> Result<(), NotChanged> {
    check_target_path(path).map_err(NotChanged::Path)?;
    // facts/tuf.md 2.8: tough needs sha256; blake2 and others lose clients.
    let known = file.hashes.keys().all(|a| a == "sha256" || a == "sha512");
    if !known || !file.hashes.contains_key("sha256") {
        let got: Vec<_> = file.hashes.keys().map(|a| shown(a, 40)).collect();
        return Err(NotChanged::Hashes {
            path: shown(path, 120),
            got: if got.is_empty() {
                "none".to_owned()
            } else {
                got.join(", ")
            },
        });
    }
    match file.unrecognized.get("custom") {
        None => Ok(()),
        Some(Json::Object(custom)) if !custom.is_empty() => Ok(()),
        Some(_) => Err(NotChanged::Custom {
            path: shown(path, 120),
        }),
    }
}

/// clients.md: tough refuses a whole delegated file that lists a path outside.
fn check_scope(role: &str, scope: &Scope, path: &str) -> Result<(), NotChanged> {
    match scope.covers(role, path) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(NotChanged::OutsideScope {
            role: shown(role, 80),
            path: shown(path, 120),
        }),
    }
}
