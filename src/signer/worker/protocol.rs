//! What goes through the pipe: the port's verbs as JSON, without any secret.
//! Secrets and messages follow their request in raw frames. Both ends are the
//! same binary; the hello says so, because a stale worker would misread us.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::frame::FRAME_MAX;
use crate::base::device::{
    Credential, DeviceCard, DeviceFault, KeyAttributes, KeyFound, KeyOrder, OperationId,
};
use crate::base::{Id, Json, PublicKey};

/// First word of every worker.
pub(crate) const HELLO: &str = concat!("tuf-ceremony worker 1, ", env!("CARGO_PKG_VERSION"));
/// Longest message that is handed to a device for signing, in bytes.
pub(crate) const MESSAGE_MAX: usize = 4 * 1024 * 1024;
/// Keys in one answer, so that it fits a frame whatever their labels are.
pub(crate) const PAGE: usize = 32;
/// Keys on one device.
pub(crate) const KEYS_MAX: usize = 1024;

/// What we ask of a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    List,
    Open {
        serial: String,
    },
    Identity,
    Keys {
        from: usize,
    },
    /// One secret follows.
    Unlock {
        role: Credential,
    },
    /// Two secrets follow: SO PIN, user PIN.
    Initialise {
        label: Id,
    },
    /// Two secrets follow: the old one, the new one.
    Change {
        which: Credential,
    },
    /// Two secrets follow: SO PIN, new user PIN.
    Unblock,
    Generate {
        order: KeyOrder,
    },
    /// `length` bytes follow, in as few frames as they need.
    Sign {
        name: Id,
        operation: OperationId,
        public: PublicKey,
        length: usize,
    },
    Lock,
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Answer {
    Hello {
        version: String,
    },
    Cards {
        cards: Vec<DeviceCard>,
    },
    Card {
        card: DeviceCard,
    },
    Keys {
        keys: Vec<KeyFound>,
        more: bool,
    },
    Made {
        public: PublicKey,
        attributes: KeyAttributes,
    },
    /// As the device gave it, in hexadecimal.
    Signature {
        hex: String,
    },
    Done,
    Fault {
        fault: DeviceFault,
    },
}

/// The bytes of a request or an answer.
pub(crate) fn encode<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(value)
        .ok()
        .filter(|bytes| bytes.len() <= FRAME_MAX)
}

/// Reads a request or an answer: strict JSON, no field twice, none unknown.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    Json::parse(bytes).ok()?.read().ok()
}
