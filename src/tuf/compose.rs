//! Composes metadata from plain inputs, deterministically: the same inputs give
//! the same bytes on the auditor's machine. What is composed must pass our own
//! strict parser and the producer rules before anybody sees it. A draft's
//! payload is minted here and nowhere else in this room.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::canonical::{NotProducible, canonical, check_producible};
use super::key::{Key, KeyId, NotUsable};
use super::metadata::{Common, Signed};
use super::refused::Refused;
use super::role::{Role, RoleName};
use super::root::Root;
use super::snapshot::{MetaFile, Snapshot};
use super::targets::Targets;
use super::timestamp::Timestamp;
use crate::base::key::NotAKey;
use crate::base::{Digest, Instant, Json, Payload, PublicKey, Purpose};

/// What we write: rust-tuf refuses any other 1.0.N (facts/tuf.md 2.6).
pub const SPEC_VERSION: &str = "1.0.0";

/// What a root is made of. `consistent_snapshot` is always true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootInputs {
    /// The version.
    pub version: u64,
    /// The expiry.
    pub expires: Instant,
    /// For each of the four roles: threshold and keys, in any order.
    pub roles: BTreeMap<RoleName, (u64, Vec<PublicKey>)>,
}

/// Metadata that waits for its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Which role signs it.
    pub role: RoleName,
    /// Its version.
    pub version: u64,
    /// The `signed` part.
    pub signed: Json,
    /// The bytes to be signed.
    pub canonical: Arc<[u8]>,
    /// SHA-256 of the bytes to be signed.
    pub digest: Digest,
}

/// Why inputs give no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotComposed {
    /// A role is missing.
    #[error("expected all four roles, got no {role}")]
    MissingRole {
        /// The role.
        role: RoleName,
    },
    /// A threshold of zero.
    #[error("{role}: expected a threshold of at least 1, got 0")]
    ThresholdZero {
        /// The role.
        role: RoleName,
    },
    /// A threshold that the keys cannot reach.
    #[error("{role}: expected a threshold of at most {keys}, its distinct keys, got {threshold}")]
    ThresholdUnreachable {
        /// The role.
        role: RoleName,
        /// How many distinct keys it has.
        keys: usize,
        /// The threshold.
        threshold: u64,
    },
    /// A key stands twice in one role.
    #[error("{role}: expected each key once, got {fingerprint} twice")]
    KeyTwice {
        /// The role.
        role: RoleName,
        /// SHA-256 of the SubjectPublicKeyInfo.
        fingerprint: Digest,
    },
    /// A root key that is also an online key (TUF 6.1: root keys stay offline).
    #[error("{role}: expected no key of root, got {fingerprint}")]
    RootKeyOnline {
        /// The online role.
        role: RoleName,
        /// SHA-256 of the SubjectPublicKeyInfo.
        fingerprint: Digest,
    },
    /// A weak or malformed key.
    #[error("{role}: {source}")]
    Key {
        /// The role.
        role: RoleName,
        /// What is wrong with it.
        source: NotAKey,
    },
    /// It would be expired at birth.
    #[error("expected an expiry after {now}, got {expires}")]
    Expired {
        /// The confirmed time.
        now: Instant,
        /// The expiry asked for.
        expires: Instant,
    },
    /// A key object of the trusted root that we cannot use.
    #[error("{role}: {source}")]
    NotUsable {
        /// The role.
        role: RoleName,
        /// Why.
        source: NotUsable,
    },
    /// Not the version after the trusted one (TUF 5.3.5).
    #[error("expected version {expected}, the one after the trusted root's, got {got}")]
    NotNext {
        /// The version after the trusted one.
        expected: u64,
        /// The version asked for.
        got: u64,
    },
    /// Clients would disagree on its bytes.
    #[error(transparent)]
    NotProducible(#[from] NotProducible),
    /// Our own parser refuses it.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// Composes a root.
///
/// # Errors
/// [`NotComposed`]: role missing, threshold zero or out of reach, key twice or
/// weak, a root key that is also online, expiry not after `now`.
pub fn root(inputs: &RootInputs, now: Instant) -> Result<Draft, NotComposed> {
    let mut keys = BTreeMap::new();
    let mut roles = BTreeMap::new();
    for role in RoleName::ALL {
        let (threshold, publics) = inputs.roles.get(&role).ok_or(NotComposed::MissingRole { role })?;
        check_role(role, *threshold, publics)?;
        let mut keyids = Vec::with_capacity(publics.len());
        for public in publics {
            let key = Key::of(public);
            keyids.push(key.keyid());
            keys.insert(key.keyid(), key);
        }
        // Sorted: the order in which people brought their tokens leaves no trace.
        keyids.sort_unstable();
        roles.insert(
            role,
            Role {
                keyids,
                threshold: *threshold,
                unrecognized: BTreeMap::new(),
            },
        );
    }
    check_separation(inputs)?;
    let root = Root {
        common: common(inputs.version, inputs.expires, now)?,
        consistent_snapshot: true,
        keys,
        roles,
        unrecognized: BTreeMap::new(),
    };
    Draft::of(root.to_json())
}

/// Composes targets metadata without targets.
///
/// # Errors
/// [`NotComposed::Expired`].
pub fn targets(version: u64, expires: Instant, now: Instant) -> Result<Draft, NotComposed> {
    let targets = Targets {
        common: common(version, expires, now)?,
        targets: BTreeMap::new(),
        delegations: None,
        unrecognized: BTreeMap::new(),
    };
    Draft::of(targets.to_json())
}

/// Composes snapshot metadata over one version of targets.
///
/// # Errors
/// [`NotComposed::Expired`].
pub fn snapshot(
    version: u64,
    expires: Instant,
    targets_version: u64,
    now: Instant,
) -> Result<Draft, NotComposed> {
    let snapshot = Snapshot {
        common: common(version, expires, now)?,
        meta: [("targets.json".to_owned(), MetaFile::of_version(targets_version))].into(),
        unrecognized: BTreeMap::new(),
    };
    Draft::of(snapshot.to_json())
}

/// Composes timestamp metadata over one version of snapshot.
///
/// # Errors
/// [`NotComposed::Expired`].
pub fn timestamp(
    version: u64,
    expires: Instant,
    snapshot_version: u64,
    now: Instant,
) -> Result<Draft, NotComposed> {
    let timestamp = Timestamp {
        common: common(version, expires, now)?,
        snapshot: MetaFile::of_version(snapshot_version),
        unrecognized: BTreeMap::new(),
    };
    Draft::of(timestamp.to_json())
}

/// The name in a consistent-snapshot repository (TUF 6.2): the timestamp is
/// the one file without a version.
#[must_use]
pub fn file_name(role: RoleName, version: u64) -> String {
    match role {
        RoleName::Timestamp => "timestamp.json".to_owned(),
        other => format!("{version}.{other}.json"),
    }
}

impl Draft {
    /// A draft of a `signed` part that was made elsewhere.
    ///
    /// # Errors
    /// [`NotComposed::NotProducible`], [`NotComposed::Refused`].
    pub fn of(signed: Json) -> Result<Draft, NotComposed> {
        check_producible(&signed)?;
        let model = Signed::from_json(&signed)?;
        let canonical = canonical(&signed);
        Ok(Draft {
            role: model.role(),
            version: model.version(),
            digest: Digest::of(&canonical),
            canonical: canonical.into(),
            signed,
        })
    }

    /// What tokens are asked to sign.
    #[must_use]
    pub fn payload(&self) -> Payload {
        Payload::mint(Purpose::TufMetadata, &self.canonical)
    }

    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        file_name(self.role, self.version)
    }

    /// The file: indent 1, signatures sorted by keyid, lowercase hexadecimal,
    /// no final newline (python-tuf's form). Nothing is verified or dropped
    /// here: two signatures of one keyid both stay, and the gate refuses them.
    #[must_use]
    pub fn assemble(&self, signatures: &[(KeyId, Vec<u8>)]) -> Vec<u8> {
        let mut sorted: Vec<_> = signatures.iter().collect();
        sorted.sort();
        let signatures = sorted
            .into_iter()
            .map(|(keyid, sig)| {
                Json::object([
                    ("keyid", keyid.to_string().into()),
                    ("sig", HEXLOWER.encode(sig).into()),
                ])
            })
            .collect();
        Json::object([
            ("signatures", Json::Array(signatures)),
            ("signed", self.signed.clone()),
        ])
        .indented()
        .into_bytes()
    }
}

/// A draft is kept as its `signed` part; everything else follows from it.
impl Serialize for Draft {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.signed.serialize(s)
    }
}

impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Draft::of(Json::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

fn common(version: u64, expires: Instant, now: Instant) -> Result<Common, NotComposed> {
    // TUF 5.3.10: a client refuses what expires at or before its start time.
    if expires <= now {
        return Err(NotComposed::Expired { now, expires });
    }
    Ok(Common {
        spec_version: SPEC_VERSION.to_owned(),
        version,
        expires,
    })
}

pub(super) fn check_role(role: RoleName, threshold: u64, publics: &[PublicKey]) -> Result<(), NotComposed> {
    let mut distinct = BTreeSet::new();
    for public in publics {
        public
            .check_sound()
            .map_err(|source| NotComposed::Key { role, source })?;
        if !distinct.insert(public) {
            return Err(NotComposed::KeyTwice {
                role,
                fingerprint: public.fingerprint(),
            });
        }
    }
    let keys = distinct.len();
    if threshold == 0 {
        return Err(NotComposed::ThresholdZero { role });
    }
    if usize::try_from(threshold).is_ok_and(|t| t <= keys) {
        return Ok(());
    }
    Err(NotComposed::ThresholdUnreachable {
        role,
        keys,
        threshold,
    })
}

/// T02: a root key reused in an online role would not stay offline.
pub(super) fn check_separation(inputs: &RootInputs) -> Result<(), NotComposed> {
    let keys_of = |role| inputs.roles.get(&role).map_or(&[][..], |(_, keys)| keys);
    let offline: BTreeSet<&PublicKey> = keys_of(RoleName::Root).iter().collect();
    for role in [RoleName::Snapshot, RoleName::Timestamp] {
        if let Some(shared) = keys_of(role).iter().find(|k| offline.contains(k)) {
            return Err(NotComposed::RootKeyOnline {
                role,
                fingerprint: shared.fingerprint(),
            });
        }
    }
    Ok(())
}
