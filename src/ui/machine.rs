//! The machine check outside of a ceremony: what a look finds, with what each
//! thing means and what to do, looked at anew every second. What it looks with
//! is the caller's; nothing is changed and nothing can be switched off here.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ratatui::Frame;

use super::home::{Sheet, scrolled};
use super::keymap::Intent;
use super::layout::Page;
use super::terminal::{Heard, Screen};
use super::theme::{Theme, Tone};
use super::widgets::rows::{Row, fact, para};
use super::wording::{home as keys, machine as words, screens};
use super::{Options, UiError};
use crate::base::machine::{Finding, Report};

/// Looks once.
pub type Look = Arc<dyn Fn() -> Report + Send + Sync>;

/// How often.
const EVERY: Duration = Duration::from_secs(1);
/// Columns of a heading.
const NAMES: usize = 15;

/// What the screen is drawn from.
#[derive(Debug)]
pub struct MachineCheck {
    /// The last look.
    pub report: Report,
    /// First row in sight.
    pub scroll: usize,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Colours or not.
    pub theme: Theme,
}

impl MachineCheck {
    /// One key; whether to go back.
    pub fn on(&mut self, intent: Intent) -> bool {
        if matches!(intent, Intent::Back | Intent::Leave) {
            return true;
        }
        self.scroll = scrolled(self.size, |width| page(self, width), self.scroll, intent);
        false
    }
}

/// Draws it.
pub fn draw(check: &MachineCheck, frame: &mut Frame) {
    // A key that is shown works: there may be nothing to scroll.
    let end = scrolled(check.size, |width| page(check, width), 0, Intent::Bottom);
    let all = [
        (Intent::PageDown, keys::KEY_SCROLL),
        (Intent::Back, keys::KEY_HOME),
    ];
    let sheet = Sheet {
        size: check.size,
        theme: check.theme,
        scroll: check.scroll,
        keys: all.get(usize::from(end == 0)..).unwrap_or(&all),
    };
    sheet.draw(|width, _| (page(check, width), None), frame);
}

fn page(check: &MachineCheck, width: usize) -> Page {
    let report = &check.report;
    let mut body = Vec::new();
    for finding in report.refusing() {
        body.extend(card(finding, Tone::Bad, width));
    }
    for finding in report.warnings() {
        body.extend(card(finding, Tone::Warn, width));
    }
    body.extend(para(Tone::Strong, words::DEVICES, width));
    for device in &report.devices {
        body.extend(para(Tone::Plain, &words::device(device), width));
    }
    if report.devices.is_empty() {
        body.push(Row::of(Tone::Plain, words::NO_DEVICES));
    }
    Page {
        say: words::title(report.refusing().count(), report.warnings().count()),
        body,
        ask: para(Tone::Quiet, words::LIVE, width),
    }
}

fn card(finding: &Finding, tone: Tone, width: usize) -> Vec<Row> {
    let card = finding.code.card();
    let mut rows = para(tone, &words::finding(finding), width);
    rows.extend(fact(words::FACT, NAMES, Tone::Plain, card.fact, width));
    rows.extend(fact(screens::MEANS, NAMES, Tone::Plain, card.meaning, width));
    rows.extend(fact(screens::WHAT_TO_DO, NAMES, Tone::Plain, card.remedy, width));
    rows.push(Row::blank());
    rows
}

/// Runs the screen until a person goes back.
pub(super) fn run(options: &Options, look: &Look) -> Result<(), UiError> {
    let mut screen = Screen::open()?;
    let mut check = MachineCheck {
        report: look(),
        scroll: 0,
        size: screen.size()?,
        theme: options.theme,
    };
    let mut looked = Instant::now();
    loop {
        screen.draw(|frame| draw(&check, frame))?;
        let heard = screen.heard(Duration::from_millis(200))?;
        check.size = screen.size()?;
        if looked.elapsed() >= EVERY {
            check.report = look();
            looked = Instant::now();
        }
        if options.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
        if let Some(Heard::Key(intent)) = heard
            && check.on(intent)
        {
            return Ok(());
        }
    }
}
