//! Makes targets metadata, delegated roles and a whole repository with nested
//! delegations, all from the seeds of `kit`.

#![allow(dead_code)]

use std::collections::BTreeMap;

use tuf_ceremony::tuf::compose::{
    DelegationChange as D, Form, NewRole, SnapshotChange, TargetsInputs, snapshot_with, targets_with,
    timestamp_with,
};
use tuf_ceremony::tuf::manifest::TargetChange;
use tuf_ceremony::tuf::{
    Bins, DelegatedName, Draft, Key, NotComposed, Scope, Signed, TargetFile, Targets, bins::Style,
};

use super::kit::{Files, later, now, public, root, sign};

pub fn name(text: &str) -> DelegatedName {
    DelegatedName::parse(text).unwrap()
}

pub fn paths(list: &[&str]) -> Scope {
    Scope::Paths(list.iter().map(|p| (*p).to_owned()).collect())
}

pub fn role(role: &str, seeds: &[u8], patterns: &[&str], terminating: bool) -> NewRole {
    NewRole {
        name: name(role),
        keys: seeds.iter().map(|s| Key::of(&public(*s))).collect(),
        threshold: 1,
        terminating,
        scope: paths(patterns),
    }
}

pub fn add(new: NewRole) -> D {
    D::Add {
        role: new,
        before: None,
    }
}

pub fn file(content: &str) -> TargetFile {
    let digest = tuf_ceremony::base::Digest::of(content.as_bytes());
    TargetFile {
        length: content.len() as u64,
        hashes: [("sha256".to_owned(), digest.hex())].into(),
        unrecognized: BTreeMap::new(),
    }
}

pub fn put(path: &str, content: &str) -> TargetChange {
    TargetChange::Add {
        path: path.to_owned(),
        file: file(content),
    }
}

pub fn inputs<'a>(
    previous: Option<&'a Targets>,
    files: &'a [TargetChange],
    delegations: &'a [D],
) -> TargetsInputs<'a> {
    TargetsInputs {
        name: None,
        scope: None,
        previous,
        expires: later(),
        files,
        delegations,
        form: Form::Indented,
    }
}

pub fn composed(
    previous: Option<&Targets>,
    files: &[TargetChange],
    delegations: &[D],
) -> Result<Draft, NotComposed> {
    targets_with(&inputs(previous, files, delegations), now())
}

pub fn targets(draft: &Draft) -> Targets {
    match Signed::from_json(&draft.signed).unwrap() {
        Signed::Targets(targets) => targets,
        other => panic!("{other:?}"),
    }
}

pub fn code(refused: Result<Draft, NotComposed>) -> &'static str {
    match refused.unwrap_err() {
        NotComposed::NotChanged(why) => why.code(),
        NotComposed::Refused(why) => why.code(),
        NotComposed::NotProducible(why) => why.rule,
        other => panic!("{other}"),
    }
}

/// Version 1: two files, three roles; `b` is asked before `c`.
pub fn first() -> Draft {
    composed(
        None,
        &[put("top.txt", "top"), put("a/own.txt", "own")],
        &[
            add(role("a", &[11], &["a/*"], false)),
            add(role("b", &[12], &["b/*"], true)),
            add(role("c", &[13], &["b/*", "c/*"], false)),
        ],
    )
    .unwrap()
}

pub fn delegated(role: &str, previous: Option<&Targets>, files: &[TargetChange], delegations: &[D]) -> Draft {
    let inputs = TargetsInputs {
        name: Some(name(role)),
        ..inputs(previous, files, delegations)
    };
    targets_with(&inputs, now()).unwrap()
}

/// The nine files of a repository with nested delegations.
pub fn repository() -> Files {
    let top = first();
    let drafts = [
        (
            delegated(
                "a",
                None,
                &[put("a/x.txt", "x")],
                &[add(role("deep", &[14], &["a/d-*"], true))],
            ),
            11,
        ),
        (delegated("b", None, &[put("b/x.txt", "x")], &[]), 12),
        (
            delegated("c", None, &[put("c/x.txt", "x"), put("b/hidden.txt", "x")], &[]),
            13,
        ),
        (delegated("deep", None, &[put("a/d-1", "d")], &[]), 14),
    ];
    let listed: Vec<_> = ["targets", "a", "b", "c", "deep"]
        .iter()
        .map(|r| SnapshotChange::of_version(&format!("{r}.json"), 1))
        .collect();
    let snapshot = snapshot_with(None, &listed, later(), now()).unwrap();
    let timestamp = timestamp_with(
        None,
        &SnapshotChange::of_version("snapshot.json", 1),
        later(),
        now(),
    )
    .unwrap();
    let mut files = Files::new();
    files.insert("1.root.json".into(), sign(&root(1), &[1, 2]));
    files.insert(top.file_name(), sign(&top, &[4]));
    for (draft, seed) in &drafts {
        files.insert(draft.file_name(), sign(draft, &[*seed]));
    }
    files.insert(snapshot.file_name(), sign(&snapshot, &[5]));
    files.insert(timestamp.file_name(), sign(&timestamp, &[5]));
    files
}

pub fn bins(bits: u8, style: Style) -> Bins {
    Bins::new(bits, style, vec![Key::of(&public(5))], 1).unwrap()
}

pub fn classic(bits: u8) -> Bins {
    let name_prefix = if bits == 14 {
        String::new()
    } else {
        "bin-".to_owned()
    };
    bins(bits, Style::Prefixes { name_prefix })
}
