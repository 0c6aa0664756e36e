//! "What happens if I pull the plug now?", in plain words: one of three answers,
//! then what the record knows is open, then what a resume does. Which of them is
//! told is the engine's rule (`engine::pending`), never a screen's guess.

use crate::engine::{Plug, What};

/// The answer in four words.
#[must_use]
pub fn class(plug: Plug) -> &'static str {
    match plug {
        Plug::NothingLost => "NOTHING IS LOST.",
        Plug::DeviceMayHaveActed => "A DEVICE MAY HAVE ACTED.",
        Plug::CopiesBeingWritten => "COPIES ARE NOT FINISHED.",
    }
}

/// How much is on disk.
#[must_use]
pub fn on_disk(records: u64, copies: Option<&str>) -> String {
    match (records, copies) {
        (0, _) => "No record has been begun.".to_owned(),
        (n, None) => format!("On disk: {n} record lines, the last one whole."),
        (n, Some(copies)) => format!("On disk: {n} record lines, the last one whole ({copies})."),
    }
}

/// Nothing is pending.
pub const NOTHING: &str = "No device is doing anything. What is half typed here is not kept. Resume, and the present step starts again.";
/// New secrets exist in memory and on paper.
pub const PAPERS: &str = "Secrets that were made for this set-up are forgotten with the program: throw their papers away, except an SO PIN that the device already has.";
/// Somebody is logged in.
pub const LOGGED_IN: &str = "Who was logged in to a device is logged out; its PIN is asked again.";
/// The clock's readings are compared within one run.
pub const READINGS: &str = "Clocks that were read in this step are read again.";
/// A formal break.
pub const AWAY: &str = "The formal break stands: after a resume the bags and seals are compared.";

/// Something that changes nothing is asked of a device or of the machine.
#[must_use]
pub fn asked(what: &str) -> String {
    format!("Under way, and changing nothing: {what}. Resume, and it is asked again.")
}

/// An act without an outcome.
#[must_use]
pub fn acted(label: &str, working: bool) -> String {
    if working {
        format!("Ordered and not answered: {label}. Leave the device where it is until it answers.")
    } else {
        format!("Ordered before the program stopped, and not settled: {label}. Leave the device plugged in.")
    }
}

/// What the device may have done, and what follows.
#[must_use]
pub fn may_have(what: &What) -> &'static str {
    match what {
        What::Initialise { .. } => {
            "It may be half set up. Resume: it is set up again from the beginning; nothing of value is on it."
        }
        What::Unlock { .. } => {
            "A wrong PIN may have spent a try. Resume: its tries are shown before a PIN is asked."
        }
        What::Generate { .. } => {
            "It may hold the key. Resume: it is asked by the order's id; a key that is there is adopted, never made twice."
        }
        What::Sign { .. } => {
            "It may have signed. Resume: the same bytes are signed again, which states nothing new."
        }
        What::Retire { .. } => "Its provisioner may be gone. Resume: the device is asked whether it is.",
        _ => "Resume: it is looked at before anything is done.",
    }
}

/// A failure that leaves it open.
pub const UNCLEAR: &str = "The device failed and cannot say whether it did what it was told. The failure is in the record. Resume, and the step looks at the device before anything else.";
/// Files on their way to the media.
pub const WRITING: &str = "The media may hold a part of the files, under a name that says so. The record has all of them. Resume: they are written again and read back.";
/// The seal on its way.
pub const SEALING: &str = "The ceremony is closed; transcript and checksums are on their way to the media. The record has everything. Resume: the seal is written again.";
/// Written, not read back.
pub const UNREAD: &str = "The files are on the media and count only when they were read from it again. Resume: you are asked to put it back, and they are read.";
/// The record or the media failed.
pub const FAILED: &str =
    "The program writes nothing more. What the card says was the last thing that it knows.";
/// The end of a run.
pub const ENDED: &str = "The record is complete as it stands; no device and no media is in use.";
/// An answer is on its way to the record.
pub const SENT: &str = "Your last answer is being written. If it is not on disk, the question comes again.";
