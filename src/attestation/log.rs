//! The log of a YubiHSM 2: what the device says that it was told to do. Entries
//! of 32 bytes, each with a digest over itself and the digest before it; read
//! out in batches, because the device holds 62. The chain shows that nothing
//! between two entries was lost or changed. It has no signature and no time:
//! its worth is in being read out in front of witnesses into the record, and
//! in `reconcile`, which holds it against what the record says was sent (L2).

use crate::base::Digest;

pub use super::log_words::{command_code, command_name};
pub use super::reconcile::{Reconciliation, Sent, reconcile};

/// Bytes of an entry.
pub const ENTRY_BYTES: usize = 32;
/// Entries that the device holds.
pub const CAPACITY: usize = 62;

/// What not even a whole and reconciled log proves.
pub const DOES_NOT_PROVE: &[&str] = &[
    "that it came from the device: the log is not signed; only those who saw it read out know",
    "when anything happened: the log counts ticks since power-on and knows no date",
    "what happened before its first entry, whose predecessor's digest nobody can check",
    "what was done in commands that the device was not told to log (its command-audit options)",
];

/// One entry of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its number; after 65535 comes 0.
    pub number: u16,
    /// The command's code.
    pub command: u8,
    /// The length of the command's data.
    pub length: u16,
    /// The authentication key of the session, 0xffff outside of any.
    pub session_key: u16,
    /// The object it was about, or 0xffff.
    pub target: u16,
    /// A second object, or 0xffff.
    pub second: u16,
    /// The command's code with the high bit set when it worked, else an error's.
    pub result: u8,
    /// The device's tick counter.
    pub tick: u32,
    /// SHA-256 over the 16 bytes before it and the previous entry's digest, cut
    /// to 16 bytes by the device.
    pub digest: [u8; 16],
}

/// What is wrong with a log. Safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// Not a whole number of entries, or another number than stated.
    #[error("expected {expected} bytes of log, got {got}")]
    Length {
        /// Bytes that the header promises, or the next multiple of 32.
        expected: usize,
        /// Bytes that are there.
        got: usize,
    },
    /// More entries than the device can hold.
    #[error("{got} entries in one answer: the device holds {CAPACITY}")]
    TooMany {
        /// Entries found.
        got: usize,
    },
    /// The device counted starts or sessions that it could not log: it was full.
    #[error("the device did not log {boots} starts and {sessions} authentications: its log was full")]
    Unlogged {
        /// Starts not logged.
        boots: u16,
        /// Authentications not logged.
        sessions: u16,
    },
    /// An entry's number does not follow.
    #[error("expected entry {expected}, got entry {got}: a part of the log is missing")]
    Gap {
        /// The number that should stand there.
        expected: u16,
        /// The number that stands there.
        got: u16,
    },
    /// An entry's digest is not the one that its bytes give.
    #[error("entry {number} does not follow from the entry before it")]
    Digest {
        /// The entry.
        number: u16,
    },
    /// Two readings disagree about the same entry.
    #[error("entry {number} was read twice with different content")]
    Rewritten {
        /// The entry.
        number: u16,
    },
    /// The first entry is not the one that a reset leaves.
    #[error("entry {number} is the first: the log does not begin at a reset")]
    NotFromReset {
        /// The first entry's number.
        number: u16,
    },
    /// The device was started more than once, or its start is not there.
    #[error("expected one start of the device right after its reset, got {got} starts")]
    Boots {
        /// Starts found.
        got: usize,
    },
    /// There is nothing.
    #[error("the log is empty")]
    Empty,
}

impl Entry {
    /// Reads 32 bytes; all numbers are big-endian.
    #[must_use]
    pub fn parse(bytes: &[u8; ENTRY_BYTES]) -> Entry {
        let [
            n0,
            n1,
            command,
            l0,
            l1,
            k0,
            k1,
            t0,
            t1,
            s0,
            s1,
            result,
            c0,
            c1,
            c2,
            c3,
            digest @ ..,
        ] = *bytes;
        Entry {
            number: u16::from_be_bytes([n0, n1]),
            command,
            length: u16::from_be_bytes([l0, l1]),
            session_key: u16::from_be_bytes([k0, k1]),
            target: u16::from_be_bytes([t0, t1]),
            second: u16::from_be_bytes([s0, s1]),
            result,
            tick: u32::from_be_bytes([c0, c1, c2, c3]),
            digest,
        }
    }

    /// The 32 bytes as the device wrote them.
    #[must_use]
    pub fn bytes(&self) -> [u8; ENTRY_BYTES] {
        let mut out = [0; ENTRY_BYTES];
        let all = self.head().into_iter().chain(self.digest);
        for (to, from) in out.iter_mut().zip(all) {
            *to = from;
        }
        out
    }

    /// What its digest has to be after an entry with the digest `previous`.
    #[must_use]
    pub fn digest_after(&self, previous: &[u8; 16]) -> [u8; 16] {
        let whole = Digest::of_parts(&[&self.head(), previous]);
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = *whole.as_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }

    /// Whether the command worked.
    #[must_use]
    pub fn worked(&self) -> bool {
        // A start of the device has no result.
        self.is_boot() || self.is_initialised() || self.result == self.command | 0x80
    }

    /// Whether it is the first entry after a reset: all bits set.
    #[must_use]
    pub fn is_initialised(&self) -> bool {
        self.command == 0xff && self.length == 0xffff && self.session_key == 0xffff && self.tick == u32::MAX
    }

    /// Whether it is a start of the device.
    #[must_use]
    pub fn is_boot(&self) -> bool {
        self.command == 0 && self.length == 0
    }

    /// One line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let object = |id: u16| {
            if id == 0xffff {
                "-".to_owned()
            } else {
                format!("0x{id:04x}")
            }
        };
        format!(
            "{:>5}  {:<28} key {} object {} {} {}",
            self.number,
            command_name(self.command),
            object(self.session_key),
            object(self.target),
            object(self.second),
            if self.worked() {
                "done".to_owned()
            } else {
                format!("refused 0x{:02x}", self.result)
            }
        )
    }

    fn head(&self) -> [u8; 16] {
        let [n0, n1] = self.number.to_be_bytes();
        let [l0, l1] = self.length.to_be_bytes();
        let [k0, k1] = self.session_key.to_be_bytes();
        let [t0, t1] = self.target.to_be_bytes();
        let [s0, s1] = self.second.to_be_bytes();
        let [c0, c1, c2, c3] = self.tick.to_be_bytes();
        [
            n0,
            n1,
            self.command,
            l0,
            l1,
            k0,
            k1,
            t0,
            t1,
            s0,
            s1,
            self.result,
            c0,
            c1,
            c2,
            c3,
        ]
    }
}

/// One reading of the log: the device's answer to get-log-entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Starts that the device could not log because its log was full.
    pub unlogged_boots: u16,
    /// Authentications that it could not log.
    pub unlogged_sessions: u16,
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
}

impl Batch {
    /// Reads an answer: two counters, the number of entries, the entries.
    ///
    /// # Errors
    /// [`LogFault::Length`], [`LogFault::TooMany`]. Counters that are not 0 parse;
    /// [`join`] refuses them.
    pub fn parse(answer: &[u8]) -> Result<Batch, LogFault> {
        let [b0, b1, a0, a1, count, rest @ ..] = answer else {
            return Err(LogFault::Length {
                expected: 5,
                got: answer.len(),
            });
        };
        let expected = usize::from(*count).saturating_mul(ENTRY_BYTES);
        if rest.len() != expected {
            return Err(LogFault::Length {
                expected: expected.saturating_add(5),
                got: answer.len(),
            });
        }
        if usize::from(*count) > CAPACITY {
            return Err(LogFault::TooMany {
                got: usize::from(*count),
            });
        }
        let (entries, _) = rest.as_chunks::<ENTRY_BYTES>();
        Ok(Batch {
            unlogged_boots: u16::from_be_bytes([*b0, *b1]),
            unlogged_sessions: u16::from_be_bytes([*a0, *a1]),
            entries: entries.iter().map(Entry::parse).collect(),
        })
    }
}

/// Joins readings into one log and recomputes its chain. A reading may repeat
/// entries of the one before (the index was not yet advanced); what it repeats
/// must be the same, and what is new must follow without a gap.
///
/// # Errors
/// The first [`LogFault`]: unlogged counters, a gap, a digest, a rewritten entry.
pub fn join(batches: &[Batch]) -> Result<Vec<Entry>, LogFault> {
    let mut all: Vec<Entry> = Vec::new();
    for batch in batches {
        if (batch.unlogged_boots, batch.unlogged_sessions) != (0, 0) {
            return Err(LogFault::Unlogged {
                boots: batch.unlogged_boots,
                sessions: batch.unlogged_sessions,
            });
        }
        // Where the reading begins in what is already there. A reading is at most
        // 62 long, so a number that came round after 65536 entries cannot mislead.
        let tail = all.len().saturating_sub(CAPACITY);
        let overlap = batch.entries.first().and_then(|first| {
            let recent = all.iter().skip(tail);
            recent
                .clone()
                .position(|e| e.number == first.number)
                .map(|i| tail.saturating_add(i))
        });
        let mut known = overlap.unwrap_or(all.len());
        for entry in &batch.entries {
            match all.get(known) {
                Some(stands) if stands == entry => {}
                Some(stands) => {
                    return Err(LogFault::Rewritten {
                        number: stands.number,
                    });
                }
                None => {
                    follows(all.last(), entry)?;
                    all.push(*entry);
                }
            }
            known = known.saturating_add(1);
        }
    }
    if all.is_empty() {
        return Err(LogFault::Empty);
    }
    Ok(all)
}

/// Whether a joined log tells everything since the device's reset, and the
/// device was not unplugged since: the reset's marker as entry 1, then the only
/// start (threats V25, T14: what was planted before a reset is gone, and what
/// was done after it stands in the log).
///
/// # Errors
/// [`LogFault::NotFromReset`], [`LogFault::Boots`], [`LogFault::Empty`].
pub fn from_reset(log: &[Entry]) -> Result<(), LogFault> {
    let (first, rest) = log.split_first().ok_or(LogFault::Empty)?;
    if !first.is_initialised() || first.number != 1 {
        return Err(LogFault::NotFromReset { number: first.number });
    }
    let got = rest.iter().filter(|e| e.is_boot()).count();
    match rest.first() {
        Some(second) if second.is_boot() && got == 1 => Ok(()),
        _ => Err(LogFault::Boots { got }),
    }
}

fn follows(last: Option<&Entry>, entry: &Entry) -> Result<(), LogFault> {
    // The first digest goes back to random bytes of the device or to an entry
    // that nobody has: it is taken as it is.
    let Some(last) = last else { return Ok(()) };
    let expected = last.number.wrapping_add(1);
    if entry.number != expected {
        return Err(LogFault::Gap {
            expected,
            got: entry.number,
        });
    }
    if entry.digest_after(&last.digest) != entry.digest {
        return Err(LogFault::Digest { number: entry.number });
    }
    Ok(())
}
