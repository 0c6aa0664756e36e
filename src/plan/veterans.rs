//! No production script touches a rehearsal's key. The veterans' private halves
//! follow from a public rule (`base/veteran.rs`), so whoever reads this program
//! could sign for a repository that trusts one: in whatever role, in whatever
//! root of the chain, and whether or not a device seems to hold it.

use std::collections::BTreeMap;

use super::{InputFile, inputs};
use crate::base::{Id, PublicKey, shown, veteran};
use crate::script::{Diagnostic, Kind, Script};
use crate::tuf::delegations::Delegated;
use crate::tuf::{Delegations, Key, KeyId, Metadata, Root, Signed};

const HELP: &str = "whoever has this program can sign with it: replace it in what is published by a key that a device made, \
     or start from another chain; to practise, write kind = \"rehearsal\"";

/// Where each well-known key stands: the first place in the script, and all in words.
type Places = BTreeMap<(&'static str, &'static str), ((usize, usize), Vec<String>)>;

/// Every well-known key that a production script would trust, once.
pub(super) fn refuse(
    script: &Script,
    external: &BTreeMap<Id, PublicKey>,
    files: &[InputFile],
    found: &mut Vec<Diagnostic>,
) {
    if script.kind != Kind::Production {
        return;
    }
    let mut places = Places::new();
    let mut seen = |at: (usize, usize), place: String, public: &PublicKey| {
        if let Some(known) = veteran::known(&public.fingerprint()) {
            let (_, all) = places.entry(known).or_insert((at, Vec::new()));
            all.push(place);
        }
    };
    for (id, public) in external {
        let at = inputs::place(&script.text, &format!("\"{id}\""));
        seen(at, format!("[[key]] {id}"), public);
    }
    // The files themselves: also a root that the trusted one has left behind vouches for it.
    for file in files {
        let Ok(metadata) = Metadata::parse(&file.bytes) else {
            continue; // no metadata, or told by another name already
        };
        let at = inputs::place(&script.text, &file.name);
        for (role, key) in listed(&metadata.signed) {
            if let Ok(public) = key.to_public() {
                seen(at, format!("{role} in {}", file.name), &public);
            }
        }
    }
    for ((holder, key), (at, all)) in places {
        let message = format!(
            "{} is the rehearsals' key {key} ({holder}), whose private half anybody can make",
            all.join(", ")
        );
        found.push(Diagnostic::at(at, "trust-veteran", message, HELP));
    }
}

/// Each role of a file with each of its keys; names are safe to show.
fn listed(signed: &Signed) -> Vec<(String, &Key)> {
    match signed {
        Signed::Root(root) => of_root(root),
        Signed::Targets(targets) => targets.delegations.as_ref().map_or_else(Vec::new, of_delegations),
        Signed::Snapshot(_) | Signed::Timestamp(_) => Vec::new(),
    }
}

fn of_root(root: &Root) -> Vec<(String, &Key)> {
    let role = |id: &KeyId| {
        let of = root.roles.iter().find(|(_, role)| role.keyids.contains(id));
        of.map_or("no role", |(name, _)| name.as_str()).to_owned()
    };
    root.keys.iter().map(|(id, key)| (role(id), key)).collect()
}

fn of_delegations(delegations: &Delegations) -> Vec<(String, &Key)> {
    let role = |id: &KeyId| match &delegations.roles {
        Delegated::Roles(roles) => {
            let of = roles.iter().find(|r| r.role.keyids.contains(id));
            of.map_or_else(|| "no role".to_owned(), |r| shown(&r.name, 80))
        }
        Delegated::Succinct(_) => "hash bins".to_owned(),
    };
    delegations.keys.iter().map(|(id, key)| (role(id), key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Json;
    use crate::tuf::delegations::{DelegatedRole, Scope};
    use crate::tuf::role::Role;

    #[test]
    fn a_key_is_found_in_every_role_also_a_delegated_one() {
        let chain = include_bytes!("../../ceremony-scripts/rehearsal/chain/2.root.json");
        let signed = Metadata::parse(chain).unwrap().signed;
        let Signed::Root(root) = &signed else {
            unreachable!("a root")
        };
        let mut roles: Vec<String> = listed(&signed).into_iter().map(|(role, _)| role).collect();
        roles.sort();
        roles.dedup();
        assert_eq!(roles, ["root", "snapshot", "targets"]);
        let of_root = &root.roles.get(&crate::tuf::RoleName::Root).unwrap().keyids;
        let (id, key) = root.keys.iter().find(|(id, _)| of_root.contains(id)).unwrap();
        let role = Role {
            keyids: vec![*id],
            threshold: 1,
            unrecognized: BTreeMap::<String, Json>::new(),
        };
        let delegations = Delegations {
            keys: [(*id, key.clone())].into(),
            roles: Delegated::Roles(vec![DelegatedRole {
                name: "\u{202e}docs".to_owned(),
                role,
                terminating: false,
                scope: Scope::Paths(vec!["docs/*".to_owned()]),
            }]),
            unrecognized: BTreeMap::new(),
        };
        let found = of_delegations(&delegations);
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().unwrap().0, "\\u{202e}docs");
        let public = found.first().unwrap().1.to_public().unwrap();
        assert!(veteran::known(&public.fingerprint()).is_some());
    }
}
