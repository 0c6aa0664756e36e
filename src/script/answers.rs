//! Answers files: what a machine says in place of people in a rehearsal. The
//! format is read with the same strictness as a script. It is here because
//! this room is the only one that reads TOML; what may be answered is
//! `headless`'s to decide.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::diagnostic::Diagnostics;
use super::reader::{Faults, Table};
use super::text;
use crate::base::device::Credential;
use crate::base::{Id, Secret};

/// Answers, by what they answer.
#[derive(Debug, Default)]
pub struct Answers {
    /// For each role, one text a seat: a name, or `absent: REASON`.
    pub people: BTreeMap<Id, Vec<String>>,
    /// The briefing.
    pub begin: bool,
    /// The machine's own clock stands for the wall clock.
    pub clock_from_machine: bool,
    /// Every line of every checklist.
    pub checklist: bool,
    /// Every line of every waiver.
    pub waive: bool,
    /// Every line of every `supersede` step.
    pub supersede: bool,
    /// The words of a formal break are on paper.
    pub written: bool,
    /// Why the ceremony goes on although a number is not the recorded one; the
    /// quorum's lines are then said as well.
    pub differs: Option<String>,
    /// Numbers of bags and seals.
    pub numbers: Vec<NumberAnswer>,
    /// Every review.
    pub review: bool,
    /// The simulated second machine is read.
    pub words_from_simulated: bool,
    /// The end of a serial, wherever it is asked.
    pub device: bool,
    /// The export.
    pub export: bool,
    /// The close.
    pub close: bool,
    /// Going on after the program stopped in the middle of something.
    pub recover: bool,
    /// How often in one run a step is tried again after a device's failure.
    pub again: u32,
    /// A failure that is not tried again aborts the ceremony.
    pub abort: bool,
    /// Dice, as digits 1 to 6, said over and over.
    pub dice: Option<Secret>,
    /// Every seat enrols its audit key and countersigns, but for those below.
    pub countersign: bool,
    /// Seats that do not, by their attester.
    pub attesters: BTreeMap<Id, AttesterAnswers>,
    /// Devices.
    pub tokens: BTreeMap<Id, TokenAnswers>,
}

/// What a seat says that does not sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttesterAnswers {
    /// The seat is empty; otherwise somebody sits there and declines.
    pub absent: bool,
    /// Why.
    pub reason: String,
    /// Its key is enrolled all the same: it is about `countersign` steps alone.
    pub enrols: bool,
}

/// Answers about one device. PINs of a rehearsal are not secret, and still go
/// the way of secrets.
#[derive(Debug)]
pub struct TokenAnswers {
    /// Its serial, or the label that it has before the ceremony.
    pub named: Named,
    /// Its secrets, by what they open.
    pub secrets: BTreeMap<Credential, Secret>,
    /// PINs to type first, wrong ones.
    pub wrong: Vec<Secret>,
}

/// What is read from one bag or seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberAnswer {
    /// The step that asks.
    pub step: Id,
    /// Its line, word for word.
    pub item: String,
    /// The number.
    pub number: String,
    /// Who takes it along at a formal break.
    pub person: Option<String>,
    /// What is read after the break, where that is another number.
    pub back: Option<String>,
}

/// How the answers name a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By serial.
    Serial(String),
    /// By label.
    Label(String),
}

impl Answers {
    /// Reads an answers file.
    ///
    /// # Errors
    /// Every fault found, with its place.
    pub fn parse(bytes: &[u8]) -> Result<Answers, Diagnostics> {
        let text = text::check(bytes)?;
        let mut faults = Faults::new(text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            faults.add(
                &span,
                "answers-syntax",
                error.message().replace('\n', " "),
                "mend the TOML; see docs/script-reference.md",
            );
        }
        let mut answers = Answers::default();
        if errors.is_empty() {
            read(document.get_ref(), &mut answers, &mut faults);
        }
        let found = faults.into_sorted();
        if found.is_empty() {
            Ok(answers)
        } else {
            Err(Diagnostics(found))
        }
    }
}

fn read(map: &DeTable, answers: &mut Answers, faults: &mut Faults) {
    let mut top = Table::new(map, 0..0, "the answers file");
    top.number(faults, "schema", 1..2);
    if let Some(mut people) = top.table(faults, "people", "[people]") {
        for name in people.names() {
            let Ok(role) = Id::parse(&name) else {
                continue; // left over, and so reported by `finish`
            };
            if let Some(seats) = people.list_of(faults, &name) {
                answers.people.insert(role, seats);
            }
        }
        people.finish(faults);
    }
    if let Some(mut confirm) = top.table(faults, "confirm", "[confirm]") {
        let mut yes = |faults: &mut Faults, field: &'static str| {
            confirm.has(field) && confirm.is_true(faults, field).is_some()
        };
        answers.begin = yes(faults, "begin");
        answers.checklist = yes(faults, "checklist");
        answers.waive = yes(faults, "waive");
        answers.supersede = yes(faults, "supersede");
        answers.written = yes(faults, "written");
        answers.review = yes(faults, "review");
        answers.device = yes(faults, "device");
        answers.export = yes(faults, "export");
        answers.close = yes(faults, "close");
        answers.countersign = yes(faults, "countersign");
        answers.recover = yes(faults, "recover");
        answers.abort = yes(faults, "abort");
        if confirm.has("again") {
            answers.again = confirm.number(faults, "again", 1..100).unwrap_or_default();
        }
        answers.clock_from_machine =
            confirm.has("clock") && confirm.word(faults, "clock", &[("machine", ())]).is_some();
        answers.words_from_simulated =
            confirm.has("words") && confirm.word(faults, "words", &[("simulated", ())]).is_some();
        if confirm.has("differs") {
            answers.differs = confirm.line(faults, "differs");
        }
        if confirm.has("dice") {
            answers.dice = confirm
                .line(faults, "dice")
                .and_then(|s| Secret::copy_of(s.as_bytes()).ok());
        }
        confirm.finish(faults);
    }
    for mut table in top.tables(faults, "token", "[[token]]") {
        let id = table.id(faults, "id");
        let named = if table.has("label") {
            table.line(faults, "label").map(Named::Label)
        } else {
            table.line(faults, "serial").map(Named::Serial)
        };
        let secrets = secrets(&mut table, faults);
        let wrong = if table.has("wrong") {
            table.list(faults, "wrong", "a list of PINs", |s| {
                Secret::copy_of(s.as_bytes()).ok()
            })
        } else {
            Some(Vec::new())
        };
        table.finish(faults);
        if let (Some(id), Some(named), Some(wrong)) = (id, named, wrong) {
            answers.tokens.insert(
                id,
                TokenAnswers {
                    named,
                    secrets,
                    wrong,
                },
            );
        }
    }
    for mut table in top.tables(faults, "attester", "[[attester]]") {
        let read = attester(&mut table, faults);
        table.finish(faults);
        answers.attesters.extend(read);
    }
    for mut table in top.tables(faults, "number", "[[number]]") {
        answers.numbers.extend(number(&mut table, faults));
        table.finish(faults);
    }
    top.finish(faults);
}

fn attester(table: &mut Table, faults: &mut Faults) -> Option<(Id, AttesterAnswers)> {
    let id = table.id(faults, "id");
    let absent = table.has("absent");
    let field = if absent { "absent" } else { "declines" };
    let reason = table.line(faults, field);
    let enrols = table.has("enrols") && table.is_true(faults, "enrols").is_some();
    Some((
        id?,
        AttesterAnswers {
            absent,
            reason: reason?,
            enrols,
        },
    ))
}

fn number(table: &mut Table, faults: &mut Faults) -> Option<NumberAnswer> {
    let mut optional = |field: &'static str, faults: &mut Faults| {
        if table.has(field) {
            table.line(faults, field).map(Some)
        } else {
            Some(None)
        }
    };
    let (person, back) = (optional("person", faults), optional("back", faults));
    Some(NumberAnswer {
        step: table.id(faults, "step")?,
        item: table.line(faults, "item")?,
        number: table.line(faults, "number")?,
        person: person?,
        back: back?,
    })
}

/// The secrets that the file gives; which of them a device takes shows when it asks.
fn secrets(table: &mut Table, faults: &mut Faults) -> BTreeMap<Credential, Secret> {
    let mut found = BTreeMap::new();
    for (field, credentials) in SECRETS {
        if !table.has(field) {
            continue;
        }
        let Some(line) = table.line(faults, field) else {
            continue;
        };
        for credential in *credentials {
            if let Ok(secret) = Secret::copy_of(line.as_bytes()) {
                found.insert(*credential, secret);
            }
        }
    }
    found
}

/// A key file's passphrase is asked for like a PIN, and may be called one.
const SECRETS: &[(&str, &[Credential])] = &[
    ("so_pin", &[Credential::SoPin]),
    ("pin", &[Credential::UserPin, Credential::Passphrase]),
    ("provisioner", &[Credential::Provisioner]),
    ("signer", &[Credential::Signer]),
    ("auditor", &[Credential::Auditor]),
];
