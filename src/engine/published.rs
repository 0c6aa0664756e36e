//! What clients see when this ceremony is published: its files among those that
//! are there already, the whole chain and every file of another role that the new
//! ones still let them take. What is left out is named, with the reason.

use std::collections::BTreeMap;

use crate::base::Instant;
use crate::plan::{Plan, Trusted};
use crate::tuf::{Metadata, MetadataName, Role, RoleName, Root, Signed, Targets};

/// The files of this ceremony among those that clients have: the whole chain,
/// and every published file that the new root still lets them take. Beside it,
/// what is left out and why.
#[must_use]
pub fn repository(
    plan: &Plan,
    made: &BTreeMap<String, Vec<u8>>,
    at: Instant,
) -> (BTreeMap<String, Vec<u8>>, Vec<String>) {
    let Some(trusted) = plan.trusted() else {
        return (made.clone(), Vec::new());
    };
    let mut view = View {
        trusted,
        stays: plan.staying().is_some(),
        made: made
            .iter()
            .filter_map(|(name, bytes)| Some((MetadataName::of_file(name)?.0, bytes.as_slice())))
            .collect(),
        at,
        next_timestamp: plan.made_here(RoleName::Timestamp).is_some(),
        files: made.clone(),
        left_out: Vec::new(),
    };
    for (name, bytes) in &trusted.roots {
        let file = view.files.entry(name.clone());
        file.or_insert_with(|| bytes.to_vec());
    }
    if let Some(root) = view.root() {
        view.top(&root, RoleName::Targets);
        view.delegated();
        view.top(&root, RoleName::Snapshot);
        view.top(&root, RoleName::Timestamp);
    }
    (view.files, view.left_out)
}

struct View<'a> {
    trusted: &'a Trusted,
    /// No root is made here: the trusted one judges.
    stays: bool,
    made: BTreeMap<MetadataName, &'a [u8]>,
    at: Instant,
    /// A timestamp is made here, now or later.
    next_timestamp: bool,
    files: BTreeMap<String, Vec<u8>>,
    left_out: Vec<String>,
}

impl View<'_> {
    fn root(&self) -> Option<Root> {
        if self.stays {
            return Some(self.trusted.root.clone());
        }
        let bytes = self.made.get(&MetadataName::ROOT)?;
        match Metadata::parse(bytes).ok()?.signed {
            Signed::Root(root) => Some(root),
            _ => None,
        }
    }

    fn own(&self, name: &MetadataName) -> bool {
        self.made.contains_key(name)
    }

    fn top(&mut self, root: &Root, role: RoleName) {
        let name = MetadataName::Top(role);
        let Some(metadata) = self.trusted.predecessors.get(&name) else {
            return;
        };
        let own = self.own(&name);
        // TUF 5.5.5 compares snapshots; an older one is judged by no other rule.
        if own && role != RoleName::Snapshot {
            return;
        }
        let signed = root
            .roles
            .get(&role)
            .is_some_and(|of| complete(&root.keys, of, metadata));
        let why = match &metadata.signed {
            _ if own && !signed => return,
            _ if !signed => "its keys were replaced: it must be signed anew".to_owned(),
            _ if metadata.signed.expires() <= self.at && !own => "it has expired".to_owned(),
            Signed::Snapshot(s) if !own => match self.not_here(s) {
                Some(why) => why,
                None => return self.take(&name, metadata),
            },
            // Clients would never look at the new snapshot.
            Signed::Timestamp(_) if self.own(&MetadataName::SNAPSHOT) => match self.next_timestamp {
                true => "the next one is made here".to_owned(),
                false => "it does not name the snapshot that is made here".to_owned(),
            },
            Signed::Timestamp(t) if !self.has(&MetadataName::SNAPSHOT, t.snapshot.version) => {
                "the snapshot that it names is not here".to_owned()
            }
            _ => return self.take(&name, metadata),
        };
        self.leave_out(&name, metadata, &why);
    }

    /// Why a published snapshot says nothing about the files that are here.
    fn not_here(&self, snapshot: &crate::tuf::Snapshot) -> Option<String> {
        let version = |name: &MetadataName| snapshot.meta.get(&name.entry()).map(|e| e.version);
        let has = |name: &MetadataName| version(name).is_some_and(|v| self.has(name, v));
        if !has(&MetadataName::TARGETS) {
            return Some("the targets that it names are not known".to_owned());
        }
        let mut delegated = self.made.keys().filter(|n| n.delegated().is_some());
        let other = delegated.find(|name| !has(name))?;
        Some(format!("it does not name the file of {other} that is made here"))
    }

    /// Published files of delegated roles, as far as somebody still delegates to
    /// them with these keys (TUF 5.6.3): in rounds, from the top.
    fn delegated(&mut self) {
        let trusted = self.trusted;
        let published = trusted.predecessors.iter();
        let mut open: Vec<(&MetadataName, &Metadata)> = published
            .filter(|(name, _)| name.delegated().is_some() && !self.own(name))
            .collect();
        loop {
            let known: Vec<Targets> = self.files.values().filter_map(|bytes| targets(bytes)).collect();
            let delegated = |name: &MetadataName| {
                let all = known.iter().filter_map(|t| t.delegations.as_ref());
                all.filter(|d| d.role(name.as_str()).is_some())
                    .collect::<Vec<_>>()
            };
            let (ready, rest): (Vec<_>, Vec<_>) = open
                .into_iter()
                .partition(|(name, _)| !delegated(name).is_empty());
            let mut judged = Vec::new();
            for (name, metadata) in &ready {
                let signed = delegated(name).iter().all(|d| {
                    let of = d.role(name.as_str());
                    of.is_some_and(|of| complete(&d.keys, of, metadata))
                });
                judged.push((*name, *metadata, signed));
            }
            for (name, metadata, signed) in judged {
                if !signed {
                    self.leave_out(name, metadata, "its keys were replaced: it must be signed anew");
                } else if metadata.signed.expires() <= self.at {
                    self.leave_out(name, metadata, "it has expired");
                } else {
                    self.take(name, metadata);
                }
            }
            open = rest;
            if ready.is_empty() {
                break;
            }
        }
        for (name, metadata) in open {
            self.leave_out(name, metadata, "nobody delegates to it");
        }
    }

    fn has(&self, name: &MetadataName, version: u64) -> bool {
        self.files.contains_key(&name.file(version))
    }

    fn take(&mut self, name: &MetadataName, metadata: &Metadata) {
        let file = name.file(metadata.signed.version());
        self.files.insert(file, metadata.bytes.to_vec());
    }

    fn leave_out(&mut self, name: &MetadataName, metadata: &Metadata, why: &str) {
        let file = name.file(metadata.signed.version());
        self.left_out.push(format!("{file}: {why}"));
    }
}

fn targets(bytes: &[u8]) -> Option<Targets> {
    match Metadata::parse(bytes).ok()?.signed {
        Signed::Targets(targets) => Some(targets),
        _ => None,
    }
}

fn complete(keys: &BTreeMap<crate::tuf::KeyId, crate::tuf::Key>, of: &Role, metadata: &Metadata) -> bool {
    let bytes = metadata.canonical();
    let counted = crate::tuf::meter(keys, &of.keyids, of.threshold, &bytes, &metadata.signatures);
    counted.complete()
}
