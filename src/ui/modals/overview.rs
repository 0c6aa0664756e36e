//! F4: the whole plan with what is done, what is now and what comes, and the
//! state of devices, people, files and record.

use crate::engine::Phase;
use crate::transcript::words as spoken;
use crate::ui::layout::Page;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::widgets::text::{ends, fit};
use crate::ui::widgets::{bars, bench, card};
use crate::ui::wording::{self, frame, safe, screens as words};

/// The row to begin with: the present step in sight.
pub fn start(model: &Model) -> usize {
    let plan = &model.seen.plan;
    let before = plan
        .step(model.seen.state.cursor)
        .map_or(plan.script().acts.len(), |p| p.act.saturating_add(1));
    // One row for each act's title, one for each step before.
    before.saturating_add(model.seen.state.cursor).saturating_sub(4)
}

/// The page.
pub fn page(model: &Model, width: usize) -> Page {
    let state = &model.seen.state;
    let plan = &model.seen.plan;
    let mut body = Vec::new();
    let mut number = 0usize;
    // The last step is done with the close, after which no other one comes.
    let over = state.phase == Phase::Closed;
    for act in &plan.script().acts {
        body.push(Row::of(Tone::Strong, fit(&safe(&act.title), width)));
        for step in &act.steps {
            let (mark, tone) = if state.begun && (number < state.cursor || over) {
                (wording::MARK_DONE, Tone::Plain)
            } else if state.begun && number == state.cursor {
                (wording::MARK_NOW, Tone::Strong)
            } else {
                (wording::MARK_LATER, Tone::Plain)
            };
            let mut line =
                wording::overview_line(mark, step.id.as_str(), &step.verb.headline(), step.by.as_str());
            let time = if number == state.cursor && state.begun && !over {
                frame::step_time(model.seconds_since(state.entered), step.minutes)
            } else {
                frame::allowed(step.minutes)
            };
            line = ends(&line, &time, width);
            body.push(Row::of(tone, fit(&line, width)));
            number = number.saturating_add(1);
        }
    }
    body.push(Row::blank());
    body.push(Row::of(Tone::Strong, frame::BENCH));
    body.extend(bench::rows(model, true, width));
    for (name, key) in &state.keys {
        if let Some(verdict) = &key.attested {
            let firmware = state.bench.get(&key.token).and_then(|t| t.card.as_ref());
            let firmware = firmware.map(|c| safe(&c.firmware)).unwrap_or_default();
            let text = words::attested(name.as_str(), key.token.as_str(), &firmware, verdict == "good");
            body.extend(para(Tone::Plain, &text, width));
        }
    }
    for (token, bench) in &state.bench {
        if !bench.log.last.is_empty() {
            let text = words::log_told(token.as_str(), bench.log.commands, bench.log.entries);
            body.extend(para(Tone::Plain, &text, width));
        }
    }
    body.push(Row::blank());
    body.push(Row::of(Tone::Strong, words::SIDE_PEOPLE));
    if state.people.is_empty() {
        body.push(Row::of(Tone::Plain, words::NOBODY_YET));
    }
    for person in &state.people {
        let seat = format!("{} {}", person.role, person.seat);
        let text = match &person.name {
            Some(name) => safe(name),
            None => words::empty_seat(&safe(&person.reason)),
        };
        body.extend(fact(&seat, 20, Tone::Plain, &text, width));
    }
    body.push(Row::blank());
    body.push(Row::of(Tone::Strong, words::SIDE_FILES));
    if model.meters.is_empty() {
        body.push(Row::of(Tone::Plain, words::NOTHING_YET));
    }
    let old = model.old_meter.iter().map(|m| (words::OLD_ROOT, m));
    let new = model.meters.iter().map(|(role, m)| (role.as_str(), m));
    for (role, meter) in old.chain(new) {
        body.push(Row::of(
            Tone::Plain,
            words::meter_short(role, meter.distinct, meter.threshold),
        ));
    }
    body.push(Row::blank());
    body.push(Row::of(Tone::Strong, wording::machine::OVERVIEW));
    body.extend(machine(model, width));
    body.push(Row::blank());
    body.push(Row::of(Tone::Strong, words::SIDE_RECORD));
    body.push(Row::of(Tone::Plain, words::records(model.seen.records)));
    if !matches!(model.question(), Some(crate::engine::Question::Words { .. })) {
        body.extend(fact(
            words::HEAD,
            12,
            Tone::Plain,
            &model.seen.head.grouped(),
            width,
        ));
        body.extend(card::word_grid(&spoken::words(&model.seen.head), width));
    }
    let time = frame::all_time(model.seconds_since(state.began), plan.minutes());
    Page {
        say: format!("{} Time: {time}.", wording::OVERVIEW_SAY),
        body,
        ask: para(Tone::Quiet, wording::ESC_BACK, width),
    }
}

/// What the last report of the machine says.
fn machine(model: &Model, width: usize) -> Vec<Row> {
    use crate::ui::wording::machine as said;
    let machine = &model.seen.state.machine;
    let (tone, light) = bars::machine_light(model);
    let mut rows = vec![Row::of(tone, light)];
    if model.rehearsal() && !machine.against().is_empty() {
        rows.extend(para(Tone::Warn, said::GOES_ON, width));
    }
    for finding in machine.report.iter().flat_map(|r| &r.findings) {
        rows.extend(para(Tone::Plain, &said::finding(finding), width));
        let remedy = finding.code.card().remedy;
        rows.extend(fact(words::WHAT_TO_DO, 12, Tone::Plain, remedy, width));
    }
    for device in machine.unlisted() {
        rows.extend(para(Tone::Warn, &said::unlisted(device), width));
    }
    rows
}
