//! How often people are asked, how much they type and how long that takes: counted
//! from the plan alone, prompt by prompt, before anybody travels. The counts are
//! exact (a test walks the engine over every shipped script and compares); the
//! minutes stand on one table of human times, each with its source or marked as an
//! assumption. Nothing here is a limit: the script's own minutes are.

mod count;
mod table;

pub use count::{WORDS, WORDS_ROOT, prompts};
pub use table::{Measure, TABLE};

use std::collections::BTreeMap;

use super::Plan;
use crate::base::Id;

/// One question that people will be asked when nothing goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The position of its step; `None`: the briefing, before the first step.
    pub cursor: Option<usize>,
    /// The device that it is about.
    pub token: Option<Id>,
    /// The role that answers; `None`: whoever sits at the keyboard.
    pub by: Option<Id>,
    /// What is asked, in two or three words.
    pub what: &'static str,
    /// What people do, and how often.
    pub costs: Vec<(&'static Measure, u32)>,
}

/// A sum over prompts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Questions.
    pub prompts: u32,
    /// Characters to type, without Enter.
    pub characters: u32,
    /// Milliseconds, by the table.
    pub ms: u64,
}

impl Prompt {
    /// Characters to type.
    #[must_use]
    pub fn characters(&self) -> u32 {
        let typed = self.costs.iter().map(|(m, n)| m.characters.saturating_mul(*n));
        typed.fold(0, u32::saturating_add)
    }

    /// Milliseconds, by the table.
    #[must_use]
    pub fn ms(&self) -> u64 {
        let all = self.costs.iter().map(|(m, n)| m.ms.saturating_mul(u64::from(*n)));
        all.fold(0, u64::saturating_add)
    }
}

impl Tally {
    fn add(&mut self, prompt: &Prompt) {
        self.prompts = self.prompts.saturating_add(1);
        self.characters = self.characters.saturating_add(prompt.characters());
        self.ms = self.ms.saturating_add(prompt.ms());
    }

    /// The sum over prompts.
    pub fn of<'a>(prompts: impl IntoIterator<Item = &'a Prompt>) -> Tally {
        let mut tally = Tally::default();
        for prompt in prompts {
            tally.add(prompt);
        }
        tally
    }

    /// Minutes, rounded up.
    #[must_use]
    pub fn minutes(&self) -> u64 {
        self.ms.div_ceil(60_000)
    }

    /// `12 prompts, 80 characters, 6 minutes`.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "{} prompts, {} characters to type, about {} minutes",
            self.prompts,
            self.characters,
            self.minutes()
        )
    }
}

/// Sums by the script's devices, in its order; under `None` what is about no device.
#[must_use]
pub fn by_token(plan: &Plan) -> Vec<(Option<Id>, Tally)> {
    let tokens = plan.script().tokens.iter().map(|t| Some(t.id.clone()));
    sums(plan, tokens.chain([None]), |prompt| &prompt.token)
}

/// Sums by the script's roles, in its order; under `None` the briefing.
#[must_use]
pub fn by_role(plan: &Plan) -> Vec<(Option<Id>, Tally)> {
    let roles = plan.script().roles.iter().map(|r| Some(r.id.clone()));
    sums(plan, roles.chain([None]), |prompt| &prompt.by)
}

fn sums(
    plan: &Plan,
    keys: impl Iterator<Item = Option<Id>>,
    key: impl Fn(&Prompt) -> &Option<Id>,
) -> Vec<(Option<Id>, Tally)> {
    let mut all: BTreeMap<Option<Id>, Tally> = BTreeMap::new();
    for prompt in prompts(plan) {
        all.entry(key(&prompt).clone()).or_default().add(&prompt);
    }
    keys.map(|key| {
        let tally = all.get(&key).copied().unwrap_or_default();
        (key, tally)
    })
    .collect()
}

/// The sum over everything.
#[must_use]
pub fn total(plan: &Plan) -> Tally {
    Tally::of(&prompts(plan))
}

/// The sum over one step.
#[must_use]
pub fn of_step(prompts: &[Prompt], cursor: usize) -> Tally {
    Tally::of(prompts.iter().filter(|p| p.cursor == Some(cursor)))
}

/// What `plan` prints below the steps.
#[must_use]
pub fn lines(plan: &Plan) -> Vec<String> {
    let script = plan.script();
    let mut out = vec![
        "Prompts and minutes, if nothing goes wrong".to_owned(),
        String::new(),
    ];
    for (token, tally) in by_token(plan) {
        let name = token.map_or("about no device".to_owned(), |t| format!("device {t}"));
        out.push(format!("  {name:<24} {}", tally.words()));
    }
    out.push(String::new());
    for (role, tally) in by_role(plan) {
        let Some(role) = role else {
            out.push(format!("  {:<24} {}", "the briefing", tally.words()));
            continue;
        };
        let spec = script.roles.iter().find(|r| r.id == role);
        let shared = match spec.map_or(1, |r| r.seats) {
            1 => String::new(),
            seats => format!("; {} of {seats} people share them", spec.map_or(0, |r| r.quorum)),
        };
        out.push(format!(
            "  {:<24} {}{shared}",
            format!("role {role}"),
            tally.words()
        ));
    }
    let all = total(plan);
    out.push(String::new());
    out.push(format!("  {:<24} {}", "in all", all.words()));
    out.push(format!(
        "  {:<24} {} minutes",
        "the script allows",
        plan.minutes()
    ));
    out.push(String::new());
    out.push("The pace by which the minutes are reckoned".to_owned());
    out.push(String::new());
    for measure in TABLE {
        out.push(format!(
            "  {:>6} s  {} ({})",
            measure.seconds(),
            measure.what,
            measure.source
        ));
    }
    out
}
