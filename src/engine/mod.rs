//! The ceremony as a pure function: `(plan, state, input)` gives the next
//! state, the records to write and the effects to perform (law 1). No clock,
//! disk, random numbers or terminal here: an auditor folds the recorded inputs
//! and must get the same records, byte for byte.

mod agreed;
mod attesting;
mod below_root;
mod clock;
mod custody;
mod effect;
mod files;
mod fold;
mod gate;
mod input;
mod machine;
mod pending;
mod policy;
mod published;
mod state;
mod steps;
mod succession;
mod turn;

use crate::base::{Digest, Instant, Json};
use crate::plan::Plan;
use crate::transcript::{Kind, Record};

pub use agreed::Agreed;
pub use attesting::{AttesterAct, Attesting, Countersigning, NotSigning};
pub use clock::{ClockDoubt, ClockFact};
pub use custody::{Away, Differs, NumberFor, Numbered, lines, recorded};
pub use effect::{Effect, What};
pub use files::{export_contents, keys_of, metadata_files, meter, payload};
pub use fold::{FoldError, Replayed, replay, replay_one};
pub use gate::{Standing, judge_all, standing};
pub use input::{
    Acceptance, Answer, CopyLost, Deviation, FileRef, FrontEnd, Input, InputKind, NewSecret, Opening,
    Outcome, Program, Resumption, SecretsPath, Seen, Ticket,
};
pub use machine::{Against, FROZEN, NOT_READY, Surroundings, frozen};
pub use pending::{Pending, Plug, media_stays, pending};
pub use policy::{policy_facts, refused as policy_refused};
pub use published::repository;
pub use state::{
    Confirm, Copies, FileState, Head, KeyState, Person, Phase, Question, State, TokenState, Trouble,
};
pub use steps::attest_key::judge as judge_statement;
pub use steps::confirm::{tail as serial_tail, wanted as confirm_wanted};
pub use steps::countersign::wanted as attester_wanted;
pub use steps::provision::recipe_of;
pub use steps::{
    clock::TOLERANCE_S,
    read_back::{ASKED, TRIES},
};
pub use succession::{keyids, meter_lines, name_of, old_meter, review_text};
use turn::Turn;

/// The version of these rules. A change to the fold, the derived records or
/// the review text raises it and keeps the old branch.
pub const ENGINE: u32 = 1;
/// The version of the client models that the gate uses.
pub const CLIENTS: u32 = 1;

/// What follows from one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The state after it.
    pub state: State,
    /// Its record, then the records derived from it.
    pub records: Vec<Record>,
    /// What to do, once the records are on disk.
    pub effects: Vec<Effect>,
}

/// Why an input is not accepted. The state is untouched and nothing is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{because} (expected {expected}, got {got})")]
pub struct Refusal {
    /// A stable word.
    pub code: &'static str,
    /// What would have been accepted.
    pub expected: String,
    /// What came.
    pub got: String,
    /// One sentence for people.
    pub because: String,
}

impl Refusal {
    pub(crate) fn new(
        code: &'static str,
        expected: impl Into<String>,
        got: impl Into<String>,
        because: impl Into<String>,
    ) -> Refusal {
        Refusal {
            code,
            expected: expected.into(),
            got: got.into(),
            because: because.into(),
        }
    }
}

/// What the engine waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect<'a> {
    /// The first input.
    Opening,
    /// An answer of people to this question.
    Answer(&'a Question),
    /// The outcome of this effect.
    Outcome(&'a Effect),
    /// A resumption.
    Resumption,
    /// Nothing: the ceremony was aborted.
    Aborted,
    /// Nothing: the record is closed.
    Closed,
}

/// The single open question.
#[must_use]
pub fn expects(state: &State) -> Expect<'_> {
    match &state.phase {
        Phase::New => Expect::Opening,
        Phase::Asking(question) => Expect::Answer(question),
        Phase::Working(effect) => Expect::Outcome(effect),
        Phase::Paused => Expect::Resumption,
        Phase::Aborted => Expect::Aborted,
        Phase::Closed => Expect::Closed,
    }
}

/// Folds one input into the state.
///
/// # Errors
/// A [`Refusal`] leaves everything as it was.
pub fn step(plan: &Plan, state: &State, input: &Input) -> Result<Transition, Refusal> {
    let mut turn = Turn::new(plan, state, input.at);
    turn.record_input(&input.kind)?;
    match &input.kind {
        InputKind::Open(opening) => open(&mut turn, opening, input)?,
        InputKind::Resume(resumption) => resume(&mut turn, resumption)?,
        InputKind::Answer(answer) => {
            machine::check_thawed(&turn)?;
            steps::answer(&mut turn, answer)?;
        }
        InputKind::Outcome { effect, outcome } => steps::outcome(&mut turn, *effect, outcome)?,
        InputKind::Note(deviation) => note(&mut turn, deviation)?,
        InputKind::Storage(lost) => storage(&mut turn, lost)?,
        InputKind::Machine(report) => machine::report(&mut turn, report)?,
        InputKind::Accept(accepted) => machine::accept(&mut turn, accepted)?,
        InputKind::Pause { .. } => pause(&mut turn)?,
        InputKind::Abort { typed, .. } => abort(&mut turn, typed)?,
    }
    Ok(turn.end())
}

fn open(turn: &mut Turn, opening: &Opening, input: &Input) -> Result<(), Refusal> {
    if turn.state.phase != Phase::New {
        return Err(Refusal::new(
            "open-twice",
            "an answer or an outcome",
            "a second opening",
            "this record is already open",
        ));
    }
    let script = turn.plan.script();
    let pairs = [
        ("engine", ENGINE.to_string(), opening.engine.to_string()),
        ("clients", CLIENTS.to_string(), opening.clients.to_string()),
        ("kind", script.kind.name().to_owned(), opening.kind.clone()),
        (
            "organisation",
            script.organisation.to_string(),
            opening.organisation.clone(),
        ),
        ("site", script.site.to_string(), opening.site.clone()),
        ("name", script.ceremony.to_string(), opening.name.clone()),
        ("script", script.sha256.hex(), opening.script.sha256.hex()),
        (
            "predecessor",
            turn.plan.predecessor().to_owned(),
            opening.predecessor.clone(),
        ),
    ];
    for (what, expected, got) in pairs {
        if expected != got {
            return Err(Refusal::new(
                "open-differs",
                format!("{what} {expected}"),
                got,
                "the opening does not belong to this plan",
            ));
        }
    }
    let inputs: Vec<FileRef> = turn
        .plan
        .files()
        .iter()
        .map(|f| FileRef::of(&f.name, &f.bytes))
        .collect();
    if inputs != opening.inputs {
        return Err(Refusal::new(
            "open-differs",
            "the files that the script names",
            "others",
            "the opening does not belong to this plan",
        ));
    }
    turn.state.not_before = not_before(turn.plan, opening);
    if let Some(drill) = &opening.drill {
        drillable(turn.plan, drill)?;
        turn.state.drill = Some(drill.clone());
    }
    approved(turn.plan, opening)?;
    machine::begin(turn, opening.machine.as_ref())?;
    // The ceremony's id is the digest of its first line, which is known now.
    let first = turn.records.first().cloned();
    let line = first
        .and_then(|record| {
            crate::transcript::encode(&record, 0, Digest::ZERO, Digest::ZERO, &opening.boot, input.at).ok()
        })
        .ok_or_else(|| {
            Refusal::new(
                "open-differs",
                "a record of printable ASCII",
                "something else",
                "the first record cannot be written",
            )
        })?;
    turn.state.ceremony = Digest::of(line.as_bytes());
    turn.state.origin = crate::transcript::checkpoint::origin(
        script.kind == crate::script::Kind::Rehearsal,
        &script.organisation,
        &script.site,
        &turn.state.ceremony,
    );
    turn.state.boot.clone_from(&opening.boot);
    turn.state.log_key = Some(opening.log_key.clone());
    turn.state.verifier = Some(opening.verifier.clone());
    turn.state.copies.mirrored = opening.mirror;
    turn.ask(Question::Begin);
    Ok(())
}

/// Production runs on approved bytes alone: a quorum's note over exactly this
/// script, judged here by the machine that runs and by each that re-executes.
fn approved(plan: &Plan, opening: &Opening) -> Result<(), Refusal> {
    let expected = plan.approvals().map(|bytes| FileRef::of(APPROVALS, bytes));
    if expected != opening.approvals {
        return Err(Refusal::new(
            "open-differs",
            "the approvals that came with the script",
            "others",
            "the opening does not belong to this plan",
        ));
    }
    plan.approved().map(drop).map_err(|why| {
        Refusal::new(
            NOT_APPROVED,
            "a quorum's approvals of exactly this script",
            why.to_string(),
            "nobody runs what was not approved",
        )
    })
}

/// The name of the note of approvals, beside a record and in a bundle.
pub const APPROVALS: &str = "approvals";
/// The code of the refusal of a plan that was not approved.
pub const NOT_APPROVED: &str = "not-approved";

/// A fault on purpose is for training alone: no record of a production plan, or
/// of one with a real device, can say that it was a drill, and so none is one.
fn drillable(plan: &Plan, drill: &str) -> Result<(), Refusal> {
    let said = |got: String| {
        Refusal::new(
            "drill-refused",
            "a rehearsal on simulated tokens, and the drill's word",
            got,
            "a drill is no part of such a ceremony",
        )
    };
    if let Some(why) = plan.refuses_drills() {
        return Err(said(why));
    }
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '.' | ':' | '@');
    if drill.is_empty() || drill.len() > DRILL_MAX || !drill.chars().all(plain) {
        return Err(said(crate::base::shown(drill, 100)));
    }
    Ok(())
}

/// Longest name of a drill with its place, in characters.
pub const DRILL_MAX: usize = 80;

/// A new run of the program: nobody is logged in any more, and the present
/// step starts again. What was asked but not answered is asked anew; what may
/// have been done and has no outcome is recovered first (law 3).
/// The latest of what surely lies in the past: the program's release, the last
/// line of the earlier record that the script names.
fn not_before(plan: &Plan, opening: &Opening) -> Option<(Instant, String)> {
    let released = opening.program.released;
    let released = released.map(|at| (at, "the release of this program".to_owned()));
    let earlier = plan.record().map(|record| {
        let what = "the last line of the record that the script names";
        (record.ended, what.to_owned())
    });
    released.into_iter().chain(earlier).max_by_key(|(at, _)| *at)
}

fn resume(turn: &mut Turn, resumption: &Resumption) -> Result<(), Refusal> {
    if resumption.engine != ENGINE {
        return Err(Refusal::new(
            "needs-engine",
            format!("engine {ENGINE}"),
            format!("engine {}", resumption.engine),
            "this record needs another version of the program",
        ));
    }
    if matches!(turn.state.phase, Phase::New | Phase::Aborted | Phase::Closed) {
        return Err(Refusal::new(
            "not-resumable",
            "a record that is open",
            "one that is not",
            "there is nothing to resume",
        ));
    }
    machine::begin(turn, resumption.machine.as_ref())?;
    unanswered(turn);
    turn.state.resumed = turn.state.last.map(|last| last.wall);
    turn.state.boot.clone_from(&resumption.boot);
    // The boot clock may be another machine's: readings are compared within a run.
    turn.state.readings.clear();
    if let Phase::Asking(Question::Clock { reading, .. }) = &mut turn.state.phase {
        *reading = 0;
    }
    turn.state.log_key = Some(resumption.log_key.clone());
    // A record that once had two copies is not whole with one.
    let copies = &mut turn.state.copies;
    copies.lost = (copies.mirrored && resumption.mirror.is_none()).then_some(crate::base::CopyName::Mirror);
    copies.mirrored |= resumption.mirror.is_some();
    turn.state.minted.clear();
    turn.state.agreed.clear();
    // Seats sign a head that this run has lines in, or nobody vouches for it.
    turn.state.countersigning = None;
    // Kept until it is settled, however often the program stops meanwhile; what was
    // under way to settle it has its own end in the record (I10).
    let unclear = turn.state.unclear.take();
    if let Some(dangling) = turn.state.dangling().cloned() {
        if turn.state.recovering.is_none() && unclear.is_none() {
            turn.state.recovering = Some(dangling);
        } else {
            steps::recover::cut_short(turn, &dangling);
        }
    }
    if turn.state.recovering.is_none() {
        turn.state.recovering = unclear;
    }
    for token in turn.state.bench.values_mut() {
        token.unlocked = None;
        token.here = false;
    }
    if !turn.state.begun {
        turn.ask(Question::Begin);
    } else if turn.state.recovering.is_some() {
        steps::recover::begin(turn);
    } else if turn.state.gating {
        turn.work(What::Checkpoint);
    } else {
        steps::enter(turn);
    }
    Ok(())
}

fn note(turn: &mut Turn, deviation: &Deviation) -> Result<(), Refusal> {
    turn.check_open()?;
    for (what, text) in [
        ("what was expected", &deviation.expected),
        ("what happened", &deviation.happened),
        ("what was decided", &deviation.decided),
        ("who decided", &deviation.by),
    ] {
        steps::check_text(what, text)?;
    }
    turn.state.deviations = turn.state.deviations.saturating_add(1);
    // Something is not as expected: what is left of a page is asked again.
    turn.state.agreed.clear();
    Ok(())
}

/// One copy of the record failed. Nothing else changes: what is under way goes
/// on, and its outcome goes to the copy that is left (facts 5.2, rule 3).
fn storage(turn: &mut Turn, lost: &CopyLost) -> Result<(), Refusal> {
    turn.check_open()?;
    steps::check_text("the name of the fault", &lost.code)?;
    steps::check_text("what failed", &lost.meaning)?;
    let copies = &mut turn.state.copies;
    if !copies.mirrored || copies.lost.is_some() {
        return Err(Refusal::new(
            "no-copy-left",
            "a record with two copies",
            format!("the loss of the {}", lost.copy),
            "a record without a copy that can be written has no more lines",
        ));
    }
    copies.lost = Some(lost.copy);
    Ok(())
}

fn pause(turn: &mut Turn) -> Result<(), Refusal> {
    turn.check_idle()?;
    unanswered(turn);
    turn.state.phase = Phase::Paused;
    Ok(())
}

/// An effect that may be repeated is left without its outcome; the device may
/// have logged it all the same.
fn unanswered(turn: &mut Turn) {
    if let Phase::Working(effect) = turn.state.phase.clone() {
        steps::device_log::perhaps(turn, &effect.what);
    }
}

fn abort(turn: &mut Turn, typed: &str) -> Result<(), Refusal> {
    turn.check_idle()?;
    if !typed.trim().eq_ignore_ascii_case("abort") {
        return Err(Refusal::new(
            "typed-differs",
            "the word abort",
            crate::base::shown(typed, 40),
            "nothing was aborted",
        ));
    }
    turn.state.phase = Phase::Aborted;
    Ok(())
}

/// The public encoding of an input, as it stands in `body.input`.
fn input_body(kind: &InputKind) -> Result<Json, Refusal> {
    Json::of(kind)
        .map(|json| Json::object([("input", json)]))
        .map_err(|e| {
            Refusal::new(
                "input-form",
                "an input that a record can hold",
                e.to_string(),
                "the input cannot be recorded",
            )
        })
}

/// The record type of an input.
fn input_record(kind: &InputKind) -> Kind {
    match kind {
        InputKind::Open(_) => Kind::Open,
        InputKind::Resume(_) => Kind::Resume,
        InputKind::Answer(_) => Kind::Answer,
        InputKind::Outcome { .. } => Kind::Outcome,
        InputKind::Note(_) => Kind::Note,
        InputKind::Storage(_) => Kind::Storage,
        InputKind::Machine(_) => Kind::Machine,
        InputKind::Accept(_) => Kind::Accepted,
        InputKind::Pause { .. } => Kind::Pause,
        InputKind::Abort { .. } => Kind::Abort,
    }
}
