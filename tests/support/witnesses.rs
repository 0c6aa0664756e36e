//! A desk with witnesses of their own, a ceremony's folders, and what goes to and
//! fro between them, all through the shipped program.
#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::path::{Path, PathBuf};

use tuf_ceremony::audit::Level;
use tuf_ceremony::base::Digest;
use tuf_ceremony::note::{Note, Vkey};
use tuf_ceremony::transcript::witness::Memory;
use tuf_ceremony::transcript::words;

use super::audit::judge;
use super::program::{Ran, run};
use super::rehearsal::{Map, script, write};
use super::typist::typed;

pub const PASSPHRASE: &str = "correct horse battery";

/// A folder with witnesses and everything that goes to and fro.
pub struct Desk(tempfile::TempDir);

impl Desk {
    pub fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    /// A new witness; its key.
    pub fn witness(&self, state: &str, name: &str) -> Vkey {
        let args = ["witness", "new", "--state", &self.text(state), "--name", name];
        let made = typed(&args, |_, prompt| {
            prompt
                .contains("assphrase")
                .then(|| PASSPHRASE.to_owned())
                .or_else(|| prompt.contains("again").then(|| PASSPHRASE.to_owned()))
        });
        assert_eq!(made.code, 0, "{}", made.out);
        let memory = std::fs::read(self.at(state).join("state")).unwrap();
        let vkey = Memory::parse(&memory).unwrap().vkey().clone();
        assert!(made.out.contains(&vkey.to_string()), "{}", made.out);
        vkey
    }

    pub fn put(&self, name: &str, files: &Map) -> String {
        write(&self.at(name), files);
        self.text(name)
    }

    /// A request from a folder, into `out`; the log key into `out.key`.
    pub fn request(&self, folder: &str, out: &str, more: &[&str]) -> Ran {
        let (out, key) = (self.text(out), self.text(&format!("{out}.key")));
        let folder = self.text(folder);
        let mut args = vec!["witness", "request", &folder, "--out", &out, "--log-key", &key];
        args.extend(more);
        run(&args)
    }

    /// `witness log`, the words typed as the other screen has them, but for `slips`.
    pub fn told(&self, state: &str, key: &str, slips: usize) -> Ran {
        let digest = Digest::of(&std::fs::read(self.at(key)).unwrap());
        let expected = words::words(&digest);
        let args = [
            "witness",
            "log",
            "--state",
            &self.text(state),
            "--vkey-file",
            &self.text(key),
        ];
        typed(&args, move |nth, prompt| {
            let number = prompt.rsplit_once("Word ")?.1.strip_suffix(" there: ")?;
            let word = expected[number.parse::<usize>().ok()? - 1];
            Some(if nth < slips {
                "aardvark-not".to_owned()
            } else {
                word.to_owned()
            })
        })
    }

    pub fn sign_with(&self, passphrase: &str, state: &str, request: &str, out: &str) -> Ran {
        let args = [
            "witness",
            "sign",
            "--state",
            &self.text(state),
            &self.text(request),
            "--out",
            &self.text(out),
        ];
        typed(&args, |_, prompt| {
            prompt.contains("Passphrase").then(|| passphrase.to_owned())
        })
    }

    pub fn sign(&self, state: &str, request: &str, out: &str) -> Ran {
        self.sign_with(PASSPHRASE, state, request, out)
    }

    /// A request that must be refused, without a terminal: no passphrase is asked for.
    pub fn refused(&self, state: &str, request: &str, code: &str) -> String {
        let before = self.state(state);
        let args = [
            "witness",
            "sign",
            "--state",
            &self.text(state),
            &self.text(request),
            "--out",
            &self.text("none"),
        ];
        let ran = run(&args);
        assert_eq!(ran.code, 1, "{code}: {ran:?}");
        assert!(
            ran.err.contains(&format!("refused[{code}]")),
            "{code}: {}",
            ran.err
        );
        assert!(!self.at("none").exists());
        assert_eq!(self.state(state), before, "{code}: the memory is as it was");
        ran.err
    }

    pub fn state(&self, state: &str) -> Vec<u8> {
        std::fs::read(self.at(state).join("state")).unwrap()
    }

    pub fn merge(&self, bundle: &str, answer: &str) -> Ran {
        run(&["witness", "merge", &self.text(bundle), &self.text(answer)])
    }

    pub fn note(&self, bundle: &str, path: &str) -> Note {
        Note::parse(&std::fs::read(self.at(bundle).join(path)).unwrap()).unwrap()
    }
}

/// The rehearsal with these witnesses.
pub fn witnessed(quorum: usize, keys: &[&Vkey]) -> String {
    let keys: Vec<String> = keys.iter().map(|k| format!("\"{k}\"")).collect();
    let section = format!(
        "[witnesses]\nquorum = {quorum}\nkeys = [\n  {},  # two machines\n]\n\n[[result]]",
        keys.join(",\n  ")
    );
    script().replacen("[[result]]", &section, 1)
}

pub fn good(ran: &Ran) {
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// The level, what `quorum` and `sessions` say, and which checks failed.
pub fn quorum_of(files: &Map) -> (Level, String, Vec<&'static str>) {
    let judgement = judge(files);
    let mut said = Vec::new();
    for name in ["quorum", "sessions"] {
        let check = judgement.check(name).unwrap();
        said.push(check.what.as_str());
        said.extend(check.found.iter().map(|f| f.text.as_str()));
    }
    (judgement.verdict, said.join("\n"), judgement.failed())
}

pub fn files_of(folder: &Path) -> Map {
    tuf_ceremony::bundle::read(folder).unwrap().known
}
