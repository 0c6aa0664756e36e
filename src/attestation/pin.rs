//! What a judgement rests on from outside: the pinned root, the firmware floor
//! and the one thing that may be waived. A vendor's root is a constant of this
//! program; any other root can be pinned only as a rehearsal's, and every
//! report and verdict then says so.

use std::fmt;

use crate::base::{Digest, is_plain};

/// A root certificate of a vendor, known to this program by its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// The vendor's name for it.
    pub name: &'static str,
    /// SHA-256 of the certificate's bytes.
    pub sha256: [u8; 32],
}

impl Root {
    /// The fingerprint.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::from_bytes(self.sha256)
    }
}

/// Which root a chain must end at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// One of the vendor's roots (`ROOTS` of the kind's module).
    Vendor,
    /// A root made for practice: a simulator's, a test's. Such a chain proves
    /// nothing about hardware, and no verdict over it is ever `good`.
    Rehearsal {
        /// What people call it.
        name: String,
        /// SHA-256 of the root certificate's bytes.
        sha256: Digest,
    },
}

impl Pin {
    /// Whether the chain can only be one made for practice.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        matches!(self, Pin::Rehearsal { .. })
    }

    /// The pinned root with this fingerprint, by name.
    pub(super) fn names(&self, vendor: &[Root], found: &Digest) -> Option<String> {
        match self {
            Pin::Vendor => vendor
                .iter()
                .find(|root| root.digest() == *found)
                .map(|root| root.name.to_owned()),
            Pin::Rehearsal { name, sha256 } => {
                (sha256 == found).then(|| format!("{} (REHEARSAL ROOT)", crate::base::shown(name, 80)))
            }
        }
    }

    /// What is expected, for people.
    pub(super) fn wanted(&self, vendor: &[Root]) -> String {
        match self {
            Pin::Vendor => {
                let names: Vec<&str> = vendor.iter().map(|r| r.name).collect();
                format!("the vendor's root: {}", names.join(", or "))
            }
            Pin::Rehearsal { name, sha256 } => {
                format!(
                    "REHEARSAL ROOT {} with SHA-256 {sha256}",
                    crate::base::shown(name, 80)
                )
            }
        }
    }
}

/// A device's firmware version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firmware(pub u8, pub u8, pub u8);

impl Firmware {
    /// From the three bytes of a certificate extension.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Firmware> {
        match bytes {
            [major, minor, patch] => Some(Firmware(*major, *minor, *patch)),
            _ => None,
        }
    }
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A decision of people to accept firmware below the floor. It has a reason, it
/// stands in the record, and the check that it covers never reads `pass`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver(String);

impl Waiver {
    /// A waiver for this reason: 8 to 400 printable ASCII characters, not blank.
    #[must_use]
    pub fn new(reason: &str) -> Option<Waiver> {
        let reason = reason.trim();
        (is_plain(reason) && (8..=400).contains(&reason.len())).then(|| Waiver(reason.to_owned()))
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0
    }
}
