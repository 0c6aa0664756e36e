//! Operations on the target files of targets metadata (TUF 4.5). A changed file
//! keeps its `custom` and every unknown field; its hashes are replaced as a set.

use super::{NotEdited, Operation, Target};
use crate::base::shown;
use crate::tuf::targets::{TargetFile, Targets};

/// Applies one operation; says what it did.
pub(super) fn apply(targets: &mut Targets, operation: &Operation) -> Result<String, NotEdited> {
    match operation {
        Operation::AddTarget(target) => add(targets, target),
        Operation::ChangeTarget(target) => change(targets, target),
        Operation::RemoveTarget { path } => remove(targets, path),
        _ => Err(NotEdited::new("OTHER_ROLE", "no operation on targets metadata")),
    }
}

fn add(targets: &mut Targets, target: &Target) -> Result<String, NotEdited> {
    if targets.targets.contains_key(&target.path) {
        return Err(NotEdited::new("TARGET_THERE", shown(&target.path, 400)));
    }
    let file = TargetFile {
        length: target.length,
        hashes: target.hashes.clone(),
        unrecognized: Default::default(),
    };
    targets.targets.insert(target.path.clone(), file);
    Ok(format!("add-target {}", of(target)))
}

fn change(targets: &mut Targets, target: &Target) -> Result<String, NotEdited> {
    let file = targets
        .targets
        .get_mut(&target.path)
        .ok_or_else(|| absent(&target.path))?;
    if file.length == target.length && file.hashes == target.hashes {
        let why = format!("{} is listed so already", shown(&target.path, 400));
        return Err(NotEdited::new("NOTHING_CHANGED", why));
    }
    file.length = target.length;
    file.hashes.clone_from(&target.hashes);
    Ok(format!("change-target {}", of(target)))
}

fn remove(targets: &mut Targets, path: &str) -> Result<String, NotEdited> {
    targets.targets.remove(path).ok_or_else(|| absent(path))?;
    Ok(format!("remove-target {}", shown(path, 400)))
}

fn absent(path: &str) -> NotEdited {
    NotEdited::new("TARGET_NOT_THERE", shown(path, 400))
}

fn of(target: &Target) -> String {
    let hashes: Vec<_> = target.hashes.iter().map(|(a, d)| format!("{a} {d}")).collect();
    format!(
        "{}: {} bytes, {}",
        shown(&target.path, 400),
        target.length,
        hashes.join(", ")
    )
}
