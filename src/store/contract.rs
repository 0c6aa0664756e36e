//! What every [`Disk`] promises, as a suite that runs over any of them: new
//! means new, names are never written over, links are not followed, one lock, a
//! cut is a cut. It prints nothing and panics nowhere; it gives the broken
//! promises back. That a sync survives a crash only a crash can show.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::disk::{Disk, Kind};

/// A disk under test.
pub trait Subject {
    /// The disk.
    fn disk(&self) -> &dyn Disk;

    /// A folder on it that is empty at first.
    fn folder(&self) -> PathBuf;

    /// Puts a link named `name` into the folder, to its file `to`; whether the
    /// disk has links.
    fn link(&mut self, name: &str, to: &str) -> bool;
}

/// A promise: its name, and the check that gives the reason when it is broken.
pub type Promise = (&'static str, fn(&mut dyn Subject) -> Result<(), String>);

/// The promises. Each wants a fresh subject.
pub const PROMISES: [Promise; 9] = [
    ("missing", missing),
    ("written-is-read", written_is_read),
    ("new-means-new", new_means_new),
    ("appends-go-to-the-end", appends),
    ("cut-is-cut", cut),
    ("one-lock", one_lock),
    ("renamed-not-replaced", renamed),
    ("only-partial-folders-go", partial_folders),
    ("links-are-not-followed", links),
];

/// Runs every promise over fresh subjects; what was broken, one line each.
#[must_use]
pub fn run<S: Subject>(mut fresh: impl FnMut() -> S) -> Vec<String> {
    let broken = PROMISES.iter().filter_map(|(name, check)| {
        let why = check(&mut fresh()).err()?;
        Some(format!("{name}: {why}"))
    });
    broken.collect()
}

fn missing(subject: &mut dyn Subject) -> Result<(), String> {
    let (disk, path) = (subject.disk(), subject.folder().join("a"));
    fails("read", disk.read(&path), ErrorKind::NotFound)?;
    fails("open", disk.open(&path), ErrorKind::NotFound)?;
    fails("remove", disk.remove_file(&path), ErrorKind::NotFound)?;
    fails(
        "rename",
        disk.rename(&path, &subject.folder().join("b")),
        ErrorKind::NotFound,
    )?;
    same("kind", &good(disk.kind(&path))?, &None)?;
    same("list", &good(disk.list(&subject.folder()))?, &vec![])?;
    fails("create", disk.create(&path.join("b"), 0o600), ErrorKind::NotFound)
}

fn written_is_read(subject: &mut dyn Subject) -> Result<(), String> {
    let (disk, folder) = (subject.disk(), subject.folder());
    let mut file = good(disk.create(&folder.join("a"), 0o600))?;
    good(file.append(b"one\n"))?;
    good(file.sync_data())?;
    good(file.append(b"two\n"))?;
    same("through the handle", &good(file.read())?, &b"one\ntwo\n".to_vec())?;
    good(file.sync_all())?;
    drop(file);
    good(disk.make_folder(&folder.join("below"), 0o700))?;
    good(disk.sync_folder(&folder))?;
    same(
        "by name",
        &good(disk.read(&folder.join("a")))?,
        &b"one\ntwo\n".to_vec(),
    )?;
    let names = ["a", "below"].map(str::to_owned).to_vec();
    same("list", &good(disk.list(&folder))?, &names)?;
    same("kind", &good(disk.kind(&folder.join("a")))?, &Some(Kind::File))?;
    same(
        "kind",
        &good(disk.kind(&folder.join("below")))?,
        &Some(Kind::Folder),
    )?;
    good(disk.remove_file(&folder.join("a")))?;
    same("removed", &good(disk.kind(&folder.join("a")))?, &None)?;
    good(disk.free(&folder)).map(|_| ())
}

fn new_means_new(subject: &mut dyn Subject) -> Result<(), String> {
    let (disk, folder) = (subject.disk(), subject.folder());
    let path = folder.join("a");
    drop(good(disk.create(&path, 0o600))?);
    fails("create", disk.create(&path, 0o600), ErrorKind::AlreadyExists)?;
    fails("make", disk.make_folder(&path, 0o700), ErrorKind::AlreadyExists)?;
    good(disk.make_folder(&folder.join("b"), 0o700))?;
    fails(
        "create",
        disk.create(&folder.join("b"), 0o600),
        ErrorKind::AlreadyExists,
    )?;
    match disk.read(&folder.join("b")) {
        Err(_) => Ok(()),
        Ok(_) => Err("a folder was read as a file".to_owned()),
    }
}

fn appends(subject: &mut dyn Subject) -> Result<(), String> {
    let (disk, path) = (subject.disk(), subject.folder().join("a"));
    let mut one = good(disk.create(&path, 0o600))?;
    good(one.append(b"1"))?;
    let mut two = good(disk.open(&path))?;
    good(two.append(b"2"))?;
    good(one.append(b"3"))?;
    match one.reserve(1 << 16) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::Unsupported => {}
        Err(e) => return Err(format!("reserve: {e}")),
    }
    same("bytes", &good(disk.read(&path))?, &b"123".to_vec())
}

fn cut(subject: &mut dyn Subject) -> Result<(), String> {
    let (disk, path) = (subject.disk(), subject.folder().join("a"));
    let mut file = good(disk.create(&path, 0o600))?;
    good(file.append(b"whole\ntor"))?;
    good(file.set_len(6))?;
    good(file.sync_all())?;
    good(file.append(b"next\n"))?;
    same("bytes", &good(disk.read(&path))?, &b"whole\nnext\n".to_vec())
}

fn one_lock(subject: &mut dyn Subject) -> Result<(), String> {
    let (disk, path) = (subject.disk(), subject.folder().join("a"));
    let mut one = good(disk.create(&path, 0o600))?;
    same("the first", &good(one.lock())?, &true)?;
    let mut two = good(disk.open(&path))?;
    same("the second", &good(two.lock())?, &false)?;
    drop(one);
    same("after the first", &good(two.lock())?, &true)
}

fn renamed(subject: &mut dyn Subject) -> Result<(), String> {
    let (disk, folder) = (subject.disk(), subject.folder());
    for name in ["a", "b"] {
        let mut file = good(disk.create(&folder.join(name), 0o600))?;
        good(file.append(name.as_bytes()))?;
    }
    fails(
        "onto a file",
        disk.rename(&folder.join("a"), &folder.join("b")),
        ErrorKind::AlreadyExists,
    )?;
    good(disk.rename(&folder.join("a"), &folder.join("c")))?;
    same("kept", &good(disk.read(&folder.join("b")))?, &b"b".to_vec())?;
    same("moved", &good(disk.read(&folder.join("c")))?, &b"a".to_vec())?;
    for name in ["d.part", "e"] {
        good(disk.make_folder(&folder.join(name), 0o700))?;
    }
    match disk.rename(&folder.join("d.part"), &folder.join("e")) {
        Err(_) => {}
        Ok(()) => return Err("a folder was written over".to_owned()),
    }
    good(disk.rename(&folder.join("d.part"), &folder.join("d")))
}

fn partial_folders(subject: &mut dyn Subject) -> Result<(), String> {
    let (disk, folder) = (subject.disk(), subject.folder());
    for name in ["x.part", "whole"] {
        good(disk.make_folder(&folder.join(name), 0o700))?;
        drop(good(disk.create(&folder.join(name).join("f"), 0o600))?);
    }
    good(disk.remove_part(&folder.join("x.part")))?;
    fails(
        "whole",
        disk.remove_part(&folder.join("whole")),
        ErrorKind::InvalidInput,
    )?;
    same("left", &good(disk.list(&folder))?, &vec!["whole".to_owned()])?;
    same(
        "inside",
        &good(disk.list(&folder.join("whole")))?,
        &vec!["f".to_owned()],
    )
}

fn links(subject: &mut dyn Subject) -> Result<(), String> {
    let folder = subject.folder();
    drop(good(subject.disk().create(&folder.join("real"), 0o600))?);
    if !subject.link("link", "real") || !subject.link("dangling", "gone") {
        return Ok(());
    }
    let disk = subject.disk();
    same(
        "kind",
        &good(disk.kind(&folder.join("link")))?,
        &Some(Kind::Other),
    )?;
    for (what, followed) in [
        ("read", disk.read(&folder.join("link")).is_ok()),
        ("open", disk.open(&folder.join("link")).is_ok()),
        ("create", disk.create(&folder.join("dangling"), 0o600).is_ok()),
    ] {
        same(what, &followed, &false)?;
    }
    same("untouched", &good(disk.kind(&folder.join("gone")))?, &None)
}

fn good<T>(result: io::Result<T>) -> Result<T, String> {
    result.map_err(|e| format!("expected to work, got {e}"))
}

fn fails<T>(what: &str, result: io::Result<T>, kind: ErrorKind) -> Result<(), String> {
    match result {
        Err(e) if e.kind() == kind => Ok(()),
        Err(e) => Err(format!("{what}: expected {kind:?}, got {:?}", e.kind())),
        Ok(_) => Err(format!("{what}: expected {kind:?}, and it worked")),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, got {got:?}"))
}

#[cfg(test)]
mod tests {
    use super::super::{Memory, Real};
    use super::*;

    struct OnReal(tempfile::TempDir);

    impl Subject for OnReal {
        fn disk(&self) -> &dyn Disk {
            &Real
        }

        fn folder(&self) -> PathBuf {
            self.0.path().to_owned()
        }

        fn link(&mut self, name: &str, to: &str) -> bool {
            std::os::unix::fs::symlink(self.0.path().join(to), self.0.path().join(name)).unwrap();
            true
        }
    }

    struct InMemory(Memory);

    impl Subject for InMemory {
        fn disk(&self) -> &dyn Disk {
            &self.0
        }

        fn folder(&self) -> PathBuf {
            PathBuf::from("/")
        }

        fn link(&mut self, _: &str, _: &str) -> bool {
            false
        }
    }

    #[test]
    fn both_disks_keep_every_promise() {
        let real = run(|| OnReal(tempfile::tempdir().unwrap()));
        assert_eq!(real, Vec::<String>::new());
        assert_eq!(run(|| InMemory(Memory::new())), Vec::<String>::new());
    }

    #[test]
    fn a_disk_that_breaks_is_noticed() {
        let broken = run(|| {
            let disk = Memory::new();
            disk.cut_power();
            InMemory(disk)
        });
        assert_eq!(broken.len(), PROMISES.len());
    }
}
