//! Which questions the engine will ask, verb by verb, and what each costs. It
//! mirrors `engine/steps/`: who is logged in decides whether a PIN is asked, so the
//! walk carries the one device that is unlocked. `tests/storyboards.rs` holds this
//! file to the engine for every shipped script, question by question.

use std::collections::BTreeSet;

use super::Prompt;
use super::table::{
    CODE, COME, COPY, DIE, FETCH, LABEL, LOOK, MAKE, MEDIA, Measure, PAYLOAD, PLAIN, SCREEN, SET_UP, SHEET,
    SIGN, SPOKEN, WATCH,
};
use crate::base::Id;
use crate::base::credential::{Form, Limits, Recipe};
use crate::base::device::{Credential, Operation};
use crate::plan::{Plan, PlannedStep};
use crate::script::{AttesterSpec, Origin, SerialSpec, Verb};
use crate::tuf::{MetadataName, RoleName};

/// Words of a digest that are asked for.
pub const WORDS: u32 = 6;
/// Words of a root's digest.
pub const WORDS_ROOT: u32 = 8;

/// Characters of what the plan cannot know; assumed, as the table's times are.
const NAME: u32 = 12;
const NUMBER: u32 = 8;
const SERIAL: u32 = 10;
const SECRET: u32 = 10;
const WORD: u32 = 8;
/// `YYYY-MM-DD HH:MM`.
const TIME: u32 = 16;
/// The end of a serial.
const TAIL: u32 = 4;

/// Every question of an undisturbed ceremony, in the order in which it is asked.
#[must_use]
pub fn prompts(plan: &Plan) -> Vec<Prompt> {
    let mut walk = Walk {
        plan,
        out: Vec::new(),
        at: None,
        unlocked: None,
        fetched: None,
        by: None,
        enrolled: BTreeSet::new(),
        agreed: 0,
    };
    walk.ask("briefing", None, &[(&PLAIN, 5)]);
    for (cursor, planned) in plan.steps().iter().enumerate() {
        walk.at = Some((cursor, planned));
        walk.step(cursor, planned);
    }
    walk.out
}

struct Walk<'p> {
    plan: &'p Plan,
    out: Vec<Prompt>,
    at: Option<(usize, &'p PlannedStep)>,
    /// The device that is logged in, and with what.
    unlocked: Option<(Id, Credential)>,
    /// The device that lies connected.
    fetched: Option<Id>,
    by: Option<Id>,
    /// Audit keys whose seats have been asked.
    enrolled: BTreeSet<Id>,
    /// Up to which step a page has been agreed to.
    agreed: usize,
}

type Cost = (&'static Measure, u32);

impl Walk<'_> {
    /// One question; what it costs to change people or devices comes with the first.
    fn ask(&mut self, what: &'static str, token: Option<&Id>, costs: &[Cost]) {
        let by = self.at.map(|(_, planned)| planned.step.by.clone());
        let mut all = vec![(&SCREEN, 1)];
        if self.by.is_some() && self.by != by {
            all.push((&COME, 1));
        }
        if token.is_some() && self.fetched.as_ref() != token {
            all.push((&FETCH, 1));
            self.fetched = token.cloned();
        }
        all.extend_from_slice(costs);
        self.by.clone_from(&by);
        self.out.push(Prompt {
            cursor: self.at.map(|(cursor, _)| cursor),
            token: token.or(self.at.and_then(|(_, p)| p.step.verb.token())).cloned(),
            by,
            what,
            costs: all,
        });
    }

    fn step(&mut self, cursor: usize, planned: &PlannedStep) {
        let plan = self.plan;
        let verb = &planned.step.verb;
        if let Some(attester) = plan.attester_of_step(verb)
            && self.enrolled.insert(attester.id.clone())
        {
            self.ask("enrol an audit key", None, &[(&PLAIN, 5)]);
        }
        match verb {
            Verb::RollCall => self.seats(),
            Verb::Clock { .. } => self.clocks(),
            Verb::Checklist { .. } | Verb::Waive { .. } => {
                for line in plan.lines(cursor) {
                    self.ask("line", None, &[(&LOOK, 1), (&PLAIN, chars(&line.word))]);
                }
            }
            Verb::Supersede(_) => {
                for _ in 0..plan.quorum(&planned.step.by) {
                    self.ask("line", None, &[(&LOOK, 1), (&PLAIN, chars("supersede"))]);
                }
            }
            Verb::Record { same_as, .. } => {
                let entries = if same_as.is_some() { 1 } else { 2 };
                self.numbers(cursor, &[(&CODE, NUMBER.saturating_mul(entries))]);
            }
            Verb::Break { .. } => self.rest(cursor),
            Verb::Inventory { on } => {
                let serial = match plan.token(on).map(|t| &t.serial) {
                    Some(SerialSpec::Known(serial)) => chars(serial),
                    _ => SERIAL,
                };
                self.ask("serial", Some(on), &[(&CODE, serial)]);
            }
            Verb::Provision { on, credentials } => self.set_up(cursor, on, *credentials),
            Verb::GenerateKey { on, .. } => {
                self.unlock(on, Operation::Generate);
                self.agree(cursor, "generate", on, &MAKE);
            }
            Verb::AttestKey { on, .. } => self.unlock(on, Operation::Attest),
            Verb::DeviceLog { on } => self.unlock(on, Operation::ReadLog),
            Verb::Retire { on } => {
                self.unlock(on, Operation::Retire);
                self.ask("retire", Some(on), &[(&CODE, TAIL)]);
                // Its session goes with its credential.
                self.unlocked = None;
            }
            Verb::EnrolKey { on, .. } | Verb::ProvePossession { on, .. } => self.unlock(on, Operation::Sign),
            Verb::Sign { on, .. } => {
                self.unlock(on, Operation::Sign);
                self.agree(cursor, "sign", on, &SIGN);
            }
            Verb::Compose { .. } => {}
            Verb::Review { .. } => self.ask("review", None, &[(&PAYLOAD, 1), (&PLAIN, 4)]),
            Verb::ReadBack { metadata, .. } => self.words(asked(metadata)),
            Verb::Countersign => {
                for attester in plan.attesters_of(&planned.step.by) {
                    self.countersign(attester);
                }
            }
            Verb::Export => {
                self.ask("export", None, &[(&PLAIN, 6)]);
                self.ask("put back", None, &[(&MEDIA, 1), (&PLAIN, 4)]);
            }
            Verb::Seal { .. } => {
                self.words(WORDS);
                self.ask("close", None, &[(&PLAIN, 5)]);
            }
        }
    }

    fn seats(&mut self) {
        for role in &self.plan.script().roles {
            for _ in 0..role.seats {
                self.ask("seat", None, &[(&PLAIN, NAME)]);
            }
        }
    }

    fn clocks(&mut self) {
        for _ in 0..self.plan.clock_sources() {
            self.ask("clock", None, &[(&WATCH, 1), (&CODE, TIME)]);
        }
    }

    fn numbers(&mut self, cursor: usize, costs: &[Cost]) {
        for _ in self.plan.numbered(cursor) {
            let mut all = vec![(&LABEL, 1)];
            all.extend_from_slice(costs);
            self.ask("number", None, &all);
        }
    }

    fn words(&mut self, count: u32) {
        self.ask(
            "words",
            None,
            &[(&SPOKEN, count), (&PLAIN, count.saturating_mul(WORD))],
        );
    }

    /// A formal break: what leaves, the words, who and what is back, the clock.
    fn rest(&mut self, cursor: usize) {
        self.unlocked = None;
        self.numbers(cursor, &[(&CODE, NUMBER.saturating_mul(2)), (&PLAIN, NAME)]);
        self.ask("break", None, &[(&SHEET, 1), (&PLAIN, 7)]);
        self.fetched = None;
        self.seats();
        self.numbers(cursor, &[(&CODE, NUMBER)]);
        self.words(WORDS);
        self.clocks();
    }

    /// A device as it comes from the factory: one that was set up before keeps its
    /// SO PIN, and that one is typed instead of copied.
    /// One page stands for a row of acts, and is asked for at the first of them.
    fn agree(&mut self, cursor: usize, what: &'static str, on: &Id, work: &'static Measure) {
        if cursor < self.agreed {
            return;
        }
        let steps = self.plan.together(cursor);
        self.agreed = steps.end;
        self.ask(what, Some(on), &[(&CODE, TAIL), (work, count(steps.len()))]);
    }

    fn set_up(&mut self, cursor: usize, on: &Id, origin: Origin) {
        let credentials = credentials(self.plan, on);
        if origin == Origin::Typed {
            let each = SECRET.saturating_mul(2);
            let typed = count(credentials.len()).saturating_mul(each);
            let costs = [(&CODE, typed.saturating_add(TAIL)), (&SET_UP, 1)];
            self.ask("set up", Some(on), &costs);
        } else {
            self.ask("cover", Some(on), &[(&CODE, TAIL)]);
            let last = credentials.len();
            for (number, credential) in (1..).zip(credentials) {
                let recipe = recipe(*credential);
                if origin == Origin::Dice {
                    let rolls = recipe.map_or(0, |r| count(r.rolls_needed()));
                    self.ask("dice", Some(on), &[(&DIE, rolls), (&CODE, rolls)]);
                }
                let length = length(*credential);
                // The device is set up after the last of them, without another question.
                let set_up = u32::from(number == last);
                let costs = [(&COPY, length), (&CODE, length), (&SET_UP, set_up)];
                self.ask("copy a secret", Some(on), &costs);
            }
        }
        // What was proven is logged out, but for what the next step needs.
        self.unlocked = self.plan.stays_unlocked(cursor).map(|with| (on.clone(), with));
    }

    fn countersign(&mut self, attester: &AttesterSpec) {
        self.ask("countersign", Some(&attester.on), &[(&CODE, TAIL), (&SIGN, 1)]);
        self.unlock(&attester.on, Operation::Sign);
    }

    /// The PIN, where the device is not logged in with what the step needs.
    fn unlock(&mut self, on: &Id, operation: Operation) {
        let needed = Credential::needed(credentials(self.plan, on), operation);
        let wanted = Some((on.clone(), needed));
        if self.unlocked == wanted {
            return;
        }
        self.unlocked = wanted;
        let made = self.plan.steps().iter().any(|s| {
            matches!(&s.step.verb, Verb::Provision { on: at, credentials } if at == on && *credentials != Origin::Typed)
        });
        let length = if made { length(needed) } else { SECRET };
        self.ask("unlock", Some(on), &[(&CODE, length)]);
    }
}

fn credentials(plan: &Plan, on: &Id) -> &'static [Credential] {
    plan.token(on)
        .map(|t| t.backend.credentials())
        .unwrap_or_default()
}

/// The recipe on a device that sets no narrower limits.
fn recipe(credential: Credential) -> Option<Recipe> {
    let limits = Limits {
        min: 0,
        max: 64,
        form: Form::Text,
    };
    Recipe::for_device(credential, "", limits).ok()
}

fn length(credential: Credential) -> u32 {
    recipe(credential).map_or(SECRET, |r| count(r.length()))
}

fn asked(metadata: &MetadataName) -> u32 {
    if *metadata == RoleName::Root {
        WORDS_ROOT
    } else {
        WORDS
    }
}

fn chars(text: &str) -> u32 {
    count(text.chars().count())
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
