//! Ceremonies with approvals: what the engine opens, a whole production ceremony
//! from its approvals to its bundle, judged by both verifiers, and a rehearsal of
//! the same through the shipped program onto its media.
#![cfg(feature = "ceremony")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/approvers.rs"]
mod approvers;
#[path = "support/audit.rs"]
mod audit;
#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use approvers::{Desk, mallory, noted, olga, otto, section, wim};
use audit::{judge, python_on};
use program::{BINARY, ran, root};
use rehearsal::{Map, Room};
use tuf_ceremony::audit::{Level, Verdict};
use tuf_ceremony::base::Digest;
use tuf_ceremony::engine::{Expect, FileRef, FrontEnd, InputKind, NOT_APPROVED, SecretsPath, expects};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::Class;

/// The plan of a desk, as the engine gets it.
fn plan(desk: &Desk) -> (Plan, Map) {
    let script = Script::parse(&std::fs::read(desk.script()).unwrap()).unwrap();
    let mut inputs = Map::new();
    for name in Inputs::needed(&script) {
        inputs.insert(name.clone(), std::fs::read(desk.path(&name)).unwrap());
    }
    let arcs = inputs.iter().map(|(n, b)| (n.clone(), Arc::from(b.as_slice())));
    let plan = Plan::build(script, &Inputs(arcs.collect())).unwrap();
    (plan, inputs)
}

fn room(desk: &Desk, note: Option<String>) -> Room {
    let (plan, inputs) = plan(desk);
    let plan = match note {
        Some(note) => plan.with_approvals(note.into_bytes()),
        None => plan,
    };
    Room::old(plan, inputs, BTreeMap::new())
}

#[test]
fn the_engine_opens_nothing_that_was_not_approved() {
    let desk = Desk::new();
    let good = desk.signed(&[olga(), wim()]);
    for note in [
        None,
        Some(desk.signed(&[olga()])),
        Some(good.replace("vienna", "linz")),
    ] {
        let mut room = room(&desk, note);
        let open = InputKind::Open(Box::new(room.opening()));
        assert_eq!(room.feed(open).unwrap_err().code, NOT_APPROVED);
    }
    let mut room = room(&desk, Some(good));
    for other in [None, Some(FileRef::of("approvals", b"others"))] {
        let mut opening = room.opening();
        opening.approvals = other;
        let refused = room.feed(InputKind::Open(Box::new(opening))).unwrap_err();
        assert_eq!(refused.code, "open-differs");
    }
    let opening = room.opening();
    room.feed(InputKind::Open(Box::new(opening))).unwrap();
}

#[test]
fn a_production_ceremony_goes_from_its_approvals_to_its_bundle() {
    let desk = Desk::new();
    let note = desk.signed(&[otto(), wim()]);
    let mut room = room(&desk, Some(note.clone()));
    // People drove it: an answers file says nothing for them in production.
    let mut opening = room.opening();
    opening.front_end = FrontEnd::Tui;
    opening.secrets = SecretsPath::Keyboard;
    room.feed(InputKind::Open(Box::new(opening))).unwrap();
    while room.go_on() {}
    assert_eq!(expects(&room.state), Expect::Closed);
    let bundle = room.bundle();
    assert_eq!(bundle["approvals"], note.as_bytes());
    let judgement = judge(&bundle);
    let said = judgement.lines().join("\n");
    assert_eq!(judgement.verdict, Level::InternallyConsistent, "{said}");
    let check = judgement.check("approvals").unwrap();
    assert_eq!(check.verdict, Verdict::Pass, "{said}");
    assert!(
        check.what.contains("2 of 3") && check.what.contains("otto.example, wim.example"),
        "{said}"
    );
    let approved: Vec<&str> = judgement
        .facts
        .iter()
        .filter(|f| f.name == "approval")
        .map(|f| f.value.as_str())
        .collect();
    assert_eq!(approved, [otto().0.to_string(), wim().0.to_string()]);
    assert!(
        judgement
            .facts
            .iter()
            .filter(|f| f.name == "approval")
            .all(|f| f.class == Class::PersonSigned)
    );
    let (good, second) = python_on(&bundle);
    assert!(good && second.contains("ok    approvals"), "{second}");

    // Who swaps, drops or edits the note is caught by name, by both.
    let (a, b, c) = (olga(), otto(), wim());
    let drop_line = |n: usize| {
        let lines: Vec<&str> = note.lines().collect();
        let kept: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != n)
            .map(|(_, l)| *l)
            .collect();
        kept.join("\n") + "\n"
    };
    for (sin, bytes, reason) in [
        (
            "others-who-may",
            Some(desk.signed(&[a, b])),
            "approvals-not-pinned",
        ),
        ("one-dropped", Some(drop_line(7)), "approvals-too-few"),
        (
            "one-added",
            Some(desk.signed(&[c, mallory()])),
            "approvals-not-listed",
        ),
        ("dropped", None, "approvals-absent"),
    ] {
        let mut forged = bundle.clone();
        match bytes {
            Some(bytes) => forged.insert("approvals".to_owned(), bytes.into_bytes()),
            None => forged.remove("approvals"),
        };
        let forged = audit::summed(forged);
        let judgement = judge(&forged);
        let check = judgement.check("approvals").unwrap();
        assert_eq!(
            (judgement.verdict, check.verdict),
            (Level::Refused, Verdict::Fail),
            "{sin}"
        );
        assert!(
            check.found.iter().any(|f| f.code == reason),
            "{sin}: {:?}",
            check.found
        );
        let (good, second) = python_on(&forged);
        assert!(!good && second.contains("FAIL  approvals"), "{sin}: {second}");
    }
}

/// From the shipped program to the media: the note leaves with the bundle.
#[test]
fn a_rehearsal_practises_its_approvals_to_the_bundle() {
    let room = program::Room::new();
    let scripts = root().join("ceremony-scripts/rehearsal");
    let text = std::fs::read_to_string(scripts.join("root-keygen.toml")).unwrap();
    let [a, b] = [olga().0, wim().0].map(|k| k.to_string());
    let text = text.replacen(
        "\n[[result]]",
        &format!("\n{}[[result]]", section("2", &[&a, &b])),
        1,
    );
    let script = room.dir.path().join("s.toml");
    std::fs::write(&script, &text).unwrap();
    let note = noted(
        &Script::parse(text.as_bytes()).unwrap().approval_text(),
        &[olga(), wim()],
    );
    let beside = room.dir.path().join("s.toml.approvals");
    let answers = scripts.join("root-keygen.answers.toml");
    std::fs::write(&beside, note.replacen("olga", "otto", 1)).unwrap();
    let refused = room.run(&script, &answers);
    assert_eq!(refused.code, 3, "one that is there must hold: {refused:?}");
    assert!(refused.err.contains("approvals-not-listed"), "{refused:?}");
    std::fs::write(&beside, &note).unwrap();
    program::closed(&room.run(&script, &answers));
    assert_eq!(
        std::fs::read_to_string(room.bundle().join("approvals")).unwrap(),
        note
    );
    let sums = std::fs::read_to_string(room.bundle().join("SHA256SUMS")).unwrap();
    assert!(
        sums.contains(&format!("{}  approvals\n", Digest::of(note.as_bytes()))),
        "{sums}"
    );
    program::verifiers_accept(&room.bundle());
    let json = ran(Command::new(&*BINARY)
        .args(["verify", "--json"])
        .arg(room.bundle()));
    assert!(
        json.out
            .contains("2 of 2 have approved (2 must): olga.example, wim.example"),
        "{json:?}"
    );
    assert!(json.out.contains("person-signed"), "{json:?}");
}
