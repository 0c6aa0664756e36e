//! `prove-possession`: the new key signs a challenge bound to this ceremony,
//! so that root.json never names a key that nobody can use (W10).

use crate::engine::turn::Turn;
use crate::engine::{What, files};
use crate::script::Verb;

pub(super) fn ready(turn: &mut Turn) {
    let Some(Verb::ProvePossession { on, key }) = turn.verb() else {
        return;
    };
    let Some(state) = turn.state.keys.get(key) else {
        return;
    };
    let payload = files::challenge(&turn.state, key, state);
    let what = What::Sign {
        token: on.clone(),
        serial: turn.serial(on),
        key: key.clone(),
        operation: state.operation,
        public: state.public.clone(),
        purpose: payload.purpose(),
        payload: payload.digest(),
    };
    turn.work(what);
}
