//! Why a client would refuse a set of files: one variant for each step that
//! fails, each with a stable code that cards, tests and records name
//! (TUF 5.3-5.6).

use super::Meter;
use crate::base::Instant;
use crate::tuf::refused::Refused as NotParsed;
use crate::tuf::role::RoleName;

/// Why a client would refuse the files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no `1.root.json`.
    #[error("expected 1.root.json, got no such file")]
    NoTrustedRoot,
    /// A root in the chain is missing: no client gets past the gap.
    #[error("expected {expected}, got no such file, but a later root: {got}")]
    RootGap {
        /// The missing file.
        expected: String,
        /// The root beyond the gap.
        got: String,
    },
    /// More rotations than a client follows in one update.
    #[error("expected at most {limit} root rotations, got {got}")]
    TooManyRoots {
        /// Rotations that are followed.
        limit: u64,
        /// Rotations found.
        got: u64,
    },
    /// A file that another one names is missing.
    #[error("expected {expected}, named by {by}, got no such file")]
    FileMissing {
        /// The missing file.
        expected: String,
        /// The file that names it.
        by: String,
    },
    /// A file is larger than some client reads.
    #[error("{file}: expected at most {limit} bytes, got {got}")]
    TooLarge {
        /// The file.
        file: String,
        /// The smallest limit of the clients.
        limit: usize,
        /// Its size.
        got: usize,
    },
    /// A file does not parse.
    #[error("{file}: {source}")]
    NotParsed {
        /// The file.
        file: String,
        /// The rule that it breaks.
        source: NotParsed,
    },
    /// A file holds another role's metadata.
    #[error("{file}: expected {expected} metadata, got {got}")]
    OtherRole {
        /// The file.
        file: String,
        /// The role its name asks for.
        expected: RoleName,
        /// The role it holds.
        got: RoleName,
    },
    /// A file's version is not what its name, or the file that names it, says.
    #[error("{file}: expected version {expected}, got {got}")]
    OtherVersion {
        /// The file.
        file: String,
        /// The version asked for.
        expected: u64,
        /// The version found.
        got: u64,
    },
    /// The trusted root's keys do not vouch for the next root.
    #[error("{file}: expected {} distinct keys of the previous root, got {}", meter.threshold, meter.distinct)]
    OldThreshold {
        /// The file.
        file: String,
        /// Who signed, who did not.
        meter: Box<Meter>,
    },
    /// The file's own role does not reach its threshold.
    #[error("{file}: expected signatures of {} distinct keys, got {}", meter.threshold, meter.distinct)]
    Threshold {
        /// The file.
        file: String,
        /// Who signed, who did not.
        meter: Box<Meter>,
    },
    /// A file is expired at the instant of the check.
    #[error("{file}: expected an expiry after {at}, got {expires}")]
    Expired {
        /// The file.
        file: String,
        /// The instant of the check.
        at: Instant,
        /// Its expiry.
        expires: Instant,
    },
    /// A file's length is not the one that is stated for it.
    #[error("{file}: expected {expected} bytes, got {got}")]
    OtherLength {
        /// The file.
        file: String,
        /// The stated length.
        expected: u64,
        /// The length found.
        got: usize,
    },
    /// A file's digest is not the one that is stated for it.
    #[error("{file}: expected {algorithm} {expected}, got another")]
    OtherHash {
        /// The file.
        file: String,
        /// The algorithm, safe to show.
        algorithm: String,
        /// The stated digest.
        expected: String,
    },
    /// A stated digest is of an algorithm that clients do not share.
    #[error("{file}: expected sha256 or sha512, got {algorithm}")]
    HashUnknown {
        /// The file.
        file: String,
        /// The algorithm, safe to show.
        algorithm: String,
    },
    /// A delegated role lists a file that its parent does not delegate to it.
    #[error("{file}: expected only paths that {parent} delegates to it, got {path}")]
    OutsideDelegation {
        /// The file.
        file: String,
        /// The delegating role, safe to show.
        parent: String,
        /// The path, safe to show.
        path: String,
    },
    /// Delegations deeper than a client follows.
    #[error(
        "{role}: expected at most {} levels of delegations, got more",
        super::MAX_DEPTH
    )]
    TooDeep {
        /// The first role beyond, safe to show.
        role: String,
    },
    /// A snapshot lacks an entry that an earlier one had.
    #[error("{file}: expected an entry {entry}, as {before} has, got none")]
    SnapshotDropped {
        /// The file.
        file: String,
        /// The entry.
        entry: String,
        /// The earlier snapshot.
        before: String,
    },
    /// A snapshot's entry is older than an earlier snapshot's.
    #[error("{file}: expected {entry} at version {expected} or later, as {before} has, got {got}")]
    SnapshotRollback {
        /// The file.
        file: String,
        /// The entry.
        entry: String,
        /// The earlier snapshot.
        before: String,
        /// Its version there.
        expected: u64,
        /// Its version here.
        got: u64,
    },
}

impl Refused {
    /// The stable code; for a file that does not parse, the rule's own.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refused::NoTrustedRoot => "NO_TRUSTED_ROOT",
            Refused::RootGap { .. } => "ROOT_GAP",
            Refused::TooManyRoots { .. } => "TOO_MANY_ROOTS",
            Refused::FileMissing { .. } => "FILE_MISSING",
            Refused::TooLarge { .. } => "TOO_LARGE",
            Refused::NotParsed { source, .. } => source.code(),
            Refused::OtherRole { .. } => "OTHER_ROLE",
            Refused::OtherVersion { .. } => "OTHER_VERSION",
            Refused::OldThreshold { .. } => "OLD_THRESHOLD",
            Refused::Threshold { .. } => "THRESHOLD",
            Refused::Expired { .. } => "EXPIRED",
            Refused::OtherLength { .. } => "OTHER_LENGTH",
            Refused::OtherHash { .. } => "OTHER_HASH",
            Refused::HashUnknown { .. } => "HASH_UNKNOWN",
            Refused::OutsideDelegation { .. } => "OUTSIDE_DELEGATION",
            Refused::TooDeep { .. } => "TOO_DEEP",
            Refused::SnapshotDropped { .. } => "SNAPSHOT_DROPPED",
            Refused::SnapshotRollback { .. } => "SNAPSHOT_ROLLBACK",
        }
    }
}
