//! A clock that jumps three hours back while it is compared (traps T12, T15 of
//! facts/ceremonies.md: a laptop in local time, a dead battery).

use super::{Fault, Permit, Stage};
use crate::base::{Instant, Stamp};
use crate::runner::Clock;

/// How far it jumps, in seconds.
const BACK: i64 = 3 * 3600;

pub(super) fn clock(_: &Permit, good: Box<dyn Clock>, stage: &Stage) -> Box<dyn Clock> {
    Box::new(Jumping {
        good,
        stage: stage.clone(),
    })
}

struct Jumping {
    good: Box<dyn Clock>,
    stage: Stage,
}

impl Clock for Jumping {
    fn now(&self) -> Stamp {
        let now = self.good.now();
        if !(self.stage.asks_for_clock() && self.stage.strikes(Fault::ClockBack, None)) {
            return now;
        }
        Stamp {
            wall: Instant::from_unix(now.wall.unix().saturating_sub(BACK)).unwrap_or(now.wall),
            ..now
        }
    }

    fn hardware(&self) -> Option<Instant> {
        self.good.hardware()
    }
}
