//! Ceremony scripts: one TOML file, read once from top to bottom, is the only
//! input that people review and approve. No variables, loops, conditions or
//! includes, no defaults that matter, no secrets; an unknown field, or one
//! that does not apply, is an error with line and column (DESIGN 4). What does
//! not parse here cannot reach a plan. The vocabulary is `docs/script-reference.md`.

mod answers;
mod approvals;
mod attester;
mod custody;
mod diagnostic;
mod disclosure;
mod predecessor;
mod reader;
mod sections;
mod targets;
mod text;
mod trust;
mod verb;
mod waiver;
mod witnesses;

use std::sync::Arc;

pub use answers::{Answers, AttesterAnswers, Named, NumberAnswer, TokenAnswers};
pub use approvals::{Approvals, Approved, MAX_NOTE, NotApproved};
pub use attester::{AttesterSpec, AuditKey};
pub use custody::Superseding;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use disclosure::disclosures;
pub use predecessor::Predecessor;
pub use targets::{Delegate, DelegationSpec, ManifestSpec, TargetSpec, TargetsSpec};
pub use text::MAX_BYTES;
pub use trust::{ChangeSpec, Declared, Succession, Trust, TrustFile, TrustedKey};
pub use verb::{Subject, Verb};
pub use waiver::WaiverSpec;
pub use witnesses::{MAX_WITNESSES, Witnesses};

use crate::base::device::Credential;
use crate::base::{Digest, Id, Instant};
use crate::note::Vkey;
use crate::tuf::MetadataName;
pub use crate::tuf::clients::Profile;
use crate::tuf::import::Form;

/// A script that obeys the language. Whether its steps can work is `plan`'s to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// SHA-256 of the exact bytes: what an approval signs.
    pub sha256: Digest,
    /// The exact text.
    pub text: Arc<str>,
    /// Production or rehearsal; part of the approved bytes.
    pub kind: Kind,
    /// Which clients must accept the result; the table is `tuf::clients`.
    pub profile: Profile,
    /// Who holds the ceremony.
    pub organisation: Id,
    /// Where.
    pub site: Id,
    /// Which ceremony of that site.
    pub ceremony: Id,
    /// One line for people.
    pub title: String,
    /// What came before it at its site.
    pub predecessor: Predecessor,
    /// What it starts from.
    pub trust: Trust,
    /// Where words are read from in active comparisons.
    pub sources: Vec<Source>,
    /// People.
    pub roles: Vec<Role>,
    /// Devices.
    pub tokens: Vec<TokenSpec>,
    /// Who may approve these bytes; a production script has some.
    pub approvals: Option<Approvals>,
    /// Who cosigns this record's checkpoints.
    pub witnesses: Option<Witnesses>,
    /// Seats' audit keys, which sign the record's head.
    pub attesters: Vec<AttesterSpec>,
    /// Keys that live elsewhere.
    pub keys: Vec<ExternalKey>,
    /// Keys of the trusted root that the script speaks of.
    pub trusted_keys: Vec<TrustedKey>,
    /// What differs from the trusted root.
    pub changes: Vec<ChangeSpec>,
    /// What targets metadata is to say.
    pub targets: TargetsSpec,
    /// Certificates by which devices' statements are judged.
    pub certificates: Vec<Certificate>,
    /// What must be true at the end.
    pub results: Vec<ResultSpec>,
    /// Claims of the policy that people waive.
    pub waivers: Vec<WaiverSpec>,
    /// Acts of steps, in order.
    pub acts: Vec<Act>,
}

/// Whether the result is meant to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The real thing: needs approvals.
    Production,
    /// Practice: a banner on every screen, never verifies as production.
    Rehearsal,
}

impl Kind {
    /// The word in scripts and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Production => "production",
            Kind::Rehearsal => "rehearsal",
        }
    }
}

/// A place, other than the screen that asks, from which words are read aloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name in the script.
    pub id: Id,
    /// What it is.
    pub kind: SourceKind,
}

/// What a comparison source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// The printed script.
    Paper,
    /// A second computer that runs the verifier.
    SecondMachine,
    /// The witness's own machine.
    WitnessMachine,
    /// A page of this program that plays the second machine; rehearsals only.
    Simulated,
}

/// A role that people play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name in the script.
    pub id: Id,
    /// How many people have it.
    pub seats: u32,
    /// How many of them must be present.
    pub quorum: u32,
    /// The only names that the roll call takes for its seats; none: any (ADR 0007).
    pub pseudonyms: Vec<Id>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSpec {
    /// Its name in the script.
    pub id: Id,
    /// What kind of device.
    pub backend: Backend,
    /// Its serial.
    pub serial: SerialSpec,
    /// Why a firmware below the floor is accepted for this device; a waiver
    /// stands in the approved bytes or nowhere.
    pub firmware_waiver: Option<String>,
}

/// How a device is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// A rehearsal token that this program provides.
    Embedded,
    /// A folder of encrypted key files.
    File,
    /// A YubiHSM 2, by USB or (rehearsals) a connector on loopback.
    Yubihsm,
    /// Through a PKCS#11 module with this name (`run --module NAME=PATH`).
    Pkcs11 {
        /// The module's name.
        module: Id,
    },
}

impl Backend {
    /// The secrets that its devices take, in the order people set them.
    #[must_use]
    pub fn credentials(&self) -> &'static [Credential] {
        match self {
            Backend::Embedded | Backend::Pkcs11 { .. } => Credential::PINS,
            Backend::File => Credential::FILES,
            Backend::Yubihsm => Credential::YUBIHSM,
        }
    }
}

/// A device's serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SerialSpec {
    /// Known when the script is written.
    Known(String),
    /// Typed from the device's body at inventory.
    AtInventory,
}

/// A key whose private part is not in this room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalKey {
    /// Its name in the script.
    pub id: Id,
    /// The file with the public key, beside the script.
    pub file: String,
    /// SHA-256 of that file.
    pub sha256: Digest,
    /// How the file holds it.
    pub form: Form,
    /// The fingerprint that the key must have, where the script says one.
    pub fingerprint: Option<Digest>,
    /// How its holder shows to have the private half.
    pub possession: Possession,
}

/// How the holder of a key that is not in this room shows to have its private half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Possession {
    /// Not at all, and the approved bytes say so.
    Waived,
    /// By a signature that was made beforehand, beside the script.
    Proof {
        /// The file with the signature.
        file: String,
        /// SHA-256 of that file.
        sha256: Digest,
    },
}

/// A certificate that stands above a device's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its name in the script.
    pub id: Id,
    /// What it is taken for.
    pub rank: Rank,
    /// The file, PEM or DER, beside the script.
    pub file: String,
    /// SHA-256 of that file.
    pub sha256: Digest,
    /// The line of the script, for diagnostics.
    pub at: (usize, usize),
}

/// What a certificate is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// An authority of the vendor, or its root; the root that counts is the one
    /// that this program knows by digest.
    Vendor,
    /// The root of simulated devices; rehearsals only.
    Rehearsal,
}

/// Where a device's new secrets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// People think of them, or bring them on paper.
    Typed,
    /// The system's randomness; shown once, behind the shutter.
    Generated,
    /// Dice that people roll; shown once, behind the shutter.
    Dice,
}

/// One metadata file that must exist at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultSpec {
    /// Which role's file.
    pub metadata: MetadataName,
    /// How many of its keys must sign.
    pub threshold: u32,
    /// Its keys, by name.
    pub keys: Vec<Id>,
    /// Who makes the file.
    pub made: Made,
    /// The line of the script, for diagnostics.
    pub at: (usize, usize),
}

/// Who makes a metadata file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// This ceremony composes and signs it.
    Here {
        /// Its version.
        version: u64,
        /// When it expires.
        expires: Expires,
    },
    /// The online side, with keys that root names.
    Elsewhere,
}

/// When a metadata file expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expires {
    /// At this instant.
    At(Instant),
    /// This many days after the confirmed clock.
    InDays(u32),
}

/// A part of the ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its name in the script.
    pub id: Id,
    /// One line for people.
    pub title: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name in the script.
    pub id: Id,
    /// What is done.
    pub verb: Verb,
    /// The role that acts.
    pub by: Id,
    /// How long it should take, in minutes.
    pub minutes: u32,
    /// Line and column in the script, for diagnostics.
    pub at: (usize, usize),
}

impl Script {
    /// The files that the script names, each with the SHA-256 that it demands.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Digest)> {
        let keys = self.keys.iter().map(|k| (k.file.as_str(), &k.sha256));
        let proofs = self.keys.iter().filter_map(|k| match &k.possession {
            Possession::Waived => None,
            Possession::Proof { file, sha256 } => Some((file.as_str(), sha256)),
        });
        let certificates = self.certificates.iter().map(|c| (c.file.as_str(), &c.sha256));
        let trust = self.succession().into_iter().flat_map(|s| {
            let others = s.predecessors.iter().map(|(_, f)| f);
            let named = s.roots.iter().chain(others).chain(&s.record);
            named.map(|f| (f.file.as_str(), &f.sha256))
        });
        let manifests = self.targets.manifests.iter();
        let manifests = manifests.map(|m| (m.file.file.as_str(), &m.file.sha256));
        let predecessor = self.predecessor.file();
        let predecessor = predecessor.map(|f| (f.file.as_str(), &f.sha256));
        keys.chain(proofs)
            .chain(predecessor)
            .chain(certificates)
            .chain(trust)
            .chain(manifests)
    }

    /// The trusted files, in a succession.
    #[must_use]
    pub fn succession(&self) -> Option<&Succession> {
        match &self.trust {
            Trust::Genesis => None,
            Trust::Succession(succession) => Some(succession),
        }
    }

    /// Whether the ceremony makes a root. One that does not signs other files under
    /// the trusted root, which stays; a genesis has none and must.
    #[must_use]
    pub fn makes_root(&self) -> bool {
        self.succession().is_none() || self.result(crate::tuf::RoleName::Root).is_some()
    }

    /// Reads a script.
    ///
    /// # Errors
    /// Every fault found, in the order of the text; never only the first.
    pub fn parse(bytes: &[u8]) -> Result<Script, Diagnostics> {
        let text = text::check(bytes)?;
        sections::read(text)
    }

    /// The spec of a token.
    #[must_use]
    pub fn token(&self, id: &Id) -> Option<&TokenSpec> {
        self.tokens.iter().find(|t| t.id == *id)
    }

    /// The witnesses, and how many of them have to cosign; 0 of none.
    #[must_use]
    pub fn witnesses(&self) -> (&[Vkey], usize) {
        let named = self.witnesses.as_ref();
        named.map_or((&[], 0), |w| (w.keys.as_slice(), w.quorum))
    }

    /// The attester with this name.
    #[must_use]
    pub fn attester(&self, id: &Id) -> Option<&AttesterSpec> {
        self.attesters.iter().find(|a| a.id == *id)
    }

    /// The result that names a metadata file.
    #[must_use]
    pub fn result<N>(&self, role: N) -> Option<&ResultSpec>
    where
        MetadataName: PartialEq<N>,
    {
        self.results.iter().find(|r| r.metadata == role)
    }

    /// The source with this name.
    #[must_use]
    pub fn source(&self, id: &Id) -> Option<&Source> {
        self.sources.iter().find(|s| s.id == *id)
    }
}
