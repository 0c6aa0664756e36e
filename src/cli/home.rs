//! Without a command: the home screen, whose choice becomes the command that
//! the same person could have typed.

use std::path::{Path, PathBuf};

use super::{Exit, RehearsalPlaces, Ways, machine_check, out, rehearse, replay, run, theme, tokens, verify};
use crate::ui::{self, Choice, UiError};

pub(super) fn home() -> Exit {
    match choose() {
        Ok(exit) | Err(exit) => exit,
    }
}

fn choose() -> Result<Exit, Exit> {
    run::needs_terminal()?;
    let options = ui::Options {
        stop: run::stop_flag()?,
        theme: theme::theme(),
        places: ui::Places::default(),
    };
    let failed = |error: UiError| {
        out::card(error.code(), &error.to_string());
        Exit::of(error.code())
    };
    Ok(match ui::home(&options).map_err(failed)? {
        Choice::Rehearse => rehearse::rehearse(
            None,
            RehearsalPlaces {
                record: None,
                whole: false,
                fault: None,
                ways: Ways::default(),
            },
        ),
        Choice::Run {
            script,
            record,
            media,
        } => run::run(Path::new(&script), Path::new(&record), &ways(&media)),
        Choice::Resume { record, media } => run::resume(Path::new(&record), &ways(&media)),
        Choice::Verify { path } => verify::verify(&verify::Asked::of(path.into())),
        Choice::Review { path } => {
            // What was looked at is no end: something else may be chosen.
            replay::walk(Path::new(&path), None)?;
            return choose();
        }
        Choice::Tokens { places } => {
            let look = tokens::looker(&tokens::Where::parse(&places))?;
            ui::tokens(&options, look).map_err(failed)?;
            // Devices are looked at before something else is chosen.
            return choose();
        }
        Choice::Machine => {
            ui::machine(&options, &machine_check::looker()).map_err(failed)?;
            return choose();
        }
        Choice::Quit => Exit::Good,
    })
}

fn ways(media: &str) -> Ways {
    Ways {
        media: (!media.is_empty()).then(|| PathBuf::from(media)),
        ..Ways::default()
    }
}
