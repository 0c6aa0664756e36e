//! Keys: those made or enrolled here with what shows it, and those that live
//! elsewhere. What each may sign follows from the newest root that is at hand.

use crate::audit::case::Case;
use crate::base::device::KeyAttributes;
use crate::base::{Digest, Json, PublicKey};
use crate::transcript::{Class, Kind};
use crate::tuf::{Key, KeyId, Root, Signed};

use super::{class, devices::about, member, safe};

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTold {
    /// Its name in the script.
    pub name: String,
    /// How it came to be here.
    pub usage: Use,
    /// The device that holds it; empty where it lives elsewhere.
    pub token: String,
    /// The algorithm's name.
    pub algorithm: String,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fingerprint: Option<Digest>,
    /// Its ids in TUF metadata, hexadecimal.
    pub keyids: Vec<String>,
    /// What it may sign, by the newest root.
    pub roles: Vec<String>,
    /// Attributes read back from the device: name, and what it said (`None`: nothing).
    pub attributes: Vec<(&'static str, Option<bool>)>,
    /// The record in which it proved possession.
    pub proven: Option<u64>,
    /// What it signed here: metadata and record, each signature verified again.
    pub signed: Vec<(String, u64)>,
    /// What its device's statement came to, with the record.
    pub attested: Option<(String, u64)>,
    /// The record that says that it exists.
    pub record: Option<u64>,
    /// What stands behind it: a device's signature once it has signed anything here.
    pub class: Class,
}

/// How a key came to be here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Generated in this ceremony.
    Made,
    /// Made by an earlier ceremony; the trusted root vouches for it.
    Enrolled,
    /// The online side's: only its public part was here.
    Elsewhere,
}

impl Use {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Use::Made => "generated in this ceremony",
            Use::Enrolled => "made earlier, enrolled here",
            Use::Elsewhere => "lives elsewhere; only its public part was here",
        }
    }
}

pub(super) fn keys(case: &Case<'_>) -> Vec<KeyTold> {
    let root = newest_root(case);
    let mut keys = match case.state() {
        Ok(state) => state
            .keys
            .iter()
            .map(|(id, key)| KeyTold {
                usage: if key.enrolled { Use::Enrolled } else { Use::Made },
                token: key.token.to_string(),
                attributes: attributes(&key.attributes),
                ..of_public(id.as_str(), &key.public, root.as_ref())
            })
            .collect(),
        Err(_) => as_recorded(case),
    };
    if let Ok(plan) = &case.plan {
        let here: Vec<Option<Digest>> = keys.iter().map(|k| k.fingerprint).collect();
        let elsewhere = plan.external().iter();
        let elsewhere = elsewhere.filter(|(_, public)| !here.contains(&Some(public.fingerprint())));
        keys.extend(elsewhere.map(|(id, public)| of_public(id.as_str(), public, root.as_ref())));
    }
    for key in &mut keys {
        let name = key.name.clone();
        key.record = about(case, Kind::Key, "name", &name).last().map(|l| l.seq);
        key.proven = about(case, Kind::Proven, "key", &name).last().map(|l| l.seq);
        key.attested = about(case, Kind::Attested, "key", &name)
            .last()
            .map(|l| (member(&l.record.body, "verdict"), l.seq));
        let signatures = case.lines.iter().filter(|l| l.record.kind == Kind::Signed);
        key.signed = signatures
            .filter(|l| {
                let ids = super::split(&member(&l.record.body, "keyid"));
                ids.iter().any(|id| key.keyids.contains(id))
            })
            .map(|l| (member(&l.record.body, "metadata"), l.seq))
            .collect();
        if key.proven.is_some() || !key.signed.is_empty() {
            key.class = class(case, Kind::Proven);
        }
    }
    keys
}

/// Without a re-execution: the records' words.
fn as_recorded(case: &Case<'_>) -> Vec<KeyTold> {
    let made = case.lines.iter().filter(|l| l.record.kind == Kind::Key);
    let accepted = made.filter(|l| l.record.body.get("accepted") == Some(&Json::Bool(true)));
    accepted
        .map(|line| {
            let body = &line.record.body;
            KeyTold {
                name: member(body, "name"),
                usage: match body.get("enrolled") {
                    Some(Json::Bool(true)) => Use::Enrolled,
                    _ => Use::Made,
                },
                token: member(body, "token"),
                algorithm: member(body, "algorithm"),
                fingerprint: Digest::parse(&member(body, "fingerprint")).ok(),
                keyids: super::split(&member(body, "keyid")),
                roles: Vec::new(),
                attributes: Vec::new(),
                proven: None,
                signed: Vec::new(),
                attested: None,
                record: Some(line.seq),
                class: Class::Claimed,
            }
        })
        .collect()
}

fn of_public(name: &str, public: &PublicKey, root: Option<&Root>) -> KeyTold {
    let mut keyids: Vec<KeyId> = Vec::new();
    let mut roles = Vec::new();
    for (role, of) in root.into_iter().flat_map(|r| r.roles.iter()) {
        let ids = root.map(|r| crate::plan::keyids_of(r, *role, public));
        let ids: Vec<KeyId> = ids.unwrap_or_default();
        if ids.iter().any(|id| of.keyids.contains(id)) {
            roles.push(role.to_string());
        }
        keyids.extend(ids);
    }
    keyids.push(Key::of(public).keyid());
    let mut seen = Vec::new();
    for id in keyids.iter().map(ToString::to_string) {
        if !seen.contains(&id) {
            seen.push(id);
        }
    }
    KeyTold {
        name: safe(name),
        usage: Use::Elsewhere,
        token: String::new(),
        algorithm: public.algorithm().name().to_owned(),
        fingerprint: Some(public.fingerprint()),
        keyids: seen,
        roles,
        attributes: Vec::new(),
        proven: None,
        signed: Vec::new(),
        attested: None,
        record: None,
        class: Class::Claimed,
    }
}

/// The root that is made here, else the trusted one.
fn newest_root(case: &Case<'_>) -> Option<Root> {
    let state = case.state().ok()?;
    let made = state
        .files
        .values()
        .find_map(|f| match Signed::from_json(&f.draft.signed) {
            Ok(Signed::Root(root)) => Some(root),
            _ => None,
        });
    made.or_else(|| Some(case.plan.as_ref().ok()?.trusted()?.root.clone()))
}

fn attributes(of: &KeyAttributes) -> Vec<(&'static str, Option<bool>)> {
    vec![
        ("sensitive", of.sensitive),
        ("always sensitive", of.always_sensitive),
        ("extractable", of.extractable),
        ("never extractable", of.never_extractable),
        ("made on the device", of.local),
        ("signs", of.sign),
        ("login before each signature", of.always_authenticate),
        ("other uses", of.other_uses),
    ]
}
