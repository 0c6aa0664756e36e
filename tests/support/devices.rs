//! Ceremonies on simulated YubiHSM 2: a small script that fits one device, its
//! answers, and a room that changes both before it runs the shipped binary.
#![allow(dead_code)]

use std::path::PathBuf;
use std::process::Command;

use yubihsm_sim::codes::object_type;
use yubihsm_sim::{Config, Simulator};

use crate::program::{Ran, Room, lines, ran, run, script};

pub const SERIAL: u32 = 13_200_460;

/// One YubiHSM 2: three P-256 root keys, two Ed25519 keys of targets. Every
/// text that a test changes stands in it once.
pub fn small() -> String {
    let head = std::fs::read_to_string(script("pypi-mix.toml")).unwrap();
    let between = |from: &str, to: &str| {
        let start = head.find(from).unwrap_or_else(|| panic!("{from}"));
        let end = start + head[start..].find(to).unwrap_or_else(|| panic!("{to}"));
        head[start..end].to_owned()
    };
    let mut text = between("schema ", "[[token]]");
    text += &between("[[token]]", "[[token]]\nid      = \"yubi-b\"");
    text += &between("[[certificate]]", "[[result]]");
    for (role, threshold, keys) in [
        ("root", 2, r#""root-a", "root-b", "root-c""#),
        ("targets", 1, r#""targets-a", "targets-b""#),
    ] {
        text += &format!(
            "[[result]]\nmetadata = \"{role}\"\nmade = \"here\"\nversion = 1\nthreshold = {threshold}\nkeys = [{keys}]\nexpires_in_days = 90\n\n"
        );
    }
    for role in ["snapshot", "timestamp"] {
        text += &format!(
            "[[result]]\nmetadata = \"{role}\"\nmade = \"elsewhere\"\nthreshold = 1\nkeys = [\"online\"]\n\n"
        );
    }
    text += "[[act]]\nid = \"all\"\ntitle = \"All of it\"\n";
    for (n, step) in steps().iter().enumerate() {
        text += &format!("\n[[act.step]]\nid = \"all.{n}\"\nby = \"officer\"\nminutes = 1\n{step}\n");
    }
    text
}

const KEYS: [(&str, &str); 5] = [
    ("root-a", "ecdsa-p256"),
    ("root-b", "ecdsa-p256"),
    ("root-c", "ecdsa-p256"),
    ("targets-a", "ed25519"),
    ("targets-b", "ed25519"),
];

fn steps() -> Vec<String> {
    let on = |verb: &str| format!("do = \"{verb}\"\non = \"yubi-a\"");
    let mut steps = vec!["do = \"roll-call\"".to_owned(), "do = \"clock\"".to_owned()];
    steps.push(on("inventory"));
    steps.push(on("provision") + "\ncredentials = \"typed\"");
    for (key, algorithm) in KEYS {
        steps.push(format!(
            "{}\nkey = {{ name = \"{key}\", algorithm = \"{algorithm}\", extractable = false }}",
            on("generate-key")
        ));
    }
    for (key, _) in &KEYS[..3] {
        steps.push(format!("{}\nkey = \"{key}\"", on("attest-key")));
    }
    steps.push(on("retire-provisioner"));
    for (key, _) in KEYS {
        steps.push(format!("{}\nkey = \"{key}\"", on("prove-possession")));
    }
    steps.push(on("device-log"));
    for (file, signers) in [("root", &["root-a", "root-b"][..]), ("targets", &["targets-a"])] {
        steps.push(format!("do = \"compose\"\nmetadata = \"{file}\""));
        steps.push(format!("do = \"review\"\nmetadata = \"{file}\""));
        steps.push(format!(
            "do = \"read-back\"\nmetadata = \"{file}\"\nsource = \"second-machine\""
        ));
        for key in signers {
            steps.push(format!("{}\nmetadata = \"{file}\"\nkey = \"{key}\"", on("sign")));
        }
    }
    steps.push(on("device-log"));
    steps.push("do = \"export\"".to_owned());
    steps.push("do = \"seal\"\nsource = \"second-machine\"".to_owned());
    steps
}

/// Passwords as an answers file gives them, where the script says `typed`.
pub const PASSWORDS: [&str; 3] = [
    "provisioner-of-this-test",
    "signer-of-this-very-test",
    "auditor-of-this-one-test",
];

pub fn answers() -> String {
    let text = std::fs::read_to_string(script("pypi-mix.answers.toml")).unwrap();
    let end = text.find("[[token]]\nid     = \"yubi-b\"").unwrap();
    format!(
        "{}provisioner = \"{}\"\nsigner = \"{}\"\nauditor = \"{}\"\n",
        text[..end].trim_end().to_owned() + "\n",
        PASSWORDS[0],
        PASSWORDS[1],
        PASSWORDS[2]
    )
}

/// A room with a script of its own, the files that it names, and simulators.
pub struct Lab {
    pub room: Room,
    pub simulators: Vec<Simulator>,
    ports: Vec<u16>,
}

impl Lab {
    /// One device from the factory.
    pub fn new(firmware: (u8, u8, u8)) -> Lab {
        Lab::with(vec![Config {
            serial: SERIAL,
            firmware,
            ..Config::default()
        }])
    }

    pub fn with(configs: Vec<Config>) -> Lab {
        let room = Room::new();
        for entry in std::fs::read_dir(script("pypi-mix.toml").parent().unwrap()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "pem") {
                std::fs::copy(&path, room.dir.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        let simulators: Vec<Simulator> = configs
            .into_iter()
            .map(|config| Simulator::start(config).unwrap())
            .collect();
        let ports = simulators.iter().map(Simulator::port).collect();
        Lab {
            room,
            simulators,
            ports,
        }
    }

    pub fn device(&self) -> yubihsm_sim::Device {
        self.simulators[0].device()
    }

    /// Writes a file into the room's folder, beside its script.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.room.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `run` or `resume` with these answers.
    pub fn go(&self, verb: &str, script: Option<&str>, answers: &str) -> Ran {
        ran(&mut self.command(verb, script, answers))
    }

    /// The same, not started yet.
    pub fn command(&self, verb: &str, script: Option<&str>, answers: &str) -> Command {
        let answers = self.write("answers.toml", answers);
        let mut command = self.room.command(verb);
        if let Some(text) = script {
            command.arg(self.write("script.toml", text));
        }
        command.arg("--answers").arg(answers);
        for port in &self.ports {
            command.arg("--yubihsm").arg(format!("http://127.0.0.1:{port}"));
        }
        command
    }

    pub fn record(&self) -> Vec<String> {
        lines(&self.room.record())
    }

    /// What holds after any failure: the record is a chain that re-executes, it
    /// ends with a pause, and the device has each key of the script once.
    pub fn intact(&self, what: &str) {
        let judged = run(&["verify", self.room.record().to_str().unwrap()]);
        let failed: Vec<&str> = judged.out.lines().filter(|l| l.starts_with("FAIL")).collect();
        assert!(
            failed.iter().all(|l| l.contains("close")),
            "{what}: {}{}",
            judged.out,
            judged.err
        );
        assert!(judged.out.contains("re-executed"), "{what}: {}", judged.out);
        let record = self.record();
        assert!(
            record.last().unwrap().contains("\"type\":\"pause\""),
            "{what}: {record:?}"
        );
        self.no_key_twice(what);
    }

    /// A client that has nothing to do with the program.
    pub fn client(&self, credentials: yubihsm::authentication::Credentials) -> yubihsm::Client {
        let config = yubihsm::HttpConfig {
            addr: "127.0.0.1".to_owned(),
            port: self.ports[0],
            ..yubihsm::HttpConfig::default()
        };
        yubihsm::Client::open(yubihsm::Connector::http(&config), credentials, false).unwrap()
    }

    /// Object ids of the P-256 keys, in the order in which they were made.
    pub fn keys_on_device(&self) -> Vec<u16> {
        let objects = self.device().objects();
        let mut keys: Vec<_> = objects
            .iter()
            .filter(|o| o.kind == object_type::ASYMMETRIC_KEY)
            .map(|o| (o.label.clone(), o.id))
            .collect();
        keys.sort();
        keys.into_iter().map(|(_, id)| id).collect()
    }

    pub fn no_key_twice(&self, what: &str) {
        for simulator in &self.simulators {
            let mut names: Vec<String> = simulator
                .device()
                .objects()
                .iter()
                .filter(|o| o.kind == object_type::ASYMMETRIC_KEY)
                .map(|o| {
                    String::from_utf8_lossy(&o.label)
                        .split(':')
                        .next()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all, "{what}: a key was made twice");
        }
    }
}

/// A text in the place of another that stands there once.
pub fn put(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}
