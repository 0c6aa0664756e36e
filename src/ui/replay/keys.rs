//! The keys of a replay, in one table: the footer and the help are made from
//! it. Nothing is typed into a past screen, so letters are free for moving.

use crate::ui::keymap::{self, Intent};
use crate::ui::wording::replay as words;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// The next screen.
    Next,
    /// The screen before.
    Before,
    /// The first screen of the next act.
    NextAct,
    /// The first screen of this act, or of the one before.
    ActBefore,
    /// The first screen.
    First,
    /// The last screen.
    Last,
    /// To a record, by its number.
    GoTo,
    /// Search.
    Search,
    /// The next hit.
    NextHit,
    /// The hit before.
    HitBefore,
    /// Filter by who.
    Person,
    /// Filter by device.
    Token,
    /// Filter by type.
    Kind,
    /// No filter.
    Clear,
    /// The checks.
    Checks,
    /// Every record.
    Records,
    /// The evidence, whole.
    Evidence,
    /// The column beside the screen.
    Column,
    /// The plan and the state then.
    Plan,
    /// The payload as text or as JSON.
    Json,
    /// Scrolls.
    Down,
    /// Scrolls.
    Up,
    /// Scrolls.
    PageDown,
    /// Scrolls.
    PageUp,
    /// This table.
    Help,
    /// Out of what lies over the screen.
    Back,
    /// Out of the replay.
    Leave,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// What is pressed.
    pub intent: Intent,
    /// What it does.
    pub does: Does,
    /// For the footer; empty: only the help shows it.
    pub short: &'static str,
    /// For the help.
    pub long: &'static str,
}

const fn key(intent: Intent, does: Does, (short, long): (&'static str, &'static str)) -> Key {
    Key {
        intent,
        does,
        short,
        long,
    }
}

/// The table, in the order of the footer and of the help.
pub const TABLE: &[Key] = &[
    key(Intent::Right, Does::Next, words::KEY_NEXT),
    key(Intent::Left, Does::Before, words::KEY_BEFORE),
    key(Intent::Char('+'), Does::NextAct, words::KEY_NEXT_ACT),
    key(Intent::Char('-'), Does::ActBefore, words::KEY_ACT_BEFORE),
    key(Intent::Char('e'), Does::Evidence, words::KEY_EVIDENCE),
    key(Intent::Char('c'), Does::Checks, words::KEY_CHECKS),
    key(Intent::Char('/'), Does::Search, words::KEY_SEARCH),
    key(Intent::Help, Does::Help, words::KEY_HELP),
    key(Intent::Char('q'), Does::Leave, words::KEY_LEAVE),
    key(Intent::Char('n'), Does::NextHit, words::KEY_NEXT_HIT),
    key(Intent::Char('N'), Does::HitBefore, words::KEY_HIT_BEFORE),
    key(Intent::Char('g'), Does::GoTo, words::KEY_GO_TO),
    key(Intent::Char('l'), Does::Records, words::KEY_RECORDS),
    key(Intent::Top, Does::First, words::KEY_FIRST),
    key(Intent::Bottom, Does::Last, words::KEY_LAST),
    key(Intent::Char('p'), Does::Person, words::KEY_PERSON),
    key(Intent::Char('t'), Does::Token, words::KEY_TOKEN),
    key(Intent::Char('k'), Does::Kind, words::KEY_KIND),
    key(Intent::Char('x'), Does::Clear, words::KEY_CLEAR),
    key(Intent::Down, Does::Down, words::KEY_DOWN),
    key(Intent::Up, Does::Up, words::KEY_UP),
    key(Intent::PageDown, Does::PageDown, words::KEY_PAGE_DOWN),
    key(Intent::PageUp, Does::PageUp, words::KEY_PAGE_UP),
    key(Intent::Next, Does::Column, words::KEY_COLUMN),
    key(Intent::Overview, Does::Plan, words::KEY_PLAN),
    key(Intent::Toggle, Does::Json, words::KEY_JSON),
    key(Intent::Back, Does::Back, words::KEY_BACK),
    key(Intent::Leave, Does::Leave, words::KEY_LEAVE_ALWAYS),
];

/// What a press does; `None`: nothing here.
#[must_use]
pub fn does(intent: Intent) -> Option<Does> {
    TABLE.iter().find(|k| k.intent == intent).map(|k| k.does)
}

/// A key's name on screens.
#[must_use]
pub fn name(intent: Intent) -> String {
    match intent {
        Intent::Char(c) => c.to_string(),
        other => keymap::name(other).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_stands_twice_and_each_has_a_name_and_a_sentence() {
        for (i, a) in TABLE.iter().enumerate() {
            assert!(!name(a.intent).is_empty() && !a.long.is_empty(), "{a:?}");
            assert!(TABLE.iter().skip(i + 1).all(|b| a.intent != b.intent), "{a:?}");
        }
    }
}
