//! Delegated roles in a rehearsal. Their keys stand in the file of the role that
//! delegates to them, and a published file lists real keys: so each published file
//! on the way down to a draft is written anew with throwaway keys, and signed by
//! them, while the keys of what else is published stay (TUF 5.6.3, 5.6.7). So is what
//! a key signed that also signs a draft. Where snapshot or timestamp state length or
//! hashes of such a file, they state those of the new bytes.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha512};

use crate::base::{Digest, Json};
use crate::tuf::compose::Draft;
use crate::tuf::name::MetadataName;
use crate::tuf::role::RoleName;

type Published<'a> = BTreeMap<&'a str, (MetadataName, &'a [u8])>;

/// The role object by which `vouching` names a role's signers: in root's `roles`,
/// or in what targets metadata delegates.
pub(super) fn role_object<'j>(vouching: &'j Json, role: &MetadataName) -> Option<&'j Json> {
    if role.top().is_some() {
        return vouching.get("roles")?.get(role.as_str());
    }
    let delegations = vouching.get("delegations")?;
    let Some(roles) = delegations.get("roles").and_then(Json::as_array) else {
        let signed = crate::tuf::Signed::from_json(vouching).ok()?;
        let crate::tuf::Signed::Targets(targets) = signed else {
            return None;
        };
        targets.delegations?.role(role.as_str())?;
        return delegations.get("succinct_roles");
    };
    let named = |r: &&Json| r.get("name").and_then(Json::as_str) == Some(role.as_str());
    roles.iter().find(named)
}

/// The drafts that delegate to a role.
pub(super) fn delegating<'d>(drafts: &[&'d Draft], role: &MetadataName) -> impl Iterator<Item = &'d Draft> {
    let others = drafts
        .iter()
        .copied()
        .filter(|d| d.role == RoleName::Targets && d.metadata_name() != *role);
    others.filter(|d| role_object(&d.signed, role).is_some())
}

/// Published files of targets metadata on the way down to a delegated draft.
pub(super) fn recast(chain: &BTreeMap<String, Vec<u8>>, drafts: &[&Draft]) -> Vec<Draft> {
    let mut wanted: Vec<MetadataName> = drafts.iter().map(|d| d.metadata_name()).collect();
    wanted.retain(|name| name.top().is_none());
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut open: Vec<Draft> = chain
        .iter()
        .filter_map(|(file, bytes)| published(file, bytes))
        .filter(|p| drafts.iter().all(|d| d.metadata_name() != p.metadata_name()))
        .collect();
    let mut found = Vec::new();
    while let Some(role) = wanted.pop() {
        let (on_the_way, rest) = open
            .into_iter()
            .partition(|p| role_object(&p.signed, &role).is_some());
        let on_the_way: Vec<Draft> = on_the_way;
        wanted.extend(
            on_the_way
                .iter()
                .map(Draft::metadata_name)
                .filter(|n| n.top().is_none()),
        );
        found.extend(on_the_way);
        open = rest;
    }
    found
}

/// Published files of the other top-level roles of which a key also signs a draft, as
/// where one key signs snapshot and timestamp: nobody plays it twice. In rounds, for
/// what is written anew plays the other keys of its role too.
pub(super) fn shared(
    chain: &BTreeMap<String, Vec<u8>>,
    drafts: &[&Draft],
    root: &Json,
    found: &mut Vec<Draft>,
) {
    let of = |role: RoleName| {
        let role = role_object(root, &MetadataName::Top(role));
        let ids = role.and_then(|r| r.get("keyids")?.as_array()).unwrap_or_default();
        ids.iter().filter_map(Json::as_str).collect::<Vec<_>>()
    };
    let top = |d: &Draft| d.name.is_none().then_some(d.role);
    // Root is always signed anew.
    let mut signing: BTreeSet<RoleName> = [RoleName::Root].into();
    signing.extend(drafts.iter().copied().chain(found.iter()).filter_map(top));
    loop {
        let keys: BTreeSet<&str> = signing.iter().flat_map(|role| of(*role)).collect();
        let draft = chain.iter().find_map(|(file, bytes)| {
            let (name, _) = MetadataName::of_file(file)?;
            let role = name.top().filter(|role| !signing.contains(role))?;
            of(role).iter().any(|id| keys.contains(id)).then_some(())?;
            draft_of(name, bytes)
        });
        let Some(draft) = draft else { return };
        signing.insert(draft.role);
        found.push(draft);
    }
}

fn published(file: &str, bytes: &[u8]) -> Option<Draft> {
    let (name, _) = MetadataName::of_file(file)?;
    if name.kind() != RoleName::Targets {
        return None;
    }
    draft_of(name, bytes)
}

fn draft_of(name: MetadataName, bytes: &[u8]) -> Option<Draft> {
    let draft = Draft::of(Json::parse(bytes).ok()?.get("signed")?.clone()).ok()?;
    match name {
        MetadataName::Top(_) => Some(draft),
        MetadataName::Delegated(name) => draft.delegated(name).ok(),
    }
}

/// Keyids that drafts list for published files of delegated roles, and for no role
/// that signs here.
pub(super) fn kept(drafts: &[&Draft], published: &Published<'_>) -> BTreeSet<String> {
    let ids = |role: &MetadataName| -> BTreeSet<String> {
        let vouching = drafts.iter().filter_map(|d| role_object(&d.signed, role));
        let ids = vouching.filter_map(|r| r.get("keyids")?.as_array());
        ids.flatten()
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect()
    };
    let delegated = |name: &&MetadataName| name.delegated().is_some();
    let stay = published.values().map(|(name, _)| name).filter(delegated);
    let sign: BTreeSet<String> = drafts.iter().flat_map(|d| ids(&d.metadata_name())).collect();
    stay.flat_map(ids).filter(|id| !sign.contains(id)).collect()
}

/// The members of a snapshot's entry that say what the bytes of a file are (TUF 4.4).
const STATED: [&str; 2] = ["length", "hashes"];

/// A snapshot's `signed` part as it must be beside files that are written anew: where it
/// states length or hashes of one, those of the rehearsed bytes. `anew` is version and
/// bytes by the name of the entry; other parts stay as they are.
pub(super) fn restated(signed: &Json, anew: &BTreeMap<String, (u64, Vec<u8>)>) -> Json {
    changed(signed, |entry, members| {
        let Some((version, bytes)) = anew.get(entry) else {
            return;
        };
        let states = members.get("version").and_then(Json::as_int);
        if states.and_then(|n| u64::try_from(n).ok()) != Some(*version) {
            return; // of another version: the clients' models say so
        }
        if let (Some(length), Ok(n)) = (members.get_mut("length"), i64::try_from(bytes.len())) {
            *length = Json::Int(n);
        }
        let Some(Json::Object(hashes)) = members.get_mut("hashes") else {
            return;
        };
        for (algorithm, value) in hashes {
            match algorithm.as_str() {
                "sha256" => *value = Digest::of(bytes).hex().into(),
                "sha512" => *value = HEXLOWER.encode(&Sha512::digest(bytes)).into(),
                _ => {} // what clients cannot check, they judge
            }
        }
    })
}

/// The other way round: for these entries, what the real snapshot states.
pub(super) fn put_back(rehearsed: &Json, real: &Json, anew: &BTreeMap<String, (u64, Vec<u8>)>) -> Json {
    changed(rehearsed, |entry, members| {
        let was = real.get("meta").and_then(|meta| meta.get(entry));
        for word in STATED.iter().filter(|_| anew.contains_key(entry)) {
            if let (Some(now), Some(was)) = (members.get_mut(*word), was.and_then(|w| w.get(word))) {
                now.clone_from(was);
            }
        }
    })
}

/// A `signed` part with each entry of its `meta` changed.
fn changed(signed: &Json, mut change: impl FnMut(&str, &mut BTreeMap<String, Json>)) -> Json {
    let mut signed = signed.clone();
    if let Json::Object(map) = &mut signed
        && let Some(Json::Object(meta)) = map.get_mut("meta")
    {
        for (entry, members) in meta {
            if let Json::Object(members) = members {
                change(entry, members);
            }
        }
    }
    signed
}
