//! What is asked once for several steps in a row, so that nobody learns to type
//! without reading (fatigue, facts/ceremonies.md 3): keys that one person makes on
//! one device, and payloads that it signs, stand on one page; and a device that was
//! just set up stays logged in for the step that follows it. Known from the plan
//! alone, so that a forecast of prompts and the engine cannot disagree.

use std::ops::Range;

use super::{Plan, PlannedStep};
use crate::base::Id;
use crate::base::device::{Credential, Operation};
use crate::script::Verb;

/// As many acts as people can read on one page before they type for all of them.
pub const ON_ONE_PAGE: usize = 4;

impl Plan {
    /// The steps from `cursor` on that one confirmation stands for: the same verb
    /// (`generate-key` or `sign`), device, person and act, one directly after the
    /// other. At least the step itself where the plan has one.
    #[must_use]
    pub fn together(&self, cursor: usize) -> Range<usize> {
        let Some(first) = self.step(cursor) else {
            return cursor..cursor;
        };
        let more = self.steps().iter().skip(cursor.saturating_add(1));
        let same = more.take_while(|next| alike(first, next)).count();
        let count = same.saturating_add(1).min(ON_ONE_PAGE);
        cursor..cursor.saturating_add(count)
    }

    /// The secret with which the device of a `provision` step stays logged in
    /// after it: the one that the next step needs, where that step is of the same
    /// person and device. The set-up has just logged in with it, from the paper.
    #[must_use]
    pub fn stays_unlocked(&self, cursor: usize) -> Option<Credential> {
        let now = self.step(cursor)?;
        let next = self.step(cursor.checked_add(1)?)?;
        let Verb::Provision { on, .. } = &now.step.verb else {
            return None;
        };
        if next.step.verb.token() != Some(on) || now.step.by != next.step.by {
            return None;
        }
        self.secret_for(&next.step.verb, on)
    }

    /// Whether a device that is logged in with this secret is used with it again before
    /// the next login of another kind: as long as it is, logging out would cost a PIN.
    #[must_use]
    pub fn still_needs(&self, cursor: usize, token: &Id, with: Credential) -> bool {
        let next = self.steps().iter().skip(cursor).find_map(|planned| {
            let verb = &planned.step.verb;
            match verb {
                Verb::Break { .. } => Some(false),
                Verb::Provision { on, .. } => Some(on == token),
                Verb::Countersign => {
                    let mut seats = self.attesters_of(&planned.step.by);
                    Some(seats.any(|seat| seat.on == *token))
                }
                _ => {
                    let on = verb.token()?;
                    let needed = self.secret_for(verb, on)?;
                    Some(on == token && needed == with)
                }
            }
        });
        next.unwrap_or(false)
    }

    /// Which of a device's secrets a step needs; `None` for one that logs in nowhere.
    #[must_use]
    pub fn secret_for(&self, verb: &Verb, token: &Id) -> Option<Credential> {
        let operation = match verb {
            Verb::GenerateKey { .. } => Operation::Generate,
            Verb::AttestKey { .. } => Operation::Attest,
            Verb::DeviceLog { .. } => Operation::ReadLog,
            Verb::Retire { .. } => Operation::Retire,
            Verb::EnrolKey { .. } | Verb::ProvePossession { .. } | Verb::Sign { .. } | Verb::Countersign => {
                Operation::Sign
            }
            _ => return None,
        };
        let of = self.token(token).map(|t| t.backend.credentials());
        Some(Credential::needed(of.unwrap_or_default(), operation))
    }
}

fn alike(a: &PlannedStep, b: &PlannedStep) -> bool {
    let same_verb = matches!(
        (&a.step.verb, &b.step.verb),
        (Verb::GenerateKey { .. }, Verb::GenerateKey { .. }) | (Verb::Sign { .. }, Verb::Sign { .. })
    );
    same_verb && a.act == b.act && a.step.by == b.step.by && a.step.verb.token() == b.step.verb.token()
}
