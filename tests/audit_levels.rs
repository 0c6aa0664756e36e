//! What each level takes, with the same bundle one step short of it; that every
//! anchor is reported as external or self-asserted; today's status apart; and
//! what may be published over a live root.

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
#[path = "support/production.rs"]
mod production;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::sync::LazyLock;

use audit::judge;
use production::{ATTESTER, attest, closed, cosign, head, judge_with, known, witnessed};
use rehearsal::{Map, Room, script_small};
use tuf_ceremony::audit::{Anchor, Judgement, Level, LiveRoot, Options, Verdict};
use tuf_ceremony::base::{Instant, Json};
use tuf_ceremony::bundle::Files;
use tuf_ceremony::engine::InputKind;

static ROOM: LazyLock<Room> = LazyLock::new(closed);
static WITNESSED: LazyLock<Map> = LazyLock::new(|| witnessed(&ROOM));

fn is(judgement: &Judgement, level: Level) {
    let text = judgement.lines().join("\n");
    assert_eq!(judgement.verdict, level, "{text}");
    assert!(judgement.good() && judgement.meets(level), "{text}");
    for other in Level::ALL {
        assert_eq!(judgement.meets(other), other <= level, "{other:?}");
    }
}

#[test]
fn a_production_ceremony_alone_is_internally_consistent() {
    let judgement = judge(&ROOM.bundle());
    is(&judgement, Level::InternallyConsistent);
    assert_eq!(
        judgement.because,
        ["no anchors from outside of the bundle were given"]
    );
    // Signatures in the bundle are nobody's until somebody outside knows their keys.
    is(&judge(&WITNESSED), Level::InternallyConsistent);
    let anchors = judgement.check("anchors").unwrap();
    assert_eq!(anchors.verdict, Verdict::NotApplicable);
    assert!(
        judgement
            .anchored
            .iter()
            .all(|a| a.anchor == Anchor::SelfAsserted)
    );
}

#[test]
fn a_head_from_outside_and_approvals_make_it_unwitnessed() {
    let files = ROOM.bundle();
    let with_head = format!("{}checkpoint {}\n", known(), head(&files));
    let judgement = judge_with(&files, &with_head);
    is(&judgement, Level::Unwitnessed);
    assert_eq!(judgement.verdict_words(), "unwitnessed");
    let because = judgement.because.join("\n");
    assert!(
        because.contains("no known attester") && because.contains("0 of 3"),
        "{because}"
    );
    // An attester's line over the last checkpoint is as good as a head.
    let mut attested = files.clone();
    attest(&mut attested, "checkpoint", ATTESTER);
    is(&judge_with(&attested, &known()), Level::Unwitnessed);
    let (size, _) = ROOM.gates.last().unwrap();
    let mut at_the_seal = files.clone();
    attest(&mut at_the_seal, &format!("checkpoints/{size}"), ATTESTER);
    is(&judge_with(&at_the_seal, &known()), Level::Unwitnessed);
}

#[test]
fn a_quorum_of_known_witnesses_makes_it_witnessed() {
    let judgement = judge_with(&WITNESSED, &known());
    is(&judgement, Level::Witnessed);
    assert_eq!(judgement.verdict_words(), "witnessed 2 of 3");
    let verdict = judgement.lines().into_iter().find(|l| l.starts_with("verdict: "));
    assert!(verdict.unwrap().starts_with("verdict: witnessed 2 of 3 ("));
    let json = judgement.json();
    assert_eq!(json.get("verdict").and_then(Json::as_str), Some("witnessed"));
    let witnesses = json.get("witnesses").unwrap();
    for (member, n) in [("signed", 2), ("known", 3), ("needed", 2)] {
        assert_eq!(witnesses.get(member).and_then(Json::as_int), Some(n), "{member}");
    }
    assert_eq!(Json::parse(json.line().as_bytes()).unwrap(), json);
}

/// Each thing that a level takes, taken away.
#[test]
fn one_anchor_or_signature_less_is_a_level_less() {
    let all = known();
    let without = |start: &str| -> String {
        let lines = all.lines().filter(|l| !l.starts_with(start));
        lines.map(|l| format!("{l}\n")).collect()
    };
    let mut no_attester = ROOM.bundle();
    cosign(&mut no_attester, "checkpoint", "w1.example");
    cosign(&mut no_attester, "checkpoint", "w2.example");
    let mut one_witness = ROOM.bundle();
    attest(&mut one_witness, "checkpoint", ATTESTER);
    cosign(&mut one_witness, "checkpoint", "w1.example");
    let mut an_early_gate = ROOM.bundle();
    let early = format!("checkpoints/{}", ROOM.gates[0].0);
    attest(&mut an_early_gate, &early, ATTESTER);
    let internal = Level::InternallyConsistent;
    for (what, files, anchors, level, says) in [
        (
            "no predecessor",
            &*WITNESSED,
            without("predecessor"),
            internal,
            "predecessor:",
        ),
        (
            "no number of approvals",
            &WITNESSED,
            without("approvals"),
            internal,
            "approvals:",
        ),
        (
            "no attester's key",
            &WITNESSED,
            without("attester"),
            internal,
            "head:",
        ),
        ("no attester", &no_attester, all.clone(), internal, "head:"),
        (
            "an attester at an early gate alone",
            &an_early_gate,
            all.clone(),
            internal,
            "head:",
        ),
        (
            "one approver",
            &WITNESSED,
            all.replace("approvals 2", "approvals 3"),
            internal,
            "approvals: 2",
        ),
        (
            "no number of witnesses",
            &WITNESSED,
            without("witnesses"),
            Level::Unwitnessed,
            "witnesses:",
        ),
        (
            "one witness",
            &one_witness,
            all.clone(),
            Level::Unwitnessed,
            "witnesses: 1 of 3",
        ),
        (
            "a head, and nobody's signature",
            &no_attester,
            format!("{all}checkpoint {}\n", head(&no_attester)),
            Level::Unwitnessed,
            "attesters:",
        ),
    ] {
        let judgement = judge_with(files, &anchors);
        let because = judgement.because.join("\n");
        assert_eq!(judgement.verdict, level, "{what}: {because}");
        assert!(because.contains(says), "{what}: {because}");
        assert!(!judgement.meets(Level::Witnessed));
    }
}

#[test]
fn every_anchor_and_fact_says_where_it_comes_from() {
    let anchors = format!("{}checkpoint {}\n", known(), head(&WITNESSED));
    let judgement = judge_with(&WITNESSED, &anchors);
    let names: Vec<&str> = judgement.anchored.iter().map(|a| a.name).collect();
    assert_eq!(
        names,
        [
            "approver",
            "attester",
            "witness",
            "checkpoint",
            "predecessor",
            "verifier",
            "program",
            "attestation-root"
        ]
    );
    for anchored in &judgement.anchored {
        let external = anchored.name != "attestation-root";
        assert_eq!(anchored.anchor == Anchor::External, external, "{anchored:?}");
    }
    let of = |name: &str| judgement.facts.iter().find(|f| f.name == name).unwrap();
    for (name, class, anchor) in [
        ("approved-by", "person-signed", Anchor::External),
        ("attested-by", "person-signed", Anchor::External),
        ("witnessed-by", "person-signed", Anchor::External),
        ("predecessor", "claimed", Anchor::External),
        ("verifier", "claimed", Anchor::External),
        ("root", "derived", Anchor::External),
        ("signature", "device-signed", Anchor::SelfAsserted),
        ("person", "claimed", Anchor::SelfAsserted),
    ] {
        assert_eq!(
            (of(name).class.as_str(), of(name).anchor),
            (class, anchor),
            "{name}"
        );
    }
}

#[test]
fn every_check_names_its_records_claims_and_what_would_falsify_it() {
    let judgement = judge(&ROOM.bundle());
    let text = judgement.lines().join("\n");
    for check in &judgement.checks {
        assert!(!check.claims.is_empty() && !check.falsified_by.is_empty());
        assert!(
            text.contains(check.falsified_by) && text.contains(check.rests_on),
            "{}",
            check.name
        );
    }
    let json = judgement.json();
    for check in json.get("checks").and_then(Json::as_array).unwrap() {
        for member in [
            "name",
            "verdict",
            "what",
            "rests_on",
            "records",
            "claims",
            "falsified_by",
            "found",
        ] {
            assert!(check.get(member).is_some(), "{member}");
        }
    }
}

#[test]
fn no_anchor_makes_a_rehearsal_more() {
    let room = Room::closed(&script_small());
    let mut files = room.bundle();
    attest(&mut files, "checkpoint", ATTESTER);
    cosign(&mut files, "checkpoint", "w1.example");
    cosign(&mut files, "checkpoint", "w2.example");
    is(&judge_with(&files, &known()), Level::Rehearsal);
}

/// A run that came later has a key that nobody vouches for, until its own
/// checkpoints are signed.
#[test]
fn a_resumed_run_is_vouched_for_by_its_own_checkpoints_alone() {
    let mut room = production::begun("log 1", tuf_ceremony::engine::FrontEnd::Tui, "genesis");
    room.go_until(|s| s.keys.len() == 2);
    room.feed(InputKind::Pause {
        why: "lunch".to_owned(),
    })
    .unwrap();
    let before = room.gates.last().unwrap().0;
    let resumption = match room.resumption() {
        InputKind::Resume(mut r) => {
            r.front_end = tuf_ceremony::engine::FrontEnd::Tui;
            InputKind::Resume(r)
        }
        _ => unreachable!(),
    };
    room.feed(resumption).unwrap();
    while room.go_on() {}
    let files = room.bundle();
    let judged = judge(&files);
    let found = &judged.check("sessions").unwrap().found;
    assert!(found[0].contains("unvouched"), "{found:?}");
    let mut early = files.clone();
    attest(&mut early, &format!("checkpoints/{before}"), ATTESTER);
    is(&judge_with(&early, &known()), Level::InternallyConsistent);
    let mut late = files;
    attest(&mut late, "checkpoint", ATTESTER);
    is(&judge_with(&late, &known()), Level::Unwitnessed);
}

/// The record's clock decides; today is told apart.
#[test]
fn today_changes_no_verdict() {
    let judged_on = |day: &str| {
        let options = Options {
            today: Some(Instant::parse(day).unwrap()),
            ..Options::default()
        };
        tuf_ceremony::audit::judge(&Files::from_map(ROOM.bundle()), &options)
    };
    let soon = judged_on("2026-12-01T00:00:00Z");
    let late = judged_on("2031-12-01T00:00:00Z");
    assert_eq!(soon.verdict, late.verdict);
    assert_eq!(soon.checks, late.checks);
    assert_eq!(soon.today.as_ref().unwrap().refuses, None);
    let today = late.today.as_ref().unwrap();
    assert!(today.refuses.is_some() && !today.clients.is_empty());
    let text = late.lines().join("\n");
    for part in [
        "today, 2031-12-01T00:00:00Z",
        "changes no verdict",
        "today's model (client models 1)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(judge(&ROOM.bundle()).today, None);
}

#[test]
fn what_may_be_published_follows_the_live_root() {
    let publish = |files: &Map, anchors: &str, live: LiveRoot| {
        let options = Options {
            anchors: Some(production::anchors(anchors)),
            live: Some(live),
            ..Options::default()
        };
        let judgement = tuf_ceremony::audit::judge(&Files::from_map(files.clone()), &options);
        judgement.publish.unwrap().refused
    };
    assert_eq!(
        publish(&WITNESSED, &known(), LiveRoot::None),
        Vec::<String>::new()
    );
    // The same root, once it is live, is no successor of itself.
    let own = LiveRoot::Bytes(WITNESSED["metadata/1.root.json"].clone());
    let refused = publish(&WITNESSED, &known(), own);
    assert_eq!(refused, ["succession: expected root 2 next, got root 1"]);
    let refused = publish(&WITNESSED, &known(), LiveRoot::Bytes(b"{}".to_vec()));
    assert!(
        refused[0].starts_with("succession: the live root:"),
        "{refused:?}"
    );
    // The quorum of witnesses that the anchors ask for is not met.
    let mut unwitnessed = ROOM.bundle();
    attest(&mut unwitnessed, "checkpoint", ATTESTER);
    let refused = publish(&unwitnessed, &known(), LiveRoot::None);
    assert_eq!(refused, ["verdict: expected at least witnessed, got unwitnessed"]);
    let asks_none: String = known()
        .lines()
        .filter(|l| !l.starts_with("witness"))
        .map(|l| format!("{l}\n"))
        .collect();
    assert!(publish(&unwitnessed, &asks_none, LiveRoot::None).is_empty());
    // A rehearsal never is.
    let rehearsal = Room::closed(&script_small()).bundle();
    let refused = publish(&rehearsal, &known(), LiveRoot::None);
    assert!(
        refused[0].starts_with("kind:") && refused.len() == 2,
        "{refused:?}"
    );
}

/// A later ceremony of the site names the one before, and the auditor knows it.
#[test]
fn a_ceremony_that_follows_the_known_one_is_witnessed() {
    let before = head(&WITNESSED);
    let next = production::closed_with("log 2", tuf_ceremony::engine::FrontEnd::Tui, &before);
    let files = witnessed(&next);
    let knows = |what: &str| known().replace("predecessor genesis", &format!("predecessor {what}"));
    is(&judge_with(&files, &knows(&before)), Level::Witnessed);
    let dropped = judge_with(&files, &known());
    assert!(dropped.codes().contains(&"ceremony-dropped"));
    assert_eq!(dropped.verdict, Level::Refused);
}
