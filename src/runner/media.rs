//! The removable medium of a run: files are written and read back, then it is
//! let go of; after people have put it back it is read once more, past what the
//! system remembers of it. Which of that the system could do is told, never
//! assumed (facts/security.md 5.5).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::medium::{Mounted, Reading, Release};
use crate::base::shown;
use crate::bundle::export;
use crate::engine::{FileRef, Outcome};
use crate::fault::Code;
use crate::store::media::Mount;
use crate::store::{Disk, StoreError, flush, is_folder};

/// Cannot come about: the clerk sends them with the effect.
const NO_FILES: &str = "the export has no files";

/// What an export writes.
#[derive(Debug)]
pub(super) struct Export {
    /// The bundle folder's name on the media.
    pub(super) name: String,
    /// Path and bytes.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

/// Where a run's media are.
#[derive(Debug, Clone)]
pub(super) struct Media {
    disk: Arc<dyn Disk>,
    folder: Option<PathBuf>,
    /// The record's folder: what lies in its file system is no medium.
    home: PathBuf,
    /// The mount that was written through, in this run of the program.
    written: Option<Mount>,
}

impl Media {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: Option<PathBuf>, home: PathBuf) -> Media {
        Media {
            disk,
            folder,
            home,
            written: None,
        }
    }

    fn folder(&self) -> Result<PathBuf, String> {
        self.folder
            .clone()
            .ok_or_else(|| Code::MediaMissing.card().fact.to_owned())
    }

    /// Writes everything, reads it back, lets go of the medium.
    pub(super) fn export(&mut self, job: Option<Export>) -> Outcome {
        self.try_export(job).unwrap_or_else(|why| fault(&why))
    }

    fn try_export(&mut self, job: Option<Export>) -> Result<Outcome, String> {
        let Export { name, files } = job.ok_or(NO_FILES)?;
        let folder = self.folder()?;
        let written = export::write(&*self.disk, &folder, &name, &files).map_err(failed)?;
        self.written = self.disk.mount(&folder, &self.home);
        let released = self.written.as_ref().map_or(Release::Folder, Mount::release);
        Ok(Outcome::Exported {
            files: refs(&written),
            released,
        })
    }

    /// Reads what is on the medium that was put back. A file that is missing or
    /// cannot be read is left out, which the engine sees.
    pub(super) fn read_back(&mut self, job: Option<Export>) -> Outcome {
        self.try_read_back(job).unwrap_or_else(|why| fault(&why))
    }

    fn try_read_back(&mut self, job: Option<Export>) -> Result<Outcome, String> {
        let Export { name, files } = job.ok_or(NO_FILES)?;
        let folder = self.folder()?;
        if let Some(mount) = &self.written {
            mount.again();
        }
        if !is_folder(&*self.disk, &folder) {
            return Err(Code::MediaMissing.card().fact.to_owned());
        }
        let now = self.disk.mount(&folder, &self.home);
        let mounted = match (&self.written, &now) {
            (Some(before), now) => before.compared(now.as_ref()),
            (None, Some(_)) => Mounted::NotTold,
            (None, None) => Mounted::Folder,
        };
        let (read, direct) = export::read_again(&*self.disk, &folder, &name, files.keys());
        Ok(Outcome::ReadBack {
            files: refs(&read),
            reading: Reading { direct, mounted },
        })
    }
}

fn refs(files: &BTreeMap<String, Vec<u8>>) -> Vec<FileRef> {
    files
        .iter()
        .map(|(path, bytes)| FileRef::of(path, bytes))
        .collect()
}

fn failed(error: StoreError) -> String {
    let error = export::on_media(error);
    format!("{} {}", error.code.card().fact, error.meaning)
}

fn fault(meaning: &str) -> Outcome {
    Outcome::MediaFault {
        meaning: shown(meaning, 400),
    }
}

/// A sealed bundle's medium may be taken out, or must be unmounted first.
pub(super) fn let_go(disk: &dyn Disk, folder: &Path, home: &Path) -> Result<Release, StoreError> {
    flush(disk, folder)?;
    Ok(disk
        .mount(folder, home)
        .map_or(Release::Folder, |mount| mount.release()))
}
