//! The well-known keys of succession rehearsals. A rehearsal that replaces keys
//! needs tokens that hold some since "an earlier ceremony"; there was none, so
//! their ids follow from this public name, and whoever reads this file can make
//! the keys as well. Nothing signed with them means anything. The private
//! halves are made by the embedded backend alone (`signer/embedded/veteran.rs`).

use super::device::OperationId;
use super::{Digest, Id};

/// The "ceremony" that made them.
const NAME: &[u8] = b"tuf-ceremony veterans of rehearsals v1: public keys, never trust them";

/// The operation id that a veteran's key carries: the one that a ceremony with
/// this public name would have given it.
#[must_use]
pub fn operation(key: &Id) -> OperationId {
    OperationId::new(&Digest::of(NAME), key, 1)
}

/// The 32 bytes of a veteran's private key, which are no secret.
#[must_use]
pub fn seed(serial: &str, key: &Id) -> Digest {
    Digest::of_parts(&[NAME, b"\0", serial.as_bytes(), b"\0", key.as_str().as_bytes()])
}
