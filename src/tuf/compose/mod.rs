//! Composes metadata from plain inputs, deterministically: the same inputs give
//! the same bytes on the auditor's machine. What is composed must pass our own
//! strict parser and the producer rules before anybody sees it. A draft's
//! payload is minted here and nowhere else in this room.

mod delegations;
mod online;
mod refused;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

pub use delegations::{DelegationChange, NewRole};
pub use online::{SnapshotChange, snapshot_with, timestamp_with};
pub use refused::NotChanged;
pub use targets::{TargetsInputs, bin_files, targets_with};

use super::canonical::{NotProducible, canonical, check_producible};
use super::delegations::DelegatedName;
use super::key::{Key, KeyId, NotUsable};
use super::metadata::{Common, Signed};
use super::name::MetadataName;
use super::refused::Refused;
use super::role::{Role, RoleName};
use super::root::Root;
use super::snapshot::{MetaFile, Snapshot};
use super::targets::Targets;
use super::timestamp::Timestamp;
use super::workflow;
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
    /// Which kind of metadata it is; of targets, also a delegated role's.
    pub role: RoleName,
    /// The delegated role whose file it is; its signers stand in its parent's
    /// delegations. `None` for the four top-level roles.
    pub name: Option<DelegatedName>,
    /// How its file is laid out. Signatures are over canonical bytes, so this
    /// changes no signature.
    pub form: Form,
    /// Its version.
    pub version: u64,
    /// The `signed` part.
    pub signed: Json,
    /// The bytes to be signed.
    pub canonical: Arc<[u8]>,
    /// SHA-256 of the bytes to be signed.
    pub digest: Digest,
}

/// How a file is laid out (facts/tuf.md 2.2). Clients read either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// One space for each level: python-tuf's and tuf-on-ci's own form.
    #[default]
    Indented,
    /// No blank at all, for files near a client's limit: hash bins.
    Compact,
}

impl Form {
    /// A file in this layout.
    #[must_use]
    pub fn write(self, file: &Json) -> String {
        match self {
            Form::Indented => file.indented(),
            Form::Compact => file.line(),
        }
    }
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
    /// The change gives no next version.
    #[error(transparent)]
    NotChanged(#[from] NotChanged),
    /// A name on what is no delegated role's file.
    #[error("expected targets metadata for the delegated role {name}, got {got}")]
    NotDelegated {
        /// The delegated role.
        name: DelegatedName,
        /// What was given.
        got: RoleName,
    },
}

impl NotComposed {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            NotComposed::MissingRole { .. } => "MISSING_ROLE",
            NotComposed::ThresholdZero { .. } => "THRESHOLD_NOT_POSITIVE",
            NotComposed::ThresholdUnreachable { .. } => "THRESHOLD_UNREACHABLE",
            NotComposed::KeyTwice { .. } => "KEY_TWICE",
            NotComposed::RootKeyOnline { .. } => "ROOT_KEY_ONLINE",
            NotComposed::Key { .. } => "KEY_WEAK",
            NotComposed::Expired { .. } => "EXPIRED",
            NotComposed::NotProducible(_) => "NOT_PRODUCIBLE",
            NotComposed::Refused(refused) => refused.code(),
            NotComposed::NotChanged(why) => why.code(),
            NotComposed::NotUsable { .. } => "KEY_UNUSABLE",
            NotComposed::NotNext { .. } => "NOT_NEXT",
            NotComposed::NotDelegated { .. } => "NOT_DELEGATED",
        }
    }
}

/// Composes a root.
///
/// # Errors
/// [`NotComposed`]: role missing, threshold zero or out of reach, key twice or
/// weak, a root key that is also online, expiry not after `now`.
pub fn root(inputs: &RootInputs, now: Instant) -> Result<Draft, NotComposed> {
    check(inputs, now)?;
    let mut keys = BTreeMap::new();
    let mut roles = BTreeMap::new();
    for role in RoleName::ALL {
        let (threshold, publics) = inputs.roles.get(&role).ok_or(NotComposed::MissingRole { role })?;
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
            name: None,
            form: Form::default(),
            version: model.version(),
            digest: Digest::of(&canonical),
            canonical: canonical.into(),
            signed,
        })
    }

    /// The same payload as a delegated role's file.
    ///
    /// # Errors
    /// [`NotComposed::NotDelegated`] where it is not targets metadata.
    pub fn delegated(self, name: DelegatedName) -> Result<Draft, NotComposed> {
        if self.role != RoleName::Targets {
            let got = self.role;
            return Err(NotComposed::NotDelegated { name, got });
        }
        let name = Some(name);
        Ok(Draft { name, ..self })
    }

    /// The same payload in a file of this layout.
    #[must_use]
    pub fn in_form(self, form: Form) -> Draft {
        Draft { form, ..self }
    }

    /// The role whose file it is: one of the four, or the delegated one.
    #[must_use]
    pub fn metadata_name(&self) -> MetadataName {
        match &self.name {
            Some(name) => MetadataName::Delegated(name.clone()),
            None => MetadataName::Top(self.role),
        }
    }

    /// Its name as a text.
    #[must_use]
    pub fn role_name(&self) -> &str {
        match &self.name {
            Some(name) => name.as_str(),
            None => self.role.as_str(),
        }
    }

    /// What tokens are asked to sign.
    #[must_use]
    pub fn payload(&self) -> Payload {
        Payload::mint(Purpose::TufMetadata, &self.canonical)
    }

    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        match &self.name {
            Some(name) => format!("{}.{name}.json", self.version), // TUF 6.2
            None => file_name(self.role, self.version),
        }
    }

    /// The size of its file with room for `signatures` signatures of the
    /// largest kind that we make (RSA-4096), against the clients' smallest limit.
    ///
    /// # Errors
    /// [`NotChanged::TooLarge`] names the file, the limit and the size.
    pub fn check_size(&self, signatures: usize) -> Result<usize, NotChanged> {
        // "keyid", 64, "sig", 1024, and what stands around them.
        const SIGNATURE: usize = 1_200;
        let limit = match self.role {
            RoleName::Root => workflow::MAX_ROOT,
            RoleName::Timestamp => workflow::MAX_TIMESTAMP,
            RoleName::Snapshot => workflow::MAX_SNAPSHOT,
            RoleName::Targets => workflow::MAX_TARGETS,
        };
        let bare = self.assemble(&[]).len();
        let got = bare.saturating_add(signatures.saturating_mul(SIGNATURE));
        if got > limit {
            let file = self.file_name();
            return Err(NotChanged::TooLarge { file, limit, got });
        }
        Ok(got)
    }

    /// The file: in its form, signatures sorted by keyid, lowercase hexadecimal,
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
        let signatures = Json::Array(signatures);
        let members = [("signatures", &signatures), ("signed", &self.signed)];
        Json::object_text(members, self.form == Form::Indented).into_bytes()
    }
}

/// What a draft is kept as when its `signed` part alone would not tell all.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    signed: Json,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<DelegatedName>,
    #[serde(default)]
    form: Form,
}

/// A draft is kept as its `signed` part; everything else follows from it. One
/// of a delegated role, or in another form, is kept as an object around it,
/// which cannot be taken for a `signed` part: it has no `_type`.
impl Serialize for Draft {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.name.is_none() && self.form == Form::default() {
            return self.signed.serialize(s);
        }
        Kept {
            signed: self.signed.clone(),
            name: self.name.clone(),
            form: self.form,
        }
        .serialize(s)
    }
}

impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let value = Json::deserialize(d)?;
        if value.get("_type").is_some() {
            return Draft::of(value).map_err(D::Error::custom);
        }
        let kept: Kept = value.read().map_err(D::Error::custom)?;
        let draft = Draft::of(kept.signed)
            .map_err(D::Error::custom)?
            .in_form(kept.form);
        match kept.name {
            Some(name) => draft.delegated(name).map_err(D::Error::custom),
            None => Ok(draft),
        }
    }
}

/// The rules for a root that no single field can break; an edit is held to them too.
pub(super) fn check(inputs: &RootInputs, now: Instant) -> Result<(), NotComposed> {
    for role in RoleName::ALL {
        let (threshold, publics) = inputs.roles.get(&role).ok_or(NotComposed::MissingRole { role })?;
        check_role(role, *threshold, publics)?;
    }
    check_separation(inputs)?;
    common(inputs.version, inputs.expires, now)?;
    Ok(())
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
