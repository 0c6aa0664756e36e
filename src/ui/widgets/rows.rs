//! Rows of toned text: what screens are made of before they are painted. A
//! row that is too wide for its place is a mistake of the screen, so screens
//! wrap; the painter only clips.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::{len, pad, wrap};
use crate::ui::theme::{Theme, Tone, glyph};

/// One line of pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row(pub Vec<(Tone, String)>);

impl Row {
    /// A row of one piece.
    #[must_use]
    pub fn of(tone: Tone, text: impl Into<String>) -> Row {
        Row(vec![(tone, text.into())])
    }

    /// An empty row.
    #[must_use]
    pub fn blank() -> Row {
        Row::default()
    }

    /// This row and one more piece.
    #[must_use]
    pub fn and(mut self, tone: Tone, text: impl Into<String>) -> Row {
        self.0.push((tone, text.into()));
        self
    }
}

/// A text as rows of at most `width` columns.
#[must_use]
pub fn para(tone: Tone, text: &str, width: usize) -> Vec<Row> {
    wrap(text, width)
        .into_iter()
        .map(|line| Row::of(tone, line))
        .collect()
}

/// A name in a column of its own and a text beside it, wrapped beside it.
#[must_use]
pub fn fact(name: &str, column: usize, tone: Tone, text: &str, width: usize) -> Vec<Row> {
    let room = width.saturating_sub(column);
    wrap(text, room)
        .into_iter()
        .enumerate()
        .map(|(i, line)| {
            let left = if i == 0 { name } else { "" };
            Row::of(Tone::Quiet, pad(left, column)).and(tone, line)
        })
        .collect()
}

/// Rows in a frame of light lines, with a title in its upper edge.
#[must_use]
pub fn boxed(title: &str, rows: Vec<Row>, width: usize) -> Vec<Row> {
    let inner = width.saturating_sub(4);
    let title = super::text::fit(title, inner.saturating_sub(2));
    let rule = "─".repeat(width.saturating_sub(5).saturating_sub(len(&title)));
    let mut out = vec![
        Row::of(Tone::Quiet, "┌─ ")
            .and(Tone::Strong, title)
            .and(Tone::Quiet, format!(" {rule}┐")),
    ];
    for row in rows {
        let used = row
            .0
            .iter()
            .fold(0usize, |sum, (_, text)| sum.saturating_add(len(text)));
        let fill = " ".repeat(inner.saturating_sub(used));
        let mut framed = Row::of(Tone::Quiet, "│ ");
        framed.0.extend(row.0);
        out.push(framed.and(Tone::Quiet, format!("{fill} │")));
    }
    out.push(Row::of(
        Tone::Quiet,
        format!("└{}┘", "─".repeat(width.saturating_sub(2))),
    ));
    out
}

/// Paints rows from the top of a place; what is below it is not painted.
pub fn paint(frame: &mut Frame, area: Rect, rows: &[Row], theme: Theme) {
    for (row, place) in rows.iter().zip(area.rows()) {
        let spans: Vec<Span> = row
            .0
            .iter()
            .map(|(tone, text)| Span::styled(text.chars().map(glyph).collect::<String>(), theme.style(*tone)))
            .collect();
        frame.render_widget(Line::from(spans), place);
    }
}
