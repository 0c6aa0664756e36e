//! Sentences of the screens, in the order in which people meet them; those for
//! failures and endings stand in `ends`.

pub use super::ends::*;
use crate::script::Kind;

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
    "  - A wrong PIN. The tries that are left are shown; nothing tries again by itself.",
    "  - A power cut. Everything that was shown is on disk; you resume.",
    "  - A doubt. Ctrl-C pauses or aborts at any time; F2 notes a deviation.",
    "Enter alone never confirms anything. Before something that cannot be undone you type a text that stands elsewhere than on this screen.",
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
    format!("about {minutes} minutes, {steps} steps")
}

/// One act.
#[must_use]
pub fn act_line(number: usize, title: &str, steps: usize, minutes: u32) -> String {
    format!("{number}. {title} ({steps} steps, {minutes} min)")
}

/// One metadata file of the result.
#[must_use]
pub fn result_line(role: &str, threshold: u32, keys: usize, here: bool) -> String {
    if here {
        format!("{role}: signed by {threshold} of {keys} keys")
    } else {
        format!("{role}: made elsewhere, by {threshold} of {keys} keys that root names")
    }
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
/// Below the form.
pub const SEAT_NEXT: &str = "Next: the next seat.";
/// Marks the present seat.
pub const SEAT_NOW: &str = "<- now";
/// A seat without an answer.
pub const SEAT_LATER: &str = "-";
/// Footer.
pub const SEAT_F5: &str = "absent";
/// Footer.
pub const SEAT_F5_BACK: &str = "somebody is here";

/// Instruction.
#[must_use]
pub fn seat_say(role: &str, seat: u32, seats: u32, absent: bool, listed: bool) -> String {
    let place = if seats == 1 {
        role.to_owned()
    } else {
        format!("{role}, seat {seat} of {seats}")
    };
    if absent {
        format!("Nobody sits here as {place}? Type the reason. It goes into the record.")
    } else if listed {
        format!("Who is {place}? Type one of the names of this role.")
    } else {
        format!("Who is {place}? Type the name; a pseudonym is enough.")
    }
}

/// The names that a role goes by; who they are stands on paper alone.
#[must_use]
pub fn pseudonyms(role: &str, names: &str) -> String {
    format!("Names of {role}, from the script: {names}. Who is who stands on the sealed paper.")
}

/// How many are needed.
#[must_use]
pub fn quorum(role: &str, quorum: u32, seats: u32) -> String {
    format!("{role}: {quorum} of {seats} must be here")
}

/// Too few are here.
#[must_use]
pub fn quorum_missed(role: &str, here: usize, quorum: u32) -> String {
    format!(
        "Only {here} of the {quorum} people that {role} needs are here, so the empty seats are asked again. If nobody comes, pause with Ctrl-C and resume when they are here."
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
pub const WAIVE_NEXT: &str = "Not agreed? Type nothing. Note why with F2, or stop with Ctrl-C.";
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
    format!("{role} {number} of {of}")
}

/// Instruction.
#[must_use]
pub fn waive_say(who: &str, claim: &str) -> String {
    format!("{who}: if you accept this waiver, type {claim}.")
}
/// Below the form.
pub const ITEM_NEXT: &str = "Not so? Mend it first, or note a deviation with F2.";

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
/// No device answers.
pub const NO_DEVICE: &str = "No device answers.";
/// What to do then.
pub const NO_DEVICE_MEND: &str = "Connect it, wait a moment, then press F5: the program looks again.";
/// Footer.
pub const SERIAL_F5: &str = "look again";
/// The script names the serial.
pub const SERIAL_KNOWN: &str = "The script names the serial of this device; what you type must be that one, too. The serials are not shown here: they must come from the body.";
/// The script does not name it.
pub const SERIAL_NEW: &str = "The script takes the serial that you type now. The serials are not shown here: they must come from the body.";
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
    format!("Take {token} in your hand. Type the serial that is printed on its body.")
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
pub const PIN_READY: &str = "no wrong PIN try is known";
/// State of a PIN.
pub const PIN_LOW: &str = "wrong PINs were tried; it does not say how many tries are left";
/// State of a PIN.
pub const PIN_ONE: &str = "LAST PIN TRY: one more wrong PIN locks it";
/// State of a PIN.
pub const PIN_LOCKED: &str = "PIN LOCKED";

/// State of a PIN.
#[must_use]
pub fn pin_left(tries: u32) -> String {
    format!("{tries} PIN tries left before it locks")
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
/// Name of a fact.
pub const DIGEST: &str = "SHA-256";
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
pub const RETIRE_BODY: &str = "Its provisioner is deleted. Afterwards the device signs and shows its log, and makes no more keys. Undoing that means resetting it, and losing its keys.";
/// Below the form.
pub const RETIRE_NEXT: &str = "Next: the provisioner is deleted, and the program looks whether it is gone.";

/// Instruction.
#[must_use]
pub fn retire_say(token: &str) -> String {
    format!("Retire the provisioner of {token}? Take it and type the last 4 characters of its serial.")
}

/// Instruction.
pub const EXPORT_SAY: &str = "Look at the media and at this list. To write the files, type export.";
/// Below the form.
pub const EXPORT_NEXT: &str =
    "Next: the files are written and read back. Until the seal the folder is marked partial.";
/// Field.
pub const PUT_BACK_FIELD: &str = "Type back";
/// Instruction.
pub const PUT_BACK_SAY: &str = "Take the media out. Put it back. Then type back.";
/// The program unmounted it.
pub const PUT_BACK_UNMOUNTED: &str = "SAFE TO REMOVE NOW: the program has unmounted the media. Take it out, count to five, put it back: the program mounts it again.";
/// Nothing to unmount.
pub const PUT_BACK_FOLDER: &str =
    "This media is a folder of this machine: there is nothing to take out. A real ceremony does it here.";
/// Why.
pub const PUT_BACK_WHY: &str = "What the system remembers of the files proves nothing. Only what is read after the media was away shows that it keeps them.";
/// Below the form.
pub const PUT_BACK_NEXT: &str = "Next: every file is read from the media and compared. Nothing is written.";

/// People unmount.
#[must_use]
pub fn put_back_by_hand(point: &str, because: &str) -> String {
    format!(
        "NOT SAFE TO REMOVE YET: unmount {point} first ({because}). Then take the media out, count to five, put it back and mount it at the same place."
    )
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
pub const CLOSE_NEXT: &str = "Next: the record is closed and the seal is written to the media.";
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
    format!(
        "Make the key {key} on {token}? Take the device and type the last 4 characters of the serial on its body."
    )
}

/// Instruction.
#[must_use]
pub fn sign_say(role: &str, token: &str) -> String {
    format!(
        "Sign {role} with {token}? Take the device and type the last 4 characters of the serial on its body."
    )
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
pub fn device_line(token: &str, serial: &str) -> String {
    format!("{token}, serial {serial}")
}

/// How far a file is.
#[must_use]
pub fn meter(have: usize, need: u64, more: u64, keys: usize) -> String {
    if more == 0 {
        format!("{have} signature(s) of {need} needed, {keys} keys: complete")
    } else {
        format!("{have} signature(s) of {need} needed, {keys} keys: {more} more")
    }
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
    format!("{count} bytes")
}

/// Size of the record.
#[must_use]
pub fn records(count: u64) -> String {
    format!("{count} lines, all on disk")
}

// ------------------------------------------------------------ review

/// Field.
pub const REVIEW_FIELD: &str = "Type read";
/// Below the digest.
pub const AS_WORDS: &str = "The same as words:";
/// Above what the client models say.
pub const CLIENTS: &str = "What each TUF client does with it (tried with throwaway signatures):";

/// One client's word.
#[must_use]
pub fn client_says(name: &str, version: &str, stands: &str, verdict: &str) -> String {
    format!("  {name} {version} ({stands}): {verdict}")
}

/// The last line of the text.
pub const REVIEW_END: &str = "This is the end of the payload.";
/// Below the form.
pub const REVIEW_NEXT: &str = "You have seen the end. Next: the digest is compared with another source.";
/// Below the form.
pub const REVIEW_UNREAD: &str = "PgDn reads on. The word read is taken after every line was shown.";
/// Too soon.
pub const REVIEW_TOO_SOON: &str = "Not every line has been shown yet. Read on with PgDn, without a gap.";
/// Footer.
pub const MORE: &str = "more";
/// Footer.
pub const REVIEW_F6: &str = "JSON";
/// Footer.
pub const REVIEW_F6_BACK: &str = "text";

/// Instruction.
#[must_use]
pub fn review_say(file: &str) -> String {
    format!("Read all of {file} aloud, to its end. Then type read.")
}

// ------------------------------------------------------------ words

/// Below the form.
pub const WORDS_NEXT: &str = "Enter goes to the next word; after the last one they are compared.";
/// What is compared.
pub const SUBJECT_RECORD: &str = "the record";
/// Where the words are.
pub const SOURCE_PAPER: &str = "Read them from the printed paper.";
/// Where the words are.
pub const SOURCE_SECOND: &str = "Read them from the verifier on the second computer.";
/// Where the words are.
pub const SOURCE_WITNESS: &str = "Read them from the witness's own machine.";
/// Where the words are.
pub const SOURCE_SIMULATED: &str = "Rehearsal: F3 shows the simulated second machine. Esc comes back here.";

/// A position.
#[must_use]
pub fn word_of(number: usize) -> String {
    format!("word {number:>2} of 32")
}

/// What is compared.
#[must_use]
pub fn subject_file(role: &str) -> String {
    format!("the {role} payload")
}

/// Instruction.
#[must_use]
pub fn words_say(count: usize, what: &str, source: &str) -> String {
    format!("Type these {count} words of {what}. Read them from the source \"{source}\".")
}

/// Wrong tries.
#[must_use]
pub fn words_wrong(wrong: u32, of: u32) -> String {
    format!("The words did not match. Wrong tries: {wrong} of {of}. Check the numbers of the words.")
}

/// Field.
pub const REOPEN_WHO: &str = "Name of a second person";
/// Field.
pub const REOPEN_WHY: &str = "What happened";
/// Explanation.
pub const REOPEN_BODY: &[&str] = &[
    "The words did not match three times. Either somebody misread them, or the two machines do not hold the same bytes. Find out which before you go on.",
    "If they differ: do not go on. Pause or abort with Ctrl-C.",
    "If they were misread: a second person from the roll call opens it again.",
];
/// Below the form.
pub const REOPEN_NEXT: &str = "Next: new positions are drawn. The record counts a deviation.";

/// Instruction.
#[must_use]
pub fn reopen_say(what: &str) -> String {
    format!("The comparison of {what} is locked.")
}
