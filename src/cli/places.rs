//! Where things lie beside a record that no argument names: the media folder
//! of a rehearsal, the folder of rehearsal tokens and key files.

use std::path::{Path, PathBuf};

/// A folder beside the record, named after it.
pub(super) fn beside(record: &Path, ending: &str) -> PathBuf {
    let mut name = record.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    record.with_file_name(name)
}
