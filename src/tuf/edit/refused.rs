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
    ("WORD", Class::Input, "Take one of the words that are named."),
    (
        "LIST",
        Class::Input,
        "Give at least one word, commas between, no blanks and no empty word.",
    ),
    (
        "BITS",
        Class::Input,
        "Give a whole number of bits from 1 to 16: there are 2^BITS bins.",
    ),
    (
        "META_VERSION",
        Class::Input,
        "Give the version of the file, a whole number of at least 1.",
    ),
    (
        "MANIFEST",
        Class::Input,
        "Write the manifest as docs/tuf.md says, at most 5,000,000 bytes.",
    ),
    (
        "ROLE_NAME",
        Class::Input,
        "Take a name of A-Z a-z 0-9 . _ - that is no number and no top-level role's.",
    ),
    (
        "PARENT",
        Class::Input,
        "Name the targets metadata that delegates to the role with --parent, and the role with --as.",
    ),
    (
        "NOT_DELEGATED",
        Class::Input,
        "Leave --as out: only targets metadata has a delegated role's name.",
    ),
    (
        "CHANGE_PRESENT",
        Class::Judged,
        "Leave the operation out, or change what is there: change-target, delegation-paths.",
    ),
    (
        "CHANGE_ABSENT",
        Class::Judged,
        "Look at the name, tuf-ceremony tuf show FILE; for a new one: add-target, add-role.",
    ),
    (
        "CHANGE_TWICE",
        Class::Judged,
        "Name each target file and each metadata file once in an edit.",
    ),
    (
        "PATH_UNSAFE",
        Class::Judged,
        "Take a path that every client reads alike; docs/tuf.md has the rules.",
    ),
    (
        "PATTERN_UNSAFE",
        Class::Judged,
        "Take a pattern that every client matches alike; docs/tuf.md has the rules.",
    ),
    (
        "ROLE_NAME_CASE",
        Class::Judged,
        "Take a name that differs from the others by more than case.",
    ),
    (
        "SCOPE",
        Class::Judged,
        "Name at least one path or prefix, each once.",
    ),
    (
        "OUTSIDE_SCOPE",
        Class::Judged,
        "Put the file into the role that its path is delegated to, or widen the delegation first.",
    ),
    (
        "ORDER",
        Class::Judged,
        "Name every delegated role once, commas between.",
    ),
    (
        "SUCCINCT",
        Class::Judged,
        "Replace the whole set with bins: roles behind succinct_roles are not changed one by one.",
    ),
    (
        "BINS",
        Class::Judged,
        "Take a prefix for the names, and a threshold that the keys can reach.",
    ),
    (
        "NOT_NEXT",
        Class::Judged,
        "Give the version after the trusted one: nothing goes back and nothing is left out.",
    ),
    (
        "FORK",
        Class::Judged,
        "Give the next version: what clients have seen of a version is never replaced.",
    ),
    (
        "FILE_NAME",
        Class::Judged,
        "Take targets.json or a delegated role's NAME.json in snapshot, snapshot.json in timestamp.",
    ),
    (
        "LAST_VERSION",
        Class::Judged,
        "No version can follow this one: the role needs another name.",
    ),
    (
        "TOO_LARGE",
        Class::Judged,
        "Spread the files over delegated roles or hash bins.",
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
        // An edit's own names for what composition says too.
        let code = match e.code() {
            "NOTHING_CHANGES" => "NOTHING_CHANGED",
            "KEY_NOT_USABLE" => "KEY_UNUSABLE",
            other => other,
        };
        NotEdited::new(code, e.to_string())
    }
}
