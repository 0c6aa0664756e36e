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
    let lines = match records {
        0 => return "No record has been begun.".to_owned(),
        1 => "1 record line, whole".to_owned(),
        n => format!("{n} record lines, the last one whole"),
    };
    match copies {
        None => format!("On disk: {lines}."),
        Some(copies) => format!("On disk: {lines} ({copies})."),
    }
}

/// How to go on, wherever that is possible.
pub const RESUME: &str = "To go on afterwards: tuf-ceremony resume.";
/// Nothing is pending.
pub const NOTHING: &str =
    "No device is doing anything. What is half typed is lost; after resume this step begins again.";
/// New secrets exist in memory and on paper.
pub const PAPERS: &str = "Secrets that were made for this set-up are forgotten with the program: throw their papers away, except an SO PIN that the device already has.";
/// Somebody is logged in.
pub const LOGGED_IN: &str = "Who is logged in to a device is logged out; its PIN is asked again.";
/// The clock's readings are compared within one run.
pub const READINGS: &str = "Clocks that were read in this step are read again.";
/// A formal break.
pub const AWAY: &str = "The formal break stands: after resume the bags and seals are compared.";

/// Something that changes nothing is asked of a device or of the machine.
#[must_use]
pub fn asked(what: &str) -> String {
    format!("Under way, and changing nothing: {what}. After resume it is asked again.")
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
            "It may be half set up. After resume it is set up again from the beginning; nothing of value is on it."
        }
        What::Unlock { .. } => {
            "A wrong PIN may have cost a try. After resume its tries are shown before a PIN is asked."
        }
        What::Generate { .. } => {
            "The key may be on it already. After resume the program looks there first and makes no second key."
        }
        What::Sign { .. } => {
            "It may have signed. After resume the same bytes are signed again, which states nothing new."
        }
        What::Retire { .. } => "Its provisioner may be gone. After resume the program looks whether it is.",
        _ => "After resume it is looked at before anything is done.",
    }
}

/// A failure that leaves it open.
pub const UNCLEAR: &str = "The device failed and cannot say whether it did what it was told; the failure is in the record. Do not swap the device. After resume the step looks at it before anything else.";
/// Files on their way to the media.
pub const WRITING: &str = "The media may hold a part of the files, under a name that says so. The record has all of them. After resume they are written again and read back.";
/// The seal on its way.
pub const SEALING: &str = "The ceremony is closed; the record, its checkpoint and the checksums are on their way to the media. Everything is in the record. After resume the seal is written again.";
/// Written, not read back.
pub const UNREAD: &str = "The files are on the media. They count only after the program has read them back. After resume you are asked to put the media back, and they are read.";
/// The record or the media failed.
pub const FAILED: &str = "What is on disk is whole up to its last line. Nothing more is written. The screen behind this page says what failed.";
/// A pause.
pub const PAUSED: &str = "Everything that was done is on disk. Nothing is in use; devices are logged out.";
/// An abort.
pub const ABORTED: &str =
    "Everything that was done is on disk, and why it was aborted. Nothing is in use; devices are logged out.";
/// After the seal.
pub const SEALED: &str = "The record is closed and whole, and the bundle is sealed. Devices are logged out.";
/// After the seal, where the program did not unmount.
pub const MOUNTED: &str = "The media is still mounted: unmount it before you take it out.";
/// An answer is on its way to the record.
pub const SENT: &str = "Your last answer is being written. If it is not on disk, the question comes again.";
