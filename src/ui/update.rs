//! What an event changes. Only routes: the runner's words to the model, keys to
//! the modal or the screen. Nothing here reads a clock or talks to anybody; the
//! runtime does what the returned list says.

use super::keymap::Intent;
use super::layout;
use super::modals;
use super::model::{Event, ModalKind, Model, Notice, Out, Stop, Waiting};
use super::screens;
use super::widgets::form::Entered;
use super::wording;
use crate::engine::{Phase, Refusal};
use crate::runner::{Cmd, Msg, Snapshot};

/// Takes one event in.
pub fn update(model: &mut Model, event: Event) -> Vec<Out> {
    let out = match event {
        Event::Tick(now) => {
            model.now = now;
            return Vec::new();
        }
        Event::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Event::Key(intent) => key(model, intent),
        Event::Engine(msg) => hear(model, msg),
        Event::Suggested(secret) => {
            screens::set_up::suggested(model, secret);
            Vec::new()
        }
        Event::Seen(secret) => {
            screens::copy::seen(model, secret);
            Vec::new()
        }
        Event::Stop(why) => {
            model.stop.get_or_insert(Stop {
                why,
                now: true,
                said: false,
            });
            if let Some(stop) = &mut model.stop {
                stop.now = true;
            }
            stop(model)
        }
    };
    layout::settle(model);
    out
}

fn hear(model: &mut Model, msg: Msg) -> Vec<Out> {
    match msg {
        Msg::Snapshot(seen) => {
            let noted = seen.state.deviations > model.seen.state.deviations;
            let answered = model.waiting == Some(Waiting::Answer);
            match model.waiting {
                Some(Waiting::Note) if !noted => {} // an outcome came first
                waiting => {
                    model.waiting = None;
                    if matches!(waiting, Some(Waiting::Note | Waiting::Leave)) {
                        model.modal = None;
                    }
                }
            }
            let told = vouched(&model.seen) < vouched(&seen);
            model.see(seen, answered);
            // A statement is read when it was made, not when somebody thinks of it.
            if told && model.modal.is_none() && model.stop.is_none() {
                modals::open(model, ModalKind::Attestation);
            }
            if noted && !answered {
                model.local.pane.notice = Some(Notice::good(wording::NOTED));
            }
            stop(model)
        }
        Msg::Refused(refusal) => refused(model, &refusal),
        Msg::Failed(failure) => {
            model.failed = Some(failure);
            model.modal = None;
            model.waiting = None;
            model.local = (screens::of(model).local)(&model.seen);
            stop(model)
        }
        Msg::Sealed(sealed) => {
            model.sealed = Some(sealed);
            model.local = (screens::of(model).local)(&model.seen);
            stop(model)
        }
    }
}

/// Keys about which a device's statement was judged.
fn vouched(seen: &Snapshot) -> usize {
    let keys = seen.state.keys.values();
    keys.filter(|key| key.statement.is_some()).count()
}

fn refused(model: &mut Model, refusal: &Refusal) -> Vec<Out> {
    let waiting = model.waiting.take();
    if model.stop.as_ref().is_some_and(|s| s.said) {
        if let Some(stop) = &mut model.stop {
            stop.said = false;
        }
        // A device that works delays a pause; its outcome brings it up again.
        if refusal.code == "device-working" {
            return Vec::new();
        }
        let now = model.stop.take().is_some_and(|s| s.now);
        if now {
            return vec![Out::Leave]; // the record is intact and can be resumed
        }
    }
    let notice = Notice::bad(wording::refused(refusal));
    match (waiting, &mut model.modal) {
        (Some(Waiting::Note | Waiting::Leave), Some(modal)) => modal.pane.notice = Some(notice),
        _ => {
            model.local.pane.notice = Some(notice);
            model.local.pane.form.refused();
        }
    }
    // A stop that waited for this reply goes on now.
    stop(model)
}

/// Goes on with a pause that was asked for, when it can.
fn stop(model: &mut Model) -> Vec<Out> {
    let Some(wanted) = model.stop.clone() else {
        return Vec::new();
    };
    if model.ended() {
        return if wanted.now && !model.sealing() {
            vec![Out::Leave]
        } else {
            Vec::new()
        };
    }
    let busy = model.waiting.is_some() || wanted.said || model.seen.state.dangling().is_some();
    // Before its first record there is nothing to pause.
    if busy || model.seen.state.phase == Phase::New {
        return if wanted.now && model.seen.state.phase == Phase::New {
            vec![Out::Leave]
        } else {
            Vec::new()
        };
    }
    if let Some(stop) = &mut model.stop {
        stop.said = true;
    }
    model.waiting = Some(Waiting::Leave);
    vec![Out::Say(Cmd::Pause { why: wanted.why })]
}

fn key(model: &mut Model, intent: Intent) -> Vec<Out> {
    if model.too_small() && intent != Intent::Leave {
        return Vec::new(); // what cannot be read is not answered
    }
    let kind = match intent {
        Intent::Leave => return modals::leave::open(model),
        Intent::Help => Some(ModalKind::Help),
        Intent::Note if !model.ended() => Some(ModalKind::Note),
        Intent::Second if model.has_second() => Some(ModalKind::Second),
        Intent::Overview => Some(ModalKind::Overview),
        Intent::Glossary => Some(ModalKind::Glossary),
        Intent::Qr => Some(match model.modal.as_ref().map(|m| m.kind) {
            Some(ModalKind::Qr(number)) => ModalKind::Qr(number.saturating_add(1)),
            _ => ModalKind::Qr(0),
        }),
        Intent::Claims if model.has_keys() => Some(ModalKind::Attestation),
        Intent::Note | Intent::Second | Intent::Claims => return Vec::new(),
        _ => None,
    };
    if let Some(kind) = kind {
        modals::open(model, kind);
        return Vec::new();
    }
    if model.modal.is_some() {
        if intent == Intent::Back {
            model.modal = None;
            return Vec::new();
        }
        return edit(model, intent);
    }
    // What is typed while an answer is under way belongs to no question.
    if model.waiting.is_some() {
        return Vec::new();
    }
    match (screens::of(model).key)(model, intent) {
        Some(out) => out,
        None => edit(model, intent),
    }
}

/// Typing, moving and Enter, the same everywhere.
fn edit(model: &mut Model, intent: Intent) -> Vec<Out> {
    let fields = model.pane().form.fields.len();
    let page = match intent {
        Intent::PageDown | Intent::PageUp => layout::page_rows(model),
        _ => 1,
    };
    let searching = model
        .modal
        .as_ref()
        .is_some_and(|m| m.kind == ModalKind::Glossary);
    let pane = model.pane_mut();
    match intent {
        Intent::Char(c) => {
            if searching {
                pane.scroll = 0;
            }
            let fits = pane.form.push(c);
            pane.notice = (!fits).then(|| Notice::warn(wording::FIELD_FULL));
        }
        Intent::Backspace => pane.form.backspace(),
        Intent::Clear => pane.form.clear_field(),
        Intent::Next => pane.form.move_by(true),
        Intent::Down if fields > 1 => pane.form.move_by(true),
        Intent::Up if fields > 1 => pane.form.move_by(false),
        Intent::Down | Intent::PageDown => {
            // Counted while the remark stood, so that no line is jumped over.
            pane.scroll_to(pane.scroll.saturating_add(page));
            pane.notice = None;
        }
        Intent::Up | Intent::PageUp => pane.scroll_to(pane.scroll.saturating_sub(page)),
        Intent::Top => pane.scroll_to(0),
        Intent::Bottom => pane.scroll_to(usize::MAX),
        Intent::Enter => return enter(model),
        _ => {}
    }
    Vec::new()
}

fn enter(model: &mut Model) -> Vec<Out> {
    let searching = model
        .modal
        .as_ref()
        .is_some_and(|m| m.kind == ModalKind::Glossary);
    if model.waiting.is_some() || searching {
        return Vec::new();
    }
    let screen = screens::of(model);
    // A screen may look at a field before the cursor leaves it.
    if model.modal.is_none()
        && let Err(notice) = (screen.check)(model)
    {
        model.local.pane.notice = Some(notice);
        model.local.pane.form.refused();
        return Vec::new();
    }
    match model.pane_mut().form.enter() {
        Entered::Nothing => return Vec::new(),
        Entered::Empty => {
            model.pane_mut().notice = Some(Notice::warn(wording::EMPTY));
            return Vec::new();
        }
        Entered::Moved => {
            model.pane_mut().notice = None;
            return Vec::new();
        }
        Entered::Full => {}
    }
    if let Some(kind) = model.modal.as_ref().map(|m| m.kind) {
        return modals::submit(model, kind);
    }
    match (screen.submit)(model) {
        Ok(out) => {
            model.local.pane.notice = None;
            if !matches!(out, Out::Leave) {
                model.waiting = Some(Waiting::Answer);
            }
            vec![out]
        }
        Err(notice) => {
            model.local.pane.notice = Some(notice);
            model.local.pane.form.refused();
            Vec::new()
        }
    }
}
