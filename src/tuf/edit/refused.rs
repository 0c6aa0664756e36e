//! Why an edit gives no draft: a stable code, what was found, and a remedy for
//! each code, in one table so that the page of codes and the program agree.

use crate::tuf::compose::NotComposed;
use crate::tuf::refused::Refused;

/// What kind of refusal it is; the command line makes its exit code of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The words of the call, or a file, cannot be read.
    Input,
    /// The edit was understood, and its result is refused.
    Judged,
    /// A person has to say that signatures are voided.
    Person,
}

/// Code, class and remedy of every refusal that an edit has of its own.
pub const CODES: &[(&str, Class, &str)] = &[
    (
        "UNKNOWN_OPERATION",
        Class::Input,
        "Take an operation that docs/tuf.md lists.",
    ),
    (
        "MISSING_WORD",
        Class::Input,
        "Give the operation all its words; docs/tuf.md lists them.",
    ),
    (
        "UNKNOWN_ROLE",
        Class::Input,
        "Take root, targets, snapshot or timestamp.",
    ),
    (
        "KEYID_PREFIX",
        Class::Input,
        "Give at least the first 8 characters of the keyid, in lowercase.",
    ),
    (
        "THRESHOLD_FORM",
        Class::Input,
        "Give a whole number of at least 1.",
    ),
    ("EXPIRES_FORM", Class::Input, "Write UTC as YYYY-MM-DDTHH:MM:SSZ."),
    (
        "DAYS",
        Class::Input,
        "Give a whole number of days, at least 1, that ends before the year 10000.",
    ),
    ("LENGTH", Class::Input, "Give the length of the file in bytes."),
    (
        "HASH",
        Class::Input,
        "Give SHA-256 (64 lowercase hexadecimal characters), and SHA-512 (128) if wanted, each once.",
    ),
    (
        "REASON",
        Class::Input,
        "Give --reason TEXT once for each revoke-key, in their order: 4 to 400 printable ASCII characters.",
    ),
    (
        "KEY_FILE",
        Class::Input,
        "Take a public key as PEM, DER, JWK or TUF key object: tuf-ceremony key show FILE says what a file holds.",
    ),
    (
        "FILE_REFUSED",
        Class::Input,
        "Look at it first: tuf-ceremony tuf show FILE. Metadata that our parser refuses is not edited.",
    ),
    (
        "FROM_ROLE",
        Class::Input,
        "Name the last trusted version of the same role with --from.",
    ),
    (
        "FROM_VERSION",
        Class::Judged,
        "A draft follows the last trusted version: edit that one, without --from.",
    ),
    (
        "FINISHED",
        Class::Judged,
        "It may be published, and a version has one content: edit it without --from, for the next version.",
    ),
    (
        "UNFINISHED",
        Class::Judged,
        "It is a draft: name the last trusted version with --from OLD.",
    ),
    (
        "OTHER_ROLE",
        Class::Judged,
        "Take the metadata that the operation is for.",
    ),
    (
        "NOTHING_CHANGED",
        Class::Judged,
        "Leave the operation out; for a new version alone: bump-version.",
    ),
    (
        "KEY_NOT_THERE",
        Class::Judged,
        "Look at the keyids: tuf-ceremony tuf show FILE.",
    ),
    (
        "KEYID_AMBIGUOUS",
        Class::Judged,
        "Give more characters of the keyid.",
    ),
    (
        "KEY_THERE",
        Class::Judged,
        "Leave the operation out; for another keyid of the same key: re-key.",
    ),
    (
        "KEY_UNUSABLE",
        Class::Judged,
        "Remove the key, and add one of a kind that clients read.",
    ),
    (
        "KEY_KIND",
        Class::Judged,
        "Remove the key, or name the profile of the clients that matter with --profile.",
    ),
    (
        "KEY_WEAK",
        Class::Judged,
        "Make another key: with this one a stranger's signature could verify.",
    ),
    (
        "KEY_TWICE",
        Class::Judged,
        "Remove one of the two: one key counts once.",
    ),
    (
        "THRESHOLD_UNREACHABLE",
        Class::Judged,
        "Set a lower threshold in the same edit, or add a key.",
    ),
    (
        "ROOT_KEY_ONLINE",
        Class::Judged,
        "Use another key for the online role: a root key stays offline.",
    ),
    (
        "EXPIRED",
        Class::Judged,
        "Add set-expires INSTANT or expires-in DAYS, later than the instant of the edit.",
    ),
    (
        "NOT_PRODUCIBLE",
        Class::Judged,
        "Change the value that is named: clients would disagree on its bytes.",
    ),
    (
        "CLIENT_REFUSES",
        Class::Judged,
        "Undo what the client refuses, or name the profile of the clients that matter with --profile.",
    ),
    (
        "TARGET_THERE",
        Class::Judged,
        "Use change-target for a file that is listed.",
    ),
    (
        "TARGET_NOT_THERE",
        Class::Judged,
        "Use add-target for a file that is not listed; look at the path.",
    ),
    (
        "VOIDS_SIGNATURES",
        Class::Person,
        "If that is wanted, say how many: --void with this number. Who signed has to sign again.",
    ),
];

/// Why an edit gives no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[{code}] {why}")]
pub struct NotEdited {
    /// The stable code: one of [`CODES`], or of our parser's rules.
    pub code: &'static str,
    /// What was found, safe to show.
    pub why: String,
}

impl NotEdited {
    pub(super) fn new(code: &'static str, why: impl Into<String>) -> NotEdited {
        NotEdited {
            code,
            why: why.into(),
        }
    }

    /// A file that our parser refuses.
    pub(super) fn of_refused(which: &str, refused: &Refused) -> NotEdited {
        NotEdited::new("FILE_REFUSED", format!("{which}: [{}] {refused}", refused.code()))
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn class(&self) -> Class {
        self.row().map_or(Class::Judged, |(_, class, _)| *class)
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        let other = "Change what is named; docs/tuf.md explains the code in brackets.";
        self.row().map_or(other, |(_, _, remedy)| remedy)
    }

    fn row(&self) -> Option<&'static (&'static str, Class, &'static str)> {
        CODES.iter().find(|(code, _, _)| *code == self.code)
    }
}

impl From<NotComposed> for NotEdited {
    fn from(e: NotComposed) -> NotEdited {
        NotEdited::new(e.code(), e.to_string())
    }
}
