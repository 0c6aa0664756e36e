//! `quorum`: which witnesses the policy asks for, and who cosigned. The policy
//! is the one that follows from record and script. A witness's line that does
//! not verify is a failure; a quorum that is missing is none: cosignatures may
//! come later, and the verdict's level says what there is (C2SP tlog-policy).

use crate::bundle::Place;
use crate::bundle::layout::{CHECKPOINT, POLICY};
use crate::note::{Note, Vkey};
use crate::transcript::policy::NotAPolicy;
use crate::transcript::{Checkpoint, Policy};

use super::super::codes::{FILE_MISSING, KEY_REFUSED, POLICY_SWAPPED, SIGNATURE_FORGED};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    const WHAT: &str = "the policy is the record's";
    let Some(bytes) = case.files.get(POLICY) else {
        return if case.is_bundle {
            Finding::fail(WHAT, (FILE_MISSING, "policy: is missing".to_owned()))
        } else {
            Finding::not_applicable("a record's own folder has no policy")
        };
    };
    let policy = match std::str::from_utf8(bytes).map(Policy::parse) {
        Ok(Ok(policy)) => policy,
        Ok(Err(why)) => {
            let code = match why {
                NotAPolicy::Vkey { .. } | NotAPolicy::Kind { .. } => KEY_REFUSED,
                _ => POLICY_SWAPPED,
            };
            return Finding::fail(WHAT, (code, format!("policy: {why}")));
        }
        Err(_) => return Finding::fail(WHAT, (POLICY_SWAPPED, "policy: expected text".to_owned())),
    };
    if case.policy.as_ref() != Ok(&policy) {
        let why = "policy: is not the one that follows from record and script".to_owned();
        return Finding::fail(WHAT, (POLICY_SWAPPED, why));
    }
    let seen = witnessing(case, policy.witnesses(), policy.quorum());
    let wrong: Vec<_> = seen
        .checkpoints
        .iter()
        .flat_map(|c| c.wrong.iter().map(move |w| (c, w)))
        .map(|(c, w)| {
            let why = format!("{}: the line of the witness {} does not verify", c.path, w.name());
            (SIGNATURE_FORGED, why)
        })
        .collect();
    if !wrong.is_empty() {
        return Finding::of("every line of a known witness verifies", wrong);
    }
    let what = if policy.witnesses().is_empty() {
        "quorum none: no witness".to_owned()
    } else {
        format!(
            "{} of {} witnesses cosigned the final checkpoint; the quorum of {} is {}",
            seen.last,
            policy.witnesses().len(),
            policy.quorum(),
            if seen.met() { "met" } else { "missing" }
        )
    };
    let who = seen.checkpoints.iter().filter(|c| !c.by.is_empty()).map(|c| {
        let names: Vec<&str> = c.by.iter().map(|w| w.name()).collect();
        format!("{}: size {} cosigned by {}", c.path, c.size, names.join(", "))
    });
    let notes: Vec<String> = who.collect();
    Finding::pass(what).with(notes)
}

/// What some witnesses, of the policy or of an auditor's own list, have cosigned.
#[derive(Debug)]
pub(in crate::audit) struct Witnessing<'v> {
    /// How many of them a checkpoint needs; 0: none is asked for.
    pub(in crate::audit) quorum: usize,
    /// How many distinct public keys cosigned the final checkpoint.
    pub(in crate::audit) last: usize,
    /// Every checkpoint that can be read, the gates' in the order of their sizes,
    /// then the final one.
    pub(in crate::audit) checkpoints: Vec<Cosigned<'v>>,
    /// The first records of the runs that no checkpoint with a quorum of
    /// cosignatures covers.
    pub(in crate::audit) uncovered: Vec<u64>,
}

impl Witnessing<'_> {
    /// Whether the final checkpoint has its quorum; `false` where none is asked for.
    pub(in crate::audit) fn met(&self) -> bool {
        self.quorum > 0 && self.last >= self.quorum
    }
}

/// One checkpoint and its cosigners.
#[derive(Debug)]
pub(in crate::audit) struct Cosigned<'v> {
    /// `checkpoint` or `checkpoints/<size>`.
    pub(in crate::audit) path: String,
    /// How many lines it covers.
    pub(in crate::audit) size: u64,
    /// Whose line verifies.
    pub(in crate::audit) by: Vec<&'v Vkey>,
    /// Whose line stands there and does not verify.
    pub(in crate::audit) wrong: Vec<&'v Vkey>,
}

/// Who of `witnesses` (distinct public keys) cosigned what. Whether a checkpoint
/// is the record's, `root` and `signatures` say: of another one nothing counts.
pub(in crate::audit) fn witnessing<'v>(
    case: &Case<'_>,
    witnesses: &'v [Vkey],
    quorum: usize,
) -> Witnessing<'v> {
    let gates = case.files.at(Place::Gate);
    let last = case.files.get(CHECKPOINT).map(|bytes| (CHECKPOINT, bytes));
    let mut read: Vec<(Cosigned<'v>, Checkpoint)> = gates
        .chain(last)
        .filter_map(|(path, bytes)| cosigned(path, bytes, witnesses))
        .filter(|(_, checkpoint)| Some(checkpoint.origin()) == case.origin.as_deref())
        .collect();
    read.sort_by_key(|(c, _)| c.size);
    let sizes: Vec<u64> = read.iter().map(|(c, _)| c.size).collect();
    let roots = case.roots(&sizes);
    let checkpoints: Vec<Cosigned<'v>> = read
        .into_iter()
        .filter(|(c, checkpoint)| roots.get(&c.size) == Some(&checkpoint.root()))
        .map(|(c, _)| c)
        .collect();
    let last = checkpoints.iter().find(|c| c.path == CHECKPOINT);
    // A run's first record has the number of the lines before it: a checkpoint over
    // more lines than that covers it.
    let covered = |seq: u64| {
        let met = |c: &Cosigned<'_>| quorum > 0 && c.by.len() >= quorum;
        checkpoints.iter().any(|c| met(c) && c.size > seq)
    };
    Witnessing {
        quorum,
        last: last.map_or(0, |c| c.by.len()),
        uncovered: case
            .runs
            .iter()
            .map(|(seq, _)| *seq)
            .filter(|seq| !covered(*seq))
            .collect(),
        checkpoints,
    }
}

fn cosigned<'v>(path: &str, bytes: &[u8], witnesses: &'v [Vkey]) -> Option<(Cosigned<'v>, Checkpoint)> {
    let note = Note::parse(bytes).ok()?;
    let checkpoint = Checkpoint::parse(note.text()).ok()?;
    let lines = witnesses.iter().filter(|w| note.line_of(w).is_some());
    let (by, wrong) = lines.partition(|w| note.verified_by(w));
    let cosigned = Cosigned {
        path: path.to_owned(),
        size: checkpoint.size(),
        by,
        wrong,
    };
    Some((cosigned, checkpoint))
}
