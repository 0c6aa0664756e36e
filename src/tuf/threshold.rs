//! THE threshold function (law 6): every role, old root and new root, draft and
//! finished file are counted here and nowhere else. It counts distinct *public
//! keys*, because one key under two ids has fooled every client once
//! (CVE-2020-6174, CVE-2020-15093, CVE-2026-6966, go-tuf f5edbde).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::key::{Key, KeyId};
use super::metadata::Signature;
use crate::base::PublicKey;

/// How far a payload is towards one role's threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// How many distinct public keys must sign.
    pub threshold: u64,
    /// The role's keyids whose signature verifies.
    pub signed: Vec<KeyId>,
    /// The role's keyids without a signature.
    pub missing: Vec<KeyId>,
    /// The role's keyids with a signature that does not verify, or with a key
    /// that is absent or of a kind that we do not use.
    pub invalid: Vec<KeyId>,
    /// How many distinct public keys stand behind `signed`.
    pub distinct: usize,
}

/// Counts `signatures` over `message` (canonical bytes) by the keys of one role.
/// Signatures by other keys are ignored (TUF 4.2), empty ones are placeholders.
/// `keys` comes from a parsed root, whose keyids have been recomputed.
#[must_use]
pub fn meter(
    keys: &BTreeMap<KeyId, Key>,
    keyids: &[KeyId],
    threshold: u64,
    message: &[u8],
    signatures: &[Signature],
) -> Meter {
    Tally::new(&mut Keyring::default(), message).meter(keys, keyids, threshold, signatures)
}

/// Public keys that were read from key objects and found sound. A chain repeats
/// the same keys in every root; to prove one sound costs more than a signature.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    /// By keytype, scheme and public text: what a public key depends on. Not by
    /// keyid, which only a parsed root has recomputed.
    publics: BTreeMap<[String; 3], Option<PublicKey>>,
}

impl Keyring {
    /// The public key of a key object, as [`Key::to_public`].
    pub fn public(&mut self, key: &Key) -> Option<PublicKey> {
        let form = [key.keytype.clone(), key.scheme.clone(), key.public.clone()];
        self.publics
            .entry(form)
            .or_insert_with(|| key.to_public().ok())
            .clone()
    }
}

/// The signatures over one message: each is verified once by each public key,
/// however many roles count it (TUF 5.3.4 counts a root's twice).
#[derive(Debug)]
pub struct Tally<'a> {
    keyring: &'a mut Keyring,
    message: &'a [u8],
    done: BTreeMap<(PublicKey, Vec<u8>), bool>,
}

impl<'a> Tally<'a> {
    /// Nothing verified yet. `message` is canonical bytes.
    pub fn new(keyring: &'a mut Keyring, message: &'a [u8]) -> Tally<'a> {
        Tally {
            keyring,
            message,
            done: BTreeMap::new(),
        }
    }

    /// Whether `sig` is this key's over the message.
    pub fn verifies(&mut self, public: &PublicKey, sig: &[u8]) -> bool {
        let message = self.message;
        *self
            .done
            .entry((public.clone(), sig.to_vec()))
            .or_insert_with(|| public.verifies(message, sig))
    }

    /// Counts for one role, as [`meter()`].
    pub fn meter(
        &mut self,
        keys: &BTreeMap<KeyId, Key>,
        keyids: &[KeyId],
        threshold: u64,
        signatures: &[Signature],
    ) -> Meter {
        count(self, keys, keyids, threshold, signatures)
    }
}

fn count(
    tally: &mut Tally<'_>,
    keys: &BTreeMap<KeyId, Key>,
    keyids: &[KeyId],
    threshold: u64,
    signatures: &[Signature],
) -> Meter {
    let mut meter = Meter {
        threshold,
        signed: Vec::new(),
        missing: Vec::new(),
        invalid: Vec::new(),
        distinct: 0,
    };
    let mut counted = BTreeSet::new();
    for keyid in keyids.iter().collect::<BTreeSet<_>>() {
        let mut sigs = signatures
            .iter()
            .filter(|s| s.keyid == *keyid && !s.sig.is_empty())
            .peekable();
        if sigs.peek().is_none() {
            meter.missing.push(*keyid);
            continue;
        }
        let public = keys.get(keyid).and_then(|key| tally.keyring.public(key));
        match public {
            Some(public) if sigs.any(|s| tally.verifies(&public, &s.sig)) => {
                meter.signed.push(*keyid);
                counted.insert(public);
            }
            _ => meter.invalid.push(*keyid),
        }
    }
    meter.distinct = counted.len();
    meter
}

impl Meter {
    /// Whether the threshold is reached. A threshold of zero never is
    /// (CVE-2026-23992: zero must not mean "nobody needs to sign").
    #[must_use]
    pub fn complete(&self) -> bool {
        self.needed() == 0
    }

    /// How many more distinct public keys must sign.
    #[must_use]
    pub fn needed(&self) -> u64 {
        let have = u64::try_from(self.distinct).unwrap_or(u64::MAX);
        self.threshold.max(1).saturating_sub(have)
    }
}
