//! The checks in the order of the report: the name, what it rests on, the
//! claims of `docs/assurance-case.md` that it supports, and what would falsify
//! it. A check without all of these is no evidence that anybody could judge.

use super::super::case::Case;
use super::{
    Finding, anchors, approvals, attesters, bindings, canonical, chain, clients, close, kind, layout,
    machine, metadata, people, policy, quorum, replay, root, script, sessions, signatures, sums, thresholds,
    verifier,
};

type Run = fn(&Case<'_>) -> Finding;

/// One check.
pub(super) struct Entry {
    /// A stable word.
    pub(super) name: &'static str,
    pub(super) run: Run,
    /// Which records or files it reads.
    pub(super) rests_on: &'static str,
    /// Ids of claims.
    pub(super) claims: &'static [&'static str],
    /// One sentence, after "falsified by".
    pub(super) falsified_by: &'static str,
    /// Whether a whole bundle may be judged without it, because it does not apply.
    pub(super) optional: bool,
}

const fn entry(
    name: &'static str,
    run: Run,
    rests_on: &'static str,
    claims: &'static [&'static str],
    falsified_by: &'static str,
) -> Entry {
    Entry {
        name,
        run,
        rests_on,
        claims,
        falsified_by,
        optional: false,
    }
}

const fn optional(mut entry: Entry) -> Entry {
    entry.optional = true;
    entry
}

/// Every check, in the order of the report.
pub(super) const TABLE: [Entry; 23] = [
    entry(
        "layout",
        layout::check,
        "the names and sizes of the files",
        &["IMP-1", "IMP-9", "IMP-10"],
        "a name that has no place in the format, a file that is missing, or one beyond the limits",
    ),
    entry(
        "sums",
        sums::check,
        "SHA256SUMS and the files that it lists",
        &["IMP-8", "IMP-13"],
        "a file whose SHA-256 is not the listed one, or a file that is listed and missing or there and not listed",
    ),
    entry(
        "bindings",
        bindings::check,
        "the last exported record and the exported files",
        &["IMP-9", "EXP-1", "EXP-5"],
        "an exported file with another digest or length than the record gives it",
    ),
    entry(
        "canonical",
        canonical::check,
        "every record, one line at a time",
        &["LOG-2", "LOG-13"],
        "a line that Python's json.dumps would write in another way, or a type that the format does not know",
    ),
    entry(
        "chain",
        chain::check,
        "every record, by the bytes of its line",
        &["LOG-3"],
        "a line whose prev is not the SHA-256 of the line before it",
    ),
    entry(
        "sessions",
        sessions::check,
        "the boot of every record, and the open and resume records",
        &["LOG-10", "LOG-12"],
        "a line of a run that no open or resume record before it began",
    ),
    entry(
        "root",
        root::check,
        "every record, checkpoint and the checkpoints in outcome records",
        &["LOG-4"],
        "a checkpoint whose RFC 6962 root is not that of the first lines of its size",
    ),
    entry(
        "signatures",
        signatures::check,
        "the open and resume records, policy, checkpoint and checkpoints/",
        &["LOG-11", "NOTE-1"],
        "a checkpoint that no log key of the run that wrote it signed",
    ),
    entry(
        "quorum",
        quorum::check,
        "policy and the signature lines of checkpoint",
        &["LOG-5", "LOG-12"],
        "a policy other than the one that follows from the record, or fewer cosignatures than it asks for",
    ),
    entry(
        "attesters",
        attesters::check,
        "the attester, countersigned and declined records, and the keys of the metadata",
        &["PEOPLE-7", "LOG-5"],
        "a countersignature that does not verify under its seat's key over a recorded checkpoint, or one by a key of TUF",
    ),
    entry(
        "close",
        close::check,
        "the last record",
        &["LOG-6"],
        "a last record of another type than close",
    ),
    entry(
        "kind",
        kind::check,
        "the open record, the script and the origin of every checkpoint",
        &["LOG-15", "LOG-16"],
        "a rehearsal's script, record or origin among those of a production ceremony",
    ),
    entry(
        "script",
        script::check,
        "the open record and script.toml with its files",
        &["LOG-14", "KEY-1"],
        "a script of another SHA-256 than the first record pins, or one that gives no plan",
    ),
    optional(entry(
        "approvals",
        approvals::check,
        "the open record, script.toml and approvals",
        &["SIGN-3"],
        "fewer signatures by the script's approvers over its exact bytes than its quorum, or one of somebody else",
    )),
    entry(
        "people",
        people::check,
        "the open and resume records and every answer",
        &["PEOPLE-2"],
        "an answer that only a person may give, in a production run that a file drove",
    ),
    entry(
        "machine",
        machine::check,
        "the open, resume, machine and answer records: this machine's word alone",
        &["SEC-16", "SEC-17"],
        "a production run without a report of its machine, or an answer beside a finding that refuses",
    ),
    entry(
        "verifier",
        verifier::check,
        "the open record and verify.py",
        &["VER-5"],
        "a verify.py of another SHA-256 than the first record pins",
    ),
    optional(entry(
        "anchors",
        anchors::check,
        "the open record, the roots over every record, and what was brought from outside",
        &["LOG-5", "LOG-17", "PEOPLE-7"],
        "a checkpoint, predecessor, program or verifier from outside that the record contradicts",
    )),
    entry(
        "replay",
        replay::check,
        "every record, script.toml and blobs/",
        &["VER-1", "VER-6", "SIGN-5", "KEY-7"],
        "an input from which the engine derives another record, byte for byte, than the one that stands there",
    ),
    entry(
        "policy",
        policy::check,
        "the re-executed state of every record",
        &["TUF-6", "TUF-7", "TUF-8"],
        "a claim of the policy that does not hold and that the script does not waive",
    ),
    entry(
        "metadata",
        metadata::check,
        "the re-executed state and metadata/",
        &["VER-2"],
        "a byte in metadata/ that differs from what the re-executed ceremony assembles",
    ),
    entry(
        "thresholds",
        thresholds::check,
        "metadata/ and the roots in blobs/, and no record",
        &["TUF-1", "TUF-2", "TUF-3", "TUF-4", "TUF-5", "TUF-13", "TUF-22"],
        "a file with fewer valid signatures by distinct public keys than its role's threshold",
    ),
    entry(
        "clients",
        clients::check,
        "metadata/, blobs/ and the last client-verdicts record",
        &["VER-3", "VER-9", "TUF-15"],
        "a client that the profile names and that refuses the files at the record's clock",
    ),
];

/// The names of all checks, in the order of the report.
pub const NAMES: [&str; TABLE.len()] = {
    let mut names = [""; TABLE.len()];
    let mut at = 0;
    while at < TABLE.len() {
        #[allow(
            clippy::indexing_slicing,
            clippy::arithmetic_side_effects,
            reason = "a constant: a wrong index fails the build"
        )]
        {
            names[at] = TABLE[at].name;
            at += 1;
        }
    }
    names
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_says_what_it_rests_on_claims_and_would_be_falsified_by() {
        let page = include_str!("../../../docs/bundle-format.md");
        let mut seen = std::collections::BTreeSet::new();
        for entry in &TABLE {
            assert!(seen.insert(entry.name), "{} twice", entry.name);
            assert!(!entry.rests_on.is_empty() && !entry.claims.is_empty());
            let one = entry.falsified_by;
            assert!(
                !one.is_empty() && !one.ends_with('.') && !one.contains(". "),
                "{one}"
            );
            assert!(
                page.contains(&format!("\n| `{}` |", entry.name)),
                "{}",
                entry.name
            );
            for claim in entry.claims {
                let good = claim.split_once('-').is_some_and(|(family, number)| {
                    family.chars().all(|c| c.is_ascii_uppercase())
                        && number.parse::<u8>().is_ok_and(|n| n > 0)
                });
                assert!(good, "{claim}");
            }
        }
        assert_eq!(NAMES[0], "layout");
    }
}
