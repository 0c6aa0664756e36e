//! The ends of a run: paused, aborted, closed, or the record can no longer be
//! written. After the close the seal is still to be written; only then may the
//! media be removed.

use super::{Screen, no_hints, no_key, unchecked};
use crate::base::medium::Release;
use crate::engine::{Numbered, Phase};
use crate::runner::Sealed;
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

/// What left at the present break.
fn noted(model: &Model) -> &[Numbered] {
    let step = model.seen.plan.step(model.seen.state.cursor);
    let numbers = step.and_then(|p| model.seen.state.numbers.get(&p.step.id));
    numbers.map_or(&[], Vec::as_slice)
}

fn page(model: &Model, width: usize) -> Page {
    let record = model
        .places
        .record
        .clone()
        .unwrap_or_else(|| words::RECORD_DIR.to_owned());
    let mut body = Vec::new();
    let mut line = |name: &str, tone: Tone, text: &str| body.extend(fact(name, 15, tone, text, width));
    let say = match (&model.failed, &model.seen.state.phase) {
        (Some(failure), _) => {
            let card = failure.code.card();
            line(words::HAPPENED, Tone::Bad, card.fact);
            line(words::MEANS, Tone::Plain, card.meaning);
            line(words::WAS_CHANGED, Tone::Plain, card.changed);
            line(words::WHAT_TO_DO, Tone::Strong, card.remedy);
            line(words::SYSTEM_SAYS, Tone::Plain, &safe(&failure.meaning));
            if model.seen.state.phase == Phase::Closed {
                words::FAILED_SEAL_SAY
            } else {
                words::FAILED_SAY
            }
        }
        (None, Phase::Paused) if model.seen.state.on_break() => {
            line(words::SAFE_NOW, Tone::Good, custody::REST_SAFE);
            for n in noted(model) {
                let person = n.person.as_deref().unwrap_or_default();
                let away = custody::away_line(&safe(&n.number), &safe(person));
                line("", Tone::Plain, &format!("{}: {away}", safe(&n.item)));
            }
            line(words::GO_ON, Tone::Strong, &words::resume(&record));
            line("", Tone::Plain, custody::REST_BACK);
            custody::REST_SAY
        }
        (None, Phase::Paused) => {
            line(words::SAFE_NOW, Tone::Good, words::PAUSED_SAFE);
            line(words::GO_ON, Tone::Strong, &words::resume(&record));
            words::PAUSED_SAY
        }
        (None, Phase::Aborted) => {
            line(words::SAFE_NOW, Tone::Good, words::ABORTED_SAFE);
            line(words::WHAT_TO_DO, Tone::Strong, words::ABORTED_DO);
            words::ABORTED_SAY
        }
        _ => match &model.sealed {
            None => {
                line(words::NOW, Tone::Warn, words::SEALING_NOW);
                words::SEALING_SAY
            }
            Some(Sealed { place, released }) => {
                match released {
                    Release::Unmounted => line(words::SAFE_NOW, Tone::Good, words::CLOSED_SAFE),
                    Release::Folder => line(words::SAFE_NOW, Tone::Good, words::CLOSED_FOLDER),
                    Release::ByHand { point, .. } => {
                        line(words::NOT_YET, Tone::Bad, &words::unmount(&safe(point)));
                    }
                }
                line(words::BUNDLE, Tone::Strong, &safe(place));
                line(words::NEXT, Tone::Strong, &words::verify(&safe(place)));
                line("", Tone::Plain, words::CLOSED_NEXT);
                words::CLOSED_SAY
            }
        },
    };
    line(words::RECORD, Tone::Plain, &words::records(model.seen.records));
    // At a break other words are on paper already.
    if !model.seen.state.on_break() {
        body.push(Row::of(Tone::Quiet, words::HEAD_WORDS));
        body.extend(card::word_grid(&spoken::words(&model.seen.head), width));
    }
    let ask = if model.sealing() {
        para(Tone::Warn, words::SEALING_WAIT, width)
    } else {
        let mut rows = model.local.pane.form.rows(width);
        rows.extend(para(Tone::Quiet, words::END_NEXT, width));
        rows
    };
    Page {
        say: say.to_owned(),
        body,
        ask,
    }
}
