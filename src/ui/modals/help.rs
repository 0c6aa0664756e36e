//! F1: what is asked, why, what comes next, and what happens if somebody pulls
//! the plug now. Also every key, since a footer may not hold them all.

use crate::engine::Plug;
use crate::ui::keymap;
use crate::ui::layout::Page;
use crate::ui::model::Model;
use crate::ui::plug;
use crate::ui::screens;
use crate::ui::theme::Tone;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording;

/// The page.
pub fn page(model: &Model, width: usize) -> Page {
    let help = screens::of(model).help;
    let mut body = Vec::new();
    let mut part = |name: &str, text: &str| {
        body.push(Row::of(Tone::Strong, name));
        body.extend(para(Tone::Plain, text, width));
        body.push(Row::blank());
    };
    part(wording::HELP_ASKED, help.asked);
    part(wording::HELP_WHY, help.why);
    part(wording::HELP_NEXT, help.next);
    let (class, sentences) = plug::answer(model);
    let tone = if class == Plug::NothingLost {
        Tone::Good
    } else {
        Tone::Bad
    };
    body.push(Row::of(Tone::Strong, wording::HELP_PLUG));
    body.push(Row::of(tone, wording::plug::class(class)));
    for sentence in sentences {
        body.extend(para(Tone::Plain, &sentence, width));
    }
    body.push(Row::blank());
    if !model.ended()
        && let Some(planned) = model
            .seen
            .plan
            .step(model.seen.state.cursor)
            .filter(|_| model.seen.state.begun)
    {
        let says = planned.step.verb.says();
        body.push(Row::of(Tone::Strong, wording::HELP_STEP));
        for (name, text) in [
            (wording::SAYS_BEFORE, says.before),
            (wording::SAYS_AFTER, says.after),
            (wording::SAYS_EVIDENCE, says.evidence),
            (wording::SAYS_RETRY, says.retry.words()),
        ] {
            body.extend(fact(name, 12, Tone::Plain, text, width));
        }
        body.push(Row::blank());
    }
    body.push(Row::of(Tone::Strong, wording::HELP_KEYS));
    for (name, intent) in keymap::all() {
        body.extend(fact(name, 12, Tone::Plain, wording::key_means(intent), width));
    }
    Page {
        say: wording::HELP_SAY.to_owned(),
        body,
        ask: para(Tone::Quiet, wording::ESC_BACK, width),
    }
}
