//! Media that fail in the middle of an export: half of the files are there, in
//! a folder that says it is partial, and the rest is not.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Fault, Stage};
use crate::bundle::export;
use crate::fault::Code;
use crate::store::StoreError;

/// Writes the export; a drill's stage, which only a permit makes, may let it fail.
pub(in crate::runner) fn write(
    stage: Option<&Stage>,
    media: &Path,
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
    let fails = |fault: Fault| stage.is_some_and(|stage| stage.strikes(fault, None));
    let (code, said) = if fails(Fault::MediaError) {
        (Code::StorageFailed, "Input/output error (os error 5)")
    } else if fails(Fault::MediaFull) {
        (Code::StorageFull, "No space left on device (os error 28)")
    } else {
        return export::write(media, name, files);
    };
    let half = files.len().div_euclid(2);
    let written = files.iter().take(half).map(|(p, b)| (p.clone(), b.clone()));
    export::write(media, name, &written.collect())?;
    let next = files.keys().nth(half).map_or("", String::as_str);
    Err(StoreError::new(code, format!("writing {next}: {said}")))
}
