//! Laws of the engine that hold for every ceremony: folding is deterministic,
//! a refusal changes nothing, each act has one intent before its outcome, a
//! stale outcome is refused, `Closed` is final, and the state stays small. The
//! inputs are those of real runs through the shipped binary.
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

#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use program::{Room, script};
use tuf_ceremony::engine::{
    Answer, Deviation, Effect, Expect, Input, InputKind, NewSecret, Outcome, Phase, Question, State, Ticket,
    What, expects, replay, step,
};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::{self, Kind, Line};

/// Where new secrets come from, as scripts say it.
const ORIGINS: [&str; 3] = ["typed", "generated", "dice"];

fn text(origin: &str) -> String {
    let text = std::fs::read_to_string(script("root-keygen.toml")).unwrap();
    assert!(text.contains("credentials = \"typed\""));
    text.replace("credentials = \"typed\"", &format!("credentials = \"{origin}\""))
}

fn plan(origin: &str) -> Plan {
    let script = Script::parse(text(origin).as_bytes()).unwrap();
    Plan::build(script, &Inputs::default()).unwrap()
}

/// The inputs and lines of one real run.
fn real_run(origin: &str) -> (Vec<Input>, Vec<Line>) {
    let room = Room::new();
    let path = room.dir.path().join("script.toml");
    std::fs::write(&path, text(origin)).unwrap();
    let answers = std::fs::read_to_string(script("root-keygen.answers.toml")).unwrap();
    let with_dice = answers.replace("begin     = true\n", "begin = true\ndice = \"315263421456\"\n");
    assert_ne!(answers, with_dice);
    let answers = room.dir.path().join("answers.toml");
    std::fs::write(&answers, with_dice).unwrap();
    let done = room.run(&path, &answers);
    assert_eq!(done.code, 0, "{}", done.err);
    let bytes = std::fs::read(room.record().join("ceremony.jsonl")).unwrap();
    let chain = transcript::read(&bytes);
    assert!(chain.problems.is_empty());
    let lines: Vec<Line> = chain.lines.into_iter().map(|(line, _)| line).collect();
    let mut inputs = Vec::new();
    replay(&plan(origin), &lines, |input, _, _| inputs.push(input.clone())).unwrap();
    (inputs, lines)
}

/// Everything that a confused front end or device could say at any moment.
fn nonsense(at: tuf_ceremony::base::Stamp, effect: u64) -> Vec<Input> {
    let text = |s: &str| s.to_owned();
    [
        InputKind::Answer(Answer::Begin { typed: text("") }),
        InputKind::Answer(Answer::Begin { typed: text("y") }),
        InputKind::Answer(Answer::Confirm { typed: text("") }),
        InputKind::Answer(Answer::Confirm { typed: text("yes") }),
        InputKind::Answer(Answer::Done { typed: text("") }),
        InputKind::Answer(Answer::Serial { typed: text("") }),
        InputKind::Answer(Answer::Serial {
            typed: text("RHRSL-0000"),
        }),
        InputKind::Answer(Answer::Clock {
            typed: text("noon"),
            rtc: None,
        }),
        InputKind::Answer(Answer::Present { name: text("") }),
        InputKind::Answer(Answer::Present {
            name: text("a\u{1b}[2J"),
        }),
        InputKind::Answer(Answer::Words { typed: Vec::new() }),
        InputKind::Outcome {
            effect: effect + 1000,
            outcome: Outcome::Locked,
        },
        InputKind::Outcome {
            effect: 0,
            outcome: Outcome::Unlocked,
        },
        InputKind::Note(Deviation {
            expected: text(""),
            happened: text("x"),
            decided: text("x"),
            by: text("x"),
        }),
        InputKind::Abort {
            why: text("x"),
            typed: text(""),
        },
        InputKind::Abort {
            why: text("x"),
            typed: text("yes"),
        },
    ]
    .into_iter()
    .map(|kind| Input { at, kind })
    .collect()
}

#[test]
fn the_laws_hold_along_real_ceremonies() {
    for origin in ORIGINS {
        the_laws_hold(origin);
    }
}

fn the_laws_hold(origin: &str) {
    let plan = plan(origin);
    let (inputs, lines) = real_run(origin);
    let mut state = State::new();
    let mut seen_effects = std::collections::BTreeSet::new();
    let mut open_act: Option<u64> = None;
    let mut largest = 0;
    for input in &inputs {
        for wrong in nonsense(input.at, state.next_effect) {
            if wrong.kind == input.kind {
                continue;
            }
            let before = state.clone();
            let refused = step(&plan, &state, &wrong);
            assert!(
                refused.is_err(),
                "{:?} was accepted in {:?}",
                wrong.kind,
                state.phase
            );
            assert_eq!(state, before, "a refusal changes nothing");
        }
        let once = step(&plan, &state, input).unwrap();
        let twice = step(&plan, &state, input).unwrap();
        assert_eq!(once, twice, "folding is deterministic");
        assert!(
            !once.records[0].kind.is_derived(),
            "the input's record comes first"
        );
        assert_eq!(once.records.iter().filter(|r| !r.kind.is_derived()).count(), 1);
        // Intent before act, one outcome after it, and numbers are never used twice.
        if let InputKind::Outcome { effect, .. } = &input.kind
            && open_act == Some(*effect)
        {
            open_act = None;
        }
        for Effect { id, what } in &once.effects {
            assert!(seen_effects.insert(*id), "effect {id} twice");
            let intents = once.records.iter().filter(|r| r.kind == Kind::Intended).count();
            assert_eq!(intents, usize::from(what.is_act()), "{}", what.label());
            if what.is_act() {
                assert_eq!(open_act, None, "two acts at once");
                open_act = Some(*id);
            }
        }
        // An outcome that came once is stale afterwards.
        if matches!(input.kind, InputKind::Outcome { .. }) {
            let stale = Input {
                at: input.at,
                kind: input.kind.clone(),
            };
            assert!(step(&plan, &once.state, &stale).is_err(), "a stale outcome");
        }
        // What is kept is what is still needed, each once a purpose.
        let minted = once
            .state
            .minted
            .iter()
            .flat_map(|m| [Some(m.secret), m.again])
            .flatten();
        for ticket in minted {
            assert!(once.state.tickets().contains(&ticket), "{ticket:?} is lost");
        }
        if once.state.minted.is_empty() && matches!(once.state.phase, Phase::Asking(_)) {
            assert!(once.state.tickets().is_empty(), "kept for nothing");
        }
        state = once.state;
        largest = largest.max(serde_json::to_vec(&state).unwrap().len());
    }
    assert!(largest < 256 * 1024, "the state has {largest} bytes");
    assert_eq!(state.phase, Phase::Closed);
    assert!(matches!(expects(&state), Expect::Closed));
    for input in &inputs {
        assert!(step(&plan, &state, input).is_err(), "closed is final");
    }
    assert_eq!(lines.last().unwrap().record.kind, Kind::Close);
}

/// What was under way is asked about first; a second crash asks the same; only
/// the word goes on; and no act starts before the device was asked.
fn recovers(plan: &Plan, before: &State, state: &State, resume: &Input) {
    let was = before.dangling().unwrap();
    let looked = |state: &State| looked(plan, state, resume.at);
    let state = &looked(state);
    let Phase::Asking(Question::Recover { effect, seen }) = &state.phase else {
        panic!("{:?}", state.phase)
    };
    assert_eq!(effect, was);
    let known = state.bench.values().filter(|t| t.serial.is_some()).count();
    assert_eq!(
        seen.len(),
        known,
        "every device that the record knows was looked at"
    );
    let again = step(plan, state, resume).unwrap().state;
    assert_eq!(again.recovering, state.recovering, "a stop while it was looked");
    let Phase::Asking(Question::Recover { effect, .. }) = looked(&again).phase else {
        panic!("{:?}", again.phase)
    };
    assert_eq!(&effect, was);
    let word = |typed: &str| Input {
        at: resume.at,
        kind: InputKind::Answer(Answer::Recover {
            typed: typed.to_owned(),
        }),
    };
    assert_eq!(
        step(plan, state, &word("again")).unwrap_err().code,
        "typed-differs"
    );
    let gone_on = step(plan, state, &word("recover")).unwrap();
    assert_eq!(gone_on.state.deviations, before.deviations + 1);
    assert!(gone_on.state.dangling().is_none(), "{:?}", gone_on.state.phase);
    let generates = matches!(was.what, What::Generate { .. });
    assert_eq!(gone_on.state.recovering.is_some(), generates);
    assert_eq!(
        gone_on.records.iter().any(|r| r.kind == Kind::Recovered),
        !generates,
        "what came of a key is recorded once the device has said so"
    );
}

/// The devices answer the look after a stop.
fn looked(plan: &Plan, state: &State, at: tuf_ceremony::base::Stamp) -> State {
    let Phase::Working(effect) = &state.phase else {
        return state.clone();
    };
    let What::Survey { tokens } = &effect.what else {
        panic!("{:?}", effect.what)
    };
    let seen = |(token, _): &(tuf_ceremony::base::Id, String)| tuf_ceremony::engine::Seen {
        token: token.clone(),
        card: None,
        keys: None,
        fault: Some("it is not there".to_owned()),
    };
    let outcome = |seen| Input {
        at,
        kind: InputKind::Outcome {
            effect: effect.id,
            outcome: tuf_ceremony::engine::Outcome::Surveyed(seen),
        },
    };
    let others = step(plan, state, &outcome(Vec::new())).unwrap().state;
    let Phase::Asking(Question::Recover { seen: none, .. }) = &others.phase else {
        panic!("{:?}", others.phase)
    };
    assert!(none.is_empty(), "an answer about other devices shows nothing");
    step(plan, state, &outcome(tokens.iter().map(seen).collect()))
        .unwrap()
        .state
}

/// Deviations, pauses and resumptions at every point of the ceremony.
#[test]
fn a_note_is_always_taken_and_a_resumption_never_repeats_an_act() {
    for origin in ORIGINS {
        notes_and_resumptions(origin);
    }
}

fn notes_and_resumptions(origin: &str) {
    let plan = plan(origin);
    let (inputs, _) = real_run(origin);
    let mut state = State::new();
    let mut resumed = 0;
    let mut dangling = 0;
    for input in &inputs {
        if !matches!(state.phase, Phase::New) {
            let note = Input {
                at: state.last.unwrap(),
                kind: InputKind::Note(Deviation {
                    expected: "the clock on the wall".to_owned(),
                    happened: "it stopped".to_owned(),
                    decided: "use the witness's watch".to_owned(),
                    by: "Ada".to_owned(),
                }),
            };
            let noted = step(&plan, &state, &note).unwrap();
            assert_eq!(noted.state.phase, state.phase, "a note changes no step");
            assert_eq!(noted.state.deviations, state.deviations + 1);
            let InputKind::Open(opening) = &inputs[0].kind else {
                panic!()
            };
            let resume = Input {
                at: tuf_ceremony::base::Stamp {
                    wall: input.at.wall,
                    mono_ms: 1,
                },
                kind: InputKind::Resume(tuf_ceremony::engine::Resumption {
                    boot: "00112233445566778899aabbccddeeff".to_owned(),
                    engine: opening.engine,
                    program: opening.program.clone(),
                    front_end: opening.front_end,
                    secrets: opening.secrets,
                    log_key: opening.log_key.clone(),
                    torn: Vec::new(),
                    mirror: None,
                    machine: opening.machine.clone(),
                }),
            };
            let act = state.dangling().is_some();
            let next = step(&plan, &state, &resume).unwrap();
            assert!(
                next.state.unlocked().is_none(),
                "nobody is logged in after a resumption"
            );
            assert!(next.state.minted.is_empty(), "a secret outlived its run");
            assert!(next.state.tickets().is_empty());
            assert_eq!(next.state.keys, state.keys);
            // `compose` asks nobody: once it is entered again, it is done.
            let asks_nobody = plan
                .step(state.cursor)
                .is_some_and(|p| matches!(p.step.verb, tuf_ceremony::script::Verb::Compose { .. }));
            match asks_nobody {
                true => assert!(next.state.cursor > state.cursor),
                false => assert_eq!(next.state.cursor, state.cursor),
            }
            resumed += 1;
            if act {
                dangling += 1;
                recovers(&plan, &state, &next.state, &resume);
            } else {
                assert_eq!(next.state.recovering, None);
            }
        }
        state = step(&plan, &state, input).unwrap().state;
    }
    assert!(resumed > 50 && dangling > 20, "{resumed} {dangling}");
}

/// While people read, compare or handle media, no device is logged in that the next
/// login does not need; and what is needed again stays, so that no PIN is asked twice.
#[test]
fn no_device_idles_logged_in() {
    for origin in ["typed", "generated", "dice"] {
        let plan = plan(origin);
        let (inputs, _) = real_run(origin);
        let mut state = State::new();
        let mut rested = 0;
        for input in &inputs {
            state = step(&plan, &state, input).unwrap().state;
            let Phase::Asking(_) = &state.phase else { continue };
            let Some(planned) = plan.step(state.cursor).filter(|p| p.step.verb.token().is_none()) else {
                continue;
            };
            rested += 1;
            for (token, held) in &state.bench {
                let Some(with) = held.unlocked else { continue };
                assert!(
                    plan.still_needs(state.cursor, token, with),
                    "{token} is logged in at {}",
                    planned.step.id
                );
            }
        }
        assert!(rested > 8, "{origin}: {rested}");
    }
}

/// A small ceremony in memory, with secrets of this origin.
fn in_memory(origin: &str) -> rehearsal::Room {
    let script = rehearsal::script_small();
    rehearsal::Room::new(&script.replace("credentials = \"typed\"", &format!("credentials = \"{origin}\"")))
}

fn answer(room: &mut rehearsal::Room, answer: Answer) {
    room.feed(InputKind::Answer(answer))
        .unwrap_or_else(|e| panic!("{e}"));
}

fn outcome(room: &mut rehearsal::Room, outcome: Outcome) {
    let Expect::Outcome(effect) = expects(&room.state) else {
        panic!("{:?}", room.state.phase)
    };
    let effect = effect.id;
    room.feed(InputKind::Outcome { effect, outcome })
        .unwrap_or_else(|e| panic!("{e}"));
}

/// The first question of this kind.
fn asked(room: &mut rehearsal::Room, is: fn(&Question) -> bool) -> Question {
    room.go_until(|s| matches!(&s.phase, Phase::Asking(q) if is(q)));
    let Phase::Asking(question) = room.state.phase.clone() else {
        unreachable!()
    };
    question
}

#[test]
fn what_is_typed_back_wrong_is_asked_again_and_never_reaches_the_device() {
    let mut room = in_memory("generated");
    let question = asked(&mut room, |q| matches!(q, Question::Copy { .. }));
    let Question::Copy { secret, wrong: 0, .. } = question else {
        panic!("{question:?}")
    };
    for tries in 1..4 {
        let typed = Ticket(900 + tries);
        answer(&mut room, Answer::Copied { typed });
        assert_eq!(room.state.tickets().iter().filter(|t| **t == typed).count(), 1);
        outcome(&mut room, Outcome::Compared { same: false });
        let Phase::Asking(Question::Copy {
            secret: again, wrong, ..
        }) = &room.state.phase
        else {
            panic!("{:?}", room.state.phase)
        };
        assert_eq!((*again, u64::from(*wrong)), (secret, tries));
        assert!(!room.state.tickets().contains(&typed), "a wrong copy is kept");
        assert!(room.state.tickets().contains(&secret));
    }
    // The right copy is what logs in.
    answer(&mut room, Answer::Copied { typed: Ticket(990) });
    outcome(&mut room, Outcome::Compared { same: true });
    room.go_until(|s| {
        matches!(
            &s.phase,
            Phase::Working(Effect {
                what: What::Initialise { .. },
                ..
            })
        )
    });
    let Phase::Working(Effect {
        what: What::Initialise { secrets, .. },
        ..
    }) = &room.state.phase
    else {
        unreachable!()
    };
    assert!(
        secrets.iter().any(|(_, ticket)| *ticket == secret),
        "the device gets what was shown"
    );
    assert!(room.state.tickets().contains(&Ticket(990)));
    while room.go_on() {}
    assert_eq!(room.state.phase, Phase::Closed);
    assert!(room.state.tickets().is_empty());
}

#[test]
fn dice_that_cannot_be_used_are_rolled_again() {
    let mut room = in_memory("dice");
    let first = asked(&mut room, |q| matches!(q, Question::Dice { .. }));
    let Question::Dice { rolls, wrong: 0, .. } = first else {
        panic!("{first:?}")
    };
    assert!(rolls > 10);
    answer(&mut room, Answer::Dice { rolls: Ticket(900) });
    assert!(room.state.tickets().contains(&Ticket(900)));
    outcome(
        &mut room,
        Outcome::DiceRefused {
            because: "too few".to_owned(),
        },
    );
    assert!(matches!(
        &room.state.phase,
        Phase::Asking(Question::Dice { wrong: 1, .. })
    ));
    assert!(!room.state.tickets().contains(&Ticket(900)), "used dice are kept");
    while room.go_on() {}
    assert_eq!(room.state.phase, Phase::Closed);
}

#[test]
fn a_resumption_in_the_middle_forgets_secrets_and_begins_the_step_anew() {
    for origin in ["generated", "dice"] {
        let mut room = in_memory(origin);
        asked(&mut room, |q| matches!(q, Question::Copy { .. }));
        room.go_until(|s| s.minted.len() == 2);
        let (cursor, made) = (room.state.cursor, room.state.minted[0].secret);
        room.feed(InputKind::Pause {
            why: "lunch".to_owned(),
        })
        .unwrap();
        let resumption = room.resumption();
        room.feed(resumption).unwrap();
        assert!(room.state.minted.is_empty() && room.state.tickets().is_empty());
        assert_eq!(room.state.cursor, cursor);
        asked(&mut room, |q| matches!(q, Question::Copy { .. }));
        assert_ne!(room.state.minted[0].secret, made, "a new secret, not the old one");
        while room.go_on() {}
        assert_eq!(room.state.phase, Phase::Closed);
    }
}

#[test]
fn a_set_up_takes_exactly_the_secrets_that_were_asked_for() {
    let mut room = in_memory("typed");
    let Question::SetUp { credentials, token } = asked(&mut room, |q| matches!(q, Question::SetUp { .. }))
    else {
        unreachable!()
    };
    let serial = room.state.bench[&token].serial.clone().unwrap();
    let typed = serial[serial.len() - 4..].to_owned();
    let new = |credential| NewSecret {
        credential,
        secret: Ticket(1),
        again: Ticket(2),
    };
    let all: Vec<NewSecret> = credentials.iter().copied().map(new).collect();
    let mut swapped = all.clone();
    swapped.reverse();
    let mut doubled = all.clone();
    doubled.push(new(credentials[0]));
    for secrets in [Vec::new(), all[..1].to_vec(), swapped, doubled] {
        let before = room.state.clone();
        let typed = typed.clone();
        let refused = room
            .feed(InputKind::Answer(Answer::NewSecrets { secrets, typed }))
            .unwrap_err();
        assert_eq!(refused.code, "other-secrets");
        assert_eq!(room.state, before);
    }
    answer(&mut room, Answer::NewSecrets { secrets: all, typed });
    while room.go_on() {}
    assert_eq!(room.state.phase, Phase::Closed);
}

#[test]
fn a_pin_pad_takes_its_pin_and_the_program_none() {
    let mut room = in_memory("generated");
    room.go_until(|s| {
        s.bench.values().any(|t| t.set_up)
            && matches!(
                &s.phase,
                Phase::Working(Effect {
                    what: What::Identify { .. },
                    ..
                })
            )
    });
    // It stays logged in for the step that follows; here it was pulled meanwhile.
    let device = room.state.bench.values_mut().next().unwrap();
    device.unlocked = None;
    let mut card = device.card.clone().unwrap();
    card.pin_pad = true;
    outcome(&mut room, Outcome::Card(card));
    assert!(matches!(
        &room.state.phase,
        Phase::Asking(Question::Pin { pad: true, .. })
    ));
    let typed = Answer::Pin {
        secret: Some(Ticket(1)),
    };
    assert_eq!(room.feed(InputKind::Answer(typed)).unwrap_err().code, "pin-pad");
    answer(&mut room, Answer::Pin { secret: None });
    assert!(room.state.tickets().is_empty());
}
