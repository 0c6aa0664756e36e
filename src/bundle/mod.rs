//! What leaves on media: a plain folder, no archive, no compression. This room
//! knows its names and limits, writes and reads `SHA256SUMS`, reads a folder
//! from a stranger safely, and says what the seal holds. It judges nothing:
//! that is `audit`'s. The format is `docs/bundle-format.md`.

#[cfg(feature = "ceremony")]
pub mod export;
pub mod import;
pub mod layout;
mod seal;
pub mod sums;

pub use import::{Files, ImportError, read};
pub use layout::Place;
pub use seal::{NotSealed, Seal, policy, seal_files};
pub use sums::Sums;

/// The second verifier: Python's standard library and `openssl`, no code of
/// ours. A copy leaves with every bundle; one runs the release's copy.
pub const VERIFY_PY: &[u8] = include_bytes!("verify.py");
