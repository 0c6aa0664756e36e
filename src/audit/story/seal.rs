//! What holds the record together: the checkpoints on the way with their words,
//! whose signatures stand under them, and the files that left.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use crate::audit::case::Case;
use crate::base::{Digest, Instant};
use crate::bundle::layout::CHECKPOINT;
use crate::note::{Note, Vkey};
use crate::transcript::{Class, Kind, words};

use super::{class, member, safe};

/// A checkpoint that was taken on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateTold {
    /// The record that holds it.
    pub record: u64,
    /// When.
    pub at: Instant,
    /// The step that it ends.
    pub step: String,
    /// That step's headline.
    pub headline: String,
    /// How many lines it is over.
    pub size: u64,
    /// The root that it says; `None`: it cannot be read.
    pub root: Option<Digest>,
    /// What stands behind it.
    pub class: Class,
}

impl GateTold {
    /// The root's words, empty where there is no root.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        self.root.map(|r| words::words(&r).to_vec()).unwrap_or_default()
    }
}

/// Who signed checkpoints. Whether a signature by a key that is not the log's
/// holds is for the checks; its name alone proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// The name in the signature lines.
    pub name: String,
    /// The four bytes of the key's id, hexadecimal.
    pub key_id: String,
    /// Whether it is one of the record's own log keys.
    pub own: bool,
    /// How many notes of this folder carry it.
    pub notes: u64,
    /// Whether the final checkpoint does.
    pub last: bool,
}

/// A file that left the ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTold {
    /// Its path in the bundle.
    pub path: String,
    /// SHA-256, as the record binds it.
    pub sha256: Digest,
    /// Bytes.
    pub len: u64,
    /// How it lies here.
    pub here: Standing,
}

/// How an exported file lies in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// With these bytes.
    Same,
    /// With other bytes.
    Differs,
    /// Not at all.
    Missing,
}

pub(super) fn gates(case: &Case<'_>) -> Vec<GateTold> {
    let headlines: BTreeMap<&str, String> = case
        .lines
        .iter()
        .filter(|l| l.record.kind == Kind::Step)
        .map(|l| (l.record.step.as_str(), member(&l.record.body, "headline")))
        .collect();
    let told = |gate: &crate::audit::case::Gate| {
        let line = case.lines.iter().find(|l| l.seq == gate.seq)?;
        let step = line.record.step.as_str();
        Some(GateTold {
            record: gate.seq,
            at: line.at.wall,
            step: safe(step),
            headline: headlines.get(step).cloned().unwrap_or_default(),
            size: gate.size,
            root: gate.root,
            class: class(case, Kind::Complete),
        })
    };
    case.gates.iter().filter_map(told).collect()
}

pub(super) fn vouchers(case: &Case<'_>) -> Vec<Voucher> {
    let own: Vec<Vkey> = case
        .runs
        .iter()
        .filter_map(|(_, key)| Vkey::new(case.origin.as_deref()?, key.clone()).ok())
        .collect();
    let mut found: BTreeMap<(String, String), Voucher> = BTreeMap::new();
    for (path, bytes) in &case.files.known {
        let last = path == CHECKPOINT;
        if !last && !path.starts_with("checkpoints/") {
            continue;
        }
        let Ok(note) = Note::parse(bytes) else { continue };
        for line in note.signatures() {
            let (name, key_id) = (safe(line.name()), HEXLOWER.encode(&line.key_id()));
            let is_own = |v: &Vkey| v.name() == line.name() && v.id() == line.key_id();
            let voucher = found
                .entry((name.clone(), key_id.clone()))
                .or_insert_with(|| Voucher {
                    name,
                    key_id,
                    own: own.iter().any(is_own),
                    notes: 0,
                    last: false,
                });
            voucher.notes = voucher.notes.saturating_add(1);
            voucher.last |= last;
        }
    }
    found.into_values().collect()
}

pub(super) fn files(case: &Case<'_>) -> Vec<FileTold> {
    let Some((_, refs)) = case.exported() else {
        return Vec::new();
    };
    let told = |file: crate::engine::FileRef| {
        let here = match case.files.get(&file.path) {
            None => Standing::Missing,
            Some(bytes) if Digest::of(bytes) == file.sha256 => Standing::Same,
            Some(_) => Standing::Differs,
        };
        FileTold {
            path: safe(&file.path),
            sha256: file.sha256,
            len: file.len,
            here,
        }
    };
    refs.into_iter().map(told).collect()
}
