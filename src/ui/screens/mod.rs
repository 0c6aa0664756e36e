//! One file for each kind of question. A screen is five pure functions and a
//! list of keys; it proposes an answer, the engine disposes (law 5). A new kind
//! of question breaks the match below until somebody decides how it is asked.

pub mod attestation;
pub mod attester;
pub mod begin;
pub mod clock;
pub mod confirm;
pub mod copy;
pub mod cover;
pub mod dice;
pub mod differs;
pub mod ended;
pub mod frozen;
pub mod item;
pub mod number;
pub mod pin;
pub mod reading;
pub mod recover;
pub mod reopen;
pub mod review;
pub mod seat;
pub mod serial;
pub mod set_up;
pub mod together;
pub mod too_small;
pub mod trouble;
pub mod words;
pub mod working;

use super::keymap::Intent;
use super::layout::Page;
use super::model::{Local, Model, Notice, Out};
use super::theme::Tone;
use super::widgets::rows::{Row, para};
use super::wording::{self, Help};
use crate::engine::{Answer, Question};
use crate::runner::{Cmd, Snapshot};

/// A key and what it does here.
pub type Hint = (Intent, &'static str);

/// What a kind of question brings.
#[derive(Debug)]
pub struct Screen {
    /// An empty form.
    pub local: fn(&Snapshot) -> Local,
    /// What is shown, for a width.
    pub page: fn(&Model, usize) -> Page,
    /// Looks at the field before Enter leaves it.
    pub check: fn(&mut Model) -> Result<(), Notice>,
    /// The answer that the filled form proposes.
    pub submit: fn(&Model) -> Result<Out, Notice>,
    /// Keys of this screen alone; `None`: an ordinary key.
    pub key: fn(&mut Model, Intent) -> Option<Vec<Out>>,
    /// Those keys, for the footer.
    pub hints: fn(&Model) -> Vec<Hint>,
    /// What F1 says.
    pub help: &'static Help,
}

/// The screen of the open question.
#[must_use]
pub fn of(model: &Model) -> &'static Screen {
    if model.ended() {
        return &ended::SCREEN;
    }
    if model.frozen() {
        return &frozen::SCREEN;
    }
    match model.question() {
        None => &working::SCREEN,
        Some(Question::Begin) => &begin::SCREEN,
        Some(Question::Seat { .. }) => &seat::SCREEN,
        Some(Question::Clock { .. }) => &clock::SCREEN,
        Some(Question::Item { .. }) => item::of(model),
        Some(Question::Number { .. }) => &number::SCREEN,
        Some(Question::Differs { .. }) => &differs::SCREEN,
        Some(Question::Serial { .. }) => &serial::SCREEN,
        Some(Question::SetUp { .. }) => &set_up::SCREEN,
        Some(Question::Cover { .. }) => &cover::SCREEN,
        Some(Question::Dice { .. }) => &dice::SCREEN,
        Some(Question::Copy { .. }) => &copy::SCREEN,
        Some(Question::Pin { .. }) => &pin::SCREEN,
        Some(Question::Confirm { .. }) => &confirm::SCREEN,
        Some(Question::Review { .. }) => &review::SCREEN,
        Some(Question::Words { .. }) => &words::SCREEN,
        Some(Question::Reopen { .. }) => &reopen::SCREEN,
        Some(Question::Recover { .. }) => &recover::SCREEN,
        Some(Question::Attester { .. }) => &attester::SCREEN,
        Some(Question::Frozen) => &frozen::SCREEN,
        Some(Question::Trouble { .. }) => &trouble::SCREEN,
    }
}

fn unchecked(_: &mut Model) -> Result<(), Notice> {
    Ok(())
}

fn no_key(_: &mut Model, _: Intent) -> Option<Vec<Out>> {
    None
}

fn no_hints(_: &Model) -> Vec<Hint> {
    Vec::new()
}

fn say(answer: Answer) -> Result<Out, Notice> {
    Ok(Out::Say(Cmd::Submit(answer)))
}

/// The form, then what happens next.
fn ask(model: &Model, next: &str, width: usize) -> Vec<Row> {
    let mut rows = model.local.pane.form.rows(width);
    if model.waiting.is_some() {
        rows.push(Row::of(Tone::Warn, wording::SENT));
    } else {
        rows.extend(para(Tone::Quiet, next, width));
    }
    rows
}

/// What cannot happen while a screen is only shown for its own question.
fn out_of_place() -> Notice {
    Notice::bad(wording::OUT_OF_PLACE)
}
