//! A whole rehearsal in memory, for tests of any room: the engine is stepped
//! over a plan, this file plays people, devices, media and the log key, and
//! `Writer` and `Tree` make the record. Nothing touches a disk. A test may stop
//! anywhere, answer by itself, and go on. Needs no cargo feature.

#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use tuf_ceremony::base::device::{DeviceCard, KeyAttributes, KeyFound, PinState};
use tuf_ceremony::base::medium::{Mounted, Reading, Release};
use tuf_ceremony::base::{Algorithm, Digest, Instant, PublicKey, Stamp};
use tuf_ceremony::bundle::{Files, Seal, VERIFY_PY, seal_files};
use tuf_ceremony::engine::{
    Answer, ENGINE, Effect, Expect, FileRef, FrontEnd, Input, InputKind, NewSecret, NumberFor, Opening,
    Outcome, Program, Question, Refusal, Resumption, SecretsPath, Seen, State, Ticket, What, attester_wanted,
    confirm_wanted, expects, export_contents, lines as said, payload, recorded, step,
};
use tuf_ceremony::note::{Note, Vkey};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::{Script, SerialSpec};
use tuf_ceremony::transcript::{Checkpoint, Tree, Writer, words};

pub type Map = BTreeMap<String, Vec<u8>>;

#[path = "rehearsal_scripts.rs"]
pub mod scripts;

#[allow(unused_imports, reason = "each test takes the scripts that it needs")]
pub use scripts::{script, script_complete, script_proven, script_small};

/// A key pair that follows from its name.
pub struct Key {
    seed: [u8; 32],
    algorithm: Algorithm,
}

impl Key {
    pub fn new(name: &str, algorithm: Algorithm) -> Key {
        Key {
            seed: *Digest::of(name.as_bytes()).as_bytes(),
            algorithm,
        }
    }

    pub fn public(&self) -> PublicKey {
        let raw = match self.algorithm {
            Algorithm::Ed25519 => SigningKey::from_bytes(&self.seed)
                .verifying_key()
                .to_bytes()
                .to_vec(),
            Algorithm::EcdsaP256 => self.point(),
            other => panic!("no rehearsal keys of {}", other.name()),
        };
        PublicKey::from_raw(self.algorithm, &raw).unwrap()
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self.algorithm {
            Algorithm::Ed25519 => SigningKey::from_bytes(&self.seed).sign(message).to_vec(),
            other if other != Algorithm::EcdsaP256 => panic!("no rehearsal keys of {}", other.name()),
            _ => {
                let rng = ring::rand::SystemRandom::new();
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_ASN1_SIGNING,
                    &self.seed,
                    &self.point(),
                    &rng,
                );
                pair.unwrap().sign(&rng, message).unwrap().as_ref().to_vec()
            }
        }
    }

    fn point(&self) -> Vec<u8> {
        let secret = p256::SecretKey::from_slice(&self.seed).unwrap();
        secret.public_key().to_encoded_point(false).as_bytes().to_vec()
    }
}

/// A ceremony under way.
pub struct Room {
    pub plan: Plan,
    pub state: State,
    pub record: Vec<u8>,
    pub tree: Tree,
    pub writer: Writer,
    /// Size and note of every gate's checkpoint.
    pub gates: Vec<(u64, String)>,
    /// The log key of each run.
    pub log_keys: Vec<PublicKey>,
    pub inputs: Map,
    pub verifier: Vec<u8>,
    pub log: Key,
    tickets: u64,
    ms: u64,
    set_up: BTreeMap<String, bool>,
    /// What devices list; nothing where a token is not named.
    pub keys: BTreeMap<String, Vec<KeyFound>>,
    /// How far the machine's clock is ahead of the right time, in seconds.
    pub ahead_s: i64,
}

/// The plan of a script whose files are the online side's.
pub fn plan(script: &str) -> (Plan, Map) {
    let script = match Script::parse(script.as_bytes()) {
        Ok(script) => script,
        Err(found) => panic!("{:#?}", found.0),
    };
    let mut inputs = Map::new();
    for name in Inputs::needed(&script) {
        let bytes = scripts::online_file(&name);
        inputs.insert(name, bytes);
    }
    let arcs = inputs
        .iter()
        .map(|(n, b)| (n.clone(), Arc::from(b.as_slice())))
        .collect();
    match Plan::build(script, &Inputs(arcs)) {
        Ok(plan) => (plan, inputs),
        Err(found) => panic!("{:#?}", found.0),
    }
}

impl Room {
    /// A ceremony that nobody has opened.
    pub fn new(script: &str) -> Room {
        let (plan, inputs) = plan(script);
        Room::of(plan, inputs)
    }

    /// A ceremony of this plan; tokens with keys are set up already.
    pub fn old(plan: Plan, inputs: Map, keys: BTreeMap<String, Vec<KeyFound>>) -> Room {
        let mut room = Room::of(plan, inputs);
        room.set_up = keys.keys().map(|token| (token.clone(), true)).collect();
        room.keys = keys;
        room
    }

    fn of(plan: Plan, inputs: Map) -> Room {
        Room {
            plan,
            state: State::new(),
            record: Vec::new(),
            tree: Tree::new(),
            writer: Writer::new(),
            gates: Vec::new(),
            log_keys: Vec::new(),
            inputs,
            verifier: VERIFY_PY.to_vec(),
            log: Key::new("log 1", Algorithm::Ed25519),
            tickets: 0,
            ms: 1_000,
            set_up: BTreeMap::new(),
            keys: BTreeMap::new(),
            ahead_s: 0,
        }
    }

    /// A ceremony from the first to the last record.
    pub fn closed(script: &str) -> Room {
        let mut room = Room::new(script);
        while room.go_on() {}
        assert_eq!(expects(&room.state), Expect::Closed);
        room
    }

    /// The same, with one approver, who has approved.
    pub fn approved(script: &str) -> Room {
        let key = Key::new("approver", Algorithm::Ed25519);
        let vkey = Vkey::new("approver.example", key.public()).unwrap();
        let section = format!("\n[approvals]\nquorum = 1\nkeys = [\"{vkey}\"]\n\n[[key]]");
        let (plan, inputs) = plan(&script.replacen("\n[[key]]", &section, 1));
        let text = plan.script().approval_text();
        let note = Note::signed(&text, &vkey, |text| key.sign(text)).unwrap();
        let mut room = Room::of(plan.with_approvals(note.to_string().into_bytes()), inputs);
        while room.go_on() {}
        room
    }

    /// One input; its records are written.
    pub fn feed(&mut self, kind: InputKind) -> Result<(), Refusal> {
        self.ms += 1_000;
        let at = Stamp {
            wall: Instant::from_unix(1_795_000_000 + i64::try_from(self.ms / 1_000).unwrap() + self.ahead_s)
                .unwrap(),
            mono_ms: self.ms,
        };
        let transition = step(
            &self.plan,
            &self.state,
            &Input {
                at,
                kind: kind.clone(),
            },
        )?;
        for record in &transition.records {
            let line = self.writer.next(record, &transition.state.boot, at).unwrap();
            self.tree.append(line.as_bytes());
            self.record.extend_from_slice(line.as_bytes());
            self.record.push(b'\n');
        }
        self.state = transition.state;
        match kind {
            InputKind::Open(open) => self.log_keys.push(open.log_key),
            InputKind::Resume(resume) => self.log_keys.push(resume.log_key),
            InputKind::Outcome {
                outcome: Outcome::Checkpoint { size, note, .. },
                ..
            } => self.gates.push((size, note)),
            _ => {}
        }
        Ok(())
    }

    /// The next input as well-behaved people and devices give it. `false`:
    /// there is nothing to do.
    pub fn go_on(&mut self) -> bool {
        let input = match expects(&self.state) {
            Expect::Opening => InputKind::Open(Box::new(self.opening())),
            Expect::Answer(question) => {
                let question = question.clone();
                InputKind::Answer(self.answer(&question))
            }
            Expect::Outcome(effect) => {
                let effect = effect.clone();
                InputKind::Outcome {
                    effect: effect.id,
                    outcome: self.outcome(&effect),
                }
            }
            Expect::Resumption | Expect::Aborted | Expect::Closed => return false,
        };
        if let Err(refusal) = self.feed(input.clone()) {
            panic!("{refusal:?} to {input:?} in {:?}", self.state.phase);
        }
        true
    }

    /// Goes on until the condition holds; panics when it never does.
    pub fn go_until(&mut self, holds: impl Fn(&State) -> bool) {
        while !holds(&self.state) {
            assert!(self.go_on(), "the condition never held");
        }
    }

    /// The input that resumes, with a new log key.
    pub fn resumption(&mut self) -> InputKind {
        self.log = Key::new(&format!("log {}", self.log_keys.len() + 1), Algorithm::Ed25519);
        InputKind::Resume(Resumption {
            boot: format!("{:032x}", self.log_keys.len() + 1),
            torn: Vec::new(),
            mirror: None,
            machine: Some(Default::default()),
            engine: ENGINE,
            program: program(),
            front_end: FrontEnd::Headless,
            secrets: SecretsPath::AnswersFile,
            log_key: self.log.public(),
        })
    }

    pub fn opening(&self) -> Opening {
        let script = self.plan.script();
        let inputs = self.plan.files();
        Opening {
            boot: format!("{:032x}", 1),
            engine: ENGINE,
            clients: tuf_ceremony::engine::CLIENTS,
            kind: script.kind.name().to_owned(),
            organisation: script.organisation.to_string(),
            site: script.site.to_string(),
            name: script.ceremony.to_string(),
            script: FileRef::of("script.toml", script.text.as_bytes()),
            inputs: inputs.iter().map(|f| FileRef::of(&f.name, &f.bytes)).collect(),
            program: program(),
            approvals: self.plan.approvals().map(|n| FileRef::of("approvals", n)),
            verifier: FileRef::of("verify.py", &self.verifier),
            front_end: FrontEnd::Headless,
            secrets: SecretsPath::AnswersFile,
            modules: Vec::new(),
            predecessor: self.plan.predecessor().to_owned(),
            mirror: false,
            log_key: self.log.public(),
            drill: None,
            machine: Some(Default::default()),
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    pub fn answer(&mut self, question: &Question) -> Answer {
        let typed = |text: &str| text.to_owned();
        match question {
            Question::Begin => Answer::Begin {
                typed: typed("begin"),
            },
            // The last officer is late, and that is fine: the quorum is two.
            Question::Seat { role, seat: 3, .. } if role.as_str() == "officer" => Answer::Absent {
                reason: typed("his train is late"),
            },
            Question::Seat { role, seat, .. } => Answer::Present {
                name: format!("{role} {seat}"),
            },
            Question::Clock { .. } => Answer::Clock {
                rtc: None,
                typed: self.now().to_string()[..16].replace('T', " "),
            },
            Question::Item { index } => Answer::Done {
                typed: said(&self.plan, &self.state)[*index].word.clone(),
            },
            Question::Number { index, purpose, .. } => {
                let number = match recorded(&self.plan, &self.state, *index) {
                    Some(noted) if purpose.compares() => noted.number.clone(),
                    _ => format!("TEB {index}"),
                };
                Answer::Number {
                    again: (!purpose.compares()).then(|| number.clone()),
                    person: (*purpose == NumberFor::Leaves).then(|| typed("officer 1")),
                    number,
                }
            }
            Question::Differs { .. } => panic!("a number differs"),
            Question::Serial { token, .. } => Answer::Serial {
                typed: self.serial(token.as_str()),
            },
            Question::SetUp { token, credentials } => {
                let serial = self.serial(token.as_str());
                Answer::NewSecrets {
                    secrets: credentials
                        .iter()
                        .map(|credential| NewSecret {
                            credential: *credential,
                            secret: self.ticket(),
                            again: self.ticket(),
                        })
                        .collect(),
                    typed: serial[serial.len() - 4..].to_owned(),
                }
            }
            Question::Attester { .. } => Answer::Attest {
                typed: attester_wanted(&self.plan, &self.state).unwrap(),
            },
            Question::Recover { .. } => Answer::Recover {
                typed: typed("recover"),
            },
            Question::Cover { token } => {
                let serial = self.serial(token.as_str());
                Answer::Covered {
                    typed: serial[serial.len() - 4..].to_owned(),
                }
            }
            Question::Dice { .. } => Answer::Dice { rolls: self.ticket() },
            Question::Copy { .. } => Answer::Copied { typed: self.ticket() },
            Question::Pin { .. } => Answer::Pin {
                secret: Some(self.ticket()),
            },
            Question::Confirm { .. } => Answer::Confirm {
                typed: confirm_wanted(&self.plan, &self.state).unwrap(),
            },
            Question::Review { metadata } => Answer::Reviewed {
                digest: self.state.files[metadata].draft.digest,
                typed: typed("read"),
            },
            Question::Words {
                digest, positions, ..
            } => {
                let all = words::words(digest);
                Answer::Words {
                    typed: positions.iter().map(|at| all[*at].to_owned()).collect(),
                }
            }
            Question::Reopen { .. } => Answer::Reopen {
                second: typed("officer 1"),
                why: typed("misheard"),
            },
            Question::Frozen => panic!("nothing is asked while frozen"),
            Question::Trouble { trouble } => panic!("trouble: {trouble:?}"),
        }
    }

    pub fn outcome(&mut self, effect: &Effect) -> Outcome {
        match &effect.what {
            What::List { token } => Outcome::Cards(vec![self.card(token.as_str())]),
            What::Survey { tokens } => Outcome::Surveyed(
                tokens
                    .iter()
                    .map(|(token, _)| Seen {
                        token: token.clone(),
                        card: Some(self.card(token.as_str())),
                        keys: Some(Vec::new()),
                        fault: None,
                    })
                    .collect(),
            ),
            What::Identify { token, .. } => Outcome::Card(self.card(token.as_str())),
            What::Keys { token, .. } => {
                Outcome::Keys(self.keys.get(token.as_str()).cloned().unwrap_or_default())
            }
            What::Nonce => Outcome::Nonce(Digest::of(&effect.id.to_be_bytes())),
            What::Mint { .. } => Outcome::Minted {
                secret: self.ticket(),
            },
            What::Compare { .. } => Outcome::Compared { same: true },
            What::Attest { .. } | What::ReadLog { .. } | What::ClearLog { .. } | What::Retire { .. } => {
                panic!("these rehearsals have no YubiHSM 2")
            }
            What::Checkpoint => {
                let (size, root, note) = self.checkpoint();
                Outcome::Checkpoint { size, root, note }
            }
            What::Lock { .. } => Outcome::Locked,
            What::Initialise { token, .. } => {
                self.set_up.insert(token.to_string(), true);
                Outcome::Initialised(self.card(token.as_str()))
            }
            What::Unlock { .. } => Outcome::Unlocked,
            What::Generate { order, .. } => Outcome::Generated {
                public: Key::new(order.name.as_str(), order.algorithm).public(),
                attributes: KeyAttributes {
                    sensitive: Some(true),
                    extractable: Some(false),
                    sign: Some(true),
                    ..KeyAttributes::default()
                },
            },
            What::Sign { key, public, .. } => {
                let payload = payload(&self.plan, &self.state, &effect.what).unwrap();
                let signature = Key::new(key.as_str(), public.algorithm()).sign(payload.bytes());
                Outcome::Signed {
                    signature: data_encoding::HEXLOWER.encode(&signature),
                }
            }
            What::Export { files } => Outcome::Exported {
                files: files.clone(),
                released: Release::Folder,
            },
            What::ReadBack { files } => Outcome::ReadBack {
                files: files.clone(),
                reading: Reading {
                    direct: true,
                    mounted: Mounted::Folder,
                },
            },
            What::Seal => panic!("the seal has no outcome"),
        }
    }

    pub fn now(&self) -> Instant {
        // The next input is stamped one second on; minutes are what counts.
        Instant::from_unix(1_795_000_000 + i64::try_from(self.ms / 1_000).unwrap() + 1).unwrap()
    }

    fn serial(&self, token: &str) -> String {
        let id = tuf_ceremony::base::Id::parse(token).unwrap();
        match &self.plan.token(&id).unwrap().serial {
            SerialSpec::Known(serial) => serial.clone(),
            SerialSpec::AtInventory => format!("SN-{token}"),
        }
    }

    fn card(&self, token: &str) -> DeviceCard {
        let initialised = self.set_up.get(token).copied().unwrap_or(false);
        DeviceCard {
            vendor: "tuf-ceremony".to_owned(),
            model: "embedded".to_owned(),
            serial: self.serial(token),
            label: if initialised {
                token.to_owned()
            } else {
                String::new()
            },
            firmware: "1".to_owned(),
            initialised,
            pin: if initialised {
                PinState::Ready
            } else {
                PinState::Unset
            },
            pin_limits: (6, 64),
            pin_pad: false,
            quirks: String::new(),
        }
    }

    /// Size, root and note of the record as it stands, signed by this run's log key.
    pub fn checkpoint(&self) -> (u64, Digest, String) {
        let checkpoint = Checkpoint::of(&self.state.origin, &self.tree).unwrap();
        let note = sign_note(&checkpoint, &self.log);
        (checkpoint.size(), checkpoint.root(), note)
    }

    /// The record's own folder, as the runner leaves it.
    pub fn folder(&self) -> Map {
        let mut files = Map::new();
        files.insert("ceremony.jsonl".to_owned(), self.record.clone());
        files.insert(
            "script.toml".to_owned(),
            self.plan.script().text.as_bytes().to_vec(),
        );
        if let Some(note) = self.plan.approvals() {
            files.insert("approvals".to_owned(), note.to_vec());
        }
        for bytes in self.inputs.values() {
            files.insert(format!("blobs/{}", Digest::of(bytes)), bytes.clone());
        }
        for (size, note) in &self.gates {
            files.insert(format!("checkpoints/{size}"), note.clone().into_bytes());
        }
        files
    }

    /// The bundle of a closed ceremony.
    pub fn bundle(&self) -> Map {
        let mut files: Map = export_contents(&self.plan, &self.state)
            .into_iter()
            .map(|(path, bytes)| (path, bytes.unwrap_or_else(|| self.verifier.clone())))
            .collect();
        files.extend(self.seal());
        files
    }

    pub fn seal(&self) -> Map {
        let exported: Vec<(String, Digest)> = self
            .state
            .exported
            .iter()
            .map(|f| (f.path.clone(), f.sha256))
            .collect();
        let (_, _, checkpoint) = self.checkpoint();
        seal_files(&Seal {
            origin: &self.state.origin,
            log_keys: &self.log_keys,
            witnesses: self.plan.script().witnesses(),
            exported: &exported,
            record: &self.record,
            checkpoint: &checkpoint,
            gates: &self.gates,
        })
        .unwrap()
    }

    pub fn files(&self) -> Files {
        Files::from_map(self.bundle())
    }
}

/// A checkpoint as a note under its origin.
pub fn sign_note(checkpoint: &Checkpoint, key: &Key) -> String {
    let vkey = Vkey::new(checkpoint.origin(), key.public()).unwrap();
    Note::signed(&checkpoint.to_string(), &vkey, |text| key.sign(text))
        .unwrap()
        .to_string()
}

fn program() -> Program {
    Program {
        version: "0.1.0".to_owned(),
        sha256: Digest::of(b"program"),
        lock: Digest::of(b"lock"),
        released: None,
        features: vec!["ceremony".to_owned()],
    }
}

/// Writes files below a folder.
pub fn write(folder: &std::path::Path, files: &Map) {
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}
