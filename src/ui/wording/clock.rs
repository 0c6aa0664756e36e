//! Sentences where the clock is confirmed: what is asked, why it is not believed,
//! what to do about it.

use crate::engine::ClockDoubt;

/// Field.
pub const CLOCK_FIELD: &str = "UTC, as YYYY-MM-DD HH:MM";
/// Below the form.
pub const CLOCK_NEXT: &str = "Next: it is compared with this machine's clock.";
/// What to do about a difference.
const CLOCK_MEND: &[&str] = &[
    "  - You mistyped, or read another clock: type it again.",
    "  - This machine is wrong: pause with Ctrl-C, set its clock, resume.",
];
/// What to do about a hardware clock that differs.
const CLOCK_MEND_HARDWARE: &[&str] = &[
    "  - Whoever runs this machine sets it: pause with Ctrl-C, then in a shell:",
    "    hwclock --systohc --utc     Then resume.",
    "  - If it stops with the power, its battery is empty: use another machine.",
];
/// What to do about a machine that is too early.
const CLOCK_MEND_BEFORE: &[&str] = &[
    "  - Somebody read the same wrong clock: read another one.",
    "  - This machine is wrong: pause with Ctrl-C, set its clock, resume.",
];
/// What to do about a clock that was set in between.
const CLOCK_MEND_JUMPED: &[&str] = &[
    "  - Find out who or what set it: no time service may run here.",
    "  - Then type the time again.",
];
/// In rehearsals.
pub const CLOCK_SECOND: &str = "Rehearsal: F3 shows a simulated second machine with a clock.";

/// Why this is asked.
#[must_use]
pub fn clock_why(tolerance_s: i64) -> Vec<String> {
    let minutes = tolerance_s.div_euclid(60);
    vec![
        "The expiry dates of everything that is signed today follow from this time.".to_owned(),
        format!("It may differ from this machine's clock by at most {minutes} minutes."),
        "UTC is not local time. Example of the form: 2031-05-04 09:30".to_owned(),
    ]
}

/// Instruction. A doubt comes first: typing the same again would fail again.
#[must_use]
pub fn clock_say(number: u32, of: u32, doubt: Option<&ClockDoubt>) -> String {
    match (doubt, number, of) {
        (Some(ClockDoubt::Before { .. }), ..) => {
            "This machine's clock is too early. Read below before you type.".to_owned()
        }
        (Some(ClockDoubt::Jumped { .. }), ..) => {
            "This machine's clock was changed. Read below before you type.".to_owned()
        }
        (Some(ClockDoubt::Hardware { .. }), ..) => {
            "This machine's hardware clock is wrong. Read below before you type.".to_owned()
        }
        (Some(_), ..) => "The clocks do not agree. Read below before you type.".to_owned(),
        (None, _, 1) => "Read the time in UTC from another clock, not from this machine. Type it.".to_owned(),
        (None, 1, of) => {
            format!("Clock 1 of {of}: read the time in UTC from a clock, not from this machine.")
        }
        (None, number, of) => {
            format!("Clock {number} of {of}: another person reads a different clock, in UTC. Type it.")
        }
    }
}

/// Which of several readings this is, below a doubt.
#[must_use]
pub fn clock_reading(number: u32, of: u32) -> String {
    match number {
        1 => format!("This is clock 1 of {of}."),
        _ => format!("This is clock {number} of {of}: another person reads a different clock."),
    }
}

/// Why the clock is not confirmed, and what to do.
#[must_use]
pub fn clock_doubt(doubt: &ClockDoubt) -> (String, &'static [&'static str]) {
    match doubt {
        ClockDoubt::Typed { seconds } => (
            format!("This machine is {} the time that you typed.", apart(*seconds)),
            CLOCK_MEND,
        ),
        ClockDoubt::Hardware { seconds } => (
            format!(
                "Your clock and the system clock agree; the hardware clock is {} the system clock.",
                apart(*seconds)
            ),
            CLOCK_MEND_HARDWARE,
        ),
        ClockDoubt::Jumped { seconds } => (
            format!(
                "This machine's clock was set since the last reading: it is {} where it should be.",
                apart(*seconds)
            ),
            CLOCK_MEND_JUMPED,
        ),
        ClockDoubt::Before { bound, what } => (
            format!(
                "The time cannot be right: {what} was at {}, which is later.",
                super::utc_minutes(*bound)
            ),
            CLOCK_MEND_BEFORE,
        ),
    }
}

/// How far one clock is from another.
fn apart(seconds: i64) -> String {
    let all = seconds.unsigned_abs();
    let (days, hours) = (all.div_euclid(86_400), all.div_euclid(3600).rem_euclid(24));
    let minutes = all.div_euclid(60).rem_euclid(60);
    let mut parts = Vec::new();
    for (n, word) in [(days, "d"), (hours, "h"), (minutes, "min")] {
        if n > 0 {
            parts.push(format!("{n} {word}"));
        }
    }
    let side = if seconds < 0 { "behind" } else { "ahead of" };
    format!("{} {side}", parts.join(" "))
}

/// The difference looks like a time zone.
#[must_use]
pub fn clock_hours(hours: u64) -> String {
    let hours = match hours {
        1 => "1 hour".to_owned(),
        n => format!("{n} hours"),
    };
    format!("That is close to {hours}: was it local time instead of UTC?")
}
