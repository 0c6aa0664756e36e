//! Folding the inputs of a record: how a run is resumed, and how an auditor
//! re-executes a ceremony. Each recorded input is read back out of its record,
//! stepped, and the records that follow must be the ones that stand there.

use super::{Input, InputKind, State, input_record, step};
use crate::base::{Json, Stamp};
use crate::plan::Plan;
use crate::transcript::{Line, Record};

/// Where a fold stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// A derived record stands where an input must.
    #[error("record {seq}: expected an input, got a record of type {got}")]
    NotAnInput {
        /// Which record.
        seq: u64,
        /// Its type.
        got: &'static str,
    },
    /// The body is not an input of the record's type.
    #[error("record {seq}: the input cannot be read: {why}")]
    Unreadable {
        /// Which record.
        seq: u64,
        /// Why.
        why: String,
    },
    /// The engine refuses the recorded input.
    #[error("record {seq}: the engine refuses the input: {why}")]
    Refused {
        /// Which record.
        seq: u64,
        /// Why.
        why: String,
    },
    /// The engine derives another record.
    #[error("record {seq}: expected {expected}, got {got}")]
    Differs {
        /// Which record.
        seq: u64,
        /// What the engine derives.
        expected: String,
        /// What stands there.
        got: String,
    },
    /// Records that the engine derives are missing at the end.
    #[error("after record {seq}: {missing} derived record(s) are missing")]
    CutShort {
        /// The last record.
        seq: u64,
        /// How many are missing.
        missing: usize,
    },
    /// The record's run is not the one that its input names.
    #[error("record {seq}: boot {got} is not the run {expected}")]
    OtherRun {
        /// Which record.
        seq: u64,
        /// The run that was opened or resumed.
        expected: String,
        /// What stands in the envelope.
        got: String,
    },
}

/// One input of a record, stepped again.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// What entered.
    pub input: Input,
    /// The state after it.
    pub state: State,
    /// How many lines it takes: its own record and those that follow from it.
    pub lines: usize,
}

/// Steps the input that stands in the first of `lines` from `state`, and holds
/// the records that follow from it against the lines that stand there. How a
/// walk goes on from any state that it kept. No line: `None`.
///
/// # Errors
/// [`FoldError`] when the line is no input that follows.
pub fn replay_one(plan: &Plan, state: &State, lines: &[Line]) -> Result<Option<Replayed>, FoldError> {
    let Some(line) = lines.first() else {
        return Ok(None);
    };
    let input = read_input(line)?;
    let transition = step(plan, state, &input).map_err(|refusal| FoldError::Refused {
        seq: line.seq,
        why: format!("{}: {refusal}", refusal.code),
    })?;
    let mut last = line.seq;
    for (offset, expected) in transition.records.iter().enumerate() {
        let Some(got) = lines.get(offset) else {
            return Err(FoldError::CutShort {
                seq: last,
                missing: transition.records.len().saturating_sub(offset),
            });
        };
        same_record(expected, got)?;
        same_run(&transition.state, &input.at, got)?;
        last = got.seq;
    }
    Ok(Some(Replayed {
        input,
        lines: transition.records.len(),
        state: transition.state,
    }))
}

/// Folds the lines of a record; `each` sees every accepted input with the
/// state after it. The lines' chain is not judged here.
///
/// # Errors
/// [`FoldError`] at the first line that does not follow.
pub fn replay(
    plan: &Plan,
    lines: &[Line],
    mut each: impl FnMut(&Input, &State, usize),
) -> Result<State, FoldError> {
    let mut state = State::new();
    let mut at = 0usize;
    while let Some(one) = replay_one(plan, &state, lines.get(at..).unwrap_or_default())? {
        at = at.saturating_add(one.lines);
        state = one.state;
        each(&one.input, &state, at);
    }
    Ok(state)
}

/// The input that a record holds.
fn read_input(line: &Line) -> Result<Input, FoldError> {
    let unreadable = |why: String| FoldError::Unreadable { seq: line.seq, why };
    if line.record.kind.is_derived() {
        return Err(FoldError::NotAnInput {
            seq: line.seq,
            got: line.record.kind.as_str(),
        });
    }
    let kind: InputKind = line
        .record
        .body
        .get("input")
        .ok_or_else(|| unreadable("no input in the body".to_owned()))?
        .read()
        .map_err(|e| unreadable(e.to_string()))?;
    if input_record(&kind) != line.record.kind {
        return Err(unreadable(format!(
            "a record of type {} holds another input",
            line.record.kind.as_str()
        )));
    }
    Ok(Input { at: line.at, kind })
}

fn same_record(expected: &Record, line: &Line) -> Result<(), FoldError> {
    if *expected == line.record {
        return Ok(());
    }
    Err(FoldError::Differs {
        seq: line.seq,
        expected: brief(expected),
        got: brief(&line.record),
    })
}

fn same_run(state: &State, at: &Stamp, line: &Line) -> Result<(), FoldError> {
    if line.boot != state.boot || line.at != *at {
        return Err(FoldError::OtherRun {
            seq: line.seq,
            expected: format!("{} at {}", state.boot, at.wall),
            got: format!("{} at {}", line.boot, line.at.wall),
        });
    }
    Ok(())
}

fn brief(record: &Record) -> String {
    let body: &Json = &record.body;
    let text = format!(
        "{} {} {} {}",
        record.kind.as_str(),
        record.step,
        record.who,
        body.line()
    );
    crate::base::shown(&text, 200)
}
