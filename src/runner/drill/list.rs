//! The closed list of what can fail on purpose, each with what it must show: a
//! drill that shows nothing trains nobody. `docs/runbooks/` has a page for each,
//! and a test joins the pages with this list.

use crate::base::device::DeviceCode;
use crate::fault::Code;
use crate::script::Verb;

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The device is pulled out while it works.
    TokenPulled,
    /// The device says another serial than the one on its body.
    SerialLie,
    /// A signature comes back with a bit flipped.
    BadSignature,
    /// The device answers an order for a key with another key.
    OtherKey,
    /// The device did it, and its answer is lost.
    ReplyLost,
    /// The device's own log is full.
    LogFull,
    /// Wrong PINs were typed down to the last try.
    PinLastTry,
    /// The machine's clock jumps three hours back.
    ClockBack,
    /// The program is killed.
    KillAt,
    /// The media fails while it is written.
    MediaError,
    /// The media is full.
    MediaFull,
    /// The disk of the record's first copy fails.
    RecordCopyLost,
}

/// A fault in words.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Its stable id, and the name of its page in `docs/runbooks/`.
    pub id: &'static str,
    /// One sentence.
    pub does: &'static str,
    /// What people see of it.
    pub shows: &'static [Shows],
}

/// What people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The card of a device's code.
    Device(DeviceCode),
    /// The card of a program's code.
    Program(Code),
    /// A sentence of a screen or a refusal.
    Words(&'static str),
}

impl Fault {
    /// Every fault.
    pub const ALL: &'static [Fault] = &[
        Fault::TokenPulled,
        Fault::SerialLie,
        Fault::BadSignature,
        Fault::OtherKey,
        Fault::ReplyLost,
        Fault::LogFull,
        Fault::PinLastTry,
        Fault::ClockBack,
        Fault::KillAt,
        Fault::MediaError,
        Fault::MediaFull,
        Fault::RecordCopyLost,
    ];

    /// The fault in words.
    #[must_use]
    pub fn about(self) -> About {
        let (id, does, shows): (_, _, &'static [Shows]) = match self {
            Fault::TokenPulled => (
                "token-pulled",
                "The token is pulled out just before it makes a key or signs.",
                &[Shows::Device(DeviceCode::Removed)],
            ),
            Fault::SerialLie => (
                "serial-lie",
                "The token says another serial than the one on its body.",
                &[
                    Shows::Words("no device that answers has this serial: look whether it is plugged in"),
                    Shows::Device(DeviceCode::NotFound),
                ],
            ),
            Fault::BadSignature => (
                "bad-signature",
                "The token's signature comes back with a bit flipped.",
                &[Shows::Device(DeviceCode::SignatureWrong)],
            ),
            Fault::OtherKey => (
                "other-key",
                "Asked for a new key, the token answers with a key that is known already.",
                &[Shows::Device(DeviceCode::AttributesRefused)],
            ),
            Fault::ReplyLost => (
                "reply-lost",
                "The token makes the key or signs, and its answer is lost.",
                &[Shows::Device(DeviceCode::ModuleHangs)],
            ),
            Fault::LogFull => (
                "log-full",
                "The token refuses to work because its own log is full.",
                &[Shows::Device(DeviceCode::LogFull)],
            ),
            Fault::PinLastTry => (
                "pin-last-try",
                "Wrong PINs were typed until one try is left; one more blocks it.",
                &[
                    Shows::Words("LAST PIN TRY: one more wrong PIN blocks it"),
                    Shows::Device(DeviceCode::PinLocked),
                ],
            ),
            Fault::ClockBack => (
                "clock-back",
                "The machine's clock jumps three hours back while it is compared.",
                &[Shows::Words(
                    "This machine is 3 h behind the time that you typed.",
                )],
            ),
            Fault::KillAt => (
                "kill-at",
                "The program is killed right after record N is on disk (kill-at:N), or between \
                 the intent of a step and its act (kill-at@STEP).",
                &[Shows::Words(
                    "The program stopped in the middle of something. Read this, then type recover.",
                )],
            ),
            Fault::MediaError => (
                "media-error",
                "The media fails in the middle of the export.",
                &[Shows::Program(Code::StorageFailed)],
            ),
            Fault::MediaFull => (
                "media-full",
                "The media is full in the middle of the export.",
                &[Shows::Program(Code::StorageFull)],
            ),
            Fault::RecordCopyLost => (
                "record-copy-lost",
                "The disk of the record fails; the ceremony goes on with the mirror.",
                &[Shows::Words("MIRROR ONLY"), Shows::Program(Code::CopyFailed)],
            ),
        };
        About { id, does, shows }
    }

    /// Whether the fault can strike at a step of this kind.
    pub(super) fn fits(self, verb: &Verb) -> bool {
        let makes = matches!(verb, Verb::GenerateKey { .. });
        let signs = matches!(verb, Verb::Sign { .. } | Verb::ProvePossession { .. });
        match self {
            Fault::TokenPulled | Fault::ReplyLost | Fault::LogFull => makes || signs,
            Fault::SerialLie => makes || signs || matches!(verb, Verb::Inventory { .. }),
            Fault::BadSignature => signs,
            Fault::OtherKey => makes,
            Fault::PinLastTry => makes || signs || matches!(verb, Verb::EnrolKey { .. }),
            Fault::ClockBack => matches!(verb, Verb::Clock { .. }),
            Fault::KillAt => makes || signs || matches!(verb, Verb::Export),
            Fault::MediaError | Fault::MediaFull => matches!(verb, Verb::Export),
            // Not the last one: after the close nothing is written any more.
            Fault::RecordCopyLost => !matches!(verb, Verb::Seal { .. }),
        }
    }

    /// Whether the fault strikes there when nobody names a place: where people
    /// learn most of it.
    pub(super) fn likes(self, verb: &Verb) -> bool {
        match self {
            Fault::TokenPulled | Fault::BadSignature | Fault::LogFull | Fault::RecordCopyLost => {
                matches!(verb, Verb::Sign { .. })
            }
            Fault::SerialLie => matches!(verb, Verb::Inventory { .. }),
            _ => self.fits(verb),
        }
    }
}

/// Every drill with its sentence, a line each.
#[must_use]
pub fn help() -> String {
    Fault::ALL
        .iter()
        .map(|fault| {
            let about = fault.about();
            format!("{:<17}{}\n", about.id, about.does)
        })
        .collect()
}
