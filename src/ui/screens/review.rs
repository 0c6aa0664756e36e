//! People read the whole payload. `read` is only taken after every line was on
//! the screen; the answer names the digest of the bytes that were shown
//! (law 4). The review text is the engine's; this file only wraps it.

use std::sync::Arc;

use super::{Hint, Screen, ask, out_of_place, say, unchecked};
use crate::engine::{Answer, FileState, Phase, Question, review_text, standing};
use crate::runner::Snapshot;
use crate::transcript::words as spoken;
use crate::tuf::Draft;
use crate::ui::keymap::Intent;
use crate::ui::layout::Page;
use crate::ui::model::{Extra, Local, Model, Notice, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::long::{Text, Wrapped};
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{help, safe, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local,
    page,
    check: unchecked,
    submit,
    key,
    hints,
    help: &help::REVIEW,
};

fn draft(seen: &Snapshot) -> Option<&Draft> {
    file(seen).map(|f| &*f.draft)
}

fn file(seen: &Snapshot) -> Option<&FileState> {
    match &seen.state.phase {
        Phase::Asking(Question::Review { metadata }) => seen.state.files.get(metadata),
        _ => None,
    }
}

fn local(seen: &Snapshot) -> Local {
    let mut local = Local::with(Form::line(words::REVIEW_FIELD));
    if let Some(file) = file(seen) {
        let draft = &file.draft;
        local.extra = Extra::Review {
            lines: Text::new(review_text(&seen.plan, &file.notes, draft)),
            json: Text::new(draft.signed.indented().lines().map(str::to_owned).collect()),
            as_json: false,
            back_to: 0,
        };
    }
    local
}

/// The text that the body begins with, wrapped: of a review, and of nothing else.
#[must_use]
pub fn long(model: &Model, width: usize) -> Option<Arc<Wrapped>> {
    match &model.local.extra {
        Extra::Review {
            lines, json, as_json, ..
        } => Some(if *as_json { json } else { lines }.at(width)),
        _ => None,
    }
}

fn page(model: &Model, width: usize) -> Page {
    let (Some(draft), Extra::Review { as_json, .. }) = (draft(&model.seen), &model.local.extra) else {
        return Page::default();
    };
    // After the text itself, which is `long`.
    let mut body = Vec::new();
    if !as_json {
        body.push(Row::blank());
        body.extend(fact(
            words::DIGEST,
            10,
            Tone::Strong,
            &draft.digest.grouped(),
            width,
        ));
        body.push(Row::of(Tone::Quiet, words::AS_WORDS));
        body.extend(card::word_grid(&spoken::words(&draft.digest), width));
        body.extend(clients(&model.seen, draft, width));
        body.extend(para(Tone::Quiet, words::REVIEW_END, width));
    }
    let next = if model.local.pane.end_seen {
        words::REVIEW_NEXT
    } else {
        words::REVIEW_UNREAD
    };
    Page {
        say: words::review_say(&draft.file_name()),
        body,
        ask: ask(model, next, width),
    }
}

/// What each client model said of the payload, before it was frozen.
fn clients(seen: &Snapshot, draft: &Draft, width: usize) -> Vec<Row> {
    let judged = seen
        .state
        .clients
        .get(&draft.metadata_name())
        .map_or(&[][..], Vec::as_slice);
    let mut rows = vec![Row::of(Tone::Quiet, words::CLIENTS)];
    for one in judged {
        let said = words::client_says(
            one.client.name(),
            &safe(&one.version),
            standing(&seen.plan, one.client).word(),
            &safe(&one.verdict.to_string()),
        );
        let tone = if one.verdict.accepts() {
            Tone::Plain
        } else {
            Tone::Strong
        };
        rows.extend(para(tone, &said, width));
    }
    rows
}

fn submit(model: &Model) -> Result<Out, Notice> {
    let draft = draft(&model.seen).ok_or_else(out_of_place)?;
    if !model.local.pane.end_seen {
        return Err(Notice::warn(words::REVIEW_TOO_SOON));
    }
    say(Answer::Reviewed {
        digest: draft.digest,
        typed: model.local.pane.form.text(0).to_owned(),
    })
}

fn key(model: &mut Model, intent: Intent) -> Option<Vec<Out>> {
    if intent != Intent::Toggle {
        return None;
    }
    let pane = &mut model.local.pane;
    if let Extra::Review { as_json, back_to, .. } = &mut model.local.extra {
        *as_json = !*as_json;
        pane.scroll = if *as_json {
            *back_to = pane.scroll;
            0
        } else {
            *back_to
        };
    }
    Some(Vec::new())
}

fn hints(model: &Model) -> Vec<Hint> {
    let text = match &model.local.extra {
        Extra::Review { as_json: true, .. } => words::REVIEW_F6_BACK,
        _ => words::REVIEW_F6,
    };
    vec![(Intent::PageDown, words::MORE), (Intent::Toggle, text)]
}
