//! The verbs of a step: a closed list, each with just the fields that apply to
//! it. What they do is `engine/steps/`, one file per verb.

use super::Origin;
use super::custody::{self, Superseding};
use super::reader::{Faults, Table};
use crate::base::{Algorithm, Id};
use crate::tuf::policy::Claim;
use crate::tuf::{MetadataName, RoleName};

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Who is here, seat by seat.
    RollCall,
    /// The machine's clock against clocks that people read.
    Clock {
        /// How many of them, each from another source.
        sources: u32,
    },
    /// Things that people look at and confirm, one by one.
    Checklist {
        /// What must be true, one line each.
        items: Vec<String>,
    },
    /// People note the numbers of bags and seals, or compare them with those
    /// that they noted before.
    Record {
        /// Which numbers, one line each.
        items: Vec<String>,
        /// The earlier step whose numbers these must be.
        same_as: Option<Id>,
    },
    /// A formal break: everything is bagged, the ceremony rests and is resumed.
    Break {
        /// Where the words of its checkpoint are kept meanwhile.
        source: Id,
    },
    /// People accept, one by one, that a claim of the policy does not hold.
    Waive {
        /// The claim.
        claim: Claim,
        /// The role of root that the waiver is about, if it is about one.
        role: Option<RoleName>,
    },
    /// Find a device and match it with the serial on its body.
    Inventory {
        /// The device.
        on: Id,
    },
    /// Set up a new device: label and new secrets. Destroys what is on it.
    Provision {
        /// The device.
        on: Id,
        /// Where its new secrets come from.
        credentials: Origin,
    },
    /// Generate a key pair on a device.
    GenerateKey {
        /// The device.
        on: Id,
        /// The key's name.
        key: Id,
        /// Its algorithm.
        algorithm: Algorithm,
        /// Whether it can leave: true for a key file, false for a device.
        extractable: bool,
        /// Clients of the profile that will refuse metadata with this key, as
        /// people have acknowledged it.
        refused_by: Vec<String>,
    },
    /// A key of the trusted root is found on a device that was set up earlier.
    EnrolKey {
        /// The device.
        on: Id,
        /// The key.
        key: Id,
    },
    /// The device's own statement about a key is judged, field by field.
    AttestKey {
        /// The device.
        on: Id,
        /// The key.
        key: Id,
    },
    /// The device's log is read, its chain recomputed, each entry explained.
    DeviceLog {
        /// The device.
        on: Id,
    },
    /// The device gives up the power to make keys.
    Retire {
        /// The device.
        on: Id,
    },
    /// A new key signs a challenge.
    ProvePossession {
        /// The device.
        on: Id,
        /// The key.
        key: Id,
    },
    /// Make and freeze a metadata file's payload.
    Compose {
        /// Which file.
        metadata: MetadataName,
    },
    /// People read the whole payload.
    Review {
        /// Which file.
        metadata: MetadataName,
    },
    /// Words of the payload's digest, typed from another source.
    ReadBack {
        /// Which file.
        metadata: MetadataName,
        /// From where the words are read.
        source: Id,
    },
    /// People accept, one by one, that this ceremony's payload takes the place of
    /// one that an earlier ceremony began to sign.
    Supersede(Superseding),
    /// One key signs one payload.
    Sign {
        /// Which file.
        metadata: MetadataName,
        /// The device.
        on: Id,
        /// The key.
        key: Id,
    },
    /// The seats of the role sign the record's head with their audit keys.
    Countersign,
    /// Write the bundle to removable media and read it back.
    Export,
    /// Compare the record's words, close it, write the seal.
    Seal {
        /// From where the words are read.
        source: Id,
    },
}

/// What an active comparison is about.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The payload of a metadata file.
    Metadata(MetadataName),
    /// The record itself.
    Record,
    /// The record as it was when a formal break began.
    Break,
}

impl Verb {
    /// The word after `do =`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Verb::RollCall => "roll-call",
            Verb::Clock { .. } => "clock",
            Verb::Checklist { .. } => "checklist",
            Verb::Record { .. } => "record",
            Verb::Break { .. } => "break",
            Verb::Waive { .. } => "waive",
            Verb::Inventory { .. } => "inventory",
            Verb::Provision { .. } => "provision",
            Verb::GenerateKey { .. } => "generate-key",
            Verb::EnrolKey { .. } => "enrol-key",
            Verb::AttestKey { .. } => "attest-key",
            Verb::DeviceLog { .. } => "device-log",
            Verb::Retire { .. } => "retire-provisioner",
            Verb::ProvePossession { .. } => "prove-possession",
            Verb::Compose { .. } => "compose",
            Verb::Review { .. } => "review",
            Verb::ReadBack { .. } => "read-back",
            Verb::Supersede(_) => "supersede",
            Verb::Sign { .. } => "sign",
            Verb::Countersign => "countersign",
            Verb::Export => "export",
            Verb::Seal { .. } => "seal",
        }
    }

    /// The device that the step needs, if any.
    #[must_use]
    pub fn token(&self) -> Option<&Id> {
        match self {
            Verb::Inventory { on }
            | Verb::Provision { on, .. }
            | Verb::GenerateKey { on, .. }
            | Verb::EnrolKey { on, .. }
            | Verb::AttestKey { on, .. }
            | Verb::DeviceLog { on }
            | Verb::Retire { on }
            | Verb::ProvePossession { on, .. }
            | Verb::Sign { on, .. } => Some(on),
            _ => None,
        }
    }

    pub(super) fn read(table: &mut Table, faults: &mut Faults) -> Option<Verb> {
        let word = table.word(faults, "do", WORDS)?;
        match word {
            Word::RollCall => Some(Verb::RollCall),
            Word::Clock => {
                // A clock that nobody else reads is one person's word.
                let sources = if table.has("sources") {
                    table.number(faults, "sources", 1..4)
                } else {
                    Some(1)
                };
                Some(Verb::Clock { sources: sources? })
            }
            Word::Checklist => items(table, faults).map(|items| Verb::Checklist { items }),
            Word::Record => {
                custody::record(table, faults).map(|(items, same_as)| Verb::Record { items, same_as })
            }
            Word::Break => table.id(faults, "source").map(|source| Verb::Break { source }),
            Word::Supersede => custody::supersede(table, faults).map(Verb::Supersede),
            Word::Waive => {
                super::waiver::what(table, faults).map(|(claim, role)| Verb::Waive { claim, role })
            }
            Word::Inventory => table.id(faults, "on").map(|on| Verb::Inventory { on }),
            Word::Provision => {
                let (on, credentials) = (table.id(faults, "on"), table.word(faults, "credentials", ORIGINS));
                Some(Verb::Provision {
                    on: on?,
                    credentials: credentials?,
                })
            }
            Word::EnrolKey => {
                let (on, key) = (table.id(faults, "on"), table.id(faults, "key"));
                Some(Verb::EnrolKey { on: on?, key: key? })
            }
            Word::AttestKey => {
                let (on, key) = (table.id(faults, "on"), table.id(faults, "key"));
                Some(Verb::AttestKey { on: on?, key: key? })
            }
            Word::DeviceLog => table.id(faults, "on").map(|on| Verb::DeviceLog { on }),
            Word::Retire => table.id(faults, "on").map(|on| Verb::Retire { on }),
            Word::GenerateKey => {
                let on = table.id(faults, "on");
                let mut inner = table.table(faults, "key", "`key`")?;
                let key = inner.id(faults, "name");
                let algorithm = inner.word(faults, "algorithm", ALGORITHMS);
                let extractable = inner.boolean(faults, "extractable");
                let refused_by = if inner.has("refused_by") {
                    inner.list(faults, "refused_by", "a list of client names", |s| {
                        Some(s.to_owned())
                    })
                } else {
                    Some(Vec::new())
                };
                if let Some(key) = key.as_ref().filter(|k| k.as_str().len() > 13) {
                    faults.add(
                        &inner.span_of("name"),
                        "script-key-name-too-long",
                        format!("the key's name `{key}` has more than 13 characters"),
                        "shorten it: name, colon and operation id share the 40 bytes of a device's label",
                    );
                }
                inner.finish(faults);

                Some(Verb::GenerateKey {
                    on: on?,
                    key: key?,
                    algorithm: algorithm?,
                    extractable: extractable?,
                    refused_by: refused_by?,
                })
            }
            Word::ProvePossession => {
                let (on, key) = (table.id(faults, "on"), table.id(faults, "key"));
                Some(Verb::ProvePossession { on: on?, key: key? })
            }
            Word::Compose => metadata(table, faults).map(|metadata| Verb::Compose { metadata }),
            Word::Review => metadata(table, faults).map(|metadata| Verb::Review { metadata }),
            Word::ReadBack => {
                let (metadata, source) = (metadata(table, faults), table.id(faults, "source"));
                Some(Verb::ReadBack {
                    metadata: metadata?,
                    source: source?,
                })
            }
            Word::Sign => {
                let metadata = metadata(table, faults);
                let (on, key) = (table.id(faults, "on"), table.id(faults, "key"));
                Some(Verb::Sign {
                    metadata: metadata?,
                    on: on?,
                    key: key?,
                })
            }
            Word::Countersign => Some(Verb::Countersign),
            Word::Export => Some(Verb::Export),
            Word::Seal => table.id(faults, "source").map(|source| Verb::Seal { source }),
        }
    }
}

/// Lines for people, one to look at after the other.
pub(super) fn items(table: &mut Table, faults: &mut Faults) -> Option<Vec<String>> {
    let what = "a list of lines, each of 1 to 120 characters";
    table.list(faults, "items", what, |s| {
        (1..=120)
            .contains(&s.chars().count())
            .then(|| s.to_owned())
            .filter(|s| !s.contains('\n'))
    })
}

/// The role whose file it is: one of the four, or a delegated one. Whether there
/// is such a role is the plan's to say.
pub(super) fn metadata(table: &mut Table, faults: &mut Faults) -> Option<MetadataName> {
    table.text(faults, "metadata", A_ROLE, |s| MetadataName::parse(s).ok())
}

const A_ROLE: &str = "one of: root, targets, snapshot, timestamp; or a delegated role's name";

pub(super) const METADATA: &[(&str, RoleName)] = &[
    ("root", RoleName::Root),
    ("targets", RoleName::Targets),
    ("snapshot", RoleName::Snapshot),
    ("timestamp", RoleName::Timestamp),
];

const ORIGINS: &[(&str, Origin)] = &[
    ("typed", Origin::Typed),
    ("generated", Origin::Generated),
    ("dice", Origin::Dice),
];

const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("ecdsa-p256", Algorithm::EcdsaP256),
    ("ecdsa-p384", Algorithm::EcdsaP384),
    ("ed25519", Algorithm::Ed25519),
    ("rsa-pss-2048", Algorithm::RsaPss2048),
    ("rsa-pss-3072", Algorithm::RsaPss3072),
    ("rsa-pss-4096", Algorithm::RsaPss4096),
];

#[derive(Clone, Copy)]
enum Word {
    RollCall,
    Clock,
    Checklist,
    Record,
    Break,
    Waive,
    Inventory,
    Provision,
    GenerateKey,
    EnrolKey,
    AttestKey,
    DeviceLog,
    Retire,
    ProvePossession,
    Compose,
    Review,
    ReadBack,
    Supersede,
    Sign,
    Countersign,
    Export,
    Seal,
}

const WORDS: &[(&str, Word)] = &[
    ("roll-call", Word::RollCall),
    ("clock", Word::Clock),
    ("checklist", Word::Checklist),
    ("record", Word::Record),
    ("break", Word::Break),
    ("waive", Word::Waive),
    ("inventory", Word::Inventory),
    ("provision", Word::Provision),
    ("generate-key", Word::GenerateKey),
    ("enrol-key", Word::EnrolKey),
    ("attest-key", Word::AttestKey),
    ("device-log", Word::DeviceLog),
    ("retire-provisioner", Word::Retire),
    ("prove-possession", Word::ProvePossession),
    ("compose", Word::Compose),
    ("review", Word::Review),
    ("read-back", Word::ReadBack),
    ("supersede", Word::Supersede),
    ("sign", Word::Sign),
    ("countersign", Word::Countersign),
    ("export", Word::Export),
    ("seal", Word::Seal),
];
