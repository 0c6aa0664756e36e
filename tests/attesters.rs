//! Seats that sign the record: a whole rehearsal in memory with an embedded token,
//! a key file, an empty seat and one that declines; then every way in which a line
//! must not count, and every script that would let a key of TUF sign notes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeMap;

use audit::{judge, lines, python_on, set};
use rehearsal::{Key, Map, Room, plan};
use tuf_ceremony::audit::{Level, Verdict};
use tuf_ceremony::base::device::{KeyAttributes, KeyFound, OperationId};
use tuf_ceremony::base::{Algorithm, Digest, Id, Json, Purpose, veteran};
use tuf_ceremony::engine::{
    Answer, AttesterAct, Attesting, Expect, InputKind, Outcome, Phase, Question, Trouble, What, expects,
    payload,
};
use tuf_ceremony::note::{Note, Vkey};
use tuf_ceremony::transcript::{Class, Kind, Line, countersigned};

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn script() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/ceremony-scripts/rehearsal/root-keygen-attested.toml"
    );
    std::fs::read_to_string(path).unwrap()
}

fn asked(room: &Room) -> Option<(&str, AttesterAct)> {
    match &room.state.phase {
        Phase::Asking(Question::Attester { attester, act }) => Some((attester.as_str(), *act)),
        _ => None,
    }
}

fn signing(state: &tuf_ceremony::engine::State) -> bool {
    matches!(&state.phase, Phase::Working(effect)
        if matches!(&effect.what, What::Sign { purpose: Purpose::Checkpoint, .. }))
}

/// A room where this seat is asked this.
fn asking(seat: &str, act: AttesterAct) -> Room {
    let mut room = Room::new(&script());
    while asked(&room) != Some((seat, act)) {
        assert!(room.go_on(), "{seat} was never asked");
    }
    room
}

fn answer(room: &mut Room, answer: Answer) -> Result<(), String> {
    room.feed(InputKind::Answer(answer))
        .map_err(|r| r.code.to_owned())
}

fn decline(reason: &str) -> Answer {
    Answer::Decline {
        reason: reason.to_owned(),
    }
}

fn absent(reason: &str) -> Answer {
    Answer::Absent {
        reason: reason.to_owned(),
    }
}

fn text<'l>(line: &'l Line, member: &str) -> &'l str {
    line.record
        .body
        .get(member)
        .and_then(Json::as_str)
        .unwrap_or_default()
}

fn of(room: &Room, kind: Kind) -> Vec<Line> {
    let all = lines(&room.record);
    all.into_iter().filter(|l| l.record.kind == kind).collect()
}

fn finish(room: &mut Room) -> Map {
    while room.go_on() {}
    assert_eq!(expects(&room.state), Expect::Closed);
    room.bundle()
}

fn check(bundle: &Map) -> (Verdict, String, Vec<String>) {
    let judgement = judge(bundle);
    let check = judgement
        .checks
        .into_iter()
        .find(|c| c.name == "attesters")
        .unwrap();
    (
        check.verdict,
        check.what,
        check.found.into_iter().map(|f| f.text).collect(),
    )
}

#[test]
fn seats_sign_decline_and_are_absent_and_both_verifiers_are_content() {
    let mut room = asking("audit-wim", AttesterAct::Countersign);
    answer(&mut room, decline("he wants to read it at leisure")).unwrap();
    let bundle = finish(&mut room);
    let judgement = judge(&bundle);
    assert_eq!(
        judgement.verdict,
        Level::Rehearsal,
        "{}",
        judgement.lines().join("\n")
    );
    let (good, said) = python_on(&bundle);
    assert!(good, "{said}");

    let (verdict, what, found) = check(&bundle);
    assert_eq!(verdict, Verdict::Pass);
    assert_eq!(what, "3 audit keys enrolled, 4 signatures over 2 heads");
    let found = found.join("\n");
    for said in [
        "lines: audit-olga, audit-otto",
        "officer 3 (audit-three) enrols no key: absent, because: his train is late",
        "officer 3 (audit-three) does not sign the first",
        "witness 1 (audit-wim) does not sign the first",
        "declines, because: he wants to read it at leisure",
    ] {
        assert!(found.contains(said), "{said}\n{found}");
    }

    // P-256 signs as 0x02 and Ed25519 as 0x01; both lines stand under the log's in
    // the gate's note, where any C2SP tool verifies them.
    let signed = countersigned(&lines(&room.record));
    assert_eq!(signed.len(), 4);
    for one in &signed {
        let vkey = one.by.clone().unwrap();
        let note = Note::parse(&bundle[&format!("checkpoints/{}", one.size)]).unwrap();
        assert!(note.verified_by(&vkey), "{vkey}");
        assert_eq!(note.signatures().len(), 3);
        assert_eq!(
            note.signatures()[0].name(),
            room.state.origin,
            "the log's line is the first"
        );
        assert_eq!(vkey.name(), format!("example/{}", one.attester));
        let byte = if one.attester == "audit-otto" { 1 } else { 2 };
        assert_eq!(vkey.signs().byte(), byte);
    }
    assert_eq!(Class::of(Kind::Countersigned), Class::PersonSigned);
    // A step that has no point without the key says so, and the device is left alone.
    let skipped: Vec<Line> = of(&room, Kind::Declined);
    let steps = skipped.iter().filter(|l| text(l, "what") == "step").count();
    assert_eq!(
        steps, 3,
        "inventory asked; provision, generate-key, prove-possession"
    );
    assert!(!room.state.keys.contains_key("audit-three"));
    assert!(room.state.keys.contains_key("audit-wim"));
}

#[test]
fn a_seat_that_declines_to_enrol_is_not_asked_to_sign() {
    let mut room = asking("audit-olga", AttesterAct::Enrol);
    for (sin, wrong) in [
        ("no reason", decline("")),
        ("blanks for a reason", decline("   ")),
        ("a reason with a control character", absent("train\u{7}")),
        ("a reason that is too long", decline(&"x".repeat(281))),
    ] {
        assert_eq!(answer(&mut room, wrong), Err("text-form".to_owned()), "{sin}");
    }
    for (sin, typed) in [("another word", "yes"), ("nothing", ""), ("the serial", "1101")] {
        let wrong = Answer::Attest {
            typed: typed.to_owned(),
        };
        assert_eq!(answer(&mut room, wrong), Err("typed-differs".to_owned()), "{sin}");
    }
    assert_eq!(answer(&mut room, Answer::Again), Err("other-question".to_owned()));
    answer(&mut room, decline("no card with me")).unwrap();
    let bundle = finish(&mut room);
    assert!(matches!(room.state.attesters["audit-olga"], Attesting::Away(_)));
    let found = check(&bundle).2.join("\n");
    assert!(
        found.contains("(audit-olga) enrols no key: declines, because: no card with me"),
        "{found}"
    );
    assert!(
        countersigned(&lines(&room.record))
            .iter()
            .all(|c| c.attester != "audit-olga")
    );
    assert!(judge(&bundle).good());
}

#[test]
fn the_serials_end_is_what_agrees_to_sign() {
    let mut room = asking("audit-olga", AttesterAct::Countersign);
    for typed in ["enrol", "sign", "", "1202"] {
        let wrong = Answer::Attest {
            typed: typed.to_owned(),
        };
        assert_eq!(
            answer(&mut room, wrong),
            Err("typed-differs".to_owned()),
            "{typed:?}"
        );
    }
    let before = of(&room, Kind::Countersigned).len();
    answer(
        &mut room,
        Answer::Attest {
            typed: "1101".to_owned(),
        },
    )
    .unwrap();
    room.go_until(signing);
    // Law 3: the intent is in the record before the token is touched.
    let last = of(&room, Kind::Intended).pop().unwrap();
    assert!(last.record.body.line().contains("\"purpose\":\"checkpoint\""));
    room.go_until(|state| !signing(state));
    assert_eq!(of(&room, Kind::Countersigned).len(), before + 1);
}

/// What a device answers that did not sign this head with this key.
#[test]
fn a_signature_of_another_key_or_over_another_head_is_thrown_away() {
    for sin in ["another key", "another head", "a proof of possession", "nothing"] {
        let mut room = asking("audit-olga", AttesterAct::Countersign);
        room.go_until(signing);
        let Phase::Working(effect) = room.state.phase.clone() else {
            unreachable!()
        };
        let right = payload(&room.plan, &room.state, &effect.what).unwrap();
        let key = |name: &str| Key::new(name, Algorithm::EcdsaP256);
        let other = String::from_utf8(right.bytes().to_vec()).unwrap();
        let other = other.replace("rehearsal/", "rehearsals/");
        let signature = match sin {
            "another key" => key("audit-wim").sign(right.bytes()),
            "another head" => key("audit-olga").sign(other.as_bytes()),
            "a proof of possession" => key("audit-olga").sign(b"tuf-ceremony proof of possession v1\n"),
            _ => Vec::new(),
        };
        room.feed(InputKind::Outcome {
            effect: effect.id,
            outcome: Outcome::Signed {
                signature: data_encoding::HEXLOWER.encode(&signature),
            },
        })
        .unwrap();
        let Phase::Asking(Question::Trouble {
            trouble: Trouble::Device(fault),
        }) = &room.state.phase
        else {
            panic!("{sin}: {:?}", room.state.phase)
        };
        assert_eq!(fault.code.word(), "signature-wrong", "{sin}");
        assert!(of(&room, Kind::Countersigned).is_empty(), "{sin}");
        // The same head is asked for again; a seat whose token fails may decline.
        let head = room.state.countersigning.clone().unwrap().head;
        answer(&mut room, Answer::Again).unwrap();
        assert_eq!(asked(&room), Some(("audit-olga", AttesterAct::Countersign)));
        assert_eq!(room.state.countersigning.clone().unwrap().head, head);
        answer(&mut room, decline("the card is broken")).unwrap();
        assert_eq!(
            asked(&room),
            Some(("audit-otto", AttesterAct::Countersign)),
            "{sin}"
        );
        assert!(judge(&finish(&mut room)).good(), "{sin}");
    }
}

#[test]
fn a_seat_that_went_home_is_absent_and_keeps_its_key() {
    let mut room = asking("audit-otto", AttesterAct::Countersign);
    answer(&mut room, absent("he had to catch a flight")).unwrap();
    let bundle = finish(&mut room);
    let found = check(&bundle).2.join("\n");
    assert!(
        found.contains("absent, because: he had to catch a flight"),
        "{found}"
    );
    let by = |name: &str| {
        let all = countersigned(&lines(&room.record));
        all.iter().filter(|c| c.attester == name).count()
    };
    assert_eq!(
        (by("audit-otto"), by("audit-olga")),
        (1, 2),
        "asked again before the close"
    );
}

/// The program dies while the token signs: nobody knows whether it did. The seats
/// sign a head that the new run has lines in, so that somebody vouches for it.
#[test]
fn after_a_crash_between_intent_and_outcome_a_new_head_is_signed() {
    let mut room = asking("audit-olga", AttesterAct::Countersign);
    room.go_until(signing);
    let old = room.state.countersigning.clone().unwrap().head;
    let resumption = room.resumption();
    room.feed(resumption).unwrap();
    room.go_until(|state| matches!(state.phase, Phase::Asking(Question::Recover { .. })));
    room.go_until(|state| matches!(state.phase, Phase::Asking(Question::Attester { .. })));
    let told = of(&room, Kind::Recovered).pop().unwrap();
    assert_eq!(
        text(&told, "found"),
        "a signature that is lost does no harm; a new head is signed"
    );
    let resumed = of(&room, Kind::Resume).pop().unwrap().seq;
    let new = room.state.countersigning.clone().unwrap().head;
    assert!(new.size > old.size && new.size > resumed);
    let bundle = finish(&mut room);
    let signed = countersigned(&lines(&room.record));
    assert!(
        signed.iter().any(|c| c.by.is_ok() && c.size > resumed),
        "the new run is vouched for"
    );
    let judgement = judge(&bundle);
    assert!(judgement.good(), "{}", judgement.lines().join("\n"));
    let (good, said) = python_on(&bundle);
    assert!(good, "{said}");
}

/// DESIGN 5: root and targets keys never sign notes, and audit keys nothing else.
#[test]
fn no_key_gets_the_other_kinds_payload() {
    let mut room = asking("audit-olga", AttesterAct::Countersign);
    room.go_until(signing);
    let Phase::Working(effect) = room.state.phase.clone() else {
        unreachable!()
    };
    let right = payload(&room.plan, &room.state, &effect.what).unwrap();
    assert_eq!(right.purpose(), Purpose::Checkpoint);
    let with = |name: &str, purpose: Purpose, digest: Digest| {
        let mut what = effect.what.clone();
        if let What::Sign {
            key,
            purpose: p,
            payload,
            public,
            ..
        } = &mut what
        {
            *key = id(name);
            (*p, *payload) = (purpose, digest);
            *public = room.state.keys[&id(name)].public.clone();
        }
        payload(&room.plan, &room.state, &what)
    };
    assert!(with("audit-olga", Purpose::Checkpoint, right.digest()).is_some());
    let root = room.state.files[&tuf_ceremony::tuf::MetadataName::ROOT]
        .draft
        .digest;
    assert!(with("root-a", Purpose::TufMetadata, root).is_some());
    for (sin, name, purpose, digest) in [
        (
            "a root key and the head",
            "root-a",
            Purpose::Checkpoint,
            right.digest(),
        ),
        (
            "the online key and the head",
            "online",
            Purpose::Checkpoint,
            right.digest(),
        ),
        (
            "another seat's key, whose turn it is not",
            "audit-otto",
            Purpose::Checkpoint,
            right.digest(),
        ),
        (
            "an audit key and root's bytes",
            "audit-olga",
            Purpose::TufMetadata,
            root,
        ),
        ("another head", "audit-olga", Purpose::Checkpoint, root),
    ] {
        assert!(with(name, purpose, digest).is_none(), "{sin}");
    }
}

/// A device that gives a root key for an audit key.
#[test]
fn a_key_that_is_known_already_becomes_no_audit_key() {
    let mut room = asking("audit-olga", AttesterAct::Enrol);
    room.go_until(|s| matches!(&s.phase, Phase::Working(e) if matches!(e.what, What::Generate { .. })));
    let Phase::Working(effect) = room.state.phase.clone() else {
        unreachable!()
    };
    let made = room.state.keys[&id("root-a")].clone();
    room.feed(InputKind::Outcome {
        effect: effect.id,
        outcome: Outcome::Generated {
            public: made.public,
            attributes: made.attributes,
        },
    })
    .unwrap();
    let refused = format!("{:?}", room.state.phase);
    assert!(refused.contains("the public key of root-a again"), "{refused}");
    // The seat may think again now.
    answer(&mut room, Answer::Again).unwrap();
    assert_eq!(asked(&room), Some(("audit-olga", AttesterAct::Enrol)));
}

/// Each edit of a record's own lines: what `countersigned` says of it.
#[test]
fn a_line_that_does_not_verify_counts_for_nobody() {
    let mut room = Room::new(&script());
    let bundle = finish(&mut room);
    let good = lines(&room.record);
    assert!(countersigned(&good).iter().all(|c| c.by.is_ok()));
    let at = |kind: Kind, name: &str| {
        let mut all = good.iter();
        all.position(|l| l.record.kind == kind && text(l, "attester") == name)
            .unwrap()
    };
    let (first, otto) = (
        at(Kind::Countersigned, "audit-olga"),
        at(Kind::Countersigned, "audit-otto"),
    );
    let enrolled = at(Kind::Attester, "audit-olga");
    let last = good
        .iter()
        .rposition(|l| l.record.kind == Kind::Countersigned)
        .unwrap();
    let put = |at: usize, member: &str, value: Json| {
        let mut lines = good.clone();
        set(&mut lines[at].record.body, &[member], value);
        lines
    };
    let line = |n: usize| Json::from(text(&good[n], "line"));
    let cosigner = Vkey::cosigner("w", Key::new("w", Algorithm::Ed25519).public()).unwrap();
    let stranger = Vkey::new("example/audit-olga", Key::new("s", Algorithm::EcdsaP256).public()).unwrap();
    let mut without = good.clone();
    without.remove(enrolled);
    for (sin, edited, because) in [
        (
            "another seat's line",
            put(first, "line", line(otto)),
            "none that verifies",
        ),
        (
            "a line over another head",
            put(first, "line", line(last)),
            "none that verifies",
        ),
        ("no line", put(first, "line", "".into()), "expected"),
        (
            "two lines",
            put(
                first,
                "line",
                format!("{}\n{}", text(&good[first], "line"), text(&good[otto], "line")).into(),
            ),
            "none that verifies",
        ),
        (
            "a size without a checkpoint",
            put(first, "size", Json::Int(7)),
            "no checkpoint of this size",
        ),
        (
            "another name",
            put(first, "attester", "audit-nobody".into()),
            "was enrolled before",
        ),
        (
            "a key that cosigns",
            put(enrolled, "vkey", cosigner.to_string().into()),
            "as only witnesses do",
        ),
        (
            "a stranger's key",
            put(enrolled, "vkey", stranger.to_string().into()),
            "none that verifies",
        ),
        ("never enrolled", without, "was enrolled before"),
    ] {
        let judged = countersigned(&edited);
        let one = judged.iter().find(|c| c.seq == good[first].seq).unwrap();
        let why = one.by.clone().unwrap_err();
        assert!(why.contains(because), "{sin}: {why}");
    }
    // A bundle whose gate lost a seat's line is not the record's.
    let mut stripped = bundle.clone();
    let size = countersigned(&good)[0].size;
    let path = format!("checkpoints/{size}");
    let note = String::from_utf8(stripped[&path].clone()).unwrap();
    let kept: Vec<&str> = note.lines().filter(|l| !l.contains("audit-olga")).collect();
    stripped.insert(path, (kept.join("\n") + "\n").into_bytes());
    assert!(judge(&bundle).good() && !judge(&stripped).good());
}

/// An audit key that an earlier ceremony made: the script names its verifier key,
/// the device must hold it, and it proves itself again.
fn known_script() -> (String, Vkey) {
    let vkey = Vkey::new(
        "olga.example",
        Key::new("audit-olga", Algorithm::EcdsaP256).public(),
    )
    .unwrap();
    let text = script();
    let start = text.find("[[act.step]]\nid      = \"audit.2\"").unwrap();
    let end = text.find("[[act.step]]\nid      = \"audit.4\"").unwrap();
    let enrol = "[[act.step]]\nid      = \"audit.2\"\ndo      = \"enrol-key\"\nby      = \"officer\"\nminutes = 1\non      = \"card-olga\"\nkey     = \"audit-olga\"\n\n";
    let text = [&text[..start], enrol, &text[end..]].concat();
    let olga = "on   = \"card-olga\"\nkey  = \"made-here\"";
    assert_eq!(text.matches(olga).count(), 1);
    (
        text.replace(olga, &format!("on   = \"card-olga\"\nkey  = \"{vkey}\"")),
        vkey,
    )
}

fn on_card(name: &str, operation: OperationId) -> KeyFound {
    KeyFound {
        id: operation.hex(),
        label: operation.label(&id("audit-olga")),
        public: Some(Key::new(name, Algorithm::EcdsaP256).public()),
        attributes: KeyAttributes::default(),
    }
}

fn known_room(found: Vec<KeyFound>) -> Room {
    let (plan, inputs) = plan(&known_script().0);
    Room::old(plan, inputs, BTreeMap::from([("card-olga".to_owned(), found)]))
}

#[test]
fn a_known_audit_key_is_found_proven_and_signs_under_its_own_name() {
    let operation = veteran::operation(&id("audit-olga"));
    let mut room = known_room(vec![on_card("audit-olga", operation)]);
    let bundle = finish(&mut room);
    let vkey = known_script().1;
    assert_eq!(text(&of(&room, Kind::Attester)[0], "vkey"), vkey.to_string());
    let signed = countersigned(&lines(&room.record));
    assert_eq!(signed.iter().filter(|c| c.by.as_ref() == Ok(&vkey)).count(), 2);
    assert!(judge(&bundle).good());

    // What the card must not be.
    let foreign = OperationId::new(&Digest::of(b"another ceremony"), &id("audit-olga"), 1);
    for (sin, found, because) in [
        (
            "another key",
            vec![on_card("audit-wim", operation)],
            "holds no key",
        ),
        (
            "two of them",
            vec![on_card("audit-olga", operation); 2],
            "more than one key",
        ),
        (
            "nobody's rehearsal",
            vec![on_card("audit-olga", foreign)],
            "no rehearsal key",
        ),
    ] {
        let mut room = known_room(found);
        room.go_until(|s| matches!(s.phase, Phase::Asking(Question::Trouble { .. })));
        let said = format!("{:?}", room.state.phase);
        assert!(said.contains(because), "{sin}: {said}");
        assert!(of(&room, Kind::Attester).is_empty());
    }
}
