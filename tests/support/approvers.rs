//! Who approves in tests, and a desk with a production script that lists them:
//! the template of a first root, its files, and the shipped program over it.
#![allow(dead_code)]

use std::path::PathBuf;
use std::process::Command;

use tuf_ceremony::base::Algorithm;
use tuf_ceremony::note::{Note, Vkey};
use tuf_ceremony::script::Script;

use crate::program::{BINARY, Ran, ran, root};
use crate::rehearsal::Key;

pub fn olga() -> (Vkey, Key) {
    named("olga.example", Key::new("olga", Algorithm::Ed25519))
}

pub fn otto() -> (Vkey, Key) {
    named("otto.example", Key::new("otto", Algorithm::Ed25519))
}

/// Has a smartcard, which knows P-256 alone.
pub fn wim() -> (Vkey, Key) {
    named("wim.example", Key::new("wim", Algorithm::EcdsaP256))
}

/// Is nobody's approver.
pub fn mallory() -> (Vkey, Key) {
    named("mallory.example", Key::new("mallory", Algorithm::Ed25519))
}

pub fn named(name: &str, key: Key) -> (Vkey, Key) {
    (Vkey::new(name, key.public()).unwrap(), key)
}

pub fn section(quorum: &str, keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|k| format!("  \"{k}\",\n")).collect();
    format!("[approvals]\nquorum = {quorum}\nkeys = [\n{}]\n\n", keys.concat())
}

/// A folder with the template's script and files; the script names our approvers.
pub struct Desk(pub tempfile::TempDir);

impl Desk {
    pub fn new() -> Desk {
        let [a, b, c] = [olga().0, otto().0, wim().0].map(|k| k.to_string());
        Desk::with(&section("2", &[&a, &b, &c]))
    }

    pub fn with(section: &str) -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        let templates = root().join("ceremony-scripts/templates");
        let text = std::fs::read_to_string(templates.join("root-keygen.toml")).unwrap();
        let start = text.find("[approvals]").unwrap();
        let end = start + text[start..].find("[[key]]").unwrap();
        std::fs::write(desk.script(), [&text[..start], section, &text[end..]].concat()).unwrap();
        std::fs::copy(templates.join("online.pub.pem"), desk.path("online.pub.pem")).unwrap();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn script(&self) -> PathBuf {
        self.path("s.toml")
    }

    pub fn note(&self) -> PathBuf {
        self.path("s.toml.approvals")
    }

    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    pub fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.script()).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(self.script(), text.replacen(from, to, 1)).unwrap();
    }

    pub fn call(&self, verb: &str, args: &[&str]) -> Ran {
        let mut command = Command::new(&*BINARY);
        ran(command
            .arg(verb)
            .arg(self.script())
            .args(args)
            .current_dir(self.0.path()))
    }

    pub fn approve(&self, args: &[&str]) -> Ran {
        self.call("approve", args)
    }

    /// The text as the program writes it.
    pub fn text(&self) -> String {
        let said = self.approve(&["--write-text", "-"]);
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    }

    /// A note over the script as it is, by these people.
    pub fn signed(&self, by: &[(Vkey, Key)]) -> String {
        noted(
            &Script::parse(&std::fs::read(self.script()).unwrap())
                .unwrap()
                .approval_text(),
            by,
        )
    }

    /// `run` without a terminal; nobody answers for people in production.
    pub fn run(&self) -> Ran {
        ran(Command::new(&*BINARY)
            .args(self.run_args())
            .current_dir(self.0.path()))
    }

    pub fn resume_args(&self) -> Vec<String> {
        let path = |name: &str| self.path(name).to_str().unwrap().to_owned();
        let module = format!("opensc={}", path("module.so"));
        let args = ["resume", "--record", &path("record"), "--module", &module];
        let args = args.iter().map(|a| (*a).to_owned());
        args.chain(["--answers".to_owned(), path("answers.toml")])
            .collect()
    }

    pub fn run_args(&self) -> Vec<String> {
        let answers = self.put(
            "answers.toml",
            b"schema = 1\n[people]\n[confirm]\nbegin = true\nabort = true\n",
        );
        let module = format!("opensc={}", self.put("module.so", b"no module").display());
        let record = self.path("record");
        let script = self.script();
        let args = [
            "run",
            script.to_str().unwrap(),
            "--record",
            record.to_str().unwrap(),
            "--answers",
            answers.to_str().unwrap(),
            "--module",
            &module,
        ];
        args.iter().map(|a| (*a).to_owned()).collect()
    }

    pub fn refused(&self, sin: &str, code: &str) {
        let run = self.run();
        assert_eq!(run.code, 3, "{sin}: {run:?}");
        assert!(
            run.err.contains("error[no-approvals]") && run.err.contains(code),
            "{sin}: {run:?}"
        );
        assert!(!self.path("record").exists(), "{sin}: nothing was started");
        let said = self.approve(&[]);
        assert_eq!(said.code, 1, "{sin}: {said:?}");
    }
}

pub fn noted(text: &str, by: &[(Vkey, Key)]) -> String {
    let mut note = Note::new(text).unwrap();
    for (vkey, key) in by {
        note.add(Note::sign_line(text, vkey, &key.sign(text.as_bytes())).unwrap())
            .unwrap();
    }
    note.to_string()
}
