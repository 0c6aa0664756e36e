//! The only place where a clock is read. Time enters the engine with each
//! input; nothing pure ever asks for it.

use crate::base::{Instant, Stamp};

/// Where stamps come from.
pub trait Clock: Send {
    /// The wall clock and the boot clock, now.
    fn now(&self) -> Stamp;
}

/// The machine's own clocks: CLOCK_REALTIME and CLOCK_BOOTTIME.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Stamp {
        let wall = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let millis = boot
            .tv_sec
            .saturating_mul(1000)
            .saturating_add(boot.tv_nsec.checked_div(1_000_000).unwrap_or(0));
        Stamp {
            // A clock outside 1970 to 9999 shows as 1970: the room sees it at once.
            wall: Instant::from_unix(wall.tv_sec).unwrap_or(Instant::EPOCH),
            mono_ms: u64::try_from(millis).unwrap_or(0),
        }
    }
}
