//! What a quorum says, one person after the other: a waiver, another payload in
//! the place of an earlier one, a seal whose number is not the recorded one. One
//! line a person, each with a word to type, so that no leader answers for all.

use super::Plan;
use crate::base::Id;

/// One line that a person confirms with a word: of a checklist, or of a quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is shown.
    pub text: String,
    /// What must be typed.
    pub word: String,
}

impl Plan {
    /// How many of a role must agree.
    #[must_use]
    pub fn quorum(&self, by: &Id) -> u32 {
        self.role(by).map_or(1, |r| r.quorum)
    }

    /// One line for each of the quorum of a role; `text` is given who speaks.
    #[must_use]
    pub fn quorum_lines(&self, by: &Id, word: &str, text: impl Fn(&str) -> String) -> Vec<Line> {
        let quorum = self.quorum(by);
        (1..=quorum)
            .map(|n| Line {
                text: text(&format!("{by} {n} of {quorum}")),
                word: word.to_owned(),
            })
            .collect()
    }
}
