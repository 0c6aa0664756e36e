//! Every failure as a card for a tired person in a cold room: what happened,
//! what it means, was anything changed, what to do. Rooms give codes; the
//! words are here, once, and `docs/faults.md` is made from them.

mod cards;
mod device;
pub mod machine;

pub use cards::{Code, render_all};

/// A card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// What happened.
    pub fact: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Was anything changed?
    pub changed: &'static str,
    /// What to do.
    pub remedy: &'static str,
}
