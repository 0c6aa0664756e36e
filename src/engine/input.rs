//! Everything that can enter the engine: answers of people, outcomes of
//! effects, notes, pauses. Inputs are plain data that a record holds in full;
//! secrets enter only as tickets (law 2), time and chance only here.

use serde::{Deserialize, Serialize};

use crate::base::device::{Credential, DeviceCard, DeviceFault, KeyAttributes, KeyFound, LogRead, Statement};
use crate::base::machine::Report;
use crate::base::medium::{Reading, Release};
use crate::base::{CopyName, Digest, Id, Instant, MirrorFound, PublicKey, Stamp, without_folders};

/// One input, with the clocks at the moment it entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// When.
    pub at: Stamp,
    /// What.
    pub kind: InputKind,
}

/// The kinds of input; each accepted one gives exactly one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// The first input: what runs, on what, for whom.
    Open(Box<Opening>),
    /// The same ceremony goes on in a new run of the program.
    Resume(Resumption),
    /// A person's answer to the one open question.
    Answer(Answer),
    /// What became of an effect.
    Outcome {
        /// The effect's number.
        effect: u64,
        /// Its outcome.
        outcome: Outcome,
    },
    /// A deviation note, at any time.
    Note(Deviation),
    /// One of the record's two copies failed; the ceremony goes on with the other.
    Storage(CopyLost),
    /// The surroundings of the machine have changed; each change is recorded.
    Machine(Report),
    /// A person lets a device stay that was not there at the start.
    Accept(Acceptance),
    /// The ceremony is paused; the program ends and can be resumed.
    Pause {
        /// Why.
        why: String,
    },
    /// The ceremony ends here without a result.
    Abort {
        /// Why.
        why: String,
        /// The word `abort`, typed.
        typed: String,
    },
}

impl InputKind {
    /// The log key of a run that begins here.
    #[must_use]
    pub fn log_key(&self) -> Option<&PublicKey> {
        match self {
            InputKind::Open(opening) => Some(&opening.log_key),
            InputKind::Resume(resumption) => Some(&resumption.log_key),
            _ => None,
        }
    }

    /// The same without the folders of this machine: what the system said of a failure
    /// names them, and a record is published (facts/security.md 4.4).
    #[must_use]
    pub fn without_folders(mut self) -> InputKind {
        let hide = |text: &mut String| *text = without_folders(text);
        match &mut self {
            InputKind::Storage(lost) => hide(&mut lost.meaning),
            InputKind::Outcome { outcome, .. } => match outcome {
                Outcome::Fault(fault) => hide(&mut fault.meaning),
                Outcome::MediaFault { meaning } => hide(meaning),
                Outcome::Surveyed(seen) => seen.iter_mut().filter_map(|s| s.fault.as_mut()).for_each(hide),
                Outcome::Exported {
                    released: Release::ByHand { point, because },
                    ..
                } => {
                    hide(point);
                    hide(because);
                }
                _ => {}
            },
            _ => {}
        }
        self
    }

    /// A gate's checkpoint: the lines that it is over, and its signed note.
    #[must_use]
    pub fn checkpoint(&self) -> Option<(u64, &str)> {
        match self {
            InputKind::Outcome {
                outcome: Outcome::Checkpoint { size, note, .. },
                ..
            } => Some((*size, note)),
            _ => None,
        }
    }
}

/// What the first record pins (DESIGN 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Random id of this run, 32 hexadecimal characters.
    pub boot: String,
    /// Version of the engine's rules.
    pub engine: u32,
    /// Version of the client models.
    pub clients: u32,
    /// `production` or `rehearsal`.
    pub kind: String,
    /// From the script.
    pub organisation: String,
    /// From the script.
    pub site: String,
    /// From the script.
    pub name: String,
    /// The script's bytes.
    pub script: FileRef,
    /// Files that the script names.
    pub inputs: Vec<FileRef>,
    /// The note of the people who approved the script; absent in a rehearsal without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<FileRef>,
    /// The program: version and SHA-256 of its executable (a claim, not a proof).
    pub program: Program,
    /// The second verifier that leaves with the bundle.
    pub verifier: FileRef,
    /// Who drives: `tui` or `headless`.
    pub front_end: FrontEnd,
    /// Which way secrets take into the program.
    pub secrets: SecretsPath,
    /// Vendor modules, by name and digest.
    pub modules: Vec<FileRef>,
    /// The closing checkpoint of the site's last ceremony, or `genesis`.
    pub predecessor: String,
    /// This run's log key.
    pub log_key: PublicKey,
    /// The drill that is played: a device, clock or disk fails on purpose.
    /// Rehearsals on simulated devices only; absent in every other record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
    /// The record is kept twice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirror: bool,
    /// The surroundings of the machine at the start. Production has one, with nothing
    /// in it that refuses (law 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Report>,
}

/// A file by name, digest and length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileRef {
    /// Its path in the bundle, or its plain name.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Bytes.
    pub len: u64,
}

impl FileRef {
    /// The reference of some bytes.
    #[must_use]
    pub fn of(path: &str, bytes: &[u8]) -> FileRef {
        FileRef {
            path: path.to_owned(),
            sha256: Digest::of(bytes),
            len: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }
}

/// The program that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its version.
    pub version: String,
    /// SHA-256 of the executable's file.
    pub sha256: Digest,
    /// SHA-256 of the dependency lock file that it was built from.
    pub lock: Digest,
    /// Cargo features.
    pub features: Vec<String>,
    /// It was released after this: no clock that is right is earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Instant>,
}

/// Who drives the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrontEnd {
    /// The full-screen terminal UI.
    Tui,
    /// An answers file.
    Headless,
}

/// Which way secrets take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretsPath {
    /// Keyboard, fixed buffer, device.
    Keyboard,
    /// From the answers file of a rehearsal: not secret at all.
    AnswersFile,
}

/// A new run of the program on the same record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// Random id of this run.
    pub boot: String,
    /// Version of the engine's rules that this run has.
    pub engine: u32,
    /// The program.
    pub program: Program,
    /// Who drives.
    pub front_end: FrontEnd,
    /// Which way secrets take.
    pub secrets: SecretsPath,
    /// This run's log key.
    pub log_key: PublicKey,
    /// Bytes after the last whole input with its records, which never counted:
    /// kept in `blobs/` and cut off. Their `path` is `torn`, `torn-mirror` if
    /// only the mirror had them, `torn-before` if a run kept them that stopped
    /// before it could say so.
    pub torn: Vec<FileRef>,
    /// The second copy of the record as it was found; none: there is one copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<MirrorFound>,
    /// The surroundings of the machine at the start of this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Report>,
}

/// A copy of the record that is not written any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyLost {
    /// Which.
    pub copy: CopyName,
    /// The name of the fault's card.
    pub code: String,
    /// What was being done, and the system's reason; safe to show.
    pub meaning: String,
}

/// A secret that the runner's vault holds; the engine never sees more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub u64);

/// Answers, one variant a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To the briefing: the word `begin`.
    Begin {
        /// As typed.
        typed: String,
    },
    /// To a seat of the roll call: who sits there.
    Present {
        /// As typed.
        name: String,
    },
    /// To a seat of the roll call: nobody.
    Absent {
        /// Why.
        reason: String,
    },
    /// The time read from another clock, `YYYY-MM-DD HH:MM` in UTC.
    Clock {
        /// As typed.
        typed: String,
        /// The machine's hardware clock at that moment. The runner reads it, whoever answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rtc: Option<Instant>,
    },
    /// To a line of a checklist: the word `yes`.
    Done {
        /// As typed.
        typed: String,
    },
    /// To a line of a checklist that does not hold: why the ceremony goes on all the same.
    NotSo {
        /// As typed.
        why: String,
    },
    /// The number on a bag or seal.
    Number {
        /// As typed.
        number: String,
        /// Its second entry, where it is noted and not compared.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<String>,
        /// Who takes the thing along, at a formal break.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
    },
    /// To a number that is not the recorded one: why the ceremony should go on.
    Differs {
        /// What happened.
        why: String,
    },
    /// The serial on a device's body.
    Serial {
        /// As typed.
        typed: String,
    },
    /// New secrets for a device, in the order asked; none where they were made
    /// and compared before.
    NewSecrets {
        /// The secrets.
        secrets: Vec<NewSecret>,
        /// The last characters of the serial, from the device's body.
        typed: String,
    },
    /// Nobody but its keeper sees the screen, and this device is emptied: the last
    /// characters of the serial on its body.
    Covered {
        /// As typed.
        typed: String,
    },
    /// Dice, as digits 1 to 6.
    Dice {
        /// The digits.
        rolls: Ticket,
    },
    /// A secret that was shown, typed from paper.
    Copied {
        /// What was typed.
        typed: Ticket,
    },
    /// One of the device's secrets.
    Pin {
        /// The secret; none: it will be typed on the device itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Ticket>,
    },
    /// To a question before something that cannot be undone.
    Confirm {
        /// As typed.
        typed: String,
    },
    /// The payload was read to its end.
    Reviewed {
        /// Digest of the payload that was read.
        digest: Digest,
        /// The word `read`.
        typed: String,
    },
    /// Words of a digest, in the order asked.
    Words {
        /// As typed.
        typed: Vec<String>,
    },
    /// Opens a locked comparison again.
    Reopen {
        /// A second person who is present.
        second: String,
        /// What happened.
        why: String,
    },
    /// To a seat with an audit key: it enrols the key, or signs. The word or the
    /// end of the serial.
    Attest {
        /// As typed.
        typed: String,
    },
    /// To a seat with an audit key: it does not.
    Decline {
        /// Why.
        reason: String,
    },
    /// After a failure: try the step again.
    Again,
    /// To what was under way when the program stopped: the word `recover`.
    Recover {
        /// As typed.
        typed: String,
    },
}

/// A new secret, entered twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSecret {
    /// What it will open.
    pub credential: Credential,
    /// The first entry: what the device is given.
    pub secret: Ticket,
    /// The second entry: what is then used to log in, as a proof.
    pub again: Ticket,
}

/// A departure from the script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// What the script expected.
    pub expected: String,
    /// What happened.
    pub happened: String,
    /// What was decided.
    pub decided: String,
    /// By whom.
    pub by: String,
}

/// A device that may stay although it was not there at the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Its name, as typed.
    pub device: String,
    /// Who accepts it: a person of another role than the acting one.
    pub by: String,
    /// Why.
    pub why: String,
}

/// A device as it was found after a stop, before anybody logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The token.
    pub token: Id,
    /// What it says of itself; none: it did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<DeviceCard>,
    /// The ids of its keys, lowercase hexadecimal; none: it shows none before a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Why it did not answer, safe to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The devices that are there.
    Cards(Vec<DeviceCard>),
    /// The one device.
    Card(DeviceCard),
    /// The device's keys.
    Keys(Vec<KeyFound>),
    /// What each device is after a stop, in the order asked.
    Surveyed(Vec<Seen>),
    /// 32 random bytes; public.
    Nonce(Digest),
    /// A checkpoint, signed by the log key.
    Checkpoint {
        /// Records.
        size: u64,
        /// RFC 6962 root of the lines.
        root: Digest,
        /// The signed note.
        note: String,
    },
    /// A secret was made; the vault holds it.
    Minted {
        /// Its ticket.
        secret: Ticket,
    },
    /// The dice cannot be used; nothing was made.
    DiceRefused {
        /// Why, safe to show; never what was typed.
        because: String,
    },
    /// Whether two secrets are the same.
    Compared {
        /// They are.
        same: bool,
    },
    /// The device's statement about a key; none: it can make none.
    Attested {
        /// The statement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        statement: Option<Statement>,
    },
    /// The device's log.
    Log(LogRead),
    /// The device may forget the log that is kept.
    LogCleared,
    /// The credential that makes keys is gone.
    Retired,
    /// Logged out.
    Locked,
    /// Logged in.
    Unlocked,
    /// A device was set up.
    Initialised(DeviceCard),
    /// A key was made.
    Generated {
        /// Its public key.
        public: PublicKey,
        /// Its attributes.
        attributes: KeyAttributes,
    },
    /// A signature, lowercase hexadecimal.
    Signed {
        /// Raw for Ed25519, DER for P-256.
        signature: String,
    },
    /// Files were written to the media and read back.
    Exported {
        /// What was read back.
        files: Vec<FileRef>,
        /// How the media was let go of after that.
        released: Release,
    },
    /// The exported files, read after the media was put back.
    ReadBack {
        /// What was read.
        files: Vec<FileRef>,
        /// How.
        reading: Reading,
    },
    /// The device failed.
    Fault(DeviceFault),
    /// The media failed.
    MediaFault {
        /// One sentence, safe to show.
        meaning: String,
    },
}
