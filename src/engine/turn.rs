//! One turn of the engine: the state being changed, the records and effects
//! gathered on the way. Steps only use what is here, so a question, an effect
//! or a record comes about in one way.

use super::effect::{Effect, What};
use super::input::InputKind;
use super::state::{Phase, Question, State, TokenState};
use super::{Refusal, Transition, input_body, input_record, steps};
use crate::base::{Id, Json, Stamp};
use crate::plan::{Plan, PlannedStep};
use crate::script::Verb;
use crate::transcript::{Kind, Record};

pub(super) struct Turn<'p> {
    pub(super) plan: &'p Plan,
    pub(super) state: State,
    pub(super) at: Stamp,
    pub(super) records: Vec<Record>,
    effects: Vec<Effect>,
}

impl<'p> Turn<'p> {
    pub(super) fn new(plan: &'p Plan, state: &State, at: Stamp) -> Turn<'p> {
        Turn {
            plan,
            state: state.clone(),
            at,
            records: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub(super) fn end(mut self) -> Transition {
        self.state.last = Some(self.at);
        Transition {
            state: self.state,
            records: self.records,
            effects: self.effects,
        }
    }

    /// The input's own record comes first. Within one run the boot clock never
    /// goes back (the wall clock may).
    pub(super) fn record_input(&mut self, kind: &InputKind) -> Result<(), Refusal> {
        let new_boot = matches!(kind, InputKind::Open(_) | InputKind::Resume(_));
        if let (false, Some(last)) = (new_boot, self.state.last)
            && self.at.mono_ms < last.mono_ms
        {
            return Err(Refusal::new(
                "clock-backwards",
                format!("a boot clock of at least {} ms", last.mono_ms),
                format!("{} ms", self.at.mono_ms),
                "the machine's boot clock went back",
            ));
        }
        let who = match kind {
            InputKind::Answer(_) | InputKind::Note(_) | InputKind::Pause { .. } | InputKind::Abort { .. } => {
                self.actor()
            }
            InputKind::Accept(accepted) => super::machine::role_of(&self.state, &accepted.by),
            _ => "machine".to_owned(),
        };
        let record = Record {
            kind: input_record(kind),
            step: self.step_id(),
            who,
            body: input_body(kind)?,
        };
        self.records.push(record);
        Ok(())
    }

    /// A record that follows from the input.
    pub(super) fn derive<'k>(&mut self, kind: Kind, body: impl IntoIterator<Item = (&'k str, Json)>) {
        let record = Record {
            kind,
            step: self.step_id(),
            who: "engine".to_owned(),
            body: Json::object(body),
        };
        self.records.push(record);
    }

    pub(super) fn ask(&mut self, question: Question) {
        self.state.phase = Phase::Asking(question);
    }

    /// Starts an effect; an *Act* leaves its intent in the record first.
    pub(super) fn work(&mut self, what: What) {
        let Some(what) = super::machine::hold(self, what) else {
            return;
        };
        let effect = Effect {
            id: self.state.next_effect,
            what,
        };
        self.state.next_effect = self.state.next_effect.saturating_add(1);
        if effect.what.is_act() {
            let json = Json::of(&effect).unwrap_or(Json::Bool(false));
            self.derive(Kind::Intended, [("effect", json)]);
        }
        self.state.phase = Phase::Working(effect.clone());
        self.effects.push(effect);
    }

    /// The seal follows the close and has no outcome.
    pub(super) fn seal(&mut self) {
        let id = self.state.next_effect;
        self.state.next_effect = id.saturating_add(1);
        self.state.phase = Phase::Closed;
        self.effects.push(Effect { id, what: What::Seal });
    }

    /// The step is done: a gate takes a checkpoint first, then the next step begins.
    pub(super) fn finish(&mut self, gate: bool) {
        if gate {
            self.state.gating = true;
            self.work(What::Checkpoint);
        } else {
            self.next();
        }
    }

    pub(super) fn next(&mut self) {
        self.state.gating = false;
        self.state.recovered = None;
        self.state.resumed = None;
        self.state.cursor = self.state.cursor.saturating_add(1);
        steps::enter(self);
    }

    pub(super) fn planned(&self) -> Option<&'p PlannedStep> {
        self.plan.step(self.state.cursor)
    }

    pub(super) fn verb(&self) -> Option<&'p Verb> {
        self.planned().map(|p| &p.step.verb)
    }

    pub(super) fn token(&mut self, id: &Id) -> &mut TokenState {
        self.state.bench.entry(id.clone()).or_default()
    }

    /// The serial that inventory matched; empty before.
    pub(super) fn serial(&self, id: &Id) -> String {
        self.state
            .bench
            .get(id)
            .and_then(|t| t.serial.clone())
            .unwrap_or_default()
    }

    pub(super) fn check_open(&self) -> Result<(), Refusal> {
        match self.state.phase {
            Phase::Asking(_) | Phase::Working(_) => Ok(()),
            _ => Err(Refusal::new(
                "not-open",
                "an open ceremony",
                "one that is not",
                "the ceremony is not open now",
            )),
        }
    }

    /// Open, and no device is doing what may not be repeated.
    pub(super) fn check_idle(&self) -> Result<(), Refusal> {
        self.check_open()?;
        match self.state.dangling() {
            None => Ok(()),
            Some(effect) => Err(Refusal::new(
                "device-working",
                "an idle device",
                effect.what.label(),
                "a device is working; wait for its answer",
            )),
        }
    }

    fn step_id(&self) -> String {
        if self.state.begun {
            self.planned().map(|p| p.step.id.to_string()).unwrap_or_default()
        } else {
            String::new()
        }
    }

    fn actor(&self) -> String {
        self.planned()
            .map_or_else(|| "administrator".to_owned(), |p| p.step.by.to_string())
    }
}
