//! `verify PATH`: judges a bundle, or a record's folder, with public inputs
//! only, and prints named checks and a verdict. The exit code is the verdict.

use std::path::Path;

use super::{Exit, check, out};
use crate::audit::{self, Level, Options};
use crate::base::{Instant, shown};
use crate::bundle;
use crate::fault::Code;

pub(super) fn verify(path: &Path, json: bool, require: Option<&str>, at: Option<&str>) -> Exit {
    let require = match require.map(|text| Level::parse(text).ok_or(text)).transpose() {
        Ok(level) => level,
        Err(text) => {
            let known: Vec<&str> = Level::ALL.iter().map(|l| l.as_str()).collect();
            out::complain(&format!(
                "--require {}: expected one of: {}",
                shown(text, 40),
                known.join(", ")
            ));
            return Exit::Usage;
        }
    };
    let at = match at.map(Instant::parse).transpose() {
        Ok(at) => at,
        Err(e) => {
            out::complain(&format!("--at: {e}"));
            return Exit::Usage;
        }
    };
    let files = match bundle::read(path) {
        Ok(files) => files,
        Err(e) => {
            out::card(Code::BundleRefused, &format!("{}: {e}", check::name(path)));
            return Exit::of(Code::BundleRefused);
        }
    };
    let judgement = audit::judge(&files, &Options { at });
    if json {
        out::say(&judgement.json().line());
    } else {
        out::say(&judgement.lines().join("\n"));
    }
    let good = require.map_or_else(|| judgement.good(), |level| judgement.meets(level));
    if good { Exit::Good } else { Exit::Negative }
}
