//! A ceremony without devices or disk, for tests of the UI: it really steps the
//! engine on a small plan, and plays devices, media and clock with made-up
//! outcomes and fixed test keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use tuf_ceremony::base::device::{DeviceCard, KeyAttributes, LogRead, PinState};
use tuf_ceremony::base::medium::{Mounted, Reading, Release};
use tuf_ceremony::base::{Algorithm, Digest, Id, Instant, PublicKey, Stamp};
use tuf_ceremony::engine::{
    Answer, Effect, FileRef, FrontEnd, Input, InputKind, NewSecret, NumberFor, Opening, Outcome, Phase,
    Program, Question, Refusal, Resumption, SecretsPath, Seen, State, Ticket, What, attester_wanted,
    confirm_wanted, lines, payload, recorded, step,
};
use tuf_ceremony::note::{Note, Vkey};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::runner::Snapshot;
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::words::words;
use tuf_ceremony::transcript::{Checkpoint, Kind};

/// The stage.
#[derive(Clone)]
pub struct Stage {
    pub plan: Arc<Plan>,
    pub state: State,
    pub at: Stamp,
    pub records: u64,
    /// The records themselves: kind, and body as a line.
    pub lines: Vec<(Kind, String)>,
    /// What the devices say; tests change it.
    pub cards: BTreeMap<String, DeviceCard>,
    keys: u8,
    made: Vec<(PublicKey, SigningKey)>,
}

fn seed(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_raw(Algorithm::Ed25519, key.verifying_key().as_bytes()).unwrap()
}

fn program() -> Program {
    Program {
        version: "0.0.0".to_owned(),
        sha256: Digest::of(b"program"),
        lock: Digest::of(b"lock"),
        released: None,
        features: Vec::new(),
    }
}

/// The script of the stage; `kind` and the tokens' backend can be chosen.
pub fn script(kind: &str, backend: &str) -> String {
    let extractable = backend == "file";
    // Production says what came before; a rehearsal need not.
    let before = if kind == "production" {
        "\npredecessor = \"genesis\""
    } else {
        ""
    };
    let online = public(&seed(200)).to_pem();
    let sha = Digest::of(online.as_bytes());
    let mut text = format!(
        r#"schema = 1
kind = "{kind}"{before}
profile = "universal"
organisation = "example"
site = "vienna"
ceremony = "root-keygen"
title = "Root and targets keys, version 1"

[trust]
genesis = true

[[source]]
id = "second"
kind = "{}"

[[role]]
id = "lead"
seats = 1
quorum = 1

[[role]]
id = "officer"
seats = 2
quorum = 1

[[token]]
id = "token-a"
backend = "{backend}"
serial = "REHEARSAL-0001"

[[token]]
id = "token-b"
backend = "{backend}"
serial = "REHEARSAL-0002"

[[token]]
id = "token-c"
backend = "{backend}"
serial = "REHEARSAL-0003"

{}[[key]]
id = "online"
public = {{ file = "online.pem", sha256 = "{sha}" }}
proof_of_possession = "waived"
"#,
        if kind == "rehearsal" { "simulated" } else { "paper" },
        if kind == "production" {
            approvers()
        } else {
            String::new()
        },
    );
    for (role, threshold, keys, made) in [
        ("root", 2, r#""root-a", "root-b", "root-c""#, "here"),
        ("targets", 1, r#""targets-a", "targets-b""#, "here"),
        ("snapshot", 1, r#""online""#, "elsewhere"),
        ("timestamp", 1, r#""online""#, "elsewhere"),
    ] {
        text.push_str(&format!(
            "\n[[result]]\nmetadata = \"{role}\"\nthreshold = {threshold}\nkeys = [{keys}]\nmade = \"{made}\"\n"
        ));
        if made == "here" {
            text.push_str("version = 1\nexpires_in_days = 365\n");
        }
    }
    let mut act = |id: &str, title: &str, steps: &[&str]| {
        text.push_str(&format!("\n[[act]]\nid = \"{id}\"\ntitle = \"{title}\"\n"));
        for (i, step) in steps.iter().enumerate() {
            // Who composes and compares in production holds no device (policy).
            let apart = kind == "production"
                && ["compose", "read-back", "seal"]
                    .iter()
                    .any(|verb| step.contains(verb));
            // Production does not take one person's word for the time.
            let two = if kind == "production" && step.contains("\"clock\"") {
                "\nsources = 2"
            } else {
                ""
            };
            let by = if apart || step.contains("roll-call") || step.contains("clock") {
                "lead"
            } else {
                "officer"
            };
            text.push_str(&format!(
                "\n[[act.step]]\nid = \"{id}.{}\"\nby = \"{by}\"\nminutes = 2\n{step}{two}\n",
                i + 1
            ));
        }
    };
    act(
        "open",
        "People, clock and room",
        &[
            "do = \"roll-call\"",
            "do = \"clock\"",
            "do = \"checklist\"\nitems = [\"No telephone is in the room.\", \"The network cable is out; both lamps of the socket are dark.\"]",
        ],
    );
    let mut keys = vec![
        "do = \"inventory\"\non = \"token-a\"".to_owned(),
        "do = \"inventory\"\non = \"token-b\"".to_owned(),
        "do = \"inventory\"\non = \"token-c\"".to_owned(),
        "do = \"provision\"\ncredentials = \"typed\"\non = \"token-a\"".to_owned(),
        "do = \"provision\"\ncredentials = \"typed\"\non = \"token-b\"".to_owned(),
        "do = \"provision\"\ncredentials = \"typed\"\non = \"token-c\"".to_owned(),
    ];
    for (token, key) in [
        ("token-a", "root-a"),
        ("token-a", "targets-a"),
        ("token-b", "root-b"),
        ("token-b", "targets-b"),
        ("token-c", "root-c"),
    ] {
        keys.push(format!(
            "do = \"generate-key\"\non = \"{token}\"\nkey = {{ name = \"{key}\", algorithm = \"ed25519\", extractable = {extractable} }}"
        ));
        keys.push(format!(
            "do = \"prove-possession\"\non = \"{token}\"\nkey = \"{key}\""
        ));
    }
    act(
        "keys",
        "Devices and keys",
        &keys.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    act(
        "sign",
        "Compose, review and sign",
        &[
            "do = \"compose\"\nmetadata = \"root\"",
            "do = \"review\"\nmetadata = \"root\"",
            "do = \"read-back\"\nmetadata = \"root\"\nsource = \"second\"",
            "do = \"compose\"\nmetadata = \"targets\"",
            "do = \"review\"\nmetadata = \"targets\"",
            "do = \"read-back\"\nmetadata = \"targets\"\nsource = \"second\"",
            "do = \"sign\"\nmetadata = \"root\"\non = \"token-a\"\nkey = \"root-a\"",
            "do = \"sign\"\nmetadata = \"targets\"\non = \"token-a\"\nkey = \"targets-a\"",
            "do = \"sign\"\nmetadata = \"root\"\non = \"token-b\"\nkey = \"root-b\"",
        ],
    );
    act(
        "close",
        "Export and close",
        &["do = \"export\"", "do = \"seal\"\nsource = \"second\""],
    );
    text
}

/// Who approves a production script of the stage: one test key.
fn approver() -> Vkey {
    Vkey::new("olga.example", public(&seed(90))).unwrap()
}

pub fn approvers() -> String {
    format!("[approvals]\nquorum = 1\nkeys = [\"{}\"]\n\n", approver())
}

/// The plan with the approvals that a production script needs.
fn approved(plan: Plan) -> Plan {
    if !plan.script().needs_approvals() {
        return plan;
    }
    let sign = |text: &[u8]| seed(90).sign(text).to_vec();
    let note = Note::signed(&plan.script().approval_text(), &approver(), sign).unwrap();
    plan.with_approvals(note.to_string().into_bytes())
}

impl Stage {
    /// The stage after the opening: the briefing is asked.
    pub fn open() -> Stage {
        Stage::with(&script("rehearsal", "embedded"))
    }

    pub fn with(text: &str) -> Stage {
        let script = Script::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
        let online = public(&seed(200)).to_pem();
        let inputs = Inputs(BTreeMap::from([(
            "online.pem".to_owned(),
            Arc::from(online.as_bytes()),
        )]));
        Stage::of(Plan::build(script, &inputs).unwrap_or_else(|e| panic!("{e:?}")))
    }

    /// The stage of a plan, after the opening.
    pub fn of(plan: Plan) -> Stage {
        let mut stage = Stage {
            plan: Arc::new(approved(plan)),
            state: State::new(),
            at: Stamp {
                wall: Instant::parse("2031-05-04T09:30:12Z").unwrap(),
                mono_ms: 1000,
            },
            records: 0,
            lines: Vec::new(),
            cards: BTreeMap::new(),
            keys: 0,
            made: Vec::new(),
        };
        // A seat with an audit key has a token of its own.
        for n in 1..=3 + stage.plan.script().attesters.len() {
            let serial = format!("REHEARSAL-000{n}");
            stage.cards.insert(
                serial.clone(),
                DeviceCard {
                    vendor: "tuf-ceremony".to_owned(),
                    model: "embedded token".to_owned(),
                    serial,
                    label: String::new(),
                    firmware: "1".to_owned(),
                    initialised: false,
                    pin: PinState::Unset,
                    pin_limits: (6, 64),
                    pin_pad: false,
                    quirks: String::new(),
                },
            );
        }
        let script = stage.plan.script();
        let opening = Opening {
            boot: "0".repeat(32),
            engine: tuf_ceremony::engine::ENGINE,
            clients: tuf_ceremony::engine::CLIENTS,
            kind: script.kind.name().to_owned(),
            organisation: script.organisation.to_string(),
            site: script.site.to_string(),
            name: script.ceremony.to_string(),
            script: FileRef::of("script.toml", script.text.as_bytes()),
            inputs: stage
                .plan
                .files()
                .iter()
                .map(|f| FileRef::of(&f.name, &f.bytes))
                .collect(),
            program: program(),
            approvals: stage.plan.approvals().map(|n| FileRef::of("approvals", n)),
            verifier: FileRef::of("verify.py", b"verifier"),
            front_end: FrontEnd::Tui,
            secrets: SecretsPath::Keyboard,
            modules: Vec::new(),
            predecessor: stage.plan.predecessor().to_owned(),
            mirror: false,
            log_key: public(&seed(100)),
            drill: None,
            machine: Some(Default::default()),
        };
        stage.put(InputKind::Open(Box::new(opening))).unwrap();
        stage
    }

    /// A new run of the program, perhaps on another machine.
    pub fn resume(&mut self) -> &mut Stage {
        self.at.mono_ms = 1;
        self.put(InputKind::Resume(Resumption {
            boot: "1".repeat(32),
            engine: tuf_ceremony::engine::ENGINE,
            program: program(),
            front_end: FrontEnd::Tui,
            secrets: SecretsPath::Keyboard,
            log_key: public(&seed(100)),
            torn: Vec::new(),
            mirror: None,
            machine: Some(Default::default()),
        }))
        .unwrap();
        self
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            plan: self.plan.clone(),
            state: self.state.clone(),
            records: self.records,
            head: Digest::of(format!("line {}", self.records).as_bytes()),
            note: None,
        })
    }

    /// One input; time goes on by a second.
    pub fn put(&mut self, kind: InputKind) -> Result<(), Refusal> {
        self.at.mono_ms += 1000;
        self.at.wall = Instant::from_unix(self.at.wall.unix() + 1).unwrap();
        let transition = step(&self.plan, &self.state, &Input { at: self.at, kind })?;
        self.records += transition.records.len() as u64;
        let lines = transition.records.iter().map(|r| (r.kind, r.body.line()));
        self.lines.extend(lines);
        self.state = transition.state;
        Ok(())
    }

    pub fn answer(&mut self, answer: Answer) -> &mut Stage {
        self.put(InputKind::Answer(answer)).unwrap();
        self
    }

    pub fn outcome(&mut self, outcome: Outcome) -> &mut Stage {
        let effect = self.effect().id;
        self.put(InputKind::Outcome { effect, outcome }).unwrap();
        self
    }

    pub fn effect(&self) -> Effect {
        match &self.state.phase {
            Phase::Working(effect) => effect.clone(),
            other => panic!("nothing is under way: {other:?}"),
        }
    }

    pub fn question(&self) -> &Question {
        match &self.state.phase {
            Phase::Asking(question) => question,
            other => panic!("nothing is asked: {other:?}"),
        }
    }

    /// Plays devices and media until people are asked.
    pub fn settle(&mut self) -> &mut Stage {
        while matches!(self.state.phase, Phase::Working(_)) {
            self.settle_one();
        }
        self
    }

    /// Plays one outcome.
    pub fn settle_one(&mut self) -> &mut Stage {
        let outcome = self.play(&self.effect().what);
        self.outcome(outcome)
    }

    fn play(&mut self, what: &What) -> Outcome {
        match what {
            What::List { .. } => Outcome::Cards(self.cards.values().cloned().collect()),
            What::Identify { serial, .. } => Outcome::Card(self.cards[serial].clone()),
            What::Keys { .. } => Outcome::Keys(Vec::new()),
            What::Survey { tokens } => Outcome::Surveyed(
                tokens
                    .iter()
                    .map(|(token, serial)| Seen {
                        token: token.clone(),
                        card: self.cards.get(serial).cloned(),
                        keys: None,
                        fault: None,
                    })
                    .collect(),
            ),
            What::Nonce => Outcome::Nonce(Digest::of(b"nonce")),
            What::Checkpoint => self.checkpoint(),
            What::Mint { .. } => Outcome::Minted { secret: Ticket(6) },
            What::Compare { .. } => Outcome::Compared { same: true },
            What::Attest { .. } => Outcome::Attested { statement: None },
            What::ReadLog { .. } => Outcome::Log(LogRead::default()),
            What::ClearLog { .. } => Outcome::LogCleared,
            What::Retire { .. } => Outcome::Retired,
            What::Lock { .. } => Outcome::Locked,
            What::Unlock { .. } => Outcome::Unlocked,
            What::Initialise { token, serial, .. } => {
                let card = self.cards.get_mut(serial).unwrap();
                card.initialised = true;
                card.label = token.to_string();
                card.pin = PinState::Ready;
                Outcome::Initialised(card.clone())
            }
            What::Generate { .. } => {
                self.keys += 1;
                let key = seed(self.keys);
                let public = public(&key);
                self.made.push((public.clone(), key));
                Outcome::Generated {
                    public,
                    attributes: KeyAttributes {
                        sensitive: Some(true),
                        always_sensitive: Some(true),
                        extractable: Some(false),
                        never_extractable: Some(true),
                        local: Some(true),
                        sign: Some(true),
                        always_authenticate: None,
                        other_uses: Some(false),
                    },
                }
            }
            What::Sign { public, .. } => {
                let payload = payload(&self.plan, &self.state, what).unwrap();
                let key = &self.made.iter().find(|(p, _)| p == public).unwrap().1;
                let signature = key.sign(payload.bytes()).to_bytes();
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

    fn checkpoint(&self) -> Outcome {
        let root = Digest::of(format!("root {}", self.records).as_bytes());
        let text = Checkpoint::new(&self.state.origin, self.records, root)
            .unwrap()
            .to_string();
        let vkey = Vkey::new(&self.state.origin, public(&seed(100))).unwrap();
        let note = Note::signed(&text, &vkey, |bytes| seed(100).sign(bytes).to_bytes().to_vec()).unwrap();
        Outcome::Checkpoint {
            size: self.records,
            root,
            note: note.to_string(),
        }
    }

    /// The answer that a careful person would give.
    pub fn good_answer(&self) -> Answer {
        let typed = |text: &str| text.to_owned();
        match self.question() {
            Question::Begin => Answer::Begin {
                typed: typed("begin"),
            },
            Question::Seat { role, seat, .. } if role.as_str() == "officer" && *seat == 2 => Answer::Absent {
                reason: typed("ill today"),
            },
            Question::Seat { role, seat, .. } => Answer::Present {
                name: format!("Person {role} {seat}"),
            },
            Question::Clock { .. } => Answer::Clock {
                rtc: None,
                typed: self.at.wall.to_string()[..16].replace('T', " "),
            },
            Question::Item { index } => Answer::Done {
                typed: lines(&self.plan, &self.state)[*index].word.clone(),
            },
            Question::Number { index, purpose, .. } => {
                let number = match recorded(&self.plan, &self.state, *index) {
                    Some(noted) if purpose.compares() => noted.number.clone(),
                    _ => format!("TEB {}", 4400 + index),
                };
                let again = (!purpose.compares()).then(|| number.clone());
                let person = (*purpose == NumberFor::Leaves).then(|| typed("Person officer 1"));
                Answer::Number {
                    number,
                    again,
                    person,
                }
            }
            Question::Differs { .. } => Answer::Differs {
                why: typed("the bag tore, and Olga sealed another"),
            },
            Question::Serial { token, .. } => Answer::Serial {
                typed: self.serial(token),
            },
            Question::SetUp { token, credentials } => Answer::NewSecrets {
                secrets: credentials
                    .iter()
                    .map(|credential| NewSecret {
                        credential: *credential,
                        secret: Ticket(1),
                        again: Ticket(2),
                    })
                    .collect(),
                typed: self.serial(token)[10..].to_owned(),
            },
            Question::Attester { .. } => Answer::Attest {
                typed: attester_wanted(&self.plan, &self.state).unwrap(),
            },
            Question::Recover { .. } => Answer::Recover {
                typed: typed("recover"),
            },
            Question::Cover { token } => Answer::Covered {
                typed: self.serial(token)[10..].to_owned(),
            },
            Question::Dice { .. } => Answer::Dice { rolls: Ticket(4) },
            Question::Copy { .. } => Answer::Copied { typed: Ticket(5) },
            Question::Pin { pad, .. } => Answer::Pin {
                secret: (!pad).then_some(Ticket(3)),
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
            } => Answer::Words {
                typed: positions.iter().map(|p| words(digest)[*p].to_owned()).collect(),
            },
            Question::Reopen { .. } => Answer::Reopen {
                second: typed("Person officer 1"),
                why: typed("read from the wrong line"),
            },
            Question::Frozen => panic!("nothing is asked while frozen"),
            Question::Trouble { .. } => Answer::Again,
        }
    }

    fn serial(&self, token: &Id) -> String {
        let number = ["token-a", "token-b", "token-c", "card"]
            .iter()
            .position(|t| *t == token.as_str());
        format!("REHEARSAL-000{}", number.unwrap() + 1)
    }

    /// Answers well until a question fits.
    pub fn until(&mut self, fits: impl Fn(&Question) -> bool) -> &mut Stage {
        self.settle();
        while !fits(self.question()) {
            let answer = self.good_answer();
            self.answer(answer);
            self.settle();
        }
        self
    }

    /// Answers well until the record is closed.
    pub fn until_closed(&mut self) -> &mut Stage {
        self.settle();
        while self.state.phase != Phase::Closed {
            let answer = self.good_answer();
            self.answer(answer);
            self.settle();
        }
        self
    }
}
