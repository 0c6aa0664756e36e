//! Tools: a desk over a room's files, keys, the frame as text, golden files.

use std::path::PathBuf;
use std::sync::OnceLock;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tuf_ceremony::bundle::Files;
use tuf_ceremony::cli::told;
use tuf_ceremony::ui::Theme;
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::replay::walk::Walk;
use tuf_ceremony::ui::replay::{Desk, Past, draw};

use super::rehearsal::{Map, Room, script, script_small};

pub const SMALL: (u16, u16) = (80, 24);
pub const LARGE: (u16, u16) = (120, 40);

/// Ed25519 signatures alone: the same record each time. Held once for all tests.
pub fn steady() -> &'static Room {
    static ONCE: OnceLock<Room> = OnceLock::new();
    ONCE.get_or_init(|| Room::closed(&steady_script()))
}

/// The whole ceremony, judged and executed once.
pub fn whole(size: (u16, u16)) -> Desk {
    static ONCE: OnceLock<(Past, Walk)> = OnceLock::new();
    let (past, walk) = ONCE.get_or_init(|| {
        let past = past(&steady().bundle());
        let walk = Walk::of(&past);
        (past, walk)
    });
    Desk::along(past.clone(), walk.clone(), size, Theme::Mono).unwrap()
}

pub fn steady_script() -> String {
    script().replace("ecdsa-p256", "ed25519")
}

/// One token, few keys: for tests that judge many records.
pub fn small_script() -> String {
    script_small().replace("ecdsa-p256", "ed25519")
}

pub fn past(files: &Map) -> Past {
    told::past("FOLDER".to_owned(), &Files::from_map(files.clone())).unwrap()
}

pub fn desk(files: &Map, size: (u16, u16)) -> Desk {
    Desk::new(past(files), size, Theme::Mono).unwrap()
}

pub fn render(size: (u16, u16), view: impl FnOnce(&mut ratatui::Frame)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(view).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let mut out = String::new();
    for y in 0..size.1 {
        let line: String = (0..size.0).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The frame; nothing but printable ASCII and light lines is ever in a cell.
pub fn shot(desk: &Desk) -> String {
    let size = desk.model().size;
    let text = render(size, |frame| draw(desk, frame));
    for c in text.chars() {
        assert!(
            matches!(
                c,
                '\n' | ' '..='~' | '─' | '│' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '█' | '▀' | '▄'
            ),
            "{c:?} in\n{text}"
        );
    }
    text
}

pub fn press(desk: &mut Desk, intent: Intent) {
    assert!(!desk.on(intent), "the review was left");
}

pub fn keys(desk: &mut Desk, text: &str) {
    for c in text.chars() {
        press(desk, Intent::Char(c));
    }
}

/// Types into a form and takes it.
pub fn enter(desk: &mut Desk, text: &str) {
    keys(desk, text);
    press(desk, Intent::Enter);
}

pub fn golden(name: &str, size: (u16, u16), text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/screens")
        .join(format!("{name}--{}x{}.txt", size.0, size.1));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{} differs; UPDATE_GOLDEN=1 rewrites it\n--- kept\n{kept}\n--- drawn\n{text}",
        path.display()
    );
}
