//! What a file system remembers: each file and folder as programs see it and as
//! it stands on the medium, and the changes that are not yet durable. A sync
//! makes those of one file or folder durable, in order; a crash decides about
//! each of the others by itself.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Component, Path};
use std::sync::Arc;

const ROOT: u64 = 0;

/// What becomes of a change that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It never reached the medium.
    Lost,
    /// It reached the medium whole.
    Kept,
    /// Of a write, only the first bytes.
    Torn(usize),
    /// Of a write, only the length: zeroes stand there.
    Zeroed,
    /// Of a write, all but the first bytes, where zeroes stand.
    Hole(usize),
    /// Of a renaming, that both names are there (vfat).
    Both,
}

/// A change that is not yet durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What it was.
    pub what: String,
    /// What may become of it.
    pub fates: Vec<Fate>,
}

/// A change of one file or folder.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Write { at: usize, bytes: Arc<Vec<u8>> },
    Cut(usize),
    Name { name: String, node: u64 },
    Unname { name: String },
    Rename { from: String, to: String },
}

#[derive(Debug, Clone)]
enum Node {
    File(Arc<Vec<u8>>),
    Folder(BTreeMap<String, u64>),
}

/// Nodes by number: what programs see, what the medium holds, what is between.
#[derive(Debug, Clone)]
pub(super) struct Model {
    seen: BTreeMap<u64, Node>,
    disk: BTreeMap<u64, Node>,
    pending: Vec<(u64, Op)>,
    reserved: BTreeMap<u64, usize>,
    next: u64,
}

impl Default for Model {
    fn default() -> Self {
        let root = BTreeMap::from([(ROOT, Node::Folder(BTreeMap::new()))]);
        Model {
            seen: root.clone(),
            disk: root,
            pending: Vec::new(),
            reserved: BTreeMap::new(),
            next: 1,
        }
    }
}

impl Model {
    pub(super) fn find(&self, path: &Path) -> io::Result<u64> {
        let mut node = ROOT;
        for part in path.components() {
            if let Component::Normal(name) = part {
                let name = name.to_str().ok_or(ErrorKind::InvalidInput)?;
                let Some(Node::Folder(names)) = self.seen.get(&node) else {
                    return Err(ErrorKind::NotADirectory.into());
                };
                node = *names.get(name).ok_or(ErrorKind::NotFound)?;
            }
        }
        Ok(node)
    }

    fn parent(&self, path: &Path) -> io::Result<(u64, String)> {
        let name = path.file_name().and_then(|n| n.to_str());
        let name = name.ok_or(ErrorKind::InvalidInput)?;
        let parent = self.find(path.parent().unwrap_or(Path::new("")))?;
        Ok((parent, name.to_owned()))
    }

    pub(super) fn bytes(&self, node: u64) -> io::Result<&[u8]> {
        match self.seen.get(&node) {
            Some(Node::File(bytes)) => Ok(bytes),
            Some(Node::Folder(_)) => Err(ErrorKind::IsADirectory.into()),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    pub(super) fn names(&self, node: u64) -> io::Result<Vec<String>> {
        match self.seen.get(&node) {
            Some(Node::Folder(names)) => Ok(names.keys().cloned().collect()),
            _ => Err(ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn create(&mut self, path: &Path, folder: bool) -> io::Result<u64> {
        let (parent, name) = self.parent(path)?;
        if self.find(path).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let node = self.next;
        self.next = node.saturating_add(1);
        let empty = if folder {
            Node::Folder(BTreeMap::new())
        } else {
            Node::File(Arc::default())
        };
        self.seen.insert(node, empty.clone());
        self.disk.insert(node, empty);
        self.change(parent, Op::Name { name, node })?;
        Ok(node)
    }

    pub(super) fn unlink(&mut self, path: &Path) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        self.find(path)?;
        self.change(parent, Op::Unname { name })
    }

    pub(super) fn remove_tree(&mut self, path: &Path) -> io::Result<()> {
        let node = self.find(path)?;
        for name in self.names(node).unwrap_or_default() {
            self.remove_tree(&path.join(name))?;
        }
        self.unlink(path)
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let (parent, old) = self.parent(from)?;
        let (other, new) = self.parent(to)?;
        self.find(from)?;
        if parent != other {
            return Err(ErrorKind::CrossesDevices.into());
        }
        if self.find(to).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.change(parent, Op::Rename { from: old, to: new })
    }

    pub(super) fn len(&self, node: u64) -> usize {
        self.bytes(node).map_or(0, <[u8]>::len)
    }

    pub(super) fn reserved(&self, node: u64) -> usize {
        self.reserved.get(&node).copied().unwrap_or(0)
    }

    pub(super) fn reserve(&mut self, node: u64, len: usize) {
        let now = self.reserved.entry(node).or_insert(0);
        *now = len.max(*now);
    }

    pub(super) fn unreserved(mut self) -> Model {
        self.reserved.clear();
        self
    }

    pub(super) fn append(&mut self, node: u64, bytes: &[u8]) -> io::Result<()> {
        let op = Op::Write {
            at: self.len(node),
            bytes: Arc::new(bytes.to_vec()),
        };
        self.change(node, op)
    }

    /// A change that programs see at once and the medium later.
    pub(super) fn change(&mut self, node: u64, op: Op) -> io::Result<()> {
        let there = self.seen.get_mut(&node).ok_or(ErrorKind::NotFound)?;
        apply(there, &op, Fate::Kept);
        self.pending.push((node, op));
        Ok(())
    }

    pub(super) fn sync(&mut self, node: u64) {
        for (_, op) in self.pending.extract_if(.., |(n, _)| *n == node) {
            if let Some(there) = self.disk.get_mut(&node) {
                apply(there, &op, Fate::Kept);
            }
        }
    }

    pub(super) fn put(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(parent) = path.parent()
            && self.find(parent).is_err()
        {
            self.folders(parent)?;
        }
        let node = self.create(path, false)?;
        self.append(node, bytes)?;
        let every: Vec<u64> = self.pending.iter().map(|(n, _)| *n).collect();
        every.into_iter().for_each(|node| self.sync(node));
        Ok(())
    }

    fn folders(&mut self, path: &Path) -> io::Result<()> {
        if let Some(parent) = path.parent()
            && self.find(parent).is_err()
        {
            self.folders(parent)?;
        }
        self.create(path, true).map(|_| ())
    }

    pub(super) fn pending(&self) -> Vec<Pending> {
        let each = self.pending.iter().map(|(node, op)| Pending {
            what: said(*node, op),
            fates: fates(op),
        });
        each.collect()
    }

    pub(super) fn crash(&self, fates: &[Fate]) -> Model {
        let mut disk = self.disk.clone();
        for (place, (node, op)) in self.pending.iter().enumerate() {
            let fate = fates.get(place).copied().unwrap_or(Fate::Lost);
            if let Some(there) = disk.get_mut(node) {
                apply(there, op, fate);
            }
        }
        Model {
            seen: disk.clone(),
            disk,
            pending: Vec::new(),
            // Blocks that were reserved are the journal's of a file system, too.
            reserved: self.reserved.clone(),
            next: self.next,
        }
    }

    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        self.walk(ROOT, "", &mut all);
        all
    }

    fn walk(&self, node: u64, path: &str, all: &mut BTreeMap<String, Vec<u8>>) {
        match self.seen.get(&node) {
            Some(Node::File(bytes)) => {
                all.insert(path.to_owned(), bytes.to_vec());
            }
            Some(Node::Folder(names)) => {
                for (name, node) in names {
                    self.walk(*node, &format!("{path}/{name}"), all);
                }
            }
            None => {}
        }
    }
}

/// Sectors and pages: writes are torn at their ends.
const TORN: [usize; 3] = [1, 512, 4096];

fn fates(op: &Op) -> Vec<Fate> {
    let mut fates = vec![Fate::Lost, Fate::Kept];
    match op {
        Op::Write { bytes, .. } if !bytes.is_empty() => {
            let len = bytes.len();
            fates.extend(TORN.into_iter().filter(|n| *n < len).map(Fate::Torn));
            fates.push(Fate::Zeroed);
            fates.extend([512, 4096].into_iter().filter(|n| *n < len).map(Fate::Hole));
        }
        Op::Rename { .. } => fates.push(Fate::Both),
        _ => {}
    }
    fates
}

fn said(node: u64, op: &Op) -> String {
    match op {
        Op::Write { at, bytes } => format!("write {} bytes at {at} of {node}", bytes.len()),
        Op::Cut(len) => format!("cut {node} to {len}"),
        Op::Name { name, .. } => format!("name {name}"),
        Op::Unname { name } => format!("remove {name}"),
        Op::Rename { from, to } => format!("rename {from} to {to}"),
    }
}

fn apply(there: &mut Node, op: &Op, fate: Fate) {
    if fate == Fate::Lost {
        return;
    }
    match (there, op) {
        (Node::File(file), Op::Write { at, bytes }) => write(Arc::make_mut(file), *at, bytes, fate),
        (Node::File(file), Op::Cut(len)) => Arc::make_mut(file).truncate(*len),
        (Node::Folder(names), Op::Name { name, node }) => {
            names.insert(name.clone(), *node);
        }
        (Node::Folder(names), Op::Unname { name }) => {
            names.remove(name);
        }
        (Node::Folder(names), Op::Rename { from, to }) => {
            let node = names.get(from).copied();
            if fate != Fate::Both {
                names.remove(from);
            }
            if let Some(node) = node {
                names.insert(to.clone(), node);
            }
        }
        _ => {}
    }
}

fn write(file: &mut Vec<u8>, at: usize, bytes: &[u8], fate: Fate) {
    let (from, to) = match fate {
        Fate::Torn(n) => (0, n.min(bytes.len())),
        Fate::Zeroed => (bytes.len(), bytes.len()),
        Fate::Hole(n) => (n.min(bytes.len()), bytes.len()),
        _ => (0, bytes.len()),
    };
    // A byte before this write that never arrived is zero.
    let end = at.saturating_add(to);
    if file.len() < end {
        file.resize(end, 0);
    }
    let part = bytes.get(from..to).unwrap_or_default();
    if let Some(place) = file.get_mut(at.saturating_add(from)..end) {
        place.copy_from_slice(part);
    }
}
