//! Sentences for when something failed, works or is over, and for the side
//! column; seen through `screens`.

use crate::base::device::Operation;

// ------------------------------------------------------------ trouble

/// Field; the word alone tries again, never Enter.
pub const TROUBLE_FIELD: &str = "To try once more, type \"again\"";
/// Instruction, where a second try does no harm.
pub const TROUBLE_SAY_SAFE: &str = "Something failed. Trying again is safe. Read below first.";
/// Instruction, where people decide.
pub const TROUBLE_SAY: &str = "Something failed. Stop, read below, and decide together.";
/// Instruction, where a second try cannot help.
pub const TROUBLE_SAY_NEVER: &str = "Something failed, and trying the same again will not help. Read below.";
/// Another word.
pub const TROUBLE_WORD: &str =
    "Nothing was done. To try once more, type: again. To pause or abort, press Ctrl-C.";
/// Name of a fact.
pub const HAPPENED: &str = "What happened";
/// Name of a fact.
pub const MEANS: &str = "It means";
/// Name of a fact.
pub const WAS_CHANGED: &str = "Changed?";
/// Name of a fact.
pub const WHAT_TO_DO: &str = "What to do";
/// Name of a fact: the words of the device, of the system or of a check.
pub const DETAIL: &str = "Detail";
/// Was anything changed.
pub const CHANGED_NO: &str = "No, nothing.";
/// Was anything changed.
pub const CHANGED_YES: &str = "Yes, on the device.";
/// Below the form.
pub const TROUBLE_NEXT: &str = "F2 notes a deviation. To pause with Ctrl-C is always safe.";
/// Below the form.
pub const TROUBLE_NEXT_NEVER: &str =
    "Try only after a change. F2 notes a deviation; Ctrl-C pauses or aborts.";
/// The media.
pub const MEDIA_FACT: &str = "The media could not be written, or not read back.";
/// The media.
pub const MEDIA_MEANS: &str = "It is full, read-only, gone, or does not keep its files.";
/// The media.
pub const MEDIA_CHANGED: &str =
    "The media may hold a partial folder; its name says so. The record is intact.";
/// The media.
pub const MEDIA_REMEDY: &str = "Full, read-only, pulled out? Correct that. For other media: unmount this one, mount the other at the same place. Then try again.";
/// The media on the bench, after such a failure.
pub const BENCH_MEDIA_BROKEN: &str = "failed; may be partial";
/// The media on the bench, where the bundle is in a folder of this machine.
pub const BENCH_MEDIA_FOLDER: &str = "sealed, in a folder";
/// The media on the bench, after a seal that failed.
pub const BENCH_MEDIA_UNSEALED: &str = "NO SEAL; not unmounted";
/// The gate.
pub const GATE_FACT: &str = "A check before signing or export did not pass.";
/// The gate, where a client of the profile spoke.
pub const GATE_CLIENT_FACT: &str = "A TUF client that the script counts on would refuse what was made.";
/// The gate.
pub const GATE_CHANGED: &str = "No. This step signed nothing and wrote nothing to the media.";
/// The gate, where its words name a remedy.
pub const GATE_REMEDY: &str = "The remedy above is for the script: nothing in this room can change it. Do not sign or export by hand. Note it with F2, then abort with Ctrl-C.";
/// The gate, where they name none.
pub const GATE_NO_REMEDY: &str = "Nothing in this room can change it: the script must be corrected. Do not sign or export by hand. Note it with F2, then abort with Ctrl-C.";

/// Was anything changed: a device that cannot say whether it did what it was told.
#[must_use]
pub fn changed_unknown(of: Operation) -> &'static str {
    match of {
        Operation::Sign => "Unknown: the device may have signed.",
        Operation::Generate => "Unknown: the device may have made the key.",
        Operation::Initialise => "Unknown: the device may be half set up.",
        Operation::Unlock => "Unknown: a PIN may have been tried.",
        Operation::Retire => "Unknown: the provisioner may be deleted.",
        Operation::ClearLog => "Unknown: the log may be cleared.",
        _ => "Unknown: the device may have done it.",
    }
}

// ------------------------------------------------------------ what devices said

/// A device's statement about a key, after every check of it has held.
#[must_use]
pub fn attested(key: &str, token: &str, firmware: &str, good: bool) -> String {
    let worth = if good {
        "Verdict: good, under the root that the script pins. It does not prove who has held the device."
    } else {
        "Verdict: rehearsal root. It proves nothing about real hardware."
    };
    format!(
        "{token} says of {key}: made inside it, may only sign; its serial and the key's label are the recorded ones; firmware {firmware}. {worth}"
    )
}

/// A device's log, explained by the record.
#[must_use]
pub fn log_told(token: &str, commands: u64, entries: u64) -> String {
    format!("Log of {token}: {commands} commands, {entries} entries, 0 unexplained.")
}

// ------------------------------------------------------------ working

/// Before the first record.
pub const OPENING: &str = "Opening the record";
/// How long.
pub const LONG_GENERATE: &str =
    "A key can take from a second to five minutes: longer than planned is no fault.";
/// How long.
pub const LONG_SIGN: &str = "This takes a few seconds at most. Some devices want to be touched.";
/// How long.
pub const LONG_SET_UP: &str = "This takes some seconds.";
/// How long.
pub const LONG_UNLOCK: &str = "This takes a few seconds at most.";
/// How long.
pub const LONG_EXPORT: &str = "Slow media can take a minute.";
/// How long.
pub const LONG_OTHER: &str = "This takes a moment.";
/// An act.
pub const WORKING_ACT: &str = "Do not unplug anything until this is done.";
/// A question to a device.
pub const WORKING_ASK: &str = "Nothing can be lost by this. Leave the devices plugged in until it is done.";
/// A pause waits.
pub const WORKING_STOP: &str = "A pause was asked for. It is recorded as soon as the device has answered.";
/// Below.
pub const WORKING_NEXT: &str = "Wait. The keys below work meanwhile.";
/// Below, while something is done that must not be done twice.
pub const WORKING_NEXT_ACT: &str =
    "Wait. The keys below work meanwhile. Ctrl-C pauses after the answer has come.";

/// Instruction.
#[must_use]
pub fn working_say(label: &str) -> String {
    format!("{label}.")
}

/// A mark that moves and measures nothing: the program is alive.
#[must_use]
pub fn alive(seconds: u64) -> &'static str {
    match seconds.rem_euclid(4) {
        0 => "[|]",
        1 => "[/]",
        2 => "[-]",
        _ => "[\\]",
    }
}

/// Time so far.
#[must_use]
pub fn elapsed(seconds: u64) -> String {
    let (minutes, rest) = (seconds.div_euclid(60), seconds.rem_euclid(60));
    if minutes == 0 {
        format!("working for {rest} s")
    } else {
        format!("working for {minutes} min {rest} s")
    }
}

// ------------------------------------------------------------ the ends

/// Field.
pub const END_FIELD: &str = "Type end";
/// Another word.
pub const END_WORD: &str = "To leave the program, type end.";
/// Below the form, where there is room.
pub const END_NEXT: &str = "Then the program ends. Nothing else happens.";
/// Without a path.
pub const RECORD_DIR: &str = "DIR";
/// Name of a fact.
pub const SAFE_NOW: &str = "Safe now";
/// Name of a fact.
pub const GO_ON: &str = "Go on with";
/// Name of a fact.
pub const NOW: &str = "Now";
/// Name of a fact.
pub const NEXT: &str = "Next";
/// Name of a fact.
pub const ON_DEVICES: &str = "Devices";
/// Above the words.
pub const HEAD_WORDS: &str =
    "Write down these words of the record's last line; they show later that it is unchanged:";
/// The same in a rehearsal, where nobody needs the paper.
pub const HEAD_WORDS_REHEARSAL: &str =
    "On the day these words go on paper, to show later that the record is unchanged:";
/// Failed.
pub const FAILED_SAY: &str = "The ceremony stopped: the record cannot be written.";
/// Failed after the close.
pub const FAILED_SEAL_SAY: &str = "The record is closed, but the seal could not be written.";
/// Failed after the close.
pub const FAILED_SEAL_SAFE: &str = "The record is complete and closed. Only the seal is missing.";
/// Failed after the close, below the command.
pub const FAILED_SEAL_AGAIN: &str =
    "The seal is written again, on this media or on another. Unmount it before you take it out.";
/// Paused.
pub const PAUSED_SAY: &str = "Paused. Everything is on disk.";
/// Paused.
pub const PAUSED_SAFE: &str = "Unplug the devices. Each goes back to its keeper or its bag.";
/// Aborted.
pub const ABORTED_SAY: &str = "Aborted. The ceremony is over, without a result.";
/// Aborted after files were written.
pub const ABORTED_MEDIA_SAY: &str = "Aborted, without a result. What is on the media is not a result.";
/// Aborted.
pub const ABORTED_SAFE: &str = "Unplug the devices. The record stays and says why.";
/// Aborted.
pub const ABORTED_DO: &str = "Keep the record folder. A new ceremony needs a new one.";
/// Aborted after keys were made.
pub const ABORTED_KEYS: &str = "Keys that were made stay on them. Decide what becomes of them.";
/// Sealing.
pub const SEALING_SAY: &str = "Wait: the seal is being written. Do not unplug the media.";
/// Sealing.
pub const SEALING_NOW: &str = "The record, its checkpoint and the checksums go to the media.";
/// Sealing: a key that ends the program.
pub const SEALING_WAIT: &str = "The seal is still being written. Wait.";
/// Sealing, where the form will be.
pub const SEALING_NEXT: &str = "This screen says when it is done, and whether the media may be taken out.";
/// Closed.
pub const CLOSED_SAY: &str = "Done. The record is closed and the bundle is sealed.";
/// Closed.
pub const CLOSED_SAFE: &str = "SAFE TO REMOVE MEDIA. It is unmounted.";
/// Closed onto a folder.
pub const CLOSED_FOLDER: &str = "Nothing to take out: the bundle is in a folder of this machine.";
/// Closed onto media, above the command.
pub const CLOSED_ELSEWHERE: &str = "On another computer, mounted at MEDIA, before you publish:";
/// Closed onto a folder, below the command.
pub const CLOSED_NEXT: &str = "Run it on another computer, too, before anything is published.";
/// Name of a fact.
pub const NOT_YET: &str = "NOT SAFE yet";

/// Before a medium may be taken out.
#[must_use]
pub fn unmount(point: &str) -> String {
    format!("The media is mounted: umount {point}. Then take it out.")
}

/// How to go on.
#[must_use]
pub fn resume(record: &str) -> String {
    format!("tuf-ceremony resume --record {record}")
}

/// The rest of that command: the media's folder, and the options whose places this
/// run does not know any more. Empty where nothing else is needed.
#[must_use]
pub fn resume_with(media: Option<&str>, options: &[&str]) -> String {
    let media = media.map(|media| format!("--media {media}"));
    match (media, options) {
        (Some(media), []) => media,
        (None, []) => String::new(),
        (Some(media), options) => format!("{media} (and {} as at the start)", options.join(", ")),
        (None, options) => format!("(and {} as at the start)", options.join(", ")),
    }
}

/// How to judge a bundle on media that was taken out: where it will be is not known.
#[must_use]
pub fn verify_elsewhere(place: &str) -> String {
    let name = place.rsplit('/').next().unwrap_or(place);
    format!("tuf-ceremony verify MEDIA/{name}")
}

/// How to judge the bundle.
#[must_use]
pub fn verify(place: &str) -> String {
    format!("tuf-ceremony verify {place}")
}

/// The notice below 80x24: what matters stands in its first twelve columns.
#[must_use]
pub fn size_now(columns: u16, rows: u16) -> String {
    format!("Needs 80x24, is {columns}x{rows}.")
}

/// Below it.
pub const SIZE_SAFE: &str = "Nothing was changed. The ceremony waits.";

// ------------------------------------------------------------ side column

/// Heading.
pub const SIDE_PLAN: &str = "PLAN";
/// Heading.
pub const SIDE_PEOPLE: &str = "PEOPLE";
/// Heading.
pub const SIDE_FILES: &str = "FILES";
/// Heading.
pub const SIDE_RECORD: &str = "RECORD";
/// Above the words.
pub const SIDE_HEAD: &str = "its last line in words:";
/// Name of a fact.
pub const HEAD: &str = "Last line";
/// Before the roll call.
pub const NOBODY_YET: &str = "roll call comes first";
/// Before anything is composed.
pub const NOTHING_YET: &str = "nothing composed yet";
/// An empty seat.
pub const ABSENT: &str = "absent";
/// A device of the bench.
pub const BENCH_UNSEEN: &str = "not inventoried";
/// A device of the bench that has no PIN yet.
pub const BENCH_NOT_SET_UP: &str = "not set up";
/// A device of the bench.
pub const BENCH_READY: &str = "logged out";
/// A device of the bench.
pub const BENCH_UNLOCKED: &str = "LOGGED IN";
/// A device of the bench that did not answer when it was looked for.
pub const BENCH_ABSENT: &str = "NOT FOUND";
/// A device of the bench.
pub const BENCH_LOCKED: &str = "PIN BLOCKED";

/// A device of the bench that nobody is logged in to.
#[must_use]
pub fn bench_wrong(count: u32) -> String {
    match count {
        1 => "1 wrong PIN".to_owned(),
        n => format!("{n} wrong PINs"),
    }
}

/// A device of the bench.
#[must_use]
pub fn bench(token: &str, serial: &str, state: &str) -> String {
    if serial.is_empty() {
        format!("{token}: {state}")
    } else {
        format!("{token} {serial}: {state}")
    }
}
