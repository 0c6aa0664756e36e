//! How the files stand today, apart from the verdict: a ceremony of last year
//! is judged by its own clock, and its metadata may have expired since. The
//! clients here are those that this program models now, whatever models the
//! record pins.

use std::collections::BTreeMap;

use crate::base::Instant;
use crate::engine::{CLIENTS, judge_all};

use super::case::{Case, Whole};

/// The files under today's clock and today's client models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Today {
    /// The instant that was given as today.
    pub at: Instant,
    /// Version of the client models of this program.
    pub models: u32,
    /// What the strict client says; `None`: it accepts.
    pub refuses: Option<String>,
    /// What each client's model says: name and release, and its words.
    pub clients: Vec<(String, String)>,
}

/// `None`: no instant was given as today, or there is no metadata.
pub(super) fn status(case: &Case<'_>) -> Option<Today> {
    let at = case.options.today.filter(|_| case.is_bundle)?;
    let files: BTreeMap<String, Vec<u8>> = case.metadata();
    if files.is_empty() {
        return None;
    }
    let whole = Whole::of(case, &files, at);
    let strict = crate::tuf::check_repository_from(&whole.files, whole.first, at);
    let clients = judge_all(&whole.files, at)
        .into_iter()
        .map(|judged| {
            let said = crate::base::shown(&judged.verdict.to_string(), 300);
            (format!("{} {}", judged.client, judged.version), said)
        })
        .collect();
    Some(Today {
        at,
        models: CLIENTS,
        refuses: strict.err().map(|e| format!("{}: {e}", e.code())),
        clients,
    })
}
