//! What a power cut at this instant would leave open: the one rule behind "safe
//! to unplug", and behind what every screen answers to "what happens if I pull the
//! plug now?". It reads the state alone, which is the record folded: an intent
//! without an outcome, an outcome that nobody can be sure of, copies that were not
//! read back (law 10: every state has an answer to "was anything changed?").

use super::effect::{Effect, What};
use super::state::{Phase, Question, State, Trouble};
use crate::base::device::{Changed, DeviceFault};
use crate::base::medium::Release;

/// What is open, from the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending<'a> {
    /// Nothing: all that was done stands in the record with its outcome.
    Nothing,
    /// Something that changes nothing was asked, and is asked again.
    Asked(&'a Effect),
    /// An act has its intent in the record and no outcome: a device may have done
    /// it. Also while people settle what came of it.
    Acted(&'a Effect),
    /// A device failed and cannot say whether it did what it was told.
    Unclear(&'a DeviceFault),
    /// Files are being written to the media.
    Writing,
    /// Files are on the media and were not read back from it yet.
    Unread,
}

/// The three answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plug {
    /// Everything that was done is on disk with what came of it.
    NothingLost,
    /// A device may have done what the record does not know of.
    DeviceMayHaveActed,
    /// The media may hold a part of the files, or all of them, unproven.
    CopiesBeingWritten,
}

impl Pending<'_> {
    /// Which of the three answers it is.
    #[must_use]
    pub fn plug(self) -> Plug {
        match self {
            Pending::Nothing | Pending::Asked(_) => Plug::NothingLost,
            Pending::Acted(_) | Pending::Unclear(_) => Plug::DeviceMayHaveActed,
            Pending::Writing | Pending::Unread => Plug::CopiesBeingWritten,
        }
    }
}

/// What a power cut now would leave open. A device that may have acted comes
/// before everything else: it is what people must not take away.
#[must_use]
pub fn pending(state: &State) -> Pending<'_> {
    let open = state.recovering.as_ref().or(state.unclear.as_ref());
    match (&state.phase, open) {
        (Phase::Working(effect), _) if effect.what.is_act() => of_act(effect),
        (_, Some(effect)) => of_act(effect),
        (
            Phase::Asking(Question::Trouble {
                trouble: Trouble::Device(fault),
            }),
            _,
        ) if fault.changed == Changed::Unknown => Pending::Unclear(fault),
        // The seal follows the close, and has no outcome.
        (Phase::Closed, _) => Pending::Writing,
        _ if state.released.is_some() && state.exported.is_empty() => Pending::Unread,
        (Phase::Working(effect), _) => Pending::Asked(effect),
        _ => Pending::Nothing,
    }
}

/// The media lies in the machine, mounted for its read-back, and the seal is still to
/// be written on it: what was exported is safe, and people leave it where it is.
#[must_use]
pub fn media_stays(state: &State) -> bool {
    let mounted = matches!(state.released, Some(Release::Unmounted | Release::ByHand { .. }));
    mounted && !state.exported.is_empty() && state.phase != Phase::Closed
}

fn of_act(effect: &Effect) -> Pending<'_> {
    match effect.what {
        What::Export { .. } => Pending::Writing,
        _ => Pending::Acted(effect),
    }
}
