//! One seat of the roll call: a name, or with F5 the reason why nobody sits
//! there. Names are claims that people type; the record says so.

use super::{Hint, Screen, ask, say, unchecked};
use crate::base::Id;
use crate::engine::{Answer, Question};
use crate::ui::keymap::Intent;
use crate::ui::layout::Page;
use crate::ui::model::{Extra, Local, Model, Out};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, para};
use crate::ui::widgets::text::pad;
use crate::ui::wording::{help, safe, screens as words};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::SEAT_NAME)),
    page,
    check: unchecked,
    submit: |model| {
        let typed = model.local.pane.form.text(0).to_owned();
        say(match model.local.extra {
            Extra::Absent => Answer::Absent { reason: typed },
            _ => Answer::Present { name: typed },
        })
    },
    key,
    hints,
    help: &help::SEAT,
};

fn page(model: &Model, width: usize) -> Page {
    let Some(Question::Seat { role, seat, again }) = model.question() else {
        return Page::default();
    };
    let spec = model.seen.plan.role(role);
    let (seats, quorum) = spec.map_or((0, 0), |r| (r.seats, r.quorum));
    let listed: Vec<&str> = spec
        .map(|r| r.pseudonyms.iter().map(Id::as_str).collect())
        .unwrap_or_default();
    let absent = matches!(model.local.extra, Extra::Absent);
    let mut body = Vec::new();
    let here = model.seen.state.present(role).len();
    if *again {
        body.extend(para(
            Tone::Warn,
            &words::quorum_missed(role.as_str(), here, quorum),
            width,
        ));
        body.push(Row::blank());
    }
    if !listed.is_empty() && !absent {
        body.extend(para(Tone::Plain, words::PSEUDONYMS, width));
        body.push(Row::blank());
    }
    for spec in &model.seen.plan.script().roles {
        body.push(Row::of(
            Tone::Quiet,
            words::quorum(spec.id.as_str(), spec.quorum, spec.seats),
        ));
        for number in 1..=spec.seats {
            let person = model
                .seen
                .state
                .people
                .iter()
                .find(|p| p.role == spec.id && p.seat == number);
            let now = spec.id == *role && number == *seat;
            let (tone, text) = match person {
                Some(p) => match &p.name {
                    Some(name) => (Tone::Good, safe(name)),
                    None => (Tone::Warn, words::empty_seat(&safe(&p.reason))),
                },
                None if now => (Tone::Strong, words::SEAT_NOW.to_owned()),
                None => (Tone::Plain, words::SEAT_LATER.to_owned()),
            };
            let label = pad(&format!("  {} {number}", spec.id), 20);
            body.push(Row::of(Tone::Plain, label).and(tone, text));
        }
    }
    let place = words::seat(role.as_str(), *seat, seats);
    let next = next_seat(model, role, *seat).map_or_else(
        || words::SEAT_LAST.to_owned(),
        |(role, seat, seats)| words::seat_next(&words::seat(role.as_str(), seat, seats)),
    );
    Page {
        say: words::seat_say(&place, absent, &listed.join(", ")),
        body,
        ask: ask(model, &next, width),
    }
}

/// The seat that is asked for after this one, as the engine goes through them.
fn next_seat<'m>(model: &'m Model, role: &Id, seat: u32) -> Option<(&'m Id, u32, u32)> {
    let people = &model.seen.state.people;
    let roles = model.seen.plan.script().roles.iter();
    let mut seats = roles.flat_map(|spec| (1..=spec.seats).map(move |n| (&spec.id, n, spec.seats)));
    seats.find(|(of, n, _)| {
        let answered = people.iter().any(|p| p.role == **of && p.seat == *n);
        let now = *of == role && *n == seat;
        !answered && !now
    })
}

fn key(model: &mut Model, intent: Intent) -> Option<Vec<Out>> {
    let absent = matches!(model.local.extra, Extra::Absent);
    match intent {
        Intent::Other if !absent => {
            model.local = Local::with(Form::line(words::SEAT_REASON));
            model.local.extra = Extra::Absent;
        }
        Intent::Other | Intent::Back if absent => {
            model.local = Local::with(Form::line(words::SEAT_NAME));
        }
        _ => return None,
    }
    Some(Vec::new())
}

fn hints(model: &Model) -> Vec<Hint> {
    let text = match model.local.extra {
        Extra::Absent => words::SEAT_F5_BACK,
        _ => words::SEAT_F5,
    };
    vec![(Intent::Other, text)]
}
