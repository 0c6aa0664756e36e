//! What was under way when the program stopped, and has no outcome in the record
//! (facts/security.md 5.3, 5.4). The device is asked before anything is done
//! again: a key that is there is adopted, a signature over the same bytes is
//! safe, a set-up begins anew. Nothing is made twice in silence (law 3), and
//! each recovery counts as a deviation.

use super::device_log;
use crate::base::device::KeyOrder;
use crate::base::{Id, Purpose};
use crate::engine::effect::Effect;
use crate::engine::input::Seen;
use crate::engine::state::Question;
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What};
use crate::transcript::Kind;

/// First every device that the record knows is looked at: people read what
/// stands on the bench before they say anything.
pub(in crate::engine) fn begin(turn: &mut Turn) {
    let tokens: Vec<(Id, String)> = turn
        .state
        .bench
        .iter()
        .filter_map(|(id, t)| Some((id.clone(), t.serial.clone()?)))
        .collect();
    if tokens.is_empty() {
        surveyed(turn, &[], &[]);
    } else {
        turn.work(What::Survey { tokens });
    }
}

/// What was found goes onto the screen with the question; nothing, where the
/// answer is not of the devices that were asked.
pub(super) fn surveyed(turn: &mut Turn, tokens: &[(Id, String)], seen: &[Seen]) {
    let same = tokens.len() == seen.len() && tokens.iter().zip(seen).all(|((id, _), s)| *id == s.token);
    if let Some(effect) = turn.state.recovering.clone() {
        turn.ask(Question::Recover {
            effect,
            seen: if same { seen.to_vec() } else { Vec::new() },
        });
    }
}

/// A person has read what happened; the step begins again and looks first.
pub(super) fn answer(turn: &mut Turn, effect: &Effect, typed: &str) -> Result<(), Refusal> {
    super::confirm::typed("recover", typed)?;
    turn.state.deviations = turn.state.deviations.saturating_add(1);
    match &effect.what {
        // Settled by the step: the device is asked what it holds.
        What::Generate { .. } | What::Retire { .. } => {}
        // It signed a true head, and is asked for a newer one.
        What::Sign {
            purpose: Purpose::Checkpoint,
            ..
        } => {
            device_log::perhaps(turn, &effect.what);
            settled(
                turn,
                "a signature that is lost does no harm; a new head is signed",
            );
        }
        What::Sign { .. } => {
            device_log::perhaps(turn, &effect.what);
            settled(turn, "the same bytes may be signed again");
        }
        What::Initialise { .. } => settled(turn, "the set-up begins anew; nothing of value is on the device"),
        What::Unlock { .. } => settled(turn, UNLOCKED),
        _ => settled(turn, "it is done again from its beginning"),
    }
    super::enter(turn);
    Ok(())
}

/// The order of a key that may have been made.
pub(super) fn order<'t>(turn: &'t Turn) -> Option<&'t KeyOrder> {
    let open = turn.state.recovering.as_ref().or(turn.state.unclear.as_ref());
    match open.map(|e| &e.what) {
        Some(What::Generate { order, .. }) => Some(order),
        _ => None,
    }
}

/// Whether a deletion of the provisioner was under way.
pub(super) fn retires(turn: &Turn) -> bool {
    matches!(
        turn.state.recovering.as_ref().map(|e| &e.what),
        Some(What::Retire { .. })
    )
}

/// What came of it; nothing is recovered any more.
pub(super) fn settled(turn: &mut Turn, found: &str) {
    if let Some(effect) = turn.state.recovering.take() {
        turn.state.recovered = Some(found.to_owned());
        told(turn, &effect, found);
    }
}

/// The program stopped again while it recovered: on the way to the device (a
/// login), or in an order that was repeated. What is recovered stays what it was.
pub(in crate::engine) fn cut_short(turn: &mut Turn, effect: &Effect) {
    let found = match &effect.what {
        What::Unlock { .. } => UNLOCKED,
        _ => "it is settled with what was under way before",
    };
    told(turn, effect, found);
}

fn told(turn: &mut Turn, effect: &Effect, found: &str) {
    let id = i64::try_from(effect.id).unwrap_or(i64::MAX);
    turn.derive(
        Kind::Recovered,
        [
            ("effect", crate::base::Json::Int(id)),
            ("was", effect.what.label().into()),
            ("found", found.into()),
        ],
    );
}

/// What a login leaves behind that has no outcome.
const UNLOCKED: &str = "nobody is logged in; a try may have been spent";
