//! The bars around every screen: banner, title and clock, who acts now, what is
//! safe, and the keys. They are the same everywhere, so that a tired eye finds
//! them.

use super::rows::Row;
use super::text::{ends, fit, len, pad};
use crate::base::medium::Release;
use crate::engine::{Effect, Expect, Pending, Phase, Question, State, expects, media_stays, pending};
use crate::plan::Plan;
use crate::script::Verb;
use crate::ui::keymap::{self, Intent};
use crate::ui::layout;
use crate::ui::model::{ModalKind, Model};
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
    let whole = width.checked_div(len(&unit)).unwrap_or(0).max(1);
    let rest = unit.chars().take(1).cycle();
    let text: String = unit.repeat(whole).chars().chain(rest).take(width).collect();
    Row::of(tone, text)
}

/// A line between the parts.
#[must_use]
pub fn rule(width: u16) -> Row {
    Row::of(Tone::Quiet, "─".repeat(usize::from(width)))
}

/// The line below the heading: what was done last, since success is silent otherwise.
#[must_use]
pub fn done(model: &Model, width: u16) -> Row {
    let state = &model.seen.state;
    let last = state.cursor.checked_sub(1).filter(|_| !model.ended());
    let Some(planned) = last.and_then(|at| model.seen.plan.step(at)) else {
        return rule(width);
    };
    let room = usize::from(width).saturating_sub(6);
    let passed = passed(&model.seen.plan, state.cursor);
    let first = state.cursor.saturating_sub(passed);
    let first = model.seen.plan.step(first).unwrap_or(planned);
    let text = fit(&wording::done(&first.step.verb, &planned.step.verb, passed), room);
    let rest = usize::from(width).saturating_sub(len(&text)).saturating_sub(4);
    Row::of(Tone::Quiet, "── ")
        .and(Tone::Plain, text)
        .and(Tone::Quiet, format!(" {}", "─".repeat(rest)))
}

/// How many steps went by since people were last asked something, the last of them
/// included: those in which nobody acts, and those that were agreed to on one page.
fn passed(plan: &Plan, cursor: usize) -> usize {
    let silent = |at: &usize| {
        let verb = plan.step(*at).map(|p| &p.step.verb);
        let before = at.checked_sub(1).map(|before| plan.together(before));
        matches!(verb, Some(Verb::ProvePossession { .. } | Verb::Compose { .. }))
            || before.is_some_and(|page| page.contains(at))
    };
    let went = (0..cursor).rev().take_while(silent).count();
    went.saturating_add(1).min(cursor)
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
    let several = screens::together::count(&model.seen);
    let step = match (&planned.step.verb, plan.steps().len()) {
        (verb, of) if several > 1 => {
            let last = state.cursor.saturating_add(several);
            wording::steps(number, last, of, &wording::together::headline(verb, several))
        }
        (verb, of) => wording::step(planned.step.id.as_str(), number, of, &verb.headline()),
    };
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
            Some(sealed) => match sealed.released {
                Release::ByHand { .. } => (Tone::Bad, wording::STATUS_UNMOUNT),
                Release::Folder => (Tone::Good, wording::STATUS_SAFE),
                Release::Unmounted => (Tone::Good, wording::STATUS_REMOVE),
            },
            None => (Tone::Bad, wording::STATUS_SEALING),
        },
        Pending::Acted(effect) if state.dangling() == Some(effect) => (Tone::Bad, wording::STATUS_WORKING),
        Pending::Acted(effect) if absent(state, effect) => (Tone::Bad, wording::STATUS_ABSENT),
        // Nobody is sure what the device did: it stays where it is.
        Pending::Acted(_) => (Tone::Bad, wording::STATUS_UNSETTLED),
        Pending::Unclear(_) => (Tone::Bad, wording::STATUS_UNCLEAR),
        Pending::Writing => (Tone::Bad, wording::STATUS_WRITING),
        Pending::Unread if by_hand(&state.released) => (Tone::Bad, wording::STATUS_UNMOUNT),
        Pending::Unread if matches!(state.released, Some(Release::Unmounted)) => {
            (Tone::Good, wording::STATUS_TAKE_OUT)
        }
        Pending::Unread => (Tone::Warn, wording::STATUS_UNREAD),
        Pending::Asked(_) => (Tone::Warn, wording::STATUS_ASKING),
        Pending::Nothing if state.phase == Phase::New => (Tone::Warn, wording::STATUS_ASKING),
        Pending::Nothing if model.waiting.is_some() => (Tone::Warn, wording::STATUS_SENT),
        Pending::Nothing if media_stays(state) => (Tone::Warn, wording::STATUS_MEDIA_STAYS),
        Pending::Nothing if needed_now(model) => (Tone::Good, wording::STATUS_NEEDED),
        Pending::Nothing => (Tone::Good, wording::STATUS_SAFE),
    }
}

/// The page asks people to leave the device where it is: to read "safe to unplug"
/// below that, they pull it.
fn needed_now(model: &Model) -> bool {
    use crate::engine::Confirm;
    let act = |what: &Confirm| matches!(what, Confirm::Generate | Confirm::Sign | Confirm::Retire);
    match model.question() {
        Some(Question::Confirm { what }) => act(what),
        Some(Question::Pin { .. }) => true,
        _ => false,
    }
}

/// People settle an act on a device that did not answer when it was looked for.
fn absent(state: &State, effect: &Effect) -> bool {
    let Phase::Asking(Question::Recover { seen, .. }) = &state.phase else {
        return false;
    };
    seen.iter()
        .any(|device| Some(&device.token) == effect.what.token() && device.card.is_none())
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
    // What is safe is never cut, and a deviation hides last: where room is short,
    // the count of lines gives way first.
    let least = len(safe).saturating_add(2);
    if room(&left, &right) < least {
        left = wording::lines_short(model.seen.records);
    }
    if room(&left, &right) < least {
        left.clear();
    }
    if room(&left, &right) < least {
        right.clear();
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

/// The keys that work here, by the keymap's names; F1 lists those that have no room.
#[must_use]
pub fn hints(model: &Model) -> Vec<screens::Hint> {
    if let Some(modal) = &model.modal {
        let mut hints = modals::hints(modal.kind);
        if !layout::laid(model).0.scrolls {
            hints.retain(|(intent, _)| !matches!(intent, Intent::PageDown | Intent::PageUp));
        }
        if matches!(modal.kind, ModalKind::Qr(_)) && modals::qr::subjects(model).len() < 2 {
            hints.retain(|(intent, _)| *intent != Intent::Qr);
        }
        return hints;
    }
    let mut out = vec![(Intent::Help, wording::KEY_HELP)];
    if !model.ended() {
        out.push((Intent::Note, wording::KEY_NOTE));
    }
    if model.has_second() {
        out.push((Intent::Second, wording::KEY_SECOND));
    }
    out.push((Intent::Overview, wording::KEY_OVERVIEW));
    out.extend((screens::of(model).hints)(model));
    if !out.iter().any(|(intent, _)| *intent == Intent::PageDown) {
        out.extend(screens::reading::more(model));
    }
    let end = match model.ended() {
        false => Some((Intent::Leave, wording::KEY_LEAVE)),
        true if model.sealing() => None,
        true => Some((Intent::Leave, wording::KEY_END)),
    };
    // Those that no screen depends on, the ones that help most first.
    let mut room = usize::from(model.size.0);
    for hint in out.iter().chain(end.iter()) {
        room = room.saturating_sub(footprint(hint));
    }
    let mut fits = |hint: screens::Hint| {
        let needs = footprint(&hint);
        let has = needs <= room;
        room = if has { room.saturating_sub(needs) } else { 0 };
        has.then_some(hint)
    };
    let glossary = fits((Intent::Glossary, wording::KEY_GLOSSARY));
    let claims = (Intent::Claims, wording::attestation::KEY_CLAIMS);
    let claims = model.has_keys().then(|| fits(claims)).flatten();
    let qr = fits((Intent::Qr, wording::KEY_QR));
    out.extend([qr, glossary, claims].into_iter().flatten());
    out.extend(end);
    out
}

/// Columns that a key takes in the footer, with the gap before the next one.
fn footprint((intent, text): &screens::Hint) -> usize {
    len(keymap::name(*intent))
        .saturating_add(len(text))
        .saturating_add(3)
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
