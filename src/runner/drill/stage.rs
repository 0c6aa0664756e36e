//! Where the ceremony is, as the failing ports see it. The clerk says so when it
//! is on disk; a fault strikes at its place and heals once people have seen it,
//! as a device does that is plugged in again. A new run has no stage at all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Drill, Fault, Permit, Place};
use crate::base::{Id, PublicKey};
use crate::engine::{Effect, Phase, Question, State, What};

/// Shared by clerk and ports.
#[derive(Debug, Clone)]
pub(in crate::runner) struct Stage(Arc<Mutex<Scene>>);

#[derive(Debug)]
struct Scene {
    fault: Fault,
    place: Place,
    /// The present step is the place.
    here: bool,
    /// The question about the clock is open.
    clock: bool,
    struck: bool,
    healed: bool,
    keys: Vec<PublicKey>,
}

impl Stage {
    pub(super) fn new(_: &Permit, drill: &Drill, place: Place) -> Stage {
        Stage(Arc::new(Mutex::new(Scene {
            fault: drill.fault(),
            place,
            here: false,
            clock: false,
            struck: false,
            healed: false,
            keys: Vec::new(),
        })))
    }

    /// As the record says it: fault and place.
    pub(in crate::runner) fn word(&self) -> String {
        let scene = self.scene();
        format!("{}{}", scene.fault.about().id, scene.place)
    }

    /// This much is on disk; nothing has followed from it yet.
    pub(in crate::runner) fn saw(&self, records: u64, state: &State) {
        let mut scene = self.scene();
        scene.here = match &scene.place {
            Place::Step { cursor, .. } => state.begun && state.cursor == *cursor,
            Place::Record(_) => false,
        };
        scene.clock = matches!(state.phase, Phase::Asking(Question::Clock { .. }));
        scene.keys = state.keys.values().map(|key| key.public.clone()).collect();
        scene.healed |= scene.struck && shown(&state.phase);
        let dies = match scene.place {
            Place::Record(record) => records > record,
            // The login before it is an act, too, and another lesson.
            Place::Step { .. } => {
                let acts = |effect: &Effect| !matches!(effect.what, What::Unlock { .. });
                scene.here && state.dangling().is_some_and(acts)
            }
        };
        if scene.fault == Fault::KillAt && dies {
            die();
        }
    }

    /// Whether the fault is on: at its place, for this device, until it heals.
    pub(super) fn strikes(&self, fault: Fault, on: Option<&Id>) -> bool {
        let mut scene = self.scene();
        let there = match &scene.place {
            Place::Step { token, .. } => token.as_ref() == on,
            Place::Record(_) => false,
        };
        let strikes = scene.fault == fault && scene.here && there && !scene.healed;
        scene.struck |= strikes;
        strikes
    }

    /// The same, and never again.
    pub(super) fn strikes_once(&self, fault: Fault, on: Option<&Id>) -> bool {
        let strikes = self.strikes(fault, on);
        self.scene().healed |= strikes;
        strikes
    }

    /// Whether people are asked what another clock says.
    pub(super) fn asks_for_clock(&self) -> bool {
        self.scene().clock
    }

    /// Keys that the record knows.
    pub(super) fn keys(&self) -> Vec<PublicKey> {
        self.scene().keys.clone()
    }

    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fault is before people's eyes, and in the record.
fn shown(phase: &Phase) -> bool {
    matches!(
        phase,
        Phase::Asking(
            Question::Trouble { .. } | Question::Serial { .. } | Question::Clock { doubt: Some(_), .. }
        )
    )
}

/// As a power cut would: no destructor runs, nothing is flushed.
fn die() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort();
}
