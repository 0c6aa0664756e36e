//! What a snapshot or timestamp change means: which versions move, and that no
//! entry goes away (TUF 5.5.5: a missing entry is a rollback to every client).

use std::collections::{BTreeMap, BTreeSet};

use super::root::changed_extras;
use crate::base::{Json, shown};
use crate::tuf::snapshot::MetaFile;

type Meta = BTreeMap<String, MetaFile>;

/// Members of the whole document that we do not know.
pub(super) fn extras(
    new: &BTreeMap<String, Json>,
    old: Option<&BTreeMap<String, Json>>,
    out: &mut Vec<String>,
) {
    changed_extras(new, old, "", out);
}

pub(super) fn entries(new: &Meta, old: Option<&Meta>, out: &mut Vec<String>) {
    for (name, now) in new {
        entry(name, now, old.and_then(|o| o.get(name)), out);
    }
    for (name, before) in old.into_iter().flatten() {
        if !new.contains_key(name) {
            out.push(format!(
                "{} version {} DROPPED: clients refuse this",
                shown(name, 120),
                before.version
            ));
        }
    }
}

pub(super) fn entry(name: &str, new: &MetaFile, old: Option<&MetaFile>, out: &mut Vec<String>) {
    let name = shown(name, 120);
    out.push(match old {
        None => format!("{name} version {}", new.version),
        Some(old) if old.version == new.version => format!("{name} version {}, unchanged", new.version),
        Some(old) if old.version < new.version => {
            format!("{name} version {} -> {}", old.version, new.version)
        }
        // TUF 5.4.3.2, 5.5.5: rollback.
        Some(old) => format!(
            "{name} version {} -> {}: GOES BACK, clients refuse this",
            old.version, new.version
        ),
    });
    let length = |m: &MetaFile| m.length.map(|n| format!("{n} bytes"));
    stated("length", length(new), old.map(length), out);
    for algorithm in algorithms(new, old) {
        let digest = |m: &MetaFile| m.hashes.as_ref().and_then(|h| h.get(&algorithm).cloned());
        stated(&shown(&algorithm, 20), digest(new), old.map(digest), out);
    }
    changed_extras(&new.unrecognized, old.map(|o| &o.unrecognized), "  ", out);
}

/// A value that may be stated: facts/tuf.md 5.3 asks for every addition.
fn stated(what: &str, now: Option<String>, before: Option<Option<String>>, out: &mut Vec<String>) {
    match (now, before) {
        (Some(now), None) => out.push(format!("  {what} {now}")),
        (Some(now), Some(None)) => out.push(format!("  {what} ADDED: {now}")),
        (Some(now), Some(Some(was))) if now == was => out.push(format!("  {what} {now}")),
        (Some(now), Some(Some(was))) => out.push(format!("  {what} {now} (was {was})")),
        (None, Some(Some(was))) => out.push(format!("  {what} REMOVED (was {was})")),
        (None, _) => {}
    }
}

fn algorithms(new: &MetaFile, old: Option<&MetaFile>) -> BTreeSet<String> {
    let of = |m: &MetaFile| {
        m.hashes
            .iter()
            .flatten()
            .map(|(a, _)| a.clone())
            .collect::<Vec<_>>()
    };
    of(new)
        .into_iter()
        .chain(old.map(of).unwrap_or_default())
        .collect()
}
