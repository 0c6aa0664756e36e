//! The home screen: rehearse, run, resume, verify, tokens, quit. A digit chooses,
//! paths are typed; nothing is started but what the caller starts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};

use super::keymap::{self, Intent};
use super::layout::{self, Page};
use super::model::{Notice, Pane, SMALLEST};
use super::terminal::{Heard, Screen};
use super::theme::{Theme, Tone};
use super::widgets::bars;
use super::widgets::form::{Entered, Field, Form};
use super::widgets::rows::{Row, fact, paint, para};
use super::wording::home as words;
use super::{Options, UiError, wording};
use crate::fault::Code;

/// What was chosen. Paths are as typed, without white space around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The embedded rehearsal.
    Rehearse,
    /// A script.
    Run {
        /// The script's file.
        script: String,
        /// A new folder for the record.
        record: String,
        /// The media's folder.
        media: String,
    },
    /// A paused ceremony.
    Resume {
        /// The record's folder.
        record: String,
        /// The media's folder.
        media: String,
    },
    /// A record or a bundle.
    Verify {
        /// Its folder.
        path: String,
    },
    /// A past ceremony, screen by screen.
    Review {
        /// The folder of its record or bundle.
        path: String,
    },
    /// Every device.
    Tokens {
        /// Where to look: folders, modules, connectors, with blanks between them.
        places: String,
    },
    /// What stands around the program on this machine.
    Machine,
    /// Nothing.
    Quit,
}

/// What the home screen is drawn from.
#[derive(Debug)]
pub struct Home {
    /// The number that was chosen, and its form.
    pub chosen: Option<(u8, Pane)>,
    /// A remark on the list.
    pub notice: Option<Notice>,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Colours or not.
    pub theme: Theme,
}

impl Home {
    /// The list.
    #[must_use]
    pub fn new(size: (u16, u16), theme: Theme) -> Home {
        Home {
            chosen: None,
            notice: None,
            size,
            theme,
        }
    }

    /// One key; a choice when it is made.
    pub fn on(&mut self, intent: Intent) -> Option<Choice> {
        if intent == Intent::Leave {
            return Some(Choice::Quit);
        }
        match &mut self.chosen {
            None => self.choose(intent),
            Some((number, pane)) => match intent {
                Intent::Back => {
                    self.chosen = None;
                    None
                }
                _ => fill(*number, pane, intent),
            },
        }
    }

    fn choose(&mut self, intent: Intent) -> Option<Choice> {
        self.notice = None;
        let fields: &[&str] = match intent {
            Intent::Char('1') => return Some(Choice::Rehearse),
            Intent::Char('2') => words::RUN_FIELDS,
            Intent::Char('3') => words::RESUME_FIELDS,
            Intent::Char('4') => words::VERIFY_FIELDS,
            Intent::Char('5') => words::TOKENS_FIELDS,
            Intent::Char('6') => words::REVIEW_FIELDS,
            Intent::Char('7') => return Some(Choice::Machine),
            Intent::Char('8') => return Some(Choice::Quit),
            Intent::Char(_) | Intent::Enter => {
                self.notice = Some(Notice::warn(words::A_DIGIT));
                return None;
            }
            _ => return None,
        };
        let number = match intent {
            Intent::Char('2') => 2,
            Intent::Char('3') => 3,
            Intent::Char('4') => 4,
            Intent::Char('6') => 6,
            _ => 5,
        };
        let fields = fields.iter().map(|label| Field::text(*label)).collect();
        self.chosen = Some((number, Pane::with(Form::of(fields))));
        None
    }
}

fn fill(number: u8, pane: &mut Pane, intent: Intent) -> Option<Choice> {
    match intent {
        Intent::Char(c) => {
            let fits = pane.form.push(c);
            pane.notice = (!fits).then(|| Notice::warn(wording::FIELD_FULL));
        }
        Intent::Backspace => pane.form.backspace(),
        Intent::Clear => pane.form.clear_field(),
        Intent::Next | Intent::Down => pane.form.move_by(true),
        Intent::Up => pane.form.move_by(false),
        Intent::Enter => match pane.form.enter() {
            Entered::Empty => pane.notice = Some(Notice::warn(wording::EMPTY)),
            Entered::Full => {
                let text = |i: usize| pane.form.text(i).trim().to_owned();
                return Some(match number {
                    2 => Choice::Run {
                        script: text(0),
                        record: text(1),
                        media: text(2),
                    },
                    3 => Choice::Resume {
                        record: text(0),
                        media: text(1),
                    },
                    4 => Choice::Verify { path: text(0) },
                    6 => Choice::Review { path: text(0) },
                    _ => Choice::Tokens { places: text(0) },
                });
            }
            Entered::Moved | Entered::Nothing => pane.notice = None,
        },
        _ => {}
    }
    None
}

/// Draws the home screen.
pub fn draw(home: &Home, frame: &mut Frame) {
    let page = |width, height| match &home.chosen {
        None => (list(width, height), home.notice.as_ref()),
        Some((number, pane)) => (form_page(*number, pane, width), pane.notice.as_ref()),
    };
    let sheet = Sheet {
        size: home.size,
        theme: home.theme,
        scroll: 0,
        keys: &keys(home),
    };
    sheet.draw(page, frame);
}

/// Longer lines are hard to read.
const WIDEST: usize = 100;

/// A screen without a ceremony: a title, a page that may scroll, the keys.
pub(super) struct Sheet<'k> {
    pub(super) size: (u16, u16),
    pub(super) theme: Theme,
    pub(super) scroll: usize,
    pub(super) keys: &'k [(Intent, &'k str)],
}

/// Where the first row in sight is after a key, on a page that is made for a width.
pub(super) fn scrolled(
    size: (u16, u16),
    page: impl FnOnce(usize) -> Page,
    from: usize,
    intent: Intent,
) -> usize {
    let body = Sheet::body(Rect::new(0, 0, size.0, size.1));
    let laid = layout::lay(page(usize::from(body.width).min(WIDEST)), None, body);
    let last = laid.body.len().saturating_sub(laid.height);
    let step = laid.height.saturating_sub(1).max(1);
    let to = match intent {
        Intent::Down => from.saturating_add(1),
        Intent::Up => from.saturating_sub(1),
        Intent::PageDown => from.saturating_add(step),
        Intent::PageUp => from.saturating_sub(step),
        Intent::Top => 0,
        Intent::Bottom => last,
        _ => from,
    };
    to.min(last)
}

impl Sheet<'_> {
    /// Where the page is.
    fn body(area: Rect) -> Rect {
        Rect {
            width: area.width,
            ..layout::places(area).over
        }
        .inner(Margin::new(2, 1))
    }

    /// Draws the page that is made for a width and a height.
    pub(super) fn draw<'n>(
        self,
        page: impl FnOnce(usize, usize) -> (Page, Option<&'n Notice>),
        frame: &mut Frame,
    ) {
        let area = frame.area();
        if self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1 {
            let card = Code::TerminalTooSmall.card();
            let width = usize::from(area.width);
            let mut rows = para(Tone::Bad, card.fact, width);
            rows.extend(para(Tone::Strong, card.remedy, width));
            paint(frame, area, &rows, self.theme);
            return;
        }
        let places = layout::places(area);
        let body = Sheet::body(area);
        let (page, notice) = page(usize::from(body.width).min(WIDEST), usize::from(body.height));
        let laid = layout::lay(page, notice, body);
        let mut rows = laid.head;
        let total = laid.body.len();
        // A terminal that became larger shows the end, not less than there is.
        let scroll = self.scroll.min(total.saturating_sub(laid.height));
        let shown: Vec<Row> = laid.body.into_iter().skip(scroll).take(laid.height).collect();
        let last = scroll.saturating_add(shown.len());
        rows.extend(shown);
        if laid.scrolls {
            let text = wording::lines_of(scroll.saturating_add(1), last, total);
            rows.push(Row::of(Tone::Warn, text));
        }
        let fill = usize::from(body.height)
            .saturating_sub(rows.len())
            .saturating_sub(laid.foot.len());
        rows.extend(vec![Row::blank(); fill]);
        rows.extend(laid.foot);
        let title = [Row::of(Tone::Strong, words::TITLE)];
        paint(frame, places.title, &title, self.theme);
        let [above, _, below] = places.rules;
        for rule in [above, below] {
            let rule = Rect {
                x: area.x,
                width: area.width,
                ..rule
            };
            paint(frame, rule, &[bars::rule(area.width)], self.theme);
        }
        paint(frame, body, &rows, self.theme);
        let keys = self.keys.iter().map(|(i, text)| (keymap::name(*i), *text));
        let footer = bars::keys(keys, places.footer.width);
        paint(frame, places.footer, &[footer], self.theme);
    }
}

/// Columns of number and name where the explanation stands beside them.
const SIDE: usize = 21;

/// With air between the entries where there is room for it.
fn list(width: usize, height: usize) -> Page {
    let mut entries = Vec::new();
    for (number, name, text) in words::LIST {
        let mut rows = fact(number, 4, Tone::Strong, name, width);
        rows.extend(fact("", 4, Tone::Plain, text, width));
        entries.push(rows);
    }
    let rows: usize = entries.iter().map(Vec::len).sum();
    // The instruction has a row and a blank one; one row stays for a remark.
    let airy = rows.saturating_add(entries.len()).saturating_add(3) <= height;
    let mut body = Vec::new();
    if airy {
        for entry in entries {
            body.extend(entry);
            body.push(Row::blank());
        }
    } else {
        // In a small terminal names and explanations stand side by side.
        for (number, name, text) in words::LIST {
            let label = format!("{number:<4}{name}");
            body.extend(fact(&label, SIDE, Tone::Plain, text, width));
        }
    }
    Page {
        say: words::SAY.to_owned(),
        body,
        ask: Vec::new(),
    }
}

fn form_page(number: u8, pane: &Pane, width: usize) -> Page {
    let (say, body) = match number {
        2 => (words::RUN_SAY, words::RUN_BODY),
        3 => (words::RESUME_SAY, words::RESUME_BODY),
        4 => (words::VERIFY_SAY, words::VERIFY_BODY),
        6 => (words::REVIEW_SAY, words::REVIEW_BODY),
        _ => (words::TOKENS_SAY, words::TOKENS_BODY),
    };
    let mut ask = pane.form.rows(width);
    ask.extend(para(Tone::Quiet, words::FORM_NEXT, width));
    Page {
        say: say.to_owned(),
        body: para(Tone::Plain, body, width),
        ask,
    }
}

fn keys(home: &Home) -> Vec<(Intent, &'static str)> {
    let mut keys = Vec::new();
    if home.chosen.is_some() {
        keys.push((Intent::Enter, wording::KEY_ENTER));
        if home
            .chosen
            .as_ref()
            .is_some_and(|(_, pane)| pane.form.fields.len() > 1)
        {
            keys.push((Intent::Next, wording::KEY_NEXT));
        }
        keys.push((Intent::Back, wording::KEY_BACK));
    }
    keys.push((Intent::Leave, words::KEY_QUIT));
    keys
}

/// Runs the home screen.
pub(super) fn run(options: &Options) -> Result<Choice, UiError> {
    let mut screen = Screen::open()?;
    let mut home = Home::new(screen.size()?, options.theme);
    loop {
        screen.draw(|frame| draw(&home, frame))?;
        let heard = screen.heard(Duration::from_millis(200))?;
        home.size = screen.size()?;
        if options.stop.load(Ordering::SeqCst) {
            return Ok(Choice::Quit);
        }
        if let Some(Heard::Key(intent)) = heard
            && let Some(choice) = home.on(intent)
        {
            return Ok(choice);
        }
    }
}
