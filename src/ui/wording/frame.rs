//! Sentences of the frame around every screen: the bench (devices, media), and
//! how long a step and the ceremony take against what the script allows.

use crate::base::device::PinState;

/// Heading.
pub const BENCH: &str = "BENCH";
/// A bench row about the media.
pub const MEDIA: &str = "media";

/// Nothing has been written.
pub const MEDIA_EMPTY: &str = "nothing is on it yet";
/// Files on their way.
pub const MEDIA_WRITING: &str = "BEING WRITTEN";
/// Written, and unmounted or a folder.
pub const MEDIA_UNREAD: &str = "written; not read back yet";
/// Written, and still mounted.
pub const MEDIA_MOUNTED: &str = "WRITTEN, STILL MOUNTED";
/// Read again.
pub const MEDIA_READ: &str = "written and read back";
/// Read again, and mounted until the seal.
pub const MEDIA_STAYS: &str = "read back; LEAVE IT IN";
/// The seal on its way.
pub const MEDIA_SEALING: &str = "SEAL BEING WRITTEN";
/// All of it.
pub const MEDIA_SEALED: &str = "sealed; safe to remove";

/// How many tries a PIN has left, in a few words; empty where nothing is known.
#[must_use]
pub fn tries(pin: PinState) -> String {
    match pin {
        PinState::Unset => "no PIN set".to_owned(),
        PinState::Ready => "no wrong PIN known".to_owned(),
        PinState::Left(1) | PinState::Last => "LAST TRY".to_owned(),
        PinState::Left(n) => format!("{n} tries left"),
        PinState::Low => "few tries left".to_owned(),
        PinState::Locked => "0 tries left".to_owned(),
    }
}

/// The second line of a device: its label, its tries, what else is known.
#[must_use]
pub fn device(label: &str, tries: &str, retired: bool) -> String {
    let label = if label.is_empty() {
        "no label".to_owned()
    } else {
        format!("\"{label}\"")
    };
    let retired = if retired { ", makes no more keys" } else { "" };
    format!("  {label}, {tries}{retired}")
}

/// Minutes and seconds.
#[must_use]
pub fn minutes(seconds: u64) -> String {
    format!("{}:{:02}", seconds.div_euclid(60), seconds.rem_euclid(60))
}

/// How long the step takes, against what the script allows.
#[must_use]
pub fn step_time(seconds: u64, allowed: u32) -> String {
    let over = if seconds > u64::from(allowed).saturating_mul(60) {
        ", over"
    } else {
        ""
    };
    format!("step {} of {allowed}:00{over}", minutes(seconds))
}

/// How long the ceremony takes.
#[must_use]
pub fn all_time(seconds: u64, allowed: u32) -> String {
    format!("all {} of {allowed} min", seconds.div_euclid(60))
}

/// How many steps are done.
#[must_use]
pub fn progress(done: usize, of: usize) -> String {
    format!("{done} of {of} steps done")
}

/// Rows that have no place.
#[must_use]
pub fn more_rows(rows: usize) -> String {
    format!("  .. {rows} more (F4)")
}

/// What the script allows for a step.
#[must_use]
pub fn allowed(minutes: u32) -> String {
    format!("{minutes} min")
}
