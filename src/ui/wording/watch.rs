//! What the watching view says: one large word, one plain sentence, and why
//! something is not shown. It speaks to a room that looks on, not to the person
//! who types.

use crate::engine::{AttesterAct, Confirm, Question};

/// On every screen of the view, word for word (DESIGN 5).
pub const LABEL: &str = "FOLLOWS THE RECORD - not a source for comparisons";
/// Footer.
pub const KEY_END: &str = "ends this view; the ceremony goes on";
/// Footer, where there is room.
pub const ONLY_READS: &str = "This view reads the record and changes nothing.";

/// The large word, where it is no role.
pub const BIG_EVERYBODY: &str = "EVERYBODY";
/// The large word.
pub const BIG_MACHINE: &str = "MACHINE";
/// The large word.
pub const BIG_PAUSED: &str = "PAUSED";
/// The large word.
pub const BIG_FROZEN: &str = "FROZEN";
/// The large word.
pub const BIG_ABORTED: &str = "ABORTED";
/// The large word.
pub const BIG_CLOSED: &str = "CLOSED";
/// The large word.
pub const BIG_WAITING: &str = "WAITING";
/// The large word.
pub const BIG_NO_RECORD: &str = "NO RECORD";
/// The large word.
pub const BIG_LOST: &str = "LOST";

/// Above the large word.
pub const ACTS_NOW: &str = "Acts now:";
/// Above the large word, where nobody acts.
pub const STANDS: &str = "The ceremony is:";
/// Above the large word, without a record to follow.
pub const THIS_VIEW: &str = "This view:";

/// Without a record.
pub const ABSENT: &str = "There is no record here. It is looked for again and again: if a ceremony starts in this folder, or its medium comes back, this view goes on by itself.";
/// A record without a line.
pub const EMPTY: &str = "The record has no whole line yet. Its first one is being written.";
/// After a pause.
pub const PAUSED: &str = "Everything is on disk. The ceremony goes on when it is resumed.";
/// While the machine is not quiet.
pub const FROZEN: &str = "Something around the machine has changed. Hands off: the first screen says what, and the ceremony goes on by itself when it is gone.";
/// After an abort.
pub const ABORTED: &str = "The ceremony ended without a result. The record stays and says why.";
/// After the close.
pub const CLOSED: &str = "The record is closed. The seal is written by the machine that leads; look there whether the media may be taken out.";
/// While an effect is under way.
pub const WORKS: &str = "The machine or a device works. Wait for it.";

/// Instead of words, while they are compared.
pub const HIDDEN_COMPARED: &str = "No digest and no words are shown now: they are being compared, and whoever types them must read them from another source than this machine.";
/// Instead of words, around a break.
pub const HIDDEN_BREAK: &str = "No digest and no words are shown now: those of the record stand on paper, are kept during the break, and are compared after it.";

/// Above the payload's words.
#[must_use]
pub fn payload(file: &str) -> String {
    format!("The bytes of {file} that are to be signed, SHA-256 in 32 words:")
}

/// Above the words of the record's head.
pub const HEAD: &str = "The record's last line, SHA-256 in words:";
/// Beside the first words, where not all have room.
pub const MORE_WORDS: &str = ".. (32 in all)";
/// Above the meters.
pub const SIGNED: &str = "Signatures:";

/// Beside a meter.
#[must_use]
pub fn meter(have: usize, need: u64, more: u64) -> String {
    match more {
        0 => format!("{have} of {need}: complete"),
        more => format!("{have} of {need}: {more} more"),
    }
}

/// The step's place in the plan.
#[must_use]
pub fn step(number: usize, of: usize) -> String {
    format!("step {number} of {of}")
}

/// When the last line was written.
#[must_use]
pub fn last_line(at: &str) -> String {
    format!("last line at {at}")
}

/// Bytes that are not whole.
#[must_use]
pub fn torn(bytes: u64) -> String {
    format!("a line is being written ({bytes} bytes)")
}

/// A record that cannot be followed.
#[must_use]
pub fn lost(line: u64, why: &str) -> String {
    let place = match line {
        0 => "The record cannot be read".to_owned(),
        line => format!("The record cannot be followed from line {line} on"),
    };
    format!(
        "{place}: {why}. What this view showed before may be old. Look at the machine that leads; verify judges the record."
    )
}

/// What is asked now, for people who look on. Never an answer to it.
#[must_use]
pub fn asks(question: &Question) -> String {
    match question {
        Question::Begin => "Everybody reads the briefing. Then one person types begin.".to_owned(),
        Question::Seat { role, seat, again } => {
            let round = if *again {
                "again, the quorum was missed: "
            } else {
                ""
            };
            format!("Roll call, {round}who sits on the seat {role} {seat}?")
        }
        Question::Clock { .. } => {
            "The time is read from another clock and typed. No clock is shown here meanwhile.".to_owned()
        }
        Question::Item { .. } => "A line of the checklist is read aloud and looked at.".to_owned(),
        Question::Number { .. } => "The number of a bag or seal is read from the thing itself.".to_owned(),
        Question::Differs { .. } => {
            "The number on a bag or seal is not the recorded one. People decide whether to go on.".to_owned()
        }
        Question::Serial { token, .. } => {
            format!("Which device is {token}? Its serial is read from its body.")
        }
        Question::SetUp { token, .. } => {
            format!("The device {token} is set up. Look away from the keyboard while secrets are typed.")
        }
        Question::Cover { token } => {
            format!("A secret of {token} will be shown on the first screen. Only its keeper may see it.")
        }
        Question::Dice { token, .. } => {
            format!("Dice are rolled for a secret of {token}. Only its keeper may see them.")
        }
        Question::Copy { token, .. } => {
            format!("A secret of {token} is written on paper. Only its keeper may see it.")
        }
        Question::Pin { token, wrong, .. } => {
            let tried = match wrong {
                0 => String::new(),
                wrong => format!(" Wrong tries so far: {wrong}."),
            };
            format!("The device {token} is unlocked. Look away from the keyboard.{tried}")
        }
        Question::Confirm { what } => confirm(*what).to_owned(),
        Question::Review { metadata } => {
            format!("The whole payload of {metadata} is read aloud, to its end.")
        }
        Question::Words { wrong, .. } => {
            let tried = match wrong {
                0 => String::new(),
                wrong => format!(" Wrong tries so far: {wrong}."),
            };
            format!("Words of a digest are compared with another source.{tried}")
        }
        Question::Reopen { .. } => {
            "A comparison is locked after wrong words. A second person opens it and says what happened."
                .to_owned()
        }
        Question::Recover { .. } => {
            "The program stopped while something was under way. What came of it is looked at first."
                .to_owned()
        }
        Question::Attester { attester, act } => match act {
            AttesterAct::Enrol => format!("The seat {attester} may enrol its audit key."),
            AttesterAct::Countersign => {
                format!("The seat {attester} may sign the record's head with its audit key.")
            }
        },
        Question::Frozen => FROZEN.to_owned(),
        Question::Trouble { .. } => {
            "Something failed. Nothing is tried again by itself: people read the card and decide.".to_owned()
        }
    }
}

fn confirm(what: Confirm) -> &'static str {
    match what {
        Confirm::Generate => {
            "A key will be made on the device. It is confirmed with the end of the serial on its body."
        }
        Confirm::Sign => "A signature will be made. It is confirmed with the end of the serial on the body.",
        Confirm::Retire => {
            "The device gives up making keys for ever. It is confirmed with the end of its serial."
        }
        Confirm::Break => "A break: the words of the record are written on paper.",
        Confirm::Export => "The files will leave on the media.",
        Confirm::PutBack => "The media is taken out and put back, so that what is on it is read again.",
        Confirm::Close => "The record will be closed. Nothing can be added after it.",
    }
}
