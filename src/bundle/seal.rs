//! What is written after the `close` record and so cannot be in the record
//! itself: the record, who may sign it, its checkpoints, and `SHA256SUMS`.
//! Deterministic and without a disk: the same record gives the same seal.

use std::collections::BTreeMap;

use crate::base::{Digest, PublicKey};
use crate::note::{NotAVkey, Vkey};
use crate::transcript::policy::NotAPolicy;
use crate::transcript::{Line, Policy, attesters, read};

use super::layout::{CHECKPOINT, POLICY, RECORD, SUMS};
use super::sums::Sums;

/// What the seal is made of.
#[derive(Debug, Clone)]
pub struct Seal<'a> {
    /// The record's origin: the name of its log keys.
    pub origin: &'a str,
    /// The log key of each run (`open`, then every `resume`), in order.
    pub log_keys: &'a [PublicKey],
    /// The script's witnesses and how many of them have to cosign; 0 of none.
    pub witnesses: (&'a [Vkey], usize),
    /// Path and digest of every file that was exported and read back.
    pub exported: &'a [(String, Digest)],
    /// All lines of the record, the `close` line too, each with LF.
    pub record: &'a [u8],
    /// The signed note over the whole record.
    pub checkpoint: &'a str,
    /// Every gate's checkpoint as recorded: size and signed note.
    pub gates: &'a [(u64, String)],
}

/// Why there is no seal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSealed {
    /// A log key that cannot sign notes.
    #[error(transparent)]
    Vkey(#[from] NotAVkey),
    /// Log keys that make no policy.
    #[error(transparent)]
    Policy(#[from] NotAPolicy),
}

/// The policy that follows from the log keys of a record and its script's
/// witnesses, of whom so many have to cosign.
///
/// # Errors
/// [`NotSealed`] for keys that are weak, of another algorithm, or there twice.
pub fn policy(
    origin: &str,
    log_keys: &[PublicKey],
    (witnesses, quorum): (&[Vkey], usize),
) -> Result<Policy, NotSealed> {
    let logs = log_keys
        .iter()
        .map(|key| Vkey::new(origin, key.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Policy::witnessed(logs, witnesses.to_vec(), quorum)?)
}

/// The files of the seal: path and bytes.
///
/// # Errors
/// [`NotSealed`].
pub fn seal_files(seal: &Seal<'_>) -> Result<BTreeMap<String, Vec<u8>>, NotSealed> {
    let mut files = BTreeMap::new();
    files.insert(RECORD.to_owned(), seal.record.to_vec());
    let policy = policy(seal.origin, seal.log_keys, seal.witnesses)?
        .to_string()
        .into_bytes();
    files.insert(POLICY.to_owned(), policy);
    let mut sums: BTreeMap<String, Digest> = files
        .iter()
        .map(|(path, bytes)| (path.clone(), Digest::of(bytes)))
        .collect();
    sums.extend(seal.exported.iter().cloned());
    files.insert(CHECKPOINT.to_owned(), seal.checkpoint.as_bytes().to_vec());
    let read: Vec<Line> = read(seal.record)
        .lines
        .into_iter()
        .map(|(line, _)| line)
        .collect();
    let attested = attesters::lines_by_size(&read);
    for (size, note) in seal.gates {
        // What attesters signed after the checkpoint was recorded stands in its note.
        let more = attested.get(size).map(Vec::as_slice).unwrap_or_default();
        let note = attesters::with_lines(note, more);
        files.insert(format!("checkpoints/{size}"), note.into_bytes());
    }
    files.insert(SUMS.to_owned(), Sums(sums).to_string().into_bytes());
    Ok(files)
}
