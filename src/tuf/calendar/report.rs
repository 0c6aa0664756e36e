//! A calendar for people and for programs. Dates are absolute, with their
//! weekday, and relative to the instant that was used (facts/tuf.md W23).

use super::{Calendar, Entry, Standing};
use crate::base::{Instant, Json, shown};
use crate::tuf::fields::number;
use crate::tuf::policy::shown_expiry;

/// Names of a group that stand in the text; the JSON has them all.
const MAX_NAMES: usize = 3;

impl Entry {
    /// The role as people read it, safe to show.
    #[must_use]
    pub fn name(&self) -> String {
        let more = self.also.len();
        let some = std::iter::once(&self.role).chain(&self.also).take(MAX_NAMES);
        let some: Vec<String> = some.map(|n| shown(n, 80)).collect();
        let rest = more.saturating_add(1).saturating_sub(MAX_NAMES);
        match rest {
            0 => some.join(", "),
            n => format!("{} and {n} more", some.join(", ")),
        }
    }

    /// `3 of 5 keys, 4 have signed`, as far as it is known.
    #[must_use]
    pub fn signing(&self) -> String {
        let kind = if self.offline { "offline" } else { "online" };
        match self.threshold {
            Some(threshold) => format!(
                "{kind}, {threshold} of {} must sign; by distinct key {} have",
                self.signers.len(),
                self.distinct
            ),
            None => format!("{kind}; its keys are not known"),
        }
    }
}

impl Calendar {
    /// Where the lead time comes from.
    fn lead_from(&self) -> &'static str {
        if self.lead_given {
            "--lead-days"
        } else {
            "the default; --lead-days N sets another"
        }
    }

    /// Text, one line each. `clock` says where the instant comes from.
    #[must_use]
    pub fn lines(&self, clock: &str) -> Vec<String> {
        let mut out = vec![
            format!("judged at {}, a {} ({clock})", self.at, self.at.weekday()),
            format!(
                "a ceremony of offline keys is over {} days before the expiry ({})",
                self.lead,
                self.lead_from()
            ),
        ];
        out.extend(self.clock.iter().map(|line| format!("clock: {line}")));
        for entry in &self.entries {
            self.entry_lines(entry, &mut out);
        }
        out.extend(self.notes.iter().map(|note| format!("note: {note}")));
        out.push(match self.standing() {
            Standing::Good => "good: nothing is due".to_owned(),
            Standing::Due => "DUE: the date of a ceremony is past".to_owned(),
            Standing::Expired => "EXPIRED: the roles that are marked".to_owned(),
        });
        out
    }

    fn entry_lines(&self, entry: &Entry, out: &mut Vec<String>) {
        let date = |at: Instant| shown_expiry(at, self.at);
        let mark = match entry.standing(self.at) {
            Standing::Expired => "EXPIRED: ",
            _ => "",
        };
        out.push(String::new());
        out.push(format!("{mark}{} version {}", entry.name(), entry.version));
        out.push(format!("  expires {}", date(entry.expires)));
        out.push(format!("  then    {}", entry.consequence()));
        if let Some(by) = entry.by {
            let passed = if by < self.at { ": PASSED" } else { "" };
            out.push(format!("  next ceremony by {}{passed}", date(by)));
        }
        if let (Some(opens), Some(by)) = (entry.opens, entry.by) {
            out.push(if opens == by {
                format!("  signing window: until {by}")
            } else {
                format!("  signing window: {opens} to {by}")
            });
        }
        if let (Some(window), Some(profile)) = (entry.window, self.profile) {
            out.push(format!(
                "  {profile} lets the next one live {} to {} days",
                window.min, window.max
            ));
        }
        if let Some(parent) = &entry.parent {
            out.push(format!("  delegated by {}", shown(parent, 80)));
        }
        out.push(format!("  {}", entry.signing()));
        for signer in &entry.signers {
            let label = signer.label.as_ref().map(|l| format!(" {l}")).unwrap_or_default();
            let word = if signer.signed { "signed" } else { "      " };
            out.push(format!("    {word} {}{label}", signer.keyid));
        }
        out.extend(entry.notes.iter().map(|note| format!("  note: {note}")));
    }

    /// Stable JSON, described in docs/tuf.md.
    #[must_use]
    pub fn json(&self, clock: &str) -> Json {
        let texts = |list: &[String]| Json::Array(list.iter().map(|t| t.as_str().into()).collect());
        Json::object([
            ("v", Json::Int(1)),
            ("at", self.at.to_string().into()),
            ("at_from", clock.into()),
            ("profile", self.profile.map_or(Json::Null, Into::into)),
            ("lead_days", Json::Int(i64::from(self.lead))),
            ("standing", self.standing().as_str().into()),
            ("origin", self.origin.hex().into()),
            (
                "roles",
                Json::Array(self.entries.iter().map(|e| self.entry_json(e)).collect()),
            ),
            ("clock", texts(&self.clock)),
            ("notes", texts(&self.notes)),
        ])
    }

    fn entry_json(&self, entry: &Entry) -> Json {
        let date = |at: Option<Instant>| at.map_or(Json::Null, |at| at.to_string().into());
        let signer = |s: &super::Signer| {
            Json::object([
                ("keyid", s.keyid.as_str().into()),
                ("label", s.label.as_deref().map_or(Json::Null, Into::into)),
                ("signed", Json::Bool(s.signed)),
            ])
        };
        let window = entry.window.map_or(Json::Null, |w| {
            Json::Array(vec![Json::Int(i64::from(w.min)), Json::Int(i64::from(w.max))])
        });
        let parent = entry.parent.as_ref().map(|p| shown(p, 200));
        Json::object([
            ("role", shown(&entry.role, 200).into()),
            (
                "also",
                Json::Array(entry.also.iter().map(|n| shown(n, 200).into()).collect()),
            ),
            ("parent", parent.map_or(Json::Null, Into::into)),
            ("version", number(entry.version)),
            ("expires", entry.expires.to_string().into()),
            ("weekday", entry.expires.weekday().into()),
            ("seconds_left", Json::Int(entry.expires.since(self.at))),
            ("standing", entry.standing(self.at).as_str().into()),
            ("consequence", entry.consequence().into()),
            ("offline", Json::Bool(entry.offline)),
            ("by", date(entry.by)),
            ("opens", date(entry.opens)),
            ("days", window),
            ("threshold", entry.threshold.map_or(Json::Null, number)),
            (
                "distinct",
                Json::Int(i64::try_from(entry.distinct).unwrap_or(i64::MAX)),
            ),
            ("keys", Json::Array(entry.signers.iter().map(signer).collect())),
            (
                "notes",
                Json::Array(entry.notes.iter().map(|n| n.as_str().into()).collect()),
            ),
        ])
    }
}
