//! Evidence that came after the close: the vectors of docs/addendum-format.md, and
//! every rule of `addendum` and `verify --addendum` refused once and accepted once,
//! through the shipped program.
#![cfg(feature = "ceremony")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/person.rs"]
mod person;
#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use data_encoding::BASE64;
use person::Person;
use program::{BINARY, Ran, ran, root};
use rehearsal::{Key, Map, Room, write};
use tuf_ceremony::audit::Anchor;
use tuf_ceremony::audit::addendum::{Beside, Closed, Seat, judge};
use tuf_ceremony::base::{Algorithm, Digest, Json};
use tuf_ceremony::note::Vkey;
use tuf_ceremony::transcript::{Checkpoint, addendum::Addendum, attesters, read, words};

const PASSPHRASE: &str = "a phrase of otto's own";

/// A closed rehearsal with four seats that have audit keys; one declined.
static BUNDLE: LazyLock<Map> = LazyLock::new(|| {
    let path = root().join("ceremony-scripts/rehearsal/root-keygen-attested.toml");
    Room::closed(&std::fs::read_to_string(path).unwrap()).bundle()
});

/// The audit key of a seat, which the rooms in memory make from its name.
fn seat(name: &str) -> (Vkey, Key) {
    let chain = read(&BUNDLE["ceremony.jsonl"]);
    let lines: Vec<_> = chain.lines.into_iter().map(|(line, _)| line).collect();
    let vkey = attesters::enrolled(&lines)[name].clone();
    let key = Key::new(name, vkey.key().algorithm());
    assert_eq!(key.public(), *vkey.key());
    (vkey, key)
}

/// A folder with the bundle and some evidence.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        write(&desk.path("bundle"), &BUNDLE);
        desk.put("room-camera-1.mkv", &b"a video of the room\n".repeat(100_000));
        desk.put("paper-script.pdf", b"a scan of the paper script\n");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn call(&self, args: &[&str]) -> Ran {
        ran(Command::new(&*BINARY).args(args).current_dir(self.0.path()))
    }

    fn addendum(&self, more: &[&str]) -> Ran {
        self.call(&[&["addendum", "bundle", "--out", "video"], more].concat())
    }

    fn verify(&self, more: &[&str]) -> Ran {
        self.call(&[&["verify", "bundle", "--addendum", "video"], more].concat())
    }

    /// A new addendum over the two files.
    fn made() -> Desk {
        let desk = Desk::new();
        let made = desk.addendum(&["room-camera-1.mkv", "paper-script.pdf"]);
        assert_eq!(made.code, 1, "nobody has signed yet: {made:?}");
        assert!(made.out.contains("[addendum-unsigned]"), "{made:?}");
        desk
    }

    fn text(&self) -> String {
        let bytes = std::fs::read(self.path("video/addendum")).unwrap();
        Addendum::read(&bytes).unwrap().0.to_string()
    }

    fn sign(&self, name: &str) -> Ran {
        let (vkey, key) = seat(name);
        self.put("sig", &key.sign(self.text().as_bytes()));
        self.addendum(&["--add", vkey.name(), "--signature", "sig"])
    }

    /// What is in the folder and in the bundle, to see that nothing changed.
    fn all(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.0.path().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = std::fs::symlink_metadata(&path).unwrap().file_type();
                if kind.is_dir() {
                    open.push(path.clone());
                }
                let bytes = kind.is_file().then(|| std::fs::read(&path).unwrap());
                found.insert(path, bytes);
            }
        }
        found
    }

    /// A call that is refused, and changes nothing.
    fn refused(&self, sin: &str, args: &[&str], code: i32, says: &str) {
        let before = self.all();
        let said = self.call(args);
        assert_eq!(said.code, code, "{sin}: {said:?}");
        assert!(said.err.contains(says), "{sin}: {said:?}");
        assert_eq!(self.all(), before, "{sin}: something changed");
    }
}

#[test]
fn every_vector_comes_to_the_code_that_it_is_named_by() {
    let folder = root().join("tests/vectors/addendum");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let head = text("checkpoint").replace(' ', "\n");
    let known = |name: &str, anchor| Seat {
        vkey: Vkey::parse(text(name).trim_end()).unwrap(),
        anchor,
    };
    let closed = Ok(Closed {
        checkpoint: Checkpoint::parse(&head).unwrap(),
        seats: vec![
            known("olga.vkey", Anchor::External),
            known("otto.vkey", Anchor::SelfAsserted),
        ],
    });
    let beside: Vec<(String, Vec<u8>)> = ["paper-script.pdf", "room-camera-1.mkv"]
        .map(|name| {
            (
                name.to_owned(),
                std::fs::read(folder.join("beside").join(name)).unwrap(),
            )
        })
        .into();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "addendum") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let named: Vec<String> = Addendum::read(&bytes)
            .map(|(a, _)| a.files().iter().map(|f| f.name.clone()).collect())
            .unwrap_or_else(|_| beside.iter().map(|(n, _)| n.clone()).collect());
        let (here, strangers): (Vec<_>, Vec<_>) = beside.iter().partition(|(n, _)| named.contains(n));
        let here = Beside {
            files: here
                .into_iter()
                .map(|(n, b)| (n.clone(), (u64::try_from(b.len()).unwrap(), Digest::of(b))))
                .collect(),
            strangers: strangers.into_iter().map(|(n, _)| n.clone()).collect(),
        };
        let judged = judge(&closed, &bytes, &here);
        let code = judged.refused.first().map_or("good", |f| f.code);
        assert_eq!(code, name.split("--").next().unwrap(), "{name}: {judged:?}");
        assert_eq!(judged.good(), code == "good");
        let unverified = judge(&Err("not whole".to_owned()), &bytes, &here);
        assert!(!unverified.good(), "{name}, of a bundle that does not verify");
        count += 1;
    }
    assert!(count >= 24, "{count}");
    let page = std::fs::read_to_string(root().join("docs/addendum-format.md")).unwrap();
    assert!(page.contains(&text("good--both-seats.addendum")));
}

#[test]
fn evidence_is_bound_signed_by_seats_and_verified() {
    let desk = Desk::made();
    assert_eq!(desk.verify(&[]).code, 1, "nobody has signed");
    let text = desk.addendum(&["--write-text", "-"]);
    assert_eq!(text.out, desk.text());
    assert_eq!(desk.addendum(&["--write-text", "text"]).code, 0);
    assert_eq!(std::fs::read_to_string(desk.path("text")).unwrap(), desk.text());

    let one = desk.sign("audit-otto");
    assert_eq!(one.code, 0, "{one:?}");
    assert!(
        one.out
            .contains("  signed      example/audit-otto, self-asserted (fingerprint "),
        "{one:?}"
    );
    assert!(
        one.out
            .contains("  not signed  example/audit-olga, self-asserted")
    );
    assert_eq!(desk.sign("audit-otto").code, 2, "the same again adds nothing");
    // A card's, in base64, on another copy; then merged.
    let copy = desk.path("copy");
    std::fs::copy(desk.path("video/addendum"), &copy).unwrap();
    let (olga, key) = seat("audit-olga");
    let base64 = BASE64.encode(&key.sign(desk.text().as_bytes())) + "\n";
    desk.put("sig", base64.as_bytes());
    let two = desk.addendum(&["--add", &olga.to_string(), "--signature", "sig"]);
    assert_eq!(two.code, 0, "{two:?}");
    std::fs::rename(desk.path("video/addendum"), desk.path("theirs")).unwrap();
    std::fs::copy(&copy, desk.path("video/addendum")).unwrap();
    let merged = desk.addendum(&["--merge", "theirs"]);
    assert!(
        merged.code == 0 && merged.out.contains("signed by 2 of "),
        "{merged:?}"
    );

    let said = desk.verify(&[]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("verdict: rehearsal ("), "{said:?}");
    assert!(
        said.out.contains("paper-script.pdf (27 bytes")
            && said.out.contains("not here: only its digest is known"),
        "{said:?}"
    );
    assert!(
        said.out.contains("addendum: good: 2 files, signed by 2 of "),
        "{said:?}"
    );
    // The evidence joins its note, and is held against it.
    for name in ["room-camera-1.mkv", "paper-script.pdf"] {
        std::fs::rename(desk.path(name), desk.path("video").join(name)).unwrap();
    }
    desk.put(
        "known",
        format!("tuf-ceremony anchors v1\nattester {olga}\n").as_bytes(),
    );
    let said = desk.verify(&["--anchors", "known"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("  ok    paper-script.pdf"), "{said:?}");
    assert!(
        said.out.contains("signed      example/audit-olga, external"),
        "{said:?}"
    );
    assert!(said.out.contains(", 1 of them known from outside"), "{said:?}");
    let json = Json::parse(desk.verify(&["--json"]).out.trim_end().as_bytes()).unwrap();
    let judged = json.get("addendum").unwrap();
    assert_eq!(judged.get("good"), Some(&Json::Bool(true)));
    assert_eq!(judged.get("files").and_then(Json::as_array).unwrap().len(), 2);
    // Without one nothing is said, and the bundle is what it was.
    let alone = desk.call(&["verify", "bundle", "--json"]);
    assert!(alone.out.contains("\"addendum\":null"));
    for (path, bytes) in &*BUNDLE {
        assert_eq!(&std::fs::read(desk.path("bundle").join(path)).unwrap(), bytes);
    }
}

#[test]
fn what_changed_since_is_refused_by_name() {
    let desk = Desk::made();
    desk.put("video/paper-script.pdf", b"a scan of the paper script\n");
    assert_eq!(desk.sign("audit-otto").code, 0);
    let refused = |sin: &str, code: &str| {
        let said = desk.verify(&[]);
        assert_eq!(said.code, 1, "{sin}: {said:?}");
        assert!(
            said.out.contains(&format!("because [{code}] ")),
            "{sin}: {said:?}"
        );
        assert!(said.out.contains("addendum: NOT GOOD"), "{sin}: {said:?}");
        assert_eq!(desk.addendum(&[]).code, 1, "{sin}");
        // Nothing is signed under what is wrong.
        let (vkey, key) = seat("audit-olga");
        desk.put("sig", &key.sign(desk.text().as_bytes()));
        desk.refused(
            sin,
            &[
                "addendum",
                "bundle",
                "--out",
                "video",
                "--add",
                vkey.name(),
                "--signature",
                "sig",
            ],
            1,
            code,
        );
    };
    desk.put("video/paper-script.pdf", b"a scan of the paper script?");
    refused("one byte", "file-swapped");
    desk.put("video/paper-script.pdf", b"a scan of the paper script\n\n");
    refused("one byte more", "file-swapped");
    std::fs::remove_file(desk.path("video/paper-script.pdf")).unwrap();
    std::os::unix::fs::symlink("../paper-script.pdf", desk.path("video/paper-script.pdf")).unwrap();
    refused("a link to it", "file-added");
    std::fs::remove_file(desk.path("video/paper-script.pdf")).unwrap();
    desk.put("video/photo.jpg", b"who added it?");
    refused("a file that nobody bound", "file-added");
    std::fs::remove_file(desk.path("video/photo.jpg")).unwrap();
    assert_eq!(desk.verify(&[]).code, 0);

    // Every byte of the note, one bit of it.
    let note = std::fs::read(desk.path("video/addendum")).unwrap();
    for at in (0..note.len()).step_by(37) {
        let mut spoiled = note.clone();
        spoiled[at] ^= 1;
        desk.put("video/addendum", &spoiled);
        let said = desk.verify(&[]);
        assert_eq!(said.code, 1, "byte {at}: {said:?}");
    }
    desk.put("video/addendum", &note);
    // The bundle itself: then nothing is bound to it.
    let record = desk.path("bundle/ceremony.jsonl");
    let whole = std::fs::read(&record).unwrap();
    std::fs::write(&record, &whole[..whole.len() - 1]).unwrap();
    let said = desk.verify(&[]);
    assert!(
        said.code == 1 && said.out.contains("because [addendum-unverified] "),
        "{said:?}"
    );
    desk.refused(
        "a bundle that does not verify",
        &["addendum", "bundle", "paper-script.pdf", "--out", "other"],
        1,
        "expected a whole bundle that verifies",
    );
    std::fs::write(&record, &whole).unwrap();
    assert_eq!(desk.verify(&[]).code, 0);
}

#[test]
fn only_plain_evidence_with_honest_names_is_bound() {
    let desk = Desk::new();
    for (name, bytes) in [
        ("empty.pdf", &b""[..]),
        (".hidden", b"x"),
        ("-rf", b"x"),
        ("a b.pdf", b"x"),
        ("a\u{1b}[2Jb.pdf", b"x"),
        ("a\u{202e}fdp.exe", b"x"),
        ("Addendum", b"x"),
        ("PAPER-SCRIPT.pdf", b"x"),
    ] {
        desk.put(name, bytes);
    }
    std::os::unix::fs::symlink("paper-script.pdf", desk.path("link.pdf")).unwrap();
    assert_eq!(
        ran(Command::new("mkfifo").arg(desk.path("pipe.pdf"))).code,
        0,
        "mkfifo"
    );
    std::fs::create_dir(desk.path("folder.pdf")).unwrap();
    std::fs::create_dir(desk.path("taken")).unwrap();
    std::fs::create_dir(desk.path("again")).unwrap();
    std::fs::copy(desk.path("paper-script.pdf"), desk.path("again/paper-script.pdf")).unwrap();
    let long = "a".repeat(101);
    desk.put(&long, b"x");
    for (sin, files, says) in [
        (
            "nothing in it",
            &["empty.pdf"][..],
            "expected 1 to 2^53 - 1 bytes",
        ),
        ("a hidden name", &[".hidden"], "the first a letter or digit"),
        ("an option", &["./-rf"], "the first a letter or digit"),
        ("a space", &["a b.pdf"], "expected a name of"),
        ("an escape", &["a\u{1b}[2Jb.pdf"], "expected a name of"),
        ("a turned name", &["a\u{202e}fdp.exe"], "expected a name of"),
        ("the note's name", &["Addendum"], "expected a name of"),
        ("a long name", &[&long], "expected a name of"),
        ("twice", &["paper-script.pdf", "again/paper-script.pdf"], "twice"),
        ("twice on FAT", &["paper-script.pdf", "PAPER-SCRIPT.pdf"], "twice"),
        ("a link", &["link.pdf"], "nothing was changed"),
        ("a pipe", &["pipe.pdf"], "expected a regular file"),
        ("a folder", &["folder.pdf"], "expected a regular file"),
        ("no file", &["nowhere.pdf"], "nothing was changed"),
        ("no name", &[".."], "expected a file's name"),
    ] {
        let args = [&["addendum", "bundle", "--out", "video", "--"], files].concat();
        desk.refused(sin, &args, 2, says);
    }
    let bind = |out: &str| {
        let args = ["addendum", "bundle", "paper-script.pdf", "--out", out];
        args.map(str::to_owned)
    };
    for (sin, out, says) in [
        ("a folder that is there", "taken", "error[output-exists]"),
        ("in the bundle", "bundle/video", "not in the bundle"),
        ("in a folder of the bundle", "bundle/keys/x", "not in the bundle"),
        ("the bundle", "bundle/.", "not in the bundle"),
        ("nowhere", "nowhere/video", "nothing was changed"),
    ] {
        let args = bind(out);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        desk.refused(sin, &args, 2, says);
    }
    std::os::unix::fs::symlink("bundle/keys", desk.path("keys")).unwrap();
    let args = bind("keys/video");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    desk.refused("through a link", &args, 2, "not in the bundle");
    desk.refused(
        "nothing to look at",
        &["addendum", "bundle", "--out", "video"],
        2,
        "video",
    );
    assert_eq!(
        desk.addendum(&["paper-script.pdf"]).code,
        1,
        "and then it is made"
    );
}

#[test]
fn nobody_but_a_seat_signs() {
    let desk = Desk::made();
    let text = desk.text();
    let (otto, otto_key) = seat("audit-otto");
    let add = |name: &str| {
        let args = [
            "addendum",
            "bundle",
            "--out",
            "video",
            "--add",
            name,
            "--signature",
            "sig",
        ];
        args.map(str::to_owned)
    };
    let refused = |sin: &str, args: &[String], code: i32, says: &str| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        desk.refused(sin, &args, code, says);
    };
    desk.put("sig", &otto_key.sign(b"tuf-ceremony addendum v1\n"));
    refused("over another text", &add(otto.name()), 2, "does not verify");
    desk.put(
        "sig",
        &Key::new("mallory", Algorithm::Ed25519).sign(text.as_bytes()),
    );
    refused("somebody else for him", &add(otto.name()), 2, "does not verify");
    let mallory = Vkey::new("mallory", Key::new("mallory", Algorithm::Ed25519).public()).unwrap();
    refused(
        "somebody",
        &add("mallory"),
        2,
        "expected an audit key of the record",
    );
    // Known from outside alone; then she counts, and without it she is nobody.
    desk.put(
        "known",
        format!("tuf-ceremony anchors v1\nattester {mallory}\n").as_bytes(),
    );
    let added = desk.addendum(&["--add", "mallory", "--signature", "sig", "--anchors", "known"]);
    assert!(
        added.code == 0 && added.out.contains("mallory, external"),
        "{added:?}"
    );
    let said = desk.verify(&[]);
    assert!(
        said.code == 1 && said.out.contains("[addendum-unsigned]"),
        "{said:?}"
    );
    assert!(
        said.out
            .contains("unknown     mallory: nobody here knows the key"),
        "{said:?}"
    );
    assert_eq!(desk.verify(&["--anchors", "known"]).code, 0);
    // A key of the repository signs no notes, whoever brings it.
    let root_key = Key::new("root-a", Algorithm::EcdsaP256);
    let of_tuf = Vkey::new("root-a", root_key.public()).unwrap();
    desk.put(
        "known",
        format!("tuf-ceremony anchors v1\nattester {of_tuf}\n").as_bytes(),
    );
    desk.put("sig", &root_key.sign(text.as_bytes()));
    let args = [&add("root-a")[..], &["--anchors".to_owned(), "known".to_owned()]].concat();
    refused("a root key", &args, 2, "expected an audit key of the record");
    // Lines of another addendum do not join.
    let other = Desk::new();
    assert_eq!(other.addendum(&["paper-script.pdf"]).code, 1);
    assert_eq!(other.sign("audit-otto").code, 0);
    std::fs::copy(other.path("video/addendum"), desk.path("theirs")).unwrap();
    let merge = ["addendum", "bundle", "--out", "video", "--merge", "theirs"].map(str::to_owned);
    refused("another addendum", &merge, 2, "another addendum");
    std::fs::copy(desk.path("video/addendum"), desk.path("theirs")).unwrap();
    std::fs::remove_dir_all(desk.path("video")).unwrap();
    let made = desk.addendum(&["room-camera-1.mkv", "paper-script.pdf"]);
    assert_eq!(made.code, 1, "{made:?}");
    refused("a line of nobody", &merge, 2, "is of no seat");
}

/// With a key file at a terminal: words of the text from another copy, a passphrase.
#[test]
fn a_seat_signs_at_a_terminal() {
    let desk = Desk::made();
    if ran(Command::new("openssl").arg("version")).code != 0 {
        println!("SKIPPED: openssl is not installed");
        return;
    }
    encrypted("audit-otto", &desk.path("otto.pem"));
    encrypted("mallory", &desk.path("mallory.pem"));
    let digest = Digest::of(desk.text().as_bytes());
    let all = words::words(&digest);
    let [bundle, video] = ["bundle", "video"].map(|name| desk.path(name).to_str().unwrap().to_owned());
    let sit = |key: &str| {
        let key = desk.path(key).to_str().unwrap().to_owned();
        Person::at(&BINARY, &["addendum", &bundle, "--out", &video, "--key", &key])
    };
    let before = desk.all();
    let mut person = sit("otto.pem");
    person.wait("paper-script.pdf");
    for _ in 0..12 {
        person.asked();
        person.type_line("");
    }
    assert_eq!(person.end(), 3, "Enter alone signs nothing: {}", person.seen());
    let mut person = sit("mallory.pem");
    for _ in 0..4 {
        let at = person.asked();
        person.type_line(all[at - 1]);
    }
    person.wait("Passphrase of your key file");
    person.type_line(PASSPHRASE);
    assert_eq!(person.end(), 2, "{}", person.seen());
    assert!(person.seen().contains("expected a seat's audit key"));
    assert_eq!(desk.all(), before);
    let mut person = sit("otto.pem");
    for _ in 0..4 {
        let at = person.asked();
        person.type_line(all[at - 1]);
    }
    person.wait("Passphrase of your key file");
    person.type_line(PASSPHRASE);
    assert_eq!(person.end(), 0, "{}", person.seen());
    assert!(!person.seen().contains(PASSPHRASE));
    assert!(desk.verify(&[]).out.contains("signed      example/audit-otto"));
}

/// The Ed25519 key of this name in a key file, as `openssl` encrypts one.
fn encrypted(name: &str, to: &Path) {
    use std::io::Write as _;
    // RFC 8410, section 7: PKCS#8 around 32 bytes.
    let head = data_encoding::HEXLOWER
        .decode(b"302e020100300506032b657004220420")
        .unwrap();
    let der = [&head[..], Digest::of(name.as_bytes()).as_bytes()].concat();
    let mut made = Command::new("openssl")
        .args(["pkcs8", "-topk8", "-inform", "DER", "-scrypt", "-passout"])
        .arg(format!("pass:{PASSPHRASE}"))
        .arg("-out")
        .arg(to)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    made.stdin.take().unwrap().write_all(&der).unwrap();
    assert!(made.wait().unwrap().success());
}
