//! When each file of a repository expires, and when the next ceremony has to be
//! (facts/tuf.md W14): expired roots are the outage that everybody could have
//! seen. Pure: the files and the instant come in; which file of a role counts is
//! `gather`'s to say, `report` and `ics` say it to people and to calendars.

mod gather;
mod ics;
mod report;

pub use gather::calendar;

use super::policy::{Preset, Window};
use crate::base::Instant;

const DAY: i64 = 86_400;

/// How long before the expiry of an offline role's file its ceremony is to be
/// over, where nobody says otherwise: time to publish, and for a second try.
pub const LEAD_DAYS: u32 = 30;

/// How a calendar is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Everything is relative to this instant.
    pub at: Instant,
    /// Whose windows are recommended; `None`: no windows.
    pub preset: Option<Preset>,
    /// The lead time of offline roles in days; `None`: [`LEAD_DAYS`].
    pub lead_days: Option<u32>,
}

impl Options {
    /// The lead time that is used.
    #[must_use]
    pub fn lead(&self) -> u32 {
        self.lead_days.unwrap_or(LEAD_DAYS)
    }
}

/// Why files give no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[{code}] {why}")]
pub struct NotACalendar {
    /// The stable code.
    pub code: &'static str,
    /// Expected and got, safe to show.
    pub why: String,
}

/// What it comes to; the worst of all entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing is due.
    Good,
    /// The date by which the next ceremony had to be is past.
    Due,
    /// It is expired.
    Expired,
}

impl Standing {
    /// The stable word of the JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Good => "good",
            Standing::Due => "due",
            Standing::Expired => "expired",
        }
    }
}

/// A key that may sign a role's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// Its keyid.
    pub keyid: String,
    /// What its object says of its owner or its place; safe to show.
    pub label: Option<String>,
    /// Whether its signature on this file verifies.
    pub signed: bool,
}

/// The newest file of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The role's name as it stands. Not safe to show.
    pub role: String,
    /// Other roles whose files say the same in every respect: bins.
    pub also: Vec<String>,
    /// Who delegates to it; `None` for the four top-level roles.
    pub parent: Option<String>,
    /// Its version.
    pub version: u64,
    /// When it expires.
    pub expires: Instant,
    /// People sign it: none of its keys is one of timestamp's.
    pub offline: bool,
    /// How many must sign; `None` where no root says it.
    pub threshold: Option<u64>,
    /// Distinct public keys that signed.
    pub distinct: usize,
    /// Who may sign it.
    pub signers: Vec<Signer>,
    /// An offline role's ceremony has to be over before.
    pub by: Option<Instant>,
    /// The signing window opens; it closes at `by`.
    pub opens: Option<Instant>,
    /// How long its next file may live.
    pub window: Option<Window>,
    /// What a reader should know of it; safe to show.
    pub notes: Vec<String>,
}

impl Entry {
    /// How it stands at an instant.
    #[must_use]
    pub fn standing(&self, at: Instant) -> Standing {
        // TUF 5.3.10, 5.4.4, 5.5.6, 5.6.5: the expiry has to be later than the client's start.
        if self.expires <= at {
            Standing::Expired
        } else if self.by.is_some_and(|by| by < at) {
            Standing::Due
        } else {
            Standing::Good
        }
    }

    /// What happens to clients when it expires.
    #[must_use]
    pub fn consequence(&self) -> &'static str {
        match (self.parent.is_some(), self.role.as_str()) {
            (true, _) => {
                "a client whose search for a target file comes to this role fails; other target files stay within reach (TUF 5.6.7)"
            }
            (_, "root") => {
                "every client refuses every update; a newer root that this one's keys sign still brings it on (TUF 5.3.10)"
            }
            (_, "targets") => "clients find no target file until a newer targets is published (TUF 5.6.5)",
            (_, "snapshot") => {
                "clients refuse every update until a newer snapshot and timestamp are published (TUF 5.5.6)"
            }
            _ => "clients refuse every update until a newer timestamp is published (TUF 5.4.4)",
        }
    }
}

/// The files of a repository, the one that expires first at the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Where the roles begin: SHA-256 of the signed part of the oldest root here.
    pub origin: crate::base::Digest,
    /// The instant.
    pub at: Instant,
    /// The profile whose windows are recommended.
    pub profile: Option<&'static str>,
    /// The lead time of offline roles in days.
    pub lead: u32,
    /// Whether somebody gave the lead time.
    pub lead_given: bool,
    /// By expiry.
    pub entries: Vec<Entry>,
    /// What the clock cannot be, as far as the files show it.
    pub clock: Vec<String>,
    /// What was not counted, and what is not here; safe to show.
    pub notes: Vec<String>,
}

impl Calendar {
    /// The worst of the entries.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let each = self.entries.iter().map(|e| e.standing(self.at));
        each.max().unwrap_or(Standing::Good)
    }
}

/// Days before an instant, at the earliest 1970.
fn before(at: Instant, days: u32) -> Instant {
    let seconds = at.unix().saturating_sub(i64::from(days).saturating_mul(DAY));
    Instant::from_unix(seconds).unwrap_or(Instant::EPOCH)
}

#[cfg(test)]
mod tests;
