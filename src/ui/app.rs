//! The loop: keys, the runner's words and the clocks become events; what the
//! update returns is done; then a frame is drawn. The only file of the room
//! that reads a clock.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::model::{Event, Model, Out};
use super::terminal::{Heard, Screen};
use super::update::update;
use super::{Ending, Options, UiError, view, wording};
use crate::base::{Instant, Stamp};
use crate::engine::{Answer, NewSecret, Phase};
use crate::fault::Code;
use crate::runner::{Cmd, Failure, Handle, Msg, Snapshot};

/// How long a loop waits for a key: the runner's words are shown within it.
const WAIT: Duration = Duration::from_millis(10);
/// The same while nothing is under way, so that waiting costs next to nothing. A key
/// ends it at once.
const IDLE: Duration = Duration::from_millis(50);
/// How often a frame is drawn when nothing happens and no second has passed, in ms.
const REDRAW_MS: u64 = 1000;

/// Runs the UI until the ceremony ends or pauses.
///
/// # Errors
/// [`UiError`]: there is no terminal, or it went away. In the second case the
/// ceremony was paused, if it could be.
pub fn run(
    handle: &Handle,
    msgs: &Receiver<Msg>,
    first: Arc<Snapshot>,
    options: &Options,
) -> Result<Ending, UiError> {
    let mut screen = Screen::open()?;
    let size = screen.size()?;
    let now = now().or(first.state.last).ok_or_else(|| UiError::Terminal {
        meaning: wording::NO_CLOCK.to_owned(),
    })?;
    let mut model = Model::new(first, now, size, options.theme, options.places.clone());
    let told = drive(&mut model, &mut screen, handle, msgs, options);
    if let Err(error) = told {
        drop(screen);
        // The terminal is gone: nobody can answer. Pause, and wait until that
        // is on disk; a device that works has a watchdog, so this ends.
        let why = wording::PAUSE_NO_TERMINAL.to_owned();
        let out = update(&mut model, Event::Stop(why));
        let mut left = perform(&mut model, handle, out);
        while !left {
            let Ok(msg) = msgs.recv() else { break };
            let out = update(&mut model, Event::Engine(msg));
            left = perform(&mut model, handle, out);
        }
        return Err(error);
    }
    Ok(ending(&model))
}

fn drive(
    model: &mut Model,
    screen: &mut Screen,
    handle: &Handle,
    msgs: &Receiver<Msg>,
    options: &Options,
) -> Result<(), UiError> {
    let mut drawn_at = 0u64;
    let mut shown = model.now.wall;
    let mut dirty = true;
    let mut stopping = false;
    loop {
        // Some consoles never report a resize: look.
        let size = screen.size()?;
        if size != model.size {
            update(model, Event::Resize(size.0, size.1));
            dirty = true;
        }
        // The clock shows seconds: a frame for each, and not more of the same.
        let second = model.now.wall != shown;
        if dirty || second || model.now.mono_ms.saturating_sub(drawn_at) >= REDRAW_MS {
            screen.draw(|frame| view::draw(model, frame))?;
            (drawn_at, shown) = (model.now.mono_ms, model.now.wall);
            dirty = false;
        }
        let mut out = Vec::new();
        loop {
            match msgs.try_recv() {
                Ok(msg) => {
                    out.extend(update(model, Event::Engine(msg)));
                    dirty = true;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    if gone(model) {
                        dirty = true;
                    }
                    break;
                }
            }
        }
        let busy = model.waiting.is_some() || model.sealing() || model.seen.state.dangling().is_some();
        if let Some(heard) = screen.heard(if busy { WAIT } else { IDLE })? {
            dirty = true;
            out.extend(match heard {
                Heard::Key(intent) => update(model, Event::Key(intent)),
                Heard::Size(columns, rows) => update(model, Event::Resize(columns, rows)),
            });
        }
        if let Some(now) = now() {
            update(model, Event::Tick(now));
        }
        if !stopping && options.stop.load(Ordering::SeqCst) {
            stopping = true;
            dirty = true;
            out.extend(update(model, Event::Stop(wording::PAUSE_SIGNAL.to_owned())));
        }
        if perform(model, handle, out) {
            return Ok(());
        }
    }
}

/// The runner is gone. After the end that is in order; before it is a defect.
fn gone(model: &mut Model) -> bool {
    let over = model.failed.is_some()
        || model.sealed.is_some()
        || matches!(model.seen.state.phase, Phase::Paused | Phase::Aborted);
    if !over {
        let failure = Failure {
            code: Code::Internal,
            meaning: wording::RUNNER_GONE.to_owned(),
        };
        update(model, Event::Engine(Msg::Failed(failure)));
    }
    !over
}

/// Does what was returned; says whether to leave.
fn perform(model: &mut Model, handle: &Handle, out: Vec<Out>) -> bool {
    let mut leave = false;
    for one in out {
        match one {
            Out::Say(cmd) => handle.say(cmd),
            Out::Pin(secret) => {
                let secret = secret.map(|secret| handle.deposit(secret));
                handle.say(Cmd::Submit(Answer::Pin { secret }));
            }
            Out::NewSecrets { secrets, typed } => {
                let secrets = secrets
                    .into_iter()
                    .map(|(credential, secret, again)| NewSecret {
                        credential,
                        secret: handle.deposit(secret),
                        again: handle.deposit(again),
                    })
                    .collect();
                handle.say(Cmd::Submit(Answer::NewSecrets { secrets, typed }));
            }
            Out::Dice(secret) => {
                let rolls = handle.deposit(secret);
                handle.say(Cmd::Submit(Answer::Dice { rolls }));
            }
            Out::Copied(secret) => {
                let typed = handle.deposit(secret);
                handle.say(Cmd::Submit(Answer::Copied { typed }));
            }
            Out::Look(ticket) => {
                update(model, Event::Seen(handle.look(ticket)));
            }
            Out::Suggest => {
                update(model, Event::Suggested(handle.suggest()));
            }
            Out::Leave => leave = true,
        }
    }
    leave
}

fn ending(model: &Model) -> Ending {
    if let Some(failure) = &model.failed {
        return Ending::Failed(failure.clone());
    }
    match model.seen.state.phase {
        Phase::Closed => Ending::Closed {
            sealed: model.sealed.clone(),
        },
        Phase::Aborted => Ending::Aborted,
        _ => Ending::Paused,
    }
}

/// Wall clock and CLOCK_BOOTTIME, as the engine's inputs carry them; `None`
/// for a wall clock outside the calendar.
pub(super) fn now() -> Option<Stamp> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let ms = boot
        .tv_sec
        .saturating_mul(1000)
        .saturating_add(boot.tv_nsec.div_euclid(1_000_000));
    Some(Stamp {
        wall: Instant::from_unix(i64::try_from(seconds).ok()?).ok()?,
        mono_ms: u64::try_from(ms).ok()?,
    })
}
