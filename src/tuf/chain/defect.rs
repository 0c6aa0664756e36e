//! What a chain of roots can be blamed for: a stable code, how much it weighs,
//! and where it was found. The table of codes is the documentation's, and a
//! test holds the two together.

use crate::base::Json;

/// How much a defect weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing; refuses nothing.
    Note,
    /// Refused by today's rules, acceptable to clients of its time: refuses in
    /// strict mode, is only named in historic mode.
    Historic,
    /// Refused in both modes.
    Fatal,
}

impl Weight {
    /// The word in the JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Weight::Note => "note",
            Weight::Historic => "historic",
            Weight::Fatal => "fatal",
        }
    }
}

/// One defect of one file, or of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// The stable code.
    pub code: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What is wrong: expected and got; safe to show.
    pub text: String,
    /// Where: keyids, field paths; safe to show; may be empty.
    pub at: Vec<String>,
}

/// The chain's own codes. A file that does not parse is blamed with the code of
/// [`crate::tuf::Refused`] that says why, fatal unless this table has the code.
pub const CODES: &[(&str, Weight, &str)] = &[
    (
        "TOO_LARGE",
        Weight::Fatal,
        "a root file of more than 512,000 bytes",
    ),
    (
        "TOO_MANY_KEYS",
        Weight::Fatal,
        "a root with more than 512 keys or signatures",
    ),
    (
        "NO_TRUSTED_ROOT",
        Weight::Fatal,
        "the first root of the chain is not there",
    ),
    (
        "ROOT_GAP",
        Weight::Fatal,
        "a version is missing: no client gets past the gap",
    ),
    (
        "TOO_MANY_ROOTS",
        Weight::Fatal,
        "more than 256 rotations: clients stop on the way",
    ),
    ("FORK", Weight::Fatal, "one version, two contents"),
    (
        "OTHER_ROLE",
        Weight::Fatal,
        "the file holds another role's metadata",
    ),
    (
        "OTHER_VERSION",
        Weight::Fatal,
        "the file's version is not the one in its name",
    ),
    (
        "PREVIOUS_UNREADABLE",
        Weight::Fatal,
        "the version before gives no keys to judge by",
    ),
    (
        "OLD_THRESHOLD",
        Weight::Fatal,
        "too few keys of the version before signed",
    ),
    ("THRESHOLD", Weight::Fatal, "too few of its own keys signed"),
    (
        "KEY_WEAK",
        Weight::Fatal,
        "a point of small order, or of no curve",
    ),
    (
        "EXPIRES_OFFSET",
        Weight::Historic,
        "the expiry has an offset instead of Z",
    ),
    (
        "EXPIRES_FRACTION",
        Weight::Historic,
        "the expiry has fractions of a second",
    ),
    (
        "CONSISTENT_SNAPSHOT_MISSING",
        Weight::Historic,
        "consistent_snapshot is not written out",
    ),
    (
        "SPEC_VERSION",
        Weight::Historic,
        "spec_version is not 1.0 or 1.0.N",
    ),
    (
        "KEYID_MISMATCH",
        Weight::Historic,
        "a keyid is not the SHA-256 of its key",
    ),
    (
        "KEY_HEX_POINT",
        Weight::Historic,
        "an ECDSA key as a hexadecimal point instead of PEM",
    ),
    (
        "KEY_PEM_FORM",
        Weight::Historic,
        "a PEM without its final newline, with CRLF or other lines",
    ),
    (
        "KEY_KIND",
        Weight::Historic,
        "a key of a kind that is not counted",
    ),
    (
        "KEY_IDENTITY",
        Weight::Historic,
        "a sigstore-oidc identity (TAP 18): no offline client can count it",
    ),
    (
        "KEY_POST_QUANTUM",
        Weight::Historic,
        "an ML-DSA key (TAP 21): kept, never counted",
    ),
    (
        "KEY_FORM",
        Weight::Historic,
        "a key whose text is not its kind's; not counted",
    ),
    (
        "KEY_ALIAS",
        Weight::Historic,
        "two keyids of one role for one public key; counted once",
    ),
    (
        "KEY_ABSENT",
        Weight::Historic,
        "a role lists a keyid that keys does not have",
    ),
    ("KEY_UNUSED", Weight::Historic, "a key that no role lists"),
    ("EXTRA_ROLE", Weight::Historic, "a top-level role beyond the four"),
    (
        "SIG_HEX_CASE",
        Weight::Historic,
        "a signature in uppercase hexadecimal",
    ),
    (
        "KEYTYPE_LEGACY",
        Weight::Note,
        "keytype as before securesystemslib 1.0",
    ),
    (
        "KEYID_HASH_ALGORITHMS",
        Weight::Note,
        "a key field that the specification no longer has",
    ),
    (
        "KEY_EXTRA_FIELD",
        Weight::Note,
        "other fields inside a key; they belong to the keyid",
    ),
    (
        "EXTRA_FIELD",
        Weight::Note,
        "fields that the specification does not have",
    ),
    (
        "CONSISTENT_SNAPSHOT_FALSE",
        Weight::Note,
        "consistent_snapshot is false",
    ),
    (
        "SIG_EMPTY",
        Weight::Note,
        "an empty signature as a placeholder; not counted",
    ),
    (
        "SIG_INVALID",
        Weight::Note,
        "a signature that does not verify; not counted",
    ),
    (
        "SIG_UNKNOWN_KEY",
        Weight::Note,
        "a signature by a key of neither root; not counted",
    ),
    (
        "SIG_TWO_IDS",
        Weight::Note,
        "one signature value under two keyids, as a re-key needs it",
    ),
    ("NO_MARGIN", Weight::Note, "exactly as many keys signed as had to"),
    (
        "STRANGER",
        Weight::Note,
        "a name that is not N.root.json; not judged",
    ),
    (
        "BEFORE_FROM",
        Weight::Note,
        "a version before the first trusted one; not judged",
    ),
];

impl Defect {
    /// A defect whose weight the table of codes knows.
    pub(super) fn new(code: &'static str, text: impl Into<String>) -> Defect {
        let weight = CODES
            .iter()
            .find(|(known, _, _)| *known == code)
            .map_or(Weight::Fatal, |(_, weight, _)| *weight);
        Defect {
            code,
            weight,
            text: text.into(),
            at: Vec::new(),
        }
    }

    /// The JSON of one defect.
    #[must_use]
    pub fn json(&self) -> Json {
        Json::object([
            ("code", self.code.into()),
            ("weight", self.weight.as_str().into()),
            ("text", self.text.as_str().into()),
            (
                "at",
                Json::Array(self.at.iter().map(|a| a.as_str().into()).collect()),
            ),
        ])
    }
}

/// Defects as they are found; the same blame at several places is one defect.
#[derive(Debug, Clone, Default)]
pub(in crate::tuf) struct Defects(pub(in crate::tuf) Vec<Defect>);

impl Defects {
    pub(in crate::tuf) fn push(&mut self, code: &'static str, text: impl Into<String>) {
        self.0.push(Defect::new(code, text));
    }

    pub(in crate::tuf) fn at(&mut self, code: &'static str, text: &str, at: impl Into<String>) {
        let at = at.into();
        match self.0.iter_mut().find(|d| d.code == code && d.text == text) {
            Some(known) => known.at.push(at),
            None => self.0.push(Defect {
                at: vec![at],
                ..Defect::new(code, text)
            }),
        }
    }
}
