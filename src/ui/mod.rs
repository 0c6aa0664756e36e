//! The full-screen front end. It draws the one open question and proposes an
//! answer; the engine disposes and the runner performs (law 5). A frame is a
//! pure function of a [`Model`]: `keys -> keymap -> Intent -> update -> Out`,
//! and back as a snapshot. Nothing that is shown is not yet on disk.

pub mod app;
pub mod home;
pub mod keymap;
mod keys;
pub mod layout;
pub mod machine;
pub mod modals;
pub mod model;
pub mod plug;
pub mod replay;
pub mod screens;
pub mod terminal;
pub mod theme;
pub mod tokens;
pub mod update;
pub mod view;
pub mod watch;
pub mod widgets;
pub mod wording;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Receiver;

pub use home::Choice;
pub use model::{Event, Model, Out, Places};
pub use theme::Theme;
pub use update::update;
pub use view::draw;

use crate::fault::Code;
use crate::runner::{Failure, Follower, Handle, Msg, Sealed, Snapshot};

/// What the caller decides.
#[derive(Debug, Clone)]
pub struct Options {
    /// Set by the handlers of SIGTERM, SIGHUP and SIGINT.
    pub stop: Arc<AtomicBool>,
    /// Colours, or not (`NO_COLOR`).
    pub theme: Theme,
    /// Paths, for sentences that name them.
    pub places: Places,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The record is closed.
    Closed {
        /// The bundle; `None` when the seal was not written.
        sealed: Option<Sealed>,
    },
    /// The ceremony was aborted.
    Aborted,
    /// The ceremony can be resumed.
    Paused,
    /// The record or the media failed.
    Failed(Failure),
}

/// Why there is no UI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UiError {
    /// Standard input or output is no terminal.
    #[error("standard input and output must be a terminal")]
    NotATerminal,
    /// The terminal failed or went away.
    #[error("the terminal failed: {meaning}")]
    Terminal {
        /// What the system said.
        meaning: String,
    },
}

impl UiError {
    /// The card to show.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            UiError::NotATerminal | UiError::Terminal { .. } => Code::NotATerminal,
        }
    }
}

/// Leads people through a ceremony, until it ends or pauses.
///
/// # Errors
/// [`UiError`]. The terminal is given back in any case.
pub fn run(
    handle: Handle,
    msgs: Receiver<Msg>,
    first: Arc<Snapshot>,
    options: Options,
) -> Result<Ending, UiError> {
    app::run(&handle, &msgs, first, &options)
}

/// The home screen: what shall be done?
///
/// # Errors
/// [`UiError`]. The terminal is given back in any case.
pub fn home(options: &Options) -> Result<Choice, UiError> {
    home::run(options)
}

/// Shows what stands around the program on this machine; `look` is asked every second.
///
/// # Errors
/// [`UiError`]. The terminal is given back in any case.
pub fn machine(options: &Options, look: &machine::Look) -> Result<(), UiError> {
    machine::run(options, look)
}

/// Shows every device; `look` is asked again whenever a person wants it, in a
/// thread of its own.
///
/// # Errors
/// [`UiError`]. The terminal is given back in any case.
pub fn tokens(options: &Options, look: tokens::Look) -> Result<(), UiError> {
    tokens::run(options, look)
}

/// Follows a record on a second terminal; `place` is its folder, safe to show.
///
/// # Errors
/// [`UiError`]. The terminal is given back in any case.
pub fn watch(options: &Options, follower: Follower, place: String) -> Result<(), UiError> {
    watch::run(options, follower, place)
}

/// Walks a past ceremony, until the person leaves it.
///
/// # Errors
/// [`UiError`]. The terminal is given back in any case.
pub fn replay(options: &Options, desk: &mut replay::Desk) -> Result<(), UiError> {
    replay::run(options, desk)
}
