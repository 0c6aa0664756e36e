//! tuf-ceremony: leads people through offline key ceremonies for The Update
//! Framework, and lets anyone re-execute them afterwards.
//!
//! The modules in dependency order; an arrow never points back. The table of
//! allowed edges is `docs/architecture.md`, and `tests/house.rs` enforces it.

pub mod base;
#[cfg(feature = "ceremony")]
pub mod signer;
pub mod tuf;
