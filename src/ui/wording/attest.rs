//! Sentences for seats with an audit key: whether they enrol it, and whether they
//! sign the record's head with it. Nobody is pressed: to decline is an answer.

use crate::engine::AttesterAct;

/// Field.
pub const ENROL_FIELD: &str = "Type enrol";
/// Field.
pub const REASON: &str = "Why not";
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
pub const ROOT: &str = "Root";
/// Title of the box.
pub const TITLE: &str = "What is signed";
/// Above the words.
pub const WORDS: &str = "The root in words:";
/// What an audit key is.
pub const ENROL_BODY: &[&str] = &[
    "An audit key signs the record as it grows, and nothing else: it is no key of the repository. Whoever holds it can show later which record was there.",
    "Its token is the seat's own. The next steps find the token, make or find the key on it, and let the key sign a challenge.",
    "A seat may decline, or be empty: F5. The reason goes into the record; the ceremony goes on without this key.",
];
/// What the signature says.
pub const SIGN_BODY: &str = "The signature says: this was the record when I signed. It says nothing about what comes later, and approves nothing.";
/// What F5 is for.
pub const SIGN_MAY_DECLINE: &str =
    "A seat may decline, or be empty: F5. The reason goes into the record; the ceremony goes on.";
/// Below the form.
pub const ENROL_NEXT: &str = "Next: the seat's token.";
/// Below the form.
pub const SIGN_NEXT: &str =
    "Next: the token's PIN, if it is not logged in; then one signature, verified here.";
/// Below the form.
pub const REASON_NEXT: &str =
    "Next: the reason is recorded, and the ceremony goes on without this signature.";
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
    format!("{size} lines")
}

/// Instruction.
#[must_use]
pub fn say(act: AttesterAct, seat: &str, reason: Option<bool>) -> String {
    match (act, reason) {
        (_, Some(true)) => format!("Nobody sits here as {seat}? Type the reason. It goes into the record."),
        (_, Some(false)) => format!("{seat} declines? Type the reason, in that person's words."),
        (AttesterAct::Enrol, None) => {
            format!("{seat} may enrol an audit key. If that person agrees, he or she types enrol.")
        }
        (AttesterAct::Countersign, None) => {
            format!(
                "{seat} may sign the record as it is now. To agree, type the serial's end from the token."
            )
        }
    }
}
