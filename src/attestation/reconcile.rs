//! Holds the device's log against what the record says was sent to the device:
//! one entry for one command, in order. What is in the log and not in the
//! record is an unexplained use of the device (threats T04, V33); what is in
//! the record and not in the log was not done, or not by this device.

use super::log::Entry;
use super::log_words::{command_code, command_name};

/// A command that the record says was sent and that the device logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The command's code.
    pub command: u8,
    /// The authentication key of the session; `None`: not compared.
    pub session_key: Option<u16>,
    /// The object; `None`: not compared.
    pub target: Option<u16>,
    /// Whether the record says that it worked; `None`: it does not know.
    pub worked: Option<bool>,
    /// Where the record says so (a sequence number), for the report.
    pub record: Option<u64>,
}

impl Sent {
    /// A command by name that worked; `None` for a name that we do not know.
    #[must_use]
    pub fn named(name: &str) -> Option<Sent> {
        Some(Sent {
            command: command_code(name)?,
            session_key: None,
            target: None,
            worked: Some(true),
            record: None,
        })
    }

    /// With the object that it was about.
    #[must_use]
    pub fn about(mut self, target: u16) -> Sent {
        self.target = Some(target);
        self
    }

    fn is(&self, entry: &Entry) -> bool {
        self.command == entry.command
            && self.session_key.is_none_or(|key| key == entry.session_key)
            && self.target.is_none_or(|target| target == entry.target)
            && self.worked.is_none_or(|worked| worked == entry.worked())
    }

    fn line(&self) -> String {
        let target = self
            .target
            .map(|t| format!(" object 0x{t:04x}"))
            .unwrap_or_default();
        let record = self.record.map(|r| format!(" [record {r}]")).unwrap_or_default();
        let failed = if self.worked == Some(false) {
            " (refused)"
        } else {
            ""
        };
        format!("{}{target}{failed}{record}", command_name(self.command))
    }
}

/// What holding one against the other gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// Commands that the record says were sent.
    pub commands: usize,
    /// Entries of the log.
    pub entries: usize,
    /// Entries that no command explains, oldest first.
    pub unexplained: Vec<Entry>,
    /// Commands without an entry, in order.
    pub missing: Vec<Sent>,
    /// There was more of either than is looked at; nothing was compared.
    pub too_long: bool,
}

/// How many commands or entries are looked at: far more than a ceremony has,
/// few enough that the comparison stays small.
const MAX: usize = 4096;

/// Matches commands and entries in order, leaving as few over as possible.
#[must_use]
pub fn reconcile(sent: &[Sent], log: &[Entry]) -> Reconciliation {
    let mut out = Reconciliation {
        commands: sent.len(),
        entries: log.len(),
        unexplained: Vec::new(),
        missing: Vec::new(),
        too_long: sent.len() > MAX || log.len() > MAX,
    };
    if out.too_long {
        return out;
    }
    // What agrees at both ends needs no search, and that is nearly everything.
    let front = sent.iter().zip(log).take_while(|(s, e)| s.is(e)).count();
    let (sent, log) = (
        sent.get(front..).unwrap_or_default(),
        log.get(front..).unwrap_or_default(),
    );
    let back = sent
        .iter()
        .rev()
        .zip(log.iter().rev())
        .take_while(|(s, e)| s.is(e))
        .count();
    let sent = sent.get(..sent.len().saturating_sub(back)).unwrap_or_default();
    let log = log.get(..log.len().saturating_sub(back)).unwrap_or_default();
    leftovers(sent, log, &mut out);
    out
}

/// The longest common subsequence, as a table of lengths from each place on.
fn leftovers(sent: &[Sent], log: &[Entry], out: &mut Reconciliation) {
    let mut rows: Vec<Vec<u16>> = vec![vec![0; log.len().saturating_add(1)]];
    for command in sent.iter().rev() {
        let below = rows.last().map(Vec::as_slice).unwrap_or_default();
        let mut row = vec![0_u16];
        // Walks the log backwards: `below` is read from its end as well.
        for (entry, pair) in log.iter().rev().zip(below.windows(2).rev()) {
            let (under, diagonal) = match pair {
                [under, diagonal] => (*under, *diagonal),
                _ => (0, 0),
            };
            let right = row.last().copied().unwrap_or_default();
            row.push(if command.is(entry) {
                diagonal.saturating_add(1)
            } else {
                under.max(right)
            });
        }
        row.reverse();
        rows.push(row);
    }
    rows.reverse();
    let length = |i: usize, j: usize| rows.get(i).and_then(|r| r.get(j)).copied().unwrap_or_default();
    let (mut i, mut j) = (0_usize, 0_usize);
    loop {
        match (sent.get(i), log.get(j)) {
            (Some(command), Some(entry)) => {
                let (down, right) = (i.saturating_add(1), j.saturating_add(1));
                if command.is(entry) && length(i, j) == length(down, right).saturating_add(1) {
                    (i, j) = (down, right);
                } else if length(down, j) >= length(i, right) {
                    out.missing.push(command.clone());
                    i = down;
                } else {
                    out.unexplained.push(*entry);
                    j = right;
                }
            }
            (Some(command), None) => {
                out.missing.push(command.clone());
                i = i.saturating_add(1);
            }
            (None, Some(entry)) => {
                out.unexplained.push(*entry);
                j = j.saturating_add(1);
            }
            (None, None) => return,
        }
    }
}

impl Reconciliation {
    /// Whether each command has its entry and each entry its command.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.too_long && self.unexplained.is_empty() && self.missing.is_empty() && self.entries > 0
    }

    /// One sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.too_long {
            return format!(
                "{} commands, {} entries: more than the {MAX} that are compared",
                self.commands, self.entries
            );
        }
        format!(
            "{} commands, {} entries, {} unexplained, {} missing",
            self.commands,
            self.entries,
            self.unexplained.len(),
            self.missing.len()
        )
    }

    /// The sentence, and a line for each entry or command left over.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut out = vec![self.sentence()];
        out.extend(
            self.unexplained
                .iter()
                .map(|e| format!("unexplained: {}", e.line().trim())),
        );
        out.extend(self.missing.iter().map(|s| format!("missing: {}", s.line())));
        out
    }

    /// How often `log` says that a key signed, worked or not: it must be the
    /// number of signatures in the record and their explained retries.
    #[must_use]
    pub fn signatures(log: &[Entry], key: u16) -> usize {
        let signing = ["sign-pkcs1", "sign-pss", "sign-ecdsa", "sign-eddsa"].map(command_code);
        log.iter()
            .filter(|e| e.target == key && signing.contains(&Some(e.command)))
            .count()
    }
}
