//! The words for a record that is kept twice: which copy, and what a resumed
//! run found of the second one. Disk writes them, the engine records them, the
//! screen shows them; none of these rooms knows another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of a record's copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyName {
    /// The one of `--record`.
    Record,
    /// The one of `--mirror`.
    Mirror,
}

impl CopyName {
    /// The word in texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CopyName::Record => "record",
            CopyName::Mirror => "mirror",
        }
    }
}

impl fmt::Display for CopyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the copies of a record were found when a run went on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MirrorFound {
    /// Both had the same lines.
    Same,
    /// The mirror was missing or empty, and was made from the record.
    Made,
    /// One copy ended earlier; the lines that it lacked were added to it.
    Levelled {
        /// Which one.
        copy: CopyName,
        /// How many lines it lacked.
        lines: u64,
    },
}
