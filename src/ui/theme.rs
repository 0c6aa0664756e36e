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
    /// The modules of a QR code and the white around them: dark on light.
    Code,
}

impl Tone {
    /// Every tone.
    pub const ALL: [Tone; 10] = [
        Tone::Plain,
        Tone::Strong,
        Tone::Quiet,
        Tone::Good,
        Tone::Warn,
        Tone::Bad,
        Tone::Entry,
        Tone::Rehearsal,
        Tone::Production,
        Tone::Code,
    ];
}

/// How tones look (`--theme`; without one, `NO_COLOR` chooses the last).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Sixteen colours; contrast 4.5:1 and more.
    #[default]
    Colour,
    /// White or bright on black; contrast 7:1 and more.
    Contrast,
    /// Bold and reverse only.
    Mono,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Theme; 3] = [Theme::Colour, Theme::Contrast, Theme::Mono];

    /// The style of a tone. Dark text on a colour is never bold: the Linux console
    /// turns bold black into grey.
    #[must_use]
    pub fn style(self, tone: Tone) -> Style {
        match self {
            Theme::Colour => colour(tone),
            Theme::Contrast => contrast(tone),
            Theme::Mono => mono(tone),
        }
    }
}

const PLAIN: Style = Style::new();
const BOLD: Style = PLAIN.add_modifier(Modifier::BOLD);

fn colour(tone: Tone) -> Style {
    match tone {
        Tone::Plain => PLAIN,
        Tone::Strong => BOLD,
        Tone::Quiet => PLAIN.fg(Color::Gray),
        Tone::Good => PLAIN.fg(Color::LightGreen),
        Tone::Warn => PLAIN.fg(Color::LightYellow),
        Tone::Bad => BOLD.fg(Color::LightRed),
        Tone::Entry => PLAIN.fg(Color::LightCyan),
        Tone::Rehearsal => PLAIN.fg(Color::Black).bg(Color::Cyan),
        Tone::Production => BOLD.fg(Color::White).bg(Color::Red),
        Tone::Code => code(),
    }
}

/// Foreground and background both, so that no terminal's own choice counts.
fn contrast(tone: Tone) -> Style {
    let black = PLAIN.bg(Color::Black);
    let white = black.fg(Color::White);
    match tone {
        Tone::Plain | Tone::Quiet => white,
        Tone::Strong => white.add_modifier(Modifier::BOLD),
        Tone::Good => black.fg(Color::LightGreen),
        Tone::Warn => black.fg(Color::LightYellow),
        Tone::Entry => black.fg(Color::LightCyan),
        Tone::Bad | Tone::Production => BOLD.fg(Color::White).bg(Color::Red),
        Tone::Rehearsal => PLAIN.fg(Color::Black).bg(Color::Cyan),
        Tone::Code => code(),
    }
}

fn mono(tone: Tone) -> Style {
    match tone {
        Tone::Plain | Tone::Quiet => PLAIN,
        Tone::Rehearsal | Tone::Production => BOLD.add_modifier(Modifier::REVERSED),
        Tone::Code => PLAIN.add_modifier(Modifier::REVERSED),
        _ => BOLD,
    }
}

/// Light grey is the lightest of the eight backgrounds that the Linux console has.
fn code() -> Style {
    PLAIN.fg(Color::Black).bg(Color::Gray)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel's palette (`default_red` and its neighbours in vt.c).
    const PALETTE: [[u8; 3]; 16] = [
        [0, 0, 0],
        [0xaa, 0, 0],
        [0, 0xaa, 0],
        [0xaa, 0x55, 0],
        [0, 0, 0xaa],
        [0xaa, 0, 0xaa],
        [0, 0xaa, 0xaa],
        [0xaa, 0xaa, 0xaa],
        [0x55, 0x55, 0x55],
        [0xff, 0x55, 0x55],
        [0x55, 0xff, 0x55],
        [0xff, 0xff, 0x55],
        [0x55, 0x55, 0xff],
        [0xff, 0x55, 0xff],
        [0x55, 0xff, 0xff],
        [0xff, 0xff, 0xff],
    ];

    fn index(color: Option<Color>, reset: usize) -> usize {
        match color.unwrap_or(Color::Reset) {
            Color::Reset => reset,
            Color::Black => 0,
            Color::Red => 1,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightCyan => 14,
            Color::White => 15,
            other => panic!("{other:?} has no place in this test"),
        }
    }

    /// WCAG 2: relative luminance, and (lighter + 0.05) / (darker + 0.05).
    fn ratio(fore: usize, back: usize) -> f64 {
        let light = |index: usize| {
            let [r, g, b] = PALETTE[index].map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.040_45 {
                    part / 12.92
                } else {
                    ((part + 0.055) / 1.055).powf(2.4)
                }
            });
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (light(fore), light(back));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_pair_can_be_read_on_the_linux_console() {
        for (theme, least) in [(Theme::Colour, 4.5), (Theme::Contrast, 7.0)] {
            for tone in Tone::ALL {
                let style = theme.style(tone);
                let (fore, back) = (index(style.fg, 7), index(style.bg, 0));
                assert!(back < 8, "{tone:?}: the console has eight backgrounds");
                let mut fores = vec![fore];
                // Bold may make a dark colour a bright one, depending on what came before it.
                if style.add_modifier.contains(Modifier::BOLD) && fore < 8 {
                    fores.push(fore + 8);
                }
                for fore in fores {
                    let got = ratio(fore, back);
                    assert!(got >= least, "{theme:?} {tone:?}: {fore} on {back}: {got:.2}");
                }
            }
        }
        // The rule can fail: what the rehearsal's banner was before.
        assert!(ratio(8, 3) < 1.5 && ratio(0, 3) < 4.5);
    }

    #[test]
    fn no_theme_uses_what_the_console_draws_as_another_colour() {
        for theme in Theme::ALL {
            for tone in Tone::ALL {
                let style = theme.style(tone);
                let other = Modifier::all() - Modifier::BOLD - Modifier::REVERSED;
                assert!(!style.add_modifier.intersects(other), "{theme:?} {tone:?}");
            }
        }
    }

    #[test]
    fn mono_has_no_colour() {
        for tone in Tone::ALL {
            let style = Theme::Mono.style(tone);
            assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
        }
    }
}
