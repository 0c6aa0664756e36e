//! The acts, step by step: a box for each step, each line, each number; words where
//! they are compared; what to do when it fails.

use crate::plan::pace::{self, Prompt};
use crate::plan::{Plan, PlannedStep};
use crate::report::page::{Block, Card};
use crate::script::{SourceKind, Verb};

pub(super) fn acts(plan: &Plan, all: &mut Vec<Block>) {
    let script = plan.script();
    let prompts = pace::prompts(plan);
    let count = script.acts.len();
    let mut act = None;
    for (cursor, planned) in plan.steps().iter().enumerate() {
        if act != Some(planned.act) {
            act = Some(planned.act);
            if let Some(a) = script.acts.get(planned.act) {
                let n = planned.act.saturating_add(1);
                all.push(Block::Section(format!("Act {n} of {count}: {}", a.title)));
            }
        }
        all.push(Block::Card(card(plan, cursor, planned, &prompts)));
    }
}

fn card(plan: &Plan, cursor: usize, planned: &PlannedStep, prompts: &[Prompt]) -> Card {
    let step = &planned.step;
    let verb = &step.verb;
    let says = verb.says();
    let fails = verb.fails();
    let tally = pace::of_step(prompts, cursor);
    let mut facts = vec![
        ("before", format!("{}.", says.before)),
        ("after", format!("{}.", says.after)),
        ("evidence", format!("{}; {}.", says.evidence, says.retry.words())),
    ];
    if let Verb::Supersede(what) = verb {
        facts.push(("earlier", what.payload.grouped()));
        facts.push(("because", what.reason.clone()));
    }
    facts.push(("if it fails", fails.fails.to_owned()));
    facts.push(("plug pulled", fails.plug.to_owned()));
    let mut ticks: Vec<(String, String)> = plan
        .lines(cursor)
        .into_iter()
        .map(|line| (line.text, format!("type: {}", line.word)))
        .collect();
    if let Verb::RollCall = verb {
        for role in &plan.script().roles {
            for seat in 1..=role.seats {
                ticks.push((format!("{} {seat}", role.id), "name, or why not".to_owned()));
            }
        }
    }
    Card {
        id: step.id.to_string(),
        headline: verb.headline(),
        who: format!("{} acts", step.by),
        minutes: format!(
            "{} min, {} {}",
            step.minutes,
            tally.prompts,
            if tally.prompts == 1 { "prompt" } else { "prompts" }
        ),
        facts,
        ticks,
        numbers: plan.numbered(cursor),
        words: words(plan, verb),
    }
}

/// Whose 32 words are on this step's paper.
fn words(plan: &Plan, verb: &Verb) -> Option<String> {
    let (source, what) = match verb {
        Verb::ReadBack { metadata, source } => (source, format!("the payload of {}", metadata.as_str())),
        Verb::Break { source } => (source, "the record as it is left".to_owned()),
        Verb::Seal { source } => (source, "the record".to_owned()),
        _ => return None,
    };
    let kind = plan.script().source(source).map(|s| s.kind);
    let from = match kind {
        Some(SourceKind::Paper) => "this paper, written down beforehand",
        Some(SourceKind::SecondMachine) => "the second machine",
        Some(SourceKind::WitnessMachine) => "the witness's machine",
        Some(SourceKind::Simulated) => "the simulated second machine (F3)",
        None => "another source",
    };
    Some(format!(
        "Words of {what}, from {from}. Write down the places that are asked for, tick what agrees."
    ))
}
