//! Sentences for when something failed, works or is over, and for the side
//! column; seen through `screens`.

// ------------------------------------------------------------ trouble

/// Field.
pub const TROUBLE_FIELD: &str = "Type again";
/// Instruction.
pub const TROUBLE_SAY: &str = "Something failed. Read the card. To try the step again, type again.";
/// Another word.
pub const TROUBLE_WORD: &str = "To try again, type the word again. To stop, press Ctrl-C. Nothing was done.";
/// Name of a fact.
pub const HAPPENED: &str = "What happened";
/// Name of a fact.
pub const MEANS: &str = "It means";
/// Name of a fact.
pub const WAS_CHANGED: &str = "Changed?";
/// Name of a fact.
pub const WHAT_TO_DO: &str = "What to do";
/// Name of a fact.
pub const DEVICE_SAYS: &str = "In its words";
/// Name of a fact.
pub const SYSTEM_SAYS: &str = "In its words";
/// Was anything changed.
pub const CHANGED_NO: &str = "No, nothing.";
/// Was anything changed.
pub const CHANGED_YES: &str = "Yes, on the device.";
/// Was anything changed.
pub const CHANGED_UNKNOWN: &str = "Unknown: the device may have done it.";
/// Below the form.
pub const TROUBLE_NEXT: &str = "F2 notes a deviation. Ctrl-C pauses or aborts.";
/// Below the form.
pub const TROUBLE_NEXT_SAFE: &str = "Trying again is safe. F2 notes a deviation. Ctrl-C pauses or aborts.";
/// Below the form.
pub const TROUBLE_NEXT_NEVER: &str =
    "Trying again will not help unless something has changed. Ctrl-C pauses or aborts.";
/// The media.
pub const MEDIA_FACT: &str = "Writing to the media failed.";
/// The media.
pub const MEDIA_CHANGED: &str =
    "The media may hold a partial folder; its name says so. The record is intact.";
/// The media.
pub const MEDIA_REMEDY: &str =
    "Look at the media: full, read-only, pulled out? Mend it or use other media, then try again.";
/// The gate.
pub const GATE_FACT: &str =
    "A TUF client of the profile would refuse what was made, or a check of ours does.";
/// The gate.
pub const GATE_CHANGED: &str = "No. This step signed nothing and wrote nothing to the media.";
/// The gate.
pub const GATE_REMEDY: &str = "Do as the remedy above says, in the script; nothing here can change it. Do not sign or export by hand. Note a deviation, then abort.";

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
pub const LONG_GENERATE: &str = "A key can take from a second to five minutes, depending on the device.";
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
pub const WORKING_ACT: &str = "Do not unplug anything: this must not be done twice.";
/// A question to a device.
pub const WORKING_ASK: &str = "Nothing is changed by this.";
/// A pause waits.
pub const WORKING_STOP: &str = "A pause was asked for. It is recorded as soon as the device has answered.";
/// Below.
pub const WORKING_NEXT: &str = "Wait. F1, F2 and F4 work meanwhile.";

/// Instruction.
#[must_use]
pub fn working_say(label: &str) -> String {
    format!("{label}.")
}

/// Time so far.
#[must_use]
pub fn elapsed(seconds: u64) -> String {
    let (minutes, rest) = (seconds.div_euclid(60), seconds.rem_euclid(60));
    if minutes == 0 {
        format!("{rest} s")
    } else {
        format!("{minutes} min {rest} s")
    }
}

// ------------------------------------------------------------ the ends

/// Field.
pub const END_FIELD: &str = "Type end";
/// Another word.
pub const END_WORD: &str = "To leave the program, type end.";
/// Below the form.
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
pub const BUNDLE: &str = "Bundle";
/// Name of a fact.
pub const NEXT: &str = "Next";
/// Above the words.
pub const HEAD_WORDS: &str = "The record's last line in words (write them down):";
/// Failed.
pub const FAILED_SAY: &str = "The ceremony stopped: the record cannot be written.";
/// Failed after the close.
pub const FAILED_SEAL_SAY: &str = "The record is closed, but the seal could not be written.";
/// Paused.
pub const PAUSED_SAY: &str = "Paused. Everything is on disk.";
/// Paused.
pub const PAUSED_SAFE: &str = "Unplug what you like. Take the devices with you.";
/// Aborted.
pub const ABORTED_SAY: &str = "Aborted. The ceremony is over, without a result.";
/// Aborted.
pub const ABORTED_SAFE: &str = "Unplug what you like. The record stays and says why.";
/// Aborted.
pub const ABORTED_DO: &str =
    "Keep the record folder. What is on the media is not a result. A new ceremony needs a new record.";
/// Sealing.
pub const SEALING_SAY: &str = "The record is closed. The seal is being written: wait.";
/// Sealing.
pub const SEALING_NOW: &str =
    "Do not unplug the media: the transcript, its checkpoint and the sums are being written.";
/// Sealing.
pub const SEALING_WAIT: &str = "The seal is still being written. Wait.";
/// Closed.
pub const CLOSED_SAY: &str = "Done. The record is closed and the bundle is sealed.";
/// Closed.
pub const CLOSED_SAFE: &str = "SAFE TO REMOVE MEDIA. It is unmounted.";
/// Closed onto a folder.
pub const CLOSED_FOLDER: &str =
    "SAFE TO REMOVE MEDIA. The bundle is in a folder of this machine, so there is none to take out.";
/// Name of a fact.
pub const NOT_YET: &str = "NOT SAFE yet";

/// Before a medium may be taken out.
#[must_use]
pub fn unmount(point: &str) -> String {
    format!("Unmount {point} before you take the media out. Everything is written to it.")
}
/// Closed.
pub const CLOSED_NEXT: &str = "Run it on another computer, too, before anything is published.";

/// How to go on.
#[must_use]
pub fn resume(record: &str) -> String {
    format!("tuf-ceremony resume --record {record}")
}

/// How to judge the bundle.
#[must_use]
pub fn verify(place: &str) -> String {
    format!("tuf-ceremony verify {place}")
}

/// The notice below 80x24.
#[must_use]
pub fn size_now(columns: u16, rows: u16) -> String {
    format!("This terminal has {columns} columns and {rows} rows; 80 by 24 are needed.")
}

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
/// A device of the bench.
pub const BENCH_READY: &str = "locked";
/// A device of the bench.
pub const BENCH_UNLOCKED: &str = "UNLOCKED";
/// A device of the bench.
pub const BENCH_LOCKED: &str = "PIN BLOCKED";

/// A device of the bench.
#[must_use]
pub fn bench_wrong(count: u32) -> String {
    format!("locked, {count} wrong PIN(s)")
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
