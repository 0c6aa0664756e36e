//! Keys to intents, in one table: the footers are made from it, so a key that
//! is shown works and a key that works is shown. Nothing is bound to Alt or to
//! modified arrows: the Linux console loses them (facts on the console).

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a person wants, whatever key said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// A character to type.
    Char(char),
    /// Go on with what was typed.
    Enter,
    /// Take the last character back.
    Backspace,
    /// Empty the field.
    Clear,
    /// The next field.
    Next,
    /// One line or field down.
    Down,
    /// One line or field up.
    Up,
    /// To what came before.
    Left,
    /// To what comes next.
    Right,
    /// One page down.
    PageDown,
    /// One page up.
    PageUp,
    /// To the first line.
    Top,
    /// To the last line.
    Bottom,
    /// What is asked, why, what next.
    Help,
    /// Note a deviation.
    Note,
    /// The simulated second machine.
    Second,
    /// The whole plan.
    Overview,
    /// What the devices say about their keys.
    Claims,
    /// Look for a text in what is read.
    Find,
    /// The next place that has it.
    FindNext,
    /// The next line that says what changes.
    NextChange,
    /// Fold away what stayed the same, or show it.
    Fold,
    /// The other way of answering.
    Other,
    /// The other view of the same thing.
    Toggle,
    /// QR codes.
    Qr,
    /// What the words mean.
    Glossary,
    /// Back.
    Back,
    /// Pause or abort.
    Leave,
}

/// One key of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// What it means.
    pub intent: Intent,
    /// Its name on screens.
    pub name: &'static str,
    code: KeyCode,
    control: bool,
}

const fn key(name: &'static str, code: KeyCode, intent: Intent) -> Binding {
    Binding {
        intent,
        name,
        code,
        control: false,
    }
}

/// The table.
pub const TABLE: &[Binding] = &[
    key("F1", KeyCode::F(1), Intent::Help),
    key("F2", KeyCode::F(2), Intent::Note),
    key("F3", KeyCode::F(3), Intent::Second),
    key("F4", KeyCode::F(4), Intent::Overview),
    key("F5", KeyCode::F(5), Intent::Other),
    key("F6", KeyCode::F(6), Intent::Toggle),
    key("F7", KeyCode::F(7), Intent::Qr),
    key("F8", KeyCode::F(8), Intent::Glossary),
    key("F9", KeyCode::F(9), Intent::Claims),
    key("Esc", KeyCode::Esc, Intent::Back),
    key("Enter", KeyCode::Enter, Intent::Enter),
    key("Backspace", KeyCode::Backspace, Intent::Backspace),
    key("Tab", KeyCode::Tab, Intent::Next),
    key("Down", KeyCode::Down, Intent::Down),
    key("Up", KeyCode::Up, Intent::Up),
    key("PgDn", KeyCode::PageDown, Intent::PageDown),
    key("PgUp", KeyCode::PageUp, Intent::PageUp),
    key("Home", KeyCode::Home, Intent::Top),
    key("End", KeyCode::End, Intent::Bottom),
    Binding {
        intent: Intent::Leave,
        name: "Ctrl-C",
        code: KeyCode::Char('c'),
        control: true,
    },
    Binding {
        intent: Intent::Clear,
        name: "Ctrl-U",
        code: KeyCode::Char('u'),
        control: true,
    },
];

/// Keys of a review alone: in a ceremony they do nothing, and its help is silent on them.
const WALKING: &[Binding] = &[
    key("Left", KeyCode::Left, Intent::Left),
    key("Right", KeyCode::Right, Intent::Right),
];

fn bound() -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().chain(WALKING)
}

/// Letters that are keys on a screen that is read, while nothing is typed there:
/// none of them begins the word that the screen asks for.
pub const READING: &[(char, &str, Intent)] = &[
    ('/', "/", Intent::Find),
    ('n', "n", Intent::FindNext),
    ('c', "c", Intent::NextChange),
    ('z', "z", Intent::Fold),
];

/// What a letter means on a screen that is read.
#[must_use]
pub fn reading(c: char) -> Option<Intent> {
    READING
        .iter()
        .find(|(key, ..)| *key == c)
        .map(|(.., intent)| *intent)
}

/// Every key of a ceremony with its name, in the order of the tables.
pub fn all() -> impl Iterator<Item = (&'static str, Intent)> {
    let letters = READING.iter().map(|(_, name, intent)| (*name, *intent));
    TABLE.iter().map(|b| (b.name, b.intent)).chain(letters)
}

/// The name of the key for an intent.
#[must_use]
pub fn name(intent: Intent) -> &'static str {
    let letter = READING
        .iter()
        .find(|(.., i)| *i == intent)
        .map(|(_, name, _)| *name);
    let key = bound().find(|b| b.intent == intent).map(|b| b.name);
    key.or(letter).unwrap_or("")
}

/// The intent of a key press; `None` for keys that mean nothing here.
#[must_use]
pub fn intent(event: &KeyEvent) -> Option<Intent> {
    if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    // Caps Lock turns Ctrl-C into Ctrl-Shift-C on some terminals.
    let code = match event.code {
        KeyCode::Char(c) if control => KeyCode::Char(c.to_ascii_lowercase()),
        other => other,
    };
    let bound = bound().find(|b| b.code == code && b.control == control);
    match (bound, code) {
        (Some(binding), _) => Some(binding.intent),
        (None, KeyCode::Char(c)) if !control => Some(Intent::Char(c)),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alt_is_bound_to_nothing_and_ctrl_c_survives_caps_lock() {
        let press = |code, modifiers| intent(&KeyEvent::new(code, modifiers));
        assert_eq!(press(KeyCode::Char('x'), KeyModifiers::ALT), None);
        assert_eq!(press(KeyCode::F(1), KeyModifiers::ALT), None);
        assert_eq!(
            press(KeyCode::Char('C'), KeyModifiers::CONTROL | KeyModifiers::SHIFT),
            Some(Intent::Leave)
        );
        assert_eq!(
            press(KeyCode::Char('C'), KeyModifiers::SHIFT),
            Some(Intent::Char('C'))
        );
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::CONTROL), None);
    }

    #[test]
    fn no_key_and_no_intent_stands_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            for b in TABLE.iter().skip(i + 1) {
                assert!(a.intent != b.intent && (a.code, a.control) != (b.code, b.control));
            }
        }
    }
}
