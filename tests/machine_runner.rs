//! The machine check through the real runner: it does not start beside what
//! refuses, its watch sees each change, the record holds it, and the ceremony
//! waits and goes on by itself.
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
#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tuf_ceremony::base::Digest;
use tuf_ceremony::base::machine::{Finding, FindingCode, Report, Weight};
use tuf_ceremony::engine::{Answer, FROZEN, FrontEnd, Program, SecretsPath, frozen};
use tuf_ceremony::fault::Code;
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::runner::{self, Cmd, Machine, Msg, Ports, Run, Snapshot, SystemClock};
use tuf_ceremony::script::Script;
use tuf_ceremony::store::Real;

/// A machine that a test changes while the ceremony runs beside it.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Report>>);

impl Machine for Fake {
    fn look(&mut self) -> Report {
        self.0.lock().unwrap().clone()
    }
}

impl Fake {
    fn set(&self, codes: &[FindingCode]) {
        let found = codes.iter().map(|c| Finding::of(*c, "eth0")).collect();
        *self.0.lock().unwrap() = Report::new(found, Vec::new());
    }
}

fn plan() -> Plan {
    let desk = approvers::Desk::new();
    let script = Script::parse(&std::fs::read(desk.script()).unwrap()).unwrap();
    let note = approvers::noted(&script.approval_text(), &[approvers::olga(), approvers::otto()]);
    let online = std::fs::read(desk.path("online.pub.pem")).unwrap();
    let inputs = BTreeMap::from([("online.pub.pem".to_owned(), Arc::from(online))]);
    let plan = Plan::build(script, &Inputs(inputs)).unwrap();
    plan.with_approvals(note.into_bytes())
}

fn ports(machine: &Fake) -> Ports {
    Ports {
        bench: BTreeMap::new(),
        disk: Arc::new(Real),
        mirror: None,
        media: None,
        clock: Box::new(SystemClock),
        machine: Box::new(machine.clone()),
    }
}

fn driven() -> Run {
    Run {
        program: Program {
            version: "0".to_owned(),
            sha256: Digest::of(b"program"),
            lock: Digest::of(b"lock"),
            features: Vec::new(),
            released: None,
        },
        front_end: FrontEnd::Tui,
        secrets: SecretsPath::Keyboard,
        modules: Vec::new(),
        drill: None,
    }
}

fn until(msgs: &Receiver<Msg>, fits: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    loop {
        match msgs
            .recv_timeout(Duration::from_secs(60))
            .expect("the runner says it")
        {
            Msg::Snapshot(seen) if fits(&seen) => return seen,
            Msg::Failed(failure) => panic!("{failure}"),
            _ => {}
        }
    }
}

/// Through the real runner: its watch sees the change, the record holds it, an
/// answer is refused, and when it is gone the ceremony goes on by itself.
#[test]
fn the_runner_freezes_and_thaws_beside_a_machine_that_changes() {
    let dir = tempfile::tempdir().unwrap();
    let record = dir.path().join("record");
    let fake = Fake::default();
    // It does not start beside what refuses, and makes nothing.
    for code in FindingCode::ALL.iter().filter(|c| c.weight() == Weight::Refuses) {
        fake.set(&[*code]);
        let failure = runner::open(plan(), &record, ports(&fake), &driven()).unwrap_err();
        assert_eq!(failure.code, Code::MachineNotReady);
        assert!(failure.meaning.contains(code.card().remedy), "{failure}");
        assert!(!record.exists(), "{}", code.word());
    }
    fake.set(&[FindingCode::NetworkCard]);
    let running = runner::open(plan(), &record, ports(&fake), &driven()).unwrap();
    let (handle, msgs, first, threads) = running.split();
    assert!(!frozen(&first.plan, &first.state));
    fake.set(&[FindingCode::InterfaceUp]);
    let seen = until(&msgs, |s| frozen(&s.plan, &s.state));
    assert_eq!(seen.records, 3, "open, machine, halted");
    let begin = || {
        Cmd::Submit(Answer::Begin {
            typed: "begin".to_owned(),
        })
    };
    handle.say(begin());
    let refused = loop {
        match msgs.recv_timeout(Duration::from_secs(60)).unwrap() {
            Msg::Refused(refusal) => break refusal,
            Msg::Snapshot(seen) => assert!(!seen.state.begun),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused.code, FROZEN);
    fake.set(&[]);
    until(&msgs, |s| !frozen(&s.plan, &s.state));
    handle.say(begin());
    until(&msgs, |s| s.state.begun);
    handle.say(Cmd::Pause {
        why: "enough".to_owned(),
    });
    until(&msgs, |s| s.state.phase == tuf_ceremony::engine::Phase::Paused);
    drop(handle);
    threads.finish();
    // The next run looks again before it goes on.
    let lines = std::fs::read(record.join("ceremony.jsonl")).unwrap();
    fake.set(&[FindingCode::SwapOn]);
    let failure = runner::resume(&record, ports(&fake), &driven()).unwrap_err();
    assert_eq!(failure.code, Code::MachineNotReady);
    assert_eq!(std::fs::read(record.join("ceremony.jsonl")).unwrap(), lines);
    let text = String::from_utf8(lines).unwrap();
    for word in ["machine", "halted", "thawed"] {
        assert!(text.contains(&format!("\"type\":\"{word}\"")), "{word}: {text}");
    }
}
