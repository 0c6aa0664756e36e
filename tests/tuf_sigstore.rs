//! sigstore's fifteen production roots, where the data is at hand: by the rules
//! of their time each holds and each known defect is named; by today's, six do not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails, and a skip must be visible"
)]

#[path = "support/real_files.rs"]
mod real_files;

use std::collections::BTreeMap;

use tuf_ceremony::base::Instant;
use tuf_ceremony::tuf::chain::{self, Mode, Options, Report, Verdict};

type Files = BTreeMap<String, Vec<u8>>;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn judge_at(files: &Files, mode: Mode, at: Instant) -> Report {
    chain::verify(files, &Options { mode, at, from: 1 })
}

fn sigstore() -> Option<Files> {
    let dir = real_files::folder("sigstore-root-chain")?;
    let names = (1..=15).map(|v| format!("{v}.root.json"));
    Some(
        names
            .map(|n| (n.clone(), real_files::read(dir.join(&n))))
            .collect(),
    )
}

const BEFORE_ITS_END: &str = "2026-11-01T00:00:00Z";

#[test]
fn sigstores_fifteen_roots_hold_by_the_rules_of_their_time_and_each_defect_is_named() {
    let Some(files) = sigstore() else { return };
    let report = judge_at(&files, Mode::Historic, at(BEFORE_ITS_END));
    assert_eq!((report.verdict(), report.steps.len()), (Verdict::Good, 15));
    let after = judge_at(&files, Mode::Historic, at("2026-11-22T00:00:00Z"));
    assert_eq!(after.verdict(), Verdict::Expired);
    let versions = |code: &str| -> Vec<u64> {
        let named = report
            .steps
            .iter()
            .filter(|s| s.defects.iter().any(|d| d.code == code));
        named.map(|s| s.version).collect()
    };
    // facts/tuf.md section 4.
    for (code, expected) in [
        ("EXPIRES_OFFSET", vec![1]),
        ("EXPIRES_FRACTION", vec![1, 2, 3]),
        ("KEY_HEX_POINT", vec![1, 2, 3, 4]),
        ("CONSISTENT_SNAPSHOT_FALSE", vec![1, 2, 3, 4]),
        ("KEYTYPE_LEGACY", (1..=8).collect()),
        ("KEYID_HASH_ALGORITHMS", (1..=15).collect()),
        ("KEYID_MISMATCH", vec![11]),
        ("SIG_EMPTY", vec![12, 13, 14]),
        ("SIG_TWO_IDS", vec![5, 9]),
        ("NO_MARGIN", vec![3, 12]),
        ("KEY_EXTRA_FIELD", (10..=15).collect()),
        ("SIG_UNKNOWN_KEY", vec![]),
        ("SIG_INVALID", vec![]),
    ] {
        assert_eq!(versions(code), expected, "{code}");
    }
    assert_eq!(
        report.steps[0].says.as_ref().unwrap().expires,
        at("2021-12-18T19:28:12Z")
    );
    let empty = |v: usize| {
        let defect = report.steps[v - 1].defects.iter().find(|d| d.code == "SIG_EMPTY");
        defect.unwrap().at.len()
    };
    assert_eq!([empty(12), empty(13), empty(14)], [2, 1, 1]);
    // Who signed, by public key: 10 entries of version 9 are 5 keys.
    let signers: Vec<_> = report.steps.iter().map(|s| s.signers.len()).collect();
    assert_eq!(signers, [5, 5, 3, 5, 4, 5, 4, 4, 5, 5, 5, 3, 5, 4, 5]);
    // The re-keys of facts/tuf.md 6: every root key, by content, and no other key.
    for version in [5_usize, 9, 10] {
        let changes = &report.steps[version - 1].changes;
        let of_root: Vec<_> = changes
            .iter()
            .filter(|c| c.at == "root")
            .map(|c| c.what)
            .collect();
        assert_eq!(of_root, ["re-keyed"; 5], "{version}");
    }
    assert!(
        report.steps[10]
            .changes
            .iter()
            .any(|c| c.what == "content-changed")
    );
}

#[test]
fn sigstores_roots_by_today_s_rules() {
    let Some(files) = sigstore() else { return };
    let report = judge_at(&files, Mode::Strict, at(BEFORE_ITS_END));
    let refused = report.steps.iter().filter(|s| !s.accepted(Mode::Strict));
    assert_eq!(
        refused.map(|s| s.version).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 11]
    );
    assert!(report.trusted_root().is_none());
    let from = |from, at| {
        chain::verify(
            &files,
            &Options {
                mode: Mode::Strict,
                at,
                from,
            },
        )
    };
    assert_eq!(from(12, at(BEFORE_ITS_END)).verdict(), Verdict::Good);
    assert_eq!(from(12, at("2026-11-20T13:58:18Z")).verdict(), Verdict::Expired);
    assert_eq!(from(12, at("2026-11-20T13:58:17Z")).verdict(), Verdict::Good);
    assert_eq!(from(11, at(BEFORE_ITS_END)).verdict(), Verdict::Refused);
}
