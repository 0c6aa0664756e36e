//! Judges an addendum: evidence that came after the close, bound to the closing
//! checkpoint of a bundle that verifies, and signed by seats' audit keys
//! (docs/addendum-format.md). It changes no verdict about the ceremony: the record
//! was whole before. Which seats signed rests on keys from outside, or on what the
//! record itself says of its seats; the report tells which.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::shown::counted;
use crate::base::{Digest, Json, PublicKey, shown};
use crate::bundle::Files;
use crate::bundle::layout::CHECKPOINT;
use crate::note::{Note, Vkey};
use crate::transcript::addendum::Bound;
use crate::transcript::{Addendum, Checkpoint, attesters};

use super::case::Case;
use super::checks::keys_of_tuf;
use super::codes::{
    ADDENDUM_FORM, ADDENDUM_OTHER, ADDENDUM_UNSIGNED, ADDENDUM_UNVERIFIED, FILE_ADDED, FILE_SWAPPED,
    SIGNATURE_FORGED,
};
use super::{Anchor, Found, Options, judge_case};

/// A seat's audit key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The key.
    pub vkey: Vkey,
    /// Whether it was brought from outside, or the record alone names it.
    pub anchor: Anchor,
}

/// What an addendum can be bound to, and who may sign it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The closing checkpoint.
    pub checkpoint: Checkpoint,
    /// Seats' audit keys, each public key once; those from outside first.
    pub seats: Vec<Seat>,
}

/// What lies in the addendum's folder beside the note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// Length and digest of the files that the note names and that are here.
    pub files: BTreeMap<String, (u64, Digest)>,
    /// Names that the note does not have, or that are no regular files; safe to show.
    pub strangers: Vec<String>,
}

/// What an addendum comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The files that it binds, each with whether it is here (and the same).
    pub files: Vec<(Bound, bool)>,
    /// Seats that signed.
    pub signed: Vec<Seat>,
    /// Seats that did not.
    pub missing: Vec<Seat>,
    /// Names on lines of keys that nobody here knows; they count for nothing.
    pub unknown: Vec<String>,
    /// Why it is not good; empty: it is.
    pub refused: Vec<Found>,
}

/// The closing checkpoint of a bundle that verifies, and its seats' audit keys.
///
/// # Errors
/// Why nothing can be bound to it, safe to show.
pub fn closed(files: &Files, options: &Options) -> Result<Closed, String> {
    let case = Case::new(files, options);
    let judgement = judge_case(&case);
    if !judgement.is_bundle || !judgement.good() {
        return Err(format!(
            "expected a whole bundle that verifies, got the verdict {}",
            judgement.verdict_words()
        ));
    }
    let note = files.get(CHECKPOINT).and_then(|bytes| Note::parse(bytes).ok());
    let checkpoint = note.and_then(|note| Checkpoint::parse(note.text()).ok());
    let checkpoint = checkpoint.ok_or("expected a closing checkpoint, got none")?;
    Ok(Closed {
        checkpoint,
        seats: seats(&case),
    })
}

/// Audit keys from outside, then those that the record says its seats enrolled.
/// Root and targets keys sign no notes (DESIGN 5), whoever names them.
fn seats(case: &Case<'_>) -> Vec<Seat> {
    let of_tuf = keys_of_tuf(case);
    let anchors = case.options.anchors.as_ref();
    let outside = anchors.map(|a| a.attesters.clone()).unwrap_or_default();
    let known = outside.into_iter().map(|vkey| (vkey, Anchor::External));
    let own = attesters::enrolled(&case.lines).into_values();
    let mut seen: BTreeSet<PublicKey> = BTreeSet::new();
    known
        .chain(own.map(|vkey| (vkey, Anchor::SelfAsserted)))
        .filter(|(vkey, _)| !of_tuf.contains(vkey.key()))
        // Law 6: distinct public keys, whatever their names.
        .filter(|(vkey, _)| seen.insert(vkey.key().clone()))
        .map(|(vkey, anchor)| Seat { vkey, anchor })
        .collect()
}

/// Judges the note's bytes and what lies beside it.
#[must_use]
pub fn judge(closed: &Result<Closed, String>, bytes: &[u8], beside: &Beside) -> Judged {
    let mut judged = Judged {
        files: Vec::new(),
        signed: Vec::new(),
        missing: Vec::new(),
        unknown: Vec::new(),
        refused: Vec::new(),
    };
    let mut refuse = |code: &'static str, text: String| judged.refused.push((code, text).into());
    let read = match Addendum::read(bytes) {
        Ok(read) => Some(read),
        Err(why) => {
            refuse(ADDENDUM_FORM, why.to_string());
            None
        }
    };
    for name in &beside.strangers {
        refuse(FILE_ADDED, format!("{name}: the addendum does not name it"));
    }
    let closed = match closed {
        Ok(closed) => Some(closed),
        Err(why) => {
            refuse(ADDENDUM_UNVERIFIED, why.clone());
            None
        }
    };
    let Some((addendum, note)) = read else {
        return judged;
    };
    for file in addendum.files() {
        let here = beside.files.get(&file.name);
        if let Some((len, sha256)) = here.filter(|here| **here != (file.len, file.sha256)) {
            refuse(
                FILE_SWAPPED,
                format!(
                    "{}: expected {} ({} bytes), got {sha256} ({len} bytes)",
                    file.name, file.sha256, file.len
                ),
            );
        }
        judged.files.push((file.clone(), here.is_some()));
    }
    let Some(closed) = closed else {
        return judged;
    };
    if *addendum.checkpoint() != closed.checkpoint {
        refuse(
            ADDENDUM_OTHER,
            format!(
                "expected the checkpoint {}, got {}",
                closed.checkpoint.in_line(),
                addendum.checkpoint().in_line()
            ),
        );
    }
    let (signed, missing): (Vec<&Seat>, Vec<&Seat>) =
        closed.seats.iter().partition(|seat| note.verified_by(&seat.vkey));
    for seat in &missing {
        if note.line_of(&seat.vkey).is_some() {
            let name = shown(seat.vkey.name(), 80);
            refuse(SIGNATURE_FORGED, format!("the line of {name} does not verify"));
        }
    }
    if signed.is_empty() {
        refuse(ADDENDUM_UNSIGNED, "no seat's audit key has signed it".to_owned());
    }
    let known = |line: &&crate::note::Line| {
        let mut seats = closed.seats.iter();
        seats.any(|s| s.vkey.name() == line.name() && s.vkey.id() == line.key_id())
    };
    let unknown = note.signatures().iter().filter(|line| !known(line));
    judged.unknown = unknown.map(|line| shown(line.name(), 80)).collect();
    judged.signed = signed.into_iter().cloned().collect();
    judged.missing = missing.into_iter().cloned().collect();
    judged
}

impl Judged {
    /// Whether it holds.
    #[must_use]
    pub fn good(&self) -> bool {
        self.refused.is_empty()
    }

    /// Lines for people, each without LF and safe to show.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut out = vec!["addendum: evidence that came after the close".to_owned()];
        for (file, here) in &self.files {
            let said = match here {
                true if self.swapped(&file.name) => "FAIL",
                true => "ok",
                false => "-",
            };
            let where_ = if *here {
                ""
            } else {
                "; not here: only its digest is known"
            };
            out.push(format!(
                "  {said:<4}  {} ({} bytes, SHA-256 {}){where_}",
                file.name, file.len, file.sha256
            ));
        }
        for (word, seats) in [("signed", &self.signed), ("not signed", &self.missing)] {
            out.extend(seats.iter().map(|seat| {
                let name = shown(seat.vkey.name(), 80);
                let print = seat.vkey.key().fingerprint();
                format!(
                    "  {word:<10}  {name}, {} (fingerprint {print})",
                    seat.anchor.as_str()
                )
            }));
        }
        for name in &self.unknown {
            out.push(format!(
                "  unknown     {name}: nobody here knows the key; it counts for nothing"
            ));
        }
        let external = self.external();
        out.push(if self.good() {
            format!(
                "addendum: good: {}, signed by {} of {}, {external} of them known from outside",
                counted(self.files.len(), "file"),
                self.signed.len(),
                counted(self.signed.len().saturating_add(self.missing.len()), "seat")
            )
        } else {
            "addendum: NOT GOOD".to_owned()
        });
        let because = |found: &Found| format!("  because [{}] {}", found.code, found.text);
        out.extend(self.refused.iter().map(because));
        out
    }

    /// The same as JSON (docs/addendum-format.md).
    #[must_use]
    pub fn json(&self) -> Json {
        let file = |(file, here): &(Bound, bool)| {
            Json::object([
                ("name", file.name.as_str().into()),
                ("length", Json::Int(i64::try_from(file.len).unwrap_or(i64::MAX))),
                ("sha256", file.sha256.hex().into()),
                ("here", Json::Bool(*here)),
            ])
        };
        let seat = |(seat, signed): (&Seat, bool)| {
            Json::object([
                ("vkey", seat.vkey.to_string().into()),
                ("anchor", seat.anchor.as_str().into()),
                ("signed", Json::Bool(signed)),
            ])
        };
        let seats = self.signed.iter().map(|s| (s, true));
        let seats = seats.chain(self.missing.iter().map(|s| (s, false)));
        let refused = self
            .refused
            .iter()
            .map(|f| Json::object([("code", f.code.into()), ("text", f.text.as_str().into())]));
        Json::object([
            ("good", Json::Bool(self.good())),
            ("files", Json::Array(self.files.iter().map(file).collect())),
            ("seats", Json::Array(seats.map(seat).collect())),
            (
                "unknown",
                Json::Array(self.unknown.iter().map(|n| n.as_str().into()).collect()),
            ),
            ("refused", Json::Array(refused.collect())),
        ])
    }

    fn external(&self) -> usize {
        let external = |seat: &&Seat| seat.anchor == Anchor::External;
        self.signed.iter().filter(external).count()
    }

    fn swapped(&self, name: &str) -> bool {
        let of = |f: &Found| f.code == FILE_SWAPPED && f.text.starts_with(&format!("{name}: "));
        self.refused.iter().any(of)
    }
}
