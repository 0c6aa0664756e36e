//! `witness request`: what the ceremony's side hands to a witness, from a
//! record's folder (also of a ceremony that is under way) or a bundle. Shows the
//! log key's words, which the witness's person compares once for each run.

use std::path::Path;

use super::{Exit, new_file, out, show, unusable};
use crate::audit;
use crate::bundle;

pub(super) fn request(
    path: &Path,
    old: u64,
    size: Option<u64>,
    place: &Path,
    log_key: Option<&Path>,
) -> Result<(), Exit> {
    new_file::absent(place)?;
    log_key.map_or(Ok(()), new_file::absent)?;
    let files = bundle::read(path).map_err(|e| unusable(path, &e.to_string()))?;
    let (request, vkey) = audit::request(&files, old, size).map_err(|e| unusable(path, &e))?;
    new_file::write(place, request.to_string().as_bytes())?;
    if let Some(place) = log_key {
        new_file::write(place, format!("{vkey}\n").as_bytes())?;
    }
    let checkpoint = request.checkpoint();
    out::say(&format!(
        "record    {}\nsize      {}, after {}\nroot      {}\n\nlog key, and its words for the witness:",
        checkpoint.origin(),
        checkpoint.size(),
        request.old(),
        checkpoint.root().grouped()
    ));
    show::key(&vkey);
    Ok(())
}
