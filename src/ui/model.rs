//! Everything that a frame is drawn from: what the runner said last, what is
//! half typed, what time it is. Plain data; [`update`](super::update::update)
//! changes it and [`view`](super::view::draw) reads it. No clock, no channel.

use std::sync::Arc;

use super::keymap::Intent;
use super::screens;
use super::theme::{Theme, Tone};
use super::widgets::form::Form;
use super::wording;
use crate::base::device::Credential;
use crate::base::{Secret, Stamp};
use crate::engine::{Expect, Phase, Question, Ticket, expects};
use crate::runner::{Cmd, Failure, Msg, Sealed, Snapshot};
use crate::script::{Kind, SourceKind};
use crate::tuf::{MetadataName, Meter};

/// The smallest terminal that is drawn on.
pub const SMALLEST: (u16, u16) = (80, 24);

/// What a frame is drawn from.
#[derive(Debug)]
pub struct Model {
    /// What the runner said last; it is on disk.
    pub seen: Arc<Snapshot>,
    /// What is half typed on the present screen.
    pub local: Local,
    /// What lies over the present screen.
    pub modal: Option<Modal>,
    /// The clocks as last read.
    pub now: Stamp,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Colours or not.
    pub theme: Theme,
    /// Paths, for sentences that name them.
    pub places: Places,
    /// What was said to the runner and has no reply yet.
    pub waiting: Option<Waiting>,
    /// Boot clock in ms when the present phase began.
    pub since: u64,
    /// A pause that waits for a device to answer.
    pub stop: Option<Stop>,
    /// The sealed bundle.
    pub sealed: Option<Sealed>,
    /// The record or the media failed.
    pub failed: Option<Failure>,
    /// Who has signed what, counted once for each snapshot.
    pub meters: Vec<(MetadataName, Meter)>,
    /// How far a succession's root is towards the trusted root's threshold.
    pub old_meter: Option<Meter>,
    /// Wrong PINs that people were told of.
    told_wrong: u32,
}

/// Paths, as text that is safe to show; the engine knows none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The record's folder.
    pub record: Option<String>,
    /// The media's folder.
    pub media: Option<String>,
}

/// A form, a scroll position and a remark: what screens and modals share.
#[derive(Debug, Default)]
pub struct Pane {
    /// Fields.
    pub form: Form,
    /// The first body row that is shown.
    pub scroll: usize,
    /// How many body rows have been shown without a gap, from the first.
    pub read_to: usize,
    /// Whether every body row has been shown.
    pub end_seen: bool,
    /// What went wrong with the last try.
    pub notice: Option<Notice>,
}

/// What is half done on a screen.
#[derive(Debug, Default)]
pub struct Local {
    /// The form and its neighbours.
    pub pane: Pane,
    /// What only this kind of screen has.
    pub extra: Extra,
}

/// What only one kind of screen has.
#[derive(Debug, Default)]
pub enum Extra {
    /// Nothing.
    #[default]
    None,
    /// A seat is said to be empty.
    Absent,
    /// A seat with an audit key declines.
    Declines,
    /// A line of a checklist is said not to hold.
    NotSo,
    /// Review: texts made once.
    Review(Box<super::screens::reading::Reading>),
    /// Set-up of a file token: the shutter before a suggested passphrase.
    Shutter(Shutter),
}

/// Whether a suggested passphrase may be on the screen.
#[derive(Debug)]
pub enum Shutter {
    /// The warning stands.
    Warned,
    /// It is on the screen.
    Open(Secret),
    /// The system gave no randomness.
    Empty,
}

/// A remark under the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Good, warning or bad.
    pub tone: Tone,
    /// Sentences.
    pub text: String,
}

/// What lies over a screen; never two at once.
#[derive(Debug)]
pub struct Modal {
    /// Which.
    pub kind: ModalKind,
    /// Its form and scroll position.
    pub pane: Pane,
}

/// The modals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModalKind {
    /// What is asked, why, what next.
    Help,
    /// A deviation note.
    Note,
    /// The simulated second machine; replaces the whole screen.
    Second,
    /// The plan and the state.
    Overview,
    /// A QR code, by its number; replaces the whole screen.
    Qr(usize),
    /// What the words mean.
    Glossary,
    /// What the devices say about their keys.
    Attestation,
    /// Pause or abort.
    Leave,
}

/// What was said to the runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// An answer.
    Answer,
    /// A note.
    Note,
    /// Pause or abort.
    Leave,
}

/// A pause that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub why: String,
    /// The system demands it: the program ends as soon as it is recorded.
    pub now: bool,
    /// It was said to the runner.
    pub said: bool,
}

/// What can happen.
#[derive(Debug)]
pub enum Event {
    /// A key.
    Key(Intent),
    /// The runner says something.
    Engine(Msg),
    /// Time passes; the runtime read the clocks.
    Tick(Stamp),
    /// The terminal has another size.
    Resize(u16, u16),
    /// A suggested passphrase.
    Suggested(Option<Secret>),
    /// A secret that was made, for its keeper.
    Seen(Option<Secret>),
    /// The system tells the program to stop.
    Stop(String),
}

/// What the runtime is to do.
#[derive(Debug)]
pub enum Out {
    /// Say this to the runner.
    Say(Cmd),
    /// Hand a secret over and answer with its ticket; none: it is typed on the
    /// device itself.
    Pin(Option<Secret>),
    /// Hand new secrets over, each in both entries, and answer with their tickets.
    NewSecrets {
        /// What each opens, first entry, second entry.
        secrets: Vec<(Credential, Secret, Secret)>,
        /// The end of the serial.
        typed: String,
    },
    /// Hand dice over and answer with their ticket.
    Dice(Secret),
    /// Hand over what was typed from paper and answer with its ticket.
    Copied(Secret),
    /// Ask for a secret that the engine wants shown.
    Look(Ticket),
    /// Ask for a passphrase.
    Suggest,
    /// Leave the loop.
    Leave,
}

impl Notice {
    /// Something was not accepted.
    #[must_use]
    pub fn bad(text: impl Into<String>) -> Notice {
        Notice {
            tone: Tone::Bad,
            text: text.into(),
        }
    }

    /// Something to know.
    #[must_use]
    pub fn warn(text: impl Into<String>) -> Notice {
        Notice {
            tone: Tone::Warn,
            text: text.into(),
        }
    }

    /// Something went well.
    #[must_use]
    pub fn good(text: impl Into<String>) -> Notice {
        Notice {
            tone: Tone::Good,
            text: text.into(),
        }
    }
}

impl Pane {
    /// Shows the page from this row on.
    pub fn scroll_to(&mut self, row: usize) {
        self.scroll = row;
        self.form.moved_on();
    }

    /// A pane with this form.
    #[must_use]
    pub fn with(form: Form) -> Pane {
        Pane {
            form,
            ..Pane::default()
        }
    }
}

impl Local {
    /// A screen with this form and nothing special.
    #[must_use]
    pub fn with(form: Form) -> Local {
        Local {
            pane: Pane::with(form),
            extra: Extra::None,
        }
    }
}

impl Model {
    /// The model before the first frame.
    #[must_use]
    pub fn new(seen: Arc<Snapshot>, now: Stamp, size: (u16, u16), theme: Theme, places: Places) -> Model {
        let mut model = Model {
            local: Local::default(),
            modal: None,
            now,
            size,
            theme,
            // Frames are drawn with more than ASCII: a path must not draw one.
            places: Places {
                record: places.record.as_deref().map(wording::safe),
                media: places.media.as_deref().map(wording::safe),
            },
            waiting: None,
            since: began(&seen, now),
            stop: None,
            sealed: None,
            failed: None,
            meters: meters(&seen),
            old_meter: crate::engine::old_meter(&seen.plan, &seen.state),
            told_wrong: wrong_pins(&seen),
            seen,
        };
        model.begin();
        super::layout::settle(&mut model);
        model
    }

    /// Takes a snapshot in. A new question wipes what was typed for the old one.
    pub fn see(&mut self, seen: Arc<Snapshot>, answered: bool) {
        let asked = |of: &Snapshot| {
            let frozen = crate::engine::frozen(&of.plan, &of.state);
            (frozen, frozen && screens::frozen::may_accept(of))
        };
        // Whoever plugged a keyboard in may have typed: a half answer does not survive it.
        let (was, is) = (asked(&self.seen), asked(&seen));
        let same = self.seen.state.phase == seen.state.phase && was == is;
        self.meters = meters(&seen);
        self.old_meter = crate::engine::old_meter(&seen.plan, &seen.state);
        if !same {
            self.since = began(&seen, self.now);
        }
        self.seen = seen;
        if !same || answered {
            self.begin();
        }
        if was.0 && !is.0 && !self.ended() {
            self.local.pane.notice = Some(Notice::good(wording::machine::THAWED));
        }
    }

    /// A new question: an empty form, and what a stop before it came to.
    fn begin(&mut self) {
        self.local = (screens::of(self).local)(&self.seen);
        let state = &self.seen.state;
        self.local.pane.notice = match (self.question(), &state.recovered, state.resumed) {
            (None | Some(Question::Recover { .. } | Question::Trouble { .. }), _, _) => None,
            (_, Some(found), _) => Some(Notice::good(wording::recover::settled(found))),
            // A formal break is no surprise: its own screens say where people are.
            (_, None, Some(at)) if state.away.is_none() => Some(Notice::good(wording::recover::resumed(at))),
            _ => None,
        };
        // Told at the next question, whatever was looked at in between.
        let wrong = wrong_pins(&self.seen);
        if let Some(question) = self.question() {
            if let (true, Question::Pin { credential, .. }) = (wrong > self.told_wrong, question) {
                self.local.pane.notice = Some(Notice::bad(wording::secrets::pin_refused(*credential)));
            }
            self.told_wrong = wrong;
        }
    }

    /// The open question.
    #[must_use]
    pub fn question(&self) -> Option<&Question> {
        match expects(&self.seen.state) {
            Expect::Answer(question) => Some(question),
            _ => None,
        }
    }

    /// Whether production waits for the machine.
    #[must_use]
    pub fn frozen(&self) -> bool {
        !self.ended() && crate::engine::frozen(&self.seen.plan, &self.seen.state)
    }

    /// Whether the ceremony is over for this run of the program.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.failed.is_some()
            || matches!(
                self.seen.state.phase,
                Phase::Paused | Phase::Aborted | Phase::Closed
            )
    }

    /// Whether the seal is still being written.
    #[must_use]
    pub fn sealing(&self) -> bool {
        self.seen.state.phase == Phase::Closed && self.sealed.is_none() && self.failed.is_none()
    }

    /// Whether this is a rehearsal.
    #[must_use]
    pub fn rehearsal(&self) -> bool {
        self.seen.plan.script().kind == Kind::Rehearsal
    }

    /// Whether the rehearsal has a second machine that this program plays.
    #[must_use]
    pub fn has_second(&self) -> bool {
        let sources = &self.seen.plan.script().sources;
        self.rehearsal() && sources.iter().any(|s| s.kind == SourceKind::Simulated)
    }

    /// Whether there are keys that a device can say something about.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        !self.seen.state.keys.is_empty()
    }

    /// Whether the terminal is too small to show a question whole.
    #[must_use]
    pub fn too_small(&self) -> bool {
        self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1
    }

    /// Seconds since the present phase began.
    #[must_use]
    pub fn elapsed_s(&self) -> u64 {
        self.now.mono_ms.saturating_sub(self.since).div_euclid(1000)
    }

    /// Seconds since a moment of the record, by the machine's clock; 0 where that
    /// clock was set back since.
    #[must_use]
    pub fn seconds_since(&self, moment: Option<crate::base::Instant>) -> u64 {
        let passed = moment.map_or(0, |then| self.now.wall.since(then));
        u64::try_from(passed).unwrap_or(0)
    }

    /// The pane that keys go to.
    pub fn pane_mut(&mut self) -> &mut Pane {
        match &mut self.modal {
            Some(modal) => &mut modal.pane,
            None => &mut self.local.pane,
        }
    }

    /// The pane that keys go to.
    #[must_use]
    pub fn pane(&self) -> &Pane {
        match &self.modal {
            Some(modal) => &modal.pane,
            None => &self.local.pane,
        }
    }
}

fn began(seen: &Snapshot, now: Stamp) -> u64 {
    // A run that resumes on a machine that was rebooted has a younger clock.
    seen.state
        .last
        .map_or(now.mono_ms, |last| last.mono_ms.min(now.mono_ms))
}

fn meters(seen: &Snapshot) -> Vec<(MetadataName, Meter)> {
    seen.state
        .files
        .keys()
        .filter_map(|role| Some((role.clone(), crate::engine::meter(&seen.plan, &seen.state, role)?)))
        .collect()
}

/// Secrets that devices refused, over all of them.
fn wrong_pins(seen: &Snapshot) -> u32 {
    let each = seen.state.bench.values().map(|token| token.wrong_pins);
    each.fold(0, u32::saturating_add)
}
