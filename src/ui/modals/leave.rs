//! Ctrl-C, from any screen: pause or abort, by word and with a reason. While a
//! device does what must not be done twice, a pause waits for its answer.

use super::open as open_modal;
use crate::runner::Cmd;
use crate::ui::layout::Page;
use crate::ui::model::{ModalKind, Model, Notice, Out, Stop, Waiting};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording;

/// The word and the reason.
pub fn form() -> Form {
    Form::of(vec![
        Field::text(wording::LEAVE_WORD),
        Field::text(wording::LEAVE_WHY),
    ])
}

/// Ctrl-C. Where nothing can be paused any more it leaves the program.
pub fn open(model: &mut Model) -> Vec<Out> {
    if model.ended() {
        if model.sealing() {
            model.local.pane.notice = Some(Notice::warn(wording::screens::SEALING_WAIT));
            return Vec::new();
        }
        return vec![Out::Leave];
    }
    open_modal(model, ModalKind::Leave);
    Vec::new()
}

/// The page.
pub fn page(model: &Model, width: usize) -> Page {
    let mut body = fact(wording::PAUSE, 8, Tone::Plain, wording::PAUSE_MEANS, width);
    body.push(Row::blank());
    body.extend(fact(wording::ABORT, 8, Tone::Plain, wording::ABORT_MEANS, width));
    if model.seen.state.dangling().is_some() {
        body.push(Row::blank());
        body.extend(para(Tone::Warn, wording::LEAVE_WORKING, width));
    }
    let mut ask = model.pane().form.rows(width);
    if model.waiting.is_some() {
        ask.push(Row::of(Tone::Warn, wording::SENT));
    } else {
        ask.extend(para(Tone::Quiet, wording::LEAVE_NEXT, width));
    }
    Page {
        say: wording::LEAVE_SAY.to_owned(),
        body,
        ask,
    }
}

/// Says what the word says.
pub fn submit(model: &mut Model) -> Vec<Out> {
    let typed = model.pane().form.text(0).trim().to_ascii_lowercase();
    let why = model.pane().form.text(1).trim().to_owned();
    let working = model.seen.state.dangling().is_some();
    match (typed.as_str(), working) {
        ("pause", true) => {
            model.stop = Some(Stop {
                why,
                now: false,
                said: false,
            });
            model.modal = None;
            Vec::new()
        }
        ("pause", false) => {
            model.waiting = Some(Waiting::Leave);
            vec![Out::Say(Cmd::Pause { why })]
        }
        ("abort", true) => {
            model.pane_mut().notice = Some(Notice::warn(wording::ABORT_WAITS));
            Vec::new()
        }
        ("abort", false) => {
            model.waiting = Some(Waiting::Leave);
            vec![Out::Say(Cmd::Abort { why, typed })]
        }
        _ => {
            let pane = model.pane_mut();
            pane.form.focus = 0;
            pane.notice = Some(Notice::bad(wording::LEAVE_NEITHER));
            Vec::new()
        }
    }
}
