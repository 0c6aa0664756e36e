//! What stands behind a fact. The record is written by one machine, and that
//! it says so proves nothing; each record type has a class, and the class is
//! shown wherever the fact is shown (DESIGN section 5). The class is the most
//! that a record of that type can carry: `audit` still checks what is behind it.

use super::record::Kind;

/// What stands behind a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A device's key signed it: the record holds a signature to verify.
    DeviceSigned,
    /// A person's own key signed it: a seat's audit key the record's head.
    PersonSigned,
    /// Anyone who re-executes the record comes to it.
    Derived,
    /// This machine says so: what was typed, what a device answered, the time.
    Claimed,
}

impl Class {
    /// The word that reports use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Class::DeviceSigned => "device-signed",
            Class::PersonSigned => "person-signed",
            Class::Derived => "derived",
            Class::Claimed => "claimed",
        }
    }

    /// The class of a record type. No arm for the rest: a new type must decide.
    #[must_use]
    pub fn of(kind: Kind) -> Class {
        match kind {
            Kind::Proven | Kind::Signed | Kind::Attested => Class::DeviceSigned,
            Kind::Attester | Kind::Countersigned => Class::PersonSigned,
            Kind::Step
            | Kind::Waived
            | Kind::Superseded
            | Kind::Intended
            | Kind::Composed
            | Kind::Transition
            | Kind::Frozen
            | Kind::Complete
            | Kind::ClientVerdicts
            | Kind::Gate
            | Kind::GateFailed
            | Kind::Close => Class::Derived,
            // The engine derives these too, but from what was typed or read
            // at this machine: nobody else can come to the fact itself.
            Kind::Key
            | Kind::Agreed
            | Kind::Credential
            | Kind::Recovered
            | Kind::DeviceLog
            | Kind::Retired
            | Kind::Reviewed
            | Kind::Compared
            | Kind::Locked
            | Kind::Recorded
            | Kind::Declined
            | Kind::Differed
            | Kind::Break
            | Kind::Back
            | Kind::Exported => Class::Claimed,
            Kind::Open
            | Kind::Resume
            | Kind::Answer
            | Kind::Outcome
            | Kind::Note
            | Kind::Storage
            | Kind::Machine
            | Kind::Accepted
            | Kind::Halted
            | Kind::Thawed
            | Kind::Pause
            | Kind::Abort => Class::Claimed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_was_told_is_never_more_than_claimed() {
        for kind in Kind::ALL.iter().filter(|k| !k.is_derived()) {
            assert_eq!(Class::of(*kind), Class::Claimed, "{kind}");
        }
        assert_eq!(Class::of(Kind::Signed).as_str(), "device-signed");
        assert_eq!(Class::of(Kind::Countersigned).as_str(), "person-signed");
        // Nobody signs that he does not sign.
        assert_eq!(Class::of(Kind::Declined), Class::Claimed);
    }
}
