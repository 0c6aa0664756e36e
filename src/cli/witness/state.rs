//! The witness's folder: `key`, `state` and `lock`. One process at a time; a new
//! memory is written beside the old one, synced, given its name, and the name
//! synced, before anything that follows from it leaves (C2SP tlog-witness: the
//! witness persists before it responds).

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::key::MAX_KEY;
use super::{Exit, failed, out, read, unusable};
use crate::transcript::witness::{MAX_STATE, Memory};

const KEY: &str = "key";
const STATE: &str = "state";
const NEW: &str = "state.new";
const LOCK: &str = "lock";

/// A witness's folder, held.
pub(super) struct Folder {
    path: PathBuf,
    /// Held until it is dropped; the system lets go of it when the process dies.
    _lock: File,
}

impl Folder {
    /// Makes the folder of a new witness.
    pub(super) fn make(path: &Path, key: &str, memory: &Memory) -> Result<(), Exit> {
        let made = DirBuilder::new().mode(0o700).create(path);
        made.map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => unusable(path, "expected a new folder, got one that exists"),
            ErrorKind::NotFound => unusable(path, "expected a folder to make it in, got none"),
            _ => failed(path, &e),
        })?;
        create(&path.join(LOCK), b"")
            .and_then(|()| create(&path.join(KEY), key.as_bytes()))
            .map_err(|e| failed(path, &e))?;
        // The memory last: a folder without it is no witness.
        Folder::open(path)?.save(memory)
    }

    /// Takes the folder; another process that has it is said.
    pub(super) fn open(path: &Path) -> Result<Folder, Exit> {
        let lock = OpenOptions::new().read(true).write(true).open(path.join(LOCK));
        let lock = lock.map_err(|e| unusable(path, &format!("expected a witness's folder: {e}")))?;
        match rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Folder {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let why = "another process works with this witness: wait until it has ended";
                unusable(path, why);
                Err(Exit::Person)
            }
            Err(e) => Err(failed(path, &e.into())),
        }
    }

    /// What the witness remembers. A memory that is missing or damaged is never
    /// taken for an empty one.
    pub(super) fn load(&self) -> Result<Memory, Exit> {
        let path = self.path.join(STATE);
        let bytes = read(&path, MAX_STATE)?;
        Memory::parse(&bytes).map_err(|e| {
            unusable(&path, &e.to_string());
            out::complain(
                "A witness without its memory must not sign again: make a new one under a new name, and keep this folder.",
            );
            Exit::Negative
        })
    }

    /// The key file.
    pub(super) fn key(&self) -> Result<Vec<u8>, Exit> {
        read(&self.path.join(KEY), MAX_KEY)
    }

    /// Makes a memory durable.
    pub(super) fn save(&self, memory: &Memory) -> Result<(), Exit> {
        let (new, place) = (self.path.join(NEW), self.path.join(STATE));
        let whole = match std::fs::remove_file(&new) {
            // What an interrupted try left was never the memory.
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
            _ => create(&new, memory.to_string().as_bytes()),
        };
        whole
            .and_then(|()| std::fs::rename(&new, &place))
            .and_then(|()| File::open(&self.path)?.sync_all())
            .map_err(|e| failed(&place, &e))
    }
}

/// A new file for its owner alone, durable but for its name.
fn create(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
