//! Where things are. Both the view and the scroll limits ask here, so a person
//! can never scroll to a place that is not drawn, and "read to the end" means
//! that the last row was on the screen.

use ratatui::layout::{Constraint, Layout, Margin, Rect};

use super::model::{Extra, ModalKind, Model};
use super::screens::reading::View;
use super::widgets::rows::{Row, para};
use super::{modals, screens};

/// From this size on there is a side column.
const WIDE: (u16, u16) = (110, 34);
/// Columns of the side column.
const SIDE: u16 = 38;
/// From this width on the side column is wider, too: nothing in it is cut.
const GENEROUS: u16 = 150;
/// Columns of that one.
const SIDE_GENEROUS: u16 = 60;

/// The places of a frame.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// The banner.
    pub banner: Rect,
    /// Title and clock.
    pub title: Rect,
    /// Act, who acts; step.
    pub heading: Rect,
    /// Lines between the parts.
    pub rules: [Rect; 3],
    /// The question.
    pub body: Rect,
    /// Heading and body: where a modal lies.
    pub over: Rect,
    /// The side column, where there is room.
    pub side: Option<Rect>,
    /// Record, what is under way, deviations.
    pub status: Rect,
    /// Keys.
    pub footer: Rect,
}

/// The places in a terminal.
#[must_use]
pub fn places(area: Rect) -> Places {
    let [banner, title, rule1, middle, rule3, status, footer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let (main, side) = if area.width >= WIDE.0 && area.height >= WIDE.1 {
        let columns = if area.width >= GENEROUS {
            SIDE_GENEROUS
        } else {
            SIDE
        };
        let [main, _, side] = Layout::horizontal([
            Constraint::Min(80),
            Constraint::Length(1),
            Constraint::Length(columns),
        ])
        .areas(middle);
        (main, Some(side))
    } else {
        (middle, None)
    };
    let [heading, rule2, body] =
        Layout::vertical([Constraint::Length(2), Constraint::Length(1), Constraint::Min(0)]).areas(main);
    let inset = |r: Rect| r.inner(Margin::new(1, 0));
    Places {
        banner,
        title: inset(title),
        heading: inset(heading),
        rules: [rule1, rule2, rule3],
        body: inset(body),
        over: main,
        side,
        status: inset(status),
        footer: inset(footer),
    }
}

/// Columns of a screen's body in a terminal of this size.
#[must_use]
pub fn body_width((columns, rows): (u16, u16)) -> u16 {
    places(Rect::new(0, 0, columns, rows)).body.width
}

/// A screen or modal before it is painted.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// What to do, in one or two sentences; always in sight.
    pub say: String,
    /// What to look at; scrolls.
    pub body: Vec<Row>,
    /// Fields and what happens next; always in sight.
    pub ask: Vec<Row>,
}

/// A page in its place.
#[derive(Debug)]
pub struct Laid {
    /// Rows above the body.
    pub head: Vec<Row>,
    /// Rows before the body that are laid out when they are in sight.
    pub ahead: usize,
    /// All other rows of the body.
    pub body: Vec<Row>,
    /// Rows below the body.
    pub foot: Vec<Row>,
    /// Body rows that are in sight.
    pub height: usize,
    /// Whether the body is longer than that.
    pub scrolls: bool,
}

/// Lays a page, with the pane's remark, into a place.
#[must_use]
pub fn lay(page: Page, notice: Option<&super::model::Notice>, area: Rect) -> Laid {
    lay_behind(0, page, notice, area)
}

/// The same behind rows that are laid out only where they are in sight
/// (`screens::review::rows`); they scroll with the body.
fn lay_behind(ahead: usize, page: Page, notice: Option<&super::model::Notice>, area: Rect) -> Laid {
    use super::theme::Tone;
    let width = usize::from(area.width);
    let mut head = Vec::new();
    if !page.say.is_empty() {
        head = para(Tone::Strong, &page.say, width);
        head.push(Row::blank());
    }
    let mut foot = Vec::new();
    if let Some(notice) = notice {
        foot.extend(para(
            notice.tone,
            &format!("! {}", notice.text),
            width.saturating_sub(2),
        ));
    }
    foot.extend(page.ask);
    let room = usize::from(area.height)
        .saturating_sub(head.len())
        .saturating_sub(foot.len());
    let scrolls = ahead.saturating_add(page.body.len()) > room;
    // One row says that there is more.
    let height = if scrolls { room.saturating_sub(1) } else { room };
    Laid {
        head,
        ahead,
        body: page.body,
        foot,
        height,
        scrolls,
    }
}

impl Laid {
    /// All rows that scroll.
    #[must_use]
    pub fn total(&self) -> usize {
        self.ahead.saturating_add(self.body.len())
    }

    /// The rows in sight.
    #[must_use]
    pub fn in_sight(&self, model: &Model, scroll: usize, width: usize) -> Vec<Row> {
        let long = self.ahead.saturating_sub(scroll).min(self.height);
        let mut rows = if long > 0 {
            screens::review::rows(model, width, scroll, long)
        } else {
            Vec::new()
        };
        let skip = scroll.saturating_sub(self.ahead);
        let rest = self.height.saturating_sub(long);
        rows.extend(self.body.iter().skip(skip).take(rest).cloned());
        rows
    }
}

/// The page that keys go to, laid where it is drawn.
#[must_use]
pub fn laid(model: &Model) -> (Laid, Rect) {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let places = places(area);
    match &model.modal {
        None => {
            let width = usize::from(places.body.width);
            let page = (screens::of(model).page)(model, width);
            let ahead = screens::review::ahead(model, width);
            (
                lay_behind(ahead, page, model.local.pane.notice.as_ref(), places.body),
                places.body,
            )
        }
        Some(modal) => {
            let over = match modal.kind {
                ModalKind::Second => modals::second::place(area),
                ModalKind::Qr(_) => modals::qr::place(area),
                _ => places.over.inner(Margin::new(2, 1)),
            };
            let page = modals::page(model, modal.kind, usize::from(over.width));
            (lay(page, modal.pane.notice.as_ref(), over), over)
        }
    }
}

/// Keeps the scroll position inside the page, and notes how far it was read. A
/// jump to the end leaves a gap, and what was jumped over was not read.
pub fn settle(model: &mut Model) {
    if model.too_small() {
        return;
    }
    let (laid, _) = laid(model);
    let last = laid.total().saturating_sub(laid.height);
    // JSON and the folded text are other looks at the bytes, not what is reviewed.
    let other_view = model.modal.is_none()
        && matches!(&model.local.extra, Extra::Review(reading) if reading.view != View::Text);
    let pane = model.pane_mut();
    pane.scroll = pane.scroll.min(last);
    if !other_view && pane.scroll <= pane.read_to {
        pane.read_to = pane.read_to.max(pane.scroll.saturating_add(laid.height));
        pane.end_seen |= pane.read_to >= laid.total();
    }
}

/// Rows of one page of scrolling: one row stays in sight.
#[must_use]
pub fn page_rows(model: &Model) -> usize {
    laid(model).0.height.saturating_sub(1).max(1)
}
