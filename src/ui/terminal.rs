//! The terminal itself: raw mode, the first clear, keys, and its return to the
//! shell whatever happens. The Linux console has no alternate screen, so the
//! explicit clear is what keeps boot messages from shining through.

use std::io::{self, IsTerminal, Stdout, stdin, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use crossterm::execute;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, TerminalOptions, Viewport};

use super::UiError;
use super::keymap::{self, Intent};
use super::keys::{Keys, Press};
use super::model::SMALLEST;

/// What came from the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A key.
    Key(Intent),
    /// Another size.
    Size(u16, u16),
}

/// A terminal in raw mode; dropping it gives it back.
#[derive(Debug)]
pub struct Screen {
    /// Never dropped: ratatui's own drop prints when the cursor cannot be shown,
    /// and panics where that print fails too. [`restore`] does what is needed.
    terminal: ManuallyDrop<ratatui::Terminal<CrosstermBackend<Stdout>>>,
    keys: Keys,
    /// The size that was last told.
    told: (u16, u16),
}

/// How long the rest of an escape sequence may take on a slow serial line
/// before the escape is a key of its own.
const REST: Duration = Duration::from_millis(30);

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// [`UiError::NotATerminal`], or what the terminal says.
    pub fn open() -> Result<Screen, UiError> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return Err(UiError::NotATerminal);
        }
        restore_on_panic();
        enable_raw_mode()?;
        HELD.store(true, Ordering::SeqCst);
        // From here on a failure must give the terminal back, too.
        // The clear is ours, not ratatui's: that one asks the terminal where its
        // cursor is, and a serial line may never answer.
        let opened = execute!(stdout(), EnterAlternateScreen, Clear(ClearType::All), Hide)
            .and_then(|()| crossterm::terminal::size())
            .and_then(|size| {
                // A serial console reports 0x0: nobody knows better than 80x24.
                let viewport = if size.0 == 0 || size.1 == 0 {
                    Viewport::Fixed(Rect::new(0, 0, SMALLEST.0, SMALLEST.1))
                } else {
                    Viewport::Fullscreen
                };
                let options = TerminalOptions { viewport };
                ratatui::Terminal::with_options(CrosstermBackend::new(stdout()), options)
            });
        match opened {
            Ok(terminal) => {
                let mut screen = Screen {
                    terminal: ManuallyDrop::new(terminal),
                    keys: Keys::default(),
                    told: SMALLEST,
                };
                screen.told = screen.size()?;
                Ok(screen)
            }
            Err(error) => {
                restore();
                Err(error.into())
            }
        }
    }

    /// Columns and rows. A serial console that reports nothing is taken as the
    /// smallest that can be drawn on.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn size(&self) -> Result<(u16, u16), UiError> {
        let size = self.terminal.size()?;
        if size.width == 0 || size.height == 0 {
            return Ok(SMALLEST);
        }
        Ok((size.width, size.height))
    }

    /// Draws one frame.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame)) -> Result<(), UiError> {
        // Terminals that know synchronized updates show whole frames only; the
        // Linux console ignores the two marks.
        execute!(stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(view)?;
        execute!(stdout(), EndSynchronizedUpdate)?;
        Ok(())
    }

    /// Waits for a key or a resize.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn heard(&mut self, wait: Duration) -> Result<Option<Heard>, UiError> {
        // Looked for each time, and not announced by a signal: a read of two
        // numbers, and nothing of it can be lost.
        let size = self.size()?;
        if size != self.told {
            self.told = size;
            return Ok(Some(Heard::Size(size.0, size.1)));
        }
        let mut press = self.keys.next(false);
        if press.is_none() {
            let begun = !self.keys.is_empty();
            // A hang-up is an error here, before anything is read.
            if readable(if begun { REST } else { wait })? {
                let stdin = stdin();
                let n = match rustix::io::read(&stdin, self.keys.room()) {
                    Ok(n) => n,
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return Ok(None),
                    Err(e) => return Err(io::Error::from(e).into()),
                };
                if n == 0 {
                    return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
                }
                self.keys.filled(n);
                press = self.keys.next(false);
            } else if begun {
                press = self.keys.next(true);
            }
        }
        Ok(press.and_then(|p| keymap::intent(&event(p))).map(Heard::Key))
    }
}

/// A press in the words of the key table.
fn event(press: Press) -> KeyEvent {
    let code = match press {
        Press::Char(c) | Press::Control(c) => KeyCode::Char(c),
        Press::Enter => KeyCode::Enter,
        Press::Backspace => KeyCode::Backspace,
        Press::Tab => KeyCode::Tab,
        Press::Esc => KeyCode::Esc,
        Press::Up => KeyCode::Up,
        Press::Down => KeyCode::Down,
        Press::Left => KeyCode::Left,
        Press::Right => KeyCode::Right,
        Press::PageUp => KeyCode::PageUp,
        Press::PageDown => KeyCode::PageDown,
        Press::Home => KeyCode::Home,
        Press::End => KeyCode::End,
        Press::F(number) => KeyCode::F(number),
    };
    let modifiers = match press {
        Press::Control(_) => KeyModifiers::CONTROL,
        _ => KeyModifiers::NONE,
    };
    KeyEvent::new(code, modifiers)
}

/// Whether keys wait, within a time; a terminal that went away is an error.
fn readable(wait: Duration) -> Result<bool, UiError> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let wait = Timespec {
        tv_sec: i64::try_from(wait.as_secs()).unwrap_or(0),
        tv_nsec: i64::from(wait.subsec_nanos()),
    };
    match poll(&mut fds, Some(&wait)) {
        Ok(_) => {}
        Err(rustix::io::Errno::INTR) => return Ok(false),
        Err(e) => return Err(io::Error::from(e).into()),
    }
    let [fd] = fds;
    if fd
        .revents()
        .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
    {
        return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
    }
    Ok(fd.revents().contains(PollFlags::IN))
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether this program holds the terminal now.
static HELD: AtomicBool = AtomicBool::new(false);

/// Cooked mode, the cursor, the shell's screen. Every part is tried: there is
/// nobody left to tell about a failure.
fn restore() {
    HELD.store(false, Ordering::SeqCst);
    let _ = disable_raw_mode();
    let _ = execute!(stdout(), Clear(ClearType::All), LeaveAlternateScreen, Show);
}

fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        // Only the thread that draws gives the terminal back: a panic of a
        // token's thread becomes an outcome, and its words must not be written
        // across the screen.
        let drawer = std::thread::current().id();
        panic::set_hook(Box::new(move |info| {
            let held = HELD.load(Ordering::SeqCst);
            if held && std::thread::current().id() != drawer {
                return;
            }
            if held {
                restore();
            }
            before(info);
        }));
    });
}

impl From<io::Error> for UiError {
    fn from(error: io::Error) -> UiError {
        UiError::Terminal {
            meaning: crate::base::shown(&error.to_string(), 200),
        }
    }
}
