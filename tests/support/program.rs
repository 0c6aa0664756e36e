//! Runs the shipped binary, and the real clients where the environment names
//! them. Tests that need something the machine lacks print a visible skip.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary under test: cargo's, or the one that `TUF_CEREMONY_BINARY` names
/// (tests/run names the release build).
pub static BINARY: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    std::env::var("TUF_CEREMONY_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_tuf-ceremony").to_owned())
});
pub const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn script(name: &str) -> PathBuf {
    root().join("ceremony-scripts/rehearsal").join(name)
}

/// What a call of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn run(args: &[&str]) -> Ran {
    ran(Command::new(&*BINARY).args(args))
}

pub fn ran(command: &mut Command) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the program starts");
    Ran {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&stdout).into_owned(),
        err: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// A place for one ceremony: record, media, tokens.
pub struct Room {
    pub dir: tempfile::TempDir,
}

impl Room {
    pub fn new() -> Room {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("media")).unwrap();
        Room { dir }
    }

    pub fn record(&self) -> PathBuf {
        self.dir.path().join("record")
    }

    pub fn media(&self) -> PathBuf {
        self.dir.path().join("media")
    }

    /// `run SCRIPT` with this room's places and the given answers.
    pub fn run(&self, script: &Path, answers: &Path) -> Ran {
        ran(self.command("run").arg(script).arg("--answers").arg(answers))
    }

    pub fn resume(&self, answers: &Path) -> Ran {
        ran(self.command("resume").arg("--answers").arg(answers))
    }

    pub fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&*BINARY);
        command.arg(verb);
        command.arg("--record").arg(self.record());
        command.arg("--media").arg(self.media());
        command
    }

    /// The one finished bundle on the media.
    pub fn bundle(&self) -> PathBuf {
        let found: Vec<PathBuf> = std::fs::read_dir(self.media())
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        let bundle = found.into_iter().next().unwrap();
        assert_ne!(
            bundle.extension().and_then(|e| e.to_str()),
            Some("part"),
            "{}",
            bundle.display()
        );
        bundle
    }

    /// Three SoftHSM2 tokens as the lab has them before a ceremony; `None`,
    /// with a visible skip, where SoftHSM2 is not installed.
    pub fn softhsm(&self) -> Option<PathBuf> {
        self.softhsm_tokens(&["a", "b", "c"])
    }

    /// The same with these tokens.
    pub fn softhsm_tokens(&self, names: &[&str]) -> Option<PathBuf> {
        if !Path::new(SOFTHSM).exists() {
            assert!(
                std::env::var_os("TUF_CEREMONY_REQUIRE_SOFTHSM").is_none(),
                "SoftHSM2 is required and not installed"
            );
            println!("SKIPPED: softhsm2 is not installed");
            return None;
        }
        let tokens = self.dir.path().join("softhsm");
        std::fs::create_dir(&tokens).unwrap();
        let conf = self.dir.path().join("softhsm2.conf");
        std::fs::write(
            &conf,
            format!(
                "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n",
                tokens.display()
            ),
        )
        .unwrap();
        for name in names {
            let status = Command::new("softhsm2-util")
                .env("SOFTHSM2_CONF", &conf)
                .args(["--init-token", "--free", "--label", &format!("blank-{name}")])
                .args(["--so-pin", "87654321", "--pin", "99999999"])
                .stdout(std::process::Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
        }
        Some(conf)
    }
}

/// Serials of the lab's blank tokens by the last letter of their label: SoftHSM2
/// draws them itself, and the lab's paper names them.
pub fn blank_serials(conf: &Path) -> Vec<(String, String)> {
    let listed = ran(Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", conf)
        .arg("--show-slots"));
    let (mut serial, mut found) = (String::new(), Vec::new());
    for line in listed.out.lines() {
        if let Some((_, value)) = line.split_once("Serial number:") {
            value.trim().clone_into(&mut serial);
        }
        if let Some((_, label)) = line.split_once("Label:")
            && let Some(name) = label.trim().strip_prefix("blank-")
        {
            found.push((name.to_owned(), serial.clone()));
        }
    }
    assert_eq!(found.len(), 3, "{}", listed.out);
    found
}

/// The record's lines.
pub fn lines(folder: &Path) -> Vec<String> {
    std::fs::read_to_string(folder.join("ceremony.jsonl"))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The real clients' verdict on a folder with `metadata/`, the online side
/// added where the bundle leaves it to others. A visible skip without them.
pub fn clients_accept(bundle: &Path, scratch: &Path, online: bool) {
    clients_say(bundle, scratch, online, true);
}

fn clients_say(bundle: &Path, scratch: &Path, online: bool, tough_too: bool) {
    let (Some(python), Some(tough)) = (
        std::env::var_os("TUF_CLIENT_PYTHON"),
        std::env::var_os("TUF_CLIENT_TOUGH"),
    ) else {
        println!("SKIPPED: real clients (run tests/run)");
        return;
    };
    let complete = scratch.join("complete");
    let mut command = Command::new(python);
    command
        .arg(root().join("tests/clients/python/accept.py"))
        .arg(bundle);
    if online {
        command
            .arg("--online-key")
            .arg(root().join("tests/clients/online-test-key.pem"))
            .arg("--complete-into")
            .arg(&complete);
    }
    let verdict = ran(&mut command);
    assert_eq!(verdict.code, 0, "python-tuf: {}{}", verdict.out, verdict.err);
    let whole = if online { complete.as_path() } else { bundle };
    let verdict = ran(Command::new(tough).arg(whole));
    assert_eq!(
        verdict.code == 0,
        tough_too,
        "tough: {}{}",
        verdict.out,
        verdict.err
    );
}

/// What a script with `refused_by` has acknowledged, as the clients see it.
pub fn python_accepts_and_tough_refuses(bundle: &Path, scratch: &Path) {
    clients_say(bundle, scratch, true, false);
}

/// A ceremony that ended well.
pub fn closed(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("closed and sealed"), "{}", ran.out);
}

/// Our verifier and the second one, which shares no code with it, find nothing
/// wrong with a rehearsal's bundle.
pub fn verifiers_accept(bundle: &Path) {
    let ours = run(&["verify", bundle.to_str().unwrap()]);
    assert_eq!(ours.code, 0, "{}{}", ours.out, ours.err);
    assert!(ours.out.contains("rehearsal"), "{}", ours.out);
    let second = ran(Command::new("python3")
        .arg(root().join("src/bundle/verify.py"))
        .arg(bundle));
    assert_eq!(second.code, 0, "{}{}", second.out, second.err);
    assert!(second.out.contains("not re-executed"), "{}", second.out);
}
