//! How much a client reads, and how far it follows (facts/tuf.md 2.10): against
//! a repository that never ends.

use crate::tuf::role::RoleName;

/// Root files, bytes: python-tuf, go-tuf, tuf-js and rust-tuf (500 KiB).
pub const MAX_ROOT: usize = 512_000;
/// Timestamp files, bytes: python-tuf, go-tuf, tuf-js, rust-tuf (16 KiB).
pub const MAX_TIMESTAMP: usize = 16_384;
/// Snapshot files, bytes: tough without a length in timestamp (1 MiB).
pub const MAX_SNAPSHOT: usize = 1_048_576;
/// Targets files, bytes: python-tuf, go-tuf, tuf-js, rust-tuf.
pub const MAX_TARGETS: usize = 5_000_000;
/// Root rotations in one update: python-tuf, go-tuf, tuf-js.
pub const MAX_ROTATIONS: u64 = 256;
/// Levels of delegations below top-level targets: rust-tuf.
pub const MAX_DEPTH: usize = 8;

/// What a client reads at most. The default is the smallest of each that a real
/// client has; a library's caller with files beyond it says so here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a root file.
    pub root: usize,
    /// Bytes of a timestamp file.
    pub timestamp: usize,
    /// Bytes of a snapshot file.
    pub snapshot: usize,
    /// Bytes of a targets file.
    pub targets: usize,
    /// Root rotations in one update.
    pub rotations: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            root: MAX_ROOT,
            timestamp: MAX_TIMESTAMP,
            snapshot: MAX_SNAPSHOT,
            targets: MAX_TARGETS,
            rotations: MAX_ROTATIONS,
        }
    }
}

impl Limits {
    /// The bytes of one role's file.
    #[must_use]
    pub fn bytes(&self, role: RoleName) -> usize {
        match role {
            RoleName::Root => self.root,
            RoleName::Timestamp => self.timestamp,
            RoleName::Snapshot => self.snapshot,
            RoleName::Targets => self.targets,
        }
    }
}
