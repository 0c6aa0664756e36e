//! Every sentence of the UI: here those of the frame and the modals, in the
//! files beside those of the screens, the help and the home screen. Plain words
//! for tired people in a cold room: one instruction at a time, what happens
//! next, what is safe. A change here is a reviewed diff of the golden screens.

pub mod attest;
pub mod attestation;
pub mod clock;
pub mod custody;
pub mod ends;
pub mod frame;
pub mod glossary;
pub mod help;
pub mod home;
pub mod machine;
pub mod plug;
pub mod qr;
pub mod reading;
pub mod recover;
pub mod replay;
pub mod screens;
pub mod secrets;
pub mod together;
pub mod watch;

use super::keymap::Intent;
use crate::base::CopyName;
use crate::base::{Instant, is_plain, shown};
use crate::engine::Refusal;
use crate::script::Verb;

pub use help::Help;

/// Text from outside as printable ASCII. What has been made safe before is
/// left alone, so that no escape is escaped twice.
#[must_use]
pub fn safe(text: &str) -> String {
    if text.chars().all(|c| matches!(c, ' '..='~')) || is_plain(text) {
        text.to_owned()
    } else {
        shown(text, 400)
    }
}

/// A secret field with something in it, at the cursor.
pub const TYPING: &str = "[ typing, not shown ]";
/// The same, elsewhere.
pub const TYPED: &str = "[ typed, not shown ]";
/// Enter on an empty field.
pub const EMPTY: &str = "Nothing was typed. Enter alone confirms nothing: type the answer first.";
/// A field takes no more.
pub const FIELD_FULL: &str = "This field is full. The last character was not taken.";
/// After an answer was said.
pub const SENT: &str = "Sent. It is being written to the record.";
/// A form without its question.
pub const OUT_OF_PLACE: &str = "This question is not open any more.";
/// A deviation note was recorded.
pub const NOTED: &str = "The deviation note is in the record.";
/// Another modal holds text.
pub const MODAL_BUSY: &str = "Finish this first, or press Esc to throw away what you typed here.";

/// Top of a rehearsal.
pub const BANNER_REHEARSAL: &str = "== REHEARSAL ";
/// Top of a rehearsal with a drill: what fails, not where.
#[must_use]
pub fn banner_drill(drill: &str) -> String {
    let fault = drill.split(['@', ':']).next().unwrap_or_default();
    format!("== REHEARSAL, drill: {} ", safe(fault))
}

/// Top of a production ceremony.
pub const BANNER_PRODUCTION: &str = "## PRODUCTION ";
/// Instead of the clock, while it is compared.
pub const CLOCK_HIDDEN: &str = "UTC clock hidden for this question";
/// Heading before the first step.
pub const HEADING_BRIEFING: &str = "Briefing";
/// Heading after the last one.
pub const HEADING_ENDED: &str = "The end of this run";
/// Who acts.
pub const EVERYBODY: &str = "EVERYBODY reads";
/// Who acts.
pub const MACHINE_ACTS: &str = "THE MACHINE works: wait";

/// Status line.
pub const STATUS_FAILED: &str = "STOPPED - read the screen";
/// Status line.
pub const STATUS_REMOVE: &str = "SAFE TO REMOVE MEDIA";
/// Status line.
pub const STATUS_UNMOUNT: &str = "NOT SAFE TO REMOVE - unmount first";
/// Status line.
pub const STATUS_SEALING: &str = "WRITING THE SEAL - do not unplug";
/// Status line.
pub const STATUS_WORKING: &str = "WORKING - do not unplug";
/// Status line: something was ordered before the program stopped.
pub const STATUS_UNSETTLED: &str = "NOT SETTLED - leave device in";
/// Status line: the same, and its device does not answer.
pub const STATUS_ABSENT: &str = "NOT SETTLED - plug the device in";
/// Status line: a device cannot say what it did.
pub const STATUS_UNCLEAR: &str = "DEVICE UNCLEAR - do not swap it";
/// Status line.
pub const STATUS_WRITING: &str = "WRITING THE MEDIA - do not unplug";
/// Status line.
pub const STATUS_UNREAD: &str = "MEDIA NOT READ BACK YET";
/// Status line: out of the machine and in again, which is the step.
pub const STATUS_TAKE_OUT: &str = "SAFE TO REMOVE - then put it back";
/// Status line: read back, mounted, and the seal is still to come.
pub const STATUS_MEDIA_STAYS: &str = "LEAVE THE MEDIA IN";
/// Status line.
pub const STATUS_ASKING: &str = "WAIT - nothing can be lost";
/// Status line.
pub const STATUS_SENT: &str = "WRITING THE RECORD - wait";
/// Status line: nothing would be lost, and the device is about to act.
pub const STATUS_NEEDED: &str = "SAFE, BUT NEEDED NOW";
/// Status line.
pub const STATUS_SAFE: &str = "SAFE TO UNPLUG";

/// Footer.
pub const KEY_HELP: &str = "help";
/// Footer.
pub const KEY_NOTE: &str = "note";
/// Footer.
pub const KEY_SECOND: &str = "2nd machine";
/// Footer.
pub const KEY_OVERVIEW: &str = "plan";
/// Footer.
pub const KEY_LEAVE: &str = "pause";
/// Footer.
pub const KEY_END: &str = "end";
/// Footer.
pub const KEY_MORE: &str = "more";
/// Footer.
pub const KEY_UP: &str = "up";
/// Footer.
pub const KEY_BACK: &str = "back";
/// Footer.
pub const KEY_BACK_NOTHING: &str = "back, nothing is done";
/// Footer.
pub const KEY_ENTER: &str = "go on";
/// Footer.
pub const KEY_QR: &str = "QR code";
/// Footer.
pub const KEY_NEXT_QR: &str = "next code";
/// Footer.
pub const KEY_GLOSSARY: &str = "glossary";
/// Footer.
pub const KEY_NEXT: &str = "next field";

/// Title.
pub const TITLE_HELP: &str = "Help";
/// Title.
pub const TITLE_NOTE: &str = "Deviation note";
/// Title.
pub const TITLE_SECOND: &str = "Simulated second machine";
/// Title.
pub const TITLE_OVERVIEW: &str = "Plan and state";
/// Title.
pub const TITLE_QR: &str = "QR code";
/// Title.
pub const TITLE_LEAVE: &str = "Pause or abort";

/// Help.
pub const HELP_SAY: &str = "Help for this screen.";
/// Help.
pub const HELP_ASKED: &str = "What is asked";
/// Help.
pub const HELP_WHY: &str = "Why";
/// Help.
pub const HELP_NEXT: &str = "What next";
/// Help.
pub const HELP_PLUG: &str = "What happens if I pull the plug now?";
/// Help.
pub const HELP_STEP: &str = "This step";
/// Help.
pub const HELP_KEYS: &str = "Keys";
/// Help.
pub const SAYS_BEFORE: &str = "before";
/// Help.
pub const SAYS_AFTER: &str = "after";
/// Help.
pub const SAYS_EVIDENCE: &str = "evidence";
/// Help.
pub const SAYS_RETRY: &str = "again";
/// What a key does, for the list of all keys.
#[must_use]
pub fn key_means(intent: Intent) -> &'static str {
    let known = ALL_KEYS.iter().find(|(i, _)| *i == intent);
    known.map_or("", |(_, text)| *text)
}

/// Every key of the tables.
pub const ALL_KEYS: &[(Intent, &str)] = &[
    (Intent::Help, "this page"),
    (
        Intent::Note,
        "note a deviation: expected, happened, decided, by whom",
    ),
    (
        Intent::Second,
        "the simulated second machine (some rehearsals only)",
    ),
    (Intent::Overview, "the whole plan; devices, people, files, record"),
    (Intent::Claims, attestation::KEY_MEANS),
    (Intent::Other, "the other way to answer, where a screen has one"),
    (Intent::Toggle, "review text or JSON, where a screen has both"),
    (
        Intent::Qr,
        "QR codes: payload, checkpoint, witness request; again for the next",
    ),
    (Intent::Glossary, "what the words mean"),
    (Intent::Find, reading::FIND_MEANS),
    (Intent::FindNext, reading::NEXT_MEANS),
    (Intent::NextChange, reading::CHANGE_MEANS),
    (Intent::Fold, reading::FOLD_MEANS),
    (Intent::Enter, "go on with what was typed; alone it does nothing"),
    (Intent::Clear, "empty the field"),
    (Intent::Backspace, "take the last character back"),
    (Intent::Down, "one line or field down"),
    (Intent::Up, "one line or field up"),
    (Intent::Top, "to the first line"),
    (Intent::Bottom, "to the last line"),
    (Intent::Next, "next field"),
    (Intent::PageDown, "read on"),
    (Intent::PageUp, "read back"),
    (Intent::Back, "close this page"),
    (Intent::Leave, "pause or abort; at the end: leave the program"),
];
/// Below a modal that only shows.
pub const ESC_BACK: &str = "Esc closes this page. What you have typed is kept.";

/// Deviation note.
pub const NOTE_SAY: &str = "Something is not as the script says? Write it down now, in your own words.";
/// Deviation note.
pub const NOTE_BODY: &[&str] = &[
    "A note stops nothing and cannot be taken back. It does not answer the open question.",
    "It is published with the record: name people as the roll call does, and never write a PIN or a passphrase here.",
];
/// Deviation note.
pub const NOTE_FIELDS: &[&str] = &[
    "What was expected",
    "What happened",
    "What was decided",
    "Who decided",
];
/// Deviation note.
pub const NOTE_NEXT: &str = "Enter goes to the next field; after the last one the note is recorded.";

/// Pause or abort.
pub const LEAVE_SAY: &str = "Type pause or abort, then say why. Esc goes back and nothing is done.";
/// Pause or abort.
pub const LEAVE_WORD: &str = "Type pause or abort";
/// Pause or abort.
pub const LEAVE_WHY: &str = "Why";
/// Pause or abort.
pub const PAUSE: &str = "pause";
/// Pause or abort.
pub const PAUSE_MEANS: &str = "The program ends. Everything is on disk. Devices are logged out. Later, tuf-ceremony resume begins this step again.";
/// Pause or abort.
pub const ABORT: &str = "abort";
/// Pause or abort.
pub const ABORT_MEANS: &str = "The ceremony ends for good, without a result. The record stays and says why. Keys that were made stay on their devices.";
/// Pause or abort, while a device works.
pub const LEAVE_WORKING: &str = "A device is working. A pause waits for the device's answer, records it, then stops. To abort, wait for the answer first.";
/// Pause or abort.
pub const LEAVE_NEXT: &str = "Enter goes to the next field; after the reason it is done at once.";
/// Neither word.
pub const LEAVE_NEITHER: &str = "Type the word pause or the word abort. Nothing was done.";
/// Abort while a device works.
pub const ABORT_WAITS: &str = "A device is working. Wait for its answer, then abort. Nothing was done.";
/// The reason that is recorded after a signal.
pub const PAUSE_SIGNAL: &str = "the program was told to stop (SIGTERM)";
/// The reason that is recorded after the terminal went away.
pub const PAUSE_NO_TERMINAL: &str = "the terminal went away";
/// The runner's thread ended early.
pub const RUNNER_GONE: &str = "the part of the program that writes the record is gone";
/// No time to show.
pub const NO_CLOCK: &str = "the system's clock is outside the calendar";

/// Plan.
pub const OVERVIEW_SAY: &str = "The plan: [x] done, [>] now, [ ] to come.";
/// Plan.
pub const MARK_DONE: &str = "[x]";
/// Plan.
pub const MARK_NOW: &str = "[>]";
/// Plan.
pub const MARK_LATER: &str = "[ ]";

/// Second machine.
pub const SECOND_LABEL: &str = "SIMULATED SECOND MACHINE - rehearsal only. Read it here, type it after Esc.";
/// Second machine.
pub const SECOND_TIME: &str = "Its clock";
/// Second machine.
pub const SECOND_BODIES: &str = "Printed on the bodies of the devices:";
/// Second machine.
pub const SECOND_ON_DEVICE: &str = "look at the device itself";
/// Second machine.
pub const SECOND_NO_WORDS: &str = "No words are being compared now.";
/// Behind a text that the next character replaces.
pub const REPLACES: &str = "(typing replaces it)";
/// Second machine: a real one does not know it; a lone person need not remember.
pub const SECOND_ASKED: &str = "Asked now";
/// Places of a digest's words, counted from 1.
#[must_use]
pub fn numbers(places: &[usize]) -> String {
    let each: Vec<String> = places.iter().map(|p| p.saturating_add(1).to_string()).collect();
    each.join(", ")
}
/// Second machine.
pub const SECOND_HEX: &str = "SHA-256";

/// Words come from elsewhere.
#[must_use]
pub fn second_other(source: &str) -> String {
    format!("The words that are asked for now come from {source}, not from here.")
}

/// Which words these are.
#[must_use]
pub fn second_words(what: &str) -> String {
    format!("The 32 words of {what}, as this second machine computed them:")
}

/// A clock with whole minutes, as a person would read it.
#[must_use]
pub fn utc_minutes(at: Instant) -> String {
    let text = at.to_string();
    let (date, rest) = text.split_once('T').unwrap_or((text.as_str(), ""));
    let time: String = rest.chars().take(5).collect();
    format!("{date} {time}  UTC, {}", at.weekday())
}

/// The clock in the title bar.
#[must_use]
pub fn clock(at: Instant, confirmed: bool) -> String {
    let text = at.to_string().replace('T', " ").replace('Z', "");
    let word = if confirmed { "confirmed" } else { "not confirmed" };
    format!("{text} UTC, {word}")
}

/// The act in the heading.
#[must_use]
pub fn act(number: usize, of: usize, title: &str) -> String {
    format!("Act {number} of {of}: {title}")
}

/// The step in the heading.
#[must_use]
pub fn step(id: &str, number: usize, of: usize, headline: &str) -> String {
    format!("{headline}   (step {id}, {number} of {of})")
}

/// Several steps of one page in the heading.
#[must_use]
pub fn steps(first: usize, last: usize, of: usize, headline: &str) -> String {
    format!("{headline}   (steps {first} to {last} of {of})")
}

/// Who acts.
#[must_use]
pub fn acts_now(role: &str) -> String {
    format!("{} acts now", role.to_ascii_uppercase())
}

/// The steps before, below the heading: from the one that people answered to the last.
#[must_use]
pub fn done(first: &Verb, last: &Verb, passed: usize) -> String {
    let headline = last.headline();
    match first {
        Verb::ReadBack { .. } if passed > 1 => {
            format!("done: {}; the words match; then: {headline}", first.headline())
        }
        Verb::ReadBack { .. } => format!("done: {headline}; the words match"),
        _ if passed > 1 => format!("done: {passed} steps, the last: {headline}"),
        _ => format!("done: {headline}"),
    }
}

/// The same in few columns.
#[must_use]
pub fn lines_short(records: u64) -> String {
    format!("{records} lines")
}

/// Status line.
#[must_use]
pub fn record_lines(records: u64) -> String {
    format!("record lines: {records}")
}

/// The record's copies, where there are two or were.
#[must_use]
pub fn copies(copies: crate::engine::Copies) -> Option<&'static str> {
    match (copies.mirrored, copies.lost) {
        (false, _) => None,
        (true, None) => Some("2 copies"),
        (true, Some(CopyName::Mirror)) => Some("MIRROR LOST"),
        (true, Some(CopyName::Record)) => Some("MIRROR ONLY"),
    }
}

/// Status line.
#[must_use]
pub fn deviations(count: u32) -> String {
    format!("deviations: {count}")
}

/// Below a body that is longer than its place.
#[must_use]
pub fn lines_of(first: usize, last: usize, all: usize) -> String {
    let more = if last < all {
        "PgDn: there is more"
    } else {
        "this is the end"
    };
    format!("-- lines {first} to {last} of {all}; {more} --")
}

/// A step of the plan.
#[must_use]
pub fn overview_line(mark: &str, id: &str, headline: &str, by: &str) -> String {
    format!("  {mark} {id:<14} {headline} ({by})")
}

/// An answer that was not accepted.
#[must_use]
pub fn refused(refusal: &Refusal) -> String {
    format!(
        "Not accepted: {}. Expected: {}. Got: {}. Nothing is lost: type it anew.",
        safe(&refusal.because),
        safe(&refusal.expected),
        if refusal.got.is_empty() {
            "nothing".to_owned()
        } else {
            safe(&refusal.got)
        }
    )
}
