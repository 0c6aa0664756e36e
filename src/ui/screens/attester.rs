//! A seat with an audit key is asked: enrol it, or sign the record's head with it.
//! What is signed is on the page before anything is typed: how long the record is,
//! its root in words, whose key and token it is. F5 turns to declining, then to an
//! empty seat; both want a reason and neither stops the ceremony.

use super::{Hint, Screen, ask, say, unchecked};
use crate::engine::{Answer, AttesterAct, Phase, Question, State};
use crate::script::{AttesterSpec, AuditKey};
use crate::transcript::words as spoken;
use crate::ui::keymap::Intent;
use crate::ui::layout::Page;
use crate::ui::model::{Extra, Local, Model, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, boxed, fact, para};
use crate::ui::wording::{attest as words, help, safe, secrets};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |seen| agrees(&seen.state),
    page,
    check: unchecked,
    submit: |model| {
        let typed = model.local.pane.form.text(0).to_owned();
        say(match model.local.extra {
            Extra::Declines => Answer::Decline { reason: typed },
            Extra::Absent => Answer::Absent { reason: typed },
            _ => Answer::Attest { typed },
        })
    },
    key,
    hints,
    help: &help::ATTESTER,
};

fn agrees(state: &State) -> Local {
    Local::with(Form::line(match &state.phase {
        Phase::Asking(Question::Attester {
            act: AttesterAct::Countersign,
            ..
        }) => secrets::LAST_FOUR,
        _ => words::ENROL_FIELD,
    }))
}

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Attester { attester, act }) = model.question() else {
        return Page::default();
    };
    let Some(attester) = model.seen.plan.attester(attester) else {
        return Page::default();
    };
    let reason = match model.local.extra {
        Extra::Declines => Some(false),
        Extra::Absent => Some(true),
        _ => None,
    };
    let seat = words::seat(attester.by.as_str(), attester.seat, "");
    let person = person(&model.seen.state, attester);
    let (body, next) = match act {
        AttesterAct::Enrol => (
            enrol(model, attester, reason.is_none(), width),
            words::enrol_next(attester.on.as_str()),
        ),
        AttesterAct::Countersign => (
            countersign(model, attester, reason.is_none(), width),
            words::SIGN_NEXT.to_owned(),
        ),
    };
    let next = reason.map_or(next, |_| words::reason_next(*act).to_owned());
    Page {
        say: words::say(*act, &seat, &person, reason),
        body,
        ask: ask(model, &next, width),
    }
}

/// The name of who sits on the attester's seat; empty where nobody does.
fn person(state: &State, attester: &AttesterSpec) -> String {
    let mut people = state.people.iter();
    let person = people.find(|p| p.role == attester.by && p.seat == attester.seat);
    safe(person.and_then(|p| p.name.as_deref()).unwrap_or_default())
}

fn enrol(model: &Model, attester: &AttesterSpec, agrees: bool, width: usize) -> Vec<Row> {
    let mut body = who(model, attester, width);
    body.push(Row::blank());
    for line in words::ENROL_BODY {
        body.extend(para(Tone::Plain, line, width));
    }
    if agrees {
        body.extend(para(Tone::Plain, words::ENROL_MAY_DECLINE, width));
    }
    body
}

fn countersign(model: &Model, attester: &AttesterSpec, agrees: bool, width: usize) -> Vec<Row> {
    let room = width.saturating_sub(4);
    let mut inner = who(model, attester, room);
    if let Some(signing) = &model.seen.state.countersigning {
        let head = signing.head;
        let mut add = |name: &str, text: &str| inner.extend(fact(name, 12, Tone::Strong, text, room));
        add(words::RECORD, &words::lines(head.size));
        add(words::ROOT, &head.root.grouped());
        inner.push(Row::of(Tone::Quiet, words::WORDS));
        inner.extend(card::word_grid(&spoken::words(&head.root), room));
    }
    // What the signature means stands first: on a small terminal the box is long.
    let mut body = Vec::new();
    if agrees {
        body.extend(para(Tone::Plain, words::SIGN_BODY, width));
    }
    let title = if agrees { words::TITLE } else { words::TITLE_NOT };
    body.extend(boxed(title, inner, width));
    if agrees {
        body.extend(para(Tone::Plain, words::SIGN_MAY_DECLINE, width));
    }
    body
}

/// Whose key, which key, on which token; the serial's end stays on the body.
fn who(model: &Model, attester: &AttesterSpec, width: usize) -> Vec<Row> {
    let state = &model.seen.state;
    let person = person(state, attester);
    let key = match (state.attesters.get(&attester.id), &attester.key) {
        (Some(crate::engine::Attesting::Enrolled(vkey)), _) => vkey.to_string(),
        (_, AuditKey::Known(vkey)) => vkey.to_string(),
        (_, AuditKey::MadeHere) => format!("{}, {}", attester.id, words::MADE_HERE),
    };
    let mut rows = Vec::new();
    let mut add = |name: &str, text: &str| rows.extend(fact(name, 12, Tone::Plain, text, width));
    add(
        words::SEAT,
        &words::seat(attester.by.as_str(), attester.seat, &person),
    );
    add(words::KEY, &key);
    let serial = card::masked(state, &attester.on);
    add(words::TOKEN, &format!("{} {serial}", attester.on));
    rows
}

fn key(model: &mut Model, intent: Intent) -> Option<Vec<Out>> {
    let (form, extra) = match (intent, &model.local.extra) {
        (Intent::Other, Extra::Declines) => (Form::line(words::REASON_ABSENT), Extra::Absent),
        (Intent::Other, Extra::Absent) | (Intent::Back, Extra::Absent | Extra::Declines) => {
            model.local = agrees(&model.seen.state);
            return Some(Vec::new());
        }
        (Intent::Other, _) => (Form::line(words::REASON), Extra::Declines),
        _ => return None,
    };
    model.local = Local::with(form);
    model.local.extra = extra;
    Some(Vec::new())
}

fn hints(model: &Model) -> Vec<Hint> {
    let text = match model.local.extra {
        Extra::Declines => words::F5_ABSENT,
        Extra::Absent => words::F5_SIGNS,
        _ => words::F5_DECLINE,
    };
    vec![(Intent::Other, text)]
}
