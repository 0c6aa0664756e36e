//! `read-back`, and the comparison inside `seal`: words of a digest at random
//! positions, typed from another source. Passive comparison lets most attacks
//! through; typing six of 32 words does not. Three wrong tries lock it, and no
//! restart opens it again.

use super::{formal_break, seal};
use crate::base::{Digest, Id, Json};
use crate::engine::state::{Confirm, Question};
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What, machine};
use crate::script::{Subject, Verb};
use crate::transcript::{Kind, words};
use crate::tuf::MetadataName;

/// How many words are asked for.
pub const ASKED: usize = 6;
/// How many for a root payload.
const ASKED_ROOT: usize = 8;
/// Wrong tries that lock a comparison.
pub const TRIES: u32 = 3;

pub(super) fn enter(turn: &mut Turn) {
    match subject(turn) {
        // Locked before the program stopped: it stays so.
        Some((subject, ..)) if turn.state.wrong_words >= TRIES => turn.ask(Question::Reopen { subject }),
        _ => turn.work(What::Nonce),
    }
}

/// The positions follow from a nonce, so that nobody can know them before.
pub(super) fn positions(turn: &mut Turn, nonce: &Digest) {
    let Some((subject, source, digest)) = subject(turn) else {
        return;
    };
    let asked = if subject == Subject::Metadata(MetadataName::ROOT) {
        ASKED_ROOT
    } else {
        ASKED
    };
    turn.ask(Question::Words {
        subject,
        source,
        digest,
        positions: words::positions(nonce, asked),
        wrong: turn.state.wrong_words,
    });
}

pub(super) fn answer(turn: &mut Turn, question: &Question, typed: &[String]) -> Result<(), Refusal> {
    let Question::Words {
        subject,
        source,
        digest,
        positions,
        wrong,
    } = question
    else {
        return Ok(());
    };
    if typed.len() != positions.len() || typed.iter().any(|w| w.trim().is_empty()) {
        return Err(Refusal::new(
            "words-missing",
            format!("{} words", positions.len()),
            format!("{}", typed.iter().filter(|w| !w.trim().is_empty()).count()),
            "type every word that is asked for",
        ));
    }
    let list = words::words(digest);
    let matches = positions.iter().zip(typed).all(|(at, word)| {
        list.get(*at)
            .is_some_and(|expected| words::matches(word, expected))
    });
    turn.derive(
        Kind::Compared,
        [
            ("what", Json::Str(subject_name(subject))),
            ("digest", digest.hex().into()),
            ("source", source.as_str().into()),
            ("words", Json::Int(i64::try_from(positions.len()).unwrap_or(0))),
            ("agrees", Json::Bool(matches)),
        ],
    );
    if matches {
        turn.state.wrong_words = 0;
        match subject {
            Subject::Metadata(role) => {
                if let Some(file) = turn.state.files.get_mut(role) {
                    file.compared = true;
                }
                turn.finish(false);
            }
            Subject::Break => formal_break::words_match(turn),
            Subject::Record => turn.ask(Question::Confirm { what: Confirm::Close }),
        }
        return Ok(());
    }
    let wrong = wrong.saturating_add(1);
    turn.state.wrong_words = wrong;
    if wrong >= TRIES {
        turn.derive(
            Kind::Locked,
            [
                ("what", Json::Str(subject_name(subject))),
                ("wrong", Json::Int(i64::from(wrong))),
            ],
        );
        turn.ask(Question::Reopen {
            subject: subject.clone(),
        });
    } else {
        let mut question = question.clone();
        if let Question::Words { wrong: count, .. } = &mut question {
            *count = wrong;
        }
        turn.ask(question);
    }
    Ok(())
}

/// A locked comparison reopens with new positions after a deviation and a
/// second person who is in the room.
pub(super) fn reopen(turn: &mut Turn, second: &str, why: &str) -> Result<(), Refusal> {
    super::check_text("what happened", why)?;
    let acting = turn.planned().map(|p| p.step.by.clone());
    let seats = machine::seats(&turn.state, second);
    if seats.is_empty() {
        return Err(Refusal::new(
            "person-unknown",
            "the name of a person in the roll call",
            crate::base::shown(second, 40),
            "nobody with this name is in the roll call",
        ));
    }
    // A rehearsal may be one person in all seats; elsewhere a name has one.
    if let Some(acting) = acting.filter(|acting| seats.iter().all(|role| *role == acting)) {
        return Err(Refusal::new(
            "person-acts",
            format!("a person of the roll call who is not of the role {acting}"),
            crate::base::shown(second.trim(), 60),
            "who compared does not reopen the comparison alone",
        ));
    }
    turn.state.deviations = turn.state.deviations.saturating_add(1);
    turn.state.wrong_words = 0;
    match turn.verb() {
        Some(Verb::Seal { .. }) => seal::compare(turn),
        _ => enter(turn),
    }
    Ok(())
}

/// What the present step compares.
fn subject(turn: &Turn) -> Option<(Subject, Id, Digest)> {
    match turn.verb()? {
        Verb::ReadBack { metadata, source } => {
            let digest = turn.state.files.get(metadata)?.draft.digest;
            Some((Subject::Metadata(metadata.clone()), source.clone(), digest))
        }
        Verb::Break { source } => Some((Subject::Break, source.clone(), turn.state.away?.root)),
        Verb::Seal { source } => Some((Subject::Record, source.clone(), turn.state.checkpoint?.root)),
        _ => None,
    }
}

fn subject_name(subject: &Subject) -> String {
    match subject {
        Subject::Metadata(role) => role.as_str().to_owned(),
        Subject::Record => "record".to_owned(),
        Subject::Break => "break".to_owned(),
    }
}
