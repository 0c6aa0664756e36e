//! The loop that everything goes through: an input is stepped, its records are
//! on disk, then effects are performed, and only then anybody sees the result
//! (law 3). Front ends hold a [`Handle`]: they propose an answer to the one
//! open question; the engine disposes; the runner performs.

mod clerk;
mod clock;
pub mod drill;
mod fold;
mod follow;
mod hands;
pub mod machine;
mod media;
mod seal;
mod start;
mod vault;

use std::sync::Arc;
use std::sync::mpsc::Sender;

pub use clock::{Clock, SystemClock};
pub use fold::stored_plan;
pub use follow::{Follower, Sight};
pub use hands::Bench;
pub use machine::{Machine, System};
pub use start::{Ports, Resumed, Run, Running, Threads, open, resume};
pub use vault::Vault;

use crate::base::machine::Report;
use crate::base::medium::Release;
use crate::base::{Digest, Secret};
use crate::engine::{Acceptance, Answer, Deviation, Refusal, State, Ticket};
use crate::plan::Plan;

/// What a front end may say.
#[derive(Debug)]
pub enum Cmd {
    /// An answer to the open question.
    Submit(Answer),
    /// A deviation note.
    Note(Deviation),
    /// A device that was not there at the start may stay.
    Accept(Acceptance),
    /// The surroundings of the machine have changed; only the watch sends this.
    Machine(Report),
    /// Pause; the program ends after it.
    Pause {
        /// Why.
        why: String,
    },
    /// Abort the ceremony.
    Abort {
        /// Why.
        why: String,
        /// The word `abort`, as typed.
        typed: String,
    },
    /// What a device or the media answered; only the hands send this.
    Outcome {
        /// The effect's number.
        effect: u64,
        /// Its outcome.
        outcome: Box<crate::engine::Outcome>,
    },
}

/// What a front end hears. Everything in it is already on disk.
#[derive(Debug, Clone)]
pub enum Msg {
    /// The state after an accepted input.
    Snapshot(Arc<Snapshot>),
    /// The last thing said was not accepted; nothing changed.
    Refused(Refusal),
    /// The record cannot be written any more. The program ends; what is on
    /// disk is intact.
    Failed(Failure),
    /// The seal is written, after the close.
    Sealed(Sealed),
}

/// What everybody may see at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The state.
    pub state: State,
    /// Records on disk.
    pub records: u64,
    /// SHA-256 of the last line on disk.
    pub head: Digest,
    /// The newest checkpoint, as the signed note that is in the record.
    pub note: Option<Arc<str>>,
}

/// A finished bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its folder.
    pub place: String,
    /// How its media was let go of.
    pub released: Release,
}

/// The record or the media failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{meaning}")]
pub struct Failure {
    /// The card to show.
    pub code: crate::fault::Code,
    /// One sentence, safe to show.
    pub meaning: String,
}

/// A front end's end of the channel.
#[derive(Debug, Clone)]
pub struct Handle {
    cmds: Sender<Cmd>,
    vault: Arc<Vault>,
}

impl Handle {
    /// A handle onto a runner's channel and vault.
    #[must_use]
    pub fn new(cmds: Sender<Cmd>, vault: Arc<Vault>) -> Handle {
        Handle { cmds, vault }
    }

    /// Hands a typed secret over; the answer quotes the ticket.
    #[must_use]
    pub fn deposit(&self, secret: Secret) -> Ticket {
        self.vault.deposit(secret)
    }

    /// A fresh passphrase of ten words (80 bits), to be written down by hand
    /// and typed back; `None` when the system gives no randomness.
    #[must_use]
    pub fn suggest(&self) -> Option<Secret> {
        vault::passphrase()
    }

    /// A secret that the engine wants shown, once more; `None` when it is gone.
    #[must_use]
    pub fn look(&self, ticket: Ticket) -> Option<Secret> {
        self.vault.look(ticket)
    }

    /// Says something to the runner; the reply comes as a [`Msg`].
    pub fn say(&self, cmd: Cmd) {
        // A runner that is gone has sent `Failed` before.
        let _ = self.cmds.send(cmd);
    }
}

/// A broken rule of the program's own.
fn internal(meaning: &str) -> Failure {
    Failure {
        code: crate::fault::Code::Internal,
        meaning: crate::base::shown(meaning, 400),
    }
}
