//! People read the whole payload. `read` is only taken after every line was on
//! the screen; the answer names the digest of the bytes that were shown
//! (law 4). The review text is the engine's; this file only wraps it.

use super::reading::{Reading, View};
use super::{Hint, Screen, ask, out_of_place, say, unchecked};
use crate::engine::{Answer, FileState, Phase, Question, Standing, review_text, standing};
use crate::runner::Snapshot;
use crate::script::Verb;
use crate::transcript::words as spoken;
use crate::tuf::Draft;
use crate::ui::keymap::{self, Intent};
use crate::ui::layout::Page;
use crate::ui::model::{Extra, Local, Model, Notice, Out, Pane};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::widgets::text::tail;
use crate::ui::wording::{self, help, reading as looking, safe, screens as words};

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
        let text = review_text(&seen.plan, &file.notes, &file.draft);
        let reading = Reading::new(&text, &file.draft.signed.indented());
        local.extra = Extra::Review(Box::new(reading));
    }
    local
}

/// How many rows the text takes; 0 on every other screen.
#[must_use]
pub fn ahead(model: &Model, width: usize) -> usize {
    match &model.local.extra {
        Extra::Review(reading) => reading.height(width),
        _ => 0,
    }
}

/// Rows of the text, laid out for where they are shown.
#[must_use]
pub fn rows(model: &Model, width: usize, from: usize, count: usize) -> Vec<Row> {
    match &model.local.extra {
        Extra::Review(reading) => reading.rows(width, from, count),
        _ => Vec::new(),
    }
}

fn page(model: &Model, width: usize) -> Page {
    let (Some(draft), Extra::Review(reading)) = (draft(&model.seen), &model.local.extra) else {
        return Page::default();
    };
    // After the text itself, which is `long`.
    let mut body = Vec::new();
    if reading.view == View::Text {
        body.push(Row::blank());
        if !compared(&model.seen) {
            body.extend(fact(
                words::DIGEST,
                10,
                Tone::Strong,
                &words::digest(&draft.digest.grouped()),
                width,
            ));
            body.push(Row::of(Tone::Quiet, words::AS_WORDS));
            body.extend(card::word_grid(&spoken::words(&draft.digest), width));
        }
        body.extend(clients(&model.seen, draft, width));
        body.extend(para(Tone::Quiet, words::REVIEW_END, width));
    }
    Page {
        say: words::review_say(&draft.file_name()),
        body,
        ask: if reading.find.typing {
            finding(reading, width)
        } else {
            ask(model, &next(model, reading), width)
        },
    }
}

/// Whether a read-back is still to come: its words are typed from another source, so they
/// do not stand on this machine a moment before. The text itself ends with the digest.
fn compared(seen: &Snapshot) -> bool {
    let Phase::Asking(Question::Review { metadata: read }) = &seen.state.phase else {
        return false;
    };
    let later = seen.plan.steps().iter().skip(seen.state.cursor);
    later.into_iter().any(|planned| match &planned.step.verb {
        Verb::ReadBack { metadata, .. } => metadata == read,
        _ => false,
    })
}

fn next(model: &Model, reading: &Reading) -> String {
    let pane = &model.local.pane;
    match reading.view {
        View::Folded => looking::FOLDED.to_owned(),
        _ if pane.end_seen && compared(&model.seen) => words::REVIEW_NEXT.to_owned(),
        _ if pane.end_seen => words::REVIEW_NEXT_READ.to_owned(),
        View::Json => looking::JSON.to_owned(),
        // Whoever jumped must come back: the page says what was left out.
        View::Text if pane.scroll > pane.read_to => looking::gap(pane.read_to.saturating_add(1), pane.scroll),
        View::Text => words::REVIEW_UNREAD.to_owned(),
    }
}

/// What is looked for, while it is typed; the form waits below.
fn finding(reading: &Reading, width: usize) -> Vec<Row> {
    let typed = format!("{}_", safe(&reading.find.text));
    let mut rows = vec![
        Row::of(Tone::Strong, format!("/ {}: ", looking::FIND_FIELD))
            .and(Tone::Entry, tail(&typed, width.saturating_sub(9))),
    ];
    rows.extend(para(Tone::Quiet, looking::FIND_NEXT, width));
    rows
}

/// What each client model said of the payload, before it was frozen.
fn clients(seen: &Snapshot, draft: &Draft, width: usize) -> Vec<Row> {
    let judged = seen
        .state
        .clients
        .get(&draft.metadata_name())
        .map_or(&[][..], Vec::as_slice);
    let mut rows = vec![Row::of(Tone::Quiet, words::CLIENTS)];
    // Those that count and accept are one line; any other answer has its own.
    let (good, rest): (Vec<_>, Vec<_>) = judged
        .iter()
        .partition(|one| one.verdict.accepts() && standing(&seen.plan, one.client) == Standing::Named);
    let named: Vec<String> = good
        .iter()
        .map(|one| format!("{} {}", one.client.name(), safe(&one.version)))
        .collect();
    if !named.is_empty() {
        rows.extend(para(
            Tone::Plain,
            &words::clients_accept(&named.join(", ")),
            width,
        ));
    }
    for one in rest {
        let said = words::client_says(
            one.client.name(),
            &safe(&one.version),
            standing(&seen.plan, one.client),
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
        return Err(Notice::warn(words::review_too_soon(model.local.pane.read_to)));
    }
    say(Answer::Reviewed {
        digest: draft.digest,
        typed: model.local.pane.form.text(0).to_owned(),
    })
}

fn key(model: &mut Model, intent: Intent) -> Option<Vec<Out>> {
    let width = usize::from(crate::ui::layout::body_width(model.size));
    let empty = model.local.pane.form.text(0).is_empty();
    let Local {
        pane,
        extra: Extra::Review(reading),
    } = &mut model.local
    else {
        return None;
    };
    if reading.find.typing {
        return Some(typing(reading, pane, intent, width));
    }
    // Letters are keys only while nothing is typed: `read` is typed as always.
    let intent = match intent {
        Intent::Char(c) if empty => keymap::reading(c)?,
        other => other,
    };
    // What scrolls keeps the remark: a page that grew under the key would leave a gap.
    let ours = matches!(
        intent,
        Intent::Find | Intent::FindNext | Intent::NextChange | Intent::Fold | Intent::Toggle
    );
    if !ours {
        return None;
    }
    pane.notice = None;
    match intent {
        Intent::Find => {
            reading.find.typing = true;
            reading.find.text.clear();
        }
        Intent::FindNext => match reading.next_hit() {
            Some(line) => arrive(reading, pane, line, width),
            None => pane.notice = Some(Notice::warn(looking::FIND_FIRST)),
        },
        Intent::NextChange => match reading.next_change(reading.line_at(pane.scroll, width)) {
            Some(line) => pane.scroll = reading.row_of(line, width),
            None => pane.notice = Some(Notice::warn(looking::NO_CHANGES)),
        },
        Intent::Fold if reading.view == View::Text && !reading.folds() => {
            pane.notice = Some(Notice::warn(looking::NO_FOLD));
        }
        Intent::Fold if reading.view != View::Json => {
            let line = reading.line_at(pane.scroll, width);
            reading.show(match reading.view {
                View::Text => View::Folded,
                _ => View::Text,
            });
            pane.scroll = reading.row_of(line, width);
        }
        Intent::Toggle => {
            let text = std::mem::replace(&mut reading.back_to, pane.scroll);
            if reading.view == View::Json {
                reading.show(View::Text);
                pane.scroll = text;
            } else {
                if reading.view == View::Folded {
                    let line = reading.line_at(pane.scroll, width);
                    reading.show(View::Text);
                    reading.back_to = reading.row_of(line, width);
                }
                reading.show(View::Json);
                pane.scroll = 0;
            }
        }
        _ => {}
    }
    Some(Vec::new())
}

/// Keys while a text to be found is typed: none of them answers the question.
fn typing(reading: &mut Reading, pane: &mut Pane, intent: Intent, width: usize) -> Vec<Out> {
    pane.notice = None;
    match intent {
        Intent::Char(c) => {
            pane.notice = (!reading.find_push(c)).then(|| Notice::warn(wording::FIELD_FULL));
        }
        Intent::Backspace => _ = reading.find.text.pop(),
        Intent::Clear => reading.find.text.clear(),
        Intent::Back => reading.find.typing = false,
        Intent::Enter if reading.find.text.is_empty() => reading.find.typing = false,
        Intent::Enter => {
            let from = reading.line_at(pane.scroll, width);
            if reading.view == View::Folded {
                reading.show(View::Text);
            }
            match reading.search(from) {
                Some(line) => arrive(reading, pane, line, width),
                None => pane.notice = Some(Notice::warn(looking::nowhere(&safe(&reading.find.text)))),
            }
        }
        _ => {}
    }
    Vec::new()
}

/// To a line that was found.
fn arrive(reading: &Reading, pane: &mut Pane, line: usize, width: usize) {
    pane.scroll = reading.row_of(line, width);
    let at = reading.find.at.map_or(0, |at| at.saturating_add(1));
    let text = looking::found(at, reading.find.hits.len(), &safe(&reading.find.text));
    pane.notice = Some(Notice::good(text));
}

/// From this width on the key of the search stands beside all others.
const FIND_FROM: u16 = 100;

fn hints(model: &Model) -> Vec<Hint> {
    let text = match &model.local.extra {
        Extra::Review(reading) if reading.view == View::Json => words::REVIEW_F6_BACK,
        _ => words::REVIEW_F6,
    };
    let mut out = super::reading::more(model);
    out.push((Intent::Toggle, text));
    // With a second machine's key beside it a small footer has no room; F1 lists it.
    if !model.has_second() || model.size.0 >= FIND_FROM {
        out.push((Intent::Find, looking::KEY_FIND));
    }
    out
}
