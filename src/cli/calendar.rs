//! `calendar REPO_DIR`: when each file expires and when the next ceremony has to
//! be. Reads the folder as `tuf convert` does, in any of the layouts; writes
//! nothing but the new file that `--ics` names.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, new_file, out, tuf};
use crate::tuf::calendar::{self, Options, Standing};
use crate::tuf::layout::Tree;
use crate::tuf::policy::Preset;

#[derive(Debug, Args)]
pub(super) struct Asked {
    /// The folder of a repository's metadata, or of a chain of roots.
    dir: PathBuf,
    /// Judge at this instant, YYYY-MM-DDTHH:MM:SSZ, not at this machine's clock.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Recommend the signing windows of: universal, hardware-default, tuf-on-ci, rstuf, pypi-pep458, sigstore.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// A ceremony of offline keys is over this many days before the expiry; without it 30.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=3660))]
    lead_days: Option<u32>,
    /// Write the dates as iCalendar: a new file, never written over another.
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
    /// Stable JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(super) fn calendar(asked: &Asked) -> Exit {
    run(asked).unwrap_or_else(|exit| exit)
}

fn run(asked: &Asked) -> Result<Exit, Exit> {
    let profile = asked.profile.as_deref().map(tuf::profile).transpose()?;
    let (at, clock) = tuf::instant(asked.at.as_deref())?;
    if let Some(path) = &asked.ics {
        new_file::absent(path)?;
    }
    if !asked.dir.is_dir() {
        return Err(tuf::unreadable(&asked.dir, "expected a folder"));
    }
    let tree = Tree::read(&tuf::files(&asked.dir)?)
        .map_err(|why| tuf::unreadable(&asked.dir, &format!("[{}] {why}", why.code)))?;
    let options = Options {
        at,
        preset: profile.map(|p| Preset::of(p.name)),
        lead_days: asked.lead_days,
    };
    let made =
        calendar::calendar(&tree, &options).map_err(|why| tuf::unreadable(&asked.dir, &why.to_string()))?;
    if let Some(path) = &asked.ics {
        new_file::write(path, made.ics().as_bytes())?;
    }
    out::say(&if asked.json {
        made.json(clock).line()
    } else {
        made.lines(clock).join("\n")
    });
    Ok(match made.standing() {
        Standing::Good => Exit::Good,
        Standing::Due | Standing::Expired => Exit::Negative,
    })
}
