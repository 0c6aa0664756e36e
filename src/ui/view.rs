//! A frame from the model, and from nothing else. Only routes: the bars, the
//! screen's page, what lies over it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::widgets::Clear;

use super::layout::{self, Laid};
use super::model::{ModalKind, Model};
use super::theme::Tone;
use super::widgets::rows::{Row, paint};
use super::widgets::{bars, side};
use super::{modals, screens, wording};

/// Draws the model; the size is the frame's.
pub fn draw(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    if model.too_small() {
        screens::too_small::draw(model, frame);
        return;
    }
    let places = layout::places(area);
    paint(
        frame,
        places.banner,
        &[bars::banner(model, area.width)],
        model.theme,
    );
    if let Some(modal) = model.modal.as_ref().filter(|m| m.kind == ModalKind::Second) {
        // Never together with the page that asks.
        modals::second::draw_edges(model, frame, area);
        let (laid, place) = layout::laid(model);
        page(model, frame, &laid, modal.pane.scroll, place);
        return;
    }
    if let Some(modal) = model
        .modal
        .as_ref()
        .filter(|m| matches!(m.kind, ModalKind::Qr(_)))
    {
        modals::qr::draw_edges(model, frame, area);
        let (laid, place) = layout::laid(model);
        page(model, frame, &laid, modal.pane.scroll, place);
        return;
    }
    let [above, between, below] = places.rules;
    for rule in [above, below] {
        paint(frame, rule, &[bars::rule(rule.width)], model.theme);
    }
    paint(frame, between, &[bars::done(model, between.width)], model.theme);
    paint(
        frame,
        places.title,
        &[bars::title(model, places.title.width)],
        model.theme,
    );
    paint(
        frame,
        places.status,
        &[bars::status(model, places.status.width)],
        model.theme,
    );
    paint(
        frame,
        places.footer,
        &[bars::footer(model, places.footer.width)],
        model.theme,
    );
    if let Some(side) = places.side {
        side::draw(model, frame, side);
    }
    let (laid, place) = layout::laid(model);
    match &model.modal {
        None => {
            paint(
                frame,
                places.heading,
                &bars::heading(model, places.heading.width),
                model.theme,
            );
            page(model, frame, &laid, model.local.pane.scroll, place);
        }
        Some(modal) => {
            frame.render_widget(Clear, places.over);
            let framed = frame_of(modals::title(modal.kind), places.over);
            paint(frame, places.over.inner(Margin::new(0, 0)), &framed, model.theme);
            page(model, frame, &laid, modal.pane.scroll, place);
        }
    }
}

/// One page: head, the part of the body in sight, how much more, foot.
fn page(model: &Model, frame: &mut Frame, laid: &Laid, scroll: usize, area: Rect) {
    let rows = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let [head, body, more, foot] = Layout::vertical([
        Constraint::Length(rows(laid.head.len())),
        Constraint::Length(rows(laid.height)),
        Constraint::Length(u16::from(laid.scrolls)),
        Constraint::Length(rows(laid.foot.len())),
    ])
    .areas(area);
    paint(frame, head, &laid.head, model.theme);
    let visible = laid.in_sight(model, scroll, usize::from(area.width));
    paint(frame, body, &visible, model.theme);
    if laid.scrolls {
        let first = scroll.saturating_add(1);
        let last = scroll.saturating_add(visible.len());
        let text = wording::lines_of(first, last, laid.total());
        paint(frame, more, &[Row::of(Tone::Warn, text)], model.theme);
    }
    paint(frame, foot, &laid.foot, model.theme);
}

fn frame_of(title: &str, area: Rect) -> Vec<Row> {
    let inner = usize::from(area.height.saturating_sub(2));
    super::widgets::rows::boxed(title, vec![Row::blank(); inner], usize::from(area.width))
}
