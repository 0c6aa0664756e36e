//! What is known of a removable medium: how it was let go of, and how it was
//! read again afterwards. Claims of this machine, which a record keeps so that
//! nobody takes a look into the page cache for a look at the stick
//! (facts/security.md 5.5; DESIGN 5, classes of facts).

use serde::{Deserialize, Serialize};

/// How a medium was let go of, after everything was flushed to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// The program unmounted it.
    Unmounted,
    /// It is a folder of this machine: there is nothing to unmount.
    Folder,
    /// People must unmount it.
    ByHand {
        /// Where it is mounted, safe to show.
        point: String,
        /// Why the program does not do it, safe to show.
        because: String,
    },
}

/// Whether the medium that is read is mounted anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mounted {
    /// In another mount than the one that was written through.
    Anew,
    /// In the same mount: it was never unmounted.
    AsBefore,
    /// The system does not tell mounts apart (Linux before 6.8), or the
    /// program was started anew in between.
    NotTold,
    /// It is a folder of this machine.
    Folder,
}

/// How files were read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Every byte came past the page cache (`O_DIRECT`); false: the cache was
    /// asked to forget the files first, which it need not do.
    pub direct: bool,
    /// Whether the medium was mounted anew.
    pub mounted: Mounted,
}

impl Release {
    /// The word of a record.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Release::Unmounted => "unmounted",
            Release::Folder => "folder",
            Release::ByHand { .. } => "by-hand",
        }
    }
}

impl Mounted {
    /// The word of a record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Mounted::Anew => "anew",
            Mounted::AsBefore => "as-before",
            Mounted::NotTold => "not-told",
            Mounted::Folder => "folder",
        }
    }
}
