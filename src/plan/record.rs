//! The record of an earlier ceremony, named by `[trust] record`. It says two
//! things. Of a closed rehearsal: which keys it made, on which devices; a
//! rehearsal signs only with keys that it, or a named rehearsal record, made
//! (DESIGN 3). Of any ceremony of the same kind, closed, aborted or cut off: which
//! payloads it meant to sign (`supersede`). The record is not re-executed here:
//! its digest stands in the approved bytes, its lines are a chain, and each
//! operation id follows from the record's own first line, so no other ceremony's
//! key can be written into it.

use std::collections::BTreeMap;

use super::{InputFile, Mark, supersede};
use crate::base::device::OperationId;
use crate::base::{Digest, Id, Instant, Json, PublicKey, shown};
use crate::script::{Diagnostic, Kind as ScriptKind, Script};
use crate::transcript::{self, Kind, Line};

/// The longest record that is read, in bytes; a rehearsal's has a few hundred KiB.
const MAX_RECORD: usize = 4 << 20;
/// Tries to fill one slot that are looked at; each costs people a decision.
const MAX_ATTEMPTS: u32 = 64;

/// What an earlier ceremony made and meant to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRecord {
    /// Its ceremony id: SHA-256 of its first line.
    pub ceremony: Digest,
    /// When its last line was written, by its own clock.
    pub ended: Instant,
    /// Whether it came to its end. One that did not vouches for no key.
    pub closed: bool,
    /// Its keys that were accepted, in the order of the record; those of a closed
    /// rehearsal alone.
    pub made: Vec<MadeKey>,
    /// Payloads for which it intended a signature, in the order of the record.
    pub signed: Vec<Mark>,
}

/// A key that an earlier rehearsal made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeKey {
    /// Its name in that rehearsal's script.
    pub name: Id,
    /// The operation id that it carries on its device.
    pub operation: OperationId,
    /// SHA-256 of its public key (`PublicKey::fingerprint`).
    pub fingerprint: Digest,
    /// The serial of the device that it was ordered from.
    pub serial: String,
}

impl EarlierRecord {
    /// The key with this public half, if the record made one.
    #[must_use]
    pub fn made(&self, public: &PublicKey) -> Option<&MadeKey> {
        let fingerprint = public.fingerprint();
        self.made.iter().find(|k| k.fingerprint == fingerprint)
    }
}

/// The named record, or the fault that it has.
pub(super) fn read(
    script: &Script,
    files: &[InputFile],
    found: &mut Vec<Diagnostic>,
) -> Option<EarlierRecord> {
    let succession = script.succession()?;
    let named = succession.record.as_ref()?;
    let mut fault = |code: &'static str, message: String, help: &str| {
        let message = format!("{}: {message}", named.file);
        found.push(Diagnostic::at(succession.at, code, message, help));
    };
    // Its absence, or its digest, is a fault already.
    let file = files.iter().find(|f| f.name == named.file)?;
    match judge(&file.bytes, script.kind) {
        Ok(record) => Some(record),
        Err(why) => {
            fault(
                "trust-record",
                why,
                "name the ceremony.jsonl of an earlier ceremony of the same kind, as it was left",
            );
            None
        }
    }
}

fn judge(bytes: &[u8], wanted: ScriptKind) -> Result<EarlierRecord, String> {
    if bytes.len() > MAX_RECORD {
        return Err(format!("it has {} bytes, the limit is {MAX_RECORD}", bytes.len()));
    }
    // A line that was cut off never counted; what was intended stands before it.
    let whole = transcript::read(bytes).tail.start;
    let chain = transcript::read(bytes.get(..whole).unwrap_or(bytes));
    if let Some(problem) = chain.problems.first() {
        return Err(format!(
            "the record is not intact: {}",
            shown(&problem.to_string(), 300)
        ));
    }
    let lines: Vec<&Line> = chain.lines.iter().map(|(line, _)| line).collect();
    let kind = lines
        .first()
        .and_then(|open| text(&open.record.body, &["input", "open", "kind"]));
    if kind != Some(wanted.name()) {
        return Err(format!(
            "expected the record of a {}, got {}",
            wanted.name(),
            shown(kind.unwrap_or("no kind"), 40)
        ));
    }
    let signed = supersede::marks(&lines)?;
    let closed = chain.is_closed();
    let ended = lines.last().ok_or("expected a record, got no line")?.at.wall;
    // The trusted root alone vouches for production keys.
    let vouches = closed && wanted == ScriptKind::Rehearsal;
    // Which device each key was ordered from, by operation id.
    let mut serials: BTreeMap<&str, &str> = BTreeMap::new();
    let mut made: Vec<MadeKey> = Vec::new();
    for line in lines.into_iter().filter(|_| vouches) {
        let body = &line.record.body;
        match line.record.kind {
            Kind::Intended => {
                let order = ["effect", "what", "generate"];
                let operation = text(body, &[&order[..], &["order", "operation"]].concat());
                let serial = text(body, &[&order[..], &["serial"]].concat());
                if let (Some(operation), Some(serial)) = (operation, serial) {
                    serials.insert(operation, serial);
                }
            }
            // A key that was enrolled there was made elsewhere, and does not count.
            Kind::Key if is_true(body, "accepted") && !is_true(body, "enrolled") => {
                let key = key(body, &chain.ceremony, &serials)
                    .ok_or_else(|| format!("line {}: no key that this ceremony made", line.seq))?;
                made.push(key);
            }
            _ => {}
        }
    }
    Ok(EarlierRecord {
        ceremony: chain.ceremony,
        ended,
        closed,
        made,
        signed,
    })
}

fn key(body: &Json, ceremony: &Digest, serials: &BTreeMap<&str, &str>) -> Option<MadeKey> {
    let name = Id::parse(text(body, &["name"])?).ok()?;
    let written = text(body, &["operation"])?;
    let operation = (1..=MAX_ATTEMPTS)
        .map(|attempt| OperationId::new(ceremony, &name, attempt))
        .find(|operation| operation.base32() == written)?;
    Some(MadeKey {
        name,
        operation,
        fingerprint: Digest::parse(text(body, &["fingerprint"])?).ok()?,
        serial: (*serials.get(written)?).to_owned(),
    })
}

pub(super) fn text<'j>(body: &'j Json, path: &[&str]) -> Option<&'j str> {
    path.iter()
        .try_fold(body, |at, name| at.as_object()?.get(*name))?
        .as_str()
}

fn is_true(body: &Json, field: &str) -> bool {
    body.as_object().and_then(|map| map.get(field)) == Some(&Json::Bool(true))
}
