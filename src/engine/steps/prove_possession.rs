//! `prove-possession`: the new key signs a challenge bound to this ceremony,
//! so that root.json never names a key that nobody can use (W10).

use super::device;
use crate::engine::files;
use crate::engine::turn::Turn;
use crate::script::Verb;

pub(super) fn ready(turn: &mut Turn) {
    let Some(Verb::ProvePossession { on, key }) = turn.verb() else {
        return;
    };
    let Some(state) = turn.state.keys.get(key) else {
        return;
    };
    let payload = files::challenge(&turn.state, key, state);
    device::order_signature(turn, on, key, &payload);
}
