//! Disk, as a ceremony uses it: a journal that is synced before anybody acts
//! on it, files that are written once, folders on media that are visibly
//! partial until they are whole. A write that fails is a fact with a name,
//! never a warning (threat T17; convention 8).

pub mod contract;
mod disk;
pub mod media;
mod memory;
mod output;
mod real;
mod record;
mod settle;

use std::io;
use std::path::Path;

pub use disk::{Disk, DiskFile, Kind};
pub use memory::{Fate, Memory, Pending};
pub use output::{
    below, flush, give_name, is_folder, new_folder, read_direct, read_file, replace_folder, sync_folder,
    write_again, write_new,
};
pub use real::Real;
pub use record::{BLOBS, Found, Lost, NAME, Record, Space};
pub use settle::Settled;

use crate::base::shown;
use crate::fault::Code;

/// A disk that did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{meaning}")]
pub struct StoreError {
    /// Its card.
    pub code: Code,
    /// What was being done, to which file, and the system's reason; safe to show.
    pub meaning: String,
}

impl StoreError {
    /// An error with a code of its own.
    #[must_use]
    pub fn new(code: Code, meaning: impl Into<String>) -> StoreError {
        StoreError {
            code,
            meaning: meaning.into(),
        }
    }

    /// The system's error, sorted by what a person can do about it.
    fn io(doing: &str, path: &Path, error: &io::Error) -> StoreError {
        use io::ErrorKind as K;
        let code = match error.kind() {
            K::StorageFull | K::QuotaExceeded | K::FileTooLarge => Code::StorageFull,
            K::ReadOnlyFilesystem | K::PermissionDenied => Code::StorageReadOnly,
            K::NotFound => Code::RecordMissing,
            K::AlreadyExists | K::DirectoryNotEmpty => Code::RecordExists,
            _ => Code::StorageFailed,
        };
        StoreError {
            code,
            meaning: format!("{doing} {}: {error}", shown(&path.display().to_string(), 200)),
        }
    }
}

impl From<StoreError> for crate::base::device::DeviceFault {
    fn from(error: StoreError) -> Self {
        use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation, Retry};
        DeviceFault {
            operation: Operation::Find,
            code: DeviceCode::Storage,
            meaning: error.meaning,
            changed: Changed::No,
            retry: Retry::AskHuman,
        }
    }
}
