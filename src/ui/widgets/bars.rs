//! The bars around every screen: banner, title and clock, who acts now, what is
//! safe, and the keys. They are the same everywhere, so that a tired eye finds
//! them.

use super::rows::Row;
use super::text::{ends, fit, len, pad};
use crate::base::medium::Release;
use crate::engine::{Expect, Pending, Phase, Question, expects, pending};
use crate::ui::keymap::{self, Intent};
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::wording::{self, frame, safe};
use crate::ui::{modals, screens};

/// The banner: unmistakable in words, whatever the colours.
#[must_use]
pub fn banner(model: &Model, width: u16) -> Row {
    let (tone, unit) = match &model.seen.state.drill {
        Some(drill) => (Tone::Rehearsal, wording::banner_drill(drill)),
        None if model.rehearsal() => (Tone::Rehearsal, wording::BANNER_REHEARSAL.to_owned()),
        None => (Tone::Production, wording::BANNER_PRODUCTION.to_owned()),
    };
    let width = usize::from(width);
    let text: String = unit.chars().cycle().take(width).collect();
    Row::of(tone, text)
}

/// A line between the parts.
#[must_use]
pub fn rule(width: u16) -> Row {
    Row::of(Tone::Quiet, "─".repeat(usize::from(width)))
}

/// Title, clock, and whether people have confirmed it.
#[must_use]
pub fn title(model: &Model, width: u16) -> Row {
    let width = usize::from(width);
    // What is to be typed from another clock must not be read from this one.
    let clock = if matches!(model.question(), Some(Question::Clock { .. })) {
        wording::CLOCK_HIDDEN.to_owned()
    } else {
        wording::clock(model.now.wall, model.seen.state.clock.is_some())
    };
    let name = fit(
        &safe(&model.seen.plan.script().title),
        width.saturating_sub(len(&clock)).saturating_sub(2),
    );
    let left = pad(&name, width.saturating_sub(len(&clock)));
    Row::of(Tone::Strong, left).and(Tone::Plain, clock)
}

/// Act and who acts; step and its headline.
#[must_use]
pub fn heading(model: &Model, width: u16) -> Vec<Row> {
    let width = usize::from(width);
    let plan = &model.seen.plan;
    let state = &model.seen.state;
    if model.ended() || !state.begun || state.phase == Phase::New {
        let text = if model.ended() {
            wording::HEADING_ENDED
        } else {
            wording::HEADING_BRIEFING
        };
        let who = if model.ended() { "" } else { wording::EVERYBODY };
        return vec![Row::of(Tone::Strong, ends(text, who, width)), Row::blank()];
    }
    let Some(planned) = plan.step(state.cursor) else {
        return Vec::new();
    };
    let acts = plan.script().acts.len();
    let act_title = plan
        .act_of(state.cursor)
        .map(|a| safe(&a.title))
        .unwrap_or_default();
    let who = match expects(state) {
        _ if model.frozen() => wording::machine::FROZEN_WHO.to_owned(),
        Expect::Outcome(_) => wording::MACHINE_ACTS.to_owned(),
        // A waiver's quorum is of another role than its step's.
        _ => wording::acts_now(screens::item::speaker(model).unwrap_or(&planned.step.by).as_str()),
    };
    let act = wording::act(planned.act.saturating_add(1), acts, &act_title);
    let number = state.cursor.saturating_add(1);
    let step = wording::step(
        planned.step.id.as_str(),
        number,
        plan.steps().len(),
        &planned.step.verb.headline(),
    );
    let left = fit(&act, width.saturating_sub(len(&who)).saturating_sub(2));
    let left = pad(&left, width.saturating_sub(len(&who)));
    vec![
        Row::of(Tone::Plain, left).and(Tone::Strong, who),
        timed(model, &step, width),
    ]
}

/// The step's headline, and as much of the times as stands beside it whole.
fn timed(model: &Model, step: &str, width: usize) -> Row {
    let state = &model.seen.state;
    let plan = &model.seen.plan;
    let allowed = plan.step(state.cursor).map_or(0, |p| p.step.minutes);
    let seconds = model.seconds_since(state.entered);
    let step_time = frame::step_time(seconds, allowed);
    let all = frame::all_time(model.seconds_since(state.began), plan.minutes());
    let room = width.saturating_sub(len(step)).saturating_sub(2);
    let both = format!("{step_time}, {all}");
    let text = [both, step_time].into_iter().find(|t| len(t) <= room);
    let tone = if seconds > u64::from(allowed).saturating_mul(60) {
        Tone::Warn
    } else {
        Tone::Plain
    };
    match text {
        Some(text) => {
            let left = pad(step, width.saturating_sub(len(&text)));
            Row::of(Tone::Strong, left).and(tone, text)
        }
        None => Row::of(Tone::Strong, fit(step, width)),
    }
}

/// Whether anything may be unplugged: the engine's rule, and what only this run
/// of the program knows. Also the headline of what F1 says about the plug.
#[must_use]
pub fn light(model: &Model) -> (Tone, &'static str) {
    let state = &model.seen.state;
    let by_hand = |released: &Option<Release>| matches!(released, Some(Release::ByHand { .. }));
    match pending(state) {
        _ if model.failed.is_some() => (Tone::Bad, wording::STATUS_FAILED),
        Pending::Writing if state.phase == Phase::Closed => match &model.sealed {
            Some(sealed) if matches!(sealed.released, Release::ByHand { .. }) => {
                (Tone::Bad, wording::STATUS_UNMOUNT)
            }
            Some(_) => (Tone::Good, wording::STATUS_REMOVE),
            None => (Tone::Bad, wording::STATUS_SEALING),
        },
        Pending::Acted(effect) if state.dangling() == Some(effect) => (Tone::Bad, wording::STATUS_WORKING),
        // Nobody is sure what the device did: it stays where it is.
        Pending::Acted(_) => (Tone::Bad, wording::STATUS_UNSETTLED),
        Pending::Unclear(_) => (Tone::Bad, wording::STATUS_UNCLEAR),
        Pending::Writing => (Tone::Bad, wording::STATUS_WRITING),
        Pending::Unread if by_hand(&state.released) => (Tone::Bad, wording::STATUS_UNMOUNT),
        Pending::Unread => (Tone::Warn, wording::STATUS_UNREAD),
        Pending::Asked(_) => (Tone::Warn, wording::STATUS_ASKING),
        Pending::Nothing if state.phase == Phase::New => (Tone::Warn, wording::STATUS_ASKING),
        Pending::Nothing if model.waiting.is_some() => (Tone::Warn, wording::STATUS_SENT),
        Pending::Nothing => (Tone::Good, wording::STATUS_SAFE),
    }
}

/// Record, whether anything may be unplugged, deviations.
#[must_use]
pub fn status(model: &Model, width: u16) -> Row {
    let state = &model.seen.state;
    let (tone, safe) = light(model);
    let mut left = wording::record_lines(model.seen.records);
    let (tone_light, light) = machine_light(model);
    let mut copies = wording::copies(state.copies).map_or_else(String::new, |c| format!(", {c}"));
    let mut right = format!("  {}", wording::deviations(state.deviations));
    let used = len(&copies);
    let room = |left: &str, right: &str| {
        usize::from(width)
            .saturating_sub(len(left))
            .saturating_sub(used)
            .saturating_sub(len(&light))
            .saturating_sub(len(right))
    };
    // What is safe is never cut: where room is short, numbers give way to it.
    let least = len(safe).saturating_add(2);
    if room(&left, &right) < least {
        right.clear();
    }
    if room(&left, &right) < least {
        left.clear();
    }
    let room = room(&left, &right);
    if left.is_empty() {
        copies = pad(copies.trim_start_matches(", "), used);
    }
    let pad_left = room.saturating_sub(len(safe)).div_euclid(2);
    let middle = pad(&format!("{}{safe}", " ".repeat(pad_left)), room);
    let tone_right = if state.deviations > 0 {
        Tone::Warn
    } else {
        Tone::Plain
    };
    let tone_copies = if state.copies.lost.is_some() {
        Tone::Bad
    } else {
        Tone::Plain
    };
    Row::of(Tone::Plain, left)
        .and(tone_copies, copies)
        .and(tone, middle)
        .and(tone_light, light)
        .and(tone_right, right)
}

/// The machine light: the last report of the surroundings, in words.
#[must_use]
pub fn machine_light(model: &Model) -> (Tone, String) {
    use wording::machine as words;
    let machine = &model.seen.state.machine;
    let Some(report) = &machine.report else {
        return (Tone::Warn, words::LIGHT_NONE.to_owned());
    };
    if model.frozen() {
        return (Tone::Bad, words::LIGHT_FROZEN.to_owned());
    }
    if !machine.against().is_empty() {
        return (Tone::Warn, words::LIGHT_REHEARSAL.to_owned());
    }
    match report.warnings().count() {
        0 => (Tone::Good, words::LIGHT_GOOD.to_owned()),
        count => (Tone::Warn, words::light_warned(count)),
    }
}
/// From this width on a footer has room for the key of the claims.
const CLAIMS_FROM: u16 = 100;

/// The keys that work here, by the keymap's names.
#[must_use]
pub fn hints(model: &Model) -> Vec<screens::Hint> {
    if let Some(modal) = &model.modal {
        return modals::hints(modal.kind);
    }
    let mut out = vec![(Intent::Help, wording::KEY_HELP)];
    if !model.ended() {
        out.push((Intent::Note, wording::KEY_NOTE));
    }
    if model.has_second() {
        out.push((Intent::Second, wording::KEY_SECOND));
    }
    out.push((Intent::Overview, wording::KEY_OVERVIEW));
    // Where there is room: F1 lists every key.
    if model.has_keys() && model.size.0 >= CLAIMS_FROM {
        out.push((Intent::Claims, wording::attestation::KEY_CLAIMS));
    }
    out.extend((screens::of(model).hints)(model));
    if model.size.0 >= 110 {
        out.push((Intent::Qr, wording::KEY_QR));
        out.push((Intent::Glossary, wording::KEY_GLOSSARY));
    }
    if !model.ended() {
        out.push((Intent::Leave, wording::KEY_LEAVE));
    } else if !model.sealing() {
        out.push((Intent::Leave, wording::KEY_END));
    }
    out
}

/// The footer.
#[must_use]
pub fn footer(model: &Model, width: u16) -> Row {
    keys(
        hints(model).into_iter().map(|(i, text)| (keymap::name(i), text)),
        width,
    )
}

/// Keys with their names, as many as have room; F1 lists them all.
#[must_use]
pub fn keys<'t, N: AsRef<str>>(keys: impl IntoIterator<Item = (N, &'t str)>, width: u16) -> Row {
    let mut row = Row::default();
    let mut used = 0usize;
    for (name, text) in keys {
        let name = name.as_ref();
        let gap = if used == 0 { "" } else { "  " };
        let piece = len(gap)
            .saturating_add(len(name))
            .saturating_add(1)
            .saturating_add(len(text));
        if used.saturating_add(piece) > usize::from(width) {
            break;
        }
        used = used.saturating_add(piece);
        row = row
            .and(Tone::Plain, gap)
            .and(Tone::Strong, name)
            .and(Tone::Plain, format!(" {text}"));
    }
    row
}
