//! The auditor's desk: which screen is looked at, what lies over it, which
//! filters and which search are set. Keys change it; the drawing reads it.
//! Nothing here can reach a record, a device or a runner.

use super::evidence::has_secret;
use super::filters::{Filters, Search};
use super::keys::{self, Does};
use super::list::{Chosen, Go, List};
use super::pages;
use super::past::Past;
use super::walk::Walk;
use crate::base::medium::Release;
use crate::engine::Question;
use crate::runner::Sealed;
use crate::ui::keymap::Intent;
use crate::ui::layout;
use crate::ui::modals;
use crate::ui::model::{ModalKind, Model, Notice, Pane, Places};
use crate::ui::screens;
use crate::ui::theme::Theme;
use crate::ui::widgets::form::{Entered, Entry, Form};
use crate::ui::wording::{self, replay as words};

/// The desk.
#[derive(Debug)]
pub struct Desk {
    pub(super) past: Past,
    pub(super) walk: Walk,
    /// Which screen, from 0.
    pub(super) at: usize,
    /// The screen as it was.
    pub(super) model: Model,
    /// What lies over it.
    pub(super) over: Over,
    /// The evidence stands in the column, not what stood there then.
    pub(super) column: bool,
    pub(super) filters: Filters,
    /// The moments that fit; `None`: no filter.
    pub(super) fits: Option<Vec<usize>>,
    pub(super) search: Option<Search>,
    /// The line that was asked for.
    pub(super) line: Option<usize>,
    /// How far the page over the screen is scrolled.
    pub(super) scroll: usize,
    pub(super) notice: Option<Notice>,
    /// The remark is about a record that was found.
    pub(super) found: bool,
}

/// What lies over a screen.
#[derive(Debug)]
pub(super) enum Over {
    Nothing,
    Evidence,
    Help,
    /// The plan as it was then: the model's own modal.
    Plan,
    List(List),
    Form(Asks, Pane),
}

/// What a form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Search,
    Record,
}

/// What a screen of the replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    /// After this moment.
    Moment(usize),
    /// After the seal, which is in no record.
    Sealed,
    /// The rest does not re-execute.
    Stopped,
}

impl Desk {
    /// The first screen of a past ceremony.
    ///
    /// # Errors
    /// Why there is none: not even the first record re-executes.
    pub fn new(past: Past, size: (u16, u16), theme: Theme) -> Result<Desk, String> {
        let walk = Walk::of(&past);
        Desk::along(past, walk, size, theme)
    }

    /// The first screen, along a way through `past` that is known.
    ///
    /// # Errors
    /// As [`Desk::new`].
    pub fn along(past: Past, mut walk: Walk, size: (u16, u16), theme: Theme) -> Result<Desk, String> {
        let Some(first) = walk.at(&past, 0) else {
            let why = walk.stop().map_or("", |stop| stop.why.as_str());
            return Err(format!("{}: {}", words::NO_FIRST, wording::safe(why)));
        };
        let now = first.state.last.ok_or_else(|| words::NO_FIRST.to_owned())?;
        let model = Model::new(first, now, size, theme, Places::default());
        let mut desk = Desk {
            past,
            walk,
            at: 0,
            model,
            over: Over::Nothing,
            column: true,
            filters: Filters::default(),
            fits: None,
            search: None,
            line: None,
            scroll: 0,
            notice: None,
            found: false,
        };
        desk.go(0);
        Ok(desk)
    }

    /// Screens, the one after the seal or at a stop among them.
    #[must_use]
    pub fn screens(&self) -> usize {
        let extra = self.walk.stop().is_some() || self.past.judged.sealed && self.closes();
        self.walk.moments().len().saturating_add(usize::from(extra))
    }

    /// Which screen is shown, from 0.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The screen as it was, for whoever compares it.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// States that are kept for the whole walk, and those around the present one.
    #[must_use]
    pub fn states(&self) -> (usize, usize) {
        self.walk.states()
    }

    /// Another size of the terminal.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.model.size = size;
        layout::settle(&mut self.model);
        self.settle();
    }

    /// To a screen, from 0.
    pub fn go(&mut self, at: usize) {
        self.at = at.min(self.screens().saturating_sub(1));
        self.line = None;
        self.notice = None;
        self.found = false;
        self.scroll = 0;
        if matches!(self.over, Over::Plan) {
            self.over = Over::Nothing;
        }
        let number = match self.here() {
            Here::Moment(number) => number,
            _ => self.walk.moments().len().saturating_sub(1),
        };
        let Some(seen) = self.walk.at(&self.past, number) else {
            return;
        };
        // The record's clock: what was drawn then is drawn again.
        let now = seen.state.last.unwrap_or(self.model.now);
        let mut model = Model::new(seen, now, self.model.size, self.model.theme, Places::default());
        match self.here() {
            Here::Sealed => {
                let released = model.seen.state.released.clone();
                model.sealed = Some(Sealed {
                    place: self.past.name.clone(),
                    released: released.unwrap_or(Release::Folder),
                });
                model.local = (screens::of(&model).local)(&model.seen);
            }
            Here::Moment(_) if self.next_line().is_some_and(|l| self.secret_at(l)) => typed(&mut model),
            _ => {}
        }
        // Nothing is typed here: no field has the cursor.
        model.local.pane.form.focus = usize::MAX;
        layout::settle(&mut model);
        self.model = model;
    }

    /// One key; `true`: the replay is left.
    pub fn on(&mut self, intent: Intent) -> bool {
        self.notice = None;
        self.found = false;
        if intent == Intent::Leave {
            return true;
        }
        if self.model.too_small() {
            return intent == Intent::Char('q');
        }
        match &mut self.over {
            Over::Form(..) => self.form(intent),
            Over::List(_) => self.list(intent),
            _ => match keys::does(intent) {
                Some(Does::Leave) => return true,
                Some(does) => self.does(does),
                None => {}
            },
        }
        self.settle();
        false
    }

    /// What the present screen is.
    pub(super) fn here(&self) -> Here {
        if self.at < self.walk.moments().len() {
            Here::Moment(self.at)
        } else if self.walk.stop().is_some() {
            Here::Stopped
        } else {
            Here::Sealed
        }
    }

    /// The first line after the present screen.
    pub(super) fn next_line(&self) -> Option<usize> {
        let moment = self.walk.moments().get(self.at)?;
        (moment.to < self.past.lines.len()).then_some(moment.to)
    }

    pub(super) fn secret_at(&self, line: usize) -> bool {
        self.past.lines.get(line).is_some_and(has_secret)
    }

    /// Whether the present screen asked people something.
    pub(super) fn asks(&self) -> bool {
        self.model.question().is_some()
    }

    fn closes(&self) -> bool {
        use crate::transcript::Kind;
        let last = self.walk.moments().last().and_then(|m| m.to.checked_sub(1));
        let last = last.and_then(|line| self.past.lines.get(line));
        last.is_some_and(|line| line.record.kind == Kind::Close)
    }

    fn does(&mut self, does: Does) {
        match does {
            Does::Next => self.step(true),
            Does::Before => self.step(false),
            Does::NextAct => self.act(true),
            Does::ActBefore => self.act(false),
            Does::First => self.go(0),
            Does::Last => self.go(usize::MAX),
            Does::GoTo => self.ask(Asks::Record, words::GO_TO_FIELD),
            Does::Search => self.ask(Asks::Search, words::SEARCH_FIELD),
            Does::NextHit => self.hit(true),
            Does::HitBefore => self.hit(false),
            Does::Person => self.over = Over::List(self.people()),
            Does::Token => self.over = Over::List(self.tokens()),
            Does::Kind => self.over = Over::List(self.kinds()),
            Does::Clear => {
                self.search = None;
                self.filter(Filters::default());
                self.notice = Some(Notice::good(words::CLEARED));
            }
            Does::Checks => self.over = Over::List(self.checks()),
            Does::Records => self.over = Over::List(self.records()),
            Does::Evidence => self.over(Over::Evidence),
            Does::Help => self.over(Over::Help),
            Does::Plan => {
                modals::open(&mut self.model, ModalKind::Overview);
                self.over(Over::Plan);
            }
            Does::Column => {
                if layout::places(pages::area(self.model.size)).side.is_some() {
                    self.column = !self.column;
                } else {
                    self.notice = Some(Notice::warn(words::NO_COLUMN));
                }
            }
            Does::Json => {
                let both = matches!(self.model.question(), Some(Question::Review { .. }));
                if both && matches!(self.over, Over::Nothing) {
                    // The review's own key: it shows, and answers nothing.
                    let key = screens::of(&self.model).key;
                    key(&mut self.model, Intent::Toggle);
                } else {
                    self.notice = Some(Notice::warn(words::NO_JSON));
                }
            }
            Does::Down => self.scroll_by(1, true),
            Does::Up => self.scroll_by(1, false),
            Does::PageDown => self.scroll_by(pages::page(self), true),
            Does::PageUp => self.scroll_by(pages::page(self), false),
            Does::Back => self.over(Over::Nothing),
            Does::Leave => {}
        }
    }

    fn over(&mut self, over: Over) {
        let same = matches!(
            (&self.over, &over),
            (Over::Evidence, Over::Evidence) | (Over::Help, Over::Help)
        );
        if !matches!(over, Over::Plan) {
            self.model.modal = None;
        }
        // The same key again closes what it opened.
        self.over = if same { Over::Nothing } else { over };
        self.scroll = 0;
    }

    /// The screens that Right and Left go to.
    fn candidates(&self) -> Vec<usize> {
        match &self.fits {
            Some(fits) => fits.clone(),
            None => (0..self.screens()).collect(),
        }
    }

    fn step(&mut self, forward: bool) {
        let found = match (&self.fits, forward) {
            (None, true) => Some(self.at.saturating_add(1)).filter(|n| *n < self.screens()),
            (None, false) => self.at.checked_sub(1),
            (Some(fits), true) => fits.iter().copied().find(|n| *n > self.at),
            (Some(fits), false) => fits.iter().copied().rfind(|n| *n < self.at),
        };
        match found {
            Some(at) => self.go(at),
            None => {
                self.notice = Some(Notice::warn(match (self.fits.is_some(), forward) {
                    (false, true) => words::LAST,
                    (false, false) => words::FIRST,
                    (true, true) => words::NO_MORE_FITS,
                    (true, false) => words::NO_LESS_FITS,
                }));
            }
        }
    }

    fn act(&mut self, forward: bool) {
        let act = |n: usize| self.walk.moments().get(n).and_then(|m| m.act);
        let all = self.candidates();
        let found = if forward {
            let now = act(self.at);
            all.iter().copied().find(|n| *n > self.at && act(*n) != now)
        } else {
            let before = all.iter().copied().rfind(|n| *n < self.at);
            before.and_then(|before| {
                let same = |n: &&usize| **n <= before && act(**n) == act(before);
                let back = all.iter().rev().skip_while(|n| **n > before);
                back.take_while(same).last().copied()
            })
        };
        match found {
            Some(at) => self.go(at),
            None => self.notice = Some(Notice::warn(words::NO_ACT)),
        }
    }

    /// To the screen that people saw right after a line was written.
    fn go_line(&mut self, line: usize) {
        let at = self.walk.moment_of(line);
        self.over = Over::Nothing;
        self.go(at.unwrap_or(usize::MAX));
        self.line = Some(line);
    }

    // ------------------------------------------------------------ forms

    fn ask(&mut self, asks: Asks, field: &str) {
        self.over = Over::Form(asks, Pane::with(Form::line(field)));
    }

    fn form(&mut self, intent: Intent) {
        let Over::Form(asks, pane) = &mut self.over else {
            return;
        };
        let asks = *asks;
        match intent {
            Intent::Char(c) => {
                let fits = pane.form.push(c);
                pane.notice = (!fits).then(|| Notice::warn(wording::FIELD_FULL));
            }
            Intent::Backspace => pane.form.backspace(),
            Intent::Clear => pane.form.clear_field(),
            Intent::Back => self.over = Over::Nothing,
            Intent::Enter => match pane.form.enter() {
                Entered::Empty => pane.notice = Some(Notice::warn(wording::EMPTY)),
                Entered::Full => {
                    let text = pane.form.text(0).trim().to_owned();
                    match asks {
                        Asks::Search => self.find(&text),
                        Asks::Record => self.find_record(&text),
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn find_record(&mut self, text: &str) {
        let line = text.parse().ok().and_then(|seq: u64| self.past.line_of(seq));
        match line {
            Some(line) => self.go_line(line),
            None => {
                let last = self.past.lines.last().map_or(0, |l| l.seq);
                if let Over::Form(_, pane) = &mut self.over {
                    pane.notice = Some(Notice::warn(words::no_record(text, last)));
                    pane.form.clear_field();
                }
            }
        }
    }

    fn find(&mut self, text: &str) {
        let search = Search::of(&self.past, text);
        if search.hits.is_empty() {
            if let Over::Form(_, pane) = &mut self.over {
                pane.notice = Some(Notice::warn(words::no_hit(text)));
            }
            return;
        }
        self.search = Some(search);
        self.over = Over::Nothing;
        // From here on, and round to the beginning.
        let moment = self.walk.moments().get(self.at);
        self.line = moment.map(|m| m.from).and_then(|from| from.checked_sub(1));
        self.hit(true);
    }

    /// The next hit, or the one before, among the screens that fit; round at the ends.
    fn hit(&mut self, forward: bool) {
        let Some(search) = &self.search else {
            self.notice = Some(Notice::warn(words::NO_SEARCH));
            return;
        };
        let fits = |line: &usize| {
            let fits = self.fits.as_ref();
            let at = self.walk.moment_of(*line);
            fits.is_none_or(|fits| at.is_some_and(|at| fits.binary_search(&at).is_ok()))
        };
        let hits: Vec<usize> = search.hits.iter().copied().filter(fits).collect();
        let moment = self.walk.moments().get(self.at);
        // Where nothing was asked for, the screen's own lines count as ahead.
        let ahead = |hit: &usize| match (self.line, moment) {
            (Some(line), _) => *hit > line,
            (None, Some(m)) => *hit >= m.from,
            (None, None) => false,
        };
        let behind = |hit: &usize| match (self.line, moment) {
            (Some(line), _) => *hit < line,
            (None, Some(m)) => *hit < m.from,
            (None, None) => true,
        };
        let found = if forward {
            hits.iter().position(ahead).or(Some(0))
        } else {
            hits.iter().rposition(behind).or(hits.len().checked_sub(1))
        };
        let text = search.text.clone();
        let there = found.and_then(|number| Some((number, *hits.get(number)?)));
        let Some((number, line)) = there else {
            self.notice = Some(Notice::warn(words::NO_MORE_FITS));
            return;
        };
        let of = hits.len();
        // The evidence stays open while one goes from hit to hit.
        let keep = matches!(self.over, Over::Evidence);
        self.go_line(line);
        if keep {
            self.over = Over::Evidence;
        }
        let record = self.past.lines.get(line).map_or(0, |l| l.seq);
        self.notice = Some(Notice::good(words::hit(
            &text,
            number.saturating_add(1),
            of,
            record,
        )));
        self.found = true;
    }

    // ------------------------------------------------------------ lists

    fn list(&mut self, intent: Intent) {
        let page = pages::page(self);
        let Over::List(list) = &mut self.over else {
            return;
        };
        match list.on(intent, page) {
            Chosen::Stay => {}
            Chosen::Back => self.over = Over::Nothing,
            Chosen::Go(go) => self.follow(go),
        }
    }

    fn follow(&mut self, go: Go) {
        let mut filters = self.filters.clone();
        match go {
            Go::Line(line) => return self.go_line(line),
            Go::Check(number) => {
                if let Some(list) = self.check(number) {
                    self.over = Over::List(list);
                }
                return;
            }
            Go::Person(who) => filters.person = who,
            Go::Token(token) => filters.token = token,
            Go::Kind(kind) => filters.kind = kind,
        }
        self.over = Over::Nothing;
        self.filter(filters);
        if let Some(fits) = &self.fits {
            self.notice = Some(Notice::good(words::fits(fits.len())));
        }
    }

    fn filter(&mut self, filters: Filters) {
        self.fits = (!filters.is_empty()).then(|| filters.moments(&self.past, &self.walk));
        self.filters = filters;
    }

    // ------------------------------------------------------------ scrolling

    fn scroll_by(&mut self, rows: usize, down: bool) {
        let pane = match (&self.over, self.here()) {
            (Over::Nothing, Here::Moment(_) | Here::Sealed) => &mut self.model.local.pane.scroll,
            (Over::Plan, _) => match &mut self.model.modal {
                Some(modal) => &mut modal.pane.scroll,
                None => return,
            },
            _ => &mut self.scroll,
        };
        *pane = if down {
            pane.saturating_add(rows)
        } else {
            pane.saturating_sub(rows)
        };
    }

    fn settle(&mut self) {
        layout::settle(&mut self.model);
        self.scroll = self.scroll.min(pages::last_scroll(self));
    }
}

/// Shows that secrets were typed: what they were is nowhere to be had.
fn typed(model: &mut Model) {
    let form = &mut model.local.pane.form;
    for field in &mut form.fields {
        if let Entry::Secret(secret) = &mut field.entry {
            // A mark that the field is not empty; it is never shown.
            let _ = secret.push('*');
        }
    }
}
