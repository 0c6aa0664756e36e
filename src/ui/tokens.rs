//! The list of devices: a card for each, as the `tokens` verb prints it, drawn
//! from one look ([`Inventory`]). It scrolls, and looks again when asked; what
//! it looks with is the caller's, because this room knows no device.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use ratatui::Frame;

use super::home::{Sheet, scrolled};
use super::keymap::Intent;
use super::layout::Page;
use super::terminal::{Heard, Screen};
use super::theme::{Theme, Tone};
use super::widgets::rows::{Row, fact, para};
use super::wording::home as words;
use super::{Options, UiError, wording};
use crate::base::device::DeviceFault;
use crate::base::inventory::{Device, Inventory, key_facts};

/// Looks at every device once.
pub type Look = Arc<dyn Fn() -> Inventory + Send + Sync>;

/// Columns of a heading.
const NAMES: usize = 14;

/// What the screen is drawn from.
#[derive(Debug)]
pub struct Tokens {
    /// The last look; `None` while the next one is under way.
    pub found: Option<Inventory>,
    /// First row in sight.
    pub scroll: usize,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Colours or not.
    pub theme: Theme,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Nothing but another frame.
    Stay,
    /// Another look.
    Again,
    /// Back to the home screen.
    Back,
}

impl Tokens {
    /// Before the first look.
    #[must_use]
    pub fn new(size: (u16, u16), theme: Theme) -> Tokens {
        Tokens {
            found: None,
            scroll: 0,
            size,
            theme,
        }
    }

    /// One key.
    pub fn on(&mut self, intent: Intent) -> Wish {
        match intent {
            Intent::Back | Intent::Leave => Wish::Back,
            // One look at a time.
            Intent::Other if self.found.is_some() => {
                self.found = None;
                self.scroll = 0;
                Wish::Again
            }
            _ => {
                self.scroll = scrolled(self.size, |width| page(self, width), self.scroll, intent);
                Wish::Stay
            }
        }
    }
}

/// Draws the list.
pub fn draw(tokens: &Tokens, frame: &mut Frame) {
    let mut keys = Vec::new();
    if tokens.found.is_some() {
        keys.push((Intent::Other, words::KEY_AGAIN));
    }
    // Only where there is something to scroll to.
    let below = scrolled(
        tokens.size,
        |width| page(tokens, width),
        tokens.scroll,
        Intent::PageDown,
    );
    if below > tokens.scroll {
        keys.push((Intent::PageDown, words::KEY_SCROLL));
    }
    if tokens.scroll > 0 {
        keys.push((Intent::PageUp, words::KEY_SCROLL_UP));
    }
    keys.push((Intent::Back, words::KEY_HOME));
    let sheet = Sheet {
        size: tokens.size,
        theme: tokens.theme,
        scroll: tokens.scroll,
        keys: &keys,
    };
    sheet.draw(|width, _| (page(tokens, width), None), frame);
}

fn page(tokens: &Tokens, width: usize) -> Page {
    let Some(found) = &tokens.found else {
        return Page {
            say: words::TOKENS_LOOKING.to_owned(),
            ..Page::default()
        };
    };
    let mut body = Vec::new();
    // First what must not be missed.
    for serial in found.alike() {
        body.extend(para(Tone::Bad, words::TOKENS_ALIKE, width));
        for (place, device) in found.devices().filter(|(_, d)| d.card.serial == serial) {
            let text = format!("{}, at {}", device.card.model, wording::safe(&place.name));
            body.extend(fact(
                &wording::safe(serial),
                NAMES.max(serial.len().saturating_add(2)),
                Tone::Strong,
                &text,
                width,
            ));
        }
        body.push(Row::blank());
    }
    for place in &found.places {
        body.extend(para(Tone::Strong, &wording::safe(&place.name), width));
        match &place.fault {
            Some(fault) => body.extend(fault_rows(fault, width)),
            None if place.devices.is_empty() => body.extend(para(Tone::Quiet, words::TOKENS_NONE, width)),
            None => {}
        }
        for device in &place.devices {
            body.push(Row::blank());
            body.extend(device_rows(device, width));
        }
        body.push(Row::blank());
    }
    body.pop();
    Page {
        say: words::TOKENS_FOUND.to_owned(),
        body,
        ask: Vec::new(),
    }
}

fn device_rows(device: &Device, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, text) in device.facts() {
        let tone = match name {
            "serial" | "label" => Tone::Strong,
            _ => Tone::Plain,
        };
        rows.extend(fact(name, NAMES, tone, &wording::safe(&text), width));
    }
    if let Some(fault) = &device.fault {
        rows.extend(fault_rows(fault, width));
    } else if device.keys.is_empty() {
        rows.extend(fact("keys", NAMES, Tone::Plain, words::TOKENS_NO_KEYS, width));
    }
    for key in &device.keys {
        for (name, text) in key_facts(key) {
            rows.extend(fact(name, NAMES, Tone::Plain, &wording::safe(&text), width));
        }
    }
    rows
}

fn fault_rows(fault: &DeviceFault, width: usize) -> Vec<Row> {
    let card = fault.code.card();
    let mut rows = para(Tone::Bad, card.fact, width);
    rows.extend(fact(
        "found",
        NAMES,
        Tone::Plain,
        &wording::safe(&fault.meaning),
        width,
    ));
    rows.extend(fact("meaning", NAMES, Tone::Plain, card.meaning, width));
    rows.extend(fact("what to do", NAMES, Tone::Strong, card.remedy, width));
    rows
}

fn start(look: &Look) -> Receiver<Inventory> {
    let (told, heard) = channel();
    let look = look.clone();
    std::thread::spawn(move || {
        // Nobody waits for it any more: the screen was left.
        let _ = told.send(look());
    });
    heard
}

/// Runs the screen until a person goes back.
pub(super) fn run(options: &Options, look: Look) -> Result<(), UiError> {
    let mut screen = Screen::open()?;
    let mut tokens = Tokens::new(screen.size()?, options.theme);
    let mut looking = start(&look);
    loop {
        match looking.try_recv() {
            Ok(found) => tokens.found = Some(found),
            // The look itself ended without an answer: nothing is shown as found.
            Err(TryRecvError::Disconnected) if tokens.found.is_none() => {
                tokens.found = Some(Inventory::default());
            }
            Err(_) => {}
        }
        screen.draw(|frame| draw(&tokens, frame))?;
        let heard = screen.heard(Duration::from_millis(200))?;
        tokens.size = screen.size()?;
        if options.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
        if let Some(Heard::Key(intent)) = heard {
            match tokens.on(intent) {
                Wish::Stay => {}
                Wish::Again => looking = start(&look),
                Wish::Back => return Ok(()),
            }
        }
    }
}
