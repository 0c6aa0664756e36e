//! Law 10 in the engine: production neither starts nor goes on beside what
//! refuses, goes on by itself when it is gone, and a record that says otherwise
//! does not follow from itself. A rehearsal records all of it and never waits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/production.rs"]
mod production;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use production::{ATTESTER, attest, begun, judge_with, known};
use rehearsal::Room;
use tuf_ceremony::base::machine::{Device, DeviceKind, Finding, FindingCode, Report, Weight};
use tuf_ceremony::engine::{
    Acceptance, Deviation, Expect, FROZEN, FrontEnd, InputKind, NOT_READY, Phase, Question, expects, frozen,
};
use tuf_ceremony::script::Verb;
use tuf_ceremony::transcript::{Kind, Record, Writer, read};

fn with(code: FindingCode) -> Report {
    Report::new(vec![Finding::of(code, "eth0")], Vec::new())
}

fn beside(devices: &[Device]) -> InputKind {
    InputKind::Machine(Report::new(Vec::new(), devices.to_vec()))
}

fn device(kind: DeviceKind, id: &str, place: &str, token: bool) -> Device {
    Device {
        kind,
        id: id.to_owned(),
        place: place.to_owned(),
        name: "Some Thing".to_owned(),
        token,
    }
}

fn keyboard() -> Device {
    device(DeviceKind::Input, "046d:c31c", "usb 1-2", false)
}

fn stick() -> Device {
    device(DeviceKind::Storage, "0951:1666", "usb 1-3", false)
}

fn start() -> Room {
    begun("log 1", FrontEnd::Tui, "genesis")
}

fn kinds(room: &Room) -> Vec<Kind> {
    read(&room.record)
        .lines
        .iter()
        .map(|(line, _)| line.record.kind)
        .collect()
}

fn answer(room: &mut Room) -> InputKind {
    let Expect::Answer(question) = expects(&room.state) else {
        panic!("no question in {:?}", room.state.phase)
    };
    let question = question.clone();
    InputKind::Answer(room.answer(&question))
}

fn note() -> InputKind {
    let text = |t: &str| t.to_owned();
    InputKind::Note(Deviation {
        expected: text("a quiet machine"),
        happened: text("somebody put a cable in"),
        decided: text("it was pulled out"),
        by: text("Ada"),
    })
}

/// Every code of the table, against its weight.
#[test]
fn production_starts_on_a_quiet_machine_alone() {
    for code in FindingCode::ALL {
        let mut room = start();
        let again = |machine: Option<Report>| {
            let mut fresh = start();
            fresh.state = tuf_ceremony::engine::State::new();
            fresh.writer = Writer::new();
            let mut opening = fresh.opening();
            opening.machine = machine;
            fresh.feed(InputKind::Open(Box::new(opening)))
        };
        room.feed(InputKind::Pause {
            why: "lunch".to_owned(),
        })
        .unwrap();
        let InputKind::Resume(mut resumption) = room.resumption() else {
            panic!()
        };
        resumption.machine = Some(with(*code));
        let opened = again(Some(with(*code)));
        let resumed = room.feed(InputKind::Resume(resumption));
        if code.weight() == Weight::Refuses {
            for refused in [opened, resumed] {
                let refusal = refused.unwrap_err();
                assert_eq!(refusal.code, NOT_READY);
                assert!(refusal.got.contains(code.word()), "{refusal:?}");
            }
            assert_eq!(room.state.phase, Phase::Paused, "nothing changed");
        } else {
            opened.unwrap();
            resumed.unwrap();
        }
        assert_eq!(again(None).unwrap_err().code, NOT_READY, "a look is needed");
        again(Some(Report::default())).unwrap();
    }
}

#[test]
fn a_frozen_ceremony_takes_no_answer_and_thaws_by_itself() {
    for code in FindingCode::ALL.iter().filter(|c| c.weight() == Weight::Refuses) {
        let mut room = start();
        room.go_until(|s| !s.people.is_empty());
        let before = room.state.clone();
        room.feed(InputKind::Machine(with(*code))).unwrap();
        assert!(frozen(&room.plan, &room.state));
        assert!(kinds(&room).ends_with(&[Kind::Machine, Kind::Halted]));
        let wanted = answer(&mut room);
        let refusal = room.feed(wanted.clone()).unwrap_err();
        assert_eq!(refusal.code, FROZEN, "{}", code.word());
        assert!(refusal.got.contains("eth0"), "{refusal:?}");
        let same = room.feed(InputKind::Machine(with(*code))).unwrap_err();
        assert_eq!(same.code, "machine-same", "only changes are recorded");
        room.feed(note()).unwrap();
        assert_eq!(
            room.feed(wanted.clone()).unwrap_err().code,
            FROZEN,
            "a note mends nothing"
        );
        let accepted = room.feed(InputKind::Accept(Acceptance {
            device: "eth0".to_owned(),
            by: "witness 1".to_owned(),
            why: "we need it".to_owned(),
        }));
        assert!(accepted.is_err(), "nobody accepts an interface");
        room.feed(InputKind::Machine(Report::default())).unwrap();
        assert!(kinds(&room).ends_with(&[Kind::Machine, Kind::Thawed]));
        assert!(!frozen(&room.plan, &room.state));
        assert_eq!(room.state.phase, before.phase, "the open question is as it was");
        room.feed(wanted).unwrap();
    }
    // A pause is taken at any time, and the next run begins with a look.
    let mut room = start();
    room.feed(InputKind::Machine(with(FindingCode::SwapOn))).unwrap();
    room.feed(InputKind::Pause {
        why: "to find the disk".to_owned(),
    })
    .unwrap();
    let resumption = room.resumption();
    room.feed(resumption).unwrap();
    assert!(!frozen(&room.plan, &room.state));
}

/// Frozen and thawed at every single outcome: nothing begins meanwhile, nothing is
/// lost, and an auditor comes to the same.
#[test]
fn no_act_begins_while_frozen_and_the_record_verifies() {
    let mut room = start();
    let (mut held, mut froze) = (0, 0);
    while !matches!(expects(&room.state), Expect::Closed) {
        let Expect::Outcome(effect) = expects(&room.state) else {
            assert!(room.go_on());
            continue;
        };
        let effect = effect.clone();
        let acts = room.state.dangling().is_some();
        room.feed(InputKind::Machine(with(FindingCode::InterfaceUp)))
            .unwrap();
        froze += 1;
        assert_eq!(room.state.dangling().is_some(), acts, "what is under way goes on");
        let lines = kinds(&room).len();
        let outcome = room.outcome(&effect);
        room.feed(InputKind::Outcome {
            effect: effect.id,
            outcome,
        })
        .unwrap();
        assert!(
            !kinds(&room)[lines..].contains(&Kind::Intended),
            "{effect:?} led to an act"
        );
        if matches!(expects(&room.state), Expect::Closed) {
            break; // sealed: nothing more to freeze
        }
        if room.state.phase == Phase::Asking(Question::Frozen) {
            held += 1;
        }
        let before = room.state.machine.held.clone();
        room.feed(InputKind::Machine(Report::default())).unwrap();
        if let Some(what) = before {
            let dangling = room.state.dangling().expect("it begins now");
            assert_eq!(dangling.what, what);
            assert!(kinds(&room).ends_with(&[Kind::Thawed, Kind::Intended]));
        }
    }
    assert!(held > 3 && froze > 20, "{held} {froze}");
    let mut files = room.bundle();
    attest(&mut files, "checkpoint", ATTESTER);
    let judged = judge_with(&files, &known());
    let said = judged.check("machine").unwrap();
    assert!(
        said.what.contains(&format!("frozen {froze} times")) && said.found.is_empty(),
        "{said:?}"
    );
    assert!(judged.check("replay").unwrap().found.is_empty(), "{judged:?}");
}

#[test]
fn a_device_that_was_not_there_goes_or_is_accepted_by_somebody_who_does_not_act() {
    let mut room = start();
    // Nobody is named yet: nobody accepts.
    room.feed(beside(&[keyboard()])).unwrap();
    let accept = |device: &str, by: &str, why: &str| {
        InputKind::Accept(Acceptance {
            device: device.to_owned(),
            by: by.to_owned(),
            why: why.to_owned(),
        })
    };
    let refusal = room.feed(accept("046d:c31c", "officer 1", "ours")).unwrap_err();
    assert_eq!(refusal.code, "person-acts");
    room.feed(beside(&[])).unwrap();
    assert!(!frozen(&room.plan, &room.state), "it went away");
    room.go_until(|s| s.clock.is_some() && !s.people.is_empty());
    // The step is of the role administrator: a checklist.
    room.go_until(|s| matches!(s.phase, Phase::Asking(Question::Item { .. })));
    room.feed(beside(&[keyboard(), stick()])).unwrap();
    assert!(frozen(&room.plan, &room.state));
    for (device, by, why, code) in [
        ("046d:c31c", "administrator 1", "ours", "person-acts"),
        ("046d:c31c", "Mallory", "ours", "person-acts"),
        ("046d:c31c", "", "ours", "person-acts"),
        ("046d:c31d", "officer 1", "ours", "device-unknown"),
        ("", "officer 1", "ours", "device-unknown"),
        ("046d:c31c", "officer 1", "  ", "text-form"),
    ] {
        let refusal = room.feed(accept(device, by, why)).unwrap_err();
        assert_eq!(refusal.code, code, "{device} {by} {why}");
    }
    let deviations = room.state.deviations;
    room.feed(accept(" 046D:C31C ", "Officer 1", "the old one broke"))
        .unwrap();
    assert_eq!(room.state.deviations, deviations + 1);
    let last = read(&room.record).lines.last().unwrap().0.clone();
    assert_eq!(
        (last.record.kind, last.record.who.as_str()),
        (Kind::Accepted, "officer")
    );
    assert!(frozen(&room.plan, &room.state), "the stick is still there");
    room.feed(accept("0951:1666", "witness 1", "the minutes are on it"))
        .unwrap();
    assert!(kinds(&room).ends_with(&[Kind::Accepted, Kind::Thawed]));
    // Away and back is the same device; in another socket it is another one.
    room.feed(beside(&[])).unwrap();
    room.feed(beside(&[keyboard()])).unwrap();
    assert!(!frozen(&room.plan, &room.state));
    let mut moved = keyboard();
    moved.place = "usb 2-1".to_owned();
    room.feed(beside(&[moved])).unwrap();
    assert!(frozen(&room.plan, &room.state));
    let late = room.feed(accept("0951:1666", "witness 1", "gone")).unwrap_err();
    assert_eq!(late.code, "device-unknown");
    room.feed(beside(&[])).unwrap();
    let idle = room.feed(accept("0951:1666", "witness 1", "gone")).unwrap_err();
    assert_eq!(idle.code, "not-frozen");
}

#[test]
fn what_a_step_asks_for_is_no_surprise_and_a_keyboard_always_is() {
    let at = |room: &Room| {
        let step = room.plan.step(room.state.cursor);
        step.map(|p| p.step.verb.clone())
    };
    let token = device(DeviceKind::Input, "1050:0407", "usb 1-1", true);
    let mut room = start();
    // Before the inventory a token that types is a keyboard.
    room.go_until(|s| !s.people.is_empty());
    for new in [&token, &stick(), &keyboard()] {
        room.feed(beside(std::slice::from_ref(new))).unwrap();
        assert!(frozen(&room.plan, &room.state), "{new:?}");
        room.feed(beside(&[])).unwrap();
    }
    while !matches!(at(&room), Some(Verb::Inventory { .. })) {
        assert!(room.go_on());
    }
    room.feed(beside(std::slice::from_ref(&token))).unwrap();
    assert!(!frozen(&room.plan, &room.state), "its serial is compared now");
    room.feed(beside(&[token.clone(), keyboard()])).unwrap();
    assert!(frozen(&room.plan, &room.state), "a keyboard is never asked for");
    room.feed(beside(&[token.clone(), stick()])).unwrap();
    assert!(frozen(&room.plan, &room.state), "nor is a stick here");
    room.feed(beside(&[])).unwrap();
    while !matches!(at(&room), Some(Verb::Export)) {
        assert!(room.go_on());
    }
    // Later, in any socket: it is the token of the inventory.
    let mut elsewhere = token.clone();
    elsewhere.place = "usb 3-4".to_owned();
    room.feed(beside(&[elsewhere, stick()])).unwrap();
    assert!(!frozen(&room.plan, &room.state), "the export asks for media");
    room.feed(beside(&[stick(), keyboard()])).unwrap();
    assert!(frozen(&room.plan, &room.state));
    room.feed(beside(&[])).unwrap();
    while room.go_on() {}
    assert_eq!(expects(&room.state), Expect::Closed);
}

#[test]
fn a_rehearsal_records_and_never_waits() {
    let mut room = Room::new(&rehearsal_script());
    assert!(room.go_on());
    while !matches!(expects(&room.state), Expect::Closed) {
        room.feed(InputKind::Machine(Report::new(
            vec![Finding::of(FindingCode::InterfaceUp, "eth0")],
            vec![keyboard()],
        )))
        .unwrap();
        assert!(!frozen(&room.plan, &room.state) && !room.state.machine.against().is_empty());
        assert!(room.go_on());
        if !matches!(expects(&room.state), Expect::Closed) {
            room.feed(InputKind::Machine(Report::default())).unwrap();
        }
    }
    let kinds = kinds(&room);
    assert!(kinds.contains(&Kind::Machine) && !kinds.contains(&Kind::Halted));
    let judged = judge_with(&room.bundle(), &known());
    let said = judged.check("machine").unwrap();
    assert!(
        said.what.starts_with("a rehearsal, which never freezes"),
        "{said:?}"
    );
    assert!(said.found.is_empty() && judged.check("replay").unwrap().found.is_empty());
}

fn rehearsal_script() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/ceremony-scripts/rehearsal/root-keygen.toml"
    );
    std::fs::read_to_string(path).unwrap()
}

/// Who writes the record anew can leave out that it was frozen, or put an answer
/// into it; then it does not follow from itself, and the check says why.
#[test]
fn a_record_in_which_a_frozen_ceremony_was_answered_does_not_verify() {
    let room = production::closed();
    let good = production::witnessed(&room);
    let lines: Vec<_> = read(&room.record).lines.into_iter().map(|(l, _)| l).collect();
    let answered = lines.iter().position(|l| l.record.kind == Kind::Answer).unwrap();
    let rewritten = |change: &dyn Fn(usize, &Record) -> Vec<Record>| {
        let mut writer = Writer::new();
        let mut text = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            for record in change(number, &line.record) {
                text.extend(writer.next(&record, &line.boot, line.at).unwrap().into_bytes());
                text.push(b'\n');
            }
        }
        let mut files = good.clone();
        files.insert("ceremony.jsonl".to_owned(), text);
        judge_with(&files, &known())
    };
    let same = rewritten(&|_, record| vec![record.clone()]);
    assert!(
        same.check("replay").unwrap().found.is_empty() && same.check("machine").unwrap().found.is_empty()
    );
    let report = |code| {
        let body = tuf_ceremony::base::Json::of(&InputKind::Machine(with(code))).unwrap();
        Record {
            kind: Kind::Machine,
            step: String::new(),
            who: "machine".to_owned(),
            body: tuf_ceremony::base::Json::object([("input", body)]),
        }
    };
    let forged = rewritten(&|number, record| {
        let mut out = vec![record.clone()];
        if number == answered {
            out.insert(0, report(FindingCode::InterfaceUp));
        }
        out
    });
    let found = &forged.check("machine").unwrap().found;
    assert!(
        found
            .iter()
            .any(|f| f.code == "machine-ignored" && f.text.contains("interface-up (eth0)")),
        "{found:?}"
    );
    assert!(!forged.check("replay").unwrap().found.is_empty());
    // The warning is shown, and refuses nothing in the check.
    let warned = rewritten(&|number, record| {
        let mut out = vec![record.clone()];
        if number == answered {
            out.insert(0, report(FindingCode::Hypervisor));
        }
        out
    });
    let said = warned.check("machine").unwrap();
    assert!(
        said.found.is_empty() && said.what.contains("hypervisor"),
        "{said:?}"
    );
    // Without the look at the start.
    let blind = rewritten(&|number, record| {
        let mut record = record.clone();
        if number == 0 {
            let text = record.body.line();
            let at = text.find(",\"machine\":{").unwrap();
            let end = at + text[at..].find("]}").unwrap() + 2;
            let cut = format!("{}{}", &text[..at], &text[end..]);
            record.body = tuf_ceremony::base::Json::parse(cut.as_bytes()).unwrap();
        }
        vec![record]
    });
    let found = &blind.check("machine").unwrap().found;
    assert!(
        found.iter().any(|f| f.text.contains("without a report")),
        "{found:?}"
    );
    assert!(!blind.check("replay").unwrap().found.is_empty());
}
