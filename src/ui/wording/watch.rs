//! What the watching view says: one large word, one plain sentence, and why
//! something is not shown. It speaks to a room that looks on, not to the person
//! who types.

use crate::base::device::Changed;
use crate::engine::{AttesterAct, Confirm, Effect, Question, Trouble};

/// On every screen of the view, word for word (DESIGN 5).
pub const LABEL: &str = "FOLLOWS THE RECORD - not a source for comparisons";
/// Footer.
pub const KEY_END: &str = "ends this view only";
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
pub const BIG_STARTING: &str = "STARTING";
/// The large word.
pub const BIG_NO_RECORD: &str = "NO RECORD";
/// The large word.
pub const BIG_STOPPED: &str = "VIEW STOPPED";

/// Above the large word.
pub const ACTS_NOW: &str = "Acts now:";
/// Above the large word, where nobody acts.
pub const STANDS: &str = "The ceremony is:";
/// Above the large word, without a record to follow.
pub const THIS_VIEW: &str = "This view:";

/// Without a record.
pub const ABSENT: &str = "There is no record here. This view looks for it again and again, and goes on by itself when it is there.";
/// A record without a line.
pub const EMPTY: &str = "The ceremony is just starting: its record has no whole line yet.";
/// After a pause.
pub const PAUSED: &str = "Everything is on disk. The ceremony goes on when it is resumed.";
/// While the machine is not quiet.
pub const FROZEN: &str = "Something around the ceremony's machine has changed. Nobody types: its screen says what it is, and the ceremony goes on by itself when it is gone.";
/// After an abort.
pub const ABORTED: &str = "The ceremony ended without a result. The record stays and says why.";
/// After the close.
pub const CLOSED: &str = "The record is closed. The seal may still be being written: look at the ceremony's machine before you take the media out.";
/// Before the first effect.
pub const WORKS: &str = "The machine works. Wait for it.";

/// Instead of words, while they are compared.
pub const HIDDEN_COMPARED: &str = "No digest and no words are shown now: they are being compared, and whoever types them must read them from another source than this machine.";
/// Instead of words, around a break.
pub const HIDDEN_BREAK: &str = "No digest and no words are shown now: those of the record stand on paper, are kept during the break, and are compared after it.";
/// Instead of words, once they have been compared for the last time.
pub const HIDDEN_CLOSING: &str = "No digest and no words are shown until the record is closed.";

/// Above the payload's words.
#[must_use]
pub fn payload(file: &str) -> String {
    format!("The bytes of {file} that are to be signed, SHA-256 in 32 words:")
}

/// Above the words of the record's head.
pub const HEAD: &str = "Words of the record's last line (to see that it goes on, not to compare):";
/// Beside the first words, where not all have room.
pub const MORE_WORDS: &str = ".. (32 in all)";
/// Above the meters.
pub const SIGNED: &str = "Signatures:";

/// Beside a meter.
#[must_use]
pub fn meter(have: usize, need: u64, more: u64) -> String {
    match more {
        0 => format!("{have} of {need} signed: complete"),
        more => format!("{have} of {need} signed, {more} more needed"),
    }
}

/// Where no record names the ceremony.
#[must_use]
pub fn title(place: &str) -> String {
    format!("tuf-ceremony watch {place}")
}

/// Above the plan.
#[must_use]
pub fn steps_done(done: usize, of: usize) -> String {
    format!("  {done} of {of} steps done")
}

/// Steps that have no place in the column.
#[must_use]
pub fn more_steps(count: usize) -> String {
    format!("     .. {count} more")
}

/// While an effect is under way.
#[must_use]
pub fn works(effect: &Effect) -> String {
    let label = effect.what.label();
    if effect.what.is_act() {
        format!("{label}. Nobody unplugs anything.")
    } else {
        format!("{label}.")
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
        0 => "This view stopped: the record cannot be read".to_owned(),
        line => format!("This view stopped at line {line} of the record"),
    };
    format!(
        "{place}: {why}. What it showed before may be old. Look at the ceremony's machine. Later, tuf-ceremony verify tells whether the record is whole."
    )
}

/// What is asked now, for people who look on; `on`: the device of the step. Never an
/// answer to it.
#[must_use]
pub fn asks(question: &Question, on: Option<&str>) -> String {
    match question {
        Question::Begin => "Everybody reads the briefing. Then one person types begin.".to_owned(),
        Question::Seat { role, seat, again } => {
            let round = if *again {
                "Roll call again, because too few were here"
            } else {
                "Roll call"
            };
            format!("{round}: who is {role} {seat}?")
        }
        Question::Clock { .. } => {
            "The time is read from another clock and typed. No clock is shown here meanwhile.".to_owned()
        }
        Question::Item { .. } => "A line of the checklist is read aloud and looked at.".to_owned(),
        Question::Number { .. } => "The number of a bag or seal is read from the bag or seal itself.".to_owned(),
        Question::Differs { .. } => {
            "The number on a bag or seal is not the recorded one. People decide whether to go on.".to_owned()
        }
        Question::Serial { token, .. } => {
            format!("Which device is {token}? Its serial is read from its body.")
        }
        Question::SetUp { token, .. } => {
            format!("{token} is being set up. Look away from the keyboard while secrets are typed.")
        }
        Question::Cover { token } => {
            format!("A secret of {token} will be shown on the ceremony's machine. Only its keeper may see it.")
        }
        Question::Dice { token, .. } => {
            format!("Dice are being rolled for a secret of {token}. Only its keeper may see them.")
        }
        Question::Copy { token, .. } => {
            format!("A secret of {token} is being written on paper. Only its keeper may see it.")
        }
        Question::Pin {
            token,
            credential,
            wrong,
            pad,
        } => {
            let tried = match wrong {
                0 => String::new(),
                wrong => format!(" Wrong tries so far: {wrong}."),
            };
            let name = credential.name();
            let keys = if *pad { "device" } else { "keyboard" };
            format!("The {name} of {token} is being typed. Look away from the {keys}.{tried}")
        }
        Question::Confirm { what } => confirm(*what, on),
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
            "A comparison was stopped after wrong words. A second person opens it again and says what happened."
                .to_owned()
        }
        Question::Recover { .. } => {
            "The program stopped while something was under way. What came of it is looked at first."
                .to_owned()
        }
        Question::Attester { attester, act } => match act {
            AttesterAct::Enrol => format!("The seat {attester} may enrol its audit key."),
            AttesterAct::Countersign => {
                format!("The seat {attester} may sign the record as it is now with its audit key.")
            }
        },
        Question::Frozen => FROZEN.to_owned(),
        Question::Trouble { trouble } => format!(
            "{} People read what the ceremony's machine says, and decide.",
            failed(trouble)
        ),
    }
}

/// What failed, and whether hands must keep off.
fn failed(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Device(fault) if fault.changed == Changed::Unknown => {
            format!("{} Nobody swaps a device.", fault.code.card().fact)
        }
        Trouble::Device(fault) => fault.code.card().fact.to_owned(),
        Trouble::Media(_) => "Writing to the media failed.".to_owned(),
        Trouble::Gate(_) => "A check refuses what was made.".to_owned(),
    }
}

fn confirm(what: Confirm, on: Option<&str>) -> String {
    let device = on.unwrap_or("The device");
    let proof = "It stays plugged in; the last 4 characters of the serial on its body confirm this.";
    match what {
        Confirm::Generate => format!("{device} will make a key. {proof}"),
        Confirm::Sign => format!("{device} will sign. {proof}"),
        Confirm::Retire => format!("{device} will make no more keys after this. {proof}"),
        Confirm::Break => "A break: the words of the record are written on paper.".to_owned(),
        Confirm::Export => "The files will be written to the media.".to_owned(),
        Confirm::PutBack => {
            "The media is taken out and put back, so that what is on it is read again.".to_owned()
        }
        Confirm::Close => "The record will be closed. Nothing can be added after it.".to_owned(),
    }
}
