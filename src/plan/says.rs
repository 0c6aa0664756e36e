//! What every step says of itself: what must be true before and after, what
//! evidence it leaves, and whether doing it again is safe. The paper script,
//! the screens and `plan` all read it here.

use crate::script::Verb;

/// Whether a step may be done again after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Safe: nothing outside the record changes, or the same bytes result.
    Safe,
    /// The device is asked first what it did.
    Reconcile,
    /// Cannot be undone or repeated.
    Impossible,
}

impl Retry {
    /// The words on paper.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Retry::Safe => "may be repeated",
            Retry::Reconcile => "repeated only after asking the device",
            Retry::Impossible => "cannot be undone",
        }
    }
}

/// The contract of a verb, in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Says {
    /// The step's heading on screens.
    pub title: &'static str,
    /// What must be true before.
    pub before: &'static str,
    /// What is true after.
    pub after: &'static str,
    /// What it leaves in the record.
    pub evidence: &'static str,
    /// Whether it may be done again.
    pub retry: Retry,
}

impl Verb {
    /// What the verb says of itself.
    #[must_use]
    pub fn says(&self) -> Says {
        let (title, before, after, evidence, retry) = match self {
            Verb::RollCall => (
                "Roll call",
                "everybody is in the room",
                "each seat has a name or a reason for being empty; every quorum is met",
                "names and absences, typed",
                Retry::Safe,
            ),
            Verb::Clock { .. } => (
                "Clock",
                "clocks that are not this machine's are in sight",
                "the machine's UTC time and its hardware clock agree with each within three minutes",
                "each typed time, the machine's time, the differences",
                Retry::Safe,
            ),
            Verb::Checklist { .. } => (
                "Checklist",
                "the people who look are at the bench",
                "each line was looked at and confirmed",
                "one confirmation a line",
                Retry::Safe,
            ),
            Verb::Record { same_as: None, .. } => (
                "Record numbers",
                "the bags and seals are in somebody's hands",
                "each number was typed twice, from the thing itself",
                "the numbers, typed: a claim of this machine",
                Retry::Safe,
            ),
            Verb::Record { .. } => (
                "Compare numbers",
                "the bags and seals are in somebody's hands; their numbers were recorded before",
                "each number is the recorded one, or a quorum has decided to go on without that",
                "the numbers, typed; each difference with its reason, a deviation",
                Retry::Safe,
            ),
            Verb::Break { .. } => (
                "Break",
                "paper is at hand; each device and the media with the record get a bag or seal",
                "the quorum is back from the pause, each number is the recorded one or a quorum decided, the \
                 record is the one that was left, the clock is confirmed",
                "who left with what, a checkpoint, its words; then who is back and what they read",
                Retry::Safe,
            ),
            Verb::Waive { .. } => (
                "Waive claim",
                "the script has the waiver, with its reason; a quorum of its role is at the bench",
                "each of the quorum, and one person of another role, has typed the claim's name",
                "the claim, the reason, one confirmation a person",
                Retry::Safe,
            ),
            Verb::Inventory { .. } => (
                "Inventory",
                "the device is connected",
                "its serial, typed from its body, is the one that answers",
                "the device's own card and the typed serial",
                Retry::Safe,
            ),
            Verb::Provision { .. } => (
                "Set up device",
                "the device was inventoried and holds nothing that is needed",
                "the device is empty and has new secrets, each proven by a fresh login",
                "intent and outcome; never a PIN",
                Retry::Reconcile,
            ),
            Verb::GenerateKey { .. } => (
                "Generate key",
                "the device is set up and unlocked; no key has this name",
                "one new key pair, sensitive and never extractable, is on the device",
                "intent, public key, attributes read back",
                Retry::Reconcile,
            ),
            Verb::EnrolKey { .. } => (
                "Enrol key",
                "the device was inventoried, and holds a key of the trusted root since an earlier ceremony",
                "exactly one key of the device has the trusted public key; its id there is known",
                "the device's list of keys, the id, the keyid in the trusted root",
                Retry::Safe,
            ),
            Verb::AttestKey { .. } => (
                "Attest key",
                "the key is on the device; the vendor's certificates are pinned by the script",
                "the device's statement was checked field by field; its key is the recorded one",
                "the certificates, and what each check found",
                Retry::Safe,
            ),
            Verb::DeviceLog { .. } => (
                "Read device log",
                "the device is set up",
                "its log is kept, its chain recomputed, and every entry explained by the record",
                "the raw entries; commands, entries, unexplained",
                Retry::Safe,
            ),
            Verb::Retire { .. } => (
                "Retire provisioner",
                "every key of the device is made and attested",
                "the device can make no more keys; its provisioner is deleted",
                "intent and outcome",
                Retry::Reconcile,
            ),
            Verb::ProvePossession { .. } => (
                "Prove possession",
                "the key is on the device",
                "the key signed a challenge that is bound to this ceremony",
                "the signature, verified in software",
                Retry::Safe,
            ),
            Verb::Compose { .. } => (
                "Compose",
                "every key of the file exists and is proven; the clock is confirmed",
                "the payload is made and frozen",
                "the payload's digest and review text",
                Retry::Safe,
            ),
            Verb::Review { .. } => (
                "Review",
                "the payload is frozen",
                "the people who act have read all of it",
                "their confirmation, bound to the digest",
                Retry::Safe,
            ),
            Verb::ReadBack { .. } => (
                "Read back",
                "another source shows the words of the payload's digest",
                "the words typed from there match",
                "the positions asked and the words typed",
                Retry::Safe,
            ),
            Verb::Supersede(_) => (
                "Supersede",
                "the new payload is frozen and unsigned; an earlier ceremony began to sign another one",
                "each of the quorum has typed that the new payload takes the other's place",
                "both digests, the reason, one confirmation a person",
                Retry::Safe,
            ),
            Verb::Sign { .. } => (
                "Sign",
                "the payload was reviewed and read back; the key is proven",
                "one signature, verified in software",
                "intent, signature, both meters",
                Retry::Safe,
            ),
            Verb::Countersign => (
                "Countersign",
                "the seats of the role have enrolled their audit keys, or have said why not",
                "each seat has signed the record's head, or its reason for not signing is recorded",
                "a checkpoint, a signature line a seat, verified in software; reasons, typed",
                Retry::Safe,
            ),
            Verb::Export => (
                "Export",
                "every file has reached its threshold and passed the gate",
                "the bundle's files are on the media, read back",
                "each file's digest and length",
                Retry::Safe,
            ),
            Verb::Seal { .. } => (
                "Close and seal",
                "the bundle's files are exported",
                "the record is closed; its final checkpoint leaves with the bundle",
                "the words typed, the close, the final checkpoint",
                Retry::Impossible,
            ),
        };
        Says {
            title,
            before,
            after,
            evidence,
            retry,
        }
    }

    /// One line that names the step's object: "Generate key root-a on token-a".
    #[must_use]
    pub fn headline(&self) -> String {
        let title = self.says().title;
        match self {
            Verb::RollCall
            | Verb::Clock { .. }
            | Verb::Checklist { .. }
            | Verb::Record { same_as: None, .. }
            | Verb::Break { .. }
            | Verb::Countersign
            | Verb::Export
            | Verb::Seal { .. } => title.to_owned(),
            Verb::Record {
                same_as: Some(step), ..
            } => format!("{title} with {step}"),
            Verb::Supersede(what) => {
                format!("{title} the other {} {}", what.metadata.as_str(), what.version)
            }
            Verb::Waive { claim, role: None } => format!("{title} {claim}"),
            Verb::Waive {
                claim,
                role: Some(role),
            } => format!("{title} {claim} for {role}"),
            Verb::Inventory { on } | Verb::Provision { on, .. } => format!("{title} {on}"),
            Verb::DeviceLog { on } | Verb::Retire { on } => format!("{title} of {on}"),
            Verb::AttestKey { on, key } | Verb::EnrolKey { on, key } => format!("{title} {key} on {on}"),
            Verb::GenerateKey { on, key, .. } => format!("{title} {key} on {on}"),
            Verb::ProvePossession { on, key } => format!("{title} of {key} on {on}"),
            Verb::Compose { metadata } | Verb::Review { metadata } | Verb::ReadBack { metadata, .. } => {
                format!("{title} {}", metadata.as_str())
            }
            Verb::Sign { metadata, on, key } => {
                format!("{title} {} with {key} on {on}", metadata.as_str())
            }
        }
    }
}
