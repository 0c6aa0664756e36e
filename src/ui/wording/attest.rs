//! Sentences for seats with an audit key: whether they enrol it, and whether they
//! sign the record's head with it. Nobody is pressed: to decline is an answer.

use super::screens::capital;
use crate::base::shown::counted;
use crate::engine::AttesterAct;

/// Field.
pub const ENROL_FIELD: &str = "Type enrol";
/// Field, where the seat declines.
pub const REASON: &str = "Reason";
/// Field, where nobody sits there.
pub const REASON_ABSENT: &str = "Why is nobody here";
/// Footer: the next of three answers.
pub const F5_DECLINE: &str = "declines";
/// Footer.
pub const F5_ABSENT: &str = "is not here";
/// Footer.
pub const F5_SIGNS: &str = "agrees";
/// Name of a fact.
pub const SEAT: &str = "Seat";
/// Name of a fact.
pub const TOKEN: &str = "Token";
/// Name of a fact.
pub const KEY: &str = "Audit key";
/// Name of a fact.
pub const RECORD: &str = "Record";
/// Name of a fact.
pub const ROOT: &str = "Checkpoint";
/// Title of the box.
pub const TITLE: &str = "this will be signed";
/// The same, where the seat declines.
pub const TITLE_NOT: &str = "this is not signed";
/// Above the words.
pub const WORDS: &str = "Words of the checkpoint:";
/// What an audit key is.
pub const ENROL_BODY: &[&str] = &[
    "An audit key signs the record as it grows, and nothing else: it is no key of the repository. Whoever holds it can show later which record was there.",
    "Its token is the seat's own. The next steps find the token, make or find the key on it, and let the key sign a challenge.",
];
/// What F5 is for, at the enrolment.
pub const ENROL_MAY_DECLINE: &str = "F5 changes the answer: agrees, declines, is not here. Who does not agree gives a reason for the record; the ceremony goes on without this key.";
/// What the signature says.
pub const SIGN_BODY: &str = "The signature says: this was the record when I signed. It approves nothing, and says nothing about what comes later.";
/// What F5 is for.
pub const SIGN_MAY_DECLINE: &str =
    "F5 changes the answer: agrees, declines, is not here. The ceremony goes on in any case.";
/// Below the form.
pub const SIGN_NEXT: &str = "Next: the token's PIN, unless it is logged in; then one signature, checked.";
/// Below the form, where a reason is typed.
#[must_use]
pub fn reason_next(act: AttesterAct) -> &'static str {
    match act {
        AttesterAct::Enrol => "Next: the reason is recorded; the ceremony goes on without this key.",
        AttesterAct::Countersign => {
            "Next: the reason is recorded; the ceremony goes on without this signature."
        }
    }
}

/// Below the form.
#[must_use]
pub fn enrol_next(token: &str) -> String {
    format!("Next: this step begins, with the seat's own token, {token}.")
}
/// A key that is made here.
pub const MADE_HERE: &str = "made in this ceremony";
/// On the page before a key is made.
pub const FOR_NOTES: &str = "checkpoints of records only, no role of TUF";

/// Who is asked.
#[must_use]
pub fn seat(role: &str, seat: u32, person: &str) -> String {
    if person.is_empty() {
        format!("{role} {seat}")
    } else {
        format!("{role} {seat}: {person}")
    }
}

/// How long the record is.
#[must_use]
pub fn lines(size: u64) -> String {
    format!("the first {}, all before this question", counted(size, "line"))
}

/// Who is spoken to, by name where the roll call has one.
fn addressed(seat: &str, person: &str) -> String {
    if person.is_empty() {
        capital(seat)
    } else {
        format!("{} ({seat})", capital(person))
    }
}

/// Instruction.
#[must_use]
pub fn say(act: AttesterAct, seat: &str, person: &str, reason: Option<bool>) -> String {
    let who = addressed(seat, person);
    match (act, reason) {
        (_, Some(true)) => format!("{who} is not here? Type the reason. It goes into the record."),
        (_, Some(false)) => format!("{who} declines? Type the reason, in that person's words."),
        (AttesterAct::Enrol, None) => {
            format!("{who}: enrol your audit key? To agree, type enrol.")
        }
        (AttesterAct::Countersign, None) => {
            format!(
                "{who}: sign the record as it is now? To agree, read the last 4 characters of the serial on the body of your token and type them."
            )
        }
    }
}
