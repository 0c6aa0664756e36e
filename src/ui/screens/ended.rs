//! The ends of a run: paused, aborted, closed, or the record can no longer be
//! written. After the close the seal is still to be written; only then may the
//! media be removed. The 32 words are to be written down, so few rows stand above
//! them: the smallest terminal shows them all.

use super::{Screen, no_hints, no_key, unchecked};
use crate::base::medium::Release;
use crate::engine::{Numbered, Phase};
use crate::runner::{Failure, Sealed};
use crate::script::Backend;
use crate::transcript::words as spoken;
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Notice, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{custody, help, safe, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::END_FIELD)),
    page,
    check: unchecked,
    submit: |model| {
        if model.sealing() {
            return Err(Notice::warn(words::SEALING_WAIT));
        }
        let typed = model.local.pane.form.text(0).trim();
        if typed.eq_ignore_ascii_case("end") {
            Ok(Out::Leave)
        } else {
            Err(Notice::bad(words::END_WORD))
        }
    },
    key: no_key,
    hints: no_hints,
    help: &help::ENDED,
};

/// Columns of a fact's name.
const NAMES: usize = 15;

/// What left at the present break.
fn noted(model: &Model) -> &[Numbered] {
    let step = model.seen.plan.step(model.seen.state.cursor);
    let numbers = step.and_then(|p| model.seen.state.numbers.get(&p.step.id));
    numbers.map_or(&[], Vec::as_slice)
}

/// The command that goes on, with the options that it needs again: a command that
/// is refused later is worse than a long one.
fn resume(model: &Model, width: usize) -> Vec<Row> {
    let places = &model.places;
    let record = places.record.as_deref().unwrap_or(words::RECORD_DIR);
    let tokens = &model.seen.plan.script().tokens;
    let has = |wanted: fn(&Backend) -> bool| tokens.iter().any(|token| wanted(&token.backend));
    let mut options = Vec::new();
    if model.seen.state.copies.mirrored {
        options.push("--mirror");
    }
    if has(|backend| matches!(backend, Backend::Pkcs11 { .. })) {
        options.push("--module");
    }
    if has(|backend| matches!(backend, Backend::Yubihsm)) {
        options.push("--yubihsm");
    }
    let mut rows = fact(words::GO_ON, NAMES, Tone::Strong, &words::resume(record), width);
    let rest = words::resume_with(places.media.as_deref(), &options);
    if !rest.is_empty() {
        rows.extend(fact("", NAMES, Tone::Strong, &rest, width));
    }
    rows
}

/// What failed, and how to go on.
fn failed(model: &Model, failure: &Failure, width: usize) -> (&'static str, Vec<Row>) {
    let card = failure.code.card();
    let closed = model.seen.state.phase == Phase::Closed;
    let mut body = Vec::new();
    let mut line = |name: &str, tone: Tone, text: &str| body.extend(fact(name, NAMES, tone, text, width));
    if closed {
        line(words::SAFE_NOW, Tone::Good, words::FAILED_SEAL_SAFE);
    }
    line(words::HAPPENED, Tone::Bad, card.fact);
    line(words::MEANS, Tone::Plain, card.meaning);
    line(words::WAS_CHANGED, Tone::Plain, card.changed);
    line(words::WHAT_TO_DO, Tone::Strong, card.remedy);
    body.extend(resume(model, width));
    if closed {
        body.extend(fact("", NAMES, Tone::Plain, words::FAILED_SEAL_AGAIN, width));
    }
    body.extend(fact(
        words::DETAIL,
        NAMES,
        Tone::Plain,
        &safe(&failure.meaning),
        width,
    ));
    let say = if closed {
        words::FAILED_SEAL_SAY
    } else {
        words::FAILED_SAY
    };
    (say, body)
}

/// The formal break: who took what along.
fn rests(model: &Model, width: usize) -> Vec<Row> {
    let mut body = fact(words::SAFE_NOW, NAMES, Tone::Good, custody::REST_SAFE, width);
    for n in noted(model) {
        let person = n.person.as_deref().unwrap_or_default();
        let away = custody::away_line(&safe(&n.number), &safe(person));
        let text = format!("{}: {away}", safe(&n.item));
        body.extend(fact("", NAMES, Tone::Plain, &text, width));
    }
    body.extend(resume(model, width));
    body.extend(fact("", NAMES, Tone::Plain, custody::REST_BACK, width));
    body
}

fn aborted(model: &Model, width: usize) -> (&'static str, Vec<Row>) {
    let state = &model.seen.state;
    let mut body = fact(words::SAFE_NOW, NAMES, Tone::Good, words::ABORTED_SAFE, width);
    let mut line = |name: &str, text: &str| body.extend(fact(name, NAMES, Tone::Strong, text, width));
    line(words::WHAT_TO_DO, words::ABORTED_DO);
    if !state.keys.is_empty() {
        line(words::ON_DEVICES, words::ABORTED_KEYS);
    }
    let written = state.released.is_some() || !state.exported.is_empty();
    let say = if written {
        words::ABORTED_MEDIA_SAY
    } else {
        words::ABORTED_SAY
    };
    (say, body)
}

fn sealed(sealed: &Sealed, rehearsal: bool, width: usize) -> Vec<Row> {
    let mut body = Vec::new();
    let mut line = |name: &str, tone: Tone, text: &str| body.extend(fact(name, NAMES, tone, text, width));
    let place = safe(&sealed.place);
    match &sealed.released {
        Release::Folder => {
            line(words::SAFE_NOW, Tone::Good, words::CLOSED_FOLDER);
            line(words::NEXT, Tone::Strong, &words::verify(&place));
            if !rehearsal {
                line("", Tone::Plain, words::CLOSED_NEXT);
            }
            return body;
        }
        Release::Unmounted => line(words::SAFE_NOW, Tone::Good, words::CLOSED_SAFE),
        Release::ByHand { point, .. } => {
            line(words::NOT_YET, Tone::Bad, &words::unmount(&safe(point)));
        }
    }
    // Where it was mounted here there is nothing any more.
    line(words::NEXT, Tone::Plain, words::CLOSED_ELSEWHERE);
    line("", Tone::Strong, &words::verify_elsewhere(&place));
    body
}

fn page(model: &Model, width: usize) -> Page {
    // At a break other words are on paper already.
    let on_break = model.seen.state.on_break();
    let (say, mut body) = match (&model.failed, &model.seen.state.phase, &model.sealed) {
        (Some(failure), _, _) => failed(model, failure, width),
        (None, Phase::Paused, _) if on_break => (custody::REST_SAY, rests(model, width)),
        (None, Phase::Paused, _) => {
            let mut body = fact(words::SAFE_NOW, NAMES, Tone::Good, words::PAUSED_SAFE, width);
            body.extend(resume(model, width));
            (words::PAUSED_SAY, body)
        }
        (None, Phase::Aborted, _) => aborted(model, width),
        (None, _, None) => {
            let now = fact(words::NOW, NAMES, Tone::Warn, words::SEALING_NOW, width);
            (words::SEALING_SAY, now)
        }
        (None, _, Some(bundle)) => (words::CLOSED_SAY, sealed(bundle, model.rehearsal(), width)),
    };
    // While the seal is written there is nothing to do but wait.
    if !on_break && !model.sealing() {
        let what = if model.rehearsal() {
            words::HEAD_WORDS_REHEARSAL
        } else {
            words::HEAD_WORDS
        };
        body.push(Row::of(Tone::Quiet, what));
        body.extend(card::word_grid(&spoken::words(&model.seen.head), width));
    }
    let ask = if model.sealing() {
        para(Tone::Warn, words::SEALING_NEXT, width)
    } else {
        let mut rows = model.local.pane.form.rows(width);
        if on_break {
            rows.extend(para(Tone::Quiet, words::END_NEXT, width));
        }
        rows
    };
    Page {
        say: say.to_owned(),
        body,
        ask,
    }
}
