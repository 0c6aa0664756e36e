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

use program::{Room, script};
use tuf_ceremony::engine::{
    Answer, Deviation, Effect, Expect, Input, InputKind, Outcome, Phase, Question, State, What, expects,
    replay, step,
};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::{self, Kind, Line};

fn plan() -> Plan {
    let text = std::fs::read(script("root-keygen.toml")).unwrap();
    Plan::build(Script::parse(&text).unwrap(), &Inputs::default()).unwrap()
}

/// The inputs and lines of one real run.
fn real_run() -> (Vec<Input>, Vec<Line>) {
    let room = Room::new();
    let done = room.run(&script("root-keygen.toml"), &script("root-keygen.answers.toml"));
    assert_eq!(done.code, 0, "{}", done.err);
    let bytes = std::fs::read(room.record().join("ceremony.jsonl")).unwrap();
    let chain = transcript::read(&bytes);
    assert!(chain.problems.is_empty());
    let lines: Vec<Line> = chain.lines.into_iter().map(|(line, _)| line).collect();
    let mut inputs = Vec::new();
    replay(&plan(), &lines, |input, _, _| inputs.push(input.clone())).unwrap();
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
        InputKind::Answer(Answer::Clock { typed: text("noon") }),
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
fn the_laws_hold_along_a_real_ceremony() {
    let plan = plan();
    let (inputs, lines) = real_run();
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
    let Phase::Asking(Question::Recover { effect }) = &state.phase else {
        panic!("{:?}", state.phase)
    };
    assert_eq!(effect, was);
    let again = step(plan, state, resume).unwrap().state;
    assert_eq!(
        (&again.phase, &again.recovering),
        (&state.phase, &state.recovering)
    );
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

/// Deviations, pauses and resumptions at every point of the ceremony.
#[test]
fn a_note_is_always_taken_and_a_resumption_never_repeats_an_act() {
    let plan = plan();
    let (inputs, _) = real_run();
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
                }),
            };
            let act = state.dangling().is_some();
            let next = step(&plan, &state, &resume).unwrap();
            assert!(
                next.state.unlocked().is_none(),
                "nobody is logged in after a resumption"
            );
            assert_eq!(next.state.keys, state.keys);
            assert_eq!(next.state.cursor, state.cursor);
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
