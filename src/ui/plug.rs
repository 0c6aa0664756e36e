//! What a screen answers to "what happens if I pull the plug now?": the engine's
//! rule with what only this run of the program knows (a seal that was written, a
//! record that failed, an answer on its way), as sentences.

use super::model::Model;
use super::wording::{self, plug as words, safe};
use crate::base::medium::Release;
use crate::engine::{Pending, Phase, Plug, Question, pending};
use crate::runner::Sealed;
use crate::script::Verb;

/// The answer, and its sentences.
#[must_use]
pub fn answer(model: &Model) -> (Plug, Vec<String>) {
    let state = &model.seen.state;
    let what = pending(state);
    let sealed = state.phase == Phase::Closed && model.sealed.is_some();
    let plug = if sealed { Plug::NothingLost } else { what.plug() };
    let mut out = vec![words::on_disk(model.seen.records, wording::copies(state.copies))];
    if model.failed.is_some() {
        out.push(words::FAILED.to_owned());
    }
    match what {
        _ if sealed => {
            out.push(words::SEALED.to_owned());
            let by_hand = |sealed: &Sealed| matches!(sealed.released, Release::ByHand { .. });
            if model.sealed.as_ref().is_some_and(by_hand) {
                out.push(words::MOUNTED.to_owned());
            }
        }
        Pending::Nothing if state.phase == Phase::Aborted => out.push(words::ABORTED.to_owned()),
        Pending::Nothing if state.phase == Phase::Paused => out.push(words::PAUSED.to_owned()),
        Pending::Nothing if model.failed.is_some() => {}
        Pending::Nothing => {
            out.push(words::NOTHING.to_owned());
            out.extend(besides(model).into_iter().map(str::to_owned));
        }
        Pending::Asked(effect) => out.push(words::asked(&safe(&effect.what.label()))),
        Pending::Acted(effect) => {
            let working = matches!(&state.phase, Phase::Working(now) if now == effect);
            out.push(words::acted(&safe(&effect.what.label()), working));
            out.push(words::may_have(&effect.what).to_owned());
        }
        Pending::Unclear(_) => out.push(words::UNCLEAR.to_owned()),
        Pending::Writing if state.phase == Phase::Closed => out.push(words::SEALING.to_owned()),
        Pending::Writing => out.push(words::WRITING.to_owned()),
        Pending::Unread => out.push(words::UNREAD.to_owned()),
    }
    if !sealed && state.phase != Phase::Aborted {
        out.push(words::RESUME.to_owned());
    }
    (plug, out)
}

/// What is not in the record because it never was: memory, logins, readings.
fn besides(model: &Model) -> Vec<&'static str> {
    let state = &model.seen.state;
    let mut out = Vec::new();
    if model.waiting.is_some() {
        out.push(words::SENT);
    }
    let making = matches!(
        model.question(),
        Some(Question::Copy { .. } | Question::Dice { .. })
    );
    if making || !state.minted.is_empty() {
        out.push(words::PAPERS);
    }
    if state.unlocked().is_some() {
        out.push(words::LOGGED_IN);
    }
    // They stay in the state to the end; only their own step compares them.
    let step = model.seen.plan.step(state.cursor).map(|p| &p.step.verb);
    let reads = matches!(step, Some(Verb::Clock { .. } | Verb::Break { .. }));
    if reads && !state.readings.is_empty() {
        out.push(words::READINGS);
    }
    if state.away.is_some() {
        out.push(words::AWAY);
    }
    out
}
