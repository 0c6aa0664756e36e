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

/// Every key of the rehearsals that anybody can sign with: who holds it, its name, and SHA-256 of its
/// SubjectPublicKeyInfo. That these are what the rule above gives follows from two
/// tests: the veterans sign the rehearsals' chain, and the chain's keys are these.
const KNOWN: [(&str, &str, &str); 7] = [
    // The online key of the rehearsals: its private half is a test's file.
    (
        "the rehearsals",
        "online",
        "e19643a8314acc2cb8f79a84ee7be1795134be81a3ff2a1df1465193aafb5bf0",
    ),
    (
        "VETERAN-4101",
        "root-a",
        "d3fb46e4fb37d42e7ade90197b2076af7ea149be1027f7de4160936ff34d50d6",
    ),
    (
        "VETERAN-4101",
        "targets-a",
        "808346b1c569c3b20c8c90a507c26d1cfdd7ca9700efd6e21e20dd1f5cd4c7e1",
    ),
    (
        "VETERAN-4202",
        "root-b",
        "376081085984c87ce71c767a5e55d78d690e1220634c58d277644ace2cf82692",
    ),
    (
        "VETERAN-4202",
        "targets-b",
        "81549940da27ced966340fd30ee6d7489248ca3b54cfe617794a6aefa1977328",
    ),
    (
        "VETERAN-4303",
        "root-c",
        "7da70e2a4f09c917ea875fc0d14d6559be9289f64d674650978b96cdd2e07503",
    ),
    (
        "VETERAN-4303",
        "targets-c",
        "7df469f2096482e61cae18553df068309537a6da8c42c4fde3ac62a3816d5028",
    ),
];

/// The rehearsals' name of a public key whose private half anybody can make, by the
/// SHA-256 of its SubjectPublicKeyInfo: holder and key.
#[must_use]
pub fn known(fingerprint: &Digest) -> Option<(&'static str, &'static str)> {
    let hex = fingerprint.hex();
    let found = KNOWN.iter().find(|(_, _, print)| *print == hex);
    found.map(|(holder, key, _)| (*holder, *key))
}
