//! The only screen below 80x24: what does not fit could not be read, so no
//! question is shown and none is answered. The ceremony waits.

use ratatui::Frame;

use crate::fault::Code;
use crate::ui::model::Model;
use crate::ui::theme::Tone;
use crate::ui::widgets::bars;
use crate::ui::widgets::rows::{Row, paint, para};
use crate::ui::wording::screens as words;

/// Draws the notice in whatever room there is.
pub fn draw(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    let width = usize::from(area.width);
    let card = Code::TerminalTooSmall.card();
    let mut rows = vec![bars::banner(model, area.width)];
    rows.extend(para(Tone::Bad, &words::size_now(area.width, area.height), width));
    for (tone, text) in [
        (Tone::Strong, card.remedy),
        (Tone::Plain, words::SIZE_SAFE),
        (Tone::Plain, card.meaning),
    ] {
        rows.extend(para(tone, text, width));
    }
    rows.push(Row::blank());
    paint(frame, area, &rows, model.theme);
}
