//! A whole shipped script, played on the stage and seen through the real screens:
//! each question is drawn, its answer typed key by key into the model, and what the
//! model proposes is what the engine is given. Devices, media and clock are made up
//! (fixed keys, fixed times), so that the same script gives the same frames.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tuf_ceremony::base::device::{Credential, KeyFound, PinState};
use tuf_ceremony::base::medium::Release;
use tuf_ceremony::base::{Digest, Id, Instant, Secret, Stamp};
use tuf_ceremony::engine::{
    Answer, InputKind, NewSecret, NumberFor, Outcome, Phase, Question, Ticket, What, payload,
};
use tuf_ceremony::plan::Plan;
use tuf_ceremony::plan::pace::{self, Prompt};
use tuf_ceremony::runner::{Cmd, Msg, Sealed};
use tuf_ceremony::script::{Kind, SerialSpec, Verb};
use tuf_ceremony::signer::embedded::veteran as veterans;
use tuf_ceremony::transcript::words::words;
use tuf_ceremony::ui::keymap::{self, Intent};
use tuf_ceremony::ui::{Event, Model, Out, Places, Theme, draw, update};

use devices::{Pair, attributes, card, old_keys};

use crate::scripts;
use crate::stage::{Stage, approvers};

#[path = "player_devices.rs"]
mod devices;
#[path = "player_templates.rs"]
pub mod templates;

/// Columns and rows of every frame.
pub const SIZE: (u16, u16) = (80, 24);
/// Who sits where, seat by seat.
const NAMES: [&str; 12] = [
    "Ada", "Olga", "Otto", "Oona", "Wim", "Wanda", "Yuri", "Zoe", "Bela", "Cleo", "Dora", "Emil",
];
/// What stands in the place of every PIN and passphrase, and of every password: as long as a device asks.
const HIDDEN: &str = "************";
const LONG: &str = "********************";

/// One screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub step: String,
    pub text: String,
    /// What the person does next; empty: nothing, the machine works.
    pub does: String,
}

/// A question that was asked: the step's position and its name in `plan::pace`.
pub type Asked = (Option<usize>, &'static str);

pub struct Player {
    pub stage: Stage,
    pub model: Model,
    pub frames: Vec<Frame>,
    pub asked: Vec<Asked>,
    foreseen: Vec<Prompt>,
    keys: BTreeMap<String, Vec<(KeyFound, Pair)>>,
    tickets: u64,
    seats: usize,
    /// Which kind of wait was drawn on which screen.
    waits: Vec<(std::mem::Discriminant<What>, usize)>,
}

/// A thing that the person does.
enum Do {
    Press(Intent),
    Type(String),
    Secret(String),
}

impl Player {
    /// The script at its briefing.
    pub fn open(path: &Path) -> Player {
        let text = approvable(&std::fs::read_to_string(path).unwrap());
        let plan =
            scripts::build(text.as_bytes(), path.parent().unwrap()).unwrap_or_else(|e| panic!("{e:?}"));
        let foreseen = pace::prompts(&plan);
        let mut stage = Stage::of(plan);
        stage.cards.clear();
        let mut keys = BTreeMap::new();
        for (n, token) in stage.plan.script().tokens.clone().iter().enumerate() {
            let serial = match &token.serial {
                SerialSpec::Known(serial) => serial.clone(),
                SerialSpec::AtInventory => format!("DENK02{:05}", 473 + 101 * n),
            };
            let mut card = card(&token.backend, stage.plan.script().kind, &serial);
            let enrolled = enrolled(&stage.plan, &token.id);
            if let Some(veteran) = veterans::of(&serial) {
                keys.insert(serial.clone(), old_keys(veteran));
            } else if !enrolled.is_empty() {
                card.label = token.id.to_string();
                card.initialised = true;
                card.pin = PinState::Ready;
                let found = enrolled.iter().map(|key| templates::found(key.as_str()));
                keys.insert(serial.clone(), found.collect());
            }
            stage.cards.insert(serial, card);
        }
        let model = model(&stage);
        Player {
            stage,
            model,
            frames: Vec::new(),
            asked: Vec::new(),
            foreseen,
            keys,
            tickets: 100,
            seats: 0,
            waits: Vec::new(),
        }
    }

    /// From the briefing to the sealed bundle.
    pub fn play(mut self) -> Player {
        loop {
            match self.stage.state.phase.clone() {
                Phase::Asking(question) => self.answer(&question),
                Phase::Working(_) => self.work(),
                Phase::Paused => {
                    self.frame("leaves; comes back, perhaps on another day: tuf-ceremony resume".to_owned());
                    self.seats = 0;
                    self.stage.resume();
                    self.model = model(&self.stage);
                }
                Phase::Closed => break,
                other => panic!("{other:?}"),
            }
        }
        self.frame(String::new());
        let place = "/media/stick/bundle".to_owned();
        let released = Release::Unmounted;
        update(
            &mut self.model,
            Event::Engine(Msg::Sealed(Sealed { place, released })),
        );
        self.frame("end Enter".to_owned());
        self
    }

    fn step(&self) -> String {
        if !self.stage.state.begun {
            return "before the first step".to_owned();
        }
        let planned = self.stage.plan.step(self.stage.state.cursor);
        planned.map_or("after the last step".to_owned(), |p| p.step.id.to_string())
    }

    /// Draws; a frame that is the last one again is the last one.
    fn frame(&mut self, does: String) {
        let frame = Frame {
            step: self.step(),
            text: shot(&self.model),
            does,
        };
        if self.frames.last() != Some(&frame) {
            self.frames.push(frame);
        }
    }

    fn see(&mut self) {
        let now = Stamp {
            mono_ms: self.stage.at.mono_ms + 2_000,
            ..self.stage.at
        };
        update(&mut self.model, Event::Tick(now));
        update(
            &mut self.model,
            Event::Engine(Msg::Snapshot(self.stage.snapshot())),
        );
    }

    /// Plays one effect; what may not be repeated is seen while it works.
    fn work(&mut self) {
        let effect = self.stage.effect();
        if effect.what.is_act() {
            let kind = std::mem::discriminant(&effect.what);
            match self.waits.iter().find(|(known, _)| *known == kind) {
                // One wait looks like another: the first of its kind is drawn.
                Some((_, screen)) => {
                    let text = format!("(as screen {screen}) {}\n", effect.what.label());
                    let step = self.step();
                    self.frames.push(Frame {
                        step,
                        text,
                        does: String::new(),
                    });
                }
                None => {
                    self.waits.push((kind, self.frames.len() + 1));
                    self.frame(String::new());
                }
            }
        }
        match self.outcome(&effect.what) {
            Some(outcome) => {
                self.stage.outcome(outcome);
            }
            None => {
                self.stage.settle_one();
            }
        }
        self.see();
    }

    /// What only these devices answer; the stage plays the others.
    fn outcome(&mut self, what: &What) -> Option<Outcome> {
        let plan = self.stage.plan.clone();
        Some(match what {
            What::List { token } => {
                let backend = &plan.token(token).unwrap().backend;
                let same = plan.script().tokens.iter().filter(|t| t.backend == *backend);
                let serials: Vec<String> = same.map(|t| self.serial(&t.id)).collect();
                let cards = serials.iter().map(|s| self.stage.cards[s].clone());
                Outcome::Cards(cards.collect())
            }
            // Each secret is another one.
            What::Mint { .. } => Outcome::Minted {
                secret: self.ticket(),
            },
            What::Keys { serial, .. } => {
                let keys = self.keys.get(serial).into_iter().flatten();
                Outcome::Keys(keys.map(|(found, _)| found.clone()).collect())
            }
            What::Generate { serial, order, .. } => {
                let seed = Digest::of(format!("storyboard {serial} {}", order.name).as_bytes());
                let pair = Pair::new(order.algorithm, &seed);
                let public = pair.public();
                let found = KeyFound {
                    label: order.operation.label(&order.name),
                    id: order.operation.hex(),
                    public: Some(public.clone()),
                    attributes: attributes(),
                };
                self.keys.entry(serial.clone()).or_default().push((found, pair));
                Outcome::Generated {
                    public,
                    attributes: attributes(),
                }
            }
            What::Sign { serial, public, .. } => {
                let payload = payload(&plan, &self.stage.state, what).unwrap();
                let held = &self.keys[serial];
                let (_, pair) = held
                    .iter()
                    .find(|(f, _)| f.public.as_ref() == Some(public))
                    .unwrap();
                Outcome::Signed {
                    signature: data_encoding::HEXLOWER.encode(&pair.sign(payload.bytes())),
                }
            }
            _ => return None,
        })
    }

    fn serial(&self, token: &Id) -> String {
        let tokens = &self.stage.plan.script().tokens;
        let n = tokens.iter().position(|t| t.id == *token).unwrap();
        match &tokens[n].serial {
            SerialSpec::Known(serial) => serial.clone(),
            SerialSpec::AtInventory => format!("DENK02{:05}", 473 + 101 * n),
        }
    }

    fn answer(&mut self, question: &Question) {
        let at = self.stage.state.begun.then_some(self.stage.state.cursor);
        self.asked.push((at, name(question)));
        // Time goes by as the plan foretells it.
        let ms = self.foreseen.get(self.asked.len() - 1).map_or(5_000, Prompt::ms);
        let seconds = ms.div_ceil(1000);
        self.stage.at.mono_ms += seconds * 1000;
        let wall = self.stage.at.wall.unix() + i64::try_from(seconds).unwrap();
        self.stage.at.wall = Instant::from_unix(wall).unwrap();

        if let Question::Words { .. } = question
            && self.model.has_second()
        {
            self.second();
        }
        if let Question::Copy { .. } = question {
            self.frame(keymap::name(Intent::Other).to_owned());
            self.press(Intent::Other);
            self.frame(format!("writes it down, then {}", keymap::name(Intent::Back)));
            self.press(Intent::Back);
        }
        if let Question::Review { .. } = question {
            while !self.model.local.pane.end_seen {
                self.frame(keymap::name(Intent::PageDown).to_owned());
                self.press(Intent::PageDown);
            }
        }
        let list = self.does(question);
        let words: Vec<String> = list.iter().map(Do::words).collect();
        self.frame(words.join(" "));
        let before = self.stage.state.phase.clone();
        for one in list {
            match one {
                Do::Press(intent) => self.press(intent),
                Do::Type(text) | Do::Secret(text) => {
                    for c in text.chars() {
                        self.press(Intent::Char(c));
                    }
                }
            }
        }
        assert!(
            before != self.stage.state.phase,
            "nothing came of {question:?}:\n{}",
            shot(&self.model)
        );
    }

    /// The simulated second machine, page by page.
    fn second(&mut self) {
        self.frame(keymap::name(Intent::Second).to_owned());
        self.press(Intent::Second);
        loop {
            let before = shot(&self.model);
            let mut next = Intent::PageDown;
            self.press(next);
            let after = shot(&self.model);
            if before == after {
                next = Intent::Back;
            }
            self.frames.push(Frame {
                step: self.step(),
                text: before,
                does: keymap::name(next).to_owned(),
            });
            if next == Intent::Back {
                self.press(next);
                return;
            }
        }
    }

    /// A key, and what the model wants done.
    fn press(&mut self, intent: Intent) {
        for out in update(&mut self.model, Event::Key(intent)) {
            let answer = match out {
                Out::Say(Cmd::Submit(answer)) => answer,
                Out::Pin(secret) => Answer::Pin {
                    secret: secret.map(|_| self.ticket()),
                },
                Out::NewSecrets { secrets, typed } => Answer::NewSecrets {
                    secrets: secrets
                        .iter()
                        .map(|(credential, ..)| NewSecret {
                            credential: *credential,
                            secret: self.ticket(),
                            again: self.ticket(),
                        })
                        .collect(),
                    typed,
                },
                Out::Dice(_) => Answer::Dice { rolls: self.ticket() },
                Out::Copied(_) => Answer::Copied { typed: self.ticket() },
                Out::Look(_) => {
                    let secret = Secret::copy_of(HIDDEN.as_bytes()).unwrap();
                    update(&mut self.model, Event::Seen(Some(secret)));
                    continue;
                }
                other => panic!("{other:?}"),
            };
            if let Err(refusal) = self.stage.put(InputKind::Answer(answer.clone())) {
                panic!("{refusal:?} to {answer:?}");
            }
            self.see();
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// What a careful person does at a question.
    fn does(&mut self, question: &Question) -> Vec<Do> {
        let enter = || Do::Press(Intent::Enter);
        let line = |text: &str| vec![Do::Type(text.to_owned()), enter()];
        match question {
            Question::Seat { role, seat, .. } => {
                let spec = self.stage.plan.role(role).unwrap();
                let spare = *seat == spec.seats && spec.quorum < spec.seats;
                let attests = self.stage.plan.script().attesters.iter();
                let mut attests = attests.filter(|a| a.by == *role && a.seat == *seat);
                if spare && attests.next().is_none() && self.stage.plan.script().kind == Kind::Rehearsal {
                    let reason = Do::Type("the train is late".to_owned());
                    return vec![Do::Press(Intent::Other), reason, enter()];
                }
                self.seats += 1;
                line(NAMES[(self.seats - 1) % NAMES.len()])
            }
            Question::Number { purpose, .. } => {
                let Answer::Number { number, again, .. } = self.stage.good_answer() else {
                    panic!("a number");
                };
                let mut all = line(&number);
                if let Some(again) = again {
                    all.extend(line(&again));
                }
                if *purpose == NumberFor::Leaves {
                    all.extend(line(NAMES[0]));
                }
                all
            }
            Question::Serial { token, .. } => line(&self.serial(token)),
            Question::Cover { token } => {
                let serial = self.serial(token);
                line(&serial[serial.len() - 4..])
            }
            Question::SetUp { token, credentials } => {
                let mut all = Vec::new();
                // No two secrets of a device are the same.
                for number in (0..credentials.len()).flat_map(|n| [n, n]) {
                    let secret = format!("{HIDDEN}{}", "*".repeat(number));
                    all.extend([Do::Secret(secret), enter()]);
                }
                let serial = self.serial(token);
                all.extend(line(&serial[serial.len() - 4..]));
                all
            }
            Question::Pin { credential, .. } => {
                let long = Credential::YUBIHSM.contains(credential);
                vec![Do::Secret(if long { LONG } else { HIDDEN }.to_owned()), enter()]
            }
            Question::Copy { .. } => vec![Do::Secret(HIDDEN.to_owned()), enter()],
            Question::Dice { rolls, .. } => {
                let digits = "123456".chars().cycle().take(usize::try_from(*rolls).unwrap());
                vec![Do::Secret(digits.collect()), enter()]
            }
            Question::Words {
                digest, positions, ..
            } => {
                let all = words(digest);
                positions.iter().flat_map(|p| line(all[*p])).collect()
            }
            _ => match self.stage.good_answer() {
                Answer::Begin { typed }
                | Answer::Clock { typed, .. }
                | Answer::Done { typed }
                | Answer::Covered { typed }
                | Answer::Confirm { typed }
                | Answer::Reviewed { typed, .. }
                | Answer::Attest { typed } => line(&typed),
                other => panic!("{other:?} to {question:?}"),
            },
        }
    }
}

impl Do {
    fn words(&self) -> String {
        match self {
            Do::Press(intent) => keymap::name(*intent).to_owned(),
            Do::Type(text) => text.clone(),
            Do::Secret(_) => "(a secret)".to_owned(),
        }
    }
}

/// A template names approvers whose keys nobody holds: the stage's takes their place.
/// Keys that a token has since an earlier ceremony.
fn enrolled(plan: &Plan, token: &Id) -> Vec<Id> {
    let steps = plan.steps().iter();
    let each = steps.filter_map(|planned| match &planned.step.verb {
        Verb::EnrolKey { on, key } if on == token => Some(key.clone()),
        _ => None,
    });
    each.collect()
}

fn approvable(text: &str) -> String {
    let Some((before, rest)) = text.split_once("\n[approvals]") else {
        return text.to_owned();
    };
    let after = rest.find("\n[[").unwrap();
    format!("{before}\n{}{}", approvers(), &rest[after..])
}

/// The name of a question in `plan::pace`.
fn name(question: &Question) -> &'static str {
    use tuf_ceremony::engine::{AttesterAct, Confirm};
    match question {
        Question::Begin => "briefing",
        Question::Seat { .. } => "seat",
        Question::Clock { .. } => "clock",
        Question::Item { .. } => "line",
        Question::Number { .. } => "number",
        Question::Serial { .. } => "serial",
        Question::SetUp { .. } => "set up",
        Question::Cover { .. } => "cover",
        Question::Dice { .. } => "dice",
        Question::Copy { .. } => "copy a secret",
        Question::Pin { .. } => "unlock",
        Question::Confirm { what } => match what {
            Confirm::Generate => "generate",
            Confirm::Sign => "sign",
            Confirm::Retire => "retire",
            Confirm::Break => "break",
            Confirm::Export => "export",
            Confirm::PutBack => "put back",
            Confirm::Close => "close",
        },
        Question::Review { .. } => "review",
        Question::Words { .. } => "words",
        Question::Attester { act, .. } => match act {
            AttesterAct::Enrol => "enrol an audit key",
            AttesterAct::Countersign => "countersign",
        },
        other => panic!("{other:?}"),
    }
}

fn model(stage: &Stage) -> Model {
    let places = Places {
        record: Some("/ceremony/record".to_owned()),
        media: Some("/media/stick".to_owned()),
    };
    let now = Stamp {
        mono_ms: stage.at.mono_ms + 2_000,
        ..stage.at
    };
    Model::new(stage.snapshot(), now, SIZE, Theme::Mono, places)
}

pub fn shot(model: &Model) -> String {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    terminal.draw(|frame| draw(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut out = String::new();
    for y in 0..model.size.1 {
        let line: String = (0..model.size.0).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
