//! A past ceremony on the auditor's desk: each screen is the frame that people
//! saw then, forwards and backwards; the evidence beside it; filters, search and
//! checks; records that stop half way, that do not verify, that are made to
//! hurt. Golden at both sizes.

#![cfg(feature = "tui")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "replay/desk.rs"]
mod desk;
#[path = "replay/hurt.rs"]
mod hurt;
#[path = "replay/looks.rs"]
mod looks;
#[path = "support/rehearsal.rs"]
mod rehearsal;
#[path = "replay/same.rs"]
mod same;
