//! What a device says about the keys that it made, in plain words: the chain of
//! certificates up to the vendor's root, each claim, and what none of it shows.
//! Every group of facts stands under its class (DESIGN 5): what the device signed,
//! what anyone computes from the record, what only this machine says. Comes by
//! itself when a statement was judged, and with its key from any screen.

use crate::base::{Digest, Id};
use crate::engine::{KeyState, judge_statement};
use crate::script::Backend;
use crate::transcript::Class;
use crate::ui::layout::Page;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{self, attestation as words, safe};

/// The column of names.
const NAME: usize = 13;

/// The page: the keys of the present step's device; of all, where it has none.
#[must_use]
pub fn page(model: &Model, width: usize) -> Page {
    let state = &model.seen.state;
    let step = model.seen.plan.step(state.cursor);
    let here = step.and_then(|s| s.step.verb.token());
    let here = here.filter(|on| state.keys.values().any(|key| key.token == **on));
    let shown = |key: &KeyState| here.is_none_or(|on| key.token == *on);
    let mut body = Vec::new();
    let mut unproven: &[&str] = &[];
    let mut unsigned = false;
    let listed: Vec<(&Id, &KeyState)> = state.keys.iter().filter(|(_, key)| shown(key)).collect();
    for (name, key) in &listed {
        // Of one alone the line above the body says which it is.
        if listed.len() > 1 {
            body.push(Row::of(
                Tone::Strong,
                words::title(name.as_str(), key.token.as_str()),
            ));
        }
        match &key.statement {
            Some(_) => unproven = vouched(model, name, key, width, &mut body),
            None => {
                claimed(model, key, width, &mut body);
                unsigned = true;
            }
        }
        body.push(Row::blank());
    }
    not_shown(words::NOT_SHOWN, unproven, width, &mut body);
    if unsigned {
        not_shown(
            words::NOT_SHOWN_CLAIMS,
            words::CLAIMS_DO_NOT_SHOW,
            width,
            &mut body,
        );
    }
    let others = state.keys.values().filter(|key| !shown(key)).count();
    if others > 0 {
        body.extend(para(Tone::Quiet, &words::others(others), width));
    }
    if state.keys.is_empty() {
        body.extend(para(Tone::Plain, words::NO_KEYS, width));
    }
    Page {
        say: match listed.as_slice() {
            [(name, key)] => words::say_of(name.as_str(), key.token.as_str()),
            _ => words::SAY.to_owned(),
        },
        body,
        ask: para(Tone::Quiet, wording::ESC_BACK, width),
    }
}

fn group(class: Class, text: &str) -> Row {
    Row::of(Tone::Plain, format!("  {text}")).and(Tone::Quiet, format!(" [{}]", class.as_str()))
}

fn add(body: &mut Vec<Row>, width: usize, name: &str, text: &str) {
    body.extend(fact(
        &format!("    {name}"),
        NAME.saturating_add(4),
        Tone::Plain,
        &safe(text),
        width,
    ));
}

/// A key about which its device made a statement that was judged; what no such
/// statement proves.
fn vouched(
    model: &Model,
    name: &Id,
    key: &KeyState,
    width: usize,
    body: &mut Vec<Row>,
) -> &'static [&'static str] {
    let state = &model.seen.state;
    let serial = state.bench.get(&key.token).and_then(|t| t.serial.clone());
    let (Some(statement), serial) = (&key.statement, serial.unwrap_or_default()) else {
        return &[];
    };
    let report = match judge_statement(&model.seen.plan, &serial, name, key, statement) {
        Ok(report) => report,
        Err(why) => {
            body.extend(para(Tone::Bad, &words::unjudged(&safe(&why)), width));
            return &[];
        }
    };
    let got = |check: &str| report.check(check).map(|c| c.got.clone()).unwrap_or_default();
    let passed = |check: &str| report.check(check).is_some_and(|c| c.outcome.as_str() == "pass");
    let verdict = report.verdict();
    let tone = if report.rehearsal { Tone::Warn } else { Tone::Good };
    let text = words::verdict(verdict.as_str(), verdict.meaning());
    body.extend(para(tone, &format!("  {text}"), width));

    body.push(group(Class::DeviceSigned, words::BY_DEVICE));
    add(body, width, words::MADE, words::after_hex(&got("origin")));
    let may = got("capabilities");
    let leaves = if may.contains("exportable-under-wrap") {
        words::EXPORTABLE
    } else {
        words::STAYS
    };
    add(body, width, words::LEAVES, leaves);
    add(body, width, words::MAY, &words::capabilities(&may));
    add(body, width, words::ALGORITHM, key.algorithm.name());
    add(body, width, words::FIRMWARE, &got("firmware"));
    add(
        body,
        width,
        words::OBJECT,
        &words::object(&got("object-id"), &got("label")),
    );
    add(body, width, words::DOMAINS, words::domains(&got("domains")));

    body.push(group(Class::Derived, words::COMPUTED));
    // Its digits are what people read from the body, so they never stand here (law 9).
    let all = passed("serial") && passed("serial-device");
    let masked = card::masked(state, &key.token);
    add(body, width, words::SERIAL, &words::serial(&masked, all));
    add(
        body,
        width,
        words::KEY,
        &words::key(passed("public-key"), &key.public.fingerprint().grouped()),
    );
    let chain = words::chain(name.as_str(), &got("signature-authorities"));
    add(body, width, words::CHAIN, &chain);
    add(body, width, words::ROOT, &regrouped(&got("root")));
    for (number, der) in (1usize..).zip(&statement.certificates) {
        let digest = words::certificate_digest(&data_of(der));
        add(body, width, &words::certificate(number), &digest);
    }
    for check in report.checks.iter().filter(|c| c.outcome.as_str() == "waived") {
        add(body, width, words::WAIVED, &words::waived(check.name, &check.got));
    }
    report.does_not_prove()
}

/// A text that ends in a digest, with the digest in groups like every other one.
fn regrouped(text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((head, hex)) if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            format!("{head} {}", card::grouped(hex))
        }
        _ => text.to_owned(),
    }
}

/// SHA-256 of a certificate as the record has it.
fn data_of(hex: &str) -> String {
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at.saturating_add(2))?, 16).ok())
        .collect();
    bytes.map_or_else(String::new, |der| Digest::of(&der).grouped())
}

/// A key about which nobody signed anything.
fn claimed(model: &Model, key: &KeyState, width: usize, body: &mut Vec<Row>) {
    let backend = model.seen.plan.token(&key.token).map(|t| &t.backend);
    let why = match backend {
        Some(Backend::Yubihsm) => words::NOT_ASKED,
        Some(Backend::File) => words::KEY_FILE,
        _ if key.enrolled => words::ENROLLED,
        Some(Backend::Embedded) => words::EMBEDDED,
        _ => words::NO_STATEMENT,
    };
    body.extend(para(Tone::Warn, &format!("  {why}"), width));
    let has = &key.attributes;
    body.push(group(Class::Claimed, words::BY_MODULE));
    add(body, width, words::MADE, words::made(has.local));
    add(
        body,
        width,
        words::LEAVES,
        words::leaves(has.extractable, has.never_extractable),
    );
    add(body, width, words::MAY, words::uses(has.sign, has.other_uses));
    add(body, width, words::ALGORITHM, key.algorithm.name());
    if let Some(card) = model
        .seen
        .state
        .bench
        .get(&key.token)
        .and_then(|t| t.card.as_ref())
    {
        add(body, width, words::FIRMWARE, &card.firmware);
    }
    add(
        body,
        width,
        words::SERIAL,
        &words::serial_claimed(&card::masked(&model.seen.state, &key.token)),
    );
    if key.proven {
        body.push(group(Class::DeviceSigned, words::PROVEN));
    }
    body.push(group(Class::Derived, words::COMPUTED));
    add(body, width, words::CHAIN, words::NO_CHAIN);
    add(
        body,
        width,
        words::KEY,
        &words::key(true, &key.public.fingerprint().grouped()),
    );
}

fn not_shown(heading: &str, list: &[&str], width: usize, body: &mut Vec<Row>) {
    if list.is_empty() {
        return;
    }
    body.push(Row::of(Tone::Strong, heading));
    for line in list {
        body.extend(para(Tone::Plain, &format!("  - {line}"), width));
    }
    body.push(Row::blank());
}
