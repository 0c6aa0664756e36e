//! Sentences about the machine's surroundings: the light in the status line, the
//! frozen ceremony, the machine check. The cards of findings are in `fault`.

use crate::base::machine::{Device, Finding, Weight};

use super::safe;

/// The light: nothing was found.
pub const LIGHT_GOOD: &str = "machine: good";
/// The light: something refuses, and this is a rehearsal.
pub const LIGHT_REHEARSAL: &str = "machine: NOT READY";
/// The light: production waits.
pub const LIGHT_FROZEN: &str = "machine: FROZEN";
/// The light: there was no look.
pub const LIGHT_NONE: &str = "machine: not seen";

/// The light: nothing refuses, something is to be known.
#[must_use]
pub fn light_warned(count: usize) -> String {
    match count {
        1 => "machine: 1 warning".to_owned(),
        n => format!("machine: {n} warnings"),
    }
}

/// Instead of who acts.
pub const FROZEN_WHO: &str = "FROZEN: hands off";
/// Instruction.
pub const FROZEN_SAY: &str = "The ceremony is frozen. Take your hands off and look at the machine.";
/// While a device works.
pub const FROZEN_WORKING: &str =
    "A device is working: leave it plugged in. What it answers is recorded; nothing else begins.";
/// What goes on.
pub const FROZEN_OPEN: &str = "The open question waits. What was half typed is wiped.";
/// Without anything to type.
pub const FROZEN_NEXT: &str = "Nothing to type: it goes on by itself within two seconds when this is gone. F2 notes what happened, Ctrl-C pauses.";
/// With a device to accept.
pub const FROZEN_NEXT_DEVICE: &str = "Unplug it, and it goes on by itself. Only if it must stay: somebody of another role types these. Ctrl-C pauses.";
/// Fields of an acceptance.
pub const FROZEN_FIELDS: &[&str] = &["Device that stays", "Who accepts it", "Why"];
/// After it.
pub const THAWED: &str =
    "The machine is quiet again. What was half typed before is gone: begin this answer anew.";

/// Home screen and verb: title when production would start.
pub const READY: &str = "Production would start on this machine.";
/// Title when it would not.
pub const NOT_READY: &str = "Production would NOT start on this machine.";
/// Above what refuses.
pub const REFUSES: &str = "REFUSED";
/// Above what is only shown.
pub const WARNS: &str = "TO KNOW";
/// Above the devices.
pub const DEVICES: &str = "Input, storage and network devices that are plugged in now";
/// No device.
pub const NO_DEVICES: &str = "none";
/// Below.
pub const LIVE: &str = "Looked at anew every second. These are the system's words: firmware, hidden radios and a kernel that lies are beyond any check.";
/// Headings of a card.
pub const FACT: &str = "found";
/// Headings of a card.
pub const MEANS: &str = "meaning";
/// Headings of a card.
pub const DO: &str = "do";
/// Heading in the plan and state.
pub const OVERVIEW: &str = "MACHINE";
/// In a rehearsal beside what refuses.
pub const GOES_ON: &str =
    "A rehearsal goes on beside this. A production ceremony would not start, and would freeze.";
/// Nothing was found.
pub const NOTHING: &str = "Nothing was found against a production ceremony.";

/// A finding in one line.
#[must_use]
pub fn finding(finding: &Finding) -> String {
    let weight = match finding.code.weight() {
        Weight::Refuses => REFUSES,
        Weight::Warns => WARNS,
    };
    let about = match finding.about.as_str() {
        "" => String::new(),
        about => format!(": {}", safe(about)),
    };
    format!("{weight} {}{about}", finding.code.word())
}

/// A device in one line.
#[must_use]
pub fn device(device: &Device) -> String {
    safe(&device.line())
}

/// A device that is new, in one line.
#[must_use]
pub fn unlisted(device: &Device) -> String {
    format!("NEW {}", safe(&device.line()))
}
