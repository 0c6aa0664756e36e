//! tuf-ceremony: leads people through offline key ceremonies for The Update
//! Framework, and lets anyone re-execute them afterwards.
//!
//! The modules in dependency order; an arrow never points back. The table of
//! allowed edges is `docs/architecture.md`, and `tests/house.rs` enforces it.

/// Digests, ids, instants, strict JSON, public keys, secrets, printable text.
pub mod base;
/// The ceremony as a pure function.
pub mod engine;
/// Every failure as a card: what happened, what it means, what to do.
pub mod fault;
/// Signed notes (C2SP): text and signature lines.
pub mod note;
/// Script and trusted inputs to an ordered plan, walked beforehand.
pub mod plan;
/// The loop: input, step, journal, effects, outcomes.
#[cfg(feature = "ceremony")]
pub mod runner;
/// Ceremony scripts: text to a checked script.
pub mod script;
/// Tokens: the port and its adapters.
#[cfg(feature = "ceremony")]
pub mod signer;
/// The record: lines, chain, Merkle root, checkpoints, spoken words.
pub mod transcript;
/// TUF metadata in the specification's own words.
pub mod tuf;

/// The full-screen front end.
#[cfg(feature = "tui")]
pub mod ui;
