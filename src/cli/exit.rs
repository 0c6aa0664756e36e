//! The exit codes (DESIGN 7): few, stable, and the same for every verb, so
//! that a script around the program can tell a verdict from a fault.

use std::process::ExitCode;

/// How a call of the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Good.
    Good,
    /// A negative verdict, or an aborted ceremony.
    Negative,
    /// Usage, or bad input.
    Usage,
    /// A person is needed, or the ceremony is paused and can be resumed.
    Person,
    /// A device or the storage failed; the record is intact.
    Fault,
}

impl Exit {
    /// 0 to 4.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Good => 0,
            Exit::Negative => 1,
            Exit::Usage => 2,
            Exit::Person => 3,
            Exit::Fault => 4,
        }
    }

    /// The exit code of a failure.
    #[must_use]
    pub fn of(code: crate::fault::Code) -> Exit {
        use crate::fault::Code as C;
        match code {
            C::ScriptRefused
            | C::ScriptUnreadable
            | C::RecordExists
            | C::DrillRefused
            | C::RecordMissing
            | C::RecordEmpty
            | C::ModuleNotNamed
            | C::ConnectorNotNamed
            | C::NotATerminal
            | C::AnswersRefused
            | C::BundleRefused
            | C::AttestationUnreadable
            | C::MetadataUnreadable
            | C::MirrorSameMedium
            | C::OutputExists => Exit::Usage,
            C::RecordDamaged | C::RecordForked | C::EditRefused => Exit::Negative,
            C::NoApprovals
            | C::MachineNotReady
            | C::EditVoids
            | C::RecordBusy
            | C::RecordNotOpen
            | C::NeedsEngine
            | C::TerminalTooSmall
            | C::AnswersExhausted => Exit::Person,
            C::StorageFull
            | C::CopyFailed
            | C::StorageReadOnly
            | C::StorageFailed
            | C::MediaMissing
            | C::MediaOccupied
            | C::CannotHarden
            | C::Internal => Exit::Fault,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
