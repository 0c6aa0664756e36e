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

/// TUF metadata in the specification's own words; a library without devices or
/// terminal (`docs/tuf.md`, `examples/edit-metadata.rs`).
///
/// ```
/// use tuf_ceremony::base::Instant;
/// use tuf_ceremony::tuf::repository::{Memory, Storage, check_repository_over};
/// use tuf_ceremony::tuf::{Limits, Metadata, Refused, compose};
///
/// let now = Instant::parse("2027-01-01T00:00:00Z")?;
/// let expires = Instant::parse("2028-01-01T00:00:00Z")?;
/// let draft = compose::targets(1, expires, now)?;
/// let file = draft.assemble(&[]); // not signed yet
/// assert_eq!(Metadata::parse(&file)?.canonical(), draft.canonical.to_vec());
///
/// let mut place = Memory::default();
/// place.create_new("1.targets.json", &file)?;
/// let refused = check_repository_over(&place, now, &Limits::default()).unwrap_err();
/// assert_eq!(refused.code(), "NO_TRUSTED_ROOT");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// A judged ceremony as a page to read and print.
pub mod report;

/// One file per verb: arguments, exit codes.
pub mod cli;
