//! Questions before something that cannot be undone. The text to type comes
//! from another source than the screen that asks (law 9): the end of a serial
//! from the device's body, or a whole word.

use super::{export, formal_break, generate_key, retire, seal, sign};
use crate::base::Json;
use crate::engine::state::{Confirm, Phase, Question, State};
use crate::engine::turn::Turn;
use crate::engine::{Agreed, Refusal};
use crate::plan::Plan;
use crate::script::Verb;
use crate::transcript::Kind;

/// The text that the open confirmation wants; `None` when none is open.
#[must_use]
pub fn wanted(plan: &Plan, state: &State) -> Option<String> {
    let Phase::Asking(Question::Confirm { what }) = &state.phase else {
        return None;
    };
    match what {
        Confirm::Generate | Confirm::Sign | Confirm::Retire => {
            let token = plan.step(state.cursor)?.step.verb.token()?;
            Some(tail(state.bench.get(token)?.serial.as_deref()?))
        }
        Confirm::Break => Some("written".to_owned()),
        Confirm::Export => Some("export".to_owned()),
        Confirm::PutBack => Some("back".to_owned()),
        Confirm::Close => Some("close".to_owned()),
    }
}

pub(super) fn answer(turn: &mut Turn, text: &str) -> Result<(), Refusal> {
    let wanted = wanted(turn.plan, &turn.state).unwrap_or_default();
    typed(&wanted, text)?;
    agree(turn);
    match turn.verb() {
        Some(Verb::GenerateKey { .. }) => generate_key::go(turn),
        Some(Verb::Sign { .. }) => sign::go(turn),
        Some(Verb::Retire { .. }) => retire::go(turn),
        Some(Verb::Export) if turn.state.released.is_some() => export::read_back(turn),
        Some(Verb::Break { .. }) => formal_break::go(turn),
        Some(Verb::Export) => export::go(turn),
        Some(Verb::Seal { .. }) => seal::close(turn),
        _ => {
            return Err(Refusal::new(
                "other-question",
                "another step",
                "a confirmation",
                "nothing waits for a confirmation",
            ));
        }
    }
    Ok(())
}

/// The page stood for several acts in a row: the record says for which. What comes
/// between them ends it (a failure, a note, a new run), and the rest is asked again.
fn agree(turn: &mut Turn) {
    if !matches!(turn.verb(), Some(Verb::GenerateKey { .. } | Verb::Sign { .. })) {
        return;
    }
    let steps = turn.plan.together(turn.state.cursor);
    if steps.len() < 2 {
        return;
    }
    let acts: Vec<Agreed> = steps.filter_map(|at| act(turn, at)).collect();
    let listed = |f: &dyn Fn(&Agreed) -> Option<String>| {
        let all: Vec<String> = acts.iter().filter_map(f).collect();
        Json::from(all.join(" "))
    };
    turn.derive(
        Kind::Agreed,
        [
            ("steps", listed(&|a| Some(a.step.to_string()))),
            ("keys", listed(&|a| Some(a.key.to_string()))),
            ("payloads", listed(&|a| a.payload.map(|p| p.hex()))),
        ],
    );
    // The present one is on its way; what is left are the others.
    turn.state.agreed = acts.into_iter().skip(1).collect();
}

/// What a step would do, as its page shows it.
fn act(turn: &Turn, cursor: usize) -> Option<Agreed> {
    let step = &turn.plan.step(cursor)?.step;
    let (key, payload) = match &step.verb {
        Verb::GenerateKey { key, .. } => (key, None),
        Verb::Sign { key, metadata, .. } => (key, Some(turn.state.files.get(metadata)?.draft.digest)),
        _ => return None,
    };
    Some(Agreed {
        step: step.id.clone(),
        key: key.clone(),
        payload,
    })
}

/// Whether people have agreed to exactly this act on an earlier page; asked once.
pub(super) fn agreed(turn: &mut Turn) -> bool {
    let Some(now) = act(turn, turn.state.cursor) else {
        return false;
    };
    if turn.state.agreed.first() == Some(&now) {
        turn.state.agreed.remove(0);
        return true;
    }
    turn.state.agreed.clear();
    false
}

/// The last four characters of a serial, which people copy from the body.
#[must_use]
pub fn tail(serial: &str) -> String {
    let skip = serial.chars().count().saturating_sub(4);
    serial.chars().skip(skip).collect()
}

/// Whether the typed text is the wanted one, whatever Caps Lock did.
pub(super) fn typed(wanted: &str, text: &str) -> Result<(), Refusal> {
    if !wanted.is_empty() && text.trim().eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let (expected, got) = if wanted.chars().all(|c| c.is_ascii_lowercase()) {
        (format!("the word {wanted}"), crate::base::shown(text.trim(), 40))
    } else {
        // Tired people type a PIN here: it is not said again.
        let count = text.trim().chars().count();
        let other = match count {
            1 => "another character".to_owned(),
            _ => format!("{count} other characters"),
        };
        let tail = "the last 4 characters of the serial on the device's body";
        (tail.to_owned(), other)
    };
    Err(Refusal::new("typed-differs", expected, got, "nothing was done"))
}
