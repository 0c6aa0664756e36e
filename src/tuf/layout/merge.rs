//! Signatures come back from another tool's file into a draft (facts/tuf.md
//! 5.1, 12): from a whole metadata file or from an RSTUF payload, in any order,
//! twice without harm. Each is verified over the draft's own bytes before it is
//! taken; a valid one that is there is never replaced; what is dropped is named.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::{message, rstuf, with_signatures};
use crate::base::{Digest, Json, PublicKey, shown};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::metadata::Metadata;
use crate::tuf::refused::Refused;
use crate::tuf::role::Role;

/// What became of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It verifies and is in the file now.
    Taken,
    /// The very same one was there.
    AlreadyThere,
    /// A valid one by this key was there and stays (ECDSA never signs twice alike).
    OtherStays,
    /// It does not verify over the draft.
    Invalid,
    /// No key that may sign the draft has this id.
    NoSuchKey,
    /// Its file is over other bytes, which have this SHA-256.
    OtherPayload(Digest),
}

impl Fate {
    /// Whether it was dropped.
    #[must_use]
    pub fn dropped(&self) -> bool {
        matches!(self, Fate::Invalid | Fate::NoSuchKey | Fate::OtherPayload(_))
    }

    /// One line for people.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Fate::Taken => "verified, taken".to_owned(),
            Fate::AlreadyThere => "verified, already there".to_owned(),
            Fate::OtherStays => "verified; another valid one by this key is there and stays".to_owned(),
            Fate::Invalid => "DROPPED: does not verify over the draft".to_owned(),
            Fate::NoSuchKey => "DROPPED: no key that may sign the draft has this id".to_owned(),
            Fate::OtherPayload(digest) => format!("DROPPED: made for other bytes, SHA-256 {digest}"),
        }
    }
}

/// A draft with what could be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The file, in the form of python-tuf and tuf-on-ci; the draft's own bytes if
    /// nothing was taken.
    pub bytes: Vec<u8>,
    /// Each signature that was brought: keyid, safe to show, and what became of it.
    pub fates: Vec<(String, Fate)>,
}

/// Merges the signatures of `brought` into `draft`. `delegator` is the root that
/// names the draft's keys; for a root it is the one before, if there is one.
///
/// # Errors
/// [`Refused`] when the draft or the delegator breaks a rule of ours, or when
/// what is brought holds no signature at all.
pub fn merge(draft: &[u8], brought: &[u8], delegator: Option<&[u8]>) -> Result<Merged, Refused> {
    Metadata::parse(draft)?;
    let mut envelope = Json::parse(draft)?;
    let delegator = match delegator {
        Some(bytes) => {
            Metadata::parse(bytes)?;
            Some(Json::parse(bytes)?)
        }
        None => None,
    };
    let bytes = message(&envelope);
    let keys = signers(&envelope, delegator.as_ref());
    let (items, over) = signatures(&Json::parse(brought)?)?;
    let mut have = BTreeMap::new();
    let mut order = Vec::new();
    for item in envelope
        .get("signatures")
        .and_then(Json::as_array)
        .unwrap_or_default()
    {
        let keyid = item.get("keyid").and_then(Json::as_str).unwrap_or_default();
        order.push(keyid.to_owned());
        have.insert(keyid.to_owned(), item.clone());
    }
    let mut fates = Vec::new();
    let mut changed = false;
    for item in items {
        let text = |name: &str| item.get(name).and_then(Json::as_str).unwrap_or_default();
        let (keyid, sig) = (text("keyid").to_owned(), text("sig").to_owned());
        if sig.is_empty() {
            continue; // a placeholder says nothing
        }
        let verifies = |sig: &str| {
            let raw = HEXLOWER.decode(sig.as_bytes()).ok();
            let key = KeyId::parse(&keyid, "").ok().and_then(|id| keys.get(&id));
            key.map(|key| raw.is_some_and(|raw| key.verifies(&bytes, &raw)))
        };
        let there = have
            .get(&keyid)
            .and_then(|i: &Json| i.get("sig"))
            .and_then(Json::as_str);
        let fate = match (&over, verifies(&sig), there) {
            (Some(other), _, _) if *other != bytes => Fate::OtherPayload(Digest::of(other)),
            (_, None, _) => Fate::NoSuchKey,
            (_, Some(false), _) => Fate::Invalid,
            (_, Some(true), Some(same)) if same == sig => Fate::AlreadyThere,
            (_, Some(true), Some(other)) if verifies(other) == Some(true) => Fate::OtherStays,
            (_, Some(true), _) => Fate::Taken,
        };
        if fate == Fate::Taken {
            changed = true;
            let taken = Json::object([("keyid", keyid.as_str().into()), ("sig", sig.as_str().into())]);
            // In the placeholder's place, as tuf-on-ci does; else at the end.
            if have.insert(keyid.clone(), taken).is_none() {
                order.push(keyid.clone());
            }
        }
        fates.push((shown(&keyid, 80), fate));
    }
    if !changed {
        return Ok(Merged {
            bytes: draft.to_vec(),
            fates,
        });
    }
    envelope = with_signatures(
        &envelope,
        order.iter().filter_map(|id| have.get(id).cloned()).collect(),
    );
    let out = envelope.indented().into_bytes();
    Metadata::parse(&out)?;
    Ok(Merged { bytes: out, fates })
}

/// The signatures of any file that this room reads, and the bytes that they claim
/// to be over, where it says so.
fn signatures(value: &Json) -> Result<(Vec<Json>, Option<Vec<u8>>), Refused> {
    if let Some(one) = value.get("signature").filter(|_| value.get("role").is_some()) {
        return Ok((vec![one.clone()], None));
    }
    let envelope = rstuf::metadata(value)
        .and_then(|m| m.get("root"))
        .unwrap_or(value);
    let items = envelope.get("signatures").and_then(Json::as_array);
    match (items, envelope.get("signed")) {
        (Some(items), Some(_)) => Ok((items.to_vec(), Some(message(envelope)))),
        _ => Err(Refused::Missing {
            at: "signatures".to_owned(),
        }),
    }
}

/// The keys that may sign a file: a root's own and those of the root before
/// (TUF 5.3.4, 5.3.5), otherwise those that the delegating root names.
pub(super) fn signers(envelope: &Json, delegator: Option<&Json>) -> BTreeMap<KeyId, PublicKey> {
    let kind = envelope
        .get("signed")
        .and_then(|s| s.get("_type"))
        .and_then(Json::as_str);
    let own = (kind == Some("root")).then_some(envelope);
    let mut out = BTreeMap::new();
    for root in own.into_iter().chain(delegator) {
        let signed = root.get("signed");
        let role = signed
            .and_then(|s| s.get("roles"))
            .zip(kind)
            .and_then(|(roles, kind)| roles.get(kind));
        let Some(Ok(role)) = role.map(|role| Role::from_json(role, "role")) else {
            continue;
        };
        for keyid in role.keyids {
            let key = signed
                .and_then(|s| s.get("keys"))
                .and_then(|keys| keys.get(&keyid.to_string()))
                .and_then(|key| Key::from_json(key, "key").ok())
                // An id that is not its key's proves nothing about the key (TUF 4.2).
                .filter(|key| key.keyid() == keyid)
                .and_then(|key| key.to_public().ok());
            out.extend(key.map(|key| (keyid, key)));
        }
    }
    out
}
