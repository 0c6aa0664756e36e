//! A text of very many lines, wrapped once for a width and not once for each
//! frame: a review may have a hundred thousand lines, and a key must still be on
//! the screen at once. Only the lines in sight become rows.

use std::cell::RefCell;
use std::sync::Arc;

use super::rows::Row;
use super::text::wrap;
use crate::ui::theme::Tone;
use crate::ui::wording::safe;

/// Lines, and how they were wrapped last.
#[derive(Debug, Default)]
pub struct Text {
    lines: Vec<String>,
    wrapped: RefCell<Option<Arc<Wrapped>>>,
}

/// Lines that are no wider than a width.
#[derive(Debug)]
pub struct Wrapped {
    width: usize,
    rows: Vec<String>,
}

impl Text {
    /// A text of these lines.
    #[must_use]
    pub fn new(lines: Vec<String>) -> Text {
        Text {
            lines,
            wrapped: RefCell::new(None),
        }
    }

    /// The lines, as they were given.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The text at a width; made anew only when the width is another.
    #[must_use]
    pub fn at(&self, width: usize) -> Arc<Wrapped> {
        let mut kept = self.wrapped.borrow_mut();
        match &*kept {
            Some(wrapped) if wrapped.width == width => wrapped.clone(),
            _ => {
                let rows = self.lines.iter().flat_map(|l| wrap(&safe(l), width)).collect();
                kept.insert(Arc::new(Wrapped { width, rows })).clone()
            }
        }
    }
}

impl Wrapped {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows from one on, as many.
    #[must_use]
    pub fn window(&self, skip: usize, take: usize) -> Vec<Row> {
        let rows = self.rows.iter().skip(skip).take(take);
        rows.map(|line| Row::of(Tone::Plain, line.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::para;
    use super::*;

    #[test]
    fn a_window_shows_what_the_whole_would() {
        let lines: Vec<String> = (0..50).map(|n| "word ".repeat(n) + "end").collect();
        let text = Text::new(lines.clone());
        for width in [20, 78, 20] {
            let whole: Vec<Row> = lines
                .iter()
                .flat_map(|l| para(Tone::Plain, &safe(l), width))
                .collect();
            let wrapped = text.at(width);
            assert_eq!(wrapped.len(), whole.len());
            for (skip, take) in [(0, 5), (17, 9), (whole.len() - 2, 9), (whole.len(), 3)] {
                let wanted: Vec<Row> = whole.iter().skip(skip).take(take).cloned().collect();
                assert_eq!(wrapped.window(skip, take), wanted);
            }
            assert!(Arc::ptr_eq(&wrapped, &text.at(width)), "wrapped once for a width");
        }
    }
}
