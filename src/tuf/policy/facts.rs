//! What the policy looks at: plain data, made from a script before the
//! ceremony and from the record in it. Nothing here reads a script or a state,
//! so the same judgement falls in `check`, in the room and at the auditor's.

use std::collections::BTreeMap;

use super::Claim;
use super::life::{shown_date, shown_expiry};
use crate::base::{Algorithm, Digest, Id, Instant};
use crate::tuf::{DelegatedName, MetadataName, RoleName};

/// Everything that the claims are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whether the result is meant to be trusted.
    pub production: bool,
    /// The profile's name.
    pub profile: &'static str,
    /// The confirmed clock; `None` before there is one.
    pub now: Option<Instant>,
    /// Root's own version.
    pub version: u64,
    /// When the trusted root expires, where it stays: no root is made here.
    pub staying: Option<Instant>,
    /// What root says of each role, and when its file expires.
    pub roles: BTreeMap<RoleName, RoleFacts>,
    /// Delegated roles whose file is made here.
    pub delegated: BTreeMap<DelegatedName, RoleFacts>,
    /// Every key that a role names.
    pub keys: BTreeMap<Id, KeyFacts>,
    /// Roles of people.
    pub people: Vec<People>,
    /// Who does what with each file that is made here.
    pub files: BTreeMap<MetadataName, FileSteps>,
    /// Steps that close the record by a comparison: step and role of people.
    pub seals: Vec<(Id, Id)>,
    /// Length of the bytes to be signed, where they exist.
    pub payloads: BTreeMap<MetadataName, usize>,
}

/// A role of the new root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFacts {
    /// How many must sign.
    pub threshold: u64,
    /// Names of its keys, each once.
    pub keys: Vec<Id>,
    /// When its file expires; `None`: it is made elsewhere.
    pub life: Option<Life>,
}

/// When a file expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Days after the confirmed clock.
    Days(u32),
    /// At an instant.
    Until(Instant),
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its algorithm; `None` where it cannot be known yet.
    pub algorithm: Option<Algorithm>,
    /// What holds it.
    pub custody: Custody,
    /// Which device holds it; `None`: none in this room.
    pub device: Option<Id>,
    /// Whether it can be copied.
    pub extractable: bool,
    /// The key names the clients that will not read it.
    pub acknowledged: bool,
    /// SHA-256 of its SubjectPublicKeyInfo, where it exists.
    pub fingerprint: Option<Digest>,
}

/// What holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// A YubiHSM 2.
    Yubihsm,
    /// A PKCS#11 token.
    Pkcs11,
    /// An encrypted key file.
    File,
    /// A rehearsal token of this program.
    Embedded,
    /// A device that is not needed in this room; the trusted root lists the key.
    Trusted,
    /// Something that is not in this room.
    External,
}

/// A role of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// Its name.
    pub id: Id,
    /// How many have it.
    pub seats: u32,
    /// How many must be here.
    pub quorum: u32,
    /// Whether they make keys or signatures on a device.
    pub holds_devices: bool,
}

/// The steps about one file: each a step and the role of people that acts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSteps {
    /// Who composes it.
    pub composed: Vec<(Id, Id)>,
    /// Who reviews it.
    pub reviewed: Vec<(Id, Id)>,
    /// Who compares its words.
    pub compared: Vec<(Id, Id)>,
}

/// A claim that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub claim: Claim,
    /// What it is about.
    pub about: About,
    /// What is wrong: expected and got. Safe to show.
    pub what: String,
}

/// What a finding is about, and so where a script says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A role of root, or its file.
    Role(RoleName),
    /// A delegated role's file. No waiver names it.
    Delegated(DelegatedName),
    /// Something that the script names: a key, a role of people.
    Named(Id),
    /// A step.
    Step(Id),
}

impl Finding {
    /// The role that it is about, if it is about one.
    #[must_use]
    pub fn role(&self) -> Option<RoleName> {
        match self.about {
            About::Role(role) => Some(role),
            _ => None,
        }
    }
}

impl Facts {
    /// When a file that is made here expires.
    #[must_use]
    pub fn life(&self, name: &MetadataName) -> Option<Life> {
        match name {
            MetadataName::Top(role) => self.roles.get(role)?.life,
            MetadataName::Delegated(name) => self.delegated.get(name)?.life,
        }
    }

    /// An expiry as people read it: absolute, with weekday, and relative, as far
    /// as a clock says it.
    #[must_use]
    pub fn shown(&self, life: Life) -> String {
        let after = |days: u32| format!("{days} days after the confirmed clock");
        match (life, self.now) {
            (Life::Until(at), Some(now)) => shown_expiry(at, now),
            (Life::Until(at), None) => shown_date(at),
            (Life::Days(days), Some(now)) => now
                .plus_days(days)
                .map_or_else(|| after(days), |at| shown_expiry(at, now)),
            (Life::Days(days), None) => after(days),
        }
    }

    /// Seconds from the confirmed clock to an expiry; `None` where no clock says it.
    #[must_use]
    pub fn seconds(&self, life: Life) -> Option<i64> {
        match life {
            Life::Days(days) => i64::from(days).checked_mul(86_400),
            Life::Until(at) => self.now.map(|now| at.since(now)),
        }
    }
}
