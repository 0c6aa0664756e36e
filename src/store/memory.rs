//! A disk in memory that can lose its power, for tests and rehearsal drills:
//! what was not synced may be there after a crash, or not, or in part, and in
//! any order (the persistence model of ALICE, OSDI 2014). It counts every
//! operation and can fail any of them. Never the disk of a real ceremony.

mod model;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use model::{Fate, Pending};
use model::{Model, Op};

use super::disk::{Disk, DiskFile, Kind, is_part};
use super::media::Mount;

/// The disk. Clones share it, as two processes share a machine's.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    model: Model,
    ops: u64,
    off: bool,
    full: bool,
    /// Which operation fails, and how.
    fail: Option<(u64, ErrorKind)>,
    /// From this operation on every one that writes below this path fails.
    broken: Option<(u64, PathBuf, ErrorKind)>,
    locks: BTreeMap<u64, u64>,
    handles: u64,
    names: Vec<String>,
    watch: Option<Watch>,
}

/// Sees the disk before each operation.
type Watch = Box<dyn FnMut(u64, Memory) + Send>;

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("ops", &self.ops)
            .finish_non_exhaustive()
    }
}

impl Memory {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Memory {
        Memory::default()
    }

    /// How many operations there were, failed ones too.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.inner().ops
    }

    /// What each operation was, in order.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.inner().names.clone()
    }

    /// `watch` sees a copy of the disk before each operation from now on, with
    /// the operation's number.
    pub fn watch(&self, watch: impl FnMut(u64, Memory) + Send + 'static) {
        self.inner().watch = Some(Box::new(watch));
    }

    /// Operation number `n` (from 0) fails this way, once.
    pub fn fail_at(&self, n: u64, kind: ErrorKind) {
        self.inner().fail = Some((n, kind));
    }

    /// From operation number `n` on every one that writes below `path` fails.
    pub fn break_from(&self, n: u64, path: &Path, kind: ErrorKind) {
        self.inner().broken = Some((n, path.to_owned(), kind));
    }

    /// Nothing more can be stored than what is reserved.
    pub fn fill(&self) {
        self.inner().full = true;
    }

    /// Every operation fails from now on.
    pub fn cut_power(&self) {
        self.inner().off = true;
    }

    /// Counts an operation of something else that lives on the same power, a
    /// device for example.
    ///
    /// # Errors
    /// The power is off.
    pub fn tick(&self, what: &str) -> io::Result<()> {
        self.step(what, None).map(|_| ())
    }

    /// What is not yet durable, in order, each with what may become of it.
    #[must_use]
    pub fn pending(&self) -> Vec<Pending> {
        self.inner().model.pending()
    }

    /// The disk after a power cut: what was pending has these fates, in the
    /// order of [`Memory::pending`] (what has none is lost).
    #[must_use]
    pub fn crash(&self, fates: &[Fate]) -> Memory {
        Memory::of(self.inner().model.crash(fates))
    }

    /// The disk after the process was killed: nothing is lost, and what was
    /// pending still is.
    #[must_use]
    pub fn kill(&self) -> Memory {
        Memory::of(self.inner().model.clone())
    }

    /// The same disk with nothing reserved, as after a copy to another medium.
    #[must_use]
    pub fn unreserved(&self) -> Memory {
        Memory::of(self.inner().model.clone().unreserved())
    }

    /// Every file with its bytes, as a program sees them now.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.inner().model.files()
    }

    /// Puts a file there, durably, as if it had always been there.
    ///
    /// # Errors
    /// As [`Disk::create`]; missing folders are made.
    pub fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner().model.put(path, bytes)
    }

    fn of(model: Model) -> Memory {
        let inner = Inner {
            model,
            ..Inner::default()
        };
        Memory {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One operation: counted, seen, refused where it is to fail.
    fn step(&self, what: &str, writes: Option<&Path>) -> io::Result<MutexGuard<'_, Inner>> {
        let mut inner = self.inner();
        let n = inner.ops;
        if let Some(mut watch) = inner.watch.take() {
            watch(n, Memory::of(inner.model.clone()));
            inner.watch = Some(watch);
        }
        inner.ops = n.saturating_add(1);
        inner.names.push(what.to_owned());
        if inner.off {
            return Err(io::Error::other("the power is off"));
        }
        if let Some((at, kind)) = inner.fail
            && at == n
        {
            return Err(kind.into());
        }
        if let (Some(path), Some((from, broken, kind))) = (writes, &inner.broken)
            && n >= *from
            && path.starts_with(broken)
        {
            return Err((*kind).into());
        }
        Ok(inner)
    }

    fn handle(&self, inner: &mut Inner, node: u64, path: &Path) -> Box<dyn DiskFile> {
        inner.handles = inner.handles.saturating_add(1);
        Box::new(MemoryFile {
            disk: self.clone(),
            node,
            path: path.to_owned(),
            handle: inner.handles,
        })
    }
}

fn said(doing: &str, path: &Path) -> String {
    format!("{doing} {}", path.display())
}

impl Disk for Memory {
    fn create(&self, path: &Path, _: u32) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.step(&said("create", path), Some(path))?;
        if inner.full {
            return Err(ErrorKind::StorageFull.into());
        }
        let node = inner.model.create(path, false)?;
        Ok(self.handle(&mut inner, node, path))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.step(&said("open", path), None)?;
        let node = inner.model.find(path)?;
        inner.model.bytes(node)?;
        Ok(self.handle(&mut inner, node, path))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let inner = self.step(&said("read", path), None)?;
        inner.model.bytes(inner.model.find(path)?).map(<[u8]>::to_vec)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let inner = self.step(&said("list", folder), None)?;
        inner.model.names(inner.model.find(folder)?)
    }

    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        let inner = self.step(&said("look at", path), None)?;
        match inner.model.find(path) {
            Ok(node) if inner.model.bytes(node).is_ok() => Ok(Some(Kind::File)),
            Ok(_) => Ok(Some(Kind::Folder)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn make_folder(&self, path: &Path, _: u32) -> io::Result<()> {
        let mut inner = self.step(&said("make folder", path), Some(path))?;
        if inner.full {
            return Err(ErrorKind::StorageFull.into());
        }
        inner.model.create(path, true).map(|_| ())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.step(&said("remove", path), Some(path))?;
        let node = inner.model.find(path)?;
        inner.model.bytes(node)?;
        inner.model.unlink(path)
    }

    fn remove_part(&self, folder: &Path) -> io::Result<()> {
        if !is_part(folder) {
            return Err(ErrorKind::InvalidInput.into());
        }
        let mut inner = self.step(&said("clear", folder), Some(folder))?;
        inner.model.remove_tree(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.step(&said("rename", from), Some(from))?;
        inner.model.rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut inner = self.step(&said("sync folder", folder), Some(folder))?;
        let node = inner.model.find(folder)?;
        inner.model.names(node)?;
        inner.model.sync(node);
        Ok(())
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        let inner = self.step(&said("free", folder), None)?;
        Ok(if inner.full { 0 } else { u64::MAX })
    }

    /// Promises nothing that the syncs before it did not: the harder disk.
    fn flush(&self, folder: &Path) -> io::Result<()> {
        self.step(&said("flush", folder), None).map(|_| ())
    }

    fn read_direct(&self, path: &Path) -> io::Result<(Vec<u8>, bool)> {
        self.read(path).map(|bytes| (bytes, false))
    }

    fn mount(&self, _folder: &Path, _home: &Path) -> Option<Mount> {
        None
    }

    fn one_medium(&self, _one: &Path, _other: &Path) -> io::Result<bool> {
        Ok(true)
    }
}

/// A file of a [`Memory`].
#[derive(Debug)]
struct MemoryFile {
    disk: Memory,
    node: u64,
    path: PathBuf,
    handle: u64,
}

impl MemoryFile {
    fn step(&self, doing: &str, writes: bool) -> io::Result<MutexGuard<'_, Inner>> {
        self.disk
            .step(&said(doing, &self.path), writes.then_some(&*self.path))
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut inner = self.step("sync", true)?;
        inner.model.sync(self.node);
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let full = self.step("append to", true);
        // A write that fails has written a part, as one that is cut off.
        let mut inner = match full {
            Ok(inner) => inner,
            Err(e) => {
                let half = bytes.get(..bytes.len().div_euclid(2)).unwrap_or_default();
                let mut inner = self.disk.inner();
                if !inner.off {
                    inner.model.append(self.node, half)?;
                }
                return Err(e);
            }
        };
        let end = inner.model.len(self.node).saturating_add(bytes.len());
        if inner.full && end > inner.model.reserved(self.node) {
            return Err(ErrorKind::StorageFull.into());
        }
        inner.model.append(self.node, bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.sync()
    }

    fn reserve(&mut self, len: u64) -> io::Result<()> {
        let mut inner = self.step("reserve for", true)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if inner.full && len > inner.model.reserved(self.node) {
            return Err(ErrorKind::StorageFull.into());
        }
        inner.model.reserve(self.node, len);
        Ok(())
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        let mut inner = self.step("cut", true)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        inner.model.change(self.node, Op::Cut(len))
    }

    fn lock(&mut self) -> io::Result<bool> {
        let mut inner = self.step("lock", false)?;
        let holder = *inner.locks.entry(self.node).or_insert(self.handle);
        Ok(holder == self.handle)
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let inner = self.step("read", false)?;
        inner.model.bytes(self.node).map(<[u8]>::to_vec)
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        let mut inner = self.disk.inner();
        if inner.locks.get(&self.node) == Some(&self.handle) {
            inner.locks.remove(&self.node);
        }
    }
}
