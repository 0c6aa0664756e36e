//! Attesters: seats whose audit keys sign the record's head as it grows. Who
//! vouched for which lines follows from the lines alone, without the engine:
//! an `attester` record names a key, a `countersigned` record holds a signature
//! line of it over a checkpoint that an outcome record holds (DESIGN 5). Pure,
//! so that every reader of a record counts the same lines.

use std::collections::BTreeMap;

use super::{Checkpoint, Kind, Line};
use crate::base::{Json, shown};
use crate::note::{Note, SignatureType, Vkey};

/// What one `countersigned` record comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countersigned {
    /// The record.
    pub seq: u64,
    /// The attester's name in the script.
    pub attester: String,
    /// How many lines of the record the signature is about: it vouches for the
    /// records 0 to `size - 1` and for no other.
    pub size: u64,
    /// The signature line as it stands in a note, without LF.
    pub line: String,
    /// The key that signed; or why the line does not count.
    pub by: Result<Vkey, String>,
}

/// Every `countersigned` record, judged: the line must be of the key that the
/// attester was enrolled with before, and verify over the text of a checkpoint of
/// that size that stands in the record before it.
#[must_use]
pub fn countersigned(lines: &[Line]) -> Vec<Countersigned> {
    let mut keys: BTreeMap<&str, Result<Vkey, String>> = BTreeMap::new();
    let mut heads: BTreeMap<u64, Note> = BTreeMap::new();
    let mut found = Vec::new();
    for line in lines {
        let body = &line.record.body;
        match line.record.kind {
            Kind::Attester => {
                let vkey = Vkey::parse(text(body, "vkey")).map_err(|e| e.to_string());
                keys.insert(text(body, "attester"), vkey.and_then(signs_notes));
            }
            Kind::Outcome => {
                if let Some((size, note)) = head(body) {
                    heads.insert(size, note);
                }
            }
            Kind::Countersigned => {
                let size = body.get("size").and_then(Json::as_int);
                let size = size.and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
                let attester = text(body, "attester");
                let signed = text(body, "line");
                let key = keys.get(attester).cloned();
                found.push(Countersigned {
                    seq: line.seq,
                    attester: shown(attester, 64),
                    size,
                    line: signed.to_owned(),
                    by: key
                        .unwrap_or_else(|| Err("no attester of this name was enrolled before".to_owned()))
                        .and_then(|vkey| judge(vkey, heads.get(&size), signed)),
                });
            }
            _ => {}
        }
    }
    found
}

/// The audit key of each seat: the one of its last `attester` record, under the
/// attester's name in the script.
#[must_use]
pub fn enrolled(lines: &[Line]) -> BTreeMap<String, Vkey> {
    let mut keys = BTreeMap::new();
    for line in lines.iter().filter(|l| l.record.kind == Kind::Attester) {
        let body = &line.record.body;
        let vkey = Vkey::parse(text(body, "vkey")).map_err(|e| e.to_string());
        if let Ok(vkey) = vkey.and_then(signs_notes) {
            keys.insert(text(body, "attester").to_owned(), vkey);
        }
    }
    keys
}

/// The lines that are to stand in the notes of gates, by size, in their order.
#[must_use]
pub fn lines_by_size(lines: &[Line]) -> BTreeMap<u64, Vec<String>> {
    let mut all: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for one in countersigned(lines) {
        all.entry(one.size).or_default().push(one.line);
    }
    all
}

/// A note with more signature lines under it, in the note's one spelling.
#[must_use]
pub fn with_lines(note: &str, more: &[String]) -> String {
    let mut note = note.to_owned();
    for line in more {
        note.push_str(line);
        note.push('\n');
    }
    note
}

/// A cosignature says what no attester can say: that its signer remembers what it
/// saw before (C2SP tlog-cosignature). An attester signs plainly, 0x01 or 0x02.
fn signs_notes(vkey: Vkey) -> Result<Vkey, String> {
    match vkey.signs() {
        SignatureType::Ed25519 | SignatureType::EcdsaP256 => Ok(vkey),
        SignatureType::Cosignature => Err("the key of an attester cosigns, as only witnesses do".to_owned()),
    }
}

fn judge(vkey: Vkey, head: Option<&Note>, line: &str) -> Result<Vkey, String> {
    let head = head.ok_or("no checkpoint of this size stands before it")?;
    let note = Note::parse(format!("{}\n{line}\n", head.text()).as_bytes()).map_err(|e| e.to_string())?;
    if note.signatures().len() == 1 && note.verified_by(&vkey) {
        Ok(vkey)
    } else {
        Err(format!(
            "expected a signature of {vkey} over the checkpoint, got none that verifies"
        ))
    }
}

/// The checkpoint that an outcome record holds. Whether its root is the lines' own
/// is another check's to say.
fn head(body: &Json) -> Option<(u64, Note)> {
    let checkpoint = body
        .get("input")?
        .get("outcome")?
        .get("outcome")?
        .get("checkpoint")?;
    let note = Note::parse(checkpoint.get("note")?.as_str()?.as_bytes()).ok()?;
    let size = Checkpoint::parse(note.text()).ok()?.size();
    Some((size, note))
}

fn text<'j>(body: &'j Json, member: &str) -> &'j str {
    body.get(member).and_then(Json::as_str).unwrap_or_default()
}
