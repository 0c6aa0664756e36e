//! `witness show`: the witness's key and, for each record, what it remembers. Also
//! how a key with its words, and a record, are printed by the other verbs.

use std::path::Path;

use data_encoding::BASE64;

use super::state::Folder;
use super::{Exit, digest_of, out};
use crate::base::{Digest, Instant, shown};
use crate::note::Vkey;
use crate::transcript::witness::{Cosigned, Log};
use crate::transcript::words;

pub(super) fn show(state: &Path, checkpoint: Option<&str>) -> Result<(), Exit> {
    let memory = Folder::open(state)?.load()?;
    if let Some(origin) = checkpoint {
        let Some(last) = memory.log(origin).and_then(Log::last) else {
            out::complain(&format!("no checkpoint of {} was cosigned", shown(origin, 120)));
            return Err(Exit::Negative);
        };
        out::note(last.note().to_string().trim_end());
        return Ok(());
    }
    key(memory.vkey());
    for (origin, log) in memory.logs() {
        out::say("");
        record(origin, log);
    }
    Ok(())
}

/// A key with the words of its line.
pub(super) fn key(vkey: &Vkey) {
    out::say(&vkey.to_string());
    for line in words::numbered(&digest_of(vkey)) {
        out::say(&line);
    }
}

/// What the witness remembers of one record.
pub(super) fn record(origin: &str, log: &Log) {
    let rehearsal = log.last().map_or_else(
        || origin.starts_with("rehearsal/"),
        |last| last.checkpoint().is_rehearsal(),
    );
    out::say(&format!("record    {}", shown(origin, 255)));
    if rehearsal {
        out::say("kind      REHEARSAL");
    }
    out::say(&format!("log keys  {}", log.keys().count()));
    out::say(&format!("newest    {}", log.newest()));
    match log.last() {
        None => out::say("cosigned  nothing yet"),
        Some(last) => cosigned(last),
    }
}

fn cosigned(last: &Cosigned) {
    let root: Digest = last.checkpoint().root();
    let time = i64::try_from(last.time()).ok();
    let time = time.and_then(|t| Instant::from_unix(t).ok());
    let time = time.map_or_else(|| last.time().to_string(), |at| at.to_string());
    out::say(&format!("cosigned  size {} at {time}", last.checkpoint().size()));
    out::say(&format!(
        "root      {} ({})",
        root.grouped(),
        BASE64.encode(root.as_bytes())
    ));
    for line in words::numbered(&root) {
        out::say(&line);
    }
}
