//! A QR code from half blocks: one character is two modules, one above the other.
//! Dark on light in every theme, as the standard asks and every reader takes, with
//! its four modules of quiet zone (ISO/IEC 18004). Level M as in the report, and L
//! where only that has room; a code that has no room is not drawn smaller or cut.

use qrcode::{Color, EcLevel, QrCode};

use super::rows::Row;
use crate::ui::theme::Tone;
use crate::ui::watch::big::half;

/// Modules of white around the code.
const QUIET: usize = 4;

/// A code with its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Modules across, and down.
    across: usize,
    /// Row by row from the top: whether it is dark.
    dark: Vec<bool>,
}

/// Why there is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCode {
    /// It would take so many columns and rows.
    Needs(usize, usize),
    /// No code holds so many bytes.
    TooLong,
}

impl Code {
    /// The code of a text at a level; `None`: it is too long for a code.
    #[must_use]
    pub fn of(text: &str, level: EcLevel) -> Option<Code> {
        let code = QrCode::with_error_correction_level(text.as_bytes(), level).ok()?;
        let width = code.width();
        let across = width.saturating_add(QUIET.saturating_mul(2));
        let border = || std::iter::repeat_n(false, QUIET);
        let empty = across.saturating_mul(QUIET);
        let mut dark = vec![false; empty];
        for row in code.to_colors().chunks(width.max(1)) {
            dark.extend(border());
            dark.extend(row.iter().map(|c| *c == Color::Dark));
            dark.extend(border());
        }
        dark.extend(std::iter::repeat_n(false, empty));
        Some(Code { across, dark })
    }

    /// The code of a text that has room in so many columns and rows.
    ///
    /// # Errors
    /// [`NoCode`].
    pub fn fit(text: &str, columns: usize, rows: usize) -> Result<Code, NoCode> {
        let mut needs = NoCode::TooLong;
        for level in [EcLevel::M, EcLevel::L] {
            let Some(code) = Code::of(text, level) else {
                continue;
            };
            if code.columns() <= columns && code.rows() <= rows {
                return Ok(code);
            }
            needs = NoCode::Needs(code.columns(), code.rows());
        }
        Err(needs)
    }

    /// Columns that it takes.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.across
    }

    /// Rows that it takes.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.across.div_ceil(2)
    }

    /// The rows.
    #[must_use]
    pub fn draw(&self) -> Vec<Row> {
        let lines: Vec<&[bool]> = self.dark.chunks(self.across.max(1)).collect();
        lines
            .chunks(2)
            .map(|pair| {
                let upper = pair.first().copied().unwrap_or_default();
                let lower = pair.get(1).copied().unwrap_or_default();
                let text: String = upper
                    .iter()
                    .enumerate()
                    .map(|(at, up)| half(*up, lower.get(at).copied().unwrap_or_default()))
                    .collect();
                Row::of(Tone::Code, text)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that the rows show, read back from their characters.
    fn modules(rows: &[Row]) -> Vec<Vec<bool>> {
        let mut out = Vec::new();
        for row in rows {
            let text: Vec<char> = row.0.iter().flat_map(|(_, t)| t.chars()).collect();
            out.push(text.iter().map(|c| matches!(c, '█' | '▀')).collect());
            out.push(text.iter().map(|c| matches!(c, '█' | '▄')).collect());
        }
        out
    }

    #[test]
    fn the_rows_are_the_modules() {
        for text in ["sha256:00", &"x".repeat(71), &"y".repeat(400)] {
            for level in [EcLevel::M, EcLevel::L] {
                let plain = QrCode::with_error_correction_level(text.as_bytes(), level).unwrap();
                let rows = Code::of(text, level).unwrap().draw();
                let got = modules(&rows);
                let width = plain.width();
                for (y, line) in got.iter().enumerate() {
                    assert_eq!(line.len(), width + 8);
                    for (x, dark) in line.iter().enumerate() {
                        let inside = (4..4 + width).contains(&x) && (4..4 + width).contains(&y);
                        let wanted = inside && plain[(x - 4, y - 4)] == Color::Dark;
                        assert_eq!(*dark, wanted, "{x} {y}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_has_no_room_says_what_it_needs() {
        let text = "sha256:".to_owned() + &"a".repeat(64);
        let code = Code::fit(&text, 78, 22).unwrap();
        assert!(code.columns() <= 78 && code.rows() <= 22);
        assert_eq!(Code::fit(&text, 78, 20), Err(NoCode::Needs(41, 21)));
        assert_eq!(Code::fit(&text, 30, 22), Err(NoCode::Needs(41, 21)));
        assert_eq!(Code::fit(&"z".repeat(4000), 400, 400), Err(NoCode::TooLong));
    }
}
