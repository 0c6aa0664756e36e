//! THE threshold function (law 6): every role, old root and new root, draft and
//! finished file are counted here and nowhere else. It counts distinct *public
//! keys*, because one key under two ids has fooled every client once
//! (CVE-2020-6174, CVE-2020-15093, CVE-2026-6966, go-tuf f5edbde).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::key::{Key, KeyId};
use super::metadata::Signature;

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
        let public = keys.get(keyid).and_then(|key| key.to_public().ok());
        match public {
            Some(public) if sigs.any(|s| public.verifies(message, &s.sig)) => {
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
