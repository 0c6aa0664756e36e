//! A disk that fails once, at the drill's place: the media in the middle of an
//! export, or the medium of the record's first copy for good. What lies on the
//! disk before and after is what the real one made of it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;

use super::{Fault, Permit, Stage};
use crate::store::media::Mount;
use crate::store::{Disk, DiskFile, Kind};

/// Files of an export that are written before the media fails.
const BEFORE: u32 = 5;

pub(super) fn disk(
    _: &Permit,
    good: Arc<dyn Disk>,
    stage: &Stage,
    record: &Path,
    media: Option<&Path>,
) -> Arc<dyn Disk> {
    Arc::new(Bad {
        good,
        stage: stage.clone(),
        record: record.to_owned(),
        media: media.map(Path::to_owned),
        written: AtomicU32::new(0),
    })
}

#[derive(Debug)]
struct Bad {
    good: Arc<dyn Disk>,
    stage: Stage,
    record: PathBuf,
    media: Option<PathBuf>,
    /// Files on the media.
    written: AtomicU32,
}

impl Bad {
    fn media(&self, path: &Path) -> io::Result<()> {
        if !self.media.as_ref().is_some_and(|media| path.starts_with(media)) {
            return Ok(());
        }
        for (fault, errno) in [(Fault::MediaError, Errno::IO), (Fault::MediaFull, Errno::NOSPC)] {
            if self.stage.strikes(fault, None) && self.written.fetch_add(1, Ordering::Relaxed) >= BEFORE {
                return Err(errno.into());
            }
        }
        Ok(())
    }
}

impl Disk for Bad {
    fn create(&self, path: &Path, mode: u32) -> io::Result<Box<dyn DiskFile>> {
        self.media(path)?;
        let good = self.good.create(path, mode)?;
        if path.parent() != Some(&self.record) || path.file_name() != Some(crate::store::NAME.as_ref()) {
            return Ok(good);
        }
        Ok(Box::new(BadFile {
            good,
            stage: self.stage.clone(),
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.good.open(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.good.read(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.good.list(folder)
    }

    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        self.good.kind(path)
    }

    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.good.make_folder(path, mode)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.good.remove_file(path)
    }

    fn remove_part(&self, folder: &Path) -> io::Result<()> {
        self.good.remove_part(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.good.rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.good.sync_folder(folder)
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        self.good.free(folder)
    }

    fn flush(&self, folder: &Path) -> io::Result<()> {
        self.good.flush(folder)
    }

    fn read_direct(&self, path: &Path) -> io::Result<(Vec<u8>, bool)> {
        self.good.read_direct(path)
    }

    fn mount(&self, folder: &Path, home: &Path) -> Option<Mount> {
        self.good.mount(folder, home)
    }

    fn one_medium(&self, one: &Path, other: &Path) -> io::Result<bool> {
        self.good.one_medium(one, other)
    }
}

/// The lines of the record's first copy.
#[derive(Debug)]
struct BadFile {
    good: Box<dyn DiskFile>,
    stage: Stage,
}

impl BadFile {
    fn alive(&self) -> io::Result<()> {
        if self.stage.strikes(Fault::RecordCopyLost, None) {
            return Err(Errno::IO.into());
        }
        Ok(())
    }
}

impl DiskFile for BadFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.alive()?;
        self.good.append(bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.alive()?;
        self.good.sync_data()
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.alive()?;
        self.good.sync_all()
    }

    fn reserve(&mut self, len: u64) -> io::Result<()> {
        self.good.reserve(len)
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.good.set_len(len)
    }

    fn lock(&mut self) -> io::Result<bool> {
        self.good.lock()
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.good.read()
    }
}
