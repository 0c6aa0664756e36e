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
    /// Dice, as digits 1 to 6, said over and over.
    pub dice: Option<Secret>,
    /// Devices.
    pub tokens: BTreeMap<Id, TokenAnswers>,
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
        answers.review = yes(faults, "review");
        answers.device = yes(faults, "device");
        answers.export = yes(faults, "export");
        answers.close = yes(faults, "close");
        answers.recover = yes(faults, "recover");
        if confirm.has("again") {
            answers.again = confirm.number(faults, "again", 1..100).unwrap_or_default();
        }
        answers.clock_from_machine =
            confirm.has("clock") && confirm.word(faults, "clock", &[("machine", ())]).is_some();
        answers.words_from_simulated =
            confirm.has("words") && confirm.word(faults, "words", &[("simulated", ())]).is_some();
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
    top.finish(faults);
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
