//! `watch`: a second terminal follows a running ceremony from its record, for
//! the room. It reaches no device and writes nothing; it may be started before
//! the ceremony, and outlives it.

use std::path::Path;

use super::{Exit, check, out, run, theme};
use crate::runner::Follower;
use crate::ui;

pub(super) fn watch(record: &Path) -> Exit {
    match try_watch(record) {
        Ok(()) => Exit::Good,
        Err(exit) => exit,
    }
}

fn try_watch(record: &Path) -> Result<(), Exit> {
    run::needs_terminal()?;
    let options = ui::Options {
        stop: run::stop_flag()?,
        theme: theme::theme(),
        places: ui::Places::default(),
    };
    ui::watch(&options, Follower::new(record), check::name(record)).map_err(|error| {
        out::card(error.code(), &error.to_string());
        Exit::of(error.code())
    })
}
