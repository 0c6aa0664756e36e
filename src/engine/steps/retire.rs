//! `retire-provisioner`: the credential that makes keys is deleted, so that what
//! stays in the safe can sign and nothing else (facts/hsm.md 5.1).

use super::device_log::{self, OnYubihsm};
use super::{device, recover};
use crate::base::Id;
use crate::engine::What;
use crate::engine::state::{Confirm, Question, Sure};
use crate::engine::turn::Turn;
use crate::script::Verb;
use crate::transcript::Kind;

pub(super) fn ready(turn: &mut Turn) {
    turn.ask(Question::Confirm {
        what: Confirm::Retire,
    });
}

pub(super) fn go(turn: &mut Turn) {
    let Some(Verb::Retire { on }) = turn.verb() else {
        return;
    };
    let what = What::Retire {
        token: on.clone(),
        serial: turn.serial(on),
    };
    turn.work(what);
}

/// It was under way when the program stopped, and the credential is still there.
pub(super) fn not_yet(turn: &mut Turn) {
    recover::settled(turn, "the provisioner is still there");
    device::pursue(turn);
}

pub(super) fn retired(turn: &mut Turn, token: &Id) {
    recover::settled(turn, "the provisioner is gone");
    device_log::done(turn, token, OnYubihsm::Retire, Sure::Done);
    gone(turn, token);
}

/// The device knows no provisioner when it is to be logged in. It was told to
/// delete it and its answer was lost: then it did. Otherwise it is a failure.
pub(super) fn unknown(turn: &mut Turn, token: &Id) -> bool {
    let ours = matches!(turn.verb(), Some(Verb::Retire { .. })) && device_log::retired_after_all(turn, token);
    if ours {
        gone(turn, token);
    }
    ours
}

fn gone(turn: &mut Turn, token: &Id) {
    let state = turn.token(token);
    state.retired = true;
    // Its session went with its credential.
    state.unlocked = None;
    turn.derive(Kind::Retired, [("token", token.as_str().into())]);
    turn.finish(false);
}
