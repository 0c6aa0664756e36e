//! The ports of `tuf::repository`: both implementations keep every promise of
//! the contract suite, the suite notices one that does not, and the client
//! workflow runs over any of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]

use std::collections::BTreeMap;

use ed25519_dalek::Signer as _;
use tuf_ceremony::base::{Algorithm, Instant, PublicKey};
use tuf_ceremony::folder::Folder;
use tuf_ceremony::tuf::repository::contract::{Subject, run};
use tuf_ceremony::tuf::repository::{Fault, Fetch, Memory, Storage, check_repository_over};
use tuf_ceremony::tuf::{Key, Limits, Metadata, RoleName, RootInputs, Signed, chain, compose};

#[path = "../examples/edit-metadata.rs"]
#[allow(dead_code, missing_docs, reason = "`main` is the example's own")]
mod example;

#[derive(Default)]
struct InMemory(Memory);

impl Subject for InMemory {
    fn storage(&mut self) -> &mut dyn Storage {
        &mut self.0
    }
    fn break_off(&mut self, _: &str, _: &[u8]) {}
    fn link(&mut self, _: &str) -> bool {
        false
    }
}

struct OnDisk {
    temporary: tempfile::TempDir,
    folder: Folder,
}

impl OnDisk {
    fn new() -> OnDisk {
        let temporary = tempfile::tempdir().unwrap();
        let inside = temporary.path().join("metadata");
        std::fs::create_dir(&inside).unwrap();
        OnDisk {
            folder: Folder::at(&inside),
            temporary,
        }
    }
}

impl Subject for OnDisk {
    fn storage(&mut self) -> &mut dyn Storage {
        &mut self.folder
    }
    fn break_off(&mut self, name: &str, part: &[u8]) {
        let path = self.temporary.path().join("metadata");
        std::fs::write(path.join(format!(".{name}.unfinished")), part).unwrap();
    }
    fn link(&mut self, name: &str) -> bool {
        let outside = self.temporary.path().join("outside");
        std::fs::write(&outside, b"outside").unwrap();
        std::os::unix::fs::symlink(outside, self.temporary.path().join("metadata").join(name)).unwrap();
        true
    }
}

#[test]
fn memory_and_folder_keep_every_promise() {
    assert_eq!(run(InMemory::default), Vec::<String>::new());
    assert_eq!(run(OnDisk::new), Vec::<String>::new());
}

#[test]
fn nothing_outside_the_folder_is_touched() {
    let mut disk = OnDisk::new();
    assert!(disk.link("a.json"));
    let _ = disk.folder.replace("a.json", b"x");
    let _ = disk.folder.create_new("../b.json", b"x");
    assert_eq!(
        std::fs::read(disk.temporary.path().join("outside")).unwrap(),
        b"outside"
    );
    assert!(!disk.temporary.path().join("b.json").exists());
    std::fs::create_dir(disk.temporary.path().join("metadata/c.json")).unwrap();
    assert_eq!(disk.folder.fetch("c.json", 9).unwrap_err().code(), "NOT_A_FILE");
}

/// Believes every name, ignores limits and overwrites.
#[derive(Default)]
struct Careless(BTreeMap<String, Vec<u8>>);

impl Fetch for Careless {
    fn fetch(&self, name: &str, _: usize) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.0.get(name).cloned())
    }
}

impl Storage for Careless {
    fn create_new(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.replace(name, bytes)
    }
    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.0.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}

impl Subject for Careless {
    fn storage(&mut self) -> &mut dyn Storage {
        self
    }
    fn break_off(&mut self, name: &str, part: &[u8]) {
        self.0.insert(name.to_owned(), part.to_vec());
    }
    fn link(&mut self, name: &str) -> bool {
        self.0.insert(name.to_owned(), b"outside".to_vec());
        true
    }
}

#[test]
fn the_suite_notices_a_careless_storage() {
    let broken = run(Careless::default);
    let names: Vec<_> = broken
        .iter()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    let expected = [
        "too-large",
        "hostile-names",
        "exists-already",
        "links-are-not-followed",
        "broken-off-write",
    ];
    assert_eq!(names, expected, "{broken:#?}");
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn secret(seed: u8) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey::from_raw(Algorithm::Ed25519, secret(seed).verifying_key().as_bytes()).unwrap()
}

fn signed(draft: &compose::Draft, seed: u8) -> Vec<u8> {
    let sig = secret(seed).sign(&draft.canonical).to_bytes().to_vec();
    draft.assemble(&[(Key::of(&public(seed)).keyid(), sig)])
}

fn repository(place: &mut dyn Storage, roots: u64) {
    let (now, expires) = (instant("2027-01-01T00:00:00Z"), instant("2030-01-01T00:00:00Z"));
    let mut put = |draft: &compose::Draft, seed| {
        place
            .create_new(&draft.file_name(), &signed(draft, seed))
            .unwrap()
    };
    for version in 1..=roots {
        let roles = [
            (RoleName::Root, (1, vec![public(1)])),
            (RoleName::Targets, (1, vec![public(2)])),
            (RoleName::Snapshot, (1, vec![public(3)])),
            (RoleName::Timestamp, (1, vec![public(3)])),
        ];
        let inputs = RootInputs {
            version,
            expires,
            roles: roles.into(),
        };
        put(&compose::root(&inputs, now).unwrap(), 1);
    }
    put(&compose::targets(1, expires, now).unwrap(), 2);
    put(&compose::snapshot(1, expires, 1, now).unwrap(), 3);
    put(&compose::timestamp(1, expires, 1, now).unwrap(), 3);
}

#[test]
fn the_workflow_runs_over_any_place() {
    let at = instant("2027-06-01T00:00:00Z");
    let limits = Limits::default();
    let (mut memory, mut disk) = (Memory::default(), OnDisk::new());
    repository(&mut memory, 3);
    repository(&mut disk.folder, 3);
    let summary = check_repository_over(&memory, at, &limits).unwrap();
    assert_eq!(summary.root.version, 3);
    assert_eq!(summary, check_repository_over(&disk.folder, at, &limits).unwrap());

    let code =
        |place: &dyn Fetch, limits: &Limits| check_repository_over(place, at, limits).unwrap_err().code();
    assert_eq!(code(&Memory::default(), &limits), "NO_TRUSTED_ROOT");
    for missing in ["1.targets.json", "1.snapshot.json", "timestamp.json"] {
        let mut less = memory.clone();
        less.files.remove(missing);
        assert_eq!(code(&less, &limits), "FILE_MISSING", "{missing}");
    }
    let mut gap = memory.clone();
    gap.files.remove("2.root.json");
    assert_eq!(check_repository_over(&gap, at, &limits).unwrap().root.version, 1);
    assert_eq!(code(&memory, &Limits { root: 100, ..limits }), "TOO_LARGE");
    assert_eq!(
        code(
            &memory,
            &Limits {
                rotations: 1,
                ..limits
            }
        ),
        "TOO_MANY_ROOTS"
    );
    let mut forged = memory.clone();
    let other = forged.files["1.snapshot.json"].clone();
    forged.files.insert("timestamp.json".into(), other);
    assert_ne!(code(&forged, &limits), "ACCEPTED");
}

#[test]
fn the_limit_of_rotations_is_the_callers() {
    let at = instant("2027-06-01T00:00:00Z");
    let mut memory = Memory::default();
    repository(&mut memory, 258);
    let over = |rotations| {
        check_repository_over(
            &memory,
            at,
            &Limits {
                rotations,
                ..Limits::default()
            },
        )
    };
    assert_eq!(over(256).unwrap_err().code(), "TOO_MANY_ROOTS");
    assert_eq!(over(257).unwrap().root.version, 258);
    let options = chain::Options {
        mode: chain::Mode::Strict,
        at,
        from: 1,
    };
    memory.files.retain(|name, _| name.ends_with(".root.json"));
    assert_eq!(
        chain::verify(&memory.files, &options).verdict(),
        chain::Verdict::Refused
    );
    let report = chain::verify_within(&memory.files, &options, 257);
    assert_eq!(report.verdict(), chain::Verdict::Good);
    assert_eq!(report.steps.len(), 258);
}

/// The example of docs/tuf.md.
#[test]
fn the_example_edits_a_file_and_keeps_what_it_does_not_know() {
    let disk = OnDisk::new();
    let folder = disk.temporary.path().join("metadata");
    let before = r#"{"signatures":[],"signed":{"_type":"targets","expires":"2030-01-01T00:00:00Z","spec_version":"1.0.31","targets":{},"version":1,"x-later":{"kept":[true,null]}}}"#;
    std::fs::write(folder.join("1.targets.json"), before).unwrap();
    std::fs::write(folder.join("a.txt"), "abc").unwrap();
    let edit = |from: &str, to: &str, edits: &[&str]| {
        let words = [&[folder.to_str().unwrap(), from, to], edits].concat();
        example::edit(&words).map_err(|e| e.to_string())
    };
    let content = folder.join("a.txt").to_str().unwrap().to_owned();
    let edits = [
        "--expires",
        "2031-01-01T00:00:00Z",
        "--add",
        "docs/a.txt",
        &content,
    ];
    assert_eq!(edit("1.targets.json", "2.targets.json", &edits), Ok(()));
    let after = Metadata::parse(&std::fs::read(folder.join("2.targets.json")).unwrap()).unwrap();
    let Signed::Targets(targets) = &after.signed else {
        panic!()
    };
    assert_eq!(targets.common.version, 2);
    assert_eq!(targets.common.expires, instant("2031-01-01T00:00:00Z"));
    assert_eq!(targets.targets["docs/a.txt"].length, 3);
    assert_eq!(targets.unrecognized["x-later"].line(), r#"{"kept":[true,null]}"#);

    // Nothing is overwritten, nothing unreadable is edited, nothing is made that a client refuses.
    assert!(
        edit("1.targets.json", "2.targets.json", &[])
            .unwrap_err()
            .contains("expected no such file")
    );
    assert!(
        edit("a.txt", "4.targets.json", &[])
            .unwrap_err()
            .contains("not strict JSON")
    );
    let absolute = edit("1.targets.json", "4.targets.json", &["--add", "/abs", &content]);
    assert!(absolute.unwrap_err().contains("relative path"));
    assert!(
        edit("1.targets.json", "4.targets.json", &["--remove"])
            .unwrap_err()
            .contains("--remove")
    );
    assert!(!folder.join("4.targets.json").exists());
}
