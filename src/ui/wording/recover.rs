//! Sentences for a ceremony that stopped in the middle of something: what was
//! under way, what that means, what follows.

use crate::base::Instant;

/// Instruction.
pub const SAY: &str = "The program stopped in the middle of something. Read this, then type recover.";
/// Field.
pub const FIELD: &str = "Type recover";
/// Name of a fact.
pub const WAS: &str = "Was under way";
/// Name of a fact.
pub const THEN: &str = "What follows";
/// Below the form.
pub const NEXT: &str = "Next: the step begins again; the record counts a deviation.";
/// Name of a fact.
pub const STOPPED: &str = "Stopped";

/// Instruction, where the device that it is about does not answer.
#[must_use]
pub fn say_absent(token: &str) -> String {
    format!("The program stopped in the middle of something. Plug {token} in. Read this, then type recover.")
}

/// When the record ended.
#[must_use]
pub fn stopped(at: Instant) -> String {
    format!("{} (the record's last line)", super::utc_minutes(at))
}

/// What a recovery came to, above the step's next question.
#[must_use]
pub fn settled(found: &str) -> String {
    format!("Recovered: {found}.")
}

/// A stop that left nothing open.
#[must_use]
pub fn resumed(at: Instant) -> String {
    format!(
        "Started again. It had stopped ({}) while nothing was under way. Nothing is lost; nobody is logged in.",
        super::utc_minutes(at)
    )
}

/// No reason was given.
pub const SILENT: &str = "it does not answer";

/// The device that it is about does not answer.
#[must_use]
pub fn absent(why: &str) -> String {
    format!("NOT FOUND (looked for once, at the start): {why}")
}

/// Another device does not answer.
#[must_use]
pub fn absent_elsewhere(why: &str) -> String {
    format!("not found ({why}); this step does not need it")
}

/// A device that tells nothing of its keys yet.
#[must_use]
pub fn there_closed(label: &str) -> String {
    format!("found, label \"{label}\". It shows its keys after a login.")
}

/// A device with its keys.
#[must_use]
pub fn there(label: &str, keys: usize) -> String {
    format!("found, label \"{label}\", with {}.", keys_of(keys))
}

/// The device that a key was ordered from.
#[must_use]
pub fn there_with(label: &str, keys: usize, ours: bool) -> String {
    let ours = if ours {
        "The key that was ordered is one of them."
    } else {
        "The key that was ordered is not among them."
    };
    format!("found, label \"{label}\", with {}. {ours}", keys_of(keys))
}

fn keys_of(keys: usize) -> String {
    match keys {
        1 => "1 key".to_owned(),
        n => format!("{n} keys"),
    }
}

/// A key.
pub const GENERATE: &str = "The device may have made the key, or not.";
/// A key.
pub const GENERATE_CHANGED: &str = "Not known yet. Other keys on the device are as they were.";
/// A key.
pub const GENERATE_THEN: &str =
    "Log in. If the device holds this key already, it is used. If not, you are asked before it is made.";
/// A signature.
pub const SIGN: &str = "The device may have signed, or not. The signature is not in the record.";
/// A signature.
pub const SIGN_CHANGED: &str = "Not known. The keys on the device are as they were.";
/// A signature.
pub const SIGN_THEN: &str =
    "The same bytes are signed again after you confirm. That is safe: it states nothing new.";
/// A seat's signature of the record.
pub const SIGN_HEAD_THEN: &str =
    "A lost signature of the record does no harm: the record as it is then is signed.";
/// A set-up.
pub const SET_UP: &str = "The device may be half set up. No key that is needed is on it.";
/// A set-up.
pub const SET_UP_CHANGED: &str = "Perhaps: what was on the device before may be gone.";
/// A set-up.
pub const SET_UP_THEN: &str = "It is set up from the beginning. Papers with secrets that were made before count no more: throw them away, except an SO PIN that the device already has. A YubiHSM 2 may have to be reset by hand first.";
/// A login.
pub const UNLOCK: &str = "The device may have been asked; a wrong PIN may have cost a try.";
/// A login.
pub const UNLOCK_CHANGED: &str = "Perhaps: the count of its wrong PINs, and nothing else.";
/// A login.
pub const UNLOCK_THEN: &str =
    "The device is shown with what it says of its tries, then its PIN is asked again.";
/// A retirement.
pub const RETIRE: &str = "The device's provisioner may be deleted, or not.";
/// A retirement.
pub const RETIRE_CHANGED: &str = "Perhaps: the provisioner. The keys on the device are as they were.";
/// A retirement.
pub const RETIRE_THEN: &str = "The program looks whether it is gone. If it is not, you are asked again.";
/// An export.
pub const EXPORT: &str = "The media may hold a part of the files. They are not under their final name.";
/// An export.
pub const EXPORT_CHANGED: &str = "Perhaps: the media. The devices and the record are untouched.";
/// An export.
pub const EXPORT_THEN: &str = "All files are written again from the record and read back.";
