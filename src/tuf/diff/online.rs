//! What a snapshot or timestamp change means: which versions move, and that no
//! entry goes away (TUF 5.5.5: a missing entry is a rollback to every client).

use std::collections::BTreeMap;

use crate::base::shown;
use crate::tuf::snapshot::MetaFile;

type Meta = BTreeMap<String, MetaFile>;

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
    for (what, now, before) in [
        ("length", new.length.is_some(), old.map(|o| o.length.is_some())),
        ("hashes", new.hashes.is_some(), old.map(|o| o.hashes.is_some())),
    ] {
        if before.is_some_and(|before| before != now) {
            out.push(format!("  {what} {}", if now { "ADDED" } else { "REMOVED" }));
        }
    }
}
