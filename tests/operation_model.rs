//! Level L6 of the crash tests (facts/security.md 5.6): every order in which
//! intent, device, answer, outcome, crash and resumption can follow one another,
//! over the real engine and a small model of a device. Breadth first, so that
//! what breaks an invariant is told by the shortest way to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its figures must be visible"
)]

#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rehearsal::{Key, Room, script_small};
use tuf_ceremony::base::device::{
    Changed, DeviceCode, DeviceFault, KeyAttributes, KeyFound, Operation, OperationId, Retry,
};
use tuf_ceremony::base::{Algorithm, Purpose};
use tuf_ceremony::engine::{
    Answer, Effect, Expect, InputKind, Outcome, Phase, Question, State, Trouble, What, expects,
};
use tuf_ceremony::script::Verb;

/// How many events after the step began are tried in every order.
const DEPTH: usize = 18;

/// What the device keeps, whatever becomes of the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Device {
    /// The keys, by the operation that they were made for, and under which name.
    keys: BTreeSet<(OperationId, String)>,
    /// What was signed: purpose, key, payload. A second time changes nothing here.
    signed: BTreeSet<(String, String, String)>,
    set_up: bool,
}

/// What happens to an order between the program and the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A person answers, or the step is tried again.
    Person,
    /// The device acts, and its answer is written down.
    Done,
    /// The device acts, and the answer is a failure that leaves it open.
    DoneUnsaid,
    /// The device acts, and says with its failure that it did.
    DoneDenied,
    /// The device does not act, and the answer is a failure that leaves it open.
    UndoneUnsaid,
    /// The device does not act, and says so.
    Undone,
    /// The device is not there: nothing was sent.
    Absent,
    /// A signature that is not the key's; a wrong PIN.
    Wrong,
    /// The program is killed before the device acts.
    KilledBefore,
    /// The program is killed after the device acted.
    KilledAfter,
    /// The program is killed while it waits for people.
    KilledIdle,
    /// The program is started again.
    Resumed,
}

/// One point of the search.
#[derive(Debug, Clone)]
struct Point {
    state: State,
    device: Device,
    /// The program runs.
    alive: bool,
    /// Intents without outcome or recovery.
    open: BTreeSet<u64>,
}

struct Model {
    room: Room,
    /// Where the step under study begins.
    cursor: usize,
    steps: usize,
}

impl Model {
    /// A ceremony that has come to its `nth` step of this verb.
    fn at(verb: &str, nth: usize) -> (Model, Point) {
        let mut room = Room::new(&script_small());
        let all = room.plan.steps().len();
        let cursor = (0..all)
            .filter(|at| room.plan.step(*at).unwrap().step.verb.name() == verb)
            .nth(nth)
            .unwrap();
        room.go_until(|s| s.begun && s.cursor == cursor && !s.gating);
        let state = room.state.clone();
        let mut device = Device::default();
        for (name, key) in &state.keys {
            device.keys.insert((key.operation, name.to_string()));
        }
        device.set_up = state.bench.values().any(|t| t.set_up);
        let start = Point {
            state,
            device,
            alive: true,
            open: BTreeSet::new(),
        };
        (
            Model {
                room,
                cursor,
                steps: 0,
            },
            start,
        )
    }

    /// What can happen here.
    fn events(&self, point: &Point) -> Vec<Event> {
        use Event::{
            Absent, Done, DoneDenied, DoneUnsaid, KilledAfter, KilledBefore, KilledIdle, Person, Resumed,
            Undone, UndoneUnsaid, Wrong,
        };
        if !point.alive {
            return vec![Resumed];
        }
        match expects(&point.state) {
            Expect::Answer(_) => vec![Person, KilledIdle],
            Expect::Outcome(effect) => {
                let mut all = vec![Done, KilledBefore];
                match &effect.what {
                    What::Checkpoint | What::Nonce => {}
                    what if what.is_act() => {
                        all.extend([Absent, DoneUnsaid, UndoneUnsaid, Undone, KilledAfter]);
                        match what {
                            What::Generate { .. } => all.push(DoneDenied),
                            What::Sign { .. } | What::Unlock { .. } => all.push(Wrong),
                            _ => {}
                        }
                    }
                    _ => all.extend([Absent, Undone]),
                }
                all
            }
            _ => Vec::new(),
        }
    }

    /// The device does what the effect orders.
    fn acts(&mut self, device: &mut Device, effect: &Effect, point: &Point) {
        match &effect.what {
            What::Generate { order, .. } => {
                let name = order.name.to_string();
                // I3, I9: nothing is ordered while the device holds a key of the slot.
                assert!(
                    !device.keys.iter().any(|(_, n)| *n == name),
                    "a second key for {name} in {point:?}"
                );
                device.keys.insert((order.operation, name));
            }
            What::Sign {
                key,
                purpose,
                payload,
                ..
            } => {
                device
                    .signed
                    .insert((format!("{purpose:?}"), key.to_string(), payload.to_string()));
            }
            What::Initialise { .. } => {
                device.keys.clear();
                device.set_up = true;
            }
            _ => {}
        }
    }

    /// The good answer.
    fn good(&mut self, device: &Device, effect: &Effect) -> Outcome {
        match &effect.what {
            What::Keys { .. } => Outcome::Keys(
                device
                    .keys
                    .iter()
                    .map(|(operation, name)| KeyFound {
                        label: name.clone(),
                        id: data_encoding::HEXLOWER.encode(operation.as_bytes()),
                        public: Some(Key::new(name, Algorithm::EcdsaP256).public()),
                        attributes: KeyAttributes {
                            sensitive: Some(true),
                            extractable: Some(false),
                            sign: Some(true),
                            ..KeyAttributes::default()
                        },
                    })
                    .collect(),
            ),
            _ => self.room.outcome(effect),
        }
    }

    /// What follows; `None` where the engine may not go on by the rules of the test.
    fn follow(&mut self, from: &Point, event: Event) -> Point {
        let mut to = from.clone();
        self.room.state = from.state.clone();
        self.room.record.clear();
        // Each run has the log key of its number; all resumed ones count as the second.
        self.room.log_keys.truncate(1);
        for run in ["log 1", "log 2"] {
            let log = Key::new(run, Algorithm::Ed25519);
            if from.state.log_key.as_ref() == Some(&log.public()) {
                self.room.log = log;
            }
        }
        let effect = match expects(&from.state) {
            Expect::Outcome(effect) => Some(effect.clone()),
            _ => None,
        };
        let input = match event {
            Event::KilledIdle | Event::KilledBefore => None,
            Event::KilledAfter => {
                let effect = effect.clone().unwrap();
                self.acts(&mut to.device, &effect, from);
                None
            }
            Event::Resumed => Some(self.room.resumption()),
            Event::Person => {
                let Expect::Answer(question) = expects(&from.state) else {
                    unreachable!()
                };
                let question = question.clone();
                Some(InputKind::Answer(match question {
                    Question::Trouble { .. } => Answer::Again,
                    other => self.room.answer(&other),
                }))
            }
            _ => {
                let effect = effect.clone().unwrap();
                let acted = matches!(
                    event,
                    Event::Done | Event::DoneUnsaid | Event::DoneDenied | Event::Wrong
                );
                if acted {
                    self.acts(&mut to.device, &effect, from);
                }
                let outcome = match event {
                    Event::Done => self.good(&to.device, &effect),
                    Event::DoneUnsaid | Event::UndoneUnsaid => {
                        fault(&effect, DeviceCode::Removed, Changed::Unknown)
                    }
                    Event::DoneDenied => fault(&effect, DeviceCode::DeviceError, Changed::Yes),
                    Event::Undone => fault(&effect, DeviceCode::DeviceError, Changed::No),
                    Event::Absent => fault(&effect, DeviceCode::NotFound, Changed::No),
                    _ if matches!(effect.what, What::Unlock { .. }) => {
                        fault(&effect, DeviceCode::PinWrong, Changed::Yes)
                    }
                    _ => Outcome::Signed {
                        signature: "00".repeat(64),
                    },
                };
                Some(InputKind::Outcome {
                    effect: effect.id,
                    outcome,
                })
            }
        };
        let Some(input) = input else {
            to.alive = false;
            return to;
        };
        let typed_pin = matches!(
            input,
            InputKind::Answer(Answer::Pin { .. } | Answer::NewSecrets { .. })
        );
        self.steps += 1;
        if let Err(refusal) = self.room.feed(input.clone()) {
            panic!("{refusal:?} to {input:?} in {:?}", from.state.phase);
        }
        to.state = self.room.state.clone();
        to.alive = true;
        self.records(&mut to);
        self.holds(from, &to, typed_pin);
        to
    }

    /// Intents and their ends, from what was written.
    fn records(&self, to: &mut Point) {
        for line in String::from_utf8(self.room.record.clone()).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let body = &line["body"];
            match line["type"].as_str().unwrap() {
                "intended" => {
                    let id = body["effect"]["id"].as_u64().unwrap();
                    // 5.3: at most one pending act at a time, but for the login that
                    // leads to what is recovered.
                    let login = body["effect"]["what"].get("unlock").is_some();
                    assert!(
                        to.open.is_empty() || login && to.state.recovering.is_some(),
                        "a second act while {:?} is open",
                        to.open
                    );
                    to.open.insert(id);
                }
                "outcome" => {
                    to.open
                        .remove(&body["input"]["outcome"]["effect"].as_u64().unwrap());
                }
                // I10: what was torn is told; so is what failed and was still unclear.
                "recovered" => {
                    to.open.remove(&body["effect"].as_u64().unwrap());
                }
                _ => {}
            }
        }
    }

    /// The invariants of 5.1 that a step can break.
    fn holds(&self, from: &Point, to: &Point, typed_pin: bool) {
        // I3: one live key for a slot.
        let mut slots = BTreeMap::new();
        for (operation, name) in &to.device.keys {
            let before = slots.insert(name, operation);
            assert!(before.is_none(), "two keys for {name}: {to:?}");
        }
        // I6: one payload for one role and key in this step.
        let mut payloads: BTreeMap<(&String, &String), &String> = BTreeMap::new();
        for (purpose, key, payload) in &to.device.signed {
            if *purpose == format!("{:?}", Purpose::TufMetadata) {
                let before = payloads.insert((purpose, key), payload);
                assert!(before.is_none(), "two payloads under {key}");
            }
        }
        // W3: a login follows what a person typed, nothing else. A set-up proves the
        // secrets that were typed for it.
        let proves = matches!(
            self.room.plan.step(from.state.cursor).map(|p| &p.step.verb),
            Some(Verb::Provision { .. })
        );
        if let Phase::Working(effect) = &to.state.phase
            && matches!(effect.what, What::Unlock { .. })
            && to.state.phase != from.state.phase
        {
            assert!(typed_pin || proves, "a login that nobody ordered: {from:?}");
        }
        // I4: when the step is done, record and device say the same.
        if self.done(to) {
            assert!(to.open.is_empty(), "the step is done and an act is open: {to:?}");
            assert!(to.state.recovering.is_none());
            let recorded: BTreeSet<(OperationId, String)> = to
                .state
                .keys
                .iter()
                .map(|(name, key)| (key.operation, name.to_string()))
                .collect();
            assert_eq!(recorded, to.device.keys, "the record and the device differ");
        }
    }

    fn done(&self, point: &Point) -> bool {
        point.state.cursor > self.cursor
    }

    /// I8: a second crash in the recovery leads to where the first one led.
    fn recovers_alike(&mut self, point: &Point) {
        let once = self.follow(point, Event::Resumed);
        let down = self.follow_killed(&once);
        let twice = self.follow(&down, Event::Resumed);
        assert_eq!(
            key(&once.state, &once.device),
            key(&twice.state, &twice.device),
            "recovery is not idempotent"
        );
    }

    fn follow_killed(&mut self, point: &Point) -> Point {
        Point {
            alive: false,
            ..point.clone()
        }
    }

    /// Without further failures the step ends, from wherever it stands.
    fn ends(&mut self, from: &Point) -> usize {
        let mut point = from.clone();
        for steps in 0..60 {
            if self.done(&point) {
                return steps;
            }
            let event = match (point.alive, expects(&point.state)) {
                (false, _) => Event::Resumed,
                (true, Expect::Answer(_)) => Event::Person,
                (true, Expect::Outcome(_)) => Event::Done,
                other => panic!("nothing to do in {other:?}"),
            };
            point = self.follow(&point, event);
        }
        panic!("the step never ends from {:?}", from.state.phase);
    }
}

fn fault(effect: &Effect, code: DeviceCode, changed: Changed) -> Outcome {
    let operation = match &effect.what {
        What::Generate { .. } => Operation::Generate,
        What::Sign { .. } => Operation::Sign,
        What::Unlock { .. } => Operation::Unlock,
        What::Initialise { .. } => Operation::Initialise,
        What::Keys { .. } => Operation::Keys,
        _ => Operation::Identity,
    };
    Outcome::Fault(DeviceFault {
        operation,
        code,
        meaning: "as the model has it".to_owned(),
        changed,
        retry: Retry::AskHuman,
    })
}

/// What makes two points the same: not the counters that only go up.
fn key(state: &State, device: &Device) -> String {
    let mut state = state.clone();
    state.deviations = 0;
    // What is said of the stop, and when it was.
    state.resumed = None;
    state.entered = None;
    state.recovered = None;
    state.next_effect = 0;
    state.last = None;
    state.boot.clear();
    state.log_key = None;
    state.checkpoint = None;
    let plain = |effect: &mut Effect| {
        effect.id = 0;
        if let What::Unlock { secret, .. } = &mut effect.what {
            *secret = None;
        }
        if let What::Initialise { secrets, .. } = &mut effect.what {
            secrets.clear();
        }
    };
    for minted in &mut state.minted {
        minted.secret = tuf_ceremony::engine::Ticket(0);
        minted.again = None;
    }
    match &mut state.phase {
        Phase::Working(effect) | Phase::Asking(Question::Recover { effect, .. }) => plain(effect),
        Phase::Asking(Question::Trouble {
            trouble: Trouble::Device(fault),
        }) => fault.meaning.clear(),
        _ => {}
    }
    for effect in [&mut state.recovering, &mut state.unclear].into_iter().flatten() {
        plain(effect);
    }
    for token in state.bench.values_mut() {
        token.wrong_pins = token.wrong_pins.min(1);
    }
    format!("{} {device:?}", serde_json::to_string(&state).unwrap())
}

/// Searches one step; the number of points.
fn search(verb: &str, nth: usize) -> (usize, usize, usize) {
    let (mut model, start) = Model::at(verb, nth);
    let mut seen = BTreeSet::from([format!("true {}", key(&start.state, &start.device))]);
    let mut todo = VecDeque::from([(start, 0)]);
    let (mut done, mut deepest) = (0, 0);
    while let Some((point, depth)) = todo.pop_front() {
        deepest = deepest.max(depth);
        if model.done(&point) {
            done += 1;
            continue;
        }
        if !point.alive {
            model.recovers_alike(&point);
            model.ends(&point);
        }
        if depth == DEPTH {
            model.ends(&point);
            continue;
        }
        for event in model.events(&point) {
            let next = model.follow(&point, event);
            if seen.insert(format!("{} {}", next.alive, key(&next.state, &next.device))) {
                todo.push_back((next, depth + 1));
            }
        }
    }
    assert!(done > 0, "{verb}: the step never ended");
    println!(
        "{verb} {nth}: {} states, {} ends, {} transitions, depth {deepest}",
        seen.len(),
        done,
        model.steps
    );
    (seen.len(), done, deepest)
}

/// The states of every step that acts on a device; the figure may only grow.
#[test]
fn every_order_of_intent_act_answer_crash_and_resumption_ends_well() {
    let mut states = 0;
    for (verb, nth) in [
        ("provision", 0),
        ("generate-key", 0),
        ("generate-key", 2),
        ("prove-possession", 1),
        ("sign", 0),
    ] {
        states += search(verb, nth).0;
    }
    println!("operation model: {states} states");
    assert!(states >= 1337, "{states}: the floor only rises");
}
