//! A whole ceremony, judged by both verifiers: a rehearsal passes as one, an
//! open record is incomplete, and nothing passes as more than it is.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use audit::{judge, python};
use rehearsal::{Room, script, script_complete, script_proven, write};
use tuf_ceremony::audit::{Level, NAMES, Options, Verdict};
use tuf_ceremony::base::{Instant, Json};

/// The record keeps key file and proof, and the auditor verifies the proof again.
#[test]
fn a_proof_of_an_online_key_is_judged_again_from_the_bundle() {
    let script = script_proven();
    let room = Room::closed(&script);
    let bundle = room.bundle();
    let judgement = judge(&bundle);
    assert_eq!(
        judgement.verdict,
        Level::Rehearsal,
        "{}",
        judgement.lines().join("\n")
    );
    for name in ["online.jwk", "online.proof"] {
        assert!(
            String::from_utf8_lossy(&room.record).contains(name),
            "{name} is not in the record"
        );
        let mut without = bundle.clone();
        let blob = format!("blobs/{}", tuf_ceremony::base::Digest::of(&room.inputs[name]));
        assert!(without.remove(&blob).is_some(), "{blob}");
        assert!(!judge(&without).good(), "a bundle without {name}");
    }
}

#[test]
fn a_whole_rehearsal_passes_as_a_rehearsal_for_both_verifiers() {
    for script in [script(), script_complete()] {
        let room = Room::closed(&script);
        let bundle = room.bundle();
        let judgement = judge(&bundle);
        assert_eq!(
            judgement.verdict,
            Level::Rehearsal,
            "{}",
            judgement.lines().join("\n")
        );
        assert!(judgement.good() && judgement.meets(Level::Rehearsal));
        assert!(!judgement.meets(Level::InternallyConsistent));
        let passes = |name: &str, verdict| match name {
            "approvals" | "anchors" => verdict == Verdict::NotApplicable,
            _ => verdict == Verdict::Pass,
        };
        assert!(judgement.checks.iter().all(|c| passes(c.name, c.verdict)));
        assert_eq!(judgement.checks.iter().map(|c| c.name).collect::<Vec<_>>(), NAMES);
        let json = judgement.json();
        assert_eq!(json.get("good"), Some(&Json::Bool(true)));
        // The instant is stated, and where it comes from.
        assert_eq!(
            json.get("at_from").and_then(Json::as_str),
            Some("the record's clock")
        );
        let lines = judgement.lines();
        assert!(lines[0].starts_with("verdict: rehearsal ("), "{}", lines[0]);
        let when = lines.iter().find(|l| l.starts_with("judged at ")).unwrap();
        assert!(when.ends_with("(the record's clock)"), "{when}");
        assert_eq!(Json::parse(json.line().as_bytes()).unwrap(), json);

        // At another instant the same files are another judgement.
        let at = Some(Instant::parse("9999-01-01T00:00:00Z").unwrap());
        let files = tuf_ceremony::bundle::Files::from_map(bundle.clone());
        let late = tuf_ceremony::audit::judge(
            &files,
            &Options {
                at,
                ..Options::default()
            },
        );
        assert_eq!(late.failed(), ["clients"]);
        assert!(
            late.lines()
                .iter()
                .any(|l| l == "judged at 9999-01-01T00:00:00Z, a Friday (--at)")
        );
        assert_eq!(late.json().get("at_from").and_then(Json::as_str), Some("--at"));

        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &bundle);
        let read = tuf_ceremony::bundle::read(folder.path()).unwrap();
        assert_eq!(read, tuf_ceremony::bundle::Files::from_map(bundle));
        let (good, text) = python(folder.path());
        assert!(good, "{text}");
        assert!(text.contains("not re-executed"), "{text}");
    }
}
