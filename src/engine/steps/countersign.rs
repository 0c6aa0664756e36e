//! `countersign`: the seats of a role sign the record's head with their audit keys,
//! one after the other; and what comes before it, the enrolment of those keys. A
//! seat that declines or is empty stops nothing: that, with its reason, is in the
//! record. What a seat signs is the text of a checkpoint that stands in the record;
//! signing it again is no harm (DESIGN 5; facts/security.md, attesters).

use super::{confirm, device, sign};
use crate::base::{Digest, Id, Json, PublicKey, shown};
use crate::engine::attesting::{AttesterAct, Attesting, Countersigning, NotSigning};
use crate::engine::input::Answer;
use crate::engine::state::{Head, Phase, Question, State};
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What, files};
use crate::note::Note;
use crate::plan::Plan;
use crate::script::{AttesterSpec, Verb};
use crate::transcript::Kind;

/// What the seat types that agrees; `None` when no seat is asked.
#[must_use]
pub fn wanted(plan: &Plan, state: &State) -> Option<String> {
    let Phase::Asking(Question::Attester { attester, act }) = &state.phase else {
        return None;
    };
    match act {
        AttesterAct::Enrol => Some("enrol".to_owned()),
        AttesterAct::Countersign => {
            let on = &plan.attester(attester)?.on;
            Some(confirm::tail(state.bench.get(on)?.serial.as_deref()?))
        }
    }
}

/// Whether a step is not begun: the seat whose audit key it is about is asked
/// first, or has said that it does not enrol, and then the step has no point.
pub(super) fn holds_up(turn: &mut Turn, verb: &Verb) -> bool {
    let Some(attester) = turn.plan.attester_of_step(verb) else {
        return false;
    };
    match turn.state.attesters.get(&attester.id).cloned() {
        Some(Attesting::Willing | Attesting::Enrolled(_)) => false,
        Some(Attesting::Away(why)) => {
            decline(turn, attester, "step", &why);
            turn.finish(false);
            true
        }
        None => {
            match empty(&turn.state, attester) {
                Some(why) => {
                    away(turn, attester, AttesterAct::Enrol, why);
                    turn.finish(false);
                }
                None => turn.ask(Question::Attester {
                    attester: attester.id.clone(),
                    act: AttesterAct::Enrol,
                }),
            }
            true
        }
    }
}

/// A failure is a reason to think again: the seat whose key it was about is asked anew.
pub(super) fn reconsider(turn: &mut Turn) {
    let concerned = turn.verb().and_then(|v| turn.plan.attester_of_step(v));
    if let Some(attester) = concerned
        && turn.state.attesters.get(&attester.id) == Some(&Attesting::Willing)
    {
        turn.state.attesters.remove(&attester.id);
    }
}

/// The key of a seat has proved itself: from now on its lines count.
pub(super) fn enrolled(turn: &mut Turn, key: &Id, public: &PublicKey) -> Result<(), Refusal> {
    let Some(attester) = turn.plan.attester(key) else {
        return Ok(());
    };
    let vkey = turn.plan.audit_vkey(attester, public).map_err(|why| {
        Refusal::new(
            "audit-key",
            "a key that signs notes",
            why,
            "this key cannot be a seat's audit key",
        )
    })?;
    turn.derive(
        Kind::Attester,
        [
            ("attester", attester.id.as_str().into()),
            ("role", attester.by.as_str().into()),
            ("seat", Json::Int(i64::from(attester.seat))),
            ("person", person(&turn.state, attester).into()),
            ("token", attester.on.as_str().into()),
            ("vkey", vkey.to_string().into()),
        ],
    );
    let vkey = Attesting::Enrolled(vkey);
    turn.state.attesters.insert(attester.id.clone(), vkey);
    Ok(())
}

/// Every seat signs one head: it is taken once, however often a device fails.
pub(super) fn enter(turn: &mut Turn) {
    if turn.state.countersigning.is_some() {
        ask_next(turn);
    } else {
        turn.work(What::Checkpoint);
    }
}

/// The head is recorded: it is what the seats sign.
pub(super) fn begin(turn: &mut Turn, size: u64, root: &Digest) {
    turn.state.countersigning = Some(Countersigning {
        head: Head { size, root: *root },
        decided: std::collections::BTreeSet::new(),
        now: None,
    });
    ask_next(turn);
}

/// The next seat of the role that has an audit key and has not answered. One whose
/// key is not enrolled, or which the roll call found empty, is not asked.
fn ask_next(turn: &mut Turn) {
    let plan = turn.plan;
    let Some(planned) = turn.planned() else { return };
    for attester in plan.attesters_of(&planned.step.by) {
        let Some(signing) = &mut turn.state.countersigning else {
            return;
        };
        signing.now = None;
        if signing.decided.contains(&attester.id) {
            continue;
        }
        let why = match turn.state.attesters.get(&attester.id) {
            Some(Attesting::Enrolled(_)) => empty(&turn.state, attester),
            Some(Attesting::Away(why)) => Some(why.clone()),
            Some(Attesting::Willing) | None => Some(NotSigning {
                absent: false,
                reason: "its audit key is not enrolled".to_owned(),
            }),
        };
        match why {
            Some(why) => away(turn, attester, AttesterAct::Countersign, why),
            None => {
                turn.ask(Question::Attester {
                    attester: attester.id.clone(),
                    act: AttesterAct::Countersign,
                });
                return;
            }
        }
    }
    turn.state.countersigning = None;
    turn.finish(false);
}

pub(super) fn answer(
    turn: &mut Turn,
    attester: &Id,
    act: AttesterAct,
    answer: &Answer,
) -> Result<(), Refusal> {
    let plan = turn.plan;
    let Some(attester) = plan.attester(attester) else {
        return Ok(());
    };
    let (absent, reason) = match answer {
        Answer::Attest { typed } => {
            let wanted = wanted(plan, &turn.state).unwrap_or_default();
            confirm::typed(&wanted, typed)?;
            agreed(turn, attester, act);
            return Ok(());
        }
        Answer::Decline { reason } => (false, reason),
        Answer::Absent { reason } => (true, reason),
        _ => return Ok(()),
    };
    super::check_text("a reason", reason)?;
    let reason = reason.trim().to_owned();
    away(turn, attester, act, NotSigning { absent, reason });
    match act {
        AttesterAct::Enrol => turn.finish(false),
        AttesterAct::Countersign => ask_next(turn),
    }
    Ok(())
}

fn agreed(turn: &mut Turn, attester: &AttesterSpec, act: AttesterAct) {
    match act {
        AttesterAct::Enrol => {
            let id = attester.id.clone();
            turn.state.attesters.insert(id, Attesting::Willing);
            super::start(turn);
        }
        AttesterAct::Countersign => {
            if let Some(signing) = &mut turn.state.countersigning {
                signing.now = Some(attester.id.clone());
            }
            device::pursue(turn);
        }
    }
}

/// The token of the seat that is signing.
pub(super) fn token(turn: &Turn) -> Option<Id> {
    let now = turn.state.countersigning.as_ref()?.now.as_ref()?;
    Some(turn.plan.attester(now)?.on.clone())
}

/// Its token is unlocked: one signature.
pub(super) fn ready(turn: &mut Turn) {
    let now = turn.state.countersigning.as_ref().and_then(|c| c.now.clone());
    if let (Some(key), Some(on), Some(payload)) = (now, token(turn), files::countersigned(&turn.state)) {
        device::order_signature(turn, &on, &key, &payload);
    }
}

/// The signature was verified as the key's; here the line is, as a reader of the
/// note will see it.
pub(super) fn signed(turn: &mut Turn, key: &Id, signature: &[u8]) {
    let vkey = match turn.state.attesters.get(key) {
        Some(Attesting::Enrolled(vkey)) => vkey.clone(),
        _ => return sign::wrong(turn, key),
    };
    let head = turn.state.countersigning.as_ref().map(|c| c.head);
    let payload = files::countersigned(&turn.state);
    let text = payload.as_ref().and_then(|p| std::str::from_utf8(p.bytes()).ok());
    let line = text.and_then(|text| Note::sign_line(text, &vkey, signature).ok());
    let (Some(head), Some(line)) = (head, line) else {
        return sign::wrong(turn, key);
    };
    turn.derive(
        Kind::Countersigned,
        [
            ("attester", key.as_str().into()),
            ("size", Json::Int(i64::try_from(head.size).unwrap_or(i64::MAX))),
            ("root", head.root.hex().into()),
            ("line", line.to_string().into()),
        ],
    );
    if let Some(signing) = &mut turn.state.countersigning {
        signing.decided.insert(key.clone());
    }
    ask_next(turn);
}

/// A seat does not do what it was asked; `why` is in the record and in the state.
fn away(turn: &mut Turn, attester: &AttesterSpec, act: AttesterAct, why: NotSigning) {
    match act {
        AttesterAct::Enrol => {
            // The step that asked is over with this; every later one that has no point
            // says so itself.
            decline(turn, attester, "enrolment", &why);
            let away = Attesting::Away(why);
            turn.state.attesters.insert(attester.id.clone(), away);
        }
        AttesterAct::Countersign => {
            decline(turn, attester, "checkpoint", &why);
            if let Some(signing) = &mut turn.state.countersigning {
                signing.decided.insert(attester.id.clone());
            }
        }
    }
}

fn decline(turn: &mut Turn, attester: &AttesterSpec, what: &str, why: &NotSigning) {
    let body = [
        ("attester", attester.id.as_str().into()),
        ("role", attester.by.as_str().into()),
        ("seat", Json::Int(i64::from(attester.seat))),
        ("person", person(&turn.state, attester).into()),
        ("what", what.into()),
        ("absent", Json::Bool(why.absent)),
        ("because", shown(&why.reason, 280).into()),
    ];
    match turn.state.countersigning.as_ref().map(|c| c.head.size) {
        None => turn.derive(Kind::Declined, body),
        Some(size) => {
            let [a, b, c, d, e, f, g] = body;
            let size = ("size", Json::Int(i64::try_from(size).unwrap_or(i64::MAX)));
            turn.derive(Kind::Declined, [a, b, c, d, e, f, g, size]);
        }
    }
}

/// Why the roll call found nobody on the seat; `None`: somebody sits there.
fn empty(state: &State, attester: &AttesterSpec) -> Option<NotSigning> {
    let seat = state
        .people
        .iter()
        .find(|p| p.role == attester.by && p.seat == attester.seat)?;
    seat.name.is_none().then(|| NotSigning {
        absent: true,
        reason: seat.reason.clone(),
    })
}

/// Who sits on the seat, as typed at the roll call; empty: nobody.
fn person(state: &State, attester: &AttesterSpec) -> String {
    let seats = state.people.iter();
    let mut seat = seats.filter(|p| p.role == attester.by && p.seat == attester.seat);
    let name = seat.next().and_then(|p| p.name.as_deref());
    shown(name.unwrap_or_default(), 280)
}
