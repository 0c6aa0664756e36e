//! `verify PATH`: judges a bundle, or a record's folder, with public inputs
//! only, and prints named checks and a verdict. The exit code is the verdict.
//! The clock that it reads is for today's status alone.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, addendum, check, out, tuf};
use crate::audit::{self, Anchors, Level, LiveRoot, Options, anchors};
use crate::base::{Instant, Json, shown};
use crate::bundle;
use crate::fault::Code;

/// What `verify` is told beside the path.
#[derive(Debug, Default, Args)]
pub(super) struct Asked {
    /// The bundle's or record's folder.
    path: PathBuf,
    /// Stable JSON instead of text.
    #[arg(long)]
    json: bool,
    /// One screen: the verdict, the names of the checks, and whatever failed.
    #[arg(long, conflicts_with = "json")]
    short: bool,
    /// What you know from outside of the bundle: keys, heads, digests.
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Also judge the addendum in this folder: evidence that came after the close.
    #[arg(long, value_name = "DIR")]
    addendum: Option<PathBuf>,
    /// The least verdict that is good: rehearsal, internally-consistent, unwitnessed, witnessed.
    #[arg(long, value_name = "LEVEL")]
    require: Option<String>,
    /// Judge the metadata's expiry at this instant, not at the record's clock.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Also whether it may be published over the repository of --against.
    #[arg(long, requires = "against")]
    for_publish: bool,
    /// The live repository's metadata folder, with its newest N.root.json; an empty one: nothing is live.
    #[arg(long, value_name = "REPO_DIR", requires = "for_publish")]
    against: Option<PathBuf>,
}

impl Asked {
    /// A path and nothing else.
    #[cfg(feature = "tui")]
    pub(super) fn of(path: PathBuf) -> Asked {
        Asked {
            path,
            ..Asked::default()
        }
    }
}

pub(super) fn verify(asked: &Asked) -> Exit {
    match options(asked) {
        Ok((options, require)) => judge(asked, &options, require),
        Err(exit) => exit,
    }
}

fn judge(asked: &Asked, options: &Options, require: Option<Level>) -> Exit {
    let files = match bundle::read(&asked.path) {
        Ok(files) => files,
        Err(e) => {
            out::card(Code::BundleRefused, &format!("{}: {e}", check::name(&asked.path)));
            return Exit::of(Code::BundleRefused);
        }
    };
    let addendum = match asked.addendum.as_deref().map(addendum::read).transpose() {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let addendum = addendum.map(|(bytes, beside)| {
        let closed = audit::addendum::closed(&files, options);
        audit::addendum::judge(&closed, &bytes, &beside)
    });
    let judgement = audit::judge(&files, options);
    if asked.json {
        let mut json = judgement.json();
        if let Json::Object(members) = &mut json {
            let said = addendum.as_ref().map_or(Json::Null, |a| a.json());
            members.insert("addendum".to_owned(), said);
        }
        out::say(&json.line());
    } else {
        let lines = if asked.short {
            judgement.short_lines()
        } else {
            judgement.lines()
        };
        out::say(&lines.join("\n"));
        if let Some(judged) = &addendum {
            out::say(&format!("\n{}", judged.lines().join("\n")));
        }
    }
    let good = require.map_or_else(|| judgement.good(), |level| judgement.meets(level));
    let publish = judgement.publish.as_ref().is_none_or(|p| p.refused.is_empty());
    if good && publish && addendum.is_none_or(|a| a.good()) {
        Exit::Good
    } else {
        Exit::Negative
    }
}

fn options(asked: &Asked) -> Result<(Options, Option<Level>), Exit> {
    let usage = |text: &str| {
        out::complain(text);
        Exit::Usage
    };
    let require = match asked.require.as_deref() {
        None => None,
        Some(text) => Some(Level::parse(text).ok_or_else(|| {
            let known: Vec<&str> = Level::ALL.iter().map(|l| l.as_str()).collect();
            let known = known.join(", ");
            usage(&format!(
                "--require {}: expected one of: {known}",
                shown(text, 40)
            ))
        })?),
    };
    let at = asked.at.as_deref().map(Instant::parse).transpose();
    let at = at.map_err(|e| usage(&format!("--at: {e}")))?;
    let anchors = match &asked.anchors {
        None => None,
        Some(path) => Some(read_anchors(path)?),
    };
    let live = match &asked.against {
        None => None,
        Some(folder) => Some(newest_root(folder).map_err(|why| usage(&format!("--against: {why}")))?),
    };
    let options = Options {
        at,
        // A machine without a sane clock still judges; only today's lines are missing.
        today: tuf::today(),
        anchors,
        live,
    };
    Ok((options, require))
}

pub(super) fn read_anchors(path: &Path) -> Result<Anchors, Exit> {
    let name = check::name(path);
    let bytes = limited(path, anchors::MAX_BYTES).map_err(|why| {
        out::complain(&format!("--anchors {name}: {why}"));
        Exit::Usage
    })?;
    Anchors::parse(&bytes).map_err(|wrong| {
        for line in wrong {
            out::complain(&format!("{name}: {line}"));
        }
        Exit::Usage
    })
}

/// The newest root of a metadata folder, by its name.
fn newest_root(folder: &Path) -> Result<LiveRoot, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| e.to_string())?;
    let mut newest: Option<(u64, PathBuf)> = None;
    for entry in entries {
        let entry = entry.map_err(|e| e.to_string())?;
        let name = entry.file_name();
        let version = name.to_str().and_then(|n| n.strip_suffix(".root.json"));
        let version = version.and_then(|v| v.parse::<u64>().ok());
        if let Some(version) = version
            && newest.as_ref().is_none_or(|(v, _)| version > *v)
        {
            newest = Some((version, entry.path()));
        }
    }
    match newest {
        None => Ok(LiveRoot::None),
        Some((_, path)) => limited(&path, MAX_ROOT).map(LiveRoot::Bytes),
    }
}

/// The largest live root, in bytes: as of a bundle's file.
const MAX_ROOT: usize = 8 << 20;

fn limited(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let mut limited = file.take(limit);
    limited.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() > most {
        return Err(format!("expected at most {most} bytes"));
    }
    Ok(bytes)
}
