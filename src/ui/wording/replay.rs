//! Sentences of a replay. They speak of a past ceremony, so none of them asks
//! for anything but a way through it.

use super::safe;
use crate::transcript::{Class, Kind};

/// On every screen of a replay, whatever the colours.
pub const REPLAY: &str = "REPLAY of a past ceremony - nothing can be changed";
/// Instead of what was asked for while a machine worked.
pub const THEN_WAIT: &str = "(then: wait)";
/// Below the plan.
pub const PLAN_BACK: &str = "Esc closes this page.";

/// Footer and help.
pub const KEY_NEXT: (&str, &str) = ("next", "the next screen, as people saw it");
/// Footer and help.
pub const KEY_BEFORE: (&str, &str) = ("before", "the screen before");
/// Footer and help.
pub const KEY_NEXT_ACT: (&str, &str) = ("act", "the first screen of the next act");
/// Help.
pub const KEY_ACT_BEFORE: (&str, &str) = ("", "the first screen of this act, or of the one before");
/// Footer and help.
pub const KEY_EVIDENCE: (&str, &str) = (
    "evidence",
    "the evidence, whole: what the records say that led to this screen, and what stands behind it",
);
/// Footer and help.
pub const KEY_CHECKS: (&str, &str) = ("checks", "the checks; Enter shows the records that one rests on");
/// Footer and help.
pub const KEY_SEARCH: (&str, &str) = ("find", "search in every record");
/// Footer and help.
pub const KEY_HELP: (&str, &str) = ("help", "this page");
/// Footer and help.
pub const KEY_LEAVE: (&str, &str) = ("leave", "leave the replay");
/// Help.
pub const KEY_NEXT_HIT: (&str, &str) = ("", "the next record that was found");
/// Help.
pub const KEY_HIT_BEFORE: (&str, &str) = ("", "the previous record that was found");
/// Help.
pub const KEY_GO_TO: (&str, &str) = ("", "go to a record by its number");
/// Help.
pub const KEY_RECORDS: (&str, &str) = ("", "every record that fits the filters, one line each");
/// Help.
pub const KEY_FIRST: (&str, &str) = ("", "the first screen");
/// Help.
pub const KEY_LAST: (&str, &str) = ("", "the last screen");
/// Help.
pub const KEY_PERSON: (&str, &str) = ("", "filter by person: who acts, or is named");
/// Help.
pub const KEY_TOKEN: (&str, &str) = ("", "filter by device");
/// Help.
pub const KEY_KIND: (&str, &str) = ("", "filter by type of record");
/// Help.
pub const KEY_CLEAR: (&str, &str) = ("", "no filter, no search");
/// Help.
pub const KEY_DOWN: (&str, &str) = ("", "one line down in what is shown");
/// Help.
pub const KEY_UP: (&str, &str) = ("", "one line up");
/// Help.
pub const KEY_PAGE_DOWN: (&str, &str) = ("", "one page down");
/// Help.
pub const KEY_PAGE_UP: (&str, &str) = ("", "one page up");
/// Help.
pub const KEY_COLUMN: (&str, &str) = (
    "",
    "large terminals: the column as people saw it, or the evidence",
);
/// Help.
pub const KEY_PLAN: (&str, &str) = ("", "the plan, devices, people and files as they were then");
/// Help.
pub const KEY_JSON: (&str, &str) = ("", "payload as text or as JSON, where the screen had both");
/// Footer, where a payload is read.
pub const KEY_JSON_HERE: &str = "JSON";
/// Help.
pub const KEY_BACK: (&str, &str) = ("", "close what lies over the screen");
/// Help.
pub const KEY_LEAVE_ALWAYS: (&str, &str) = ("", "leave the replay, from anywhere");

/// Footer of what lies over the screen.
pub const OVER_MORE: &str = "more";
/// Footer of what lies over the screen.
pub const OVER_BACK: &str = "close";
/// Footer of a list.
pub const LIST_MOVE: &str = "move";
/// Footer of a list of records.
pub const LIST_GO: &str = "go there";
/// Footer of a list of checks.
pub const LIST_OPEN: &str = "open";
/// Footer of a list of filters.
pub const LIST_CHOOSE: &str = "choose";
/// Footer of a form.
pub const FORM_GO: &str = "go";
/// Footer beside a record that was found.
pub const FOUND_NEXT: &str = "next";
/// Footer beside a record that was found.
pub const FOUND_BEFORE: &str = "before";
/// Footer beside a record that was found.
pub const FOUND_CLEAR: &str = "clear";

/// Title.
pub const TITLE_HELP: &str = "Replay: keys";
/// Help.
pub const HELP_SAY: &str = "The record's inputs are executed again; from the result each screen is drawn as people saw it then, with the record's clock. What people typed stands in the evidence; a secret is in no record. In the evidence, > marks the record that was searched or asked for.";
/// Help.
pub const HELP_CLASSES: &str = "What stands behind a fact";
/// Help.
pub const HELP_VERDICT: &str = "Verdict";
/// Help.
pub const HELP_KEYS: &str = "Keys";
/// Title.
pub const TITLE_EVIDENCE: &str = "Evidence of this screen";
/// Title.
pub const TITLE_CHECKS: &str = "Checks";
/// Title.
pub const TITLE_RECORDS: &str = "Records";
/// Title.
pub const TITLE_STOP: &str = "The replay stops here";
/// Title.
pub const TITLE_SEARCH: &str = "Search";
/// Title.
pub const TITLE_GO_TO: &str = "Go to a record";
/// Title.
pub const TITLE_PERSON: &str = "Filter: person";
/// Title.
pub const TITLE_TOKEN: &str = "Filter: device";
/// Title.
pub const TITLE_KIND: &str = "Filter: type of record";

/// Search.
pub const SEARCH_SAY: &str = "Type a part of a record's text: a name, a serial, a digest, a type. Capital or small letters make no difference. The records are searched as they stand in the file.";
/// Search.
pub const SEARCH_FIELD: &str = "Search for";
/// Go to.
pub const GO_TO_SAY: &str =
    "Type the number of a record. Its screen is the one that people saw right after it was written.";
/// Go to.
pub const GO_TO_FIELD: &str = "Record number";
/// Filter.
pub const PERSON_SAY: &str = "The record says which role answers, not which of its people. A person's name finds the records that name the person.";
/// Filter.
pub const TOKEN_SAY: &str = "Steps on this device, and records that name it.";
/// Filter.
pub const KIND_SAY: &str = "Screens to which a record of this type led.";
/// Filter.
pub const ANYBODY: &str = "anybody";
/// Filter.
pub const ANY_TOKEN: &str = "any device, or none";
/// Filter.
pub const ANY_KIND: &str = "any type";
/// Checks.
pub const CHECKS_SAY: &str = "ok: the check holds. FAIL: it does not. -: there was nothing to check, or it could not be checked. Enter shows what was found, and in which records.";
/// A check that rests on files.
pub const CHECK_NO_RECORDS: &str =
    "It rests on files, or on nothing that has one record: there is nowhere to go.";
/// A check with more to say than there is room.
pub const HEAD_CUT: &str = ".. there is more: tuf-ceremony verify says it whole";
/// A check that rests on all.
pub const CHECK_EVERY: &str = "It rests on every record alike.";
/// Records.
pub const RECORDS_SAY: &str = "Enter goes to the screen that people saw right after the record was written.";

/// Evidence.
pub const LED_HERE: &str = "RECORDS THAT LED HERE";
/// Evidence.
pub const NEXT_ANSWER: &str = "ANSWER GIVEN HERE";
/// Evidence.
pub const NEXT_OUTCOME: &str = "WHAT CAME OF IT";
/// Evidence.
pub const NEXT_OTHER: &str = "NEXT RECORD";
/// Evidence.
pub const SECRET: &str = "A secret was typed here. No record holds it, nor how long it was.";
/// Evidence.
pub const EVERY: &str = "CHECKS OF EVERY RECORD";
/// Before the names of checks.
pub const EVERY_HOLD: &str = "hold";
/// Before the names of checks.
pub const EVERY_FAIL: &str = "FAIL";
/// Before the names of checks.
pub const EVERY_NEITHER: &str = "not checked";
/// Evidence.
pub const NOT_REPLAYED: &str = "The record as a whole does not re-execute: everything in it is a claim.";
/// Evidence of the seal.
pub const SEALED: &str = "The seal is written after the last record, so no record tells of it. This screen is shown because checkpoint and SHA256SUMS lie beside the record.";
/// Evidence, where there is more of it.
pub const COLUMN_MORE: &str = "more: press e";
/// Evidence of a stop.
pub const STOP_LINE: &str = "THE RECORD WHERE IT STOPS";
/// Evidence of a stop, where another record was asked for.
pub const STOP_OTHER: &str = "A RECORD THAT WAS NOT REACHED";
/// Evidence of a stop.
pub const STOP_SCREEN: &str = "Left goes back to the last screen to which the record leads. Nothing after it is shown as a screen, because nobody can tell what people saw.";
/// Evidence of a stop.
pub const STOP_REST: &str =
    "Records after it can be read and searched as they stand; they are claims, and nothing more.";

/// Remark.
pub const FIRST: &str = "This is the first screen.";
/// Remark.
pub const LAST: &str = "This is the last screen.";
/// Remark.
pub const NO_MORE_FITS: &str = "No screen further on fits the filters.";
/// Remark.
pub const NO_LESS_FITS: &str = "No screen before this one fits the filters.";
/// Remark.
pub const NO_ACT: &str = "There is no other act that way.";
/// Remark.
pub const NO_SEARCH: &str = "Nothing is searched for yet: press / first.";
/// Remark.
pub const CLEARED: &str = "No filter and no search any more.";
/// Remark.
pub const NO_COLUMN: &str = "There is no column at this size: e shows the evidence.";
/// Where one of two records has no such value.
pub const NO_VALUE: &str = "(nothing)";
/// Remark.
pub const NO_JSON: &str = "This screen has one view only.";
/// Remark.
pub const NOTHING_THERE: &str = "There is nowhere to go from here.";
/// Nothing to walk.
pub const NO_FIRST: &str = "not even its first record re-executes";

/// Which screen this is.
#[must_use]
pub fn screen_of(number: usize, of: usize) -> String {
    format!("screen {number} of {of}")
}

/// The status of that time.
#[must_use]
pub fn then(status: &str) -> String {
    format!("then: {status}")
}

/// The records of a screen. They are numbered from 0, as in the record.
#[must_use]
pub fn records_of(from: u64, to: u64) -> String {
    if from == to {
        format!("record {from}")
    } else {
        format!("records {from} to {to}")
    }
}

/// The number of the last record, beside those of a screen.
#[must_use]
pub fn last_of(last: u64) -> String {
    format!(" (last {last})")
}

/// Below a list of records that is longer than its place.
#[must_use]
pub fn records_in_sight(from: u64, to: u64, last: u64) -> String {
    let more = if to == last {
        "this is the end"
    } else {
        "PgDn: there is more"
    };
    format!("-- records {from} to {to}, last {last}; {more} --")
}

/// The verdict, and which checks failed.
#[must_use]
pub fn verdict(verdict: &str, failed: &[&str]) -> String {
    if failed.is_empty() {
        format!("verdict: {}", safe(verdict))
    } else {
        format!(
            "verdict: {} - failed: {}",
            safe(verdict).to_uppercase(),
            failed.join(", ")
        )
    }
}

/// The filters in the bar: how many screens fit stands first, so that it is not cut.
#[must_use]
pub fn filter(parts: &[String], fit: usize) -> String {
    format!("{fit} fit: {}", parts.join(" + "))
}

/// A filter by who acts.
#[must_use]
pub fn acting(role: &str, names: &[&str]) -> String {
    if names.is_empty() {
        safe(role)
    } else {
        safe(&format!("{role} ({})", names.join(", ")))
    }
}

/// A filter by a person.
#[must_use]
pub fn named(name: &str) -> String {
    format!("named {}", safe(name))
}

/// One entry of a filter's list; `width` aligns the counts.
#[must_use]
pub fn counted(what: &str, width: usize, times: usize) -> String {
    let records = if times == 1 { "record" } else { "records" };
    format!("{what:<width$}  {times:>5} {records}")
}

/// Values that the column leaves out.
#[must_use]
pub fn more_values(count: usize) -> String {
    match count {
        1 => ".. 1 more value".to_owned(),
        n => format!(".. {n} more values"),
    }
}

/// What is cut of a text.
#[must_use]
pub fn more_characters(count: usize) -> String {
    match count {
        1 => " .. (1 more character)".to_owned(),
        n => format!(" .. ({n} more characters)"),
    }
}

/// Above the files and records of a check.
#[must_use]
pub fn rests_on(what: &str) -> String {
    format!("Rests on: {what}.")
}

/// What a check would find, if it did not hold.
#[must_use]
pub fn falsified_by(what: &str) -> String {
    format!("It would fail on: {what}.")
}

/// Findings of a check that its page leaves out.
#[must_use]
pub fn more_findings(count: usize) -> String {
    format!("  .. {count} more: tuf-ceremony verify shows them")
}

/// After a filter was set.
#[must_use]
pub fn fits(count: usize) -> String {
    match count {
        0 => "No screen fits. x clears the filters.".to_owned(),
        1 => "One screen fits. Right and Left go to it.".to_owned(),
        n => format!("{n} screens fit. Right and Left go from one to the next."),
    }
}

/// After a search.
#[must_use]
pub fn hit(text: &str, number: usize, of: usize, record: u64) -> String {
    format!("{number} of {of}, record {record}: {}", safe(text))
}

/// Nothing was found.
#[must_use]
pub fn no_hit(text: &str) -> String {
    format!("No record contains this text: {}", safe(text))
}

/// What an answer holds instead of a secret.
#[must_use]
pub fn ticket(number: u64) -> String {
    format!("ticket {number}, not the secret")
}

/// No such record.
#[must_use]
pub fn no_record(typed: &str, last: u64) -> String {
    format!("Type a number from 0 to {last}, not {}.", safe(typed))
}

/// How far a replay goes.
#[must_use]
pub fn stopped(why: &str, screens: usize) -> String {
    let after = match screens {
        1 => "After 1 screen".to_owned(),
        n => format!("After {n} screens"),
    };
    format!(
        "{after} the record cannot be executed again: {}.",
        safe(why.trim_end_matches('.'))
    )
}

/// Why it goes no further, where another record stands than the one that follows.
#[must_use]
pub fn differs(record: u64, kind: Kind, step: &str) -> String {
    let step = if step.is_empty() {
        String::new()
    } else {
        format!(" of step {}", safe(step))
    };
    format!(
        "record {record} ({kind}{step}, line {} of the file) is not what its inputs lead to",
        record.saturating_add(1)
    )
}

/// Name of a fact: what stands in the record.
pub const STANDS: &str = "In the record";
/// Name of a fact: what the engine derives.
pub const COMES: &str = "Done again";
/// A part of a record, in a comparison.
pub const PART_TYPE: &str = "type of record";
/// A part of a record, in a comparison.
pub const PART_STEP: &str = "step of record";
/// A part of a record, in a comparison.
pub const PART_WHO: &str = "who acts";

/// The class of a record, and what that means.
#[must_use]
pub fn class(class: Class) -> &'static str {
    match class {
        Class::DeviceSigned => {
            "device-signed: holds a signature by a device's key, to be verified by anybody"
        }
        Class::PersonSigned => "person-signed: a seat's own audit key signed it",
        Class::Derived => "derived: whoever executes the record again comes to it",
        Class::Claimed => "claimed: this machine says so, and nothing more stands behind it",
    }
}

/// The class of a record, beside a screen.
#[must_use]
pub fn class_short(class: Class) -> &'static str {
    match class {
        Class::DeviceSigned => "class: device-signed (F1)",
        Class::PersonSigned => "class: person-signed (F1)",
        Class::Derived => "class: derived (F1)",
        Class::Claimed => "class: claimed (F1)",
    }
}

/// Every class, for the help.
pub const CLASSES: [Class; 4] = [
    Class::DeviceSigned,
    Class::PersonSigned,
    Class::Derived,
    Class::Claimed,
];

/// A record in a list.
#[must_use]
pub fn line(number: u64, at: &str, kind: Kind, who: &str, what: &str) -> String {
    let kind = kind.as_str();
    format!("{number:>6}  {at}  {kind:<15} {:<13} {}", safe(who), safe(what))
}

/// Above records in a list.
#[must_use]
pub fn line_heads() -> String {
    format!(
        "  {:>6}  {:<8}  {:<15} {:<13} what",
        "record", "time", "type", "who"
    )
}

/// When, who, and at which step.
#[must_use]
pub fn when(at: &str, who: &str, step: &str) -> String {
    let step = if step.is_empty() {
        String::new()
    } else {
        format!(", step {}", safe(step))
    };
    format!("{at} UTC, {}{step}", safe(who))
}

/// A fact of the judge.
#[must_use]
pub fn fact(name: &str, value: &str, class: Class, anchor: &str) -> String {
    format!(
        "{}: {} ({}, {})",
        safe(name),
        safe(value),
        class.as_str(),
        safe(anchor)
    )
}
