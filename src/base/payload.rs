//! The only things that a key may sign. A [`Payload`] is minted by the room
//! that knows what the bytes mean (`tuf` for metadata, `transcript` for proofs
//! of possession and notes); `tests/house.rs` holds every other room to that,
//! so that no path signs arbitrary bytes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Digest;

/// The first line of what approvers sign (docs/approval-format.md). No TUF metadata,
/// proof or checkpoint begins so; key files sign no other text beside payloads.
pub const APPROVAL_HEADING: &str = "tuf-ceremony approval v1";
/// The first line of what seats sign when evidence came after the close
/// (docs/addendum-format.md). It holds spaces, as no checkpoint's first line does.
pub const ADDENDUM_HEADING: &str = "tuf-ceremony addendum v1";

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Canonical bytes of the `signed` part of one TUF metadata file.
    TufMetadata,
    /// A domain-separated challenge that proves possession of a new key.
    ProofOfPossession,
    /// The text of a checkpoint, for an audit key that no role of TUF has.
    Checkpoint,
}

/// Bytes that may be signed, with their purpose and digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    purpose: Purpose,
    bytes: Arc<[u8]>,
    digest: Digest,
}

impl Payload {
    /// Only `tuf` and `transcript` may call this.
    pub(crate) fn mint(purpose: Purpose, bytes: &[u8]) -> Payload {
        Payload {
            purpose,
            digest: Digest::of(bytes),
            bytes: bytes.into(),
        }
    }

    /// What the bytes are.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The bytes to be signed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes: the identity of the signing job.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}
