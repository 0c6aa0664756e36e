//! tuf-ceremony: leads people through offline key ceremonies for The Update
//! Framework, and lets anyone re-execute them afterwards.
//!
//! The modules in dependency order; an arrow never points back. The table of
//! allowed edges is `docs/architecture.md`, and `tests/house.rs` enforces it.

/// Digests, ids, instants, strict JSON, public keys, secrets, printable text.
pub mod base;

/// Every failure as a card: what happened, what it means, what to do.
pub mod fault;

/// Signed notes (C2SP): text and signature lines.
pub mod note;

/// TUF metadata in the specification's own words.
pub mod tuf;

/// TUF metadata files in a folder, for users of the library.
pub mod folder;

/// Certificate chains and device logs by which hardware vouches for a key.
pub mod attestation;
/// The record: lines, chain, Merkle root, checkpoints, spoken words.
pub mod transcript;

/// Ceremony scripts: text to a checked script.
pub mod script;

/// Script and trusted inputs to an ordered plan, walked beforehand.
pub mod plan;

/// The ceremony as a pure function.
pub mod engine;

/// Tokens: the port and its adapters.
#[cfg(feature = "ceremony")]
pub mod signer;

/// Disk: the journal, files written once.
#[cfg(feature = "ceremony")]
pub mod store;

/// What leaves on media: layout, digests, safe import, export.
pub mod bundle;

/// The loop: input, step, journal, effects, outcomes.
#[cfg(feature = "ceremony")]
pub mod runner;

/// Answers the same questions from a file, within a policy.
#[cfg(feature = "ceremony")]
pub mod headless;

/// The full-screen front end.
#[cfg(feature = "tui")]
pub mod ui;

/// Judges a bundle or a record with public inputs only.
pub mod audit;

/// One file per verb: arguments, exit codes.
pub mod cli;
