//! `--theme`: how the full screen looks, for eyes and terminals that differ. It
//! changes no check and no text; without it `NO_COLOR` chooses, as everywhere.

use std::sync::OnceLock;

use clap::ValueEnum;

use crate::ui::Theme;

/// What was asked for on the command line.
static ASKED: OnceLock<Theme> = OnceLock::new();

/// The word on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Asked {
    /// Sixteen colours.
    #[value(alias = "color")]
    Colour,
    /// High contrast.
    Contrast,
    /// Bold and reverse, no colour.
    Mono,
}

/// Keeps what was asked for; the first time counts.
pub(super) fn ask(asked: Option<Asked>) {
    if let Some(asked) = asked {
        ASKED.get_or_init(|| match asked {
            Asked::Colour => Theme::Colour,
            Asked::Contrast => Theme::Contrast,
            Asked::Mono => Theme::Mono,
        });
    }
}

/// What was asked for, or what `NO_COLOR` says: set and not empty, whatever it is
/// (no-color.org), since meaning never rests on colour.
pub(super) fn theme() -> Theme {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    match ASKED.get() {
        Some(theme) => *theme,
        None if no_color => Theme::Mono,
        None => Theme::Colour,
    }
}
