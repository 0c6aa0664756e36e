//! `watch`: a second screen follows a ceremony from its record, in large words,
//! for the room. It is given sights of the record and draws them; it can say
//! nothing to anybody, and no secret can reach it, because none is in the
//! record. It runs on the ceremony's machine, so it is never a source for a
//! comparison (DESIGN 5): what is being compared is not shown.

pub mod big;
mod column;
pub mod hides;
mod page;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub use page::draw;

use super::keymap::Intent;
use super::model::{Model, Places};
use super::terminal::{Heard, Screen};
use super::theme::Theme;
use super::{Options, UiError, app, wording};
use crate::base::Stamp;
use crate::runner::{Follower, Sight};

/// How often the record is looked at: one question to the file system each time.
const LOOK: Duration = Duration::from_millis(250);
/// How often a frame is drawn for the clock, in ms.
const REDRAW_MS: u64 = 1000;

/// What the view is drawn from.
#[derive(Debug)]
pub struct Watch {
    /// What the last look found.
    pub sight: Sight,
    /// The followed state, with what a front end counts once for each.
    pub(super) model: Option<Model>,
    /// The clocks as last read.
    pub now: Stamp,
    /// Columns and rows.
    pub size: (u16, u16),
    /// How tones look.
    pub theme: Theme,
    /// The record's folder, safe to show.
    pub place: String,
}

impl Watch {
    /// Before the first look.
    #[must_use]
    pub fn new(now: Stamp, size: (u16, u16), theme: Theme, place: String) -> Watch {
        Watch {
            sight: Sight::Absent,
            model: None,
            now,
            size,
            theme,
            place,
        }
    }

    /// Takes in what a look found.
    pub fn see(&mut self, sight: Sight) {
        self.model = match &sight {
            Sight::Follows { seen, .. } => {
                let seen = Arc::clone(seen);
                Some(Model::new(
                    seen,
                    self.now,
                    self.size,
                    self.theme,
                    Places::default(),
                ))
            }
            // What was seen before may be old: none of it is shown as if it were now.
            _ => None,
        };
        self.sight = sight;
    }

    /// The clocks.
    pub fn tick(&mut self, now: Stamp) {
        self.now = now;
        if let Some(model) = &mut self.model {
            model.now = now;
        }
    }

    /// One key: whether the view ends.
    #[must_use]
    pub fn ends(intent: Intent) -> bool {
        matches!(intent, Intent::Leave | Intent::Char('q' | 'Q'))
    }
}

/// Runs the view until a person or the system ends it.
pub(super) fn run(options: &Options, mut follower: Follower, place: String) -> Result<(), UiError> {
    let mut screen = Screen::open()?;
    let now = app::now().ok_or_else(|| UiError::Terminal {
        meaning: wording::NO_CLOCK.to_owned(),
    })?;
    let mut watch = Watch::new(now, screen.size()?, options.theme, place);
    let mut drawn_at = None;
    loop {
        let mut dirty = false;
        if let Some(now) = app::now() {
            watch.tick(now);
        }
        if let Some(sight) = follower.look() {
            watch.see(sight);
            dirty = true;
        }
        let size = screen.size()?;
        if size != watch.size {
            watch.size = size;
            dirty = true;
        }
        let due = drawn_at.is_none_or(|at| watch.now.mono_ms.saturating_sub(at) >= REDRAW_MS);
        if dirty || due {
            screen.draw(|frame| draw(&watch, frame))?;
            drawn_at = Some(watch.now.mono_ms);
        }
        match screen.heard(LOOK)? {
            Some(Heard::Key(intent)) if Watch::ends(intent) => return Ok(()),
            _ => {}
        }
        if options.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
    }
}
