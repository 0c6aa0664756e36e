//! Sentences of a review. They speak of a past ceremony, so none of them asks
//! for anything but a way through it.

use super::safe;
use crate::transcript::{Class, Kind};

/// On every screen of a review, whatever the colours.
pub const REVIEW: &str = "REVIEW of a past ceremony - nothing can be changed";

/// Footer and help.
pub const KEY_NEXT: (&str, &str) = ("next", "the next screen, as people saw it");
/// Footer and help.
pub const KEY_BEFORE: (&str, &str) = ("back", "the screen before");
/// Footer and help.
pub const KEY_NEXT_ACT: (&str, &str) = ("act", "the first screen of the next act");
/// Help.
pub const KEY_ACT_BEFORE: (&str, &str) = ("", "the first screen of this act, or of the one before");
/// Footer and help.
pub const KEY_EVIDENCE: (&str, &str) = (
    "evidence",
    "the evidence, whole: what the records of this screen say and what stands behind it",
);
/// Footer and help.
pub const KEY_CHECKS: (&str, &str) = ("checks", "the checks; Enter shows the records that one rests on");
/// Footer and help.
pub const KEY_SEARCH: (&str, &str) = ("search", "search in every record");
/// Footer and help.
pub const KEY_HELP: (&str, &str) = ("help", "this page");
/// Footer and help.
pub const KEY_LEAVE: (&str, &str) = ("leave", "leave the review");
/// Help.
pub const KEY_NEXT_HIT: (&str, &str) = ("", "the next record that was found");
/// Help.
pub const KEY_HIT_BEFORE: (&str, &str) = ("", "the record before that was found");
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
pub const KEY_TOKEN: (&str, &str) = ("", "filter by token");
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
pub const KEY_JSON: (&str, &str) = ("", "review text or JSON, where the screen had both");
/// Help.
pub const KEY_BACK: (&str, &str) = ("", "close what lies over the screen");
/// Help.
pub const KEY_LEAVE_ALWAYS: (&str, &str) = ("", "leave the review, from anywhere");

/// Footer of what lies over the screen.
pub const OVER_MORE: &str = "more";
/// Footer of what lies over the screen.
pub const OVER_BACK: &str = "back";
/// Footer of a list.
pub const LIST_MOVE: &str = "choose";
/// Footer of a list.
pub const LIST_GO: &str = "go there";
/// Footer of a form.
pub const FORM_GO: &str = "go";

/// Title.
pub const TITLE_HELP: &str = "Review: keys";
/// Help.
pub const HELP_SAY: &str = "Each screen is drawn by the program that drew it then, from the state to which the record's inputs lead when they are executed again. The clock is the record's. What people typed stands in the evidence; a secret is in no record.";
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
pub const TITLE_STOP: &str = "The walk stops here";
/// Title.
pub const TITLE_SEARCH: &str = "Search";
/// Title.
pub const TITLE_GO_TO: &str = "Go to a record";
/// Title.
pub const TITLE_PERSON: &str = "Filter: person";
/// Title.
pub const TITLE_TOKEN: &str = "Filter: token";
/// Title.
pub const TITLE_KIND: &str = "Filter: type of record";

/// Search.
pub const SEARCH_SAY: &str = "Type a part of a record's text: a name, a serial, a digest, a type. Letters count in either case; the records are searched as they stand, escapes and all.";
/// Search.
pub const SEARCH_FIELD: &str = "Search for";
/// Go to.
pub const GO_TO_SAY: &str =
    "Type the number of a record. Its screen is the one that people saw once it was written.";
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
pub const ANY_TOKEN: &str = "any token, or none";
/// Filter.
pub const ANY_KIND: &str = "any type";
/// Checks.
pub const CHECKS_SAY: &str = "Enter opens a check: what was found, and the records that it rests on.";
/// A check that rests on files.
pub const CHECK_NO_RECORDS: &str =
    "It rests on files, or on nothing that has one record: there is nowhere to go.";
/// A check with more to say than there is room.
pub const HEAD_CUT: &str = ".. there is more: tuf-ceremony verify says it whole";
/// A check that rests on all.
pub const CHECK_EVERY: &str = "It rests on every record alike.";
/// Records.
pub const RECORDS_SAY: &str = "Enter goes to the screen that people saw once the record was written.";

/// Evidence.
pub const LED_HERE: &str = "LED HERE";
/// Evidence.
pub const NEXT_ANSWER: &str = "ANSWERED THEN";
/// Evidence.
pub const NEXT_OUTCOME: &str = "CAME OF IT";
/// Evidence.
pub const NEXT_OTHER: &str = "CAME NEXT";
/// Evidence.
pub const SECRET: &str = "A secret was typed here. No record holds it, nor how long it was.";
/// Evidence.
pub const EVERY: &str = "Every record";
/// Evidence.
pub const NOT_REPLAYED: &str = "The record as a whole does not re-execute: everything in it is a claim.";
/// Evidence of the seal.
pub const SEALED: &str = "No record says that the seal was written: it follows the last one. It is here because checkpoint and SHA256SUMS stand beside the record.";
/// Evidence, where there is more of it.
pub const COLUMN_MORE: &str = "more: press e";
/// Evidence of a stop.
pub const STOP_LINE: &str = "THE RECORD THAT WAS NOT REACHED";
/// Evidence of a stop.
pub const STOP_SCREEN: &str = "Behind this stands the last screen to which the record leads. Nothing after it is shown as a screen, because nobody can tell what people saw.";
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
pub const NO_SEARCH: &str = "Nothing is searched for yet: / asks for it.";
/// Remark.
pub const CLEARED: &str = "No filter and no search any more.";
/// Remark.
pub const NO_COLUMN: &str = "There is no column at this size: e shows the evidence.";
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

/// The records of a screen.
#[must_use]
pub fn records_of(from: u64, to: u64, all: usize) -> String {
    if from == to {
        format!("record {from} of {all}")
    } else {
        format!("records {from} to {to} of {all}")
    }
}

/// The verdict, and what refused.
#[must_use]
pub fn verdict(verdict: &str, failed: &[&str]) -> String {
    if failed.is_empty() {
        format!("verdict: {}", safe(verdict))
    } else {
        format!(
            "verdict: {} by {}",
            safe(verdict).to_uppercase(),
            failed.join(" ")
        )
    }
}

/// The filters in the bar.
#[must_use]
pub fn filter(parts: &[String], fit: usize) -> String {
    format!("filter: {} ({fit} fit)", parts.join(" + "))
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

/// One entry of a filter's list.
#[must_use]
pub fn counted(what: &str, times: usize) -> String {
    format!("{what}  {times} records")
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
    format!(
        "found {}: {number} of {of}, record {record} - n: next, N: before",
        safe(text)
    )
}

/// Nothing was found.
#[must_use]
pub fn no_hit(text: &str) -> String {
    format!("No record has {}.", safe(text))
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

/// How far a walk goes.
#[must_use]
pub fn stopped(why: &str, screens: usize) -> String {
    format!(
        "After {screens} screens the record cannot be executed again: {}.",
        safe(why.trim_end_matches('.'))
    )
}

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
        Class::DeviceSigned => "class: device-signed",
        Class::PersonSigned => "class: person-signed",
        Class::Derived => "class: derived",
        Class::Claimed => "class: claimed",
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
