//! The smallest words of the house: digests, ids, instants, JSON, public keys,
//! secrets and printable text. Everything here is pure and imports no other room.

pub mod copies;
pub mod credential;
pub mod device;
pub mod digest;
pub mod id;
pub mod instant;
pub mod inventory;
pub mod json;
pub mod key;
pub mod machine;
pub mod medium;
pub mod payload;
mod rsa;
pub mod secret;
pub mod shown;
pub mod veteran;

pub use copies::{CopyName, MirrorFound};
pub use digest::{Digest, Running};
pub use id::Id;
pub use instant::{Instant, Stamp};
pub use json::Json;
pub use key::{Algorithm, PublicKey};
pub use payload::{ADDENDUM_HEADING, APPROVAL_HEADING, Payload, Purpose};
pub use secret::Secret;
pub use shown::{is_plain, shown, shown_bytes, without_folders};
