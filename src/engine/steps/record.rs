//! `record`, and the numbers of a `break`: people read the number of a bag or
//! seal from the thing itself. A number is noted when it was typed twice; one
//! that must equal a recorded number is typed without seeing that one, once more
//! where it differs, and then the difference stands: only a quorum goes on over
//! it, and the record says so. Never a silent pass (facts/ceremonies.md L15).

use super::formal_break;
use crate::base::{Json, shown};
use crate::engine::Refusal;
use crate::engine::custody::{self, Differs, NumberFor, Numbered};
use crate::engine::input::Answer;
use crate::engine::state::Question;
use crate::engine::turn::Turn;
use crate::script::Verb;
use crate::transcript::Kind;

/// The longest number, in characters.
const LONGEST: usize = 80;

pub(super) fn enter(turn: &mut Turn) {
    let compares = matches!(turn.verb(), Some(Verb::Record { same_as: Some(_), .. }));
    ask_all(
        turn,
        if compares {
            NumberFor::Same
        } else {
            NumberFor::Note
        },
    );
}

/// From the first line on.
pub(super) fn ask_all(turn: &mut Turn, purpose: NumberFor) {
    if !purpose.compares()
        && let Some(planned) = turn.planned()
    {
        turn.state.numbers.insert(planned.step.id.clone(), Vec::new());
    }
    ask(turn, 0, purpose);
}

fn ask(turn: &mut Turn, index: usize, purpose: NumberFor) {
    if let Some(differs) = &mut turn.state.differs
        && differs.index == index
    {
        // A difference stands, however often the program is stopped over it.
        differs.why = None;
        turn.ask(Question::Differs { index });
        return;
    }
    turn.ask(Question::Number {
        index,
        purpose,
        again: false,
    });
}

pub(super) fn answer(turn: &mut Turn, question: &Question, answer: &Answer) -> Result<(), Refusal> {
    let (
        Question::Number {
            index,
            purpose,
            again: before,
        },
        Answer::Number {
            number,
            again,
            person,
        },
    ) = (question, answer)
    else {
        return Ok(());
    };
    let number = check(number)?;
    if again.is_none() != purpose.compares() || person.is_some() != (*purpose == NumberFor::Leaves) {
        return Err(Refusal::new(
            "number-form",
            "a number, with its second entry and a person where they are asked",
            "another form",
            "the answer does not fit the question",
        ));
    }
    if purpose.compares() {
        compare(turn, *index, *purpose, *before, number);
        return Ok(());
    }
    if again.as_deref().map(str::trim) != Some(number.as_str()) {
        return Err(Refusal::new(
            "number-twice",
            "the same number twice",
            "two different ones",
            "nothing was noted; read it again",
        ));
    }
    let person = person.as_deref().map(|p| present(turn, p)).transpose()?;
    note(turn, *index, number, person);
    next(turn, *index, *purpose);
    Ok(())
}

/// A number on one line; anything that can stand on a seal.
fn check(number: &str) -> Result<String, Refusal> {
    super::check_text("a number", number)?;
    let number = number.trim();
    if number.chars().count() > LONGEST {
        return Err(Refusal::new(
            "text-form",
            format!("a number, in 1 to {LONGEST} characters"),
            format!("{} characters", number.chars().count()),
            "the number is too long",
        ));
    }
    Ok(number.to_owned())
}

/// The name of somebody in the roll call, as it was typed there.
pub(super) fn present(turn: &Turn, person: &str) -> Result<String, Refusal> {
    let mut names = turn.state.people.iter().filter_map(|p| p.name.as_deref());
    let found = names.find(|name| name.eq_ignore_ascii_case(person.trim()));
    found.map(str::to_owned).ok_or_else(|| {
        Refusal::new(
            "person-unknown",
            "the name of a person in the roll call",
            shown(person, 40),
            "nobody with this name is in the roll call",
        )
    })
}

fn note(turn: &mut Turn, index: usize, number: String, person: Option<String>) {
    let Some(planned) = turn.planned() else { return };
    let item = line(turn, index);
    turn.derive(
        Kind::Recorded,
        [
            ("item", shown(&item, 120).into()),
            ("number", shown(&number, LONGEST).into()),
            ("person", shown(person.as_deref().unwrap_or_default(), 280).into()),
        ],
    );
    let step = planned.step.id.clone();
    turn.state
        .numbers
        .entry(step)
        .or_default()
        .push(Numbered { item, number, person });
}

fn compare(turn: &mut Turn, index: usize, purpose: NumberFor, before: bool, number: String) {
    let wanted = custody::recorded(turn.plan, &turn.state, index).map(|n| n.number.clone());
    let agrees = wanted.as_deref().is_some_and(|w| custody::same(w, &number));
    turn.derive(
        Kind::Compared,
        [
            ("what", "number".into()),
            ("item", shown(&line(turn, index), 120).into()),
            ("typed", shown(&number, LONGEST).into()),
            ("agrees", Json::Bool(agrees)),
        ],
    );
    if agrees {
        next(turn, index, purpose);
    } else if before {
        turn.state.differs = Some(Differs {
            index,
            purpose,
            found: number,
            why: None,
        });
        turn.ask(Question::Differs { index });
    } else {
        // Once more, as a misreading; the recorded number is still not shown.
        turn.ask(Question::Number {
            index,
            purpose,
            again: true,
        });
    }
}

/// Somebody says why the ceremony should go on; the quorum is asked one by one.
pub(super) fn explain(turn: &mut Turn, why: &str) -> Result<(), Refusal> {
    super::check_text("what happened", why)?;
    if let Some(differs) = &mut turn.state.differs {
        differs.why = Some(why.trim().to_owned());
        turn.ask(Question::Item { index: 0 });
    }
    Ok(())
}

/// The quorum has decided to go on over a difference.
pub(super) fn decided(turn: &mut Turn) {
    let Some(differs) = turn.state.differs.take() else {
        return;
    };
    let recorded = custody::recorded(turn.plan, &turn.state, differs.index).map(|n| n.number.clone());
    let by = turn.planned().map(|p| p.step.by.clone());
    let quorum = by.as_ref().map_or(1, |by| turn.plan.quorum(by));
    turn.state.deviations = turn.state.deviations.saturating_add(1);
    turn.derive(
        Kind::Differed,
        [
            ("item", shown(&line(turn, differs.index), 120).into()),
            (
                "recorded",
                shown(recorded.as_deref().unwrap_or_default(), LONGEST).into(),
            ),
            ("found", shown(&differs.found, LONGEST).into()),
            (
                "because",
                shown(differs.why.as_deref().unwrap_or_default(), 280).into(),
            ),
            ("by", by.map(|b| b.to_string()).unwrap_or_default().into()),
            ("quorum", Json::Int(i64::from(quorum))),
        ],
    );
    next(turn, differs.index, differs.purpose);
}

fn next(turn: &mut Turn, index: usize, purpose: NumberFor) {
    let following = index.saturating_add(1);
    if following < turn.plan.numbered(turn.state.cursor).len() {
        ask(turn, following, purpose);
        return;
    }
    match purpose {
        NumberFor::Note | NumberFor::Same => turn.finish(false),
        NumberFor::Leaves => formal_break::all_leave(turn),
        NumberFor::Returns => formal_break::all_are_back(turn),
    }
}

fn line(turn: &Turn, index: usize) -> String {
    let lines = turn.plan.numbered(turn.state.cursor);
    lines.into_iter().nth(index).unwrap_or_default()
}
