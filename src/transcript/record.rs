//! What the engine says of a ceremony, before it becomes a line: the closed
//! list of record types and the four fields that belong to the engine. The
//! rest of the envelope (`seq`, `prev`, times) is the writer's. A refusal is
//! an answer to a person, not a record. See `docs/transcript-format.md`.

use std::fmt;

use crate::base::Json;

/// One record, as the engine makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// The script's step, or empty where there is none.
    pub step: String,
    /// Who acted: a name of the script, or empty for the machine itself.
    pub who: String,
    /// An object; its members depend on the kind.
    pub body: Json,
}

/// The longest `step` or `who` in bytes.
pub const MAX_FIELD: usize = 64;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The type of a record. Closed: a reader that meets another type
        /// cannot judge the ceremony and says so (law 7).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every type, in the order of this list.
            pub const ALL: &[Kind] = &[$(Kind::$variant,)*];

            /// The word in the record's `type`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $text,)* }
            }
        }
    };
}

kinds! {
    /// The first record: pins versions, digests and the predecessor.
    Open = "open",
    /// A new process goes on with an interrupted ceremony.
    Resume = "resume",
    /// A person's accepted answer to the open question.
    Answer = "answer",
    /// What came of an effect: a device's answer, a nonce, a read-back.
    Outcome = "outcome",
    /// A deviation, in a person's words.
    Note = "note",
    /// One of the record's two copies failed; the other goes on.
    Storage = "storage",
    /// The surroundings of the machine have changed.
    Machine = "machine",
    /// A person lets a device stay that was not there at the start.
    Accepted = "accepted",
    /// The ceremony rests; it can be resumed.
    Pause = "pause",
    /// The ceremony was given up.
    Abort = "abort",
    /// Derived: production waits for the machine; why.
    Halted = "halted",
    /// Derived: it waits no more.
    Thawed = "thawed",
    /// Derived: a step begins.
    Step = "step",
    /// Derived: an effect is about to be performed; durable before it is.
    Intended = "intended",
    /// Derived: what came of something that was under way when the program stopped.
    Recovered = "recovered",
    /// Derived: people agreed to several acts of one device on one page.
    Agreed = "agreed",
    /// Derived: a key exists and is enrolled under a name.
    Key = "key",
    /// Derived: a device's new secret, typed from paper, has logged in.
    Credential = "credential",
    /// Derived: the number of a bag or seal was noted.
    Recorded = "recorded",
    /// Derived: a number is not the recorded one, and a quorum goes on.
    Differed = "differed",
    /// Derived: a formal break begins; who leaves with what.
    Break = "break",
    /// Derived: the formal break is over.
    Back = "back",
    /// Derived: another payload takes the place of one that an earlier ceremony meant to sign.
    Superseded = "superseded",
    /// Derived: a claim of the policy does not hold and was waived by the script.
    Waived = "waived",
    /// Derived: a device's statement about a key was judged.
    Attested = "attested",
    /// Derived: a device's log was read and held against the record.
    DeviceLog = "device-log",
    /// Derived: a device can make no more keys.
    Retired = "retired",
    /// Derived: a metadata draft was made.
    Composed = "composed",
    /// Derived: what a new root changes, as people approved it.
    Transition = "transition",
    /// Derived: a payload's bytes are fixed.
    Frozen = "frozen",
    /// Derived: a person has read a payload's review text.
    Reviewed = "reviewed",
    /// Derived: words typed from another source match.
    Compared = "compared",
    /// Derived: words did not match; the comparison is locked.
    Locked = "locked",
    /// Derived: a key has proved that its holder possesses it.
    Proven = "proven",
    /// Derived: a seat's audit key is enrolled, under this verifier key.
    Attester = "attester",
    /// Derived: a seat's audit key has signed the record's head; the line.
    Countersigned = "countersigned",
    /// Derived: a seat does not enrol its audit key, or does not countersign; why.
    Declined = "declined",
    /// Derived: a signature over a payload was verified in software.
    Signed = "signed",
    /// Derived: a payload has all the signatures it needs.
    Complete = "complete",
    /// Derived: what the model of each client says, named by the profile or not.
    ClientVerdicts = "client-verdicts",
    /// Derived: every named client accepts the result.
    Gate = "gate",
    /// Derived: files were written to media and read back.
    Exported = "exported",
    /// Derived: a named client refuses the result.
    GateFailed = "gate-failed",
    /// Derived: the last record.
    Close = "close",
}

impl Kind {
    /// Reads the word in a record's `type`; an unknown one is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|k| k.as_str() == text)
    }

    /// Whether the engine derives the record by itself (from an input that the
    /// line before already holds), rather than being told.
    #[must_use]
    pub fn is_derived(self) -> bool {
        !matches!(
            self,
            Kind::Open
                | Kind::Resume
                | Kind::Answer
                | Kind::Outcome
                | Kind::Note
                | Kind::Storage
                | Kind::Machine
                | Kind::Accepted
                | Kind::Pause
                | Kind::Abort
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_and_no_other_word_is_one() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        }
        for word in ["", "Open", "refused", "open ", "gate_failed"] {
            assert_eq!(Kind::parse(word), None, "{word:?}");
        }
        assert_eq!(Kind::ALL.iter().filter(|k| !k.is_derived()).count(), 10);
    }
}
