//! The state of a ceremony: data only, no closures, no clock, no secrets. It
//! can be printed, compared and rebuilt from the record at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::agreed::Agreed;
use super::attesting::{AttesterAct, Attesting, Countersigning};
use super::clock::{ClockDoubt, ClockFact};
use super::custody::{Away, Differs, NumberFor, Numbered};
use super::effect::{Effect, What};
use super::input::{Seen, Ticket};
use super::machine::Surroundings;
use crate::base::device::{Credential, DeviceCard, DeviceFault, KeyAttributes, OperationId, Statement};
use crate::base::medium::Release;
use crate::base::{Algorithm, CopyName, Digest, Id, Instant, PublicKey, Stamp};
use crate::script::Subject;
use crate::tuf::MetadataName;
use crate::tuf::clients::Judged;
use crate::tuf::compose::Draft;

/// Everything that the record has established so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct State {
    /// SHA-256 of the record's first line; zero before it.
    pub ceremony: Digest,
    /// Origin of checkpoints; empty before the first record.
    pub origin: String,
    /// This run's id.
    pub boot: String,
    /// This run's log key.
    pub log_key: Option<PublicKey>,
    /// The second verifier that leaves with the bundle.
    pub verifier: Option<super::FileRef>,
    /// The drill of this rehearsal, if one is played.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
    /// When the last input entered.
    pub last: Option<Stamp>,
    /// What is open now.
    pub phase: Phase,
    /// Whether the briefing was answered.
    pub begun: bool,
    /// When the briefing was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<Instant>,
    /// When the present step was entered, in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered: Option<Instant>,
    /// Position in the plan.
    pub cursor: usize,
    /// A gate's checkpoint is being taken; the next step follows it.
    pub gating: bool,
    /// Who sits where.
    pub people: Vec<Person>,
    /// The machine's clock cannot be before this: when it was, and what.
    pub not_before: Option<(Instant, String)>,
    /// Readings of clocks that agree, in the step that is under way.
    pub readings: Vec<ClockFact>,
    /// The confirmed clock, as the last reading has it.
    pub clock: Option<ClockFact>,
    /// Numbers of bags and seals, by the step that noted them.
    pub numbers: BTreeMap<Id, Vec<Numbered>>,
    /// A formal break that is not over.
    pub away: Option<Away>,
    /// A number that is not the recorded one, while people decide.
    pub differs: Option<Differs>,
    /// Wrong tries at the comparison of words that is open. A resumption does not
    /// forget them: a lock that a restart opens is none (DESIGN 5).
    #[serde(skip_serializing_if = "is_zero")]
    pub wrong_words: u32,
    /// Earlier payloads whose place another one takes.
    pub superseded: BTreeSet<Digest>,
    /// Devices.
    pub bench: BTreeMap<Id, TokenState>,
    /// Keys made here.
    pub keys: BTreeMap<Id, KeyState>,
    /// New secrets of the device that is being set up.
    pub minted: Vec<Minted>,
    /// What is left of the acts that people have agreed to on one page, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agreed: Vec<Agreed>,
    /// What was under way when the program stopped, until it is settled.
    pub recovering: Option<Effect>,
    /// What the recovery in this step came to.
    pub recovered: Option<String>,
    /// When the record had stopped before this run; forgotten with the step.
    pub resumed: Option<Instant>,
    /// A key's order that failed and may have made the key all the same: the device
    /// is asked, in a new login, before anything else is ordered (5.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unclear: Option<Effect>,
    /// Attempts to fill a key's slot.
    pub attempts: BTreeMap<Id, u32>,
    /// What each client model said of a payload before it was frozen.
    pub clients: BTreeMap<MetadataName, Vec<Judged>>,
    /// Metadata files in the making.
    pub files: BTreeMap<MetadataName, FileState>,
    /// The newest checkpoint.
    pub checkpoint: Option<Head>,
    /// What came of attesters' enrolment, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attesters: BTreeMap<Id, Attesting>,
    /// A `countersign` step that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub countersigning: Option<Countersigning>,
    /// Deviation notes so far.
    pub deviations: u32,
    /// How the media was let go of, once the files are on it; they count when
    /// they were read again.
    pub released: Option<Release>,
    /// Files that were exported and read back.
    pub exported: Vec<super::FileRef>,
    /// The number of the next effect.
    pub next_effect: u64,
    /// The record's copies.
    pub copies: Copies,
    /// The surroundings of the machine in this run.
    pub machine: Surroundings,
}

/// What is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No record yet.
    New,
    /// One question to people.
    Asking(Question),
    /// One effect is under way.
    Working(Effect),
    /// Paused; only a resumption goes on.
    Paused,
    /// Ended without a result.
    Aborted,
    /// Closed; the seal may be written.
    Closed,
}

/// The open question. What it shows beyond this stands in the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Read the briefing, type `begin`.
    Begin,
    /// Who sits on this seat?
    Seat {
        /// The role.
        role: Id,
        /// The seat, from 1.
        seat: u32,
        /// A second round: the quorum was missed.
        again: bool,
    },
    /// What does the other clock say?
    Clock {
        /// Which reading, from 0: each is of another clock.
        reading: u32,
        /// How many the script asks for.
        of: u32,
        /// What did not fit at the last answer.
        doubt: Option<ClockDoubt>,
    },
    /// Is this line true?
    Item {
        /// Its number, from 0.
        index: usize,
    },
    /// Which number is on this bag or seal?
    Number {
        /// The number of its line, from 0.
        index: usize,
        /// What for.
        purpose: NumberFor,
        /// What was typed last was not the recorded number.
        again: bool,
    },
    /// The number is not the recorded one: why go on?
    Differs {
        /// The number of its line, from 0.
        index: usize,
    },
    /// Which serial is on the body?
    Serial {
        /// The token.
        token: Id,
        /// What answers.
        cards: Vec<DeviceCard>,
    },
    /// New secrets, and the end of the serial.
    SetUp {
        /// The token.
        token: Id,
        /// Secrets to type; none: they were made and compared before.
        credentials: Vec<Credential>,
    },
    /// Does nobody but its keeper see the screen?
    Cover {
        /// The token.
        token: Id,
    },
    /// Roll dice.
    Dice {
        /// The token.
        token: Id,
        /// What the secret will open.
        credential: Credential,
        /// How many.
        rolls: u32,
        /// Entries that could not be used.
        wrong: u32,
    },
    /// Write a new secret on paper, hide it, type it from the paper.
    Copy {
        /// The token.
        token: Id,
        /// What the secret opens.
        credential: Credential,
        /// The secret.
        secret: Ticket,
        /// Times that what was typed was not it.
        wrong: u32,
    },
    /// One of the device's secrets.
    Pin {
        /// The token.
        token: Id,
        /// Which.
        credential: Credential,
        /// Wrong tries in this ceremony.
        wrong: u32,
        /// It is typed on the device itself.
        pad: bool,
    },
    /// Go on with something that cannot be undone?
    Confirm {
        /// What.
        what: Confirm,
    },
    /// Read the whole payload.
    Review {
        /// Which file.
        metadata: MetadataName,
    },
    /// Words at these positions (from 0), read from the source.
    Words {
        /// About what.
        subject: Subject,
        /// From where.
        source: Id,
        /// Which digest's words.
        digest: Digest,
        /// Which words.
        positions: Vec<usize>,
        /// Wrong tries so far.
        wrong: u32,
    },
    /// The comparison is locked.
    Reopen {
        /// About what.
        subject: Subject,
    },
    /// The program stopped while this was under way: look what came of it.
    Recover {
        /// What was under way.
        effect: Effect,
        /// What each device is now.
        seen: Vec<Seen>,
    },
    /// Does the seat enrol its audit key, or sign the record's head with it?
    Attester {
        /// Which.
        attester: Id,
        /// What is asked of the seat.
        act: AttesterAct,
    },
    /// Nothing: production waits for the machine, and goes on by itself.
    Frozen,
    /// Something failed.
    Trouble {
        /// What.
        trouble: Trouble,
    },
}

/// What cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// A key will be generated: type the end of the serial.
    Generate,
    /// A payload will be signed: type the end of the serial.
    Sign,
    /// The device's provisioner will be deleted: type the end of the serial.
    Retire,
    /// Everybody leaves: the checkpoint's words are on paper, type `written`.
    Break,
    /// Files will leave on the media: type `export`.
    Export,
    /// The media was taken out and put back: type `back`.
    PutBack,
    /// The record will be closed: type `close`.
    Close,
}

/// A failure that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// A device.
    Device(DeviceFault),
    /// The media.
    Media(String),
    /// The gate before the export refused.
    Gate(String),
}

/// The copies of the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Copies {
    /// There are two, or were.
    pub mirrored: bool,
    /// The one that is not written any more.
    pub lost: Option<CopyName>,
}

/// A seat of the roll call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Role.
    pub role: Id,
    /// Seat, from 1.
    pub seat: u32,
    /// Who sits there; `None`: nobody, for the reason.
    pub name: Option<String>,
    /// Why nobody sits there.
    pub reason: String,
}

/// A device on the bench.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TokenState {
    /// Matched with the body at inventory.
    pub serial: Option<String>,
    /// What it said last.
    pub card: Option<DeviceCard>,
    /// Set up in this ceremony.
    pub set_up: bool,
    /// Logged in, with this credential.
    pub unlocked: Option<Credential>,
    /// Seen in this step.
    pub here: bool,
    /// Wrong PINs in this ceremony.
    pub wrong_pins: u32,
    /// It can make no more keys.
    pub retired: bool,
    /// Its log so far.
    pub log: LogState,
}

/// What a device's log has told so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LogState {
    /// The last raw entry that is kept; empty before.
    pub last: String,
    /// Entries that are kept, without the device's own (resets, starts).
    pub entries: u64,
    /// Commands that were sent.
    pub commands: u64,
    /// What the record says was done since the log was last read, in order.
    pub done: Vec<Done>,
}

/// A command that a device logs, as the record knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The device's command code.
    pub command: u8,
    /// The authentication key that it was done with.
    pub by: u16,
    /// The object that it was about, where the record knows it.
    pub about: Option<u16>,
    /// How sure the record is of it.
    pub sure: Sure,
}

/// What a record knows of a command. A device logs those that it refuses, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// It was done: its entry must be there.
    Done,
    /// It was done, refused, or never arrived: its entry may be there.
    Perhaps,
    /// It was refused, or never arrived: an entry may say that it was refused.
    Refused,
}

/// A new secret on its way to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Minted {
    /// What it will open.
    pub credential: Credential,
    /// What the device is given.
    pub secret: Ticket,
    /// What was typed from paper; none yet.
    pub again: Option<Ticket>,
    /// Times that what was typed was not it.
    pub wrong: u32,
}

/// A key made here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyState {
    /// The device.
    pub token: Id,
    /// The id in the key object.
    pub operation: OperationId,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// Public key.
    pub public: PublicKey,
    /// Attributes read back.
    pub attributes: KeyAttributes,
    /// Whether it proved itself.
    pub proven: bool,
    /// What its device's statement came to; none: it was not asked.
    pub attested: Option<String>,
    /// The statement that was judged, for screens; the record has its bytes.
    #[serde(skip)]
    pub statement: Option<Arc<Statement>>,
    /// The object's id on the device, as the statement tells it.
    pub object: Option<u16>,
    /// Its name on the device, where that is not the script's.
    pub called: Option<Id>,
    /// It was made by an earlier ceremony, and the trusted root vouches for it.
    pub enrolled: bool,
}

/// A metadata file in the making.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileState {
    /// The frozen payload, shared by every later state: a set of 16,384 bins has
    /// three million bytes. Serialised as its digest.
    #[serde(serialize_with = "draft_digest")]
    pub draft: Arc<Draft>,
    /// SHA-256 of the review text.
    pub review: Digest,
    /// What the clock and the transition gave to say, when it was composed.
    pub notes: Vec<String>,
    /// Read by people.
    pub reviewed: bool,
    /// Read back from another source.
    pub compared: bool,
    /// Signatures: keyid, lowercase hexadecimal.
    pub signatures: Vec<(String, String)>,
    /// The threshold is reached.
    pub complete: bool,
}

/// The head of the record at a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Records.
    pub size: u64,
    /// RFC 6962 root.
    pub root: Digest,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn draft_digest<S: serde::Serializer>(draft: &Arc<Draft>, s: S) -> Result<S::Ok, S::Error> {
    draft.digest.serialize(s)
}

impl State {
    /// Before the first record.
    #[must_use]
    pub fn new() -> State {
        State {
            ceremony: Digest::ZERO,
            origin: String::new(),
            boot: String::new(),
            log_key: None,
            verifier: None,
            drill: None,
            last: None,
            phase: Phase::New,
            begun: false,
            began: None,
            entered: None,
            cursor: 0,
            gating: false,
            people: Vec::new(),
            not_before: None,
            readings: Vec::new(),
            clock: None,
            numbers: BTreeMap::new(),
            away: None,
            differs: None,
            wrong_words: 0,
            superseded: BTreeSet::new(),
            bench: BTreeMap::new(),
            keys: BTreeMap::new(),
            minted: Vec::new(),
            agreed: Vec::new(),
            recovering: None,
            recovered: None,
            resumed: None,
            unclear: None,
            attempts: BTreeMap::new(),
            clients: BTreeMap::new(),
            files: BTreeMap::new(),
            checkpoint: None,
            attesters: BTreeMap::new(),
            countersigning: None,
            deviations: 0,
            released: None,
            exported: Vec::new(),
            next_effect: 1,
            copies: Copies::default(),
            machine: Surroundings::default(),
        }
    }

    /// The effect that must not be repeated and has no outcome yet.
    #[must_use]
    pub fn dangling(&self) -> Option<&Effect> {
        match &self.phase {
            Phase::Working(effect) if effect.what.is_act() => Some(effect),
            _ => None,
        }
    }

    /// The device that is logged in.
    #[must_use]
    pub fn unlocked(&self) -> Option<&Id> {
        self.bench
            .iter()
            .find(|(_, t)| t.unlocked.is_some())
            .map(|(id, _)| id)
    }

    /// The secrets that the ceremony still needs; the vault may forget all others.
    #[must_use]
    pub fn tickets(&self) -> Vec<Ticket> {
        let mut needed: Vec<Ticket> = self
            .minted
            .iter()
            .flat_map(|m| [Some(m.secret), m.again])
            .flatten()
            .collect();
        match &self.phase {
            Phase::Asking(Question::Copy { secret, .. }) => needed.push(*secret),
            Phase::Working(effect) => needed.extend(effect.what.tickets()),
            _ => {}
        }
        needed.extend(self.machine.held.iter().flat_map(What::tickets));
        needed
    }

    /// Names of the people who are here with a role.
    #[must_use]
    pub fn present(&self, role: &Id) -> Vec<&str> {
        self.people
            .iter()
            .filter(|p| p.role == *role)
            .filter_map(|p| p.name.as_deref())
            .collect()
    }
}

impl Default for State {
    fn default() -> Self {
        State::new()
    }
}
