//! Sentences about the machine's surroundings: the light in the status line, the
//! frozen ceremony, the machine check. The cards of findings are in `fault`.

use crate::base::machine::{Device, Finding, Weight};

use super::safe;

/// The light: nothing was found.
pub const LIGHT_GOOD: &str = "machine: good";
/// The light: something refuses, and this is a rehearsal.
pub const LIGHT_REHEARSAL: &str = "machine: practice";
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
pub const FROZEN_WHO: &str = "FROZEN: read below";
/// Instruction.
pub const FROZEN_SAY: &str = "Frozen. Nobody types here. Read together what is named below, then remove it.";
/// Instruction, where a new device may stay.
pub const FROZEN_SAY_DEVICE: &str = "Frozen. Read together what is named below, then unplug it.";
/// Was anything changed; what goes on.
pub const FROZEN_CHANGED: &str = "No. The open question waits. What was half typed is wiped.";
/// Name of a fact.
pub const FROZEN_DEVICE: &str = "New device";
/// Without anything to type.
pub const FROZEN_NEXT: &str = "Type nothing here. Within two seconds after it is gone the ceremony goes on by itself. F2 notes it. Ctrl-C pauses.";
/// With a device that nobody may accept yet.
pub const FROZEN_NEXT_NOBODY: &str = "Unplug it, and the ceremony goes on by itself. Nobody of another role is named yet who could accept it. Ctrl-C pauses.";
/// Fields of an acceptance.
pub const FROZEN_FIELDS: &[&str] = &[
    "Device that stays, as 1234:abcd",
    "Name, from the roll call",
    "Why",
];
/// After it.
pub const THAWED: &str =
    "The machine is as it should be again. What you were typing was not kept: type this answer again.";

/// While something is done.
#[must_use]
pub fn frozen_working(label: &str) -> String {
    format!("Still under way: {label}. Leave what it uses plugged in; its outcome is recorded.")
}

/// With a device to accept: who acts, and who may.
#[must_use]
pub fn frozen_next(acting: &str, others: &[&str]) -> String {
    format!(
        "Unplug it, and the ceremony goes on by itself. Only if it must stay: {acting} acts, so somebody of another role ({}) types these.",
        others.join(", ")
    )
}

/// One of the things that stand against going on: in words, then by its code.
#[must_use]
pub fn frozen_line(number: usize, of: usize, fact: &str, code: &str) -> String {
    let fact = fact.trim_end_matches('.');
    match of {
        1 => format!("{fact} ({code})"),
        _ => format!("{number} of {of}: {fact} ({code})"),
    }
}

/// Before what refuses.
pub const REFUSES: &str = "NOT ALLOWED";
/// Before what is only shown.
pub const WARNS: &str = "WARNING";
/// Above the devices.
pub const DEVICES: &str = "Input, storage and network devices that are plugged in now";
/// No device.
pub const NO_DEVICES: &str = "none";
/// Below.
pub const LIVE: &str = "Checked again every second. The program sees only what the system reports: not firmware, not hidden radios, not a manipulated kernel.";
/// Headings of a card.
pub const FACT: &str = "Found";
/// Heading in the plan and state.
pub const OVERVIEW: &str = "MACHINE";
/// In a rehearsal beside what refuses.
pub const GOES_ON: &str =
    "This rehearsal goes on all the same. A production ceremony would not start; one that runs would freeze.";

/// Title of the machine check: whether production would start.
#[must_use]
pub fn title(refusing: usize, warnings: usize) -> String {
    match (refusing, warnings) {
        (0, 0) => "Machine check: this machine is ready for a production ceremony.".to_owned(),
        (0, 1) => "Machine check: ready for a production ceremony, with 1 warning.".to_owned(),
        (0, n) => format!("Machine check: ready for a production ceremony, with {n} warnings."),
        (1, _) => "Machine check: NOT ready for a production ceremony. 1 thing to correct.".to_owned(),
        (n, _) => format!("Machine check: NOT ready for a production ceremony. {n} things to correct."),
    }
}

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
