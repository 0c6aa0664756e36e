//! `replay`: a past ceremony, screen by screen, in the same frame that people
//! looked at. The record's inputs are executed again, as the auditor does, and
//! each state is drawn by the very view that drew it then, at the record's own
//! clock. Beside it stands the evidence. There is no runner here, no device and
//! no handle: what is shown cannot be changed, because nothing could do it.

mod desk;
mod evidence;
pub mod filters;
pub mod keys;
mod list;
mod lists;
mod pages;
pub mod past;
pub mod walk;

use std::sync::atomic::Ordering;
use std::time::Duration;

pub use desk::Desk;
pub use pages::draw;
pub use past::{Check, Fact, Holds, Judged, Past};

use super::terminal::{Heard, Screen};
use super::{Options, UiError};

/// Runs a replay until the person leaves it.
pub(super) fn run(options: &Options, desk: &mut Desk) -> Result<(), UiError> {
    let mut screen = Screen::open()?;
    desk.resize(screen.size()?);
    let mut dirty = true;
    loop {
        if dirty {
            screen.draw(|frame| draw(desk, frame))?;
        }
        let heard = screen.heard(Duration::from_millis(200))?;
        if options.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
        dirty = heard.is_some();
        match heard {
            Some(Heard::Key(intent)) if desk.on(intent) => return Ok(()),
            Some(Heard::Size(columns, rows)) => desk.resize((columns, rows)),
            Some(Heard::Key(_)) | None => {}
        }
    }
}
