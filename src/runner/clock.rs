//! The only place where a clock is read. Time enters the engine with each
//! input; nothing pure ever asks for it.

use crate::base::{Instant, Stamp};

/// Where stamps come from.
pub trait Clock: Send {
    /// The wall clock and the boot clock, now.
    fn now(&self) -> Stamp;

    /// The machine's hardware clock, which runs while it is off; `None` where
    /// there is none, or it does not tell.
    fn hardware(&self) -> Option<Instant> {
        None
    }
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

    fn hardware(&self) -> Option<Instant> {
        // Documentation/ABI/testing/sysfs-class-rtc: seconds since 1970, in whatever it keeps.
        let text = std::fs::read_to_string("/sys/class/rtc/rtc0/since_epoch").ok()?;
        Instant::from_unix(text.trim().parse().ok()?).ok()
    }
}
