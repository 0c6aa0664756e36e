//! An act that people agreed to on a page with others (`steps::confirm`): data of
//! the state, so that a fold of the record knows what is left of the page.

use serde::Serialize;

use crate::base::{Digest, Id};

/// An act that stood on a page with others and was agreed to there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agreed {
    /// Its step.
    pub step: Id,
    /// Its key: to be made, or to sign with.
    pub key: Id,
    /// The payload that is signed; none where a key is made.
    pub payload: Option<Digest>,
}
