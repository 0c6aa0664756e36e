//! The part of the model that is about bags and seals: which numbers a step asks
//! for, and which earlier ones it holds them against. At a formal break that is
//! every device of the script and the media with the record, whether the script
//! thought of them or not (facts/ceremonies.md L7, L15).

use super::Plan;
use super::room::Room;
use crate::base::Id;
use crate::script::{Kind, Script, Step, Verb};

/// What a formal break calls the media that the record lies on.
pub const RECORD_MEDIA: &str = "media with the record";

/// The lines of a step that asks for numbers.
fn items(script: &Script, verb: &Verb) -> Vec<String> {
    match verb {
        Verb::Record { items, .. } => items.clone(),
        Verb::Break { .. } => {
            let tokens = script.tokens.iter().map(|t| t.id.to_string());
            tokens.chain([RECORD_MEDIA.to_owned()]).collect()
        }
        _ => Vec::new(),
    }
}

impl Plan {
    /// What the step at a position asks the numbers of, in order: the lines of a
    /// `record`; every device and the media of a `break`; nothing elsewhere.
    #[must_use]
    pub fn numbered(&self, cursor: usize) -> Vec<String> {
        self.step(cursor)
            .map(|p| items(self.script(), &p.step.verb))
            .unwrap_or_default()
    }
}

impl Room<'_> {
    /// What a quorum decides in the room, no single person decides in production.
    pub(super) fn need_two(&mut self, step: &Step) {
        let role = self.script.roles.iter().find(|r| r.id == step.by);
        let alone = self.script.kind == Kind::Production && role.is_some_and(|r| r.quorum < 2);
        self.need(
            step,
            !alone,
            format!("one person of {} would decide alone", step.by),
            "let a role act whose quorum is two or more",
        );
    }

    pub(super) fn record_numbers(&mut self, step: &Step, lines: &[String], same_as: Option<&Id>) {
        let Some(earlier) = same_as else {
            self.numbered.insert(step.id.clone(), lines.to_vec());
            return;
        };
        self.need_two(step);
        let known = self.numbered.get(earlier).cloned();
        self.need(
            step,
            known.is_some(),
            format!("no earlier `record` step {earlier} notes numbers"),
            "name in `same_as` the step that noted them first",
        );
        let known = known.unwrap_or_default();
        if let Some(line) = lines
            .iter()
            .find(|l| !known.contains(l))
            .filter(|_| !known.is_empty())
        {
            self.need(
                step,
                false,
                format!("{earlier} notes no number of `{}`", crate::base::shown(line, 120)),
                "copy the line from there, word for word",
            );
        }
    }

    pub(super) fn formal_break(&mut self, step: &Step, source: &Id) {
        self.need_source(step, source);
        self.need_two(step);
        let before = !self.exported;
        self.need(
            step,
            before,
            "a break after the export would leave half a bundle on the media".to_owned(),
            "break before `export`, or not at all",
        );
    }
}
