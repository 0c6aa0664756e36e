//! Why bytes are not a TUF document that we accept. One variant for each rule,
//! each with a stable code, so that a card, a test and an auditor can name it.
//! Texts that came from the file have passed `base::shown` (law 8).

use super::key::KeyId;
use super::role::RoleName;

/// A rule of the specification, or of `facts/tuf.md` 2, that a document breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not strict JSON.
    #[error(transparent)]
    NotJson(#[from] crate::base::json::NotJson),
    /// A field has another type or form.
    #[error("{at}: expected {expected}, got {got}")]
    Shape {
        /// Path of the field.
        at: String,
        /// What the specification asks for.
        expected: &'static str,
        /// What was found.
        got: String,
    },
    /// A field is missing.
    #[error("{at}: expected this field, got nothing")]
    Missing {
        /// Path of the field.
        at: String,
    },
    /// `_type` is not the role asked for, or none of the four.
    #[error("_type: expected {expected}, got {got}")]
    Type {
        /// The role or roles that would do.
        expected: &'static str,
        /// What was found.
        got: String,
    },
    /// `spec_version` is not of the 1.0 line.
    #[error("spec_version: expected 1.0 or 1.0.N, got {got}")]
    SpecVersion {
        /// What was found.
        got: String,
    },
    /// A version that is not 1 to 2^53 - 1.
    #[error("{at}: expected a version from 1 to 2^53 - 1, got {got}")]
    Version {
        /// Path of the field.
        at: String,
        /// What was found.
        got: i64,
    },
    /// `expires` is not whole seconds of UTC with `Z`.
    #[error("expires: {0}")]
    Expires(crate::base::instant::NotAnInstant),
    /// A threshold of zero or below (CVE-2026-23992).
    #[error("{role}: expected a threshold of at least 1, got {got}")]
    ThresholdNotPositive {
        /// The role.
        role: String,
        /// What was found.
        got: i64,
    },
    /// A threshold that its keys can never reach.
    #[error("{role}: expected a threshold of at most {keys}, the number of its keys, got {got}")]
    ThresholdUnreachable {
        /// The role.
        role: String,
        /// How many keys the role has.
        keys: usize,
        /// What was found.
        got: u64,
    },
    /// A keyid that is not 64 lowercase hexadecimal characters.
    #[error("{at}: expected a keyid of 64 lowercase hexadecimal characters, got {got}")]
    KeyIdForm {
        /// Path of the field.
        at: String,
        /// What was found.
        got: String,
    },
    /// A keyid that is not the digest of its key (TUF 4.2).
    #[error("keys: expected keyid {expected}, got {got}{rule}")]
    KeyIdMismatch {
        /// SHA-256 of the canonical key object.
        expected: KeyId,
        /// The id in the file.
        got: KeyId,
        /// Which other rule gives that id, if one does.
        rule: &'static str,
    },
    /// Two keyids of one role stand for one public key (CVE-class V02, V03).
    #[error("{role}: expected one keyid for each public key, got {one} and {other} for one")]
    KeyAlias {
        /// The role.
        role: String,
        /// One keyid.
        one: KeyId,
        /// The other.
        other: KeyId,
    },
    /// A role lists one keyid twice.
    #[error("{role}: expected each keyid once, got {keyid} twice")]
    KeyIdTwice {
        /// The role.
        role: String,
        /// The keyid.
        keyid: KeyId,
    },
    /// A role lists a keyid that `keys` does not have.
    #[error("{role}: expected every keyid in keys, got {keyid}, which is not there")]
    KeyAbsent {
        /// The role.
        role: String,
        /// The keyid.
        keyid: KeyId,
    },
    /// A key that no role lists.
    #[error("keys: expected only keys that a role lists, got {keyid}")]
    KeyUnused {
        /// The keyid.
        keyid: KeyId,
    },
    /// A top-level role other than the four.
    #[error("roles: expected root, targets, snapshot and timestamp, got also {got}")]
    ExtraRole {
        /// The role's name.
        got: String,
    },
    /// One of the four top-level roles is missing.
    #[error("roles: expected {role}, got nothing")]
    MissingRole {
        /// The role.
        role: RoleName,
    },
    /// Two signatures under one keyid (CVE-2020-6174, CVE-2020-15093).
    #[error("signatures: expected one for each keyid, got two of {keyid}")]
    SignatureTwice {
        /// The keyid.
        keyid: KeyId,
    },
    /// A delegated role without a name, or with the name of a top-level role.
    #[error("delegations: expected a role name other than the four, got {got:?}")]
    DelegatedName {
        /// The name, safe to show.
        got: String,
    },
    /// Two delegated roles of one name.
    #[error("delegations: expected each role name once, got {name} twice")]
    DelegatedTwice {
        /// The name, safe to show.
        name: String,
    },
    /// A delegated role with `paths` and `path_hash_prefixes`, or without both.
    #[error("{role}: expected either paths or path_hash_prefixes, got {got}")]
    DelegatedScope {
        /// The role's name, safe to show.
        role: String,
        /// `both` or `neither`.
        got: &'static str,
    },
    /// Delegations with `roles` and `succinct_roles`, or without both (TAP 15).
    #[error("delegations: expected either roles or succinct_roles, got {got}")]
    DelegationsKind {
        /// `both` or `neither`.
        got: &'static str,
    },
    /// A file is larger than a client of its role reads.
    #[error("expected at most {limit} bytes, got {got}")]
    TooLarge {
        /// The limit of its role; of the largest role before the role is known.
        limit: usize,
        /// Its size.
        got: usize,
    },
    /// More signatures than anybody makes (CVE-2020-6173; V18).
    #[error("signatures: expected at most {limit}, got more")]
    SignatureFlood {
        /// The most that are read.
        limit: usize,
    },
    /// A target path that leaves its place.
    #[error("targets: expected a relative path without '..', got {got}")]
    TargetPath {
        /// The path.
        got: String,
    },
}

impl Refused {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refused::NotJson(_) => "NOT_JSON",
            Refused::Shape { .. } => "SHAPE",
            Refused::Missing { .. } => "MISSING_FIELD",
            Refused::Type { .. } => "TYPE",
            Refused::SpecVersion { .. } => "SPEC_VERSION",
            Refused::Version { .. } => "VERSION",
            Refused::Expires(_) => "EXPIRES_FORM",
            Refused::ThresholdNotPositive { .. } => "THRESHOLD_NOT_POSITIVE",
            Refused::ThresholdUnreachable { .. } => "THRESHOLD_UNREACHABLE",
            Refused::KeyIdForm { .. } => "KEYID_FORM",
            Refused::KeyIdMismatch { .. } => "KEYID_MISMATCH",
            Refused::KeyAlias { .. } => "KEY_ALIAS",
            Refused::KeyIdTwice { .. } => "KEYID_TWICE",
            Refused::KeyAbsent { .. } => "KEY_ABSENT",
            Refused::KeyUnused { .. } => "KEY_UNUSED",
            Refused::ExtraRole { .. } => "EXTRA_ROLE",
            Refused::MissingRole { .. } => "MISSING_ROLE",
            Refused::SignatureTwice { .. } => "SIG_DUP_KEYID",
            Refused::DelegatedName { .. } => "DELEGATED_NAME",
            Refused::DelegatedTwice { .. } => "DELEGATED_TWICE",
            Refused::DelegatedScope { .. } => "DELEGATED_SCOPE",
            Refused::DelegationsKind { .. } => "DELEGATIONS_KIND",
            Refused::TooLarge { .. } => "TOO_LARGE",
            Refused::SignatureFlood { .. } => "SIG_FLOOD",
            Refused::TargetPath { .. } => "TARGET_PATH",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        super::remedy::remedy(self.code())
    }
}
