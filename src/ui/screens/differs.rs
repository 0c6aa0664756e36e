//! A number is not the recorded one, twice. Both are shown now; nothing that is
//! typed takes the difference back. Somebody says why the ceremony should go on,
//! and then a quorum is asked person by person; or it is paused or aborted.

use super::{Screen, ask, no_hints, no_key, say, unchecked};
use crate::engine::{Answer, recorded};
use crate::ui::layout::Page;
use crate::ui::model::{Local, Model};
use crate::ui::theme::Tone;
use crate::ui::widgets::form::Form;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{custody as words, help, safe};

/// The screen.
pub static SCREEN: Screen = Screen {
    local: |_| Local::with(Form::line(words::WHY)),
    page,
    check: unchecked,
    submit: |model| {
        say(Answer::Differs {
            why: model.local.pane.form.text(0).to_owned(),
        })
    },
    key: no_key,
    hints: no_hints,
    help: &help::DIFFERS,
};

fn page(model: &Model, width: usize) -> Page {
    let seen = &model.seen;
    let Some(differs) = &seen.state.differs else {
        return Page::default();
    };
    let was = recorded(&seen.plan, &seen.state, differs.index);
    let item = was.map(|n| safe(&n.item)).unwrap_or_default();
    let mut body = Vec::new();
    let mut add = |name: &str, tone: Tone, text: &str| body.extend(fact(name, 12, tone, text, width));
    add(words::THING, Tone::Plain, &item);
    let number = was.map(|n| match &n.person {
        Some(person) => words::away_line(&safe(&n.number), &safe(person)),
        None => safe(&n.number),
    });
    add(words::RECORDED, Tone::Strong, &number.unwrap_or_default());
    add(words::FOUND, Tone::Bad, &safe(&differs.found));
    body.push(Row::blank());
    for line in words::DIFFERS {
        body.extend(para(Tone::Plain, line, width));
    }
    Page {
        say: words::differs_say(&item),
        body,
        ask: ask(model, words::DIFFERS_NEXT, width),
    }
}
