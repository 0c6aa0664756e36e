//! The policy, seen from a script: which facts it states, where each finding
//! stands in its text, and what people must have waived in the room before a
//! file is composed. The claims themselves are `tuf::policy`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::room::Room;
use super::{Line, Plan, Trusted, inputs};
use crate::base::{Id, Instant, PublicKey};
use crate::script::{Backend, Diagnostic, Expires, Kind, Made, Script, Step, Verb, WaiverSpec};
use crate::tuf::policy::{
    About, Claim, Custody, Facts, FileSteps, Finding, KeyFacts, Life, People, Preset, RoleFacts, Verdict,
    Waives, weigh,
};
use crate::tuf::{MetadataName, RoleName};

/// Findings that stop the script, and waivers that waive nothing.
pub(super) fn refuse(
    script: &Script,
    external: &BTreeMap<Id, PublicKey>,
    trusted: Option<&Trusted>,
    found: &mut Vec<Diagnostic>,
) {
    let facts = facts(script, external, trusted);
    let waives: Vec<Waives> = script.waivers.iter().map(|w| w.what).collect();
    let weighed = weigh(&facts, &waives);
    for (finding, verdict) in &weighed {
        if *verdict == Verdict::Refused {
            let at = place(script, &finding.about);
            let (code, help) = (finding.claim.code(), finding.claim.remedy());
            found.push(Diagnostic::at(at, code, finding.what.clone(), help));
        }
    }
    let mut seen = BTreeSet::new();
    for waiver in &script.waivers {
        let mut fault = |code: &'static str, message: String, help: &str| {
            found.push(Diagnostic::at(waiver.at, code, message, help));
        };
        let claim = waiver.what.claim;
        if !seen.insert((claim, waiver.what.role)) {
            fault(
                "policy-waiver",
                format!("{claim} is waived twice"),
                "delete one of the two",
            );
        }
        if !weighed.iter().any(|(f, _)| waiver.what.covers(f)) && !waits_for_clock(&facts, waiver) {
            fault(
                "policy-waiver",
                format!("the waiver of {claim} waives nothing: the claim holds"),
                "delete it, or mend its `role`",
            );
        }
        if !script.roles.iter().any(|r| r.id == waiver.by) {
            fault(
                "policy-waiver",
                format!("no [[role]] is called {}", waiver.by),
                "declare the role, or mend `by`",
            );
        }
    }
}

/// An absolute expiry is held against its window when the clock is confirmed.
fn waits_for_clock(facts: &Facts, waiver: &WaiverSpec) -> bool {
    let life = waiver
        .what
        .role
        .and_then(|r| facts.roles.get(&r))
        .and_then(|r| r.life);
    let order = waiver.what.claim == Claim::ExpiryOrder;
    (order || waiver.what.claim == Claim::ExpiryWindow) && matches!(life, Some(Life::Until(_)))
        // A root that stays expires on a day, whatever the file says.
        || order && facts.staying.is_some() && life.is_some()
}

fn place(script: &Script, about: &About) -> (usize, usize) {
    match about {
        About::Role(role) => script.result(*role).map_or((1, 1), |r| r.at),
        About::Delegated(name) => {
            let name = MetadataName::Delegated(name.clone());
            script.result(&name).map_or((1, 1), |r| r.at)
        }
        About::Step(id) => steps(script).find(|s| s.id == *id).map_or((1, 1), |s| s.at),
        About::Named(id) => steps(script)
            .find(|s| matches!(&s.verb, Verb::GenerateKey { key, .. } if key == id))
            .map_or_else(|| inputs::place(&script.text, &format!("\"{id}\"")), |s| s.at),
    }
}

fn steps(script: &Script) -> impl Iterator<Item = &Step> {
    script.acts.iter().flat_map(|a| &a.steps)
}

/// What a script and the keys that come with it say.
fn facts(script: &Script, external: &BTreeMap<Id, PublicKey>, trusted: Option<&Trusted>) -> Facts {
    let mut facts = Facts {
        production: script.kind == Kind::Production,
        profile: script.profile.name,
        now: None,
        version: 1,
        staying: trusted
            .filter(|_| !script.makes_root())
            .map(|t| t.root.common.expires),
        roles: BTreeMap::new(),
        delegated: BTreeMap::new(),
        keys: BTreeMap::new(),
        people: Vec::new(),
        files: BTreeMap::new(),
        seals: Vec::new(),
        payloads: BTreeMap::new(),
    };
    for result in &script.results {
        let life = match &result.made {
            Made::Elsewhere => None,
            Made::Here { version, expires } => {
                if result.metadata == RoleName::Root {
                    facts.version = *version;
                }
                Some(match expires {
                    Expires::InDays(days) => Life::Days(*days),
                    Expires::At(at) => Life::Until(*at),
                })
            }
        };
        let role = RoleFacts {
            threshold: u64::from(result.threshold),
            keys: result.keys.clone(),
            life,
        };
        match &result.metadata {
            MetadataName::Top(name) => _ = facts.roles.insert(*name, role),
            MetadataName::Delegated(name) => _ = facts.delegated.insert(name.clone(), role),
        }
    }
    for id in script.results.iter().flat_map(|r| &r.keys) {
        // A key that nothing makes is the walk's to report.
        if let Some(key) = key_facts(script, external, id) {
            facts.keys.insert(id.clone(), key);
        }
    }
    // Keys that no role names are told apart too.
    for key in &script.keys {
        if let Some(key_facts) = key_facts(script, external, &key.id) {
            facts.keys.entry(key.id.clone()).or_insert(key_facts);
        }
    }
    people(script, &mut facts);
    facts
}

fn key_facts(script: &Script, external: &BTreeMap<Id, PublicKey>, id: &Id) -> Option<KeyFacts> {
    if let Some(public) = external.get(id) {
        let enrolled = steps(script).find_map(|step| match &step.verb {
            Verb::EnrolKey { on, key } if key == id => Some(on),
            _ => None,
        });
        let custody = match enrolled {
            Some(on) => custody(script, on)?,
            None if script.trusted_keys.iter().any(|t| t.id == *id) => Custody::Trusted,
            None => Custody::External,
        };
        return Some(KeyFacts {
            algorithm: Some(public.algorithm()),
            custody,
            device: enrolled.cloned(),
            extractable: false,
            acknowledged: false,
            fingerprint: Some(public.fingerprint()),
        });
    }
    steps(script).find_map(|step| match &step.verb {
        Verb::GenerateKey {
            on,
            key,
            algorithm,
            extractable,
            refused_by,
        } if key == id => Some(KeyFacts {
            algorithm: Some(*algorithm),
            custody: custody(script, on)?,
            device: Some(on.clone()),
            extractable: *extractable,
            acknowledged: !refused_by.is_empty(),
            fingerprint: None,
        }),
        _ => None,
    })
}

fn custody(script: &Script, on: &Id) -> Option<Custody> {
    Some(match script.token(on)?.backend {
        Backend::Yubihsm => Custody::Yubihsm,
        Backend::Pkcs11 { .. } => Custody::Pkcs11,
        Backend::File => Custody::File,
        Backend::Embedded => Custody::Embedded,
    })
}

fn people(script: &Script, facts: &mut Facts) {
    let mut holders = BTreeSet::new();
    for step in steps(script) {
        let who = (step.id.clone(), step.by.clone());
        match &step.verb {
            // Whoever holds an audit key holds no key of the repository.
            Verb::GenerateKey { key, .. }
            | Verb::EnrolKey { key, .. }
            | Verb::ProvePossession { key, .. }
                if script.attester(key).is_some() => {}
            Verb::GenerateKey { .. }
            | Verb::EnrolKey { .. }
            | Verb::ProvePossession { .. }
            | Verb::Sign { .. } => {
                holders.insert(step.by.clone());
            }
            Verb::Compose { metadata } => entry(facts, metadata).composed.push(who),
            Verb::Review { metadata } => entry(facts, metadata).reviewed.push(who),
            Verb::ReadBack { metadata, .. } => entry(facts, metadata).compared.push(who),
            Verb::Seal { .. } => facts.seals.push(who),
            _ => {}
        }
    }
    facts.people = script
        .roles
        .iter()
        .map(|role| People {
            id: role.id.clone(),
            seats: role.seats,
            quorum: role.quorum,
            holds_devices: holders.contains(&role.id),
        })
        .collect();
}

fn entry<'f>(facts: &'f mut Facts, file: &MetadataName) -> &'f mut FileSteps {
    facts.files.entry(file.clone()).or_default()
}

impl Plan {
    /// What the script says, for the policy; what only the ceremony can say
    /// (clock, keys, payloads) is filled in there.
    #[must_use]
    pub fn policy_facts(&self) -> Facts {
        facts(&self.script, &self.external, self.trusted.as_ref())
    }

    /// Everything that the policy finds in the script: waived, or only
    /// rehearsed. What is refused has no plan.
    #[must_use]
    pub fn policy_findings(&self) -> Vec<(Finding, Verdict)> {
        let waives: Vec<Waives> = self.script.waivers.iter().map(|w| w.what).collect();
        weigh(&self.policy_facts(), &waives)
    }

    /// One line for each file made here: when it expires, absolute with its
    /// weekday and relative as far as a clock says it, and the window.
    #[must_use]
    pub fn expiry_lines(&self, now: Option<Instant>) -> Vec<String> {
        let facts = Facts {
            now,
            ..self.policy_facts()
        };
        let preset = Preset::of(facts.profile);
        let line = |(role, life): (MetadataName, Life)| {
            let window = preset.window(role.kind());
            format!(
                "{role} expires {}; {} allows {} to {} days",
                facts.shown(life),
                preset.name,
                window.min,
                window.max
            )
        };
        let delegated = facts.delegated.keys().cloned().map(MetadataName::Delegated);
        let names = facts
            .roles
            .keys()
            .copied()
            .map(MetadataName::Top)
            .chain(delegated);
        let made = names
            .filter_map(|name| facts.life(&name).map(|life| (name, life)))
            .map(line);
        let staying = self.staying().map(|trusted| {
            format!(
                "root {} stays, and expires {}",
                trusted.root.common.version,
                facts.shown(Life::Until(trusted.root.common.expires))
            )
        });
        staying.into_iter().chain(made).collect()
    }

    /// The waivers that people have confirmed before a position.
    #[must_use]
    pub fn waived_before(&self, cursor: usize) -> Vec<Waives> {
        let passed = self.steps.iter().take(cursor);
        passed
            .filter_map(|s| match &s.step.verb {
                Verb::Waive { claim, role } => Some(Waives {
                    claim: *claim,
                    role: *role,
                }),
                _ => None,
            })
            .collect()
    }

    /// The waiver that a step is about.
    #[must_use]
    pub fn waiver(&self, claim: Claim, role: Option<RoleName>) -> Option<&WaiverSpec> {
        waiver(&self.script, claim, role)
    }

    /// The lines that people confirm one by one at a step, with the word for
    /// each: a checklist's, or a waiver's, where each of the quorum of its role
    /// speaks, and then somebody of the step's.
    #[must_use]
    pub fn lines(&self, cursor: usize) -> Vec<Line> {
        let Some(planned) = self.step(cursor) else {
            return Vec::new();
        };
        match &planned.step.verb {
            Verb::Checklist { items } => items
                .iter()
                .map(|item| Line {
                    text: item.clone(),
                    word: "yes".to_owned(),
                })
                .collect(),
            Verb::Waive { claim, role } => self.waive_lines(&planned.step, *claim, *role),
            _ => Vec::new(),
        }
    }

    fn waive_lines(&self, step: &Step, claim: Claim, role: Option<RoleName>) -> Vec<Line> {
        let Some(waiver) = self.waiver(claim, role) else {
            return Vec::new();
        };
        let of = role.map_or_else(String::new, |r| format!(" for {r}"));
        let says = |who: &str| {
            format!(
                "{who} types {claim}. This is let go{of}: {} Reason: {}",
                claim.text(),
                waiver.reason
            )
        };
        let mut lines = self.quorum_lines(&waiver.by, claim.id(), says);
        lines.push(Line {
            text: says(step.by.as_str()),
            word: claim.id().to_owned(),
        });
        lines
    }
}

fn waiver(script: &Script, claim: Claim, role: Option<RoleName>) -> Option<&WaiverSpec> {
    script.waivers.iter().find(|w| w.what == Waives { claim, role })
}

impl Room<'_> {
    pub(super) fn waive(&mut self, step: &Step, claim: Claim, role: Option<RoleName>) {
        let found = waiver(self.script, claim, role);
        self.need(
            step,
            found.is_some(),
            format!("no [[waiver]] waives {claim} there"),
            "write the waiver with its reason, or delete the step",
        );
        let same = found.is_some_and(|w| w.by == step.by);
        self.need(
            step,
            !same,
            format!("{} waives and confirms", step.by),
            "let another role confirm the waiver: `by` of the step is not `by` of the waiver",
        );
        let new = self.waived.insert((claim, role));
        self.need(
            step,
            new,
            format!("{claim} is confirmed twice"),
            "delete one of the two steps",
        );
    }

    /// Nothing is composed under a waiver that people have not confirmed.
    pub(super) fn need_waived(&mut self, step: &Step) {
        let missing: Vec<&str> = self
            .script
            .waivers
            .iter()
            .filter(|w| !self.waived.contains(&(w.what.claim, w.what.role)))
            .map(|w| w.what.claim.id())
            .collect();
        self.need(
            step,
            missing.is_empty(),
            format!(
                "waivers that nobody has confirmed in the room: {}",
                missing.join(", ")
            ),
            "add a `waive` step for each before",
        );
    }
}
