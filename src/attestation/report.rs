//! What a judgement says: named checks, each with what was expected and what
//! was found, a verdict, and what even the best verdict does not prove. The
//! same report serves the screen, the command line and the auditor.

use crate::base::{Digest, Json};

use super::pin::{Firmware, Waiver};

/// The version of the JSON.
const VERSION: i64 = 0;

/// What kind of statement was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A YubiHSM 2 attestation certificate.
    YubiHsm,
    /// A YubiKey PIV attestation certificate.
    Piv,
    /// An authenticated request of a SmartCard-HSM or Nitrokey HSM 2.
    Cvc,
}

impl Kind {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::YubiHsm => "yubihsm",
            Kind::Piv => "piv",
            Kind::Cvc => "cvc",
        }
    }

    /// Reads the stable word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Kind> {
        [Kind::YubiHsm, Kind::Piv, Kind::Cvc]
            .into_iter()
            .find(|k| k.as_str() == text)
    }
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not hold, or could not be checked.
    Fail,
    /// It does not hold, and a recorded waiver covers it.
    Waived,
    /// A person has to compare or decide; nobody has yet.
    Ask,
    /// Nothing to compare here, and nothing is missing.
    NotApplicable,
}

impl Outcome {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Waived => "waived",
            Outcome::Ask => "ask",
            Outcome::NotApplicable => "not-applicable",
        }
    }
}

/// One named check. The texts are safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A stable word.
    pub name: &'static str,
    /// What it came to.
    pub outcome: Outcome,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub got: String,
}

/// What a report comes to, from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A check failed: the statement is not to be used.
    Refused,
    /// Nothing failed, and a person has to compare or decide something.
    NeedsPerson,
    /// Everything holds under a root made for practice: no hardware vouches.
    Rehearsal,
    /// Everything holds under the vendor's root (see the report's `waived`).
    Good,
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Refused => "refused",
            Verdict::NeedsPerson => "needs-person",
            Verdict::Rehearsal => "rehearsal",
            Verdict::Good => "good",
        }
    }

    /// One sentence for people.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Verdict::Refused => "a check failed; do not use this statement",
            Verdict::NeedsPerson => {
                "nothing failed, and a person must still compare or decide what is marked"
            }
            Verdict::Rehearsal => "whole, under a root made for practice; no hardware vouches for this key",
            Verdict::Good => "the device's maker vouches for the device, and the device for this key",
        }
    }
}

/// A judgement over one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was judged.
    pub kind: Kind,
    /// Whether the root was one made for practice.
    pub rehearsal: bool,
    /// The attested key as SubjectPublicKeyInfo DER, where the statement could
    /// be read. It counts for nothing unless the verdict says so.
    pub public_key: Option<Vec<u8>>,
    /// The checks, in a fixed order.
    pub checks: Vec<Check>,
}

impl Report {
    pub(super) fn new(kind: Kind, rehearsal: bool) -> Report {
        Report {
            kind,
            rehearsal,
            public_key: None,
            checks: Vec::new(),
        }
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let any = |outcome| self.checks.iter().any(|c| c.outcome == outcome);
        if any(Outcome::Fail) || self.checks.is_empty() {
            Verdict::Refused
        } else if any(Outcome::Ask) {
            Verdict::NeedsPerson
        } else if self.rehearsal {
            Verdict::Rehearsal
        } else {
            Verdict::Good
        }
    }

    /// The check of this name.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|c| c.name == name)
    }

    /// Names of the checks with this outcome, in order.
    #[must_use]
    pub fn names(&self, outcome: Outcome) -> Vec<&'static str> {
        self.checks
            .iter()
            .filter(|c| c.outcome == outcome)
            .map(|c| c.name)
            .collect()
    }

    /// What no verdict over such a statement proves, a sentence each.
    #[must_use]
    pub fn does_not_prove(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::YubiHsm => super::yubihsm::DOES_NOT_PROVE,
            Kind::Piv => super::piv::DOES_NOT_PROVE,
            Kind::Cvc => super::cvc::DOES_NOT_PROVE,
        }
    }

    /// Lines for people, each without LF and safe to show.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut out = vec![format!("checks of this {} statement", self.kind.as_str())];
        for check in &self.checks {
            let mark = match check.outcome {
                Outcome::Pass => "ok",
                Outcome::Fail => "FAIL",
                Outcome::Waived => "WAIVED",
                Outcome::Ask => "ASK",
                Outcome::NotApplicable => "-",
            };
            out.push(format!("  {mark:<6}  {:<22} {}", check.name, check.got));
            if check.outcome != Outcome::Pass {
                out.push(format!("{:33}expected {}", "", check.expected));
            }
        }
        if let Some(key) = &self.public_key {
            out.push(String::new());
            out.push(format!(
                "attested key: SHA-256 {} of its SubjectPublicKeyInfo",
                Digest::of(key)
            ));
        }
        out.push(String::new());
        out.push("what this does not prove".to_owned());
        out.extend(self.does_not_prove().iter().map(|line| format!("  - {line}")));
        out.push(String::new());
        let verdict = self.verdict();
        out.push(format!("verdict: {} ({})", verdict.as_str(), verdict.meaning()));
        let lists = [
            ("failed", Outcome::Fail),
            ("waived", Outcome::Waived),
            ("to be compared or decided by a person", Outcome::Ask),
        ];
        for (word, outcome) in lists {
            let names = self.names(outcome);
            if !names.is_empty() {
                out.push(format!("{word}: {}", names.join(", ")));
            }
        }
        if self.rehearsal {
            out.push("REHEARSAL ROOT: this chain was made for practice".to_owned());
        }
        out
    }

    /// The whole report; the members are stable and listed in `docs/attestation.md`.
    #[must_use]
    pub fn json(&self) -> Json {
        let texts = |list: &[&str]| Json::Array(list.iter().map(|t| Json::from(*t)).collect());
        let key = self.public_key.as_ref().map(|key| Digest::of(key).hex());
        Json::object([
            ("v", Json::Int(VERSION)),
            ("kind", self.kind.as_str().into()),
            ("verdict", self.verdict().as_str().into()),
            ("rehearsal_root", Json::Bool(self.rehearsal)),
            ("public_key_sha256", key.unwrap_or_default().into()),
            (
                "checks",
                Json::Array(
                    self.checks
                        .iter()
                        .map(|check| {
                            Json::object([
                                ("name", check.name.into()),
                                ("outcome", check.outcome.as_str().into()),
                                ("expected", check.expected.as_str().into()),
                                ("got", check.got.as_str().into()),
                            ])
                        })
                        .collect(),
                ),
            ),
            ("does_not_prove", texts(self.does_not_prove())),
        ])
    }

    // ------------------------------------------------------ how the kinds write

    pub(super) fn push(
        &mut self,
        name: &'static str,
        outcome: Outcome,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) {
        self.checks.push(Check {
            name,
            outcome,
            expected: expected.into(),
            got: got.into(),
        });
    }

    /// Something that holds or not.
    pub(super) fn hold(
        &mut self,
        name: &'static str,
        expected: impl Into<String>,
        got: Result<String, String>,
    ) {
        let (outcome, got) = match got {
            Ok(got) => (Outcome::Pass, got),
            Err(got) => (Outcome::Fail, got),
        };
        self.push(name, outcome, expected, got);
    }

    /// A value of the statement against what the caller expects; without an
    /// expectation a person has to compare it: it never passes unseen.
    pub(super) fn same<T: PartialEq>(
        &mut self,
        name: &'static str,
        expected: Option<&T>,
        got: Option<&T>,
        show: impl Fn(&T) -> String,
    ) {
        let found = got.map_or_else(|| "missing or malformed".to_owned(), &show);
        let (outcome, wanted) = match (expected, got) {
            (_, None) => (
                Outcome::Fail,
                expected.map_or_else(|| "a value".to_owned(), &show),
            ),
            (None, Some(_)) => (
                Outcome::Ask,
                "what a person knows from elsewhere; nothing was given to compare with".to_owned(),
            ),
            (Some(wanted), Some(value)) if wanted == value => (Outcome::Pass, show(wanted)),
            (Some(wanted), Some(_)) => (Outcome::Fail, show(wanted)),
        };
        self.push(name, outcome, wanted, found);
    }

    /// The firmware clause (threat V34): at or above the floor, or waived.
    pub(super) fn firmware(&mut self, floor: Firmware, waiver: Option<&Waiver>, got: Option<Firmware>) {
        let wanted = format!("{floor} or later (YSA-2024-03)");
        match (got, waiver) {
            (Some(found), _) if found >= floor => {
                self.push("firmware", Outcome::Pass, wanted, found.to_string());
            }
            // A version that cannot be read is not one that people have seen and waived.
            (Some(found), Some(waiver)) => self.push(
                "firmware",
                Outcome::Waived,
                wanted,
                format!("{found}; waived: {}", waiver.reason()),
            ),
            (Some(found), None) => self.push("firmware", Outcome::Fail, wanted, found.to_string()),
            (None, _) => self.push("firmware", Outcome::Fail, wanted, "missing or malformed"),
        }
    }

    /// The attested key against the one that enters the metadata (threat V27).
    pub(super) fn key(&mut self, expected: Option<&Vec<u8>>, got: &[u8]) {
        self.public_key = Some(got.to_vec());
        self.same("public-key", expected, Some(&got.to_vec()), |spki| {
            format!("SHA-256 {}", Digest::of(spki))
        });
    }
}
