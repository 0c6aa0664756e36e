//! What every [`Storage`] promises, as a suite that runs over any of them, also
//! over one that was written outside this project: missing, too large, hostile
//! names, links, a file that exists, a write that was broken off. It prints
//! nothing and panics nowhere; it gives the broken promises back.

use super::{Fault, Storage};

/// A storage under test. `fresh` state is the caller's to provide.
pub trait Subject {
    /// The storage, empty at first.
    fn storage(&mut self) -> &mut dyn Storage;

    /// Leaves behind what a write of `part` under `name` leaves that is cut off
    /// by a power loss at its worst instant; nothing if the medium cannot.
    fn break_off(&mut self, name: &str, part: &[u8]);

    /// Puts a link named `name` to a file outside that holds `outside`; whether the medium has links.
    fn link(&mut self, name: &str) -> bool;
}

/// A promise: its name, and the check that gives the reason when it is broken.
pub type Promise = (&'static str, fn(&mut dyn Subject) -> Result<(), String>);

/// The promises. Each wants a fresh subject.
pub const PROMISES: [Promise; 8] = [
    ("missing", missing),
    ("written-is-read", written_is_read),
    ("too-large", too_large),
    ("hostile-names", hostile_names),
    ("exists-already", exists_already),
    ("replaced-whole", replaced_whole),
    ("links-are-not-followed", links),
    ("broken-off-write", broken_off),
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

/// Names that are no file of a repository.
pub const HOSTILE: [&str; 18] = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/x",
    "\\x",
    "a\\b",
    "x\0",
    "x\n",
    "-rf",
    ".hidden",
    "%2e%2e",
    "a:b",
    "e\u{301}",
    "\u{e9}",
    "\u{202e}x",
    "a b",
];

const NAME: &str = "1.targets.json";

fn missing(subject: &mut dyn Subject) -> Result<(), String> {
    same("fetch", &subject.storage().fetch(NAME, 10), &Ok(None))
}

fn written_is_read(subject: &mut dyn Subject) -> Result<(), String> {
    let storage = subject.storage();
    for (name, bytes) in [
        (NAME, &b"\x00\xff\r\n"[..]),
        ("empty.json", b""),
        ("CAPITAL_1-2", b"x"),
    ] {
        same("create_new", &storage.create_new(name, bytes), &Ok(()))?;
        same(
            "fetch",
            &storage.fetch(name, bytes.len()),
            &Ok(Some(bytes.to_vec())),
        )?;
    }
    Ok(())
}

fn too_large(subject: &mut dyn Subject) -> Result<(), String> {
    let storage = subject.storage();
    same("create_new", &storage.create_new(NAME, &[7; 1000]), &Ok(()))?;
    same(
        "at the limit",
        &storage.fetch(NAME, 1000),
        &Ok(Some(vec![7; 1000])),
    )?;
    let refused = storage.fetch(NAME, 999);
    code("one beyond the limit", &refused, "TOO_LARGE")
}

fn hostile_names(subject: &mut dyn Subject) -> Result<(), String> {
    let storage = subject.storage();
    let long = "a".repeat(201);
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        let what = name.escape_debug().to_string();
        code(&what, &storage.fetch(name, 10), "FILE_NAME")?;
        code(&what, &storage.create_new(name, b"x"), "FILE_NAME")?;
        code(&what, &storage.replace(name, b"x"), "FILE_NAME")?;
    }
    Ok(())
}

fn exists_already(subject: &mut dyn Subject) -> Result<(), String> {
    let storage = subject.storage();
    same("create_new", &storage.create_new(NAME, b"one"), &Ok(()))?;
    code("again", &storage.create_new(NAME, b"two"), "FILE_EXISTS")?;
    same("fetch", &storage.fetch(NAME, 10), &Ok(Some(b"one".to_vec())))
}

fn replaced_whole(subject: &mut dyn Subject) -> Result<(), String> {
    let storage = subject.storage();
    for bytes in [&b"a long first content"[..], b"two", b""] {
        same("replace", &storage.replace(NAME, bytes), &Ok(()))?;
        same("fetch", &storage.fetch(NAME, 100), &Ok(Some(bytes.to_vec())))?;
    }
    Ok(())
}

fn links(subject: &mut dyn Subject) -> Result<(), String> {
    if !subject.link(NAME) {
        return Ok(());
    }
    let storage = subject.storage();
    code("fetch", &storage.fetch(NAME, 100), "NOT_A_FILE")?;
    code("replace", &storage.replace(NAME, b"x"), "NOT_A_FILE")?;
    code("create_new", &storage.create_new(NAME, b"x"), "FILE_EXISTS")
}

fn broken_off(subject: &mut dyn Subject) -> Result<(), String> {
    subject.break_off(NAME, b"half");
    same("nothing before", &subject.storage().fetch(NAME, 10), &Ok(None))?;
    same("create_new", &subject.storage().create_new(NAME, b"one"), &Ok(()))?;
    subject.break_off(NAME, b"tw");
    let storage = subject.storage();
    same(
        "the old content",
        &storage.fetch(NAME, 10),
        &Ok(Some(b"one".to_vec())),
    )?;
    same("replace", &storage.replace(NAME, b"two"), &Ok(()))?;
    same(
        "the new content",
        &storage.fetch(NAME, 10),
        &Ok(Some(b"two".to_vec())),
    )
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, got {got:?}"))
}

fn code<T: std::fmt::Debug>(what: &str, got: &Result<T, Fault>, expected: &str) -> Result<(), String> {
    match got {
        Err(fault) if fault.code() == expected => Ok(()),
        _ => Err(format!("{what}: expected {expected}, got {got:?}")),
    }
}
