//! Several acts of one device on one page: the keys that it will make, or the
//! payloads that it will sign, each with its whole digest. One text from the
//! device's body stands for all of them, so nothing is taken before the last
//! line was in sight (laws 4 and 9; the engine keeps what was agreed to).

use super::confirm;
use crate::base::Id;
use crate::base::device::touch_seconds;
use crate::engine::{Confirm, Phase, Question};
use crate::runner::Snapshot;
use crate::script::Verb;
use crate::tuf::MetadataName;
use crate::ui::layout::Page;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{screens as words, together};

/// How many acts the open confirmation stands for; 1 where it stands for its step.
#[must_use]
pub fn count(seen: &Snapshot) -> usize {
    let several = matches!(
        seen.state.phase,
        Phase::Asking(Question::Confirm {
            what: Confirm::Generate | Confirm::Sign
        })
    );
    if several {
        seen.plan.together(seen.state.cursor).len().max(1)
    } else {
        1
    }
}

/// The page; `None` where the confirmation stands for one step.
#[must_use]
pub fn page(model: &Model, width: usize) -> Option<Page> {
    let seen = &model.seen;
    let many = count(seen);
    if many < 2 {
        return None;
    }
    let steps = seen.plan.together(seen.state.cursor);
    let verbs: Vec<&Verb> = steps
        .filter_map(|at| Some(&seen.plan.step(at)?.step.verb))
        .collect();
    let on = verbs.first().and_then(|v| v.token())?;
    let (say, body, next) = match verbs.first()? {
        Verb::GenerateKey { .. } => (
            together::generate_say(many, on.as_str()),
            keys(model, on, &verbs, width),
            together::KEYS_NEXT,
        ),
        _ => (
            together::sign_say(many, on.as_str()),
            payloads(model, on, &verbs, width),
            together::SIGN_NEXT,
        ),
    };
    let next = if model.local.pane.end_seen {
        next
    } else {
        together::UNREAD
    };
    Some(Page {
        say,
        body,
        ask: super::ask(model, next, width),
    })
}

fn keys(model: &Model, on: &Id, verbs: &[&Verb], width: usize) -> Vec<Row> {
    let mut body = card::full(&model.seen, on, width);
    for (number, verb) in (1usize..).zip(verbs) {
        let Verb::GenerateKey { key, algorithm, .. } = verb else {
            continue;
        };
        let roles = confirm::roles(&model.seen, key);
        let text = together::key(key.as_str(), algorithm.name(), &roles);
        body.extend(fact(&number.to_string(), 3, Tone::Strong, &text, width));
        body.extend(confirm::again(model, key, width));
    }
    let text = if confirm::is_file(&model.seen, on) {
        together::KEYS_FILE
    } else {
        together::KEYS_BODY
    };
    body.extend(para(Tone::Plain, text, width));
    body
}

fn payloads(model: &Model, on: &Id, verbs: &[&Verb], width: usize) -> Vec<Row> {
    let seen = &model.seen;
    let mut body = Vec::new();
    let card = seen.state.bench.get(on).and_then(|t| t.card.as_ref());
    if let Some(seconds) = card.and_then(|c| touch_seconds(&c.quirks)) {
        body.extend(para(Tone::Warn, &words::touch(seconds), width));
    }
    let device = words::device_line(
        on.as_str(),
        &card::masked(&seen.state, on),
        card::unlocked(&seen.state, on),
    );
    body.extend(fact(words::DEVICE, 8, Tone::Plain, &device, width));
    for (number, verb) in (1usize..).zip(verbs) {
        let Verb::Sign { metadata, key, .. } = verb else {
            continue;
        };
        body.extend(payload(model, number, metadata, key, width));
    }
    body
}

fn payload(model: &Model, number: usize, metadata: &MetadataName, key: &Id, width: usize) -> Vec<Row> {
    let seen = &model.seen;
    let Some(file) = seen.state.files.get(metadata) else {
        return Vec::new();
    };
    let name = words::file_line(&file.draft.file_name(), metadata.as_str(), file.draft.version);
    let mut rows = fact(&number.to_string(), 3, Tone::Strong, &name, width);
    let digest = words::digest(&file.draft.digest.grouped());
    rows.extend(fact("", 3, Tone::Strong, &digest, width));
    let algorithm = seen.state.keys.get(key).map_or("", |k| k.algorithm.name());
    let meter = model.meters.iter().find(|(role, _)| role == metadata);
    let (have, need) = meter.map_or((0, 0), |(_, m)| (m.distinct, m.threshold));
    let text = together::with(key.as_str(), algorithm, have, need);
    rows.extend(fact("", 3, Tone::Plain, &text, width));
    rows
}
