//! What the state knows of seats that sign the record: whether each enrols its
//! audit key, and how far a `countersign` step is. The rules are
//! `steps/countersign.rs`; what counts in the end is `transcript`'s, from the lines.

use std::collections::BTreeSet;

use serde::Serialize;

use super::state::Head;
use crate::base::Id;
use crate::note::Vkey;

/// What is asked of a seat that has an audit key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttesterAct {
    /// Enrol the key: type `enrol`.
    Enrol,
    /// Sign the record's head: type the end of the token's serial.
    Countersign,
}

/// What came of an attester's enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attesting {
    /// The seat enrols; its key has not proved itself yet.
    Willing,
    /// Its key is enrolled, under this verifier key.
    Enrolled(Vkey),
    /// The seat does not.
    Away(NotSigning),
}

/// Why a seat does not enrol, or does not sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotSigning {
    /// Nobody sits there; otherwise somebody declines.
    pub absent: bool,
    /// Why, in people's words.
    pub reason: String,
}

/// A `countersign` step that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Countersigning {
    /// The head that every seat signs.
    pub head: Head,
    /// Attesters that have signed, or have said why not.
    pub decided: BTreeSet<Id>,
    /// The attester that is signing.
    pub now: Option<Id>,
}
