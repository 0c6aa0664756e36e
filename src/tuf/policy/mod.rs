//! The policy: a closed set of claims about a new root, its files, the custody
//! of its keys and the people who make it. A claim cannot be switched off; what
//! people may do is waive one, by name and reason in the bytes that they
//! approve, and only a claim that says of itself that it can be waived.
//! (facts/security.md Appendix C and 6.3, after IANA's assurance case: every
//! claim has a text, a source, and a test that it refuses and one that it accepts.)

mod claim;
mod facts;
mod judge;
mod life;
mod preset;
mod size;

pub use claim::{Claim, render_all};
pub use facts::{About, Custody, Facts, FileSteps, Finding, KeyFacts, Life, People, RoleFacts};
pub use judge::judge;
pub use life::{days_until, relative, shown_date, shown_expiry};
pub use preset::{Preset, Window};
pub use size::{ED25519_MAX, RootShape};

use super::RoleName;
use crate::base::Json;

/// What a finding comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It stops the ceremony.
    Refused,
    /// A waiver in the approved bytes covers it.
    Waived,
    /// It would stop a production ceremony; this is a rehearsal, whose devices
    /// and people are stand-ins and whose result is never trusted.
    Rehearsed,
}

impl Verdict {
    /// The stable word of records and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Refused => "refused",
            Verdict::Waived => "waived",
            Verdict::Rehearsed => "rehearsed",
        }
    }
}

/// A waiver, as far as the policy looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waives {
    /// Which claim.
    pub claim: Claim,
    /// For which role's keys and file; `None` for a claim about people.
    pub role: Option<RoleName>,
}

impl Waives {
    /// Whether it covers a finding: the same claim, about the same role.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        let named = !matches!(finding.about, About::Delegated(_));
        named && self.claim == finding.claim && self.role == finding.role() && self.claim.waivable()
    }
}

/// Every finding with what it comes to.
#[must_use]
pub fn weigh(facts: &Facts, waivers: &[Waives]) -> Vec<(Finding, Verdict)> {
    judge(facts)
        .into_iter()
        .map(|finding| {
            let verdict = if waivers.iter().any(|w| w.covers(&finding)) {
                Verdict::Waived
            } else if facts.production || finding.claim.binds_rehearsals() {
                Verdict::Refused
            } else {
                Verdict::Rehearsed
            };
            (finding, verdict)
        })
        .collect()
}

/// Every claim with its verdict, for the record: `holds`, or the worst of what
/// was found against it. A list of `CLAIM VERDICT`, in the order of [`Claim::ALL`].
#[must_use]
pub fn recorded(weighed: &[(Finding, Verdict)]) -> Json {
    let rank = |v: &Verdict| match v {
        Verdict::Refused => 0,
        Verdict::Waived => 1,
        Verdict::Rehearsed => 2,
    };
    let lines = Claim::ALL.iter().map(|claim| {
        let worst = weighed
            .iter()
            .filter(|(f, _)| f.claim == *claim)
            .map(|(_, v)| *v)
            .min_by_key(rank);
        Json::Str(format!("{claim} {}", worst.map_or("holds", Verdict::as_str)))
    });
    Json::Array(lines.collect())
}
