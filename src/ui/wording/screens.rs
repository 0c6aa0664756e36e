//! Sentences of the screens, in the order in which people meet them; those for
//! failures and endings stand in `ends`.

pub use super::ends::*;
pub use super::reading::*;
use crate::base::medium::Release;
use crate::base::shown::counted;
use crate::script::Kind;

/// A role's id, or a name, at the beginning of a sentence.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => format!("{}{}", first.to_ascii_uppercase(), chars.as_str()),
        None => String::new(),
    }
}

/// Whose turn it is among several of a role. Not "officer 2": that is a seat.
#[must_use]
pub fn turn(role: &str, number: u32, of: u32) -> String {
    capital(&waive_who(role, number, of))
}

// ------------------------------------------------------------ briefing

/// Field.
pub const BEGIN_FIELD: &str = "Type begin";
/// Instruction.
pub const BEGIN_SAY: &str = "Read this together. When everybody is ready, type begin.";
/// Name of a fact.
pub const CEREMONY: &str = "Ceremony";
/// Name of a fact.
pub const HELD_BY: &str = "Held by";
/// Name of a fact.
pub const APPROVED: &str = "Approved";
/// Name of a fact.
pub const KIND: &str = "Kind";
/// Name of a fact.
pub const TIME: &str = "Time";
/// Name of a fact.
pub const ACTS: &str = "Acts";
/// Name of a fact.
pub const RESULT: &str = "Result";
/// What can go wrong without harm.
pub const BRIEFING: &[&str] = &[
    "What can go wrong without harm:",
    "  - A typing mistake. It is explained, and you type again.",
    "  - A wrong PIN. It may use up one of its tries; nothing tries again by itself.",
    "  - A power cut. Everything that was shown is on disk; you resume.",
    "  - A doubt. F2 notes a deviation; Ctrl-C pauses or aborts at any time.",
    "Enter alone never confirms. Before a device does what cannot be undone, you type something from its body that no screen shows.",
    "SAFE TO UNPLUG below: nothing is lost if a device or the power goes now.",
];

/// Production or rehearsal, in a sentence.
#[must_use]
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Rehearsal => "rehearsal: practice; what comes out must never be trusted",
        Kind::Production => "PRODUCTION: clients will trust what comes out",
    }
}

/// Minutes and steps.
#[must_use]
pub fn time(minutes: u32, steps: usize) -> String {
    format!("about {}, {}", counted(minutes, "minute"), counted(steps, "step"))
}

/// One act.
#[must_use]
pub fn act_line(number: usize, title: &str, steps: usize, minutes: u32) -> String {
    let steps = counted(steps, "step");
    format!("{number}. {title} ({steps}, {minutes} min)")
}

/// One metadata file of the result.
#[must_use]
pub fn result_line(role: &str, threshold: u32, keys: usize, here: bool) -> String {
    let all = counted(keys, "key");
    if here {
        format!("{role}: threshold {threshold} of {all}")
    } else {
        format!("{role}: signed elsewhere; root lists {all}, {threshold} must sign")
    }
}

/// What the policy lets pass because nobody will trust what comes out.
#[must_use]
pub fn only_rehearsed(many: usize) -> String {
    format!(
        "For practice only: production would refuse {} of this script. tuf-ceremony check names them.",
        counted(many, "thing")
    )
}

/// The next step.
#[must_use]
pub fn then(headline: &str) -> String {
    format!("Next: {headline}.")
}

// ------------------------------------------------------------ roll call

/// Field.
pub const SEAT_NAME: &str = "Name for the record";
/// Field.
pub const SEAT_REASON: &str = "Why is the seat empty";
/// Below the form of the last seat.
pub const SEAT_LAST: &str = "The last seat. If too few people are here, empty seats are asked again.";
/// Marks the present seat.
pub const SEAT_NOW: &str = "<- now";
/// A seat without an answer.
pub const SEAT_LATER: &str = "open";
/// Footer.
pub const SEAT_F5: &str = "absent";
/// Footer.
pub const SEAT_F5_BACK: &str = "somebody is here";

/// A seat of a role.
#[must_use]
pub fn seat(role: &str, seat: u32, seats: u32) -> String {
    if seats == 1 {
        role.to_owned()
    } else {
        format!("{role}, seat {seat} of {seats}")
    }
}

/// Below the form: which seat comes then.
#[must_use]
pub fn seat_next(place: &str) -> String {
    format!("Next: {place}.")
}

/// Instruction; `names` are those that the script lists for the role.
#[must_use]
pub fn seat_say(place: &str, absent: bool, names: &str) -> String {
    let place = capital(place);
    if absent {
        format!("{place} stays empty? Type why. It goes into the record.")
    } else if names.is_empty() {
        format!("{place}: who is it? Type a name or a pseudonym. If nobody is here, press F5.")
    } else {
        format!("{place}: type your name from this list: {names}.")
    }
}

/// The names that a role goes by are the script's; who they are stands on paper alone.
pub const PSEUDONYMS: &str = "Which person has which name is on the sealed paper. Nobody here? F5.";

/// How many are needed.
#[must_use]
pub fn quorum(role: &str, quorum: u32, seats: u32) -> String {
    format!("{role}: {quorum} of {seats} must be here")
}

/// Too few are here.
#[must_use]
pub fn quorum_missed(role: &str, here: usize, quorum: u32) -> String {
    format!(
        "Too few: {role} needs {quorum}, {here} here. The empty seats are asked again. If nobody comes: Ctrl-C, pause, and resume when they are here."
    )
}

/// A seat that stays empty.
#[must_use]
pub fn empty_seat(reason: &str) -> String {
    format!("absent: {reason}")
}

// ------------------------------------------------------------ checklist

/// Field.
pub const ITEM_FIELD: &str = "Type yes";
/// Field, where a claim of the policy is waived.
pub const WAIVE_FIELD: &str = "Type the claim's name";
/// Below its form.
pub const WAIVE_NEXT: &str = "Not agreed? Type nothing. Note why with F2; Ctrl-C pauses or aborts.";
/// Before the claim's own words.
pub const WAIVE_CLAIM: &str = "The policy demands this, and the script waives it:";
/// Before the reason that the approved script gives.
pub const WAIVE_REASON: &str = "Reason";

/// Above a waiver's frame: the claim, and the role of root if it is about one.
#[must_use]
pub fn waive_title(claim: &str, role: &str) -> String {
    if role.is_empty() {
        format!("to be waived: {claim}")
    } else {
        format!("to be waived for {role}: {claim}")
    }
}

/// One of a waiver's quorum.
#[must_use]
pub fn waive_who(role: &str, number: u32, of: u32) -> String {
    let which = match number {
        _ if of == 1 => return role.to_owned(),
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        4 => "fourth".to_owned(),
        5 => "fifth".to_owned(),
        more => format!("no. {more}"),
    };
    format!("{role}, {which} of {of}")
}

/// Instruction.
#[must_use]
pub fn waive_say(who: &str, claim: &str) -> String {
    format!("{who}: if you accept this waiver, type {claim}.")
}
/// Below the form.
pub const ITEM_NEXT: &str = "Not true? Correct it first. If it stays so: F5.";
/// Field, where a line does not hold.
pub const NOT_SO_FIELD: &str = "Why you go on";
/// Below it.
pub const NOT_SO_NEXT: &str = "Next: it is recorded as a deviation, and published. Esc goes back.";
/// Footer.
pub const KEY_NOT_SO: &str = "not so";
/// A misspelt word.
pub const NO_WORD: &str = "This is none of the words: look at its spelling. It does not count as a try.";

/// A word that belongs to other numbers.
#[must_use]
pub fn other_place(number: usize) -> String {
    format!("This word cannot be number {number}: look at the number again. It does not count as a try.")
}

/// Instruction, where a line does not hold.
#[must_use]
pub fn not_so_say(number: usize, of: usize) -> String {
    format!("Line {number} of {of} is not so. Type why the ceremony goes on all the same.")
}

/// Instruction.
#[must_use]
pub fn item_say(number: usize, of: usize) -> String {
    format!("Look at it yourself. If line {number} of {of} is true, type yes.")
}

/// Title of the line's box.
#[must_use]
pub fn item_number(number: usize, of: usize) -> String {
    format!("line {number} of {of}")
}

// ------------------------------------------------------------ devices

/// Field.
pub const SERIAL_FIELD: &str = "Serial on the body";
/// Below the form.
pub const SERIAL_NEXT: &str = "Next: the program compares it. Nothing on the device is changed.";
/// Footer.
pub const SERIAL_F5: &str = "look again";
/// The script names the serial.
pub const SERIAL_KNOWN: &str =
    "It must be the serial that the script names. Serials are not shown here: read it from the body.";
/// The script does not name it.
pub const SERIAL_NEW: &str =
    "The record keeps the serial that you type now. Serials are not shown here: read it from the body.";
/// In rehearsals.
pub const SERIAL_SECOND: &str = "Rehearsal: F3 shows what is printed on the bodies.";
/// Name of a fact.
pub const DEVICE: &str = "Device";
/// Name of a fact.
pub const SERIAL: &str = "Serial";
/// Name of a fact.
pub const STATE: &str = "State";
/// No card.
pub const NOT_SEEN: &str = "not seen yet";
/// State of a device.
pub const NOT_SET_UP: &str = "not set up";

/// Instruction.
#[must_use]
pub fn serial_say(token: &str) -> String {
    format!("Read the serial that is printed on the body of {token}. Type it.")
}

/// Instruction, when no device answers.
#[must_use]
pub fn no_device_say(token: &str) -> String {
    format!("No device answers. Connect {token}, wait a moment, press F5.")
}

/// How many answer.
#[must_use]
pub fn devices_answer(count: usize) -> String {
    format!("Devices that answer: {count}")
}

/// What a device says of itself.
#[must_use]
pub fn card_line(vendor: &str, model: &str, label: &str, firmware: &str) -> String {
    let label = if label.is_empty() {
        "no label".to_owned()
    } else {
        format!("label \"{label}\"")
    };
    format!("{vendor} {model}, {label}, firmware {firmware}")
}

/// A serial with its end masked.
#[must_use]
pub fn masked(serial: &str) -> String {
    format!("{serial}  (its last 4 characters are on the body)")
}

/// State of a device.
#[must_use]
pub fn set_up_with(pin: &str) -> String {
    format!("set up; {pin}")
}

/// State of a PIN.
pub const PIN_UNSET: &str = "no PIN is set";
/// State of a PIN.
pub const PIN_READY: &str = "no wrong PIN known";
/// State of a PIN.
pub const PIN_LOW: &str = "wrong PINs were tried; it does not say how many tries are left";
/// State of a PIN.
pub const PIN_ONE: &str = "LAST PIN TRY: one more wrong PIN blocks it";
/// State of a PIN.
pub const PIN_LOCKED: &str = "PIN BLOCKED";

/// State of a PIN.
#[must_use]
pub fn pin_left(tries: u32) -> String {
    format!("{tries} PIN tries left, then its PIN is blocked")
}

// ------------------------------------------------------------ confirmations

/// Field.
pub const EXPORT_FIELD: &str = "Type export";
/// Field.
pub const CLOSE_FIELD: &str = "Type close";
/// Name of a fact.
pub const KEY: &str = "Key";
/// Name of a fact.
pub const ALGORITHM: &str = "Algorithm";
/// Name of a fact.
pub const FOR_ROLE: &str = "Will sign";
/// Name of a fact.
pub const FILE: &str = "File";
/// Name of a fact: the bytes that are signed, which a file holds beside signatures.
pub const DIGEST: &str = "Payload";
/// What stands beside it.
#[must_use]
pub fn digest(grouped: &str) -> String {
    format!("SHA-256 {grouped}")
}

/// Name of a fact.
pub const KEYID: &str = "Keyid";
/// Name of a fact.
pub const SIGNED: &str = "So far";
/// Title of the box.
pub const SIGN_TITLE: &str = "this will be signed";
/// About the key.
pub const GENERATE_BODY: &str = "The key is made inside the device and can never leave it.";
/// For a key file.
pub const GENERATE_FILE: &str =
    "The key is made on this machine and written as an encrypted file. A file can be copied.";
/// Below the form.
pub const GENERATE_NEXT: &str = "Next: the device makes the key. That cannot be undone and may take minutes.";
/// Below the form.
pub const SIGN_NEXT: &str = "Next: the device signs once, and software checks the signature.";
/// Before and while a device that wants a touch signs.
#[must_use]
pub fn touch(seconds: u64) -> String {
    format!("Touch the device when it blinks: it waits {seconds} seconds.")
}

/// Before a device gives up its power to make keys.
pub const RETIRE_BODY: &str = "Its provisioner, the login that makes keys, is deleted. Afterwards the device signs and shows its log, and makes no more keys. Only a reset undoes this, and it destroys the keys.";
/// Below the form.
pub const RETIRE_NEXT: &str = "Next: the provisioner is deleted, and the program checks that it is gone.";

/// Instruction.
#[must_use]
pub fn retire_say(token: &str) -> String {
    format!("Retire the provisioner of {token}? {LEAVE_IN}")
}

/// How the device's body is asked for its serial's end while it is needed.
pub const LEAVE_IN: &str =
    "Leave it plugged in. Read the last 4 characters of its serial on its body and type them.";

/// Instruction.
#[must_use]
pub fn export_say(files: usize, size: usize) -> String {
    let files = counted(files, "file");
    format!(
        "Is this the right media? To write {files} to it ({}), type export.",
        bytes(size)
    )
}
/// Below the form.
pub const EXPORT_NEXT: &str = "Next: written and read back. Until the seal the folder's name ends in .part.";
/// Field.
pub const PUT_BACK_FIELD: &str = "Type back";
/// Instruction: by who lets go of the media, and where it is.
#[must_use]
pub fn put_back_say(released: Option<&Release>, place: &str) -> String {
    match released {
        Some(Release::Unmounted) => {
            "Take the media out. Count to five. Put it back. Then type back.".to_owned()
        }
        Some(Release::ByHand { .. }) => format!("Do not take the media out yet. First unmount {place}."),
        Some(Release::Folder) | None => {
            "Nothing to take out here: the media is a folder. To go on, type back.".to_owned()
        }
    }
}
/// The program unmounted it.
pub const PUT_BACK_UNMOUNTED: &str =
    "SAFE TO REMOVE NOW: the program unmounted the media, and will mount it again.";
/// Nothing to unmount.
pub const PUT_BACK_FOLDER: &str =
    "In a real ceremony you take the media out now and put it back. Here the files are only read once more.";
/// Why.
pub const PUT_BACK_WHY: &str = "Why: the system may answer from its memory. Only what is read after the media was away shows that the media keeps it.";
/// Below the form.
pub const PUT_BACK_NEXT: &str = "Next: every file is read from the media and compared. Nothing is written.";

/// People unmount.
#[must_use]
pub fn put_back_by_hand(because: &str) -> String {
    format!("NOT SAFE TO REMOVE YET: it is still mounted ({because}).")
}

/// What people do then, one after the other.
#[must_use]
pub fn put_back_list(point: &str) -> [String; 4] {
    [
        format!("1. On another console: umount {point}"),
        "2. Take the media out. Count to five.".to_owned(),
        format!("3. Put it back, and mount it at {point} again."),
        "4. Type back.".to_owned(),
    ]
}

/// Name of a fact.
pub const TO: &str = "To";
/// Without a path.
pub const THE_MEDIA: &str = "the removable media";
/// Name of a fact.
pub const FILES: &str = "Files";
/// Instruction.
pub const CLOSE_SAY: &str = "The words match. To close the record for good, type close.";
/// Before the close.
pub const CLOSE_BODY: &str = "After this nothing can be added: no note, no signature. Is there a deviation that nobody has noted? Then press F2 first.";
/// Below the form.
pub const CLOSE_NEXT: &str = "Next: the record is closed and the seal is written.";
/// Below the form, where the media is one that can be taken out.
pub const CLOSE_NEXT_MEDIA: &str = "Next: the record is closed and the seal is written. Leave the media in until the screen says that it may be taken out.";
/// Name of a fact.
pub const RECORD: &str = "Record";
/// Name of a fact.
pub const KEYS_MADE: &str = "Keys made";
/// Name of a fact.
pub const FILES_EXPORTED: &str = "Files exported";
/// Name of a fact.
pub const DEVIATIONS: &str = "Deviations";

/// Instruction.
#[must_use]
pub fn generate_say(key: &str, token: &str) -> String {
    format!("Make the key {key} on {token}? {LEAVE_IN}")
}

/// Instruction.
#[must_use]
pub fn sign_say(role: &str, token: &str) -> String {
    format!("Sign {role} with {token}? {LEAVE_IN}")
}

/// Not the first attempt.
#[must_use]
pub fn attempt(number: u32) -> String {
    format!("This is attempt {number}: what an earlier attempt left on the device is not used.")
}

/// A file with its role and version.
#[must_use]
pub fn file_line(name: &str, role: &str, version: u64) -> String {
    format!("{name}: {role}, version {version}")
}

/// A key and its algorithm.
#[must_use]
pub fn key_line(name: &str, algorithm: &str) -> String {
    format!("{name}, {algorithm}")
}

/// A device and its masked serial.
#[must_use]
pub fn device_line(token: &str, serial: &str, logged_in: bool) -> String {
    let state = if logged_in { ", logged in" } else { "" };
    format!("{token}, serial {serial}{state}")
}

/// How far a file is.
#[must_use]
pub fn meter(have: usize, need: u64, more: u64, keys: usize) -> String {
    let rest = match more {
        0 => "complete".to_owned(),
        more => format!("{more} more needed"),
    };
    let keys = counted(keys, "key");
    format!("{have} of {need} signed, {rest} ({keys} may sign)")
}

/// The threshold of the root that clients have.
pub const OLD_ROOT: &str = "root, old";

/// How far a file is, in short.
#[must_use]
pub fn meter_short(role: &str, have: usize, need: u64) -> String {
    let bar: String = (0..need.min(12))
        .map(|i| {
            if usize::try_from(i).is_ok_and(|i| i < have) {
                '#'
            } else {
                '.'
            }
        })
        .collect();
    format!("{role:<10} [{bar}] {have} of {need} signed")
}

/// A size.
#[must_use]
pub fn bytes(count: usize) -> String {
    counted(count, "byte")
}

/// Size of the record.
#[must_use]
pub fn records(count: u64) -> String {
    format!("{}, all on disk", counted(count, "line"))
}
