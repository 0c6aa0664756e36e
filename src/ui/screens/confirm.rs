//! Before something that cannot be undone: what exactly, and a text to copy
//! from another source than this screen (law 9). The serial is masked here,
//! because its end is what must be read from the device's body.

use super::{Screen, ask, no_key, reading, say, together, unchecked};
use crate::base::Id;
use crate::base::device::touch_seconds;
use crate::base::medium::Release;
use crate::engine::{Answer, Confirm, Phase, Question, export_contents, keys_of, meter_lines};
use crate::runner::Snapshot;
use crate::script::{Backend, Verb};
use crate::transcript::words as spoken;
use crate::tuf::{MetadataName, RoleName};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model, Notice};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, boxed, fact, para};
use crate::ui::wording::{self, attest, custody, help, safe, screens as words, secrets};

/// The screen.
pub static SCREEN: Screen = Screen {
    local,
    page,
    check: unchecked,
    submit: |model| {
        if together::count(&model.seen) > 1 && !model.local.pane.end_seen {
            return Err(Notice::warn(wording::together::TOO_SOON));
        }
        say(Answer::Confirm {
            typed: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: no_key,
    hints: reading::more,
    help: &help::CONFIRM,
};

fn what(seen: &Snapshot) -> Option<Confirm> {
    match &seen.state.phase {
        Phase::Asking(Question::Confirm { what }) => Some(*what),
        _ => None,
    }
}

fn local(seen: &Snapshot) -> Local {
    Local::with(Form::line(match what(seen) {
        Some(Confirm::Break) => custody::WRITTEN,
        Some(Confirm::Export) => words::EXPORT_FIELD,
        Some(Confirm::PutBack) => words::PUT_BACK_FIELD,
        Some(Confirm::Close) => words::CLOSE_FIELD,
        _ => secrets::LAST_FOUR,
    }))
}

fn page(model: &Model, width: usize) -> Page {
    if let Some(page) = together::page(model, width) {
        return page;
    }
    let seen = &model.seen;
    let verb = seen.plan.step(seen.state.cursor).map(|p| &p.step.verb);
    let (text, body, next) = match (what(seen), verb) {
        (
            Some(Confirm::Generate),
            Some(Verb::GenerateKey {
                on, key, algorithm, ..
            }),
        ) => (
            words::generate_say(key.as_str(), on.as_str()),
            generate(model, on, key, algorithm.name(), width),
            words::GENERATE_NEXT,
        ),
        (Some(Confirm::Sign), Some(Verb::Sign { metadata, on, key })) => (
            words::sign_say(metadata.as_str(), on.as_str()),
            sign(model, metadata, on, key, width),
            words::SIGN_NEXT,
        ),
        (Some(Confirm::Retire), Some(Verb::Retire { on })) => {
            let mut body = card::full(seen, on, width);
            body.extend(para(Tone::Warn, words::RETIRE_BODY, width));
            (words::retire_say(on.as_str()), body, words::RETIRE_NEXT)
        }
        (Some(Confirm::Break), _) => (
            custody::BREAK_SAY.to_owned(),
            on_paper(seen, width),
            custody::BREAK_NEXT,
        ),
        (Some(Confirm::Export), _) => {
            let (files, size, body) = export(model, width);
            (words::export_say(files, size), body, words::EXPORT_NEXT)
        }
        (Some(Confirm::PutBack), _) => (
            words::put_back_say(seen.state.released.as_ref(), &place(model)),
            put_back(model, width),
            words::PUT_BACK_NEXT,
        ),
        (Some(Confirm::Close), _) => (
            words::CLOSE_SAY.to_owned(),
            close(model, width),
            match seen.state.released {
                Some(Release::Unmounted | Release::ByHand { .. }) => words::CLOSE_NEXT_MEDIA,
                Some(Release::Folder) | None => words::CLOSE_NEXT,
            },
        ),
        _ => return Page::default(),
    };
    Page {
        say: text,
        body,
        ask: ask(model, next, width),
    }
}

/// The words that people take along.
fn on_paper(seen: &Snapshot, width: usize) -> Vec<Row> {
    let mut body = Vec::new();
    if let Some(head) = seen.state.checkpoint {
        body.push(Row::of(Tone::Quiet, custody::BREAK_WORDS));
        body.extend(card::word_grid(&spoken::words(&head.root), width));
    }
    body.extend(para(Tone::Warn, custody::BREAK_PAPER, width));
    body
}

fn generate(model: &Model, on: &Id, key: &Id, algorithm: &str, width: usize) -> Vec<Row> {
    let mut body = card::full(&model.seen, on, width);
    body.extend(fact(words::KEY, 12, Tone::Strong, key.as_str(), width));
    body.extend(fact(words::ALGORITHM, 12, Tone::Plain, algorithm, width));
    body.extend(fact(
        words::FOR_ROLE,
        12,
        Tone::Plain,
        &roles(&model.seen, key),
        width,
    ));
    body.extend(again(model, key, width));
    let text = if is_file(&model.seen, on) {
        words::GENERATE_FILE
    } else {
        words::GENERATE_BODY
    };
    body.extend(para(Tone::Plain, text, width));
    body
}

/// What a key is for: roles of the metadata, or notes.
pub(super) fn roles(seen: &Snapshot, key: &Id) -> String {
    let script = seen.plan.script();
    if script.attester(key).is_some() {
        return attest::FOR_NOTES.to_owned();
    }
    let roles: Vec<&str> = script
        .results
        .iter()
        .filter(|r| r.keys.contains(key))
        .map(|r| r.metadata.as_str())
        .collect();
    roles.join(", ")
}

/// A warning where a key of this name was made before.
pub(super) fn again(model: &Model, key: &Id, width: usize) -> Vec<Row> {
    match model.seen.state.attempts.get(key) {
        Some(attempt) if *attempt > 1 => para(Tone::Warn, &words::attempt(*attempt), width),
        _ => Vec::new(),
    }
}

/// The device is a key file.
pub(super) fn is_file(seen: &Snapshot, on: &Id) -> bool {
    let token = seen.plan.script().token(on);
    token.is_some_and(|t| t.backend == Backend::File)
}

fn sign(model: &Model, role: &MetadataName, on: &Id, key: &Id, width: usize) -> Vec<Row> {
    let seen = &model.seen;
    let Some(file) = seen.state.files.get(role) else {
        return Vec::new();
    };
    let meter = model.meters.iter().find(|(r, _)| r == role).map(|(_, m)| m);
    let mut inner = Vec::new();
    let room = width.saturating_sub(4);
    let mut add = |name: &str, tone: Tone, text: &str| inner.extend(fact(name, 10, tone, text, room));
    add(
        words::FILE,
        Tone::Strong,
        &words::file_line(&file.draft.file_name(), role.as_str(), file.draft.version),
    );
    add(
        words::DIGEST,
        Tone::Strong,
        &words::digest(&file.draft.digest.grouped()),
    );
    // The thresholds before the rest: a small terminal folds the end away.
    let both = meter_lines(&seen.plan, &seen.state);
    if *role == RoleName::Root && !both.is_empty() {
        // TUF 5.3.4: a new root needs the old threshold and its own.
        for line in &both {
            add(words::SIGNED, Tone::Plain, line);
        }
    } else if let Some(m) = meter {
        let keys = keys_of(&seen.plan, &seen.state, role).len();
        add(
            words::SIGNED,
            Tone::Plain,
            &words::meter(m.distinct, m.threshold, m.needed(), keys),
        );
    }
    if let Some(state) = seen.state.keys.get(key) {
        let keyid = keyids(seen, role, state);
        add(
            words::KEY,
            Tone::Plain,
            &words::key_line(key.as_str(), state.algorithm.name()),
        );
        for id in &keyid {
            add(words::KEYID, Tone::Plain, &card::grouped(id));
        }
    }
    add(
        words::DEVICE,
        Tone::Plain,
        &words::device_line(
            on.as_str(),
            &card::masked(&seen.state, on),
            card::unlocked(&seen.state, on),
        ),
    );
    let mut body = boxed(words::SIGN_TITLE, inner, width);
    let card = seen.state.bench.get(on).and_then(|t| t.card.as_ref());
    if let Some(seconds) = card.and_then(|c| touch_seconds(&c.quirks)) {
        // First, so that no scroll hides it.
        body.splice(0..0, para(Tone::Warn, &words::touch(seconds), width));
    }
    body
}

/// The ids under which the signature will stand.
fn keyids(seen: &Snapshot, role: &MetadataName, key: &crate::engine::KeyState) -> Vec<String> {
    let ids = crate::engine::keyids(&seen.plan, &seen.state, role, &key.public);
    ids.iter().map(ToString::to_string).collect()
}

/// How many files, how many bytes, and the list; what clients read stands first.
fn export(model: &Model, width: usize) -> (usize, usize, Vec<Row>) {
    let seen = &model.seen;
    let media = model
        .places
        .media
        .clone()
        .unwrap_or_else(|| words::THE_MEDIA.to_owned());
    let mut body = fact(words::TO, 12, Tone::Strong, &media, width);
    let contents = export_contents(&seen.plan, &seen.state);
    let verifier = seen.state.verifier.as_ref();
    let verifier = verifier.map_or(0, |v| usize::try_from(v.len).unwrap_or(usize::MAX));
    let mut files: Vec<(&str, usize)> = contents
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_ref().map_or(verifier, |b| b.len())))
        .collect();
    files.sort_by_key(|(path, _)| match *path {
        path if path.starts_with("metadata/") => 0,
        path if path.starts_with("blobs/") => 2,
        _ => 1,
    });
    let all = files
        .iter()
        .fold(0usize, |sum, (_, size)| sum.saturating_add(*size));
    for (path, size) in &files {
        let size = words::bytes(*size);
        let room = width.saturating_sub(14);
        let lines = para(Tone::Plain, path, room);
        for (i, line) in lines.into_iter().enumerate() {
            let left = if i == 0 {
                format!("{size:>12}  ")
            } else {
                " ".repeat(14)
            };
            let mut row = Row::of(Tone::Quiet, left);
            row.0.extend(line.0);
            body.push(row);
        }
    }
    (files.len(), all, body)
}

/// The files are on the media; whether they stay there is seen after a real
/// removal.
/// Where the media is on this machine: the record names no folder of it.
fn place(model: &Model) -> String {
    let place = model.places.media.as_deref().map(safe);
    place.unwrap_or_else(|| words::THE_MEDIA.to_owned())
}

fn put_back(model: &Model, width: usize) -> Vec<Row> {
    let state = &model.seen.state;
    let place = place(model);
    let mut body = fact(words::TO, 12, Tone::Strong, &place, width);
    match &state.released {
        Some(Release::Unmounted) => {
            body.extend(para(Tone::Good, words::PUT_BACK_UNMOUNTED, width));
        }
        Some(Release::ByHand { because, .. }) => {
            let not_yet = words::put_back_by_hand(&safe(because));
            body.extend(para(Tone::Bad, &not_yet, width));
            for line in words::put_back_list(&place) {
                body.extend(para(Tone::Plain, &line, width));
            }
        }
        Some(Release::Folder) | None => {
            body.extend(para(Tone::Plain, words::PUT_BACK_FOLDER, width));
            return body;
        }
    }
    body.push(Row::blank());
    body.extend(para(Tone::Plain, words::PUT_BACK_WHY, width));
    body
}

fn close(model: &Model, width: usize) -> Vec<Row> {
    let state = &model.seen.state;
    let mut body = Vec::new();
    let mut add = |name: &str, text: String| body.extend(fact(name, 18, Tone::Plain, &text, width));
    add(words::RECORD, words::records(model.seen.records));
    let made = state.keys.values().filter(|k| !k.enrolled).count();
    add(words::KEYS_MADE, made.to_string());
    add(words::FILES_EXPORTED, state.exported.len().to_string());
    add(words::DEVIATIONS, state.deviations.to_string());
    for (role, meter) in &model.meters {
        let keys = keys_of(&model.seen.plan, state, role).len();
        add(
            role.as_str(),
            words::meter(meter.distinct, meter.threshold, meter.needed(), keys),
        );
    }
    body.push(Row::blank());
    body.extend(para(Tone::Warn, words::CLOSE_BODY, width));
    body
}
