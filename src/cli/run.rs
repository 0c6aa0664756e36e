//! `run` and `resume`: builds the ports, starts the runner, hands it to the
//! front end, and turns its ending into an exit code.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::{Exit, Ways, approve, check, devices, harden, machine, out, places};
use crate::base::medium::Release;
use crate::engine::{FrontEnd, SecretsPath};
use crate::fault::Code;
use crate::headless;
use crate::plan::Plan;
use crate::runner::drill::Drill;
use crate::runner::{self, Failure, Machine as _, Ports, Resumed, Run, Running, Sealed, System, SystemClock};
use crate::script::{Answers, Kind};
use crate::store::Real;

pub(super) fn run(script: &Path, record: &Path, ways: &Ways) -> Exit {
    let plan = check::load(script).and_then(|plan| approve::beside(plan, script));
    match plan {
        Ok(plan) => start(plan, record, ways, None),
        Err(exit) => exit,
    }
}

/// Starts a new ceremony.
pub(super) fn start(plan: Plan, record: &Path, ways: &Ways, drill: Option<Drill>) -> Exit {
    drive(record, ways, Start::New(plan, drill))
}

/// Production runs on approved bytes alone, in the first run and in every other.
fn approved(plan: &Plan) -> Result<(), Exit> {
    plan.approved().map(drop).map_err(|why| {
        out::card(Code::NoApprovals, &format!("{why} [{}]", why.code()));
        Exit::of(Code::NoApprovals)
    })
}

pub(super) fn resume(record: &Path, ways: &Ways) -> Exit {
    let mut ways = ways.clone();
    // A rehearsal's media folder lies beside its record.
    let beside = places::beside(record, ".media");
    if ways.media.is_none() && beside.is_dir() {
        ways.media = Some(beside);
    }
    let ways = &ways;
    match runner::stored_plan(&Real, record) {
        Ok(plan) => drive(record, ways, Start::Resumed(plan)),
        Err(failure) => failed(&failure),
    }
}

enum Start {
    New(Plan, Option<Drill>),
    /// The plan only says which devices to reach; the record is folded anew.
    Resumed(Plan),
}

fn drive(record: &Path, ways: &Ways, start: Start) -> Exit {
    match try_drive(record, ways, start) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn try_drive(record: &Path, ways: &Ways, start: Start) -> Result<Exit, Exit> {
    let plan = match &start {
        Start::New(plan, _) | Start::Resumed(plan) => plan,
    };
    approved(plan)?;
    let executable = machine::executable();
    let answers = ways.answers.as_deref().map(load_answers).transpose()?;
    if answers.is_none() {
        needs_terminal()?;
    }
    if let Some(media) = &ways.media
        && !media.is_dir()
    {
        out::card(
            Code::MediaMissing,
            &format!("{} is not a folder", check::name(media)),
        );
        return Err(Exit::Usage);
    }
    let stop = stop_flag()?;
    harden::harden()?;
    let mut system = System::new();
    if let Start::New(plan, _) = &start {
        // Before a device is looked for; the runner looks again.
        runner::machine::ready(plan, system.look()).map_err(|failure| failed(&failure))?;
    }
    let places = devices::Places {
        modules: devices::modules(&ways.module)?,
        yubihsm: ways.yubihsm.clone(),
        patience: ways.patience.map(|seconds| Duration::from_secs(seconds.into())),
    };
    if places.patience.is_some() && plan.script().kind == Kind::Production {
        out::complain("--patience is for rehearsals: a device in production has the time that it needs");
        return Err(Exit::Usage);
    }
    let beside = places::beside(record, ".devices");
    let (bench, modules) = devices::bench(plan, &beside, &places, &executable)?;
    let run = Run {
        program: machine::program(&executable),
        front_end: if answers.is_some() {
            FrontEnd::Headless
        } else {
            FrontEnd::Tui
        },
        // In production a file gives no secret: they are typed, or nobody logs in.
        secrets: if answers.is_some() && plan.script().kind == Kind::Rehearsal {
            SecretsPath::AnswersFile
        } else {
            SecretsPath::Keyboard
        },
        modules,
        drill: match &start {
            Start::New(_, drill) => drill.clone(),
            Start::Resumed(_) => None,
        },
    };
    let ports = Ports {
        bench,
        disk: Arc::new(Real),
        mirror: ways.mirror.clone(),
        media: ways.media.clone(),
        clock: Box::new(SystemClock),
        machine: Box::new(system),
    };
    let running = match start {
        Start::New(plan, _) => runner::open(plan, record, ports, &run),
        Start::Resumed(_) => match runner::resume(record, ports, &run) {
            Ok(Resumed::Running(running)) => Ok(*running),
            Ok(Resumed::Sealed(bundle)) => return Ok(sealed(&bundle)),
            Err(failure) => Err(failure),
        },
    }
    .map_err(|failure| failed(&failure))?;
    Ok(match answers {
        Some(answers) => headless(running, answers, &stop, record),
        None => full_screen(running, stop, record, ways.media.as_deref()),
    })
}

fn headless(running: Running, answers: Answers, stop: &AtomicBool, record: &Path) -> Exit {
    let (handle, msgs, first, threads) = running.split();
    let ending = headless::run(handle, &msgs, first, answers, stop);
    drop(msgs);
    threads.finish();
    match ending {
        headless::Ending::Closed {
            sealed: bundle,
            clients,
        } => {
            for line in clients {
                out::say(&crate::base::shown(&line, 400));
            }
            sealed(&bundle)
        }
        headless::Ending::Aborted => {
            out::say("aborted; the record says why");
            Exit::Negative
        }
        headless::Ending::Paused { why } => {
            out::complain(&format!("paused: {}", crate::base::shown(&why, 300)));
            resumable(record);
            Exit::Person
        }
        headless::Ending::Trouble { why } => {
            out::complain(&format!(
                "paused after a failure: {}",
                crate::base::shown(&why, 1200)
            ));
            resumable(record);
            Exit::Fault
        }
        headless::Ending::Failed(failure) => failed(&failure),
    }
}

/// The good end.
fn sealed(bundle: &Sealed) -> Exit {
    let place = crate::base::shown(&bundle.place, 300);
    out::say(&format!(
        "closed and sealed\nbundle {place}\n{}\nverify it: tuf-ceremony verify {place}",
        safe_to_remove(&bundle.released)
    ));
    Exit::Good
}

fn safe_to_remove(released: &Release) -> String {
    match released {
        Release::Unmounted => "safe to remove the media: it is unmounted".to_owned(),
        Release::Folder => "the bundle is in a folder of this machine, not on media".to_owned(),
        Release::ByHand { point, because } => {
            format!("NOT SAFE TO REMOVE yet: unmount {point} first, everything is written ({because})")
        }
    }
}

/// What a person does next after a pause.
fn resumable(record: &Path) {
    out::complain(&format!(
        "the record is intact; go on with: tuf-ceremony resume --record {} and the same --media, --mirror, \
         --module and --yubihsm",
        check::name(record)
    ));
}

fn failed(failure: &Failure) -> Exit {
    out::card(failure.code, &failure.meaning);
    Exit::of(failure.code)
}

fn load_answers(path: &Path) -> Result<Answers, Exit> {
    let bytes = std::fs::read(path).map_err(|e| {
        out::card(Code::AnswersRefused, &format!("{}: {e}", check::name(path)));
        Exit::Usage
    })?;
    Answers::parse(&bytes).map_err(|faults| {
        for fault in &faults.0 {
            out::complain(&fault.render(&check::name(path)));
        }
        out::card(Code::AnswersRefused, &faults.to_string());
        Exit::Usage
    })
}

/// Set by SIGTERM, SIGHUP and SIGINT: the ceremony is paused, never torn.
pub(super) fn stop_flag() -> Result<Arc<AtomicBool>, Exit> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
        signal_hook::consts::SIGINT,
    ] {
        signal_hook::flag::register(signal, stop.clone()).map_err(|e| {
            out::card(Code::Internal, &e.to_string());
            Exit::Fault
        })?;
    }
    Ok(stop)
}

pub(super) fn needs_terminal() -> Result<(), Exit> {
    use std::io::IsTerminal;
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    out::card(Code::NotATerminal, "");
    Err(Exit::of(Code::NotATerminal))
}

#[cfg(feature = "tui")]
fn full_screen(running: Running, stop: Arc<AtomicBool>, record: &Path, media: Option<&Path>) -> Exit {
    use crate::ui;
    let options = ui::Options {
        stop,
        theme: super::theme::theme(),
        places: ui::Places {
            record: Some(check::name(record)),
            media: media.map(check::name),
        },
    };
    let (handle, msgs, first, threads) = running.split();
    let ending = ui::run(handle, msgs, first, options);
    threads.finish();
    match ending {
        Ok(ui::Ending::Closed { sealed: Some(bundle) }) => sealed(&bundle),
        Ok(ui::Ending::Closed { sealed: None }) => {
            out::complain("the record is closed, and the seal was not written; keep record and media");
            Exit::Fault
        }
        Ok(ui::Ending::Aborted) => {
            out::say("aborted; the record says why");
            Exit::Negative
        }
        Ok(ui::Ending::Paused) => {
            out::complain("paused");
            resumable(record);
            Exit::Person
        }
        Ok(ui::Ending::Failed(failure)) => failed(&failure),
        Err(error) => {
            out::card(error.code(), &error.to_string());
            resumable(record);
            Exit::of(error.code())
        }
    }
}

#[cfg(not(feature = "tui"))]
fn full_screen(running: Running, _: Arc<AtomicBool>, record: &Path, _: Option<&Path>) -> Exit {
    let (handle, msgs, _, threads) = running.split();
    drop((handle, msgs));
    threads.finish();
    out::complain("this build has no full-screen front end: build it with the feature tui, or use --answers");
    resumable(record);
    Exit::Usage
}
