//! Tones to terminal styles, and the closed set of glyphs that may reach a
//! cell. Sixteen colours at most, eight backgrounds (the Linux console has no
//! more), never meaning by colour alone: what a tone says is also in the words.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is for; how it looks is the theme's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// The one thing to do, names, numbers that matter.
    Strong,
    /// Frames and what can be skipped.
    Quiet,
    /// Done, safe.
    Good,
    /// Look here.
    Warn,
    /// Refused, failed, do not unplug.
    Bad,
    /// What a person types.
    Entry,
    /// The banner of a rehearsal.
    Rehearsal,
    /// The banner of a production ceremony.
    Production,
}

/// With or without colour (`NO_COLOR`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Sixteen colours.
    #[default]
    Colour,
    /// Bold and reverse only.
    Mono,
}

impl Theme {
    /// The style of a tone.
    #[must_use]
    pub fn style(self, tone: Tone) -> Style {
        let plain = Style::default();
        let bold = plain.add_modifier(Modifier::BOLD);
        match (self, tone) {
            (_, Tone::Plain) | (Theme::Mono, Tone::Quiet) => plain,
            (Theme::Mono, Tone::Rehearsal | Tone::Production) => bold.add_modifier(Modifier::REVERSED),
            (Theme::Mono, _) | (_, Tone::Strong) => bold,
            (_, Tone::Quiet) => plain.fg(Color::Gray),
            (_, Tone::Good) => plain.fg(Color::LightGreen),
            (_, Tone::Warn) => plain.fg(Color::LightYellow),
            (_, Tone::Bad) => bold.fg(Color::LightRed),
            (_, Tone::Entry) => plain.fg(Color::LightCyan),
            (_, Tone::Rehearsal) => bold.fg(Color::Black).bg(Color::Yellow),
            (_, Tone::Production) => bold.fg(Color::White).bg(Color::Red),
        }
    }
}

/// The belt behind `base::shown`: printable ASCII and light box drawing pass,
/// anything else becomes `?`. Every character of every screen goes through it.
#[must_use]
pub fn glyph(c: char) -> char {
    match c {
        ' '..='~' | '─' | '│' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '█' | '▀' | '▄' => {
            c
        }
        _ => '?',
    }
}
