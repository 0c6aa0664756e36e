//! How long the bytes of a root are before there are keys to put into it, and
//! how long the next one's will be. The length of a root follows from how many
//! keys of which algorithm each role has: a key object has one length for its
//! algorithm, a keyid has 64 characters, an expiry 20. So a root of stand-in
//! keys has exactly the length of the real one.
//!
//! The next root: the same, with one root key more, of the longest kind that
//! the root has, and one digit more for the version and for root's threshold
//! (9 becomes 10). A successor that lists old and new keys together grows by
//! this much for each key; what does not fit once does not fit twice.

use std::collections::BTreeMap;

use super::Facts;
use crate::base::{Algorithm, Id, Instant};
use crate::tuf::compose::SPEC_VERSION;
use crate::tuf::metadata::Common;
use crate::tuf::{Key, Role, RoleName, Root, canonical};

pub use crate::base::device::YUBIHSM_ED25519_MAX as ED25519_MAX;

/// What the length of a root depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootShape {
    version: u64,
    roles: BTreeMap<RoleName, (u64, Vec<Id>)>,
    keys: BTreeMap<Id, Algorithm>,
}

impl RootShape {
    /// The shape of the root; `None` where an algorithm is not known yet.
    #[must_use]
    pub fn of(facts: &Facts) -> Option<RootShape> {
        let mut keys = BTreeMap::new();
        for id in facts.roles.values().flat_map(|r| &r.keys) {
            keys.insert(id.clone(), facts.keys.get(id)?.algorithm?);
        }
        let roles = facts
            .roles
            .iter()
            .map(|(name, r)| (*name, (r.threshold, r.keys.clone())))
            .collect();
        Some(RootShape {
            version: facts.version,
            roles,
            keys,
        })
    }

    /// The shape of the next root: see the head of this file.
    #[must_use]
    pub fn next(&self) -> Option<RootShape> {
        let mut next = self.clone();
        next.version = more_digits(self.version);
        let longest = self
            .keys
            .values()
            .copied()
            .max_by_key(|a| canonical(&stand_in(*a, 0).to_json()).len())?;
        let new = Id::parse("one-more").ok()?;
        let (threshold, keys) = next.roles.get_mut(&RoleName::Root)?;
        *threshold = more_digits(*threshold);
        let shared = keys.clone();
        keys.push(new.clone());
        // Where targets has root's keys, it gets the new one too.
        if let Some((_, keys)) = next.roles.get_mut(&RoleName::Targets)
            && *keys == shared
        {
            keys.push(new.clone());
        }
        next.keys.insert(new, longest);
        Some(next)
    }

    /// The length of the bytes to be signed.
    #[must_use]
    pub fn length(&self) -> Option<usize> {
        let mut ids = BTreeMap::new();
        let mut keys = BTreeMap::new();
        for (number, (id, algorithm)) in self.keys.iter().enumerate() {
            let key = stand_in(*algorithm, number);
            ids.insert(id.clone(), key.keyid());
            keys.insert(key.keyid(), key);
        }
        let mut roles = BTreeMap::new();
        for (name, (threshold, names)) in &self.roles {
            let keyids = names.iter().filter_map(|id| ids.get(id).copied()).collect();
            roles.insert(
                *name,
                Role {
                    keyids,
                    threshold: *threshold,
                    unrecognized: BTreeMap::new(),
                },
            );
        }
        let root = Root {
            common: Common {
                spec_version: SPEC_VERSION.to_owned(),
                version: self.version,
                expires: Instant::EPOCH,
            },
            consistent_snapshot: true,
            keys,
            roles,
            unrecognized: BTreeMap::new(),
        };
        Some(canonical(&root.to_json()).len())
    }
}

/// A number with one digit more: 9 becomes 10, and 2 becomes 20.
fn more_digits(n: u64) -> u64 {
    n.max(1).saturating_mul(10)
}

/// A key object of the right length, told apart by its number.
fn stand_in(algorithm: Algorithm, number: usize) -> Key {
    let (keytype, scheme, length) = match algorithm {
        Algorithm::Ed25519 => ("ed25519", "ed25519", 64),
        // DER around the point: 26 and 23 bytes; around an RSA key 24.
        Algorithm::EcdsaP256 => ("ecdsa", "ecdsa-sha2-nistp256", pem(26, algorithm)),
        Algorithm::EcdsaP384 => ("ecdsa", "ecdsa-sha2-nistp384", pem(23, algorithm)),
        Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => {
            ("rsa", "rsassa-pss-sha256", pem(24, algorithm))
        }
    };
    Key {
        keytype: keytype.to_owned(),
        scheme: scheme.to_owned(),
        public: format!("{number:0length$}"),
        keyval_unrecognized: BTreeMap::new(),
        unrecognized: BTreeMap::new(),
    }
}

/// The length of a PEM text with LF and 64 columns; in canonical JSON each of
/// its characters is one byte.
fn pem(around: usize, algorithm: Algorithm) -> usize {
    let der = algorithm.raw_len().saturating_add(around);
    let base64 = der.div_ceil(3).saturating_mul(4);
    let body = base64.saturating_add(base64.div_ceil(64));
    // Both lines of dashes, with their line ends.
    body.saturating_add("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n".len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::PublicKey;

    const RSA: [&str; 3] = [
        include_str!("../../../tests/vectors/keys/rsa-pss-2048.pem"),
        include_str!("../../../tests/vectors/keys/rsa-pss-3072.pem"),
        include_str!("../../../tests/vectors/keys/rsa-pss-4096.pem"),
    ];

    #[test]
    fn a_stand_in_is_as_long_as_a_key() {
        let raw =
            |algorithm: Algorithm| PublicKey::from_raw(algorithm, &vec![4; algorithm.raw_len()]).unwrap();
        let mut keys: Vec<PublicKey> = [Algorithm::Ed25519, Algorithm::EcdsaP256, Algorithm::EcdsaP384]
            .map(raw)
            .into();
        keys.extend(RSA.map(|pem| PublicKey::from_pem(pem).unwrap()));
        for key in keys {
            let real = canonical(&Key::of(&key).to_json()).len();
            let made = canonical(&stand_in(key.algorithm(), 7).to_json()).len();
            assert_eq!(made, real, "{}", key.algorithm().name());
        }
    }

    /// n keys for root and targets, and one online key; version 1.
    fn shape(algorithm: Algorithm, n: usize) -> RootShape {
        let online = Id::parse("online").unwrap();
        let names: Vec<Id> = (0..n).map(|i| Id::parse(&format!("k{i}")).unwrap()).collect();
        let mut keys: BTreeMap<Id, Algorithm> = names.iter().map(|k| (k.clone(), algorithm)).collect();
        keys.insert(online.clone(), algorithm);
        let mut roles: BTreeMap<RoleName, (u64, Vec<Id>)> =
            RoleName::ALL.map(|r| (r, (1, vec![online.clone()]))).into();
        roles.insert(RoleName::Root, (1, names.clone()));
        roles.insert(RoleName::Targets, (1, names));
        RootShape {
            version: 1,
            roles,
            keys,
        }
    }

    #[test]
    fn the_figures_of_the_facts_come_out() {
        // facts/tuf.md 2.13, measured there with other means on roots of n + 0 + 1 keys.
        for (n, ed, p256) in [(4, 1923, 2543), (5, 2252, 2996), (6, 2581, 3449)] {
            let ed25519 = shape(Algorithm::Ed25519, n).length().unwrap();
            let ecdsa = shape(Algorithm::EcdsaP256, n).length().unwrap();
            assert_eq!((n, ed25519, ecdsa), (n, ed, p256));
        }
    }

    #[test]
    fn the_next_root_has_one_key_more() {
        let now = shape(Algorithm::Ed25519, 4);
        let next = now.next().unwrap();
        // One key of 329 bytes, one digit each for version and threshold.
        assert_eq!(next.length().unwrap(), now.length().unwrap() + 329 + 2);
        assert!(now.length().unwrap() <= ED25519_MAX && next.length().unwrap() > ED25519_MAX);
    }
}
