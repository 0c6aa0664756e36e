//! The briefing before anything starts: what will happen, how long it takes,
//! what can go wrong without harm. People read it together and type `begin`.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::Answer;
use crate::script::Made;
use crate::tuf::policy::Verdict;
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{help, safe, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::BEGIN_FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Begin {
            typed: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::BEGIN,
};

fn page(model: &Model, width: usize) -> Page {
    let plan = &model.seen.plan;
    let script = plan.script();
    let mut body = Vec::new();
    let mut add = |name: &str, text: String| body.extend(fact(name, 12, Tone::Plain, &text, width));
    // First what nobody may begin without: on a small terminal the rest is below the fold.
    add(words::KIND, words::kind(script.kind).to_owned());
    if let Ok(Some(approved)) = plan.approved() {
        add(words::APPROVED, approved.words());
    }
    add(words::TIME, words::time(plan.minutes(), plan.steps().len()));
    body.push(Row::blank());
    for line in words::BRIEFING {
        body.extend(para(Tone::Plain, line, width));
    }
    body.push(Row::blank());
    let mut add = |name: &str, text: String| body.extend(fact(name, 12, Tone::Plain, &text, width));
    add(
        words::CEREMONY,
        format!("{}: {}", script.ceremony, safe(&script.title)),
    );
    add(
        words::HELD_BY,
        format!("{}, at {}", script.organisation, script.site),
    );
    for (i, act) in script.acts.iter().enumerate() {
        let minutes = act
            .steps
            .iter()
            .fold(0u32, |sum, s| sum.saturating_add(s.minutes));
        let name = if i == 0 { words::ACTS } else { "" };
        let number = i.saturating_add(1);
        add(
            name,
            words::act_line(number, &safe(&act.title), act.steps.len(), minutes),
        );
    }
    for (i, result) in script.results.iter().enumerate() {
        let name = if i == 0 { words::RESULT } else { "" };
        let here = result.made != Made::Elsewhere;
        add(
            name,
            words::result_line(
                result.metadata.as_str(),
                result.threshold,
                result.keys.len(),
                here,
            ),
        );
    }
    let refused = plan
        .policy_findings()
        .into_iter()
        .filter(|(_, verdict)| *verdict == Verdict::Rehearsed);
    if let many @ 1.. = refused.count() {
        body.push(Row::blank());
        body.extend(para(Tone::Warn, &words::only_rehearsed(many), width));
    }
    let next = plan
        .step(0)
        .map(|p| words::then(&p.step.verb.headline()))
        .unwrap_or_default();
    Page {
        say: words::BEGIN_SAY.to_owned(),
        body,
        ask: ask(model, &next, width),
    }
}
