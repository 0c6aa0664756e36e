//! Which fault, and where: `ID`, `ID@STEP`, `kill-at:RECORD`. A place where the
//! fault could show nothing is refused before anything starts.

use std::fmt;

use super::Fault;
use crate::base::{Id, shown};
use crate::plan::{Plan, PlannedStep};
use crate::script::{Backend, Verb};

/// A fault, as a person asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    fault: Fault,
    at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    Usual,
    Step(String),
    Record(u64),
}

/// Where the fault strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a step: its position in the plan, its id, its device.
    Step {
        /// Position.
        cursor: usize,
        /// Id.
        step: Id,
        /// Device, if the step has one.
        token: Option<Id>,
    },
    /// When this record is on disk.
    Record(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Step { step, .. } => write!(f, "@{step}"),
            Place::Record(record) => write!(f, ":{record}"),
        }
    }
}

impl Drill {
    /// Reads `ID`, `ID@STEP` or `kill-at:RECORD`.
    ///
    /// # Errors
    /// What was expected, in words.
    pub fn parse(text: &str) -> Result<Drill, String> {
        let (id, at) = match text.split_once(['@', ':']) {
            None => (text, At::Usual),
            Some((id, rest)) if text.contains('@') => (id, At::Step(rest.to_owned())),
            Some((id, rest)) => {
                let record = rest.parse().ok().filter(|_| id == Fault::KillAt.about().id);
                let record =
                    record.ok_or_else(|| format!("expected kill-at:RECORD, got {}", shown(text, 80)))?;
                (id, At::Record(record))
            }
        };
        let fault = Fault::ALL.iter().find(|fault| fault.about().id == id);
        let fault =
            *fault.ok_or_else(|| format!("there is no drill {}; --fault list names all", shown(id, 80)))?;
        Ok(Drill { fault, at })
    }

    /// Which fault.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// Where it strikes in this plan.
    ///
    /// # Errors
    /// Why it cannot strike there, in words.
    pub fn place(&self, plan: &Plan) -> Result<Place, String> {
        let id = self.fault.about().id;
        let steps = || plan.steps().iter().enumerate();
        let found = match &self.at {
            At::Record(record) => return Ok(Place::Record(*record)),
            At::Usual => steps()
                .find(|(at, planned)| {
                    self.fault.likes(&planned.step.verb) && self.cannot(plan, *at).is_none()
                })
                .ok_or_else(|| format!("the script has no step at which {id} shows anything"))?,
            At::Step(step) => {
                let found = steps().find(|(_, planned)| planned.step.id.as_str() == step);
                let found = found.ok_or_else(|| format!("the script has no step {}", shown(step, 60)))?;
                if let Some(why) = self.cannot(plan, found.0) {
                    return Err(format!("{id} cannot strike at step {}: {why}", found.1.step.id));
                }
                found
            }
        };
        let (cursor, planned) = found;
        Ok(Place::Step {
            cursor,
            step: planned.step.id.clone(),
            token: planned.step.verb.token().filter(|_| self.of_device()).cloned(),
        })
    }

    /// Whether a device fails, and no clock, disk or program.
    fn of_device(&self) -> bool {
        use Fault as F;
        !matches!(
            self.fault,
            F::ClockBack | F::KillAt | F::MediaError | F::MediaFull | F::RecordCopyLost
        )
    }

    /// Why the fault cannot show at a step.
    fn cannot(&self, plan: &Plan, cursor: usize) -> Option<&'static str> {
        let verb = &plan.step(cursor)?.step.verb;
        if !self.fault.fits(verb) {
            return Some("another kind of step is needed");
        }
        let embedded = |token: &Id| plan.token(token).is_some_and(|t| t.backend == Backend::Embedded);
        if self.of_device() && verb.token().is_some_and(|token| !embedded(token)) {
            return Some("its device is no embedded token");
        }
        let before = plan.steps().get(..cursor).unwrap_or_default();
        match self.fault {
            Fault::OtherKey if !before.iter().any(makes) => Some("no key is known before it"),
            Fault::PinLastTry if stays_unlocked(before, verb) => Some("it asks for no PIN"),
            _ => None,
        }
    }
}

fn makes(planned: &PlannedStep) -> bool {
    matches!(
        planned.step.verb,
        Verb::GenerateKey { .. } | Verb::EnrolKey { .. }
    )
}

/// Whether the device is still logged in from an earlier step.
fn stays_unlocked(before: &[PlannedStep], verb: &Verb) -> bool {
    let last = before
        .iter()
        .rev()
        .find(|planned| planned.step.verb.token().is_some());
    last.is_some_and(|planned| {
        planned.step.verb.token() == verb.token()
            && !matches!(planned.step.verb, Verb::Inventory { .. } | Verb::Provision { .. })
    })
}
