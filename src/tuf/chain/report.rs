//! The words and the JSON of a judged chain. Digests are whole, dates absolute
//! with their weekday, and the time of the judgement stands in the first line.

use super::{Defect, Mode, Report, Signer, Step, Verdict, Weight, refuses};
use crate::base::{Instant, Json};
use crate::tuf::remedy::remedy;
use crate::tuf::threshold::Meter;

/// The version of the JSON.
const VERSION: i64 = 1;

impl Report {
    /// Text, one line each; `clock` says where the time of the judgement came from.
    #[must_use]
    pub fn lines(&self, clock: &str) -> Vec<String> {
        let mode = self.options.mode;
        let mut out = vec![format!(
            "{} rules, judged at {}, a {} ({clock})",
            mode.as_str(),
            self.options.at,
            self.options.at.weekday()
        )];
        if mode == Mode::Historic {
            out.push(
                "for reading history: what only these rules accept is never trusted for signing".to_owned(),
            );
        }
        for step in &self.steps {
            out.push(String::new());
            self.step(step, &mut out);
        }
        if !self.defects.is_empty() {
            out.push(String::new());
            out.push("the chain as a whole".to_owned());
            blame(&self.defects, mode, &mut out);
        }
        out.push(String::new());
        out.extend(self.ending());
        out
    }

    fn step(&self, step: &Step, out: &mut Vec<String>) {
        let mode = self.options.mode;
        let word = if step.accepted(mode) {
            "accepted"
        } else {
            "REFUSED"
        };
        out.push(format!("root {}: {word}", step.version));
        if let Some(says) = &step.says {
            out.push(format!(
                "  expires {}, a {}: {}",
                says.expires,
                says.expires.weekday(),
                relative(says.expires, self.options.at)
            ));
            let roles: Vec<_> = says
                .roles
                .iter()
                .map(|(name, (threshold, keys))| format!("{name} {threshold} of {keys}"))
                .collect();
            out.push(format!("  {}", roles.join(", ")));
            let consistent = says
                .consistent_snapshot
                .map_or("absent".to_owned(), |c| c.to_string());
            out.push(format!(
                "  spec_version {}, consistent_snapshot {consistent}",
                says.spec_version
            ));
            out.push(format!("  signed part SHA-256 {}", says.signed_sha256));
        }
        out.push(format!(
            "  file        SHA-256 {}, {} bytes",
            step.sha256, step.size
        ));
        for (whose, meter) in [("of the version before", &step.old), ("of its own", &step.new)] {
            if let Some(m) = meter {
                let keys = if m.distinct == 1 { "key" } else { "keys" };
                out.push(format!(
                    "  signed by {} {keys} {whose}; {} needed",
                    m.distinct, m.threshold
                ));
            }
        }
        for signer in &step.signers {
            let counts = match (signer.old, signer.new) {
                (true, true) => "counts for both",
                (true, false) => "counts for the version before",
                (false, true) => "counts for its own",
                (false, false) => "does not count",
            };
            let ids = signer.keyids.len();
            let under = if ids == 1 {
                String::new()
            } else {
                format!(", under {ids} keyids")
            };
            out.push(format!("    key {}: {counts}{under}", signer.fingerprint));
        }
        if !step.changes.is_empty() {
            out.push("  changed".to_owned());
            out.extend(step.changes.iter().map(|c| format!("    {}", c.line())));
        }
        blame(&step.defects, mode, out);
    }

    fn ending(&self) -> Vec<String> {
        let last = self.steps.last();
        let mut out = Vec::new();
        let refused: Vec<_> = self
            .steps
            .iter()
            .filter(|s| !s.accepted(self.options.mode))
            .map(|s| s.version.to_string())
            .collect();
        if !refused.is_empty() {
            out.push(format!("refused versions: {}", refused.join(", ")));
        }
        if let Some(says) = last.and_then(|s| s.says.as_ref()) {
            out.push(format!(
                "the last root expires {}, a {}: {}",
                says.expires,
                says.expires.weekday(),
                relative(says.expires, self.options.at)
            ));
        }
        out.push(match (self.verdict(), last) {
            (Verdict::Refused, _) | (_, None) => "verdict: refused".to_owned(),
            (verdict, Some(last)) => format!(
                "verdict: {}: {} to {} hold",
                verdict.as_str(),
                self.options.from,
                last.version
            ),
        });
        out
    }

    /// Stable JSON, described in docs/tuf.md.
    #[must_use]
    pub fn json(&self, clock: &str) -> Json {
        let mode = self.options.mode;
        let count = |n: u64| Json::Int(i64::try_from(n).unwrap_or(i64::MAX));
        Json::object([
            ("v", Json::Int(VERSION)),
            ("mode", mode.as_str().into()),
            ("at", self.options.at.to_string().into()),
            ("at_from", clock.into()),
            ("from", count(self.options.from)),
            ("verdict", self.verdict().as_str().into()),
            (
                "roots",
                Json::Array(self.steps.iter().map(|s| self.step_json(s)).collect()),
            ),
            (
                "defects",
                Json::Array(self.defects.iter().map(|d| blame_json(d, mode)).collect()),
            ),
        ])
    }

    fn step_json(&self, step: &Step) -> Json {
        let mode = self.options.mode;
        let count = |n: u64| Json::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let size = |n: usize| Json::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let says = step.says.as_ref().map_or(Json::Null, |says| {
            let roles = says.roles.iter().map(|(name, (threshold, keys))| {
                let role = Json::object([("threshold", count(*threshold)), ("keys", size(*keys))]);
                (name.as_str().to_owned(), role)
            });
            Json::object([
                ("signed_sha256", says.signed_sha256.hex().into()),
                ("spec_version", says.spec_version.as_str().into()),
                ("expires", says.expires.to_string().into()),
                ("weekday", says.expires.weekday().into()),
                ("expired", Json::Bool(says.expires <= self.options.at)),
                ("seconds_left", Json::Int(says.expires.since(self.options.at))),
                (
                    "consistent_snapshot",
                    says.consistent_snapshot.map_or(Json::Null, Json::Bool),
                ),
                ("roles", Json::Object(roles.collect())),
            ])
        });
        Json::object([
            ("version", count(step.version)),
            ("accepted", Json::Bool(step.accepted(mode))),
            ("bytes", size(step.size)),
            ("sha256", step.sha256.hex().into()),
            ("says", says),
            ("old", step.old.as_ref().map_or(Json::Null, meter_json)),
            ("new", step.new.as_ref().map_or(Json::Null, meter_json)),
            (
                "signers",
                Json::Array(step.signers.iter().map(signer_json).collect()),
            ),
            (
                "changes",
                Json::Array(step.changes.iter().map(super::Change::json).collect()),
            ),
            (
                "defects",
                Json::Array(step.defects.iter().map(|d| blame_json(d, mode)).collect()),
            ),
        ])
    }
}

/// `in 34 days` or `expired 2 days before`; whole days, rounded down.
pub(in crate::tuf) fn relative(expires: Instant, at: Instant) -> String {
    let seconds = expires.since(at);
    let days = seconds.unsigned_abs() / 86_400;
    let unit = if days == 1 { "day" } else { "days" };
    if seconds > 0 {
        format!("in {days} {unit}")
    } else {
        format!("expired {days} {unit} before")
    }
}

fn blame(defects: &[Defect], mode: Mode, out: &mut Vec<String>) {
    for defect in defects {
        let word = match defect.weight {
            _ if refuses(defect, mode) => "REFUSED",
            Weight::Historic => "tolerated",
            _ => "noted",
        };
        let at = match defect.at.as_slice() {
            [] => String::new(),
            all => format!(": {}", all.join(", ")),
        };
        out.push(format!("  {word} [{}] {}{at}", defect.code, defect.text));
        if refuses(defect, mode) {
            out.push(format!("    do: {}", remedy(defect.code)));
        }
    }
}

fn blame_json(defect: &Defect, mode: Mode) -> Json {
    let Json::Object(mut map) = defect.json() else {
        return Json::Null;
    };
    let refuses = refuses(defect, mode);
    map.insert("refuses".to_owned(), Json::Bool(refuses));
    let next = refuses.then(|| remedy(defect.code).into());
    map.insert("remedy".to_owned(), next.unwrap_or(Json::Null));
    Json::Object(map)
}

/// The JSON of a meter: what is needed, who signed, who did not.
pub(in crate::tuf) fn meter_json(meter: &Meter) -> Json {
    let ids = |list: &[super::KeyId]| Json::Array(list.iter().map(|id| id.to_string().into()).collect());
    Json::object([
        ("threshold", crate::tuf::fields::number(meter.threshold)),
        (
            "distinct",
            Json::Int(i64::try_from(meter.distinct).unwrap_or(i64::MAX)),
        ),
        ("complete", Json::Bool(meter.complete())),
        ("signed", ids(&meter.signed)),
        ("missing", ids(&meter.missing)),
        ("invalid", ids(&meter.invalid)),
    ])
}

fn signer_json(signer: &Signer) -> Json {
    Json::object([
        ("fingerprint", signer.fingerprint.hex().into()),
        (
            "keyids",
            Json::Array(signer.keyids.iter().map(|id| id.as_str().into()).collect()),
        ),
        ("old", Json::Bool(signer.old)),
        ("new", Json::Bool(signer.new)),
    ])
}
