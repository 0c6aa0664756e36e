//! The stable words for what can be wrong with a bundle: an auditor's script
//! may look for them, so none changes its meaning. The exit status of `verify`
//! is the same for all. A problem of a single line carries the code of
//! `docs/transcript-format.md`; a failure without a code of its own, the name
//! of its check.

macro_rules! codes {
    ($($name:ident = $text:literal: $means:literal,)*) => {
        $(#[doc = $means] pub const $name: &str = $text;)*

        /// Every code with what it says, in the order of `docs/bundle-format.md`.
        pub const CODES: &[(&str, &str)] = &[$(($text, $means),)*];
    };
}

codes! {
    TRUNCATED = "truncated": "the record ends before a checkpoint of it does",
    CUT = "cut-and-reclosed": "a record that is closed earlier than it once was",
    EXTENDED = "extended": "the record has more lines than its final checkpoint",
    LINE_EDITED = "line-edited": "a line is another than the one that was chained or checkpointed",
    LINE_DROPPED = "line-dropped": "a line is missing in the middle",
    LINE_DOUBLED = "line-doubled": "the same line stands twice",
    LINES_REORDERED = "lines-reordered": "lines stand in another order than they were written",
    SESSION_DROPPED = "session-dropped": "a run of the program, or its beginning, is missing",
    ROOT_MISMATCH = "root-mismatch": "a checkpoint is the root of other lines",
    FORKED = "forked": "two checkpoints of one record that cannot both be true",
    ORIGIN_MISMATCH = "origin-mismatch": "a checkpoint of another record stands in this one",
    OTHER_CEREMONY = "other-ceremony": "the checkpoint from outside is another ceremony's",
    CEREMONY_DROPPED = "ceremony-dropped": "the record follows another ceremony than the site's last",
    REROOTED = "rerooted": "a checkpoint was given another text under the old signature",
    RESIGNED = "resigned": "a checkpoint was signed by a key that the record does not name",
    UNSIGNED = "unsigned": "a checkpoint without a signature of this record's log keys",
    NOTE_MALFORMED = "note-malformed": "a checkpoint is no signed note of the one spelling",
    CHECKPOINT_SWAPPED = "checkpoint-swapped": "a checkpoint is not the one in the record",
    CHECKPOINT_UNKNOWN = "checkpoint-unknown": "a checkpoint that no record holds",
    CHECKPOINT_MISSING = "checkpoint-missing": "a checkpoint of the record, or the final one, is missing",
    POLICY_SWAPPED = "policy-swapped": "the policy is not the one that follows from the record",
    KEY_REFUSED = "key-refused": "a key that is weak, or of a type that is not known here",
    SIGNATURE_FORGED = "signature-forged": "a line in the name of a key from outside does not verify",
    PEOPLE_FORGED = "people-forged": "a file answered for people in a production ceremony",
    MACHINE_IGNORED = "machine-ignored": "production went on beside what refuses, or without a look at its machine",
    NOT_CLOSED = "not-closed": "the record does not end with close",
    FILE_SWAPPED = "file-swapped": "a file is not the one that was exported, or recorded",
    FILE_MISSING = "file-missing": "a file that must be there is missing",
    FILE_ADDED = "file-added": "a file that the record does not know",
    EXPORT_MISPLACED = "export-misplaced": "the export is missing, or stands after the close",
    SUM_MISMATCH = "sum-mismatch": "SHA256SUMS does not fit the files: a broken copy",
    VERIFIER_SWAPPED = "verifier-swapped": "verify.py is not the one of the record, or of the anchors",
    PROGRAM_SWAPPED = "program-swapped": "the record names another program than the anchors",
    ROOT_UNKNOWN = "attestation-root-unknown": "a device's attestation ends at a root that the anchors do not name",
    SCRIPT_SWAPPED = "script-swapped": "script.toml is not the one that the record pins",
    SCRIPT_REFUSED = "script-refused": "the script gives no plan",
    APPROVALS_NOT_PINNED = "approvals-not-pinned": "the approvals are not those that the record pins",
    APPROVALS_ABSENT = "approvals-absent": "there are no approvals",
    APPROVALS_NOBODY = "approvals-nobody": "the script names nobody who may approve it",
    APPROVALS_FORM = "approvals-form": "the approvals are no signed note",
    APPROVALS_OTHER = "approvals-other-script": "the approvals are over another script",
    APPROVALS_NOT_LISTED = "approvals-not-listed": "somebody approved whom the script does not list",
    APPROVALS_WRONG = "approvals-wrong-signature": "an approver's signature does not verify",
    APPROVALS_TOO_FEW = "approvals-too-few": "too few of the script's approvers signed",
    KIND_MISMATCH = "kind-mismatch": "rehearsal and production are mixed",
    REPLAY_DIFFERS = "replay-differs": "the engine comes to other records",
    NOT_REPLAYED = "not-replayed": "what the re-execution needs is missing",
    METADATA_SWAPPED = "metadata-swapped": "metadata is not what the re-executed ceremony makes",
    THRESHOLD_SHORT = "threshold-short": "too few signatures by distinct keys",
    CLIENT_REFUSES = "client-refuses": "a TUF client does not accept the metadata",
    ADDENDUM_FORM = "addendum-form": "an addendum is no text of its one spelling, signed or not",
    ADDENDUM_OTHER = "addendum-other-record": "an addendum is bound to another closing checkpoint",
    ADDENDUM_UNSIGNED = "addendum-unsigned": "no seat's audit key has signed an addendum",
    ADDENDUM_UNVERIFIED = "addendum-unverified": "an addendum belongs to a bundle that does not verify",
    VERDICT_FORGED = "verdict-forged": "the record says other than the client's model",
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn each_code_stands_once_and_is_documented() {
        let page = include_str!("../../docs/bundle-format.md");
        let mut seen = std::collections::BTreeSet::new();
        for (code, means) in CODES {
            assert!(seen.insert(code), "{code} twice");
            let row = format!("| `{code}` | {means} |");
            assert!(page.contains(&row), "docs/bundle-format.md lacks: {row}");
        }
        let rows = page
            .split("## Codes")
            .nth(1)
            .unwrap()
            .split("\n## ")
            .next()
            .unwrap();
        let listed = rows.lines().filter(|l| l.starts_with("| `")).count();
        assert_eq!(listed, CODES.len(), "a documented code that is none");
    }
}
