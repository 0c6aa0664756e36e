//! What a ceremony found out about the machine's clock, and why it may not
//! believe it: the facts of the `clock` step, as the state and the screens have
//! them.

use serde::Serialize;

use crate::base::Instant;

/// What was found out about the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClockFact {
    /// What a person read from another clock.
    pub typed: Instant,
    /// What this machine said at that moment.
    pub machine: Instant,
    /// CLOCK_BOOTTIME at that moment, in milliseconds.
    pub mono_ms: u64,
    /// Seconds by which the machine's hardware clock was ahead of it; `None`: the
    /// machine has none, or does not tell.
    pub rtc_s: Option<i64>,
}

/// Why the machine's clock is not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ClockDoubt {
    /// The machine is ahead of what a person read.
    Typed {
        /// By so much.
        seconds: i64,
    },
    /// The hardware clock is ahead of the system's.
    Hardware {
        /// By so much.
        seconds: i64,
    },
    /// The system's clock was set since the last reading.
    Jumped {
        /// Forward by so much.
        seconds: i64,
    },
    /// It is earlier than something that exists.
    Before {
        /// When that came about, at the earliest.
        bound: Instant,
        /// What it is.
        what: String,
    },
}

impl ClockDoubt {
    /// The stable word in the record.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            ClockDoubt::Typed { .. } => "typed",
            ClockDoubt::Hardware { .. } => "hardware-clock",
            ClockDoubt::Jumped { .. } => "jumped",
            ClockDoubt::Before { .. } => "before",
        }
    }

    /// One line for people.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            ClockDoubt::Typed { seconds } => {
                format!(
                    "the machine's clock and the other one are {} s apart",
                    seconds.abs()
                )
            }
            ClockDoubt::Hardware { seconds } => {
                format!(
                    "the machine's system clock and its hardware clock are {} s apart",
                    seconds.abs()
                )
            }
            ClockDoubt::Jumped { seconds } => {
                format!("the machine's clock was set by {seconds} s between two readings")
            }
            ClockDoubt::Before { bound, what } => format!("the time is before {bound}: {what}"),
        }
    }
}
