//! The checkpoint that closed the site's last ceremony, as the first record
//! names it. Its signature says nothing here: the key died with that run. Who
//! judges this ceremony compares it with what people kept of the last one
//! (`verify --anchors`); here it must be of this site, and not a rehearsal's
//! before a production.

use super::InputFile;
use crate::base::{Digest, shown};
use crate::note::Note;
use crate::script::{Diagnostic, Kind, Script};
use crate::transcript::{Checkpoint, checkpoint};

/// What `open.predecessor` says where there was no ceremony before.
const GENESIS: &str = "genesis";

/// `genesis`, or origin, size and root as the checkpoint's text has them, with
/// one space between. `None`: a fault was found.
pub(super) fn read(script: &Script, files: &[InputFile], found: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(named) = script.predecessor.file() else {
        return Some(GENESIS.to_owned());
    };
    // Its absence, or its digest, is a fault already.
    let file = files.iter().find(|f| f.name == named.file)?;
    match judge(script, &file.bytes) {
        Ok(checkpoint) => Some(checkpoint.in_line()),
        Err(why) => {
            found.push(script.predecessor.fault(
                "predecessor",
                format!("{}: {why}", named.file),
                "name the file `checkpoint` of the bundle that this site's last ceremony left",
            ));
            None
        }
    }
}

fn judge(script: &Script, bytes: &[u8]) -> Result<Checkpoint, String> {
    let note = Note::parse(bytes).map_err(|e| e.to_string())?;
    let last = Checkpoint::parse(note.text()).map_err(|e| e.to_string())?;
    let rehearsal = script.kind == Kind::Rehearsal;
    let site = checkpoint::of_site(rehearsal, &script.organisation, &script.site);
    let id = last.origin().strip_prefix(&site);
    if id.is_none_or(|id| Digest::parse(id).is_err()) {
        return Err(format!(
            "expected a checkpoint of {site}(a ceremony's id), got one of {}",
            shown(last.origin(), 120)
        ));
    }
    if last.size() == 0 {
        return Err("expected the checkpoint of a whole record, got one of no lines".to_owned());
    }
    Ok(last)
}
