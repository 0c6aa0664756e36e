//! How hardware vouches for a key: certificate chains from the vendor's pinned
//! root down to the key, and the device's own log. Pure: bytes and expectations
//! in, a report of named checks out, so that an auditor's machine re-executes
//! the same judgement on the bytes in the record (law 11).
//!
//! No general PKIX path validator stands behind this: a strict one refuses
//! genuine vendor certificates (no AKI in the attestation, no keyUsage in the
//! device's CA), a lax one compares neither the key nor the device's own
//! statements (threat V27). Each kind is a dedicated check of every field.

mod chain;
pub mod cvc;
pub mod log;
mod log_words;
mod pin;
pub mod piv;
mod reconcile;
mod report;
mod x509;
pub mod yubihsm;

pub use pin::{Firmware, Pin, Root, Waiver};
pub use report::{Check, Kind, Outcome, Report, Verdict};
pub use x509::{MAX_CERTIFICATE, NotACertificate, certificates, public_key_der};
