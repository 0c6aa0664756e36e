//! Devices: what is on their bodies, what they say of themselves, what their
//! statements about keys came to, what their logs told. What a device says
//! without a signature is a claim.

use std::collections::BTreeMap;

use crate::audit::case::{Case, input};
use crate::base::Json;
use crate::base::device::DeviceCard;
use crate::engine::judge_statement;
use crate::transcript::{Class, Kind, Line};

use super::{class, member, number, safe, split};

/// A device on the bench.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name in the script.
    pub id: String,
    /// The serial, matched with the body at inventory.
    pub serial: String,
    /// Manufacturer, model, firmware, label, as it says; empty where it never answered.
    pub card: Option<[String; 4]>,
    /// How the script reaches it.
    pub backend: String,
    /// Set up in this ceremony.
    pub set_up: bool,
    /// Can make no more keys.
    pub retired: bool,
    /// Wrong PINs in this ceremony.
    pub wrong_pins: u32,
    /// What its statements about keys came to.
    pub statements: Vec<Statement>,
    /// Its log: commands, entries, with the record; none: it keeps none, or it was not read.
    pub log: Option<(u64, u64, u64)>,
    /// What the log says that the record does not, or the other way round.
    pub unexplained: String,
    /// The record of its inventory.
    pub record: Option<u64>,
    /// What stands behind serial and card.
    pub class: Class,
}

/// A device's statement about a key, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The key.
    pub key: String,
    /// What it came to.
    pub verdict: String,
    /// The firmware that the statement names.
    pub firmware: String,
    /// What the statement says: name and value; empty where it was not judged again.
    pub fields: Vec<(&'static str, String)>,
    /// Names of checks (`docs/attestation.md`): passed, waived, failed, open.
    pub checks: [Vec<String>; 4],
    /// The record that says so.
    pub record: u64,
    /// What stands behind it.
    pub class: Class,
}

pub(super) fn devices(case: &Case<'_>) -> Vec<Device> {
    let cards = cards(case);
    let mut found: Vec<Device> = match case.state() {
        Ok(state) => state
            .bench
            .iter()
            .map(|(id, token)| Device {
                serial: token.serial.as_deref().map(safe).unwrap_or_default(),
                card: token.card.as_ref().map(told),
                set_up: token.set_up,
                retired: token.retired,
                wrong_pins: token.wrong_pins,
                ..bare(id.as_str())
            })
            .collect(),
        Err(_) => ordered(case)
            .into_iter()
            .map(|(id, serial)| Device {
                card: cards.get(&serial).cloned(),
                serial,
                ..bare(&id)
            })
            .collect(),
    };
    for device in &mut found {
        if let Ok(plan) = &case.plan {
            let spec = plan.script().tokens.iter().find(|t| t.id.as_str() == device.id);
            device.backend = spec.map(|s| backend(&s.backend)).unwrap_or_default();
        }
        device.record = inventory(case, &device.serial);
        device.statements = statements(case, &device.id);
        for line in about(case, Kind::DeviceLog, "token", &device.id) {
            let body = &line.record.body;
            let count = |name| number(body, name).unwrap_or(0);
            let (commands, entries) = device.log.map_or((0, 0), |(_, c, e)| (c, e));
            device.log = Some((
                line.seq,
                commands.saturating_add(count("commands")),
                entries.saturating_add(count("entries")),
            ));
            let left = [member(body, "missing"), member(body, "unexplained")];
            let left: Vec<String> = left.into_iter().filter(|t| !t.is_empty()).collect();
            device.unexplained.push_str(&left.join(" "));
        }
    }
    found
}

fn bare(id: &str) -> Device {
    Device {
        id: safe(id),
        serial: String::new(),
        card: None,
        backend: String::new(),
        set_up: false,
        retired: false,
        wrong_pins: 0,
        statements: Vec::new(),
        log: None,
        unexplained: String::new(),
        record: None,
        class: Class::Claimed,
    }
}

fn told(card: &DeviceCard) -> [String; 4] {
    [&card.vendor, &card.model, &card.firmware, &card.label].map(|t| safe(t))
}

fn backend(backend: &crate::script::Backend) -> String {
    use crate::script::Backend;
    match backend {
        Backend::Embedded => "rehearsal token, made by this program".to_owned(),
        Backend::File => "encrypted key file".to_owned(),
        Backend::Yubihsm => "YubiHSM 2".to_owned(),
        Backend::Pkcs11 { module } => format!("PKCS#11 module {module}"),
    }
}

/// Cards by serial, as outcomes hold them.
fn cards(case: &Case<'_>) -> BTreeMap<String, [String; 4]> {
    let mut cards = BTreeMap::new();
    for line in &case.lines {
        let outcome = input(line, "outcome").and_then(|o| o.get("outcome"));
        let Some(outcome) = outcome else { continue };
        let one = outcome.get("card").or_else(|| outcome.get("initialised"));
        let many = outcome.get("cards").and_then(Json::as_array).unwrap_or_default();
        for card in one.into_iter().chain(many) {
            let of = |name| member(card, name);
            cards.insert(
                of("serial"),
                [of("vendor"), of("model"), of("firmware"), of("label")],
            );
        }
    }
    cards
}

/// Tokens with serials, as orders to devices name them.
fn ordered(case: &Case<'_>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for line in case.lines.iter().filter(|l| l.record.kind == Kind::Intended) {
        let what = line.record.body.get("effect").and_then(|e| e.get("what"));
        let orders = what.and_then(Json::as_object).into_iter().flatten();
        for (_, order) in orders {
            let (token, serial) = (member(order, "token"), member(order, "serial"));
            if !token.is_empty() {
                out.insert(token, serial);
            }
        }
    }
    out
}

/// The answer in which a person typed the serial from the body.
fn inventory(case: &Case<'_>, serial: &str) -> Option<u64> {
    let typed = |line: &&Line| {
        let answer = input(line, "answer").and_then(|a| a.get("serial"));
        !serial.is_empty() && answer.is_some_and(|a| member(a, "typed").trim() == serial)
    };
    case.lines.iter().find(typed).map(|l| l.seq)
}

/// The statements about keys of one device.
fn statements(case: &Case<'_>, token: &str) -> Vec<Statement> {
    let on_it = |key: &str| {
        let made = case.lines.iter().filter(|l| l.record.kind == Kind::Key);
        made.filter(|l| member(&l.record.body, "name") == key)
            .any(|l| member(&l.record.body, "token") == token)
    };
    let judged = case.lines.iter().filter(|l| l.record.kind == Kind::Attested);
    judged
        .map(|line| {
            let body = &line.record.body;
            let key = member(body, "key");
            Statement {
                fields: fields(case, &key, line.seq),
                key,
                verdict: member(body, "verdict"),
                firmware: member(body, "firmware"),
                checks: ["passed", "waived", "failed", "open"].map(|name| split(&member(body, name))),
                record: line.seq,
                class: class(case, Kind::Attested),
            }
        })
        .filter(|s| on_it(&s.key))
        .collect()
}

/// The fields of a statement that are worth reading; the checks look at more.
const FIELDS: [&str; 8] = [
    "serial",
    "firmware",
    "origin",
    "capabilities",
    "domains",
    "object-id",
    "label",
    "root",
];

/// What the last statement before the record `seq` says, judged again.
fn fields(case: &Case<'_>, key: &str, seq: u64) -> Vec<(&'static str, String)> {
    let report = || {
        let (plan, state) = (case.plan.as_ref().ok()?, case.state().ok()?);
        let (id, made) = state.keys.iter().find(|(id, _)| id.as_str() == key)?;
        let serial = state.bench.get(&made.token)?.serial.as_deref()?;
        let line = case.lines.iter().rfind(|l| {
            let outcome = input(l, "outcome").and_then(|o| o.get("outcome"));
            l.seq < seq && outcome.is_some_and(|o| o.get("attested").is_some())
        })?;
        let outcome = input(line, "outcome")?.get("outcome")?;
        let statement = outcome.get("attested")?.get("statement")?.read().ok()?;
        judge_statement(plan, serial, id, made, &statement).ok()
    };
    let Some(report) = report() else {
        return Vec::new();
    };
    let said = report.checks.iter().filter(|c| FIELDS.contains(&c.name));
    said.map(|c| (c.name, safe(&c.got))).collect()
}

/// The records of a kind that name something.
pub(super) fn about<'c>(
    case: &'c Case<'_>,
    kind: Kind,
    name: &'c str,
    what: &'c str,
) -> impl Iterator<Item = &'c Line> {
    case.lines
        .iter()
        .filter(move |l| l.record.kind == kind && member(&l.record.body, name) == what)
}
