//! Why a change gives no next version: one variant for each rule, each with a
//! stable code. A change that does nothing is refused too: somebody believes
//! that it does something.

use crate::tuf::bins::NotBins;
use crate::tuf::delegations::NotAName;
use crate::tuf::key::{KeyId, NotUsable};
use crate::tuf::pattern::NotAPattern;

/// A change that gives no next version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotChanged {
    /// The next version would say what this one says.
    #[error("{what}: expected a change, got none")]
    NothingChanges {
        /// What the change was for, safe to show.
        what: String,
    },
    /// Something to be changed or removed is not there.
    #[error("expected {what} to be there, got nothing of that name")]
    Absent {
        /// What, safe to show.
        what: String,
    },
    /// Something to be added is there already.
    #[error("expected no {what} yet, got one")]
    Present {
        /// What, safe to show.
        what: String,
    },
    /// One path, or one file, in two changes.
    #[error("expected one change for each name, got two for {what}")]
    Twice {
        /// The name, safe to show.
        what: String,
    },
    /// A path that clients read differently, or that leaves its place.
    #[error("target path: {0}")]
    Path(NotAPattern),
    /// A pattern that clients read differently.
    #[error("{role}: pattern: {source}")]
    Pattern {
        /// The delegated role.
        role: String,
        /// The rule.
        source: NotAPattern,
    },
    /// No name for a delegated role.
    #[error("delegated role: {0}")]
    Name(#[from] NotAName),
    /// Two role names that one disk takes for the same file.
    #[error("expected role names that differ by more than case, got {one} and {other}")]
    NameCase {
        /// One name.
        one: String,
        /// The other.
        other: String,
    },
    /// No path, or no prefix, or one of them twice.
    #[error("{role}: expected {expected}")]
    Scope {
        /// The delegated role.
        role: String,
        /// What the rule asks for.
        expected: &'static str,
    },
    /// A key that no signature can be checked with.
    #[error("{role}: key {keyid}: {source}")]
    Key {
        /// The delegated role.
        role: String,
        /// The keyid.
        keyid: KeyId,
        /// What is wrong with it.
        source: NotUsable,
    },
    /// A hash that not all clients know, or no SHA-256.
    #[error("{path}: expected sha256, and sha512 at most beside it, got {got}")]
    Hashes {
        /// The path, safe to show.
        path: String,
        /// The algorithms, safe to show.
        got: String,
    },
    /// A file that its delegation does not cover: tough refuses the whole file.
    #[error("{role}: expected only paths that its parent delegates to it, got {path}")]
    OutsideScope {
        /// The delegated role.
        role: String,
        /// The path, safe to show.
        path: String,
    },
    /// tough drops an empty `custom`, and with it the signature.
    #[error("{path}: expected custom to be an object that is not empty, or none")]
    Custom {
        /// The path, safe to show.
        path: String,
    },
    /// An order that does not name each role once.
    #[error("expected the names of all delegated roles, each once, got {got}")]
    Order {
        /// The names, safe to show.
        got: String,
    },
    /// Roles cannot be changed one by one where `succinct_roles` stand.
    #[error("expected delegations by roles, got succinct_roles")]
    Succinct,
    /// No set of hash bins.
    #[error(transparent)]
    Bins(#[from] NotBins),
    /// A version that is not the next one.
    #[error("{file}: expected version {expected}, got {got}")]
    NotNext {
        /// The file.
        file: String,
        /// The version asked for.
        expected: u64,
        /// The version given.
        got: u64,
    },
    /// The version is the same, and the file is not.
    #[error("{file}: expected version {version} to stay as it is, got another length or hash for it")]
    Fork {
        /// The file.
        file: String,
        /// The version.
        version: u64,
    },
    /// A name that no targets metadata file has.
    #[error("snapshot: expected targets.json or the name of a delegated role and .json, got {got}")]
    FileName {
        /// What was given, safe to show.
        got: String,
    },
    /// A first snapshot without the top-level targets.
    #[error("snapshot: expected an entry targets.json, got none")]
    NoTargets,
    /// No version is left.
    #[error("{file}: expected a version of at most 2^53 - 1, got the last one")]
    LastVersion {
        /// The file.
        file: String,
    },
    /// The file would be larger than some client reads.
    #[error(
        "{file}: expected at most {limit} bytes, the smallest limit of the clients, got {got} with its signatures"
    )]
    TooLarge {
        /// The file.
        file: String,
        /// The limit.
        limit: usize,
        /// Its size with room for its signatures.
        got: usize,
    },
}

impl NotChanged {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            NotChanged::NothingChanges { .. } => "NOTHING_CHANGES",
            NotChanged::Absent { .. } => "CHANGE_ABSENT",
            NotChanged::Present { .. } => "CHANGE_PRESENT",
            NotChanged::Twice { .. } => "CHANGE_TWICE",
            NotChanged::Path(_) => "PATH_UNSAFE",
            NotChanged::Pattern { .. } => "PATTERN_UNSAFE",
            NotChanged::Name(_) => "ROLE_NAME",
            NotChanged::NameCase { .. } => "ROLE_NAME_CASE",
            NotChanged::Scope { .. } => "SCOPE",
            NotChanged::Key { .. } => "KEY_NOT_USABLE",
            NotChanged::Hashes { .. } => "TARGET_HASHES",
            NotChanged::OutsideScope { .. } => "OUTSIDE_SCOPE",
            NotChanged::Custom { .. } => "CUSTOM_EMPTY",
            NotChanged::Order { .. } => "ORDER",
            NotChanged::Succinct => "SUCCINCT",
            NotChanged::Bins(_) => "BINS",
            NotChanged::NotNext { .. } => "NOT_NEXT",
            NotChanged::Fork { .. } => "FORK",
            NotChanged::FileName { .. } => "FILE_NAME",
            NotChanged::NoTargets => "NO_TARGETS",
            NotChanged::LastVersion { .. } => "LAST_VERSION",
            NotChanged::TooLarge { .. } => "TOO_LARGE",
        }
    }
}
